//! The lobby's left rail: you, the link, the keys.

use bevy::prelude::*;
use bevy_rallypoint::{InviteQueueTheme, Rallypoint, shorten};
use rallypoint::LinkState;

use crate::{
    Options, Screen,
    quick::Quick,
    session::MySession,
    sign_in::wordmark,
    sign_out::SignOutWish,
    status::{AWAY, Status, spawn_status_field},
    tokens::*,
    ui::{Fonts, Press, Weight, avatar, button, column, dot, row},
};

#[derive(Component)]
struct LinkDot;

#[derive(Component)]
struct LinkWord;

#[derive(Component)]
struct StatusWord;

#[derive(Component)]
struct MotionWord;

pub struct RailPlugin;

impl Plugin for RailPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Update, (show_link, show_status, show_motion).run_if(in_state(Screen::Lobby)));
    }
}

pub fn spawn_rail(parent: &mut ChildSpawnerCommands, fonts: &Fonts, client: &Rallypoint, options: &Options) {
    let name = client.user().map(|user| user.full_name()).unwrap_or_default();
    let rail = Node {
        width: px(RAIL),
        flex_shrink: 0.0,
        height: percent(100),
        padding: px(24).all(),
        justify_content: JustifyContent::SpaceBetween,
        border: UiRect::right(px(1)),
        ..column(24.0)
    };
    parent.spawn((rail, BackgroundColor(PANEL.with_alpha(0.86)), BorderColor::all(LINE))).with_children(|rail| {
        rail.spawn(column(24.0)).with_children(|top| {
            wordmark(top, fonts, 20.0);
            top.spawn(column(12.0)).with_children(|top| {
                top.spawn(row(12.0)).with_children(|you| {
                    you.spawn(avatar(fonts, &name, 44.0));
                    you.spawn(column(2.0)).with_children(|words| {
                        words.spawn((fonts.strong(shorten(&name, 7.6), BODY, TEXT), TextLayout::no_wrap()));
                        words.spawn((fonts.text("In the lobby", SMALL, QUIET), StatusWord));
                    });
                });
                spawn_status_field(top, fonts);
            });
            top.spawn(column(8.0)).with_children(|link| {
                link.spawn(fonts.strong("Link to the server", SMALL, QUIET));
                link.spawn(row(8.0)).with_children(|line| {
                    line.spawn((dot(QUIET), LinkDot));
                    line.spawn((fonts.text("Connecting", SMALL + 1.0, TEXT), LinkWord));
                });
                let server = options.server.trim_start_matches("http://").to_owned();
                link.spawn((fonts.text(shorten(&server, 13.5), SMALL, QUIET), TextLayout::no_wrap()));
            });
        });
        rail.spawn(column(12.0)).with_children(|bottom| {
            for (key, what) in [
                ("Q", "quick match"),
                ("A", "accept an invite"),
                ("D", "decline it"),
                ("Tab", "next invite"),
                ("F", "accept a friend"),
                ("F3", "network, invites"),
            ] {
                bottom.spawn(row(8.0)).with_children(|line| {
                    let cap = Node {
                        min_width: px(24),
                        height: px(20),
                        padding: UiRect::horizontal(px(5)),
                        justify_content: JustifyContent::Center,
                        align_items: AlignItems::Center,
                        border: px(1).all(),
                        border_radius: BorderRadius::all(px(4)),
                        ..default()
                    };
                    let width = Node { width: px(36), ..default() };
                    line.spawn(width).with_children(|cell| {
                        cell.spawn((cap, BorderColor::all(LINE.with_alpha(0.3)))).with_children(|cap| {
                            cap.spawn(fonts.text(key, 12.0, QUIET));
                        });
                    });
                    line.spawn(fonts.text(what, SMALL, QUIET));
                });
            }
            let toggle = button(bottom, fonts, "Motion: full", Weight::Quiet, toggle_motion);
            bottom.commands().entity(toggle).insert(MotionWord);
            button(bottom, fonts, "Sign out", Weight::Quiet, sign_out);
        });
    });
}

fn toggle_motion(_: On<Press>, mut theme: ResMut<InviteQueueTheme>) {
    theme.reduce_motion = !theme.reduce_motion;
}

fn sign_out(_: On<Press>, mut wishes: MessageWriter<SignOutWish>) {
    wishes.write(SignOutWish);
}

/// The state of the link, in a word and a colour.
pub fn link_word(state: LinkState) -> (&'static str, Color) {
    match state {
        LinkState::Live => ("Live", GREEN),
        LinkState::Fallback => ("Fallback: asking now and then", WARM),
        LinkState::Connecting => ("Connecting", QUIET),
        LinkState::Offline => ("Offline: trying again", RED),
        _ => ("Signed out", QUIET),
    }
}

fn show_link(
    client: Res<Rallypoint>,
    mut dots: Query<&mut BackgroundColor, With<LinkDot>>,
    mut words: Query<&mut Text, With<LinkWord>>,
) {
    let (word, colour) = link_word(client.link_state());
    for mut dot in &mut dots {
        dot.set_if_neq(BackgroundColor(colour));
    }
    for mut text in words.iter_mut().filter(|text| text.0 != word) {
        text.0 = word.into();
    }
}

fn show_status(
    session: Res<MySession>,
    quick: Res<Quick>,
    status: Res<Status>,
    mut words: Query<(&mut Text, &mut TextColor), With<StatusWord>>,
) {
    let (word, colour) = match &session.0 {
        _ if !quick.is_out() => ("In the queue", QUIET),
        _ if status.is_away() => (AWAY, AMBER),
        Some(_) => ("Hosting a session", QUIET),
        None => ("In the lobby", QUIET),
    };
    for (mut text, mut ink) in words.iter_mut().filter(|(text, _)| text.0 != word) {
        text.0 = word.into();
        ink.0 = colour;
    }
}

fn show_motion(theme: Res<InviteQueueTheme>, toggles: Query<&Children, With<MotionWord>>, mut texts: Query<&mut Text>) {
    let word = if theme.reduce_motion { "Motion: reduced" } else { "Motion: full" };
    for label in toggles.iter().flatten() {
        if let Ok(mut text) = texts.get_mut(*label)
            && text.0 != word
        {
            text.0 = word.into();
        }
    }
}
