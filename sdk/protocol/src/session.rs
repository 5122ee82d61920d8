//! Sessions: joinable lobbies with a code.

use serde::{Deserialize, Serialize};

use crate::{GameId, SessionCode, UserId};

/// `POST /sessions`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CreateSession {
    /// At most 64 characters; `<host>'s session` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 2–64; 2 if left out.
    #[serde(default, alias = "maxPlayers", skip_serializing_if = "Option::is_none")]
    pub max_players: Option<u32>,
    /// Where one's own game server is. Left out, the bundled game server hosts the session.
    #[serde(default, alias = "serverIp", skip_serializing_if = "Option::is_none")]
    pub server_ip: Option<String>,
    #[serde(default, alias = "serverPort", skip_serializing_if = "Option::is_none")]
    pub server_port: Option<u16>,
    /// Whether everybody with the code may join, not just the invited.
    #[serde(default)]
    pub open: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<GameOptions>,
}

/// The game's rules, as far as players may choose them. What is left out takes its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GameOptions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub game_speed: Option<GameSpeed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranked: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cool_mode: Option<bool>,
    /// 3–20 points; 5 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_to_win: Option<u8>,
    /// 1–5 minutes; no limit if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit: Option<u8>,
}

impl GameOptions {
    /// The name of the first option that is out of its range.
    pub fn out_of_range(&self) -> Option<&'static str> {
        if self.score_to_win.is_some_and(|score| !(3..=20).contains(&score)) {
            return Some("score_to_win");
        }
        self.time_limit.is_some_and(|minutes| !(1..=5).contains(&minutes)).then_some("time_limit")
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GameSpeed {
    Slow,
    #[default]
    Medium,
    Fast,
}

/// A session as its members and the invited see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub session_code: SessionCode,
    pub name: String,
    pub host_id: UserId,
    pub server_ip: String,
    pub server_port: u16,
    pub max_players: u32,
    /// In the order in which they joined.
    pub players: Vec<SessionPlayer>,
    #[serde(default)]
    pub open: bool,
    #[serde(default)]
    pub options: GameOptions,
    /// Present when the bundled game server hosts the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub game_id: Option<GameId>,
    /// False once the last player has left or the host has closed it.
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPlayer {
    pub user_id: UserId,
    /// `display_name#tag`
    pub name: String,
}

/// `POST /sessions/{code}/connect-token`, `POST /game/{game_id}/spectate`: what a game client needs to enter the room.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameAccess {
    pub game_id: GameId,
    pub server_ip: String,
    pub server_port: u16,
    /// A netcode connect token in base64. Works once, within 30 seconds.
    pub connect_token: String,
}

impl std::fmt::Debug for GameAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GameAccess").field("game_id", &self.game_id).finish_non_exhaustive()
    }
}

/// `session:updated`, to every member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionUpdated {
    pub session: Session,
}
