//! The matchmaking queue, and what becomes of a match.

use serde::{Deserialize, Serialize};

use crate::{GameId, TicketId, Timestamp, User, UserId, auth::Success, session::GameOptions};

/// `match:join`, `POST /game/join/`. Options left out match anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinQueue {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<GameOptions>,
}

/// `match:leave`, `POST /game/leave/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveQueue {}

/// Where a player stands: the answer to joining, and of `GET /game/status/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum QueueState {
    /// Neither waiting nor in a match.
    Idle,
    Queued(QueueTicket),
    /// Waiting to be connected to, or being played: the connect token is fresh every time.
    Matched(MatchFound),
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueTicket {
    pub ticket_id: TicketId,
    /// 1 for whoever has waited longest.
    pub position: u32,
    /// Tickets that wait, this one included.
    #[serde(default)]
    pub queue_size: u32,
    #[serde(default)]
    pub waiting_seconds: u64,
    /// How long players have waited lately; absent while nobody has been matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_seconds: Option<u64>,
    /// How far the opponent's rating may be from one's own just now; absent when it may be any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// One's own rating; 1500 for who has not played a ranked match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<i32>,
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
    /// A netcode connect token in base64. Works once, within 30 seconds.
    pub connect_token: String,
    /// The path of the same game over a WebSocket, to which `?token=` is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ws_url: Option<String>,
    /// Absent once both have connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_by: Option<Timestamp>,
    /// What is played: both players' wishes in one.
    #[serde(default)]
    pub options: GameOptions,
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
    pub reason: CancelReason,
    /// Whether one is back at the front of the queue, with the waiting time kept.
    #[serde(default)]
    pub requeued: bool,
}

/// Why a match did not come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The other player did not connect in time.
    OpponentMissing,
    /// One did not connect in time oneself.
    NotConnected,
    /// The other player left before the match began.
    OpponentLeft,
    /// The game server was started anew.
    ServerRestarted,
}

/// `match:finished`: the result, as one player sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchFinished {
    pub game_id: GameId,
    /// Absent after a draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner_id: Option<UserId>,
    pub reason: FinishReason,
    /// The left player's and the right one's.
    pub scores: [u8; 2],
    /// One's own rating, when the match was ranked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<RatingChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    Score,
    Time,
    Forfeit,
}

/// A rating before and after a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatingChange {
    pub before: i32,
    pub after: i32,
}

/// The answer to `POST /game/leave/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueLeft {
    pub status: Success,
    /// Whether a running match was forfeited.
    pub forfeited: bool,
}
