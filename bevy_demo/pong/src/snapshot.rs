//! Snapshots: the game as a player needs to see it, as far as it can't work it out.
//!
//! `u8` flags and `u16` low bits of the tick, then the sections that the flags name, in this order:
//!
//! | bit | section | bytes |
//! |---|---|---|
//! | 0 | ball: `x`, `y` as `u16`, `vx`, `vy` as `i16`, hold in ticks as `u8` | 9 |
//! | 1, 2 | left, right paddle's centre as `u16` | 2 each |
//! | 3 | scores | 2 |
//! | 4 | low bits of the receiver's own tick that was played in this one | 2 |
//!
//! A section is sent when it stops being what the receiver expects, repeated in case a packet is lost, and now and
//! then anyway. A ball is expected to fly straight, a paddle to rest, and one tick of the receiver's to be played
//! per tick.

use crate::{
    input::widen,
    rules::{Ball, ONE, State},
    wire::{BadMessage, Reader, Writer},
};

/// Times that news is sent.
const REPEATS: u8 = 3;
/// Snapshots after which a section is sent without news.
const REFRESH: u8 = 10;
const SECTIONS: usize = 5;

/// One moment of a match, as a client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub tick: u32,
    pub ball: Ball,
    /// The centres.
    pub paddles: [i32; 2],
    pub scores: [u8; 2],
    /// Ticks that the ball still hangs.
    pub hold: u16,
    /// Low bits of one's own tick that was played in this one, once the first input has arrived.
    pub acknowledged: Option<u16>,
}

/// The straight flight that a receiver assumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flight {
    tick: u32,
    ball: Ball,
    hold: u16,
}

impl Flight {
    fn at(&self, tick: u32) -> (Ball, u16) {
        let passed = tick.wrapping_sub(self.tick).min(i16::MAX as u32) as i32;
        let moving = (passed - i32::from(self.hold)).max(0);
        let x = self.ball.x.saturating_add(self.ball.vx.saturating_mul(moving));
        let y = self.ball.y.saturating_add(self.ball.vy.saturating_mul(moving));
        (Ball { x, y, ..self.ball }, (i32::from(self.hold) - passed).max(0) as u16)
    }
}

/// The server's side, one per connection.
#[derive(Clone, Debug)]
pub struct SnapshotEncoder {
    flight: Option<Flight>,
    paddles: [u16; 2],
    scores: [u8; 2],
    offset: Option<u16>,
    news: [u8; SECTIONS],
    age: [u8; SECTIONS],
}

impl Default for SnapshotEncoder {
    fn default() -> Self {
        Self {
            flight: None,
            paddles: [0; 2],
            scores: [0; 2],
            offset: None,
            news: [REPEATS; SECTIONS],
            // Refreshed in turns, not all in one packet.
            age: [0, 2, 4, 6, 8],
        }
    }
}

impl SnapshotEncoder {
    /// The next snapshot for this connection. `acknowledged` is [`crate::input::InputBuffer::acknowledged`].
    pub fn encode(&mut self, state: &State, acknowledged: Option<u16>) -> Vec<u8> {
        if self.flight.is_none_or(|flight| flight.at(state.tick) != (state.ball, state.hold)) {
            self.news[0] = REPEATS;
        }
        self.flight = Some(Flight { tick: state.tick, ball: state.ball, hold: state.hold });
        let paddles = state.paddles.map(|paddle| quantise(paddle.y));
        for (news, (new, old)) in self.news[1..].iter_mut().zip(paddles.iter().zip(self.paddles)) {
            if *new != old {
                *news = REPEATS - 1;
            }
        }
        self.paddles = paddles;
        if self.scores != state.scores {
            self.news[3] = REPEATS;
            self.scores = state.scores;
        }
        let offset = acknowledged.map(|tick| tick.wrapping_sub(state.tick as u16));
        if self.offset != offset {
            self.news[4] = REPEATS;
            self.offset = offset;
        }

        let mut flags = 0;
        for section in 0..SECTIONS {
            self.age[section] += 1;
            if self.news[section] > 0 || self.age[section] >= REFRESH {
                self.news[section] = self.news[section].saturating_sub(1);
                self.age[section] = 0;
                flags |= 1 << section;
            }
        }
        if acknowledged.is_none() {
            flags &= !(1 << 4);
        }
        let mut w = Writer(Vec::with_capacity(20));
        w.u8(flags).u16(state.tick as u16);
        if flags & 1 != 0 {
            let Ball { x, y, vx, vy } = state.ball;
            w.u16(quantise(x)).u16(quantise(y)).i16((vx / 2) as i16).i16((vy / 2) as i16);
            w.u8(state.hold.min(255) as u8);
        }
        for (side, paddle) in paddles.into_iter().enumerate() {
            if flags & (2 << side) != 0 {
                w.u16(paddle);
            }
        }
        if flags & 8 != 0 {
            w.bytes(&state.scores);
        }
        if let Some(tick) = acknowledged.filter(|_| flags & 16 != 0) {
            w.u16(tick);
        }
        w.0
    }
}

fn quantise(units: i32) -> u16 {
    (units / 16).clamp(0, 65535) as u16
}

/// The client's side.
#[derive(Clone, Debug)]
pub struct SnapshotDecoder {
    tick: u32,
    any: bool,
    flight: Option<Flight>,
    paddles: [Option<i32>; 2],
    scores: Option<[u8; 2]>,
    offset: Option<u16>,
}

impl SnapshotDecoder {
    /// Starts at the tick that the welcome named.
    pub fn new(tick: u32) -> Self {
        Self { tick, any: false, flight: None, paddles: [None; 2], scores: None, offset: None }
    }

