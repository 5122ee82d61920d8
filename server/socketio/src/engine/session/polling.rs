//! Long polling: one poll and one post at a time.

use std::time::{Duration, Instant};

use super::{CloseReason, Noops, PollAnswer, Probe, Refused, Session, State};
use crate::engine::packet::Packet;

/// How often a waiting poll is ended while a WebSocket is probed: clients go over when none is under way.
const NOOP_INTERVAL: Duration = Duration::from_millis(100);

impl Session {
    /// Begins a poll, which [`poll_answer`](Self::poll_answer) ends.
    pub fn poll_start(&mut self, now: Instant) -> Result<(), Refused> {
        self.check_request(now)?;
        if self.requests.poll {
            self.abort(CloseReason::TransportError);
            return Err(Refused::Overlap);
        }
        self.requests.poll = true;
        Ok(())
    }

    /// Returns whether a poll is under way.
    pub fn is_polled(&self) -> bool {
        self.requests.poll
    }

    /// Returns what ends the waiting poll, if anything does now.
    pub fn poll_answer(&mut self, now: Instant) -> Option<PollAnswer> {
        self.handle_timeout(now);
        if !self.requests.poll {
            return None;
        }
        let answer = self.answer_now(now)?;
        self.requests.poll = false;
        Some(answer)
    }

    fn answer_now(&mut self, now: Instant) -> Option<PollAnswer> {
        if let State::Closed(_) = self.state {
            return Some(self.requests.last_answer.take().unwrap_or(PollAnswer::Unknown));
        }
        // What waits goes out by the WebSocket.
        if self.state == State::WebSocket {
            return Some(PollAnswer::Packets(vec![Packet::NOOP]));
        }
        if !self.waiting.is_empty() {
            let packets = Vec::from(std::mem::take(&mut self.waiting));
            self.waiting_bytes = 0;
            // A rejection is still to be told, to the next poll.
            if self.ending.as_ref().is_some_and(|ending| ending.0.rejection.is_none()) {
                self.close(CloseReason::ServerClosed, PollAnswer::Unknown);
            }
            return Some(PollAnswer::Packets(packets));
        }
        if let Some(ending) = self.ending.take() {
            let answer = ending.0.rejection.map_or(PollAnswer::Unknown, PollAnswer::Rejected);
            self.close(CloseReason::ServerClosed, PollAnswer::Unknown);
            return Some(answer);
        }
        match &mut self.state {
            State::Probing(Probe { noops: noops @ Noops::Due, .. }) => {
                *noops = Noops::Next(now + NOOP_INTERVAL);
                Some(PollAnswer::Packets(vec![Packet::NOOP]))
            }
            _ => None,
        }
    }

    /// Returns whether it is worth asking for an answer to the waiting poll.
    pub fn may_answer_poll(&self) -> bool {
        match self.state {
            State::Closed(_) | State::WebSocket => true,
            State::Probing(Probe { noops: Noops::Due, .. }) => true,
            State::Polling | State::Probing(_) => !self.waiting.is_empty() || self.ending.is_some(),
        }
    }

    /// The client of the waiting poll has hung up.
    pub fn poll_cut(&mut self) {
        if self.requests.poll {
            self.requests.poll = false;
            if !self.is_websocket() {
                self.abort(CloseReason::TransportError);
            }
        }
    }

    /// Begins a post, whose packets are given to [`receive`](Self::receive).
    pub fn post_start(&mut self, now: Instant) -> Result<(), Refused> {
        self.check_request(now)?;
        if self.requests.post {
            self.abort(CloseReason::TransportError);
            return Err(Refused::Overlap);
        }
        self.requests.post = true;
        Ok(())
    }

    /// Ends a post.
    pub fn post_end(&mut self) {
        self.requests.post = false;
    }

    fn check_request(&mut self, now: Instant) -> Result<(), Refused> {
        self.handle_timeout(now);
        match self.state {
            State::Closed(_) => Err(Refused::Unknown),
            State::WebSocket => Err(Refused::WrongTransport),
            State::Polling | State::Probing(_) => Ok(()),
        }
    }
}
