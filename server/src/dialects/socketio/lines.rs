//! How a client that was sent away is kept away: the library can say goodbye to a socket, but not end its connection.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use serde_json::json;
use socketioxide::{
    extract::SocketRef,
    socket::{DisconnectReason, Sid},
};

use super::ws;
use crate::http::Line;

/// How long a client may take to hear of it and to leave by itself.
const LEAVING: Duration = Duration::from_secs(3);
/// Clients that are remembered.
const CLIENTS: usize = 20_000;
/// How often a client may try to go over from polling to a WebSocket: all but one of its connections come to nothing.
const TRIES: usize = 4;

pub(super) struct Lines {
    /// The connections on which clients went over to a WebSocket.
    upgraded: Cache<Sid, Arc<Mutex<Vec<Line>>>>,
    /// Who was sent away, and when.
    gone: Cache<Sid, Instant>,
}

impl Lines {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { upgraded: Cache::new(CLIENTS), gone: Cache::new(CLIENTS) })
    }

    fn add(&self, socket: Sid, line: &Line) {
        let Ok(lines) = self.upgraded.get_or_insert_with::<_, Infallible>(&socket, || Ok(Arc::default()));
        let mut lines = lines.lock();
        if lines.len() == TRIES {
            return line.hang_up();
        }
        lines.push(line.clone());
    }

    /// Forgets a client whose connection has ended. One that has only left may come again on the same connection.
    pub(super) fn forget(&self, socket: Sid, reason: DisconnectReason) {
        if !matches!(reason, DisconnectReason::ClientNSDisconnect | DisconnectReason::ServerNSDisconnect) {
            self.upgraded.remove(&socket);
        }
    }

    fn refuses(&self, socket: Sid) -> bool {
        self.gone.get(&socket).is_some_and(|since| since.elapsed() > LEAVING)
    }
}

/// The connection that a handshake has made a WebSocket of, if it has.
type Carrier = Arc<OnceLock<Line>>;

/// The connections that a socket's WebSocket may use, if it has one.
fn lines(socket: &SocketRef, lines: &Lines) -> Vec<Line> {
    let mut lines = lines.upgraded.get(&socket.id).map_or_else(Vec::new, |lines| lines.lock().clone());
    lines.extend(socket.req_parts().extensions.get::<Carrier>().and_then(|carrier| carrier.get().cloned()));
    lines
}

/// Disconnects a socket for good.
pub(super) fn disconnect(socket: &SocketRef) {
    let Some(known) = socket.req_parts().extensions.get::<Arc<Lines>>().cloned() else {
        // No request gets by `remember`.
        _ = socket.clone().disconnect();
        return;
    };
    let (sid, lines) = (socket.id, lines(socket, &known));
    known.gone.insert(sid, Instant::now());
    // While its queue is full it can't be told, since the farewell goes through it as well.
    if socket.clone().disconnect().is_err() {
        lines.iter().for_each(Line::hang_up);
    }
    tokio::spawn(async move {
        tokio::time::sleep(LEAVING).await;
        lines.iter().for_each(Line::hang_up);
        if let Some((_, since)) = known.upgraded.remove(&sid) {
            since.lock().iter().for_each(Line::hang_up);
        }
    });
}

/// Remembers on which connections clients go over to a WebSocket, and serves nobody who was sent away.
pub(super) async fn remember(State(lines): State<Arc<Lines>>, mut request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/socket.io") {
        return next.run(request).await;
    }
    let sid = ws::query_value(request.uri().query(), "sid").and_then(|sid| sid.parse().ok());
    if sid.is_some_and(|sid| lines.refuses(sid)) {
        // As the library says it of a session that has ended.
        let unknown = json!({ "code": 1, "message": "Session ID unknown" });
        return (StatusCode::BAD_REQUEST, Json(unknown)).into_response();
    }
    let (line, carrier) = (request.extensions().get::<Line>().cloned(), Carrier::default());
    request.extensions_mut().insert(Arc::clone(&lines));
    request.extensions_mut().insert(Arc::clone(&carrier));
    let response = next.run(request).await;
    // Otherwise it may carry the requests of others, behind a proxy.
    if let (Some(line), StatusCode::SWITCHING_PROTOCOLS) = (line, response.status()) {
        if let Some(sid) = sid {
            lines.add(sid, &line);
        }
        _ = carrier.set(line);
    }
    response
}
