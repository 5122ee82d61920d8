//! How much one socket may say.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use rallypoint_protocol::{ApiError, ErrorCode};

use crate::{game::bucket::Bucket, metrics::Metrics};

/// Refusals are counted for as long.
const WINDOW: Duration = Duration::from_secs(10);

/// What becomes of a frame.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialects) enum Verdict {
    Heard,
    /// Answered with this error, and otherwise ignored.
    Refused(ApiError),
    /// It goes on after it has been told to slow down.
    Closed,
}

/// A bucket for all frames of a socket, and a count of those that did not fit.
pub(in crate::dialects) struct Guard {
    bucket: Option<Bucket>,
    patience: u32,
    refusals: u32,
    since: Duration,
    refused: Counter,
    sent_away: Counter,
}

impl Guard {
    /// `rate` a second and at once, or as much as anybody likes; so many refusals within ten seconds are too many.
    pub(in crate::dialects) fn new(rate: Option<(u32, u32)>, patience: u32, metrics: &Metrics) -> Self {
        let bucket = rate.map(|(rate, burst)| Bucket::new(rate, burst, Duration::ZERO));
        let (refused, sent_away) = (metrics.refusals("game_frames"), metrics.sent_away("rate_limited"));
        Self { bucket, patience, refusals: 0, since: Duration::ZERO, refused, sent_away }
    }

    /// A frame arrives, so long after the first moment of the socket.
    pub(in crate::dialects) fn hear(&mut self, now: Duration) -> Verdict {
        if self.bucket.as_mut().is_none_or(|bucket| bucket.take(now)) {
            return Verdict::Heard;
        }
        self.refused.inc();
        if self.refused(now) {
            return Verdict::Closed;
        }
        let error = ApiError::new(ErrorCode::RateLimited, "Slow down, and try again in 1 s.");
        Verdict::Refused(error.with_retry_after(1))
    }

    /// Somebody has been told to slow down; answers whether too often.
    pub(in crate::dialects) fn refused(&mut self, now: Duration) -> bool {
        if now.saturating_sub(self.since) >= WINDOW {
            (self.since, self.refusals) = (now, 0);
        }
        self.refusals += 1;
        if self.refusals == self.patience {
            self.sent_away.inc();
        }
        self.refusals >= self.patience
    }
}
