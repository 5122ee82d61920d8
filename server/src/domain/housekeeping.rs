//! What has to be done now and then: leases that have ended, sessions that everybody has left by crashing,
//! history that is old enough to forget.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rallypoint_protocol::{ErrorCode, SessionCode, Timestamp};

use crate::{
    app::App,
    domain::{Answer, now},
    schedule::{Deadline, Scheduler},
    store::{self, sessions::OpenSession},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Deadlines so close together are one.
const EXPIRY_PAUSE: Duration = Duration::from_millis(200);
const LEASE_PAUSE: Duration = Duration::from_millis(500);
/// How often what other servers on the same database have written is looked at.
const OTHERS: Duration = Duration::from_secs(2);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Gives the scheduler everything that a server does by itself. `leases` is when one may end, `expiry` when an invite
/// does.
pub fn schedule(scheduler: &mut Scheduler, app: &Arc<App>, leases: Deadline, expiry: Deadline) {
    let own = Arc::clone(app);
    scheduler.add("expiry of invites", expiry, EXPIRY_PAUSE, move |_| {
        let app = Arc::clone(&own);
        async move { app.invites.expire_due().await }
    });
    let own = Arc::clone(app);
    scheduler.add("end of leases", leases, LEASE_PAUSE, move |now| std::future::ready(Ok(own.hub.sweep(now))));
    let own = Arc::clone(app);
    let read_until = Arc::new(AtomicI64::new(now().0 - app.auth.access_token_lifetime()));
    // Alone on a database, a server has made all of it itself: what an earlier one left behind is looked for once.
    let interval = if app.db.is_shared() { OTHERS } else { Duration::MAX };
    scheduler.every("work of other servers", interval, move |now| {
        see_others(Arc::clone(&own), Arc::clone(&read_until), now)
    });
    let own = Arc::clone(app);
    let abandoned = Arc::new(Mutex::new(Abandoned::default()));
    scheduler.every("abandoned sessions", MINUTE, move |now| {
        let (app, abandoned) = (Arc::clone(&own), Arc::clone(&abandoned));
        async move { close_abandoned(&app, &abandoned, now).await }
    });
    let own = Arc::clone(app);
    scheduler.every("idle rates", MINUTE, move |_| {
        own.rates.forget_idle();
        std::future::ready(Ok(()))
    });
    let own = Arc::clone(app);
    scheduler.every("old history", HOUR, move |now| {
        let app = Arc::clone(&own);
        async move { forget_history(&app, now).await }
    });
}

/// Logins that were revoked elsewhere, and invites that slipped in between two servers or two transactions.
async fn see_others(app: Arc<App>, read_until: Arc<AtomicI64>, now: Timestamp) -> Answer<()> {
    app.auth.load_revocations(Timestamp(read_until.load(Ordering::Relaxed))).await?;
    // Clocks of two servers differ.
    read_until.store(now.0 - 10_000, Ordering::Relaxed);
    app.sessions.cancel_stray_invites().await?;
    app.friends.end_stray_invites().await
}

/// Sessions that nobody needs any more, with when that was first seen: no member is online, or nobody is in the game
/// that a challenge has led to.
#[derive(Default)]
struct Abandoned(HashMap<SessionCode, Timestamp>);

impl Abandoned {
    /// The sessions that have been idle whenever looked at, for `patience` milliseconds.
    fn due(&mut self, idle: &HashSet<SessionCode>, now: Timestamp, patience: i64) -> Vec<SessionCode> {
        self.0.retain(|code, _| idle.contains(code));
        for &code in idle {
            self.0.entry(code).or_insert(now);
        }
        let due = self.0.iter().filter(|(_, since)| now.0 - since.0 >= patience);
        due.map(|(code, _)| *code).collect()
    }
}

async fn close_abandoned(app: &App, abandoned: &Mutex<Abandoned>, now: Timestamp) -> Answer<()> {
    let patience = app.config.limits.abandoned_session_seconds.cast_signed() * 1000;
    let sessions = store::sessions::open_before(&app.db, Timestamp(now.0 - patience)).await?;
    let needed = |session: &OpenSession| {
        session.members.iter().any(|member| app.hub.is_connected(*member, now))
            && session.challenge.is_none_or(|game| app.sessions.is_played(game))
    };
    let idle = sessions.into_iter().filter(|session| !needed(session)).map(|session| session.code).collect();
    let due = abandoned.lock().due(&idle, now, patience);
    for code in due {
        tracing::info!(session = %code, "session abandoned");
        match app.sessions.end(code).await {
            // Closed by its host at this very moment.
            Err(error) if error.code == ErrorCode::SessionNotFound => {}
            ended => drop(ended?),
        }
    }
    Ok(())
}

async fn forget_history(app: &App, now: Timestamp) -> Answer<()> {
    let before = Timestamp(now.0 - app.config.limits.history_days.cast_signed() * DAY_MS);
    store::invites::purge(&app.db, before).await?;
    store::sessions::purge(&app.db, before).await?;
    store::matches::purge(&app.db, before).await?;
    store::logins::purge(&app.db, before).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_closed_after_being_idle_without_a_break() {
        let (mut abandoned, idle) = (Abandoned::default(), HashSet::from([SessionCode::from_bits(1)]));
        let mut at = |idle: &HashSet<_>, now| abandoned.due(idle, Timestamp(now), 100);
        assert_eq!(at(&idle, 0), []);
        assert_eq!(at(&idle, 99), []);
        assert_eq!(at(&HashSet::new(), 100), [], "somebody came back");
        assert_eq!(at(&idle, 150), []);
        assert_eq!(at(&idle, 250), [SessionCode::from_bits(1)]);
    }
}
