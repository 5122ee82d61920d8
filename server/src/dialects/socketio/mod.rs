//! Socket.IO, default namespace: the SDK's own dialect, and stock clients with either transport.

mod connection;
mod handler;
mod lines;
mod words;

use std::{fmt, sync::Arc, time::Duration};

use axum::{Router, middleware::from_fn_with_state};
use rallypoint_protocol::{ApiError, ErrorCode, MAX_FRAME_BYTES, User, UserId};
use serde::Deserialize;
use socketioxide::{
    SocketIo,
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
    layer::SocketIoLayer,
    socket::DisconnectReason,
};

use super::ws;
use crate::{
    app::App,
    domain::{Answer, auth::Caller, now},
};
use connection::{Connection, Flow};
use handler::{Dispatch, Peer};
use lines::Lines;

/// Packets that may wait for a slow client before it is dropped.
const BUFFERED_PACKETS: usize = 256;
/// A frame of up to here is refused with an error; a larger one closes the socket before it is read whole.
const TRANSPORT_BYTES: usize = 2 * 1024 * 1024;

/// What a client sends with its connect packet.
#[derive(Default, Deserialize)]
struct Handshake {
    token: Option<String>,
}

/// Refuses a handshake. The client sees `CODE: what to do` as the message of its `connect_error`.
#[derive(Debug)]
struct Refusal(ApiError);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

/// Adds Socket.IO to the HTTP routes.
pub fn add(routes: Router, app: Arc<App>) -> Router {
    let lines = Lines::new();
    routes.layer(layer(app, Arc::clone(&lines))).layer(from_fn_with_state(lines, lines::remember))
}

fn layer(app: Arc<App>, lines: Arc<Lines>) -> SocketIoLayer {
    const _: () = assert!(TRANSPORT_BYTES > MAX_FRAME_BYTES);
    let (layer, io) = SocketIo::builder()
        .max_payload(TRANSPORT_BYTES as u64)
        .ws_max_message_size(TRANSPORT_BYTES)
        .ws_max_frame_size(TRANSPORT_BYTES)
        .ws_read_buffer_size(4 * 1024)
        .max_buffer_size(BUFFERED_PACKETS)
        .connect_timeout(Duration::from_secs(10))
        .build_layer();
    let for_admission = Arc::clone(&app);
    // Before the client is told that it is connected: from then on it may be invited, and may ask.
    let admission = move |socket: SocketRef, TryData(handshake): TryData<Handshake>| {
        let (app, lines) = (Arc::clone(&for_admission), Arc::clone(&lines));
        async move {
            let (caller, user) = admit(&app, &socket, handshake.ok()).await.map_err(Refusal)?;
            attach(&app, &socket, caller, user, lines).map_err(Refusal)
        }
    };
    let connected = move |socket: SocketRef, TryData(handshake): TryData<Handshake>| {
        let app = Arc::clone(&app);
        async move {
            // Again, since the login may have ended in between.
            match admit(&app, &socket, handshake.ok()).await {
                Ok((_, user)) => hand_over(&app, &socket, user.id).await,
                Err(error) => connection::send_away(&socket, &error),
            }
        }
    };
    io.ns("/", connected.with(admission));
    layer
}

/// Who wants to connect, if it may.
async fn admit(app: &App, socket: &SocketRef, handshake: Option<Handshake>) -> Answer<(Caller, Arc<User>)> {
    app.takes_new()?;
    let token = handshake.and_then(|handshake| handshake.token).or_else(|| query_token(socket));
    let token = token.ok_or_else(|| ApiError::from(ErrorCode::Unauthenticated))?;
    let caller = app.auth.authenticate(&token)?;
    Ok((caller, app.users.get(caller.user).await?))
}

/// `?token=…`, for clients that can't set `auth`.
fn query_token(socket: &SocketRef) -> Option<String> {
    ws::query_value(socket.req_parts().uri.query(), "token").map(str::to_owned)
}

/// Makes the socket known to the hub, and its frames to the handler.
fn attach(app: &Arc<App>, socket: &SocketRef, caller: Caller, user: Arc<User>, lines: Arc<Lines>) -> Answer<()> {
    app.rates.rest(caller.user)?;
    let flow = Flow::new(app);
    let connection = Arc::new(Connection::new(socket.clone(), flow.clone()));
    let limit = app.config.limits.sockets_per_user;
    let id = app.hub.connect(&user, caller.login, connection, limit, now());
    let id = id.ok_or_else(|| app.rates.too_many_sockets())?;
    let (user_id, sid, for_disconnect) = (user.id, socket.id, Arc::clone(app));
    socket.on_disconnect(move |reason: DisconnectReason| {
        lines.forget(sid, reason);
        for_disconnect.hub.disconnect(user_id, id, now());
        tracing::info!(%user_id, "socket disconnected");
        std::future::ready(())
    });
    socket.on_fallback(Dispatch(Arc::new(Peer::new(Arc::clone(app), user, id, flow))));
    tracing::info!(%user_id, "socket connected");
    Ok(())
}

/// Rings again for the invites that wait.
async fn hand_over(app: &Arc<App>, socket: &SocketRef, user: UserId) {
    let connection = Connection::new(socket.clone(), Flow::new(app));
    if let Err(error) = app.invites.hand_over(user, &connection).await {
        tracing::warn!(user_id = %user, %error, "could not hand over waiting invites");
    }
}
