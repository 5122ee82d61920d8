//! The scripted player's hand on the mouse: to a button by what is written on it, and down.

use bevy::{
    ecs::system::SystemParam,
    input::{ButtonState, mouse::MouseButtonInput},
    prelude::*,
    ui::UiGlobalTransform,
    window::PrimaryWindow,
};

use super::walk::Target;

/// How far a click has come.
#[derive(Resource, Default)]
pub struct Pointer {
    target: Option<Target>,
    /// Where it was moved to in the frame before.
    at: Option<Vec2>,
    down: bool,
}

impl Pointer {
    pub fn click(&mut self, target: Target) {
        *self = Self { target: Some(target), at: None, down: false };
    }

    /// Whether a click is under way.
    pub fn is_busy(&self) -> bool {
        self.target.is_some() || self.down
    }
}

/// Everything that is written on the screen.
#[derive(SystemParam)]
pub struct Page<'w, 's> {
    texts: Query<
        'w,
        's,
        (&'static Text, &'static UiGlobalTransform, &'static InheritedVisibility, Option<&'static ChildOf>),
    >,
    buttons: Query<'w, 's, &'static UiGlobalTransform, With<Button>>,
}

impl Page<'_, '_> {
    pub fn written(&self) -> Vec<String> {
        self.visible().map(|(text, ..)| text.0.clone()).filter(|text| !text.is_empty()).collect()
    }

    fn visible(&self) -> impl Iterator<Item = (&Text, Vec2, Option<&ChildOf>)> {
        self.texts
            .iter()
            .filter(|(_, _, seen, _)| seen.get())
            .map(|(text, place, _, parent)| (text, place.translation, parent))
    }

    /// The middle of a button, in physical pixels.
    fn find(&self, target: &Target) -> Option<Vec2> {
        let labelled: Vec<Vec2> = self
            .visible()
            .filter(|(text, ..)| text.0 == target.label)
            .filter_map(|(_, _, parent)| self.buttons.get(parent?.parent()).ok())
            .map(|place| place.translation)
            .collect();
        let Some(name) = &target.beside else { return labelled.first().copied() };
        let named = self.visible().filter(|(text, ..)| text.0.split_once('#').is_some_and(|(first, _)| first == name));
        nearest(&labelled, &named.map(|(_, place, _)| place).collect::<Vec<_>>())
    }
}

/// Of the buttons, the one that is least above or below one of the names.
fn nearest(buttons: &[Vec2], names: &[Vec2]) -> Option<Vec2> {
    let away = |button: &Vec2| names.iter().map(|name| (name.y - button.y).abs()).min_by(f32::total_cmp);
    let placed = buttons.iter().filter_map(|button| Some((*button, away(button)?)));
    placed.min_by(|one, other| one.1.total_cmp(&other.1)).map(|(button, _)| button)
}

/// One frame: there, down, up. What has moved away meanwhile is followed; what is gone is left alone.
pub fn point(
    mut pointer: ResMut<Pointer>,
    page: Page,
    mut windows: Query<(Entity, &mut Window), With<PrimaryWindow>>,
    mut moved: MessageWriter<CursorMoved>,
    mut pressed: MessageWriter<MouseButtonInput>,
) {
    let Ok((entity, mut window)) = windows.single_mut() else { return };
    let mut press = |state| _ = pressed.write(MouseButtonInput { button: MouseButton::Left, state, window: entity });
    if std::mem::take(&mut pointer.down) {
        press(ButtonState::Released);
        return;
    }
    let Some(target) = &pointer.target else { return };
    let Some(place) = page.find(target).map(|place| place / window.scale_factor()) else {
        pointer.target = None;
        return;
    };
    if pointer.at == Some(place) && window.cursor_position().is_some_and(|at| at.distance(place) < 2.0) {
        press(ButtonState::Pressed);
        *pointer = Pointer { down: true, ..default() };
        return;
    }
    let before = window.cursor_position();
    window.set_cursor_position(Some(place));
    moved.write(CursorMoved { window: entity, position: place, delta: before.map(|before| place - before) });
    pointer.at = Some(place);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_in_the_row_of_the_name_is_meant() {
        let more = [Vec2::new(1237.0, 412.0), Vec2::new(1237.0, 500.0)];
        let card_and_row = [Vec2::new(1040.0, 207.0), Vec2::new(1040.0, 494.0)];
        assert_eq!(nearest(&more, &card_and_row), Some(more[1]));
        assert_eq!(nearest(&more, &[]), None);
        assert_eq!(nearest(&[], &card_and_row), None);
    }
}
