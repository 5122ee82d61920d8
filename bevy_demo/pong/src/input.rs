//! Inputs on their way up: what was held for how long, with the last changes repeated in case one got lost.
//!
//! A client numbers its own ticks. A message says the newest one and then, from the newest back, what was held and
//! for how many ticks: `u16` low bits of the tick, then runs of `u8` (two bits kind, six bits ticks - 1) and, for a
//! place, a `u16`.
//!
//! The server plays one client tick per tick of its own. What has not arrived yet is assumed to be held on, so
//! nothing needs to be sent while nothing changes.

use std::collections::VecDeque;

use crate::{
    rules::Input,
    wire::{BadMessage, Reader, Writer},
};

/// Runs in one message.
const MAX_RUNS: usize = 6;
/// Ticks back that a message still tells, unless its first run is longer.
const REACH: u32 = 24;
const RUN: u32 = 64;
/// A message that has this many bytes takes no further run.
const FULL: usize = 9;
/// Times that a change is sent.
const REPEATS: u8 = 4;
/// Ticks between two messages while nothing changes.
const IDLE: u32 = 15;
/// Ticks that a place aimed at is kept before the next, so that a mouse costs no more than keys.
const AIM: u32 = 3;

/// The client's side.
#[derive(Clone, Debug)]
pub struct InputSender {
    tick: u32,
    history: VecDeque<Input>,
    repeats: u8,
    sent: u32,
    wish: Input,
    aimed: u32,
}

impl Default for InputSender {
    fn default() -> Self {
        Self { tick: 0, history: VecDeque::new(), repeats: REPEATS, sent: 0, wish: Input::Stop, aimed: 0 }
    }
}

impl InputSender {
    /// Ticks of the client's past that [`InputSender::at`] remembers.
    pub const MEMORY: usize = 128;

    /// One tick passes with this input held. Answers what takes effect: a moving target only every third tick.
    pub fn step(&mut self, input: Input) -> Input {
        self.tick = self.tick.wrapping_add(1);
        let still_aiming = matches!((self.wish, input), (Input::To(_), Input::To(_)));
        if input != self.wish && !(still_aiming && self.tick.wrapping_sub(self.aimed) < AIM) {
            self.wish = input;
            self.aimed = self.tick;
            self.repeats = REPEATS;
        }
        if self.history.len() == Self::MEMORY {
            self.history.pop_front();
        }
        self.history.push_back(self.wish);
        self.wish
    }

    /// The newest tick.
    pub fn tick(&self) -> u32 {
        self.tick
    }

    /// What was held in a tick, if that is remembered.
    pub fn at(&self, tick: u32) -> Option<Input> {
        let back = self.tick.wrapping_sub(tick) as usize;
        self.history.len().checked_sub(back + 1).and_then(|index| self.history.get(index)).copied()
    }

    /// The message that is due, if one is. Call it [`crate::CLIENT_SEND_RATE`] times a second.
    pub fn message(&mut self) -> Option<Vec<u8>> {
        if self.history.is_empty() || (self.repeats == 0 && self.tick.wrapping_sub(self.sent) < IDLE) {
            return None;
        }
        self.repeats = self.repeats.saturating_sub(1);
        self.sent = self.tick;
        let mut w = Writer::default();
        w.u16(self.tick as u16);
        let (mut told, mut runs) = (0, 0);
        let mut newest_first = self.history.iter().rev().copied().peekable();
        while let Some(input) = newest_first.next() {
            let mut length = 1;
            while length < RUN && newest_first.next_if_eq(&input).is_some() {
                length += 1;
            }
            // The oldest run may be cut: what is before it has been told often enough.
            let length = length.min((REACH - told).max(1));
            let kind = match input {
                Input::Stop => 0,
                Input::Up => 1,
                Input::Down => 2,
                Input::To(_) => 3,
            };
            w.u8(kind | (length as u8 - 1) << 2);
            if let Input::To(y) = input {
                w.u16(y);
            }
            told += length;
            runs += 1;
            if told >= REACH || runs == MAX_RUNS || w.0.len() >= FULL {
                break;
            }
        }
        Some(w.0)
    }
}

