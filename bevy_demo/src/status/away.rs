//! Whether somebody sits in front of the screen.

use std::time::{Duration, Instant};

/// Knows when the player last touched anything.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    touched: Instant,
}

impl Watch {
    pub fn new(now: Instant) -> Self {
        Self { touched: now }
    }

    /// One frame: whether the player has touched nothing for as long as `limit`.
    pub fn look(&mut self, touched: bool, limit: Duration, now: Instant) -> bool {
        if touched {
            self.touched = now;
        }
        now.saturating_duration_since(self.touched) >= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(180);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_touches_nothing_is_away_until_the_first_touch() {
        let start = Instant::now();
        let mut watch = Watch::new(start);
        assert!(!watch.look(false, LIMIT, start + LIMIT - SECOND));
        assert!(watch.look(false, LIMIT, start + LIMIT));
        assert!(watch.look(false, LIMIT, start + LIMIT * 3));
        assert!(!watch.look(true, LIMIT, start + LIMIT * 3));
        assert!(!watch.look(false, LIMIT, start + LIMIT * 4 - SECOND));
        assert!(watch.look(false, LIMIT, start + LIMIT * 4));
    }

    #[test]
    fn every_touch_begins_the_wait_anew() {
        let start = Instant::now();
        let mut watch = Watch::new(start);
        for half in 1..20 {
            assert!(!watch.look(true, LIMIT, start + LIMIT / 2 * half));
        }
    }
}
