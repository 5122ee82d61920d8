//! How well prediction hides the network: measured on what is drawn.

use std::time::Duration;

use bevy::prelude::*;
use rallypoint_pong::{
    TICK,
    predict::View,
    rules::{Input, Rules, to_f32},
};

/// Closer than this to where it is wanted, a paddle need not move.
const STILL: f32 = 0.02;
/// Less is no movement.
const VISIBLE: f32 = 1e-5;
/// Ticks after a stall that are made up for at most, as the predictor does.
const MOST_TICKS: u32 = 15;

/// Carries one's own paddle through the part of a tick that has passed, so that it answers in the frame in which a
/// key is pressed, however fast frames are.
#[derive(Clone, Debug)]
pub struct Lead {
    /// Of the field's height, in a tick.
    speed: f32,
    ticked: Option<Duration>,
}

impl Lead {
    pub fn new(rules: Rules) -> Self {
        Self { speed: to_f32(rules.clamped().paddle_speed()), ticked: None }
    }

    /// Ticks pass just as they do in the predictor.
    pub fn hold(&mut self, now: Duration) {
        let mut ticked = self.ticked.unwrap_or_else(|| now.saturating_sub(TICK));
        if now.saturating_sub(ticked) > TICK * MOST_TICKS {
            ticked = now - TICK * MOST_TICKS;
        }
        while ticked + TICK <= now {
            ticked += TICK;
        }
        self.ticked = Some(ticked);
    }

    /// Where a paddle at `y` after the last tick is by now.
    pub fn reach(&self, now: Duration, y: f32, input: Input) -> f32 {
        let part = self
            .ticked
            .map_or(0.0, |ticked| (now.saturating_sub(ticked).as_secs_f32() / TICK.as_secs_f32()).clamp(0.0, 1.0));
        let step = self.speed * part;
        let half = to_f32(rallypoint_pong::rules::PADDLE_HALF);
        let moved = match input {
            Input::Stop => 0.0,
            Input::Up => -step,
            Input::Down => step,
            Input::To(wanted) => (f32::from(wanted) / 65535.0 - y).clamp(-step, step),
        };
        (y + moved).clamp(half, 1.0 - half)
    }
}

/// A frame that took longer was this machine's fault and not the network's; for a while after it nothing is counted.
const STALL: Duration = Duration::from_millis(100);
const RECOVERY: Duration = Duration::from_millis(500);

/// What was seen of one match.
#[derive(Resource, Clone, Debug, Default)]
pub struct Figures {
    /// How far the ball was drawn from where it was worked out to be, frame by frame.
    ball: Vec<f32>,
    /// How far corrections moved the ball, second by second.
    moved: Vec<f32>,
    second: (u64, f32),
    last_error: f32,
    /// Frames from a wish to the first movement.
    responses: Vec<u32>,
    waiting: Option<Response>,
    last_frame: Option<Duration>,
    stalled_until: Duration,
    last_wish: i8,
    last_paddle: Option<f32>,
    lags: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Response {
    wish: i8,
    from: f32,
    frames: u32,
}

/// Figures to be shown; lengths are parts of the field's width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many frames of a flying ball these figures are of.
    pub frames: usize,
    /// Frames until one's own paddle answers, of 95 in 100 wishes.
    pub response: u32,
    /// The ball's visible error, in 95 of 100 frames.
    pub ball: f32,
    /// What corrections moved the ball by within a second, in 95 of 100 seconds.
    pub moved: f32,
    /// From an input to the server's answer, in milliseconds: as often longer as shorter.
    pub lag: u32,
}

impl Figures {
    /// One frame of play, with one's own paddle as it is drawn.
    pub fn note(&mut self, now: Duration, input: Input, paddle: f32, view: &View) {
        let since = self.last_frame.replace(now).map_or(Duration::ZERO, |last| now.saturating_sub(last));
        if since > STALL {
            self.stalled_until = now + RECOVERY;
        }
        if now.as_secs() != self.second.0 {
            self.moved.push(self.second.1);
            self.second = (now.as_secs(), 0.0);
        }
        if now >= self.stalled_until {
            if view.hold == 0 {
                self.ball.push(view.ball_error);
            }
            self.second.1 += (self.last_error - view.ball_error).max(0.0);
        }
        self.last_error = view.ball_error;

        let from = self.last_paddle.replace(paddle).unwrap_or(paddle);
        let wish = wish(input, from);
        if wish != self.last_wish {
            self.waiting = (wish != 0).then_some(Response { wish, from, frames: 0 });
        }
        self.last_wish = wish;
        if let Some(waiting) = &mut self.waiting {
            if (paddle - waiting.from) * f32::from(waiting.wish) > VISIBLE {
                self.responses.push(waiting.frames);
                self.waiting = None;
            } else {
                waiting.frames += 1;
            }
        }
    }

