//! Sessions and their members.

use rallypoint_protocol::{
    GameId, SessionCode, Timestamp, UserId,
    session::{GameOptions, SessionPlayer},
};

use super::{Db, Row, StoreError, Transaction};
use crate::args;

/// A session as the database has it.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    pub code: SessionCode,
    pub name: String,
    pub host_id: UserId,
    /// Where the host's own game server is; `None` when the bundled one hosts the session.
    pub server: Option<(String, u16)>,
    pub max_players: u32,
    pub open: bool,
    pub options: GameOptions,
    pub game_id: Option<GameId>,
    pub closed: bool,
    /// In the order in which they joined.
    pub players: Vec<SessionPlayer>,
}

/// What became of a wish for a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    Taken,
    /// The player had one already.
    Kept,
    Full,
    /// The session has closed, or never was.
    Gone,
}

/// What a player's leaving did to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    NotAMember,
    Stays,
    /// The last one is out.
    Closed,
}

/// Adds a session with its players, the host first. Answers false when the code is taken.
pub async fn insert(db: &Db, session: &SessionRecord, now: Timestamp) -> Result<bool, StoreError> {
    let mut transaction = db.begin().await?;
    let inserted = insert_within(&mut transaction, session, now).await?;
    if inserted {
        transaction.commit().await?;
    }
    Ok(inserted)
}

/// The same within `transaction`, which is to be dropped when the code is taken.
pub(super) async fn insert_within(
    transaction: &mut Transaction,
    session: &SessionRecord,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let options = serde_json::to_string(&session.options).map_err(|_| StoreError::Corrupt("session options"))?;
    let inserted = transaction
        .run(
            "INSERT INTO sessions (code, name, host_id, server_ip, server_port, max_players, seats_taken, open, options, \
             game_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $11, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING code",
            args![
                session.code.as_str(),
                session.name.as_str(),
                session.host_id.0,
                session.server.as_ref().map(|(ip, _)| ip.clone()),
                session.server.as_ref().map(|(_, port)| i64::from(*port)),
                i64::from(session.max_players),
                i64::from(session.open),
                options,
                session.game_id.map(|id| id.to_string()),
                now.0,
                session.players.len() as i64,
            ],
        )
        .await?;
    if inserted.is_empty() {
        return Ok(false);
    }
    for (seat, player) in (0_i64..).zip(&session.players) {
        transaction
            .run(
                "INSERT INTO session_members (session_code, user_id, seat) VALUES ($1, $2, $3)",
                args![session.code.as_str(), player.user_id.0, seat],
            )
            .await?;
    }
    Ok(true)
}

/// Whether the session `s` is what a challenge has led to.
macro_rules! of_challenge {
    () => {
        "EXISTS (SELECT 1 FROM invites i WHERE i.session_code = s.code AND i.status = 'accepted' AND i.kind = 'map')"
    };
}

/// How many open sessions `host` has made. What challenges have led to is not among them.
pub async fn open_of(db: &Db, host: UserId) -> Result<i64, StoreError> {
    let sql = concat!(
        "SELECT COUNT(*) FROM sessions s WHERE s.host_id = $1 AND s.closed_at IS NULL AND NOT ",
        of_challenge!()
    );
    db.count(sql, args![host.0]).await
}

pub async fn find(db: &Db, code: SessionCode) -> Result<Option<SessionRecord>, StoreError> {
    let rows = db
        .read(
            "SELECT s.name, s.host_id, s.server_ip, s.server_port, s.max_players, s.open, s.options, s.game_id, s.closed_at, \
             u.id, u.display_name, u.tag FROM sessions s LEFT JOIN session_members m ON m.session_code = s.code \
             LEFT JOIN users u ON u.id = m.user_id WHERE s.code = $1 ORDER BY m.seat",
            args![code.as_str()],
        )
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut session = record(code, first)?;
    for row in &rows {
        if let Some(id) = row.opt_int(9)? {
            let name = format!("{}#{}", row.text(10)?, row.text(11)?);
            session.players.push(SessionPlayer { user_id: UserId(id), name });
        }
    }
    Ok(Some(session))
}

