//! Who is connected, and the way of an event to everybody whom it concerns.
//!
//! A service publishes an [`Event`] to a user; every live connection of that user gets it and puts it into its
//! dialect's words. Being online is a matter of leases: a live connection is one, a recent poll is another.

mod changes;
mod event;
mod leases;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::RwLock;
use rallypoint_protocol::{ApiError, Timestamp, User, UserId};

use crate::{
    schedule::Deadline,
    store::{invites::Ways, logins::LoginId},
};
use changes::Changes;
pub use event::{Begun, Challenge, Event, InviteFacts, SessionFacts};
use leases::Present;

/// Distinguishes the connections of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(u64);

/// The ways to a user that an invite can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    SocketIo,
    /// Fetched by polling.
    Rest,
    /// `/ws/invitations/`
    Invitations,
    /// `/ws/game/…`, which has no words for what happens outside of a game.
    Game,
}

impl Dialect {
    /// Those that have words for invites.
    pub const OF_INVITES: [Self; 3] = [Self::SocketIo, Self::Rest, Self::Invitations];
    const OF_SOCKETS: [Self; 3] = [Self::SocketIo, Self::Invitations, Self::Game];

    pub fn name(self) -> &'static str {
        match self {
            Self::SocketIo => "socketio",
            Self::Rest => "rest",
            Self::Invitations => "ws_invitations",
            Self::Game => "ws_game",
        }
    }

    pub fn way(self) -> Ways {
        Ways(match self {
            Self::SocketIo => 1,
            Self::Rest => 2,
            Self::Invitations => 4,
            Self::Game => 0,
        })
    }
}

/// A live socket of any dialect. Every call returns at once.
pub trait Connection: Send + Sync {
    fn dialect(&self) -> Dialect;
    /// Sends the event, if the dialect has words for it. A connection that can't keep up closes itself: what it
    /// misses, it fetches when it is back.
    fn deliver(&self, event: &Event);
    /// Whether the client is still there, as far as is known.
    fn is_open(&self) -> bool;
    /// Tells the client why, and closes.
    fn close(&self, reason: &ApiError);
    /// Closes in favour of a newer connection of the same user, so that the client stays away.
    fn evict(&self);
}

#[derive(Default)]
pub struct Hub {
    users: RwLock<HashMap<UserId, Present>>,
    next_id: AtomicU64,
    changes: Changes,
    /// Milliseconds without a sign of life after which a connected user counts as away; 0 for never.
    idle_ms: i64,
    /// When a lease may end by itself.
    next_end: Deadline,
}

impl Hub {
    /// A hub in which who does nothing for so many milliseconds counts as away; 0 for never. It is to be swept at
    /// `next_end`.
    pub fn new(idle_ms: i64, next_end: Deadline) -> Self {
        Self { idle_ms, next_end, ..Self::default() }
    }

    fn online_at(&self, present: &Present, now: Timestamp) -> bool {
        present.is_online(now, self.idle_ms)
    }

    /// Whoever may have come, gone or changed since the last call. Waits for somebody.
    pub async fn changed(&self) -> Vec<UserId> {
        self.changes.take().await
    }

    /// A sign of life, over a connection or in another way.
    pub fn touch(&self, user: UserId, over: Option<ConnectionId>, now: Timestamp) {
        let users = self.users.read();
        let Some(present) = users.get(&user) else { return };
        let before = present.touch(over, now);
        if self.idle_ms > 0 && now.0 - before.0 >= self.idle_ms {
            self.changes.add(user);
            self.next_end.no_later_than(now);
        }
    }

