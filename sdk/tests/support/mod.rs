//! A server that does exactly what a test tells it to: REST by a handler, Socket.IO by hand.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use rallypoint::{Client, Event, Events, LinkState};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{broadcast, watch},
};
use tokio_tungstenite::tungstenite::Message;

/// Longest that a test waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// So that nothing that is repeated keeps a test waiting.
pub const SOON: Range<Duration> = Duration::from_millis(20)..Duration::from_millis(40);

#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub token: Option<String>,
    pub body: Value,
}

/// What becomes of a Socket.IO connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Sockets {
    /// The upgrade itself fails.
    Unreachable,
    /// Accepted if its token is one of these; refused with the text otherwise.
    Tokens(Vec<String>, String),
}

const POLITELY: &str = "close";

type Handler = Box<dyn FnMut(&Request) -> Option<(u16, Value)> + Send>;

struct State {
    handler: Handler,
    requests: Vec<Request>,
    events: VecDeque<(String, Value)>,
    handshakes: Vec<Option<String>>,
}

#[derive(Clone)]
pub struct FakeServer {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    changed: Arc<watch::Sender<u64>>,
    sockets: Arc<Mutex<Sockets>>,
    frames: broadcast::Sender<String>,
}

impl FakeServer {
    /// A handler that answers `None` never answers: the connection is dropped.
    pub async fn start(
        sockets: Sockets,
        handler: impl FnMut(&Request) -> Option<(u16, Value)> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let state =
            State { handler: Box::new(handler), requests: Vec::new(), events: VecDeque::new(), handshakes: Vec::new() };
        let server = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(Mutex::new(state)),
            changed: Arc::new(watch::Sender::new(0)),
            sockets: Arc::new(Mutex::new(sockets)),
            frames: broadcast::Sender::new(64),
        };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = accepting.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn set_sockets(&self, sockets: Sockets) {
        *self.sockets.lock().unwrap() = sockets;
    }

    /// Sends an event to every connected socket.
    pub fn emit(&self, name: &str, payload: Value) {
        self.frames.send(format!("42{}", json!([name, payload]))).unwrap();
    }

    /// Ends every connected socket without a word.
    pub fn hang_up(&self) {
        let _ = self.frames.send(String::new());
    }

    /// Ends every connected socket as WebSocket wants it.
    pub fn close_politely(&self) {
        let _ = self.frames.send(POLITELY.into());
    }

    pub fn requests(&self, path: &str) -> Vec<Request> {
        self.state().requests.iter().filter(|request| request.path.starts_with(path)).cloned().collect()
    }

    pub fn events(&self, name: &str) -> Vec<Value> {
        self.state().events.iter().filter(|(event, _)| event == name).map(|(_, payload)| payload.clone()).collect()
    }

    pub fn handshakes(&self) -> Vec<Option<String>> {
        self.state().handshakes.clone()
    }

