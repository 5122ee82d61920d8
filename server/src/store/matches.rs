//! Matches that the queue has made, their results, and ratings.

use std::collections::HashSet;

use rallypoint_protocol::{GameId, TicketId, Timestamp, UserId, session::GameOptions};
use serde::Serialize;

use super::{Db, Row, StoreError, Transaction, tickets};
use crate::args;

/// A match that has just been found.
#[derive(Clone, Debug)]
pub struct NewMatch {
    pub game_id: GameId,
    /// The server that hosts it, and its game address.
    pub server_id: String,
    pub host: String,
    pub options: GameOptions,
    pub ranked: bool,
    /// Left, then right.
    pub players: [UserId; 2],
    pub tickets: [TicketId; 2],
    pub tokens: [Option<String>; 2],
    pub created_at: Timestamp,
    pub connect_by: Timestamp,
}

/// How far a match has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchStatus {
    /// Its players have not both connected yet.
    Waiting,
    Playing,
    Finished,
    Cancelled,
}

impl MatchStatus {
    /// Whether it may still be played.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Playing)
    }

    fn from_text(text: &str) -> Result<Self, StoreError> {
        Ok(match text {
            "waiting" => Self::Waiting,
            "playing" => Self::Playing,
            "finished" => Self::Finished,
            "cancelled" => Self::Cancelled,
            _ => return Err(StoreError::Corrupt("match status")),
        })
    }
}

/// A match as the database has it.
#[derive(Clone, Debug)]
pub struct MatchRecord {
    pub game_id: GameId,
    /// The server that hosts it, and its game address.
    pub server_id: String,
    pub host: String,
    pub options: GameOptions,
    pub players: [UserId; 2],
    pub tokens: [Option<String>; 2],
    pub status: MatchStatus,
    pub connect_by: Timestamp,
}

/// A player's rating, in millionths of the rating system's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatingRecord {
    pub skill: i64,
    pub uncertainty: i64,
}

/// How a match ended.
#[derive(Clone, Debug)]
pub struct MatchResult {
    pub winner: Option<UserId>,
    pub reason: &'static str,
    pub scores: [u8; 2],
    pub finished_at: Timestamp,
    /// In base64.
    pub replay: Option<String>,
}

macro_rules! columns {
    () => {
        "m.game_id, m.host, m.options, m.left_id, m.right_id, m.left_token, m.right_token, m.status, m.connect_by, \
         m.server_id"
    };
}

fn record(row: &Row) -> Result<MatchRecord, StoreError> {
    Ok(MatchRecord {
        game_id: game_id(&row.text(0)?)?,
        host: row.text(1)?,
        options: tickets::options(&row.text(2)?)?,
        players: [UserId(row.int(3)?), UserId(row.int(4)?)],
        tokens: [row.opt_text(5)?, row.opt_text(6)?],
        status: MatchStatus::from_text(&row.text(7)?)?,
        connect_by: Timestamp(row.int(8)?),
        server_id: row.text(9)?,
    })
}

fn game_id(text: &str) -> Result<GameId, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt("game id"))
}

#[derive(Serialize)]
struct NewRow<'a> {
    g: GameId,
    s: &'a str,
    h: &'a str,
    o: String,
    k: i64,
    l: UserId,
    r: UserId,
    x: Option<&'a str>,
    y: Option<&'a str>,
    t: i64,
    c: i64,
}

#[derive(Serialize)]
struct TicketRow {
    i: TicketId,
    g: GameId,
}

/// Adds matches and puts their tickets into them. Answers those that came about: a ticket may have been given up since
/// it was read, and the other one then goes on waiting.
pub(super) async fn insert(transaction: &mut Transaction, made: &[NewMatch]) -> Result<Vec<GameId>, StoreError> {
    let both = place_tickets(transaction, made).await?;
    let mut rows = Vec::with_capacity(made.len());
    for new in made.iter().filter(|new| both.contains(&new.game_id)) {
        rows.push(NewRow {
            g: new.game_id,
            s: &new.server_id,
            h: &new.host,
            o: tickets::options_text(&new.options)?,
            k: new.ranked.into(),
            l: new.players[0],
            r: new.players[1],
            x: new.tokens[0].as_deref(),
            y: new.tokens[1].as_deref(),
            t: new.created_at.0,
            c: new.connect_by.0,
        });
    }
    transaction
        .run(
            "INSERT INTO matches (game_id, server_id, host, options, ranked, left_id, right_id, left_token, right_token, \
             status, created_at, connect_by) \
             SELECT j.value ->> 'g', j.value ->> 's', j.value ->> 'h', j.value ->> 'o', \
             CAST(j.value ->> 'k' AS BIGINT), CAST(j.value ->> 'l' AS BIGINT), CAST(j.value ->> 'r' AS BIGINT), \
             j.value ->> 'x', j.value ->> 'y', 'waiting', CAST(j.value ->> 't' AS BIGINT), CAST(j.value ->> 'c' AS BIGINT) \
             FROM json_each($1) AS j",
            args![json(&rows)?],
        )
        .await?;
    Ok(both)
}

