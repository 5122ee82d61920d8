//! Sessions: joinable lobbies with a code, a host, and a game.

mod games;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use prometheus_client::metrics::counter::Counter;
use quick_cache::sync::Cache;
use rallypoint_protocol::{
    ApiError, ErrorCode, GameId, SessionCode, User, UserId,
    invite::CloseReason,
    session::{CreateSession, GameAccess, GameOptions, Session, SessionPlayer},
};
use uuid::Uuid;

use crate::{
    config::Limits,
    domain::{Answer, is_one_line, now},
    game::GameServer,
    hub::{Event, Hub, SessionFacts},
    metrics::{Metrics, Steps},
    store::{
        self, Db,
        invites::InviteRecord,
        sessions::{Left, Seat, SessionRecord},
    },
};

/// Players that the bundled game seats.
const BUNDLED_SEATS: u32 = 2;
/// Sessions whose unchanging facts stay in memory.
const REMEMBERED: usize = 20_000;
/// Codes to try; with a billion of them the first is free.
pub(super) const CODE_TRIES: usize = 8;

pub struct Sessions {
    db: Db,
    hub: Arc<Hub>,
    game: GameServer,
    facts: Cache<SessionCode, Arc<SessionFacts>>,
    steps: Steps,
    too_many: Counter,
    max_open: i64,
}

impl Sessions {
    pub fn new(db: Db, hub: Arc<Hub>, game: GameServer, limits: &Limits, metrics: &Metrics) -> Self {
        let max_open = i64::from(limits.open_sessions_per_host);
        let (steps, too_many) = (metrics.steps(), metrics.refusals("open_sessions"));
        Self { db, hub, game, facts: Cache::new(REMEMBERED), steps, too_many, max_open }
    }

    pub async fn create(&self, host: &User, wish: CreateSession) -> Answer<Session> {
        let server = check_server(&wish)?;
        let max_players = check_size(&wish, server.is_none())?;
        let options = check_options(wish.options)?;
        let name = check_name(wish.name.as_deref(), host)?;
        if store::sessions::open_of(&self.db, host.id).await? >= self.max_open {
            self.too_many.inc();
            return Err(ApiError::new(ErrorCode::TooManyPending, "Close one of your other sessions first."));
        }
        let mut record = SessionRecord {
            code: SessionCode::from_bits(0),
            name,
            host_id: host.id,
            game_id: server.is_none().then(|| GameId(Uuid::new_v4())),
            server,
            max_players,
            open: wish.open,
            options,
            closed: false,
            players: vec![SessionPlayer { user_id: host.id, name: host.full_name() }],
        };
        for _ in 0..CODE_TRIES {
            record.code = SessionCode::from_bits(rand::random());
            if store::sessions::insert(&self.db, &record, now()).await? {
                tracing::info!(session = %record.code, host_id = %host.id, "session created");
                return Ok(self.view(&record));
            }
        }
        Err(ErrorCode::Unavailable.into())
    }

    /// The session that a challenge leads to, with both in it. Nothing is written yet.
    pub fn of_challenge(&self, host: &User, guest: &User, name: &str) -> SessionRecord {
        let player = |user: &User| SessionPlayer { user_id: user.id, name: user.full_name() };
        SessionRecord {
            code: SessionCode::from_bits(rand::random()),
            name: name.to_owned(),
            host_id: host.id,
            game_id: Some(GameId(Uuid::new_v4())),
            server: None,
            max_players: BUNDLED_SEATS,
            open: false,
            options: GameOptions::default(),
            closed: false,
            players: vec![player(host), player(guest)],
        }
    }

    /// The session, for everybody who knows its code.
    pub async fn get(&self, code: SessionCode) -> Answer<Session> {
        Ok(self.view(&self.open_record(code).await?))
    }

    /// The session, also after it has closed.
    pub async fn get_even_closed(&self, code: SessionCode) -> Answer<Session> {
        let record = store::sessions::find(&self.db, code).await?.ok_or(ErrorCode::SessionNotFound)?;
        Ok(Session { active: !record.closed, ..self.view(&record) })
    }

