//! Who the computer players are.

use std::time::Duration;

/// Who a bot is.
#[derive(Clone, Copy, Debug)]
pub struct Character {
    pub(super) name: &'static str,
    /// After how long it first invites the people it sees, if it does.
    pub(super) first_invite: Option<Duration>,
    /// Whether it invites again when nothing came of it.
    pub(super) keen: bool,
    /// Whether it takes invites.
    pub(super) accepts: bool,
    /// Whether it comes to play whoever waits for a quick match.
    pub(super) queues: bool,
    /// The map on which it challenges its friends; who has one asks people to be friends.
    pub(super) map: Option<&'static str>,
    /// What it says of itself.
    pub(super) status: &'static str,
    pub(super) skill: f32,
    pub(super) session: &'static str,
}

impl Character {
    /// Invites everybody, again and again; asks to be a friend, and challenges those who are.
    pub const ACE: Self = Self {
        name: "Ace",
        first_invite: Some(Duration::from_millis(1500)),
        keen: true,
        accepts: false,
        queues: false,
        map: Some("arena"),
        status: "Up for a rally",
        skill: 0.4,
        session: "Ace's court",
    };
    /// Takes every invite.
    pub const BEA: Self = Self {
        name: "Bea",
        first_invite: Some(Duration::from_millis(4000)),
        keen: false,
        accepts: true,
        queues: false,
        map: None,
        status: "Sunday player",
        skill: 0.45,
        session: "Sunday doubles",
    };
    /// Ignores invites.
    pub const CID: Self = Self {
        name: "Cid",
        first_invite: Some(Duration::from_millis(6000)),
        keen: false,
        accepts: false,
        queues: false,
        map: None,
        status: "Only watching",
        skill: 0.6,
        session: "Night rally",
    };
    /// Plays whoever waits in the queue, and takes a rematch.
    pub const DEE: Self = Self {
        name: "Dee",
        first_invite: None,
        keen: false,
        accepts: true,
        queues: true,
        map: None,
        status: "Up late",
        skill: 0.5,
        session: "Late show",
    };

    pub const ALL: [Self; 4] = [Self::ACE, Self::BEA, Self::CID, Self::DEE];
}