    pub fn lag(&mut self, lag: Option<Duration>) {
        let stalled = self.last_frame.is_some_and(|last| last < self.stalled_until);
        self.lags.extend(lag.filter(|_| !stalled).map(|lag| lag.as_millis() as u32));
    }

    /// `None` before anything was played.
    pub fn summary(&self) -> Option<Summary> {
        Some(Summary {
            frames: self.ball.len(),
            response: percentile(&self.responses, 95, u32::cmp)?,
            ball: percentile(&self.ball, 95, f32::total_cmp)?,
            moved: percentile(&self.moved, 95, f32::total_cmp).unwrap_or_default(),
            lag: percentile(&self.lags, 50, u32::cmp).unwrap_or_default(),
        })
    }
}

/// Which way the paddle is wanted to go from there: -1 is up.
fn wish(input: Input, from: f32) -> i8 {
    let half = to_f32(rallypoint_pong::rules::PADDLE_HALF);
    let way = match input {
        Input::Stop => 0.0,
        Input::Up => -1.0,
        Input::Down => 1.0,
        Input::To(wanted) => (f32::from(wanted) / 65535.0).clamp(half, 1.0 - half) - from,
    };
    let room = if way < 0.0 { from - half } else { 1.0 - half - from };
    if way.abs() < STILL || room < STILL { 0 } else { way.signum() as i8 }
}

/// What so many of 100 values do not exceed.
fn percentile<T: Copy>(values: &[T], percent: usize, order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(order);
    sorted.get(sorted.len().checked_sub(1)? * percent / 100).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(ball_error: f32) -> View {
        View { ball: (0.5, 0.5), paddles: [0.5; 2], scores: [0; 2], hold: 0, ball_error, ahead: 4 }
    }

    #[test]
    fn a_paddle_answers_between_two_ticks() {
        let mut lead = Lead::new(Rules::default());
        lead.hold(TICK * 10);
        let now = TICK * 10 + TICK / 2;
        lead.hold(now);
        let step = to_f32(Rules::default().paddle_speed());
        assert!((lead.reach(now, 0.5, Input::Down) - 0.5 - step / 2.0).abs() < 1e-4);
        assert!((lead.reach(now, 0.5, Input::Up) - 0.5 + step / 2.0).abs() < 1e-4);
        assert_eq!(lead.reach(now, 0.5, Input::Stop), 0.5);
        assert!((lead.reach(now, 0.5, Input::to(0.501)) - 0.501).abs() < 1e-4, "no further than it is wanted");
    }

    #[test]
    fn frames_until_an_answer_are_counted() {
        let mut figures = Figures::default();
        let mut now = Duration::ZERO;
        let mut frame = |input, paddle| {
            now += TICK;
            figures.note(now, input, paddle, &view(0.0));
        };
        frame(Input::Stop, 0.5);
        frame(Input::Up, 0.49);
        frame(Input::Stop, 0.49);
        frame(Input::Down, 0.49);
        frame(Input::Down, 0.49);
        frame(Input::Down, 0.50);
        assert_eq!(figures.responses, [0, 2]);
    }

    #[test]
    fn corrections_add_up_second_by_second() {
        let mut figures = Figures::default();
        for frame in 0..=125 {
            let error = match frame {
                10..15 => 0.04,
                15..20 => 0.03,
                70..75 => 0.02,
                _ => 0.0,
            };
            figures.note(TICK * frame, Input::Stop, 0.5, &view(error));
        }
        assert_eq!(figures.moved.len(), 2);
        assert!((figures.moved[0] - 0.04).abs() < 1e-6 && (figures.moved[1] - 0.02).abs() < 1e-6);
    }

    #[test]
    fn a_stall_of_this_machine_is_left_out() {
        let mut figures = Figures::default();
        let mut now = Duration::ZERO;
        for frame in 0..200 {
            now += if frame == 50 { STALL * 3 } else { TICK };
            let error = if (50..60).contains(&frame) { 0.5 } else { 0.001 };
            figures.note(now, Input::Stop, 0.5, &view(error));
        }
        assert!(figures.ball.iter().all(|error| *error < 0.01));
    }
}
