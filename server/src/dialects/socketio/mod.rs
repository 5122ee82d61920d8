//! Socket.IO, default namespace: the SDK's own dialect, and stock clients with either transport.

mod client;
mod connection;
mod encode;
mod handler;
mod reply;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{Method, StatusCode},
    middleware::map_request,
};
use rallypoint_protocol::{ApiError, ErrorCode, MAX_FRAME_BYTES};
use rallypoint_socketio::{Config, Ending, Rejection, SocketIo};

use crate::{app::App, http::Exchange};
use handler::Dialect;

/// Packets that may wait for a slow client before it is cut off.
const WAITING_PACKETS: usize = 256;
/// A frame of up to here is refused with an error; a larger one ends the transport before it is read whole.
const TRANSPORT_BYTES: usize = 2 * 1024 * 1024;
/// Seconds after which a client tries again when the server restarts.
const RESTART_SECONDS: u64 = 1;

/// The Socket.IO server of an application.
#[derive(Clone)]
pub struct Server(SocketIo<Dialect>);

impl Server {
    pub fn new(app: Arc<App>) -> Self {
        const _: () = assert!(TRANSPORT_BYTES > MAX_FRAME_BYTES);
        let config = Config {
            max_payload: TRANSPORT_BYTES,
            max_event: MAX_FRAME_BYTES,
            max_waiting_packets: WAITING_PACKETS,
            connect_timeout: Duration::from_secs(10),
            ..Config::default()
        };
        Self(SocketIo::new(Arc::new(Dialect::new(app)), config))
    }

    /// The route. Both forms of the path are served alike, with a slash at the end and without.
    pub fn routes(&self) -> Router {
        Router::new().route_service("/socket.io", self.0.clone()).layer(map_request(notice_hang_up))
    }

    /// Ends every session so that clients come back by themselves, and waits until all that they asked for is done.
    pub async fn shutdown(&self, reason: &ApiError) {
        self.0.shutdown(ending(reason)).await;
    }
}

/// A poll waits for long: its client has left when it closes its half of the connection.
async fn notice_hang_up(request: Request) -> Request {
    if let (&Method::GET, Some(exchange)) = (request.method(), request.extensions().get::<Exchange>()) {
        exchange.abort_when_half_closed();
    }
    request
}

/// How a session ends for a reason that passes: the client is to try again.
fn ending(reason: &ApiError) -> Ending {
    let code = match reason.code {
        ErrorCode::RateLimited => 3429,
        // Service restart.
        _ => 1012,
    };
    Ending { code, reason: reason.code.as_str().into(), rejection: Some(rejection(reason)), notice: None }
}

/// The answer to a request that is refused for a reason that passes.
fn rejection(reason: &ApiError) -> Rejection {
    let status = StatusCode::from_u16(reason.code.http_status());
    let retry_after = reason.retry_after.unwrap_or(RESTART_SECONDS);
    let told = reason.clone().with_retry_after(retry_after);
    Rejection {
        status: status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        retry_after: Some(retry_after),
        body: serde_json::to_string(&told).unwrap_or_default(),
    }
}
