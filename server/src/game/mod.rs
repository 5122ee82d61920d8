//! Authoritative games: rooms on a fixed tick, played over UDP with one-shot connect tokens.
//!
//! [`GameServer`] is a cheap handle. Behind it one thread owns the socket and every room; it sleeps while there is
//! no room. A [`room`] is a state machine that knows nothing of transports: renet links are attached to it, and
//! other kinds of link can be.

pub(crate) mod bucket;
mod directory;
mod host;
mod link;
mod local;
mod room;
#[cfg(test)]
mod tests;
pub(crate) mod view;

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::Mutex;
use rallypoint_pong::{
    PROTOCOL_ID,
    rules::{Reason, Rules, Side},
};
use rallypoint_protocol::{GameId, UserId};
use renetcode::{ConnectToken, NETCODE_USER_DATA_BYTES};
use tokio::sync::oneshot;

use self::{
    directory::Directory,
    host::{Command, Host, Issued, Local, Role},
    room::LinkId,
};
pub(crate) use self::{
    local::{Batch, LocalLink, Mailbox, Notice, Parting},
    view::View,
};

/// Events that may wait to be read before the game thread keeps them back.
const EVENTS: usize = 1024;

/// How games are hosted.
#[derive(Clone, Debug)]
pub struct GameConfig {
    /// The UDP address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// What clients are told, when that is not `listen`.
    pub public_addr: Option<SocketAddr>,
    /// Groups that connections are spread over, behind the one socket. A group is searched from end to end.
    pub groups: usize,
    /// Connections in a group, at most 256.
    pub clients_per_group: usize,
    /// How long a connect token may be used for.
    pub token_lifetime: Duration,
    /// Silence after which a connection counts as lost, in whole seconds.
    pub connection_timeout: Duration,
    /// How long a player who dropped may stay away from a running match.
    pub reconnect_grace: Duration,
    /// How long two connected players may take to say that they are ready.
    pub ready_timeout: Duration,
    /// How long a room stays without anyone connected.
    pub empty_room_timeout: Duration,
    /// How long a finished room stays, for the result to arrive.
    pub linger: Duration,
    /// Input messages a second, and in a burst, from one player.
    pub input_rate: (u32, u32),
    /// States a second to those who are told the whole of it while a match runs.
    pub state_rate: u32,
    /// Who may watch one game.
    pub spectators: usize,
    /// Rooms at a time.
    pub max_rooms: usize,
}

impl Default for GameConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7778)),
            public_addr: None,
            groups: 16,
            clients_per_group: 64,
            token_lifetime: Duration::from_secs(30),
            connection_timeout: Duration::from_secs(5),
            reconnect_grace: Duration::from_secs(15),
            ready_timeout: Duration::from_secs(60),
            empty_room_timeout: Duration::from_secs(120),
            linger: Duration::from_secs(3),
            input_rate: (120, 240),
            state_rate: 20,
            spectators: 32,
            max_rooms: 4096,
        }
    }
}

/// Who takes a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    pub user_id: UserId,
    /// As the other player sees it.
    pub name: String,
}

/// The way into a game, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// A netcode connect token.
    pub token_base64: String,
    pub addr: SocketAddr,
}

/// A finished match, for [`rallypoint_pong::replay::Replay::decode`].
#[derive(Clone, PartialEq, Eq)]
pub struct Record(pub Arc<[u8]>);

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({} bytes)", self.0.len())
    }
}

/// What happens in the rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GameEvent {
    PlayerConnected {
        game_id: GameId,
        user_id: UserId,
    },
    PlayerDropped {
        game_id: GameId,
        user_id: UserId,
    },
    Started {
        game_id: GameId,
    },
    /// No winner: a draw on time. Scores are the left player's and the right one's.
    Finished {
        game_id: GameId,
        winner: Option<UserId>,
        reason: Reason,
        scores: [u8; 2],
        replay: Record,
    },
    /// The room is gone.
    Closed {
        game_id: GameId,
        ending: Ending,
    },
}

