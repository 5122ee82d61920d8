//! What one says of oneself, whom one looks for, and whom one wants nothing more to do with.

use bevy::{input::keyboard::Key, prelude::*};

use super::{Chapter, KEY, Next, SETTLE, Turn, quick::Quick};
use crate::script::walk::CLICK;

/// Has every letter that is a shortcut of the lobby's.
pub const STATUS: &str = "Quick and fair";
const STATUS_HINT: &str = "What are you up to?";
const SEARCH_HINT: &str = "Search by name";
/// How Bea is looked for.
pub const SEARCH: &str = "bea";
const MORE: &str = "…";

#[derive(Clone, Debug)]
pub enum People {
    FindStatus,
    TypeStatus,
    AwaitStatus,
    FindSearch,
    TypeSearch,
    SeeFound,
    AddBea,
    FindSearchAgain,
    ClearSearch,
    OpenMore,
    SeeMore,
    RemoveAce,
    OpenMoreOfBea,
    BlockBea,
    SeeBlocked,
}

impl People {
    pub fn next(&self, turn: &mut Turn) -> Next<Chapter> {
        let sight = turn.sight;
        let (step, pause) = match (self, sight.typed.as_deref()) {
            (Self::FindStatus, Some(_)) => (Self::TypeStatus, KEY),
            (Self::FindStatus, None) => {
                turn.click(STATUS_HINT, None);
                (Self::FindStatus, CLICK)
            }
            (Self::TypeStatus, _) if turn.write(STATUS) => {
                turn.press(KeyCode::Enter, Key::Enter);
                (Self::AwaitStatus, KEY)
            }
            (Self::TypeStatus, _) => (Self::TypeStatus, KEY),
            (Self::AwaitStatus, _) if sight.said.as_deref() == Some(STATUS) => {
                turn.say(format!("Friends read: {STATUS}"));
                turn.picture("status");
                (Self::FindSearch, KEY)
            }
            (Self::FindSearch, Some(_)) => (Self::TypeSearch, KEY),
            (Self::FindSearch, None) => {
                turn.click(SEARCH_HINT, None);
                (Self::FindSearch, CLICK)
            }
            (Self::TypeSearch, _) if turn.write(SEARCH) => (Self::SeeFound, SETTLE),
            (Self::TypeSearch, _) => (Self::TypeSearch, KEY),
            (Self::SeeFound, _) if sight.reads("Add friend") && sight.names("Bea") && !sight.names("Dee") => {
                turn.say("Bea is found by the first letters: ask to be a friend");
                turn.picture("search");
                (Self::AddBea, KEY)
            }
            (Self::AddBea, _) if sight.is_friend("Bea") => {
                turn.say("Bea has accepted");
                (Self::FindSearchAgain, KEY)
            }
            (Self::AddBea, _) => {
                turn.click("Add friend", Some("Bea"));
                (Self::AddBea, CLICK)
            }
            (Self::FindSearchAgain, Some(_)) => (Self::ClearSearch, KEY),
            (Self::FindSearchAgain, None) => {
                turn.click(SEARCH, None);
                (Self::FindSearchAgain, CLICK)
            }
            (Self::ClearSearch, Some("") | None) => {
                turn.press(KeyCode::Escape, Key::Escape);
                (Self::OpenMore, SETTLE)
            }
            (Self::ClearSearch, Some(_)) => {
                turn.press(KeyCode::Backspace, Key::Backspace);
                (Self::ClearSearch, KEY)
            }
            (Self::OpenMore, _) if sight.reads("Remove friend") => (Self::SeeMore, SETTLE),
            (Self::OpenMore, _) => {
                turn.click(MORE, Some("Ace"));
                (Self::OpenMore, CLICK)
            }
            (Self::SeeMore, _) => {
                turn.picture("more");
                (Self::RemoveAce, KEY)
            }
            (Self::RemoveAce, _) if !sight.is_friend("Ace") => {
                turn.say("Ace is no friend any more");
                (Self::OpenMoreOfBea, SETTLE)
            }
            (Self::RemoveAce, _) => {
                turn.click("Remove friend", Some("Ace"));
                (Self::RemoveAce, CLICK)
            }
            (Self::OpenMoreOfBea, _) if sight.reads("Block") => (Self::BlockBea, SETTLE),
            (Self::OpenMoreOfBea, _) => {
                turn.click(MORE, Some("Bea"));
                (Self::OpenMoreOfBea, CLICK)
            }
            (Self::BlockBea, _) if !sight.is_friend("Bea") && !sight.names("Bea") => {
                turn.say("Bea is blocked, and gone from the list");
                (Self::SeeBlocked, SETTLE)
            }
            (Self::BlockBea, _) if sight.reads("Block") => {
                turn.click("Block", Some("Bea"));
                (Self::BlockBea, CLICK)
            }
            (Self::SeeBlocked, _) => {
                turn.picture("blocked");
                return Some((Chapter::Quick(Quick::Join), SETTLE));
            }
            _ => return None,
        };
        Some((Chapter::People(step), pause))
    }

    pub fn aim(&self) -> &'static str {
        match self {
            Self::FindStatus | Self::TypeStatus | Self::AwaitStatus => "say what it is up to",
            Self::FindSearch | Self::TypeSearch | Self::SeeFound => "find Bea",
            Self::AddBea | Self::FindSearchAgain | Self::ClearSearch => "become friends with Bea",
            Self::OpenMore | Self::SeeMore | Self::RemoveAce => "remove Ace",
            Self::OpenMoreOfBea | Self::BlockBea | Self::SeeBlocked => "block Bea",
        }
    }
}
