//! The way into a game, whichever way it came about, and what follows from what happens in it.

pub mod rooms;

use std::{sync::Arc, time::Duration};

use rallypoint_pong::rules::Side;
use rallypoint_protocol::{ApiError, ErrorCode, GameId, User, UserId, session::GameAccess};
use tokio::sync::mpsc;

use crate::{
    domain::{
        Answer,
        matchmaking::{Matchmaking, Result},
        now,
        sessions::Sessions,
        users::Users,
    },
    game::{GameError, GameEvent, GameServer},
    hub::Hub,
    store::{self, Db},
};

/// How long a database that is away is left alone before what happened is told to it again.
const RETRY: Duration = Duration::from_millis(500);

pub struct Games {
    db: Db,
    hub: Arc<Hub>,
    users: Arc<Users>,
    sessions: Arc<Sessions>,
    matchmaking: Arc<Matchmaking>,
    game: GameServer,
}

impl Games {
    pub fn new(
        db: Db,
        hub: Arc<Hub>,
        users: Arc<Users>,
        sessions: Arc<Sessions>,
        matchmaking: Arc<Matchmaking>,
        game: GameServer,
    ) -> Self {
        Self { db, hub, users, sessions, matchmaking, game }
    }

    /// Seats a player in the room of its game, which is opened if need be.
    ///
    /// # Errors
    /// `NOT_FOUND`, `FORBIDDEN` for who is no player of it, `GAME_ERROR` when it is over.
    pub async fn enter(&self, user: &Arc<User>, game_id: GameId) -> Answer<Side> {
        if let Some(code) = store::sessions::of_game(&self.db, game_id).await? {
            return self.sessions.seat(user, code, game_id).await;
        }
        self.matchmaking.seat(user, game_id).await?.ok_or_else(unknown)
    }

    /// Whether somebody may watch a game: everybody who knows its id.
    ///
    /// # Errors
    /// `NOT_FOUND`
    pub async fn watch(&self, game_id: GameId) -> Answer<()> {
        let known =
            store::sessions::of_game(&self.db, game_id).await?.is_some() || self.matchmaking.knows(game_id).await?;
        if known { Ok(()) } else { Err(unknown()) }
    }

    /// What somebody needs to watch a game over UDP.
    ///
    /// # Errors
    /// `NOT_FOUND`, also while nobody has entered it.
    pub async fn access_to_watch(&self, user: UserId, game_id: GameId) -> Answer<GameAccess> {
        self.watch(game_id).await?;
        match self.game.issue_spectator_token(game_id, user) {
            Ok(ticket) => Ok(rooms::access(game_id, ticket)),
            Err(GameError::UnknownRoom) => Err(unknown()),
            Err(error) => Err(rooms::refused(&error)),
        }
    }

    /// Follows the games until the game server stops.
    pub async fn follow(self: Arc<Self>, mut events: mpsc::Receiver<GameEvent>) {
        while let Some(event) = events.recv().await {
            tracing::debug!(?event, "game event");
            // Everything it does may be done again, and nothing may be left out.
            while let Err(error) = self.react(event.clone()).await {
                tracing::warn!(%error, "what happened in a game could not be recorded");
                if error.code != ErrorCode::Unavailable {
                    break;
                }
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    async fn react(&self, event: GameEvent) -> Answer<()> {
        match event {
            GameEvent::PlayerConnected { game_id, user_id } => {
                let user = self.users.get(user_id).await?;
                self.matchmaking.connected(game_id, user_id).await?;
                self.hub.enter_game(&user);
                Ok(())
            }
            GameEvent::PlayerDropped { game_id, user_id } => {
                self.hub.leave_game(user_id, now());
                self.matchmaking.dropped(game_id, user_id);
                Ok(())
            }
            GameEvent::Started { .. } => Ok(()),
            GameEvent::Finished { game_id, winner, reason, scores, replay } => {
                tracing::info!(%game_id, ?winner, ?reason, ?scores, "game finished");
                self.matchmaking.finished(game_id, Result { winner, reason, scores, replay }).await?;
                self.sessions.next_game(game_id).await
            }
            GameEvent::Closed { game_id, ending } => self.matchmaking.closed(game_id, ending).await,
        }
    }
}

fn unknown() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is no such game, or it is over.")
}
