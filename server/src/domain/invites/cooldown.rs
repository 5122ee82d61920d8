//! Whoever is declined by the same player again and again has to leave it alone for a while, longer each time.

use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use quick_cache::sync::Cache;
use rallypoint_protocol::{ApiError, ErrorCode, UserId};

use crate::{config::Limits, domain::Answer};

/// Pairs that are remembered; who was declined longest ago is forgotten.
const REMEMBERED: usize = 100_000;

#[derive(Clone, Copy, Debug)]
struct Declined {
    in_a_row: u32,
    until: Instant,
}

/// By sender and receiver. In memory alone, as all rates are.
pub(super) struct CoolDowns {
    pairs: Cache<(UserId, UserId), Declined>,
    /// The decline in a row that brings the first pause; 0 for none at all.
    patience: u32,
    first: Duration,
    longest: Duration,
    refusals: Counter,
}

impl CoolDowns {
    pub(super) fn new(limits: &Limits, refusals: Counter) -> Self {
        let patience = if limits.rates_enabled { limits.declines_before_cool_down } else { 0 };
        Self {
            pairs: Cache::new(if patience == 0 { 1 } else { REMEMBERED }),
            patience,
            first: Duration::from_secs(limits.cool_down_seconds),
            longest: Duration::from_secs(limits.longest_cool_down_seconds),
            refusals,
        }
    }

    pub(super) fn declined(&self, sender: UserId, receiver: UserId, now: Instant) {
        if self.patience == 0 {
            return;
        }
        let in_a_row = self.pairs.get(&(sender, receiver)).map_or(0, |declined| declined.in_a_row) + 1;
        let beyond = in_a_row.checked_sub(self.patience);
        let pause = |beyond: u32| self.first.saturating_mul(2_u32.saturating_pow(beyond)).min(self.longest);
        let pause = beyond.map_or(Duration::ZERO, pause);
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
                self.refusals.inc();
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

    fn patient(declines: u32) -> CoolDowns {
        CoolDowns::new(&Limits { declines_before_cool_down: declines, ..Limits::default() }, Counter::default())
    }

    #[test]
    fn the_pause_grows_with_every_decline_and_ends_with_an_accept() {
        let (downs, mut now) = (patient(2), Instant::now());
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
        assert_eq!(
            downs.check(ACE, BEA, now).unwrap_err().retry_after,
            Some(Limits::default().longest_cool_down_seconds)
        );
        downs.accepted(ACE, BEA);
        assert!(downs.check(ACE, BEA, now).is_ok());
    }

    #[test]
    fn without_patience_nobody_is_held_back() {
        let (downs, now) = (patient(0), Instant::now());
        (0..10).for_each(|_| downs.declined(ACE, BEA, now));
        assert!(downs.check(ACE, BEA, now).is_ok());
    }
}
