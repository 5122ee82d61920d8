//! A session that several tasks share: the one that serves it, and those of its requests.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout};

use super::{
    allowance::Allowance,
    packet::{Incoming, Packet},
    session::{CloseReason, Ending, PollAnswer, ProbeId, Received, Session},
    websocket::{Stream, WebSocket},
};
use crate::config::Config;

/// Messages of a known client that may wait to be taken.
const MESSAGES: usize = 16;
/// Their bytes.
const MESSAGE_BYTES: usize = 64 * 1024;
/// How long a poll waits for probes to read what came before it.
const PROBES_READ: Duration = Duration::from_secs(1);
/// How long a client's goodbye waits for a poll that was sent before it.
const POLL_BEGUN: Duration = Duration::from_millis(10);

/// A message from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Text(String),
    Binary(bytes::Bytes),
}

impl Message {
    /// Returns its size in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Returns whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A session and who waits for what in it.
pub(crate) struct Connection {
    pub(crate) sid: Arc<str>,
    pub(crate) config: Arc<Config>,
    state: Mutex<Shared>,
    progress: Notify,
}

pub(crate) struct Shared {
    pub(crate) session: Session,
    pub(crate) allowance: Allowance,
    messages: VecDeque<Message>,
    message_bytes: usize,
    /// The application waits for a message.
    wanted: bool,
    /// A WebSocket to which the session has gone over.
    pub(crate) upgraded: Option<Box<WebSocket<Stream>>>,
    probes: Probes,
    wakers: Wakers,
}

/// WebSockets that may yet take over the session.
#[derive(Default)]
struct Probes {
    count: u32,
    /// Requests that asked them to read what had come by then, and those of them that they have done so for.
    asked: u64,
    answered: u64,
}

#[derive(Default)]
struct Wakers {
    /// The task that serves the session.
    driver: Option<Waker>,
    /// It is at work, and looks again before it sleeps.
    driving: bool,
    look_again: bool,
    messages: Option<Waker>,
    poll: Option<Waker>,
    post: Option<Waker>,
    probe: Option<Waker>,
}

impl Connection {
    pub(crate) fn new(sid: Arc<str>, config: Arc<Config>, session: Session, now: Instant) -> Arc<Self> {
        let allowance = Allowance::new(&config, now);
        let state = Shared {
            session,
            allowance,
            messages: VecDeque::new(),
            message_bytes: 0,
            wanted: false,
            upgraded: None,
            probes: Probes::default(),
            wakers: Wakers::default(),
        };
        Arc::new(Self { sid, config, state: Mutex::new(state), progress: Notify::new() })
    }

    /// Changes the session, and wakes whom that concerns.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Shared) -> T) -> T {
        let (result, wakers) = {
            let mut state = self.state.lock();
            let timeout = state.session.poll_timeout();
            let result = change(&mut state);
            (result, state.take_wakers(timeout))
        };
        wakers.into_iter().flatten().for_each(Waker::wake);
        result
    }