    /// Takes a seat: the invited may, and everybody when the session is open.
    pub async fn join(&self, user: UserId, code: SessionCode) -> Answer<Session> {
        let record = self.open_record(code).await?;
        let member = record.players.iter().any(|player| player.user_id == user);
        if !member && !record.open {
            let invited = store::invites::was_invited(&self.db, user, code).await?;
            if !invited {
                return Err(ApiError::new(ErrorCode::Forbidden, "This session is for invited players. Ask its host."));
            }
        }
        match store::sessions::join(&self.db, code, user).await? {
            Seat::Taken => {
                tracing::info!(session = %code, user_id = %user, "session joined");
                self.announce(code).await
            }
            Seat::Kept => self.get(code).await,
            Seat::Full => Err(ErrorCode::SessionFull.into()),
            Seat::Gone => Err(ErrorCode::SessionNotFound.into()),
        }
    }

    /// Gives the seat up; answers the invites that ended with the session.
    pub async fn leave(&self, user: UserId, code: SessionCode) -> Answer<Vec<InviteRecord>> {
        let record = self.open_record(code).await?;
        let left = store::sessions::leave(&self.db, code, user, now()).await?;
        if left == Left::NotAMember {
            return Err(ApiError::new(ErrorCode::Forbidden, "You are not in this session."));
        }
        tracing::info!(session = %code, user_id = %user, "session left");
        if let Some(game) = record.game_id {
            self.game.dismiss(game, user);
        }
        if left == Left::Stays {
            // The seat is given up, whatever becomes of the session meanwhile.
            if let Err(error) = self.announce(code).await {
                tracing::debug!(session = %code, %error, "nobody is told of who left");
            }
            return Ok(Vec::new());
        }
        self.closed(&record).await
    }

    /// Closes a session of one's own; answers the invites that ended with it.
    pub async fn close(&self, user: UserId, code: SessionCode) -> Answer<Vec<InviteRecord>> {
        let record = self.open_record(code).await?;
        if record.host_id != user {
            return Err(ErrorCode::NotHost.into());
        }
        self.end(code).await
    }

    /// Closes a session on nobody's behalf.
    pub async fn end(&self, code: SessionCode) -> Answer<Vec<InviteRecord>> {
        let record = self.open_record(code).await?;
        if !store::sessions::close(&self.db, code, now()).await? {
            return Err(ErrorCode::SessionNotFound.into());
        }
        self.closed(&record).await
    }

    /// A token for the session's game.
    pub async fn access(&self, user: &Arc<User>, code: SessionCode) -> Answer<GameAccess> {
        let record = self.member_record(user.id, code).await?;
        let external =
            || ApiError::new(ErrorCode::GameError, "This session is hosted elsewhere; connect to its server.");
        let game_id = record.game_id.ok_or_else(external)?;
        self.ticket(game_id, &record.options, user)
    }

    async fn member_record(&self, user: UserId, code: SessionCode) -> Answer<SessionRecord> {
        let record = self.open_record(code).await?;
        if !record.players.iter().any(|player| player.user_id == user) {
            return Err(ApiError::new(ErrorCode::Forbidden, "Join the session first."));
        }
        Ok(record)
    }

    /// What a session's invites tell of it.
    pub async fn facts(&self, code: SessionCode) -> Answer<Arc<SessionFacts>> {
        if let Some(facts) = self.facts.get(&code) {
            return Ok(facts);
        }
        let record = self.open_record(code).await?;
        let (server_ip, server_port) = self.address(record.server.as_ref());
        let facts = Arc::new(SessionFacts { code, name: record.name, server_ip, server_port });
        self.facts.insert(code, Arc::clone(&facts));
        Ok(facts)
    }

    /// Where a session is played.
    pub fn address(&self, server: Option<&(String, u16)>) -> (String, u16) {
        server.cloned().unwrap_or_else(|| {
            let address: SocketAddr = self.game.public_addr();
            (address.ip().to_string(), address.port())
        })
    }

