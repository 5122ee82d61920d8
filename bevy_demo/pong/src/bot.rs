//! A computer player.

use crate::{
    rules::{BALL_RADIUS, FACE, Input, ONE, Side},
    snapshot::Snapshot,
};

/// Goes where the ball will arrive, a little off and a little late, according to its skill. The same snapshots make
/// the same moves.
#[derive(Clone, Debug)]
pub struct Paddle {
    side: Side,
    /// How far from the best place it may aim, in units.
    spread: i32,
    /// Ticks before it notices where the ball goes.
    reaction: u32,
    target: i32,
    ball_goes_right: Option<bool>,
    notices: Option<u32>,
    random: u64,
}

impl Paddle {
    /// Skill goes from 0, who misses often, to 1, who hardly ever does. Two seeds make different mistakes.
    pub fn new(side: Side, skill: f32, seed: u64) -> Self {
        let lack = 1.0 - if skill.is_nan() { 0.5 } else { skill.clamp(0.0, 1.0) };
        Self {
            side,
            spread: (ONE as f32 * (0.085 + 0.095 * lack)) as i32,
            reaction: 5 + (12.0 * lack) as u32,
            target: ONE / 2,
            ball_goes_right: None,
            notices: None,
            random: seed | 1,
        }
    }

    /// What to hold until the next snapshot.
    pub fn play(&mut self, snapshot: &Snapshot) -> Input {
        let goes_right = snapshot.ball.vx > 0;
        if self.ball_goes_right != Some(goes_right) {
            self.ball_goes_right = Some(goes_right);
            self.notices = Some(snapshot.tick.wrapping_add(self.reaction));
        }
        if self.notices.is_some_and(|tick| snapshot.tick.wrapping_sub(tick) as i32 >= 0) {
            self.notices = None;
            let coming = (self.side == Side::Right) == goes_right;
            self.target = if coming { arrival(snapshot, self.side) + self.error() } else { ONE / 2 };
        }
        Input::To((self.target / 16).clamp(0, 65535) as u16)
    }

    fn error(&mut self) -> i32 {
        (self.draw() % (2 * self.spread as u64 + 1)) as i32 - self.spread
    }

    fn draw(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

/// Where the ball reaches this side's paddle, bounces included.
fn arrival(snapshot: &Snapshot, side: Side) -> i32 {
    let ball = snapshot.ball;
    let face = if side == Side::Left { FACE } else { ONE - FACE };
    if ball.vx == 0 {
        return ball.y;
    }
    let straight = i64::from(ball.y) + i64::from(face - ball.x) * i64::from(ball.vy) / i64::from(ball.vx);
    let (top, span) = (i64::from(BALL_RADIUS), i64::from(ONE - 2 * BALL_RADIUS));
    let folded = (straight - top).rem_euclid(2 * span);
    (top + folded.min(2 * span - folded)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Phase, Rules, State};

    fn snapshot(state: &State) -> Snapshot {
        Snapshot {
            tick: state.tick,
            ball: state.ball,
            paddles: state.paddles.map(|paddle| paddle.y),
            scores: state.scores,
            hold: state.hold,
            acknowledged: None,
        }
    }

    fn duel(left: f32, right: f32, seed: u64) -> State {
        let mut state = State::new(Rules { score_to_win: 10, time_limit: Some(5), ..Rules::default() }, seed);
        let mut bots = [Paddle::new(Side::Left, left, seed), Paddle::new(Side::Right, right, seed + 1)];
        let mut held = [Input::Stop; 2];
        while state.phase == Phase::Playing {
            if state.tick.is_multiple_of(2) {
                held = [bots[0].play(&snapshot(&state)), bots[1].play(&snapshot(&state))];
            }
            state.step(held);
        }
        state
    }

    #[test]
    fn the_skilled_win() {
        let mut points = [0, 0];
        for seed in 1..=8 {
            let scores = duel(0.0, 0.9, seed).scores;
            points = [points[0] + u32::from(scores[0]), points[1] + u32::from(scores[1])];
        }
        assert!(points[1] > 2 * points[0], "{points:?}");
        assert!(points[0] + points[1] > 40, "points fall: {points:?}");
    }

    #[test]
    fn the_same_seed_plays_the_same_match() {
        assert_eq!(duel(0.4, 0.6, 3), duel(0.4, 0.6, 3));
    }
}
