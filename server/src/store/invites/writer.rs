//! The transitions that come in crowds: whatever is waiting is folded into one statement that makes invites and
//! one that changes them, since a statement costs far more than a row.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use rallypoint_protocol::{FriendshipId, InviteId, SessionCode, Timestamp, UserId, invite::InviteKind};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::{Db, StoreError, Ways};
use crate::args;

/// Operations that may wait for their turn; more wait outside.
const QUEUE: usize = 4096;
/// Operations in one batch, so that the first is not held up by the last.
const BATCH: usize = 256;

/// Turns of the runtime without a new operation after which nobody is waited for any longer.
const QUIET_TURNS: u32 = 3;

/// A new pending invite.
#[derive(Clone, Debug)]
pub struct NewInvite {
    pub about: About,
    pub sender_id: UserId,
    pub receiver_id: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// The dialects by which it is handed to live connections at once.
    pub delivered_via: Ways,
    pub max_pending: i64,
}

/// What a new invite is about.
#[derive(Clone, Debug)]
pub enum About {
    Session(SessionCode),
    Map { friendship: FriendshipId, map: String },
}

impl About {
    pub fn kind(&self) -> InviteKind {
        match self {
            Self::Session(_) => InviteKind::Session,
            Self::Map { .. } => InviteKind::Map,
        }
    }
}

type Reply<T> = oneshot::Sender<Result<Option<T>, StoreError>>;

enum Operation {
    Create(NewInvite, Reply<InviteId>),
    Update(Update, Reply<UserId>),
    Flush(oneshot::Sender<()>),
}

