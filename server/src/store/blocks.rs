//! Who has blocked whom.

use std::collections::HashSet;

use rallypoint_protocol::{FriendshipId, InviteId, Timestamp, User, UserId};

use super::{Db, StoreError, Transaction, users};
use crate::args;

/// What a block has ended.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    pub friendship: Option<FriendshipId>,
    /// One's own pending invites of the other, which are taken back.
    pub cancelled: Vec<InviteId>,
    /// The other's pending invites, which are declined: of a block nothing is told.
    pub declined: Vec<InviteId>,
}

/// Blocks somebody, which ends the friendship and every pending invite between the two.
pub async fn block(db: &Db, user: UserId, blocked: UserId, now: Timestamp) -> Result<Ended, StoreError> {
    let mut transaction = db.begin().await?;
    transaction
        .run(
            "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            args![user.0, blocked.0, now.0],
        )
        .await?;
    let friendship = transaction
        .run(
            "DELETE FROM friendships WHERE (low_id = $1 AND high_id = $2) OR (low_id = $2 AND high_id = $1) RETURNING id",
            args![user.0, blocked.0],
        )
        .await?;
    let friendship = friendship.first().map(|row| row.int(0).map(FriendshipId)).transpose()?;
    let ended = Ended { friendship, ..end_invites(&mut transaction, user, blocked, now).await? };
    transaction.commit().await?;
    Ok(ended)
}

/// Ends the pending invites across a block, if that still stands.
pub async fn end_across(db: &Db, user: UserId, blocked: UserId, now: Timestamp) -> Result<Ended, StoreError> {
    let mut transaction = db.begin().await?;
    let ended = end_invites(&mut transaction, user, blocked, now).await?;
    transaction.commit().await?;
    Ok(ended)
}

async fn end_invites(
    transaction: &mut Transaction,
    user: UserId,
    blocked: UserId,
    now: Timestamp,
) -> Result<Ended, StoreError> {
    macro_rules! end {
        ($change:literal, $sender:literal, $receiver:literal) => {
            concat!(
                "UPDATE invites SET responded_at = $3, ",
                $change,
                " WHERE status = 'pending' AND sender_id = ",
                $sender,
                " AND receiver_id = ",
                $receiver,
                " AND EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = $1 AND b.blocked_id = $2) RETURNING id"
            )
        };
    }
    let mut run = async |sql: &'static str| {
        let rows = transaction.run(sql, args![user.0, blocked.0, now.0]).await?;
        rows.iter().map(|row| row.int(0).map(InviteId)).collect::<Result<Vec<_>, StoreError>>()
    };
    let cancelled = run(end!("status = 'cancelled'", "$1", "$2")).await?;
    // Like every decline: nothing shows that it was a block.
    let declined = run(end!(
        "status = 'declined', seen_at = COALESCE(seen_at, $3), delivered_at = COALESCE(delivered_at, $3)",
        "$2",
        "$1"
    ))
    .await?;
    Ok(Ended { friendship: None, cancelled, declined })
}

/// The blocks across which an invite is pending: who has blocked, and whom.
pub async fn with_pending_invites(db: &Db) -> Result<Vec<(UserId, UserId)>, StoreError> {
    let rows = db
        .read(
            "SELECT DISTINCT b.user_id, b.blocked_id FROM invites i JOIN blocks b \
             ON (b.user_id = i.sender_id AND b.blocked_id = i.receiver_id) \
             OR (b.user_id = i.receiver_id AND b.blocked_id = i.sender_id) WHERE i.status = 'pending'",
            args![],
        )
        .await?;
    rows.iter().map(|row| Ok((UserId(row.int(0)?), UserId(row.int(1)?)))).collect()
}

pub async fn unblock(db: &Db, user: UserId, blocked: UserId) -> Result<(), StoreError> {
    db.write("DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2", args![user.0, blocked.0]).await.map(drop)
}

/// Whom a user has blocked, newest first, with the number of all.
pub async fn list(db: &Db, user: UserId, limit: i64, offset: i64) -> Result<(Vec<User>, i64), StoreError> {
    let rows = db
        .read(
            "SELECT u.id, u.username, u.display_name, u.tag, u.image_url, u.created_at FROM blocks b \
             JOIN users u ON u.id = b.blocked_id WHERE b.user_id = $1 ORDER BY b.created_at DESC, u.id DESC \
             LIMIT $2 OFFSET $3",
            args![user.0, limit, offset],
        )
        .await?;
    let total = db.count("SELECT COUNT(*) FROM blocks WHERE user_id = $1", args![user.0]).await?;
    Ok((rows.iter().map(users::user).collect::<Result<_, _>>()?, total))
}

pub async fn has_blocked(db: &Db, user: UserId, other: UserId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM blocks WHERE user_id = $1 AND blocked_id = $2";
    Ok(!db.read(sql, args![user.0, other.0]).await?.is_empty())
}

/// Everybody whom a user has blocked, or who has blocked it.
pub async fn around(db: &Db, user: UserId) -> Result<HashSet<UserId>, StoreError> {
    let rows = db
        .read(
            "SELECT CASE WHEN user_id = $1 THEN blocked_id ELSE user_id END FROM blocks \
             WHERE user_id = $1 OR blocked_id = $1",
            args![user.0],
        )
        .await?;
    rows.iter().map(|row| row.int(0).map(UserId)).collect()
}
