//! A player who uses the client library.

use std::{fmt::Debug, time::Duration};

use anyhow::Result;
use rallypoint::{Client, Event, Events, InviteEntry, LinkState, RemovalReason, protocol::UserId};
use rallypoint_protocol::InviteId;
use serde_json::json;

use crate::{
    Database, Player, TestServer,
    wait::{PATIENCE, in_time},
};

/// A client with quick reconnects and polls, and the events that nobody has taken.
pub struct SdkPlayer {
    pub client: Client,
    pub id: UserId,
    /// `display_name#tag`
    pub name: String,
    events: Events,
    untaken: Vec<Event>,
}

impl SdkPlayer {
    /// A client of nobody yet.
    pub fn client(url: &str) -> Result<Client> {
        let client = Client::builder(url)
            .poll_interval(Duration::from_millis(50)..Duration::from_millis(100))
            .reconnect_backoff(Duration::from_millis(50)..Duration::from_millis(200))
            .request_timeout(Duration::from_secs(5))
            .build()?;
        Ok(client)
    }

    /// A new guest, connected.
    pub async fn guest(url: &str, name: &str) -> Result<Self> {
        let client = Self::client(url)?;
        let events = client.events();
        let user = client.guest(Some(name)).await?;
        Self::connected(client, events, user).await
    }

    /// Another device of somebody who has an account.
    pub async fn login(url: &str, username: &str, password: &str) -> Result<Self> {
        let client = Self::client(url)?;
        let events = client.events();
        let user = client.login(username, password).await?;
        Self::connected(client, events, user).await
    }

    async fn connected(client: Client, events: Events, user: rallypoint::protocol::User) -> Result<Self> {
        let mut player = Self { client, id: user.id, name: user.full_name(), events, untaken: Vec::new() };
        player.link(LinkState::Live).await;
        Ok(player)
    }

    /// The first untaken event for which `pick` has an answer.
    pub async fn until<T>(&mut self, what: impl Debug, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        if let Some((index, found)) = self.untaken.iter().enumerate().find_map(|(i, event)| Some((i, pick(event)?))) {
            self.untaken.remove(index);
            return found;
        }
        let search = async {
            loop {
                let event = self.events.next().await.expect("the client has been shut down");
                if let Some(found) = pick(&event) {
                    return found;
                }
                self.untaken.push(event);
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => panic!("no {what:?}; link: {:?}; untaken: {:?}", self.client.link_state(), self.untaken),
        }
    }

    /// Waits until the link is in this state.
    pub async fn link(&mut self, wanted: LinkState) {
        if self.client.link_state() == wanted {
            return;
        }
        let reached =
            |event: &Event| matches!(event, Event::LinkChanged { state, .. } if *state == wanted).then_some(());
        // What is told of earlier changes is taken on the way.
        self.until(wanted, reached).await;
    }

    pub async fn rings(&mut self, invite: InviteId) -> InviteEntry {
        self.until(("ringing", invite), |event| match event {
            Event::InviteAdded(entry) if entry.invite.invite_id == invite => Some(entry.clone()),
            _ => None,
        })
        .await
    }

    pub async fn stops_ringing(&mut self, invite: InviteId) -> RemovalReason {
        self.until(("removal", invite), |event| match event {
            Event::InviteRemoved { entry, reason } if entry.invite.invite_id == invite => Some(*reason),
            _ => None,
        })
        .await
    }

    /// Events that have come and that nobody has taken.
    pub fn untaken(&mut self) -> &[Event] {
        while let Some(event) = self.events.try_next() {
            self.untaken.push(event);
        }
        &self.untaken
    }

    /// How often an invite has begun to ring without anybody taking note.
    pub fn unnoticed_rings(&mut self, invite: InviteId) -> usize {
        let rings = |event: &&Event| matches!(event, Event::InviteAdded(entry) if entry.invite.invite_id == invite);
        self.untaken().iter().filter(rings).count()
    }
}

impl Drop for SdkPlayer {
    fn drop(&mut self) {
        self.client.shutdown(Duration::from_secs(5));
    }
}

/// A server with a host who speaks the raw protocol, for tests of the client on the other side.
pub struct Stage {
    pub server: TestServer,
    pub host: Player,
    pub socket: crate::Socket,
}

impl Stage {
    pub async fn new() -> Result<Self> {
        Self::on(&Database::sqlite()?, |limits| limits.rates_enabled = false).await
    }

    pub async fn on(database: &Database, change: impl FnOnce(&mut rallypoint_server::Limits)) -> Result<Self> {
        let server = TestServer::on(database, change).await?;
        let (host, socket) = server.online("Host").await?;
        Ok(Self { server, host, socket })
    }

    /// A session of its own per invite, so that one player can have several.
    pub async fn invite(&self, receiver: UserId) -> Result<(InviteId, rallypoint_protocol::SessionCode)> {
        let host = self.server.player("Another host").await?;
        let code = host.host(json!({ "server_ip": "203.0.113.5", "server_port": 4000, "max_players": 8 })).await?;
        let wish = json!({ "receiver_id": receiver, "session_code": code });
        let sent = in_time("invite", host.post("/invite/send", wish)).await?.expect(201)?;
        Ok((InviteId(sent["invite_id"].as_i64().unwrap_or_default()), code))
    }
}
