//! A friend who is away comes to play from elsewhere: befriended, challenged by it, played, and challenged in turn.

use std::time::Duration;

use bevy::{input::keyboard::Key, prelude::*};

use super::walk::{CLICK, KEY, NEVER, Next, SERVE, SETTLE, Step, Turn, Walk};
use crate::{Screen, status::AWAY, words::capitalised};

pub type Visit = Walk<Call>;

/// The maps to challenge on: the first that the friend has not chosen.
const MAPS: [&str; 2] = ["retro", "arena"];

/// Which of the two matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// The friend's challenge, on the map that was not chosen for the second.
    Theirs {
        then: &'static str,
    },
    Mine,
}

impl Round {
    fn what(self) -> &'static str {
        match self {
            Self::Theirs { .. } => "The friend's match",
            Self::Mine => "The match of our own challenge",
        }
    }

    fn pictures(self) -> (&'static str, &'static str) {
        match self {
            Self::Theirs { .. } => ("friend-match", "friend-result"),
            Self::Mine => ("own-match", "own-result"),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Call {
    #[default]
    EnterLobby,
    AwaitRequest,
    AwaitFriend,
    SeeFriend,
    AwaitChallenge,
    SeeChallenge {
        then: &'static str,
    },
    EnterMatch(Round),
    GetReady(Round),
    SeeRally(Round),
    PlayOn(Round),
    SeeResult(Round),
    Return {
        then: &'static str,
    },
    OpenMaps {
        map: &'static str,
    },
    SeeMaps {
        map: &'static str,
    },
    PickMap {
        map: &'static str,
    },
    Finish,
}

impl Step for Call {
    const LIMIT: Duration = Duration::from_secs(280);

    fn next(&self, turn: &mut Turn) -> Next<Self> {
        let sight = turn.sight;
        Some(match *self {
            Self::EnterLobby if sight.screen == Screen::Lobby => {
                turn.say(format!("In the lobby as {}", sight.me));
                (Self::AwaitRequest, SETTLE)
            }
            Self::AwaitRequest if sight.requests > 0 => {
                turn.say("Somebody asks to be a friend: accept");
                turn.letter('f');
                (Self::AwaitFriend, KEY)
            }
            Self::AwaitFriend if !sight.friends_online.is_empty() => (Self::SeeFriend, SETTLE),
            Self::SeeFriend if sight.reads(AWAY) => {
                turn.say(format!("{} is a friend, and away", sight.friends_online.join(", ")));
                turn.picture("friend");
                (Self::AwaitChallenge, KEY)
            }
            Self::AwaitChallenge => {
                let map = sight.challenge.as_deref()?;
                turn.say(format!("A challenge on {map}"));
                let then = MAPS.into_iter().find(|other| *other != map)?;
                (Self::SeeChallenge { then }, SETTLE)
            }
            Self::SeeChallenge { then } => {
                turn.picture("ringing");
                turn.letter('a');
                (Self::EnterMatch(Round::Theirs { then }), KEY)
            }
            Self::EnterMatch(round) if sight.screen == Screen::Match => {
                turn.say("Connected to the game over renet");
                (Self::GetReady(round), SETTLE)
            }
            Self::GetReady(round) if sight.must_get_ready => {
                turn.press(KeyCode::Space, Key::Space);
                (Self::GetReady(round), SETTLE)
            }
            Self::GetReady(round) if sight.playing => {
                turn.say("The match begins");
                (Self::SeeRally(round), SERVE)
            }
            Self::SeeRally(round) if sight.rally() => {
                turn.picture(round.pictures().0);
                (Self::PlayOn(round), KEY)
            }
            Self::SeeRally(round) | Self::PlayOn(round) if sight.screen == Screen::Result => match sight.result {
                Some(result) => {
                    turn.tell_result(round.what(), result);
                    (Self::SeeResult(round), SETTLE)
                }
                // There is no way on: the time limit ends it.
                None => (*self, NEVER),
            },
            Self::SeeResult(round) => {
                turn.picture(round.pictures().1);
                match round {
                    Round::Theirs { then } => (Self::Return { then }, SETTLE),
                    Round::Mine => (Self::Finish, KEY),
                }
            }
            Self::Return { then } if sight.screen == Screen::Lobby => {
                turn.say("Back in the lobby");
                (Self::OpenMaps { map: then }, SETTLE)
            }
            Self::Return { then } => {
                turn.press(KeyCode::Enter, Key::Enter);
                (Self::Return { then }, SETTLE)
            }
            Self::OpenMaps { map } if sight.reads(&capitalised(map)) => (Self::SeeMaps { map }, SETTLE),
            Self::OpenMaps { map } => {
                turn.click("Challenge", sight.friends_online.first().map(String::as_str));
                (Self::OpenMaps { map }, CLICK)
            }
            Self::SeeMaps { map } => {
                turn.picture("maps");
                (Self::PickMap { map }, KEY)
            }
            Self::PickMap { .. } if matches!(sight.screen, Screen::Connecting | Screen::Match) => {
                turn.say("The friend takes it on");
                (Self::EnterMatch(Round::Mine), KEY)
            }
            Self::PickMap { map } if sight.reads(&capitalised(map)) => {
                turn.say(format!("Challenge the friend on {map}"));
                turn.click(capitalised(map), None);
                (Self::PickMap { map }, CLICK)
            }
            Self::Finish => {
                turn.done();
                (Self::Finish, NEVER)
            }
            _ => return None,
        })
    }

    fn aim(&self) -> &'static str {
        match self {
            Self::EnterLobby => "reach the lobby",
            Self::AwaitRequest | Self::AwaitFriend => "become somebody's friend",
            Self::SeeFriend => "see that the friend is away",
            Self::AwaitChallenge | Self::SeeChallenge { .. } => "be challenged by the friend",
            Self::EnterMatch(Round::Mine) => "get into the match of its own challenge",
            Self::EnterMatch(_) => "get into the friend's match",
            Self::GetReady(_) | Self::SeeRally(_) | Self::PlayOn(_) => "play the match to its end",
            Self::SeeResult(_) => "see the result",
            Self::Return { .. } => "return to the lobby",
            Self::OpenMaps { .. } | Self::SeeMaps { .. } | Self::PickMap { .. } => "challenge the friend",
            Self::Finish => "finish",
        }
    }
}

#[cfg(test)]
mod tests;
