//! WebSockets: one that probes, and the one to which the session has gone over.

use std::{borrow::Cow, time::Instant};

use super::{CloseReason, Noops, PollAnswer, Probe, ProbeId, ProbeStep, Session, State};
use crate::engine::{
    connection::release,
    packet::{Incoming, Packet},
};

impl Session {
    /// Begins a probe, unless another one has come further.
    pub fn probe_start(&mut self, now: Instant) -> Option<ProbeId> {
        self.handle_timeout(now);
        let free = match self.state {
            State::Polling => self.ending.is_none(),
            State::Probing(probe) => probe.noops == Noops::Off,
            State::WebSocket | State::Closed(_) => false,
        };
        if !free {
            return None;
        }
        self.probes = self.probes.wrapping_add(1);
        let id = ProbeId(self.probes);
        self.state = State::Probing(Probe { id, noops: Noops::Off, deadline: now + self.settings.upgrade_timeout });
        Some(id)
    }

    /// Returns until when a probe may go on; `None` when it is over.
    pub fn probe_deadline(&self, id: ProbeId) -> Option<Instant> {
        match self.state {
            State::Probing(probe) if probe.id == id => Some(probe.deadline),
            _ => None,
        }
    }

    /// Takes a packet that a probing WebSocket has sent; `None` for one that can't be read.
    pub fn probe_packet(&mut self, now: Instant, id: ProbeId, packet: Option<&Incoming<'_>>) -> ProbeStep {
        self.handle_timeout(now);
        let State::Probing(probe) = &mut self.state else { return ProbeStep::Reject };
        if probe.id != id {
            return ProbeStep::Reject;
        }
        match (packet, probe.noops) {
            (Some(Incoming::Ping("probe")), Noops::Off) => {
                probe.noops = Noops::Due;
                ProbeStep::Answer
            }
            (Some(Incoming::Upgrade), Noops::Due | Noops::Next(_)) => {
                self.state = State::WebSocket;
                ProbeStep::Upgraded
            }
            _ => {
                self.state = State::Polling;
                ProbeStep::Reject
            }
        }
    }

    /// A probing WebSocket has gone.
    pub fn probe_cut(&mut self, id: ProbeId) {
        if self.probe_deadline(id).is_some() {
            self.state = State::Polling;
        }
    }

    /// Returns whether the WebSocket has something to send.
    pub fn has_output(&self) -> bool {
        self.is_websocket() && !self.waiting.is_empty()
    }

    /// Takes the next packet that the WebSocket is to send.
    pub fn next_packet(&mut self) -> Option<Packet> {
        if !self.is_websocket() {
            return None;
        }
        let packet = self.waiting.pop_front();
        match &packet {
            Some(packet) => self.waiting_bytes -= packet.len(),
            None => release(&mut self.waiting),
        }
        packet
    }

    /// Returns how the WebSocket is to be closed, once all that waited has been sent.
    pub fn close_frame(&mut self) -> Option<(u16, Cow<'static, str>)> {
        if !self.is_websocket() || !self.waiting.is_empty() {
            return None;
        }
        let ending = self.ending.take()?;
        self.close(CloseReason::ServerClosed, PollAnswer::Unknown);
        Some((ending.0.code, ending.0.reason))
    }
}
