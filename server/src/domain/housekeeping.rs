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
    store,
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

/// Sessions without a member online, with when that was first seen.
#[derive(Default)]
struct Abandoned(HashMap<SessionCode, Timestamp>);

impl Abandoned {
    async fn close(&mut self, app: &App, now: Timestamp) -> Answer<()> {
        let patience = app.config.limits.abandoned_session_seconds.cast_signed() * 1000;
        let members = store::sessions::open_before(&app.db, Timestamp(now.0 - patience)).await?;
        let mut empty: HashSet<SessionCode> = members.iter().map(|(code, _)| *code).collect();
        for (code, user) in members {
            if app.hub.is_connected(user, now) {
                empty.remove(&code);
            }
        }
        self.0.retain(|code, _| empty.contains(code));
        for code in empty {
            let since = *self.0.entry(code).or_insert(now);
            if now.0 - since.0 >= patience {
                tracing::info!(session = %code, "session abandoned");
                match app.sessions.end(code).await {
                    // Closed by its host at this very moment.
                    Err(error) if error.code == ErrorCode::SessionNotFound => {}
                    ended => drop(ended?),
                }
            }
        }
        Ok(())
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
