//! Friendships: one row a pair, from the request on.

use rallypoint_protocol::{FriendshipId, Timestamp, User, UserId};

use super::{
    Db, Row, StoreError,
    invites::{self, InviteRecord},
    users,
};
use crate::args;

/// A friendship, or the request for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Friendship {
    pub id: FriendshipId,
    /// The smaller id first.
    pub pair: [UserId; 2],
    pub requester: UserId,
    pub created_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
}

impl Friendship {
    /// The one who is not `user`, if it is one of the two.
    pub fn other(&self, user: UserId) -> Option<UserId> {
        other_of(self.pair, user)
    }
}

/// The one of a pair who is not `user`, if it is one of the two.
pub fn other_of(pair: [UserId; 2], user: UserId) -> Option<UserId> {
    match pair {
        [low, high] if low == user => Some(high),
        [low, high] if high == user => Some(low),
        _ => None,
    }
}

fn ordered(one: UserId, other: UserId) -> [UserId; 2] {
    [one.min(other), one.max(other)]
}

fn friendship(row: &Row) -> Result<Friendship, StoreError> {
    Ok(Friendship {
        id: FriendshipId(row.int(0)?),
        pair: [UserId(row.int(1)?), UserId(row.int(2)?)],
        requester: UserId(row.int(3)?),
        created_at: Timestamp(row.int(4)?),
        accepted_at: row.opt_int(5)?.map(Timestamp),
    })
}

macro_rules! columns {
    () => {
        "id, low_id, high_id, requester_id, created_at, accepted_at"
    };
}

/// What came of asking for a friendship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A request waits from now on.
    New(Friendship),
    /// The other one had asked.
    Accepted(Friendship),
    /// As before.
    Known(Friendship),
    /// As many of one's own wait as may.
    TooMany,
}

/// Asks for a friendship. What there is stays; the request of the other one is accepted by this. Of many who ask at once
/// one makes it new, and one accepts.
pub async fn request(
    db: &Db,
    from: UserId,
    to: UserId,
    now: Timestamp,
    most_pending: i64,
) -> Result<Asked, StoreError> {
    let [low, high] = ordered(from, to);
    let made = db
        .write(
            concat!(
                "INSERT INTO friendships (low_id, high_id, requester_id, created_at) SELECT $1, $2, $3, $4 \
                 WHERE (SELECT COUNT(*) FROM friendships p WHERE p.requester_id = $3 AND p.accepted_at IS NULL) < $5 \
                 ON CONFLICT (low_id, high_id) DO NOTHING RETURNING ",
                columns!()
            ),
            args![low.0, high.0, from.0, now.0, most_pending],
        )
        .await?;
    if let Some(row) = made.first() {
        return friendship(row).map(Asked::New);
    }
    let accepted = db
        .write(
            concat!(
                "UPDATE friendships SET accepted_at = $4 WHERE low_id = $1 AND high_id = $2 AND requester_id <> $3 \
                 AND accepted_at IS NULL RETURNING ",
                columns!()
            ),
            args![low.0, high.0, from.0, now.0],
        )
        .await?;
    if let Some(row) = accepted.first() {
        return friendship(row).map(Asked::Accepted);
    }
    Ok(between(db, from, to).await?.map_or(Asked::TooMany, Asked::Known))
}

/// Accepts a request of somebody else's. `None` when there is none that waits.
pub async fn accept(db: &Db, id: FriendshipId, user: UserId, now: Timestamp) -> Result<Option<Friendship>, StoreError> {
    let rows = db
        .write(
            concat!(
                "UPDATE friendships SET accepted_at = $3 WHERE id = $1 AND accepted_at IS NULL AND requester_id <> $2 \
                 AND (low_id = $2 OR high_id = $2) AND NOT EXISTS (SELECT 1 FROM blocks b \
                 WHERE (b.user_id = $2 AND b.blocked_id = friendships.requester_id) \
                 OR (b.user_id = friendships.requester_id AND b.blocked_id = $2)) RETURNING ",
                columns!()
            ),
            args![id.0, user.0, now.0],
        )
        .await?;
    rows.first().map(friendship).transpose()
}

/// Declines a request of somebody else's. `None` when there is none that waits.
pub async fn decline(db: &Db, id: FriendshipId, user: UserId) -> Result<Option<Friendship>, StoreError> {
    let rows = db
        .write(
            concat!(
                "DELETE FROM friendships WHERE id = $1 AND accepted_at IS NULL AND requester_id <> $2 \
                 AND (low_id = $2 OR high_id = $2) RETURNING ",
                columns!()
            ),
            args![id.0, user.0],
        )
        .await?;
    rows.first().map(friendship).transpose()
}

/// Ends a friendship, or takes one's own request back, with the challenges that it had. `None` when there is neither.
pub async fn remove(
    db: &Db,
    id: FriendshipId,
    user: UserId,
    now: Timestamp,
) -> Result<Option<(Friendship, Vec<InviteRecord>)>, StoreError> {
    let mut transaction = db.begin().await?;
    let rows = transaction
        .run(
            concat!(
                "DELETE FROM friendships WHERE id = $1 AND (low_id = $2 OR high_id = $2) \
                 AND (accepted_at IS NOT NULL OR requester_id = $2) RETURNING ",
                columns!()
            ),
            args![id.0, user.0],
        )
        .await?;
    let Some(ended) = rows.first().map(friendship).transpose()? else { return Ok(None) };
    let challenges = invites::cancel_for_friendship(&mut transaction, id, now).await?;
    transaction.commit().await?;
    Ok(Some((ended, challenges)))
}

pub async fn find(db: &Db, id: FriendshipId) -> Result<Option<Friendship>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM friendships WHERE id = $1");
    db.read(sql, args![id.0]).await?.first().map(friendship).transpose()
}

