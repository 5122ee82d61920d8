//! The scripted player: plays a whole journey in a real window, says what it does, and takes pictures.
//!
//! It presses the same keys, moves the same pointer and reads the same screen as a player.

mod journey;
mod pointer;
mod strip;
mod visit;
mod walk;

use std::{
    io::Write,
    path::PathBuf,
    time::{Duration, Instant},
};

use bevy::{
    input::{
        ButtonState, InputSystems,
        keyboard::{Key, KeyboardInput},
    },
    prelude::*,
    render::view::screenshot::{Screenshot, ScreenshotCaptured, save_to_disk},
    window::PrimaryWindow,
};
use bevy_rallypoint::{FrontInvite, InviteQueue, Rallypoint, Roster};
use rallypoint_pong::bot::Paddle;

use crate::{
    Options, Screen,
    cli::Plot,
    field::Field,
    friends::{People, is_online},
    game::{DecidePaddle, MatchEnd, PaddleIntent, Stage, Table},
    network::Quality,
    online::{Figures, LatestSnapshot, Online, Summary},
    quick::{LastMatch, Quick},
    status::Status,
};

use journey::Journey;
use pointer::{Page, Pointer};
use strip::Strip;
use visit::Visit;
use walk::{Act, Script, Sight};

const SKILL: f32 = 0.55;

/// Writes a line for people to stdout.
pub fn say(line: &str) {
    // Nobody reads: nothing to be done about it.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

pub struct ScriptPlugin;

impl Plugin for ScriptPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Player>()
            .init_resource::<Pointer>()
            .add_systems(Startup, prepare)
            .add_systems(PreUpdate, play_paddle.after(DecidePaddle))
            .add_systems(Update, strip::take.run_if(resource_exists::<Strip>))
            .add_systems(PreUpdate, (act, pointer::point).chain().before(InputSystems).before(DecidePaddle));
    }
}

#[derive(Resource, Default)]
struct Player {
    /// Chosen by the command line.
    script: Option<Box<dyn Script>>,
    paddle: Option<Paddle>,
    /// Pictures asked for, not yet on disk.
    pending: usize,
    slowest_frame: Duration,
    last_frame: Option<Instant>,
    /// Released in the next frame.
    held: Vec<(KeyCode, Key)>,
}

fn folder(options: &Options) -> PathBuf {
    options.cli.scripted.clone().unwrap_or_default()
}

fn prepare(options: Res<Options>, mut player: ResMut<Player>, mut exit: MessageWriter<AppExit>) {
    player.script = Some(match options.cli.script {
        Plot::Solo => Box::new(Journey::default()),
        Plot::Friend => Box::new(Visit::default()),
    });
    let folder = folder(&options);
    if let Err(error) = std::fs::create_dir_all(&folder) {
        say(&format!("no pictures can be saved to {}: {error}", folder.display()));
        exit.write(AppExit::error());
    }
}

fn transcript(options: &Options, line: &str) {
    say(&format!("[{:7.2} s] {line}", options.started.elapsed().as_secs_f32()));
}

