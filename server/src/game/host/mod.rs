//! The game thread: one socket, all connections, all rooms, sixty ticks a second.

mod locals;
mod packets;

use std::{
    collections::{HashMap, VecDeque},
    net::{SocketAddr, UdpSocket},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rallypoint_pong::{
    PROTOCOL_ID, SNAPSHOT_RATE, TICK, TICK_RATE,
    rules::{Rules, Side},
    wire::{ClientMessage, ServerMessage},
};
use rallypoint_protocol::{GameId, UserId};
use renetcode::{NetcodeServer, ServerAuthentication, ServerConfig};
use tokio::sync::{mpsc::Sender, mpsc::error::TrySendError, oneshot};

pub use self::locals::Local;
use self::packets::Route;
use super::{
    GameConfig, GameEvent, Player,
    directory::Directory,
    link::Link,
    local::{Notice, STOPPED},
    room::{LinkId, Output, Room, Timing},
    since_epoch,
};

pub type Nonce = [u8; 24];

/// From the handles.
pub enum Command {
    Open { game_id: GameId, rules: Rules, seed: u64 },
    Admit { game_id: GameId, side: Side, player: Player },
    Issue { nonce: Nonce, issued: Issued },
    Plug { id: LinkId, local: Local },
    Unplug { id: LinkId },
    Hear { id: LinkId, message: ClientMessage },
    Show { id: LinkId },
    Bind { game_id: GameId },
    Dismiss { game_id: GameId, user_id: UserId },
    Close { game_id: GameId },
    Shutdown { grace: Duration, done: oneshot::Sender<()> },
}

/// What somebody is in a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Player { side: Side, user_id: UserId },
    Spectator { user_id: UserId },
}

impl Role {
    pub fn side(self) -> Option<Side> {
        match self {
            Role::Player { side, .. } => Some(side),
            Role::Spectator { .. } => None,
        }
    }

    /// As it stands in a connect token.
    pub fn mark(self) -> u8 {
        u8::from(matches!(self, Role::Spectator { .. }))
    }
}

/// A connect token that may still be used.
pub struct Issued {
    pub client_id: u64,
    pub game_id: GameId,
    pub role: Role,
    pub user_id: UserId,
    /// Seconds since the epoch.
    pub expires: u64,
    /// Connection requests seen with it.
    pub tries: u32,
}

/// Events kept back while nobody reads them.
const BACKLOG: usize = 65_536;
pub struct Host {
    config: GameConfig,
    socket: UdpSocket,
    groups: Vec<NetcodeServer>,
    directory: Arc<Mutex<Directory>>,
    commands: Receiver<Command>,
    events: Sender<GameEvent>,
    backlog: VecDeque<GameEvent>,
    routes: HashMap<SocketAddr, Route>,
    issued: HashMap<Nonce, Issued>,
    links: HashMap<LinkId, Link>,
    locals: HashMap<LinkId, Local>,
    /// The connections in `locals` that each game has.
    audiences: HashMap<GameId, Vec<LinkId>>,
    rooms: HashMap<GameId, Room>,
    unread: Vec<LinkId>,
    started: Instant,
    now: Duration,
    tick: u64,
    stopping: Option<(Duration, Vec<oneshot::Sender<()>>)>,
}

impl Host {
    pub fn new(
        config: GameConfig,
        socket: UdpSocket,
        public_addr: SocketAddr,
        key: [u8; 32],
        directory: Arc<Mutex<Directory>>,
        commands: Receiver<Command>,
        events: Sender<GameEvent>,
    ) -> Self {
        let group = |_| {
            NetcodeServer::new(ServerConfig {
                current_time: since_epoch(),
                max_clients: config.clients_per_group,
                protocol_id: PROTOCOL_ID,
                public_addresses: vec![public_addr],
                authentication: ServerAuthentication::Secure { private_key: key },
            })
        };
        Self {
            groups: (0..config.groups).map(group).collect(),
            config,
            socket,
            directory,
            commands,
            events,
            backlog: VecDeque::new(),
            routes: HashMap::new(),
            issued: HashMap::new(),
            links: HashMap::new(),
            locals: HashMap::new(),
            audiences: HashMap::new(),
            rooms: HashMap::new(),
            unread: Vec::new(),
            started: Instant::now(),
            now: Duration::ZERO,
            tick: 0,
            stopping: None,
        }
    }

