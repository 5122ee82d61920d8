//! The rules of the game, in integers: the same inputs from the same seed give the same match on every machine.

use std::ops::Not;

use crate::TICK_RATE;

/// The field's width and height, in the simulation's units.
pub const ONE: i32 = 1 << 20;
/// Half a paddle's height.
pub const PADDLE_HALF: i32 = ONE / 11;
/// The ball's radius.
pub const BALL_RADIUS: i32 = ONE / 80;
/// Where the left paddle's face stands. The right one mirrors it.
pub const FACE: i32 = ONE / 25;
/// Ticks between a point and the next serve.
pub const SERVE_TICKS: u16 = 72;
/// Ticks that the ball hangs still after a pause.
pub const RESUME_TICKS: u16 = 90;

/// How fast the ball starts and the paddles move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Speed {
    Slow,
    #[default]
    Medium,
    Fast,
}

/// What players may choose. Out of range values are brought into range by [`Rules::clamped`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    pub speed: Speed,
    /// Points that win, 3–20.
    pub score_to_win: u8,
    /// Minutes of play, 1–5. Whoever leads then wins.
    pub time_limit: Option<u8>,
    /// A moving paddle gives spin, and rallies speed up more and for longer.
    pub cool_mode: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { speed: Speed::Medium, score_to_win: 5, time_limit: None, cool_mode: false }
    }
}

impl Rules {
    pub fn clamped(self) -> Self {
        Self {
            score_to_win: self.score_to_win.clamp(3, 20),
            time_limit: self.time_limit.map(|minutes| minutes.clamp(1, 5)),
            ..self
        }
    }

    /// The ball's speed at the serve, in units per tick.
    pub fn serve_speed(&self) -> i32 {
        let percent_per_second = match self.speed {
            Speed::Slow => 45,
            Speed::Medium => 62,
            Speed::Fast => 82,
        };
        per_tick(percent_per_second)
    }

    /// The ball's speed is never above this, in units per tick.
    pub fn top_speed(&self) -> i32 {
        let (times, of) = if self.cool_mode { (13, 5) } else { (2, 1) };
        self.serve_speed() * times / of
    }

    /// The furthest that a paddle moves in one tick.
    pub fn paddle_speed(&self) -> i32 {
        match self.speed {
            Speed::Slow => per_tick(95),
            Speed::Medium => per_tick(115),
            Speed::Fast => per_tick(140),
        }
    }

    /// Ticks of play until time is up.
    pub fn time_limit_ticks(&self) -> Option<u32> {
        self.time_limit.map(|minutes| u32::from(minutes) * 60 * TICK_RATE)
    }
}

const fn per_tick(percent_per_second: i32) -> i32 {
    ONE / 100 * percent_per_second / TICK_RATE as i32
}

/// A player's side of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    Left,
    Right,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::Left, Side::Right];

    /// 0 or 1, as arrays of both players are indexed.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl Not for Side {
    type Output = Side;

    fn not(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }
}

/// What a player wants its paddle to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Input {
    #[default]
    Stop,
    /// Towards 0.
    Up,
    /// Towards 1.
    Down,
    /// Towards this place, 0–65535 for 0–1, at no more than the legal speed.
    To(u16),
}

