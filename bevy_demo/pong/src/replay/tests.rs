use proptest::prelude::*;

use super::*;
use crate::rules::{Phase, Speed};

/// A match as a room plays it.
struct Match {
    state: State,
    recorder: Recorder,
}

impl Match {
    fn new(rules: Rules, seed: u64) -> Self {
        Self { state: State::new(rules, seed), recorder: Recorder::new(rules, seed) }
    }

    fn step(&mut self, inputs: [Input; 2]) {
        self.recorder.step(&self.state, inputs);
        self.state.step(inputs);
    }

    fn is_over(&self) -> bool {
        self.state.phase != Phase::Playing
    }

    fn replay(&self) -> Replay {
        Replay::decode(&self.recorder.encode()).unwrap()
    }
}

#[derive(Clone, Debug)]
enum Act {
    Hold([Input; 2], u16),
    /// Another place in every tick, as a mouse gives them.
    Wander([u16; 2], u16),
    Pause(Side),
    Forfeit(Side),
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Left), Just(Side::Right)]
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![Just(Input::Stop), Just(Input::Up), Just(Input::Down), any::<u16>().prop_map(Input::To)]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        8 => ([input(), input()], 1..400u16).prop_map(|(inputs, ticks)| Act::Hold(inputs, ticks)),
        4 => (any::<[u16; 2]>(), 1..200u16).prop_map(|(steps, ticks)| Act::Wander(steps, ticks)),
        2 => side().prop_map(Act::Pause),
        1 => side().prop_map(Act::Forfeit),
    ];
    prop::collection::vec(act, 0..60)
}

fn rules() -> impl Strategy<Value = Rules> {
    let speed = prop_oneof![Just(Speed::Slow), Just(Speed::Medium), Just(Speed::Fast)];
    (speed, 3..=20u8, proptest::option::of(1..=5u8), any::<bool>())
        .prop_map(|(speed, score_to_win, time_limit, cool_mode)| Rules { speed, score_to_win, time_limit, cool_mode })
}

fn play(rules: Rules, seed: u64, acts: &[Act]) -> Match {
    let mut game = Match::new(rules, seed);
    for act in acts {
        if game.is_over() {
            break;
        }
        match act {
            Act::Hold(inputs, ticks) => (0..*ticks).for_each(|_| {
                if !game.is_over() {
                    game.step(*inputs);
                }
            }),
            Act::Wander(steps, ticks) => (0..*ticks).for_each(|tick| {
                if !game.is_over() {
                    game.step(steps.map(|step| Input::To(step.wrapping_mul(tick))));
                }
            }),
            Act::Pause(side) => {
                game.recorder.mark(Mark::Paused(*side));
                game.recorder.mark(Mark::Resumed);
                game.state.resume();
            }
            Act::Forfeit(side) => {
                game.recorder.mark(Mark::Forfeit(*side));
                game.state.forfeit(*side);
            }
        }
    }
    game
}

proptest! {
    #[test]
    fn a_match_played_again_comes_to_the_same(rules in rules(), seed in any::<u64>(), acts in acts()) {
        let game = play(rules, seed, &acts);
        let replay = game.replay();
        prop_assert_eq!(replay.play(), game.state);
        prop_assert!(replay.is_whole());
        prop_assert_eq!(Replay::decode(&replay.encode()), Ok(replay));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Replay::decode(&bytes).is_err());
    }

    #[test]
    fn a_damaged_replay_is_refused_or_plays_to_some_end(
        seed in any::<u64>(), acts in acts(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = play(Rules::default(), seed, &acts).recorder.encode();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(replay) = Replay::decode(&bytes) {
            replay.play();
        }
    }
}

#[test]
fn five_minutes_of_two_restless_mice_stay_below_a_hundred_kilobytes() {
    let rules = Rules::default();
    for restless in [3u32, 400, 7_919, 65_521] {
        let mut recorder = Recorder::new(rules, 5);
        let mut state = State::new(rules, 5);
        let mut random = 1u32;
        // The paddles alone: no point ends this match.
        for _ in 0..5 * 60 * crate::TICK_RATE {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let to = |paddle: Paddle, part: u32| Input::To((paddle.y as u32 / 16).wrapping_add(part % restless) as u16);
            let inputs = [to(state.paddles[0], random >> 8), to(state.paddles[1], random >> 16)];
            recorder.step(&state, inputs);
            state.paddles.iter_mut().zip(inputs).for_each(|(paddle, input)| paddle.step(input, &rules));
        }
        let length = recorder.encode().len();
        assert!(length < 100_000, "{length} bytes");
    }
}

#[test]
fn what_is_held_costs_next_to_nothing() {
    let mut game = Match::new(Rules { score_to_win: 20, ..Rules::default() }, 1);
    (0..3_600).for_each(|_| game.step([Input::To(9_000), Input::Down]));
    assert!(game.recorder.encode().len() < 40);
    assert_eq!(game.replay().play(), game.state);
}

#[test]
fn a_match_without_end_is_cut() {
    let mut game = Match::new(Rules::default(), 1);
    for _ in 0..MAX_TICKS + 10 {
        game.recorder.step(&game.state, [Input::Stop; 2]);
    }
    game.recorder.mark(Mark::Forfeit(Side::Left));
    let replay = game.replay();
    assert!(!replay.is_whole());
    assert_eq!((replay.ticks(), replay.marks()), (MAX_TICKS, [(MAX_TICKS, Mark::Cut)].as_slice()));
}

#[test]
fn other_versions_and_cut_bytes_are_refused() {
    let bytes = play(Rules::default(), 3, &[Act::Hold([Input::Up, Input::To(5)], 90)]).recorder.encode();
    for length in 0..bytes.len() {
        assert_eq!(Replay::decode(&bytes[..length]), Err(BadMessage), "cut to {length}");
    }
    let mut newer = bytes;
    newer[3] += 1;
    assert_eq!(Replay::decode(&newer), Err(BadMessage));
}
