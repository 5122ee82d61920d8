//! The matchmaking queue.

use serde::{Deserialize, Serialize};

use crate::{GameId, TicketId, Timestamp, User, session::GameOptions};

/// `match:join`, `POST /game/join/`. Options left out match anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinQueue {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<GameOptions>,
}

/// `match:leave`, `POST /game/leave/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveQueue {}

/// The answer to joining: a place in the queue, or a match at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "short-lived, decoded once per request")]
pub enum QueueState {
    Queued { position: u32, ticket_id: TicketId },
    Matched(MatchFound),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Left,
    Right,
}

/// `match:found`. Connecting to the game before `connect_by` is the acceptance.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchFound {
    pub game_id: GameId,
    pub side: Side,
    pub opponent: User,
    pub server_ip: String,
    pub server_port: u16,
    /// A netcode connect token in base64.
    pub connect_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ws_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_by: Option<Timestamp>,
}

impl std::fmt::Debug for MatchFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MatchFound").field("game_id", &self.game_id).field("side", &self.side).finish_non_exhaustive()
    }
}

/// `match:cancelled`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchCancelled {
    pub game_id: GameId,
    pub reason: String,
}
