//! Matchmaking: a place in the queue, and the match it leads to.

use std::time::Instant;

use rallypoint_protocol::{
    GameId,
    matchmaking::{JoinQueue, LeaveQueue, QueueLeft, QueueState},
    session::{GameAccess, GameOptions},
};

use crate::{Client, Error, driver::Command};

/// From [`Client::matchmaking`].
///
/// While one waits or plays, [`Event::QueueChanged`](crate::Event::QueueChanged) tells of every change, however it
/// became known; after a restart, signing in is enough to hear of a place that is still held.
#[derive(Clone)]
pub struct Matchmaking {
    pub(crate) client: Client,
}

impl Matchmaking {
    /// Takes a place in the queue. Joining again answers where one stands.
    ///
    /// # Errors
    /// `INVALID_OPTIONS` says in its details what is out of range.
    pub async fn join(&self, options: GameOptions) -> Result<QueueState, Error> {
        self.ask(move |rest| async move { rest.post("/game/join", &JoinQueue { options: Some(options) }).await }).await
    }

    /// Where one stands. A match that waits or runs is answered with a fresh connect token: so one comes back to it.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn status(&self) -> Result<QueueState, Error> {
        self.ask(|rest| async move { rest.get("/game/status").await }).await
    }

    /// Leaves the queue; leaving a match forfeits it. Without either it does nothing.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn leave(&self) -> Result<QueueLeft, Error> {
        let left = self.client.with_rest(|rest| async move { rest.post("/game/leave", &LeaveQueue {}).await }).await?;
        self.client.shared().tell(Command::QueueSeen { began: Instant::now(), result: Ok(QueueState::Idle) });
        Ok(left)
    }

    /// What a game client needs to watch a game over UDP. The token in it works once, within 30 seconds.
    ///
    /// # Errors
    /// `NOT_FOUND`, also while nobody has entered the game.
    pub async fn spectate(&self, game_id: GameId) -> Result<GameAccess, Error> {
        let path = format!("/game/{game_id}/spectate");
        self.client.with_rest(move |rest| async move { rest.post(&path, &serde_json::json!({})).await }).await
    }

    /// What was last known.
    pub fn state(&self) -> QueueState {
        self.client.shared().queue_state()
    }

    async fn ask<F, Fut>(&self, request: F) -> Result<QueueState, Error>
    where
        F: FnOnce(crate::rest::SharedRest) -> Fut + Send + 'static,
        Fut: Future<Output = Result<QueueState, Error>> + Send + 'static,
    {
        let began = Instant::now();
        let state = self.client.with_rest(request).await?;
        self.client.shared().tell(Command::QueueSeen { began, result: Ok(state.clone()) });
        Ok(state)
    }
}
