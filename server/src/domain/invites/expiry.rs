//! Expiry: one task that sleeps until the next deadline.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use rallypoint_protocol::Timestamp;
use tokio::sync::Notify;

use super::Invites;
use crate::{
    domain::{Answer, now},
    hub::Event,
    store,
};

/// The longest sleep: another server on the same database may have made invites that this one does not know of.
const LONGEST: Duration = Duration::from_secs(30);
/// The shortest, so that many deadlines close together are one statement. Expiry is exact to a second.
const SHORTEST: Duration = Duration::from_millis(200);

/// Wakes the task for an invite that expires before the moment for which it sleeps.
#[derive(Default)]
pub(super) struct Alarm {
    sleeping_until: AtomicI64,
    earlier: Notify,
}

impl Alarm {
    /// From now on every invite wakes the task: it is about to look.
    fn look(&self) {
        self.sleeping_until.store(i64::MAX, Ordering::Release);
    }

    fn sleep_until(&self, until: Timestamp) {
        self.sleeping_until.store(until.0, Ordering::Release);
    }

    pub(super) fn set(&self, expires_at: Timestamp) {
        if expires_at.0 < self.sleeping_until.load(Ordering::Acquire) {
            self.earlier.notify_one();
        }
    }
}

impl Invites {
    /// Expires invites when they are due, until the task is aborted. What fell due while no server ran goes first.
    pub async fn expire_forever(self: Arc<Self>) {
        loop {
            self.alarm.look();
            let next = match self.expire_due().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "could not expire invites; trying again");
                    Some(now())
                }
            };
            let now = now();
            let wait = next.map_or(LONGEST, |next| Duration::from_millis((next.0 - now.0).max(0).cast_unsigned()));
            let wait = wait.clamp(SHORTEST, LONGEST);
            self.alarm.sleep_until(Timestamp(now.0 + i64::try_from(wait.as_millis()).unwrap_or_default()));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.alarm.earlier.notified() => {}
            }
        }
    }

    /// Expires what is due, and answers when the next invite is.
    async fn expire_due(&self) -> Answer<Option<Timestamp>> {
        for invite in store::invites::expire_due(&self.db, now()).await? {
            self.steps.expired.inc();
            tracing::info!(invite_id = %invite.id, "invite expired");
            let event = Event::InviteExpired { invite_id: invite.id };
            self.hub.publish(invite.receiver_id, &event, None);
            self.hub.publish(invite.sender_id, &event, None);
        }
        Ok(store::invites::next_expiry(&self.db).await?)
    }
}
