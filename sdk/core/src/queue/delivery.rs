//! Something that must reach the server, by whichever path lives, until it is confirmed.

use std::time::{Duration, Instant};

use super::Route;

/// How long the socket may take before REST is tried.
pub const SOCKET_TIMEOUT: Duration = Duration::from_secs(5);
/// How long REST may take; its driver gives up earlier.
const REST_TIMEOUT: Duration = Duration::from_secs(60);
/// The wait before a repeat, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Nothing to send, or confirmed.
    #[default]
    Idle,
    Due {
        at: Instant,
        tries: u32,
    },
    InFlight {
        route: Route,
        until: Instant,
        tries: u32,
    },
}

impl Delivery {
    pub(super) fn begin(now: Instant) -> Self {
        Self::Due { at: now, tries: 0 }
    }

    /// The path to send it by now, if it is time.
    pub(super) fn step(&mut self, now: Instant, live: Route) -> Option<Route> {
        if let Self::InFlight { until, tries, .. } = *self
            && until <= now
        {
            *self = Self::Due { at: now, tries: tries.saturating_add(1) };
        }
        let Self::Due { at, tries } = *self else { return None };
        if at > now {
            return None;
        }
        // What the socket did not answer once goes by REST, which tells for certain.
        let route = if tries == 0 { live } else { Route::Rest };
        let timeout = if route == Route::Socket { SOCKET_TIMEOUT } else { REST_TIMEOUT };
        *self = Self::InFlight { route, until: now + timeout, tries };
        Some(route)
    }

    /// The path that it went by broke before it was confirmed.
    pub(super) fn lost(&mut self, now: Instant, by: Route) {
        let Self::InFlight { route, tries, .. } = *self else { return };
        if route != by {
            return;
        }
        let wait = match by {
            Route::Socket => Duration::ZERO,
            Route::Rest => FIRST_WAIT.saturating_mul(1 << tries.min(8)).min(LONGEST_WAIT),
        };
        *self = Self::Due { at: now + wait, tries: tries.saturating_add(1) };
    }

    /// A path has come back: what waits for a repeat need not wait any longer.
    pub(super) fn hurry(&mut self, now: Instant) {
        if let Self::Due { at, .. } = self {
            *at = now.min(*at);
        }
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match *self {
            Self::Idle => None,
            Self::Due { at, .. } => Some(at),
            Self::InFlight { until, .. } => Some(until),
        }
    }
}
