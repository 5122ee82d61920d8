//! What makes a user count as online, and for how long.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use rallypoint_protocol::{Timestamp, User};

use super::{Connection, ConnectionId, Dialect};
use crate::store::logins::LoginId;

/// A connection that is not open after so many milliseconds never will be.
const CONNECTING_MS: i64 = 5_000;

/// A poll within so many milliseconds of connecting is a client catching up, and no lease of its own: it would
/// keep a client that has gone online for half a minute.
const CATCHING_UP_MS: i64 = 5_000;

/// Somebody with leases, or in a game.
pub(super) struct Present {
    pub(super) user: Arc<User>,
    pub(super) connections: Vec<Entry>,
    polls: Vec<Poll>,
    pub(super) games: u32,
    pub(super) status: Option<String>,
    /// When the user last did something.
    active_at: AtomicI64,
    /// Whether it was online when last looked at.
    pub(super) seen_online: bool,
}

/// The lease of a live connection.
pub(super) struct Entry {
    pub(super) id: ConnectionId,
    pub(super) login: LoginId,
    since: Timestamp,
    /// When the client last asked for something over it.
    heard_at: AtomicI64,
    pub(super) connection: Arc<dyn Connection>,
}

/// The lease that polling gives to a login.
struct Poll {
    login: LoginId,
    /// Since when there has been one without a break.
    since: Timestamp,
    at: Timestamp,
    until: Timestamp,
}

impl Present {
    pub(super) fn new(user: &Arc<User>) -> Self {
        Self {
            user: Arc::clone(user),
            connections: Vec::new(),
            polls: Vec::new(),
            games: 0,
            status: None,
            active_at: AtomicI64::new(0),
            seen_online: false,
        }
    }

    /// A sign of life; answers when the one before was.
    pub(super) fn touch(&self, over: Option<ConnectionId>, now: Timestamp) -> Timestamp {
        if let Some(entry) = over.and_then(|over| self.connections.iter().find(|entry| entry.id == over)) {
            entry.heard_at.store(now.0, Ordering::Relaxed);
        }
        Timestamp(self.active_at.swap(now.0, Ordering::Relaxed))
    }

    pub(super) fn connect(
        &mut self,
        id: ConnectionId,
        login: LoginId,
        connection: Arc<dyn Connection>,
        since: Timestamp,
    ) -> Timestamp {
        self.connections.reserve_exact(1);
        self.connections.push(Entry { id, login, since, heard_at: AtomicI64::new(since.0), connection });
        Timestamp(since.0 + CONNECTING_MS)
    }

    /// Removes the connection that was silent longest; those in games stay.
    pub(super) fn take_silent(&mut self) -> Option<Entry> {
        let entries = self.connections.iter().enumerate();
        let movable = entries.filter(|(_, entry)| entry.connection.dialect() != Dialect::Game);
        let (silent, _) = movable.min_by_key(|(_, entry)| entry.heard_at.load(Ordering::Relaxed))?;
        Some(self.connections.remove(silent))
    }

    pub(super) fn disconnect(&mut self, id: ConnectionId) {
        let Some(gone) = self.connections.iter().position(|entry| entry.id == id) else { return };
        let gone = self.connections.remove(gone);
        let catching_up = |poll: &Poll| poll.since >= gone.since && poll.at.0 < gone.since.0 + CATCHING_UP_MS;
        self.polls.retain(|poll| poll.login != gone.login || !catching_up(poll));
    }

    pub(super) fn poll(&mut self, login: LoginId, at: Timestamp, until: Timestamp) {
        self.polls.retain(|poll| poll.until > at);
        match self.polls.iter_mut().find(|poll| poll.login == login) {
            Some(poll) => (poll.at, poll.until) = (at, until),
            None => self.polls.push(Poll { login, since: at, at, until }),
        }
    }

    /// Ends the leases of a login; answers its connections, and whether there were any leases.
    pub(super) fn sign_out(&mut self, login: LoginId) -> (Vec<Entry>, bool) {
        let before = self.polls.len();
        self.polls.retain(|poll| poll.login != login);
        let closed: Vec<_> = self.connections.extract_if(.., |entry| entry.login == login).collect();
        let any = !closed.is_empty() || self.polls.len() < before;
        (closed, any)
    }

    pub(super) fn has_lease(&self, now: Timestamp) -> bool {
        !self.connections.is_empty() || self.polls.iter().any(|poll| poll.until > now)
    }

    fn is_idle(&self, now: Timestamp, idle_ms: i64) -> bool {
        idle_ms > 0 && self.games == 0 && now.0 - self.active_at.load(Ordering::Relaxed) >= idle_ms
    }

    pub(super) fn is_online(&self, now: Timestamp, idle_ms: i64) -> bool {
        self.has_lease(now) && !self.is_idle(now, idle_ms)
    }

    /// Forgets what has ended by itself; answers whether the user has come or gone by that.
    pub(super) fn sweep(&mut self, now: Timestamp, idle_ms: i64) -> bool {
        self.connections.retain(|entry| entry.connection.is_open() || now.0 < entry.since.0 + CONNECTING_MS);
        self.polls.retain(|poll| poll.until > now);
        let online = self.is_online(now, idle_ms);
        std::mem::replace(&mut self.seen_online, online) != online
    }

    /// When something may end by itself.
    pub(super) fn next_end(&self, now: Timestamp, idle_ms: i64) -> Option<Timestamp> {
        let polls = self.polls.iter().map(|poll| poll.until.0);
        let connecting = self.connections.iter().map(|entry| entry.since.0 + CONNECTING_MS).filter(|end| *end > now.0);
        let watched = idle_ms > 0 && self.games == 0 && self.is_online(now, idle_ms);
        let idle = watched.then(|| self.active_at.load(Ordering::Relaxed) + idle_ms);
        polls.chain(connecting).chain(idle).min().map(Timestamp)
    }
}
