//! Plays a finished match again from its record, to show that the game is deterministic and its result is right.

use std::fmt;

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rallypoint_pong::{
    TICK_RATE,
    replay::Replay,
    rules::{Outcome, Phase, Side},
};
use rallypoint_protocol::GameId;

use crate::{
    Config,
    store::{Db, matches},
};

/// A match as it was recorded, and as it went when it was played again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    pub game_id: GameId,
    pub ticks: u32,
    pub bytes: usize,
    /// Whether the record reaches to the match's end.
    pub whole: bool,
    pub recorded: MatchEnd,
    pub again: MatchEnd,
}

/// How a match ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchEnd {
    /// The left player's and the right one's.
    pub scores: [i64; 2],
    pub winner: Option<Side>,
}

impl Replayed {
    /// Whether playing it again came to the same end.
    pub fn agrees(&self) -> bool {
        self.recorded == self.again
    }
}

/// Reads a match of the queue from the configured database and plays it again.
///
/// # Errors
/// A database that can't be opened; no such finished match in it, or one without a record that can be read.
pub async fn replay(config: &Config, game_id: GameId) -> anyhow::Result<Replayed> {
    let db = Db::open(&config.database).await.context("can't open the database")?;
    let found = matches::recorded(&db, game_id).await;
    db.close().await;
    let recorded = found?.with_context(|| format!("no finished match of the queue is called {game_id}"))?;
    let bytes = STANDARD.decode(recorded.replay.context("this match has no record")?)?;
    let replay = Replay::decode(&bytes).context("the record of this match can't be read")?;
    let state = replay.play();
    let winner = match state.phase {
        Phase::Finished(Outcome { winner, .. }) => winner,
        Phase::Playing => None,
    };
    let won = |winner| if recorded.players[0] == winner { Side::Left } else { Side::Right };
    Ok(Replayed {
        game_id,
        ticks: replay.ticks(),
        bytes: bytes.len(),
        whole: replay.is_whole(),
        recorded: MatchEnd { scores: recorded.scores, winner: recorded.winner.map(won) },
        again: MatchEnd { scores: state.scores.map(i64::from), winner },
    })
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { game_id, ticks, bytes, .. } = self;
        let seconds = ticks / TICK_RATE;
        writeln!(f, "match      {game_id}")?;
        writeln!(f, "played     {}:{:02} min in {ticks} ticks, recorded in {bytes} bytes", seconds / 60, seconds % 60)?;
        writeln!(f, "recorded   {}", self.recorded)?;
        writeln!(f, "again      {}", self.again)?;
        match (self.agrees(), self.whole) {
            (true, _) => write!(f, "The result is the same."),
            (false, false) => write!(f, "The record ends before the match: it was too long."),
            (false, true) => write!(f, "The results differ: the record or this version's rules are not the match's."),
        }
    }
}

impl fmt::Display for MatchEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [left, right] = self.scores;
        let winner = match self.winner {
            Some(Side::Left) => "the left player won",
            Some(Side::Right) => "the right player won",
            None => "a draw",
        };
        write!(f, "{left}:{right}, {winner}")
    }
}
