//! One game: `waiting_for_players → waiting_for_ready → active ⇄ paused → finished → closed`.
//!
//! Time is an argument, and what a room has to say is collected in [`Room::poll`]. Players are attached through a
//! [`LinkId`], which says nothing about how they are connected.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use rallypoint_pong::{
    input::Inputs,
    replay::{Mark, Recorder},
    rules::{Input, Outcome, Phase, Rules, Side, State, StepEvent},
    wire::{ClientMessage, ServerMessage, Stage as WireStage},
};
use rallypoint_protocol::{GameId, UserId};

mod seats;
#[cfg(test)]
mod tests;

use self::seats::Seat;
use super::{
    Ending, GameConfig, GameEvent, Record,
    local::{Parting, STOPPED},
    view::{Seated, View},
};

/// Somebody's connection, whatever kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkId(pub u64);

/// What the room wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Reliably and in order.
    Send(LinkId, ServerMessage),
    /// Ends this connection, after what was sent before.
    Detach(LinkId, Parting),
    /// Who sits where, the stage or the score is another.
    Changed,
    Ready(UserId),
    /// This player holds something else from now on.
    Moved(Side, Input),
    Event(GameEvent),
}

#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub reconnect_grace: Duration,
    pub ready_timeout: Duration,
    pub empty_room_timeout: Duration,
    pub linger: Duration,
    pub spectators: usize,
}

