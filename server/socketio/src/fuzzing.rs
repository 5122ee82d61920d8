//! What the fuzz targets reach into.

pub use crate::{
    engine::{
        packet::{Incoming, Packet, encode_payload, split_payload},
        session::{PollAnswer, ProbeStep, Session, Settings},
    },
    socket::{
        Event,
        packet::{Packet as SocketPacket, placeholders_fit},
    },
};

impl Event {
    /// Reads an event as a client's packet brings it.
    pub fn read(text: String, data: usize, ack: Option<u64>, max_bytes: usize) -> Option<Self> {
        Self::new(text, data, ack, Vec::new(), max_bytes)
    }
}

impl Session {
    /// Returns how many packets wait for the client.
    pub fn waiting_packets(&self) -> usize {
        self.waiting()
    }
}
