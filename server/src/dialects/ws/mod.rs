//! What the raw WebSocket dialects have in common: how a client names itself, what it may say, and how it is let go.

pub(super) mod guard;

use std::{borrow::Cow, time::Duration};

use axum::{
    Json,
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use rallypoint_protocol::{ApiError, ErrorCode, MAX_FRAME_BYTES};
use tokio::time::timeout;

/// Read at once. What a client sends is short.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// How long a client may take to read what is sent, and to say goodbye.
const SENDING: Duration = Duration::from_secs(5);
pub(super) const CLOSING: Duration = Duration::from_secs(1);

/// The code and the reason of a close frame.
pub(super) type Farewell = (u16, &'static str);

pub(super) const TOO_SLOW: Farewell = (1013, "TOO_SLOW");
/// A newer connection of the same client has taken its place.
pub(super) const REPLACED: Farewell = (3003, "REPLACED");

/// How a client is told why it is sent away.
pub(super) fn farewell(code: ErrorCode) -> Farewell {
    let number = match code {
        ErrorCode::Unavailable => 1013,
        ErrorCode::PayloadTooLarge => 1009,
        ErrorCode::RateLimited => 3429,
        _ => 3001,
    };
    (number, code.as_str())
}

/// Returns a value of the query. Some clients escape more of it than they have to.
pub(super) fn query_value<'a>(query: Option<&'a str>, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}

/// An upgrade with our limits.
pub(super) fn limited(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<WebSocketUpgrade, Box<Response>> {
    let Ok(upgrade) = upgrade else {
        let error = ApiError::new(ErrorCode::BadRequest, "Connect to this path with a WebSocket.");
        return Err(Box::new((StatusCode::BAD_REQUEST, Json(error)).into_response()));
    };
    Ok(upgrade.max_message_size(MAX_FRAME_BYTES).max_frame_size(MAX_FRAME_BYTES).read_buffer_size(READ_BUFFER_BYTES))
}

/// Sends, unless the client takes too long to read. The error says how to let it go; `None`: it is gone.
pub(super) async fn in_time(sending: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Option<Farewell>> {
    match timeout(SENDING, sending).await {
        Ok(sent) => sent.map_err(|_| None),
        Err(_) => Err(Some(TOO_SLOW)),
    }
}

/// Why nothing more can be read; `None`: the client is gone.
pub(super) fn broken(error: &axum::Error) -> Option<Farewell> {
    error.to_string().starts_with("Space limit exceeded").then(|| farewell(ErrorCode::PayloadTooLarge))
}

/// Says why, and waits a moment for the client to hear it.
pub(super) async fn close(socket: &mut WebSocket, (code, reason): Farewell) {
    let goodbye = async {
        let frame = CloseFrame { code, reason: reason.into() };
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    _ = timeout(CLOSING, goodbye).await;
}
