//! One renet connection: what arrives, what is sent, and what it may cost.

use std::{
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use rallypoint_pong::{
    CHANNEL_RELIABLE, CHANNEL_UNRELIABLE, connection_config,
    input::Inputs,
    rules::State,
    snapshot::SnapshotEncoder,
    wire::{ClientMessage, MAX_MESSAGE, ServerMessage},
};
use rallypoint_protocol::GameId;
use renet::RenetClient;

use super::{bucket::Bucket, host::Role};

/// Refusals that are overlooked at once, and a second.
const PATIENCE: (u32, u32) = (10, 120);

/// How long renet may keep quiet: its repeats and acknowledgements have time.
const QUIET: Duration = Duration::from_millis(250);

/// The client has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misbehaved(pub &'static str);

pub struct Link {
    pub game_id: GameId,
    pub role: Role,
    pub addr: SocketAddr,
    pub group: usize,
    /// Something has arrived that was not read yet.
    pub unread: bool,
    renet: RenetClient,
    encoder: SnapshotEncoder,
    inputs: Bucket,
    patience: Bucket,
    /// Something reliable is to be sent or acknowledged.
    urgent: bool,
    flushed: Duration,
}

impl Link {
    pub fn new(
        game_id: GameId,
        role: Role,
        addr: SocketAddr,
        group: usize,
        input_rate: (u32, u32),
        now: Duration,
    ) -> Self {
        let mut renet = RenetClient::new(connection_config());
        renet.set_connected();
        // Snapshots are written past renet, all with the sequence number that this packet uses up: for them, its
        // bookkeeping costs more than all else, and nobody needs to know which arrived.
        renet.send_message(CHANNEL_UNRELIABLE, [0].as_slice());
        renet.get_packets_to_send();
        Self {
            game_id,
            role,
            addr,
            group,
            unread: false,
            renet,
            encoder: SnapshotEncoder::default(),
            inputs: Bucket::new(input_rate.0, input_rate.1, now),
            patience: Bucket::new(PATIENCE.0, PATIENCE.1, now),
            urgent: true,
            flushed: now,
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
        self.urgent |= payload[0] == 0;
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
        self.urgent = true;
        Ok(())
    }

    /// The next snapshot, as a packet of renet's.
    pub fn snapshot(&mut self, state: &State, acknowledged: Option<u16>) -> Vec<u8> {
        let bytes = self.encoder.encode(state, acknowledged);
        let mut packet = Vec::with_capacity(6 + bytes.len());
        // An unreliable packet with sequence 0, of one message; lengths below 64 take one byte.
        packet.extend([1, 0, CHANNEL_UNRELIABLE, 0, 1, bytes.len() as u8 & 63]);
        packet.extend(bytes);
        packet
    }

    /// Whether renet has something to say by now.
    pub fn is_due(&self, now: Duration) -> bool {
        self.urgent || now.saturating_sub(self.flushed) >= QUIET
    }

    /// Lets time pass for renet and answers its packets: reliable messages, repeats and acknowledgements.
    pub fn flush(&mut self, now: Duration) -> Result<Vec<Vec<u8>>, Misbehaved> {
        let passed = now.saturating_sub(self.flushed);
        self.flushed = now;
        self.urgent = false;
        let renet = &mut self.renet;
        let packets = catch_unwind(AssertUnwindSafe(|| {
            renet.update(passed);
            renet.get_packets_to_send()
        }))
        .map_err(|_| Misbehaved("packets that panicked"))?;
        if self.renet.is_disconnected() {
            Err(Misbehaved("acknowledgements that don't fit a packet"))
        } else {
            Ok(packets)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rallypoint_pong::{rules::Rules, snapshot::SnapshotDecoder};

    use super::*;

    fn link() -> Link {
        let game_id = GameId(uuid::Uuid::nil());
        Link::new(
            game_id,
            Role::Spectator { user_id: rallypoint_protocol::UserId(1) },
            ([127, 0, 0, 1], 1).into(),
            0,
            (120, 240),
            Duration::ZERO,
        )
    }

    #[test]
    fn renet_reads_the_snapshots_and_never_takes_them_for_another_packet() {
        let (mut link, mut client) = (link(), RenetClient::new(connection_config()));
        client.set_connected();
        let state = State::new(Rules::default(), 1);
        link.send(&ServerMessage::Start { tick: 1 }).unwrap();
        // The reliable message is lost, the snapshots arrive and are acknowledged.
        link.flush(Duration::from_millis(10)).unwrap();
        for _ in 0..3 {
            client.process_packet(&link.snapshot(&state, None));
        }
        let bytes = client.receive_message(CHANNEL_UNRELIABLE).unwrap();
        assert!(SnapshotDecoder::new(0).decode(&bytes).unwrap().is_some());
        for packet in client.get_packets_to_send() {
            link.receive(&packet).unwrap();
        }
        // It is sent again, since nothing said that it had arrived.
        for packet in link.flush(Duration::from_millis(500)).unwrap() {
            client.process_packet(&packet);
        }
        let again = client.receive_message(CHANNEL_RELIABLE).unwrap();
        assert_eq!(ServerMessage::decode(&again), Ok(ServerMessage::Start { tick: 1 }));
    }

    #[test]
    fn slices_are_never_given_to_renet() {
        for kind in [2, 3, 5, 255] {
            assert!(link().receive(&[kind, 0, 1, 0, 7, 1, 4, 1, 2, 3, 4]).is_err());
        }
        assert!(link().receive(&[]).is_err());
    }

    proptest! {
        /// Payloads of a client that has a token and no manners: read or refused, and never kept for long.
        #[test]
        fn any_payloads_are_read_or_refused(
            payloads in prop::collection::vec((0..6u8, prop::collection::vec(any::<u8>(), 0..80)), 1..60),
        ) {
            let mut link = link();
            for (number, (kind, rest)) in payloads.into_iter().enumerate() {
                let now = Duration::from_millis(number as u64 * 10);
                let payload = [&[kind], rest.as_slice()].concat();
                if link.receive(&payload).is_err() {
                    break;
                }
                while let Ok(Some(_)) = link.next_message(now) {}
                while let Ok(Some(_)) = link.next_inputs(now) {}
                if link.flush(now).is_err() {
                    break;
                }
            }
        }
    }
}
