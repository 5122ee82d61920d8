//! What a client shows while snapshots are on their way.
//!
//! One's own paddle and the ball are shown at the tick in which the server will play the input that is held now:
//! the last snapshot, stepped forward by the shared rules with the inputs that it does not hold yet. The other
//! paddle is shown a moment ago, between two snapshots. What turns out wrong is corrected smoothly.

use std::time::Duration;

use crate::{
    TICK,
    input::{InputSender, widen},
    rules::{Ball, Input, ONE, PADDLE_HALF, Paddle, Phase, Rules, Side, State, StepEvent, to_f32},
    snapshot::Snapshot,
};

/// Ticks that are worked out at most; a longer silence stands still.
const MOST_AHEAD: u32 = 30;
/// Ticks that the other paddle is shown late.
const LATE: f32 = 5.0;
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
    latest: Option<(Snapshot, Duration)>,
    others: [(u32, f32); 3],
    own: f32,
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
            others: [(0, 0.5); 3],
            own: 0.5,
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
            self.sender.step(input);
            if let (Some(state), Some((snapshot, _))) = (&mut self.worked_out, &self.latest)
                && state.tick.wrapping_sub(snapshot.tick) < MOST_AHEAD
            {
                advance(state, self.side, self.sender.at(self.sender.tick()).unwrap_or_default());
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
        self.latest = Some((snapshot, now));
        let other = to_f32(snapshot.paddles[(!self.side).index()]);
        self.others = [self.others[1], self.others[2], (snapshot.tick, other)];
        let mut state = restore(&snapshot, self.rules);
        let mut own = snapshot.paddles[self.side.index()];
        own = own.clamp(PADDLE_HALF, ONE - PADDLE_HALF);
        state.paddles[self.side.index()].y = own;
        let first = snapshot.acknowledged.map(|low| widen(low, self.sender.tick()));
        let ahead = first.map_or(0, |tick| self.sender.tick().wrapping_sub(tick));
        if ahead <= MOST_AHEAD {
            for back in (0..ahead).rev() {
                let tick = self.sender.tick().wrapping_sub(back);
                advance(&mut state, self.side, self.sender.at(tick).unwrap_or_default());
            }
        }
        if let Some(before) = before {
            let (old, new) = (before.ball.position(), state.ball.position());
            self.ball_error = (self.ball_error.0 + old.0 - new.0, self.ball_error.1 + old.1 - new.1);
            if self.ball_error.0.abs().max(self.ball_error.1.abs()) > JUMP || before.scores != state.scores {
                self.ball_error = (0.0, 0.0);
            }
            let side = self.side.index();
            self.own_error += to_f32(before.paddles[side].y) - to_f32(state.paddles[side].y);
            if self.own_error.abs() > JUMP {
                self.own_error = 0.0;
            }
        }
        self.worked_out = Some(state);
    }

    /// What to draw at `now`; `None` before the first snapshot.
    pub fn view(&mut self, now: Duration) -> Option<View> {
        let (snapshot, arrived) = self.latest?;
        let state = self.worked_out?;
        let passed = now.saturating_sub(self.viewed).as_secs_f32();
        self.viewed = now;
        let keep = (-DECAY * passed).exp();
        self.ball_error = (self.ball_error.0 * keep, self.ball_error.1 * keep);
        self.own_error *= keep;

        // Between two ticks, the part of a tick that has passed.
        let part = self.ticked.map_or(0.0, |ticked| ticks(now.saturating_sub(ticked)).min(1.0));
        let still =
            state.hold > 0 || state.phase != Phase::Playing || state.tick.wrapping_sub(snapshot.tick) >= MOST_AHEAD;
        let Ball { vx, vy, .. } = state.ball;
        let (x, y) = state.ball.position();
        let moved = if still { (0.0, 0.0) } else { (to_f32(vx) * part, to_f32(vy) * part) };
        let ball = (x + moved.0 + self.ball_error.0, y + moved.1 + self.ball_error.1);

        let side = self.side.index();
        self.own = to_f32(state.paddles[side].y) + self.own_error;
        let mut paddles = [self.own; 2];
        paddles[(!self.side).index()] = self.other(snapshot.tick as f32 + ticks(now.saturating_sub(arrived)) - LATE);
        Some(View {
            ball: (ball.0.clamp(0.0, 1.0), ball.1.clamp(0.0, 1.0)),
            paddles,
            scores: snapshot.scores,
            hold: state.hold,
            ball_error: self.ball_error.0.hypot(self.ball_error.1),
            ahead: state.tick.wrapping_sub(snapshot.tick),
        })
    }

    /// The time from holding an input to seeing the server's answer to it, as far as it shows in ticks.
    pub fn lag(&self) -> Option<Duration> {
        let (snapshot, _) = self.latest?;
        let played = widen(snapshot.acknowledged?, self.sender.tick());
        // The server can be a tick ahead of a client whose frame stalled.
        let behind = self.sender.tick().wrapping_sub(played).cast_signed().clamp(0, 600);
        Some(TICK * behind.unsigned_abs())
    }

    /// The other paddle at a tick, between the snapshots around it.
    fn other(&self, tick: f32) -> f32 {
        let [_, _, newest] = self.others;
        for pair in self.others.windows(2).rev() {
            let ((from, a), (to, b)) = (pair[0], pair[1]);
            if tick >= from as f32 && to > from {
                let part = ((tick - from as f32) / (to - from) as f32).min(1.0);
                return a + (b - a) * part;
            }
        }
        if self.others[0].0 == 0 { newest.1 } else { self.others[0].1 }
    }
}

