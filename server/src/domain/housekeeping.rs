//! What has to be done now and then: leases that have ended, sessions that everybody has left by crashing,
//! history that is old enough to forget.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use rallypoint_protocol::{ErrorCode, SessionCode, Timestamp};

use crate::{
    app::App,
    domain::{Answer, now},
    store::{self, sessions::OpenSession},
};

const TICK: Duration = Duration::from_secs(2);
const TICKS_PER_MINUTE: u64 = 30;
const TICKS_PER_HOUR: u64 = 60 * TICKS_PER_MINUTE;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Runs until the task is aborted.
pub async fn run(app: std::sync::Arc<App>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut abandoned = Abandoned::default();
    let mut revocations_read = Timestamp(now().0 - app.auth.access_token_lifetime());
    for count in 0_u64.. {
        ticks.tick().await;
        let now = now();
        app.hub.sweep(now);
        if count == 0 || app.db.is_shared() {
            match app.auth.load_revocations(revocations_read).await {
                Ok(()) => revocations_read = Timestamp(now.0 - 10_000),
                Err(error) => tracing::warn!(%error, "could not read revoked logins"),
            }
            if let Err(error) = app.sessions.cancel_stray_invites().await {
                tracing::warn!(%error, "could not look for invites to closed sessions");
            }
            if let Err(error) = app.friends.end_stray_invites().await {
                tracing::warn!(%error, "could not look for invites across blocks");
            }
        }
        if count % TICKS_PER_MINUTE == 0 {
            app.rates.forget_idle();
            if let Err(error) = abandoned.close(&app, now).await {
                tracing::warn!(%error, "could not look for abandoned sessions");
            }
        }
        if count % TICKS_PER_HOUR == 0
            && let Err(error) = forget_history(&app, now).await
        {
            tracing::warn!(%error, "could not forget old history");
        }
    }
}

/// Sessions that nobody needs any more, with when that was first seen: no member is online, or nobody is in the game
/// that a challenge has led to.
#[derive(Default)]
struct Abandoned(HashMap<SessionCode, Timestamp>);

impl Abandoned {
    async fn close(&mut self, app: &App, now: Timestamp) -> Answer<()> {
        let patience = app.config.limits.abandoned_session_seconds.cast_signed() * 1000;
        let sessions = store::sessions::open_before(&app.db, Timestamp(now.0 - patience)).await?;
        let needed = |session: &OpenSession| {
            session.members.iter().any(|member| app.hub.is_connected(*member, now))
                && session.challenge.is_none_or(|game| app.sessions.is_played(game))
        };
        let idle: HashSet<_> =
            sessions.into_iter().filter(|session| !needed(session)).map(|session| session.code).collect();
        for code in self.due(&idle, now, patience) {
            tracing::info!(session = %code, "session abandoned");
            match app.sessions.end(code).await {
                // Closed by its host at this very moment.
                Err(error) if error.code == ErrorCode::SessionNotFound => {}
                ended => drop(ended?),
            }
        }
        Ok(())
    }

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
