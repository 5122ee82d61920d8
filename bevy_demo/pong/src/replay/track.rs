//! What one player held, tick by tick, as runs.

use crate::{
    rules::Input,
    wire::{BadMessage, Reader, Writer},
};

/// The kind of a run of places; every other kind is held for as long as the run is.
const PLACES: u32 = 3;
const HELD: [Input; 3] = [Input::Stop, Input::Up, Input::Down];

/// A track that grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    done: Writer,
    run: Run,
}

#[derive(Clone, Debug)]
enum Run {
    Held { kind: u32, ticks: u32 },
    Places(Vec<u16>),
}

impl Default for Run {
    fn default() -> Self {
        Run::Places(Vec::new())
    }
}

impl Run {
    fn put(&self, w: &mut Writer) {
        match self {
            Run::Held { kind, ticks } => put_number(w, (ticks - 1) << 2 | kind),
            Run::Places(places) if places.is_empty() => {}
            Run::Places(places) => {
                put_number(w, (places.len() as u32 - 1) << 2 | PLACES);
                places.iter().for_each(|place| _ = w.u16(*place));
            }
        }
    }
}

impl Track {
    pub fn push(&mut self, input: Input) {
        let new = match input {
            Input::Stop => 0,
            Input::Up => 1,
            Input::Down => 2,
            Input::To(place) => {
                if let Run::Places(places) = &mut self.run {
                    return places.push(place);
                }
                return self.begin(Run::Places(vec![place]));
            }
        };
        match &mut self.run {
            Run::Held { kind, ticks } if *kind == new => *ticks += 1,
            _ => self.begin(Run::Held { kind: new, ticks: 1 }),
        }
    }

    fn begin(&mut self, run: Run) {
        std::mem::replace(&mut self.run, run).put(&mut self.done);
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut w = self.done.clone();
        self.run.put(&mut w);
        w.0
    }
}

/// Reads a track with its length before it, and checks that it is one of so many ticks.
pub(super) fn read(r: &mut Reader<'_>, ticks: u32) -> Result<Vec<u8>, BadMessage> {
    let length = number(r)? as usize;
    let (track, rest) = r.0.split_at_checked(length).ok_or(BadMessage)?;
    r.0 = rest;
    let mut left = ticks;
    let mut runs = Reader(track);
    while !runs.0.is_empty() {
        let run = number(&mut runs)?;
        let length = (run >> 2) + 1;
        left = left.checked_sub(length).ok_or(BadMessage)?;
        if run & 3 == PLACES {
            runs.0 = runs.0.get(length as usize * 2..).ok_or(BadMessage)?;
        }
    }
    if left == 0 { Ok(track.to_vec()) } else { Err(BadMessage) }
}

/// What a track that was [`read`] holds, one for each tick.
pub(super) fn inputs(track: &[u8]) -> impl Iterator<Item = Input> {
    let mut r = Reader(track);
    let (mut kind, mut ticks) = (0, 0);
    std::iter::from_fn(move || {
        if ticks == 0 {
            let run = number(&mut r).ok()?;
            (kind, ticks) = (run & 3, (run >> 2) + 1);
        }
        ticks -= 1;
        if kind == PLACES { r.u16().ok().map(Input::To) } else { HELD.get(kind as usize).copied() }
    })
}

/// Writes a number in as few bytes as it takes.
pub(super) fn put_number(w: &mut Writer, mut value: u32) {
    while value > 0x7f {
        w.u8(value as u8 | 0x80);
        value >>= 7;
    }
    w.u8(value as u8);
}

pub(super) fn number(r: &mut Reader<'_>) -> Result<u32, BadMessage> {
    let mut value = 0u32;
    for shift in (0..32).step_by(7) {
        let byte = r.u8()?;
        let bits = u32::from(byte & 0x7f);
        // The fifth byte has room for four bits.
        if shift == 28 && bits > 0xf {
            return Err(BadMessage);
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(BadMessage)
}
