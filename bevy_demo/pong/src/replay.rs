//! A match as it was played, in few bytes: its rules, its seed, and what both players held in every tick.
//!
//! `RPR` and a version (`u8`, 1), the rules as in `Welcome` (4 bytes), the seed (`u64`), then numbers of variable
//! length (seven bits a byte, the lowest first, the top bit while more follow): the ticks played, and for the left
//! and the right player the length of a track and the track. The marks follow up to the end.
//!
//! A track is runs: a number whose two lowest bits say what was held (0 stop, 1 up, 2 down, 3 places) and whose
//! others say for how many ticks, less one. Places follow as one `u16` a tick. A place is written only where it did
//! not come to the same as one of the others, so that a track takes two bytes a tick at most.
//!
//! A mark is the ticks since the one before, and a `u8`: 0 and 1 the left or right player dropped, 2 play went on, 3
//! and 4 the left or right player forfeited, 5 the match was too long to be recorded to its end.

mod track;

use crate::{
    rules::{Input, Paddle, Rules, Side, State, StepEvents},
    wire::{BadMessage, Reader, Writer},
};
use track::{Track, number, put_number};

const MAGIC: [u8; 3] = *b"RPR";
const VERSION: u8 = 1;
/// Ticks of a match that are recorded: two hours.
pub const MAX_TICKS: u32 = 2 * 60 * 60 * crate::TICK_RATE;
/// Marks in a match. Nobody may drop so often.
const MAX_MARKS: usize = 256;

/// What happened between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// This player dropped, and play stood still.
    Paused(Side),
    Resumed,
    Forfeit(Side),
    /// The record ends before the match.
    Cut,
}

impl Mark {
    const ALL: [Mark; 6] = [
        Mark::Paused(Side::Left),
        Mark::Paused(Side::Right),
        Mark::Resumed,
        Mark::Forfeit(Side::Left),
        Mark::Forfeit(Side::Right),
        Mark::Cut,
    ];

    fn code(self) -> u8 {
        match self {
            Mark::Paused(side) => side as u8,
            Mark::Resumed => 2,
            Mark::Forfeit(side) => 3 + side as u8,
            Mark::Cut => 5,
        }
    }
}

/// Writes a match down while it is played.
#[derive(Clone, Debug)]
pub struct Recorder {
    rules: Rules,
    seed: u64,
    ticks: u32,
    tracks: [Track; 2],
    marks: Vec<(u32, Mark)>,
    cut: bool,
}

impl Recorder {
    /// For the match of [`State::new`] with the same rules and seed.
    pub fn new(rules: Rules, seed: u64) -> Self {
        let tracks = Default::default();
        Self { rules: rules.clamped(), seed, ticks: 0, tracks, marks: Vec::new(), cut: false }
    }

    /// The state is about to step with these inputs.
    pub fn step(&mut self, before: &State, inputs: [Input; 2]) {
        if self.ticks == MAX_TICKS {
            self.mark(Mark::Cut);
        }
        if self.cut {
            return;
        }
        self.ticks += 1;
        for ((track, paddle), input) in self.tracks.iter_mut().zip(before.paddles).zip(inputs) {
            track.push(effect(paddle, input, &before.rules));
        }
    }

    pub fn mark(&mut self, mark: Mark) {
        if self.cut {
            return;
        }
        let mark = if self.marks.len() + 1 == MAX_MARKS { Mark::Cut } else { mark };
        self.cut = mark == Mark::Cut;
        self.marks.push((self.ticks, mark));
    }

    /// The match so far, as [`Replay::decode`] reads it.
    pub fn encode(&self) -> Vec<u8> {
        let tracks = self.tracks.each_ref().map(Track::encode);
        encode(&self.rules, self.seed, self.ticks, &tracks, &self.marks)
    }
}

/// The simplest input that moves the paddle as this one does.
fn effect(paddle: Paddle, input: Input, rules: &Rules) -> Input {
    let Input::To(_) = input else { return input };
    let after = |input| {
        let mut paddle = paddle;
        paddle.step(input, rules);
        paddle
    };
    let simple = [Input::Stop, Input::Up, Input::Down];
    simple.into_iter().find(|simple| after(*simple) == after(input)).unwrap_or(input)
}

