//! Rallypoint's demo game: sign in, be invited, play Pong over renet.

mod challenge;
mod cli;
mod court;
mod debug_panel;
#[cfg(feature = "embedded")]
mod embedded;
mod field;
mod friends;
mod game;
mod lobby;
mod maps;
mod match_ui;
mod network;
mod online;
mod practice;
mod quick;
mod rail;
mod rematch;
mod result;
mod script;
mod session;
mod sign_in;
mod sign_out;
mod status;
mod toast;
mod tokens;
mod trace;
mod ui;
mod words;

use std::{process::ExitCode, time::Instant};

use anyhow::Context;
use bevy::{
    asset::AssetPlugin,
    log::LogPlugin,
    prelude::*,
    window::{WindowResizeConstraints, WindowResolution},
};
use bevy_rallypoint::{
    FrontInvite, InviteQueueKeys, InviteQueueTheme, InviteQueueUiPlugin, InviteQueueUiSystems, RallypointPlugin,
};
use clap::Parser;
use rallypoint::{
    Client,
    handoff::{self, Instance},
};

pub use cli::Cli;

const APP_ID: &str = "rallypoint-demo";

/// Where the player is.
#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Screen {
    #[default]
    SignIn,
    Lobby,
    /// On the way into a game.
    Connecting,
    Match,
    Result,
}

/// What the command line asked for.
#[derive(Resource, Clone, Debug)]
pub struct Options {
    pub cli: Cli,
    /// The server in use.
    pub server: String,
    pub started: Instant,
}

