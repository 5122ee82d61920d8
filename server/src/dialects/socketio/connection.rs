//! One live socket, as the hub sees it.

use std::sync::Arc;

use parking_lot::Mutex;
use rallypoint_protocol::{ApiError, ErrorCode, InviteId, User, UserId};
use rallypoint_socketio::{CloseReason, Connect, SendError, Socket};

use super::{encode, ending, handler::Peer};
use crate::{
    app::App,
    domain::{Answer, auth::Caller, now},
    hub::{self, ConnectionId, Dialect, Event},
};

pub(super) struct Connection {
    app: Arc<App>,
    socket: Socket,
    /// The invites that have rung here while those that waited were handed over: what comes both ways rings once.
    rung: Mutex<Rung>,
}

#[derive(Default)]
struct Rung {
    invites: Vec<InviteId>,
    /// All that waited has been handed over.
    complete: bool,
}

impl Connection {
    /// Looks at what has become of something that was sent.
    pub(super) fn check(&self, sent: Result<(), SendError>) {
        if matches!(sent, Err(SendError::Closed)) && self.socket.session().closed() == Some(CloseReason::TooSlow) {
            self.app.hub.look_again();
        }
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Whether an invite has not rung here yet.
    fn is_news(&self, invite: InviteId) -> bool {
        let mut rung = self.rung.lock();
        if rung.invites.contains(&invite) {
            return false;
        }
        if !rung.complete {
            rung.invites.push(invite);
        }
        true
    }
}

impl hub::Connection for Connection {
    fn dialect(&self) -> Dialect {
        Dialect::SocketIo
    }

    fn deliver(&self, event: &Event) {
        if matches!(event, Event::InviteCreated(facts) if !self.is_news(facts.id)) {
            return;
        }
        self.check(encode::emit(&self.socket, event));
    }

    fn is_open(&self) -> bool {
        self.socket.is_open()
    }

    fn close(&self, reason: &ApiError) {
        if reason.code == ErrorCode::Unavailable {
            let mut ending = ending(reason);
            ending.notice = self.socket.packet("error", reason).ok();
            self.socket.session().end(ending);
        } else {
            send_away(&self.socket, reason);
        }
    }

    fn evict(&self) {
        self.close(&ApiError::new(ErrorCode::RateLimited, "Too many connections of this user. The newest ones stay."));
    }
}

/// Says why in an `error` event, and disconnects: a stock client stays away.
pub(super) fn send_away(socket: &Socket, reason: &ApiError) {
    // A socket that has gone needs no reason.
    _ = socket.emit("error", reason);
    socket.disconnect();
}

/// A connection that the hub knows, until this is dropped.
pub(super) struct Registered {
    connection: Arc<Connection>,
    id: ConnectionId,
    user: UserId,
}

impl Registered {
    /// # Errors
    /// `RATE_LIMITED` when the user has too many connections, none of which can be closed.
    pub(super) fn new(app: &Arc<App>, user: &Arc<User>, caller: Caller, connect: &Connect<Peer>) -> Answer<Self> {
        let (socket, rung) = (connect.socket(), Mutex::default());
        let connection = Arc::new(Connection { app: Arc::clone(app), socket, rung });
        let limit = app.config.limits.sockets_per_user;
        let id = app.hub.connect(user, caller.login, Arc::clone(&connection) as _, limit, now());
        let id = id.ok_or_else(|| app.rates.too_many_sockets())?;
        tracing::info!(user_id = %user.id, "socket connected");
        Ok(Self { connection, id, user: user.id })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn id(&self) -> ConnectionId {
        self.id
    }

    /// All invites that waited have rung.
    pub(super) fn handed_over(&self) {
        let mut rung = self.connection.rung.lock();
        rung.complete = true;
        rung.invites.shrink_to_fit();
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let Self { connection, id, user } = self;
        connection.app.hub.disconnect(*user, *id, now());
        if connection.socket.session().closed() == Some(CloseReason::TooSlow) {
            connection.app.metrics.sent_away("too_slow").inc();
            tracing::info!(user_id = %user, "slow client cut off");
        }
        tracing::info!(user_id = %user, "socket disconnected");
    }
}
