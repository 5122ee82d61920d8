//! A socket as the hub sees it: a lease of presence, a queue of what is to be told, and something to close.

use std::sync::Arc;

use parking_lot::Mutex;
use rallypoint_protocol::{ApiError, User, UserId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::ws::{self, Farewell};
use crate::{
    app::App,
    domain::{Answer, auth::Caller, now},
    hub::{self, ConnectionId, Dialect, Event},
};

/// Events that may wait to be told. Whoever leaves more is sent away, and finds what it missed when it is back.
const WAITING: usize = 256;

pub(super) struct Connection {
    events: mpsc::Sender<Event>,
    parting: Arc<Parting>,
}

/// Why the connection ends, once it does.
#[derive(Default)]
pub(super) struct Parting {
    why: Mutex<Option<Farewell>>,
    parted: CancellationToken,
}

impl Parting {
    fn part(&self, why: Farewell) {
        self.why.lock().get_or_insert(why);
        self.parted.cancel();
    }

    pub(super) async fn parted(&self) -> Farewell {
        self.parted.cancelled().await;
        self.why.lock().unwrap_or(ws::TOO_SLOW)
    }
}

impl hub::Connection for Connection {
    fn dialect(&self) -> Dialect {
        Dialect::Invitations
    }

    fn deliver(&self, event: &Event) {
        let told = matches!(
            event,
            Event::InviteCreated(_)
                | Event::InviteDeclined { .. }
                | Event::InviteCancelled { .. }
                | Event::InviteExpired { .. }
                | Event::InviteResolved { .. }
                | Event::InviteBegun(_)
        );
        if told && self.events.try_send(event.clone()).is_err() {
            self.parting.part(ws::TOO_SLOW);
        }
    }

    fn is_open(&self) -> bool {
        !self.parting.parted.is_cancelled()
    }

    fn close(&self, reason: &ApiError) {
        self.parting.part(ws::farewell(reason.code));
    }

    fn evict(&self) {
        self.parting.part(ws::REPLACED);
    }
}

/// What the hub has for this connection.
pub(super) struct Mailbox {
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) parting: Arc<Parting>,
}

/// A connection that the hub knows, until this is dropped.
pub(super) struct Registered {
    pub(super) connection: Arc<Connection>,
    pub(super) id: ConnectionId,
    app: Arc<App>,
    user: UserId,
}

impl Registered {
    /// # Errors
    /// `RATE_LIMITED` when the user has too many connections.
    pub(super) fn new(app: &Arc<App>, user: &Arc<User>, caller: Caller) -> Answer<(Self, Mailbox)> {
        let (queue, events) = mpsc::channel(WAITING);
        let parting = Arc::new(Parting::default());
        let connection = Arc::new(Connection { events: queue, parting: Arc::clone(&parting) });
        let limit = app.config.limits.sockets_per_user;
        let known = app.hub.connect(user, caller.login, Arc::clone(&connection) as _, limit, now());
        let id = known.ok_or_else(|| app.rates.too_many_sockets())?;
        Ok((Self { connection, id, app: Arc::clone(app), user: user.id }, Mailbox { events, parting }))
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.app.hub.disconnect(self.user, self.id, now());
        tracing::info!(user_id = %self.user, "invitation socket disconnected");
    }
}

#[cfg(test)]
mod tests {
    use rallypoint_protocol::InviteId;

    use super::*;
    use crate::hub::Connection as _;

    #[tokio::test]
    async fn whoever_does_not_read_is_sent_away_and_holds_nobody_up() {
        let (queue, _events) = mpsc::channel(WAITING);
        let connection = Connection { events: queue, parting: Arc::default() };
        for invite in 0..WAITING as i64 {
            connection.deliver(&Event::InviteExpired { invite_id: InviteId(invite) });
        }
        assert!(connection.is_open());
        connection.deliver(&Event::InviteExpired { invite_id: InviteId(-1) });
        assert!(!connection.is_open());
        assert_eq!(connection.parting.parted().await, ws::TOO_SLOW);
    }
}
