//! What a client asks: one frame, one command, one answer, in the order of the frames.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use parking_lot::Mutex;
use rallypoint_protocol::{
    ApiError, ErrorCode, MAX_FRAME_BYTES, User,
    event::{ClientCommand, DecodeError},
    invite::{InviteSent, SendInvite},
};
use serde::Serialize;
use socketioxide::{
    adapter::LocalAdapter,
    extract::{AckSender, SocketRef},
    handler::{FromMessage as _, MessageHandler, Value},
    socket::Socket,
};

use super::{
    super::ws::guard::Guard,
    connection::{Flow, send_away},
};
use crate::{
    app::App,
    domain::{Answer, now},
    hub::ConnectionId,
};

/// Frames of one socket that may wait for the ones before.
const QUEUED_FRAMES: usize = 128;

/// The client behind a socket. Holds no socket itself, since the socket holds this.
pub(super) struct Peer {
    app: Arc<App>,
    user: Arc<User>,
    id: ConnectionId,
    flow: Flow,
    started: Instant,
    inbox: Mutex<Inbox>,
}

struct Inbox {
    frames: VecDeque<Frame>,
    /// Whether a task is working the frames off. Idle sockets have none.
    busy: bool,
    guard: Guard,
}

struct Frame {
    text: Value,
    ack: AckSender,
    too_large: bool,
}

impl Peer {
    pub(super) fn new(app: Arc<App>, user: Arc<User>, id: ConnectionId, flow: Flow) -> Self {
        let guard = Guard::new(None, app.config.limits.refusals_before_close, &app.metrics);
        let inbox = Mutex::new(Inbox { frames: VecDeque::new(), busy: false, guard });
        Self { app, user, id, flow, started: Instant::now(), inbox }
    }
}

/// Takes every event of a socket. Called in the order of arrival, where the library's own closures are spawned.
pub(super) struct Dispatch(pub(super) Arc<Peer>);

impl MessageHandler<LocalAdapter, ()> for Dispatch {
    fn call(&self, socket: Arc<Socket>, value: Value, ack_id: Option<i64>) {
        let Ok(ack) = AckSender::from_message(Arc::clone(&socket), value.clone(), ack_id);
        let frame = Frame::new(value, ack);
        let mut inbox = self.0.inbox.lock();
        if inbox.frames.len() >= QUEUED_FRAMES {
            drop(inbox);
            self.0.app.metrics.sent_away("queued_frames").inc();
            let socket = SocketRef::from(socket);
            return send_away(&socket, &ErrorCode::RateLimited.into());
        }
        inbox.frames.push_back(frame);
        if !inbox.busy {
            inbox.busy = true;
            drop(inbox);
            self.0.app.work.spawn(work(Arc::clone(&self.0), SocketRef::from(socket)));
        }
    }
}

async fn work(peer: Arc<Peer>, socket: SocketRef) {
    let _broken = CloseOnPanic(&socket);
    while let Some((frame, next)) = peer.take() {
        match next {
            None => peer.handle(&socket, frame).await,
            Some(next) => {
                futures_util::future::join(peer.handle(&socket, frame), peer.handle(&socket, next)).await;
            }
        }
    }
}

impl Frame {
    /// Of a frame that is too large only the event's name is kept: many of them may wait.
    fn new(text: Value, ack: AckSender) -> Self {
        let too_large = |text: &Value| matches!(text, Value::Str(text, _) if text.len() > MAX_FRAME_BYTES);
        if !too_large(&text) {
            return Self { text, ack, too_large: false };
        }
        let name = match &text {
            Value::Str(text, _) => split(text).map(|(event, _)| short(&event)),
            Value::Bytes(_) => None,
        };
        let name = serde_json::json!([name.unwrap_or_default()]).to_string();
        Self { text: Value::Str(name.into(), None), ack, too_large: true }
    }

    fn is_acknowledge(&self) -> bool {
        matches!(&self.text, Value::Str(text, _) if text.starts_with("[\"invite:acknowledged\","))
    }
}

/// A socket whose frame made its handler panic would stay silent for ever; closed, it comes back.
struct CloseOnPanic<'a>(&'a SocketRef);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            send_away(self.0, &ErrorCode::Internal.into());
        }
    }
}

impl Peer {
    /// The next frame. An acknowledge brings the frame behind it along, the answer as a rule: both can be written
    /// at once, and nobody has to wait for the first before the second is looked at.
    fn take(&self) -> Option<(Frame, Option<Frame>)> {
        let mut inbox = self.inbox.lock();
        let Some(frame) = inbox.frames.pop_front() else {
            inbox.busy = false;
            inbox.frames = VecDeque::new();
            return None;
        };
        let next = if frame.is_acknowledge() { inbox.frames.pop_front() } else { None };
        Some((frame, next))
    }