fn record(code: SessionCode, row: &Row) -> Result<SessionRecord, StoreError> {
    let server = match (row.opt_text(2)?, row.opt_int(3)?) {
        (Some(ip), Some(port)) => Some((ip, u16::try_from(port).map_err(|_| StoreError::Corrupt("session port"))?)),
        _ => None,
    };
    let game_id = row.opt_text(7)?.map(|id| id.parse()).transpose().map_err(|_| StoreError::Corrupt("game id"))?;
    Ok(SessionRecord {
        code,
        name: row.text(0)?,
        host_id: UserId(row.int(1)?),
        server,
        max_players: row.int(4)?.try_into().map_err(|_| StoreError::Corrupt("session size"))?,
        open: row.int(5)? != 0,
        options: serde_json::from_str(&row.text(6)?).map_err(|_| StoreError::Corrupt("session options"))?,
        game_id,
        closed: row.opt_int(8)?.is_some(),
        players: Vec::new(),
    })
}

/// Takes a seat as a transaction of its own.
pub async fn join(db: &Db, code: SessionCode, user: UserId) -> Result<Seat, StoreError> {
    let mut transaction = db.begin().await?;
    let seat = take_seat(&mut transaction, code, user).await?;
    if seat == Seat::Taken {
        transaction.commit().await?;
    }
    Ok(seat)
}

/// Takes a seat within `transaction`, which is to be dropped unless a seat was taken or kept.
pub async fn take_seat(transaction: &mut Transaction, code: SessionCode, user: UserId) -> Result<Seat, StoreError> {
    let counted = transaction
        .run(
            "UPDATE sessions SET seats_taken = seats_taken + 1 WHERE code = $1 AND closed_at IS NULL \
             AND seats_taken < max_players AND NOT EXISTS \
             (SELECT 1 FROM session_members WHERE session_code = $1 AND user_id = $2) RETURNING code",
            args![code.as_str(), user.0],
        )
        .await?;
    if counted.is_empty() {
        return seat_without_room(transaction, code, user).await;
    }
    let seated = transaction
        .run(
            "INSERT INTO session_members (session_code, user_id, seat) \
             SELECT $1, $2, COALESCE(MAX(seat), -1) + 1 FROM session_members WHERE session_code = $1 \
             ON CONFLICT DO NOTHING RETURNING seat",
            args![code.as_str(), user.0],
        )
        .await?;
    if seated.is_empty() {
        // Another connection of the same player was quicker by a hair: give the second seat back.
        transaction
            .run("UPDATE sessions SET seats_taken = seats_taken - 1 WHERE code = $1", args![code.as_str()])
            .await?;
        return Ok(Seat::Kept);
    }
    Ok(Seat::Taken)
}

async fn seat_without_room(transaction: &mut Transaction, code: SessionCode, user: UserId) -> Result<Seat, StoreError> {
    let rows = transaction
        .run(
            "SELECT (SELECT COUNT(*) FROM session_members WHERE session_code = $1 AND user_id = $2) FROM sessions \
             WHERE code = $1 AND closed_at IS NULL",
            args![code.as_str(), user.0],
        )
        .await?;
    Ok(match rows.first() {
        None => Seat::Gone,
        Some(row) if row.int(0)? > 0 => Seat::Kept,
        Some(_) => Seat::Full,
    })
}