fn ticks(time: Duration) -> f32 {
    time.as_secs_f32() / TICK.as_secs_f32()
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

/// One tick further. A point is the server's to give: until then the ball waits behind the paddle.
fn advance(state: &mut State, side: Side, input: Input) {
    let mut inputs = [Input::Stop; 2];
    inputs[side.index()] = input;
    let mut next = *state;
    if next.step(inputs).iter().any(|event| matches!(event, StepEvent::Point(_))) {
        let limit = if state.ball.vx < 0 { 0 } else { ONE };
        state.ball.x = limit;
        state.tick = state.tick.wrapping_add(1);
        let rules = state.rules;
        state.paddles[side.index()].step(input, &rules);
    } else {
        *state = next;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        input::{InputBuffer, Inputs},
        snapshot::{SnapshotDecoder, SnapshotEncoder},
    };

    /// Packets under way: 150 ms there and back, up to 30 ms more, one in twenty lost.
    #[derive(Default)]
    struct Link {
        packets: BTreeMap<(u32, u32), Vec<u8>>,
        sent: u32,
    }

    impl Link {
        fn send(&mut self, now_ms: u32, packet: Vec<u8>) {
            self.sent += 1;
            let noise = self.sent.wrapping_mul(2_654_435_761) >> 16;
            if noise % 100 >= 5 {
                self.packets.insert((now_ms + 75 + noise / 128 % 31, self.sent), packet);
            }
        }

        fn arrive(&mut self, now_ms: u32) -> Vec<Vec<u8>> {
            let later = self.packets.split_off(&(now_ms + 1, 0));
            std::mem::replace(&mut self.packets, later).into_values().collect()
        }
    }

    struct Figures {
        ball_errors: Vec<f32>,
        own_errors: Vec<f32>,
    }

    fn play(ticks: u32) -> Figures {
        let rules = Rules { score_to_win: 20, ..Rules::default() };
        let mut state = State::new(rules, 11);
        let (mut up, mut down) = (Link::default(), Link::default());
        let (mut encoder, mut decoder) = (SnapshotEncoder::default(), SnapshotDecoder::new(0));
        let mut buffer = InputBuffer::default();
        let mut player = Predictor::new(Side::Left, rules);
        let mut figures = Figures { ball_errors: Vec::new(), own_errors: Vec::new() };
        let mut seen_ball = (0.5, 0.5);
        for tick in 0..ticks {
            let ms = tick * 1000 / 60;
            let now = TICK * tick;
            for packet in down.arrive(ms) {
                if let Some(snapshot) = decoder.decode(&packet).unwrap() {
                    player.snapshot(now, snapshot);
                }
            }
            let before = player.view(now).map(|view| view.paddles[0]);
            let input = match tick / 23 % 3 {
                0 => Input::To((seen_ball.1 * 65535.0) as u16),
                1 => Input::Up,
                _ => Input::Down,
            };
            player.hold(now, input);
            if let Some(view) = player.view(now) {
                seen_ball = view.ball;
                figures.ball_errors.push(view.ball_error);
                figures.own_errors.push(player.own_error.abs());
                let room = view.paddles[0] > 0.12 && view.paddles[0] < 0.88;
                if tick % 23 == 1 && tick / 23 % 3 != 0 && room && player.own_error.abs() < 0.001 {
                    assert_ne!(Some(view.paddles[0]), before, "the paddle answers in the same frame");
                }
            }
            if tick % 3 == 0
                && let Some(bytes) = player.message()
            {
                up.send(ms, bytes);
            }
            for packet in up.arrive(ms) {
                buffer.receive(&Inputs::decode(&packet).unwrap());
            }
            if state.phase != Phase::Playing {
                break;
            }
            state.step([buffer.step(), Input::To((state.ball.y / 16) as u16)]);
            if tick % 2 == 0 {
                down.send(ms, encoder.encode(&state, buffer.acknowledged()));
            }
        }
        figures
    }

    fn percentile(mut values: Vec<f32>, percent: usize) -> f32 {
        values.sort_by(f32::total_cmp);
        values[(values.len() - 1) * percent / 100]
    }

    #[test]
    fn a_bad_link_is_hardly_seen() {
        let figures = play(60 * 60 * 5);
        assert!(figures.ball_errors.len() > 2_000, "{} ticks", figures.ball_errors.len());
        let (ball, own) = (percentile(figures.ball_errors, 95), percentile(figures.own_errors, 95));
        assert!(ball < 0.01, "ball off by {ball}");
        assert!(own < 0.03, "own paddle off by {own}");
    }

    #[test]
    fn silence_stands_still() {
        let rules = Rules::default();
        let mut state = State::new(rules, 1);
        (0..200).for_each(|_| _ = state.step([Input::Stop; 2]));
        let mut player = Predictor::new(Side::Right, rules);
        player.hold(TICK, Input::Stop);
        let packet = SnapshotEncoder::default().encode(&state, Some(1));
        let snapshot = SnapshotDecoder::new(190).decode(&packet).unwrap().expect("a first packet holds everything");
        player.snapshot(TICK, snapshot);
        for tick in 2..400 {
            player.hold(TICK * tick, Input::Down);
            let view = player.view(TICK * tick).unwrap();
            assert!(view.ahead <= MOST_AHEAD);
        }
        let (a, b) = (player.view(TICK * 400).unwrap(), player.view(TICK * 500).unwrap());
        assert_eq!(a.ball, b.ball);
    }
}
