//! The matchmaking queue: tickets, and the one transaction that makes matches of them.

use std::collections::{HashMap, HashSet};

use rallypoint_protocol::{GameId, TicketId, Timestamp, UserId, session::GameOptions};

use super::{Db, Row, StoreError, Transaction, matches};
use crate::args;

/// The number under which one server at a time makes matches.
const PAIRING: i64 = 0x5241_4c4c_5901;

/// A place in the queue, or in a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub id: TicketId,
    pub user_id: UserId,
    pub options: GameOptions,
    pub joined_at: Timestamp,
    /// The match it has led to.
    pub game_id: Option<GameId>,
}

/// A ticket that waits, with what pairing needs to know of its player.
#[derive(Clone, Debug)]
pub struct WaitingTicket {
    pub ticket: Ticket,
    /// The player's skill in millionths, once rated.
    pub skill: Option<i64>,
}

fn ticket(row: &Row) -> Result<Ticket, StoreError> {
    let game_id = row.opt_text(4)?.map(|id| id.parse()).transpose().map_err(|_| StoreError::Corrupt("game id"))?;
    Ok(Ticket {
        id: TicketId(row.int(0)?),
        user_id: UserId(row.int(1)?),
        options: options(&row.text(2)?)?,
        joined_at: Timestamp(row.int(3)?),
        game_id,
    })
}

pub(super) fn options(text: &str) -> Result<GameOptions, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt("game options"))
}

pub(super) fn options_text(options: &GameOptions) -> Result<String, StoreError> {
    serde_json::to_string(options).map_err(|_| StoreError::Corrupt("game options"))
}

/// Takes a place in the queue, or answers the one that the player has. Its wishes are the newest; its time stays.
pub async fn join(db: &Db, user: UserId, options: &GameOptions, now: Timestamp) -> Result<Ticket, StoreError> {
    let rows = db
        .write(
            "INSERT INTO tickets (user_id, options, joined_at, seen_at) VALUES ($1, $2, $3, $3) \
             ON CONFLICT (user_id) DO UPDATE SET seen_at = $3, \
             options = CASE WHEN tickets.game_id IS NULL THEN $2 ELSE tickets.options END \
             RETURNING id, user_id, options, joined_at, game_id",
            args![user.0, options_text(options)?, now.0],
        )
        .await?;
    ticket(rows.first().ok_or(StoreError::Corrupt("no row of a new ticket"))?)
}

pub async fn of(db: &Db, user: UserId) -> Result<Option<Ticket>, StoreError> {
    let rows = db
        .read("SELECT id, user_id, options, joined_at, game_id FROM tickets WHERE user_id = $1", args![user.0])
        .await?;
    rows.first().map(ticket).transpose()
}

/// Gives up a place in the queue. Answers false when there is none that still waits.
pub async fn leave(db: &Db, user: UserId) -> Result<bool, StoreError> {
    let rows =
        db.write("DELETE FROM tickets WHERE user_id = $1 AND game_id IS NULL RETURNING id", args![user.0]).await?;
    Ok(!rows.is_empty())
}

/// How many wait, and how many of them longer than this one.
pub async fn position(db: &Db, ticket: &Ticket) -> Result<(i64, i64), StoreError> {
    let rows = db
        .read(
            "SELECT COUNT(*), (SELECT COUNT(*) FROM tickets WHERE game_id IS NULL \
             AND (joined_at < $1 OR (joined_at = $1 AND id < $2))) FROM tickets WHERE game_id IS NULL",
            args![ticket.joined_at.0, ticket.id.0],
        )
        .await?;
    rows.first().map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}

/// Records that these players are there.
pub async fn seen(db: &Db, users: &[UserId], now: Timestamp) -> Result<(), StoreError> {
    let users: Vec<_> = users.iter().map(|id| serde_json::json!({ "i": id })).collect();
    db.write(
        "UPDATE tickets SET seen_at = $2 WHERE user_id IN (SELECT CAST(j.value ->> 'i' AS BIGINT) FROM json_each($1) AS j)",
        args![serde_json::Value::Array(users).to_string(), now.0],
    )
    .await
    .map(drop)
}

/// Everybody who waits.
pub async fn waiting_users(db: &Db) -> Result<Vec<UserId>, StoreError> {
    let rows = db.read("SELECT user_id FROM tickets WHERE game_id IS NULL", args![]).await?;
    rows.iter().map(|row| row.int(0).map(UserId)).collect()
}

/// Starts everybody's absence anew, since nobody could be seen while no server ran.
pub async fn all_seen(db: &Db, now: Timestamp) -> Result<(), StoreError> {
    db.write("UPDATE tickets SET seen_at = $1 WHERE game_id IS NULL", args![now.0]).await.map(drop)
}

