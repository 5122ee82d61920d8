//! What crosses the boundary: plain structures of fixed layout.

mod friends;
mod numbers;

use std::ffi::c_char;

pub use friends::*;
pub use numbers::*;

/// A number for something that the library holds. 0 is never one.
pub type rp_handle = u64;

/// UTF-8 text and its length in bytes. Not NUL-terminated. Absent or empty: null and 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_str {
    pub ptr: *const c_char,
    pub len: usize,
}

/// How a game is to be played. All zero: as the server likes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_game_options {
    /// RP_SPEED_*
    pub game_speed: i32,
    /// RP_UNSET, RP_NO or RP_YES
    pub ranked: i32,
    /// RP_UNSET, RP_NO or RP_YES
    pub cool_mode: i32,
    /// 3 to 20 points; 0 unset.
    pub score_to_win: i32,
    /// 1 to 5 minutes; 0 no limit.
    pub time_limit: i32,
    pub reserved: i32,
}

/// How a client behaves. All zero, or a null pointer: the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_client_options {
    /// Milliseconds until a request is given up; 0: 10,000.
    pub request_timeout_ms: u32,
    /// Shortest and longest pause between two polls while there is no socket; 0: 5,000 and 10,000.
    pub poll_min_ms: u32,
    pub poll_max_ms: u32,
    /// Shortest and longest pause between two attempts to connect; 0: 1,000 and 30,000.
    pub backoff_min_ms: u32,
    pub backoff_max_ms: u32,
    pub reserved: u32,
}

/// A new account.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_registration {
    /// 3 to 32 of A-Z a-z 0-9 _ . -, unique without regard to case.
    pub username: rp_str,
    /// 8 to 128 characters.
    pub password: rp_str,
    /// May be absent, as may what follows.
    pub display_name: rp_str,
    pub email: rp_str,
    pub image_url: rp_str,
}

/// A session to be made. All zero, or a null pointer: two seats on the server's own game server.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_session_settings {
    /// At most 64 characters.
    pub name: rp_str,
    /// Where one's own game server is; absent for the bundled one.
    pub server_ip: rp_str,
    pub server_port: i32,
    /// 2 to 64; 0: 2.
    pub max_players: i32,
    /// 1: everybody with the code may join, not just the invited.
    pub open: i32,
    pub reserved: i32,
    pub options: rp_game_options,
}

/// A person, as everybody may see them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_user {
    pub user_id: i64,
    pub created_at_ms: i64,
    pub online: i32,
    pub reserved: i32,
    pub username: rp_str,
    pub display_name: rp_str,
    /// Four digits; unique together with the display name.
    pub tag: rp_str,
    pub image_url: rp_str,
}

/// Somebody in a session.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_player {
    pub user_id: i64,
    /// `display_name#tag`
    pub name: rp_str,
}

/// An entry of the invite queue.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_invite {
    pub invite_id: i64,
    pub sender_id: i64,
    /// Of the kind activity; else 0.
    pub activity_id: i64,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
    /// Until it expires, as of this call. Never negative.
    pub remaining_ms: i64,
    /// RP_INVITE_KIND_*
    pub kind: i32,
    /// RP_INVITE_STATE_*
    pub state: i32,
    /// 1 once rp_invite_shown was called for it.
    pub seen: i32,
    pub server_port: i32,
    pub options: rp_game_options,
    /// `display_name#tag`
    pub sender_name: rp_str,
    pub session_code: rp_str,
    pub session_name: rp_str,
    pub server_ip: rp_str,
    /// Of the kind map. See rp_invites_friendship for the friendship that it belongs to.
    pub map: rp_str,
    pub message: rp_str,
}

/// Where one stands in matchmaking. What does not belong to its `state` is zero and absent.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_queue {
    /// RP_QUEUE_*
    pub state: i32,
    /// 1 for whoever has waited longest.
    pub position: i32,
    /// How many wait, oneself included.
    pub queue_size: i32,
    /// One's own rating; 0 if the server did not say.
    pub rating: i32,
    /// How far the opponent's rating may be from one's own just now; -1 when it may be any.
    pub window: i32,
    /// Of the match: RP_SIDE_*
    pub side: i32,
    /// UDP port of the game server.
    pub server_port: i32,
    pub reserved: i32,
    pub ticket_id: i64,
    pub waited_ms: i64,
    /// How long players have waited lately; -1 if the server does not know.
    pub estimate_ms: i64,
    /// Until when to connect; 0 once both have.
    pub connect_by_ms: i64,
    /// What is played: both players' wishes in one.
    pub options: rp_game_options,
    pub opponent: rp_user,
    /// A UUID.
    pub game_id: rp_str,
    pub server_ip: rp_str,
    /// A netcode connect token in base64. Works once, within 30 seconds; rp_matchmaking_status brings another.
    pub connect_token: rp_str,
    /// The path of the same game over a WebSocket, to which `?token=` and the access token are added; absent where
    /// the server has none.
    pub ws_url: rp_str,
}