#[expect(clippy::too_many_arguments, reason = "it looks at everything, as a player does")]
fn act(
    mut player: ResMut<Player>,
    options: Res<Options>,
    screen: Res<State<Screen>>,
    (queue, front, client): (Res<InviteQueue>, Res<FrontInvite>, Res<Rallypoint>),
    (people, roster, status): (Res<People>, Res<Roster>, Res<Status>),
    (quick, last, figures): (Res<Quick>, Res<LastMatch>, Res<Figures>),
    table: Res<Table>,
    end: Option<Res<MatchEnd>>,
    online: Option<Res<Online>>,
    fields: Query<&Field>,
    (page, mut pointer): (Page, ResMut<Pointer>),
    window: Query<Entity, With<PrimaryWindow>>,
    mut keys: MessageWriter<KeyboardInput>,
    mut exit: MessageWriter<AppExit>,
    mut commands: Commands,
) {
    let Ok(window) = window.single() else { return };
    let Some(mut script) = player.script.take() else { return };
    let now = Instant::now();
    if let Some(last) = player.last_frame.replace(now) {
        player.slowest_frame = player.slowest_frame.max(now - last);
    }
    let mut press = |key_code: KeyCode, logical_key: Key, state: ButtonState| {
        keys.write(KeyboardInput { key_code, logical_key, state, text: None, repeat: false, window });
    };
    for (code, key) in std::mem::take(&mut player.held) {
        press(code, key, ButtonState::Released);
    }
    if options.started.elapsed() > script.limit() {
        let limit = script.limit().as_secs();
        transcript(&options, &format!("Gave up after {limit} s while trying to {}", script.aim()));
        exit.write(AppExit::error());
        return;
    }
    let front = front.id.and_then(|id| queue.get(id));
    let front_sender = front.map(|entry| entry.invite.sender_name.split('#').next().unwrap_or_default().to_owned());
    let sight = Sight {
        screen: *screen.get(),
        written: page.written(),
        typed: fields.iter().find(|field| field.focused).map(|field| field.text.clone()),
        signing_in: options.cli.name.is_some(),
        people_seen: people.found.as_ref().map_or(0, |people| people.iter().filter(|user| user.online).count()),
        requests: roster.incoming().count(),
        friends_online: roster
            .friends()
            .iter()
            .filter(|friend| is_online(friend))
            .map(|friend| friend.user.display_name.clone())
            .collect(),
        said: status.told().map(str::to_owned),
        court: table.look.name,
        challenge: front.and_then(|entry| entry.invite.map.clone()),
        invites: queue.entries().len(),
        front_sender,
        must_get_ready: matches!(table.stage, Stage::Ready { me: false, .. }),
        playing: table.stage == Stage::Playing,
        reconnecting: matches!(table.stage, Stage::Reconnecting { .. }),
        ball: table.ball,
        points: table.scores.iter().map(|score| u32::from(*score)).sum(),
        online: online.is_some(),
        queued: matches!(*quick, Quick::Waiting { .. }),
        rating: last
            .finished
            .as_ref()
            .filter(|finished| end.as_ref().is_some_and(|end| end.game == Some(finished.game_id)))
            .and_then(|finished| finished.rating)
            .map(|rating| (rating.before, rating.after)),
        figures: figures.summary().map(|seen| figures_words(&seen, options.cli.network)),
        result: end.as_deref().filter(|end| !end.practice && end.reason.is_some()).map(|end| (end.won, end.scores)),
        pictures_pending: player.pending,
        pointing: pointer.is_busy(),
        server: options.server.clone(),
        me: client.user().map(|user| user.full_name()).unwrap_or_default(),
    };
    for act in script.step(&sight, now) {
        match act {
            Act::Say(line) => transcript(&options, &line),
            Act::Press(code, key) => {
                press(code, key.clone(), ButtonState::Pressed);
                player.held.push((code, key));
            }
            Act::Click(target) => pointer.click(target),
            Act::Picture(name) => {
                player.pending += 1;
                let path = folder(&options).join(format!("{name}.png"));
                // A picture of an earlier run must not pass for one of this run.
                let _ = std::fs::remove_file(&path);
                transcript(&options, &format!("Picture: {}", path.display()));
                commands.spawn(Screenshot::primary_window()).observe(save_to_disk(path)).observe(taken);
            }
            Act::Strip(name) => {
                let path = folder(&options).join(format!("{name}.png"));
                transcript(&options, &format!("Picture: {}", path.display()));
                player.pending += 1;
                commands.insert_resource(Strip::new(path, now));
            }
            Act::Done => {
                let slowest = player.slowest_frame.as_secs_f32() * 1000.0;
                transcript(&options, &format!("Done. The slowest frame took {slowest:.0} ms"));
                exit.write(AppExit::Success);
            }
        }
    }
    player.script = Some(script);
}

/// What was measured on the frames that were drawn.
fn figures_words(seen: &Summary, network: Quality) -> String {
    format!(
        "Prediction on a {} network ({} ms from an input to its answer): own paddle answers after {} frames, ball off \
         by {:.2} % of the field's width and moved by {:.2} % in a second by corrections (95th percentiles of {} frames)",
        network.word(),
        seen.lag,
        seen.response,
        seen.ball * 100.0,
        seen.moved * 100.0,
        seen.frames,
    )
}

fn taken(_: On<ScreenshotCaptured>, mut player: ResMut<Player>) {
    player.pending = player.pending.saturating_sub(1);
}

/// Plays by the same rules as the bots, on what the network brings.
fn play_paddle(
    mut player: ResMut<Player>,
    options: Res<Options>,
    latest: Res<LatestSnapshot>,
    table: Res<Table>,
    mut intent: ResMut<PaddleIntent>,
) {
    if table.stage != Stage::Playing {
        player.paddle = None;
        return;
    }
    let Some(snapshot) = latest.0 else { return };
    let seed = options.started.elapsed().as_nanos() as u64;
    let paddle = player.paddle.get_or_insert_with(|| Paddle::new(table.me, SKILL, seed));
    intent.0 = paddle.play(&snapshot);
}
