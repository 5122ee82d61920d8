//! Two friends on `/ws/invitations/`.

use anyhow::Result;
use serde_json::{Value, json};

use crate::{JsonSocket, People, Player, eventually};

/// Ace and Bea are friends, and online by a plain WebSocket each.
pub struct Challengers {
    pub ace: Player,
    pub bea: Player,
    pub friendship: String,
    pub aces: JsonSocket,
    pub beas: JsonSocket,
}

impl Challengers {
    pub async fn meet(people: &People) -> Result<Self> {
        Self::between(people.guest("Ace").await?, people.guest("Bea").await?).await
    }

    pub async fn between(ace: Player, bea: Player) -> Result<Self> {
        let friendship = ace.befriend(&bea).await?;
        let (aces, beas) = (ace.invitations().await?, bea.invitations().await?);
        let there = async || {
            let presence = ace.get(&format!("/presence?user_ids={},{}", ace.id, bea.id)).await.ok()?.body;
            (presence[0]["online"] == true && presence[1]["online"] == true).then_some(())
        };
        eventually("both online", there).await;
        Ok(Self { ace, bea, friendship, aces, beas })
    }

    /// As the guide's frontend writes it, from Ace to Bea.
    pub fn invitation(&self, map: &str) -> Value {
        json!({ "type": "game_invitation", "friendship_id": self.friendship, "map": map,
                "sender_username": self.ace.username, "sender_image": "", "receiver_username": self.bea.username,
                "timestamp": "2026-11-21T12:00:00.000Z" })
    }

    pub fn answer(&self, accepted: bool) -> Value {
        json!({ "type": "game_invitation_response", "friendship_id": self.friendship, "accepted": accepted })
    }

    /// Ace challenges Bea: what she received.
    pub async fn challenge(&mut self) -> Result<Value> {
        let frame = self.invitation("arena");
        self.aces.send(frame).await?;
        self.aces.next("game_invitation_sent").await?;
        self.beas.next("game_invitation_received").await
    }
}
