use std::collections::BTreeMap;

use super::*;
use crate::{
    input::{InputBuffer, Inputs},
    rules::Speed,
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

#[derive(Default)]
struct Figures {
    ball_errors: Vec<f32>,
    /// How far corrections moved the ball, second by second.
    corrections: Vec<f32>,
    /// How many times its own speed the ball was seen to move at, tick by tick, serves aside.
    paces: Vec<f32>,
    own_errors: Vec<f32>,
}

impl Figures {
    fn watch(&mut self, tick: u32, last: Option<&View>, view: &View, state: &State) {
        self.ball_errors.push(view.ball_error);
        if tick.is_multiple_of(60) {
            self.corrections.push(0.0);
        }
        let Some(last) = last else { return };
        if let Some(second) = self.corrections.last_mut() {
            *second += (last.ball_error - view.ball_error).max(0.0);
        }
        let flying = (0.05..0.95).contains(&last.ball.0) && (0.05..0.95).contains(&view.ball.0);
        if flying && (last.scores, last.hold, view.hold) == (view.scores, 0, 0) {
            let moved = (view.ball.0 - last.ball.0).hypot(view.ball.1 - last.ball.1);
            let (vx, vy) = state.ball.velocity();
            self.paces.push(moved * 60.0 / vx.hypot(vy));
        }
    }
}

/// A whole match over a bad link, one player following the ball most of the time, with so many ticks to a frame.
fn play(rules: Rules, side: Side, seed: u64, frame: u32, figures: &mut Figures) {
    let mut state = State::new(rules, seed);
    let (mut up, mut down) = (Link::default(), Link::default());
    let mut encoder = SnapshotEncoder::default();
    let mut buffer = InputBuffer::default();
    let mut client = Client::new(side, rules);
    for tick in 0.. {
        let ms = tick * 1000 / 60;
        if tick % frame == 0 {
            client.frame(tick, frame, &state, &mut down, figures);
            if tick % 3 == 0
                && let Some(bytes) = client.player.message()
            {
                up.send(ms, bytes);
            }
        }
        for packet in up.arrive(ms) {
            buffer.receive(&Inputs::decode(&packet).unwrap());
        }
        if state.phase != Phase::Playing {
            break;
        }
        let mut inputs = [Input::To((state.ball.y / 16) as u16); 2];
        inputs[side.index()] = buffer.step();
        state.step(inputs);
        if tick % 2 == 0 {
            down.send(ms, encoder.encode(&state, buffer.acknowledged()));
        }
    }
}

struct Client {
    side: Side,
    player: Predictor,
    decoder: SnapshotDecoder,
    seen: Option<View>,
}

impl Client {
    fn new(side: Side, rules: Rules) -> Self {
        Self { side, player: Predictor::new(side, rules), decoder: SnapshotDecoder::new(0), seen: None }
    }

    fn frame(&mut self, tick: u32, frame: u32, state: &State, down: &mut Link, figures: &mut Figures) {
        let Self { side, player, decoder, seen } = self;
        let now = TICK * tick;
        for packet in down.arrive(tick * 1000 / 60) {
            if let Some(snapshot) = decoder.decode(&packet).unwrap() {
                player.snapshot(now, snapshot);
            }
        }
        let own = |view: View| view.paddles[side.index()];
        let before = player.view(now).map(own);
        let phase = tick / 23 % 5;
        let input = match phase {
            0..3 => Input::to(seen.map_or(0.5, |view| view.ball.1)),
            3 => Input::Up,
            _ => Input::Down,
        };
        player.hold(now, input);
        if let Some(view) = player.view(now) {
            figures.watch(tick, seen.as_ref(), &view, state);
            figures.own_errors.push(player.own_error.abs());
            *seen = Some(view);
            let room = (0.12..0.88).contains(&own(view));
            if frame == 1 && tick % 23 == 1 && phase >= 3 && room && player.own_error.abs() < 0.001 {
                assert_ne!(Some(own(view)), before, "the paddle answers in the same frame");
            }
        }
    }
}

fn percentile(mut values: Vec<f32>, percent: usize) -> f32 {
    values.sort_by(f32::total_cmp);
    values[(values.len() - 1) * percent / 100]
}

#[test]
fn a_bad_link_is_hardly_seen() {
    for speed in [Speed::Slow, Speed::Medium, Speed::Fast] {
        for cool_mode in [false, true] {
            let rules = Rules { speed, cool_mode, score_to_win: 10, time_limit: None };
            let mut figures = Figures::default();
            for (seed, side) in (1..6).flat_map(|seed| Side::BOTH.map(|side| (seed, side))) {
                play(rules, side, seed, 1, &mut figures);
            }
            let Figures { ball_errors, corrections, own_errors, paces } = figures;
            let [corrections, ball, own] = [corrections, ball_errors, own_errors].map(|v| percentile(v, 95));
            assert!(corrections < 0.01, "{rules:?}: ball moved by {corrections} a second");
            assert!(ball < 0.003, "{rules:?}: ball off by {ball}");
            assert!(own < 0.001, "{rules:?}: own paddle off by {own}");
            let (slowest, fastest) = (percentile(paces.clone(), 1), percentile(paces, 99));
            assert!(slowest > 0.5 && fastest < 2.1, "{rules:?}: {slowest} to {fastest} times the ball's speed");
        }
    }
}

#[test]
fn frames_that_take_long_make_it_little_worse() {
    for frame in [3, 6] {
        let mut figures = Figures::default();
        for (seed, side) in (1..6).flat_map(|seed| Side::BOTH.map(|side| (seed, side))) {
            play(Rules::default(), side, seed, frame, &mut figures);
        }
        let corrections = percentile(figures.corrections, 95);
        assert!(corrections < 0.005, "{frame} ticks a frame: ball moved by {corrections} a second");
    }
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