/// Runs the program; its exit code is the process's.
pub fn main() -> ExitCode {
    let started = Instant::now();
    match run(Cli::parse(), started) {
        Ok(AppExit::Success) => ExitCode::SUCCESS,
        Ok(AppExit::Error(code)) => ExitCode::from(code.get()),
        Err(error) => {
            script::say(&format!("rallypoint-demo: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, started: Instant) -> anyhow::Result<AppExit> {
    if cli.register_links {
        let exe = std::env::current_exe().context("this program can't find its own file")?;
        let file = handoff::register_scheme(APP_ID, "Rallypoint", "rallypoint", &exe)
            .context("the desktop could not be told about rallypoint:// links")?;
        script::say(&format!("rallypoint:// links now open {}\n(written to {})", exe.display(), file.display()));
        return Ok(AppExit::Success);
    }
    if let Some(link) = &cli.link {
        handoff::parse_link(link).with_context(|| format!("{link} is no link to a session: rallypoint://join/CODE"))?;
    }
    // Only a link needs the copy that runs already: two copies side by side can play each other.
    let listener = match handoff::claim(APP_ID, cli.link.as_deref()) {
        Ok(Instance::Second) if cli.link.is_some() => {
            script::say("The running copy has taken the link.");
            return Ok(AppExit::Success);
        }
        Ok(Instance::First(listener)) => Some(listener),
        Ok(Instance::Second) => None,
        Err(error) => {
            tracing::warn!("links can't be handed over: {error}");
            None
        }
    };

    #[cfg(feature = "embedded")]
    let embedded = match &cli.server {
        None => Some(embedded::Embedded::start(cli.score_to_win())?),
        Some(_) => None,
    };
    #[cfg(feature = "embedded")]
    let server = embedded.as_ref().map(|embedded| embedded.url().to_owned()).or_else(|| cli.server.clone());
    #[cfg(not(feature = "embedded"))]
    let server = cli.server.clone();
    let server = server.context("this build brings no server of its own: say --server URL")?;

    let client = Client::builder(server.as_str()).build()?;
    if let Some(listener) = listener {
        listener.forward_to(client.clone());
    }
    if let Some(link) = &cli.link {
        client.open_link(link)?;
    }
    let network = network::Network::new(cli.network).context("no thread for the game's network")?;
    let exit = app(Options { cli, server, started }, client, network).run();
    #[cfg(feature = "embedded")]
    drop(embedded);
    Ok(exit)
}

/// The whole game, ready to run.
fn app(options: Options, client: Client, network: network::Network) -> App {
    let (width, height) = options.cli.windowed_size;
    let window = Window {
        title: "Rallypoint".into(),
        name: Some(APP_ID.into()),
        resolution: WindowResolution::new(width, height),
        resize_constraints: WindowResizeConstraints { min_width: 960.0, min_height: 600.0, ..default() },
        ..default()
    };
    let mut app = App::new();
    let log = LogPlugin {
        filter: "warn,rallypoint_demo=info,wgpu=error,naga=error,bevy_render::renderer=error,winit=error".into(),
        ..default()
    };
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin { primary_window: Some(window), ..default() })
            .set(AssetPlugin { file_path: String::new(), ..default() })
            .set(log),
    )
    .insert_resource(ClearColor(tokens::GROUND))
    .insert_resource(network)
    .init_state::<Screen>()
    .add_plugins((RallypointPlugin::from_client(client), InviteQueueUiPlugin))
    .add_plugins((
        ui::UiPlugin,
        field::FieldPlugin,
        toast::ToastPlugin,
        sign_in::SignInPlugin,
        sign_out::SignOutPlugin,
        session::SessionPlugin,
        lobby::LobbyPlugin,
        friends::FriendsPlugin,
        challenge::ChallengePlugin,
        maps::MapsPlugin,
        rail::RailPlugin,
        quick::QuickPlugin,
        status::StatusPlugin,
    ))
    .add_plugins((
        game::GamePlugin,
        online::OnlinePlugin,
        practice::PracticePlugin,
        court::CourtPlugin,
        match_ui::MatchUiPlugin,
        result::ResultPlugin,
        rematch::RematchPlugin,
        network::NetworkPlugin,
        debug_panel::DebugPanelPlugin,
        trace::TracePlugin,
    ))
    .add_systems(Startup, (camera, dress_the_queue))
    .add_systems(Update, listen_to_queue_keys.before(InviteQueueUiSystems::Input))
    .add_systems(Update, keep_the_court_free.before(InviteQueueUiSystems::Cards))
    .add_systems(OnEnter(Screen::Lobby), |mut front: ResMut<FrontInvite>| front.tucked_away = false);
    if options.cli.scripted.is_some() {
        app.add_plugins(script::ScriptPlugin);
    }
    app.insert_resource(options);
    app
}

fn camera(mut commands: Commands) {
    commands.spawn(Camera2d);
}

fn dress_the_queue(mut theme: ResMut<InviteQueueTheme>, fonts: Res<ui::Fonts>, options: Res<Options>) {
    theme.font = fonts.medium.clone();
    theme.font_strong = fonts.strong.clone();
    theme.accept = tokens::GREEN;
    theme.danger = tokens::RED;
    theme.bar = tokens::WARM;
    theme.motion = tokens::EASE;
    theme.card_width = tokens::QUEUE_WIDTH;
    theme.margin = Vec2::splat(tokens::QUEUE_MARGIN);
    theme.reduce_motion = options.cli.reduce_motion;
}

/// Letters answer invites in the lobby only, and not while they are being typed.
fn listen_to_queue_keys(mut keys: ResMut<InviteQueueKeys>, screen: Res<State<Screen>>, fields: Query<&field::Field>) {
    let enabled = matches!(screen.get(), Screen::Lobby | Screen::Result) && !field::typing(fields);
    if keys.enabled != enabled {
        keys.enabled = enabled;
    }
}

/// During a match invites wait as a number in the bottom bar: nobody is drawn off the court by a slip.
fn keep_the_court_free(
    screen: Res<State<Screen>>,
    window: Single<&Window>,
    mut front: ResMut<FrontInvite>,
    mut theme: ResMut<InviteQueueTheme>,
) {
    let playing = matches!(screen.get(), Screen::Match | Screen::Connecting);
    if playing {
        front.tuck_away();
    }
    let margin = if playing {
        Vec2::new(tokens::MATCH_PILL.x, window.height() - tokens::MATCH_PILL.y)
    } else {
        Vec2::splat(tokens::QUEUE_MARGIN)
    };
    if theme.margin != margin {
        theme.margin = margin;
    }
}
