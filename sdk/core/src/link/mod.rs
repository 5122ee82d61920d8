//! When to connect, when to poll instead, when to refresh the token.

mod backoff;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    ops::Range,
    time::{Duration, Instant},
};

use rallypoint_protocol::{ApiError, ErrorCode};
use rand::{SeedableRng, rngs::StdRng};

use self::backoff::{Backoff, between};

/// How long a first connection may take before polling begins beside it.
const CONNECT_GRACE: Duration = Duration::from_secs(2);
/// A connection that has lasted so long was a good one: the next loss starts with short waits again.
const STABLE: Duration = Duration::from_secs(10);
/// Longest token lifetime that is believed.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How the client hears from the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkState {
    #[default]
    SignedOut,
    /// Connecting, and not yet known whether anything works.
    Connecting,
    /// The socket is up.
    Live,
    /// The socket is down; polling works.
    Fallback,
    /// Neither works; both are tried again and again.
    Offline,
}

/// A login's settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// How often to poll while the socket is down.
    pub poll_interval: Range<Duration>,
    /// The first and the longest wait between connection attempts.
    pub backoff: Range<Duration>,
    /// How long a connection attempt may take.
    pub connect_timeout: Duration,
    /// How long a socket may show no sign of life.
    pub watchdog: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_secs(5)..Duration::from_secs(10),
            backoff: Duration::from_secs(1)..Duration::from_secs(30),
            connect_timeout: Duration::from_secs(15),
            watchdog: Duration::from_secs(90),
        }
    }
}

/// A connection, from the attempt to its end. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(pub u64);

/// What the link is told. What concerns an earlier generation is ignored.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    SignedIn {
        expires_in: Duration,
    },
    SignedOut,
    /// The server has accepted the socket.
    SocketUp(Generation),
    SocketDown(Generation),
    SocketRefused(Generation, ApiError),
    /// A sign of life.
    Traffic(Generation),
    /// A fetch is over; whether the server answered.
    Fetched {
        reached: bool,
    },
    /// Something else wants a fetch.
    Check,
    Refreshed {
        expires_in: Duration,
    },
    /// A refresh could not be made; it may succeed later.
    RefreshFailed,
    RefreshRefused(ApiError),
    NetworkCut,
    NetworkRestored,
}

