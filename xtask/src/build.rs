//! Builds with a line of progress, since the first one takes minutes.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, IsTerminal, Write, stderr},
    process::Stdio,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    process::{self, Background},
    workspace::Workspace,
};

/// How often a log, which cannot be overwritten, gets a line.
const LOG_EVERY: Duration = Duration::from_secs(15);

/// Runs `cargo build` with these arguments, and says how far it is.
pub fn cargo_build(workspace: &Workspace, what: &str, arguments: &[&str]) -> Result<()> {
    let total = count_crates(workspace, arguments).unwrap_or(0);
    let mut command = workspace.cargo();
    command.args(["build", "--message-format", "json-render-diagnostics"]).args(arguments);
    let mut cargo = Background::spawn("cargo build", command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let (sender, receiver) = mpsc::channel();
    let stdout = cargo.child().stdout.take().context("cargo has no output")?;
    let errors = cargo.child().stderr.take().context("cargo has no error output")?;
    let done = sender.clone();
    let readers = [
        thread::spawn(move || read_lines(stdout, |line| done.send(Line::Message(line)).is_ok())),
        thread::spawn(move || read_lines(errors, |line| sender.send(Line::Error(line)).is_ok())),
    ];

    let mut progress = Progress::new(what, total);
    let mut complaints = Vec::new();
    loop {
        match receiver.recv_timeout(Duration::from_secs(1)) {
            Ok(Line::Message(line)) => progress.note_message(&line),
            Ok(Line::Error(line)) => {
                if !progress.note_stage(&line) {
                    complaints.push(line);
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        progress.show();
    }
    for reader in readers {
        let _ = reader.join();
    }
    // Both pipes are closed: cargo is about to end or has ended.
    let status = cargo.finish(Duration::from_secs(60))?;
    progress.end(status.success());
    if !status.success() {
        bail!("cargo build {}: {status}\n{}", arguments.join(" "), complaints.join("\n"));
    }
    Ok(())
}

enum Line {
    Message(String),
    Error(String),
}

fn read_lines(from: impl std::io::Read, mut take: impl FnMut(String) -> bool) {
    for line in BufReader::new(from).lines().map_while(Result::ok) {
        if !take(line) {
            return;
        }
    }
}

/// How many crates the chosen packages are made of: an upper bound, as tests alone need some.
fn count_crates(workspace: &Workspace, arguments: &[&str]) -> Option<usize> {
    let mut tree = workspace.cargo();
    tree.args(["tree", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}", "--quiet"]);
    for (index, argument) in arguments.iter().enumerate() {
        match *argument {
            "--workspace" => _ = tree.arg("--workspace"),
            "--package" => _ = tree.arg("--package").args(arguments.get(index + 1)),
            _ => {}
        }
    }
    let tree = process::capture(&mut tree).ok()?;
    let crates: HashSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    Some(crates.len())
}

struct Progress<'a> {
    what: &'a str,
    total: usize,
    crates: HashSet<String>,
    stage: String,
    started: Instant,
    shown: Instant,
    terminal: bool,
}

impl<'a> Progress<'a> {
    fn new(what: &'a str, total: usize) -> Self {
        let now = Instant::now();
        eprintln!("{what}: the first build takes minutes, later ones seconds");
        let terminal = stderr().is_terminal();
        Self { what, total, crates: HashSet::new(), stage: String::new(), started: now, shown: now, terminal }
    }

    fn note_message(&mut self, line: &str) {
        let Ok(message) = serde_json::from_str::<Value>(line) else { return };
        if message["reason"] == "compiler-artifact"
            && let Some(id) = message["package_id"].as_str()
        {
            self.crates.insert(id.to_owned());
        }
    }

    /// Takes cargo's own `Compiling name …`; anything else is for people to read.
    fn note_stage(&mut self, line: &str) -> bool {
        let Some((verb, rest)) = line.trim_start().split_once(' ') else { return line.is_empty() };
        let stages =
            ["Compiling", "Downloading", "Downloaded", "Updating", "Locking", "Adding", "Blocking", "Finished"];
        if !stages.contains(&verb) || !line.starts_with(' ') {
            return false;
        }
        self.stage = match verb {
            "Compiling" => rest.split_whitespace().next().unwrap_or_default().to_owned(),
            _ => line.trim().to_owned(),
        };
        true
    }

    fn show(&mut self) {
        let now = Instant::now();
        let pause = if self.terminal { Duration::from_millis(200) } else { LOG_EVERY };
        if now.duration_since(self.shown) >= pause {
            self.shown = now;
            let line = self.line();
            if self.terminal {
                let _ = write!(stderr(), "\r\x1b[2K{line:.100}");
            } else {
                eprintln!("{line}");
            }
        }
    }

    fn line(&self) -> String {
        let Self { what, crates, total, stage, .. } = self;
        let of_total = if *total > 0 { format!(" of {}", crates.len().max(*total)) } else { String::new() };
        format!("{what}: {} crates{of_total}, {} s, {stage}", crates.len(), self.started.elapsed().as_secs())
    }

    fn end(&self, success: bool) {
        if self.terminal {
            let _ = write!(stderr(), "\r\x1b[2K");
        }
        let outcome = if success { "done" } else { "failed" };
        eprintln!(
            "{}: {outcome} after {} s, {} crates",
            self.what,
            self.started.elapsed().as_secs(),
            self.crates.len()
        );
    }
}
