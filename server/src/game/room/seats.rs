//! Who sits where: players come, go, drop and come back.

use std::{sync::Arc, time::Duration};

use rallypoint_pong::{
    input::InputBuffer,
    replay::Mark,
    rules::{Input, Side},
    wire::{Seat as WireSeat, ServerMessage},
};
use rallypoint_protocol::UserId;

use super::{LinkId, Output, Room, Stage};
use crate::game::{GameEvent, Player, local::Parting, view::Seated};

/// Drops after which a player who drops again has lost: coming back each time must not stall a match for ever.
const MAX_DROPS: u8 = 5;

#[derive(Debug)]
pub(super) struct Seat {
    pub(super) player: Player,
    pub(super) link: Option<LinkId>,
    pub(super) ready: bool,
    pub(super) inputs: InputBuffer,
    /// What was played last.
    pub(super) held: Input,
    /// When the time to come back is over, while it runs.
    pub(super) forfeits_at: Option<Duration>,
    pub(super) drops: u8,
}

impl Room {
    pub fn admit(&mut self, side: Side, player: Player, now: Duration) {
        let waiting = matches!(self.stage, Stage::WaitingForPlayers | Stage::WaitingForReady { .. });
        if let Some(seat) = &mut self.seats[side.index()] {
            if seat.player.user_id == player.user_id {
                seat.player = player;
                return self.tell_seats();
            }
            if !waiting {
                return;
            }
            self.vacate(side, now);
        }
        self.seats[side.index()] = Some(Seat {
            player,
            link: None,
            ready: false,
            inputs: InputBuffer::default(),
            held: Input::Stop,
            forfeits_at: None,
            drops: 0,
        });
        self.tell_seats();
    }

    /// Connects a player. Whatever connection it had before ends. False: this is not that player's room.
    pub fn attach(&mut self, side: Side, user_id: UserId, link: LinkId, now: Duration) -> bool {
        if matches!(self.stage, Stage::Finished { .. } | Stage::Closed) {
            return false;
        }
        let Some(seat) = self.seats[side.index()].as_mut().filter(|seat| seat.player.user_id == user_id) else {
            return false;
        };
        let connected = GameEvent::PlayerConnected { game_id: self.id, user_id };
        // Connected and dropped come in pairs, however often a connection is replaced.
        self.outputs.push_back(match seat.link.replace(link) {
            Some(old) => Output::Detach(old, Parting::Replaced),
            None => Output::Event(connected),
        });
        seat.inputs = InputBuffer::default();
        seat.forfeits_at = None;
        self.empty_since = None;
        self.welcome(link, side);
        if self.stage == Stage::WaitingForPlayers && self.all(|seat| seat.link.is_some()) {
            let until = self.ready_by.filter(|_| self.bound).unwrap_or(now + self.timing.ready_timeout);
            self.ready_by = Some(until);
            self.stage = Stage::WaitingForReady { until };
        }
        self.tell_seats();
        self.resume_or_explain(now);
        true
    }

    /// A connection is gone. One that was replaced before no longer matters.
    pub fn detach(&mut self, side: Side, link: LinkId, now: Duration) {
        let Some(seat) = self.seats[side.index()].as_mut().filter(|seat| seat.link == Some(link)) else { return };
        seat.link = None;
        seat.ready = false;
        let user_id = seat.player.user_id;
        self.outputs.push_back(Output::Event(GameEvent::PlayerDropped { game_id: self.id, user_id }));
        if self.seats.iter().flatten().all(|seat| seat.link.is_none()) {
            self.empty_since = Some(now);
        }
        match self.stage {
            Stage::WaitingForReady { .. } => self.stage = Stage::WaitingForPlayers,
            Stage::Active | Stage::Paused => {
                seat_dropped(&mut self.seats[side.index()], now + self.timing.reconnect_grace);
                if self.seats[side.index()].as_ref().is_some_and(|seat| seat.drops > MAX_DROPS) {
                    return self.forfeit(side, now);
                }
                self.stage = Stage::Paused;
                self.recorder.mark(Mark::Paused(side));
            }
            // The result has been sent to everyone who could hear it.
            Stage::Finished { .. } if self.empty_since.is_some() => return self.close(),
            Stage::WaitingForPlayers | Stage::Finished { .. } | Stage::Closed => {}
        }
        self.tell_seats();
        self.resume_or_explain(now);
    }

    /// Keeps the seats for these players, as for a match that has been made.
    pub fn bind(&mut self) {
        self.bound = true;
    }

    /// The player leaves for good.
    pub fn dismiss(&mut self, user_id: UserId, now: Duration) {
        let seated = |seat: &Option<Seat>| seat.as_ref().is_some_and(|seat| seat.player.user_id == user_id);
        if let Some(side) = Side::BOTH.into_iter().find(|side| seated(&self.seats[side.index()])) {
            self.vacate(side, now);
        }
    }

    pub(super) fn vacate(&mut self, side: Side, now: Duration) {
        match self.stage {
            Stage::Active | Stage::Paused => self.forfeit(side, now),
            Stage::WaitingForPlayers | Stage::WaitingForReady { .. } => {
                if self.bound && self.ready_by.is_some() {
                    return self.forfeit(side, now);
                }
                let link = self.seats[side.index()].as_ref().and_then(|seat| seat.link);
                if let Some(link) = link {
                    self.outputs.push_back(Output::Detach(link, Parting::Over));
                    self.detach(side, link, now);
                }
                if self.bound {
                    return;
                }
                self.seats[side.index()] = None;
                self.stage = Stage::WaitingForPlayers;
                self.tell_seats();
            }
            Stage::Finished { .. } | Stage::Closed => {}
        }
    }

    pub(super) fn tell_seats(&mut self) {
        let seated = |seat: &Seat| Seated {
            user_id: seat.player.user_id,
            name: seat.player.name.clone(),
            connected: seat.link.is_some(),
            ready: seat.ready,
        };
        self.seated = Arc::new(self.seats.each_ref().map(|seat| seat.as_ref().map(seated)));
        self.tell(&self.seats_message());
    }

    pub(super) fn seats_message(&self) -> ServerMessage {
        let seat = |seated: &Option<Seated>| {
            seated.as_ref().map_or_else(WireSeat::default, |seated| WireSeat {
                name: seated.name.clone(),
                connected: seated.connected,
                ready: seated.ready,
            })
        };
        ServerMessage::Seats(self.seated.each_ref().map(seat))
    }
}

fn seat_dropped(seat: &mut Option<Seat>, forfeits_at: Duration) {
    if let Some(seat) = seat {
        seat.forfeits_at = Some(forfeits_at);
        seat.drops += 1;
    }
}