fn encode(rules: &Rules, seed: u64, ticks: u32, tracks: &[Vec<u8>; 2], marks: &[(u32, Mark)]) -> Vec<u8> {
    let mut w = Writer::default();
    w.bytes(&MAGIC).u8(VERSION).rules(rules).bytes(&seed.to_le_bytes());
    put_number(&mut w, ticks);
    for track in tracks {
        put_number(&mut w, u32::try_from(track.len()).unwrap_or(u32::MAX));
        w.bytes(track);
    }
    let mut last = 0;
    for (tick, mark) in marks {
        put_number(&mut w, tick - last);
        w.u8(mark.code());
        last = *tick;
    }
    w.0
}

/// A match that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    rules: Rules,
    seed: u64,
    ticks: u32,
    /// Runs that cover `ticks` each.
    tracks: [Vec<u8>; 2],
    /// Before which tick, in order.
    marks: Vec<(u32, Mark)>,
}

impl Replay {
    /// # Errors
    /// Bytes that are no replay of this version, or one that is longer than any match.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        let mut r = Reader(bytes);
        if r.take()? != MAGIC || r.u8()? != VERSION {
            return Err(BadMessage);
        }
        let (rules, seed) = (r.rules()?, u64::from_le_bytes(r.take()?));
        let ticks = number(&mut r)?;
        if ticks > MAX_TICKS {
            return Err(BadMessage);
        }
        let tracks = [track::read(&mut r, ticks)?, track::read(&mut r, ticks)?];
        let mut marks: Vec<(u32, Mark)> = Vec::new();
        while !r.0.is_empty() {
            let last = marks.last().map_or(0, |(tick, _)| *tick);
            let tick = last.checked_add(number(&mut r)?).filter(|tick| *tick <= ticks).ok_or(BadMessage)?;
            let mark = *Mark::ALL.get(usize::from(r.u8()?)).ok_or(BadMessage)?;
            if marks.len() == MAX_MARKS {
                return Err(BadMessage);
            }
            marks.push((tick, mark));
        }
        Ok(Self { rules, seed, ticks, tracks, marks })
    }

    pub fn encode(&self) -> Vec<u8> {
        encode(&self.rules, self.seed, self.ticks, &self.tracks, &self.marks)
    }

    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Ticks played, pauses not counted.
    pub fn ticks(&self) -> u32 {
        self.ticks
    }

    /// Pauses, returns and forfeits, each with the number of ticks played before it.
    pub fn marks(&self) -> &[(u32, Mark)] {
        &self.marks
    }

    /// Whether the record goes on to the end of the match.
    pub fn is_whole(&self) -> bool {
        self.marks.last().is_none_or(|(_, mark)| *mark != Mark::Cut)
    }

    /// Plays the match again, and answers how it ended.
    pub fn play(&self) -> State {
        self.follow(|_, _| {})
    }

    /// Plays the match again and shows every tick: the state after it, and what happened in it.
    pub fn follow(&self, mut show: impl FnMut(&State, StepEvents)) -> State {
        let mut state = State::new(self.rules, self.seed);
        let mut marks = self.marks.iter().peekable();
        let [left, right] = self.tracks.each_ref().map(|track| track::inputs(track));
        for (tick, inputs) in (0..).zip(left.zip(right)) {
            while let Some((_, mark)) = marks.next_if(|(at, _)| *at <= tick) {
                apply(&mut state, *mark);
            }
            let events = state.step(inputs.into());
            show(&state, events);
        }
        marks.for_each(|(_, mark)| apply(&mut state, *mark));
        state
    }
}

fn apply(state: &mut State, mark: Mark) {
    match mark {
        Mark::Paused(_) | Mark::Cut => {}
        Mark::Resumed => state.resume(),
        Mark::Forfeit(side) => state.forfeit(side),
    }
}

#[cfg(test)]
mod tests;
