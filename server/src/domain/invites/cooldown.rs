//! Whoever is declined by the same player again and again has to leave it alone for a while, longer each time.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use rallypoint_protocol::{ApiError, ErrorCode, UserId};

use crate::domain::Answer;

/// Pairs that are remembered; who was declined longest ago is forgotten.
const REMEMBERED: usize = 100_000;
const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(60 * 60);

#[derive(Clone, Copy, Debug)]
struct Declined {
    in_a_row: u32,
    until: Instant,
}

/// By sender and receiver. In memory alone, as all rates are.
pub(super) struct CoolDowns {
    pairs: Cache<(UserId, UserId), Declined>,
    patience: u32,
}

impl CoolDowns {
    /// The `patience`th decline in a row brings the first pause. 0 for none at all.
    pub(super) fn new(patience: u32) -> Self {
        Self { pairs: Cache::new(if patience == 0 { 1 } else { REMEMBERED }), patience }
    }

    pub(super) fn declined(&self, sender: UserId, receiver: UserId, now: Instant) {
        if self.patience == 0 {
            return;
        }
        let in_a_row = self.pairs.get(&(sender, receiver)).map_or(0, |declined| declined.in_a_row) + 1;
        let beyond = in_a_row.checked_sub(self.patience);
        let pause = beyond.map_or(Duration::ZERO, |beyond| FIRST * 2_u32.pow(beyond.min(10))).min(LONGEST);
        self.pairs.insert((sender, receiver), Declined { in_a_row, until: now + pause });
    }

    pub(super) fn accepted(&self, sender: UserId, receiver: UserId) {
        if self.patience > 0 {
            self.pairs.remove(&(sender, receiver));
        }
    }

    /// # Errors
    /// `RATE_LIMITED`, with the rest of the pause.
    pub(super) fn check(&self, sender: UserId, receiver: UserId, now: Instant) -> Answer<()> {
        if self.patience == 0 {
            return Ok(());
        }
        let left = self.pairs.get(&(sender, receiver)).and_then(|declined| declined.until.checked_duration_since(now));
        match left.filter(|left| !left.is_zero()) {
            None => Ok(()),
            Some(left) => {
                let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                let message =
                    format!("This player has declined several times. Wait {seconds} s before the next invite.");
                Err(ApiError::new(ErrorCode::RateLimited, message).with_retry_after(seconds))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACE: UserId = UserId(1);
    const BEA: UserId = UserId(2);

    #[test]
    fn the_pause_grows_with_every_decline_and_ends_with_an_accept() {
        let (downs, mut now) = (CoolDowns::new(2), Instant::now());
        downs.declined(ACE, BEA, now);
        assert!(downs.check(ACE, BEA, now).is_ok(), "once is no nuisance");
        for pause in [30, 60, 120] {
            downs.declined(ACE, BEA, now);
            let refused = downs.check(ACE, BEA, now).unwrap_err();
            assert_eq!((refused.code, refused.retry_after), (ErrorCode::RateLimited, Some(pause)));
            assert!(downs.check(BEA, ACE, now).is_ok(), "the other way is another matter");
            now += Duration::from_secs(pause);
            assert!(downs.check(ACE, BEA, now).is_ok());
        }
        for _ in 0..40 {
            downs.declined(ACE, BEA, now);
        }
        assert_eq!(downs.check(ACE, BEA, now).unwrap_err().retry_after, Some(LONGEST.as_secs()));
        downs.accepted(ACE, BEA);
        assert!(downs.check(ACE, BEA, now).is_ok());
    }

    #[test]
    fn without_patience_nobody_is_held_back() {
        let (downs, now) = (CoolDowns::new(0), Instant::now());
        (0..10).for_each(|_| downs.declined(ACE, BEA, now));
        assert!(downs.check(ACE, BEA, now).is_ok());
    }
}
