//! Where the ball was, and where it will be: known from snapshots, then worked out.

use std::collections::VecDeque;

use super::MOST_AHEAD;
use crate::rules::{FACE, State, to_f32};

/// Snapshots that are kept: enough for a second without one.
const KNOWN: usize = 24;

/// The ball in one tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub tick: u32,
    /// From 0 to 1.
    pub x: f32,
    pub y: f32,
    /// Ticks that it still hangs.
    pub hold: u16,
    pub scores: [u8; 2],
}

impl Point {
    pub fn of(state: &State) -> Self {
        let (x, y) = state.ball.position();
        Self { tick: state.tick, x, y, hold: state.hold, scores: state.scores }
    }

    /// How far it is on the way from the left face to the right one, from 0 to 1.
    fn way(&self) -> f64 {
        let face = f64::from(to_f32(FACE));
        ((f64::from(self.x) - face) / (1.0 - 2.0 * face)).clamp(0.0, 1.0)
    }
}

/// A tick to show, and how many ticks further at the right face.
#[derive(Clone, Copy, Debug)]
pub(super) struct When {
    /// At the left face.
    pub left: f64,
    /// At the right face.
    pub right: f64,
}

impl When {
    /// Which tick is shown where the ball is in this point.
    fn at(&self, point: &Point) -> f64 {
        self.left + (self.right - self.left) * point.way()
    }

    fn earliest(&self) -> f64 {
        self.left.min(self.right)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    known: VecDeque<Point>,
    ahead: Vec<Point>,
}

impl Path {
    /// What the server said. What was worked out before counts no more.
    pub fn confirm(&mut self, point: Point) {
        self.ahead.clear();
        if self.known.back().is_some_and(|last| point.tick <= last.tick) {
            self.known.clear();
        }
        if self.known.len() == KNOWN {
            self.known.pop_front();
        }
        self.known.push_back(point);
    }

    /// The tick after the last one.
    pub fn work_out(&mut self, point: Point) {
        if self.ahead.len() < MOST_AHEAD as usize {
            self.ahead.push(point);
        }
    }

    /// The first place on the way where the ball is in the tick that is shown there. `beyond` is where it goes after
    /// the last tick that was worked out. `None`: nothing is known yet.
    pub fn shown(&self, when: When, beyond: Point) -> Option<Point> {
        let mut points = self.known.iter().chain(&self.ahead).chain([&beyond]).copied();
        let mut from = points.next()?;
        let earliest = when.earliest();
        for to in points {
            if f64::from(to.tick) > earliest
                && let Some(point) = meet(from, to, when)
            {
                return Some(point);
            }
            from = to;
        }
        Some(from)
    }
}

/// Where between two points the ball is in the tick that is shown there.
fn meet(from: Point, to: Point, when: When) -> Option<Point> {
    let early = |point: &Point| f64::from(point.tick) - when.at(point);
    // A ball that is served again is not seen on its way to the middle.
    let served = from.scores != to.scores || to.hold > from.hold;
    let last = if served { Point { tick: to.tick, ..from } } else { to };
    let (a, b) = (early(&from), early(&last));
    if b < 0.0 {
        return (served && early(&to) >= 0.0).then_some(to);
    }
    let part = if a < 0.0 { (-a / (b - a)) as f32 } else { 0.0 };
    let between = |a: f32, b: f32| a + (b - a) * part;
    Some(Point { x: between(from.x, last.x), y: between(from.y, last.y), ..from })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(tick: u32, x: f32) -> Point {
        Point { tick, x, y: 0.5, hold: 0, scores: [0; 2] }
    }

    fn path(xs: &[f32]) -> Path {
        let mut path = Path::default();
        for (tick, x) in (1..).zip(xs) {
            path.confirm(point(tick, *x));
        }
        path
    }

    #[test]
    fn between_two_points_it_is_between_them() {
        let path = path(&[0.2, 0.3, 0.4, 0.5]);
        let shown = path.shown(When { left: 2.5, right: 2.5 }, point(5, 0.6)).expect("a path");
        assert!((shown.x - 0.35).abs() < 1e-6, "{shown:?}");
    }

    #[test]
    fn further_to_the_right_a_later_tick_is_shown() {
        let path = path(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
        let when = When { left: 1.0, right: 5.0 };
        let shown = path.shown(when, point(8, 0.8)).expect("a path");
        let tick = 1.0 + (shown.x - 0.1) / 0.1;
        assert!((f64::from(tick) - when.at(&shown)).abs() < 1e-3, "{shown:?}");
    }

    #[test]
    fn a_serve_is_a_jump() {
        let mut path = path(&[0.8, 0.9]);
        path.confirm(Point { hold: 72, scores: [1, 0], ..point(3, 0.5) });
        let at = |tick: f64| path.shown(When { left: tick, right: tick }, point(4, 0.5)).expect("a path").x;
        assert_eq!((at(2.9), at(3.1)), (0.9, 0.5));
    }

    #[test]
    fn after_the_end_it_stands_still() {
        let path = path(&[0.2, 0.3]);
        let shown = path.shown(When { left: 50.0, right: 50.0 }, point(3, 0.4)).expect("a path");
        assert_eq!(shown.x, 0.4);
    }
}
