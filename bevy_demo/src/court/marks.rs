//! What is painted on the court and beside it, by the look of the match's map.

use bevy::{
    asset::RenderAssetUsages,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};

use super::{Frame, STRIP};
use crate::{
    Screen,
    game::Table,
    maps::{Look, Stroke},
    tokens::GROUND,
};

/// Logical pixels of a line.
const LINE: f32 = 2.0;
/// How much of the lines is seen before a match.
const FAINT: f32 = 0.4;
const SEAT: Vec2 = Vec2::new(7.0, 3.0);
/// Where the rows of the stands are, from the window's edge.
const ROWS: [f32; 2] = [5.0, 11.0];
/// Pixels of the circle's picture, and how thick it is there.
const RING: usize = 512;
const RING_LINE: f32 = 6.0;

/// A piece that is drawn as a sprite.
#[derive(Component, Clone, Copy)]
enum Piece {
    Stroke(Stroke),
    /// By its radius in court heights.
    Circle(f32),
    /// So far along a row, from 0 to 1.
    Seat {
        along: f32,
        row: usize,
        top: bool,
        colour: Color,
    },
}

/// The look that the pieces there are belong to.
#[derive(Resource)]
struct Painted {
    look: Option<&'static Look>,
    ring: Handle<Image>,
}

pub(super) fn build(app: &mut App) {
    let ring = app.world_mut().resource_mut::<Assets<Image>>().add(ring());
    app.insert_resource(Painted { look: None, ring }).add_systems(Update, (paint, place, colour_the_surround).chain());
}

/// A thin white circle.
fn ring() -> Image {
    let radius = RING as f32 / 2.0;
    let pixels = (0..RING * RING).flat_map(|index| {
        let at = Vec2::new((index % RING) as f32 + 0.5, (index / RING) as f32 + 0.5);
        let off = (at.distance(Vec2::splat(radius)) - (radius - RING_LINE)).abs() - RING_LINE / 2.0;
        [255, 255, 255, ((0.5 - off).clamp(0.0, 1.0) * 255.0) as u8]
    });
    let extent = Extent3d { width: RING as u32, height: RING as u32, depth_or_array_layers: 1 };
    let format = TextureFormat::Rgba8UnormSrgb;
    Image::new(extent, TextureDimension::D2, pixels.collect(), format, RenderAssetUsages::RENDER_WORLD)
}

fn pieces(look: &Look) -> impl Iterator<Item = Piece> {
    let seats = look.seats();
    let stands = (0..seats * ROWS.len()).flat_map(move |index| {
        let (seat, row) = (index % seats, index / seats);
        let (along, colour) = ((seat as f32 + 0.5) / seats as f32, look.seat_colour(seat, row));
        [true, false].map(|top| Piece::Seat { along, row, top, colour })
    });
    look.strokes().into_iter().map(Piece::Stroke).chain(look.circle().map(Piece::Circle)).chain(stands)
}

/// Anew for another map.
fn paint(table: Res<Table>, mut painted: ResMut<Painted>, old: Query<Entity, With<Piece>>, mut commands: Commands) {
    if painted.look == Some(table.look) {
        return;
    }
    painted.look = Some(table.look);
    for piece in &old {
        commands.entity(piece).despawn();
    }
    for piece in pieces(table.look) {
        let image = if matches!(piece, Piece::Circle(_)) { painted.ring.clone() } else { Handle::default() };
        commands.spawn((piece, Sprite { image, color: Color::NONE, ..default() }));
    }
}

fn place(
    mut drawn: Query<(&Piece, &mut Transform, &mut Sprite)>,
    table: Res<Table>,
    screen: Res<State<Screen>>,
    windows: Query<&Window>,
) {
    let Ok(window) = windows.single() else { return };
    let frame = Frame::of(window);
    let seen = match screen.get() {
        Screen::Match | Screen::Result => 1.0,
        // The lobby has lines enough of its own.
        Screen::Lobby => 0.0,
        Screen::SignIn | Screen::Connecting => FAINT,
    };
    let line = |strength: f32| table.look.line.with_alpha(strength * seen);
    for (piece, mut transform, mut sprite) in &mut drawn {
        let (at, size, colour) = match *piece {
            Piece::Stroke(Stroke { from, to, thick, strength }) => {
                let (from, to) = (frame.at(from), frame.at(to));
                let length = (to - from).abs();
                (from.midpoint(to), length.max(Vec2::splat(LINE * thick)), line(strength))
            }
            Piece::Circle(radius) => {
                let margin = RING as f32 / (RING as f32 - 2.0 * RING_LINE);
                (Vec2::ZERO, Vec2::splat(2.0 * radius * frame.size.y * margin), line(0.34))
            }
            Piece::Seat { along, row, top, colour } => {
                let y = frame.size.y / 2.0 + STRIP - ROWS[row];
                let at = Vec2::new((along - 0.5) * window.width(), if top { y } else { -y });
                (at, SEAT, colour.with_alpha(if seen < 1.0 { 0.0 } else { 1.0 }))
            }
        };
        transform.translation = at.extend(1.0);
        sprite.custom_size = Some(size);
        sprite.color = colour;
    }
}

fn colour_the_surround(screen: Res<State<Screen>>, table: Res<Table>, mut clear: ResMut<ClearColor>) {
    let playing = matches!(screen.get(), Screen::Match | Screen::Result);
    clear.0 = if playing { table.look.surround } else { GROUND };
}
