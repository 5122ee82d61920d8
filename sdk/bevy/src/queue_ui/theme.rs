use std::{collections::HashMap, time::Duration};

use bevy::{prelude::*, text::FontFeatureTag};

/// The look of the invite queue. Change it at any time; cards drawn afterwards follow.
#[derive(Resource, Clone, Debug)]
pub struct InviteQueueTheme {
    pub font: Handle<Font>,
    pub font_strong: Handle<Font>,
    /// Distance from the window's top and right edges, in logical pixels.
    pub margin: Vec2,
    /// In logical pixels.
    pub card_width: f32,
    pub radius: f32,
    pub text_large: f32,
    pub text_small: f32,
    pub surface: Color,
    /// Cards that wait behind the front one.
    pub surface_behind: Color,
    pub border: Color,
    pub shadow: Color,
    pub text: Color,
    pub text_quiet: Color,
    pub accept: Color,
    pub on_accept: Color,
    pub danger: Color,
    /// The countdown's bar while there is time, and its groove.
    pub bar: Color,
    pub bar_groove: Color,
    /// What a challenge's card shows beside its words, by the map's name; drawn 64 by 40 logical pixels large.
    pub map_pictures: HashMap<String, Handle<Image>>,
    /// Cards shown behind the front one; the rest is a number.
    pub behind: usize,
    /// How long a card takes to slide.
    pub motion: Duration,
    /// How long a card stays to say why it goes.
    pub farewell: Duration,
    /// No sliding: cards appear and vanish.
    pub reduce_motion: bool,
    /// Drawn above everything with a smaller global z-index.
    pub z_index: i32,
}

impl Default for InviteQueueTheme {
    fn default() -> Self {
        Self {
            font: Handle::default(),
            font_strong: Handle::default(),
            margin: Vec2::new(24.0, 24.0),
            card_width: 344.0,
            radius: 12.0,
            text_large: 16.0,
            text_small: 13.0,
            surface: Color::srgb_u8(0x1C, 0x25, 0x40),
            surface_behind: Color::srgb_u8(0x17, 0x1F, 0x37),
            border: Color::srgba(0.62, 0.72, 0.95, 0.20),
            shadow: Color::srgba(0.0, 0.0, 0.0, 0.55),
            text: Color::srgb_u8(0xE6, 0xEA, 0xF2),
            text_quiet: Color::srgb_u8(0x9A, 0xA3, 0xB8),
            accept: Color::srgb_u8(0x6F, 0xD8, 0x8E),
            on_accept: Color::srgb_u8(0x08, 0x1A, 0x10),
            danger: Color::srgb_u8(0xF0, 0x8A, 0x84),
            bar: Color::srgb_u8(0xFF, 0xB4, 0x54),
            bar_groove: Color::srgba(0.62, 0.72, 0.95, 0.14),
            map_pictures: HashMap::new(),
            behind: 2,
            motion: Duration::from_millis(180),
            farewell: Duration::from_millis(1600),
            reduce_motion: false,
            z_index: 900,
        }
    }
}

impl InviteQueueTheme {
    pub(crate) fn large(&self, text: impl Into<String>) -> impl Bundle {
        label(text, &self.font_strong, self.text_large, self.text)
    }

    pub(crate) fn small(&self, text: impl Into<String>, colour: Color) -> impl Bundle {
        label(text, &self.font, self.text_small, colour)
    }

    pub(crate) fn strong(&self, text: impl Into<String>, colour: Color) -> impl Bundle {
        label(text, &self.font_strong, self.text_small, colour)
    }
}

/// One line; digits are equally wide, so that a countdown stands still.
fn label(text: impl Into<String>, font: &Handle<Font>, size: f32, colour: Color) -> impl Bundle {
    (
        Text::new(text),
        TextFont {
            font: font.clone().into(),
            font_size: FontSize::Px(size),
            font_features: [FontFeatureTag::TABULAR_FIGURES].into(),
            ..default()
        },
        TextColor(colour),
        TextLayout::no_wrap(),
    )
}
