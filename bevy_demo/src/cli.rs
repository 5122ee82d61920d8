//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::network::Quality;

/// What a scripted player does.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plot {
    /// Everything that there is to see, with the bots.
    #[default]
    Solo,
    /// Wait for somebody who asks to be a friend and challenges, play, and challenge in turn.
    Friend,
}

/// Rallypoint's demo: Pong against whoever invites you.
///
/// Without --server it brings its own server and four bots.
#[derive(Parser, Clone, Debug, Default)]
#[command(name = "rallypoint-demo", version)]
pub struct Cli {
    /// A link to join a session at once: rallypoint://join/CODE. Handed to the copy that runs already, if one does.
    pub link: Option<String>,
    /// The server to sign in to, such as http://127.0.0.1:7777.
    #[arg(long, env = "RALLYPOINT_SERVER", conflicts_with = "embedded")]
    pub server: Option<String>,
    /// Sign in as a guest of this name at once.
    #[arg(long)]
    pub name: Option<String>,
    /// Bring a server and four bots along (what happens without --server anyway).
    #[arg(long)]
    pub embedded: bool,
    /// Make this desktop open rallypoint:// links with this program, then exit.
    #[arg(long)]
    pub register_links: bool,
    /// Play the whole journey without a player, save a picture of every screen to this folder, then exit.
    #[arg(long, value_name = "DIR")]
    pub scripted: Option<PathBuf>,
    /// What the scripted player does.
    #[arg(long, value_enum, default_value_t, requires = "scripted")]
    pub script: Plot,
    /// Points that win a match: 5 if not said, 3 for a scripted player.
    #[arg(long, value_parser = clap::value_parser!(u8).range(3..=20))]
    pub score_to_win: Option<u8>,
    /// The network between this game and the server; F6 changes it while playing.
    #[arg(long, value_enum, default_value_t)]
    pub network: Quality,
    /// No sliding, flashing or particles.
    #[arg(long)]
    pub reduce_motion: bool,
    /// The window's size in logical pixels, at least 960x600.
    #[arg(long, default_value = "1280x800", value_parser = size, value_name = "WxH")]
    pub windowed_size: (u32, u32),
}

impl Cli {
    /// Points that win a match here.
    pub fn score_to_win(&self) -> u8 {
        self.score_wanted().unwrap_or(5)
    }

    /// The same, where it was chosen: whoever left it open can be matched with anybody.
    pub fn score_wanted(&self) -> Option<u8> {
        self.score_to_win.or(self.scripted.is_some().then_some(3))
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let parse = || {
        let (width, height) = text.split_once('x')?;
        Some((width.parse().ok()?, height.parse().ok()?))
    };
    match parse() {
        Some((width @ 960..=15360, height @ 600..=8640)) => Ok((width, height)),
        Some(_) => Err("the window is between 960x600 and 15360x8640".into()),
        None => Err("write width and height like 1280x800".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
        let cli = Cli::try_parse_from(["rallypoint-demo", "rallypoint://join/K7QX2M"]).unwrap();
        assert_eq!((cli.score_to_win(), cli.network, cli.windowed_size), (5, Quality::Good, (1280, 800)));
        for bad in
            ["--windowed-size=10x10", "--score-to-win=2", "--windowed-size=wide", "--network=fine", "--script=friend"]
        {
            assert!(Cli::try_parse_from(["rallypoint-demo", bad]).is_err(), "{bad}");
        }
    }
}
