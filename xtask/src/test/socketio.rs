//! The Socket.IO server beside the reference implementation, behind bad networks, and under a fuzzer.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::Command,
    time::Duration,
};

use anyhow::Result;

use super::interop::{install_npm, install_python};
use crate::{
    process::{self, Background},
    tools,
    workspace::{Profile, Workspace},
};

const FOLDER: &str = "tests/interop/socketio";
/// Scripts that are played against both servers.
const SEEDS: &str = "1-120";
const DIFFERENTIAL_LIMIT: Duration = Duration::from_secs(300);
const CLIENTS_LIMIT: Duration = Duration::from_secs(3_600);
const FUZZ_TARGETS: [&str; 2] = ["session", "packets"];
const FUZZ_SECONDS: u64 = 600;
/// A target that grows beyond is a finding.
const FUZZ_MEGABYTES: u64 = 1_024;

/// Plays the same scripts against the echo server and npm's socket.io.
pub fn differential(workspace: &Workspace) -> Result<()> {
    let folder = install_npm(workspace, FOLDER, "interop-socketio")?;
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let mut echo = process::tied(workspace.built(Profile::Dev, "examples/echo"));
    // Slow enough that no script is pinged by chance.
    echo.args(["--ping-interval-ms", "1300", "--ping-timeout-ms", "900", "--listen"]).arg(address.to_string());
    let mut echo = Background::spawn("echo", &mut echo)?;
    process::wait_for("the echo server", Duration::from_secs(30), || {
        echo.check_alive()?;
        Ok(TcpStream::connect(address).ok())
    })?;
    let mut node = process::tied("node");
    node.args(["differential.mjs", "--seeds", SEEDS, "--ours"]).arg(format!("http://{address}")).current_dir(&folder);
    process::run_within(DIFFERENTIAL_LIMIT, &mut node)
}

pub fn clients(workspace: &Workspace) -> Result<()> {
    let folder = install_npm(workspace, FOLDER, "interop-socketio")?;
    let python = install_python(workspace)?;
    let mut node = process::tied("node");
    node.arg("clients.mjs").current_dir(&folder).env("PYTHON", python);
    node.env("RALLYPOINT_SERVER", workspace.built(Profile::Dev, "rallypoint-server"));
    process::run_within(CLIENTS_LIMIT, &mut node)
}

pub fn fuzz(workspace: &Workspace) -> Result<()> {
    let root = workspace.scratch("fuzz")?;
    if !tools::on_path("cargo-fuzz") && !root.join("bin/cargo-fuzz").exists() {
        println!("building cargo-fuzz");
        let mut install = workspace.cargo();
        process::run(install.args(["install", "--locked", "--debug", "cargo-fuzz", "--root"]).arg(&root))?;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(root.join("bin")).chain(std::env::split_paths(&path)))?;
    for target in FUZZ_TARGETS {
        let mut fuzz = Command::new(env!("CARGO"));
        // The sanitizers need a nightly compiler.
        fuzz.args(["fuzz", "run", target, "--sanitizer", "none", "--target-dir"]).arg(root.join("target")).arg("--");
        fuzz.arg(format!("-max_total_time={FUZZ_SECONDS}")).arg(format!("-rss_limit_mb={FUZZ_MEGABYTES}"));
        fuzz.current_dir(workspace.root.join("server/socketio")).env("PATH", &path);
        process::run_within(Duration::from_secs(FUZZ_SECONDS * 2), &mut fuzz)?;
    }
    Ok(())
}
