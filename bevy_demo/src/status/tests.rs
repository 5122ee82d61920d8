use bevy::{
    input::{ButtonState, InputPlugin, keyboard::Key},
    state::app::StatesPlugin,
};
use bevy_rallypoint::Rallypoint;
use rallypoint::Client;

use super::*;
use crate::field::FieldPlugin;

fn app() -> (App, Entity) {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, StatesPlugin, InputPlugin))
        .insert_state(Screen::Lobby)
        .insert_resource(Rallypoint(Client::builder("http://127.0.0.1:9").build().unwrap()))
        .init_resource::<Quick>()
        .add_message::<CursorMoved>()
        .add_message::<RallypointCommand>()
        .add_message::<RallypointReply>()
        .add_message::<Toast>()
        .add_plugins((FieldPlugin, StatusPlugin));
    let field = Field { longest: LONGEST, most_bytes: Some(LONGEST), ..default() };
    let entity = app.world_mut().spawn((field, StatusField, Interaction::None)).observe(submit).id();
    (app, entity)
}

fn focus(app: &mut App, field: Entity) {
    app.world_mut().get_mut::<Field>(field).unwrap().focused = true;
}

fn press(app: &mut App, key_code: KeyCode, logical_key: Key) {
    for state in [ButtonState::Pressed, ButtonState::Released] {
        let window = Entity::PLACEHOLDER;
        let logical_key = logical_key.clone();
        app.world_mut().write_message(KeyboardInput {
            key_code,
            logical_key,
            state,
            text: None,
            repeat: false,
            window,
        });
        app.update();
    }
}

fn own(app: &App) -> Option<&str> {
    app.world().resource::<Status>().said.own()
}

#[test]
fn enter_sets_the_text_escape_leaves_it_and_an_empty_one_clears_it() {
    let (mut app, field) = app();
    focus(&mut app, field);
    press(&mut app, KeyCode::KeyA, Key::Character("A".into()));
    press(&mut app, KeyCode::KeyD, Key::Character("d".into()));
    assert_eq!(own(&app), None, "not before it is entered");
    press(&mut app, KeyCode::Enter, Key::Enter);
    assert_eq!(own(&app), Some("Ad"));
    assert!(!app.world().get::<Field>(field).unwrap().focused, "the keys are shortcuts again");

    focus(&mut app, field);
    press(&mut app, KeyCode::KeyX, Key::Character("x".into()));
    assert_eq!(app.world().get::<Field>(field).unwrap().text, "Adx");
    press(&mut app, KeyCode::Escape, Key::Escape);
    assert_eq!(own(&app), Some("Ad"));
    assert_eq!(app.world().get::<Field>(field).unwrap().text, "Ad");

    focus(&mut app, field);
    press(&mut app, KeyCode::Backspace, Key::Backspace);
    press(&mut app, KeyCode::Backspace, Key::Backspace);
    press(&mut app, KeyCode::Enter, Key::Enter);
    assert_eq!(own(&app), None);
}

#[test]
fn a_refused_text_is_a_draft_in_the_field_and_the_toast_says_what_to_do() {
    let (mut app, field) = app();
    focus(&mut app, field);
    press(&mut app, KeyCode::KeyA, Key::Character("A".into()));
    press(&mut app, KeyCode::Enter, Key::Enter);
    let asked = app.world_mut().resource_mut::<Status>().said.next(Instant::now());
    assert_eq!(asked, Some(Some("A".into())));
    app.world_mut().write_message(RallypointReply::StatusSet(Err(rallypoint::Error::Timeout)));
    app.update();
    let shown = app.world().get::<Field>(field).unwrap();
    assert!(!shown.focused, "the next key is a shortcut, as before");
    assert_eq!(shown.text, "A");
    assert_eq!(own(&app), None);
    focus(&mut app, field);
    press(&mut app, KeyCode::Enter, Key::Enter);
    assert_eq!(own(&app), Some("A"), "once more with two touches");
    let toasts: Vec<Toast> = app.world_mut().resource_mut::<Messages<Toast>>().drain().collect();
    assert_eq!(toasts[0].words, "Your status was not set. The server didn't answer in time. Try again.");
}
