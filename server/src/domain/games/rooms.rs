//! What services and the game server have to agree on.

use rallypoint_pong::rules::{Rules, Speed};
use rallypoint_protocol::{
    ApiError, ErrorCode, GameId,
    session::{GameAccess, GameOptions, GameSpeed},
};

use crate::game::{GameError, Ticket};

/// The game's own rules, from what players wished for.
pub fn rules(options: &GameOptions) -> Rules {
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

/// The way into a game, as a client is told.
pub fn access(game_id: GameId, ticket: Ticket) -> GameAccess {
    GameAccess {
        game_id,
        server_ip: ticket.addr.ip().to_string(),
        server_port: ticket.addr.port(),
        connect_token: ticket.token_base64,
    }
}

pub fn refused(error: &GameError) -> ApiError {
    ApiError::new(ErrorCode::GameError, format!("The game could not be entered: {error}. Try again."))
}
