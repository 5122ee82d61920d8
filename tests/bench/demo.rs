//! How long a player waits for the lobby.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};

use crate::{
    Options,
    table::{Bound, Table},
};

/// What the scripted player says when it is there.
const ARRIVED: &str = "first frame of the lobby";

pub fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let Some(program) = &options.demo else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let mut demo = Command::new(program);
    demo.arg("--scripted").arg(folder.path()).env("XDG_RUNTIME_DIR", folder.path());
    let start = Instant::now();
    let mut child = demo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start the demo")?;
    let transcript = child.stdout.take().context("the demo has no output")?;
    let arrived = BufReader::new(transcript).lines().map_while(Result::ok).any(|line| line.contains(ARRIVED));
    let seconds = start.elapsed().as_secs_f64();
    // What comes after is not measured.
    let _ = child.kill();
    let _ = child.wait();
    anyhow::ensure!(arrived, "the demo ended without reaching the lobby");
    table.add("demo: start to first frame of the lobby, Xvfb", seconds, "s", 2, Bound::Below(4.0));
    Ok(())
}
