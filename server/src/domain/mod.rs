//! What Rallypoint is about. Services know users, sessions and invites, and nothing of HTTP, sockets or SQL
//! text; they publish what happened as an [`Event`](crate::hub::Event) through the hub.

pub mod auth;
pub mod friends;
pub mod games;
pub mod housekeeping;
pub mod invites;
pub mod matchmaking;
pub mod presence;
pub mod rates;
pub mod servers;
pub mod sessions;
pub mod users;

use std::{
    ops::RangeInclusive,
    time::{SystemTime, UNIX_EPOCH},
};

use rallypoint_protocol::{ApiError, Timestamp};

/// What a service answers. The error is one of the catalogue; each dialect puts it into its own form.
pub type Answer<T> = Result<T, ApiError>;

/// The server's clock.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// Whether a name can be shown on one line as it is written: no line breaks, nothing invisible that passes one name
/// off as another, nothing that turns the direction of the text around it. Joiners stay, for emoji and Persian.
pub fn is_one_line(text: &str) -> bool {
    const INVISIBLE: [RangeInclusive<char>; 11] = [
        '\u{AD}'..='\u{AD}',
        '\u{61C}'..='\u{61C}',
        '\u{180E}'..='\u{180E}',
        '\u{200B}'..='\u{200B}',
        '\u{200E}'..='\u{200F}',
        '\u{2028}'..='\u{202E}',
        '\u{2060}'..='\u{206F}',
        '\u{3164}'..='\u{3164}',
        '\u{FEFF}'..='\u{FEFF}',
        '\u{FFF9}'..='\u{FFFB}',
        '\u{E0000}'..='\u{E007F}',
    ];
    let hidden = |character| INVISIBLE.iter().any(|range| range.contains(&character));
    !text.chars().any(|character| character.is_control() || hidden(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hide_something_are_no_names() {
        assert!(["Zoë", "مریم", "👩‍🚀 Ace", "a b"].iter().all(|name| is_one_line(name)));
        assert!(["a\nb", "a\u{202E}b", "Ace\u{200B}", "\u{3164}", "\u{2066}x"].iter().all(|name| !is_one_line(name)));
    }
}
