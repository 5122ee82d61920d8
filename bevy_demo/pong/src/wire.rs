//! The reliable messages, and how bytes are read strictly.
//!
//! Numbers are little-endian. A message that is too short, too long or holds a value out of range is refused as a
//! whole. [`crate::input`] and [`crate::snapshot`] describe the unreliable channel.

use std::fmt;

use crate::rules::{Outcome, Reason, Rules, Side, Speed};

/// No message is longer, so that none is ever cut into slices.
pub const MAX_MESSAGE: usize = 1200;
/// Bytes of a name on the wire; longer ones are cut at a character.
pub const MAX_NAME: usize = 64;

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadMessage;

impl fmt::Display for BadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a message of this game")
    }
}

impl std::error::Error for BadMessage {}

/// From a client, reliably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Wants to start.
    Ready,
    /// Gives up. Simply going away leaves time to come back.
    Leave,
}

impl ClientMessage {
    pub fn encode(&self) -> Vec<u8> {
        vec![match self {
            ClientMessage::Ready => 0,
            ClientMessage::Leave => 1,
        }]
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        match bytes {
            [0] => Ok(ClientMessage::Ready),
            [1] => Ok(ClientMessage::Leave),
            _ => Err(BadMessage),
        }
    }
}

/// One of the two players, as the other sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seat {
    /// Empty until someone has the seat.
    pub name: String,
    pub connected: bool,
    pub ready: bool,
}

/// What the room is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    WaitingForPlayers,
    WaitingForReady,
    Active,
    Paused,
    Finished,
}

/// To a client, reliably and in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// The first message of every connection.
    Welcome {
        side: Side,
        rules: Rules,
        stage: Stage,
        tick: u32,
        scores: [u8; 2],
    },
    /// Whenever one of them changes, and after `Welcome`.
    Seats([Seat; 2]),
    /// The match begins.
    Start {
        tick: u32,
    },
    Point {
        side: Side,
        tick: u32,
        scores: [u8; 2],
    },
    /// This side is gone. Unless it is back in time, it forfeits.
    Paused {
        side: Side,
        remaining_ms: u32,
    },
    /// Play goes on after a moment of stillness.
    Resumed {
        tick: u32,
    },
    /// The last message: the connection ends soon after.
    Finished {
        outcome: Outcome,
        scores: [u8; 2],
    },
}

impl ServerMessage {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            ServerMessage::Welcome { side, rules, stage, tick, scores } => {
                w.u8(0).u8(*side as u8).rules(rules);
                w.u8(*stage as u8).u32(*tick).bytes(scores);
            }
            ServerMessage::Seats(seats) => {
                w.u8(1);
                for seat in seats {
                    w.text(&seat.name).u8(u8::from(seat.connected) | u8::from(seat.ready) << 1);
                }
            }
            ServerMessage::Start { tick } => {
                w.u8(2).u32(*tick);
            }
            ServerMessage::Point { side, tick, scores } => {
                w.u8(3).u8(*side as u8).u32(*tick).bytes(scores);
            }
            ServerMessage::Paused { side, remaining_ms } => {
                w.u8(4).u8(*side as u8).u32(*remaining_ms);
            }
            ServerMessage::Resumed { tick } => {
                w.u8(5).u32(*tick);
            }
            ServerMessage::Finished { outcome, scores } => {
                w.u8(6).u8(outcome.winner.map_or(2, |side| side as u8)).u8(outcome.reason as u8).bytes(scores);
            }
        }
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        let mut r = Reader(bytes);
        let message = match r.u8()? {
            0 => ServerMessage::Welcome {
                side: r.side()?,
                rules: r.rules()?,
                stage: r.one_of(&STAGES)?,
                tick: r.u32()?,
                scores: [r.u8()?, r.u8()?],
            },
            1 => ServerMessage::Seats([r.seat()?, r.seat()?]),
            2 => ServerMessage::Start { tick: r.u32()? },
            3 => ServerMessage::Point { side: r.side()?, tick: r.u32()?, scores: [r.u8()?, r.u8()?] },
            4 => ServerMessage::Paused { side: r.side()?, remaining_ms: r.u32()? },
            5 => ServerMessage::Resumed { tick: r.u32()? },
            6 => ServerMessage::Finished {
                outcome: Outcome {
                    winner: r.one_of(&[Some(Side::Left), Some(Side::Right), None])?,
                    reason: r.one_of(&[Reason::Score, Reason::Time, Reason::Forfeit])?,
                },
                scores: [r.u8()?, r.u8()?],
            },
            _ => return Err(BadMessage),
        };
        r.end()?;
        Ok(message)
    }
}

const STAGES: [Stage; 5] =
    [Stage::WaitingForPlayers, Stage::WaitingForReady, Stage::Active, Stage::Paused, Stage::Finished];