/// Puts tickets that still wait into their matches, which keeps them from being given up, and answers the matches that
/// got both.
async fn place_tickets(transaction: &mut Transaction, made: &[NewMatch]) -> Result<Vec<GameId>, StoreError> {
    let placed: Vec<_> =
        made.iter().flat_map(|new| new.tickets.map(|ticket| TicketRow { i: ticket, g: new.game_id })).collect();
    let rows = transaction
        .run(
            "UPDATE tickets SET game_id = j.value ->> 'g' FROM json_each($1) AS j \
             WHERE tickets.id = CAST(j.value ->> 'i' AS BIGINT) AND tickets.game_id IS NULL RETURNING tickets.id",
            args![json(&placed)?],
        )
        .await?;
    let taken = rows.iter().map(|row| row.int(0).map(TicketId)).collect::<Result<HashSet<_>, _>>()?;
    let (both, broken): (Vec<&NewMatch>, Vec<&NewMatch>) =
        made.iter().partition(|new| new.tickets.iter().all(|ticket| taken.contains(ticket)));
    for new in broken {
        let sql = "UPDATE tickets SET game_id = NULL WHERE game_id = $1";
        transaction.run(sql, args![new.game_id.to_string()]).await?;
    }
    Ok(both.into_iter().map(|new| new.game_id).collect())
}

fn json<T: Serialize>(rows: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|_| StoreError::Corrupt("match"))
}

pub async fn find(db: &Db, game: GameId) -> Result<Option<MatchRecord>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM matches m WHERE m.game_id = $1");
    db.read(sql, args![game.to_string()]).await?.first().map(record).transpose()
}

/// Matches of other servers that were made at or after `since` and wait for their players.
pub async fn waiting_elsewhere(db: &Db, server_id: &str, since: Timestamp) -> Result<Vec<MatchRecord>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM matches m WHERE m.status = 'waiting' AND m.created_at >= $2 AND m.server_id <> $1"
    );
    db.read(sql, args![server_id, since.0]).await?.iter().map(record).collect()
}

/// Records that both players have connected. Answers false when the match waits no more.
pub async fn begin(db: &Db, game: GameId) -> Result<bool, StoreError> {
    let rows = db
        .write(
            "UPDATE matches SET status = 'playing', left_token = NULL, right_token = NULL \
             WHERE game_id = $1 AND status = 'waiting' RETURNING game_id",
            args![game.to_string()],
        )
        .await?;
    Ok(!rows.is_empty())
}

