//! What one says of oneself: a text of one's own, that one waits for a match, or that one is away.

mod away;
mod said;

use std::time::Instant;

use bevy::{
    input::{
        gamepad::GamepadEvent,
        keyboard::KeyboardInput,
        mouse::{MouseButtonInput, MouseMotion, MouseWheel},
        touch::TouchInput,
    },
    prelude::*,
};
use bevy_rallypoint::{RallypointCommand, RallypointReply, signed_in};

use crate::{
    Screen,
    field::{Field, Submitted, spawn_field},
    quick::Quick,
    toast::Toast,
    tokens::AWAY_AFTER,
    ui::Fonts,
};

use away::Watch;
pub use said::AWAY;
use said::Said;

/// What the server takes.
const LONGEST: usize = 256;

/// What others read about the player.
#[derive(Resource, Default)]
pub struct Status {
    said: Said,
    /// A text that was refused, until it is taken up again.
    draft: Option<String>,
}

impl Status {
    /// What others read, once the server has it.
    pub fn told(&self) -> Option<&str> {
        self.said.told()
    }

    pub fn is_away(&self) -> bool {
        self.said.is_away()
    }
}

#[derive(Resource)]
struct Attention(Watch);

#[derive(Component)]
struct StatusField;

pub struct StatusPlugin;

impl Plugin for StatusPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Status>()
            .insert_resource(Attention(Watch::new(Instant::now())))
            .add_systems(OnEnter(Screen::SignIn), |mut status: ResMut<Status>| *status = Status::default())
            .add_systems(OnEnter(Screen::Lobby), |mut attention: ResMut<Attention>| {
                attention.0 = Watch::new(Instant::now());
            })
            .add_systems(Update, (look, follow_replies, tell.run_if(signed_in), show).chain());
    }
}

pub fn spawn_status_field(parent: &mut ChildSpawnerCommands, fonts: &Fonts) {
    let field = Field {
        hint: "What are you up to?".into(),
        longest: LONGEST,
        most_bytes: Some(LONGEST),
        small: true,
        ..default()
    };
    let entity = spawn_field(parent, fonts, field, Node { width: percent(100), flex_shrink: 0.0, ..default() });
    parent.commands().entity(entity).insert(StatusField).observe(submit);
}

fn submit(entered: On<Submitted>, mut fields: Query<&mut Field, With<StatusField>>, mut status: ResMut<Status>) {
    if let Ok(mut field) = fields.get_mut(entered.0) {
        status.said.say(&field.text);
        field.focused = false;
    }
}

/// Whatever a hand can do.
#[derive(bevy::ecs::system::SystemParam)]
struct Touches<'w, 's> {
    keys: MessageReader<'w, 's, KeyboardInput>,
    buttons: MessageReader<'w, 's, MouseButtonInput>,
    motion: MessageReader<'w, 's, MouseMotion>,
    cursor: MessageReader<'w, 's, CursorMoved>,
    wheel: MessageReader<'w, 's, MouseWheel>,
    fingers: MessageReader<'w, 's, TouchInput>,
    gamepads: MessageReader<'w, 's, GamepadEvent>,
}

impl Touches<'_, '_> {
    fn any(&mut self) -> bool {
        let pad = self.gamepads.read().filter(|event| !matches!(event, GamepadEvent::Connection(_))).count();
        pad + self.keys.read().count()
            + self.buttons.read().count()
            + self.motion.read().count()
            + self.cursor.read().count()
            + self.wheel.read().count()
            + self.fingers.read().count()
            > 0
    }
}

/// Only in the lobby is one away: elsewhere one plays, or has just played.
fn look(
    mut touches: Touches,
    screen: Res<State<Screen>>,
    quick: Res<Quick>,
    mut attention: ResMut<Attention>,
    mut status: ResMut<Status>,
) {
    let idle = attention.0.look(touches.any(), AWAY_AFTER, Instant::now());
    let queued = matches!(*quick, Quick::Joining | Quick::Waiting { .. });
    status.said.see(queued, idle && *screen.get() == Screen::Lobby);
}

fn tell(mut status: ResMut<Status>, mut commands: MessageWriter<RallypointCommand>) {
    commands.write_batch(status.said.next(Instant::now()).map(RallypointCommand::SetStatus));
}

/// What was refused is kept as a draft: the field takes no keys that it is not asked to take.
fn follow_replies(
    mut replies: MessageReader<RallypointReply>,
    mut status: ResMut<Status>,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let RallypointReply::StatusSet(result) = reply else { continue };
        let Some(refused) = status.said.answered(result.is_ok(), Instant::now()) else { continue };
        status.draft = Some(refused);
        if let Err(error) = result {
            toasts.write(Toast::failed("Your status was not set", error));
        }
    }
}

/// What was written and not entered is forgotten.
fn show(mut status: ResMut<Status>, mut fields: Query<&mut Field, With<StatusField>>) {
    if status.draft.is_some() && fields.iter().any(|field| field.focused) {
        status.draft = None;
    }
    let words = status.draft.as_deref().or(status.said.own()).unwrap_or_default();
    for mut field in fields.iter_mut().filter(|field| !field.focused && field.text != words) {
        (field.text, field.from_end) = (words.to_owned(), 0);
    }
}

#[cfg(test)]
mod tests;
