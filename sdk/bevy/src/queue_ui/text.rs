//! Words and names.

use bevy::prelude::*;
use rallypoint::{
    InviteEntry, RemovalReason,
    protocol::invite::{InviteKind, InviteStatus},
};

/// One or two letters that stand for a name (`Zoe Quill#0412` → `ZQ`).
pub fn initials(name: &str) -> String {
    let name = name.split('#').next().unwrap_or(name);
    let letters: String =
        name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next()).take(2).collect();
    if letters.is_empty() { "?".into() } else { letters.to_uppercase() }
}

/// A colour made from a name: the same for everybody who sees it, dark enough for white initials.
pub fn avatar_colour(name: &str) -> Color {
    let name = name.split('#').next().unwrap_or(name);
    // FNV-1a, so that it is the same on every machine and in every version.
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let hue = (hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let hue = hue % 24 * 15;
    Color::oklch(0.50, 0.11, hue as f32)
}

/// Cuts a name so that it takes at most `ems` times its font size, with an ellipsis where something is missing.
/// A `#tag` at the end survives.
pub fn shorten(name: &str, ems: f32) -> String {
    let width = |text: &str| text.chars().map(em).sum::<f32>();
    if width(name) <= ems {
        return name.to_owned();
    }
    let (name, tag) = match name.rfind('#') {
        Some(at) if name.len() - at <= 6 => name.split_at(at),
        _ => (name, ""),
    };
    let room = ems - width(tag) - 0.8;
    let mut used = 0.0;
    let kept: String = name
        .chars()
        .take_while(|&c| {
            used += em(c);
            used <= room
        })
        .collect();
    format!("{}…{tag}", kept.trim_end())
}

/// Roughly how wide a character is in a proportional sans, in ems, rather more than less.
fn em(character: char) -> f32 {
    match character {
        'i' | 'j' | 'l' | '.' | ',' | '\'' | '|' | '!' | ':' | ';' | ' ' | 'I' | 't' | 'f' | 'r' => 0.34,
        'm' | 'w' | 'M' | 'W' | '@' | '…' => 0.92,
        'A'..='Z' | '#' => 0.7,
        c if (c as u32) < 0x1100 => 0.57,
        _ => 1.05,
    }
}

/// The sender's name without its tag.
pub(crate) fn sender(entry: &InviteEntry) -> String {
    let name = &entry.invite.sender_name;
    shorten(name.split('#').next().unwrap_or(name), 10.0)
}

/// What the invite is about.
pub(crate) fn about(entry: &InviteEntry) -> String {
    let invite = &entry.invite;
    match invite.kind {
        InviteKind::Map => match invite.map.as_deref() {
            Some(map) => format!("a challenge on {}", shorten(&titled(map), 12.0)),
            None => "a challenge".into(),
        },
        InviteKind::Activity => shorten(invite.message.as_deref().unwrap_or("invites you along"), 40.0),
        _ => match invite.session_name.as_deref() {
            Some(name) => format!("invites you to {}", shorten(name, 18.0)),
            None => "invites you to a match".into(),
        },
    }
}

/// A map's name as a title.
fn titled(map: &str) -> String {
    let mut letters = map.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Why an invite has gone, and whether that is good news.
pub(crate) fn farewell(entry: &InviteEntry, reason: &RemovalReason) -> (String, bool) {
    let sender = sender(entry);
    match reason {
        RemovalReason::Accepted => (format!("Accepted. Joining {sender}"), true),
        RemovalReason::Declined => (format!("Declined. {sender} has been told"), false),
        // Also when the friendship has ended, whoever ended it.
        RemovalReason::Cancelled if entry.invite.kind == InviteKind::Map => {
            (format!("{sender}'s challenge is off"), false)
        }
        RemovalReason::Cancelled => (format!("{sender} took the invite back"), false),
        RemovalReason::Expired => (format!("Too late: {sender}'s invite has expired"), false),
        RemovalReason::SessionClosed => (format!("{sender}'s session has closed"), false),
        RemovalReason::AnsweredElsewhere(InviteStatus::Accepted) => ("Accepted on your other device".into(), true),
        // By another device, or because one has blocked the sender.
        RemovalReason::AnsweredElsewhere(InviteStatus::Declined) => (format!("{sender}'s invite is declined"), false),
        RemovalReason::AnsweredElsewhere(_) => ("Settled on your other device".into(), false),
        RemovalReason::NoLongerPending => (format!("{sender}'s invite is over"), false),
        RemovalReason::SignedOut => ("You have signed out".into(), false),
        _ => ("This invite is gone".into(), false),
    }
}

/// `1:58`, or `58 s` in the last minute.
pub(crate) fn countdown(seconds: u64) -> String {
    if seconds >= 60 { format!("{}:{:02}", seconds / 60, seconds % 60) } else { format!("{seconds} s") }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rallypoint::{
        InviteState,
        protocol::{InviteId, Timestamp, UserId, invite::InviteReceived},
    };

    use super::*;

    #[test]
    fn names_become_initials() {
        assert_eq!(initials("Ace#0412"), "A");
        assert_eq!(initials("zoe quill of nowhere#1"), "ZQ");
        assert_eq!(initials("#0001"), "?");
        assert_eq!(initials("élan"), "É");
    }

    #[test]
    fn long_names_keep_their_tag() {
        let short = shorten("Bartholomew the Unreasonably Long-Named#0412", 14.0);
        assert!(short.ends_with("…#0412"), "{short}");
        assert!(short.starts_with("Barth"), "{short}");
        assert_eq!(shorten("Ace#0412", 14.0), "Ace#0412");
        assert!(shorten(&"漢".repeat(64), 10.0).chars().count() <= 10);
    }

    #[test]
    fn colours_are_the_same_for_the_same_name() {
        assert_eq!(avatar_colour("Ace#0412"), avatar_colour("Ace#0007"));
        assert_ne!(avatar_colour("Ace#0412"), avatar_colour("Bea#0412"));
    }

    #[test]
    fn countdowns_read_like_a_clock() {
        assert_eq!(
            [countdown(120), countdown(61), countdown(60), countdown(59), countdown(0)],
            ["2:00", "1:01", "1:00", "59 s", "0 s"]
        );
    }

    #[test]
    fn nobody_is_said_to_have_done_what_may_have_happened_otherwise() {
        let mut entry = InviteEntry {
            invite: InviteReceived {
                invite_id: InviteId(1),
                kind: InviteKind::Map,
                sender_id: UserId(7),
                sender_name: "Ace#0001".into(),
                session_code: None,
                session_name: None,
                server_ip: None,
                server_port: None,
                map: Some("arena".into()),
                friendship_id: None,
                options: None,
                activity_id: None,
                message: None,
                created_at: Timestamp(0),
                expires_at: Timestamp(0),
                expires_in: 300,
            },
            expires_at: Instant::now(),
            state: InviteState::Ringing,
            seen: false,
        };
        let blocked = RemovalReason::AnsweredElsewhere(InviteStatus::Declined);
        assert_eq!(farewell(&entry, &blocked).0, "Ace's invite is declined");
        assert_eq!(farewell(&entry, &RemovalReason::Cancelled).0, "Ace's challenge is off");
        entry.invite.kind = InviteKind::Session;
        assert_eq!(farewell(&entry, &RemovalReason::Cancelled).0, "Ace took the invite back");
    }
}
