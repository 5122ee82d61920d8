//! The one task of a session: it runs the application, reads and writes the WebSocket once there is one, and keeps the
//! session's time.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use tokio::time::{Sleep, sleep};

use super::{
    connection::Connection,
    now,
    packet::Incoming,
    registry::Registered,
    session::{CloseReason, Ending},
    websocket::{End, Frame, Stream, WebSocket, close_code},
};

/// Frames of a client that has been told to close, which are read to find its answer.
const FRAMES_WHILE_LEAVING: u32 = 1_000;

/// Serves a session to its end: `application` is what runs on it.
pub(super) async fn drive(
    registered: Registered,
    websocket: Option<WebSocket<Stream>>,
    application: impl Future<Output = ()>,
) {
    let connection = Arc::clone(&registered.connection);
    let mut application = pin!(application);
    let mut timer = pin!(sleep(Duration::ZERO));
    let websocket = websocket.map(Box::new);
    let mut driver = Driver { connection, registered: Some(registered), websocket, leaving: None, served: false };
    poll_fn(|cx| driver.poll(cx, timer.as_mut(), application.as_mut())).await;
}

struct Driver {
    connection: Arc<Connection>,
    registered: Option<Registered>,
    websocket: Option<Box<WebSocket<Stream>>>,
    /// The close frame is on its way: until when its answer is waited for.
    leaving: Option<Leaving>,
    /// The application has returned.
    served: bool,
}

struct Leaving {
    deadline: Instant,
    frames: u32,
}

