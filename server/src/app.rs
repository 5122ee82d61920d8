//! Puts the parts together, runs them, drains and stops them.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use axum::{Router, extract::Request, middleware, response::Response};
use futures_util::FutureExt as _;
use rallypoint_protocol::{ApiError, ErrorCode, Timestamp};
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};
use tokio_util::task::TaskTracker;
use tower_http::normalize_path::NormalizePathLayer;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::{
    config::Config,
    dialects::{address, game_ws, invitations_ws, rest, socketio},
    domain::{
        Answer,
        auth::Auth,
        friends::Friends,
        games::Games,
        housekeeping,
        invites::{self, Invites},
        matchmaking::Matchmaking,
        now,
        presence::PresenceService,
        rates::Rates,
        servers::Servers,
        sessions::Sessions,
        users::Users,
    },
    game::{GameConfig, GameServer},
    http,
    hub::Hub,
    metrics::{Gauges, Metrics},
    schedule::Scheduler,
    store::{Db, invites::writer::InviteWriter},
};

/// How long connections may take to close.
const CLOSING: Duration = Duration::from_secs(3);

/// The services, as the dialects call them.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub hub: Arc<Hub>,
    pub rates: Arc<Rates>,
    pub users: Arc<Users>,
    pub auth: Auth,
    pub sessions: Arc<Sessions>,
    pub invites: Arc<Invites>,
    pub matchmaking: Arc<Matchmaking>,
    pub games: Arc<Games>,
    pub presence: Arc<PresenceService>,
    pub friends: Friends,
    pub metrics: Metrics,
    game: GameServer,
    /// What clients have asked for and is under way: a stop waits for it, whether they still listen or not.
    pub work: TaskTracker,
    draining: AtomicBool,
}

impl App {
    /// Whether the server is about to stop and takes nothing new.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Refuses what would begin something, when the server is about to stop.
    pub fn takes_new(&self) -> Answer<()> {
        if self.is_draining() {
            return Err(ApiError::new(ErrorCode::Unavailable, "The server is restarting. Try again shortly."));
        }
        Ok(())
    }
}

impl App {
    /// What operators watch, in the OpenMetrics text format.
    pub fn tell_metrics(&self) -> String {
        let (online, connections) = self.hub.counts(now());
        let gauges = Gauges { online, connections, rooms: self.game.room_count(), queue: self.matchmaking.waiting() };
        self.metrics.encode(&gauges)
    }
}

/// A running server.
///
/// ```no_run
/// # async fn example() -> anyhow::Result<()> {
/// use rallypoint_server::{Config, Server};
///
/// let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() };
/// let server = Server::start(config).await?;
/// println!("{}", server.url());
/// server.stop().await
/// # }
/// ```
pub struct Server {
    app: Arc<App>,
    game: GameServer,
    http_addr: SocketAddr,
    stop_http: oneshot::Sender<()>,
    http: JoinHandle<()>,
    socketio: socketio::Server,
    writer: InviteWriter,
    servers: Arc<Servers>,
    /// Ends when the games have, and all that happened in them is written.
    following: JoinHandle<()>,
    background: JoinSet<&'static str>,
}