/// Gives a seat up. The longest-present player becomes host when the host leaves; the last one out closes.
pub async fn leave(db: &Db, code: SessionCode, user: UserId, now: Timestamp) -> Result<Left, StoreError> {
    let mut transaction = db.begin().await?;
    let counted = transaction
        .run(
            "UPDATE sessions SET seats_taken = seats_taken - 1 WHERE code = $1 AND EXISTS \
             (SELECT 1 FROM session_members WHERE session_code = $1 AND user_id = $2) RETURNING seats_taken",
            args![code.as_str(), user.0],
        )
        .await?;
    let Some(row) = counted.first() else { return Ok(Left::NotAMember) };
    let remaining = row.int(0)?;
    transaction
        .run("DELETE FROM session_members WHERE session_code = $1 AND user_id = $2", args![code.as_str(), user.0])
        .await?;
    if remaining > 0 {
        transaction
            .run(
                "UPDATE sessions SET host_id = (SELECT user_id FROM session_members WHERE session_code = $1 \
                 ORDER BY seat LIMIT 1) WHERE code = $1 AND host_id = $2",
                args![code.as_str(), user.0],
            )
            .await?;
    } else {
        transaction
            .run(
                "UPDATE sessions SET closed_at = $2 WHERE code = $1 AND closed_at IS NULL",
                args![code.as_str(), now.0],
            )
            .await?;
    }
    transaction.commit().await?;
    Ok(if remaining > 0 { Left::Stays } else { Left::Closed })
}

/// Closes a session. Answers false when it had closed already.
pub async fn close(db: &Db, code: SessionCode, now: Timestamp) -> Result<bool, StoreError> {
    let rows = db
        .write(
            "UPDATE sessions SET closed_at = $2 WHERE code = $1 AND closed_at IS NULL RETURNING code",
            args![code.as_str(), now.0],
        )
        .await?;
    Ok(!rows.is_empty())
}

/// The open session whose game this is.
pub async fn of_game(db: &Db, game: GameId) -> Result<Option<SessionCode>, StoreError> {
    let rows =
        db.read("SELECT code FROM sessions WHERE game_id = $1 AND closed_at IS NULL", args![game.to_string()]).await?;
    rows.first().map(|row| row.text(0)?.parse().map_err(|_| StoreError::Corrupt("session code"))).transpose()
}

/// Puts `next` in the place of the game that is over. Answers the code of the session that it belongs to.
pub async fn replace_game(db: &Db, over: GameId, next: GameId) -> Result<Option<SessionCode>, StoreError> {
    let rows = db
        .write(
            "UPDATE sessions SET game_id = $2 WHERE game_id = $1 AND closed_at IS NULL RETURNING code",
            args![over.to_string(), next.to_string()],
        )
        .await?;
    rows.first().map(|row| row.text(0)?.parse().map_err(|_| StoreError::Corrupt("session code"))).transpose()
}

/// A session that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    pub code: SessionCode,
    /// The bundled game that a challenge has led to.
    pub challenge: Option<GameId>,
    pub members: Vec<UserId>,
}

/// The open sessions that were created before `before`.
pub async fn open_before(db: &Db, before: Timestamp) -> Result<Vec<OpenSession>, StoreError> {
    let sql = concat!(
        "SELECT s.code, CASE WHEN ",
        of_challenge!(),
        " THEN s.game_id END, m.user_id FROM sessions s LEFT JOIN session_members m ON m.session_code = s.code \
         WHERE s.closed_at IS NULL AND s.created_at < $1 ORDER BY s.code, m.seat"
    );
    let rows = db.read(sql, args![before.0]).await?;
    let mut sessions: Vec<OpenSession> = Vec::new();
    for row in &rows {
        let code = row.text(0)?.parse().map_err(|_| StoreError::Corrupt("session code"))?;
        if sessions.last().is_none_or(|session| session.code != code) {
            let challenge = row.opt_text(1)?.map(|id| id.parse()).transpose();
            let challenge = challenge.map_err(|_| StoreError::Corrupt("game id"))?;
            sessions.push(OpenSession { code, challenge, members: Vec::new() });
        }
        if let (Some(session), Some(member)) = (sessions.last_mut(), row.opt_int(2)?) {
            session.members.push(UserId(member));
        }
    }
    Ok(sessions)
}

/// Forgets sessions that closed before `before`.
pub async fn purge(db: &Db, before: Timestamp) -> Result<(), StoreError> {
    db.write("DELETE FROM sessions WHERE closed_at < $1", args![before.0]).await.map(drop)
}
