//! A match with whoever waits, what it does to the rating, and a rematch.

use std::time::Duration;

use bevy::{input::keyboard::Key, prelude::*};

use super::{Chapter, KEY, NEVER, Next, SERVE, SETTLE, Turn};
use crate::Screen;

/// Until the queue is looked at: long enough for its bar to widen.
const QUEUE_LOOK: Duration = Duration::from_millis(1100);
/// Until a rating has come to rest.
const COUNTING: Duration = Duration::from_millis(1900);

#[derive(Clone, Debug)]
pub enum Quick {
    Join,
    SeeTheQueue,
    LookAtTheQueue,
    AwaitMatch,
    GetReady,
    SeeStrip,
    PlayForRating,
    AwaitRating,
    SeeRating,
    AskForRematch,
    AwaitRematch,
    Finish,
}

impl Quick {
    pub fn next(&self, turn: &mut Turn) -> Next<Chapter> {
        let sight = turn.sight;
        let (step, pause) = match self {
            Self::Join => {
                turn.say("Quick match");
                turn.letter('q');
                (Self::SeeTheQueue, KEY)
            }
            Self::SeeTheQueue if sight.queued => {
                turn.say("A place in the queue");
                (Self::LookAtTheQueue, QUEUE_LOOK)
            }
            Self::LookAtTheQueue if sight.queued => {
                turn.picture("quick-match");
                (Self::AwaitMatch, KEY)
            }
            Self::SeeTheQueue | Self::LookAtTheQueue | Self::AwaitMatch if sight.screen == Screen::Match => {
                turn.say("A match was found, and its court entered over renet");
                (Self::GetReady, SETTLE)
            }
            Self::GetReady if sight.must_get_ready => {
                turn.press(KeyCode::Space, Key::Space);
                (Self::GetReady, SETTLE)
            }
            Self::GetReady if sight.playing => (Self::SeeStrip, SERVE),
            Self::SeeStrip if sight.playing => {
                turn.strip("rally");
                (Self::PlayForRating, KEY)
            }
            Self::SeeStrip | Self::PlayForRating if sight.screen == Screen::Result => match sight.result {
                Some(result) => {
                    turn.tell_result("The quick match", result);
                    (Self::AwaitRating, KEY)
                }
                None => (self.clone(), NEVER),
            },
            Self::AwaitRating => {
                let (before, after) = sight.rating?;
                turn.say(format!("The rating went from {before} to {after}"));
                (Self::SeeRating, COUNTING)
            }
            Self::SeeRating => {
                turn.picture("rating");
                (Self::AskForRematch, KEY)
            }
            Self::AskForRematch => {
                turn.say("Ask for a rematch");
                turn.letter('r');
                (Self::AwaitRematch, KEY)
            }
            Self::AwaitRematch if sight.screen == Screen::Match && sight.must_get_ready => {
                turn.say("The rematch was accepted: both are on the court");
                turn.done();
                (Self::Finish, NEVER)
            }
            _ => return None,
        };
        Some((Chapter::Quick(step), pause))
    }

    pub fn aim(&self) -> &'static str {
        match self {
            Self::Join | Self::SeeTheQueue | Self::LookAtTheQueue | Self::AwaitMatch => "be matched with whoever waits",
            Self::GetReady | Self::SeeStrip | Self::PlayForRating => "play the quick match to its end",
            Self::AwaitRating | Self::SeeRating => "see the rating change",
            Self::AskForRematch | Self::AwaitRematch | Self::Finish => "get a rematch",
        }
    }
}
