//! The real server as a process of its own, for clients in other languages.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{self, Background};

/// A running server with a database of its own. Dropping it ends it, before its folder goes.
pub struct Server {
    process: Option<Background>,
    folder: TempDir,
    url: String,
}

impl Server {
    /// Starts this program on free ports of the loopback interface, without rate limits.
    pub fn start(program: &Path, more: &[&str]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("rallypoint-server-").tempdir().context("no room for a server")?;
        let mut server = Self { process: None, folder, url: String::new() };
        let ready_file = server.folder.path().join("ready.json");
        let mut command = process::tied(program);
        command.current_dir(server.folder.path()).args(["--listen", "127.0.0.1:0", "--game-listen", "127.0.0.1:0"]);
        command.args(["--database", "sqlite://rallypoint.db", "--limits", "off", "--ready-file"]).arg(&ready_file);
        command.args(more).stderr(fs::File::create(server.log())?);
        let mut process = Background::spawn("rallypoint-server", &mut command)?;
        let ready = process::wait_for("rallypoint-server's ready file", Duration::from_secs(30), || {
            process.check_alive()?;
            Ok(fs::read_to_string(&ready_file).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok()))
        });
        server.process = Some(process);
        let ready = ready.with_context(|| server.tail())?;
        server.url = ready["http"].as_str().context("the ready file names no http address")?.to_owned();
        if !server.url.starts_with("http") {
            server.url.insert_str(0, "http://");
        }
        Ok(server)
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it as an operator would, and finds it ended well.
    pub fn stop(mut self) -> Result<()> {
        if let Some(process) = self.process.take() {
            let status = process.stop("TERM", Duration::from_secs(30)).with_context(|| self.tail())?;
            ensure!(status.success(), "rallypoint-server: {status}\n{}", self.tail());
        }
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn tail(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        format!("the server's last words:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
    }
}
