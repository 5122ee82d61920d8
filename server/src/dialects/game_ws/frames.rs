//! What a client says: one JSON object in a text frame.

use std::borrow::Cow;

use rallypoint_pong::rules::Input;
use rallypoint_protocol::{ApiError, ErrorCode};
use serde::Deserialize;

use crate::domain::Answer;

/// A frame that makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Ready,
    /// Held until the next one.
    Move(Input),
    /// Asks for the state as it is now.
    State,
    /// Gives up.
    Leave,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    movement: Option<Movement>,
}

#[derive(Deserialize)]
struct Movement {
    direction: Option<Direction>,
    y: Option<f32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    Up,
    Down,
    Stop,
}

impl Frame {
    /// # Errors
    /// `BAD_REQUEST`, with what is wrong in the message.
    pub(super) fn decode(text: &str) -> Answer<Self> {
        let raw: Raw<'_> =
            serde_json::from_str(text).map_err(|error| malformed(format!("Not understood: {error}.")))?;
        match raw.kind.as_ref() {
            "player_ready" => Ok(Frame::Ready),
            "player_move" => movement(raw.movement).map(Frame::Move),
            "game_state" => Ok(Frame::State),
            "player_leave" => Ok(Frame::Leave),
            _ => Err(malformed("The type is player_ready, player_move, game_state or player_leave.".to_owned())),
        }
    }
}

fn movement(movement: Option<Movement>) -> Answer<Input> {
    match movement {
        Some(Movement { direction: Some(direction), y: None }) => Ok(match direction {
            Direction::Up => Input::Up,
            Direction::Down => Input::Down,
            Direction::Stop => Input::Stop,
        }),
        Some(Movement { direction: None, y: Some(y) }) => Ok(Input::to(y)),
        _ => Err(malformed("A movement has a direction (up, down or stop), or a y from 0 to 1.".to_owned())),
    }
}

pub(super) fn malformed(message: String) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}