/// Records a result with the ratings that follow from it, all in one. `rate` gets both players' ratings, if they have
/// any, and answers the new ones; it is asked for ranked matches only. Answers the players' ratings before and after,
/// or `None` when the match is not being played.
pub async fn finish(
    db: &Db,
    game: GameId,
    result: &MatchResult,
    rate: impl Fn([Option<RatingRecord>; 2], [UserId; 2]) -> [RatingRecord; 2],
) -> Result<Option<Finished>, StoreError> {
    let mut transaction = db.begin().await?;
    let id = game.to_string();
    let ended = transaction
        .run(
            "UPDATE matches SET status = 'finished', winner_id = $2, reason = $3, left_score = $4, right_score = $5, \
             finished_at = $6, replay = $7, left_token = NULL, right_token = NULL \
             WHERE game_id = $1 AND (status = 'waiting' OR status = 'playing') RETURNING left_id, right_id, ranked",
            args![
                id.as_str(),
                result.winner.map(|winner| winner.0),
                result.reason,
                i64::from(result.scores[0]),
                i64::from(result.scores[1]),
                result.finished_at.0,
                result.replay.clone(),
            ],
        )
        .await?;
    let Some(row) = ended.first() else { return Ok(None) };
    let players = [UserId(row.int(0)?), UserId(row.int(1)?)];
    let mut ratings = None;
    if row.int(2)? != 0 {
        let mut before = [None; 2];
        for (rating, player) in before.iter_mut().zip(players) {
            let sql = "SELECT skill, uncertainty FROM ratings WHERE user_id = $1";
            *rating = transaction.run(sql, args![player.0]).await?.first().map(rating_record).transpose()?;
        }
        let after = rate(before, players);
        for (rating, player) in after.iter().zip(players) {
            let sql = "INSERT INTO ratings (user_id, skill, uncertainty, matches) VALUES ($1, $2, $3, 1) \
                       ON CONFLICT (user_id) DO UPDATE SET skill = $2, uncertainty = $3, matches = ratings.matches + 1";
            transaction.run(sql, args![player.0, rating.skill, rating.uncertainty]).await?;
        }
        ratings = Some((before, after));
    }
    transaction.run("DELETE FROM tickets WHERE game_id = $1", args![id]).await?;
    transaction.commit().await?;
    Ok(Some(Finished { players, ratings }))
}

/// What [`finish`] has recorded.
#[derive(Clone, Debug)]
pub struct Finished {
    pub players: [UserId; 2],
    /// Before and after, when the match was ranked.
    pub ratings: Option<([Option<RatingRecord>; 2], [RatingRecord; 2])>,
}

fn rating_record(row: &Row) -> Result<RatingRecord, StoreError> {
    Ok(RatingRecord { skill: row.int(0)?, uncertainty: row.int(1)? })
}

pub async fn rating(db: &Db, user: UserId) -> Result<Option<RatingRecord>, StoreError> {
    let rows = db.read("SELECT skill, uncertainty FROM ratings WHERE user_id = $1", args![user.0]).await?;
    rows.first().map(rating_record).transpose()
}

/// Ends a match that can't go on, and gives up its players' places. Answers its players if it was still open.
pub async fn abandon(db: &Db, game: GameId) -> Result<Option<[UserId; 2]>, StoreError> {
    let mut transaction = db.begin().await?;
    let rows = transaction
        .run(
            "UPDATE matches SET status = 'cancelled' WHERE game_id = $1 AND (status = 'waiting' OR status = 'playing') \
             RETURNING left_id, right_id",
            args![game.to_string()],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let players = [UserId(row.int(0)?), UserId(row.int(1)?)];
    transaction.run("DELETE FROM tickets WHERE game_id = $1", args![game.to_string()]).await?;
    transaction.commit().await?;
    Ok(Some(players))
}

/// The open matches that nobody hosts any more, oldest first: those of servers that have gone, and those whose time to
/// connect ended before `overdue`.
pub async fn orphaned(db: &Db, overdue: Timestamp) -> Result<Vec<MatchRecord>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM matches m WHERE (m.status = 'waiting' OR m.status = 'playing') AND ((m.status = 'waiting' \
          AND m.connect_by < $1) OR NOT EXISTS (SELECT 1 FROM servers s WHERE s.id = m.server_id)) ORDER BY m.created_at"
    );
    db.read(sql, args![overdue.0]).await?.iter().map(record).collect()
}

/// A match that was played to its end.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub players: [UserId; 2],
    pub winner: Option<UserId>,
    pub reason: String,
    pub scores: [i64; 2],
    /// In base64.
    pub replay: Option<String>,
}

pub async fn recorded(db: &Db, game: GameId) -> Result<Option<Recorded>, StoreError> {
    let rows = db
        .read(
            "SELECT left_id, right_id, winner_id, reason, left_score, right_score, replay FROM matches \
             WHERE game_id = $1 AND status = 'finished'",
            args![game.to_string()],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Recorded {
        players: [UserId(row.int(0)?), UserId(row.int(1)?)],
        winner: row.opt_int(2)?.map(UserId),
        reason: row.text(3)?,
        scores: [row.int(4)?, row.int(5)?],
        replay: row.opt_text(6)?,
    }))
}

/// Forgets matches that were made before `before`.
pub async fn purge(db: &Db, before: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM matches WHERE created_at < $1 AND (status = 'finished' OR status = 'cancelled')";
    db.write(sql, args![before.0]).await.map(drop)
}
