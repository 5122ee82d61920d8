//! A line of text that can be typed.

use bevy::{
    input::{
        ButtonState,
        keyboard::{Key, KeyboardInput},
    },
    prelude::*,
};

use crate::{tokens::*, ui::Fonts};

/// An editable line. Its owner reads `text`; `Enter` sends [`Submitted`].
#[derive(Component, Clone, Debug, Default)]
pub struct Field {
    pub text: String,
    pub hint: String,
    /// In characters.
    pub longest: usize,
    pub focused: bool,
}

/// `Enter` was pressed in a field.
#[derive(EntityEvent, Clone, Copy)]
pub struct Submitted(#[event_target] pub Entity);

#[derive(Component)]
struct FieldText;

#[derive(Component)]
struct Caret;

pub struct FieldPlugin;

impl Plugin for FieldPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Update, (focus, type_text, draw).chain());
    }
}

/// Whether the keys are being used to write.
pub fn typing(fields: Query<&Field>) -> bool {
    fields.iter().any(|field| field.focused)
}

pub fn spawn_field(parent: &mut ChildSpawnerCommands, fonts: &Fonts, field: Field, node: Node) -> Entity {
    let node = Node {
        height: px(40),
        padding: UiRect::horizontal(px(12)),
        align_items: AlignItems::Center,
        column_gap: px(1),
        border: px(1).all(),
        border_radius: BorderRadius::all(px(8)),
        overflow: Overflow::clip(),
        ..node
    };
    let caret = Node { width: px(2), height: px(18), flex_shrink: 0.0, ..default() };
    parent
        .spawn((field, Button, node, BackgroundColor(GROUND), BorderColor::all(LINE)))
        .with_children(|line| {
            line.spawn((fonts.text("", BODY - 1.0, TEXT), TextLayout::no_wrap(), FieldText));
            line.spawn((caret, BackgroundColor(WARM), Visibility::Hidden, Caret));
        })
        .id()
}

fn focus(
    mut fields: Query<(Entity, &mut Field, &Interaction)>,
    mouse: Res<ButtonInput<MouseButton>>,
    keys: Res<ButtonInput<KeyCode>>,
) {
    let pressed = fields.iter().find(|(_, _, state)| **state == Interaction::Pressed).map(|(field, ..)| field);
    if pressed.is_none() && !mouse.just_pressed(MouseButton::Left) && !keys.just_pressed(KeyCode::Escape) {
        return;
    }
    for (entity, mut field, _) in &mut fields {
        let focused = Some(entity) == pressed;
        if field.focused != focused {
            field.focused = focused;
        }
    }
}

fn type_text(
    mut typed: MessageReader<KeyboardInput>,
    mut fields: Query<(Entity, &mut Field)>,
    keys: Res<ButtonInput<KeyCode>>,
    mut commands: Commands,
) {
    let Some((entity, mut field)) = fields.iter_mut().find(|(_, field)| field.focused) else {
        typed.clear();
        return;
    };
    let control = keys.any_pressed([KeyCode::ControlLeft, KeyCode::ControlRight]);
    for key in typed.read().filter(|key| key.state == ButtonState::Pressed) {
        match &key.logical_key {
            Key::Enter => commands.trigger(Submitted(entity)),
            Key::Backspace if control => field.text.clear(),
            Key::Backspace => {
                field.text.pop();
            }
            Key::Space => append(&mut field, " "),
            Key::Character(text) if !control => append(&mut field, text),
            _ => {}
        }
    }
}

fn append(field: &mut Field, text: &str) {
    let room = field.longest.saturating_sub(field.text.chars().count());
    field.text.extend(text.chars().filter(|c| !c.is_control()).take(room));
}

fn draw(
    fields: Query<(&Field, &Children, &mut BorderColor)>,
    mut texts: Query<(&mut Text, &mut TextColor), With<FieldText>>,
    mut carets: Query<&mut Visibility, With<Caret>>,
    time: Res<Time>,
) {
    let lit = time.elapsed_secs() % 1.0 < 0.6;
    for (field, children, mut border) in fields {
        let empty = field.text.is_empty();
        for child in children {
            if let Ok((mut text, mut colour)) = texts.get_mut(*child) {
                let words = if empty && !field.focused { &field.hint } else { &field.text };
                if text.0 != *words {
                    text.0.clone_from(words);
                }
                colour.set_if_neq(TextColor(if empty { QUIET } else { TEXT }));
            }
            if let Ok(mut caret) = carets.get_mut(*child) {
                let wanted = if field.focused && lit { Visibility::Inherited } else { Visibility::Hidden };
                caret.set_if_neq(wanted);
            }
        }
        let wanted = BorderColor::all(if field.focused { WARM } else { LINE.with_alpha(0.28) });
        border.set_if_neq(wanted);
    }
}
