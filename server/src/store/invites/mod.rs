//! Invites: reads, and the transitions that need a transaction of their own. The ones that come in crowds
//! are in [`writer`].

pub mod writer;

use rallypoint_protocol::{
    FriendshipId, InviteId, SessionCode, Timestamp, UserId,
    invite::{InviteKind, InviteStatus},
};

use super::{Conflicts, Db, Row, StoreError, Transaction, sessions};
use crate::args;

/// An invite as the database has it.
#[derive(Clone, Debug)]
pub struct InviteRecord {
    pub id: InviteId,
    pub kind: InviteKind,
    pub sender_id: UserId,
    pub receiver_id: UserId,
    pub session_code: Option<SessionCode>,
    pub status: InviteStatus,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
    pub seen_at: Option<Timestamp>,
    pub responded_at: Option<Timestamp>,
    /// Of the kind `map`.
    pub map: Option<String>,
    pub friendship: Option<FriendshipId>,
    pub delivered_via: Ways,
}

/// The dialects that an invite was handed over by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways(pub i64);

/// An invite with the names that a list shows.
#[derive(Clone, Debug)]
pub struct NamedInvite {
    pub invite: InviteRecord,
    /// The other side's `display_name#tag`.
    pub other_name: String,
    pub session_name: Option<String>,
    pub server: Option<(String, u16)>,
}

/// What became of an attempt to accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    Accepted,
    /// It is not pending, has expired, or is not this receiver's.
    NotPending,
    SessionFull,
    SessionGone,
}

macro_rules! columns {
    () => {
        "i.id, i.kind, i.sender_id, i.receiver_id, i.session_code, i.status, i.created_at, i.expires_at, \
         i.delivered_at, i.seen_at, i.responded_at, i.map, i.friendship_id, i.delivered_via"
    };
}

/// The same columns, of the one row that a statement returns.
macro_rules! returning {
    () => {
        " RETURNING id, kind, sender_id, receiver_id, session_code, status, created_at, expires_at, delivered_at, \
         seen_at, responded_at, map, friendship_id, delivered_via"
    };
}

macro_rules! named {
    ($other:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", u.display_name, u.tag, s.name, s.server_ip, s.server_port \
             FROM invites i JOIN users u ON u.id = ",
            $other,
            " LEFT JOIN sessions s ON s.code = i.session_code "
        )
    };
}

fn kind(text: &str) -> Result<InviteKind, StoreError> {
    [InviteKind::Session, InviteKind::Map, InviteKind::Pong, InviteKind::Activity]
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or(StoreError::Corrupt("invite kind"))
}

fn record(row: &Row) -> Result<InviteRecord, StoreError> {
    let session_code = row.opt_text(4)?.map(|code| code.parse()).transpose();
    Ok(InviteRecord {
        id: InviteId(row.int(0)?),
        kind: kind(&row.text(1)?)?,
        sender_id: UserId(row.int(2)?),
        receiver_id: UserId(row.int(3)?),
        session_code: session_code.map_err(|_| StoreError::Corrupt("session code"))?,
        status: row.text(5)?.parse().map_err(|_| StoreError::Corrupt("invite status"))?,
        created_at: Timestamp(row.int(6)?),
        expires_at: Timestamp(row.int(7)?),
        delivered_at: row.opt_int(8)?.map(Timestamp),
        seen_at: row.opt_int(9)?.map(Timestamp),
        responded_at: row.opt_int(10)?.map(Timestamp),
        map: row.opt_text(11)?,
        friendship: row.opt_int(12)?.map(FriendshipId),
        delivered_via: Ways(row.int(13)?),
    })
}

fn named(row: &Row) -> Result<NamedInvite, StoreError> {
    let port = row.opt_int(18)?.map(u16::try_from).transpose().map_err(|_| StoreError::Corrupt("session port"))?;
    Ok(NamedInvite {
        invite: record(row)?,
        other_name: format!("{}#{}", row.text(14)?, row.text(15)?),
        session_name: row.opt_text(16)?,
        server: row.opt_text(17)?.zip(port),
    })
}