    /// Adds a connection. When the user has `limit` of them, the one that was silent longest is closed for it; `None` if
    /// all of them are in games.
    pub fn connect(
        &self,
        user: &Arc<User>,
        login: LoginId,
        connection: Arc<dyn Connection>,
        limit: usize,
        now: Timestamp,
    ) -> Option<ConnectionId> {
        let id = ConnectionId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let evicted = {
            let mut users = self.users.write();
            let present = users.entry(user.id).or_insert_with(|| Present::new(user));
            let evicted = if present.connections.len() >= limit { Some(present.take_silent()?) } else { None };
            let up_by = present.connect(id, login, connection, now);
            present.touch(None, now);
            present.seen_online = true;
            self.next_end.no_later_than(up_by);
            self.changes.add(user.id);
            evicted
        };
        if let Some(evicted) = evicted {
            evicted.connection.evict();
        }
        Some(id)
    }

    /// Removes a connection; the user is offline at once when it was the last lease.
    pub fn disconnect(&self, user: UserId, id: ConnectionId, now: Timestamp) {
        let mut users = self.users.write();
        if let Some(present) = users.get_mut(&user) {
            present.disconnect(id);
            if !present.has_lease(now) {
                present.seen_online = false;
                self.changes.add(user);
                if present.games == 0 {
                    users.remove(&user);
                }
            }
        }
    }

    /// Counts a poll as being online until `until`.
    pub fn renew_polling_lease(&self, user: &Arc<User>, login: LoginId, now: Timestamp, until: Timestamp) {
        let mut users = self.users.write();
        let present = users.entry(user.id).or_insert_with(|| Present::new(user));
        present.poll(login, now, until);
        present.touch(None, now);
        self.next_end.no_later_than(until);
        if !std::mem::replace(&mut present.seen_online, true) {
            self.changes.add(user.id);
        }
    }

    /// Forgets connections that broke before they were up, and users whose last lease has ended. Answers when to do so
    /// again.
    pub fn sweep(&self, now: Timestamp) -> Option<Timestamp> {
        let mut users = self.users.write();
        let mut next = None::<Timestamp>;
        users.retain(|id, present| {
            if present.sweep(now, self.idle_ms) {
                self.changes.add(*id);
            }
            next = next.into_iter().chain(present.next_end(now, self.idle_ms)).min();
            present.has_lease(now) || present.games > 0
        });
        next
    }

    /// Whether an event would reach the user at once.
    pub fn has_connections(&self, user: UserId) -> bool {
        self.users.read().get(&user).is_some_and(|present| !present.connections.is_empty())
    }

    /// Whether the user is connected, whether it does anything or not.
    pub fn is_connected(&self, user: UserId, now: Timestamp) -> bool {
        self.users.read().get(&user).is_some_and(|present| present.has_lease(now))
    }

    pub fn is_online(&self, user: UserId, now: Timestamp) -> bool {
        self.users.read().get(&user).is_some_and(|present| self.online_at(present, now))
    }

    /// The user, if online, and the ways in which live connections will get invites at once.
    pub fn online_user(&self, user: UserId, now: Timestamp) -> Option<(Arc<User>, Ways)> {
        let users = self.users.read();
        let present = users.get(&user).filter(|present| self.online_at(present, now))?;
        let ways = present.connections.iter().fold(0, |ways, entry| ways | entry.connection.dialect().way().0);
        Some((Arc::clone(&present.user), Ways(ways)))
    }

    /// Everybody online whose username or display name begins with `prefix`.
    pub fn online(&self, prefix: &str, now: Timestamp) -> Vec<Arc<User>> {
        let prefix = prefix.to_lowercase();
        let begins = |user: &User| {
            user.username.to_lowercase().starts_with(&prefix) || user.display_name.to_lowercase().starts_with(&prefix)
        };
        let users = self.users.read();
        let online = users.values().filter(|present| self.online_at(present, now) && begins(&present.user));
        online.map(|present| Arc::clone(&present.user)).collect()
    }