impl Server {
    /// Opens the database and the listeners, and serves until [`stop`](Self::stop).
    ///
    /// # Errors
    /// A configuration that is refused, a database that can't be opened, an address that is taken.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        config.validate()?;
        let secret = config.secret()?;
        let db = Db::open(&config.database).await.context("can't open the database")?;
        let game_config =
            GameConfig { listen: config.game_listen, public_addr: config.game_public_addr, ..config.games.clone() };
        let (game, game_events) = GameServer::bind(game_config)
            .await
            .with_context(|| format!("can't listen for games on udp://{}", config.game_listen))?;
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("can't listen on {}; is another server running?", config.listen))?;
        let http_addr = listener.local_addr()?;

        let mut scheduler = Scheduler::new(now);
        let (leases, expiry) = (scheduler.deadline(), scheduler.deadline());
        let hub = Arc::new(Hub::new(config.limits.idle_seconds.cast_signed() * 1000, leases.clone()));
        let metrics = Metrics::default();
        let rates = Arc::new(Rates::new(&config.limits, &metrics));
        let users = Arc::new(Users::new(db.clone()));
        let auth = Auth::new(db.clone(), Arc::clone(&users), Arc::clone(&hub), &secret, &config.limits);
        let sessions = Arc::new(Sessions::new(db.clone(), Arc::clone(&hub), game.clone(), &config.limits, &metrics));
        let mut background = JoinSet::new();
        let (writer, writing) = InviteWriter::new(db.clone());
        background.spawn(writing.map(|()| "writing of invites"));
        let parts = invites::Parts {
            db: db.clone(),
            writer: writer.clone(),
            hub: Arc::clone(&hub),
            users: Arc::clone(&users),
            sessions: Arc::clone(&sessions),
            rates: Arc::clone(&rates),
            next_expiry: expiry.clone(),
        };
        let invites = Arc::new(Invites::new(parts, &config, &metrics));
        let servers = Arc::new(Servers::new(db.clone(), &game));
        let matchmaking = Arc::new(Matchmaking::new(
            db.clone(),
            Arc::clone(&hub),
            Arc::clone(&users),
            Arc::clone(&servers),
            game.clone(),
            &config.limits,
        ));
        let games = Arc::new(Games::new(
            db.clone(),
            Arc::clone(&hub),
            Arc::clone(&users),
            Arc::clone(&sessions),
            Arc::clone(&matchmaking),
            game.clone(),
        ));
        let presence = Arc::new(PresenceService::new(db.clone(), Arc::clone(&hub), Arc::clone(&users)));
        let friends = Friends::new(
            db.clone(),
            Arc::clone(&hub),
            Arc::clone(&users),
            Arc::clone(&rates),
            Arc::clone(&presence),
            &config.limits,
            &metrics,
        );
        let draining = AtomicBool::new(false);
        let work = TaskTracker::new();
        let app = Arc::new(App {
            config,
            db,
            hub,
            rates,
            users,
            auth,
            sessions,
            invites,
            matchmaking,
            games,
            presence,
            friends,
            metrics,
            game: game.clone(),
            work,
            draining,
        });
        // Who signed out before a restart stays signed out from the first request on.
        let since = Timestamp(now().0 - app.auth.access_token_lifetime());
        app.auth.load_revocations(since).await.context("can't read the revoked logins")?;

        servers.announce().await.context("can't write to the database")?;
        background.spawn(Arc::clone(&servers).run().map(|()| "watching of other servers"));
        app.matchmaking.recover().await.context("can't read the queue")?;
        let following = tokio::spawn(Arc::clone(&app.games).follow(game_events));
        background.spawn(Arc::clone(&app.matchmaking).run().map(|()| "matchmaking"));
        background.spawn(Arc::clone(&app.presence).announce_forever().map(|()| "telling of who is there"));
        housekeeping::schedule(&mut scheduler, &app, leases, expiry);
        background.spawn(scheduler.run().map(|()| "scheduler"));
        let (stop_http, stopped) = oneshot::channel();
        let socketio = socketio::Server::new(Arc::clone(&app));
        let surfaces = surfaces(Arc::clone(&app), game.clone(), socketio.routes());
        let http = tokio::spawn(http::serve(listener, surfaces, stopped));
        let server = Self { app, game, http_addr, stop_http, http, socketio, writer, servers, following, background };
        server.say_ready()?;
        Ok(server)
    }

    /// Where HTTP, WebSocket and Socket.IO are served.
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Where clients are told to play.
    pub fn game_addr(&self) -> SocketAddr {
        self.game.public_addr()
    }

    /// `http://IP:PORT`, as a client is configured.
    pub fn url(&self) -> String {
        format!("http://{}", self.http_addr)
    }

    /// Returns when a part that has to run as long as the server has ended, which only a defect makes happen: stop
    /// the server then, and start it anew.
    pub async fn broken(&mut self) -> anyhow::Error {
        let ended = tokio::select! {
            Some(part) = self.background.join_next() => part,
            games = &mut self.following => games.map(|()| "following of games"),
        };
        match ended {
            Ok(part) => anyhow::anyhow!("the {part} has ended"),
            Err(error) => anyhow::anyhow!("a part of the server has broken: {error}"),
        }
    }

    /// Takes nothing new, lets running games end or hands them the drain time, tells every client to come back
    /// later, writes what is under way, and stops.
    ///
    /// # Errors
    /// The HTTP listener had failed.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        tracing::info!("draining");
        self.app.draining.store(true, Ordering::Relaxed);
        self.game.shutdown(self.app.config.drain).await;
        // Players learn what has become of their matches before they are sent away.
        if tokio::time::timeout(CLOSING, &mut self.following).await.is_err() {
            tracing::warn!("some results of games were not written in time");
        }
        let reason = ApiError::new(ErrorCode::Unavailable, "The server is restarting. Reconnect shortly.");
        self.app.hub.close_all(&reason);
        // The listener still answers: those who poll are told to come back.
        if tokio::time::timeout(CLOSING, self.socketio.shutdown(&reason)).await.is_err() {
            tracing::warn!("some clients did not take in time that the server stops");
        }
        let _ = self.stop_http.send(());
        // A client that keeps its connection open has been told; it does not hold up the stop.
        let served = tokio::time::timeout(CLOSING, self.http).await;
        self.app.work.close();
        if tokio::time::timeout(CLOSING, self.app.work.wait()).await.is_err() {
            tracing::warn!(tasks = self.app.work.len(), "some requests were not worked off in time");
        }
        self.writer.flush().await;
        self.background.shutdown().await;
        if let Err(error) = self.servers.leave().await {
            tracing::warn!(%error, "the other servers will take a while to notice that this one has stopped");
        }
        self.app.db.close().await;
        tracing::info!("stopped");
        served.map_or(Ok(()), |served| Ok(served?))
    }

    fn say_ready(&self) -> anyhow::Result<()> {
        tracing::info!(http = %self.url(), game = %self.game_addr(), "ready");
        if let Some(path) = &self.app.config.ready_file {
            let text = serde_json::json!({ "http": self.url(), "game": self.game_addr() }).to_string();
            // Renamed into place, so that a reader never sees half of it.
            let unfinished = path.with_extension("unfinished");
            std::fs::write(&unfinished, text)
                .and_then(|()| std::fs::rename(&unfinished, path))
                .with_context(|| format!("can't write {}", path.display()))?;
        }
        Ok(())
    }
}

/// Every surface, on one port.
fn surfaces(
    app: Arc<App>,
    game: GameServer,
    socketio: Router,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone {
    let routes = rest::routes(Arc::clone(&app))
        .merge(game_ws::routes(Arc::clone(&app), game))
        .merge(invitations_ws::routes(Arc::clone(&app)))
        .merge(socketio);
    let routes = routes.layer(middleware::from_fn_with_state(app, address::limit)).layer(rest::cors());
    NormalizePathLayer::trim_trailing_slash().layer(routes)
}
