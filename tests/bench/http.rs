//! An HTTP client that does next to nothing: requests are bytes made beforehand, and go over one connection.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
};

/// Where a session over long polling starts.
pub const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

/// One connection for requests, one after the other.
pub struct Requests {
    stream: BufReader<TcpStream>,
}

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Requests {
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        Self::over(TcpStream::connect(address).await?)
    }

    pub fn over(tcp: TcpStream) -> Result<Self> {
        tcp.set_nodelay(true)?;
        Ok(Self { stream: BufReader::with_capacity(4096, tcp) })
    }

    /// The answer to a request, which may have any status.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        let (mut status, mut length, mut line) = (None, 0, String::new());
        loop {
            line.clear();
            ensure!(self.stream.read_line(&mut line).await? > 0, "the server closed the connection");
            let head = line.trim_end();
            if status.is_none() {
                let code = head.split(' ').nth(1).and_then(|code| code.parse::<u16>().ok());
                status = Some(code.with_context(|| format!("no status line but {head}"))?);
            } else if head.is_empty() {
                break;
            } else if let Some((name, value)) = head.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().context("content-length")?;
            } else {
                ensure!(!head.to_ascii_lowercase().starts_with("transfer-encoding"), "a body without a length");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(Answer { status: status.context("no status")?, body })
    }

    /// The answer to a request, which has to be a success: its body.
    pub async fn success(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        let Answer { status, body } = self.ask(request).await?;
        ensure!((200..300).contains(&status), "{status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// Starts an Engine.IO session over long polling: its path from then on.
    pub async fn open(&mut self) -> Result<String> {
        let body = self.success(&get(POLLING, "")).await?;
        let open = body.strip_prefix(b"0").context("no Engine.IO handshake")?;
        let open: Value = serde_json::from_slice(open).context("the Engine.IO handshake")?;
        Ok(format!("{POLLING}&sid={}", open["sid"].as_str().context("no sid")?))
    }
}

/// A TCP connection from an address of our choice.
pub async fn connect_from(source: IpAddr, address: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(source, 0))?;
    Ok(socket.connect(address).await?)
}

/// A request without a body; each further header ends with a line break.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{headers}\r\n").into_bytes()
}

/// A request with packets of Engine.IO.
pub fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let kind = "content-type: text/plain;charset=UTF-8";
    let head = format!("POST {path} HTTP/1.1\r\nhost: bench\r\n{kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
