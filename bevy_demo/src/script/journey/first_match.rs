//! The match that Ace invites to, with a cut in the network, and back to the lobby.

use std::time::Duration;

use bevy::{input::keyboard::Key, prelude::*};

use super::{Chapter, KEY, NEVER, Next, SERVE, SETTLE, Turn, challenge::Challenge};
use crate::Screen;

/// How long the network is cut at the beginning of the match, when little can be lost by it.
const OUTAGE: Duration = Duration::from_millis(1500);

#[derive(Clone, Debug)]
pub enum FirstMatch {
    Enter,
    GetReady,
    AwaitStart,
    OpenPanel,
    CutTheCable,
    SeeTheVeil,
    Restore,
    Reconnect,
    SeeRally,
    PlayOn,
    SeeResult,
    Return,
    BackInTheLobby,
}

impl FirstMatch {
    pub fn next(&self, turn: &mut Turn) -> Next<Chapter> {
        let sight = turn.sight;
        let (step, pause) = match self {
            Self::Enter if sight.screen == Screen::Match => {
                turn.say("Connected to the game over renet");
                (Self::GetReady, SETTLE)
            }
            Self::GetReady | Self::AwaitStart if sight.playing => {
                turn.say("The match begins");
                (Self::OpenPanel, SETTLE)
            }
            Self::GetReady if sight.must_get_ready => {
                turn.say("Ready");
                turn.picture("ready");
                turn.press(KeyCode::Space, Key::Space);
                (Self::AwaitStart, KEY)
            }
            Self::OpenPanel if sight.playing => {
                turn.press(KeyCode::F3, Key::F3);
                (Self::CutTheCable, SETTLE)
            }
            Self::CutTheCable if sight.playing => {
                turn.say("Cut the network");
                turn.press(KeyCode::F4, Key::F4);
                (Self::SeeTheVeil, OUTAGE)
            }
            Self::SeeTheVeil if sight.reconnecting => {
                turn.picture("reconnecting");
                (Self::Restore, KEY)
            }
            Self::Restore => {
                turn.say("Restore the network");
                turn.press(KeyCode::F4, Key::F4);
                (Self::Reconnect, KEY)
            }
            Self::Reconnect if sight.playing => {
                turn.say("Back in the match, with a fresh token");
                turn.press(KeyCode::F3, Key::F3);
                (Self::SeeRally, SERVE)
            }
            Self::SeeRally if sight.rally() => {
                turn.picture("match");
                (Self::PlayOn, KEY)
            }
            Self::SeeRally | Self::PlayOn if sight.screen == Screen::Result => match sight.result {
                Some(result) => {
                    turn.tell_result("The match over renet", result);
                    (Self::SeeResult, SETTLE)
                }
                // There is no way on: the time limit ends it.
                None => (self.clone(), NEVER),
            },
            Self::SeeResult => {
                turn.picture("result");
                (Self::Return, SETTLE)
            }
            Self::Return => {
                turn.press(KeyCode::Enter, Key::Enter);
                (Self::BackInTheLobby, KEY)
            }
            Self::BackInTheLobby if sight.screen == Screen::Lobby => {
                turn.say("Back in the lobby");
                return Some((Chapter::Challenge(Challenge::Await), SETTLE));
            }
            _ => return None,
        };
        Some((Chapter::FirstMatch(step), pause))
    }

    pub fn aim(&self) -> &'static str {
        match self {
            Self::Enter => "accept Ace's invite",
            Self::GetReady | Self::AwaitStart => "get into the game",
            Self::SeeTheVeil | Self::Restore | Self::Reconnect => "come back after a lost connection",
            Self::OpenPanel | Self::CutTheCable | Self::SeeRally | Self::PlayOn => "play the match to its end",
            Self::SeeResult => "see the result",
            Self::Return | Self::BackInTheLobby => "return to the lobby",
        }
    }
}
