//! A line of text that can be typed.

use std::borrow::Cow;

use bevy::{
    input::{
        ButtonState,
        keyboard::{Key, KeyboardInput},
    },
    prelude::*,
};

use bevy_rallypoint::{InviteQueueUiSystems, shorten};

use crate::{tokens::*, ui::Fonts};

/// An editable line. Its owner reads `text`; `Enter` sends [`Submitted`].
#[derive(Component, Clone, Debug, Default)]
pub struct Field {
    pub text: String,
    /// Where the next letter goes: so many characters from the end.
    pub from_end: usize,
    pub hint: String,
    /// In characters.
    pub longest: usize,
    /// In UTF-8, where that is what counts.
    pub most_bytes: Option<usize>,
    pub focused: bool,
    pub small: bool,
}

/// `Enter` was pressed in a field.
#[derive(EntityEvent, Clone, Copy)]
pub struct Submitted(#[event_target] pub Entity);

/// The text before the caret, or behind it.
#[derive(Component, Clone, Copy, PartialEq, Eq)]
enum FieldText {
    Before,
    Behind,
}

#[derive(Component)]
struct Caret;

pub struct FieldPlugin;

impl Plugin for FieldPlugin {
    fn build(&self, app: &mut App) {
        // After the queue: a key that ends the writing is none of the queue's.
        app.add_systems(Update, (focus, type_text, draw, scroll).chain().after(InviteQueueUiSystems::Input));
    }
}

/// Between the border and the letters.
const PADDING: f32 = 12.0;

/// Whether the keys are being used to write.
pub fn typing(fields: Query<&Field>) -> bool {
    fields.iter().any(|field| field.focused)
}

pub fn spawn_field(parent: &mut ChildSpawnerCommands, fonts: &Fonts, field: Field, node: Node) -> Entity {
    let (height, size) = if field.small { (34, SMALL) } else { (40, BODY - 1.0) };
    let node = Node {
        height: px(height),
        padding: UiRect::horizontal(px(PADDING)),
        align_items: AlignItems::Center,
        border: px(1).all(),
        border_radius: BorderRadius::all(px(8)),
        overflow: Overflow::scroll_x(),
        ..node
    };
    let caret = Node { width: px(2), height: px(18), flex_shrink: 0.0, ..default() };
    parent
        .spawn((field, Button, node, ScrollPosition::default(), BackgroundColor(GROUND), BorderColor::all(LINE)))
        .with_children(|line| {
            line.spawn((fonts.text("", size, TEXT), TextLayout::no_wrap(), FieldText::Before));
            line.spawn((caret, BackgroundColor(WARM), Visibility::Hidden, Caret));
            line.spawn((fonts.text("", size, TEXT), TextLayout::no_wrap(), FieldText::Behind));
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
            Key::Backspace => field.erase(Reach::Back, control),
            Key::Delete => field.erase(Reach::On, control),
            Key::ArrowLeft => field.go(Reach::Back, control),
            Key::ArrowRight => field.go(Reach::On, control),
            Key::Home => field.go(Reach::Back, true),
            Key::End => field.go(Reach::On, true),
            Key::Space => field.put(" "),
            Key::Character(text) if !control => field.put(text),
            _ => {}
        }
    }
}

/// Towards the beginning, or towards the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Back,
    On,
}

impl Field {
    /// The text before the caret, and behind it.
    fn halves(&self) -> (&str, &str) {
        let behind = self.from_end.min(self.text.chars().count());
        let start = behind.checked_sub(1).and_then(|last| self.text.char_indices().rev().nth(last));
        self.text.split_at(start.map_or(self.text.len(), |(at, _)| at))
    }

    /// Writes at the caret what there is room for.
    fn put(&mut self, text: &str) {
        let room = self.longest.saturating_sub(self.text.chars().count());
        let mut bytes = self.most_bytes.map_or(usize::MAX, |most| most.saturating_sub(self.text.len()));
        let fits = |c: &char| {
            let left = bytes.checked_sub(c.len_utf8());
            bytes = left.unwrap_or(0);
            left.is_some()
        };
        let fresh: String = text.chars().filter(|c| !c.is_control()).take(room).take_while(fits).collect();
        let (before, behind) = self.halves();
        self.text = format!("{before}{fresh}{behind}");
    }