    /// Tells every member how the session is now.
    pub async fn announce(&self, code: SessionCode) -> Answer<Session> {
        let record = self.open_record(code).await?;
        let session = Arc::new(self.view(&record));
        for player in &session.players {
            self.hub.publish(player.user_id, &Event::SessionChanged(Arc::clone(&session)), None);
        }
        Ok(Arc::unwrap_or_clone(session))
    }

    async fn open_record(&self, code: SessionCode) -> Answer<SessionRecord> {
        let record = store::sessions::find(&self.db, code).await?;
        record.filter(|record| !record.closed).ok_or_else(|| ErrorCode::SessionNotFound.into())
    }

    async fn closed(&self, record: &SessionRecord) -> Answer<Vec<InviteRecord>> {
        tracing::info!(session = %record.code, "session closed");
        self.facts.remove(&record.code);
        if let Some(game) = record.game_id {
            self.game.close_room(game);
        }
        let session = Arc::new(Session { active: false, ..self.view(record) });
        for player in &record.players {
            self.hub.publish(player.user_id, &Event::SessionChanged(Arc::clone(&session)), None);
        }
        let cancelled = store::invites::cancel_for_session(&self.db, record.code, now()).await?;
        self.tell_cancelled(&cancelled);
        Ok(cancelled)
    }

    /// Ends invites that another server made while this one closed their session.
    pub async fn cancel_stray_invites(&self) -> Answer<()> {
        let cancelled = store::invites::cancel_stray(&self.db, now()).await?;
        self.tell_cancelled(&cancelled);
        Ok(())
    }

    fn tell_cancelled(&self, invites: &[InviteRecord]) {
        for invite in invites {
            self.steps.cancelled.inc();
            tracing::info!(invite_id = %invite.id, "invite cancelled with its session");
            let event = Event::InviteCancelled { invite_id: invite.id, reason: CloseReason::SessionClosed };
            self.hub.publish(invite.receiver_id, &event, None);
            self.hub.publish(invite.sender_id, &event, None);
        }
    }

    fn view(&self, record: &SessionRecord) -> Session {
        let (server_ip, server_port) = self.address(record.server.as_ref());
        Session {
            session_code: record.code,
            name: record.name.clone(),
            host_id: record.host_id,
            server_ip,
            server_port,
            max_players: record.max_players,
            players: record.players.clone(),
            open: record.open,
            options: record.options,
            game_id: record.game_id,
            active: !record.closed,
        }
    }
}

fn refuse(message: &str) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

fn check_server(wish: &CreateSession) -> Answer<Option<(String, u16)>> {
    match (&wish.server_ip, wish.server_port) {
        (None, None) => Ok(None),
        (Some(ip), Some(port)) if port > 0 && is_host(ip) => Ok(Some((ip.clone(), port))),
        _ => Err(refuse("Give both server_ip and server_port, or neither to play on this server.")),
    }
}

/// Whether this may be an IP address or a host's name.
fn is_host(text: &str) -> bool {
    let name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    text.parse::<IpAddr>().is_ok() || ((1..=253).contains(&text.len()) && name(text))
}

fn check_size(wish: &CreateSession, bundled: bool) -> Answer<u32> {
    let max_players = wish.max_players.unwrap_or(BUNDLED_SEATS);
    let most = if bundled { BUNDLED_SEATS } else { 64 };
    if (2..=most).contains(&max_players) {
        return Ok(max_players);
    }
    Err(refuse(&format!("max_players is from 2 to {most} for this session.")))
}

fn check_options(options: Option<GameOptions>) -> Answer<GameOptions> {
    let options = options.unwrap_or_default();
    match options.out_of_range() {
        None => Ok(options),
        Some(option) => Err(ApiError::from(ErrorCode::InvalidOptions)
            .with_details(serde_json::json!({ "option": option, "score_to_win": "3 to 20", "time_limit": "1 to 5" }))),
    }
}

fn check_name(name: Option<&str>, host: &User) -> Answer<String> {
    let name = name.map_or_else(|| format!("{}'s session", host.display_name), |name| name.trim().to_owned());
    if (1..=64).contains(&name.chars().count()) && is_one_line(&name) {
        return Ok(name);
    }
    Err(refuse("A session's name has 1 to 64 characters, without line breaks."))
}