    /// Waits until something that the server has seen makes this true.
    pub async fn until(&self, what: &str, met: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.subscribe();
        let wait = async {
            while !met(self) {
                changed.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("in vain: {what}"));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn note(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.send_modify(|count| *count += 1);
    }

    async fn serve(self, stream: TcpStream) {
        let mut start = [0; 16];
        let Ok(count) = stream.peek(&mut start).await else { return };
        if start[..count].starts_with(b"GET /socket.io/") {
            self.serve_socket(stream).await;
        } else {
            self.serve_requests(stream).await;
        }
    }

    async fn serve_requests(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = read_request(&mut stream).await {
            let answer = (self.state().handler)(&request);
            self.note(|state| state.requests.push(request));
            let Some((status, body)) = answer else { return };
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            if stream.write_all((head + &body).as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn serve_socket(&self, stream: TcpStream) {
        if *self.sockets.lock().unwrap() == Sockets::Unreachable {
            return;
        }
        let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
        let open = json!({
            "sid": "engine", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 65536
        });
        if socket.send(Message::text(format!("0{open}"))).await.is_err() {
            return;
        }
        let mut frames = self.frames.subscribe();
        loop {
            tokio::select! {
                frame = frames.recv() => match frame {
                    Ok(frame) if frame == POLITELY => {
                        let _ = socket.close(None).await;
                        while let Some(Ok(_)) = socket.next().await {}
                        return;
                    }
                    Ok(frame) if !frame.is_empty() => {
                        if socket.send(Message::text(frame)).await.is_err() {
                            return;
                        }
                    }
                    _ => return,
                },
                message = socket.next() => {
                    let Some(Ok(Message::Text(text))) = message else { return };
                    if let Some(auth) = text.strip_prefix("40") {
                        let auth: Value = serde_json::from_str(auth).unwrap_or_default();
                        let token = auth["token"].as_str().map(str::to_owned);
                        let answer = match &*self.sockets.lock().unwrap() {
                            Sockets::Tokens(good, _) if token.as_ref().is_some_and(|token| good.contains(token)) => {
                                format!("40{}", json!({ "sid": "socket" }))
                            }
                            Sockets::Tokens(_, refusal) => format!("44{}", json!({ "message": refusal })),
                            Sockets::Unreachable => return,
                        };
                        self.note(|state| state.handshakes.push(token));
                        if socket.send(Message::text(answer)).await.is_err() {
                            return;
                        }
                    } else if let Some(event) = text.strip_prefix("42") {
                        let event: (String, Value) = serde_json::from_str(event).unwrap();
                        self.note(|state| state.events.push_back(event));
                    }
                }
            }
        }
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|count| *count > 0)?;
    let mut words = line.split_whitespace();
    let path = words.nth(1)?.to_owned();
    let (mut token, mut length) = (None, 0);
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let header = header.trim();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "authorization" => token = value.trim().strip_prefix("Bearer ").map(str::to_owned),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).ok()? };
    Some(Request { path, token, body })
}

pub fn user() -> Value {
    json!({
        "id": 7, "username": "bo", "display_name": "Bo", "tag": "0001", "image_url": null,
        "created_at": "2026-07-28T09:13:00.000Z", "online": true
    })
}

pub fn signed_in(access: &str, refresh: &str) -> Value {
    json!({
        "status": "success", "user": user(), "access_token": access, "refresh_token": refresh, "expires_in": 7200
    })
}

pub fn invite(id: i64) -> Value {
    json!({
        "invite_id": id, "kind": "session", "sender_id": 3, "sender_name": "Ace#0001", "session_code": "K7QX2M",
        "server_ip": "127.0.0.1", "server_port": 7778, "created_at": "2026-07-28T09:13:00.000Z",
        "expires_at": "2026-07-28T09:15:00.000Z", "expires_in": 120
    })
}

pub fn invites(list: &[Value]) -> Value {
    json!({ "status": "success", "invites": list })
}

pub fn refusal(code: &str) -> Value {
    json!({ "status": "error", "code": code, "message": "no" })
}

pub fn client(server: &FakeServer) -> Client {
    Client::builder(server.url()).poll_interval(SOON).reconnect_backoff(SOON).build().unwrap()
}

pub async fn until<T>(events: &mut Events, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
    let wait = async {
        loop {
            let event = events.next().await.expect("the client has ended");
            if let Some(found) = pick(&event) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

pub async fn until_link(events: &mut Events, wanted: LinkState) {
    let pick = |event: &Event| matches!(event, Event::LinkChanged { state, .. } if *state == wanted).then_some(());
    until(events, &format!("{wanted:?}"), pick).await;
}

pub fn open_to(token: &str) -> Sockets {
    Sockets::Tokens(vec![token.into()], "UNAUTHENTICATED: sign in first".into())
}

/// The least that a well server answers.
pub fn well(request: &Request) -> Option<(u16, Value)> {
    Some(match request.path.as_str() {
        "/auth/guest" => (200, signed_in("a1", "r1")),
        "/invite/check/7" | "/invite/sent" => (200, invites(&[])),
        "/invite/acknowledge" => (200, json!({ "status": "success", "invite_id": request.body["invite_id"] })),
        "/invite/respond" => (200, json!({ "status": "accepted", "invite_id": request.body["invite_id"] })),
        "/auth/logout" => (200, json!({ "status": "success" })),
        _ => (404, refusal("NOT_FOUND")),
    })
}