    /// Takes away one character beside the caret, or all on that side.
    fn erase(&mut self, reach: Reach, all: bool) {
        let (before, behind) = self.halves();
        let (mut before, mut behind) = (before.to_owned(), behind.to_owned());
        match (reach, all) {
            (Reach::Back, true) => before.clear(),
            (Reach::Back, false) => _ = before.pop(),
            (Reach::On, true) => behind.clear(),
            (Reach::On, false) => behind = behind.chars().skip(1).collect(),
        }
        self.from_end = behind.chars().count();
        self.text = before + &behind;
    }

    /// Moves the caret by one character, or all the way.
    fn go(&mut self, reach: Reach, all: bool) {
        let length = self.text.chars().count();
        self.from_end = match (reach, all) {
            (Reach::Back, true) => length,
            (Reach::Back, false) => (self.from_end + 1).min(length),
            (Reach::On, true) => 0,
            (Reach::On, false) => self.from_end.saturating_sub(1),
        };
    }
}

fn draw(
    fields: Query<(&Field, &ComputedNode, &Children, &mut BorderColor)>,
    mut texts: Query<(&FieldText, &mut Text, &TextFont, &mut TextColor)>,
    mut carets: Query<&mut Visibility, With<Caret>>,
    time: Res<Time>,
) {
    let lit = time.elapsed_secs() % 1.0 < 0.6;
    for (field, computed, children, mut border) in fields {
        let empty = field.text.is_empty();
        let width = inner_width(computed);
        for child in children {
            if let Ok((part, mut text, font, mut colour)) = texts.get_mut(*child) {
                let (before, behind) = field.halves();
                let words: Cow<str> = match part {
                    FieldText::Before if empty && !field.focused => field.hint.as_str().into(),
                    FieldText::Before if !field.focused && width > 0.0 => match font.font_size {
                        FontSize::Px(size) => shorten(&field.text, width / size).into(),
                        _ => before.into(),
                    },
                    FieldText::Behind if !field.focused => "".into(),
                    FieldText::Before => before.into(),
                    FieldText::Behind => behind.into(),
                };
                if text.0 != words {
                    text.0 = words.into();
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

/// What there is for letters, in logical pixels.
fn inner_width(field: &ComputedNode) -> f32 {
    field.size().x * field.inverse_scale_factor() - 2.0 * (PADDING + 1.0)
}

/// Keeps the caret in sight.
fn scroll(
    mut fields: Query<(&Field, &ComputedNode, &Children, &mut ScrollPosition)>,
    texts: Query<(&FieldText, &ComputedNode)>,
) {
    for (field, computed, children, mut place) in &mut fields {
        let before = children.iter().filter_map(|child| texts.get(child).ok());
        let before: f32 = before
            .filter(|(part, _)| **part == FieldText::Before)
            .map(|(_, text)| text.size().x * text.inverse_scale_factor())
            .sum();
        let hidden = if field.focused { (before + 4.0 - inner_width(computed)).max(0.0) } else { 0.0 };
        if place.x != hidden {
            place.x = hidden;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_goes_where_the_letters_go() {
        let mut field = Field { longest: 6, ..default() };
        field.put("Zoë");
        field.go(Reach::Back, false);
        field.put("x");
        assert_eq!((field.text.as_str(), field.halves()), ("Zoxë", ("Zox", "ë")));
        field.erase(Reach::Back, false);
        field.erase(Reach::On, false);
        assert_eq!(field.text, "Zo");
        field.go(Reach::Back, true);
        field.put("A long word");
        assert_eq!(field.text, "A loZo", "no longer than the field");
        field.go(Reach::On, false);
        field.erase(Reach::Back, true);
        assert_eq!(field.halves(), ("", "o"));
        field.go(Reach::On, true);
        field.erase(Reach::On, false);
        assert_eq!(field.text, "o");
    }

    #[test]
    fn bytes_count_where_they_are_limited() {
        let mut field = Field { longest: 256, most_bytes: Some(5), ..default() };
        field.put("Zoë");
        field.put("éa");
        assert_eq!(field.text, "Zoë", "the second would be cut in two, and nothing comes behind a gap");
        field.put("a");
        assert_eq!(field.text.len(), 5);
    }
}
