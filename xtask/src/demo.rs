//! `cargo xtask demo`: from a fresh clone to a game on the screen.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitCode, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use tempfile::TempDir;

use crate::{
    build,
    process::{self, Background},
    tools,
    workspace::{Profile, Workspace},
    xvfb::{self, Xvfb},
};

/// Sign-in, lobby, friends, queue with three invites, ready, match, reconnecting, result, challenge, status, search,
/// more, blocked, quick match, rally, rating.
const SCREENS: usize = 16;
/// A picture of one colour is smaller than this.
const SMALLEST_PICTURE: usize = 8 * 1024;
const SCRIPT_LIMIT: Duration = Duration::from_secs(300);

#[derive(Args)]
pub struct Options {
    /// For the game itself, such as `-- --network bad`: `cargo xtask demo -- --help` tells.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// What the game needs on a machine with a display, and on one without.
pub static TOOLS: &[&tools::Tool] = &[&tools::C_BUILD, &tools::VULKAN, &tools::X11];

/// All members' features are chosen, as the tests choose them: the engine is then built only once.
pub const BUILD: &[&str] = &["--workspace", "--bin", "rallypoint-demo"];

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let display = xvfb::has_display();
    tools::ensure(TOOLS)?;
    if !display {
        tools::ensure(&[&tools::XVFB])?;
    }
    build::cargo_build(workspace, "building the game", BUILD)?;
    if !display {
        println!("no display here: a scripted player plays in a window that only a screenshot sees");
        play_scripted(workspace, &options.arguments)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut game = process::tied(workspace.built(Profile::Dev, "rallypoint-demo"));
    let status = game.args(&options.arguments).status().context("cannot start the game")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays the whole journey by script under Xvfb, and looks for the pictures it took.
pub fn play_scripted(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Scripted::start(workspace, "demo", &arguments)?.finish(workspace, SCRIPT_LIMIT, screens(&arguments))
}

/// How many pictures a journey takes: whoever brings a name along is signed in before the first.
fn screens(arguments: &[&str]) -> usize {
    let named = arguments.iter().any(|argument| *argument == "--name" || argument.starts_with("--name="));
    SCREENS - usize::from(named)
}

/// The game in a window of Xvfb, played by script. Dropping it ends it.
pub struct Scripted {
    game: Background,
    pictures: PathBuf,
    _screen: Xvfb,
    /// Where a session keeps its sockets: one of our own, since there may be none, and a game that runs here already
    /// must not take over.
    _runtime: TempDir,
}

impl Scripted {
    /// Its pictures go to this folder below the target folder, which is emptied first.
    pub fn start(workspace: &Workspace, folder: &str, arguments: &[&str]) -> Result<Self> {
        let pictures = workspace.target.join(folder);
        if pictures.exists() {
            fs::remove_dir_all(&pictures).with_context(|| format!("cannot empty {}", pictures.display()))?;
        }
        fs::create_dir_all(&pictures)?;
        let screen = Xvfb::start()?;
        let mut game = process::tied(workspace.built(Profile::Dev, "rallypoint-demo"));
        screen.use_for(&mut game);
        let runtime = tempfile::Builder::new().prefix("rallypoint-run-").tempdir().context("no room for sockets")?;
        game.env("XDG_RUNTIME_DIR", runtime.path());
        game.arg("--scripted").arg(&pictures).args(arguments).stdout(Stdio::inherit());
        let game = Background::spawn("rallypoint-demo", &mut game)?;
        Ok(Self { game, pictures, _screen: screen, _runtime: runtime })
    }

    /// An error if it has failed already.
    pub fn check(&mut self) -> Result<()> {
        match self.game.child().try_wait()? {
            Some(status) => well(status),
            None => Ok(()),
        }
    }

    /// Waits for its end, and looks for so many pictures.
    pub fn finish(self, workspace: &Workspace, limit: Duration, screens: usize) -> Result<()> {
        well(self.game.finish(limit)?)?;
        let names = check_pictures(&self.pictures, screens)?;
        println!("screenshots in {}: {}", workspace.shown(&self.pictures), names.join(" "));
        Ok(())
    }
}

fn well(status: ExitStatus) -> Result<()> {
    ensure!(status.success(), "the match was not played to its end: {status}");
    Ok(())
}

fn check_pictures(folder: &Path, screens: usize) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "png") {
            continue;
        }
        let picture = fs::read(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ensure!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "{name} is no PNG");
        ensure!(picture.len() >= SMALLEST_PICTURE, "{name} shows nothing: {} bytes", picture.len());
        names.push(name);
    }
    ensure!(names.len() >= screens, "{} screenshots instead of {screens}: {}", names.len(), names.join(" "));
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_brings_a_name_along_sees_no_sign_in() {
        assert_eq!(screens(&[]), SCREENS);
        assert_eq!(screens(&["--network", "bad", "--name", "Zoe"]), SCREENS - 1);
        assert_eq!(screens(&["--name=Zoe"]), SCREENS - 1);
    }
}
