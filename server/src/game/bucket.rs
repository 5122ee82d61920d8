//! A token bucket whose time is an argument.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Bucket {
    rate: f32,
    burst: f32,
    tokens: f32,
    at: Duration,
}

impl Bucket {
    /// `rate` a second, `burst` at once.
    pub fn new(rate: u32, burst: u32, now: Duration) -> Self {
        Self { rate: rate as f32, burst: burst as f32, tokens: burst as f32, at: now }
    }

    pub fn take(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.at).as_secs_f32();
        self.at = now;
        self.tokens = (self.tokens + passed * self.rate).min(self.burst);
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_the_burst_and_then_the_rate() {
        let mut bucket = Bucket::new(10, 20, Duration::ZERO);
        let mut allowed = |ms| (0..100).filter(|_| bucket.take(Duration::from_millis(ms))).count();
        assert_eq!(allowed(0), 20);
        assert_eq!(allowed(500), 5);
        assert_eq!(allowed(60_000), 20);
    }
}