struct Update {
    transition: Transition,
    id: InviteId,
    user: UserId,
    now: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Transition {
    Acknowledge,
    Decline,
    Cancel,
}

/// Rows of `{s: sender, r: receiver, c: code, t: now, e: expiry, m: most pending, d: delivered at?, w: ways}`. Only the
/// host may, only into an open session, nobody across a block, one pending per pair and kind, and not too many pending
/// at all.
const CREATE: &str = "INSERT INTO invites (kind, sender_id, receiver_id, session_code, status, created_at, expires_at, \
     delivered_at, delivered_via) SELECT 'session', s.host_id, CAST(j.value ->> 'r' AS BIGINT), s.code, 'pending', \
     CAST(j.value ->> 't' AS BIGINT), CAST(j.value ->> 'e' AS BIGINT), CAST(j.value ->> 'd' AS BIGINT), \
     CAST(j.value ->> 'w' AS BIGINT) FROM json_each($1) AS j JOIN sessions s ON s.code = j.value ->> 'c' \
     WHERE s.host_id = CAST(j.value ->> 's' AS BIGINT) AND s.closed_at IS NULL \
     AND (SELECT COUNT(*) FROM invites p WHERE p.sender_id = s.host_id AND p.kind = 'session' AND p.status = 'pending') \
     < CAST(j.value ->> 'm' AS BIGINT) AND NOT EXISTS (SELECT 1 FROM blocks b \
     WHERE (b.user_id = s.host_id AND b.blocked_id = CAST(j.value ->> 'r' AS BIGINT)) \
     OR (b.user_id = CAST(j.value ->> 'r' AS BIGINT) AND b.blocked_id = s.host_id)) \
     ON CONFLICT DO NOTHING RETURNING id, sender_id, receiver_id";

/// Rows as of [`CREATE`], with `{f: friendship, n: map}` for the code. Only between friends, and nothing of what the
/// other refuses.
const CHALLENGE: &str = "INSERT INTO invites (kind, sender_id, receiver_id, friendship_id, map, status, created_at, \
     expires_at, delivered_at, delivered_via) SELECT 'map', CAST(j.value ->> 's' AS BIGINT), \
     CAST(j.value ->> 'r' AS BIGINT), f.id, j.value ->> 'n', 'pending', CAST(j.value ->> 't' AS BIGINT), \
     CAST(j.value ->> 'e' AS BIGINT), CAST(j.value ->> 'd' AS BIGINT), CAST(j.value ->> 'w' AS BIGINT) \
     FROM json_each($1) AS j JOIN friendships f ON f.id = CAST(j.value ->> 'f' AS BIGINT) \
     WHERE f.accepted_at IS NOT NULL \
     AND (SELECT COUNT(*) FROM invites p WHERE p.sender_id = CAST(j.value ->> 's' AS BIGINT) AND p.kind = 'map' \
     AND p.status = 'pending') < CAST(j.value ->> 'm' AS BIGINT) \
     ON CONFLICT DO NOTHING RETURNING id, sender_id, receiver_id";

/// Rows of `{i: id, t: now, r: receiver | s: sender, v: seen at?, a: status after?}`. A pending invite changes when
/// the user is on that side of it; to be answered it must not have expired, to be seen it must not have been.
const UPDATE: &str = "UPDATE invites SET \
     status = COALESCE(j.value ->> 'a', invites.status), \
     seen_at = COALESCE(invites.seen_at, CAST(j.value ->> 'v' AS BIGINT)), \
     delivered_at = COALESCE(invites.delivered_at, CAST(j.value ->> 'v' AS BIGINT)), \
     responded_at = CASE WHEN j.value ->> 'a' IS NULL THEN NULL ELSE CAST(j.value ->> 't' AS BIGINT) END \
     FROM json_each($1) AS j WHERE invites.id = CAST(j.value ->> 'i' AS BIGINT) AND invites.status = 'pending' \
     AND (invites.receiver_id = CAST(j.value ->> 'r' AS BIGINT) OR invites.sender_id = CAST(j.value ->> 's' AS BIGINT)) \
     AND (CASE WHEN j.value ->> 'a' IS NULL THEN invites.seen_at IS NULL \
     ELSE invites.expires_at > CAST(j.value ->> 't' AS BIGINT) END) \
     RETURNING invites.id, invites.sender_id, invites.receiver_id, invites.seen_at";

/// A cheap handle to the task that writes.
#[derive(Clone)]
pub struct InviteWriter {
    queue: mpsc::Sender<Operation>,
}

impl InviteWriter {
    /// A handle, and the task to spawn, which ends when the last handle is dropped.
    pub fn new(db: Db) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, operations) = mpsc::channel(QUEUE);
        (Self { queue }, run(db, operations))
    }

    /// Returns when everything asked for before has been written.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.queue.send(Operation::Flush(done)).await.is_ok() {
            let _ = flushed.await;
        }
    }

    /// Makes a pending invite; `None` when a condition does not hold.
    pub async fn create(&self, invite: NewInvite) -> Result<Option<InviteId>, StoreError> {
        self.ask(|reply| Operation::Create(invite, reply)).await
    }

    /// Records that the receiver has seen it; answers the sender, or `None` when there is nothing to record.
    pub async fn acknowledge(
        &self,
        id: InviteId,
        receiver: UserId,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        self.update(Transition::Acknowledge, id, receiver, now).await
    }

    /// Declines it; answers the sender, or `None` when it is not this receiver's to decline any more.
    pub async fn decline(&self, id: InviteId, receiver: UserId, now: Timestamp) -> Result<Option<UserId>, StoreError> {
        self.update(Transition::Decline, id, receiver, now).await
    }

    /// Takes it back; answers the receiver, or `None` when it is not this sender's to cancel any more.
    pub async fn cancel(&self, id: InviteId, sender: UserId, now: Timestamp) -> Result<Option<UserId>, StoreError> {
        self.update(Transition::Cancel, id, sender, now).await
    }

    async fn update(
        &self,
        transition: Transition,
        id: InviteId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        self.ask(|reply| Operation::Update(Update { transition, id, user, now }, reply)).await
    }

    async fn ask<T>(&self, operation: impl FnOnce(Reply<T>) -> Operation) -> Result<Option<T>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let closed = || StoreError::Database(sqlx::Error::PoolClosed);
        self.queue.send(operation(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

async fn run(db: Db, mut operations: mpsc::Receiver<Operation>) {
    let mut waiting = Vec::new();
    while operations.recv_many(&mut waiting, BATCH).await > 0 {
        gather(&mut operations, &mut waiting).await;
        while !waiting.is_empty() {
            let batch = Batch::fold(&mut waiting);
            batch.run(&db).await;
        }
    }
}

/// Whoever is about to ask comes along: as long as the tasks that are ready bring more, still more are on their way.
async fn gather(operations: &mut mpsc::Receiver<Operation>, waiting: &mut Vec<Operation>) {
    let mut quiet = 0;
    while quiet < QUIET_TURNS && waiting.len() < BATCH {
        let before = waiting.len();
        tokio::task::yield_now().await;
        while waiting.len() < BATCH
            && let Ok(operation) = operations.try_recv()
        {
            waiting.push(operation);
        }
        quiet = if waiting.len() == before { quiet + 1 } else { 0 };
    }
}

#[derive(Default)]
struct Batch {
    creates: Vec<(NewInvite, Reply<InviteId>)>,
    /// In the order of ids: two servers that change the same rows take them in the same order.
    changes: BTreeMap<InviteId, Change>,
    flushes: Vec<oneshot::Sender<()>>,
}

/// What one row of [`UPDATE`] asks for: that the invite was seen, that it is answered, or both.
struct Change {
    user: UserId,
    seen: Option<(Timestamp, Reply<UserId>)>,
    answered: Option<(Transition, Timestamp, Reply<UserId>)>,
}

impl Change {
    fn row(&self, id: InviteId) -> UpdateRow {
        let answered = self.answered.as_ref();
        let seen = self.seen.as_ref().map(|(at, _)| at.0);
        let now = answered.map(|(_, at, _)| at.0).or(seen);
        match answered {
            Some((Transition::Cancel, ..)) => {
                UpdateRow { i: id, t: now, r: None, s: Some(self.user), v: None, a: Some("cancelled") }
            }
            Some(_) => UpdateRow { i: id, t: now, r: Some(self.user), s: None, v: seen.or(now), a: Some("declined") },
            None => UpdateRow { i: id, t: now, r: Some(self.user), s: None, v: seen, a: None },
        }
    }
}

#[derive(Serialize)]
struct UpdateRow {
    i: InviteId,
    t: Option<i64>,
    r: Option<UserId>,
    s: Option<UserId>,
    v: Option<i64>,
    a: Option<&'static str>,
}

#[derive(Serialize)]
struct CreateRow<'a> {
    s: UserId,
    r: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<SessionCode>,
    /// A number, whatever a friendship's id is elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    f: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<&'a str>,
    t: i64,
    e: i64,
    m: i64,
    d: Option<i64>,
    w: i64,
}

impl<'a> From<&'a NewInvite> for CreateRow<'a> {
    fn from(invite: &'a NewInvite) -> Self {
        let (code, friendship, map) = match &invite.about {
            About::Session(code) => (Some(*code), None, None),
            About::Map { friendship, map } => (None, Some(friendship.0), Some(map.as_str())),
        };
        Self {
            s: invite.sender_id,
            r: invite.receiver_id,
            c: code,
            f: friendship,
            n: map,
            t: invite.created_at.0,
            e: invite.expires_at.0,
            m: invite.max_pending,
            d: (invite.delivered_via != Ways::default()).then_some(invite.created_at.0),
            w: invite.delivered_via.0,
        }
    }
}