/// What one message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    newest: u16,
    runs: [(Input, u8); MAX_RUNS],
    count: u8,
}

impl Inputs {
    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        let mut r = Reader(bytes);
        let mut inputs = Inputs { newest: r.u16()?, runs: [(Input::Stop, 0); MAX_RUNS], count: 0 };
        while !r.0.is_empty() {
            let run = r.u8()?;
            let input = match run & 3 {
                0 => Input::Stop,
                1 => Input::Up,
                2 => Input::Down,
                _ => Input::To(r.u16()?),
            };
            *inputs.runs.get_mut(usize::from(inputs.count)).ok_or(BadMessage)? = (input, (run >> 2) + 1);
            inputs.count += 1;
        }
        if inputs.count == 0 { Err(BadMessage) } else { Ok(inputs) }
    }
}

/// The server's side, one per player.
#[derive(Clone, Debug)]
pub struct InputBuffer {
    /// What is known of the ticks from `next` on.
    ahead: VecDeque<Input>,
    next: u32,
    held: Input,
    started: bool,
    /// The least that messages were ahead of `next` lately, and how many of them.
    slack: i32,
    seen: u8,
}

/// Ticks that a first message is kept waiting, for those after it may be slower.
const CUSHION: u32 = 2;
/// Ticks ahead that a client may be before it is brought back at once.
const TOO_FAR: i32 = 24;

impl Default for InputBuffer {
    fn default() -> Self {
        Self { ahead: VecDeque::new(), next: 0, held: Input::Stop, started: false, slack: i32::MAX, seen: 0 }
    }
}

impl InputBuffer {
    /// Takes a message in. Old ones do no harm.
    pub fn receive(&mut self, inputs: &Inputs) {
        let newest = if self.started { widen(inputs.newest, self.next) } else { u32::from(inputs.newest) | 1 << 24 };
        if !self.started {
            self.started = true;
            self.next = newest.wrapping_sub(CUSHION);
            self.ahead.clear();
        }
        let lead = newest.wrapping_sub(self.next) as i32;
        if lead > TOO_FAR {
            self.ahead.clear();
            self.next = newest.wrapping_sub(CUSHION);
        }
        let mut tick = newest;
        for (input, length) in &inputs.runs[..usize::from(inputs.count)] {
            for _ in 0..*length {
                self.put(tick, *input);
                tick = tick.wrapping_sub(1);
            }
        }
        // What was too late for its tick still counts from now on.
        if lead < 0 {
            self.held = inputs.runs[0].0;
        }
        self.follow(lead);
    }

    fn put(&mut self, tick: u32, input: Input) {
        let index = tick.wrapping_sub(self.next);
        if index > TOO_FAR as u32 {
            return;
        }
        let index = index as usize;
        while self.ahead.len() <= index {
            let last = self.ahead.back().copied().unwrap_or(self.held);
            self.ahead.push_back(last);
        }
        self.ahead[index] = input;
    }

    /// Keeps the client's ticks a little ahead of the server's: two ticks are enough, none is too few.
    fn follow(&mut self, lead: i32) {
        self.slack = self.slack.min(lead);
        self.seen += 1;
        if self.seen < 16 {
            return;
        }
        if self.slack < 0 {
            let back = (-self.slack).min(TOO_FAR) as u32;
            self.next = self.next.wrapping_sub(back);
            (0..back).for_each(|_| self.ahead.push_front(self.held));
            self.ahead.truncate(TOO_FAR as usize + 1);
        } else if self.slack > 3 {
            self.next = self.next.wrapping_add(1);
            if let Some(skipped) = self.ahead.pop_front() {
                self.held = skipped;
            }
        }
        (self.slack, self.seen) = (i32::MAX, 0);
    }

    /// Holds this input until told otherwise, for a player who does not number ticks.
    pub fn hold(&mut self, input: Input) {
        *self = Self { held: input, ..Self::default() };
    }

    /// Play goes on after a pause: numbered input from before it is not held on.
    pub fn resume(&mut self) {
        if self.started {
            *self = Self::default();
        }
    }

