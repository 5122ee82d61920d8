//! The bundled game of a session: tickets into it, and a fresh one when it is over.

use std::sync::Arc;

use rallypoint_pong::rules::Side;
use rallypoint_protocol::{
    GameId, SessionCode, User,
    session::{GameAccess, GameOptions},
};
use uuid::Uuid;

use super::Sessions;
use crate::{
    domain::{
        Answer,
        games::rooms::{access, refused, rules},
    },
    game::{GameError, Player},
    store,
};

impl Sessions {
    /// Seats the player and signs a ticket.
    pub(super) fn ticket(&self, game_id: GameId, options: &GameOptions, user: &Arc<User>) -> Answer<GameAccess> {
        self.take_place(game_id, options, user)?;
        let ticket = self.game.issue_token(game_id, user.id).map_err(|error| refused(&error))?;
        Ok(access(game_id, ticket))
    }

    /// Seats a member of a session in the session's game.
    pub async fn seat(&self, user: &Arc<User>, code: SessionCode, game_id: GameId) -> Answer<Side> {
        let record = self.member_record(user.id, code).await?;
        self.take_place(game_id, &record.options, user)
    }

    /// The room is opened by the first who takes a place, so that a session outlives a restart of the server.
    fn take_place(&self, game_id: GameId, options: &GameOptions, user: &Arc<User>) -> Answer<Side> {
        match self.game.open_room(game_id, rules(options), rand::random()) {
            Ok(()) | Err(GameError::RoomExists) => {}
            Err(error) => return Err(refused(&error)),
        }
        let player = Player { user_id: user.id, name: user.full_name() };
        self.game.admit(game_id, player).map_err(|error| refused(&error))
    }

    /// Whether somebody has a place in a game.
    pub fn is_played(&self, game_id: GameId) -> bool {
        !self.game.is_over(game_id)
    }

    /// Gives the session of a game that is over its next game; without such a session it does nothing.
    pub async fn next_game(&self, over: GameId) -> Answer<()> {
        let next = GameId(Uuid::new_v4());
        if let Some(code) = store::sessions::replace_game(&self.db, over, next).await? {
            self.announce(code).await?;
        }
        Ok(())
    }
}