/// How a room came to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The match is over, or nobody played it.
    Natural,
    /// The server stops, and the match had not begun.
    StoppedBefore,
    /// The server stops in the middle of the match.
    StoppedWithin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GameError {
    #[error("the game is open already")]
    RoomExists,
    #[error("there is no such game")]
    UnknownRoom,
    #[error("both seats are taken")]
    RoomFull,
    #[error("only its players may enter a game")]
    NotAPlayer,
    #[error("the game is over")]
    Over,
    #[error("no more games fit on this server")]
    TooManyRooms,
    #[error("the server is shutting down")]
    ShuttingDown,
    #[error("no connect token could be made")]
    Token,
}

/// A handle to the game thread.
#[derive(Clone)]
pub struct GameServer {
    shared: Arc<Shared>,
}

struct Shared {
    config: GameConfig,
    local_addr: SocketAddr,
    public_addr: SocketAddr,
    key: [u8; 32],
    directory: Arc<Mutex<Directory>>,
    commands: mpsc::Sender<Command>,
}

impl GameServer {
    /// Listens and starts the game thread. It ends with [`GameServer::shutdown`], or with the last handle.
    pub async fn bind(config: GameConfig) -> io::Result<(Self, tokio::sync::mpsc::Receiver<GameEvent>)> {
        let config = GameConfig {
            groups: config.groups.clamp(1, 64),
            clients_per_group: config.clients_per_group.clamp(2, 256),
            ..config
        };
        let socket = UdpSocket::bind(config.listen)?;
        socket.set_nonblocking(true)?;
        let local_addr = socket.local_addr()?;
        let public_addr = config.public_addr.unwrap_or(reachable(local_addr));
        let key = renetcode::generate_random_bytes();
        let directory = Arc::new(Mutex::new(Directory::new(config.max_rooms)));
        let (commands, received) = mpsc::channel();
        let (events, news) = tokio::sync::mpsc::channel(EVENTS);
        let host = Host::new(config.clone(), socket, public_addr, key, Arc::clone(&directory), received, events);
        thread::Builder::new().name("games".to_owned()).spawn(move || host.run())?;
        Ok((Self { shared: Arc::new(Shared { config, local_addr, public_addr, key, directory, commands }) }, news))
    }

