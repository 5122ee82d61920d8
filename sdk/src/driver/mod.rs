//! The task that owns the state machines: it tells them what has come in, and does what they want done.

mod effects;
mod friends;
mod requests;
mod shared;
mod status;
mod words;

use std::{
    collections::VecDeque,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rallypoint_core::{
    FriendList, LinkState,
    link::{self, Generation, Link},
    queue::{self, InviteQueue, SOCKET_TIMEOUT},
    roster::{self, Roster},
    sent::SentTracker,
    standing::{self, Standing},
};
use rallypoint_protocol::{
    InviteId, SessionCode, UserId,
    invite::{InviteAnswer, InviteResponded},
    matchmaking::QueueState,
    presence::Presence,
};
use reqwest::Url;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep_until,
};

use self::{requests::Requests, status::Status};
pub(crate) use self::{
    shared::{Command, Friendships, Lists, Message, RequestFailure, Shared},
    status::choose as choose_status,
};
use crate::{
    Error, Event,
    client::Settings,
    socket::{Connection, Signal},
};

/// What the socket may say before it is read.
const SIGNALS: usize = 512;
const SIGNALS_AT_ONCE: usize = 64;
/// Callers that may wait for answers to invites at once.
const WAITERS: usize = 256;
/// Links kept until somebody is signed in.
const LINKS: usize = 8;
/// How much longer than a request a connection may take, since it is several of them.
const CONNECT_EXTRA: Duration = Duration::from_secs(5);

struct Waiter {
    id: InviteId,
    answer: InviteAnswer,
    reply: oneshot::Sender<Result<InviteResponded, Error>>,
}

/// Whoever is signed in.
#[derive(Clone, Copy)]
struct Login {
    epoch: u64,
    user_id: UserId,
    /// Whether the list of one's own invites has been fetched once.
    knows_sent: bool,
}

pub(crate) struct Driver {
    shared: Arc<Shared>,
    messages: mpsc::Receiver<Message>,
    signals: mpsc::Receiver<(Generation, Signal)>,
    report: mpsc::Sender<(Generation, Signal)>,
    socket_url: String,
    connect_timeout: Duration,
    answer_timeout: Duration,
    link: Link,
    queue: InviteQueue,
    sent: SentTracker,
    standing: Standing,
    roster: Roster,
    status: Status,
    requests: Requests,
    waiters: Vec<Waiter>,
    login: Option<Login>,
    connection: Option<Connection>,
    /// Threads of connections that are ending.
    retired: Vec<JoinHandle<()>>,
    links: VecDeque<SessionCode>,
    /// Told by the socket, and not passed on yet.
    presences: Vec<Presence>,
}

pub(crate) fn prepare(url: Url, settings: Settings) -> Result<(Arc<Shared>, Driver), Error> {
    let mut socket_url = url.clone();
    let prefix = url.path().trim_end_matches('/').to_owned();
    socket_url.set_path(&format!("{prefix}/socket.io/"));
    let (shared, messages) = Shared::new(url, &settings)?;
    let (report, signals) = mpsc::channel(SIGNALS);
    let connect_timeout = settings.request_timeout + CONNECT_EXTRA;
    let config = link::Config {
        poll_interval: settings.poll_interval,
        backoff: settings.reconnect_backoff,
        // The connection has its own limit; this one is for the case that its thread can't keep it.
        connect_timeout: connect_timeout + CONNECT_EXTRA,
        ..link::Config::default()
    };
    let driver = Driver {
        shared: shared.clone(),
        messages,
        signals,
        report,
        socket_url: socket_url.into(),
        connect_timeout,
        answer_timeout: SOCKET_TIMEOUT.min(settings.request_timeout),
        link: Link::new(config, rand::random()),
        queue: InviteQueue::new(),
        sent: SentTracker::default(),
        standing: Standing::default(),
        roster: Roster::default(),
        status: Status::default(),
        presences: Vec::new(),
        requests: Requests::default(),
        waiters: Vec::new(),
        login: None,
        connection: None,
        retired: Vec::new(),
        links: VecDeque::new(),
    };
    Ok((shared, driver))
}

