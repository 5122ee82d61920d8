//! In, a first friend, and the invites that wait.

use std::time::Duration;

use bevy::{input::keyboard::Key, prelude::*};

use super::{Chapter, KEY, Next, SETTLE, Turn, first_match::FirstMatch};
use crate::Screen;

pub const NAME: &str = "Zoe";

#[derive(Clone, Debug)]
pub enum Arrive {
    Begin,
    TypeName,
    EnterLobby,
    SeeLobby,
    AcceptFriend,
    AwaitFriend,
    SeeFriends,
    AwaitInvites,
    SeeQueue,
    FindAce,
}

impl Arrive {
    pub fn next(&self, turn: &mut Turn) -> Next<Chapter> {
        let sight = turn.sight;
        let (step, pause) = match self {
            // The first frames still compile shaders.
            Self::Begin if sight.screen == Screen::SignIn && !sight.signing_in && turn.frames > 5 => {
                turn.say(format!("Sign-in screen; server {}", sight.server));
                (Self::TypeName, SETTLE)
            }
            // Signed in by the name on the command line.
            Self::Begin if sight.screen == Screen::Lobby => (Self::EnterLobby, Duration::ZERO),
            Self::TypeName if turn.write(NAME) => {
                turn.picture("sign-in");
                turn.press(KeyCode::Enter, Key::Enter);
                (Self::EnterLobby, KEY)
            }
            Self::TypeName => (Self::TypeName, KEY),
            Self::EnterLobby if sight.screen == Screen::Lobby => {
                turn.say(format!("In the lobby as {}: first frame of the lobby", sight.me));
                (Self::SeeLobby, KEY)
            }
            Self::SeeLobby if sight.people_seen >= 3 => {
                turn.say(format!("{} people are online", sight.people_seen));
                turn.picture("lobby");
                (Self::AcceptFriend, SETTLE)
            }
            Self::AcceptFriend if sight.requests > 0 => {
                turn.say("Somebody asks to be a friend: accept");
                turn.letter('f');
                (Self::AwaitFriend, KEY)
            }
            Self::AwaitFriend if !sight.friends_online.is_empty() => {
                turn.say("A friend is online");
                (Self::SeeFriends, SETTLE)
            }
            Self::SeeFriends => {
                turn.picture("friends");
                (Self::AwaitInvites, KEY)
            }
            Self::AwaitInvites if sight.invites >= 3 => {
                turn.say(format!("{} invites in the queue", sight.invites));
                (Self::SeeQueue, SETTLE)
            }
            Self::SeeQueue => {
                turn.picture("queue");
                (Self::FindAce, KEY)
            }
            Self::FindAce if sight.front_sender.as_deref() == Some("Ace") => {
                turn.say("Ace's invite is in front: accept");
                turn.letter('a');
                return Some((Chapter::FirstMatch(FirstMatch::Enter), KEY));
            }
            Self::FindAce => {
                turn.press(KeyCode::Tab, Key::Tab);
                (Self::FindAce, SETTLE)
            }
            _ => return None,
        };
        Some((Chapter::Arrive(step), pause))
    }

    pub fn aim(&self) -> &'static str {
        match self {
            Self::Begin | Self::TypeName => "sign in",
            Self::EnterLobby | Self::SeeLobby => "reach the lobby",
            Self::AcceptFriend | Self::AwaitFriend | Self::SeeFriends => "become friends with Ace",
            Self::AwaitInvites | Self::SeeQueue => "see three invites",
            Self::FindAce => "accept Ace's invite",
        }
    }
}
