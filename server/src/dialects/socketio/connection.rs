//! One live socket, as the hub sees it, and what becomes of one that does not keep up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rallypoint_protocol::ApiError;
use socketioxide::{SendError, SocketError, extract::SocketRef};

use super::{lines, words};
use crate::{
    app::App,
    hub::{self, Dialect, Event},
};

/// How often it is tried to tell a client that does not poll that it has been dropped.
const FAREWELL: Duration = Duration::from_secs(1);
/// How often at most; by then its pings have gone unanswered for long enough.
const FAREWELLS: u32 = 90;

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
            disconnect(socket);
            self.0.app.hub.look_again();
        }
    }
}

/// Disconnects a socket. While its queue is full it can't be told, since the farewell goes through it as well.
fn disconnect(socket: &SocketRef) {
    let line = lines::line(socket);
    let told = socket.clone().disconnect().is_ok();
    match line {
        Some(line) if told => lines::hang_up_on_who_stays(line),
        Some(line) => line.hang_up(),
        None if told => {}
        None => tell_later(socket.clone()),
    }
}

fn tell_later(socket: SocketRef) {
    tokio::spawn(async move {
        for _ in 0..FAREWELLS {
            tokio::time::sleep(FAREWELL).await;
            if socket.clone().disconnect().is_ok() {
                return;
            }
        }
    });
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
    disconnect(socket);
}
