//! One player's or spectator's socket: what arrives goes to the room, what waits in the mailbox goes out.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt as _;
use rallypoint_pong::rules::Side;
use rallypoint_protocol::ErrorCode;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{
    connection::Registered,
    frames::{Frame, malformed},
    words,
};
use crate::dialects::ws::{
    self, CLOSING, Farewell,
    guard::{Guard, Verdict},
};
use crate::game::{Batch, LocalLink, Mailbox, Parting, View};

/// Somebody connected to a game.
pub(super) struct Conversation {
    link: LocalLink,
    mailbox: Arc<Mailbox>,
    _registered: Registered,
    guard: Guard,
    spectating: bool,
    /// Silence after which nobody is there any more. Browsers answer pings by themselves.
    silence: Duration,
    started: Instant,
    heard: Instant,
    last: Option<Arc<View>>,
}

/// The client is gone, or has to go.
struct Gone(Parting);

const LOST: Gone = Gone(Parting::Over);

impl Conversation {
    pub(super) fn new(
        link: LocalLink,
        mailbox: Arc<Mailbox>,
        registered: Registered,
        guard: Guard,
        spectating: bool,
        silence: Duration,
    ) -> Self {
        let now = Instant::now();
        let _registered = registered;
        Self { link, mailbox, _registered, guard, spectating, silence, started: now, heard: now, last: None }
    }

    /// Lets both sides talk until one of them ends it, and says why.
    pub(super) async fn run(&mut self, socket: &mut WebSocket) -> Parting {
        let mailbox = Arc::clone(&self.mailbox);
        let end = tokio::select! {
            end = mailbox.parted() => end,
            Gone(end) = self.talk(socket) => end,
        };
        if end == Parting::Over {
            // What was told before the end still goes out.
            _ = timeout(CLOSING, self.tell(socket, mailbox.take_now())).await;
        }
        end
    }

    async fn talk(&mut self, socket: &mut WebSocket) -> Gone {
        let mut pings = interval((self.silence / 3).max(Duration::from_millis(50)));
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mailbox = Arc::clone(&self.mailbox);
        loop {
            let step = tokio::select! {
                batch = mailbox.take() => self.tell(socket, batch).await,
                frame = socket.recv() => self.hear(socket, frame).await,
                _ = pings.tick() => self.ping(socket).await,
            };
            if let Err(gone) = step {
                return gone;
            }
        }
    }

    /// Everything that waits, in one packet where it fits.
    async fn tell(&mut self, socket: &mut WebSocket, batch: Batch) -> Result<(), Gone> {
        let Batch { notices, moved, state } = batch;
        let view = state.as_ref().or(self.last.as_ref());
        let mut frames: Vec<_> =
            notices.iter().filter_map(|notice| words::notice(notice, view.map(|v| &**v))).collect();
        for (side, input) in Side::BOTH.into_iter().zip(moved) {
            let user = view.and_then(|view| view.user_on(side));
            frames.extend(user.zip(input).map(|(user, input)| words::movement(user, input)));
        }
        frames.extend(state.as_deref().map(words::state));
        self.last = state.or(self.last.take());
        let sending = async {
            for frame in frames {
                socket.feed(Message::Text(frame)).await?;
            }
            socket.flush().await
        };
        in_time(sending).await
    }

    async fn hear(&mut self, socket: &mut WebSocket, frame: Option<Result<Message, axum::Error>>) -> Result<(), Gone> {
        self.heard = Instant::now();
        let frame = match frame {
            Some(Ok(Message::Text(text))) => Some(text),
            Some(Ok(Message::Binary(_))) => None,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                return match self.guard.hear(self.heard - self.started) {
                    Verdict::Closed => Err(Gone(Parting::Refused(ErrorCode::RateLimited))),
                    Verdict::Heard | Verdict::Refused(_) => Ok(()),
                };
            }
            Some(Ok(Message::Close(_))) | None => return Err(LOST),
            Some(Err(error)) => return Err(broken(&error)),
        };
        let refusal = match self.guard.hear(self.heard - self.started) {
            Verdict::Closed => return Err(Gone(Parting::Refused(ErrorCode::RateLimited))),
            _ if self.spectating => return Ok(()),
            Verdict::Refused(error) => error,
            Verdict::Heard => match frame.map_or_else(no_text, |text| Frame::decode(&text)) {
                Ok(frame) => {
                    self.act(frame);
                    return Ok(());
                }
                Err(error) => error,
            },
        };
        in_time(socket.send(Message::Text(words::error(&refusal)))).await
    }

    fn act(&self, frame: Frame) {
        match frame {
            Frame::Ready => self.link.ready(),
            Frame::Move(input) => self.link.hold(input),
            Frame::State => self.link.ask(),
            Frame::Leave => self.link.leave(),
        }
    }

    async fn ping(&mut self, socket: &mut WebSocket) -> Result<(), Gone> {
        if self.heard.elapsed() > self.silence {
            return Err(LOST);
        }
        in_time(socket.send(Message::Ping(bytes::Bytes::new()))).await
    }
}

fn no_text() -> crate::domain::Answer<Frame> {
    Err(malformed("Send JSON in text frames.".to_owned()))
}

async fn in_time(sending: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Gone> {
    ws::in_time(sending).await.map_err(|why| Gone(why.map_or(Parting::Over, |_| Parting::TooSlow)))
}

/// Why nothing more can be read.
fn broken(error: &axum::Error) -> Gone {
    Gone(ws::broken(error).map_or(Parting::Over, |_| Parting::Refused(ErrorCode::PayloadTooLarge)))
}

pub(super) fn farewell(why: Parting) -> Farewell {
    match why {
        Parting::Over => (1000, "OVER"),
        Parting::Replaced => ws::REPLACED,
        Parting::TooSlow => ws::TOO_SLOW,
        Parting::Refused(code) => ws::farewell(code),
    }
}