    /// Takes a packet in. `None` when it is older than the last, or not enough is known yet.
    pub fn decode(&mut self, bytes: &[u8]) -> Result<Option<Snapshot>, BadMessage> {
        let mut r = Reader(bytes);
        let flags = r.u8()?;
        let tick = widen(r.u16()?, self.tick);
        if flags >> SECTIONS != 0 {
            return Err(BadMessage);
        }
        let flight = if flags & 1 != 0 {
            let (x, y) = (i32::from(r.u16()?) * 16 + 8, i32::from(r.u16()?) * 16 + 8);
            let (vx, vy) = (i32::from(r.i16()?) * 2, i32::from(r.i16()?) * 2);
            Some(Flight { tick, ball: Ball { x, y, vx, vy }, hold: r.u8()?.into() })
        } else {
            None
        };
        let mut paddles = [None; 2];
        for (side, paddle) in paddles.iter_mut().enumerate() {
            if flags & (2 << side) != 0 {
                *paddle = Some(i32::from(r.u16()?) * 16 + 8);
            }
        }
        let scores = if flags & 8 != 0 { Some([r.u8()?, r.u8()?]) } else { None };
        let offset = if flags & 16 != 0 { Some(r.u16()?.wrapping_sub(tick as u16)) } else { None };
        r.end()?;

        let newer = tick.wrapping_sub(self.tick) as i32;
        if newer < 0 || (newer == 0 && self.any) {
            return Ok(None);
        }
        self.any = true;
        self.tick = tick;
        self.flight = flight.or(self.flight);
        for (known, new) in self.paddles.iter_mut().zip(paddles) {
            *known = new.or(*known);
        }
        self.scores = scores.or(self.scores);
        self.offset = offset.or(self.offset);
        Ok(self.snapshot())
    }

    fn snapshot(&self) -> Option<Snapshot> {
        let (mut ball, hold) = self.flight?.at(self.tick);
        ball.x = ball.x.clamp(0, ONE);
        ball.y = ball.y.clamp(0, ONE);
        Some(Snapshot {
            tick: self.tick,
            ball,
            paddles: [self.paddles[0]?, self.paddles[1]?],
            scores: self.scores?,
            hold,
            acknowledged: self.offset.map(|offset| (self.tick as u16).wrapping_add(offset)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::{Input, Rules};

    /// Plays a minute and feeds every snapshot that `arrives` to the decoder; answers the bytes per second.
    fn play(seed: u64, arrives: impl Fn(u32) -> bool, mut see: impl FnMut(&State, Snapshot)) -> usize {
        let mut state = State::new(Rules { score_to_win: 20, ..Rules::default() }, seed);
        let (mut encoder, mut decoder) = (SnapshotEncoder::default(), SnapshotDecoder::new(0));
        let mut bytes = 0;
        for tick in 0..3_600u32 {
            let chase = Input::To((state.ball.y / 16) as u16);
            let moving = tick / 50 % 2 == 0;
            state.step([chase, if moving { Input::To((state.ball.y / 20) as u16) } else { Input::Stop }]);
            if tick % 2 == 1 {
                let packet = encoder.encode(&state, (tick > 20).then_some((tick + 7) as u16));
                bytes += packet.len();
                if arrives(tick)
                    && let Some(snapshot) = decoder.decode(&packet).unwrap()
                {
                    see(&state, snapshot);
                }
            }
        }
        bytes / 60
    }

    #[test]
    fn nothing_is_lost_on_a_good_link() {
        let bytes = play(
            5,
            |_| true,
            |state, snapshot| {
                assert_eq!((snapshot.tick, snapshot.scores, snapshot.hold), (state.tick, state.scores, state.hold));
                assert!((snapshot.ball.x - state.ball.x).abs() < 64, "{snapshot:?} {state:?}");
                assert!((snapshot.ball.y - state.ball.y).abs() < 64);
                for (seen, paddle) in snapshot.paddles.iter().zip(state.paddles) {
                    assert!((seen - paddle.y).abs() <= 16);
                }
                if state.tick > 40 {
                    assert_eq!(snapshot.acknowledged, Some((state.tick - 1 + 7) as u16));
                }
            },
        );
        assert!(bytes < 280, "{bytes} bytes a second");
    }

    #[test]
    fn a_bad_link_heals() {
        let (mut seen, mut wrong) = (0, 0);
        play(
            9,
            |tick| tick * 7919 % 100 >= 10,
            |state, snapshot| {
                seen += 1;
                let off = (snapshot.ball.x - state.ball.x).abs().max((snapshot.ball.y - state.ball.y).abs());
                wrong += u32::from(off > ONE / 200);
            },
        );
        assert!(seen > 1_500);
        assert!(wrong * 50 < seen, "{wrong} of {seen}");
    }

    #[test]
    fn old_and_repeated_packets_are_ignored() {
        let state = State::new(Rules::default(), 1);
        let mut later = state;
        later.step([Input::Stop; 2]);
        let mut encoder = SnapshotEncoder::default();
        let (first, second) = (encoder.encode(&state, None), encoder.encode(&later, None));
        let mut decoder = SnapshotDecoder::new(0);
        assert!(decoder.decode(&second).unwrap().is_some());
        assert_eq!(decoder.decode(&first), Ok(None));
        assert_eq!(decoder.decode(&second), Ok(None));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(
            start: u32,
            packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..24), 0..50)
        ) {
            let mut decoder = SnapshotDecoder::new(start);
            for packet in packets {
                if let Ok(Some(snapshot)) = decoder.decode(&packet) {
                    prop_assert!((0..=ONE).contains(&snapshot.ball.x));
                }
            }
        }
    }
}