/// Forgets the places of players who have not been there since `before`, and answers whose they were.
pub async fn forget_absent(db: &Db, before: Timestamp) -> Result<Vec<UserId>, StoreError> {
    let rows = db
        .write("DELETE FROM tickets WHERE game_id IS NULL AND seen_at < $1 RETURNING user_id", args![before.0])
        .await?;
    rows.iter().map(|row| row.int(0).map(UserId)).collect()
}

/// The queue, held so that nobody else can take from it.
pub struct Claim {
    transaction: Transaction,
    pub waiting: Vec<WaitingTicket>,
    /// Who has blocked whom, of those that wait.
    pub blocks: Vec<(UserId, UserId)>,
}

/// Takes hold of everybody who waits and has been there since `seen_since`.
pub async fn claim(db: &Db, seen_since: Timestamp) -> Result<Claim, StoreError> {
    let mut transaction = db.begin_alone(PAIRING).await?;
    let rows = transaction
        .run(
            "SELECT t.id, t.user_id, t.options, t.joined_at, t.game_id, r.skill FROM tickets t \
             LEFT JOIN ratings r ON r.user_id = t.user_id WHERE t.game_id IS NULL AND t.seen_at >= $1 \
             ORDER BY t.joined_at, t.id",
            args![seen_since.0],
        )
        .await?;
    let mut known = HashMap::new();
    let mut waiting = Vec::with_capacity(rows.len());
    for row in &rows {
        let text = row.text(2)?;
        // What a newer server wrote and this one can't read is left to a server that can.
        let Some(options) = *known.entry(text.clone()).or_insert_with(|| options(&text).ok()) else { continue };
        let ticket = Ticket {
            id: TicketId(row.int(0)?),
            user_id: UserId(row.int(1)?),
            options,
            joined_at: Timestamp(row.int(3)?),
            game_id: None,
        };
        waiting.push(WaitingTicket { ticket, skill: row.opt_int(5)? });
    }
    let blocked = transaction
        .run(
            "SELECT b.user_id, b.blocked_id FROM blocks b JOIN tickets t ON t.user_id = b.user_id \
             JOIN tickets o ON o.user_id = b.blocked_id WHERE t.game_id IS NULL AND o.game_id IS NULL",
            args![],
        )
        .await?;
    let blocks =
        blocked.iter().map(|row| Ok((UserId(row.int(0)?), UserId(row.int(1)?)))).collect::<Result<_, StoreError>>()?;
    Ok(Claim { transaction, waiting, blocks })
}

impl Claim {
    /// Makes these matches of the tickets, and answers those that came about.
    pub async fn make(mut self, made: &[matches::NewMatch]) -> Result<HashSet<GameId>, StoreError> {
        let both = matches::insert(&mut self.transaction, made).await?;
        self.transaction.commit().await?;
        Ok(both.into_iter().collect())
    }
}

/// Ends a match that can't come about, if it is open: both players wait again, and count as there. Answers them if this
/// call ended it.
pub async fn give_both_back(db: &Db, game: GameId, now: Timestamp) -> Result<Option<[UserId; 2]>, StoreError> {
    let mut transaction = db.begin().await?;
    let game = game.to_string();
    let ended = transaction
        .run(
            "UPDATE matches SET status = 'cancelled' WHERE game_id = $1 AND (status = 'waiting' OR status = 'playing') \
             RETURNING left_id, right_id",
            args![game.as_str()],
        )
        .await?;
    let Some(row) = ended.first() else { return Ok(None) };
    let players = [UserId(row.int(0)?), UserId(row.int(1)?)];
    transaction.run("UPDATE tickets SET game_id = NULL, seen_at = $2 WHERE game_id = $1", args![game, now.0]).await?;
    transaction.commit().await?;
    Ok(Some(players))
}

/// Ends a match that did not come about, if it still waits: tickets of `back` wait again, and their players count as
/// there; the others are gone. Answers whether this call ended it.
pub async fn give_back(db: &Db, game: GameId, back: &[UserId], now: Timestamp) -> Result<bool, StoreError> {
    let mut transaction = db.begin().await?;
    let game = game.to_string();
    let ended = transaction
        .run(
            "UPDATE matches SET status = 'cancelled' WHERE game_id = $1 AND status = 'waiting' RETURNING game_id",
            args![game.as_str()],
        )
        .await?;
    if ended.is_empty() {
        return Ok(false);
    }
    for user in back {
        let sql = "UPDATE tickets SET game_id = NULL, seen_at = $3 WHERE game_id = $1 AND user_id = $2";
        transaction.run(sql, args![game.as_str(), user.0, now.0]).await?;
    }
    transaction.run("DELETE FROM tickets WHERE game_id = $1", args![game]).await?;
    transaction.commit().await?;
    Ok(true)
}
