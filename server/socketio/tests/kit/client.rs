//! One client of Socket.IO with either transport, for what is the same over both.

use super::{
    SOCKET_IO, Server,
    polling::{Polling, payload},
    socket::{Received, Socket, socket_id},
};

/// The bytes 1, 2 and 3 as polling writes them. A [`Client`] sends and shows them so over a WebSocket too, where they
/// are a binary frame.
pub const ATTACHMENT: &str = "bAQID";
const ATTACHED: [u8; 3] = [1, 2, 3];

#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Polling,
    WebSocket,
}

pub const BOTH: [Transport; 2] = [Transport::Polling, Transport::WebSocket];

pub enum Client {
    Polling(Box<Polling>),
    WebSocket(Box<Socket>),
}

impl Client {
    /// Opens a session.
    pub async fn open(server: &Server, transport: Transport) -> Self {
        match transport {
            Transport::Polling => Self::Polling(Box::new(Polling::open(server, SOCKET_IO).await)),
            Transport::WebSocket => Self::WebSocket(Box::new(Socket::open(server, SOCKET_IO).await)),
        }
    }

    /// Opens a session and connects to the main namespace.
    pub async fn connected(server: &Server, transport: Transport) -> Self {
        let mut client = Self::open(server, transport).await;
        client.sign_in("").await;
        client
    }

    /// Connects to a namespace, written as in `/custom,`, without a payload; returns the socket's id.
    pub async fn sign_in(&mut self, namespace: &str) -> String {
        self.send(&[&format!("40{namespace}")]).await;
        let sid = socket_id(&self.packet().await, namespace);
        self.expect(&format!("42{namespace}[\"auth\",{{}}]")).await;
        sid
    }

    /// Sends packets at once: in one payload, or frame by frame. That the server took them shows in what comes back.
    pub async fn send<T: AsRef<str>>(&mut self, packets: &[T]) {
        match self {
            Self::Polling(polling) => drop(polling.try_post(&payload(packets)).await),
            Self::WebSocket(socket) => {
                for packet in packets {
                    match packet.as_ref() {
                        ATTACHMENT => socket.send_binary(&ATTACHED).await,
                        text => socket.send(text).await,
                    }
                }
            }
        }
    }

    /// The next packet but pings, which are answered, and noops.
    pub async fn packet(&mut self) -> String {
        match self {
            Self::Polling(polling) => polling.packet().await,
            Self::WebSocket(socket) => shown(socket.packet().await),
        }
    }

    /// Checks what comes next but pings and noops.
    pub async fn expect(&mut self, packet: &str) {
        assert_eq!(self.packet().await, packet);
    }

    /// Waits until the server has ended the transport, although pings are answered; returns what came before.
    pub async fn ended(&mut self) -> Vec<String> {
        match self {
            Self::Polling(polling) => polling.ended().await,
            Self::WebSocket(socket) => socket.ended().await.into_iter().map(shown).collect(),
        }
    }

    /// Sends a message with this number and checks that its answer is what comes next.
    pub async fn round_trip(&mut self, number: usize) {
        self.send(&[format!("42[\"message\",{number}]")]).await;
        self.expect(&format!("42[\"message-back\",{number}]")).await;
    }
}

fn shown(received: Received) -> String {
    match received {
        Received::Text(text) => text,
        Received::Binary(bytes) if bytes == ATTACHED => ATTACHMENT.to_owned(),
        other => panic!("no text but {other:?}"),
    }
}
