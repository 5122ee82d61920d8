//! Engine.IO 4: sessions over long polling and WebSockets, and the change from the one to the other.
//!
//! ```text
//! service.rs   one HTTP request: handshake, poll, post or upgrade
//! session/     the session as a state machine
//! connection.rs  a session that several tasks share
//! driver.rs    the one task of a session: its application, its WebSocket, its clock
//! ```

mod allowance;
mod connection;
mod driver;
pub(crate) mod packet;
mod polling;
mod registry;
mod rejection;
mod service;
pub(crate) mod session;
mod upgrade;
mod websocket;

use std::{
    fmt,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use http::request::Parts;

use crate::config::Config;
use connection::Connection;
pub use connection::Message;
pub(crate) use connection::release;
pub use packet::Packet;
pub(crate) use registry::random_id;
pub use rejection::{Body, Rejection};
pub use service::{Answer, Engine};
pub use session::{CloseReason, Ending};

/// What runs on top of the sessions.
pub trait Application: Send + Sync + 'static {
    /// What is kept of the request that began a session.
    type Peer: Send + Sync + 'static;

    /// Decides about a handshake, before anything is kept of it.
    ///
    /// # Errors
    /// The answer to the request, if the session may not begin.
    fn admit(&self, request: &Parts) -> Result<Self::Peer, Rejection>;

    /// Serves a session from its handshake to its end. When this returns, the session ends.
    fn serve(&self, peer: Self::Peer, messages: Messages) -> impl Future<Output = ()> + Send;
}

/// The time as sessions see it.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The way to the client of a session. Cheap to clone.
#[derive(Clone)]
pub struct Sender(Arc<Connection>);

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.0.sid).finish()
    }
}

impl Sender {
    /// Returns the session's id.
    pub fn sid(&self) -> &str {
        &self.0.sid
    }

    /// Sends a text message; `packet` begins with a `4`. Returns whether the session is open. A client that is too slow
    /// to take it is cut off.
    pub(crate) fn send_packet(&self, packet: String) -> bool {
        self.0.change(|state| state.session.send(packet::Packet::text(packet)))
    }

    /// Sends a text message; see [`send_binary`](Self::send_binary).
    pub fn send_text(&self, text: &str) -> bool {
        self.send_packet(format!("4{text}"))
    }

    /// Sends a binary message. Returns whether the session is open. A client that is too slow to take it is cut off.
    pub fn send_binary(&self, bytes: Bytes) -> bool {
        self.0.change(|state| state.session.send(packet::Packet::Binary(bytes)))
    }

    /// Sends a text message and binary ones right behind it.
    pub(crate) fn send_with_attachments(&self, packet: String, attachments: &[Bytes]) -> bool {
        self.0.change(|state| {
            let mut open = state.session.send(packet::Packet::text(packet));
            for attachment in attachments {
                open = open && state.session.send(packet::Packet::Binary(attachment.clone()));
            }
            open
        })
    }

    /// Returns whether something may still be sent.
    pub fn is_open(&self) -> bool {
        self.0.look(|state| state.session.is_open())
    }

    /// Returns why the session has ended, once it has.
    pub fn closed(&self) -> Option<CloseReason> {
        self.0.look(|state| state.session.closed())
    }

    /// Ends the session, when what waits has been delivered.
    pub fn end(&self, ending: Ending) {
        self.0.end(now(), ending);
    }

    /// Ends the session at once.
    pub fn abort(&self, reason: CloseReason) {
        self.0.abort(reason);
    }

    /// Tells that the application knows the client from now on, so that it may send as much as the configuration says.
    pub(crate) fn set_known(&self) {
        self.0.set_known(now());
    }

    /// Counts a message that is no event against what the client may send.
    pub(crate) fn count_control(&self) {
        self.0.count_control(now());
    }

    /// Lets the session's task look at what has changed.
    pub(crate) fn wake(&self) {
        self.0.wake();
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }
}

/// The messages of a session, in the order in which the client sent them.
pub struct Messages(Arc<Connection>);

impl Messages {
    /// Returns the way to the client.
    pub fn sender(&self) -> Sender {
        Sender(Arc::clone(&self.0))
    }

    /// Waits for the next message; `None` when the session has ended.
    pub async fn next(&mut self) -> Option<Message> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// Polls for the next message.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Message>> {
        self.0.poll_message(context)
    }
}
