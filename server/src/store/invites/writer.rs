//! The transitions that come in crowds: whatever is waiting is folded into one statement per transition and
//! one transaction for all, since a statement costs far more than a row.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rallypoint_protocol::{InviteId, SessionCode, Timestamp, UserId, invite::InviteKind};
use serde_json::{Value as Json, json};
use tokio::sync::{mpsc, oneshot};

use super::{Db, Row, StoreError};
use crate::{args, store::Transaction};

/// Operations that may wait for their turn; more wait outside.
const QUEUE: usize = 4096;
/// Operations in one transaction, so that the first is not held up by the last.
const BATCH: usize = 256;

/// A new pending invite to a session.
#[derive(Clone, Debug)]
pub struct NewInvite {
    pub kind: InviteKind,
    pub sender_id: UserId,
    pub receiver_id: UserId,
    pub session_code: SessionCode,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whether it is handed to a live connection at once.
    pub delivered: bool,
    pub max_pending: i64,
}

type Reply<T> = oneshot::Sender<Result<Option<T>, StoreError>>;

enum Operation {
    Create(NewInvite, Reply<InviteId>),
    Update(Update, Reply<UserId>),
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

impl Transition {
    const ALL: [Transition; 3] = [Self::Acknowledge, Self::Decline, Self::Cancel];

    /// Takes `[{"i": id, "u": user, "t": now}]`; answers each changed invite's id and its other side.
    const fn sql(self) -> &'static str {
        match self {
            Self::Acknowledge => {
                "UPDATE invites SET seen_at = CAST(j.value ->> 't' AS BIGINT), \
                 delivered_at = COALESCE(delivered_at, CAST(j.value ->> 't' AS BIGINT)) FROM json_each($1) AS j \
                 WHERE invites.id = CAST(j.value ->> 'i' AS BIGINT) AND invites.receiver_id = CAST(j.value ->> 'u' AS BIGINT) \
                 AND invites.status = 'pending' AND invites.seen_at IS NULL RETURNING invites.id, invites.sender_id"
            }
            Self::Decline => {
                "UPDATE invites SET status = 'declined', responded_at = CAST(j.value ->> 't' AS BIGINT), \
                 delivered_at = COALESCE(delivered_at, CAST(j.value ->> 't' AS BIGINT)) FROM json_each($1) AS j \
                 WHERE invites.id = CAST(j.value ->> 'i' AS BIGINT) AND invites.receiver_id = CAST(j.value ->> 'u' AS BIGINT) \
                 AND invites.status = 'pending' AND invites.expires_at > CAST(j.value ->> 't' AS BIGINT) \
                 RETURNING invites.id, invites.sender_id"
            }
            Self::Cancel => {
                "UPDATE invites SET status = 'cancelled', responded_at = CAST(j.value ->> 't' AS BIGINT) \
                 FROM json_each($1) AS j \
                 WHERE invites.id = CAST(j.value ->> 'i' AS BIGINT) AND invites.sender_id = CAST(j.value ->> 'u' AS BIGINT) \
                 AND invites.status = 'pending' AND invites.expires_at > CAST(j.value ->> 't' AS BIGINT) \
                 RETURNING invites.id, invites.receiver_id"
            }
        }
    }
}

/// Only the host may, only into an open session, one pending per pair and kind, and not too many pending at all.
const CREATE: &str = "INSERT INTO invites (kind, sender_id, receiver_id, session_code, status, created_at, expires_at, delivered_at) \
     SELECT j.value ->> 'k', s.host_id, CAST(j.value ->> 'r' AS BIGINT), s.code, 'pending', \
     CAST(j.value ->> 't' AS BIGINT), CAST(j.value ->> 'e' AS BIGINT), CAST(j.value ->> 'd' AS BIGINT) \
     FROM json_each($1) AS j JOIN sessions s ON s.code = j.value ->> 'c' \
     WHERE s.host_id = CAST(j.value ->> 's' AS BIGINT) AND s.closed_at IS NULL \
     AND (SELECT COUNT(*) FROM invites p WHERE p.sender_id = s.host_id AND p.kind = j.value ->> 'k' AND p.status = 'pending') \
     < CAST(j.value ->> 'm' AS BIGINT) \
     ON CONFLICT DO NOTHING RETURNING id, sender_id, receiver_id";

/// A cheap handle to the task that writes.
#[derive(Clone)]
pub struct InviteWriter {
    queue: mpsc::Sender<Operation>,
}

