//! Which servers work on this database, so that what one has left behind by crashing can be cleared away.
//!
//! A server counts as running for as long as its beat rises. The others watch it by their own clocks: what the clocks
//! say does not matter.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::Answer;
use crate::{
    game::GameServer,
    store::{self, Db},
};

const BEAT: Duration = Duration::from_secs(5);
/// Silence after which a server counts as gone.
const SILENCE: Duration = Duration::from_secs(30);

pub struct Servers {
    db: Db,
    id: String,
    place: String,
}

impl Servers {
    pub fn new(db: Db, game: &GameServer) -> Self {
        let host = gethostname::gethostname();
        let place = format!("{}/{}/{}", host.to_string_lossy(), game.local_addr(), game.public_addr());
        Self { db, id: Uuid::new_v4().to_string(), place }
    }

    /// This server, until it stops.
    pub fn own_id(&self) -> &str {
        &self.id
    }

    /// Counts this server as running.
    pub async fn announce(&self) -> Answer<()> {
        store::servers::announce(&self.db, &self.id, &self.place).await?;
        if !self.db.is_shared() {
            store::servers::remove_others(&self.db, &self.id).await?;
        }
        Ok(())
    }

    /// Shows that this server runs and watches the others, until the task is aborted.
    pub async fn run(self: Arc<Self>) {
        let mut others = HashMap::new();
        let mut beats = tokio::time::interval(BEAT);
        beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            // A database of one server is watched by nobody.
            if self.db.is_shared()
                && let Err(error) = self.beat(&mut others).await
            {
                tracing::warn!(%error, "could not show the other servers that this one runs");
            }
        }
    }

    async fn beat(&self, others: &mut HashMap<String, (i64, Instant)>) -> Answer<()> {
        if !store::servers::beat(&self.db, &self.id).await? {
            tracing::warn!("the other servers took this one for gone; its open matches are cancelled");
            self.announce().await?;
        }
        let running = store::servers::all(&self.db).await?;
        others.retain(|id, _| running.iter().any(|(running, _)| running == id));
        for (id, beat) in running.into_iter().filter(|(id, _)| *id != self.id) {
            let seen = others.entry(id).or_insert((beat, Instant::now()));
            if seen.0 != beat {
                *seen = (beat, Instant::now());
            }
        }
        for (id, (beat, _)) in others.iter().filter(|(_, (_, since))| since.elapsed() >= SILENCE) {
            tracing::warn!(server = %id, "a server has gone without a word");
            store::servers::remove_silent(&self.db, id, *beat).await?;
        }
        Ok(())
    }

    /// This server stops.
    pub async fn leave(&self) -> Answer<()> {
        Ok(store::servers::remove(&self.db, &self.id).await?)
    }
}
