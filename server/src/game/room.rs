//! One game: `waiting_for_players → waiting_for_ready → active ⇄ paused → finished → closed`.
//!
//! Time is an argument, and what a room has to say is collected in [`Room::poll`]. Players are attached through a
//! [`LinkId`], which says nothing about how they are connected.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use rallypoint_pong::{
    input::{InputBuffer, Inputs},
    replay::{Mark, Recorder},
    rules::{Input, Outcome, Phase, Rules, Side, State, StepEvent},
    wire::{ClientMessage, Seat as WireSeat, ServerMessage, Stage as WireStage},
};
use rallypoint_protocol::{GameId, UserId};

use super::{
    GameConfig, GameEvent, Player, Record,
    local::Parting,
    view::{Seated, View},
};

/// Drops after which a player who drops again has lost: coming back each time must not stall a match for ever.
const MAX_DROPS: u8 = 5;

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
struct Seat {
    player: Player,
    link: Option<LinkId>,
    ready: bool,
    inputs: InputBuffer,
    /// What was played last.
    held: Input,
    /// When the time to come back is over, while it runs.
    forfeits_at: Option<Duration>,
    drops: u8,
}

#[derive(Debug)]
pub struct Room {
    id: GameId,
    timing: Timing,
    state: State,
    stage: Stage,
    seats: [Option<Seat>; 2],
    spectators: Vec<LinkId>,
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

    /// Lets somebody watch, unless as many do as may. A spectator sees the game from the left.
    pub fn watch(&mut self, link: LinkId) -> bool {
        if self.stage == Stage::Closed || self.spectators.len() >= self.timing.spectators {
            return false;
        }
        self.spectators.push(link);
        self.welcome(link, Side::Left);
        self.outputs.push_back(Output::Send(link, self.seats_message()));
        true
    }

    pub fn unwatch(&mut self, link: LinkId) {
        self.spectators.retain(|spectator| *spectator != link);
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

    fn vacate(&mut self, side: Side, now: Duration) {
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
        if self.stage == Stage::Closed {
            return;
        }
        self.stage = Stage::Closed;
        for link in self.spectators.drain(..) {
            self.outputs.push_back(Output::Detach(link, Parting::Over));
        }
        for seat in self.seats.iter_mut().flatten() {
            if let Some(link) = seat.link.take() {
                let user_id = seat.player.user_id;
                self.outputs.push_back(Output::Detach(link, Parting::Over));
                self.outputs.push_back(Output::Event(GameEvent::PlayerDropped { game_id: self.id, user_id }));
            }
        }
        self.outputs.push_back(Output::Event(GameEvent::Closed { game_id: self.id }));
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

    fn tell_seats(&mut self) {
        let seated = |seat: &Seat| Seated {
            user_id: seat.player.user_id,
            name: seat.player.name.clone(),
            connected: seat.link.is_some(),
            ready: seat.ready,
        };
        self.seated = Arc::new(self.seats.each_ref().map(|seat| seat.as_ref().map(seated)));
        self.tell(&self.seats_message());
    }

    fn seats_message(&self) -> ServerMessage {
        let seat = |seated: &Option<Seated>| {
            seated.as_ref().map_or_else(WireSeat::default, |seated| WireSeat {
                name: seated.name.clone(),
                connected: seated.connected,
                ready: seated.ready,
            })
        };
        ServerMessage::Seats(self.seated.each_ref().map(seat))
    }

    /// Every message tells of a change.
    fn tell(&mut self, message: &ServerMessage) {
        let players = self.seats.iter().flatten().filter_map(|seat| seat.link);
        let links = players.chain(self.spectators.iter().copied());
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

fn seat_dropped(seat: &mut Option<Seat>, forfeits_at: Duration) {
    if let Some(seat) = seat {
        seat.forfeits_at = Some(forfeits_at);
        seat.drops += 1;
    }
}
