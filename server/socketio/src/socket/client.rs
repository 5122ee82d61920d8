//! The namespaces of one session: packets in, sockets served. All of it runs on the session's one task.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::time::{Sleep, sleep};

use super::{
    event::Event,
    handle::{Acknowledgement, Phase, Shared, Socket},
    handler::{Connect, Handler},
    packet::{self, Kind, Packet},
};
use crate::engine::{CloseReason, Ending, Message, Messages, Sender};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) struct Client<H: Handler> {
    handler: Arc<H>,
    peer: Arc<H::Peer>,
    sender: Sender,
    messages: Messages,
    sockets: Vec<Entry>,
    /// A packet whose attachments are still to come.
    incomplete: Option<Box<Incomplete>>,
    /// How long it may go on without being connected to anything.
    unconnected: Option<Pin<Box<Sleep>>>,
    /// The application has disconnected or refused it somewhere.
    sent_away: bool,
    ended: bool,
}

struct Entry {
    shared: Arc<Shared>,
    task: Task,
}

struct Incomplete {
    text: String,
    packet: Packet,
    attachments: Vec<Bytes>,
    bytes: usize,
}

impl<H: Handler> Client<H> {
    pub(super) fn new(handler: Arc<H>, peer: H::Peer, messages: Messages) -> Self {
        let sender = messages.sender();
        let unconnected = Some(Box::pin(sleep(sender.config().connect_timeout)));
        Self {
            handler,
            peer: Arc::new(peer),
            sender,
            messages,
            sockets: Vec::new(),
            incomplete: None,
            unconnected,
            sent_away: false,
            ended: false,
        }
    }

