//! Short words at the bottom that go by themselves.

use std::time::Instant;

use bevy::prelude::*;
use rallypoint::Error;

use crate::{
    tokens::*,
    ui::{Fonts, card, dot, row},
    words::capitalised,
};

/// Something worth a moment's attention.
#[derive(Message, Clone, Debug)]
pub struct Toast {
    pub words: String,
    pub good: bool,
}

impl Toast {
    pub fn good(words: impl Into<String>) -> Self {
        Self { words: words.into(), good: true }
    }

    pub fn bad(words: impl Into<String>) -> Self {
        Self { words: words.into(), good: false }
    }

    /// What went wrong and what to do next.
    pub fn failed(what: &str, error: &Error) -> Self {
        Self::bad(format!("{what}. {}.", capitalised(&advice(error))))
    }
}

/// An error in words for players.
pub fn advice(error: &Error) -> String {
    match error {
        Error::Api(error) => error.message.trim_end_matches('.').to_owned(),
        Error::Network(_) => "the server can't be reached. Check the network, then try again".into(),
        Error::Timeout => "the server didn't answer in time. Try again".into(),
        Error::NotSignedIn => "sign in first".into(),
        other => other.to_string(),
    }
}

#[derive(Component)]
struct Shown {
    until: Instant,
}

pub struct ToastPlugin;

impl Plugin for ToastPlugin {
    fn build(&self, app: &mut App) {
        app.add_message::<Toast>().add_systems(Update, (show, clear).chain());
    }
}

fn show(
    mut toasts: MessageReader<Toast>,
    shown: Query<Entity, With<Shown>>,
    fonts: Res<Fonts>,
    mut commands: Commands,
) {
    let Some(toast) = toasts.read().last() else { return };
    for old in &shown {
        commands.entity(old).despawn();
    }
    let place = Node {
        position_type: PositionType::Absolute,
        bottom: px(32),
        width: percent(100),
        justify_content: JustifyContent::Center,
        ..default()
    };
    let body = Node { padding: UiRect::axes(px(20), px(12)), max_width: px(640), ..row(12.0) };
    commands.spawn((Shown { until: Instant::now() + TOAST }, place, GlobalZIndex(950))).with_children(|place| {
        place.spawn(card(body)).with_children(|body| {
            body.spawn(dot(if toast.good { GREEN } else { RED }));
            body.spawn(fonts.text(toast.words.clone(), SMALL + 1.0, TEXT));
        });
    });
}

fn clear(shown: Query<(Entity, &Shown)>, mut commands: Commands) {
    for (toast, _) in shown.iter().filter(|(_, shown)| Instant::now() >= shown.until) {
        commands.entity(toast).despawn();
    }
}
