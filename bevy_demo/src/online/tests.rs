use bevy::{input::InputPlugin, state::app::StatesPlugin};
use bevy_rallypoint::RallypointPlugin;
use rallypoint::Client;

use super::*;
use crate::{
    Options,
    game::StartPractice,
    network::Quality,
    practice::{Practice, PracticePlugin},
    quick::LastMatch,
};

fn app() -> App {
    let mut app = App::new();
    let client = Client::builder("http://127.0.0.1:9").build().unwrap();
    app.add_plugins((MinimalPlugins, StatesPlugin, InputPlugin, RallypointPlugin::from_client(client)))
        .insert_state(Screen::Lobby)
        .insert_resource(Options { cli: crate::Cli::default(), server: String::new(), started: Instant::now() })
        .insert_resource(Network::new(Quality::Good).unwrap())
        .init_resource::<LastMatch>()
        .add_message::<Toast>()
        .add_plugins((crate::game::GamePlugin, OnlinePlugin, PracticePlugin));
    app
}

fn go(app: &mut App, screen: Screen) {
    app.world_mut().resource_mut::<NextState<Screen>>().set(screen);
    app.update();
}

#[test]
fn a_match_ends_with_the_login() {
    let mut app = app();
    let way = Way::Session("K7QX2M".parse().unwrap());
    app.world_mut().resource_mut::<Entry>().way = Some(way);
    app.world_mut().write_message(EnterGame { way, game: None, token: None });
    app.update();
    app.update();
    assert_eq!(*app.world().resource::<State<Screen>>().get(), Screen::Connecting);
    assert!(app.world().contains_resource::<Online>());
    go(&mut app, Screen::SignIn);
    assert!(!app.world().contains_resource::<Online>());
    assert_eq!(*app.world().resource::<Entry>(), Entry::default());
}

#[test]
fn practice_ends_with_the_login() {
    let mut app = app();
    app.world_mut().write_message(StartPractice);
    app.update();
    app.update();
    assert_eq!(*app.world().resource::<State<Screen>>().get(), Screen::Match);
    assert!(app.world().contains_resource::<Practice>());
    go(&mut app, Screen::SignIn);
    assert!(!app.world().contains_resource::<Practice>());
}