    /// The input of the next tick.
    pub fn step(&mut self) -> Input {
        if self.started {
            self.next = self.next.wrapping_add(1);
            if let Some(input) = self.ahead.pop_front() {
                self.held = input;
            }
        }
        self.held
    }

    /// Low bits of the client's tick that was played last; `None` before its first message.
    pub fn acknowledged(&self) -> Option<u16> {
        self.started.then(|| self.next.wrapping_sub(1) as u16)
    }
}

/// The number nearest to `near` that ends in these 16 bits.
pub(crate) fn widen(low: u16, near: u32) -> u32 {
    near.wrapping_add_signed(i32::from(low.wrapping_sub(near as u16) as i16))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_tick_arrives_as_it_was_held() {
        let (mut sender, mut buffer) = (InputSender::default(), InputBuffer::default());
        let mut played = Vec::new();
        let mut sent = Vec::new();
        for tick in 0..600u32 {
            let input = match tick / 7 % 4 {
                0 => Input::Up,
                1 => Input::Stop,
                2 => Input::Down,
                _ => Input::to(tick as f32 / 600.0),
            };
            sent.push(sender.step(input));
            if tick % 3 == 2
                && let Some(bytes) = sender.message()
            {
                buffer.receive(&Inputs::decode(&bytes).unwrap());
            }
            played.push(buffer.step());
        }
        // The server lags, but by a steady number of ticks.
        let lag = (0..20).find(|lag| played[100 + lag..500 + lag] == sent[100..500]);
        assert!(lag.is_some());
    }

    #[test]
    fn lost_messages_are_made_up_for() {
        let (mut sender, mut buffer) = (InputSender::default(), InputBuffer::default());
        let mut wrong = 0;
        for tick in 0..6_000u32 {
            let held = sender.step(if tick / 40 % 2 == 0 { Input::Up } else { Input::Down });
            let arrives = tick % 21 != 2;
            if tick % 3 == 2
                && let Some(bytes) = sender.message()
                && arrives
            {
                buffer.receive(&Inputs::decode(&bytes).unwrap());
            }
            wrong += u32::from(buffer.step() != held);
        }
        assert!(wrong < 150 * 9, "{wrong} ticks differ around 150 changes");
    }

    #[test]
    fn idle_hands_send_little() {
        let mut sender = InputSender::default();
        let sent = (0..600)
            .filter(|tick| {
                sender.step(Input::Stop);
                tick % 3 == 0 && sender.message().is_some()
            })
            .count();
        assert!(sent <= 600 / 15 + 4, "{sent} messages in ten seconds");
    }

    #[test]
    fn a_mouse_stays_below_240_bytes_a_second() {
        let mut sender = InputSender::default();
        let mut bytes = 0;
        for tick in 0..600u32 {
            sender.step(Input::to((tick as f32 / 20.0).sin() / 2.0 + 0.5));
            if tick % 3 == 0 {
                bytes += sender.message().map_or(0, |message| message.len());
            }
        }
        assert!(bytes / 10 <= 240, "{} bytes a second", bytes / 10);
    }

    #[test]
    fn the_past_is_remembered_by_tick() {
        let mut sender = InputSender::default();
        assert_eq!(sender.at(0), None);
        sender.step(Input::Up);
        sender.step(Input::Down);
        assert_eq!((sender.at(0), sender.at(1), sender.at(2)), (None, Some(Input::Up), Some(Input::Down)));
        assert_eq!(sender.at(3), None);
    }

    #[test]
    fn numbers_are_widened_to_the_nearest() {
        assert_eq!(widen(2, 0x1_fffe), 0x2_0002);
        assert_eq!(widen(0xfffe, 0x2_0002), 0x1_fffe);
    }

    proptest! {
        #[test]
        fn arbitrary_messages_never_panic(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..24), 0..200)
        ) {
            let mut buffer = InputBuffer::default();
            for bytes in messages {
                if let Ok(inputs) = Inputs::decode(&bytes) {
                    buffer.receive(&inputs);
                }
                buffer.step();
                prop_assert!(buffer.ahead.len() <= TOO_FAR as usize + 1);
            }
        }
    }
}
