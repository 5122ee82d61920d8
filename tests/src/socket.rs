//! A Socket.IO client over a WebSocket that hides nothing: text frames of Engine.IO 4, events kept until a test
//! asks for them.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio::{
    net::TcpStream,
    sync::{Notify, mpsc},
    task::JoinHandle,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::wait::PATIENCE;

/// Why the server refused a handshake: the message of its `connect_error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

/// A connected socket. Dropping it cuts the connection without a word.
pub struct Socket {
    outgoing: mpsc::UnboundedSender<Message>,
    inbox: Arc<Inbox>,
    next_ack: AtomicU64,
    tasks: [JoinHandle<()>; 2],
}

#[derive(Default)]
struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<(String, Value)>,
    acks: Vec<(u64, Value)>,
    /// Every frame but pings, as it went over the wire.
    frames: Vec<String>,
    closed: bool,
}

type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Socket {
    /// Opens a WebSocket, and connects to the default namespace with `auth`; `query` is added to the address.
    pub async fn connect(url: &str, auth: Option<&Value>, query: &str) -> Result<Result<Self, Refused>> {
        let address = url.replacen("http", "ws", 1);
        let address = format!("{address}/socket.io/?EIO=4&transport=websocket{query}");
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let connecting = tokio_tungstenite::connect_async_with_config(address, Some(config), true);
        let (mut socket, _) = tokio::time::timeout(PATIENCE, connecting).await??;
        let open = text(&mut socket).await?;
        anyhow::ensure!(open.starts_with("0{"), "no open packet: {open}");
        let auth = auth.map_or(String::new(), Value::to_string);
        socket.send(Message::text(format!("40{auth}"))).await?;
        let answer = text(&mut socket).await?;
        if let Some(refusal) = answer.strip_prefix("44") {
            let refusal: Value = serde_json::from_str(refusal)?;
            return Ok(Err(Refused(refusal["message"].as_str().context("no message")?.to_owned())));
        }
        anyhow::ensure!(answer.starts_with("40"), "neither connected nor refused: {answer}");
        Ok(Ok(Self::drive(socket)))
    }

    fn drive(socket: WebSocket) -> Self {
        let (mut sink, mut stream) = socket.split();
        let (outgoing, mut queue) = mpsc::unbounded_channel::<Message>();
        let inbox = Arc::new(Inbox::default());
        let writer = tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        let (pongs, received) = (outgoing.clone(), Arc::clone(&inbox));
        let reader = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                match message {
                    Message::Text(frame) if frame.as_str() == "2" => drop(pongs.send(Message::text("3"))),
                    Message::Text(frame) => {
                        received.put(frame.as_str());
                        // A client that is sent away from its only namespace hangs up.
                        if frame.as_str() == "41" {
                            break;
                        }
                    }
                    Message::Close(_) => break,
                    _ => {}
                }
            }
            let _ = pongs.send(Message::Close(None));
            received.change(|state| state.closed = true);
        });
        Self { outgoing, inbox, next_ack: AtomicU64::new(1), tasks: [writer, reader] }
    }

    /// Sends an event with one payload.
    pub fn emit(&self, event: &str, payload: Value) {
        self.emit_text(event, &payload.to_string());
    }

    /// Sends an event whose payload is this text, which need not be JSON.
    pub fn emit_text(&self, event: &str, payload: &str) {
        self.send_frame(&format!("42[{},{payload}]", json!(event)));
    }

    /// Sends a text frame as it is.
    pub fn send_frame(&self, frame: &str) {
        self.inbox.change(|state| state.frames.push(format!("> {frame}")));
        // A closed connection shows in what does not come back.
        let _ = self.outgoing.send(Message::text(frame.to_owned()));
    }

    pub fn send_binary(&self, bytes: Vec<u8>) {
        let _ = self.outgoing.send(Message::binary(bytes));
    }

    /// Sends an event and waits for its `:success` or `:error`.
    pub async fn request(&self, event: &str, payload: Value) -> Result<Value, Value> {
        self.emit(event, payload);
        self.answer_to(event).await
    }

    /// Waits for the `:success`, `:ack` or `:error` of an event that was sent.
    pub async fn answer_to(&self, event: &str) -> Result<Value, Value> {
        let answers = [format!("{event}:success"), format!("{event}:ack"), format!("{event}:error")];
        let (name, payload) = self.take(event, |name, _| answers.iter().any(|answer| answer == name)).await;
        if name == answers[2] { Err(payload) } else { Ok(payload) }
    }

    /// Sends an event with an acknowledgement id and waits for what the server acknowledges it with.
    pub async fn ask(&self, event: &str, payload: Value) -> Value {
        let id = self.next_ack.fetch_add(1, Ordering::Relaxed);
        self.send_frame(&format!("42{id}[{},{payload}]", json!(event)));
        self.wait(&format!("acknowledgement of {event}"), |state| {
            let index = state.acks.iter().position(|(ack, _)| *ack == id)?;
            Some(state.acks.swap_remove(index).1)
        })
        .await
    }

    /// The first event of this name that nobody has taken.
    pub async fn next(&self, event: &str) -> Value {
        self.take(event, |name, _| name == event).await.1
    }

    /// The first untaken event of this name whose payload is chosen.
    pub async fn next_where(&self, event: &str, chosen: impl Fn(&Value) -> bool) -> Value {
        self.take(event, |name, payload| name == event && chosen(payload)).await.1
    }

    async fn take(&self, what: &str, chosen: impl Fn(&str, &Value) -> bool) -> (String, Value) {
        self.wait(what, |state| {
            let index = state.events.iter().position(|(name, payload)| chosen(name, payload))?;
            state.events.remove(index)
        })
        .await
    }

    async fn wait<T>(&self, what: &str, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        let search = async {
            loop {
                let changed = self.inbox.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if let Some(found) = look(&mut self.inbox.state()) {
                    return found;
                }
                changed.await;
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => {
                let state = self.inbox.state();
                panic!("no {what}; closed: {}; untaken: {:?}", state.closed, state.events)
            }
        }
    }

    /// Comes back when everything that the server sent before has arrived.
    pub async fn fence(&self) {
        let answer = self.ask("invite:acknowledged", Value::Null).await;
        assert_eq!(answer["code"], "BAD_REQUEST", "{answer}");
        self.inbox.change(|state| {
            let fence = state.events.iter().rposition(|(name, _)| name == "invite:acknowledged:error");
            fence.and_then(|index| state.events.remove(index))
        });
    }

    /// The payloads of this name that have arrived and that nobody has taken.
    pub fn untaken(&self, event: &str) -> Vec<Value> {
        let state = self.inbox.state();
        state.events.iter().filter(|(name, _)| name == event).map(|(_, payload)| payload.clone()).collect()
    }

    /// The names of all events that nobody has taken.
    pub fn untaken_names(&self) -> Vec<String> {
        self.inbox.state().events.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Waits until the server has closed the connection.
    pub async fn closed(&self) {
        self.wait("end of the connection", |state| state.closed.then_some(())).await;
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.inbox.state().closed
    }

    /// What went over the wire, `> ` before what was sent and `< ` before what came.
    pub fn frames(&self) -> Vec<String> {
        self.inbox.state().frames.clone()
    }

    /// Says goodbye and waits until the server has closed the connection.
    pub async fn leave(self) -> Result<()> {
        self.send_frame("41");
        let _ = self.outgoing.send(Message::Close(None));
        self.closed().await;
        Ok(())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Inbox {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.notify_waiters();
        result
    }

    fn put(&self, frame: &str) {
        self.change(|state| {
            state.frames.push(format!("< {frame}"));
            if let Some(event) = frame.strip_prefix("42") {
                let mut event: Vec<Value> = serde_json::from_str(event).unwrap_or_default();
                let payload = event.drain(1..).next().unwrap_or_default();
                let name = event.first().and_then(Value::as_str).unwrap_or("(unreadable)").to_owned();
                state.events.push_back((name, payload));
            } else if let Some(ack) = frame.strip_prefix("43") {
                let digits = ack.find('[').unwrap_or(0);
                let arguments: Vec<Value> = serde_json::from_str(&ack[digits..]).unwrap_or_default();
                if let Ok(id) = ack[..digits].parse() {
                    state.acks.push((id, arguments.into_iter().next().unwrap_or_default()));
                }
            } else if frame == "41" {
                state.events.push_back(("(disconnect)".into(), Value::Null));
            }
        });
    }
}

async fn text(socket: &mut WebSocket) -> Result<String> {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await?.context("the connection ended")??;
        match message {
            Message::Text(frame) if frame.as_str() == "2" => socket.send(Message::text("3")).await?,
            Message::Text(frame) => return Ok(frame.as_str().to_owned()),
            Message::Close(frame) => bail!("closed: {frame:?}"),
            _ => {}
        }
    }
}