    /// How many users are online, and how many sockets there are of each dialect.
    pub fn counts(&self, now: Timestamp) -> (usize, Vec<(&'static str, usize)>) {
        let users = self.users.read();
        let online = users.values().filter(|present| self.online_at(present, now)).count();
        let mut connections = Dialect::OF_SOCKETS.map(|dialect| (dialect.name(), 0));
        for entry in users.values().flat_map(|present| &present.connections) {
            let name = entry.connection.dialect().name();
            if let Some((_, count)) = connections.iter_mut().find(|(known, _)| *known == name) {
                *count += 1;
            }
        }
        (online, connections.to_vec())
    }

    /// Whether the user is online, in a game, and what it says of itself.
    pub fn presence(&self, user: UserId, now: Timestamp) -> (bool, bool, Option<String>) {
        self.users.read().get(&user).map_or((false, false, None), |present| {
            let online = self.online_at(present, now);
            (online, present.games > 0, present.status.clone().filter(|_| online))
        })
    }

    /// A connection has broken by itself, and is to be looked at.
    pub fn look_again(&self) {
        self.next_end.no_later_than(Timestamp(0));
    }

    /// Sets the status of a user who is online; answers whether that is so.
    pub fn set_status(&self, user: UserId, status: Option<String>, now: Timestamp) -> bool {
        let mut users = self.users.write();
        let present = users.get_mut(&user).filter(|present| self.online_at(present, now));
        let changed = present.map(|present| std::mem::replace(&mut present.status, status) != present.status);
        if changed == Some(true) {
            self.changes.add(user);
        }
        changed.is_some()
    }

    /// Counts the games in which the user is connected.
    pub fn enter_game(&self, user: &Arc<User>) {
        self.users.write().entry(user.id).or_insert_with(|| Present::new(user)).games += 1;
        self.changes.add(user.id);
    }

    pub fn leave_game(&self, user: UserId, now: Timestamp) {
        if let Some(present) = self.users.write().get_mut(&user) {
            present.games = present.games.saturating_sub(1);
            present.touch(None, now);
            self.next_end.no_later_than(now);
            self.changes.add(user);
        }
    }

    /// Sends an event to all connections of a user but `except`.
    pub fn publish(&self, user: UserId, event: &Event, except: Option<ConnectionId>) {
        // Delivered outside of the lock: a connection that fails removes itself.
        let receivers: Vec<_> = {
            let users = self.users.read();
            let Some(present) = users.get(&user) else { return };
            let others = present.connections.iter().filter(|entry| Some(entry.id) != except);
            others.map(|entry| Arc::clone(&entry.connection)).collect()
        };
        for connection in receivers {
            connection.deliver(event);
        }
    }

    /// Ends every lease that was taken with a login's tokens, and closes its connections.
    pub fn close_login(&self, login: LoginId, reason: &ApiError) {
        let mut closed = Vec::new();
        for present in self.users.write().values_mut() {
            let (connections, any) = present.sign_out(login);
            closed.extend(connections);
            if any {
                // Whatever lease is left shows in the next sweep.
                self.look_again();
                present.seen_online = false;
                self.changes.add(present.user.id);
            }
        }
        for entry in closed {
            entry.connection.close(reason);
        }
    }

    pub fn close_all(&self, reason: &ApiError) {
        let users = self.users.read();
        let entries = users.values().flat_map(|present| &present.connections);
        let connections: Vec<_> = entries.map(|entry| Arc::clone(&entry.connection)).collect();
        drop(users);
        for connection in connections {
            connection.close(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;
    use rallypoint_protocol::{InviteId, invite::InviteStatus};

    use super::*;

    #[derive(Default)]
    struct Recorder(Mutex<Vec<String>>);

    impl Connection for Recorder {
        fn dialect(&self) -> Dialect {
            Dialect::SocketIo
        }
        fn deliver(&self, event: &Event) {
            self.0.lock().push(format!("{event:?}"));
        }
        fn is_open(&self) -> bool {
            !self.0.lock().iter().any(|line| line.contains("UNAUTHENTICATED"))
        }
        fn close(&self, reason: &ApiError) {
            self.0.lock().push(reason.to_string());
        }
        fn evict(&self) {
            self.0.lock().push("evicted".into());
        }
    }

    fn user(id: i64) -> Arc<User> {
        Arc::new(User {
            id: UserId(id),
            username: format!("user{id}"),
            display_name: format!("User {id}"),
            tag: "0001".into(),
            image_url: None,
            created_at: Timestamp(0),
            online: false,
        })
    }

    #[test]
    fn the_last_lease_decides_about_being_online() {
        let (hub, ace) = (Hub::default(), user(1));
        let now = Timestamp(1_000);
        let first = hub.connect(&ace, 1, Arc::new(Recorder::default()), 10, now).unwrap();
        let second = hub.connect(&ace, 1, Arc::new(Recorder::default()), 10, now).unwrap();
        hub.disconnect(ace.id, first, now);
        assert!(hub.is_online(ace.id, now));
        hub.disconnect(ace.id, second, now);
        assert!(!hub.is_online(ace.id, now));
        hub.renew_polling_lease(&ace, 1, now, Timestamp(31_000));
        assert_eq!(hub.sweep(now), Some(Timestamp(31_000)), "when to look again");
        assert!(hub.is_online(ace.id, Timestamp(30_999)));
        assert!(!hub.is_online(ace.id, Timestamp(31_000)));
        assert_eq!(hub.sweep(Timestamp(31_000)), None);
    }

    #[test]
    fn a_socket_that_comes_and_goes_leaves_a_polling_client_online() {
        let (hub, ace) = (Hub::default(), user(1));
        hub.renew_polling_lease(&ace, 1, Timestamp(0), Timestamp(30_000));
        for start in [2_000, 6_000] {
            let socket = hub.connect(&ace, 1, Arc::new(Recorder::default()), 10, Timestamp(start)).unwrap();
            hub.renew_polling_lease(&ace, 1, Timestamp(start + 100), Timestamp(start + 30_100));
            hub.disconnect(ace.id, socket, Timestamp(start + 1_000));
            assert!(hub.is_online(ace.id, Timestamp(start + 1_000)), "it polls all the time");
        }
    }

    #[test]
    fn each_login_polls_for_itself() {
        let (hub, ace) = (Hub::default(), user(1));
        hub.renew_polling_lease(&ace, 1, Timestamp(0), Timestamp(30_000));
        hub.renew_polling_lease(&ace, 2, Timestamp(5_000), Timestamp(35_000));
        hub.close_login(2, &rallypoint_protocol::ErrorCode::Unauthenticated.into());
        assert!(hub.is_online(ace.id, Timestamp(29_999)), "the other device still polls");
        assert!(!hub.is_online(ace.id, Timestamp(30_000)));
    }

    #[test]
    fn an_idle_user_is_looked_at_when_its_time_is_up() {
        let (hub, ace) = (Hub::new(60_000, Deadline::default()), user(1));
        hub.connect(&ace, 1, Arc::new(Recorder::default()), 10, Timestamp(0)).unwrap();
        assert_eq!(hub.sweep(Timestamp(5_000)), Some(Timestamp(60_000)));
        hub.touch(ace.id, None, Timestamp(30_000));
        assert_eq!(hub.sweep(Timestamp(60_000)), Some(Timestamp(90_000)), "it did something meanwhile");
        assert_eq!(hub.sweep(Timestamp(90_000)), None);
        assert!(!hub.is_online(ace.id, Timestamp(90_000)) && hub.is_connected(ace.id, Timestamp(90_000)));
    }

    #[test]
    fn a_connection_that_broke_without_a_word_is_swept() {
        let (hub, ace, socket) = (Hub::default(), user(1), Arc::new(Recorder::default()));
        hub.connect(&ace, 1, Arc::clone(&socket) as _, 10, Timestamp(0));
        hub.sweep(Timestamp(60_000));
        assert!(hub.is_online(ace.id, Timestamp(60_000)));
        socket.close(&rallypoint_protocol::ErrorCode::Unauthenticated.into());
        hub.sweep(Timestamp(60_000));
        assert!(!hub.is_online(ace.id, Timestamp(60_000)));
    }

    #[test]
    fn a_client_that_caught_up_by_polling_is_gone_when_its_socket_is() {
        let (hub, ace) = (Hub::default(), user(1));
        let start = Timestamp(1_000);
        let socket = hub.connect(&ace, 1, Arc::new(Recorder::default()), 10, start).unwrap();
        hub.renew_polling_lease(&ace, 1, Timestamp(1_100), Timestamp(31_100));
        hub.disconnect(ace.id, socket, Timestamp(2_000));
        assert!(!hub.is_online(ace.id, Timestamp(2_000)));

        let half_open = hub.connect(&ace, 1, Arc::new(Recorder::default()), 10, start).unwrap();
        hub.renew_polling_lease(&ace, 1, Timestamp(40_000), Timestamp(70_000));
        hub.disconnect(ace.id, half_open, Timestamp(46_000));
        assert!(hub.is_online(ace.id, Timestamp(46_000)), "it fell back to polling before the socket was missed");
        hub.close_login(1, &rallypoint_protocol::ErrorCode::Unauthenticated.into());
        assert!(!hub.is_online(ace.id, Timestamp(46_000)), "signed out");
    }

    #[test]
    fn events_reach_the_other_devices_and_nobody_else() {
        let (hub, ace, bea) = (Hub::default(), user(1), user(2));
        let [phone, desk, other]: [Arc<Recorder>; 3] = Default::default();
        let phone_id = hub.connect(&ace, 1, Arc::clone(&phone) as _, 10, Timestamp(0)).unwrap();
        hub.connect(&ace, 2, Arc::clone(&desk) as _, 10, Timestamp(0)).unwrap();
        hub.connect(&bea, 3, Arc::clone(&other) as _, 10, Timestamp(0)).unwrap();
        let event = Event::InviteResolved { invite_id: InviteId(5), status: InviteStatus::Accepted };
        hub.publish(ace.id, &event, Some(phone_id));
        assert_eq!([phone.0.lock().len(), desk.0.lock().len(), other.0.lock().len()], [0, 1, 0]);
    }

    #[test]
    fn newest_connection_takes_the_place_of_the_longest_silent() {
        let (hub, ace) = (Hub::default(), user(1));
        let recorders: [Arc<Recorder>; 3] = Default::default();
        let connect = |index: usize, at| hub.connect(&ace, 1, Arc::clone(&recorders[index]) as _, 2, Timestamp(at));
        let first = connect(0, 0).unwrap();
        connect(1, 10).unwrap();
        hub.touch(ace.id, Some(first), Timestamp(20));
        connect(2, 30).unwrap();
        assert_eq!(recorders.each_ref().map(|recorder| recorder.0.lock().len()), [0, 1, 0]);
        hub.publish(ace.id, &Event::InviteExpired { invite_id: InviteId(5) }, None);
        assert_eq!(recorders.each_ref().map(|recorder| recorder.0.lock().len()), [1, 1, 1], "the evicted one is out");
    }

    #[test]
    fn revoked_login_loses_its_connections() {
        let (hub, ace) = (Hub::default(), user(1));
        let [first, second]: [Arc<Recorder>; 2] = Default::default();
        hub.connect(&ace, 1, Arc::clone(&first) as _, 2, Timestamp(0)).unwrap();
        hub.connect(&ace, 2, Arc::clone(&second) as _, 2, Timestamp(0)).unwrap();
        hub.close_login(2, &rallypoint_protocol::ErrorCode::Unauthenticated.into());
        assert_eq!([first.0.lock().len(), second.0.lock().len()], [0, 1]);
    }
}
