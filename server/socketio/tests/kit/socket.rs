//! A client of Engine.IO over a WebSocket, by an implementation that others wrote.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{SOCKET_IO, Server, in_time};

/// What a server sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    Text(String),
    Binary(Vec<u8>),
    /// The connection has ended, after a close frame of this code or without one.
    End(Option<u16>),
}

/// A WebSocket.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// Of the server's close frame.
    code: Option<u16>,
}

impl Socket {
    /// Opens a WebSocket with this query. What the server refuses it with is the error.
    pub async fn try_connect(server: &Server, path: &str, query: &str) -> Result<Self, String> {
        let stream = in_time("a connection", TcpStream::connect(server.address)).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let url = format!("ws://{}{path}?{query}", server.address);
        let connecting = tokio_tungstenite::client_async(url, stream);
        match in_time("a handshake", connecting).await {
            Ok((stream, _)) => Ok(Self { stream, code: None }),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Opens a session; returns it with what its open packet says.
    pub async fn open_with_details(server: &Server, path: &str) -> (Self, Value) {
        let opened = Self::try_connect(server, path, "EIO=4&transport=websocket").await;
        let mut socket = opened.expect("a WebSocket");
        let open = socket.text().await;
        let details = open.strip_prefix('0').and_then(|details| serde_json::from_str(details).ok());
        (socket, details.unwrap_or_else(|| panic!("no open packet: {open}")))
    }

    /// Opens a session.
    pub async fn open(server: &Server, path: &str) -> Self {
        Self::open_with_details(server, path).await.0
    }

    /// Opens a session and connects to the main namespace.
    pub async fn connected(server: &Server) -> Self {
        let mut socket = Self::open(server, SOCKET_IO).await;
        socket.sign_in("").await;
        socket
    }

    /// Opens a WebSocket for a session that polls.
    pub async fn try_join(server: &Server, path: &str, sid: &str) -> Result<Self, String> {
        Self::try_connect(server, path, &format!("EIO=4&transport=websocket&sid={sid}")).await
    }

    /// The same, where nothing stands against it.
    pub async fn join(server: &Server, path: &str, sid: &str) -> Self {
        Self::try_join(server, path, sid).await.expect("a WebSocket for the session")
    }

    /// Joins a session and probes, as far as the server's answer.
    pub async fn probe(server: &Server, path: &str, sid: &str) -> Self {
        let mut socket = Self::join(server, path, sid).await;
        socket.send("2probe").await;
        socket.expect("3probe").await;
        socket
    }

    /// Connects to a namespace, written as in `/custom,`, without a payload; returns the socket's id.
    pub async fn sign_in(&mut self, namespace: &str) -> String {
        self.send(&format!("40{namespace}")).await;
        let sid = socket_id(&self.text().await, namespace);
        self.expect(&format!("42{namespace}[\"auth\",{{}}]")).await;
        sid
    }

    /// Sends a text packet. That a connection has ended shows in what does not come back.
    pub async fn send(&mut self, packet: &str) {
        let _ = in_time("room to write", self.stream.send(Message::text(packet))).await;
    }

    /// Sends a binary message.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        let _ = in_time("room to write", self.stream.send(Message::binary(bytes.to_vec()))).await;
    }

    /// What comes next, pings too.
    pub async fn receive(&mut self) -> Received {
        in_time("a packet", async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => return Received::Text(text.as_str().to_owned()),
                    Some(Ok(Message::Binary(bytes))) => return Received::Binary(bytes.to_vec()),
                    // Told when the server has hung up as well.
                    Some(Ok(Message::Close(frame))) => self.code = frame.map(|frame| u16::from(frame.code)),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Received::End(self.code),
                }
            }
        })
        .await
    }

    /// What comes next but pings, which are answered.
    pub async fn packet(&mut self) -> Received {
        in_time("a packet that is no ping", async {
            loop {
                match self.receive().await {
                    Received::Text(text) if text == "2" => self.send("3").await,
                    other => return other,
                }
            }
        })
        .await
    }

    /// The next text.
    pub async fn text(&mut self) -> String {
        match self.packet().await {
            Received::Text(text) => text,
            other => panic!("no text but {other:?}"),
        }
    }

    /// Checks what comes next but pings.
    pub async fn expect(&mut self, text: &str) {
        assert_eq!(self.packet().await, Received::Text(text.to_owned()));
    }

    pub async fn expect_binary(&mut self, bytes: &[u8]) {
        assert_eq!(self.packet().await, Received::Binary(bytes.to_vec()));
    }

    /// Has a message echoed.
    pub async fn echo(&mut self, message: &str) {
        let packet = format!("4{message}");
        self.send(&packet).await;
        self.expect(&packet).await;
    }

    /// Waits until the server has ended the connection, although pings are answered; returns what came before.
    pub async fn ended(&mut self) -> Vec<Received> {
        let mut before = Vec::new();
        in_time("the end of the connection", async {
            loop {
                match self.packet().await {
                    Received::End(_) => return,
                    other => before.push(other),
                }
            }
        })
        .await;
        before
    }

    /// Answers pings for so long; returns what else came.
    pub async fn idle(&mut self, time: Duration) -> Vec<Received> {
        let mut came = Vec::new();
        let over = tokio::time::sleep(time);
        tokio::pin!(over);
        loop {
            let received = tokio::select! {
                () = &mut over => return came,
                received = self.receive() => received,
            };
            match received {
                Received::Text(text) if text == "2" => self.send("3").await,
                Received::End(code) => panic!("ended with {code:?} after {came:?}"),
                other => came.push(other),
            }
        }
    }

    /// Breaks the connection without a close frame: the server sees a reset.
    pub fn cut(self) {
        self.stream.get_ref().set_zero_linger().expect("no lingering");
    }
}

/// The socket's id in the answer to a CONNECT.
pub fn socket_id(answer: &str, namespace: &str) -> String {
    let payload = answer.strip_prefix("40").and_then(|rest| rest.strip_prefix(namespace));
    let payload: Option<Value> = payload.and_then(|payload| serde_json::from_str(payload).ok());
    let payload = payload.unwrap_or_else(|| panic!("not accepted to {namespace:?}: {answer}"));
    let fields = payload.as_object().expect("an object");
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["sid"], "{answer}");
    payload["sid"].as_str().expect("a text").to_owned()
}
