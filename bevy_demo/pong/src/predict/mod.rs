//! What a client shows while snapshots are on their way.
//!
//! One's own paddle is shown at the tick in which the server will play the input that is held now: the last snapshot,
//! stepped forward by the shared rules with the inputs that it does not hold yet. The other paddle is shown a moment
//! ago, between two snapshots. The ball goes from the one time to the other on its way over the field: at one's own
//! paddle it is as early as that paddle, at the other's as late as that one. So what the other player does is never
//! guessed, only known; the ball seems a little faster on its way here than on its way back. What turns out wrong
//! nevertheless is corrected smoothly.

mod path;

use std::{collections::VecDeque, time::Duration};

use self::path::{Path, Point, When};
use crate::{
    TICK,
    input::{InputSender, widen},
    rules::{FACE, Input, ONE, PADDLE_HALF, Paddle, Phase, Rules, Side, State, StepEvent, to_f32},
    snapshot::Snapshot,
};

/// Ticks that are worked out at most; a longer silence stands still.
const MOST_AHEAD: u32 = 30;
/// Ticks that the other side of the field is shown late: time for a snapshot to be lost and the next to arrive.
const LATE: f64 = 5.0;
/// Snapshots that the other paddle is shown between.
const OTHERS: usize = 8;
/// The part by which one snapshot's arrival moves the clock.
const CLOCK_GAIN: f64 = 0.05;
/// Ticks by which the clock or the lead is wrong before it is set anew rather than moved.
const TOO_WRONG: f64 = 15.0;
/// Of a wrong lead, what is left after a second, as a power of e.
const LEAD_DECAY: f64 = 2.0;
/// Of the time in which the fastest ball crosses the field, the part that the near side may be ahead of the far one.
const MOST_LEAD: f64 = 0.7;
/// Of an error, what is left after a second, as a power of e.
const DECAY: f32 = 9.0;
/// Errors above this are not smoothed: it was a serve.
const JUMP: f32 = 0.2;

/// What to draw, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub ball: (f32, f32),
    /// The centres: left, right.
    pub paddles: [f32; 2],
    pub scores: [u8; 2],
    /// Ticks that the ball still hangs.
    pub hold: u16,
    /// How far the ball is drawn from where it was worked out to be.
    pub ball_error: f32,
    /// Ticks worked out beyond the last snapshot.
    pub ahead: u32,
}

/// Predicts for one player. Time is any clock that only goes forward.
#[derive(Clone, Debug)]
pub struct Predictor {
    side: Side,
    rules: Rules,
    sender: InputSender,
    latest: Option<Snapshot>,
    /// The server's tick at the beginning of this clock, as the snapshots arrive.
    origin: Option<f64>,
    /// When a snapshot came last, and what `origin` was before those of that moment.
    dated: Option<(Duration, Option<f64>)>,
    /// Ticks from what is shown at the far side to what is shown here.
    lead: Option<f64>,
    path: Path,
    others: VecDeque<(u32, f32)>,
    worked_out: Option<State>,
    ball_error: (f32, f32),
    own_error: f32,
    viewed: Duration,
    ticked: Option<Duration>,
}

impl Predictor {
    pub fn new(side: Side, rules: Rules) -> Self {
        Self {
            side,
            rules: rules.clamped(),
            sender: InputSender::default(),
            latest: None,
            origin: None,
            dated: None,
            lead: None,
            path: Path::default(),
            others: VecDeque::with_capacity(OTHERS),
            worked_out: None,
            ball_error: (0.0, 0.0),
            own_error: 0.0,
            viewed: Duration::ZERO,
            ticked: None,
        }
    }

    /// Holds an input until `now`: as many ticks pass as are due since the last call, at most a quarter second's.
    pub fn hold(&mut self, now: Duration, input: Input) {
        let mut ticked = self.ticked.unwrap_or_else(|| now.saturating_sub(TICK));
        if now.saturating_sub(ticked) > TICK * 15 {
            ticked = now - TICK * 15;
        }
        while ticked + TICK <= now {
            ticked += TICK;
            let played = self.sender.step(input);
            if self.ahead() < MOST_AHEAD
                && let Some(mut state) = self.worked_out
            {
                self.advance(&mut state, played);
                self.worked_out = Some(state);
            }
        }
        self.ticked = Some(ticked);
    }

