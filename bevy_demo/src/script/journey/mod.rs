//! The whole journey: from the sign-in to a rematch, with the bots that the game brings along.

mod arrive;
mod challenge;
mod first_match;
mod people;
mod quick;

use std::time::Duration;

use super::walk::{KEY, NEVER, Next, SERVE, SETTLE, Step, Turn, Walk};

pub type Journey = Walk<Chapter>;

/// The journey's chapters, in their order.
#[derive(Clone, Debug)]
pub enum Chapter {
    Arrive(arrive::Arrive),
    FirstMatch(first_match::FirstMatch),
    Challenge(challenge::Challenge),
    People(people::People),
    Quick(quick::Quick),
}

impl Default for Chapter {
    fn default() -> Self {
        Self::Arrive(arrive::Arrive::Begin)
    }
}

impl Step for Chapter {
    const LIMIT: Duration = Duration::from_secs(240);

    fn next(&self, turn: &mut Turn) -> Next<Self> {
        match self {
            Self::Arrive(step) => step.next(turn),
            Self::FirstMatch(step) => step.next(turn),
            Self::Challenge(step) => step.next(turn),
            Self::People(step) => step.next(turn),
            Self::Quick(step) => step.next(turn),
        }
    }

    fn aim(&self) -> &'static str {
        match self {
            Self::Arrive(step) => step.aim(),
            Self::FirstMatch(step) => step.aim(),
            Self::Challenge(step) => step.aim(),
            Self::People(step) => step.aim(),
            Self::Quick(step) => step.aim(),
        }
    }
}

#[cfg(test)]
mod tests;