/// What the link wants done, or tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Begin a connection with the current token.
    Open(Generation),
    /// End this connection.
    Close(Generation),
    /// Fetch what is pending over REST. Answered by [`Input::Fetched`].
    Fetch,
    /// Refresh the token. Answered by one of the `Refresh…` inputs.
    Refresh,
    State {
        state: LinkState,
        error: Option<ApiError>,
    },
    /// The login is over.
    SignedOut(ApiError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Socket {
    /// Until the time given; without one until something else happens.
    Down {
        retry_at: Option<Instant>,
    },
    AwaitingToken,
    Opening {
        generation: Generation,
        until: Instant,
    },
    Up {
        generation: Generation,
        since: Instant,
        heard: Instant,
    },
}

#[derive(Debug)]
struct Login {
    socket: Socket,
    backoff: Backoff,
    refresh_backoff: Backoff,
    refresh_at: Instant,
    refreshing: bool,
    /// Whether a token was refreshed because of a refused handshake, and none accepted since.
    refreshed_for_handshake: bool,
    fetch_at: Option<Instant>,
    fetching: bool,
    fetch_again: bool,
    /// What the last fetch since the socket's loss found.
    reached: Option<bool>,
}

/// See the [module](self).
#[derive(Debug)]
pub struct Link {
    config: Config,
    rng: StdRng,
    login: Option<Login>,
    cut: bool,
    generation: u64,
    told: LinkState,
    error: Option<ApiError>,
    outputs: VecDeque<Output>,
}

impl Link {
    /// A link that draws its waits from the seed.
    pub fn new(config: Config, seed: u64) -> Self {
        Self {
            config,
            rng: StdRng::seed_from_u64(seed),
            login: None,
            cut: false,
            generation: 0,
            told: LinkState::SignedOut,
            error: None,
            outputs: VecDeque::new(),
        }
    }

    pub fn state(&self) -> LinkState {
        let Some(login) = &self.login else { return LinkState::SignedOut };
        match (login.socket, login.reached) {
            _ if self.cut => LinkState::Offline,
            (Socket::Up { .. }, _) => LinkState::Live,
            (_, None) => LinkState::Connecting,
            (_, Some(true)) => LinkState::Fallback,
            (_, Some(false)) => LinkState::Offline,
        }
    }

    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let login = self.login.as_ref().filter(|_| !self.cut)?;
        let socket = match login.socket {
            Socket::Down { retry_at } => retry_at,
            Socket::AwaitingToken => None,
            Socket::Opening { until, .. } => Some(until),
            Socket::Up { heard, .. } => Some(heard + self.config.watchdog),
        };
        let refresh = (!login.refreshing).then_some(login.refresh_at);
        let fetch = login.fetch_at.filter(|_| !login.fetching);
        [socket, refresh, fetch].into_iter().flatten().min()
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        self.step(now);
        self.tell_state();
    }

    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::SignedIn { expires_in } => self.sign_in(now, expires_in),
            Input::SignedOut => self.sign_out(None),
            Input::RefreshRefused(error) => {
                if self.login.is_some() {
                    self.sign_out(Some(error));
                }
            }
            Input::SocketUp(generation) => self.socket_up(now, generation),
            Input::SocketDown(generation) => self.socket_down(now, generation, None),
            Input::SocketRefused(generation, error) => self.refused(now, generation, error),
            Input::Traffic(heard_of) => {
                if let Some(Login { socket: Socket::Up { generation, heard, .. }, .. }) = &mut self.login
                    && *generation == heard_of
                {
                    *heard = now;
                }
            }
            Input::Fetched { reached } => self.fetched(now, reached),
            Input::Check => {
                if let Some(login) = &mut self.login {
                    if login.fetching {
                        login.fetch_again = true;
                    } else {
                        login.fetch_at = Some(now);
                    }
                }
            }
            Input::Refreshed { expires_in } => self.refreshed(now, expires_in),
            Input::RefreshFailed => self.refresh_failed(now),
            Input::NetworkCut => self.cut(),
            Input::NetworkRestored => self.restore(now),
        }
        self.step(now);
        self.tell_state();
    }

    fn sign_in(&mut self, now: Instant, expires_in: Duration) {
        self.sign_out(None);
        self.error = None;
        self.login = Some(Login {
            socket: Socket::Down { retry_at: Some(now) },
            backoff: Backoff::new(self.config.backoff.clone()),
            refresh_backoff: Backoff::new(self.config.backoff.clone()),
            refresh_at: refresh_at(now, expires_in),
            refreshing: false,
            refreshed_for_handshake: false,
            fetch_at: Some(now + CONNECT_GRACE),
            fetching: false,
            fetch_again: false,
            reached: None,
        });
    }

    fn sign_out(&mut self, error: Option<ApiError>) {
        let Some(login) = self.login.take() else { return };
        self.close(login.socket);
        self.error.clone_from(&error);
        self.tell_state();
        self.outputs.extend(error.map(Output::SignedOut));
    }

    fn close(&mut self, socket: Socket) {
        if let Socket::Opening { generation, .. } | Socket::Up { generation, .. } = socket {
            self.outputs.push_back(Output::Close(generation));
        }
    }

    fn socket_up(&mut self, now: Instant, accepted: Generation) {
        let Some(login) = &mut self.login else { return };
        match login.socket {
            Socket::Opening { generation, .. } if generation == accepted => {}
            _ => return,
        }
        login.socket = Socket::Up { generation: accepted, since: now, heard: now };
        login.refreshed_for_handshake = false;
        login.reached = None;
        self.error = None;
        // What happened between the last word and this connection.
        login.fetch_at = Some(now);
        login.fetch_again = login.fetching;
    }

    fn socket_down(&mut self, now: Instant, lost: Generation, not_before: Option<Instant>) {
        let Some(login) = &mut self.login else { return };
        let was_up = match login.socket {
            Socket::Opening { generation, .. } if generation == lost => None,
            Socket::Up { generation, since, .. } if generation == lost => Some(since),
            _ => return,
        };
        let socket = login.socket;
        if was_up.is_some_and(|since| now.saturating_duration_since(since) >= STABLE) {
            login.backoff.reset();
        }
        let retry_at = (now + login.backoff.next(&mut self.rng)).max(not_before.unwrap_or(now));
        login.socket = Socket::Down { retry_at: Some(retry_at) };
        if was_up.is_some() {
            login.reached = None;
        }
        // Without a socket it is the polling that keeps one online.
        if !login.fetching && (was_up.is_some() || login.reached.is_none()) {
            login.fetch_at = Some(now);
        }
        self.close(socket);
    }

    fn refused(&mut self, now: Instant, refused: Generation, error: ApiError) {
        let Some(login) = &mut self.login else { return };
        match login.socket {
            Socket::Opening { generation, .. } if generation == refused => {}
            _ => return self.socket_down(now, refused, None),
        }
        self.error = Some(error.clone());
        if !matches!(error.code, ErrorCode::TokenExpired | ErrorCode::Unauthenticated) {
            let not_before = error.retry_after.map(|seconds| now + Duration::from_secs(seconds.min(3600)));
            return self.socket_down(now, refused, not_before);
        }
        if login.refreshed_for_handshake {
            return self.sign_out(Some(error));
        }
        login.refreshed_for_handshake = true;
        login.socket = Socket::AwaitingToken;
        login.refresh_at = now;
        self.outputs.push_back(Output::Close(refused));
    }

    fn fetched(&mut self, now: Instant, reached: bool) {
        let Some(login) = &mut self.login else { return };
        if !std::mem::take(&mut login.fetching) {
            return;
        }
        let is_up = matches!(login.socket, Socket::Up { .. });
        if !is_up {
            login.reached = Some(reached);
        }
        login.fetch_at = if std::mem::take(&mut login.fetch_again) {
            Some(now)
        } else if is_up && reached {
            None
        } else {
            Some(now + between(&self.config.poll_interval, &mut self.rng))
        };
    }

    fn refreshed(&mut self, now: Instant, expires_in: Duration) {
        let Some(login) = &mut self.login else { return };
        login.refreshing = false;
        login.refresh_backoff.reset();
        login.refresh_at = refresh_at(now, expires_in);
        if login.socket == Socket::AwaitingToken {
            login.socket = Socket::Down { retry_at: Some(now) };
        }
    }

    fn refresh_failed(&mut self, now: Instant) {
        let Some(login) = &mut self.login else { return };
        login.refreshing = false;
        login.refresh_at = now + login.refresh_backoff.next(&mut self.rng);
    }

    fn cut(&mut self) {
        self.cut = true;
        let Some(login) = &mut self.login else { return };
        let socket = std::mem::replace(&mut login.socket, Socket::Down { retry_at: None });
        self.close(socket);
    }

    fn restore(&mut self, now: Instant) {
        self.cut = false;
        let Some(login) = &mut self.login else { return };
        login.backoff.reset();
        login.reached = None;
        if matches!(login.socket, Socket::Down { .. }) {
            login.socket = Socket::Down { retry_at: Some(now) };
        }
        if login.fetching {
            // It was begun before, and fails for that.
            login.fetch_again = true;
        } else {
            login.fetch_at = Some(now + CONNECT_GRACE);
        }
    }

    /// Does whatever is due.
    fn step(&mut self, now: Instant) {
        if self.cut {
            return;
        }
        match self.login.as_ref().map(|login| login.socket) {
            Some(Socket::Opening { generation, until }) if until <= now => self.socket_down(now, generation, None),
            Some(Socket::Up { generation, heard, .. }) if heard + self.config.watchdog <= now => {
                self.socket_down(now, generation, None);
            }
            _ => {}
        }
        let Some(login) = &mut self.login else { return };
        if !login.refreshing && login.refresh_at <= now {
            login.refreshing = true;
            self.outputs.push_back(Output::Refresh);
        }
        if let Socket::Down { retry_at: Some(at) } = login.socket
            && at <= now
        {
            self.generation += 1;
            let generation = Generation(self.generation);
            login.socket = Socket::Opening { generation, until: now + self.config.connect_timeout };
            self.outputs.push_back(Output::Open(generation));
        }
        if !login.fetching && login.fetch_at.is_some_and(|at| at <= now) {
            login.fetching = true;
            login.fetch_at = None;
            self.outputs.push_back(Output::Fetch);
        }
    }

    fn tell_state(&mut self) {
        let state = self.state();
        if state != self.told {
            self.told = state;
            self.outputs.push_back(Output::State { state, error: self.error.clone() });
        }
    }
}

/// Early enough that a slow refresh is done before the old token ends: a fifth of its life, at most a minute.
fn refresh_at(now: Instant, expires_in: Duration) -> Instant {
    let life = expires_in.min(LONGEST_LIFE);
    let early = (life / 5).min(Duration::from_secs(60));
    now + (life - early).max(Duration::from_secs(1))
}
