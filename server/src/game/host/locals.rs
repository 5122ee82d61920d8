//! The game thread's connections inside this process.

use std::sync::Arc;

use rallypoint_pong::{
    TICK_RATE,
    rules::{Input, Side},
    wire::ClientMessage,
};
use rallypoint_protocol::{ErrorCode, GameId};

use super::{
    super::{
        local::{Mailbox, Notice, Pad, Parting},
        room::LinkId,
    },
    Host, Role,
};

/// The game thread's end of a connection.
pub struct Local {
    pub game_id: GameId,
    pub role: Role,
    pub mailbox: Arc<Mailbox>,
    pub pad: Arc<Pad>,
}

impl Host {
    pub(super) fn plug(&mut self, id: LinkId, local: Local) {
        let (game_id, role, mailbox) = (local.game_id, local.role, Arc::clone(&local.mailbox));
        self.locals.insert(id, local);
        self.audiences.entry(game_id).or_default().push(id);
        if self.seat(game_id, role, id) {
            tracing::debug!(%game_id, ?role, "connected by a dialect");
            self.show(id);
        } else {
            self.locals.remove(&id);
            self.leave_audience(game_id, id);
            let watching = matches!(role, Role::Spectator { .. });
            mailbox.part(Parting::Refused(if watching { ErrorCode::Unavailable } else { ErrorCode::GameError }));
        }
    }

    /// A connection ends. `None`: its own side has ended it.
    pub(super) fn unplug(&mut self, id: LinkId, why: Option<Parting>) {
        let Some(local) = self.locals.remove(&id) else { return };
        self.leave_audience(local.game_id, id);
        if let Some(why) = why {
            local.mailbox.part(why);
        }
        self.detach(id, local.game_id, local.role);
    }

    fn leave_audience(&mut self, game_id: GameId, id: LinkId) {
        if let Some(audience) = self.audiences.get_mut(&game_id) {
            audience.retain(|member| *member != id);
            if audience.is_empty() {
                self.audiences.remove(&game_id);
            }
        }
    }

    pub(super) fn hear(&mut self, id: LinkId, message: ClientMessage) {
        if let Some(&Local { game_id, role: Role::Player { side, .. }, .. }) = self.locals.get(&id) {
            self.with_room(game_id, |room, now| room.receive(side, message, now));
        }
    }

    /// Gives the rooms what players began to hold since the last tick.
    pub(super) fn read_pads(&mut self) {
        for local in self.locals.values() {
            let Role::Player { side, .. } = local.role else { continue };
            if let Some(input) = local.pad.take()
                && let Some(room) = self.rooms.get_mut(&local.game_id)
            {
                room.hold(side, input);
            }
        }
    }

    pub(super) fn notify(&mut self, id: LinkId, notice: Notice) {
        if self.locals.get(&id).is_some_and(|local| !local.mailbox.tell(notice)) {
            self.unplug(id, Some(Parting::TooSlow));
        }
    }

    pub(super) fn notify_all(&mut self, game_id: GameId, notice: &Notice) {
        for id in self.audiences.get(&game_id).cloned().unwrap_or_default() {
            self.notify(id, notice.clone());
        }
    }

    /// Everybody learns what a player began to hold, but for that player.
    pub(super) fn relay(&self, game_id: GameId, side: Side, input: Input) {
        for local in self.audience(game_id).filter(|local| local.role.side() != Some(side)) {
            local.mailbox.moved(side, input);
        }
    }

    /// Shows one connection the state.
    pub(super) fn show(&self, id: LinkId) {
        let Some(local) = self.locals.get(&id) else { return };
        if let Some(room) = self.rooms.get(&local.game_id) {
            local.mailbox.show(Arc::new(room.view(self.now)));
        }
    }

    /// Shows all connections of a room the state.
    pub(super) fn show_all(&self, game_id: GameId) {
        let Some(room) = self.rooms.get(&game_id).filter(|_| self.audiences.contains_key(&game_id)) else { return };
        let view = Arc::new(room.view(self.now));
        self.audience(game_id).for_each(|local| local.mailbox.show(Arc::clone(&view)));
    }

    /// Shows the states of running matches that are due in this tick. Rooms take turns, so that the ticks are alike.
    pub(super) fn show_running(&self) {
        let every = u64::from(TICK_RATE / self.config.state_rate.clamp(1, TICK_RATE));
        for game_id in self.audiences.keys() {
            let turn = game_id.0.as_u128() as u64;
            let due = turn.wrapping_add(self.tick).is_multiple_of(every);
            if due && self.rooms.get(game_id).is_some_and(|room| room.is_active()) {
                self.show_all(*game_id);
            }
        }
    }

    fn audience(&self, game_id: GameId) -> impl Iterator<Item = &Local> {
        self.audiences.get(&game_id).into_iter().flatten().filter_map(|id| self.locals.get(id))
    }
}