fn json<T: Serialize>(rows: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|_| StoreError::Corrupt("invite"))
}

/// What a changed invite looks like.
struct Changed {
    sender: UserId,
    receiver: UserId,
    seen_at: Option<Timestamp>,
}

impl Batch {
    /// Takes what can share a statement and leaves the rest: a statement does not see its own rows, so that a
    /// sender's second invite and an invite's second answer wait for the next.
    fn fold(operations: &mut Vec<Operation>) -> Self {
        let mut batch = Self::default();
        let mut senders = HashSet::new();
        for operation in std::mem::take(operations) {
            let left = match operation {
                Operation::Create(invite, reply) if senders.insert(invite.sender_id) => {
                    batch.creates.push((invite, reply));
                    None
                }
                Operation::Update(update, reply) => batch.fold_update(update, reply),
                Operation::Flush(done) if operations.is_empty() => {
                    batch.flushes.push(done);
                    None
                }
                later => Some(later),
            };
            operations.extend(left);
        }
        batch
    }

    fn fold_update(&mut self, update: Update, reply: Reply<UserId>) -> Option<Operation> {
        let Update { transition, id, user, now } = update;
        let change = self.changes.entry(id).or_insert(Change { user, seen: None, answered: None });
        let seeing = transition == Transition::Acknowledge;
        // The receiver sees and answers with one row. Cancelling is the sender's, whose acknowledge counts for nothing.
        let shares = change.seen.is_none() || transition == Transition::Decline;
        let fits = change.user == user && change.answered.is_none() && shares;
        if !fits {
            return Some(Operation::Update(update, reply));
        }
        if seeing {
            change.seen = Some((now, reply));
        } else {
            change.answered = Some((transition, now, reply));
        }
        None
    }