impl InviteWriter {
    /// Starts the task; it ends, with everything written, when the last handle is dropped.
    pub fn start(db: Db) -> (Self, tokio::task::JoinHandle<()>) {
        let (queue, operations) = mpsc::channel(QUEUE);
        (Self { queue }, tokio::spawn(run(db, operations)))
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
    let mut waiting = Vec::with_capacity(BATCH);
    while operations.recv_many(&mut waiting, BATCH).await > 0 {
        let batch = Batch::fold(std::mem::take(&mut waiting), &mut waiting);
        batch.run(&db).await;
        while !waiting.is_empty() {
            let rest = std::mem::take(&mut waiting);
            Batch::fold(rest, &mut waiting).run(&db).await;
        }
    }
}

#[derive(Default)]
struct Batch {
    creates: Vec<(NewInvite, Reply<InviteId>)>,
    updates: Vec<(Update, Reply<UserId>)>,
}

impl Batch {
    /// Takes what can share a transaction and leaves the rest: one statement does not see its own rows, so that
    /// a sender's second invite and an invite's second transition wait for the next.
    fn fold(operations: Vec<Operation>, rest: &mut Vec<Operation>) -> Self {
        let mut batch = Self::default();
        let (mut senders, mut invites) = (HashSet::new(), HashSet::new());
        for operation in operations {
            match operation {
                Operation::Create(invite, reply) if senders.insert(invite.sender_id) => {
                    batch.creates.push((invite, reply))
                }
                Operation::Update(update, reply) if invites.insert(update.id) => batch.updates.push((update, reply)),
                other => rest.push(other),
            }
        }
        batch
    }

    async fn run(self, db: &Db) {
        match self.write(db).await {
            Ok((mut created, mut updated)) => {
                for (invite, reply) in self.creates {
                    let _ = reply.send(Ok(created.remove(&(invite.sender_id, invite.receiver_id))));
                }
                for (update, reply) in self.updates {
                    let _ = reply.send(Ok(updated.remove(&update.id)));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for (_, reply) in self.creates {
                    let _ = reply.send(Err(StoreError::Batch(Arc::clone(&error))));
                }
                for (_, reply) in self.updates {
                    let _ = reply.send(Err(StoreError::Batch(Arc::clone(&error))));
                }
            }
        }
    }

    async fn write(&self, db: &Db) -> Result<Written, StoreError> {
        let mut statements = Vec::new();
        if !self.creates.is_empty() {
            statements.push((CREATE, rows_of(self.creates.iter().map(|(invite, _)| create_row(invite)))));
        }
        for transition in Transition::ALL {
            let chosen = self.updates.iter().filter(|(update, _)| update.transition == transition);
            let rows: Vec<Json> =
                chosen.map(|(update, _)| json!({"i": update.id, "u": update.user, "t": update.now.0})).collect();
            if !rows.is_empty() {
                statements.push((transition.sql(), Json::from(rows).to_string()));
            }
        }
        let mut written = Written::default();
        if let [(sql, rows)] = statements.as_slice() {
            collect(sql, &db.write(sql, args![rows.as_str()]).await?, &mut written)?;
            return Ok(written);
        }
        let mut transaction: Transaction = db.begin().await?;
        for (sql, rows) in statements {
            collect(sql, &transaction.run(sql, args![rows]).await?, &mut written)?;
        }
        transaction.commit().await?;
        Ok(written)
    }
}

type Written = (HashMap<(UserId, UserId), InviteId>, HashMap<InviteId, UserId>);

fn collect(sql: &str, rows: &[Row], written: &mut Written) -> Result<(), StoreError> {
    for row in rows {
        let id = InviteId(row.int(0)?);
        if sql == CREATE {
            written.0.insert((UserId(row.int(1)?), UserId(row.int(2)?)), id);
        } else {
            written.1.insert(id, UserId(row.int(1)?));
        }
    }
    Ok(())
}

fn rows_of(rows: impl Iterator<Item = Json>) -> String {
    Json::from_iter(rows).to_string()
}

fn create_row(invite: &NewInvite) -> Json {
    json!({
        "k": invite.kind.as_str(), "s": invite.sender_id, "r": invite.receiver_id, "c": invite.session_code,
        "t": invite.created_at.0, "e": invite.expires_at.0, "m": invite.max_pending,
        "d": invite.delivered.then_some(invite.created_at.0),
    })
}
