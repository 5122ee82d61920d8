//! How good the way to the game server is made.

use std::time::Duration;

use clap::ValueEnum;

/// What the network is played on.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// As it is.
    #[default]
    Good,
    /// 150 ms there and back, 30 ms of jitter, 5 % lost.
    Bad,
    /// 300 ms there and back, 80 ms of jitter, 12 % lost.
    Awful,
}

/// What happens to a packet on its way in one direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// The shortest way.
    pub delay: Duration,
    /// Up to this is added.
    pub jitter: Duration,
    /// The part that never arrives, from 0 to 1.
    pub loss: f32,
    /// The part that is overtaken by those behind it, from 0 to 1.
    pub overtaken: f32,
}

impl Quality {
    /// `None` leaves packets alone.
    pub fn conditions(self) -> Option<Conditions> {
        let (delay, jitter, loss, overtaken) = match self {
            Quality::Good => return None,
            Quality::Bad => (60, 30, 0.05, 0.02),
            Quality::Awful => (110, 80, 0.12, 0.05),
        };
        Some(Conditions { delay: Duration::from_millis(delay), jitter: Duration::from_millis(jitter), loss, overtaken })
    }

    pub fn next(self) -> Self {
        match self {
            Quality::Good => Quality::Bad,
            Quality::Bad => Quality::Awful,
            Quality::Awful => Quality::Good,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Quality::Good => "good",
            Quality::Bad => "bad",
            Quality::Awful => "awful",
        }
    }

    /// For the badge; `None` needs none.
    pub fn badge(self) -> Option<&'static str> {
        match self {
            Quality::Good => None,
            Quality::Bad => Some("Bad network: 150 ms, 5 % lost"),
            Quality::Awful => Some("Awful network: 300 ms, 12 % lost"),
        }
    }
}
