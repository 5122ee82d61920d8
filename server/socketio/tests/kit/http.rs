//! HTTP/1.1 by hand: one request at a time on a connection, and requests that are given up.

use std::{fmt, io, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::in_time;

/// What a server answers.
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header whose name is written in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The packets of a payload.
    pub fn packets(&self) -> Vec<String> {
        self.text().split(super::SEPARATOR).map(str::to_owned).collect()
    }

    /// Checks status and body.
    pub fn expect(&self, status: u16, text: &str) {
        assert_eq!((self.status, self.text()), (status, text), "{self:?}");
    }

    fn header_is(&self, name: &str, value: &str) -> bool {
        self.header(name).is_some_and(|told| told.eq_ignore_ascii_case(value))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body: String = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        write!(f, "{} {:?} {body:?}", self.status, self.headers)
    }
}

/// A connection.
pub struct Line {
    pub incoming: Incoming,
    outgoing: OwnedWriteHalf,
    /// A whole request has been sent, and its whole answer been read.
    idle: bool,
}

impl Line {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = in_time("a connection", TcpStream::connect(address)).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let (reader, outgoing) = stream.into_split();
        Self { incoming: Incoming { reader, buffer: Vec::new() }, outgoing, idle: true }
    }

    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        in_time("room to write", self.outgoing.write_all(bytes)).await
    }

    /// Sends a request and reads its answer. A server that has seen enough of a body may answer and hang up.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        let Self { incoming, outgoing, idle } = self;
        *idle = false;
        let mut sent = false;
        let sending = async {
            let result = outgoing.write_all(request).await;
            sent = result.is_ok();
            std::future::pending::<io::Result<Answer>>().await
        };
        let answer = in_time("an answer", async {
            tokio::select! {
                answer = incoming.answer() => answer,
                answer = sending => answer,
            }
        })
        .await?;
        *idle = sent && !answer.header_is("connection", "close");
        Ok(answer)
    }

    /// Whether another request may be sent.
    fn is_open(&self) -> bool {
        let gone = self.incoming.reader.try_read(&mut [0]);
        self.idle && gone.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Ends the sending side, and goes on listening.
    pub async fn half_close(&mut self) {
        self.outgoing.shutdown().await.expect("a connection to half-close");
    }

    /// Ends it so that the server sees a reset.
    pub fn reset(self) {
        let stream = self.incoming.reader.reunite(self.outgoing).expect("two halves of one connection");
        stream.set_zero_linger().expect("no lingering");
    }
}

/// What comes over a connection.
pub struct Incoming {
    reader: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl Incoming {
    /// Waits for more; an error at the end.
    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.reserve(16 * 1024);
        match self.reader.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// So many bytes.
    pub async fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < count {
            self.fill().await?;
        }
        let rest = self.buffer.split_off(count);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(length) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.take(length + 2).await?;
                return Ok(String::from_utf8_lossy(&line[..length]).into_owned());
            }
            self.fill().await?;
        }
    }

    /// A status and headers, and no body.
    pub async fn head(&mut self) -> io::Result<Answer> {
        let first = self.line().await?;
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next()?.parse::<u16>().ok());
        let status = status.ok_or_else(|| malformed(&first))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(Answer { status, headers, body: Vec::new() });
            }
            let (name, value) = line.split_once(':').ok_or_else(|| malformed(&line))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// A whole answer.
    pub async fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.head().await?;
        answer.body = self.body(&answer).await?;
        Ok(answer)
    }

    /// The body that follows a head.
    pub async fn body(&mut self, head: &Answer) -> io::Result<Vec<u8>> {
        if head.header_is("transfer-encoding", "chunked") {
            return self.chunks().await;
        }
        if let Some(length) = head.header("content-length") {
            return self.take(length.parse().map_err(|_| malformed(length))?).await;
        }
        loop {
            match self.fill().await {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(std::mem::take(&mut self.buffer));
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line().await?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| malformed(&line))?;
            if size == 0 {
                while !self.line().await?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(size).await?);
            self.take(2).await?;
        }
    }

    /// Reads on until the server ends the connection, one way or another; returns whether anything came before.
    pub async fn end(&mut self) -> bool {
        in_time("the end of the connection", async {
            while self.fill().await.is_ok() {}
            !self.buffer.is_empty()
        })
        .await
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("no HTTP: {what}"))
}

/// The text of a request.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if method != "GET" {
        text += &format!("content-type: text/plain;charset=UTF-8\r\ncontent-length: {}\r\n", body.len());
    }
    text += "\r\n";
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A client that keeps its connection.
pub struct Http {
    address: SocketAddr,
    line: Option<Line>,
}

impl Http {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, line: None }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, b"").await
    }

    pub async fn request(&mut self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.try_request(method, path, body).await.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Makes a request, during which the server may hang up.
    pub async fn try_request(&mut self, method: &str, path: &str, body: &[u8]) -> io::Result<Answer> {
        let mut line = match self.line.take() {
            Some(line) if line.is_open() => line,
            _ => Line::connect(self.address).await,
        };
        let answer = line.exchange(&request(method, path, &[], body)).await?;
        self.line = Some(line);
        Ok(answer)
    }
}

/// A request whose answer is not yet there.
pub struct Pending {
    line: Line,
}

impl Pending {
    pub async fn get(address: SocketAddr, path: &str) -> Self {
        let mut line = Line::connect(address).await;
        line.write(&request("GET", path, &[], b"")).await.expect("a request");
        Self { line }
    }

    pub async fn answer(mut self) -> Answer {
        in_time("an answer", self.line.incoming.answer()).await.expect("an answer")
    }

    /// Hangs up, so that the server sees a reset.
    pub fn hang_up(self) {
        self.line.reset();
    }

    /// Sends no more, and still listens.
    pub async fn half_close(mut self) -> Self {
        self.line.half_close().await;
        self
    }

    /// Waits until the server has ended the connection.
    pub async fn end(mut self) {
        self.line.incoming.end().await;
    }
}
