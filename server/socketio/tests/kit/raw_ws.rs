//! A WebSocket by hand, for frames that no library would send, and handshakes that none would make.

use std::io;

use serde_json::Value;

use super::{
    ENGINE_IO, Server,
    http::{Answer, Line, request},
    in_time,
};

pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xA;

/// The first bits of a frame.
pub const FIN: u8 = 0x80;
pub const RSV1: u8 = 0x40;
pub const RSV2: u8 = 0x20;
pub const RSV3: u8 = 0x10;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The key of RFC 6455's own example, and what it is answered with.
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// What precedes the payload of a client's frame: the first byte, the length and the mask.
pub fn header(first: u8, length: usize) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(MASKED | length as u8),
        126..0x1_0000 => {
            bytes.push(MASKED | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(MASKED | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes
}

/// A client's frame.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len());
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A whole text.
pub fn text(text: &str) -> Vec<u8> {
    frame(FIN | TEXT, text.as_bytes())
}

/// A close frame.
pub fn close(code: Option<u16>) -> Vec<u8> {
    frame(FIN | CLOSE, &code.map_or_else(Vec::new, |code| code.to_be_bytes().to_vec()))
}

/// Asks for a WebSocket, with these headers instead of the usual ones; `None` leaves one out.
pub async fn upgrade(server: &Server, path: &str, changes: &[(&str, Option<&str>)]) -> Result<Line, Answer> {
    let usual = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", KEY),
    ];
    let headers = usual.into_iter().filter_map(|(name, value)| {
        let changed = changes.iter().find(|(changed, _)| *changed == name);
        Some((name, changed.map_or(Some(value), |(_, value)| *value)?))
    });
    let headers: Vec<_> = headers.collect();
    let mut line = Line::connect(server.address).await;
    line.write(&request("GET", path, &headers, b"")).await.expect("a handshake");
    let answer = in_time("an answer to the handshake", async {
        let mut answer = line.incoming.head().await.expect("an answer to the handshake");
        if answer.status != 101 {
            answer.body = line.incoming.body(&answer).await.expect("a whole answer");
        }
        answer
    })
    .await;
    if answer.status != 101 {
        return Err(answer);
    }
    assert_eq!(answer.header("sec-websocket-accept"), Some(ACCEPT), "{answer:?}");
    Ok(line)
}

/// A WebSocket over which a session runs.
pub struct RawSocket {
    line: Line,
}

/// A frame of the server's.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub first: u8,
    pub payload: Vec<u8>,
}

impl RawSocket {
    /// Opens a session that echoes.
    pub async fn open(server: &Server) -> Self {
        let path = format!("{ENGINE_IO}?EIO=4&transport=websocket");
        let line = upgrade(server, &path, &[]).await.expect("a WebSocket");
        let mut socket = Self { line };
        let open = socket.frame().await.expect("an open packet");
        assert_eq!((open.first, open.payload.first()), (FIN | TEXT, Some(&b'0')), "{open:?}");
        serde_json::from_slice::<Value>(&open.payload[1..]).expect("JSON");
        socket
    }

    /// Sends bytes as they are. That a connection has ended shows in what does not come back.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.line.write(bytes).await;
    }

    /// The server's next frame.
    async fn frame(&mut self) -> io::Result<Frame> {
        in_time("a frame", async {
            let incoming = &mut self.line.incoming;
            let start = incoming.take(2).await?;
            assert_eq!(start[1] & 0x80, 0, "servers do not mask");
            let length = match start[1] {
                126 => incoming.take(2).await?,
                127 => incoming.take(8).await?,
                short => vec![short],
            };
            let length = length.into_iter().fold(0_usize, |length, byte| (length << 8) | usize::from(byte));
            Ok::<_, io::Error>(Frame { first: start[0], payload: incoming.take(length).await? })
        })
        .await
    }

    /// The next frame but the pings of Engine.IO, which are answered.
    pub async fn next(&mut self) -> io::Result<Frame> {
        in_time("a frame that is no ping", async {
            loop {
                let frame = self.frame().await?;
                if frame.first != FIN | TEXT || frame.payload != b"2" {
                    return Ok::<_, io::Error>(frame);
                }
                self.send(&text("3")).await;
            }
        })
        .await
    }

    /// Checks the next frame.
    pub async fn expect(&mut self, first: u8, payload: &[u8]) {
        let frame = self.next().await.expect("a frame");
        assert!(frame.first == first && frame.payload == payload, "{:#x}, {} bytes", frame.first, frame.payload.len());
    }

    /// The code of the close frame that comes, after which the server has to end the connection. What comes before
    /// the close frame is skipped.
    pub async fn closed(&mut self) -> Option<u16> {
        let payload = loop {
            let frame = self.next().await.expect("a close frame before the end");
            if frame.first == FIN | CLOSE {
                break frame.payload;
            }
        };
        // A server that waits for it is let go.
        self.send(&frame(FIN | CLOSE, &payload)).await;
        assert!(!self.line.incoming.end().await, "nothing follows a close frame");
        let code = payload.get(..2)?;
        Some(u16::from_be_bytes([code[0], code[1]]))
    }
}
