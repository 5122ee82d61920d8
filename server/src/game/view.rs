//! A game as everybody may see it, for connections that are told the whole of it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use rallypoint_pong::{
    rules::{Side, State},
    wire::Stage,
};
use rallypoint_protocol::{GameId, UserId};

/// Who sits where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    pub user_id: UserId,
    pub name: String,
    pub connected: bool,
    pub ready: bool,
}

/// One moment of a game, shared by all who are told of it.
#[derive(Debug)]
pub struct View {
    pub game_id: GameId,
    pub stage: Stage,
    pub state: State,
    pub seats: Arc<[Option<Seated>; 2]>,
    /// While paused: who is gone, and how long it may still stay away.
    pub awaited: Option<(Side, Duration)>,
    encoded: OnceLock<Bytes>,
}

impl View {
    pub fn new(
        game_id: GameId,
        stage: Stage,
        state: State,
        seats: Arc<[Option<Seated>; 2]>,
        awaited: Option<(Side, Duration)>,
    ) -> Self {
        Self { game_id, stage, state, seats, awaited, encoded: OnceLock::new() }
    }

    pub fn user_on(&self, side: Side) -> Option<UserId> {
        self.seats[side.index()].as_ref().map(|seated| seated.user_id)
    }

    /// The view in a dialect's words, which are found once for everybody who is told of this moment.
    pub fn encoded(&self, words: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.encoded.get_or_init(|| words(self)).clone()
    }
}
