//! A server in this process.

use std::{net::Ipv4Addr, time::Duration};

use anyhow::Result;
use rallypoint_server::{Config, Limits, Server, game::GameConfig, store::Db};

use crate::{Database, People, Player, Socket};

/// What the servers of the tests sign with, so that a test can make tokens of its own.
pub const SECRET: &str = "a secret of the tests, long enough";

/// A server on free ports of the loopback address. Its tasks end with the test's runtime.
pub struct TestServer {
    server: Server,
    url: String,
    people: People,
    database: Database,
}

impl TestServer {
    /// With the default limits, but without rate limits.
    pub async fn start() -> Result<Self> {
        Self::with_limits(|limits| limits.rates_enabled = false).await
    }

    /// With limits that start from the default ones.
    pub async fn with_limits(change: impl FnOnce(&mut Limits)) -> Result<Self> {
        Self::on(&Database::sqlite()?, change).await
    }

    /// On a database that may have seen other servers.
    pub async fn on(database: &Database, change: impl FnOnce(&mut Limits)) -> Result<Self> {
        Self::configured(database, |config| change(&mut config.limits)).await
    }

    /// With games that are hosted otherwise than by default.
    pub async fn with_games(change: impl FnOnce(&mut GameConfig)) -> Result<Self> {
        Self::configured(&Database::sqlite()?, |config| change(&mut config.games)).await
    }

    async fn configured(database: &Database, change: impl FnOnce(&mut Config)) -> Result<Self> {
        let mut config = Config {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            game_listen: (Ipv4Addr::LOCALHOST, 0).into(),
            database: database.url().to_owned(),
            jwt_secret: Some(SECRET.into()),
            drain: Duration::from_millis(100),
            ..Config::default()
        };
        change(&mut config);
        let server = Server::start(config).await?;
        let url = server.url();
        Ok(Self { people: People::new(&url)?, url, server, database: database.clone() })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a client that is nobody yet may call.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// A new guest.
    pub async fn player(&self, name: &str) -> Result<Player> {
        self.people.guest(name).await
    }

    /// A new guest with a connected socket.
    pub async fn online(&self, name: &str) -> Result<(Player, Socket)> {
        let player = self.player(name).await?;
        let socket = player.socket().await?;
        Ok((player, socket))
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A connection to the database, beside the server's.
    pub async fn db(&self) -> Result<Db> {
        self.database.open().await
    }

    /// Drains and stops it, as SIGTERM would.
    pub async fn stop(self) -> Result<()> {
        self.server.stop().await
    }
}
