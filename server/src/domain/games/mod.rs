//! The way into a game, whichever way it came about.

use std::sync::Arc;

use rallypoint_pong::rules::Side;
use rallypoint_protocol::{ApiError, ErrorCode, GameId, User};

use crate::{
    domain::{Answer, sessions::Sessions},
    store::{self, Db},
};

pub struct Games {
    db: Db,
    sessions: Arc<Sessions>,
}

impl Games {
    pub fn new(db: Db, sessions: Arc<Sessions>) -> Self {
        Self { db, sessions }
    }

    /// Seats a player in the room of its game, which is opened if need be.
    ///
    /// # Errors
    /// `NOT_FOUND`, `FORBIDDEN` for who is no player of it, `GAME_ERROR` when it is over.
    pub async fn enter(&self, user: &Arc<User>, game_id: GameId) -> Answer<Side> {
        let code = store::sessions::of_game(&self.db, game_id).await?.ok_or_else(unknown)?;
        self.sessions.seat(user, code, game_id).await
    }

    /// Whether somebody may watch a game: everybody who knows its id.
    ///
    /// # Errors
    /// `NOT_FOUND`
    pub async fn watch(&self, game_id: GameId) -> Answer<()> {
        store::sessions::of_game(&self.db, game_id).await?.map(drop).ok_or_else(unknown)
    }
}

fn unknown() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is no such game, or it is over.")
}
