//! A headless client over renet: bots, tests and benchmarks play with it.

use std::{
    collections::VecDeque,
    fmt, io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use renet::RenetClient;
use renetcode::{ClientAuthentication, ConnectToken, NetcodeClient, NetcodeError};

use crate::{
    ACKNOWLEDGE_EVERY, CHANNEL_RELIABLE, CHANNEL_UNRELIABLE, CLIENT_SEND_RATE, TICK, TICK_RATE, connection_config,
    input::InputSender,
    is_acknowledgement,
    rules::Input,
    snapshot::{Snapshot, SnapshotDecoder},
    wire::{ClientMessage, ServerMessage},
};

/// Why a connection could not even be begun.
#[derive(Debug)]
pub enum ConnectError {
    /// The text or bytes are no connect token, or one that names no server.
    BadToken,
    Io(io::Error),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::BadToken => f.write_str("the connect token can't be read; ask for a fresh one"),
            ConnectError::Io(error) => write!(f, "no socket for the game: {error}"),
        }
    }
}

impl std::error::Error for ConnectError {}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        ConnectError::Io(error)
    }
}

impl From<NetcodeError> for ConnectError {
    fn from(_: NetcodeError) -> Self {
        ConnectError::BadToken
    }
}

/// What a client learns, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum GameNews {
    Connected,
    Message(ServerMessage),
    Snapshot(Snapshot),
    /// The end: refused, dropped, replaced, or asked for. Come back with a fresh token.
    Disconnected {
        reason: String,
    },
}

/// Bytes that went by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages of the game.
    pub application_up: u64,
    pub application_down: u64,
    /// UDP payloads.
    pub udp_up: u64,
    pub udp_down: u64,
}

/// One connection to a game, on a socket of its own.
pub struct GameClient {
    socket: UdpSocket,
    netcode: NetcodeClient,
    renet: RenetClient,
    decoder: Option<SnapshotDecoder>,
    sender: InputSender,
    input: Input,
    news: VecDeque<GameNews>,
    unticked: Duration,
    unflushed: u32,
    unacknowledged: Duration,
    was_connected: bool,
    over: bool,
    traffic: Traffic,
}

impl GameClient {
    /// Begins to connect with the bytes of a connect token.
    pub fn connect(token: &[u8]) -> Result<Self, ConnectError> {
        let connect_token = ConnectToken::read(&mut &token[..])?;
        let server = connect_token.server_addresses.iter().flatten().next().ok_or(ConnectError::BadToken)?;
        let any = match server {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any)?;
        socket.set_nonblocking(true)?;
        // The token's own time, so that a wrong clock on this machine does no harm.
        let now = Duration::from_secs(connect_token.create_timestamp);
        let netcode = NetcodeClient::new(now, ClientAuthentication::Secure { connect_token })?;
        Ok(Self {
            socket,
            netcode,
            renet: RenetClient::new(connection_config()),
            decoder: None,
            sender: InputSender::default(),
            input: Input::Stop,
            news: VecDeque::new(),
            unticked: Duration::ZERO,
            unflushed: 0,
            unacknowledged: ACKNOWLEDGE_EVERY,
            was_connected: false,
            over: false,
            traffic: Traffic::default(),
        })
    }

    /// Begins to connect with a token as servers hand it out, in base64.
    pub fn connect_base64(token: &str) -> Result<Self, ConnectError> {
        Self::connect(&STANDARD.decode(token).map_err(|_| ConnectError::BadToken)?)
    }

    /// Receives, lets `dt` pass and sends. Call it often, at best once per tick.
    pub fn update(&mut self, dt: Duration) {
        if self.over {
            return;
        }
        self.renet.update(dt);
        if let Err(error) = self.receive() {
            return self.end(format!("the network failed: {error}"));
        }
        match self.netcode.update(dt) {
            Some((packet, addr)) => {
                self.traffic.udp_up += packet.len() as u64;
                _ = self.socket.send_to(packet, addr);
            }
            None => {
                if let Some(reason) = self.netcode.disconnect_reason() {
                    return self.end(reason.to_string());
                }
            }
        }
        if self.netcode.is_connected() && !self.was_connected {
            self.was_connected = true;
            self.renet.set_connected();
            self.news.push_back(GameNews::Connected);
        }
        self.read_messages();
        if let Some(reason) = self.renet.disconnect_reason() {
            self.hang_up();
            return self.end(reason.to_string());
        }
        self.unticked = (self.unticked + dt).min(TICK * 15);
        self.unacknowledged += dt;
        while self.unticked >= TICK {
            self.unticked -= TICK;
            self.sender.step(self.input);
            self.unflushed += 1;
        }
        if self.was_connected && self.unflushed >= TICK_RATE / CLIENT_SEND_RATE {
            self.unflushed = 0;
            self.flush();
        }
    }