#[derive(Clone, Debug, Default)]
pub(crate) struct Writer(pub Vec<u8>);

impl Writer {
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub fn i16(&mut self, value: i16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn rules(&mut self, rules: &Rules) -> &mut Self {
        self.u8(rules.speed as u8).u8(rules.score_to_win).u8(rules.time_limit.unwrap_or(0)).u8(rules.cool_mode.into())
    }

    fn text(&mut self, text: &str) -> &mut Self {
        let cut = &text[..text.floor_char_boundary(MAX_NAME)];
        self.u8(cut.len() as u8).bytes(cut.as_bytes())
    }
}

pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], BadMessage> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(BadMessage)?;
        self.0 = rest;
        Ok(*head)
    }

    pub fn u8(&mut self) -> Result<u8, BadMessage> {
        self.take().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Result<u16, BadMessage> {
        self.take().map(u16::from_le_bytes)
    }

    pub fn i16(&mut self) -> Result<i16, BadMessage> {
        self.take().map(i16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, BadMessage> {
        self.take().map(u32::from_le_bytes)
    }

    pub fn end(&self) -> Result<(), BadMessage> {
        if self.0.is_empty() { Ok(()) } else { Err(BadMessage) }
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> Result<T, BadMessage> {
        values.get(usize::from(self.u8()?)).copied().ok_or(BadMessage)
    }

    fn side(&mut self) -> Result<Side, BadMessage> {
        self.one_of(&Side::BOTH)
    }

    fn flag(&mut self) -> Result<bool, BadMessage> {
        self.one_of(&[false, true])
    }

    pub fn rules(&mut self) -> Result<Rules, BadMessage> {
        let rules = Rules {
            speed: self.one_of(&[Speed::Slow, Speed::Medium, Speed::Fast])?,
            score_to_win: self.u8()?,
            time_limit: Some(self.u8()?).filter(|minutes| *minutes > 0),
            cool_mode: self.flag()?,
        };
        if rules == rules.clamped() { Ok(rules) } else { Err(BadMessage) }
    }

    fn seat(&mut self) -> Result<Seat, BadMessage> {
        let length = usize::from(self.u8()?);
        if length > MAX_NAME || length > self.0.len() {
            return Err(BadMessage);
        }
        let (name, rest) = self.0.split_at(length);
        self.0 = rest;
        let name = std::str::from_utf8(name).map_err(|_| BadMessage)?.to_owned();
        let flags = self.one_of(&[0u8, 1, 2, 3])?;
        Ok(Seat { name, connected: flags & 1 != 0, ready: flags & 2 != 0 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn messages() -> Vec<ServerMessage> {
        let seat = |name: &str, connected, ready| Seat { name: name.into(), connected, ready };
        let rules = Rules { speed: Speed::Fast, score_to_win: 20, time_limit: Some(3), cool_mode: true };
        vec![
            ServerMessage::Welcome { side: Side::Right, rules, stage: Stage::Paused, tick: 70_000, scores: [3, 19] },
            ServerMessage::Seats([seat("Zoë#0042", true, false), seat("", false, true)]),
            ServerMessage::Start { tick: 0 },
            ServerMessage::Point { side: Side::Left, tick: 81, scores: [1, 0] },
            ServerMessage::Paused { side: Side::Right, remaining_ms: 15_000 },
            ServerMessage::Resumed { tick: u32::MAX },
            ServerMessage::Finished { outcome: Outcome { winner: None, reason: Reason::Time }, scores: [2, 2] },
        ]
    }

    #[test]
    fn messages_survive_the_wire() {
        for message in messages() {
            let bytes = message.encode();
            assert!(bytes.len() < MAX_MESSAGE);
            assert_eq!(ServerMessage::decode(&bytes), Ok(message));
        }
        for message in [ClientMessage::Ready, ClientMessage::Leave] {
            assert_eq!(ClientMessage::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn cut_or_extended_messages_are_refused() {
        for message in messages() {
            let mut bytes = message.encode();
            for length in 0..bytes.len() {
                assert_eq!(ServerMessage::decode(&bytes[..length]), Err(BadMessage), "{message:?} cut to {length}");
            }
            bytes.push(0);
            assert_eq!(ServerMessage::decode(&bytes), Err(BadMessage));
        }
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        let seat = Seat { name: "é".repeat(100), ..Seat::default() };
        let bytes = ServerMessage::Seats([seat, Seat::default()]).encode();
        let Ok(ServerMessage::Seats([seat, _])) = ServerMessage::decode(&bytes) else { panic!("not seats") };
        assert_eq!(seat.name, "é".repeat(MAX_NAME / 2));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(message) = ServerMessage::decode(&bytes) {
                prop_assert_eq!(message.encode(), bytes.clone());
            }
            if let Ok(message) = ClientMessage::decode(&bytes) {
                prop_assert_eq!(message.encode(), bytes);
            }
        }
    }
}
