//! The game thread: one socket, all connections, all rooms, sixty ticks a second.

use std::{
    collections::{HashMap, VecDeque},
    io,
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
};
use rallypoint_protocol::{GameId, UserId};
use renetcode::{NetcodeServer, ServerAuthentication, ServerConfig, ServerResult};
use tokio::sync::{mpsc::Sender, mpsc::error::TrySendError, oneshot};

use super::{
    GameConfig, GameEvent, Player,
    bucket::Bucket,
    directory::Directory,
    link::{Link, Misbehaved},
    room::{LinkId, Output, Room, Timing},
    since_epoch,
};

pub type Nonce = [u8; 24];

/// From the handles.
pub enum Command {
    Open { game_id: GameId, rules: Rules, seed: u64 },
    Admit { game_id: GameId, side: Side, player: Player },
    Issue { nonce: Nonce, issued: Issued },
    Dismiss { game_id: GameId, user_id: UserId },
    Close { game_id: GameId },
    Shutdown { grace: Duration, done: oneshot::Sender<()> },
}

/// A connect token that may still be used.
pub struct Issued {
    pub client_id: u64,
    pub game_id: GameId,
    pub side: Side,
    pub user_id: UserId,
    /// Seconds since the epoch.
    pub expires: u64,
    /// Connection requests seen with it.
    pub tries: u32,
}

/// Where an address's packets go, and how many it may send.
struct Route {
    group: usize,
    link: Option<LinkId>,
    since: Duration,
    packets: Bucket,
}

/// Packets a second and at once that one address may send.
const PACKETS: (u32, u32) = (240, 480);
/// Connection requests with one token; a client needs four a second for the life of the token at most.
const TRIES: u32 = 256;
/// Packets taken in between two ticks. What is more waits in the socket's buffer.
const BATCH: usize = 8192;
/// Events kept back while nobody reads them.
const BACKLOG: usize = 65_536;
/// The length of a netcode connection request, and where its nonce stands.
const REQUEST: usize = 1078;
const REQUEST_NONCE: std::ops::Range<usize> = 30..54;
/// The longest packet of netcode's, and the least one with anything in it.
const LONGEST: usize = renetcode::NETCODE_MAX_PACKET_BYTES;
const SHORTEST: usize = 18;

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
    rooms: HashMap<GameId, Room>,
    unread: Vec<LinkId>,
    started: Instant,
    now: Duration,
    tick: u64,
    flushed: Duration,
    stopping: Option<(Duration, Vec<oneshot::Sender<()>>)>,
}

