//! Waits drawn at random, so that a thousand clients don't come back at the same instant.

use std::{ops::Range, time::Duration};

use rand::{RngExt, rngs::StdRng};

/// Doubling waits with full jitter, without end.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    range: Range<Duration>,
    attempts: u32,
}

impl Backoff {
    pub(super) fn new(range: Range<Duration>) -> Self {
        Self { range, attempts: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }

    pub(super) fn next(&mut self, rng: &mut StdRng) -> Duration {
        let ceiling = self.range.start.saturating_mul(1 << self.attempts.min(20)).min(self.range.end);
        self.attempts = self.attempts.saturating_add(1);
        // A tenth is kept: an unlucky draw must not hammer.
        between(&(ceiling / 10..ceiling), rng)
    }
}

pub(super) fn between(range: &Range<Duration>, rng: &mut StdRng) -> Duration {
    if range.start >= range.end { range.start } else { rng.random_range(range.clone()) }
}
