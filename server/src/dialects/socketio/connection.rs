//! One live socket, as the hub sees it.

use rallypoint_protocol::ApiError;
use socketioxide::{SendError, SocketError, extract::SocketRef};

use super::words;
use crate::hub::{self, Event};

pub(super) struct Connection {
    socket: SocketRef,
}

impl Connection {
    pub(super) fn new(socket: SocketRef) -> Self {
        Self { socket }
    }
}

impl hub::Connection for Connection {
    fn deliver(&self, event: &Event) {
        check(&self.socket, words::emit(&self.socket, event));
    }

    fn is_open(&self) -> bool {
        self.socket.connected()
    }

    fn close(&self, reason: &ApiError) {
        send_away(&self.socket, reason);
    }
}

/// Closes a socket that does not keep up: it fetches what it missed when it is back.
pub(super) fn check(socket: &SocketRef, sent: Result<(), SendError>) {
    if let Err(SendError::Socket(SocketError::InternalChannelFull)) = sent {
        tracing::info!(socket = %socket.id, "slow client dropped");
        let _ = socket.clone().disconnect();
    }
}

/// Says why in an `error` event, and closes.
pub(super) fn send_away(socket: &SocketRef, reason: &ApiError) {
    let _ = socket.emit("error", reason);
    let _ = socket.clone().disconnect();
}