    /// Serves until the session has ended and all that was asked for is done.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            // All that has come, so that a handler may look at what stands behind an event.
            let taken = self.take_in(cx);
            self.serve(cx);
            if self.ended {
                return if self.sockets.is_empty() { Poll::Ready(()) } else { Poll::Pending };
            }
            self.check_connected(cx);
            if !taken {
                return Poll::Pending;
            }
        }
    }

    /// Takes messages until there are none, or what they bring would have to wait. Returns whether there were some.
    fn take_in(&mut self, cx: &mut Context<'_>) -> bool {
        let mut taken = false;
        while !self.ended && self.may_take() {
            match self.messages.poll_next(cx) {
                Poll::Pending => break,
                Poll::Ready(Some(message)) => self.receive(message, cx.waker()),
                Poll::Ready(None) => {
                    self.ended = true;
                    self.sockets.iter().for_each(|entry| entry.shared.close(Phase::Left, Some(cx.waker())));
                }
            }
            taken = true;
        }
        taken
    }

    /// Whether another message may be taken. Of a session that has ended all are.
    fn may_take(&self) -> bool {
        let busy = |entry: &Entry| entry.shared.phase() == Phase::Connecting || entry.shared.is_full();
        !self.sender.is_open() || !self.sockets.iter().any(busy)
    }

    /// Polls what serves the sockets, and forgets those that are done.
    fn serve(&mut self, cx: &mut Context<'_>) {
        self.sockets.retain_mut(|entry| {
            let served = entry.task.as_mut().poll(cx).is_ready();
            if served && entry.shared.phase() == Phase::Connected {
                Socket(Arc::clone(&entry.shared)).disconnect();
            }
            self.sent_away |= entry.shared.phase() == Phase::Disconnected;
            !served
        });
        if self.sockets.is_empty() {
            self.sockets = Vec::new();
        }
    }

    /// Ends the session of a client that the application has sent away, and of one that connects to nothing.
    fn check_connected(&mut self, cx: &mut Context<'_>) {
        let has = |phase| self.sockets.iter().any(|entry| entry.shared.phase() == phase);
        if has(Phase::Connected) {
            (self.unconnected, self.sent_away) = (None, false);
            return;
        }
        if self.sent_away && !has(Phase::Connecting) {
            end(&self.sender);
        }
        let timeout = self.sender.config().connect_timeout;
        let timer = self.unconnected.get_or_insert_with(|| Box::pin(sleep(timeout)));
        if timer.as_mut().poll(cx).is_ready() {
            end(&self.sender);
        }
    }

    /// Takes a message; `own` is the waker of this task, which polls the sockets afterwards.
    fn receive(&mut self, message: Message, own: &Waker) {
        match message {
            Message::Text(text) if self.incomplete.is_none() => self.packet(text, own),
            Message::Binary(bytes) => self.attachment(bytes, own),
            // Between a packet and its attachments.
            Message::Text(_) => self.sender.abort(CloseReason::ParseError),
        }
    }

    fn packet(&mut self, text: String, own: &Waker) {
        let Some(packet) = Packet::parse(&text) else { return self.sender.abort(CloseReason::ParseError) };
        match packet.kind {
            Kind::Connect => self.connect(packet.namespace(&text), &text[packet.data..]),
            Kind::Disconnect => {
                self.sender.count_control();
                match self.connected(packet.namespace(&text)) {
                    Some(socket) => socket.close(Phase::Left, Some(own)),
                    None => self.sender.abort(CloseReason::ParseError),
                }
            }
            Kind::BinaryEvent | Kind::BinaryAck if packet.attachments > 0 => {
                if packet.attachments > self.sender.config().max_attachments {
                    return self.sender.abort(CloseReason::TooMuch);
                }
                let bytes = text.len();
                self.incomplete = Some(Box::new(Incomplete { text, packet, attachments: Vec::new(), bytes }));
            }
            Kind::Event | Kind::Ack | Kind::BinaryEvent | Kind::BinaryAck => {
                self.complete(text, &packet, Vec::new(), own);
            }
            Kind::ConnectError => self.sender.abort(CloseReason::ParseError),
        }
    }

    fn attachment(&mut self, bytes: Bytes, own: &Waker) {
        let Some(mut incomplete) = self.incomplete.take() else { return self.sender.abort(CloseReason::ParseError) };
        incomplete.bytes += bytes.len();
        incomplete.attachments.push(bytes);
        if incomplete.bytes > self.sender.config().max_payload {
            return self.sender.abort(CloseReason::TooMuch);
        }
        if incomplete.attachments.len() < incomplete.packet.attachments {
            self.incomplete = Some(incomplete);
            return;
        }
        let Incomplete { text, packet, attachments, .. } = *incomplete;
        if packet::placeholders_fit(&text[packet.data..], attachments.len()) {
            self.complete(text, &packet, attachments, own);
        } else {
            self.sender.abort(CloseReason::ParseError);
        }
    }

    fn connect(&mut self, namespace: &str, auth: &str) {
        if self.connected(namespace).is_some() {
            return self.sender.abort(CloseReason::ParseError);
        }
        self.sender.count_control();
        let shared = Shared::new(self.sender.clone(), namespace);
        if !self.handler.has_namespace(namespace) {
            shared.refuse(r#"{"message":"Invalid namespace"}"#);
            return self.end_if_unconnected();
        }
        let auth = Some(auth).filter(|auth| !auth.is_empty()).map(Into::into);
        let connect = Connect { shared: Arc::clone(&shared), auth, peer: Arc::clone(&self.peer) };
        let handler = Arc::clone(&self.handler);
        let task: Task = Box::pin(async move { handler.serve(connect).await });
        self.sockets.reserve_exact(1);
        self.sockets.push(Entry { shared, task });
    }

    /// An event or an acknowledgement with all that belongs to it.
    fn complete(&mut self, text: String, packet: &Packet, attachments: Vec<Bytes>, own: &Waker) {
        let sender = &self.sender;
        let Some(socket) = self.connected(packet.namespace(&text)) else {
            return sender.abort(CloseReason::ParseError);
        };
        match (packet.kind, packet.ack) {
            (Kind::Event | Kind::BinaryEvent, ack) => {
                match Event::new(text, packet.data, ack, attachments, sender.config().max_event) {
                    Some(event) => socket.put(event, own),
                    None => sender.abort(CloseReason::ParseError),
                }
            }
            (_, Some(id)) => {
                let arguments = text[packet.data..].trim();
                let arguments = arguments[1..arguments.len() - 1].to_owned();
                if !socket.acknowledge(id, Acknowledgement { arguments, attachments }) {
                    sender.count_control();
                }
            }
            (_, None) => sender.abort(CloseReason::ParseError),
        }
    }

    fn connected(&self, namespace: &str) -> Option<&Arc<Shared>> {
        let mut sockets = self.sockets.iter().map(|entry| &entry.shared);
        sockets.find(|socket| {
            *socket.namespace == *namespace && matches!(socket.phase(), Phase::Connecting | Phase::Connected)
        })
    }

    fn end_if_unconnected(&self) {
        if !self.sockets.iter().any(|entry| entry.shared.phase() == Phase::Connected) {
            end(&self.sender);
        }
    }
}

fn end(sender: &Sender) {
    sender.end(Ending { code: 1000, reason: "".into(), rejection: None, notice: None });
}
