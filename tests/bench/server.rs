//! The measured server: a process of its own with a database file of its own.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::probe;

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server. Dropping it ends it and removes its database.
pub struct Server {
    child: Child,
    folder: TempDir,
    pub http: SocketAddr,
}

impl Server {
    /// Starts it without limits of rates.
    pub fn start(program: &Path) -> Result<Self> {
        Self::start_with(program, &["--limits", "off"])
    }

    /// Starts it with the limits that it has by default.
    pub fn start_limited(program: &Path) -> Result<Self> {
        Self::start_with(program, &[])
    }

    fn start_with(program: &Path, arguments: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let ready_file = folder.path().join("ready.json");
        let mut command = Command::new(program);
        command.current_dir(&folder).args(["--listen", "127.0.0.1:0", "--game-listen", "127.0.0.1:0"]);
        command.args(["--database", "sqlite://rallypoint.db", "--ready-file"]).arg(&ready_file).args(arguments);
        // As operators run it: with a log, here on a file.
        command.stderr(std::fs::File::create(folder.path().join("server.log"))?).stdin(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let deadline = Instant::now() + START_LIMIT;
        let ready: Value = loop {
            if let Some(status) = child.try_wait()? {
                let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
                bail!("the server ended: {status}\n{log}");
            }
            if let Some(ready) = read_json(&ready_file) {
                break ready;
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                bail!("the server was not ready in time");
            }
            thread::sleep(Duration::from_millis(10));
        };
        let http = ready["http"].as_str().unwrap_or_default().trim_start_matches("http://").trim_end_matches('/');
        let http = http.parse().with_context(|| format!("no address in {ready}"))?;
        Ok(Self { child, folder, http })
    }

    /// Its database, for what would take too long to ask for.
    pub fn database(&self) -> String {
        format!("sqlite://{}", self.folder.path().join("rallypoint.db").display())
    }

    pub fn cpu(&self) -> Result<Duration> {
        probe::cpu(self.child.id())
    }

    pub fn resident(&self) -> Result<u64> {
        probe::resident(self.child.id())
    }

    pub fn peak(&self) -> Result<u64> {
        probe::peak(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
