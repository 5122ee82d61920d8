//! A client's connection to one namespace, as the application holds it.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::oneshot;

use super::{event::Event, packet};
use crate::engine::{Packet, Sender, release};

/// A connected client. Cheap to clone; sending never waits.
#[derive(Clone)]
pub struct Socket(pub(super) Arc<Shared>);

/// The events of a client, in the order in which it sent them.
pub struct Events(pub(super) Arc<Shared>);

/// Why nothing was sent.
#[derive(Debug)]
pub enum SendError {
    /// The client has gone, or is about to.
    Closed,
    /// The payload can't be written as JSON.
    Unwritable(serde_json::Error),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the socket is closed"),
            Self::Unwritable(error) => write!(f, "the payload can't be written: {error}"),
        }
    }
}

impl std::error::Error for SendError {}

/// What a client has acknowledged an event with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// JSON texts with commas between them.
    pub arguments: String,
    pub attachments: Vec<Bytes>,
}

pub(super) struct Shared {
    pub(super) sender: Sender,
    pub(super) namespace: Box<str>,
    id: Box<str>,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The application has not decided yet.
    Connecting,
    Connected,
    /// The client has left, or its session has ended. What it asked for before is still handled.
    Left,
    /// The application has disconnected or refused it.
    Disconnected,
}

struct State {
    phase: Phase,
    events: VecDeque<Event>,
    event_bytes: usize,
    waker: Option<Waker>,
    acks: Option<Box<Acks>>,
    /// Sent before the client was told that it is connected.
    held: Vec<String>,
}

#[derive(Default)]
struct Acks {
    next: u64,
    waiting: HashMap<u64, oneshot::Sender<Acknowledgement>>,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("id", &self.0.id).field("namespace", &self.0.namespace).finish()
    }
}

impl Socket {
    /// Returns the socket's id, which the client knows as well.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// Sends an event with one argument. A client that is too slow to take it is cut off.
    ///
    /// # Errors
    /// The socket is closed, or the payload can't be written.
    pub fn emit<T: Serialize + ?Sized>(&self, event: &str, payload: &T) -> Result<(), SendError> {
        self.send_event(event, None, payload)
    }

    /// Sends an event whose arguments are JSON texts with commas between them, and attachments for their placeholders.
    ///
    /// # Errors
    /// The socket is closed.
    pub fn emit_raw(&self, event: &str, arguments: &str, attachments: &[Bytes]) -> Result<(), SendError> {
        let kind = if attachments.is_empty() { "2" } else { "5" };
        let room = event.len() + arguments.len() + 8;
        let mut text = packet::begin(kind, attachments.len(), &self.0.namespace, None, room);
        text.push('[');
        append(&mut text, event)?;
        if !arguments.is_empty() {
            text.push(',');
            text.push_str(arguments);
        }
        text.push(']');
        self.send(text, attachments)
    }

    /// Sends an event, and waits for what the client acknowledges it with; `None` when it is gone before. Bound the wait
    /// with a time-out: a client need not answer.
    ///
    /// # Errors
    /// The socket is closed, or the payload can't be written.
    pub async fn request<T: Serialize + ?Sized + Sync>(
        &self,
        event: &str,
        payload: &T,
    ) -> Result<Option<Acknowledgement>, SendError> {
        let (answered, answer) = oneshot::channel();
        let id = {
            let mut state = self.0.state.lock();
            let acks = state.acks.get_or_insert_default();
            acks.waiting.retain(|_, waiting| !waiting.is_closed());
            acks.next += 1;
            acks.waiting.insert(acks.next, answered);
            acks.next
        };
        self.send_event(event, Some(id), payload)?;
        Ok(answer.await.ok())
    }

    /// Acknowledges an event under the id of its [`ack`](Event::ack), with one argument.
    ///
    /// # Errors
    /// The socket is closed, or the payload can't be written.
    pub fn acknowledge<T: Serialize + ?Sized>(&self, ack: u64, payload: &T) -> Result<(), SendError> {
        let mut text = packet::begin("3", 0, &self.0.namespace, Some(ack), 128);
        text.push('[');
        append(&mut text, payload)?;
        text.push(']');
        self.send(text, &[])
    }

    /// Acknowledges an event with arguments as [`emit_raw`](Self::emit_raw) has them.
    ///
    /// # Errors
    /// The socket is closed.
    pub fn acknowledge_raw(&self, ack: u64, arguments: &str, attachments: &[Bytes]) -> Result<(), SendError> {
        let kind = if attachments.is_empty() { "3" } else { "6" };
        let mut text = packet::begin(kind, attachments.len(), &self.0.namespace, Some(ack), arguments.len());
        text.push('[');
        text.push_str(arguments);
        text.push(']');
        self.send(text, attachments)
    }

    /// Disconnects the client from the namespace: stock clients stay away then. Events that wait are dropped, and the
    /// transport ends, unless the client is connected to another namespace.
    pub fn disconnect(&self) {
        let text = packet::begin("1", 0, &self.0.namespace, None, 0);
        _ = self.send(text, &[]);
        self.0.close(Phase::Disconnected, None);
        self.0.sender.wake();
    }

    /// Returns whether the client is connected, as far as is known.
    pub fn is_open(&self) -> bool {
        self.0.phase() == Phase::Connected && self.0.sender.is_open()
    }

    /// Returns the session that carries the socket, to end it: stock clients come back by themselves then.
    pub fn session(&self) -> &Sender {
        &self.0.sender
    }

