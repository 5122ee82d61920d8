//! Matchmaking: the queue is in the database, one task makes matches of it, and connecting to the game is accepting.
//!
//! A ticket keeps its place through reconnects and restarts. Whoever does not connect in time loses it; the other goes
//! back to where it was, which is the front. No player is ever in two matches: a ticket names one game at most.

mod follow;
pub mod pairing;
mod pass;
mod rating;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rallypoint_pong::rules::Side as CourtSide;
use rallypoint_protocol::{
    ApiError, ErrorCode, GameId, Timestamp, User, UserId,
    auth::Success,
    matchmaking::{MatchFound, QueueLeft, QueueState, QueueTicket, Side},
    session::GameOptions,
};
use tokio::sync::{Notify, watch};

pub use follow::Result;

use crate::{
    config::Limits,
    domain::{Answer, games::rooms, now, servers::Servers, users::Users},
    game::GameServer,
    hub::Hub,
    store::{
        self, Db,
        matches::{MatchRecord, MatchStatus},
        tickets::Ticket,
    },
};
use pairing::Window;
use pass::Waits;

/// How long a player who joins waits for the result of the last match to be written.
const RESULT: Duration = Duration::from_secs(2);
/// How long a player who joins waits for the pass that may find a match at once.
const FIRST_PASS: Duration = Duration::from_millis(500);

pub struct Matchmaking {
    db: Db,
    hub: Arc<Hub>,
    users: Arc<Users>,
    game: GameServer,
    servers: Arc<Servers>,
    window: Window,
    connect_ms: i64,
    forgotten_ms: i64,
    wake: Notify,
    /// Passes are numbered as they begin; this is the last that has been finished.
    passes: watch::Sender<u64>,
    passes_begun: AtomicU64,
    waits: Waits,
    /// Whether the last match that was to be made had no room.
    crowded: AtomicBool,
    /// Matches that wait for their players here.
    open: Mutex<HashMap<GameId, Open>>,
    /// A match of this server has ended in the database as well.
    recorded: Notify,
    /// Players who asked about their place here lately: they count as being there.
    asked: Mutex<HashMap<UserId, Timestamp>>,
}

/// A match that waits for its players.
#[derive(Clone)]
struct Open {
    players: [Arc<User>; 2],
    connect_by: Timestamp,
    connected: HashSet<UserId>,
}

impl Matchmaking {
    pub fn new(
        db: Db,
        hub: Arc<Hub>,
        users: Arc<Users>,
        servers: Arc<Servers>,
        game: GameServer,
        limits: &Limits,
    ) -> Self {
        Self {
            db,
            hub,
            users,
            servers,
            game,
            window: Window {
                start: limits.rating_window,
                per_second: limits.rating_window_per_second,
                open_after: limits.rating_window_open_seconds,
            },
            connect_ms: limits.match_connect_seconds.cast_signed() * 1000,
            forgotten_ms: limits.absent_ticket_seconds.cast_signed() * 1000,
            wake: Notify::new(),
            passes: watch::Sender::default(),
            passes_begun: AtomicU64::new(0),
            waits: Waits::default(),
            crowded: AtomicBool::new(false),
            open: Mutex::default(),
            recorded: Notify::new(),
            asked: Mutex::default(),
        }
    }

    /// Takes a place in the queue, or answers where the player stands already.
    pub async fn join(&self, user: &Arc<User>, options: Option<GameOptions>) -> Answer<QueueState> {
        let options = options.unwrap_or_default();
        if let Some(option) = options.out_of_range() {
            return Err(ApiError::from(ErrorCode::InvalidOptions).with_details(
                serde_json::json!({ "option": option, "score_to_win": "3 to 20", "time_limit": "1 to 5" }),
            ));
        }
        let now = now();
        let ticket = self.take_place(user.id, &options, now).await?;
        self.asked.lock().insert(user.id, now);
        if ticket.game_id.is_none() {
            if ticket.joined_at == now {
                tracing::info!(ticket_id = %ticket.id, user_id = %user.id, "ticket queued");
            }
            self.wake.notify_one();
            // One that is under way may have begun before the ticket was there: the next has seen it.
            let next = self.passes_begun.load(Ordering::Acquire) + 1;
            let mut passes = self.passes.subscribe();
            let _ = tokio::time::timeout(FIRST_PASS, passes.wait_for(|finished| *finished >= next)).await;
        }
        self.status(user).await
    }

    /// A ticket, once the result of the last match is written: until then its own is still there.
    async fn take_place(&self, user: UserId, options: &GameOptions, now: Timestamp) -> Answer<Ticket> {
        let deadline = Instant::now() + RESULT;
        loop {
            let recorded = self.recorded.notified();
            tokio::pin!(recorded);
            recorded.as_mut().enable();
            let ticket = store::tickets::join(&self.db, user, options, now).await?;
            if !self.is_being_recorded(&ticket).await? {
                return Ok(ticket);
            }
            if tokio::time::timeout_at(deadline.into(), recorded).await.is_err() {
                let message = "The result of your last match is not written yet. Try again shortly.";
                return Err(ApiError::new(ErrorCode::Unavailable, message).with_retry_after(1));
            }
        }
    }

    /// Whether the ticket's match has been played to its end, while the result is still being written.
    async fn is_being_recorded(&self, ticket: &Ticket) -> Answer<bool> {
        let Some(game_id) = ticket.game_id else { return Ok(false) };
        let record = store::matches::find(&self.db, game_id).await?;
        let open_here = record.is_some_and(|record| record.status.is_open() && self.is_played_here(&record).is_ok());
        Ok(open_here && self.game.is_over(game_id))
    }