    /// Where this server listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.local_addr
    }

    /// Where clients find the games.
    pub fn public_addr(&self) -> SocketAddr {
        self.shared.public_addr
    }

    /// Opens a room for two. The seed decides the serves.
    pub fn open_room(&self, game_id: GameId, rules: Rules, seed: u64) -> Result<(), GameError> {
        let mut directory = self.shared.directory.lock();
        directory.open(game_id)?;
        // Under the lock, as all of these: whoever finds the room in the directory comes behind this command.
        self.send(Command::Open { game_id, rules: rules.clamped(), seed })
    }

    /// Gives a player a seat, or answers which one it has.
    pub fn admit(&self, game_id: GameId, player: Player) -> Result<Side, GameError> {
        let mut directory = self.shared.directory.lock();
        let side = directory.admit(game_id, player.user_id)?;
        self.send(Command::Admit { game_id, side, player })?;
        Ok(side)
    }

    /// Keeps the seats of a game for those who have them: from then on, leaving forfeits.
    pub fn bind_seats(&self, game_id: GameId) -> Result<(), GameError> {
        let mut directory = self.shared.directory.lock();
        directory.start(game_id);
        self.send(Command::Bind { game_id })
    }

    /// Signs a connect token for a player with a seat. It works once, and not for long.
    pub fn issue_token(&self, game_id: GameId, user_id: UserId) -> Result<Ticket, GameError> {
        let side = self.shared.directory.lock().side_of(game_id, user_id)?;
        self.sign(game_id, user_id, Role::Player { side, user_id })
    }

    /// Signs a connect token for somebody who watches: snapshots come down, and what goes up is ignored.
    pub fn issue_spectator_token(&self, game_id: GameId, user_id: UserId) -> Result<Ticket, GameError> {
        self.shared.directory.lock().contains(game_id)?;
        self.sign(game_id, user_id, Role::Spectator { user_id })
    }

    fn sign(&self, game_id: GameId, user_id: UserId, role: Role) -> Result<Ticket, GameError> {
        let shared = &self.shared;
        let mut user_data = [0; NETCODE_USER_DATA_BYTES];
        user_data[..16].copy_from_slice(game_id.0.as_bytes());
        user_data[16..24].copy_from_slice(&user_id.0.to_le_bytes());
        user_data[24] = role.mark();
        let client_id = rand::random();
        let token = ConnectToken::generate(
            since_epoch(),
            PROTOCOL_ID,
            shared.config.token_lifetime.as_secs(),
            client_id,
            i32::try_from(shared.config.connection_timeout.as_secs()).unwrap_or(i32::MAX).max(1),
            vec![shared.public_addr],
            Some(&user_data),
            &shared.key,
        )
        .map_err(|error| {
            tracing::error!(%error, "no connect token");
            GameError::Token
        })?;
        let mut bytes = Vec::with_capacity(2048);
        token.write(&mut bytes).map_err(|_| GameError::Token)?;
        let issued = Issued { client_id, game_id, user_id, role, expires: token.expire_timestamp, tries: 0 };
        self.send(Command::Issue { nonce: token.xnonce, issued })?;
        Ok(Ticket { token_base64: STANDARD.encode(bytes), addr: shared.public_addr })
    }

    /// Connects a player with a seat through a mailbox of this process.
    pub(crate) fn attach(
        &self,
        game_id: GameId,
        user_id: UserId,
        mailbox: Arc<Mailbox>,
    ) -> Result<LocalLink, GameError> {
        let side = self.shared.directory.lock().side_of(game_id, user_id)?;
        self.plug(game_id, Role::Player { side, user_id }, mailbox)
    }

    /// Lets somebody watch through a mailbox of this process.
    pub(crate) fn watch(
        &self,
        game_id: GameId,
        user_id: UserId,
        mailbox: Arc<Mailbox>,
    ) -> Result<LocalLink, GameError> {
        self.shared.directory.lock().contains(game_id)?;
        self.plug(game_id, Role::Spectator { user_id }, mailbox)
    }

    fn plug(&self, game_id: GameId, role: Role, mailbox: Arc<Mailbox>) -> Result<LocalLink, GameError> {
        let link = LocalLink { shared: Arc::clone(&self.shared), id: LinkId(rand::random()), pad: Arc::default() };
        let local = Local { game_id, role, mailbox, pad: Arc::clone(&link.pad) };
        self.send(Command::Plug { id: link.id, local })?;
        Ok(link)
    }

    pub(crate) fn config(&self) -> &GameConfig {
        &self.shared.config
    }

    /// Takes a player out: its seat is free before the match, and lost with the match after it has begun.
    pub fn dismiss(&self, game_id: GameId, user_id: UserId) {
        let mut directory = self.shared.directory.lock();
        directory.dismiss(game_id, user_id);
        _ = self.send(Command::Dismiss { game_id, user_id });
    }

    /// Closes a room at once, without a result.
    pub fn close_room(&self, game_id: GameId) {
        _ = self.send(Command::Close { game_id });
    }

    /// Whether a game has been played to its end, or is gone.
    pub fn is_over(&self, game_id: GameId) -> bool {
        self.shared.directory.lock().is_over(game_id)
    }

    pub fn room_count(&self) -> usize {
        self.shared.directory.lock().len()
    }

    /// Takes nothing new, lets running matches go on for as long as `grace`, and stops the game thread.
    pub async fn shutdown(&self, grace: Duration) {
        self.shared.directory.lock().close();
        let (done, stopped) = oneshot::channel();
        if self.send(Command::Shutdown { grace, done }).is_ok() {
            _ = stopped.await;
        }
    }

    fn send(&self, command: Command) -> Result<(), GameError> {
        self.shared.commands.send(command).map_err(|_| GameError::ShuttingDown)
    }
}

/// The time that connect tokens are dated in.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// An address that a client on this machine can send to: listening everywhere is no destination.
fn reachable(local: SocketAddr) -> SocketAddr {
    let ip = match local.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, local.port())
}
