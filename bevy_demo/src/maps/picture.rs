//! A map's picture, drawn from its look.

use bevy::{
    asset::RenderAssetUsages,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};

use super::look::{Ball, Look};
use crate::tokens::TEXT;

/// In pixels, three to a logical one on a card.
const SIZE: (usize, usize) = (192, 120);
/// How thick a line is.
const LINE: f32 = 2.0;
/// From one seat of the stands to the next.
const SEAT: f32 = 8.0;

/// Ready for a card.
pub fn of(look: &Look) -> Image {
    paint(look).picture()
}

fn paint(look: &Look) -> Canvas {
    let size = Vec2::new(SIZE.0 as f32, SIZE.1 as f32);
    let middle = size / 2.0;
    let stands = look.seats() > 0;
    let margin = Vec2::new(14.0, if stands { 24.0 } else { 14.0 });
    let court = Rect::from_corners(margin, size - margin);
    let mut canvas = Canvas::new(look.surround);
    canvas.fill(court, look.ground);
    for stroke in look.strokes() {
        // Thinner than on the court, where there is room.
        let at = |field: Vec2| court.min + field * court.size();
        let (from, to) = (at(stroke.from), at(stroke.to));
        let size = (to - from).abs().max(Vec2::splat(LINE * stroke.thick.sqrt()));
        canvas.fill(Rect::from_center_size(from.midpoint(to), size), look.line);
    }
    if let Some(radius) = look.circle() {
        canvas.ring(middle, radius * court.height(), LINE, look.line);
    }
    if stands {
        for seat in 0..((size.x - 2.0 * SEAT) / SEAT) as usize {
            let x = SEAT * (seat as f32 + 1.25);
            for (row, y) in [6.0, 13.0, size.y - 16.0, size.y - 9.0].into_iter().enumerate() {
                canvas.fill(Rect::new(x, y, x + 4.0, y + 3.0), look.seat_colour(seat, row % 2));
            }
        }
    }
    let paddle = Vec2::new(6.0, 28.0);
    let at = |x, y| Rect::from_center_size(Vec2::new(x, middle.y + y), paddle);
    canvas.fill(at(court.min.x + 12.0, -10.0), look.mine);
    canvas.fill(at(court.max.x - 12.0, 12.0), look.theirs);
    let ball = middle + Vec2::new(28.0, -12.0);
    match look.ball {
        Ball::Square => canvas.fill(Rect::from_center_size(ball, Vec2::splat(9.0)), TEXT),
        Ball::Round => canvas.ring(ball, 4.0, 8.0, TEXT),
    }
    canvas
}

struct Canvas(Vec<[u8; 4]>);

impl Canvas {
    fn new(colour: Color) -> Self {
        Self(vec![bytes(colour); SIZE.0 * SIZE.1])
    }

    fn fill(&mut self, rect: Rect, colour: Color) {
        let colour = bytes(colour);
        for y in (rect.min.y.max(0.0) as usize)..(rect.max.y as usize).min(SIZE.1) {
            for x in (rect.min.x.max(0.0) as usize)..(rect.max.x as usize).min(SIZE.0) {
                self.0[y * SIZE.0 + x] = colour;
            }
        }
    }

    /// As thick as it is wide, it is a disc.
    fn ring(&mut self, middle: Vec2, radius: f32, thick: f32, colour: Color) {
        for (index, pixel) in self.0.iter_mut().enumerate() {
            let at = Vec2::new((index % SIZE.0) as f32 + 0.5, (index / SIZE.0) as f32 + 0.5);
            let away = (at.distance(middle) - radius).abs() - thick / 2.0;
            let share = (0.5 - away).clamp(0.0, 1.0);
            if share > 0.0 {
                let below = Color::srgb_u8(pixel[0], pixel[1], pixel[2]);
                *pixel = bytes(below.mix(&colour, share));
            }
        }
    }

    fn picture(self) -> Image {
        let extent = Extent3d { width: SIZE.0 as u32, height: SIZE.1 as u32, depth_or_array_layers: 1 };
        let format = TextureFormat::Rgba8UnormSrgb;
        Image::new(extent, TextureDimension::D2, self.0.concat(), format, RenderAssetUsages::RENDER_WORLD)
    }
}

fn bytes(colour: Color) -> [u8; 4] {
    colour.to_srgba().to_u8_array()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_map_has_a_picture_of_its_own() {
        let pictures = Look::ALL.map(|look| paint(look).0);
        for (n, picture) in pictures.iter().enumerate() {
            assert_eq!(picture.len(), SIZE.0 * SIZE.1);
            assert!(pictures[..n].iter().all(|other| other != picture), "{}", Look::ALL[n].name);
        }
    }
}
