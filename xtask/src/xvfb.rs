//! A display for machines that have none.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::process::{self, Background};

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running Xvfb. Dropping it ends it.
pub struct Xvfb {
    _server: Background,
    display: String,
}

impl Xvfb {
    /// Starts a screen of 1280 × 800 on a free display number.
    pub fn start() -> Result<Self> {
        let mut command = process::tied("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]);
        let mut server = Background::spawn("Xvfb", command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
        let stdout = server.child().stdout.take().context("Xvfb has no output")?;
        let (said, number) = mpsc::channel();
        // It ends with Xvfb, whose output it reads.
        thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(stdout).read_line(&mut line);
            said.send(read.map(|_| line))
        });
        let number = number.recv_timeout(START_LIMIT).context("Xvfb named no display in time")??;
        let number: u32 = number.trim().parse().context("Xvfb named no display")?;
        Ok(Self { _server: server, display: format!(":{number}") })
    }

    /// Makes a program open its window here, drawn in software: a GPU cannot present to this display.
    pub fn use_for(&self, command: &mut Command) {
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY").env("VK_LOADER_DRIVERS_SELECT", "lvp_icd*");
    }
}

/// Whether somebody can see a window here.
pub fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
