//! A match against the computer, on this machine.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bevy::prelude::*;
use bevy_rallypoint::Rallypoint;
use rallypoint_pong::{
    bot::Paddle,
    rules::{Input, Phase, Rules, Side, State as Rally},
    snapshot::Snapshot,
};

use crate::{
    Options, Screen,
    game::{Door, LeaveWish, MatchEnd, PaddleIntent, Stage, StartPractice, Table},
};

const SKILL: f32 = 0.45;

/// A match against the computer that is being played.
#[derive(Resource)]
pub struct Practice {
    rally: Rally,
    computer: Paddle,
    held: Input,
    over: Option<Instant>,
}

pub struct PracticePlugin;

impl Plugin for PracticePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Update, start)
            .add_systems(OnEnter(Screen::SignIn), |mut commands: Commands| commands.remove_resource::<Practice>())
            .add_systems(FixedUpdate, step.run_if(resource_exists::<Practice>))
            .add_systems(Update, (show, finish).chain().run_if(resource_exists::<Practice>));
    }
}

/// What a client would know of the match.
fn snapshot(rally: &Rally) -> Snapshot {
    Snapshot {
        tick: rally.tick,
        ball: rally.ball,
        paddles: rally.paddles.map(|paddle| paddle.y),
        scores: rally.scores,
        hold: rally.hold,
        acknowledged: None,
    }
}

fn start(
    mut wishes: MessageReader<StartPractice>,
    options: Res<Options>,
    client: Res<Rallypoint>,
    mut door: Door,
    mut table: ResMut<Table>,
    mut commands: Commands,
) {
    if wishes.read().count() == 0 || !door.practise() {
        return;
    }
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_nanos() as u64);
    let rules = Rules { score_to_win: options.cli.score_to_win(), ..Rules::default() };
    let me = client.user().map(|user| user.full_name()).unwrap_or_default();
    *table = Table { names: [me, "Computer".into()], stage: Stage::Playing, ..default() };
    commands.insert_resource(Practice {
        rally: Rally::new(rules, seed),
        computer: Paddle::new(Side::Right, SKILL, seed),
        held: Input::Stop,
        over: None,
    });
}

fn step(mut practice: ResMut<Practice>, intent: Res<PaddleIntent>) {
    let practice = &mut *practice;
    // The computer sees what a player sees: thirty pictures a second.
    if practice.rally.tick.is_multiple_of(2) {
        practice.held = practice.computer.play(&snapshot(&practice.rally));
    }
    practice.rally.step([intent.0, practice.held]);
}

fn show(practice: Res<Practice>, fixed: Res<Time<Fixed>>, mut table: ResMut<Table>) {
    let rally = &practice.rally;
    let (x, y) = rally.ball.position();
    let still = rally.hold > 0 || rally.phase != Phase::Playing;
    let ahead = if still { 0.0 } else { fixed.overstep_fraction() / rallypoint_pong::TICK_RATE as f32 };
    let (vx, vy) = rally.ball.velocity();
    table.ball = Vec2::new(x + vx * ahead, y + vy * ahead).clamp(Vec2::ZERO, Vec2::ONE);
    table.paddles = rally.paddles.map(|paddle| rallypoint_pong::rules::to_f32(paddle.y));
    table.scores = rally.scores;
    if let Phase::Finished(_) = rally.phase {
        table.stage = Stage::Finished;
    }
}

fn finish(
    mut practice: ResMut<Practice>,
    mut leave: MessageReader<LeaveWish>,
    screen: Res<State<Screen>>,
    mut commands: Commands,
    mut next: ResMut<NextState<Screen>>,
) {
    if screen.get() != &Screen::Match {
        leave.clear();
        return;
    }
    if leave.read().count() > 0 {
        commands.remove_resource::<Practice>();
        next.set(Screen::Lobby);
        return;
    }
    let Phase::Finished(outcome) = practice.rally.phase else { return };
    let over = *practice.over.get_or_insert_with(Instant::now);
    if over.elapsed().as_millis() < 1200 {
        return;
    }
    commands.insert_resource(MatchEnd {
        won: outcome.winner.map(|side| side == Side::Left),
        scores: practice.rally.scores,
        reason: Some(outcome.reason),
        opponent: "Computer".into(),
        opponent_id: None,
        game: None,
        practice: true,
    });
    commands.remove_resource::<Practice>();
    next.set(Screen::Result);
}
