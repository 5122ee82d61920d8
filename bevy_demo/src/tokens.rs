//! Colours, sizes and durations: a tennis court at night.

use std::time::Duration;

use bevy::prelude::*;

pub const GROUND: Color = Color::srgb(0.043, 0.063, 0.125);
pub const PANEL: Color = Color::srgb(0.067, 0.094, 0.173);
pub const LINE: Color = Color::srgba(0.62, 0.72, 0.95, 0.14);
pub const TEXT: Color = Color::srgb(0.902, 0.918, 0.949);
pub const QUIET: Color = Color::srgb(0.604, 0.639, 0.722);
/// Oneself.
pub const WARM: Color = Color::srgb(1.0, 0.706, 0.329);
pub const ON_WARM: Color = Color::srgb(0.125, 0.075, 0.0);
/// The other.
pub const COOL: Color = Color::srgb(0.361, 0.812, 0.902);
/// Somebody who is there and does not look.
pub const AMBER: Color = Color::srgb(0.82, 0.63, 0.28);
pub const GREEN: Color = Color::srgb(0.435, 0.847, 0.557);
pub const RED: Color = Color::srgb(0.941, 0.541, 0.518);
pub const VEIL: Color = Color::srgba(0.027, 0.039, 0.082, 0.78);
pub const SHADOW: Color = Color::srgba(0.0, 0.0, 0.0, 0.5);

/// Three sizes of type, and the score's.
pub const SMALL: f32 = 13.0;
pub const BODY: f32 = 16.0;
pub const TITLE: f32 = 28.0;
pub const SCORE: f32 = 160.0;

pub const RADIUS: f32 = 12.0;
pub const RAIL: f32 = 224.0;
pub const PEOPLE: f32 = 336.0;
/// The invite queue stands in the people's column.
pub const QUEUE_WIDTH: f32 = PEOPLE - 32.0;
pub const QUEUE_MARGIN: f32 = 16.0;
/// Where the number of waiting invites stands during a match: from the right, and from the bottom up.
pub const MATCH_PILL: Vec2 = Vec2::new(128.0, 44.0);

pub const EASE: Duration = Duration::from_millis(180);
pub const TOAST: Duration = Duration::from_millis(4000);
/// How often the list of people is asked for.
pub const PEOPLE_REFRESH: Duration = Duration::from_secs(3);
/// Who touches nothing in the lobby for so long is away.
pub const AWAY_AFTER: Duration = Duration::from_secs(180);
/// How long a dropped player may take to come back.
pub const GRACE: Duration = Duration::from_secs(15);
/// Between two tries to get back into the game.
pub const RETRY: Duration = Duration::from_millis(1200);
/// How long the first connection to a game may take.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(12);