    /// The inputs to send, if any are due. Call it [`crate::CLIENT_SEND_RATE`] times a second.
    pub fn message(&mut self) -> Option<Vec<u8>> {
        self.sender.message()
    }

    /// Starts from the server's word again.
    pub fn snapshot(&mut self, now: Duration, snapshot: Snapshot) {
        let before = self.worked_out;
        let shown = self.shown(now);
        self.set_clock(now, snapshot.tick);
        self.latest = Some(snapshot);
        if self.others.len() == OTHERS {
            self.others.pop_front();
        }
        self.others.push_back((snapshot.tick, to_f32(snapshot.paddles[(!self.side).index()])));
        let mut state = restore(&snapshot, self.rules);
        self.path.confirm(Point::of(&state));
        let first = snapshot.acknowledged.map(|low| widen(low, self.sender.tick()));
        let ahead = first.map_or(0, |tick| self.sender.tick().wrapping_sub(tick));
        if ahead <= MOST_AHEAD {
            for back in (0..ahead).rev() {
                let tick = self.sender.tick().wrapping_sub(back);
                let played = self.sender.at(tick).unwrap_or_default();
                self.advance(&mut state, played);
            }
        }
        self.worked_out = Some(state);
        if let Some(before) = before {
            let side = self.side.index();
            self.own_error += to_f32(before.paddles[side].y) - to_f32(state.paddles[side].y);
            if self.own_error.abs() > JUMP {
                self.own_error = 0.0;
            }
        }
        if let (Some(old), Some(new)) = (shown, self.shown(now)) {
            self.ball_error = (self.ball_error.0 + old.x - new.x, self.ball_error.1 + old.y - new.y);
            if self.ball_error.0.abs().max(self.ball_error.1.abs()) > JUMP || old.scores != new.scores {
                self.ball_error = (0.0, 0.0);
            }
        }
    }

    /// What to draw at `now`; `None` before the first snapshot.
    pub fn view(&mut self, now: Duration) -> Option<View> {
        let state = self.worked_out?;
        let late = self.late(now)?;
        let passed = now.saturating_sub(self.viewed);
        self.viewed = now;
        let keep = (-DECAY * passed.as_secs_f32()).exp();
        self.ball_error = (self.ball_error.0 * keep, self.ball_error.1 * keep);
        self.own_error *= keep;
        let lead = f64::from(state.tick) + self.part(now) - late;
        self.lead = Some(match self.lead {
            Some(old) if (lead - old).abs() < TOO_WRONG => {
                lead + (old - lead) * (-LEAD_DECAY * passed.as_secs_f64()).exp()
            }
            _ => lead,
        });

        let ball = self.shown(now)?;
        let side = self.side.index();
        let mut paddles = [to_f32(state.paddles[side].y) + self.own_error; 2];
        paddles[(!self.side).index()] = self.other(late)?;
        Some(View {
            ball: ((ball.x + self.ball_error.0).clamp(0.0, 1.0), (ball.y + self.ball_error.1).clamp(0.0, 1.0)),
            paddles,
            scores: ball.scores,
            hold: ball.hold,
            ball_error: self.ball_error.0.hypot(self.ball_error.1),
            ahead: self.ahead(),
        })
    }

    /// Ticks worked out beyond the last snapshot.
    fn ahead(&self) -> u32 {
        match (&self.worked_out, &self.latest) {
            (Some(state), Some(snapshot)) => state.tick.wrapping_sub(snapshot.tick),
            _ => 0,
        }
    }

    /// Between two ticks of one's own, the part of a tick that has passed.
    fn part(&self, now: Duration) -> f64 {
        self.ticked.map_or(0.0, |ticked| ticks(now.saturating_sub(ticked)).min(1.0))
    }

    /// Snapshots come early and late; the clock goes evenly. Of several that a slow frame finds waiting, only the newest
    /// has come just now.
    fn set_clock(&mut self, now: Duration, tick: u32) {
        let before = match self.dated {
            Some((at, before)) if at == now => before,
            _ => self.origin,
        };
        self.dated = Some((now, before));
        let sample = f64::from(tick) - ticks(now);
        self.origin = Some(match before {
            Some(origin) if (sample - origin).abs() < TOO_WRONG => origin + (sample - origin) * CLOCK_GAIN,
            _ => sample,
        });
    }