    async fn handle(&self, socket: &SocketRef, frame: Frame) {
        let Value::Str(text, attachments) = frame.text else { return };
        let Some((event, payload)) = split(&text) else { return };
        let reply = Reply { socket, flow: &self.flow, event: event.as_ref(), ack: frame.ack };
        self.app.hub.touch(self.user.id, now());
        if let Err(error) = self.app.rates.frame(self.user.id) {
            return self.refuse_and_count(reply, &error);
        }
        if frame.too_large {
            return reply.refuse(&ErrorCode::PayloadTooLarge.into());
        }
        if attachments.is_some_and(|attachments| !attachments.is_empty()) {
            return reply.refuse(&ApiError::new(ErrorCode::BadRequest, "Send JSON without binary attachments."));
        }
        match ClientCommand::decode(&event, payload) {
            Ok(command) => self.run(command, reply).await,
            Err(DecodeError::UnknownEvent(name)) => {
                let message = format!("No event is called {name}.");
                reply.answer("error", &ApiError::new(ErrorCode::BadRequest, message));
            }
            Err(error) => {
                let details = serde_json::json!({ "problem": error.to_string() });
                reply.refuse(&ApiError::from(ErrorCode::BadRequest).with_details(details));
            }
        }
    }

    async fn run(&self, command: ClientCommand, reply: Reply<'_>) {
        let invites = &self.app.invites;
        match command {
            ClientCommand::SendInvite(wish) => match self.send(wish.clone()).await {
                Ok(sent) => reply.answer("invite:send:success", &sent),
                Err(error) => self.refuse_and_count(reply, &echo(error, &wish)),
            },
            ClientCommand::AcknowledgeInvite(wish) => match invites.acknowledge(self.user.id, wish).await {
                Ok(ack) => reply.answer("invite:acknowledged:ack", &ack),
                Err(error) => reply.refuse(&error),
            },
            ClientCommand::RespondInvite(wish) => {
                let responded = invites.respond(&self.user, wish, Some(self.id)).await;
                reply.with("invite:respond:success", &responded.map(|responded| responded.answer));
            }
            ClientCommand::CancelInvite(wish) => {
                reply.with("invite:cancel:success", &invites.cancel(self.user.id, wish.invite_id, Some(self.id)).await);
            }
            ClientCommand::JoinQueue(wish) => {
                let joined = match self.app.takes_new() {
                    Ok(()) => self.app.matchmaking.join(&self.user, wish.options).await,
                    Err(error) => Err(error),
                };
                reply.with("match:join:success", &joined);
            }
            ClientCommand::LeaveQueue(_) => {
                reply.with("match:leave:success", &self.app.matchmaking.leave(&self.user).await);
            }
            other => {
                let message = format!("This server does not offer {}.", other.name());
                reply.refuse(&ApiError::new(ErrorCode::BadRequest, message));
            }
        }
    }

    async fn send(&self, wish: SendInvite) -> Answer<InviteSent> {
        self.app.takes_new()?;
        self.app.invites.send(&self.user, wish).await
    }

    /// Closes the socket when it goes on after it has been told to slow down.
    fn refuse_and_count(&self, reply: Reply<'_>, error: &ApiError) {
        let socket = reply.socket.clone();
        reply.refuse(error);
        if error.code == ErrorCode::RateLimited && self.inbox.lock().guard.refused(self.started.elapsed()) {
            tracing::info!(user_id = %self.user.id, "socket closed after repeated refusals");
            send_away(&socket, error);
        }
    }
}

/// The way back for one frame's answer: as an event, and as an acknowledgement where one was asked for.
struct Reply<'a> {
    socket: &'a SocketRef,
    flow: &'a Flow,
    event: &'a str,
    ack: AckSender,
}

impl Reply<'_> {
    fn with<T: Serialize>(self, success: &str, answer: &Answer<T>) {
        match answer {
            Ok(payload) => self.answer(success, payload),
            Err(error) => self.refuse(error),
        }
    }

    fn answer<T: Serialize>(self, event: &str, payload: &T) {
        self.flow.check(self.socket, self.socket.emit(event, payload));
        self.flow.check(self.socket, self.ack.send(payload));
    }

    fn refuse(self, error: &ApiError) {
        let event = format!("{}:error", short(self.event));
        self.answer(&event, error);
    }
}

/// A name of the client's choosing, cut before it is sent back.
fn short(event: &str) -> String {
    event.chars().take(64).collect()
}

/// Names the refused invite in the details, since it has no id by which a client could.
fn echo(error: ApiError, wish: &SendInvite) -> ApiError {
    error.with_details(serde_json::json!({ "receiver_id": wish.receiver_id, "session_code": wish.session_code }))
}

/// Splits `["name",payload]`. Several arguments make a payload that is no JSON, and are refused as such.
fn split(text: &str) -> Option<(std::borrow::Cow<'_, str>, &str)> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut values = serde_json::Deserializer::from_str(inner).into_iter::<std::borrow::Cow<'_, str>>();
    let name = values.next()?.ok()?;
    let rest = inner.get(values.byte_offset()..)?.trim_start();
    Some((name, rest.strip_prefix(',').unwrap_or("null")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_split_into_name_and_payload() {
        let parts = |text| split(text).map(|(name, payload)| (name.into_owned(), payload.trim().to_owned()));
        let pair = |name: &str, payload: &str| Some((name.to_owned(), payload.to_owned()));
        assert_eq!(parts(r#"["invite:send",{"a":[1]}]"#), pair("invite:send", r#"{"a":[1]}"#));
        assert_eq!(parts(r#" [ "e" , 1 , 2 ] "#), pair("e", "1 , 2"));
        assert_eq!(parts(r#"["e"]"#), pair("e", "null"));
        assert_eq!(parts(r#"["a\u0062"]"#), pair("ab", "null"));
        for bad in ["", "[]", "{}", "[1]", "[\"e\""] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
