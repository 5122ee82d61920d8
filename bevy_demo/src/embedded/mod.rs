//! A server and four bots inside the game, so that one program is all it takes to try it out.

mod bot;
mod character;

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use rallypoint_server::{Config, Server};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::watch, task::JoinSet};

use bot::Bot;
use character::Character;

/// How long bots and server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// Runs until dropped.
pub struct Embedded {
    runtime: Option<Runtime>,
    server: Option<Server>,
    bots: JoinSet<()>,
    leave: watch::Sender<bool>,
    url: String,
    /// Holds the database; goes with the server.
    _folder: TempDir,
}

impl Embedded {
    /// Starts the server on free ports of this machine, and the bots.
    pub fn start(score_to_win: u8) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("no room for the server's database")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            game_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: format!("sqlite://{}", folder.path().join("demo.db").display()),
            drain: Duration::from_millis(200),
            ..Config::default()
        };
        let server = runtime.block_on(Server::start(config)).context("the server did not start")?;
        let url = server.url();
        let (leave, left) = watch::channel(false);
        let mut bots = JoinSet::new();
        for character in Character::ALL {
            let bot = Bot::new(character, &url, score_to_win)?;
            bots.spawn_on(bot.live(left.clone()), runtime.handle());
        }
        Ok(Self { runtime: Some(runtime), server: Some(server), bots, leave, url, _folder: folder })
    }

    /// Where the server is reached.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // No receiver: the bots have gone by themselves.
        let _ = self.leave.send(true);
        let (mut bots, server) = (std::mem::take(&mut self.bots), self.server.take());
        runtime.block_on(async {
            let farewell = async {
                while bots.join_next().await.is_some() {}
                if let Some(server) = server
                    && let Err(error) = server.stop().await
                {
                    tracing::warn!("the embedded server did not stop cleanly: {error:#}");
                }
            };
            if tokio::time::timeout(GOODBYE, farewell).await.is_err() {
                tracing::warn!("the embedded server takes long to stop and is left behind");
            }
        });
        runtime.shutdown_timeout(Duration::from_millis(500));
    }
}