    /// Where the player stands. Asking counts as being there.
    pub async fn status(&self, user: &Arc<User>) -> Answer<QueueState> {
        let Some(ticket) = store::tickets::of(&self.db, user.id).await? else { return Ok(QueueState::Idle) };
        self.asked.lock().insert(user.id, now());
        let Some(game_id) = ticket.game_id else { return Ok(QueueState::Queued(self.place(user.id, &ticket).await?)) };
        let record = store::matches::find(&self.db, game_id).await?;
        let Some(record) = record.filter(|record| record.status.is_open()) else { return Ok(QueueState::Idle) };
        // Played to its end, while the result is still being written.
        if self.is_played_here(&record).is_ok() && self.game.is_over(game_id) {
            return Ok(QueueState::Idle);
        }
        Ok(QueueState::Matched(self.found(&record, user).await?))
    }

    /// Leaves the queue, or the match: before it has begun the other goes back to the front, afterwards it is forfeited.
    pub async fn leave(&self, user: &Arc<User>) -> Answer<QueueLeft> {
        self.asked.lock().remove(&user.id);
        let left = QueueLeft { status: Success::Success, forfeited: false };
        if store::tickets::leave(&self.db, user.id).await? {
            tracing::info!(user_id = %user.id, "ticket given up");
            return Ok(left);
        }
        let Some(game_id) = store::tickets::of(&self.db, user.id).await?.and_then(|ticket| ticket.game_id) else {
            return Ok(left);
        };
        let Some(record) = store::matches::find(&self.db, game_id).await? else { return Ok(left) };
        if self.left_before_the_start(&record, user.id).await? {
            return Ok(left);
        }
        self.is_played_here(&record)?;
        self.game.dismiss(game_id, user.id);
        tracing::info!(%game_id, user_id = %user.id, "match forfeited");
        Ok(QueueLeft { forfeited: true, ..left })
    }

    /// Seats a player of a match in its room, or answers `None` when there is no such match.
    pub async fn seat(&self, user: &Arc<User>, game_id: GameId) -> Answer<Option<CourtSide>> {
        let Some(record) = store::matches::find(&self.db, game_id).await? else { return Ok(None) };
        if !record.players.contains(&user.id) {
            return Err(ApiError::new(ErrorCode::Forbidden, "Only its players may enter a match."));
        }
        if !record.status.is_open() {
            return Ok(None);
        }
        self.is_played_here(&record)?;
        let player = crate::game::Player { user_id: user.id, name: user.full_name() };
        self.game.admit(game_id, player).map(Some).map_err(|error| rooms::refused(&error))
    }

    /// How many wait, as of the last pass.
    pub fn waiting(&self) -> usize {
        self.waits.count()
    }

    /// Whether there is such a match.
    pub async fn knows(&self, game_id: GameId) -> Answer<bool> {
        Ok(store::matches::find(&self.db, game_id).await?.is_some())
    }

    fn is_played_here(&self, record: &MatchRecord) -> Answer<()> {
        if record.server_id == self.servers.own_id() {
            return Ok(());
        }
        let message = format!("This match is played on another server: {}. Connect to that one.", record.host);
        Err(ApiError::new(ErrorCode::GameError, message))
    }

    async fn place(&self, user: UserId, ticket: &Ticket) -> Answer<QueueTicket> {
        let now = now();
        let (queue_size, ahead) = match self.waits.position(ticket.id) {
            Some(place) => place,
            None => store::tickets::position(&self.db, ticket).await?,
        };
        let rating = store::matches::rating(&self.db, user).await?;
        let waited = (now.0 - ticket.joined_at.0).max(0);
        let ranked = pairing::is_ranked(&ticket.options);
        let whole = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(QueueTicket {
            ticket_id: ticket.id,
            position: whole(ahead + 1),
            queue_size: whole(queue_size.max(ahead + 1)),
            waiting_seconds: (waited / 1000).cast_unsigned(),
            estimate_seconds: self.waits.estimate(),
            window: self.window.after(waited).filter(|_| ranked),
            rating: Some(rating::shown(rating.map(|rating| rating.skill))),
        })
    }

    /// A match as one of its players is told of it, with a connect token that has not been used.
    async fn found(&self, record: &MatchRecord, user: &Arc<User>) -> Answer<MatchFound> {
        let index = usize::from(record.players[1] == user.id);
        let opponent = self.users.get(record.players[1 - index]).await?;
        let (addr, connect_token) = if self.is_played_here(record).is_ok() {
            let ticket = self.game.issue_token(record.game_id, user.id).map_err(|error| rooms::refused(&error))?;
            (ticket.addr, ticket.token_base64)
        } else {
            let elsewhere =
                || ApiError::new(ErrorCode::GameError, "Your match is played on another server. Reconnect to it.");
            let token = record.tokens[index].clone().ok_or_else(elsewhere)?;
            (record.host.parse().map_err(|_| elsewhere())?, token)
        };
        let online = self.hub.is_online(opponent.id, now());
        Ok(MatchFound {
            game_id: record.game_id,
            side: [Side::Left, Side::Right][index],
            opponent: User { online, ..(*opponent).clone() },
            server_ip: addr.ip().to_string(),
            server_port: addr.port(),
            connect_token,
            ws_url: Some(format!("/ws/game/{}/", record.game_id)),
            connect_by: (record.status == MatchStatus::Waiting).then_some(record.connect_by),
            options: record.options,
        })
    }
}