    /// Looks at the session without changing it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Shared) -> T) -> T {
        look(&self.state.lock())
    }

    /// The serving task begins a round of its work; returns a WebSocket to which the session has gone over.
    pub(crate) fn begin_round(&self, context: &Context<'_>) -> Option<Box<WebSocket<Stream>>> {
        let mut state = self.state.lock();
        store(&mut state.wakers.driver, context);
        (state.wakers.driving, state.wakers.look_again) = (true, false);
        state.upgraded.take()
    }

    /// The serving task has done what there was to do; returns whether something new has come up meanwhile. `unread`:
    /// there may be input that was left for want of room.
    pub(crate) fn end_round(&self, unread: bool) -> bool {
        let mut state = self.state.lock();
        let again = std::mem::take(&mut state.wakers.look_again) || (unread && state.has_room());
        state.wakers.driving = again;
        again
    }

    /// Takes what is to be sent by WebSocket.
    pub(crate) fn next_packet(&self) -> Option<Packet> {
        let mut state = self.state.lock();
        let packet = state.session.next_packet();
        if packet.is_none() {
            // What made the serving task look again has been sent.
            state.wakers.look_again &=
                state.upgraded.is_some() || !state.messages.is_empty() || !state.session.is_open();
        }
        packet
    }

    /// Waits for a message; `None` when the session has ended and all have been taken.
    pub(crate) fn poll_message(&self, context: &Context<'_>) -> Poll<Option<Message>> {
        let mut state = self.state.lock();
        let message = match state.messages.pop_front() {
            Some(message) => {
                state.message_bytes -= message.len();
                release(&mut state.messages);
                Poll::Ready(Some(message))
            }
            None if !state.session.is_open() => Poll::Ready(None),
            None => {
                store(&mut state.wakers.messages, context);
                state.wanted = true;
                Poll::Pending
            }
        };
        let post = if state.has_room() { state.wakers.post.take() } else { None };
        drop(state);
        post.into_iter().for_each(Waker::wake);
        message
    }

    /// Waits for what ends the poll that has begun.
    pub(crate) fn poll_answer(&self, context: &Context<'_>, now: Instant) -> Poll<PollAnswer> {
        let mut state = self.state.lock();
        let timeout = state.session.poll_timeout();
        let Some(answer) = state.session.poll_answer(now) else {
            store(&mut state.wakers.poll, context);
            return Poll::Pending;
        };
        let wakers = state.take_wakers(timeout);
        drop(state);
        wakers.into_iter().flatten().for_each(Waker::wake);
        Poll::Ready(answer)
    }

    /// Waits until the next packet of a body may be given to [`Shared::receive`].
    pub(crate) fn poll_room(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        if state.has_room() || !state.session.is_open() {
            return Poll::Ready(());
        }
        store(&mut state.wakers.post, context);
        Poll::Pending
    }

    /// A WebSocket begins to probe; returns `None` if it can't take over the session.
    pub(crate) fn begin_probe(&self, now: Instant) -> Option<ProbeId> {
        self.change(|state| {
            state.probes.count += 1;
            state.session.probe_start(now)
        })
    }

    pub(crate) fn end_probe(&self, id: Option<ProbeId>) {
        self.change(|state| {
            state.probes.count -= 1;
            if let Some(id) = id {
                state.session.probe_cut(id);
            }
        });
        self.progress.notify_waiters();
    }

    /// A probe begins to read: asks to be woken when something happens to the session. Returns what to end the round
    /// with.
    pub(crate) fn begin_probe_round(&self, context: &Context<'_>) -> u64 {
        let mut state = self.state.lock();
        store(&mut state.wakers.probe, context);
        state.probes.asked
    }

    /// A probe has read all that there was.
    pub(crate) fn end_probe_round(&self, asked: u64) {
        self.state.lock().probes.answered = asked;
        self.progress.notify_waiters();
    }

    /// Waits until probes have read what came before a request: packet `5`, which a client sends before it polls once
    /// more, counts first whichever task runs first.
    pub(crate) async fn let_probes_read(&self) {
        let (asked, probe) = {
            let mut state = self.state.lock();
            if state.probes.count == 0 {
                return;
            }
            state.probes.asked += 1;
            (state.probes.asked, state.wakers.probe.take())
        };
        probe.into_iter().for_each(Waker::wake);
        self.until(PROBES_READ, |state| state.probes.count == 0 || state.probes.answered >= asked).await;
    }

    /// Waits for the poll that a client has sent together with its goodbye, and that goes another way.
    pub(crate) async fn let_poll_begin(&self) {
        self.until(POLL_BEGUN, |state| {
            state.session.is_websocket() || state.session.is_polled() || !state.session.is_open()
        })
        .await;
    }

    /// A request has begun.
    pub(crate) fn report_progress(&self) {
        self.progress.notify_waiters();
    }

    async fn until(&self, limit: Duration, condition: impl Fn(&Shared) -> bool) {
        let met = async {
            loop {
                let mut progress = pin!(self.progress.notified());
                progress.as_mut().enable();
                if self.look(&condition) {
                    return;
                }
                progress.await;
            }
        };
        _ = timeout(limit, met).await;
    }

    /// Lets the serving task look again.
    pub(crate) fn wake(&self) {
        let waker = {
            let mut state = self.state.lock();
            state.wakers.look_again = true;
            state.wakers.driver.clone().filter(|_| !state.wakers.driving)
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Begins to count the client as known.
    pub(crate) fn set_known(&self, now: Instant) {
        self.change(|state| state.allowance = Allowance::known(&self.config, now));
    }

    pub(crate) fn end(&self, now: Instant, ending: Ending) {
        self.change(|state| state.session.end(now, ending));
    }

    pub(crate) fn abort(&self, reason: CloseReason) {
        self.change(|state| state.session.abort(reason));
    }

    /// Counts a message of a known client that is no event. Of a stranger every packet counts anyway.
    pub(crate) fn count_control(&self, now: Instant) {
        self.change(|state| {
            if matches!(state.allowance, Allowance::Known { .. }) && !state.allowance.control(0, now) {
                state.session.abort(CloseReason::TooMuch);
            }
        });
    }
}

impl Shared {
    /// Whether another message may be read.
    pub(crate) fn has_room(&self) -> bool {
        match self.allowance {
            // Until the application has decided about one message, no other is looked at.
            Allowance::Stranger { .. } => self.wanted && self.messages.is_empty(),
            Allowance::Known { .. } => self.messages.len() < MESSAGES && self.message_bytes < MESSAGE_BYTES,
        }
    }

    /// Takes a packet that has arrived; `None` for one that can't be read.
    pub(crate) fn receive(&mut self, now: Instant, packet: Option<Incoming<'_>>, size: usize) {
        let allowed = match &packet {
            Some(Incoming::Text(_) | Incoming::Binary(_)) => self.allowance.message(size),
            _ => self.allowance.control(size, now),
        };
        if !allowed {
            return self.session.abort(CloseReason::TooMuch);
        }
        let Some(packet) = packet else { return self.session.abort(CloseReason::ParseError) };
        let message = match self.session.receive(now, packet) {
            Received::Nothing => return,
            Received::Text(text) => Message::Text(text.to_owned()),
            Received::Binary(bytes) => Message::Binary(bytes),
        };
        self.wanted = false;
        self.message_bytes += message.len();
        self.messages.push_back(message);
    }

    /// Takes whom the present state concerns, where `timeout` was when the driver last looked.
    fn take_wakers(&mut self, timeout: Option<Instant>) -> [Option<Waker>; 5] {
        let open = self.session.is_open();
        let (wakers, news) = (&mut self.wakers, !self.messages.is_empty() || !open);
        let messages = if news { wakers.messages.take() } else { None };
        // The driver polls the application itself.
        let messages = messages.filter(|waker| !wakers.driver.as_ref().is_some_and(|driver| driver.will_wake(waker)));
        let due_earlier = self.session.poll_timeout().is_some_and(|at| timeout.is_none_or(|before| at < before));
        let driver = if news || due_earlier || self.upgraded.is_some() || self.session.has_output() {
            wakers.look_again = true;
            wakers.driver.clone().filter(|_| !wakers.driving)
        } else {
            None
        };
        let poll = if self.session.may_answer_poll() { wakers.poll.take() } else { None };
        let probe = wakers.probe.take();
        let post = if self.has_room() || !open { self.wakers.post.take() } else { None };
        [messages, driver, poll, post, probe]
    }
}

fn store(place: &mut Option<Waker>, context: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(context.waker()),
        None => *place = Some(context.waker().clone()),
    }
}

/// Gives back what an empty queue holds, unless that is little.
pub(crate) fn release<T>(queue: &mut VecDeque<T>) {
    const LITTLE: usize = 4;
    if queue.is_empty() && queue.capacity() > LITTLE {
        *queue = VecDeque::new();
    }
}
