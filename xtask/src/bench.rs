//! `cargo xtask bench`: builds everything in release mode and hands over to the bench program.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    build, package, process, tools,
    workspace::{Profile, Workspace},
};

#[derive(Args)]
pub struct Options {
    /// Folder of a Node server for the same invites, measured in the same run.
    #[arg(long, value_name = "DIR")]
    peer: Option<PathBuf>,
    /// Another small Socket.IO server to measure beside ours and the Node one: its name and how to start it, split at
    /// blanks. It takes the same options as they do.
    #[arg(long, value_name = "NAME=COMMAND")]
    beside: Vec<String>,
    /// Groups to measure: invites, idle, socketio, friends, queue, pong, browsers, sdk, demo. All if left out.
    #[arg(long, value_name = "GROUP")]
    only: Vec<String>,
    /// Leave the demo out, and with it the build of the engine.
    #[arg(long)]
    without_demo: bool,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    tools::ensure(&[&tools::C_BUILD, &tools::STRIP])?;
    let socketio = options.only.is_empty() || options.only.iter().any(|group| group == "socketio");
    if options.peer.is_some() || socketio {
        tools::ensure(&[&tools::NODE])?;
    }
    let programs = ["--release", "--package", "rallypoint-server", "--package", "rallypoint-e2e"];
    build::cargo_build(workspace, "building server and bench", &[&programs[..], &["--bins"]].concat())?;
    let library = package::release_library(workspace)?;
    if socketio {
        let echo = ["--release", "--package", "rallypoint-socketio", "--example", "echo"];
        build::cargo_build(workspace, "building the echo server", &echo)?;
    }

    let mut bench = process::tied(workspace.built(Profile::Release, "rallypoint-bench"));
    bench.arg("--server").arg(workspace.built(Profile::Release, "rallypoint-server")).arg("--library").arg(library);
    bench.arg("--header").arg(workspace.root.join("ffi/include")).arg("--scratch").arg(workspace.scratch("bench")?);
    if let Some(peer) = &options.peer {
        bench.arg("--peer").arg(peer);
    }
    if socketio {
        bench.arg("--echo").arg(workspace.built(Profile::Release, "examples/echo"));
        bench.arg("--reference").arg(workspace.root.join("tests/interop/socketio"));
    }
    for beside in &options.beside {
        bench.arg("--beside").arg(beside);
    }
    for name in &options.only {
        bench.arg("--only").arg(name);
    }
    let screen;
    if !options.without_demo {
        tools::ensure(crate::demo::TOOLS)?;
        tools::ensure(&[&tools::XVFB])?;
        // As `cargo xtask demo` builds it: that is what people wait for.
        build::cargo_build(workspace, "building the game", crate::demo::BUILD)?;
        screen = crate::xvfb::Xvfb::start()?;
        screen.use_for(&mut bench);
        bench.arg("--demo").arg(workspace.built(Profile::Dev, "rallypoint-demo"));
    }
    let status = bench.status().context("cannot start the bench program")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
