//! The game thread's packets: who may send them, where they belong, and what goes back.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

use renetcode::{NetcodeServer, ServerResult};

use super::{
    super::{
        bucket::Bucket,
        link::{Link, Misbehaved},
        room::LinkId,
        since_epoch,
    },
    Host, Issued, Nonce,
};

/// Packets a second and at once that one address may send.
const PACKETS: (u32, u32) = (240, 480);
/// Connection requests with one token; a client needs four a second for the life of the token at most.
const TRIES: u32 = 256;
/// Packets taken in between two ticks. What is more waits in the socket's buffer.
const BATCH: usize = 8192;
/// The length of a netcode connection request, and where its nonce stands.
const REQUEST: usize = 1078;
const REQUEST_NONCE: std::ops::Range<usize> = 30..54;
/// The longest packet of netcode's, and the least one with anything in it.
const LONGEST: usize = renetcode::NETCODE_MAX_PACKET_BYTES;
const SHORTEST: usize = 18;

/// Where an address's packets go, and how many it may send.
pub struct Route {
    group: usize,
    link: Option<LinkId>,
    since: Duration,
    packets: Bucket,
}

/// What became of a packet, without what it borrowed.
enum Received {
    Nothing,
    Connected { client_id: u64, user_data: Box<[u8; renetcode::NETCODE_USER_DATA_BYTES]> },
    Disconnected(LinkId),
    Misbehaved(LinkId, Misbehaved),
}

impl Host {
    pub(super) fn receive(&mut self) {
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
            user_data[..16] == *issued.game_id.0.as_bytes()
                && user_data[16..24] == issued.user_id.0.to_le_bytes()
                && user_data[24] == issued.role.mark()
        });
        let Some(Issued { game_id, role, user_id, .. }) = issued else {
            tracing::warn!(%addr, "a connect token was used twice");
            return self.disconnect(group, addr, client_id);
        };
        let id = LinkId(client_id);
        let link = Link::new(game_id, role, addr, group, self.config.input_rate, self.now);
        self.links.insert(id, link);
        if let Some(route) = self.routes.get_mut(&addr) {
            route.link = Some(id);
        }
        if self.seat(game_id, role, id) {
            tracing::debug!(%game_id, %user_id, ?role, %addr, "connected");
        } else {
            self.kick(id, None);
        }
    }

    pub(super) fn flush(&mut self) {
        let mut failed = Vec::new();
        for (id, link) in &mut self.links {
            if let Some(room) = self.rooms.get(&link.game_id).filter(|room| room.is_active()) {
                let packet = link.snapshot(room.state(), link.role.side().and_then(|side| room.acknowledged(side)));
                send(&self.socket, &mut self.groups[link.group], *id, &[packet]);
            }
            if !link.is_due(self.now) {
                continue;
            }
            match link.flush(self.now) {
                Ok(packets) => send(&self.socket, &mut self.groups[link.group], *id, &packets),
                Err(why) => failed.push((*id, why)),
            }
        }
        for (id, why) in failed {
            self.kick(id, Some(why));
        }
    }

    /// Keep-alives, time-outs, and what has outlived its use.
    pub(super) fn housekeeping(&mut self) {
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
    pub(super) fn kick(&mut self, id: LinkId, why: Option<Misbehaved>) {
        let Some(mut link) = self.links.remove(&id) else { return };
        let addr = link.addr;
        match why {
            Some(Misbehaved(why)) => tracing::warn!(%addr, game_id = %link.game_id, why, "player disconnected"),
            None => {
                if let Ok(packets) = link.flush(self.now) {
                    send(&self.socket, &mut self.groups[link.group], id, &packets);
                }
            }
        }
        self.disconnect(link.group, addr, id.0);
        self.detach(id, link.game_id, link.role);
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
            self.detach(id, link.game_id, link.role);
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