pub async fn find(db: &Db, id: InviteId) -> Result<Option<InviteRecord>, StoreError> {
    let rows = db.read(concat!("SELECT ", columns!(), " FROM invites i WHERE i.id = $1"), args![id.0]).await?;
    rows.first().map(record).transpose()
}

/// The receiver's pending invites, oldest first. Where there are too many, those of friends and the newest.
pub async fn inbox(db: &Db, receiver: UserId, now: Timestamp) -> Result<Vec<NamedInvite>, StoreError> {
    let sql = concat!(
        named!("i.sender_id"),
        "WHERE i.receiver_id = $1 AND i.status = 'pending' AND i.expires_at > $2 \
         ORDER BY CASE WHEN EXISTS (SELECT 1 FROM friendships f WHERE f.accepted_at IS NOT NULL \
         AND ((f.low_id = $1 AND f.high_id = i.sender_id) OR (f.low_id = i.sender_id AND f.high_id = $1))) \
         THEN 0 ELSE 1 END, i.id DESC LIMIT 100"
    );
    let mut inbox: Vec<_> =
        db.read(sql, args![receiver.0, now.0]).await?.iter().map(named).collect::<Result<_, _>>()?;
    inbox.sort_by_key(|waiting| waiting.invite.id);
    Ok(inbox)
}

/// The sender's invites since `since`, and those that are pending, newest first.
pub async fn sent_since(db: &Db, sender: UserId, since: Timestamp) -> Result<Vec<NamedInvite>, StoreError> {
    let sql = concat!(
        named!("i.receiver_id"),
        "WHERE i.sender_id = $1 AND (i.created_at > $2 OR i.status = 'pending') ORDER BY i.id DESC LIMIT 100"
    );
    db.read(sql, args![sender.0, since.0]).await?.iter().map(named).collect()
}

/// The pending invite of a kind between two users.
pub async fn pending_between(
    db: &Db,
    sender: UserId,
    receiver: UserId,
    kind: InviteKind,
) -> Result<Option<InviteRecord>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM invites i WHERE i.sender_id = $1 AND i.receiver_id = $2 AND i.kind = $3 AND i.status = 'pending'"
    );
    db.read(sql, args![sender.0, receiver.0, kind.as_str()]).await?.first().map(record).transpose()
}

/// Records that the receiver's pending invites have been handed over.
pub async fn mark_delivered(db: &Db, receiver: UserId, via: Ways, now: Timestamp) -> Result<(), StoreError> {
    db.write(
        "UPDATE invites SET delivered_at = COALESCE(delivered_at, $2), delivered_via = delivered_via | $3 \
         WHERE receiver_id = $1 AND status = 'pending'",
        args![receiver.0, now.0, via.0],
    )
    .await
    .map(drop)
}

/// Accepts a session invite and takes the seat, both or neither.
pub async fn accept(
    db: &Db,
    id: InviteId,
    receiver: UserId,
    session: SessionCode,
    now: Timestamp,
) -> Result<Acceptance, StoreError> {
    let mut conflicts = Conflicts::default();
    loop {
        match try_accept(db, id, receiver, session, now).await {
            Err(error) if conflicts.allow(&error) => {}
            done => return done,
        }
    }
}

async fn try_accept(
    db: &Db,
    id: InviteId,
    receiver: UserId,
    session: SessionCode,
    now: Timestamp,
) -> Result<Acceptance, StoreError> {
    let mut transaction = db.begin().await?;
    let accepted = transaction
        .run(
            "UPDATE invites SET status = 'accepted', responded_at = $3, seen_at = COALESCE(seen_at, $3), \
             delivered_at = COALESCE(delivered_at, $3) \
             WHERE id = $1 AND receiver_id = $2 AND status = 'pending' AND expires_at > $3 RETURNING id",
            args![id.0, receiver.0, now.0],
        )
        .await?;
    if accepted.is_empty() {
        return Ok(Acceptance::NotPending);
    }
    match sessions::take_seat(&mut transaction, session, receiver).await? {
        sessions::Seat::Taken | sessions::Seat::Kept => {
            transaction.commit().await?;
            Ok(Acceptance::Accepted)
        }
        sessions::Seat::Full => Ok(Acceptance::SessionFull),
        sessions::Seat::Gone => Ok(Acceptance::SessionGone),
    }
}