    /// Returns the packet that [`emit`](Self::emit) would send, for the notice of an [`Ending`](crate::Ending).
    ///
    /// # Errors
    /// The payload can't be written.
    pub fn packet<T: Serialize + ?Sized>(&self, event: &str, payload: &T) -> Result<Packet, SendError> {
        self.event(event, None, payload).map(Packet::text)
    }

    fn send_event<T: Serialize + ?Sized>(&self, event: &str, ack: Option<u64>, payload: &T) -> Result<(), SendError> {
        let text = self.event(event, ack, payload)?;
        self.send(text, &[])
    }

    fn event<T: Serialize + ?Sized>(&self, event: &str, ack: Option<u64>, payload: &T) -> Result<String, SendError> {
        let mut text = packet::begin("2", 0, &self.0.namespace, ack, event.len() + 256);
        text.push('[');
        append(&mut text, event)?;
        text.push(',');
        append(&mut text, payload)?;
        text.push(']');
        Ok(text)
    }

    fn send(&self, text: String, attachments: &[Bytes]) -> Result<(), SendError> {
        let mut state = self.0.state.lock();
        let sent = match state.phase {
            Phase::Connecting if attachments.is_empty() => {
                state.held.push(text);
                return Ok(());
            }
            Phase::Connected => {
                drop(state);
                match attachments {
                    [] => self.0.sender.send_packet(text),
                    some => self.0.sender.send_with_attachments(text, some),
                }
            }
            _ => false,
        };
        if sent { Ok(()) } else { Err(SendError::Closed) }
    }
}

fn append<T: Serialize + ?Sized>(text: &mut String, value: &T) -> Result<(), SendError> {
    // What serde_json writes is UTF-8.
    let mut bytes = std::mem::take(text).into_bytes();
    let written = serde_json::to_writer(&mut bytes, value);
    *text = String::from_utf8(bytes).unwrap_or_default();
    written.map_err(SendError::Unwritable)
}

impl Events {
    /// Waits for the next event; `None` when the client has left or was disconnected.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// Returns the next event, if one has come.
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.take_event()
    }

    fn poll_next(&mut self, context: &Context<'_>) -> Poll<Option<Event>> {
        let mut state = self.0.state.lock();
        if let Some(event) = state.take_event() {
            return Poll::Ready(Some(event));
        }
        if matches!(state.phase, Phase::Left | Phase::Disconnected) {
            return Poll::Ready(None);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl State {
    fn take_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front();
        match &event {
            Some(event) => self.event_bytes -= event.size(),
            None => release(&mut self.events),
        }
        event
    }
}

impl Shared {
    pub(super) fn new(sender: Sender, namespace: &str) -> Arc<Self> {
        let state = State {
            phase: Phase::Connecting,
            events: VecDeque::new(),
            event_bytes: 0,
            waker: None,
            acks: None,
            held: Vec::new(),
        };
        let id = crate::engine::random_id().into();
        Arc::new(Self { sender, namespace: namespace.into(), id, state: Mutex::new(state) })
    }

    pub(super) fn phase(&self) -> Phase {
        self.state.lock().phase
    }

    /// Tells the client that it is connected, and what was sent to it before.
    pub(super) fn connect(&self) {
        let mut text = packet::begin("0", 0, &self.namespace, None, self.id.len() + 10);
        text.push_str("{\"sid\":\"");
        text.push_str(&self.id);
        text.push_str("\"}");
        let mut state = self.state.lock();
        state.phase = Phase::Connected;
        self.sender.send_packet(text);
        for held in std::mem::take(&mut state.held) {
            self.sender.send_packet(held);
        }
        drop(state);
        self.sender.set_known();
    }

    /// Tells the client that it may not connect.
    pub(super) fn refuse(&self, refusal: &str) {
        let mut text = packet::begin("4", 0, &self.namespace, None, refusal.len());
        text.push_str(refusal);
        _ = self.sender.send_packet(text);
        self.close(Phase::Disconnected, None);
    }

    /// Ends it, unless it has ended. Who waits for events is woken, but for the task that polls it anyway.
    pub(super) fn close(&self, phase: Phase, own: Option<&Waker>) {
        let waker = {
            let mut state = self.state.lock();
            if phase == Phase::Disconnected {
                (state.events, state.event_bytes) = (VecDeque::new(), 0);
            }
            if matches!(state.phase, Phase::Connecting | Phase::Connected) {
                state.phase = phase;
            }
            state.acks = None;
            state.waker.take()
        };
        wake(waker, own);
    }

    /// Whether so many events wait that no more should be taken.
    pub(super) fn is_full(&self) -> bool {
        const MOST_BYTES: usize = 256 * 1024;
        let state = self.state.lock();
        state.events.len() >= self.sender.config().max_waiting_events || state.event_bytes >= MOST_BYTES
    }

    /// Hands over an event; see [`close`](Self::close).
    pub(super) fn put(&self, event: Event, own: &Waker) {
        let waker = {
            let mut state = self.state.lock();
            state.event_bytes += event.size();
            state.events.push_back(event);
            state.waker.take()
        };
        wake(waker, Some(own));
    }

    /// Hands an acknowledgement to who waits for it; returns whether somebody does.
    pub(super) fn acknowledge(&self, id: u64, acknowledgement: Acknowledgement) -> bool {
        let waiting = self.state.lock().acks.as_mut().and_then(|acks| acks.waiting.remove(&id));
        waiting.is_some_and(|waiting| waiting.send(acknowledgement).is_ok())
    }

    fn take_event(&self) -> Option<Event> {
        self.state.lock().take_event()
    }
}

fn wake(waker: Option<Waker>, own: Option<&Waker>) {
    waker.into_iter().filter(|waker| !own.is_some_and(|own| own.will_wake(waker))).for_each(Waker::wake);
}