    /// The tick that is shown at the far side.
    fn late(&self, now: Duration) -> Option<f64> {
        self.origin.map(|origin| origin + ticks(now) - LATE)
    }

    /// Where the ball is seen, errors aside.
    fn shown(&self, now: Duration) -> Option<Point> {
        let state = self.worked_out?;
        let late = self.late(now)?;
        let crossing = f64::from(ONE - 2 * FACE) / f64::from(self.rules.top_speed());
        let near = late + self.lead.unwrap_or(LATE).clamp(0.0, crossing * MOST_LEAD);
        let when = match self.side {
            Side::Left => When { left: near, right: late },
            Side::Right => When { left: late, right: near },
        };
        let mut beyond = state;
        if state.hold == 0 && state.phase == Phase::Playing && self.ahead() < MOST_AHEAD {
            beyond.ball.x += state.ball.vx;
            beyond.ball.y += state.ball.vy;
        }
        beyond.tick = state.tick.wrapping_add(1);
        self.path.shown(when, Point::of(&beyond))
    }

    /// One tick further. A point is the server's to give: until then the ball waits behind the paddle.
    fn advance(&mut self, state: &mut State, input: Input) {
        let mut inputs = [self.other_goes_on(); 2];
        inputs[self.side.index()] = input;
        let mut next = *state;
        if next.step(inputs).iter().any(|event| matches!(event, StepEvent::Point(_))) {
            let limit = if state.ball.vx < 0 { 0 } else { ONE };
            state.ball.x = limit;
            state.tick = state.tick.wrapping_add(1);
            let rules = state.rules;
            state.paddles[self.side.index()].step(input, &rules);
        } else {
            *state = next;
        }
        self.path.work_out(Point::of(state));
    }

    /// The time from holding an input to seeing the server's answer to it, as far as it shows in ticks.
    pub fn lag(&self) -> Option<Duration> {
        let snapshot = self.latest?;
        let played = widen(snapshot.acknowledged?, self.sender.tick());
        // The server can be a tick ahead of a client whose frame stalled.
        let behind = self.sender.tick().wrapping_sub(played).cast_signed().clamp(0, 600);
        Some(TICK * behind.unsigned_abs())
    }

    /// The other paddle at a tick, between the snapshots around it.
    fn other(&self, tick: f64) -> Option<f32> {
        let (newest, oldest) = (self.others.back()?, self.others.front()?);
        let pairs = self.others.iter().zip(self.others.iter().skip(1)).rev();
        for ((from, a), (to, b)) in pairs {
            if tick >= f64::from(*from) && to > from {
                let part = ((tick - f64::from(*from)) / f64::from(to - from)).min(1.0);
                return Some(a + (b - a) * part as f32);
            }
        }
        Some(if tick < f64::from(oldest.0) { oldest.1 } else { newest.1 })
    }

    /// What the other player seems to hold.
    fn other_goes_on(&self) -> Input {
        let mut newest_first = self.others.iter().rev();
        let (Some((to, b)), Some((from, a))) = (newest_first.next(), newest_first.next()) else { return Input::Stop };
        let least = to_f32(self.rules.paddle_speed()) * to.saturating_sub(*from) as f32 / 2.0;
        match b - a {
            moved if moved > least => Input::Down,
            moved if moved < -least => Input::Up,
            _ => Input::Stop,
        }
    }
}

fn ticks(time: Duration) -> f64 {
    time.as_secs_f64() / TICK.as_secs_f64()
}

fn restore(snapshot: &Snapshot, rules: Rules) -> State {
    let mut state = State::new(rules, 0);
    state.tick = snapshot.tick;
    state.ball = snapshot.ball;
    state.paddles = snapshot.paddles.map(|y| Paddle { y: y.clamp(PADDLE_HALF, ONE - PADDLE_HALF), moved: 0 });
    state.scores = snapshot.scores;
    state.hold = snapshot.hold;
    // Only the server says when time is up.
    state.rules.time_limit = None;
    state
}

#[cfg(test)]
mod tests;