pub async fn between(db: &Db, one: UserId, other: UserId) -> Result<Option<Friendship>, StoreError> {
    let [low, high] = ordered(one, other);
    let sql = concat!("SELECT ", columns!(), " FROM friendships WHERE low_id = $1 AND high_id = $2");
    db.read(sql, args![low.0, high.0]).await?.first().map(friendship).transpose()
}

macro_rules! list {
    ($what:literal, $which:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM friendships f JOIN users u ON u.id = CASE WHEN f.low_id = $1 THEN f.high_id ELSE f.low_id END \
             WHERE (f.low_id = $1 OR f.high_id = $1) AND ",
            $which
        )
    };
}

macro_rules! rows {
    ($which:literal, $order:literal) => {
        concat!(
            list!(
                "u.id, u.username, u.display_name, u.tag, u.image_url, u.created_at, \
                 f.id, f.low_id, f.high_id, f.requester_id, f.created_at, f.accepted_at",
                $which
            ),
            " ORDER BY ",
            $order,
            " DESC, f.id DESC LIMIT $2 OFFSET $3"
        )
    };
}

fn named(row: &Row) -> Result<(Friendship, User), StoreError> {
    let friendship = Friendship {
        id: FriendshipId(row.int(6)?),
        pair: [UserId(row.int(7)?), UserId(row.int(8)?)],
        requester: UserId(row.int(9)?),
        created_at: Timestamp(row.int(10)?),
        accepted_at: row.opt_int(11)?.map(Timestamp),
    };
    Ok((friendship, users::user(row)?))
}

type Page = (Vec<(Friendship, User)>, i64);

/// Friends, newest first, with the number of all.
pub async fn friends(db: &Db, user: UserId, limit: i64, offset: i64) -> Result<Page, StoreError> {
    let rows = db.read(rows!("f.accepted_at IS NOT NULL", "f.accepted_at"), args![user.0, limit, offset]).await?;
    let total = db.count(list!("COUNT(*)", "f.accepted_at IS NOT NULL"), args![user.0]).await?;
    Ok((rows.iter().map(named).collect::<Result<_, _>>()?, total))
}

/// Requests in both directions, newest first, with the number of all. Those of people whom one has blocked are not
/// there.
pub async fn requests(db: &Db, user: UserId, limit: i64, offset: i64) -> Result<Page, StoreError> {
    const WAITING: &str = rows!(
        "f.accepted_at IS NULL AND NOT EXISTS \
         (SELECT 1 FROM blocks b WHERE b.user_id = $1 AND b.blocked_id = f.requester_id)",
        "f.created_at"
    );
    const TOTAL: &str = list!(
        "COUNT(*)",
        "f.accepted_at IS NULL AND NOT EXISTS \
         (SELECT 1 FROM blocks b WHERE b.user_id = $1 AND b.blocked_id = f.requester_id)"
    );
    let rows = db.read(WAITING, args![user.0, limit, offset]).await?;
    let total = db.count(TOTAL, args![user.0]).await?;
    Ok((rows.iter().map(named).collect::<Result<_, _>>()?, total))
}

/// Every friend of these users: who, then whose friend that is.
pub async fn of_many(db: &Db, users: &[UserId]) -> Result<Vec<(UserId, UserId)>, StoreError> {
    let rows = db
        .read(
            "SELECT f.high_id, f.low_id FROM json_each($1) AS j JOIN friendships f \
             ON f.low_id = CAST(j.value ->> 'i' AS BIGINT) WHERE f.accepted_at IS NOT NULL \
             UNION ALL SELECT f.low_id, f.high_id FROM json_each($1) AS j JOIN friendships f \
             ON f.high_id = CAST(j.value ->> 'i' AS BIGINT) WHERE f.accepted_at IS NOT NULL",
            args![super::id_list(users)],
        )
        .await?;
    rows.iter().map(|row| Ok((UserId(row.int(0)?), UserId(row.int(1)?)))).collect()
}

/// Friends of friends who are neither friends, nor asked, nor blocked, with how many friends one has in common. Of many
/// friends only the newest are looked at.
pub async fn suggestions(db: &Db, user: UserId, limit: i64) -> Result<Vec<(User, i64)>, StoreError> {
    let rows = db
        .read(
            "WITH mine AS (SELECT CASE WHEN low_id = $1 THEN high_id ELSE low_id END AS id FROM friendships \
             WHERE (low_id = $1 OR high_id = $1) AND accepted_at IS NOT NULL ORDER BY accepted_at DESC LIMIT 100), \
             near AS (SELECT CASE WHEN f.low_id = m.id THEN f.high_id ELSE f.low_id END AS id FROM mine m \
             JOIN friendships f ON (f.low_id = m.id OR f.high_id = m.id) AND f.accepted_at IS NOT NULL LIMIT 5000) \
             SELECT u.id, u.username, u.display_name, u.tag, u.image_url, u.created_at, COUNT(*) FROM near n \
             JOIN users u ON u.id = n.id \
             WHERE u.id <> $1 AND NOT EXISTS (SELECT 1 FROM friendships x \
             WHERE (x.low_id = $1 AND x.high_id = u.id) OR (x.low_id = u.id AND x.high_id = $1)) \
             AND NOT EXISTS (SELECT 1 FROM blocks b \
             WHERE (b.user_id = $1 AND b.blocked_id = u.id) OR (b.user_id = u.id AND b.blocked_id = $1)) \
             GROUP BY u.id, u.username, u.display_name, u.tag, u.image_url, u.created_at \
             ORDER BY COUNT(*) DESC, u.id LIMIT $2",
            args![user.0, limit],
        )
        .await?;
    rows.iter().map(|row| Ok((users::user(row)?, row.int(6)?))).collect()
}