/// What became of a packet, without what it borrowed.
enum Received {
    Nothing,
    Connected { client_id: u64, user_data: Box<[u8; renetcode::NETCODE_USER_DATA_BYTES]> },
    Disconnected(LinkId),
    Misbehaved(LinkId, Misbehaved),
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
            rooms: HashMap::new(),
            unread: Vec::new(),
            started: Instant::now(),
            now: Duration::ZERO,
            tick: 0,
            flushed: Duration::ZERO,
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
        let now = self.now;
        let ids: Vec<GameId> = self.rooms.keys().copied().collect();
        for game_id in ids {
            self.with_room(game_id, |room, _| room.step(now));
        }
        if self.tick.is_multiple_of(u64::from(TICK_RATE / SNAPSHOT_RATE)) {
            self.flush();
        }
        if self.tick.is_multiple_of(u64::from(TICK_RATE / 4)) {
            self.housekeeping();
        }
        self.publish();
    }

    fn receive(&mut self) {
        let mut buffer = [0; LONGEST + 1];
        for _ in 0..BATCH {
            let (length, addr) = match self.socket.recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // A packet sent earlier found nobody; nothing is wrong with the socket.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
                    ) =>
                {
                    continue;
                }
                Err(error) => {
                    tracing::error!(%error, "the game socket failed");
                    return;
                }
            };
            if !(SHORTEST..=LONGEST).contains(&length) {
                continue;
            }
            let packet = &mut buffer[..length];
            let group = match self.routes.get_mut(&addr) {
                Some(route) => route.packets.take(self.now).then_some(route.group),
                None => self.group_for(packet),
            };
            let Some(group) = group else { continue };
            match self.process(group, addr, packet) {
                Received::Nothing => {}
                Received::Connected { client_id, user_data } => self.connected(client_id, addr, group, &user_data[..]),
                Received::Disconnected(link) => self.lost(link),
                Received::Misbehaved(link, why) => self.kick(link, Some(why)),
            }
        }
    }

    /// Where a stranger's packet belongs: only a connection request with a token of ours gets any further.
    fn group_for(&mut self, packet: &[u8]) -> Option<usize> {
        if packet.len() != REQUEST || packet[0] != 0 {
            return None;
        }
        let nonce = Nonce::try_from(&packet[REQUEST_NONCE]).ok()?;
        if !self.issued.contains_key(&nonce) {
            // It may have been signed since the commands were last looked at.
            while let Ok(command) = self.commands.try_recv() {
                self.handle(command);
            }
        }
        let issued = self.issued.get_mut(&nonce)?;
        issued.tries += 1;
        if issued.tries > TRIES {
            return None;
        }
        (0..self.groups.len()).min_by_key(|group| self.groups[*group].connected_clients())
    }

    fn process(&mut self, group: usize, addr: SocketAddr, packet: &mut [u8]) -> Received {
        let Self { groups, routes, links, unread, socket, now, .. } = self;
        match groups[group].process_packet(addr, packet) {
            ServerResult::None => Received::Nothing,
            ServerResult::PacketToSend { addr, payload } => {
                _ = socket.send_to(payload, addr);
                routes.entry(addr).or_insert_with(|| Route {
                    group,
                    link: None,
                    since: *now,
                    packets: Bucket::new(PACKETS.0, PACKETS.1, *now),
                });
                Received::Nothing
            }
            ServerResult::ClientConnected { client_id, user_data, payload, addr } => {
                _ = socket.send_to(payload, addr);
                Received::Connected { client_id, user_data }
            }
            ServerResult::Payload { client_id, payload } => {
                let id = LinkId(client_id);
                let Some(link) = links.get_mut(&id) else { return Received::Nothing };
                let new = !link.unread;
                match link.receive(payload) {
                    Ok(()) => {
                        if new {
                            unread.push(id);
                        }
                        Received::Nothing
                    }
                    Err(why) => Received::Misbehaved(id, why),
                }
            }
            ServerResult::ClientDisconnected { client_id, .. } => Received::Disconnected(LinkId(client_id)),
        }
    }

    /// A token was good. It is used up now; and whoever it was made for may have lost the seat meanwhile.
    fn connected(&mut self, client_id: u64, addr: SocketAddr, group: usize, user_data: &[u8]) {
        let nonce = self.issued.iter().find(|(_, issued)| issued.client_id == client_id).map(|(nonce, _)| *nonce);
        let issued = nonce.and_then(|nonce| self.issued.remove(&nonce)).filter(|issued| {
            user_data[..16] == *issued.game_id.0.as_bytes() && user_data[16..24] == issued.user_id.0.to_le_bytes()
        });
        let Some(Issued { game_id, side, user_id, .. }) = issued else {
            tracing::warn!(%addr, "a connect token was used twice");
            return self.disconnect(group, addr, client_id);
        };
        let id = LinkId(client_id);
        let link = Link::new(game_id, side, addr, group, self.config.input_rate, self.now);
        self.links.insert(id, link);
        if let Some(route) = self.routes.get_mut(&addr) {
            route.link = Some(id);
        }
        let mut attached = false;
        self.with_room(game_id, |room, now| attached = room.attach(side, user_id, id, now));
        if attached {
            tracing::debug!(%game_id, %user_id, %addr, "player connected");
        } else {
            self.kick(id, None);
        }
    }

    /// Hands what has arrived to the rooms.
    fn read(&mut self) {
        for id in std::mem::take(&mut self.unread) {
            while let Some(link) = self.links.get_mut(&id) {
                link.unread = false;
                let (game_id, side) = (link.game_id, link.side);
                match link.next_message(self.now) {
                    Ok(Some(message)) => self.with_room(game_id, |room, now| room.receive(side, message, now)),
                    Ok(None) => break,
                    Err(why) => self.kick(id, Some(why)),
                }
            }
            while let Some(link) = self.links.get_mut(&id) {
                let (game_id, side) = (link.game_id, link.side);
                match link.next_inputs(self.now) {
                    Ok(Some(inputs)) => {
                        if let Some(room) = self.rooms.get_mut(&game_id) {
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
        while let Some(output) = self.rooms.get_mut(&game_id).and_then(Room::poll) {
            self.perform(output);
        }
        if self.rooms.get(&game_id).is_some_and(Room::is_closed) {
            self.rooms.remove(&game_id);
            self.directory.lock().remove(game_id);
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Send(id, message) => {
                let Some(link) = self.links.get_mut(&id) else { return };
                if let Err(why) = link.send(&message) {
                    self.kick(id, Some(why));
                }
            }
            Output::Detach(id) => self.kick(id, None),
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

    fn flush(&mut self) {
        let passed = self.now.saturating_sub(self.flushed);
        self.flushed = self.now;
        let mut failed = Vec::new();
        for (id, link) in &mut self.links {
            if let Some(room) = self.rooms.get(&link.game_id).filter(|room| room.is_active()) {
                link.snapshot(room.state(), room.acknowledged(link.side));
            }
            match link.flush(passed, self.now) {
                Ok(packets) => send(&self.socket, &mut self.groups[link.group], *id, &packets),
                Err(why) => failed.push((*id, why)),
            }
        }
        for (id, why) in failed {
            self.kick(id, Some(why));
        }
    }

    /// Keep-alives, time-outs, and what has outlived its use.
    fn housekeeping(&mut self) {
        let mut lost = Vec::new();
        for group in &mut self.groups {
            for client_id in group.clients_id() {
                match group.update_client(client_id) {
                    ServerResult::PacketToSend { addr, payload } => _ = self.socket.send_to(payload, addr),
                    ServerResult::ClientDisconnected { addr, payload, .. } => {
                        if let Some(payload) = payload {
                            _ = self.socket.send_to(payload, addr);
                        }
                        lost.push(LinkId(client_id));
                    }
                    _ => {}
                }
            }
        }
        for id in lost {
            self.lost(id);
        }
        let lifetime = self.config.token_lifetime;
        self.routes.retain(|_, route| route.link.is_some() || self.now.saturating_sub(route.since) < lifetime);
        let today = since_epoch().as_secs();
        self.issued.retain(|_, issued| issued.expires > today);
    }

    /// Ends a connection, after what was sent to it before.
    fn kick(&mut self, id: LinkId, why: Option<Misbehaved>) {
        let Some(mut link) = self.links.remove(&id) else { return };
        let addr = link.addr;
        match why {
            Some(Misbehaved(why)) => tracing::warn!(%addr, game_id = %link.game_id, why, "player disconnected"),
            None => {
                if let Ok(packets) = link.flush(Duration::ZERO, self.now) {
                    send(&self.socket, &mut self.groups[link.group], id, &packets);
                }
            }
        }
        self.disconnect(link.group, addr, id.0);
        self.detach(id, &link);
    }

    fn disconnect(&mut self, group: usize, addr: SocketAddr, client_id: u64) {
        if let ServerResult::ClientDisconnected { payload: Some(payload), .. } =
            self.groups[group].disconnect(client_id)
        {
            _ = self.socket.send_to(payload, addr);
        }
        self.routes.remove(&addr);
    }

    /// A connection ended by itself.
    fn lost(&mut self, id: LinkId) {
        if let Some(link) = self.links.remove(&id) {
            self.routes.remove(&link.addr);
            self.detach(id, &link);
        }
    }

    fn detach(&mut self, id: LinkId, link: &Link) {
        let side = link.side;
        self.with_room(link.game_id, |room, now| room.detach(side, id, now));
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
            self.with_room(game_id, |room, _| room.close());
        }
    }

    fn stop(mut self) {
        self.close_all();
        self.publish();
        for done in self.stopping.take().into_iter().flat_map(|(_, waiting)| waiting) {
            _ = done.send(());
        }
    }
}

fn send(socket: &UdpSocket, group: &mut NetcodeServer, id: LinkId, packets: &[Vec<u8>]) {
    for packet in packets {
        if let Ok((addr, packet)) = group.generate_payload_packet(id.0, packet) {
            // A full send buffer loses the packet, as the network might.
            _ = socket.send_to(packet, addr);
        }
    }
}
