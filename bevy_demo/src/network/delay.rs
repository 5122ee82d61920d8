//! Packets under way in one direction: late, lost, out of order. No socket and no clock.

use std::{collections::BTreeMap, time::Instant};

use super::quality::Conditions;

/// Packets held at most; a flood beyond is lost, as in a router.
const ROOM: usize = 1024;
/// An overtaken packet takes this many times the jitter longer.
const DETOUR: u32 = 2;

/// The same seed and packets meet the same fate.
#[derive(Debug)]
pub struct DelayLine {
    under_way: BTreeMap<(Instant, u64), Vec<u8>>,
    taken: u64,
    random: u64,
}

impl DelayLine {
    pub fn new(seed: u64) -> Self {
        Self { under_way: BTreeMap::new(), taken: 0, random: seed }
    }

    /// A packet sets out; `None` takes it there at once.
    pub fn push(&mut self, now: Instant, packet: Vec<u8>, conditions: Option<Conditions>) {
        self.taken += 1;
        let mut due = now;
        if let Some(conditions) = conditions {
            let lost = self.draw() < conditions.loss;
            let overtaken = self.draw() < conditions.overtaken;
            due += conditions.delay + conditions.jitter.mul_f32(self.draw());
            if overtaken {
                due += conditions.jitter * DETOUR;
            }
            if lost {
                return;
            }
        }
        if self.under_way.len() < ROOM {
            self.under_way.insert((due, self.taken), packet);
        }
    }

    /// The next packet that has arrived by now.
    pub fn pop(&mut self, now: Instant) -> Option<Vec<u8>> {
        let first = self.under_way.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the next one arrives.
    pub fn next(&self) -> Option<Instant> {
        self.under_way.first_key_value().map(|((due, _), _)| *due)
    }

    /// The cable is cut: what is under way never arrives.
    pub fn clear(&mut self) {
        self.under_way.clear();
    }

    /// From 0 to 1 (SplitMix64).
    fn draw(&mut self) -> f32 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u32 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::network::Quality;

    /// Sends a numbered packet every 20 ms; which arrived, in order, and how long they took.
    fn send(quality: Quality, seed: u64) -> Vec<(u16, Duration)> {
        let (mut line, start) = (DelayLine::new(seed), Instant::now());
        let mut arrived = Vec::new();
        for ms in 0..100_000 {
            let now = start + Duration::from_millis(ms);
            if ms % 20 == 0 {
                let number = (ms / 20) as u16;
                line.push(now, number.to_be_bytes().to_vec(), quality.conditions());
            }
            while let Some(packet) = line.pop(now) {
                let number = u16::from_be_bytes([packet[0], packet[1]]);
                arrived.push((number, now - start - Duration::from_millis(20) * u32::from(number)));
            }
        }
        arrived
    }

    #[test]
    fn a_good_network_leaves_packets_alone() {
        let arrived = send(Quality::Good, 1);
        assert_eq!(arrived.len(), 5000);
        assert!(arrived.iter().all(|(_, took)| took.is_zero()));
        assert!(arrived.is_sorted());
    }

    #[test]
    fn a_bad_one_delays_loses_and_reorders_as_it_says() {
        let arrived = send(Quality::Bad, 7);
        assert!((4700..=4800).contains(&arrived.len()), "{} of 5000 arrived", arrived.len());
        let mean = arrived.iter().map(|(_, took)| took.as_secs_f32()).sum::<f32>() / arrived.len() as f32;
        assert!((0.072..0.080).contains(&mean), "half of 150 ms, not {mean} s");
        assert!(arrived.iter().all(|(_, took)| (60..=151).contains(&took.as_millis())));
        assert!(arrived.windows(2).filter(|pair| pair[0].0 > pair[1].0).count() > 20, "some are overtaken");
    }

    #[test]
    fn the_same_seed_is_the_same_weather() {
        assert_eq!(send(Quality::Awful, 3), send(Quality::Awful, 3));
        assert_ne!(send(Quality::Awful, 3), send(Quality::Awful, 4));
    }

    #[test]
    fn a_cut_loses_what_is_under_way() {
        let (mut line, now) = (DelayLine::new(1), Instant::now());
        line.push(now, vec![1], Quality::Bad.conditions());
        line.clear();
        assert_eq!((line.next(), line.pop(now + Duration::from_secs(1))), (None, None));
    }
}
