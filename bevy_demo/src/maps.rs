//! The maps that a challenge can be about, each with a picture that is drawn here.

use std::collections::HashMap;

use bevy::{
    asset::RenderAssetUsages,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};
use bevy_rallypoint::{InviteQueueTheme, RallypointCommand, RallypointReply};

use crate::{Screen, tokens::*};

/// In pixels, three to a logical one on a card.
const SIZE: (usize, usize) = (192, 120);

/// The server's maps, in its order.
#[derive(Resource)]
pub struct Maps {
    pub names: Vec<String>,
    pictures: HashMap<String, Handle<Image>>,
}

impl Maps {
    /// `None` for a map that this version does not know.
    pub fn picture(&self, name: &str) -> Option<Handle<Image>> {
        self.pictures.get(name).cloned()
    }
}

pub struct MapsPlugin;

impl Plugin for MapsPlugin {
    fn build(&self, app: &mut App) {
        let mut images = app.world_mut().resource_mut::<Assets<Image>>();
        let pictures = LOOKS.iter().map(|look| (look.name.to_owned(), images.add(look.paint().picture()))).collect();
        let names = LOOKS.iter().map(|look| look.name.to_owned()).collect();
        app.insert_resource(Maps { names, pictures })
            .add_systems(Startup, |maps: Res<Maps>, mut theme: ResMut<InviteQueueTheme>| {
                theme.map_pictures.clone_from(&maps.pictures);
            })
            .add_systems(OnEnter(Screen::Lobby), |mut commands: MessageWriter<RallypointCommand>| {
                commands.write(RallypointCommand::FindMaps);
            })
            .add_systems(Update, learn);
    }
}

fn learn(mut replies: MessageReader<RallypointReply>, mut maps: ResMut<Maps>) {
    for reply in replies.read() {
        if let RallypointReply::MapsFound(Ok(names)) = reply
            && maps.names != *names
        {
            maps.names.clone_from(names);
        }
    }
}

/// With a capital letter, as a sign would have it.
pub fn title(map: &str) -> String {
    let mut letters = map.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Marks {
    /// Service lines and a dashed net.
    Lines,
    /// Stands on both sides, and a circle in the middle.
    Stands,
    /// A coarse net and nothing else.
    Bare,
}

struct Look {
    name: &'static str,
    ground: Color,
    surround: Color,
    line: Color,
    marks: Marks,
}

const LOOKS: [Look; 3] = [
    Look {
        name: "classic",
        ground: Color::srgb(0.10, 0.20, 0.42),
        surround: Color::srgb(0.05, 0.09, 0.20),
        line: Color::srgb(0.70, 0.82, 1.0),
        marks: Marks::Lines,
    },
    Look {
        name: "arena",
        ground: Color::srgb(0.46, 0.17, 0.20),
        surround: Color::srgb(0.17, 0.08, 0.17),
        line: Color::srgb(1.0, 0.86, 0.72),
        marks: Marks::Stands,
    },
    Look {
        name: "retro",
        ground: Color::srgb(0.03, 0.08, 0.05),
        surround: Color::srgb(0.02, 0.04, 0.03),
        line: Color::srgb(0.50, 0.95, 0.60),
        marks: Marks::Bare,
    },
];

impl Look {
    fn paint(&self) -> Canvas {
        let (width, height) = (SIZE.0 as f32, SIZE.1 as f32);
        let middle = Vec2::new(width, height) / 2.0;
        let margin = Vec2::new(14.0, if self.marks == Marks::Stands { 24.0 } else { 14.0 });
        let court = Rect::from_corners(margin, Vec2::new(width, height) - margin);
        let mut canvas = Canvas::new(self.surround);
        canvas.fill(court, self.ground);
        match self.marks {
            Marks::Lines => {
                canvas.frame(court, 2.0, self.line);
                for share in [0.25, 0.75] {
                    canvas.upright(court.min.x + court.width() * share, court, 2.0, self.line);
                }
                canvas.net(court, 3.0, 8.0, self.line);
            }
            Marks::Stands => {
                let seats = (0..22).map(|n| 10.0 + n as f32 * 8.0);
                for (n, x) in seats.enumerate() {
                    let lit = if n % 3 == 0 { WARM } else { self.line.mix(&self.surround, 0.6) };
                    for y in [6.0, 13.0, height - 16.0, height - 9.0] {
                        canvas.fill(Rect::new(x, y, x + 4.0, y + 3.0), lit);
                    }
                }
                canvas.frame(court, 2.0, self.line);
                canvas.upright(middle.x, court, 2.0, self.line);
                canvas.ring(middle, 22.0, 2.0, self.line);
            }
            Marks::Bare => canvas.net(court, 6.0, 12.0, self.line),
        }
        let (left, right) = if self.marks == Marks::Bare { (self.line, self.line) } else { (WARM, COOL) };
        let paddle = Vec2::new(6.0, 28.0);
        canvas.fill(Rect::from_center_size(Vec2::new(court.min.x + 12.0, middle.y - 10.0), paddle), left);
        canvas.fill(Rect::from_center_size(Vec2::new(court.max.x - 12.0, middle.y + 12.0), paddle), right);
        let ball = middle + Vec2::new(28.0, -12.0);
        match self.marks {
            Marks::Bare => canvas.fill(Rect::from_center_size(ball, Vec2::splat(9.0)), self.line),
            _ => canvas.ring(ball, 4.0, 8.0, TEXT),
        }
        canvas
    }
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

    fn frame(&mut self, rect: Rect, thick: f32, colour: Color) {
        let Rect { min, max } = rect;
        self.fill(Rect::new(min.x, min.y, max.x, min.y + thick), colour);
        self.fill(Rect::new(min.x, max.y - thick, max.x, max.y), colour);
        self.fill(Rect::new(min.x, min.y, min.x + thick, max.y), colour);
        self.fill(Rect::new(max.x - thick, min.y, max.x, max.y), colour);
    }

    fn upright(&mut self, x: f32, court: Rect, thick: f32, colour: Color) {
        self.fill(Rect::new(x - thick / 2.0, court.min.y, x + thick / 2.0, court.max.y), colour);
    }

    fn net(&mut self, court: Rect, thick: f32, dash: f32, colour: Color) {
        let x = court.center().x;
        let mut y = court.min.y + dash / 2.0;
        while y + dash / 2.0 < court.max.y {
            self.fill(Rect::new(x - thick / 2.0, y, x + thick / 2.0, y + dash / 2.0), colour);
            y += dash;
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
        let pictures: Vec<_> = LOOKS.iter().map(|look| look.paint().0).collect();
        for (n, picture) in pictures.iter().enumerate() {
            assert_eq!(picture.len(), SIZE.0 * SIZE.1);
            assert!(pictures[..n].iter().all(|other| other != picture), "{}", LOOKS[n].name);
        }
        assert_eq!(title("arena"), "Arena");
    }
}
