//! The court: paddles, the ball with its trail, and what happens when they meet.

mod marks;

use bevy::{prelude::*, text::FontFeatureTag};
use bevy_rallypoint::InviteQueueTheme;
use rallypoint_pong::rules::{BALL_RADIUS, FACE, PADDLE_HALF, Side, to_f32};

use crate::{
    Screen,
    game::{Moment, Stage, Table},
    maps::Ball,
    tokens::*,
    ui::{Fonts, soft_disc},
};

const TRAIL: usize = 20;
/// Above and below the court, for names and keys.
const STRIP: f32 = 56.0;

/// Spawned once; dim behind menus, bright in a match.
#[derive(Component, Clone, Copy)]
enum Part {
    Ground,
    Paddle(Side),
    Glow(Side),
    Ball,
    Halo,
    Trail(usize),
    Score(Side),
}

#[derive(Component)]
struct Particle {
    velocity: Vec2,
    left: f32,
}

/// What is flashing, and the ball's last places.
#[derive(Resource)]
struct Effects {
    /// Seconds of light left on each paddle.
    flash: [f32; 2],
    /// Seconds left of each score's swelling.
    swell: [f32; 2],
    trail: [Vec2; TRAIL],
    disc: Handle<Image>,
}

pub struct CourtPlugin;

impl Plugin for CourtPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Startup, spawn).add_systems(
            Update,
            (start_effects, (remember_trail, place, fly).chain()).chain().run_if(resource_exists::<Effects>),
        );
        marks::build(app);
    }
}

fn spawn(mut images: ResMut<Assets<Image>>, fonts: Res<Fonts>, mut commands: Commands) {
    let disc = images.add(soft_disc(0.82));
    let halo = images.add(soft_disc(0.0));
    let sprite = |colour: Color| Sprite::from_color(colour, Vec2::ONE);
    let round = |image: &Handle<Image>, colour: Color| Sprite { image: image.clone(), color: colour, ..default() };
    commands.spawn((Part::Ground, sprite(Color::NONE)));
    for side in Side::BOTH {
        commands.spawn((Part::Glow(side), round(&halo, Color::NONE)));
        commands.spawn((Part::Paddle(side), sprite(TEXT)));
        let font = TextFont {
            font: fonts.strong.clone().into(),
            font_size: FontSize::Px(SCORE),
            font_features: [FontFeatureTag::TABULAR_FIGURES].into(),
            ..default()
        };
        commands.spawn((Part::Score(side), Text2d::new(""), font, TextColor(Color::NONE)));
    }
    for n in 0..TRAIL {
        commands.spawn((Part::Trail(n), round(&disc, Color::NONE)));
    }
    commands.spawn((Part::Halo, round(&halo, Color::NONE)));
    commands.spawn((Part::Ball, round(&disc, TEXT)));
    commands.insert_resource(Effects { flash: [0.0; 2], swell: [0.0; 2], trail: [Vec2::splat(0.5); TRAIL], disc });
}

/// Where field coordinates are in the world.
struct Frame {
    size: Vec2,
}

impl Frame {
    fn of(window: &Window) -> Self {
        Self { size: Vec2::new(window.width(), window.height()) - Vec2::new(0.0, 2.0 * STRIP) }
    }

    /// From the top left corner, as a share of the court.
    fn at(&self, field: Vec2) -> Vec2 {
        Vec2::new(field.x - 0.5, 0.5 - field.y) * self.size
    }
}

fn start_effects(
    mut moments: MessageReader<Moment>,
    mut effects: ResMut<Effects>,
    theme: Res<InviteQueueTheme>,
    table: Res<Table>,
    windows: Query<&Window>,
    mut commands: Commands,
) {
    let Ok(window) = windows.single() else { return };
    let frame = Frame::of(window);
    for moment in moments.read() {
        match *moment {
            Moment::Hit(at, side) => {
                effects.flash[side.index()] = 0.14;
                if !theme.reduce_motion {
                    let away = if side == Side::Left { 1.0 } else { -1.0 };
                    burst(&mut commands, &effects.disc, frame.at(at), away, 9, table.colour_of(side));
                }
            }
            Moment::Wall(at) => {
                if !theme.reduce_motion {
                    burst(&mut commands, &effects.disc, frame.at(at), 0.0, 4, TEXT);
                }
            }
            Moment::Point(side) => effects.swell[side.index()] = 0.6,
        }
    }
}

fn burst(commands: &mut Commands, disc: &Handle<Image>, at: Vec2, away: f32, count: usize, colour: Color) {
    for n in 0..count {
        // A fan; no need for chance.
        let angle = (n as f32 / count as f32 - 0.5) * 2.6 + if away < 0.0 { std::f32::consts::PI } else { 0.0 };
        let speed = 90.0 + 45.0 * ((n * 7) % 5) as f32;
        let sprite = Sprite { image: disc.clone(), color: colour, custom_size: Some(Vec2::splat(5.0)), ..default() };
        commands.spawn((
            Particle { velocity: Vec2::from_angle(angle) * speed, left: 0.32 },
            sprite,
            Transform::from_translation(at.extend(6.0)),
        ));
    }
}

fn fly(
    mut particles: Query<(Entity, &mut Particle, &mut Transform, &mut Sprite)>,
    time: Res<Time>,
    mut commands: Commands,
) {
    let passed = time.delta_secs();
    for (entity, mut particle, mut place, mut sprite) in &mut particles {
        particle.left -= passed;
        if particle.left <= 0.0 {
            commands.entity(entity).despawn();
            continue;
        }
        place.translation += (particle.velocity * passed).extend(0.0);
        particle.velocity *= (-3.0 * passed).exp();
        sprite.color.set_alpha((particle.left / 0.32).min(1.0) * 0.9);
    }
}

