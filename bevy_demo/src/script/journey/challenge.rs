//! Ace's challenge on a map: taken up, and left again.

use bevy::{input::keyboard::Key, prelude::*};

use super::{Chapter, KEY, Next, SETTLE, Turn, people::People};
use crate::Screen;

/// Where Ace challenges its friends.
const MAP: &str = "arena";

#[derive(Clone, Debug)]
pub enum Challenge {
    Await,
    See,
    Accept,
    Enter,
    AskToLeave,
    Leave,
}

impl Challenge {
    pub fn next(&self, turn: &mut Turn) -> Next<Chapter> {
        let sight = turn.sight;
        let (step, pause) = match (self, &sight.challenge) {
            (Self::Await, Some(map)) if map == MAP => {
                turn.say(format!("A challenge on {map}"));
                (Self::See, SETTLE)
            }
            (Self::See, Some(_)) => {
                turn.picture("challenge");
                (Self::Accept, KEY)
            }
            (Self::Accept, Some(_)) => {
                turn.letter('a');
                (Self::Enter, KEY)
            }
            // It is no longer in front: what `A` would accept is something else.
            (Self::See | Self::Accept, None) => (Self::Await, KEY),
            (Self::Enter, _) if sight.screen == Screen::Match && sight.must_get_ready && sight.court == MAP => {
                turn.say(format!("The challenge was accepted: both are on the court of the {MAP}. Leave it"));
                turn.press(KeyCode::Escape, Key::Escape);
                (Self::AskToLeave, SETTLE)
            }
            (Self::AskToLeave, _) => {
                turn.press(KeyCode::Enter, Key::Enter);
                (Self::Leave, KEY)
            }
            (Self::Leave, _) if sight.screen == Screen::Lobby => {
                return Some((Chapter::People(People::FindStatus), SETTLE));
            }
            _ => return None,
        };
        Some((Chapter::Challenge(step), pause))
    }

    pub fn aim(&self) -> &'static str {
        match self {
            Self::Await | Self::See | Self::Accept => "take up Ace's challenge",
            Self::Enter => "stand on the court of Ace's challenge",
            Self::AskToLeave | Self::Leave => "leave the arena",
        }
    }
}
