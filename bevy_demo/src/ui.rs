//! The few building blocks that every screen is made of.

use bevy::{asset::RenderAssetUsages, ecs::system::IntoObserverSystem, prelude::*, text::FontFeatureTag};

use crate::tokens::*;

/// The typeface, built into the program.
#[derive(Resource, Clone)]
pub struct Fonts {
    pub medium: Handle<Font>,
    pub strong: Handle<Font>,
}

pub struct UiPlugin;

impl Plugin for UiPlugin {
    fn build(&self, app: &mut App) {
        let mut fonts = app.world_mut().resource_mut::<Assets<Font>>();
        let medium = fonts.add(Font::from_bytes(include_bytes!("../assets/Inter-Medium.otf").to_vec()));
        let strong = fonts.add(Font::from_bytes(include_bytes!("../assets/Inter-SemiBold.otf").to_vec()));
        app.insert_resource(Fonts { medium, strong }).add_systems(Update, (press, hover));
    }
}

/// A soft disc: white, fading towards its rim.
pub fn soft_disc(hardness: f32) -> Image {
    const SIZE: usize = 64;
    let mut pixels = Vec::with_capacity(SIZE * SIZE * 4);
    for y in 0..SIZE {
        for x in 0..SIZE {
            let offset = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) / (SIZE as f32 / 2.0) - Vec2::ONE;
            let alpha = ((1.0 - offset.length()) / (1.0 - hardness).max(0.02)).clamp(0.0, 1.0);
            pixels.extend([255, 255, 255, (alpha * alpha * (3.0 - 2.0 * alpha) * 255.0) as u8]);
        }
    }
    Image::new(
        bevy::render::render_resource::Extent3d { width: SIZE as u32, height: SIZE as u32, depth_or_array_layers: 1 },
        bevy::render::render_resource::TextureDimension::D2,
        pixels,
        bevy::render::render_resource::TextureFormat::Rgba8UnormSrgb,
        RenderAssetUsages::RENDER_WORLD,
    )
}

/// A line of text, ready to spawn.
pub type Words = (Text, TextFont, TextColor);

impl Fonts {
    /// Running text.
    pub fn text(&self, words: impl Into<String>, size: f32, colour: Color) -> Words {
        styled(words.into(), &self.medium, size, colour)
    }

    /// Names, headings, labels, figures.
    pub fn strong(&self, words: impl Into<String>, size: f32, colour: Color) -> Words {
        styled(words.into(), &self.strong, size, colour)
    }
}

fn styled(words: String, font: &Handle<Font>, size: f32, colour: Color) -> Words {
    (
        Text::new(words),
        TextFont {
            font: font.clone().into(),
            font_size: FontSize::Px(size),
            font_features: [FontFeatureTag::TABULAR_FIGURES].into(),
            ..default()
        },
        TextColor(colour),
    )
}

pub fn column(gap: f32) -> Node {
    Node { flex_direction: FlexDirection::Column, row_gap: px(gap), ..default() }
}

pub fn row(gap: f32) -> Node {
    Node { align_items: AlignItems::Center, column_gap: px(gap), ..default() }
}

/// A surface with rounded corners and the one shadow.
pub fn card(node: Node) -> impl Bundle {
    (
        Node { border: px(1).all(), border_radius: BorderRadius::all(px(RADIUS)), ..node },
        BackgroundColor(PANEL),
        BorderColor::all(LINE),
        BoxShadow::new(SHADOW, px(0), px(8), px(0), px(24)),
    )
}

pub fn dot(colour: Color) -> impl Bundle {
    (
        Node { width: px(8), height: px(8), flex_shrink: 0.0, border_radius: BorderRadius::MAX, ..default() },
        BackgroundColor(colour),
    )
}

/// A dot with nothing in it.
pub fn ring(colour: Color) -> impl Bundle {
    let node = Node { width: px(8), height: px(8), border: px(2).all(), border_radius: BorderRadius::MAX, ..default() };
    (Node { flex_shrink: 0.0, ..node }, BorderColor::all(colour))
}

/// Initials on a disc of the name's own colour.
pub fn avatar(fonts: &Fonts, name: &str, size: f32) -> impl Bundle {
    let node = Node {
        width: px(size),
        height: px(size),
        flex_shrink: 0.0,
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Center,
        border_radius: BorderRadius::MAX,
        ..default()
    };
    let letters = fonts.strong(bevy_rallypoint::initials(name), size * 0.4, Color::WHITE);
    (node, BackgroundColor(bevy_rallypoint::avatar_colour(name)), children![letters])
}

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Filled,
    Quiet,
    /// For choices beside something bigger.
    Small,
    SmallFilled,
    SmallDisabled,
    Disabled,
}

impl Weight {
    fn is_small(self) -> bool {
        matches!(self, Self::Small | Self::SmallFilled | Self::SmallDisabled)
    }

    fn is_disabled(self) -> bool {
        matches!(self, Self::Disabled | Self::SmallDisabled)
    }
}

#[derive(Component, Clone, Copy)]
struct Rest(Color);

/// Makes any node a button.
pub fn pressable(rest: Color) -> impl Bundle {
    (Button, Rest(rest), BackgroundColor(rest))
}

/// A button was pressed by mouse, touch or the scripted player.
#[derive(EntityEvent, Clone, Copy)]
pub struct Press(#[event_target] pub Entity);

/// Spawns a button that calls `action` when pressed.
pub fn button<M>(
    parent: &mut ChildSpawnerCommands,
    fonts: &Fonts,
    words: &str,
    weight: Weight,
    action: impl IntoObserverSystem<Press, (), M>,
) -> Entity {
    let (ground, ink, border) = match weight {
        Weight::Filled | Weight::SmallFilled => (WARM, ON_WARM, WARM),
        Weight::Quiet | Weight::Small => (LINE.with_alpha(0.06), TEXT, LINE.with_alpha(0.28)),
        Weight::Disabled | Weight::SmallDisabled => (Color::NONE, QUIET, LINE),
    };
    let (height, padding, size) = if weight.is_small() { (28, 12, SMALL) } else { (40, 16, SMALL + 1.0) };
    let node = Node {
        height: px(height),
        padding: UiRect::horizontal(px(padding)),
        flex_shrink: 0.0,
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Center,
        border: px(1).all(),
        border_radius: BorderRadius::all(px(8)),
        ..default()
    };
    let mut button = parent.spawn((node, BackgroundColor(ground), BorderColor::all(border)));
    if !weight.is_disabled() {
        button.insert((Button, Rest(ground))).observe(action);
    }
    button.with_children(|button| {
        button.spawn((fonts.strong(words, size, ink), TextLayout::no_wrap()));
    });
    button.id()
}

type Touched = (With<Rest>, Changed<Interaction>);

fn press(buttons: Query<(Entity, &Interaction), Touched>, mut commands: Commands) {
    for (button, _) in buttons.iter().filter(|(_, state)| **state == Interaction::Pressed) {
        commands.trigger(Press(button));
    }
}

fn hover(mut buttons: Query<(&Interaction, &Rest, &mut BackgroundColor), Changed<Interaction>>) {
    for (state, rest, mut ground) in &mut buttons {
        ground.0 = match state {
            Interaction::None => rest.0,
            Interaction::Hovered => rest.0.mix(&Color::WHITE, 0.14).with_alpha(rest.0.alpha().max(0.14)),
            Interaction::Pressed => rest.0.mix(&Color::BLACK, 0.18),
        };
    }
}
