//! A game's socket, as the hub sees it: a lease of presence, and something to close.

use std::sync::Arc;

use rallypoint_protocol::{ApiError, User, UserId};

use crate::{
    app::App,
    domain::{Answer, auth::Caller, now},
    game::{Mailbox, Parting},
    hub::{self, ConnectionId, Dialect, Event},
};

struct Connection(Arc<Mailbox>);

impl hub::Connection for Connection {
    fn dialect(&self) -> Dialect {
        Dialect::Game
    }

    /// The game has no words for what happens outside of it.
    fn deliver(&self, _: &Event) {}

    fn is_open(&self) -> bool {
        !self.0.is_parted()
    }

    fn close(&self, reason: &ApiError) {
        self.0.part(Parting::Refused(reason.code));
    }

    /// The hub evicts no socket of a game.
    fn evict(&self) {}
}

/// A connection that the hub knows, until this is dropped.
pub(super) struct Registered {
    app: Arc<App>,
    user: UserId,
    id: ConnectionId,
}

impl Registered {
    /// # Errors
    /// `RATE_LIMITED` when the user has too many connections.
    pub(super) fn new(app: &Arc<App>, user: &Arc<User>, caller: Caller, mailbox: &Arc<Mailbox>) -> Answer<Self> {
        let connection = Arc::new(Connection(Arc::clone(mailbox)));
        let limit = app.config.limits.sockets_per_user;
        let id = app.hub.connect(user, caller.login, connection, limit, now());
        let id = id.ok_or_else(|| app.rates.too_many_sockets())?;
        Ok(Self { app: Arc::clone(app), user: user.id, id })
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.app.hub.disconnect(self.user, self.id, now());
    }
}
