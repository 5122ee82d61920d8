//! One Socket.IO connection, from the attempt to its end, on a thread of its own.
//!
//! The library underneath reconnects unsafely, forgets to tell of a clean close and leaves its task running
//! when it is dropped. So each connection gets its own runtime: ending the runtime ends everything.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use futures_util::FutureExt;
use rallypoint_core::link::Generation;
use rallypoint_protocol::{
    ApiError, ErrorCode,
    event::{ClientCommand, DecodeError, ServerEvent},
};
use rust_socketio::{Event as SocketEvent, Payload, TransportType, asynchronous::ClientBuilder};
use serde_json::{Value, json};
use tokio::{
    runtime,
    sync::{Notify, mpsc},
    time::{Instant, interval, timeout, timeout_at},
};

/// Commands that may wait for the socket.
const COMMANDS: usize = 64;
/// How often to look whether the library's task still lives. It tells of nothing when it ends.
const PULSE: Duration = Duration::from_millis(500);
/// Pulses between two signs of life.
const SIGN_EVERY: u32 = 40;
/// How long one command may take to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// What a connection reports.
#[derive(Debug)]
pub(crate) enum Signal {
    Up,
    Event(ServerEvent),
    Alive,
    Refused(ApiError),
    Down(String),
}

/// A running connection. Dropping it ends it.
pub(crate) struct Connection {
    pub(crate) generation: Generation,
    commands: mpsc::Sender<ClientCommand>,
    ender: Arc<Ender>,
    thread: JoinHandle<()>,
}

/// Lets either side end the connection.
#[derive(Default)]
struct Ender {
    over: AtomicBool,
    wake: Notify,
}

impl Ender {
    fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    async fn ended(&self) {
        while !self.over.load(Ordering::Acquire) {
            self.wake.notified().await;
        }
    }
}

/// Where a connection's signals go.
#[derive(Clone)]
struct Reporter {
    generation: Generation,
    signals: mpsc::Sender<(Generation, Signal)>,
    ender: Arc<Ender>,
}

impl Reporter {
    /// Never waits: the library answers pings on the thread that calls this. Who is too slow is cut off, and
    /// fetches what was missed.
    fn report(&self, signal: Signal) {
        if self.signals.try_send((self.generation, signal)).is_err() {
            tracing::warn!("the socket is faster than its reader, and is closed");
            self.ender.end();
        }
    }
}

impl Connection {
    /// Starts connecting with the token. The outcome is the first signal, within `limit`.
    pub(crate) fn open(
        generation: Generation,
        url: String,
        token: String,
        limit: Duration,
        signals: mpsc::Sender<(Generation, Signal)>,
    ) -> io::Result<Self> {
        let (commands, mut inbox) = mpsc::channel(COMMANDS);
        let ender = Arc::new(Ender::default());
        let reporter = Reporter { generation, signals, ender: ender.clone() };
        let runtime = runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
        let thread =
            thread::Builder::new().name("rallypoint-socket".into()).stack_size(512 * 1024).spawn(move || {
                let why = runtime.block_on(async {
                    tokio::select! {
                        biased;
                        () = reporter.ender.ended() => None,
                        why = live(url, token, limit, &reporter, &mut inbox) => Some(why),
                    }
                });
                runtime.shutdown_background();
                let last = (generation, Signal::Down(why.unwrap_or_else(|| "ended".into())));
                // The reader may have to catch up first; without a reader there is nobody to tell.
                let _ = reporter.signals.blocking_send(last);
            })?;
        Ok(Self { generation, commands, ender, thread })
    }

    /// Sends a command; false if the connection is over or hopelessly behind.
    pub(crate) fn send(&self, command: ClientCommand) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// Ends it without waiting; the thread is given back to be awaited later.
    pub(crate) fn close(self) -> JoinHandle<()> {
        self.ender.end();
        self.thread
    }
}

/// Lives through one connection and tells why it ended.
async fn live(
    url: String,
    token: String,
    limit: Duration,
    reporter: &Reporter,
    inbox: &mut mpsc::Receiver<ClientCommand>,
) -> String {
    let deadline = Instant::now() + limit;
    let accepted = Arc::new(AtomicBool::new(false));
    let client = match timeout_at(deadline, builder(url, token, reporter, &accepted).connect()).await {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return error.to_string(),
        Err(_) => return "connecting took too long".into(),
    };
    let tasks = runtime::Handle::current().metrics();
    let mut pulse = interval(PULSE);
    let mut beats = 0;
    loop {
        tokio::select! {
            command = inbox.recv() => {
                let Some(command) = command else { return "closed".into() };
                match timeout(WRITE_TIMEOUT, client.emit(command.name(), command.payload())).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return error.to_string(),
                    Err(_) => return "writing took too long".into(),
                }
            }
            _ = pulse.tick() => {
                if tasks.num_alive_tasks() == 0 {
                    return "the server closed the connection".into();
                }
                if !accepted.load(Ordering::Acquire) && Instant::now() >= deadline {
                    return "the server did not accept the connection in time".into();
                }
                beats += 1;
                if beats % SIGN_EVERY == 0 {
                    reporter.report(Signal::Alive);
                }
            }
        }
    }
}

