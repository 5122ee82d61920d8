//! The game's packets: netcode's handshake and encryption, over the relay.

use std::time::{Duration, Instant};

use anyhow::Context;
use base64::prelude::{BASE64_STANDARD, Engine};
use bevy::prelude::*;
use bevy_renet::RenetClient;
use rallypoint_pong::{ACKNOWLEDGE_EVERY, connection_config, is_acknowledgement};
use renetcode::{ClientAuthentication, ConnectToken, NetcodeClient};

use crate::network::{Lane, Network};

/// One connection to a game server.
#[derive(Resource)]
pub struct Wire {
    netcode: NetcodeClient,
    lane: Lane,
    acknowledged: Instant,
}

impl Wire {
    /// Begins to connect with a token as servers hand it out, in base64.
    ///
    /// # Errors
    /// The text is no token, or the token names no server.
    pub fn open(token: &str, network: &Network) -> anyhow::Result<(RenetClient, Self)> {
        let bytes = BASE64_STANDARD.decode(token).context("its token is garbled")?;
        let connect_token = ConnectToken::read(&mut bytes.as_slice()).context("its token is garbled")?;
        let server = *connect_token.server_addresses.iter().flatten().next().context("its token names no server")?;
        // The token's own time, so that a wrong clock on this machine does no harm.
        let now = Duration::from_secs(connect_token.create_timestamp);
        let netcode = NetcodeClient::new(now, ClientAuthentication::Secure { connect_token })?;
        let wire = Self { netcode, lane: network.open(server), acknowledged: Instant::now() };
        Ok((RenetClient::new(connection_config()), wire))
    }

    /// Takes in what has arrived and lets `passed` go by.
    pub fn receive(&mut self, passed: Duration, client: &mut RenetClient) {
        if self.netcode.disconnect_reason().is_some() {
            return client.disconnect_due_to_transport();
        }
        while let Some(mut packet) = self.lane.receive() {
            if let Some(payload) = self.netcode.process_packet(&mut packet) {
                client.process_packet(payload);
            }
        }
        if let Some((packet, _)) = self.netcode.update(passed) {
            self.lane.send(packet);
        }
        if self.netcode.is_connected() {
            client.set_connected();
        } else if self.netcode.is_connecting() {
            client.set_connecting();
        }
    }

    /// Sends what is due; an acknowledgement alone now and then.
    pub fn send(&mut self, client: &mut RenetClient) {
        for packet in client.get_packets_to_send() {
            if is_acknowledgement(&packet) {
                if self.acknowledged.elapsed() < ACKNOWLEDGE_EVERY {
                    continue;
                }
                self.acknowledged = Instant::now();
            }
            if let Ok((_, sealed)) = self.netcode.generate_payload_packet(&packet) {
                self.lane.send(sealed);
            }
        }
    }
}

impl Drop for Wire {
    /// Says goodbye; the seat is kept for a while.
    fn drop(&mut self) {
        if let Ok((_, packet)) = self.netcode.disconnect() {
            self.lane.send(packet);
        }
    }
}
