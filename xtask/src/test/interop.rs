//! Other people's clients, unmodified, against the real server and the game.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use super::start_server;
use crate::{
    demo::Scripted,
    process::{self, Background},
    workspace::Workspace,
};

const INSTALL_LIMIT: Duration = Duration::from_secs(300);
const TEST_LIMIT: Duration = Duration::from_secs(180);
/// Two matches, in a game that is drawn in software.
const FRIEND_LIMIT: Duration = Duration::from_secs(300);
/// Until the game has taken its last picture.
const FAREWELL_LIMIT: Duration = Duration::from_secs(60);
/// The friend, the challenge that rings, the match and its result, the maps, the other match and its result.
const FRIEND_SCREENS: usize = 7;
/// Who plays in the game.
const PLAYER: &str = "Mira";

pub fn javascript(workspace: &Workspace) -> Result<()> {
    let folder = install_javascript(workspace)?;
    let server = start_server(workspace, &[])?;
    let mut node = process::tied("node");
    node.args(["--test", "--test-reporter=spec"]).current_dir(&folder).env("RALLYPOINT_TEST_URL", server.url());
    process::run_within(TEST_LIMIT, &mut node)?;
    server.stop()
}

/// A friend who has nothing but a WebSocket, and the game with a scripted player in it.
pub fn friend(workspace: &Workspace) -> Result<()> {
    let folder = install_javascript(workspace)?;
    let server = start_server(workspace, &[])?;
    let mut game =
        Scripted::start(workspace, "demo-friend", &["--script", "friend", "--server", server.url(), "--name", PLAYER])?;
    let mut node = process::tied("node");
    node.args(["--test", "--test-reporter=spec", "demo_friend.mjs"]).current_dir(&folder);
    node.env("RALLYPOINT_TEST_URL", server.url()).env("RALLYPOINT_DEMO_NAME", PLAYER);
    let mut friend = Background::spawn("node", &mut node)?;
    let status = process::wait_for("the friend's program", FRIEND_LIMIT, || {
        let ended = friend.child().try_wait()?;
        if ended.is_none() {
            game.check()?;
        }
        Ok(ended)
    })?;
    ensure!(status.success(), "the friend's program: {status}");
    game.finish(workspace, FAREWELL_LIMIT, FRIEND_SCREENS)?;
    server.stop()
}

fn install_javascript(workspace: &Workspace) -> Result<PathBuf> {
    install_npm(workspace, "tests/interop/js", "interop-js")
}

/// Installs what the programs of a folder need, and returns where they can be run.
pub fn install_npm(workspace: &Workspace, from: &str, scratch: &str) -> Result<PathBuf> {
    // In a copy: an install writes hundreds of files beside the manifest.
    let folder = copy(&workspace.root.join(from), &workspace.scratch(scratch)?)?;
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
    process::run_within(INSTALL_LIMIT, &mut npm)?;
    Ok(folder)
}

pub fn python(workspace: &Workspace) -> Result<()> {
    let source = workspace.root.join("tests/interop/python");
    let python = install_python(workspace)?;
    let server = start_server(workspace, &[])?;
    let mut tests = Command::new(&python);
    tests.args(["-B", "-m", "unittest", "discover", "--verbose", "-s"]).arg(&source);
    process::run_within(TEST_LIMIT, tests.env("RALLYPOINT_TEST_URL", server.url()))?;
    server.stop()
}

/// Installs what the Python tests need, and returns the interpreter that has it.
pub fn install_python(workspace: &Workspace) -> Result<PathBuf> {
    let environment = workspace.scratch("interop-python")?.join("venv");
    let python = environment.join("bin/python");
    let requirements = workspace.root.join("tests/interop/python/requirements.txt");
    let installed = environment.join("installed.txt");
    let wanted =
        fs::read_to_string(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) && python.exists() {
        println!("the Python environment is there already");
    } else {
        process::run_within(INSTALL_LIMIT, Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-virtualenv", "-r"]);
        process::run_within(INSTALL_LIMIT, pip.arg(&requirements))?;
        fs::write(&installed, wanted)?;
    }
    Ok(python)
}

/// Copies the files of one folder, so that what was removed there is gone here too.
fn copy(from: &Path, to: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(to)? {
        let path = entry?.path();
        if path.is_file() {
            fs::remove_file(path)?;
        }
    }
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(to.to_owned())
}
