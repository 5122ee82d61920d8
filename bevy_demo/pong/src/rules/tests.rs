use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::prelude::*;

use super::*;

fn rules() -> impl Strategy<Value = Rules> {
    let speed = prop_oneof![Just(Speed::Slow), Just(Speed::Medium), Just(Speed::Fast)];
    (speed, 3..=20u8, prop::option::of(1..=5u8), any::<bool>())
        .prop_map(|(speed, score_to_win, time_limit, cool_mode)| Rules { speed, score_to_win, time_limit, cool_mode })
}

fn inputs() -> impl Strategy<Value = Vec<[Input; 2]>> {
    let one = prop_oneof![Just(Input::Stop), Just(Input::Up), Just(Input::Down), any::<u16>().prop_map(Input::To)];
    prop::collection::vec([one.clone(), one], 1..60)
}

fn hash(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

proptest! {
    #[test]
    fn everything_stays_legal(rules in rules(), seed: u64, inputs in inputs()) {
        let mut state = State::new(rules, seed);
        for input in inputs.iter().cycle().take(6_000) {
            let before = state;
            let events = state.step(*input);
            prop_assert!((0..=ONE).contains(&state.ball.x), "{:?}", state.ball);
            prop_assert!((BALL_RADIUS..=ONE - BALL_RADIUS).contains(&state.ball.y), "{:?}", state.ball);
            let speed = (i64::from(state.ball.vx).pow(2) + i64::from(state.ball.vy).pow(2)).isqrt();
            prop_assert!(speed <= i64::from(rules.top_speed()) + 1);
            prop_assert!(state.ball.vx != 0);
            for (paddle, old) in state.paddles.iter().zip(before.paddles) {
                prop_assert!((PADDLE_HALF..=ONE - PADDLE_HALF).contains(&paddle.y));
                prop_assert!((paddle.y - old.y).abs() <= rules.paddle_speed());
            }
            let points = events.iter().filter(|event| matches!(event, StepEvent::Point(_))).count();
            let scored: u8 = state.scores.iter().sum::<u8>() - before.scores.iter().sum::<u8>();
            prop_assert_eq!(points, usize::from(scored));
        }
    }

    #[test]
    fn same_inputs_same_match(rules in rules(), seed: u64, inputs in inputs()) {
        let (mut a, mut b) = (State::new(rules, seed), State::new(rules, seed));
        for input in inputs.iter().cycle().take(3_000) {
            prop_assert_eq!(a.step(*input), b.step(*input));
        }
        prop_assert_eq!(hash(&a), hash(&b));
    }

    #[test]
    fn a_time_limit_ends_every_match(seed: u64, inputs in inputs()) {
        let rules = Rules { time_limit: Some(1), score_to_win: 20, ..Rules::default() };
        let mut state = State::new(rules, seed);
        for input in inputs.iter().cycle().take(60 * 60) {
            state.step(*input);
        }
        prop_assert!(matches!(state.phase, Phase::Finished(_)));
    }
}

#[test]
fn a_match_is_won_by_score() {
    let mut state = State::new(Rules { score_to_win: 3, ..Rules::default() }, 7);
    let mut log = Vec::new();
    for _ in 0..60_000 {
        log.extend(state.step([Input::Up, Input::To((state.ball.y / 16) as u16)]).iter());
    }
    let winner = Outcome { winner: Some(Side::Right), reason: Reason::Score };
    assert_eq!(log.iter().filter(|event| **event == StepEvent::Point(Side::Right)).count(), 3);
    assert_eq!(log.last(), Some(&StepEvent::Finished(winner)));
    assert_eq!(state.phase, Phase::Finished(winner));
}

#[test]
fn rallies_speed_up_to_the_limit() {
    let rules = Rules { score_to_win: 20, ..Rules::default() };
    let mut state = State::new(rules, 3);
    let mut hits = 0;
    for tick in 0..30_000u32 {
        // Striking off-centre, else the rally becomes one straight line.
        let off = if (tick / 400) % 2 == 0 { PADDLE_HALF / 3 } else { -PADDLE_HALF / 3 };
        let y = Input::To(((state.ball.y + off).clamp(0, ONE - 1) / 16) as u16);
        hits += state.step([y, y]).iter().filter(|event| matches!(event, StepEvent::Hit(_))).count();
    }
    let speed = (i64::from(state.ball.vx).pow(2) + i64::from(state.ball.vy).pow(2)).isqrt() as i32;
    assert!(hits > 100, "{hits} hits");
    assert!(speed > rules.top_speed() * 9 / 10, "{speed} of {}", rules.top_speed());
}

#[test]
fn a_forfeit_is_final() {
    let mut state = State::new(Rules::default(), 1);
    state.forfeit(Side::Left);
    let outcome = Outcome { winner: Some(Side::Right), reason: Reason::Forfeit };
    assert_eq!(state.phase, Phase::Finished(outcome));
    state.forfeit(Side::Right);
    assert_eq!(state.phase, Phase::Finished(outcome));
    assert!(state.step([Input::Up; 2]).is_empty());
}
