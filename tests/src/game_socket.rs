//! A game's WebSocket, as a browser has one.

use std::ops::{Deref, DerefMut};

use anyhow::Result;
use serde_json::{Value, json};

use crate::{JsonSocket, Player};

/// A connection to `/ws/game/{game_id}/`.
pub struct GameSocket {
    socket: JsonSocket,
    /// The last `game_state`.
    pub state: Value,
}

impl Deref for GameSocket {
    type Target = JsonSocket;

    fn deref(&self) -> &JsonSocket {
        &self.socket
    }
}

impl DerefMut for GameSocket {
    fn deref_mut(&mut self) -> &mut JsonSocket {
        &mut self.socket
    }
}

impl GameSocket {
    /// Connects, and waits for the first state.
    pub async fn join(player: &Player, game_id: &str) -> Result<Self> {
        let mut socket = Self::open(player.people.url(), game_id, &format!("token={}", player.token)).await?;
        socket.next("game_state").await?;
        Ok(socket)
    }

    /// Watches, and waits for the first state.
    pub async fn watch(player: &Player, game_id: &str) -> Result<Self> {
        let query = format!("token={}&spectate=1", player.token);
        let mut socket = Self::open(player.people.url(), game_id, &query).await?;
        socket.next("game_state").await?;
        Ok(socket)
    }

    /// Connects with any query.
    pub async fn open(url: &str, game_id: &str, query: &str) -> Result<Self> {
        let socket = JsonSocket::open(url, &format!("/ws/game/{game_id}/?{query}")).await?;
        Ok(Self { socket, state: Value::Null })
    }

    pub async fn ready(&mut self) -> Result<()> {
        self.send(json!({ "type": "player_ready" })).await
    }

    pub async fn hold(&mut self, movement: Value) -> Result<()> {
        self.send(json!({ "type": "player_move", "movement": movement })).await
    }

    /// The next frame that is wanted. States are kept on the way.
    pub async fn next_where(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Result<Value> {
        let Self { socket, state } = self;
        socket
            .next_where(what, |frame| {
                if frame["type"] == "game_state" {
                    *state = frame.clone();
                }
                wanted(frame)
            })
            .await
    }

    /// The next frame of this type.
    pub async fn next(&mut self, kind: &str) -> Result<Value> {
        self.next_where(kind, |frame| frame["type"] == kind).await
    }

    /// The next `game_action` of this name: its data.
    pub async fn action(&mut self, name: &str) -> Result<Value> {
        let frame = self.next_where(name, |frame| frame["type"] == "game_action" && frame["action"] == name).await?;
        Ok(frame["data"].clone())
    }

    /// The next state in which the game is in this stage.
    pub async fn stage(&mut self, stage: &str) -> Result<Value> {
        self.next_where(stage, |frame| frame["type"] == "game_state" && frame["state"] == stage).await
    }
}
