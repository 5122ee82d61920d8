//! Several moments of a rally side by side in one picture.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use bevy::{
    asset::RenderAssetUsages,
    prelude::*,
    render::{
        render_resource::{Extent3d, TextureDimension, TextureFormat},
        view::screenshot::{Screenshot, ScreenshotCaptured},
    },
};

use super::Player;

const MOMENTS: usize = 4;
const EVERY: Duration = Duration::from_millis(300);
/// Each moment is this many times smaller than the window.
const SHRINK: usize = 2;
/// Pixels between two moments.
const GAP: usize = 8;
const CHANNELS: usize = 4;
/// The colour around them.
const FRAME: [u8; CHANNELS] = [70, 84, 120, 255];

/// A strip that is being taken.
#[derive(Resource)]
pub struct Strip {
    path: PathBuf,
    next: Instant,
    asked: usize,
    moments: Vec<Moment>,
}

/// Width and height in pixels, and the pixels, RGBA.
struct Moment {
    size: (usize, usize),
    pixels: Vec<u8>,
}

impl Strip {
    pub fn new(path: PathBuf, now: Instant) -> Self {
        Self { path, next: now, asked: 0, moments: Vec::new() }
    }
}

/// Asks for the next moment when it is due.
pub fn take(mut strip: ResMut<Strip>, mut commands: Commands) {
    let now = Instant::now();
    if strip.asked < MOMENTS && now >= strip.next {
        strip.asked += 1;
        strip.next = now + EVERY;
        commands.spawn(Screenshot::primary_window()).observe(keep);
    }
}

fn keep(
    captured: On<ScreenshotCaptured>,
    mut strip: ResMut<Strip>,
    mut player: ResMut<Player>,
    mut commands: Commands,
) {
    if let Ok(picture) = captured.image.clone().try_into_dynamic() {
        let picture = picture.to_rgba8();
        let size = (picture.width() as usize, picture.height() as usize);
        strip.moments.push(shrunk(&Moment { size, pixels: picture.into_raw() }));
    } else {
        strip.asked = strip.asked.saturating_sub(1);
    }
    if strip.moments.len() < MOMENTS {
        return;
    }
    if let Err(error) = save(&strip) {
        warn!("the strip could not be saved: {error}");
    }
    player.pending = player.pending.saturating_sub(1);
    commands.remove_resource::<Strip>();
}

/// Each pixel is the mean of those that it stands for.
fn shrunk(moment: &Moment) -> Moment {
    let (width, height) = (moment.size.0 / SHRINK, moment.size.1 / SHRINK);
    let mut pixels = Vec::with_capacity(width * height * CHANNELS);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..CHANNELS {
                let sum: usize = (0..SHRINK * SHRINK)
                    .map(|part| (x * SHRINK + part % SHRINK, y * SHRINK + part / SHRINK))
                    .map(|(x, y)| usize::from(moment.pixels[(y * moment.size.0 + x) * CHANNELS + channel]))
                    .sum();
                pixels.push((sum / (SHRINK * SHRINK)) as u8);
            }
        }
    }
    Moment { size: (width, height), pixels }
}

/// Two rows, read from left to right.
fn joined(moments: &[Moment]) -> Option<Moment> {
    let (width, height) = moments.first()?.size;
    let columns = moments.len().div_ceil(2);
    let size = (width * columns + GAP * (columns - 1), height * 2 + GAP);
    let mut pixels = FRAME.repeat(size.0 * size.1);
    for (index, moment) in moments.iter().enumerate().filter(|(_, moment)| moment.size == (width, height)) {
        let (left, top) = (index % columns * (width + GAP), index / columns * (height + GAP));
        for (y, line) in moment.pixels.chunks_exact(width * CHANNELS).enumerate() {
            let start = ((top + y) * size.0 + left) * CHANNELS;
            pixels[start..start + line.len()].copy_from_slice(line);
        }
    }
    Some(Moment { size, pixels })
}

fn save(strip: &Strip) -> Result<(), String> {
    let Moment { size, pixels } = joined(&strip.moments).ok_or("nothing was taken")?;
    let extent = Extent3d { width: size.0 as u32, height: size.1 as u32, depth_or_array_layers: 1 };
    let usages = RenderAssetUsages::MAIN_WORLD;
    let image = Image::new(extent, TextureDimension::D2, pixels, TextureFormat::Rgba8UnormSrgb, usages);
    let picture = image.try_into_dynamic().map_err(|error| error.to_string())?;
    picture.to_rgb8().save(&strip.path).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(colour: u8) -> Moment {
        Moment { size: (4, 2), pixels: vec![colour; 4 * 2 * CHANNELS] }
    }

    #[test]
    fn moments_shrink_and_stand_in_two_rows() {
        let moments: Vec<_> = [10, 20, 30, 40].map(plain).iter().map(shrunk).collect();
        assert_eq!(moments[0].size, (2, 1));
        let strip = joined(&moments).unwrap();
        assert_eq!(strip.size, (2 * 2 + GAP, 2 + GAP));
        let at = |x: usize, y: usize| strip.pixels[(y * strip.size.0 + x) * CHANNELS];
        assert_eq!((at(0, 0), at(2 + GAP, 0), at(0, 1 + GAP), at(2 + GAP, 1 + GAP)), (10, 20, 30, 40));
        assert_eq!(at(3, 0), FRAME[0]);
    }
}
