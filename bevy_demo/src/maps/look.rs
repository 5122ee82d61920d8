//! What a map looks like: one description for its picture and for the court.

use bevy::prelude::*;

use crate::tokens::*;

/// A map's colours and lines.
#[derive(Debug, PartialEq)]
pub struct Look {
    pub name: &'static str,
    pub ground: Color,
    /// Around the court, where names and scores stand.
    pub surround: Color,
    pub line: Color,
    /// Oneself.
    pub mine: Color,
    /// The other.
    pub theirs: Color,
    pub ball: Ball,
    pub marks: &'static [Mark],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ball {
    Round,
    Square,
}

/// Something painted on the court or beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    /// Along the edges at the top and the bottom.
    Edges,
    /// From edge to edge, at this share of the width.
    Upright { at: f32, strength: f32 },
    /// So many dashes in the middle, so many line widths thick.
    Net { dashes: usize, thick: f32 },
    /// Around the middle; the radius in court heights.
    Circle { radius: f32 },
    /// Two rows of people above and two below, so many seats wide.
    Stands { seats: usize },
}

/// A straight piece of a mark. Field coordinates, from the top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    pub from: Vec2,
    pub to: Vec2,
    /// In line widths.
    pub thick: f32,
    /// How much of the line's colour is seen on the court.
    pub strength: f32,
}

/// How strong lines are that the ball keeps away from.
const EDGE: f32 = 0.34;
/// How strong the net is.
const NET: f32 = 0.42;
/// How lamps are scattered: steps from seat to seat and from row to row, and after how many it begins again.
const LAMPS: (usize, usize, usize) = (5, 3, 11);

const CLASSIC: Look = Look {
    name: "classic",
    ground: Color::srgb(0.047, 0.082, 0.184),
    surround: GROUND,
    line: Color::srgb(0.62, 0.78, 1.0),
    mine: WARM,
    theirs: COOL,
    ball: Ball::Round,
    marks: &[
        Mark::Edges,
        Mark::Upright { at: 0.25, strength: 0.12 },
        Mark::Upright { at: 0.75, strength: 0.12 },
        Mark::Net { dashes: 25, thick: 1.0 },
    ],
};

const ARENA: Look = Look {
    name: "arena",
    ground: Color::srgb(0.34, 0.12, 0.16),
    surround: Color::srgb(0.12, 0.055, 0.12),
    line: Color::srgb(1.0, 0.86, 0.72),
    mine: WARM,
    theirs: COOL,
    ball: Ball::Round,
    marks: &[
        Mark::Edges,
        Mark::Upright { at: 0.5, strength: NET },
        Mark::Circle { radius: 0.13 },
        Mark::Stands { seats: 64 },
    ],
};

const RETRO: Look = Look {
    name: "retro",
    ground: Color::srgb(0.02, 0.065, 0.04),
    surround: Color::srgb(0.012, 0.03, 0.02),
    line: Color::srgb(0.50, 0.95, 0.60),
    mine: Color::srgb(1.0, 0.78, 0.30),
    theirs: Color::srgb(0.50, 0.95, 0.60),
    ball: Ball::Square,
    marks: &[Mark::Net { dashes: 13, thick: 4.0 }],
};

impl Look {
    /// All that are known, the one for everything else first.
    pub const ALL: [&'static Look; 3] = [&CLASSIC, &ARENA, &RETRO];

    /// That of a map; classic for a match without one, and for a map that this version does not know.
    pub fn of(map: Option<&str>) -> &'static Look {
        Self::ALL.into_iter().find(|look| Some(look.name) == map).unwrap_or(&CLASSIC)
    }

    /// Everything on it that is straight.
    pub fn strokes(&self) -> Vec<Stroke> {
        let across = |y| Stroke { from: Vec2::new(0.0, y), to: Vec2::new(1.0, y), thick: 1.0, strength: EDGE };
        let mut strokes = Vec::new();
        for mark in self.marks {
            match *mark {
                Mark::Edges => strokes.extend([across(0.0), across(1.0)]),
                Mark::Upright { at, strength } => {
                    strokes.push(Stroke { from: Vec2::new(at, 0.0), to: Vec2::new(at, 1.0), thick: 1.0, strength });
                }
                Mark::Net { dashes, thick } => strokes.extend((0..dashes).map(|n| {
                    let at = |part: f32| Vec2::new(0.5, (n as f32 + part) / dashes as f32);
                    Stroke { from: at(0.25), to: at(0.75), thick, strength: NET }
                })),
                Mark::Circle { .. } | Mark::Stands { .. } => {}
            }
        }
        strokes
    }

    /// The circle in the middle, by its radius in court heights.
    pub fn circle(&self) -> Option<f32> {
        self.marks.iter().find_map(|mark| if let Mark::Circle { radius } = mark { Some(*radius) } else { None })
    }

    /// How many seats a row of the stands has.
    pub fn seats(&self) -> usize {
        let seats = |mark: &Mark| if let Mark::Stands { seats } = mark { Some(*seats) } else { None };
        self.marks.iter().find_map(seats).unwrap_or(0)
    }

    /// Who sits there, counted from the left: some have a lamp.
    pub fn seat_colour(&self, seat: usize, row: usize) -> Color {
        let lit = (seat * LAMPS.0 + row * LAMPS.1) % LAMPS.2 < 2;
        if lit { self.mine.mix(&self.surround, 0.5) } else { self.line.mix(&self.surround, 0.76) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: Color) -> f32 {
        let LinearRgba { red, green, blue, .. } = colour.to_linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// As the accessibility guidelines of the web reckon it.
    fn contrast(one: Color, other: Color) -> f32 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn names_scores_paddles_and_ball_can_be_read_on_every_map() {
        for look in Look::ALL {
            for (what, colour) in [("names", TEXT), ("keys", QUIET), ("mine", look.mine), ("theirs", look.theirs)] {
                let seen = contrast(colour, look.surround);
                assert!(seen >= 4.5, "{what} beside the court of {}: {seen:.1}", look.name);
            }
            for (what, colour) in [("ball", TEXT), ("mine", look.mine), ("theirs", look.theirs)] {
                let seen = contrast(colour, look.ground);
                assert!(seen >= 4.5, "{what} on the court of {}: {seen:.1}", look.name);
            }
            for (what, colour) in [("mine", look.mine), ("theirs", look.theirs)] {
                let seen = contrast(colour, PANEL);
                assert!(seen >= 4.5, "{what} on the card with the result of {}: {seen:.1}", look.name);
            }
        }
    }

    #[test]
    fn a_map_that_nobody_knows_looks_like_classic() {
        assert_eq!(Look::of(Some("arena")).name, "arena");
        for unknown in [None, Some("moon"), Some("")] {
            assert_eq!(Look::of(unknown).name, "classic");
        }
    }

    #[test]
    fn strokes_stay_on_the_court() {
        for stroke in Look::ALL.into_iter().flat_map(Look::strokes) {
            let on_court = |at: Vec2| (0.0..=1.0).contains(&at.x) && (0.0..=1.0).contains(&at.y);
            assert!(on_court(stroke.from) && on_court(stroke.to), "{stroke:?}");
            assert!(stroke.from.x == stroke.to.x || stroke.from.y == stroke.to.y, "{stroke:?}");
        }
    }
}