/// Of the pending invites from one user to another: the one of the kind `map`, else the oldest.
pub async fn first_pending(db: &Db, sender: UserId, receiver: UserId) -> Result<Option<InviteRecord>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM invites i WHERE i.sender_id = $1 AND i.receiver_id = $2 AND i.status = 'pending' \
         ORDER BY CASE WHEN i.kind = 'map' THEN 0 ELSE 1 END, i.id LIMIT 1"
    );
    db.read(sql, args![sender.0, receiver.0]).await?.first().map(record).transpose()
}

/// The invite from one user to another that was made last, however it ended.
pub async fn last_between(db: &Db, sender: UserId, receiver: UserId) -> Result<Option<InviteRecord>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM invites i WHERE i.sender_id = $1 AND i.receiver_id = $2 \
         ORDER BY i.created_at DESC, i.id DESC LIMIT 1"
    );
    db.read(sql, args![sender.0, receiver.0]).await?.first().map(record).transpose()
}

/// Accepts a challenge and makes the session with both in it, all or nothing. Answers false when the invite can't be
/// accepted any more, and `None` when the session's code is taken.
pub async fn accept_challenge(
    db: &Db,
    id: InviteId,
    receiver: UserId,
    session: &sessions::SessionRecord,
    now: Timestamp,
) -> Result<Option<bool>, StoreError> {
    let mut transaction = db.begin().await?;
    let accepted = transaction
        .run(
            "UPDATE invites SET status = 'accepted', responded_at = $3, seen_at = COALESCE(seen_at, $3), \
             delivered_at = COALESCE(delivered_at, $3), session_code = $4 \
             WHERE id = $1 AND receiver_id = $2 AND kind = 'map' AND status = 'pending' AND expires_at > $3 \
             AND EXISTS (SELECT 1 FROM friendships f WHERE f.id = invites.friendship_id AND f.accepted_at IS NOT NULL) \
             RETURNING id",
            args![id.0, receiver.0, now.0, session.code.as_str()],
        )
        .await?;
    if accepted.is_empty() {
        return Ok(Some(false));
    }
    if !sessions::insert_within(&mut transaction, session, now).await? {
        return Ok(None);
    }
    transaction.commit().await?;
    Ok(Some(true))
}

/// Ends the challenges of a friendship that ends, and answers them.
pub(super) async fn cancel_for_friendship(
    transaction: &mut Transaction,
    friendship: FriendshipId,
    now: Timestamp,
) -> Result<Vec<InviteRecord>, StoreError> {
    let rows = transaction
        .run(
            concat!(
                "UPDATE invites SET status = 'cancelled', responded_at = $2 WHERE friendship_id = $1 AND status = 'pending'",
                returning!()
            ),
            args![friendship.0, now.0],
        )
        .await?;
    rows.iter().map(record).collect()
}

/// Whether the user has an invite to the session that is pending or was accepted.
pub async fn was_invited(db: &Db, user: UserId, code: SessionCode) -> Result<bool, StoreError> {
    let rows = db
        .read(
            "SELECT 1 FROM invites WHERE session_code = $1 AND receiver_id = $2 \
             AND (status = 'pending' OR status = 'accepted') LIMIT 1",
            args![code.as_str(), user.0],
        )
        .await?;
    Ok(!rows.is_empty())
}

