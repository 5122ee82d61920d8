//! Socket.IO, default namespace: the SDK's own dialect, and stock clients with either transport.

mod connection;
mod handler;
mod words;

use std::{fmt, sync::Arc, time::Duration};

use rallypoint_protocol::{ApiError, ErrorCode, MAX_FRAME_BYTES, User};
use serde::Deserialize;
use socketioxide::{
    SocketIo,
    extract::{SocketRef, TryData},
    handler::ConnectHandler,
    layer::SocketIoLayer,
};

use crate::{
    app::App,
    domain::{Answer, auth::Caller, now},
    hub::Event,
};
use connection::Connection;
use handler::{Dispatch, Peer};

/// Packets that may wait for a slow client before it is dropped.
const BUFFERED_PACKETS: usize = 64;
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

/// The Socket.IO service as a layer over the HTTP routes.
pub fn layer(app: Arc<App>) -> SocketIoLayer {
    const _: () = assert!(TRANSPORT_BYTES > MAX_FRAME_BYTES);
    let (layer, io) = SocketIo::builder()
        .max_payload(TRANSPORT_BYTES as u64)
        .ws_max_message_size(TRANSPORT_BYTES)
        .ws_max_frame_size(TRANSPORT_BYTES)
        .ws_read_buffer_size(4 * 1024)
        .max_buffer_size(BUFFERED_PACKETS)
        .connect_timeout(Duration::from_secs(10))
        .build_layer();
    let for_check = Arc::clone(&app);
    let check = move |socket: SocketRef, TryData(handshake): TryData<Handshake>| {
        let app = Arc::clone(&for_check);
        async move { admit(&app, &socket, handshake.ok()).await.map(drop).map_err(Refusal) }
    };
    let connect = move |socket: SocketRef, TryData(handshake): TryData<Handshake>| {
        let app = Arc::clone(&app);
        async move {
            match admit(&app, &socket, handshake.ok()).await {
                Ok((caller, user)) => connected(app, socket, caller, user).await,
                Err(error) => connection::send_away(&socket, &error),
            }
        }
    };
    io.ns("/", connect.with(check));
    layer
}

/// Who wants to connect, if it may.
async fn admit(app: &App, socket: &SocketRef, handshake: Option<Handshake>) -> Answer<(Caller, Arc<User>)> {
    if app.is_draining() {
        return Err(ErrorCode::Unavailable.into());
    }
    let token = handshake.and_then(|handshake| handshake.token).or_else(|| query_token(socket));
    let token = token.ok_or_else(|| ApiError::from(ErrorCode::Unauthenticated))?;
    let caller = app.auth.authenticate(&token)?;
    let user = app.users.get(caller.user).await?;
    if app.hub.connection_count(user.id) >= app.config.limits.sockets_per_user {
        return Err(too_many_sockets());
    }
    Ok((caller, user))
}

/// `?token=…`, for clients that can't set `auth`. A token has no character that a query escapes.
fn query_token(socket: &SocketRef) -> Option<String> {
    let query = socket.req_parts().uri.query()?;
    query.split('&').find_map(|pair| pair.strip_prefix("token=")).map(str::to_owned)
}

fn too_many_sockets() -> ApiError {
    ApiError::new(ErrorCode::RateLimited, "Too many connections of this user. Close one of the others.")
}

async fn connected(app: Arc<App>, socket: SocketRef, caller: Caller, user: Arc<User>) {
    let connection = Arc::new(Connection::new(socket.clone()));
    let limit = app.config.limits.sockets_per_user;
    let Some(id) = app.hub.connect(&user, caller.login, Arc::clone(&connection) as _, limit, now()) else {
        return connection::send_away(&socket, &too_many_sockets());
    };
    tracing::debug!(user_id = %user.id, "socket connected");
    let (hub, user_id) = (Arc::clone(&app), user.id);
    socket.on_disconnect(move || {
        hub.hub.disconnect(user_id, id, now());
        tracing::debug!(%user_id, "socket disconnected");
        std::future::ready(())
    });
    // A login that was revoked while it connected was not in the hub to be closed.
    if app.auth.is_revoked(caller.login) || !socket.connected() {
        app.hub.disconnect(user_id, id, now());
        return connection::send_away(&socket, &ErrorCode::Unauthenticated.into());
    }
    let peer = Arc::new(Peer::new(Arc::clone(&app), user, id));
    socket.on_fallback(Dispatch(peer));
    match app.invites.waiting_for(user_id, now()).await {
        Ok(waiting) => {
            for facts in waiting {
                crate::hub::Connection::deliver(&*connection, &Event::InviteCreated(Arc::new(facts)));
            }
        }
        Err(error) => tracing::warn!(%user_id, %error, "could not hand over waiting invites"),
    }
}
