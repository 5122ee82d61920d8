//! WebSocket handshakes, and probes: a WebSocket to which a polling session may go over.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::sleep_until;
use tungstenite::handshake::derive_accept_key;

use super::{
    connection::Connection,
    driver::turn_away,
    now,
    packet::{Incoming, Packet},
    rejection::Body,
    session::{ProbeId, ProbeStep},
    websocket::{Frame, Stream, WebSocket, close_code},
};

/// The longest frame of a probe.
const PROBE_BYTES: usize = 64;
/// Pings and pongs of WebSocket's own that a probe may send.
const PROBE_CONTROL_FRAMES: u32 = 20;

/// Returns the answer to a handshake, `None` if it is not a sound one.
pub(super) fn accept(headers: &HeaderMap) -> Option<Response<Body>> {
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let sound = headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13")
        && names(headers, header::CONNECTION, "upgrade")
        && BASE64_STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    if !sound {
        return None;
    }
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let answer = HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()?;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, answer);
    Some(response)
}

/// Returns whether a request asks for a WebSocket.
pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    names(headers, header::UPGRADE, "websocket")
}

/// Whether a header's list has this word.
fn names(headers: &HeaderMap, header: header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(header).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
}

/// Returns the WebSocket, when the connection has been handed over.
pub(super) async fn websocket(upgrade: OnUpgrade, max_message: usize) -> Option<WebSocket<Stream>> {
    Some(WebSocket::new(TokioIo::new(upgrade.await.ok()?), max_message))
}

/// A WebSocket that may yet take over its session. Dropped, it no longer may.
struct Probe {
    connection: Arc<Connection>,
    /// `None`: another one is at it, or has done it.
    id: Option<ProbeId>,
}

impl Probe {
    fn begin(connection: Arc<Connection>) -> Self {
        let id = connection.begin_probe(now());
        Self { connection, id }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.connection.end_probe(self.id);
    }
}

/// Lets a WebSocket prove itself, and hands it to the session when it has. Whatever else happens to it changes nothing.
pub(super) fn probe(connection: Arc<Connection>, upgrade: OnUpgrade) -> impl Future<Output = ()> {
    // Before the handshake is answered: the client's next request may be handled before the future is polled.
    let probe = Probe::begin(connection);
    async move {
        let Some(websocket) = websocket(upgrade, PROBE_BYTES).await else { return };
        let patience = probe.connection.config.closing_timeout;
        let rest = match probe.id {
            Some(id) => run(&probe.connection, id, websocket).await,
            None => Some(websocket),
        };
        drop(probe);
        if let Some(websocket) = rest {
            turn_away(websocket, close_code::NORMAL, patience).await;
        }
    }
}

/// Returns the WebSocket if the session has not gone over to it.
async fn run(connection: &Connection, id: ProbeId, websocket: WebSocket<Stream>) -> Option<WebSocket<Stream>> {
    let mut websocket = Some(Box::new(websocket));
    let mut control_frames = 0;
    let mut timer = pin!(sleep_until(tokio::time::Instant::now()));
    poll_fn(|cx| {
        let asked = connection.begin_probe_round(cx);
        let read = loop {
            let Some(deadline) = connection.look(|state| state.session.probe_deadline(id)) else {
                break Poll::Ready(());
            };
            let deadline = tokio::time::Instant::from_std(deadline);
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(cx).is_ready() {
                connection.change(|state| state.session.handle_timeout(now()));
                continue;
            }
            let Some(socket) = &mut websocket else { break Poll::Ready(()) };
            _ = socket.poll_flush(cx);
            let Poll::Ready(frame) = socket.poll_next(cx) else { break Poll::Pending };
            let frame = match frame {
                Ok(Frame::Control(_)) if control_frames < PROBE_CONTROL_FRAMES => {
                    control_frames += 1;
                    continue;
                }
                Ok(Frame::Text(text)) => Some(text),
                Ok(_) => None,
                Err(_) => {
                    _ = socket.poll_flush(cx);
                    websocket = None;
                    break Poll::Ready(());
                }
            };
            let packet = frame.as_deref().and_then(Incoming::parse);
            let step = connection.change(|state| {
                let step = state.session.probe_packet(now(), id, packet.as_ref());
                if step == ProbeStep::Upgraded {
                    state.upgraded = websocket.take();
                }
                step
            });
            let Some(socket) = websocket.as_mut().filter(|_| step == ProbeStep::Answer) else { break Poll::Ready(()) };
            if socket.queue(cx, Packet::PROBE_ANSWER).is_err() {
                break Poll::Ready(());
            }
        };
        connection.end_probe_round(asked);
        read
    })
    .await;
    websocket.map(|websocket| *websocket)
}