/// Ends the pending invites to a session that has closed, and answers them.
pub async fn cancel_for_session(db: &Db, code: SessionCode, now: Timestamp) -> Result<Vec<InviteRecord>, StoreError> {
    let rows = db
        .write(
            concat!(
                "UPDATE invites SET status = 'cancelled', responded_at = $2 WHERE session_code = $1 AND status = 'pending'",
                returning!()
            ),
            args![code.as_str(), now.0],
        )
        .await?;
    rows.iter().map(record).collect()
}

/// How an invite ended, of those among `ids` that have.
pub async fn ended_among(db: &Db, ids: &[InviteId]) -> Result<Vec<(InviteId, InviteStatus)>, StoreError> {
    let ids = super::id_list(ids);
    let rows = db
        .read(
            "SELECT id, status FROM invites WHERE status <> 'pending' \
             AND id IN (SELECT CAST(j.value ->> 'i' AS BIGINT) FROM json_each($1) AS j)",
            args![ids],
        )
        .await?;
    let status = |row: &Row| row.text(1)?.parse().map_err(|_| StoreError::Corrupt("invite status"));
    rows.iter().map(|row| Ok((InviteId(row.int(0)?), status(row)?))).collect()
}

/// The invites that ended since `since`, oldest end first: those among `known`, and those that the user sent after
/// `sent_after`; and those among `any_time`.
pub async fn ended_since(
    db: &Db,
    user: UserId,
    since: Timestamp,
    sent_after: Timestamp,
    [known, any_time]: [&[InviteId]; 2],
) -> Result<Vec<InviteRecord>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM invites i WHERE ((i.sender_id = $1 AND i.created_at > $3 AND i.responded_at >= $2) \
         OR (i.id IN (SELECT CAST(j.value ->> 'i' AS BIGINT) FROM json_each($4) AS j) AND i.responded_at >= $2) \
         OR i.id IN (SELECT CAST(j.value ->> 'i' AS BIGINT) FROM json_each($5) AS j)) \
         AND (i.sender_id = $1 OR i.receiver_id = $1) AND i.status <> 'pending' ORDER BY i.responded_at, i.id LIMIT 150"
    );
    let args = args![user.0, since.0, sent_after.0, super::id_list(known), super::id_list(any_time)];
    db.read(sql, args).await?.iter().map(record).collect()
}

/// Ends the invites that slipped in while their session closed, which two servers on one database make possible.
pub async fn cancel_stray(db: &Db, now: Timestamp) -> Result<Vec<InviteRecord>, StoreError> {
    let rows = db
        .write(
            concat!(
                "UPDATE invites SET status = 'cancelled', responded_at = $1 WHERE status = 'pending' AND EXISTS \
                 (SELECT 1 FROM sessions s WHERE s.code = invites.session_code AND s.closed_at IS NOT NULL)",
                returning!()
            ),
            args![now.0],
        )
        .await?;
    rows.iter().map(record).collect()
}

/// Expires what is due, and answers it. Of several servers that try, one gets each invite.
pub async fn expire_due(db: &Db, now: Timestamp) -> Result<Vec<InviteRecord>, StoreError> {
    let rows = db
        .write(
            concat!(
                "UPDATE invites SET status = 'expired', responded_at = $1 WHERE status = 'pending' AND expires_at <= $1",
                returning!()
            ),
            args![now.0],
        )
        .await?;
    rows.iter().map(record).collect()
}

/// The next moment at which a pending invite expires.
pub async fn next_expiry(db: &Db) -> Result<Option<Timestamp>, StoreError> {
    let rows = db.read("SELECT MIN(expires_at) FROM invites WHERE status = 'pending'", args![]).await?;
    rows.first().map_or(Ok(None), |row| Ok(row.opt_int(0)?.map(Timestamp)))
}

/// Forgets invites that ended before `before`.
pub async fn purge(db: &Db, before: Timestamp) -> Result<(), StoreError> {
    db.write("DELETE FROM invites WHERE status <> 'pending' AND created_at < $1", args![before.0]).await.map(drop)
}