    /// The next thing that happened.
    pub fn poll(&mut self) -> Option<GameNews> {
        self.news.pop_front()
    }

    /// Holds this input until told otherwise.
    pub fn set_input(&mut self, input: Input) {
        self.input = input;
    }

    /// Tells the server that the match may begin.
    pub fn ready(&mut self) {
        self.send(ClientMessage::Ready);
    }

    /// Gives up.
    pub fn leave(&mut self) {
        self.send(ClientMessage::Leave);
    }

    pub fn is_connected(&self) -> bool {
        self.was_connected && !self.over
    }

    /// Whether nothing will come any more.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Ends the connection and says so to the server. The seat is kept for a while.
    pub fn disconnect(&mut self) {
        if !self.over {
            self.hang_up();
            self.end("disconnected".to_owned());
        }
    }

    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Sends a payload as it is, past renet: for tests of what a server puts up with.
    pub fn send_raw(&mut self, payload: &[u8]) {
        if let Ok((addr, packet)) = self.netcode.generate_payload_packet(payload) {
            _ = self.socket.send_to(packet, addr);
        }
    }

    fn send(&mut self, message: ClientMessage) {
        let bytes = message.encode();
        self.traffic.application_up += bytes.len() as u64;
        self.renet.send_message(CHANNEL_RELIABLE, bytes);
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut buffer = [0; renetcode::NETCODE_MAX_PACKET_BYTES];
        loop {
            let length = match self.socket.recv_from(&mut buffer) {
                Ok((length, from)) if from == self.netcode.server_addr() => length,
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // That an earlier packet found nobody is told here. The server may yet come back.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
                    ) =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.traffic.udp_down += length as u64;
            if let Some(payload) = self.netcode.process_packet(&mut buffer[..length]) {
                self.renet.process_packet(payload);
            }
        }
    }

    fn read_messages(&mut self) {
        while let Some(bytes) = self.renet.receive_message(CHANNEL_RELIABLE) {
            self.traffic.application_down += bytes.len() as u64;
            if let Ok(message) = ServerMessage::decode(&bytes) {
                if let ServerMessage::Welcome { tick, .. } = message {
                    self.decoder = Some(SnapshotDecoder::new(tick));
                }
                self.news.push_back(GameNews::Message(message));
            }
        }
        while let Some(bytes) = self.renet.receive_message(CHANNEL_UNRELIABLE) {
            self.traffic.application_down += bytes.len() as u64;
            if let Some(Ok(Some(snapshot))) = self.decoder.as_mut().map(|decoder| decoder.decode(&bytes)) {
                self.news.push_back(GameNews::Snapshot(snapshot));
            }
        }
    }

    fn flush(&mut self) {
        if let Some(bytes) = self.sender.message() {
            self.traffic.application_up += bytes.len() as u64;
            self.renet.send_message(CHANNEL_UNRELIABLE, bytes);
        }
        for packet in self.renet.get_packets_to_send() {
            if is_acknowledgement(&packet) {
                if self.unacknowledged < ACKNOWLEDGE_EVERY {
                    continue;
                }
                self.unacknowledged = Duration::ZERO;
            }
            if let Ok((addr, packet)) = self.netcode.generate_payload_packet(&packet) {
                self.traffic.udp_up += packet.len() as u64;
                _ = self.socket.send_to(packet, addr);
            }
        }
    }

    fn hang_up(&mut self) {
        if let Ok((addr, packet)) = self.netcode.disconnect() {
            _ = self.socket.send_to(packet, addr);
        }
    }

    fn end(&mut self, reason: String) {
        self.over = true;
        self.news.push_back(GameNews::Disconnected { reason });
    }
}

impl Drop for GameClient {
    fn drop(&mut self) {
        if !self.over {
            self.hang_up();
        }
    }
}
