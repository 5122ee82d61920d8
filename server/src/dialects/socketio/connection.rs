//! One live socket, as the hub sees it, and what becomes of one that does not keep up.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rallypoint_protocol::ApiError;
use socketioxide::{SendError, SocketError, extract::SocketRef};

use super::{lines, words};
use crate::{
    app::App,
    hub::{self, Dialect, Event},
};

/// Whether a socket takes what is sent to it. Once it has not, something is missing: it counts as gone, and fetches
/// what it missed when it is back.
#[derive(Clone)]
pub(super) struct Flow(Arc<State>);

struct State {
    broken: AtomicBool,
    app: Arc<App>,
}

impl Flow {
    pub(super) fn new(app: &Arc<App>) -> Self {
        Self(Arc::new(State { broken: AtomicBool::new(false), app: Arc::clone(app) }))
    }

    fn is_broken(&self) -> bool {
        self.0.broken.load(Ordering::Relaxed)
    }

    /// Drops a socket whose queue was full.
    pub(super) fn check(&self, socket: &SocketRef, sent: Result<(), SendError>) {
        if matches!(sent, Err(SendError::Socket(SocketError::InternalChannelFull)))
            && !self.0.broken.swap(true, Ordering::Relaxed)
        {
            tracing::info!(socket = %socket.id, "slow client dropped");
            self.0.app.metrics.sent_away("too_slow").inc();
            lines::disconnect(socket);
            self.0.app.hub.look_again();
        }
    }
}

pub(super) struct Connection {
    socket: SocketRef,
    flow: Flow,
}

impl Connection {
    pub(super) fn new(socket: SocketRef, flow: Flow) -> Self {
        Self { socket, flow }
    }
}

impl hub::Connection for Connection {
    fn dialect(&self) -> Dialect {
        Dialect::SocketIo
    }

    fn deliver(&self, event: &Event) {
        if !self.flow.is_broken() {
            self.flow.check(&self.socket, words::emit(&self.socket, event));
        }
    }

    fn is_open(&self) -> bool {
        self.socket.connected() && !self.flow.is_broken()
    }

    fn close(&self, reason: &ApiError) {
        send_away(&self.socket, reason);
    }
}

/// Says why in an `error` event, and closes.
pub(super) fn send_away(socket: &SocketRef, reason: &ApiError) {
    let _ = socket.emit("error", reason);
    lines::disconnect(socket);
}
