//! Pong, as the server referees it and clients predict it.
//!
//! * [`rules`]: a deterministic 60 Hz simulation in integers
//! * [`wire`]: the messages of the two channels, a few bytes each
//! * [`predict`]: what a client shows between two snapshots
//! * [`replay`]: a match as its seed and its inputs, to be played again
//! * [`bot`]: a computer player with a skill
//! * `client` (feature `client`): a headless client over renet
//!
//! Coordinates go from 0 to 1: `x` from the left edge to the right, `y` from the top down.

pub mod bot;
#[cfg(feature = "client")]
pub mod client;
pub mod input;
pub mod predict;
pub mod replay;
pub mod rules;
pub mod snapshot;
pub mod wire;

use std::time::Duration;

use renet::{ChannelConfig, ConnectionConfig, SendType};

/// Tells this game from every other that uses connect tokens. Changes with [`wire`].
pub const PROTOCOL_ID: u64 = u64::from_be_bytes(*b"RPpong01");

/// Unreliable: inputs up, snapshots down.
pub const CHANNEL_UNRELIABLE: u8 = 0;
/// Reliable and ordered: what must not be missed.
pub const CHANNEL_RELIABLE: u8 = 1;

/// Simulation steps a second.
pub const TICK_RATE: u32 = 60;
/// Snapshots a second, to each player.
pub const SNAPSHOT_RATE: u32 = 30;
/// Packets a second that a client need not exceed. More only costs bandwidth.
pub const CLIENT_SEND_RATE: u32 = 20;
/// One step of the simulation.
pub const TICK: Duration = Duration::from_nanos(1_000_000_000 / TICK_RATE as u64);

/// Time between two acknowledgements that are worth their packet.
///
/// renet adds one to every flush, which would be half of all packets. Losing them does no harm, so a transport may
/// keep back what [`is_acknowledgement`] for this long.
pub const ACKNOWLEDGE_EVERY: Duration = Duration::from_millis(100);

/// Whether a packet of renet's carries acknowledgements only.
pub fn is_acknowledgement(packet: &[u8]) -> bool {
    packet.first() == Some(&4)
}

/// The two channels, the same on both sides.
pub fn connection_config() -> ConnectionConfig {
    let channels = || {
        vec![
            ChannelConfig {
                channel_id: CHANNEL_UNRELIABLE,
                max_memory_usage_bytes: 64 * 1024,
                send_type: SendType::Unreliable,
            },
            ChannelConfig {
                channel_id: CHANNEL_RELIABLE,
                max_memory_usage_bytes: 64 * 1024,
                send_type: SendType::ReliableOrdered { resend_time: Duration::from_millis(300) },
            },
        ]
    };
    ConnectionConfig {
        available_bytes_per_tick: 8 * 1024,
        server_channels_config: channels(),
        client_channels_config: channels(),
    }
}