    async fn run(self, db: &Db) {
        let Self { creates, changes, flushes } = self;
        if !creates.is_empty() {
            let created = create(db, &creates).await.map_err(Arc::new);
            for (invite, reply) in creates {
                let pair = (invite.sender_id, invite.receiver_id);
                let _ = reply.send(match &created {
                    Ok(created) => Ok(created.get(&pair).copied()),
                    Err(error) => Err(StoreError::Batch(Arc::clone(error))),
                });
            }
        }
        if !changes.is_empty() {
            let changed = update(db, &changes).await.map_err(Arc::new);
            for (id, change) in changes {
                change.reply(changed.as_ref().map(|changed| changed.get(&id)));
            }
        }
        for done in flushes {
            let _ = done.send(());
        }
    }
}

impl Change {
    fn reply(self, changed: Result<Option<&Changed>, &Arc<StoreError>>) {
        let failed = |error: &Arc<StoreError>| StoreError::Batch(Arc::clone(error));
        if let Some((at, reply)) = self.seen {
            let newly = |changed: Option<&Changed>| {
                changed.filter(|changed| changed.seen_at == Some(at)).map(|changed| changed.sender)
            };
            let _ = reply.send(changed.map(newly).map_err(failed));
        }
        if let Some((transition, _, reply)) = self.answered {
            let other = |changed: &Changed| match transition {
                Transition::Cancel => changed.receiver,
                _ => changed.sender,
            };
            let _ = reply.send(changed.map(|changed| changed.map(other)).map_err(failed));
        }
    }
}

async fn create(
    db: &Db,
    invites: &[(NewInvite, Reply<InviteId>)],
) -> Result<HashMap<(UserId, UserId), InviteId>, StoreError> {
    let invites = invites.iter().map(|(invite, _)| invite);
    let (into_sessions, challenges): (Vec<_>, Vec<_>) =
        invites.partition(|invite| matches!(invite.about, About::Session(_)));
    let mut created = HashMap::new();
    for (sql, invites) in [(CREATE, into_sessions), (CHALLENGE, challenges)] {
        if invites.is_empty() {
            continue;
        }
        let rows: Vec<_> = invites.into_iter().map(CreateRow::from).collect();
        for row in db.write(sql, args![json(&rows)?]).await? {
            created.insert((UserId(row.int(1)?), UserId(row.int(2)?)), InviteId(row.int(0)?));
        }
    }
    Ok(created)
}

async fn update(db: &Db, changes: &BTreeMap<InviteId, Change>) -> Result<HashMap<InviteId, Changed>, StoreError> {
    let rows: Vec<_> = changes.iter().map(|(id, change)| change.row(*id)).collect();
    let changed = db.write(UPDATE, args![json(&rows)?]).await?;
    changed
        .iter()
        .map(|row| {
            let (sender, receiver) = (UserId(row.int(1)?), UserId(row.int(2)?));
            let seen_at = row.opt_int(3)?.map(Timestamp);
            Ok((InviteId(row.int(0)?), Changed { sender, receiver, seen_at }))
        })
        .collect()
}
