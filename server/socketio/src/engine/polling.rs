//! Long polling: a GET waits for packets, a POST brings some.

use std::{future::poll_fn, sync::Arc};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::{
    allowance::Allowance,
    connection::Connection,
    now,
    packet::{Incoming, encode_payload, split_payload},
    rejection::{Body, ProtocolError, text},
    session::{CloseReason, PollAnswer, Refused},
};

/// A poll under way. Dropped, its client has hung up.
struct Waiting<'a>(&'a Connection);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.session.poll_cut());
    }
}

/// Waits for packets to the client. One that is broken off has been broken off by the client, which has left.
pub(super) async fn poll(connection: &Connection) -> Response<Body> {
    connection.let_probes_read().await;
    if let Err(refused) = connection.change(|state| state.session.poll_start(now())) {
        return refuse(refused);
    }
    let _waiting = Waiting(connection);
    connection.report_progress();
    match poll_fn(|cx| connection.poll_answer(cx, now())).await {
        PollAnswer::Packets(packets) => text(encode_payload(&packets)),
        PollAnswer::Unknown => ProtocolError::UnknownSession.into_response(),
        PollAnswer::Rejected(rejection) => rejection.into_response(),
    }
}

/// A post under way.
struct Posting<'a>(&'a Connection);

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.session.post_end());
    }
}

/// Takes the packets of a client, one after the other as there is room for them.
pub(super) async fn post<B>(connection: &Arc<Connection>, body: B) -> Response<Body>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    connection.let_probes_read().await;
    if let Err(refused) = connection.change(|state| state.session.post_start(now())) {
        return refuse(refused);
    }
    let _posting = Posting(connection);
    let limit = connection.look(|state| match &state.allowance {
        Allowance::Stranger { limits, .. } => limits.body_bytes().min(connection.config.max_payload),
        Allowance::Known { .. } => connection.config.max_payload,
    });
    let body = match Limited::new(body, limit).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            connection.abort(CloseReason::TooMuch);
            return ProtocolError::TooLarge.into_response();
        }
        Err(_) => {
            connection.abort(CloseReason::TransportError);
            return ProtocolError::BadRequest.into_response();
        }
    };
    let Ok(payload) = std::str::from_utf8(&body) else {
        connection.abort(CloseReason::ParseError);
        return ProtocolError::BadRequest.into_response();
    };
    for part in split_payload(payload) {
        poll_fn(|cx| connection.poll_room(cx)).await;
        let packet = Incoming::parse_in_payload(part);
        if packet == Some(Incoming::Close) {
            connection.let_poll_begin().await;
        }
        let closed = connection.change(|state| {
            if state.session.closed().is_none() {
                state.receive(now(), packet, part.len());
            }
            state.session.closed()
        });
        match closed {
            None => {}
            Some(CloseReason::ClientClosed | CloseReason::ServerClosed) => break,
            Some(_) => return ProtocolError::BadRequest.into_response(),
        }
    }
    text("ok")
}

fn refuse(refused: Refused) -> Response<Body> {
    match refused {
        Refused::Unknown => ProtocolError::UnknownSession,
        Refused::WrongTransport | Refused::Overlap => ProtocolError::BadRequest,
    }
    .into_response()
}
