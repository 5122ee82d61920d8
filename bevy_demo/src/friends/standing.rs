//! What a friend does just now, in a word, a mark and a place in the list.

use bevy::prelude::*;
use rallypoint::protocol::social::Friend;

use crate::{status::AWAY, tokens::*};

/// Those whom one can play with come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Online,
    InMatch,
    Away,
    Offline,
}

impl Standing {
    pub fn of(friend: &Friend) -> Self {
        match friend.presence.as_ref() {
            None if friend.user.online => Self::Online,
            Some(presence) if presence.online => match presence.status.as_deref() {
                _ if presence.in_game => Self::InMatch,
                Some(AWAY) => Self::Away,
                _ => Self::Online,
            },
            _ => Self::Offline,
        }
    }

    /// Where in the list: who plays can be free in a moment.
    pub fn rank(self) -> u8 {
        match self {
            Self::Online | Self::InMatch => 0,
            Self::Away => 1,
            Self::Offline => 2,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Online => "Online",
            Self::InMatch => "In a match",
            Self::Away => AWAY,
            Self::Offline => "Offline",
        }
    }

    pub fn colour(self) -> Color {
        match self {
            Self::Online => GREEN,
            Self::InMatch => COOL,
            Self::Away => AMBER,
            Self::Offline => QUIET,
        }
    }
}

/// Whether a friend is there, as far as is known.
pub fn is_online(friend: &Friend) -> bool {
    Standing::of(friend) != Standing::Offline
}

/// What a friend does, and what it says of itself.
pub fn words(friend: &Friend) -> String {
    let standing = Standing::of(friend);
    let said = friend.presence.as_ref().and_then(|presence| presence.status.as_deref()).map(str::trim);
    match said.filter(|said| !said.is_empty() && *said != AWAY && standing != Standing::Offline) {
        Some(said) => format!("{} · {said}", standing.word()),
        None => standing.word().into(),
    }
}

#[cfg(test)]
mod tests {
    use rallypoint::protocol::{FriendshipId, Timestamp, User, UserId, presence::Presence, social::FriendshipStatus};

    use super::*;

    fn friend(online: bool, in_game: bool, status: Option<&str>) -> Friend {
        let user = User {
            id: UserId(7),
            username: "ace".into(),
            display_name: "Ace".into(),
            tag: "0001".into(),
            image_url: None,
            created_at: Timestamp(0),
            online: false,
        };
        let presence =
            Presence { user_id: UserId(7), username: "ace".into(), online, in_game, status: status.map(str::to_owned) };
        Friend {
            friendship_id: FriendshipId(1),
            status: FriendshipStatus::Accepted,
            incoming: true,
            since: Timestamp(0),
            user,
            presence: Some(presence),
        }
    }

    #[test]
    fn presence_is_told_in_words() {
        assert_eq!(words(&friend(false, false, Some("Up for a rally"))), "Offline");
        assert_eq!(words(&friend(true, false, Some("Up for a rally"))), "Online · Up for a rally");
        assert_eq!(words(&friend(true, true, Some(" "))), "In a match");
        assert_eq!(words(&friend(true, false, Some(AWAY))), "Away");
        assert_eq!(words(&friend(true, true, Some(AWAY))), "In a match");
    }

    #[test]
    fn only_the_exact_word_makes_a_friend_away() {
        for (status, standing) in [("Away", Standing::Away), ("away", Standing::Online), ("Away!", Standing::Online)] {
            assert_eq!(Standing::of(&friend(true, false, Some(status))), standing, "{status}");
        }
        assert_eq!(Standing::of(&friend(false, false, Some(AWAY))), Standing::Offline);
    }

    #[test]
    fn who_is_away_stands_between_those_who_are_there_and_those_who_are_not() {
        let ranks = [
            friend(true, true, None),
            friend(true, false, None),
            friend(true, false, Some(AWAY)),
            friend(false, false, None),
        ]
        .map(|friend| Standing::of(&friend).rank());
        assert_eq!(ranks, [0, 0, 1, 2]);
    }
}