impl Driver {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut timer: Pin<&mut Sleep>,
        mut application: Pin<&mut impl Future<Output = ()>>,
    ) -> Poll<()> {
        loop {
            if let Some(websocket) = self.connection.begin_round(cx) {
                self.websocket = Some(websocket);
            }
            let now = now();
            let unread = self.read(cx, now);
            self.keep_time(now, unread);
            if !self.served {
                self.served = self.run(cx, application.as_mut());
            }
            self.write(cx, now);
            let closed = self.connection.look(|state| state.session.closed().is_some());
            if closed {
                self.registered = None;
                if self.served && self.websocket.is_none() {
                    return Poll::Ready(());
                }
            }
            let due = self.arm(cx, timer.as_mut());
            if !self.connection.end_round(unread) && !due {
                return Poll::Pending;
            }
        }
    }

    /// Polls the application; returns whether it has returned. One that panics takes its session along, and no other.
    fn run(&self, cx: &mut Context<'_>, application: Pin<&mut impl Future<Output = ()>>) -> bool {
        let ending = match catch_unwind(AssertUnwindSafe(|| application.poll(cx))) {
            Ok(Poll::Pending) => return false,
            Ok(Poll::Ready(())) => (close_code::NORMAL, ""),
            Err(_) => {
                tracing::error!(sid = &*self.connection.sid, "the handler of a session panicked");
                (close_code::INTERNAL, "INTERNAL")
            }
        };
        let (code, reason) = (ending.0, ending.1.into());
        self.connection.end(now(), Ending { code, reason, rejection: None, notice: None });
        true
    }

    /// Reads what has come; returns whether something was left because there is no room for it.
    fn read(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let Some(websocket) = &mut self.websocket else { return false };
        if let Some(leaving) = &mut self.leaving {
            while leaving.frames > 0 {
                leaving.frames -= 1;
                match websocket.poll_next(cx) {
                    Poll::Pending => return false,
                    Poll::Ready(Ok(_)) => {}
                    Poll::Ready(Err(_)) => leaving.frames = 0,
                }
            }
            self.drop_websocket(cx);
            return false;
        }
        loop {
            let (room, max_message) = self.connection.look(|state| {
                let room = state.has_room() && state.session.closed().is_none();
                (room, state.allowance.max_message(&self.connection.config))
            });
            if !room {
                return true;
            }
            websocket.set_max_message(max_message);
            match websocket.poll_next(cx) {
                Poll::Pending => return false,
                Poll::Ready(Ok(frame)) => self.connection.change(|state| match frame {
                    Frame::Text(text) => state.receive(now, Incoming::parse(&text), text.len()),
                    Frame::Binary(bytes) => {
                        let size = bytes.len();
                        state.receive(now, Some(Incoming::Binary(bytes)), size);
                    }
                    Frame::Control(size) => {
                        if !state.allowance.control(size, now) {
                            state.session.abort(CloseReason::TooMuch);
                        }
                    }
                }),
                Poll::Ready(Err(End::Gone)) => {
                    self.connection.abort(CloseReason::TransportError);
                    self.drop_websocket(cx);
                    return false;
                }
                Poll::Ready(Err(End::Violation(code))) => {
                    self.connection.abort(CloseReason::ParseError);
                    self.leave(cx, now, code, "");
                    return false;
                }
            }
        }
    }

    fn keep_time(&mut self, now: Instant, unread: bool) {
        let due = self.connection.look(|state| state.session.poll_timeout().is_some_and(|at| at <= now));
        if due {
            self.connection.change(|state| {
                if unread {
                    state.session.extend_heartbeat(now);
                }
                state.session.handle_timeout(now);
            });
        }
        if self.leaving.as_ref().is_some_and(|leaving| leaving.deadline <= now) {
            self.websocket = None;
        }
    }

    /// Sends what waits, and closes the WebSocket when the session has ended.
    fn write(&mut self, cx: &mut Context<'_>, now: Instant) {
        if self.send(cx).is_err() {
            self.connection.abort(CloseReason::TransportError);
            self.websocket = None;
        }
        if self.websocket.is_none() || self.leaving.is_some() || self.connection.look(|state| state.session.is_open()) {
            return;
        }
        let end = self.connection.change(|state| match state.session.close_frame() {
            Some(frame) => Some(frame),
            None => state.session.closed().map(|reason| {
                let (code, text) = code_of(reason);
                (code, text.into())
            }),
        });
        if let Some((code, reason)) = end {
            self.leave(cx, now, code, &reason);
        }
    }

    fn send(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        let Some(websocket) = &mut self.websocket else { return Ok(()) };
        loop {
            let mut queued = false;
            while self.leaving.is_none() && !websocket.is_full() {
                let Some(packet) = self.connection.next_packet() else { break };
                websocket.queue(cx, packet)?;
                queued = true;
            }
            match websocket.poll_flush(cx) {
                Poll::Ready(flushed) => flushed?,
                Poll::Pending => return Ok(()),
            }
            if !queued {
                return Ok(());
            }
        }
    }

    fn leave(&mut self, cx: &mut Context<'_>, now: Instant, code: u16, reason: &str) {
        let Some(websocket) = &mut self.websocket else { return };
        let closing = websocket.close(cx, code, reason).and_then(|()| match websocket.poll_flush(cx) {
            Poll::Ready(flushed) => flushed,
            Poll::Pending => Ok(()),
        });
        if closing.is_err() {
            return self.drop_websocket(cx);
        }
        let deadline = now + self.connection.config.closing_timeout;
        self.leaving = Some(Leaving { deadline, frames: FRAMES_WHILE_LEAVING });
        // What has come already is looked at before the task sleeps.
        cx.waker().wake_by_ref();
    }

    /// Answers the client's close frame, if there was one, and hangs up.
    fn drop_websocket(&mut self, cx: &mut Context<'_>) {
        if let Some(mut websocket) = self.websocket.take() {
            _ = websocket.poll_flush(cx);
            _ = websocket.poll_shutdown(cx);
        }
    }

    /// Sets the timer; returns whether it is over.
    fn arm(&self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> bool {
        let of_session = self.connection.look(|state| state.session.poll_timeout());
        let leaving = self.leaving.as_ref().filter(|_| self.websocket.is_some()).map(|leaving| leaving.deadline);
        let Some(deadline) = of_session.into_iter().chain(leaving).min() else { return false };
        let deadline = tokio::time::Instant::from_std(deadline);
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.poll(cx).is_ready()
    }
}

/// How a client is told by WebSocket that its session has ended.
fn code_of(reason: CloseReason) -> (u16, &'static str) {
    match reason {
        CloseReason::ClientClosed | CloseReason::ServerClosed => (close_code::NORMAL, ""),
        CloseReason::TransportError | CloseReason::ParseError => (close_code::PROTOCOL, ""),
        CloseReason::PingTimeout => (close_code::POLICY, "PING_TIMEOUT"),
        CloseReason::TooMuch => (close_code::POLICY, "RATE_LIMITED"),
        CloseReason::TooSlow => (close_code::TRY_AGAIN, "TOO_SLOW"),
    }
}

/// Waits until a WebSocket without a session has been closed.
pub(super) async fn turn_away(mut websocket: WebSocket<Stream>, code: u16, patience: Duration) {
    let goodbye = async {
        let closed = poll_fn(|cx| {
            _ = websocket.close(cx, code, "");
            websocket.poll_flush(cx)
        });
        if closed.await.is_ok() {
            let gone = poll_fn(|cx| {
                for _ in 0..FRAMES_WHILE_LEAVING {
                    if ready!(websocket.poll_next(cx)).is_err() {
                        break;
                    }
                }
                _ = websocket.poll_flush(cx);
                Poll::Ready(())
            });
            gone.await;
        }
    };
    _ = tokio::time::timeout(patience, goodbye).await;
}
