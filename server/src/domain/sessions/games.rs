//! The bundled game of a session: tickets into it, and a fresh one when it is over.

use std::sync::Arc;

use rallypoint_pong::rules::{Rules, Side, Speed};
use rallypoint_protocol::{
    ApiError, ErrorCode, GameId, SessionCode, User,
    session::{GameAccess, GameOptions, GameSpeed},
};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::Sessions;
use crate::{
    domain::Answer,
    game::{GameError, GameEvent, Player},
    store,
};

impl Sessions {
    /// Seats the player and signs a ticket.
    pub(super) fn ticket(&self, game_id: GameId, options: &GameOptions, user: &Arc<User>) -> Answer<GameAccess> {
        self.take_place(game_id, options, user)?;
        let ticket = self.game.issue_token(game_id, user.id).map_err(|error| refused(&error))?;
        Ok(GameAccess {
            game_id,
            server_ip: ticket.addr.ip().to_string(),
            server_port: ticket.addr.port(),
            connect_token: ticket.token_base64,
        })
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

    /// Follows the games until the game server stops.
    pub async fn follow_games(self: Arc<Self>, mut events: mpsc::Receiver<GameEvent>) {
        while let Some(event) = events.recv().await {
            tracing::debug!(?event, "game event");
            match event {
                GameEvent::PlayerConnected { user_id, .. } => {
                    if let Ok(user) = self.users.get(user_id).await {
                        self.hub.enter_game(&user);
                    }
                }
                GameEvent::PlayerDropped { user_id, .. } => self.hub.leave_game(user_id),
                GameEvent::Finished { game_id, winner, reason, scores, .. } => {
                    tracing::info!(%game_id, ?winner, ?reason, ?scores, "game finished");
                    if let Err(error) = self.next_game(game_id).await {
                        tracing::warn!(%game_id, %error, "no next game for the session");
                    }
                }
                _ => {}
            }
        }
    }

    async fn next_game(&self, over: GameId) -> Answer<()> {
        let next = GameId(Uuid::new_v4());
        if let Some(code) = store::sessions::replace_game(&self.db, over, next).await? {
            self.announce(code).await?;
        }
        Ok(())
    }
}

fn refused(error: &GameError) -> ApiError {
    ApiError::new(ErrorCode::GameError, format!("The game could not be entered: {error}. Try again."))
}

fn rules(options: &GameOptions) -> Rules {
    let defaults = Rules::default();
    Rules {
        speed: match options.game_speed.unwrap_or_default() {
            GameSpeed::Slow => Speed::Slow,
            GameSpeed::Medium => Speed::Medium,
            GameSpeed::Fast => Speed::Fast,
        },
        score_to_win: options.score_to_win.unwrap_or(defaults.score_to_win),
        time_limit: options.time_limit,
        cool_mode: options.cool_mode.unwrap_or(false),
    }
}
