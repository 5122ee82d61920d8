//! HTTP answers that refuse: the protocol's own, and an application's.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// The body of every answer.
pub type Body = Full<Bytes>;

/// Refuses a request in the application's words. A client sees a failed transport, and tries again by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub status: StatusCode,
    /// Seconds after which to try again.
    pub retry_after: Option<u64>,
    /// JSON.
    pub body: String,
}

impl Rejection {
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = json(self.status, self.body.into());
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The errors of the protocol, with the numbers and texts of the reference implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProtocolError {
    UnknownTransport,
    UnknownSession,
    BadMethod,
    BadRequest,
    UnsupportedVersion,
    /// A body beyond what is allowed.
    TooLarge,
}

impl ProtocolError {
    pub(crate) fn into_response(self) -> Response<Body> {
        let (code, message) = match self {
            Self::UnknownTransport => (0, "Transport unknown"),
            Self::UnknownSession => (1, "Session ID unknown"),
            Self::BadMethod => (2, "Bad handshake method"),
            Self::BadRequest => (3, "Bad request"),
            Self::UnsupportedVersion => (5, "Unsupported protocol version"),
            Self::TooLarge => (3, "Payload too large"),
        };
        let status = if self == Self::TooLarge { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        json(status, format!("{{\"code\":{code},\"message\":\"{message}\"}}").into())
    }
}

fn json(status: StatusCode, body: Bytes) -> Response<Body> {
    respond(status, HeaderValue::from_static("application/json"), body)
}

/// A payload, or the `ok` to one.
pub(crate) fn text(body: impl Into<Bytes>) -> Response<Body> {
    respond(StatusCode::OK, HeaderValue::from_static("text/plain; charset=UTF-8"), body.into())
}

fn respond(status: StatusCode, kind: HeaderValue, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
