//! Mouse, touch, keys and gamepad.

use bevy::prelude::*;
use rallypoint::{InviteState, protocol::InviteId};

use super::{
    card::{CardButton, Phase},
    stack::{FrontInvite, Pill},
};
use crate::{InviteCard, InviteQueue, RallypointCommand};

/// Which keys answer invites. Clear them while the player types, or where they mean something else.
#[derive(Resource, Clone, Debug)]
pub struct InviteQueueKeys {
    /// Whether keyboard and gamepad are listened to at all.
    pub enabled: bool,
    pub accept: KeyCode,
    pub decline: KeyCode,
    pub next: KeyCode,
    pub back: KeyCode,
}

impl Default for InviteQueueKeys {
    fn default() -> Self {
        Self { enabled: true, accept: KeyCode::KeyA, decline: KeyCode::KeyD, next: KeyCode::Tab, back: KeyCode::Escape }
    }
}

#[derive(Clone, Copy)]
enum Wish {
    Accept,
    Decline,
    Next,
    Back,
}

fn carry_out(
    wish: Wish,
    queue: &InviteQueue,
    front: &mut FrontInvite,
    commands: &mut MessageWriter<RallypointCommand>,
) {
    if front.tucked_away {
        if matches!(wish, Wish::Next) {
            front.tucked_away = false;
        }
        return;
    }
    let ringing = |id: &InviteId| queue.get(*id).is_some_and(|entry| entry.state == InviteState::Ringing);
    match wish {
        Wish::Accept => {
            front.id.filter(ringing).map(|id| commands.write(RallypointCommand::Accept(id)));
        }
        Wish::Decline => {
            front.id.filter(ringing).map(|id| commands.write(RallypointCommand::Decline(id)));
        }
        Wish::Next => front.move_on(queue),
        Wish::Back => front.tucked_away = !queue.entries().is_empty(),
    }
}

pub(crate) fn keys(
    keys: Option<Res<ButtonInput<KeyCode>>>,
    map: Res<InviteQueueKeys>,
    queue: Res<InviteQueue>,
    mut front: ResMut<FrontInvite>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    let Some(keys) = keys.filter(|_| map.enabled) else { return };
    let pairs =
        [(map.accept, Wish::Accept), (map.decline, Wish::Decline), (map.next, Wish::Next), (map.back, Wish::Back)];
    for (_, wish) in pairs.into_iter().filter(|(key, _)| keys.just_pressed(*key)) {
        carry_out(wish, &queue, &mut front, &mut commands);
    }
}

/// South accepts, east declines, down on the cross moves on, up tucks away.
pub(crate) fn gamepad(
    gamepads: Query<&Gamepad>,
    map: Res<InviteQueueKeys>,
    queue: Res<InviteQueue>,
    mut front: ResMut<FrontInvite>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    if !map.enabled {
        return;
    }
    let pairs = [
        (GamepadButton::South, Wish::Accept),
        (GamepadButton::East, Wish::Decline),
        (GamepadButton::DPadDown, Wish::Next),
        (GamepadButton::DPadUp, Wish::Back),
    ];
    for gamepad in &gamepads {
        for (_, wish) in pairs.into_iter().filter(|(button, _)| gamepad.just_pressed(*button)) {
            carry_out(wish, &queue, &mut front, &mut commands);
        }
    }
}

type Pressed<'w, 's, T> = Query<'w, 's, (&'static Interaction, &'static T), Changed<Interaction>>;

pub(crate) fn click(
    buttons: Pressed<CardButton>,
    cards: Query<(&Interaction, &InviteCard, &Phase), Changed<Interaction>>,
    pill: Query<&Interaction, (With<Pill>, Changed<Interaction>)>,
    queue: Res<InviteQueue>,
    mut front: ResMut<FrontInvite>,
    mut commands: MessageWriter<RallypointCommand>,
) {
    for (_, button) in buttons.iter().filter(|(state, _)| **state == Interaction::Pressed) {
        let wish = if button.accepts() { Wish::Accept } else { Wish::Decline };
        carry_out(wish, &queue, &mut front, &mut commands);
    }
    for (_, card, _) in cards.iter().filter(|(state, _, phase)| **state == Interaction::Pressed && phase.is_live()) {
        front.id = Some(card.0);
    }
    if pill.iter().any(|state| *state == Interaction::Pressed) {
        carry_out(Wish::Next, &queue, &mut front, &mut commands);
    }
}

/// What can be pressed brightens under the pointer.
pub(crate) fn hover(mut buttons: Query<(&Interaction, &CardButton, &mut BackgroundColor), Changed<Interaction>>) {
    for (state, button, mut ground) in &mut buttons {
        ground.0 = match state {
            Interaction::None => button.rest(),
            Interaction::Hovered => button.rest().mix(&Color::WHITE, 0.12),
            Interaction::Pressed => button.rest().mix(&Color::BLACK, 0.12),
        };
    }
}