impl From<&GameConfig> for Timing {
    fn from(config: &GameConfig) -> Self {
        Self {
            reconnect_grace: config.reconnect_grace,
            ready_timeout: config.ready_timeout,
            empty_room_timeout: config.empty_room_timeout,
            linger: config.linger,
            spectators: config.spectators,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    WaitingForPlayers,
    WaitingForReady { until: Duration },
    Active,
    Paused,
    Finished { close_at: Duration },
    Closed,
}

#[derive(Debug)]
pub struct Room {
    id: GameId,
    timing: Timing,
    state: State,
    stage: Stage,
    seats: [Option<Seat>; 2],
    spectators: Vec<(UserId, LinkId)>,
    /// The seats as others may see them.
    seated: Arc<[Option<Seated>; 2]>,
    recorder: Recorder,
    /// Since when nobody is connected.
    empty_since: Option<Duration>,
    /// Whether the seats are these players' from the beginning: leaving forfeits, and no drop stops the clock.
    bound: bool,
    /// Until when both have to be ready, once both have been connected.
    ready_by: Option<Duration>,
    outputs: VecDeque<Output>,
}

impl Room {
    pub fn new(id: GameId, rules: Rules, seed: u64, timing: Timing, now: Duration) -> Self {
        Self {
            id,
            timing,
            state: State::new(rules, seed),
            stage: Stage::WaitingForPlayers,
            seats: [None, None],
            spectators: Vec::new(),
            seated: Arc::default(),
            recorder: Recorder::new(rules, seed),
            empty_since: Some(now),
            bound: false,
            ready_by: None,
            outputs: VecDeque::new(),
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub fn is_active(&self) -> bool {
        self.stage == Stage::Active
    }

    pub fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Active | Stage::Paused)
    }

    pub fn is_closed(&self) -> bool {
        self.stage == Stage::Closed
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// As everybody may see it.
    pub fn view(&self, now: Duration) -> View {
        let awaited = self.awaited().map(|(side, at)| (side, at.saturating_sub(now)));
        View::new(self.id, self.wire_stage(), self.state, Arc::clone(&self.seated), awaited)
    }

    /// For the snapshots of this side's player.
    pub fn acknowledged(&self, side: Side) -> Option<u16> {
        self.seats[side.index()].as_ref().and_then(|seat| seat.inputs.acknowledged())
    }

    /// Lets somebody watch, unless as many do as may. Whatever connection it watched through before ends. A spectator
    /// sees the game from the left.
    pub fn watch(&mut self, user_id: UserId, link: LinkId) -> bool {
        if self.stage == Stage::Closed {
            return false;
        }
        let before = self.spectators.iter().position(|(watching, _)| *watching == user_id);
        if let Some((_, old)) = before.map(|index| self.spectators.remove(index)) {
            self.outputs.push_back(Output::Detach(old, Parting::Replaced));
        }
        if self.spectators.len() >= self.timing.spectators {
            return false;
        }
        self.spectators.push((user_id, link));
        self.welcome(link, Side::Left);
        self.outputs.push_back(Output::Send(link, self.seats_message()));
        true
    }

    pub fn unwatch(&mut self, link: LinkId) {
        self.spectators.retain(|(_, spectator)| *spectator != link);
    }

    fn welcome(&mut self, link: LinkId, side: Side) {
        self.outputs.push_back(Output::Send(
            link,
            ServerMessage::Welcome {
                side,
                rules: self.state.rules,
                stage: self.wire_stage(),
                tick: self.state.tick,
                scores: self.state.scores,
            },
        ));
    }

    pub fn receive(&mut self, side: Side, message: ClientMessage, now: Duration) {
        match (message, self.stage) {
            (ClientMessage::Ready, Stage::WaitingForPlayers | Stage::WaitingForReady { .. }) => {
                let Some(seat) = self.seats[side.index()].as_mut().filter(|seat| !seat.ready) else { return };
                seat.ready = true;
                self.outputs.push_back(Output::Ready(seat.player.user_id));
                self.tell_seats();
                if matches!(self.stage, Stage::WaitingForReady { .. }) && self.all(|seat| seat.ready) {
                    self.start();
                }
            }
            (ClientMessage::Leave, _) => self.vacate(side, now),
            (ClientMessage::Ready, _) => {}
        }
    }

    pub fn input(&mut self, side: Side, inputs: &Inputs) {
        if let Some(seat) = &mut self.seats[side.index()] {
            seat.inputs.receive(inputs);
        }
    }

    /// The player holds this until told otherwise.
    pub fn hold(&mut self, side: Side, input: Input) {
        if let Some(seat) = &mut self.seats[side.index()] {
            seat.inputs.hold(input);
        }
    }

    /// One tick passes.
    pub fn step(&mut self, now: Duration) {
        match self.stage {
            Stage::WaitingForReady { until } if now >= until => self.nobody_waits(now),
            Stage::WaitingForPlayers if self.bound && self.ready_by.is_some_and(|until| now >= until) => {
                self.nobody_waits(now);
            }
            Stage::WaitingForPlayers | Stage::WaitingForReady { .. } => self.close_if_empty(now),
            Stage::Active => self.play(now),
            Stage::Paused => {
                let late = |side: &Side| {
                    self.seats[side.index()].as_ref().and_then(|seat| seat.forfeits_at).filter(|at| now >= *at)
                };
                // When both are away too long, the first to go loses.
                if let Some(side) = Side::BOTH.into_iter().filter(|side| late(side).is_some()).min_by_key(late) {
                    self.forfeit(side, now);
                }
            }
            Stage::Finished { close_at } if now >= close_at => self.close(),
            Stage::Finished { .. } | Stage::Closed => {}
        }
    }

    /// Ends everything at once, without a result.
    pub fn close(&mut self) {
        self.end(Ending::Natural, Parting::Over);
    }

    /// Ends everything because the server stops.
    pub fn stop(&mut self) {
        match self.stage {
            Stage::WaitingForPlayers | Stage::WaitingForReady { .. } => self.end(Ending::StoppedBefore, STOPPED),
            Stage::Active | Stage::Paused => self.end(Ending::StoppedWithin, STOPPED),
            Stage::Finished { .. } | Stage::Closed => self.close(),
        }
    }

    fn end(&mut self, ending: Ending, parting: Parting) {
        if self.stage == Stage::Closed {
            return;
        }
        self.stage = Stage::Closed;
        for (_, link) in self.spectators.drain(..) {
            self.outputs.push_back(Output::Detach(link, parting));
        }
        for seat in self.seats.iter_mut().flatten() {
            if let Some(link) = seat.link.take() {
                let user_id = seat.player.user_id;
                self.outputs.push_back(Output::Detach(link, parting));
                self.outputs.push_back(Output::Event(GameEvent::PlayerDropped { game_id: self.id, user_id }));
            }
        }
        self.outputs.push_back(Output::Event(GameEvent::Closed { game_id: self.id, ending }));
    }

    fn start(&mut self) {
        self.stage = Stage::Active;
        self.outputs.push_back(Output::Event(GameEvent::Started { game_id: self.id }));
        self.tell(&ServerMessage::Start { tick: self.state.tick });
    }

    fn play(&mut self, now: Duration) {
        let mut inputs = [Input::Stop; 2];
        for (side, input) in Side::BOTH.into_iter().zip(&mut inputs) {
            let Some(seat) = &mut self.seats[side.index()] else { continue };
            *input = seat.inputs.step();
            if std::mem::replace(&mut seat.held, *input) != *input {
                self.outputs.push_back(Output::Moved(side, *input));
            }
        }
        self.recorder.step(&self.state, inputs);
        let events = self.state.step(inputs);
        for event in events.iter() {
            match event {
                StepEvent::Hit(_) | StepEvent::Wall => {}
                StepEvent::Point(side) => {
                    let (tick, scores) = (self.state.tick, self.state.scores);
                    self.tell(&ServerMessage::Point { side, tick, scores });
                }
                StepEvent::Finished(outcome) => self.finish(outcome, now),
            }
        }
    }

    /// The time to get ready is over: who is ready wins against who is not.
    fn nobody_waits(&mut self, now: Duration) {
        let ready = |side: &Side| self.seats[side.index()].as_ref().is_some_and(|seat| seat.ready);
        match Side::BOTH.into_iter().find(ready) {
            Some(side) => self.forfeit(!side, now),
            None => self.close(),
        }
    }

    fn close_if_empty(&mut self, now: Duration) {
        if self.empty_since.is_some_and(|since| now.saturating_sub(since) >= self.timing.empty_room_timeout) {
            self.close();
        }
    }

    fn forfeit(&mut self, loser: Side, now: Duration) {
        self.recorder.mark(Mark::Forfeit(loser));
        self.state.forfeit(loser);
        if let Phase::Finished(outcome) = self.state.phase {
            self.finish(outcome, now);
        }
    }

    fn finish(&mut self, outcome: Outcome, now: Duration) {
        self.stage = Stage::Finished { close_at: now + self.timing.linger };
        let Outcome { winner, reason } = outcome;
        let scores = self.state.scores;
        let winner = winner.and_then(|side| self.seats[side.index()].as_ref()).map(|seat| seat.player.user_id);
        let replay = Record(self.recorder.encode().into());
        let event = GameEvent::Finished { game_id: self.id, winner, reason, scores, replay };
        self.outputs.push_back(Output::Event(event));
        self.tell(&ServerMessage::Finished { outcome, scores });
    }

    /// Goes on when everyone is back, or says for whom the others wait.
    fn resume_or_explain(&mut self, now: Duration) {
        if self.stage != Stage::Paused {
            return;
        }
        match self.awaited() {
            Some((side, at)) => {
                let remaining = u32::try_from(at.saturating_sub(now).as_millis()).unwrap_or(u32::MAX);
                self.tell(&ServerMessage::Paused { side, remaining_ms: remaining });
            }
            None => {
                self.stage = Stage::Active;
                self.state.resume();
                self.recorder.mark(Mark::Resumed);
                for seat in self.seats.iter_mut().flatten() {
                    seat.inputs.resume();
                }
                self.tell(&ServerMessage::Resumed { tick: self.state.tick });
            }
        }
    }

    /// Who is away and for how long still: the first of them, from left to right.
    fn awaited(&self) -> Option<(Side, Duration)> {
        let away = |side: Side| Some((side, self.seats[side.index()].as_ref()?.forfeits_at?));
        Side::BOTH.into_iter().filter(|_| self.stage == Stage::Paused).find_map(away)
    }

    /// Every message tells of a change.
    fn tell(&mut self, message: &ServerMessage) {
        let players = self.seats.iter().flatten().filter_map(|seat| seat.link);
        let links = players.chain(self.spectators.iter().map(|(_, link)| *link));
        self.outputs.extend(links.map(|link| Output::Send(link, message.clone())));
        self.outputs.push_back(Output::Changed);
    }

    fn all(&self, holds: impl Fn(&Seat) -> bool) -> bool {
        self.seats.iter().all(|seat| seat.as_ref().is_some_and(&holds))
    }

    fn wire_stage(&self) -> WireStage {
        match self.stage {
            Stage::WaitingForPlayers => WireStage::WaitingForPlayers,
            Stage::WaitingForReady { .. } => WireStage::WaitingForReady,
            Stage::Active => WireStage::Active,
            Stage::Paused => WireStage::Paused,
            Stage::Finished { .. } | Stage::Closed => WireStage::Finished,
        }
    }
}