fn remember_trail(mut effects: ResMut<Effects>, table: Res<Table>, time: Res<Time>) {
    // A serve puts the ball elsewhere: no streak across the court.
    if effects.trail[0].distance(table.ball) > 0.2 {
        effects.trail = [table.ball; TRAIL];
    }
    // As many places as time has passed, so that slow frames leave no gaps.
    let steps = ((time.delta_secs() * 100.0).round() as usize).clamp(1, TRAIL);
    let from = effects.trail[0];
    for step in 1..=steps {
        effects.trail.rotate_right(1);
        effects.trail[0] = from.lerp(table.ball, step as f32 / steps as f32);
    }
}

/// A part as it is drawn: a sprite, or a score.
type Drawn = (
    &'static Part,
    &'static mut Transform,
    Option<&'static mut Sprite>,
    Option<&'static mut Text2d>,
    Option<&'static mut TextColor>,
);

fn place(
    mut parts: Query<Drawn>,
    mut effects: ResMut<Effects>,
    screen: Res<State<Screen>>,
    table: Res<Table>,
    theme: Res<InviteQueueTheme>,
    windows: Query<&Window>,
    time: Res<Time>,
) {
    let Ok(window) = windows.single() else { return };
    let frame = Frame::of(window);
    let passed = time.delta_secs();
    for left in [0, 1] {
        effects.flash[left] = (effects.flash[left] - passed).max(0.0);
        effects.swell[left] = (effects.swell[left] - passed).max(0.0);
    }
    let playing = matches!(screen.get(), Screen::Match | Screen::Result);
    let shown = screen.get() == &Screen::Match;
    let live = shown && matches!(table.stage, Stage::Playing);
    let unit = frame.size.y;
    let radius = to_f32(BALL_RADIUS) * unit.min(frame.size.x * 0.7) * 1.1;

    for (part, mut transform, sprite, text, colour) in &mut parts {
        let (at, size, tint) = match *part {
            Part::Ground => (Vec2::ZERO, frame.size, if playing { table.look.ground } else { Color::NONE }),
            Part::Paddle(side) | Part::Glow(side) => {
                let width = to_f32(BALL_RADIUS) * unit;
                let reach = to_f32(FACE) * frame.size.x - width / 2.0;
                let x = if side == Side::Left { reach - frame.size.x / 2.0 } else { frame.size.x / 2.0 - reach };
                let y = (0.5 - table.paddles[side.index()]) * unit;
                let own = table.colour_of(side);
                let lit = effects.flash[side.index()] / 0.14;
                if matches!(part, Part::Paddle(_)) {
                    let tint =
                        if shown { own.mix(&Color::WHITE, if lit > 0.3 { 0.85 } else { 0.0 }) } else { Color::NONE };
                    (Vec2::new(x, y), Vec2::new(width, to_f32(PADDLE_HALF) * 2.0 * unit), tint)
                } else {
                    let strength = if shown { 0.035 + 0.16 * lit } else { 0.0 };
                    (Vec2::new(x, y), Vec2::new(unit * 0.16, unit * 0.36), own.with_alpha(strength))
                }
            }
            Part::Ball => (frame.at(table.ball), Vec2::splat(radius * 2.0), if shown { TEXT } else { Color::NONE }),
            Part::Halo => {
                (frame.at(table.ball), Vec2::splat(radius * 8.0), TEXT.with_alpha(if shown { 0.035 } else { 0.0 }))
            }
            Part::Trail(n) => {
                let share = 1.0 - n as f32 / TRAIL as f32;
                let alpha = if live && !theme.reduce_motion { 0.22 * share * share } else { 0.0 };
                (frame.at(effects.trail[n]), Vec2::splat(radius * 2.0 * (0.4 + 0.6 * share)), TEXT.with_alpha(alpha))
            }
            Part::Score(side) => {
                let x = if side == Side::Left { -0.125 } else { 0.125 } * frame.size.x;
                let swell = if theme.reduce_motion { 0.0 } else { effects.swell[side.index()] / 0.6 };
                transform.translation = Vec3::new(x, 0.0, 0.5);
                transform.scale = Vec3::splat(1.0 + 0.25 * swell);
                if let (Some(mut text), Some(mut colour)) = (text, colour) {
                    let words = table.scores[side.index()].to_string();
                    if text.0 != words {
                        text.0 = words;
                    }
                    let strength = if shown { 0.10 + 0.5 * swell } else { 0.0 };
                    colour.set_if_neq(TextColor(table.colour_of(side).with_alpha(strength)));
                }
                continue;
            }
        };
        let depth = match part {
            Part::Ball => 5.0,
            Part::Trail(_) | Part::Halo => 4.0,
            Part::Paddle(_) => 3.0,
            Part::Glow(_) => 2.0,
            _ => 0.0,
        };
        transform.translation = at.extend(depth);
        if let Some(mut sprite) = sprite {
            if matches!(part, Part::Ball | Part::Trail(_)) {
                let image = if table.look.ball == Ball::Round { effects.disc.clone() } else { Handle::default() };
                if sprite.image != image {
                    sprite.image = image;
                }
            }
            sprite.custom_size = Some(size);
            sprite.color = tint;
        }
    }
}
