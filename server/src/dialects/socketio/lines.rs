//! Which connection carries a socket: the library can say goodbye, but not hang up on a client that stays.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use quick_cache::sync::Cache;
use socketioxide::{TransportType, extract::SocketRef, socket::Sid};

use super::ws;
use crate::http::Line;

/// Clients that went over from long polling to a WebSocket, and whose connection is remembered.
const UPGRADED: usize = 20_000;
/// How long a client may take to leave by itself.
const LEAVING: Duration = Duration::from_secs(3);

/// By the id of the socket.
#[derive(Clone)]
pub(super) struct Lines(Arc<Cache<Sid, Line>>);

impl Lines {
    pub(super) fn new() -> Self {
        Self(Arc::new(Cache::new(UPGRADED)))
    }

    pub(super) fn forget(&self, socket: Sid) {
        self.0.remove(&socket);
    }
}

/// The connection of a socket that is not polling.
pub(super) fn line(socket: &SocketRef) -> Option<Line> {
    let handshake = socket.req_parts();
    if socket.transport_type() != TransportType::Websocket {
        return None;
    }
    if transport(handshake.uri.query()) == Some("websocket") {
        return handshake.extensions.get().cloned();
    }
    handshake.extensions.get::<Lines>()?.0.get(&socket.id)
}

/// Ends the connection of a client that was told to leave, and stays.
pub(super) fn hang_up_on_who_stays(line: Line) {
    tokio::spawn(async move {
        tokio::time::sleep(LEAVING).await;
        line.hang_up();
    });
}

/// Remembers on which connections clients go over to a WebSocket.
pub(super) async fn remember(State(lines): State<Lines>, mut request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/socket.io") {
        let query = request.uri().query();
        let sid = ws::query_value(query, "sid").and_then(|sid| sid.parse().ok());
        if let (Some(sid), Some("websocket"), Some(line)) = (sid, transport(query), request.extensions().get::<Line>())
        {
            lines.0.insert(sid, line.clone());
        }
        request.extensions_mut().insert(lines);
    }
    next.run(request).await
}

fn transport(query: Option<&str>) -> Option<&str> {
    ws::query_value(query, "transport")
}
