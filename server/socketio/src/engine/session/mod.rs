//! One client's session as a state machine: no I/O, no clock. Inputs are a poll, a post, a packet, a time; what is to be
//! sent waits in the session until the transport takes it.
//!
//! ```text
//! Polling ──probe_start──► Probing ──packet `5`──► WebSocket ──► Closed(reason)
//!    ▲                        │ cut, stalled, rubbish
//!    └────────────────────────┘
//! ```
//!
//! Only packet `5` changes the transport. Until then packets go out by polling, so that a probe that comes to nothing
//! costs nothing.

#[cfg(test)]
mod model_tests;
mod polling;
#[cfg(test)]
mod tests;
mod websocket;

use std::{
    borrow::Cow,
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{
    packet::{Incoming, Packet},
    rejection::Rejection,
};

/// What a session goes by.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    pub upgrade_timeout: Duration,
    pub closing_timeout: Duration,
    pub max_waiting_packets: usize,
    pub max_waiting_bytes: usize,
}

/// Why a session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The client has said so.
    ClientClosed,
    /// The connection has broken, or was used against the protocol's rules.
    TransportError,
    PingTimeout,
    /// Something could not be read.
    ParseError,
    /// The client reads too slowly.
    TooSlow,
    /// The client sends more than it may.
    TooMuch,
    /// The application has ended it.
    ServerClosed,
}

/// How the application ends a session. What waits for the client is delivered before.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The code and the reason of a WebSocket's close frame.
    pub code: u16,
    pub reason: Cow<'static, str>,
    /// What a poll is answered with; `None`: the session is unknown from then on.
    pub rejection: Option<Rejection>,
    /// A last packet for a WebSocket, where a poll has its answer to tell why.
    pub notice: Option<Packet>,
}

/// What ends a waiting poll.
#[derive(Clone, Debug)]
pub enum PollAnswer {
    Packets(Vec<Packet>),
    /// The session is no more.
    Unknown,
    Rejected(Rejection),
}

/// Why a poll or a post is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The session has ended.
    Unknown,
    /// The client has gone over to a WebSocket.
    WrongTransport,
    /// Another one is under way, which has ended the session.
    Overlap,
}

/// What a packet brings to the application.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    Nothing,
    Text(&'a str),
    Binary(bytes::Bytes),
}

/// What becomes of a WebSocket that probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeStep {
    /// The server answers `3probe`.
    Answer,
    /// The session has gone over to it.
    Upgraded,
    /// It is closed, and the session goes on by polling.
    Reject,
}

/// Distinguishes the probes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeId(u32);

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Polling,
    Probing(Probe),
    WebSocket,
    Closed(CloseReason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Probe {
    id: ProbeId,
    noops: Noops,
    deadline: Instant,
}

/// When a waiting poll is ended, so that the client finds none under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noops {
    /// Not before `2probe`.
    Off,
    Next(Instant),
    Due,
}

#[derive(Clone, Copy, Debug)]
enum Heartbeat {
    Due(Instant),
    AnswerBy(Instant),
}

/// The requests that are under way.
#[derive(Debug, Default)]
struct Requests {
    poll: bool,
    post: bool,
    /// How a poll that waits is told of the end.
    last_answer: Option<PollAnswer>,
}

/// The state machine.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    state: State,
    heartbeat: Heartbeat,
    waiting: VecDeque<Packet>,
    waiting_bytes: usize,
    requests: Requests,
    ending: Option<Box<(Ending, Instant)>>,
    probes: u32,
}

impl Session {
    /// Returns a session that began by polling.
    pub fn polling(settings: Settings, now: Instant) -> Self {
        Self::new(settings, State::Polling, now)
    }

    /// Returns a session that began with a WebSocket.
    pub fn websocket(settings: Settings, now: Instant) -> Self {
        Self::new(settings, State::WebSocket, now)
    }

    fn new(settings: Settings, state: State, now: Instant) -> Self {
        Self {
            settings,
            state,
            heartbeat: Heartbeat::Due(now + settings.ping_interval),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            requests: Requests::default(),
            ending: None,
            probes: 0,
        }
    }

    /// Returns why the session has ended, once it has.
    pub fn closed(&self) -> Option<CloseReason> {
        match self.state {
            State::Closed(reason) => Some(reason),
            _ => None,
        }
    }

    /// Returns whether packets may still be sent.
    pub fn is_open(&self) -> bool {
        self.closed().is_none() && self.ending.is_none()
    }

    pub fn is_websocket(&self) -> bool {
        self.state == State::WebSocket
    }

