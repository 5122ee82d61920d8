//! Ids. Integers stay below 2^53, so that every JSON reader holds them exactly.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

/// First integer that a JSON number held as a double can't tell from its neighbour.
const LIMIT: i64 = 1 << 53;

macro_rules! integer_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                in_range(i64::deserialize(deserializer)?).map($name)
            }
        }
    )*};
}

fn in_range<E: serde::de::Error>(value: i64) -> Result<i64, E> {
    if (1..LIMIT).contains(&value) { Ok(value) } else { Err(E::custom("an id is a whole number from 1 to 2^53 - 1")) }
}

integer_ids! {
    /// A user.
    UserId;
    /// An invite of any kind.
    InviteId;
    /// A chat message.
    MessageId;
    /// A place in the matchmaking queue.
    TicketId;
}

/// A friendship. On the wire a decimal string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FriendshipId(pub i64);

impl Serialize for FriendshipId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FriendshipId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        in_range(text.parse().map_err(D::Error::custom)?).map(FriendshipId)
    }
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    )*};
}

uuid_ids! {
    /// A game: one room being simulated, from its first player to its result.
    GameId;
    /// A conversation.
    ChatId;
    /// A notification.
    NotificationId;
}

/// The six characters by which a session is joined, such as `K7QX2M`.
///
/// The alphabet leaves out what is misread aloud (`0`/`O`, `1`/`I`). Input may be lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionCode([u8; SessionCode::LEN]);

/// A text that is no [`SessionCode`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session code is 6 characters out of {}", SessionCode::ALPHABET)]
pub struct InvalidSessionCode;

impl SessionCode {
    pub const LEN: usize = 6;
    pub const ALPHABET: &str = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    /// Spells 30 random bits as a code; the upper two bits are not used.
    pub fn from_bits(mut bits: u32) -> Self {
        let mut code = [0; Self::LEN];
        for character in &mut code {
            *character = Self::ALPHABET.as_bytes()[(bits & 31) as usize];
            bits >>= 5;
        }
        Self(code)
    }

    pub fn as_str(&self) -> &str {
        // Only `from_bits` and `from_str` make codes, both out of ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for SessionCode {
    type Err = InvalidSessionCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code: [u8; Self::LEN] =
            text.to_ascii_uppercase().into_bytes().try_into().map_err(|_| InvalidSessionCode)?;
        let known = code.iter().all(|character| Self::ALPHABET.as_bytes().contains(character));
        if known { Ok(Self(code)) } else { Err(InvalidSessionCode) }
    }
}

impl fmt::Display for SessionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SessionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for SessionCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SessionCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_ids_stay_within_what_a_double_holds() {
        assert_eq!(serde_json::from_str::<UserId>("7").unwrap(), UserId(7));
        for bad in ["0", "-1", "9007199254740992", "1.5", "\"7\"", "null", "true"] {
            assert!(serde_json::from_str::<UserId>(bad).is_err(), "{bad} is no id");
        }
    }

    #[test]
    fn friendship_ids_are_decimal_strings() {
        assert_eq!(serde_json::to_string(&FriendshipId(12)).unwrap(), "\"12\"");
        assert_eq!(serde_json::from_str::<FriendshipId>("\"12\"").unwrap(), FriendshipId(12));
        assert!(serde_json::from_str::<FriendshipId>("12").is_err());
    }

    #[test]
    fn session_codes_survive_a_round_trip_and_lower_case() {
        let code = SessionCode::from_bits(0x2BCD_1234);
        assert_eq!(code.as_str().to_lowercase().parse(), Ok(code));
        for bad in ["", "K7QX2", "K7QX2MM", "K7QX20", "K7QXIM", "ÄÖÜ"] {
            assert_eq!(bad.parse::<SessionCode>(), Err(InvalidSessionCode), "{bad}");
        }
    }
}