impl Driver {
    /// Runs until it is told to stop.
    pub(crate) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            self.settle();
            let wake = [
                self.link.poll_timeout(),
                self.queue.poll_timeout(),
                self.requests.poll_timeout(),
                self.standing.poll_timeout(),
                self.roster.poll_timeout(),
                self.status.retry_at,
            ];
            let wake = wake.into_iter().flatten().min();
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => break,
                Some((generation, signal)) = self.signals.recv() => self.hear_all(generation, signal),
                message = self.messages.recv() => match message {
                    Some(message) => self.obey(message),
                    None => break,
                },
                () = until(wake) => self.tick(),
            }
        }
        self.finish();
    }

    fn tick(&mut self) {
        let now = Instant::now();
        self.link.handle_timeout(now);
        self.queue.handle_timeout(now);
        self.requests.handle_timeout(now);
        self.standing.handle_timeout(now);
        self.roster.handle_timeout(now);
        if self.status.retry_at.is_some_and(|at| at <= now) {
            self.say_status();
        }
    }

    /// Takes along what else has come, so that a list that changes a hundred times at once is shown once.
    fn hear_all(&mut self, generation: Generation, signal: Signal) {
        self.hear(generation, signal);
        for _ in 1..SIGNALS_AT_ONCE {
            let Ok((generation, signal)) = self.signals.try_recv() else { break };
            self.hear(generation, signal);
        }
        self.tell_presences();
    }

    pub(super) fn tell_presences(&mut self) {
        // Who reads of a presence finds it in the list.
        self.settle();
        for presence in std::mem::take(&mut self.presences) {
            self.publish(Event::PresenceChanged(presence));
        }
    }

    fn hear(&mut self, generation: Generation, signal: Signal) {
        let now = Instant::now();
        // A connection that has been given up may still have been saying something.
        if self.connection.as_ref().is_none_or(|connection| connection.generation != generation) {
            return;
        }
        match signal {
            Signal::Up => self.link.handle_input(now, link::Input::SocketUp(generation)),
            Signal::Alive => self.link.handle_input(now, link::Input::Traffic(generation)),
            Signal::Refused(error) => {
                tracing::warn!(code = %error.code, "the server refused the connection");
                self.link.handle_input(now, link::Input::SocketRefused(generation, error));
            }
            Signal::Down(reason) => {
                tracing::info!(generation = generation.0, reason, "the socket is down");
                self.link.handle_input(now, link::Input::SocketDown(generation));
            }
            Signal::Event(event) => {
                self.link.handle_input(now, link::Input::Traffic(generation));
                self.understand(now, event);
            }
        }
    }

    fn obey(&mut self, Message { epoch, command }: Message) {
        if epoch.is_some() && epoch != self.login.map(|login| login.epoch) {
            // It came back to another login than it left from.
            return;
        }
        let now = Instant::now();
        match command {
            Command::SignedIn { epoch, user, expires_in, done } => {
                self.sign_in(now, epoch, user.id, expires_in);
                let _ = done.send(());
            }
            Command::LoggedOut { epoch, done } => {
                if self.login.is_some_and(|login| login.epoch == epoch) {
                    self.link.handle_input(now, link::Input::SignedOut);
                    self.forget_login(now);
                    self.settle();
                }
                let _ = done.send(());
            }
            Command::Refreshed { expires_in } => {
                self.link.handle_input(now, link::Input::Refreshed { expires_in: seconds(expires_in) });
            }
            Command::RefreshFailed => self.link.handle_input(now, link::Input::RefreshFailed),
            Command::RefreshRefused { error } => self.link.handle_input(now, link::Input::RefreshRefused(error)),
            Command::NetworkSwitched { cut } => {
                let input = if cut { link::Input::NetworkCut } else { link::Input::NetworkRestored };
                self.link.handle_input(now, input);
            }
            Command::Shown { id } => self.queue.handle_input(now, queue::Input::Shown(id)),
            Command::Answer { id, answer, reply } => self.answer(now, Waiter { id, answer, reply }),
            Command::Request { command, reply } => {
                if self.link.state() != LinkState::Live {
                    let _ = reply.send(Err(RequestFailure::NoSocket));
                } else if self.requests.add(now, self.answer_timeout, &command, reply)
                    && !self.connection.as_ref().is_some_and(|connection| connection.send(command))
                {
                    self.requests.unsent();
                }
            }
            Command::TrackSent { invite_id, receiver_id } => {
                let news = self.sent.track(now, invite_id, receiver_id);
                tracing::info!(%invite_id, %receiver_id, "invited");
                self.publish_sent(news);
            }
            Command::StatusPending => self.say_status(),
            Command::StatusSaid { said } => self.status_said(now, said),
            Command::OpenLink { code } if self.login.is_some() => self.publish(Event::JoinRequested { code }),
            Command::OpenLink { code } => {
                if self.links.len() == LINKS {
                    self.links.pop_front();
                }
                self.links.push_back(code);
            }
            Command::Answered { id, result } => self.answered(now, id, result),
            Command::Acknowledged { id, result } => self.acknowledged(now, id, result),
            Command::QueueSeen { began, result } => self.queue_seen(now, began, result),
            Command::Synced { began, result } => self.synced(now, began, result),
            Command::FriendsListed { began, result } => self.friends_listed(now, began, result),
            Command::FriendsChanged { input, done } => {
                self.roster.handle_input(now, input);
                self.settle();
                let _ = done.send(());
            }
        }
    }

    fn sign_in(&mut self, now: Instant, epoch: u64, user_id: UserId, expires_in: i64) {
        if self.shared.rest.tokens.epoch() != epoch {
            // Another sign-in or a log-out was faster.
            return;
        }
        if self.login.is_some() {
            self.link.handle_input(now, link::Input::SignedOut);
            self.forget_login(now);
            self.settle();
        }
        self.login = Some(Login { epoch, user_id, knows_sent: false });
        tracing::info!(%user_id, "signed in");
        self.link.handle_input(now, link::Input::SignedIn { expires_in: seconds(expires_in) });
        self.standing.handle_input(now, standing::Input::SignedIn);
        self.roster.handle_input(now, roster::Input::SignedIn);
        self.settle();
        for code in std::mem::take(&mut self.links) {
            self.publish(Event::JoinRequested { code });
        }
    }

    /// Drops everything that belonged to whoever was signed in.
    fn forget_login(&mut self, now: Instant) {
        let Some(login) = self.login.take() else { return };
        self.shared.rest.tokens.end(login.epoch);
        self.queue.handle_input(now, queue::Input::SignedOut);
        self.requests.lose_all();
        self.sent.clear();
        self.standing.handle_input(now, standing::Input::SignedOut);
        self.roster.handle_input(now, roster::Input::SignedOut);
        self.forget_status();
        self.presences.clear();
        tracing::info!(user_id = %login.user_id, "signed out");
    }

    fn answer(&mut self, now: Instant, waiter: Waiter) {
        if self.login.is_none() {
            let _ = waiter.reply.send(Err(Error::NotSignedIn));
            return;
        }
        self.waiters.retain(|waiter| !waiter.reply.is_closed());
        if self.waiters.len() >= WAITERS {
            let _ = waiter.reply.send(Err(Error::Network("too many answers are under way".into())));
            return;
        }
        let (id, answer) = (waiter.id, waiter.answer);
        self.waiters.push(waiter);
        self.queue.handle_input(now, queue::Input::Answer(id, answer));
    }

    fn finish(mut self) {
        if let Some(connection) = self.connection.take() {
            self.retired.push(connection.close());
        }
        self.shared.show_invites(Vec::new());
        self.shared.show_queue_state(QueueState::Idle);
        self.shared.show_friends(FriendList::default());
        self.shared.show_link(LinkState::SignedOut);
        self.shared.publisher.close();
        let retired = std::mem::take(&mut self.retired);
        // With the reader of their signals gone, nothing can hold the threads.
        drop(self);
        for thread in retired {
            let _ = thread.join();
        }
    }
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}