impl Input {
    /// Towards a place from 0 to 1; beyond is brought into range, and what is no number stops.
    pub fn to(y: f32) -> Self {
        if y.is_nan() { Input::Stop } else { Input::To((y.clamp(0.0, 1.0) * 65535.0).round() as u16) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ball {
    pub x: i32,
    pub y: i32,
    /// Units per tick.
    pub vx: i32,
    pub vy: i32,
}

impl Ball {
    /// Place from 0 to 1.
    pub fn position(&self) -> (f32, f32) {
        (to_f32(self.x), to_f32(self.y))
    }

    /// Field lengths per second.
    pub fn velocity(&self) -> (f32, f32) {
        (to_f32(self.vx) * TICK_RATE as f32, to_f32(self.vy) * TICK_RATE as f32)
    }
}

/// Units as a number from 0 to 1.
pub fn to_f32(units: i32) -> f32 {
    units as f32 / ONE as f32
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Paddle {
    /// The centre.
    pub y: i32,
    /// What the last tick moved it by.
    pub moved: i32,
}

impl Paddle {
    /// Moves one tick, never faster or further than the rules allow.
    pub fn step(&mut self, input: Input, rules: &Rules) {
        let speed = rules.paddle_speed();
        let wish = match input {
            Input::Stop => 0,
            Input::Up => -speed,
            Input::Down => speed,
            Input::To(y) => (i32::from(y) * 16 - self.y).clamp(-speed, speed),
        };
        let y = (self.y + wish).clamp(PADDLE_HALF, ONE - PADDLE_HALF);
        self.moved = y - self.y;
        self.y = y;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    Score,
    Time,
    Forfeit,
}

/// How a match ended. No winner: a draw on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    pub winner: Option<Side>,
    pub reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    Playing,
    Finished(Outcome),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepEvent {
    /// A paddle struck the ball.
    Hit(Side),
    /// The ball bounced off the top or the bottom.
    Wall,
    /// This side scored.
    Point(Side),
    Finished(Outcome),
}

/// What happened in one step, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepEvents([Option<StepEvent>; 3]);

impl StepEvents {
    fn push(&mut self, event: StepEvent) {
        if let Some(free) = self.0.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(event);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0[0].is_none()
    }

    pub fn iter(&self) -> impl Iterator<Item = StepEvent> + '_ {
        self.0.iter().flatten().copied()
    }
}

/// A match between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub rules: Rules,
    pub tick: u32,
    pub ball: Ball,
    pub paddles: [Paddle; 2],
    pub scores: [u8; 2],
    /// Ticks that the ball still hangs where it is; paddles move.
    pub hold: u16,
    pub phase: Phase,
    random: u64,
}

impl State {
    /// The first serve of a match. The seed decides where it goes.
    pub fn new(rules: Rules, seed: u64) -> Self {
        let centre = Paddle { y: ONE / 2, moved: 0 };
        let mut state = Self {
            rules: rules.clamped(),
            tick: 0,
            ball: Ball { x: ONE / 2, y: ONE / 2, vx: 0, vy: 0 },
            paddles: [centre; 2],
            scores: [0; 2],
            hold: SERVE_TICKS,
            phase: Phase::Playing,
            random: seed,
        };
        let first = if state.draw() & 1 == 0 { Side::Left } else { Side::Right };
        state.serve_to(first);
        state
    }

    /// One tick. A finished match does not change.
    pub fn step(&mut self, inputs: [Input; 2]) -> StepEvents {
        let mut events = StepEvents::default();
        if let Phase::Finished(_) = self.phase {
            return events;
        }
        self.tick = self.tick.wrapping_add(1);
        let rules = self.rules;
        for (paddle, input) in self.paddles.iter_mut().zip(inputs) {
            paddle.step(input, &rules);
        }
        if self.hold > 0 {
            self.hold -= 1;
        } else {
            self.move_ball(&mut events);
        }
        if self.phase == Phase::Playing && rules.time_limit_ticks().is_some_and(|limit| self.tick >= limit) {
            let winner = match self.scores[0].cmp(&self.scores[1]) {
                std::cmp::Ordering::Less => Some(Side::Right),
                std::cmp::Ordering::Equal => None,
                std::cmp::Ordering::Greater => Some(Side::Left),
            };
            self.finish(Outcome { winner, reason: Reason::Time }, &mut events);
        }
        events
    }

    /// Ends the match because this side gave up or did not come back.
    pub fn forfeit(&mut self, loser: Side) {
        if self.phase == Phase::Playing {
            self.phase = Phase::Finished(Outcome { winner: Some(!loser), reason: Reason::Forfeit });
        }
    }

    /// Play goes on after a pause: the ball hangs still for a moment.
    pub fn resume(&mut self) {
        self.hold = self.hold.max(RESUME_TICKS);
    }

    fn move_ball(&mut self, events: &mut StepEvents) {
        let from = self.ball;
        let (mut x, mut y) = (from.x + from.vx, from.y + from.vy);
        let (top, bottom) = (BALL_RADIUS, ONE - BALL_RADIUS);
        let crossed = if from.vx < 0 {
            (from.x > FACE && x <= FACE).then_some((Side::Left, FACE))
        } else {
            (from.x < ONE - FACE && x >= ONE - FACE).then_some((Side::Right, ONE - FACE))
        };
        if let Some((side, face)) = crossed {
            let part = i64::from(face - from.x) * i64::from(from.vy) / i64::from(from.vx);
            let contact = mirror(from.y + part as i32, top, bottom).0;
            let offset = contact - self.paddles[side.index()].y;
            if offset.abs() <= PADDLE_HALF + BALL_RADIUS {
                (x, y) = (face, contact);
                self.ball = Ball { x, y, ..from };
                self.bounce(side, offset);
                events.push(StepEvent::Hit(side));
                return;
            }
        }
        let (mirrored, bounced) = mirror(y, top, bottom);
        y = mirrored;
        self.ball = Ball { x, y, vx: from.vx, vy: if bounced { -from.vy } else { from.vy } };
        if bounced {
            events.push(StepEvent::Wall);
        }
        if x <= 0 {
            self.point(Side::Right, events);
        } else if x >= ONE {
            self.point(Side::Left, events);
        }
    }

    /// Sends the ball back: steeper the further from the paddle's centre it struck.
    fn bounce(&mut self, side: Side, offset: i32) {
        let old = i64::from(self.ball.vx).pow(2) + i64::from(self.ball.vy).pow(2);
        let gain = if self.rules.cool_mode { 107 } else { 104 };
        let speed = (old.isqrt() * gain / 100).clamp(1, i64::from(self.rules.top_speed()));
        let reach = i64::from(PADDLE_HALF + BALL_RADIUS);
        let mut vy = speed * 4 / 5 * i64::from(offset) / reach;
        if self.rules.cool_mode {
            vy += i64::from(self.paddles[side.index()].moved) / 3;
        }
        // At most about 53 degrees, so that the ball always makes way.
        vy = vy.clamp(-speed * 4 / 5, speed * 4 / 5);
        let vx = (speed * speed - vy * vy).isqrt() as i32;
        self.ball.vx = if side == Side::Left { vx } else { -vx };
        self.ball.vy = vy as i32;
    }

    fn point(&mut self, side: Side, events: &mut StepEvents) {
        self.scores[side.index()] += 1;
        events.push(StepEvent::Point(side));
        if self.scores[side.index()] >= self.rules.score_to_win {
            self.ball.x = self.ball.x.clamp(0, ONE);
            self.finish(Outcome { winner: Some(side), reason: Reason::Score }, events);
        } else {
            self.serve_to(!side);
        }
    }

    fn finish(&mut self, outcome: Outcome, events: &mut StepEvents) {
        self.phase = Phase::Finished(outcome);
        events.push(StepEvent::Finished(outcome));
    }

    fn serve_to(&mut self, side: Side) {
        let speed = i64::from(self.rules.serve_speed());
        let spread = speed * 2 / 5;
        let vy = (self.draw() % (2 * spread as u64 + 1)) as i64 - spread;
        let vx = (speed * speed - vy * vy).isqrt() as i32;
        self.ball = Ball { x: ONE / 2, y: ONE / 2, vx: if side == Side::Left { -vx } else { vx }, vy: vy as i32 };
        self.hold = SERVE_TICKS;
    }

    /// The next of a fixed sequence of numbers (SplitMix64).
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Folds a place back between two walls, and says whether it had to.
fn mirror(y: i32, top: i32, bottom: i32) -> (i32, bool) {
    if y < top {
        ((2 * top - y).min(bottom), true)
    } else if y > bottom {
        ((2 * bottom - y).max(top), true)
    } else {
        (y, false)
    }
}

#[cfg(test)]
mod tests;
