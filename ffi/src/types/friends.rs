//! Friendships, as they cross the boundary.

use super::{rp_str, rp_user};

/// A friend, or a request for friendship.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_friend {
    pub friendship_id: i64,
    /// When it was asked for, or accepted; 0 in the moment before the server has said.
    pub since_ms: i64,
    /// RP_STATUS_PENDING of a request, RP_STATUS_ACCEPTED of a friend.
    pub status: i32,
    /// 1 if the other one asked.
    pub incoming: i32,
    /// Of a friend: 1 while playing.
    pub in_game: i32,
    pub reserved: i32,
    /// The other one. `online` is kept up to date for friends.
    pub user: rp_user,
    /// What a friend says of themselves.
    pub user_status: rp_str,
}