    /// Queues a packet; one that a client is too slow for ends the session. Returns whether it was taken.
    pub fn send(&mut self, packet: Packet) -> bool {
        if !self.is_open() {
            return false;
        }
        let Settings { max_waiting_packets, max_waiting_bytes, .. } = self.settings;
        if self.waiting.len() >= max_waiting_packets || self.waiting_bytes + packet.len() > max_waiting_bytes {
            self.close(CloseReason::TooSlow, PollAnswer::Unknown);
            return false;
        }
        self.push(packet);
        true
    }

    /// Ends the session as soon as what waits has been delivered, or the client does not fetch it.
    pub fn end(&mut self, now: Instant, ending: Ending) {
        if !self.is_open() {
            return;
        }
        if let State::Probing(_) = self.state {
            self.state = State::Polling;
        }
        if let (State::WebSocket, Some(notice)) = (self.state, &ending.notice) {
            self.push(notice.clone());
        }
        self.ending = Some(Box::new((ending, now + self.settings.closing_timeout)));
    }

    /// Ends the session at once.
    pub fn abort(&mut self, reason: CloseReason) {
        let last = match reason {
            CloseReason::ClientClosed => PollAnswer::Packets(vec![Packet::NOOP]),
            CloseReason::ParseError | CloseReason::TransportError | CloseReason::TooMuch => {
                PollAnswer::Packets(vec![Packet::CLOSE])
            }
            // Some clients stay away after a close packet; these are to come back.
            CloseReason::PingTimeout | CloseReason::TooSlow | CloseReason::ServerClosed => PollAnswer::Unknown,
        };
        self.close(reason, last);
    }

    /// Takes a packet that has arrived over the session's transport.
    pub fn receive<'a>(&mut self, now: Instant, packet: Incoming<'a>) -> Received<'a> {
        self.handle_timeout(now);
        if self.closed().is_some() {
            return Received::Nothing;
        }
        match packet {
            Incoming::Close => self.abort(CloseReason::ClientClosed),
            _ if self.ending.is_some() => {}
            Incoming::Text(text) => return Received::Text(text),
            Incoming::Binary(bytes) => return Received::Binary(bytes),
            Incoming::Pong => {
                if let Heartbeat::AnswerBy(_) = self.heartbeat {
                    self.heartbeat = Heartbeat::Due(now + self.settings.ping_interval);
                }
            }
            // The server pings, and the client answers.
            Incoming::Ping(_) => self.abort(CloseReason::TransportError),
            Incoming::Open | Incoming::Upgrade | Incoming::Noop => {}
        }
        Received::Nothing
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let of_state = match self.state {
            State::Closed(_) => return None,
            State::Probing(probe) => {
                let noop = match probe.noops {
                    Noops::Next(at) if self.requests.poll => at,
                    _ => probe.deadline,
                };
                Some(noop.min(probe.deadline))
            }
            State::Polling | State::WebSocket => None,
        };
        let rest = match (&self.ending, self.heartbeat) {
            (Some(ending), _) => ending.1,
            (None, Heartbeat::Due(at) | Heartbeat::AnswerBy(at)) => at,
        };
        Some(of_state.map_or(rest, |at| at.min(rest)))
    }

    /// Does what is due by now.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let State::Probing(probe) = &mut self.state {
            if now >= probe.deadline {
                self.state = State::Polling;
            } else if matches!(probe.noops, Noops::Next(at) if now >= at) {
                probe.noops = Noops::Due;
            }
        }
        if self.closed().is_some() {
            return;
        }
        if let Some(ending) = &self.ending {
            if now >= ending.1 {
                self.close(CloseReason::ServerClosed, PollAnswer::Unknown);
            }
            return;
        }
        if let Heartbeat::Due(due) = self.heartbeat
            && now >= due
        {
            // A server that is late itself does not make its clients late.
            let from = if now < due + self.settings.ping_timeout / 2 { due } else { now };
            self.heartbeat = Heartbeat::AnswerBy(from + self.settings.ping_timeout);
            self.push(Packet::PING);
        }
        if let Heartbeat::AnswerBy(by) = self.heartbeat
            && now >= by
        {
            self.abort(CloseReason::PingTimeout);
        }
    }

    /// Gives the client more time to answer a ping, while the server itself does not read.
    pub fn extend_heartbeat(&mut self, now: Instant) {
        if let Heartbeat::AnswerBy(by) = &mut self.heartbeat {
            *by = (*by).max(now + self.settings.ping_timeout);
        }
    }

    #[cfg(fuzzing)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn push(&mut self, packet: Packet) {
        self.waiting_bytes += packet.len();
        self.waiting.push_back(packet);
    }

    fn close(&mut self, reason: CloseReason, last_answer: PollAnswer) {
        if self.closed().is_none() {
            self.state = State::Closed(reason);
            self.requests.last_answer = Some(last_answer);
            self.waiting = VecDeque::new();
            self.waiting_bytes = 0;
            self.ending = None;
        }
    }
}
