//! How much a client may send: little before the application knows it, and no flood of what is no message afterwards.

use std::time::{Duration, Instant};

use crate::config::{BeforeConnect, Config};

/// Over how long control packets are counted.
const WINDOW: Duration = Duration::from_secs(10);

/// Counts what a client sends.
#[derive(Debug)]
pub(crate) enum Allowance {
    Stranger { limits: BeforeConnect, packets: u32, large: bool },
    Known { per_window: u32, since: Instant, control: u32 },
}

impl Allowance {
    pub(crate) fn new(config: &Config, now: Instant) -> Self {
        match config.before_connect {
            Some(limits) => Self::Stranger { limits, packets: 0, large: false },
            None => Self::known(config, now),
        }
    }

    /// Returns the allowance of a client that the application has accepted.
    pub(crate) fn known(config: &Config, now: Instant) -> Self {
        let per_window = config.control_packets_per_second.saturating_mul(WINDOW.as_secs() as u32);
        Self::Known { per_window, since: now, control: 0 }
    }

    /// Returns the largest message that may come.
    pub(crate) fn max_message(&self, config: &Config) -> usize {
        match self {
            Self::Stranger { limits, .. } => limits.connect_bytes.max(limits.packet_bytes) + 1,
            Self::Known { .. } => config.max_payload,
        }
    }

    /// Counts a message of so many bytes; returns whether it may come. Those of known clients are the application's
    /// to count.
    pub(crate) fn message(&mut self, bytes: usize) -> bool {
        match self {
            // The one that connects, unless it is as small as any other.
            Self::Stranger { limits, large, .. } if bytes > limits.packet_bytes && !*large => {
                *large = true;
                bytes <= limits.connect_bytes
            }
            Self::Stranger { .. } => self.small(bytes),
            Self::Known { .. } => true,
        }
    }

    /// Counts a packet that is no message, or one that the application makes nothing of.
    pub(crate) fn control(&mut self, bytes: usize, now: Instant) -> bool {
        match self {
            Self::Stranger { .. } => self.small(bytes),
            Self::Known { per_window, since, control } => {
                if now.saturating_duration_since(*since) >= WINDOW {
                    (*since, *control) = (now, 0);
                }
                *control += 1;
                *control <= *per_window
            }
        }
    }

    fn small(&mut self, bytes: usize) -> bool {
        let Self::Stranger { limits, packets, large } = self else { return true };
        *packets += 1;
        // A small message that connects takes the place of the large one.
        let most = if *large { limits.packets } else { limits.packets + 1 };
        bytes <= limits.packet_bytes && *packets <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stranger_has_one_large_message_and_some_small_packets() {
        let now = Instant::now();
        let config = Config::default();
        let mut allowance = Allowance::new(&config, now);
        assert!(allowance.message(16 * 1024));
        assert!((0..20).all(|_| allowance.control(64, now)));
        assert!(!allowance.control(1, now), "the 21st beside it");

        assert!(!Allowance::new(&config, now).message(16 * 1024 + 1));
        assert!(!Allowance::new(&config, now).control(65, now));
        let mut two = Allowance::new(&config, now);
        assert!(two.message(65) && !two.message(65));
    }

    #[test]
    fn known_client_may_send_control_packets_at_a_rate() {
        let now = Instant::now();
        let config = Config::default();
        let mut allowance = Allowance::known(&config, now);
        assert!((0..100).all(|_| allowance.control(1, now)));
        assert!(!allowance.control(1, now));
        assert!(allowance.control(1, now + WINDOW));
        assert!(allowance.message(1 << 20));
    }
}
