//! Token buckets, one set per user or address.

use std::{hash::Hash, net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use prometheus_client::metrics::counter::Counter;
use rallypoint_protocol::{ApiError, ErrorCode, UserId};

use crate::{
    config::{Limits, Rate},
    metrics::Metrics,
};

use super::Answer;

/// The buckets of every surface.
pub struct Rates {
    addresses: Buckets<IpAddr>,
    sign_in: Buckets<IpAddr>,
    rest: Buckets<UserId>,
    frames: Buckets<UserId>,
    invites: Buckets<UserId>,
    friend_requests: Buckets<UserId>,
    metrics: Metrics,
}

struct Buckets<K: Hash + Eq + Clone> {
    limiter: Option<DefaultKeyedRateLimiter<K>>,
    refusals: Counter,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(rate: Rate, enabled: bool, refusals: Counter) -> Self {
        let interval = Duration::try_from_secs_f64(1.0 / rate.per_second).ok();
        let quota = interval.and_then(Quota::with_period).zip(NonZeroU32::new(rate.burst));
        let limiter = quota.filter(|_| enabled).map(|(quota, burst)| RateLimiter::keyed(quota.allow_burst(burst)));
        Self { limiter, refusals }
    }

    fn take(&self, key: &K) -> Answer<()> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        limiter.check_key(key).map_err(|refused| {
            self.refusals.inc();
            let wait = refused.wait_time_from(governor::clock::DefaultClock::default().now());
            let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
            ApiError::new(ErrorCode::RateLimited, format!("Slow down, and try again in {seconds} s."))
                .with_retry_after(seconds)
        })
    }

    fn forget_idle(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

impl Rates {
    pub fn new(limits: &Limits, metrics: &Metrics) -> Self {
        let on = limits.rates_enabled;
        Self {
            addresses: Buckets::new(limits.addresses, on, metrics.refusals("addresses")),
            sign_in: Buckets::new(limits.sign_in, on, metrics.refusals("sign_in")),
            rest: Buckets::new(limits.rest, on, metrics.refusals("rest")),
            frames: Buckets::new(limits.frames, on, metrics.refusals("frames")),
            invites: Buckets::new(limits.invites, on, metrics.refusals("invites")),
            friend_requests: Buckets::new(limits.friend_requests, on, metrics.refusals("friend_requests")),
            metrics: metrics.clone(),
        }
    }

    /// Counts a refusal by a limit that is no rate.
    pub fn too_many(&self, limit: &'static str, refusal: ApiError) -> ApiError {
        self.metrics.refusals(limit).inc();
        refusal
    }

    /// Refuses one connection more of a user who has all that one may have.
    pub fn too_many_sockets(&self) -> ApiError {
        let message = "Too many connections of this user. Close one of the others.";
        self.too_many("sockets_per_user", ApiError::new(ErrorCode::RateLimited, message))
    }

    /// For every request.
    pub fn address(&self, address: IpAddr) -> Answer<()> {
        self.addresses.take(&address)
    }

    pub fn sign_in(&self, address: IpAddr) -> Answer<()> {
        self.sign_in.take(&address)
    }

    pub fn rest(&self, user: UserId) -> Answer<()> {
        self.rest.take(&user)
    }

    pub fn frame(&self, user: UserId) -> Answer<()> {
        self.frames.take(&user)
    }

    pub fn invite(&self, user: UserId) -> Answer<()> {
        self.invites.take(&user)
    }

    pub fn friend_request(&self, user: UserId) -> Answer<()> {
        self.friend_requests.take(&user)
    }

    /// Gives back the memory of buckets that are full again.
    pub fn forget_idle(&self) {
        self.addresses.forget_idle();
        self.sign_in.forget_idle();
        self.rest.forget_idle();
        self.frames.forget_idle();
        self.invites.forget_idle();
        self.friend_requests.forget_idle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_wait_is_told() {
        let rates = Rates::new(
            &Limits { invites: Rate { per_second: 0.1, burst: 2 }, ..Limits::default() },
            &Metrics::default(),
        );
        assert!(rates.invite(UserId(1)).is_ok());
        assert!(rates.invite(UserId(1)).is_ok());
        let refused = rates.invite(UserId(1)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert!((1..=10).contains(&refused.retry_after.unwrap()));
        assert!(rates.invite(UserId(2)).is_ok(), "each user has a bucket");
    }

    #[test]
    fn limits_off_lifts_the_rates() {
        let limits = Limits { rates_enabled: false, ..Limits::default() };
        let rates = Rates::new(&limits, &Metrics::default());
        assert!((0..1000).all(|_| rates.invite(UserId(1)).is_ok()));
    }
}