    pub fn run(mut self) {
        let mut next = Instant::now();
        let mut panics = 0;
        loop {
            if !self.wait_until(next) {
                return;
            }
            let late = next.elapsed();
            // After a standstill, time is not made up for: the games stood still as well.
            next = if late > TICK * 4 { Instant::now() + TICK } else { next + TICK };
            match catch_unwind(AssertUnwindSafe(|| self.tick())) {
                Ok(()) => panics = 0,
                Err(_) => {
                    panics += 1;
                    tracing::error!(panics, "a tick of the game thread panicked");
                    if panics >= 10 {
                        self.close_all();
                    }
                }
            }
            if self.is_done() {
                return self.stop();
            }
        }
    }

    /// Takes commands until the time has come; with nothing to play, until there is a command. False: the handles
    /// are gone.
    fn wait_until(&mut self, next: Instant) -> bool {
        loop {
            let command = if self.is_idle() {
                self.commands.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.commands.recv_timeout(next.saturating_duration_since(Instant::now()))
            };
            match command {
                Ok(command) => {
                    self.advance_clock();
                    self.handle(command);
                }
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.rooms.is_empty() && self.links.is_empty() && self.backlog.is_empty() && self.stopping.is_none()
    }

    fn advance_clock(&mut self) {
        let now = self.started.elapsed();
        let passed = now.saturating_sub(self.now);
        self.now = now;
        for group in &mut self.groups {
            group.update(passed);
        }
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Open { game_id, rules, seed } => {
                let room = Room::new(game_id, rules, seed, Timing::from(&self.config), self.now);
                self.rooms.insert(game_id, room);
            }
            Command::Admit { game_id, side, player } => {
                self.with_room(game_id, |room, now| room.admit(side, player, now));
            }
            Command::Issue { nonce, issued } => _ = self.issued.insert(nonce, issued),
            Command::Plug { id, local } => self.plug(id, local),
            Command::Unplug { id } => self.unplug(id, None),
            Command::Hear { id, message } => self.hear(id, message),
            Command::Show { id } => self.show(id),
            Command::Bind { game_id } => self.with_room(game_id, |room, _| room.bind()),
            Command::Dismiss { game_id, user_id } => {
                self.with_room(game_id, |room, now| room.dismiss(user_id, now));
            }
            Command::Close { game_id } => self.with_room(game_id, |room, _| room.close()),
            Command::Shutdown { grace, done } => {
                let (_, waiting) = self.stopping.take().unwrap_or_default();
                self.stopping = Some((self.now + grace, waiting));
                if let Some((_, waiting)) = &mut self.stopping {
                    waiting.push(done);
                }
            }
        }
    }

    fn tick(&mut self) {
        self.advance_clock();
        self.tick += 1;
        self.receive();
        self.read();
        self.read_pads();
        let now = self.now;
        let ids: Vec<GameId> = self.rooms.keys().copied().collect();
        for game_id in ids {
            self.with_room(game_id, |room, _| room.step(now));
        }
        self.show_running();
        if self.tick.is_multiple_of(u64::from(TICK_RATE / SNAPSHOT_RATE)) {
            self.flush();
        }
        if self.tick.is_multiple_of(u64::from(TICK_RATE / 4)) {
            self.housekeeping();
        }
        self.publish();
    }

    /// Hands what has arrived to the rooms.
    fn read(&mut self) {
        for id in std::mem::take(&mut self.unread) {
            while let Some(link) = self.links.get_mut(&id) {
                link.unread = false;
                let (game_id, side) = (link.game_id, link.role.side());
                match link.next_message(self.now) {
                    Ok(Some(message)) => {
                        if let Some(side) = side {
                            self.with_room(game_id, |room, now| room.receive(side, message, now));
                        }
                    }
                    Ok(None) => break,
                    Err(why) => self.kick(id, Some(why)),
                }
            }
            while let Some(link) = self.links.get_mut(&id) {
                let (game_id, side) = (link.game_id, link.role.side());
                match link.next_inputs(self.now) {
                    Ok(Some(inputs)) => {
                        if let (Some(side), Some(room)) = (side, self.rooms.get_mut(&game_id)) {
                            room.input(side, &inputs);
                        }
                    }
                    Ok(None) => break,
                    Err(why) => self.kick(id, Some(why)),
                }
            }
        }
    }

    /// Does something to a room, and what it wants done in return. A room that panics is closed.
    fn with_room(&mut self, game_id: GameId, act: impl FnOnce(&mut Room, Duration)) {
        let now = self.now;
        let Some(room) = self.rooms.get_mut(&game_id) else { return };
        if catch_unwind(AssertUnwindSafe(|| act(room, now))).is_err() {
            tracing::error!(%game_id, "a room panicked and is closed");
            room.close();
        }
        let mut changed = false;
        while let Some(output) = self.rooms.get_mut(&game_id).and_then(Room::poll) {
            changed |= output == Output::Changed;
            self.perform(game_id, output);
        }
        if changed {
            self.show_all(game_id);
        }
        if self.rooms.get(&game_id).is_some_and(Room::is_closed) {
            self.rooms.remove(&game_id);
            self.directory.lock().remove(game_id);
        }
    }

    /// Gives a connection its part in a room. False: it has none there.
    fn seat(&mut self, game_id: GameId, role: Role, id: LinkId) -> bool {
        let mut seated = false;
        self.with_room(game_id, |room, now| {
            seated = match role {
                Role::Player { side, user_id } => room.attach(side, user_id, id, now),
                Role::Spectator { user_id } => room.watch(user_id, id),
            };
        });
        seated
    }

    /// A connection is gone.
    fn detach(&mut self, id: LinkId, game_id: GameId, role: Role) {
        self.with_room(game_id, |room, now| match role {
            Role::Player { side, .. } => room.detach(side, id, now),
            Role::Spectator { .. } => room.unwatch(id),
        });
    }

    fn perform(&mut self, game_id: GameId, output: Output) {
        match output {
            Output::Send(id, message) => {
                let Some(link) = self.links.get_mut(&id) else {
                    // These tell of the state, which is shown as a whole.
                    if !matches!(message, ServerMessage::Welcome { .. } | ServerMessage::Seats(_)) {
                        self.notify(id, Notice::Message(message));
                    }
                    return;
                };
                if let Err(why) = link.send(&message) {
                    self.kick(id, Some(why));
                }
            }
            Output::Detach(id, why) => {
                self.kick(id, None);
                self.unplug(id, Some(why));
            }
            Output::Changed => {}
            Output::Ready(user_id) => self.notify_all(game_id, &Notice::Ready(user_id)),
            Output::Moved(side, input) => self.relay(game_id, side, input),
            Output::Event(event) => {
                match event {
                    GameEvent::Started { game_id } => self.directory.lock().start(game_id),
                    GameEvent::Finished { game_id, .. } => self.directory.lock().finish(game_id),
                    _ => {}
                }
                self.backlog.push_back(event);
            }
        }
    }

    /// Events go out as fast as they are read, and never hold up a tick.
    fn publish(&mut self) {
        while let Some(event) = self.backlog.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.backlog.push_front(event);
                    break;
                }
                Err(TrySendError::Closed(_)) => return self.backlog.clear(),
            }
        }
        if self.backlog.len() > BACKLOG {
            tracing::error!("nobody reads the game events; the oldest are lost");
            self.backlog.drain(..self.backlog.len() - BACKLOG);
        }
    }

    fn is_done(&mut self) -> bool {
        let Some((until, _)) = &self.stopping else { return false };
        self.now >= *until || !self.rooms.values().any(Room::is_running)
    }

    fn close_all(&mut self) {
        let ids: Vec<GameId> = self.rooms.keys().copied().collect();
        for game_id in ids {
            self.with_room(game_id, |room, _| room.stop());
        }
    }

    fn stop(mut self) {
        self.close_all();
        self.locals.values().for_each(|local| local.mailbox.part(STOPPED));
        // Nothing is held up any more, and nothing may be lost.
        for event in self.backlog.drain(..) {
            if self.events.blocking_send(event).is_err() {
                break;
            }
        }
        for done in self.stopping.take().into_iter().flat_map(|(_, waiting)| waiting) {
            _ = done.send(());
        }
    }
}
