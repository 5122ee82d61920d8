//! One renet connection: what arrives, what is sent, and what it may cost.

use std::{
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use rallypoint_pong::{
    ACKNOWLEDGE_EVERY, CHANNEL_RELIABLE, CHANNEL_UNRELIABLE, connection_config,
    input::Inputs,
    is_acknowledgement,
    rules::{Side, State},
    snapshot::SnapshotEncoder,
    wire::{ClientMessage, MAX_MESSAGE, ServerMessage},
};
use rallypoint_protocol::GameId;
use renet::RenetClient;

use super::bucket::Bucket;

/// Refusals that are overlooked at once, and a second.
const PATIENCE: (u32, u32) = (10, 120);

/// The client has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misbehaved(pub &'static str);

pub struct Link {
    pub game_id: GameId,
    pub side: Side,
    pub addr: SocketAddr,
    pub group: usize,
    /// Something has arrived that was not read yet.
    pub unread: bool,
    renet: RenetClient,
    encoder: SnapshotEncoder,
    inputs: Bucket,
    patience: Bucket,
    acknowledged: Duration,
}

impl Link {
    pub fn new(
        game_id: GameId,
        side: Side,
        addr: SocketAddr,
        group: usize,
        input_rate: (u32, u32),
        now: Duration,
    ) -> Self {
        let mut renet = RenetClient::new(connection_config());
        renet.set_connected();
        Self {
            game_id,
            side,
            addr,
            group,
            unread: false,
            renet,
            encoder: SnapshotEncoder::default(),
            inputs: Bucket::new(input_rate.0, input_rate.1, now),
            patience: Bucket::new(PATIENCE.0, PATIENCE.1, now),
            acknowledged: Duration::ZERO,
        }
    }

    /// Takes a decrypted payload in.
    pub fn receive(&mut self, payload: &[u8]) -> Result<(), Misbehaved> {
        // Slices (2 and 3) are never needed: every message fits a packet. renet 2.0.1 indexes past a vector when
        // a slice's index is not below its count.
        match payload {
            [0 | 1 | 4, ..] if payload.len() <= MAX_MESSAGE + 64 => {}
            _ => return Err(Misbehaved("a packet that no client of this game sends")),
        }
        let renet = &mut self.renet;
        catch_unwind(AssertUnwindSafe(|| renet.process_packet(payload)))
            .map_err(|_| Misbehaved("a packet that panicked"))?;
        self.unread = true;
        if self.renet.is_disconnected() { Err(Misbehaved("a malformed packet")) } else { Ok(()) }
    }

    pub fn next_message(&mut self, now: Duration) -> Result<Option<ClientMessage>, Misbehaved> {
        while let Some(bytes) = self.renet.receive_message(CHANNEL_RELIABLE) {
            match ClientMessage::decode(&bytes) {
                Ok(message) if self.inputs.take(now) => return Ok(Some(message)),
                _ => self.overlook(now)?,
            }
        }
        Ok(None)
    }

    pub fn next_inputs(&mut self, now: Duration) -> Result<Option<Inputs>, Misbehaved> {
        while let Some(bytes) = self.renet.receive_message(CHANNEL_UNRELIABLE) {
            match Inputs::decode(&bytes) {
                Ok(inputs) if self.inputs.take(now) => return Ok(Some(inputs)),
                _ => self.overlook(now)?,
            }
        }
        Ok(None)
    }

    fn overlook(&mut self, now: Duration) -> Result<(), Misbehaved> {
        if self.patience.take(now) { Ok(()) } else { Err(Misbehaved("a flood of messages")) }
    }

    pub fn send(&mut self, message: &ServerMessage) -> Result<(), Misbehaved> {
        let bytes = message.encode();
        if !self.renet.can_send_message(CHANNEL_RELIABLE, bytes.len()) {
            return Err(Misbehaved("too slow to be told"));
        }
        self.renet.send_message(CHANNEL_RELIABLE, bytes);
        Ok(())
    }

    pub fn snapshot(&mut self, state: &State, acknowledged: Option<u16>) {
        let bytes = self.encoder.encode(state, acknowledged);
        if self.renet.can_send_message(CHANNEL_UNRELIABLE, bytes.len()) {
            self.renet.send_message(CHANNEL_UNRELIABLE, bytes);
        }
    }

    /// Lets time pass and answers the packets that are due.
    pub fn flush(&mut self, passed: Duration, now: Duration) -> Result<Vec<Vec<u8>>, Misbehaved> {
        let renet = &mut self.renet;
        let mut packets = catch_unwind(AssertUnwindSafe(|| {
            renet.update(passed);
            renet.get_packets_to_send()
        }))
        .map_err(|_| Misbehaved("packets that panicked"))?;
        if self.renet.is_disconnected() {
            return Err(Misbehaved("acknowledgements that don't fit a packet"));
        }
        if packets.last().is_some_and(|packet| is_acknowledgement(packet)) {
            if now.saturating_sub(self.acknowledged) < ACKNOWLEDGE_EVERY {
                packets.pop();
            } else {
                self.acknowledged = now;
            }
        }
        Ok(packets)
    }
}
