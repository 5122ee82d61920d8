//! What an application decides about its server.

use std::time::Duration;

/// Timing and limits, with the defaults of the reference implementation where it has any.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long after the handshake, or the last answer, a client is pinged.
    pub ping_interval: Duration,
    /// How long a client may take to answer a ping.
    pub ping_timeout: Duration,
    /// How long a client may stay without being connected to any namespace.
    pub connect_timeout: Duration,
    /// How long a change from polling to a WebSocket may take.
    pub upgrade_timeout: Duration,
    /// How long a client may take to hear that it is disconnected, and to close its side.
    pub closing_timeout: Duration,
    /// The largest message, and the largest body of a request, in bytes. Clients are told.
    pub max_payload: usize,
    /// The largest event, in bytes, that is handed over whole; of a larger one the name is.
    pub max_event: usize,
    /// Binary attachments of one event.
    pub max_attachments: usize,
    /// Packets that may wait for a client; one that lags further behind is cut off.
    pub max_waiting_packets: usize,
    /// Bytes that may wait for a client.
    pub max_waiting_bytes: usize,
    /// Events of one socket that may wait for its handler. While so many wait, no more is read.
    pub max_waiting_events: usize,
    /// What may be sent before the first namespace is connected; `None` for no limit.
    pub before_connect: Option<BeforeConnect>,
    /// Packets that are no events (heartbeats and the like) a second, over ten seconds, from a connected client.
    pub control_packets_per_second: u32,
    /// Every session id begins with it: the name of a node, where several share an address.
    pub sid_prefix: String,
}

/// What a client may send before a namespace is connected. Beyond it the transport is ended.
#[derive(Clone, Copy, Debug)]
pub struct BeforeConnect {
    /// The size of one message, the CONNECT packet, in bytes.
    pub connect_bytes: usize,
    /// Packets beside it.
    pub packets: u32,
    /// The size of each of them, in bytes.
    pub packet_bytes: usize,
}

impl BeforeConnect {
    /// Returns the longest request body that can hold no more than is allowed.
    pub(crate) fn body_bytes(&self) -> usize {
        const WITH_EVENTS_BEHIND: usize = 64 * 1024;
        WITH_EVENTS_BEHIND.max(self.connect_bytes + self.packets as usize * (self.packet_bytes + 1))
    }
}

impl Default for BeforeConnect {
    fn default() -> Self {
        Self { connect_bytes: 16 * 1024, packets: 20, packet_bytes: 64 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            upgrade_timeout: Duration::from_secs(10),
            closing_timeout: Duration::from_secs(3),
            max_payload: 1_000_000,
            max_event: 64 * 1024,
            max_attachments: 10,
            max_waiting_packets: 256,
            max_waiting_bytes: 8 * 1024 * 1024,
            max_waiting_events: 128,
            before_connect: Some(BeforeConnect::default()),
            control_packets_per_second: 10,
            sid_prefix: String::new(),
        }
    }
}