/// How a match ended, or why it did not begin.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_match_end {
    /// 0 after a draw, and where nothing was played.
    pub winner_id: i64,
    /// RP_FINISH_* if it was played, else RP_CANCEL_*.
    pub reason: i32,
    /// 1 if one is back at the front of the queue, with the waiting time kept.
    pub requeued: i32,
    /// The left player's points.
    pub score_left: i32,
    /// The right player's points.
    pub score_right: i32,
    /// 1 if the match changed one's rating.
    pub rated: i32,
    pub rating_before: i32,
    pub rating_after: i32,
    pub reserved: i32,
    /// A UUID.
    pub game_id: rp_str,
}

/// What has happened. Fields that do not belong to its event_type are zero and absent.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rp_event {
    /// RP_EVENT_*
    pub event_type: i32,
    /// RP_OK, RP_ERR_* or RP_CODE_*
    pub error: i32,
    /// The request that this belongs to; else 0.
    pub request: u64,
    pub invite_id: i64,
    /// The person concerned: signed in, found, present, a friend; an invite's sender, or its receiver if one sent it
    /// oneself; the opponent of a match.
    pub user_id: i64,
    /// Of a session.
    pub host_id: i64,
    /// Of an invite to an activity.
    pub activity_id: i64,
    pub created_at_ms: i64,
    /// Of an invite; of a match, until when to connect.
    pub expires_at_ms: i64,
    /// Until the invite expires, as of this poll.
    pub remaining_ms: i64,
    /// RP_OPERATION_*
    pub operation: i32,
    /// RP_INVITE_KIND_*
    pub kind: i32,
    /// RP_INVITE_STATE_*; of an RP_EVENT_TRACE_STEP, an RP_STEP_*
    pub state: i32,
    /// RP_STATUS_*
    pub status: i32,
    /// RP_REMOVED_* of an invite, RP_CANCEL_* or RP_FINISH_* of a match.
    pub reason: i32,
    /// RP_PROGRESS_*
    pub progress: i32,
    /// RP_LINK_*
    pub link: i32,
    /// 1 if the receiver's popup was shown.
    pub seen: i32,
    pub online: i32,
    pub in_game: i32,
    pub server_port: i32,
    pub max_players: i32,
    /// How many players rp_event_player can be asked for.
    pub player_count: i32,
    /// Whether everybody with the code may join.
    pub open: i32,
    /// 0 once a session has closed.
    pub active: i32,
    /// RP_SIDE_*
    pub side: i32,
    /// Rows before an RP_EVENT_COMPLETED, events missed, or friends in common.
    pub count: i32,
    /// Seconds to wait before the next try, if the server said so.
    pub retry_after: i32,
    /// 1 if the same request can succeed later.
    pub retryable: i32,
    /// 1 if leaving matchmaking gave up a match that had begun.
    pub forfeited: i32,
    /// Of a session, of an invite to a game, or of a match.
    pub options: rp_game_options,
    pub session_code: rp_str,
    pub session_name: rp_str,
    pub server_ip: rp_str,
    /// A UUID.
    pub game_id: rp_str,
    /// A netcode connect token in base64. Works once, within 30 seconds.
    pub connect_token: rp_str,
    /// `display_name#tag` of an invite's sender.
    pub sender_name: rp_str,
    pub username: rp_str,
    /// Of a person; `display_name#tag` for the receiver of an invite.
    pub display_name: rp_str,
    pub tag: rp_str,
    pub image_url: rp_str,
    /// What a person says of themselves.
    pub user_status: rp_str,
    /// After a sign-in: keep it somewhere safe for rp_resume. It works once; see rp_client_refresh_token.
    pub refresh_token: rp_str,
    /// Of an invite of the kind map, or a row of rp_maps.
    pub map: rp_str,
    /// For people: what went wrong and what to do, or what the sender wrote.
    pub message: rp_str,
    /// Of an RP_EVENT_SERVER.
    pub name: rp_str,
}
