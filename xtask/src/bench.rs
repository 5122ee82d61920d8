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
    /// Rows to measure: part of a row's name; all of them if left out.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Leave the demo out, and with it the build of the engine.
    #[arg(long)]
    without_demo: bool,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    tools::ensure(&[&tools::C_BUILD, &tools::STRIP])?;
    if options.peer.is_some() {
        tools::ensure(&[&tools::NODE])?;
    }
    let programs = ["--release", "--package", "rallypoint-server", "--package", "rallypoint-e2e"];
    build::cargo_build(workspace, "building server and bench", &[&programs[..], &["--bins"]].concat())?;
    let library = package::release_library(workspace)?;

    let mut bench = process::tied(workspace.built(Profile::Release, "rallypoint-bench"));
    bench.arg("--server").arg(workspace.built(Profile::Release, "rallypoint-server")).arg("--library").arg(library);
    bench.arg("--header").arg(workspace.root.join("ffi/include")).arg("--scratch").arg(workspace.scratch("bench")?);
    if let Some(peer) = &options.peer {
        bench.arg("--peer").arg(peer);
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