fn builder(url: String, token: String, reporter: &Reporter, accepted: &Arc<AtomicBool>) -> ClientBuilder {
    let (up, error, close, any) = (reporter.clone(), reporter.clone(), reporter.clone(), reporter.clone());
    let accepted = accepted.clone();
    ClientBuilder::new(url)
        .transport_type(TransportType::Websocket)
        .reconnect(false)
        .reconnect_on_disconnect(false)
        .auth(json!({ "token": token }))
        .on(SocketEvent::Connect, move |_, _| {
            accepted.store(true, Ordering::Release);
            up.report(Signal::Up);
            async {}.boxed()
        })
        .on(SocketEvent::Error, move |payload, _| {
            match read_error(payload) {
                Failure::Refused(refusal) => {
                    error.report(Signal::Refused(refusal));
                }
                Failure::Said(refusal) => error.report(Signal::Event(ServerEvent::Refused(refusal))),
                Failure::Broken(why) => {
                    tracing::debug!(why, "the socket broke");
                    error.ender.end();
                }
            }
            async {}.boxed()
        })
        .on(SocketEvent::Close, move |_, _| {
            close.ender.end();
            async {}.boxed()
        })
        .on_any(move |event, payload, _| {
            if let Some(event) = read_event(event.as_str(), payload) {
                any.report(Signal::Event(event));
            }
            async {}.boxed()
        })
}

#[derive(Debug, PartialEq)]
enum Failure {
    /// The handshake was refused.
    Refused(ApiError),
    /// The server's own event `error`.
    Said(ApiError),
    /// The connection is of no more use.
    Broken(String),
}

/// How the library words a refused handshake.
const REFUSED: &str = "Received an ConnectError frame: ";

fn read_error(payload: Payload) -> Failure {
    let value = match payload {
        Payload::Text(mut values) if values.len() == 1 => values.remove(0),
        _ => return Failure::Broken("an error without words".into()),
    };
    match value {
        Value::String(text) => match text.strip_prefix(REFUSED) {
            Some(refusal) => Failure::Refused(read_refusal(refusal)),
            None => Failure::Broken(text),
        },
        object => match serde_json::from_value(object) {
            Ok(error) => Failure::Said(error),
            Err(error) => Failure::Broken(error.to_string()),
        },
    }
}

/// A refused handshake carries `{"message": "CODE: what to do"}`.
fn read_refusal(frame: &str) -> ApiError {
    let value: Value = serde_json::from_str(frame).unwrap_or_else(|_| Value::String(frame.to_owned()));
    let message = match &value {
        Value::String(text) => text.as_str(),
        other => other.get("message").and_then(Value::as_str).unwrap_or_default(),
    };
    let (code, advice) = message.split_once(": ").unwrap_or((message, ""));
    match ErrorCode::parse(code) {
        ErrorCode::Unknown => ApiError::new(ErrorCode::Unknown, message.chars().take(200).collect::<String>()),
        code if advice.is_empty() => code.into(),
        code => ApiError::new(code, advice.chars().take(200).collect::<String>()),
    }
}

fn read_event(name: &str, payload: Payload) -> Option<ServerEvent> {
    let Payload::Text(values) = payload else {
        tracing::debug!(event = name, "binary payloads are not spoken here");
        return None;
    };
    let [value] = &values[..] else {
        tracing::debug!(event = name, arguments = values.len(), "an event carries exactly one object");
        return None;
    };
    match ServerEvent::decode(name, &value.to_string()) {
        Ok(event) => Some(event),
        // A newer server may say more than this version knows.
        Err(DecodeError::UnknownEvent(_)) => None,
        Err(error) => {
            tracing::debug!(%error, "an event could not be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_handshake_is_read_from_the_librarys_words() {
        let payload = Payload::from(format!("{REFUSED}{}", r#"{"message":"TOKEN_EXPIRED: sign in again"}"#));
        let expected = ApiError::new(ErrorCode::TokenExpired, "sign in again");
        assert_eq!(read_error(payload), Failure::Refused(expected));
        assert_eq!(read_refusal(r#"{"message":"UNAUTHENTICATED"}"#).code, ErrorCode::Unauthenticated);
        assert_eq!(read_refusal("\"No error message provided\"").code, ErrorCode::Unknown);
        assert_eq!(read_refusal("[1,").code, ErrorCode::Unknown);
    }

    #[test]
    fn the_servers_own_error_event_is_no_broken_connection() {
        let said = json!({ "status": "error", "code": "RATE_LIMITED", "message": "m", "retry_after": 1 });
        let Failure::Said(error) = read_error(Payload::from(said)) else { panic!("taken for a broken connection") };
        assert_eq!((error.code, error.retry_after), (ErrorCode::RateLimited, Some(1)));
        assert!(matches!(read_error(Payload::from("EngineIO Error")), Failure::Broken(_)));
        assert!(matches!(read_error(Payload::from(vec![1u8])), Failure::Broken(_)));
    }

    #[test]
    fn events_are_read_one_object_at_a_time() {
        let resolved = json!({ "invite_id": 7, "status": "accepted" });
        assert!(matches!(
            read_event("invite:resolved", Payload::from(resolved.clone())),
            Some(ServerEvent::InviteResolved(_))
        ));
        assert_eq!(read_event("invite:resolved", Payload::from(vec![resolved.clone(), resolved.clone()])), None);
        assert_eq!(read_event("invite:resolved", Payload::from(json!({ "invite_id": null }))), None);
        assert_eq!(read_event("from:the:future", Payload::from(resolved)), None);
        assert_eq!(read_event("invite:resolved", Payload::from(vec![0u8, 1])), None);
    }
}
