//! The real server as a process of its own, for clients in other languages.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::{self, Background};

/// A running server with a database of its own. Dropping it ends it.
pub struct Server {
    process: Option<Background>,
    folder: PathBuf,
    url: String,
}

impl Server {
    /// Starts this program on free ports of the loopback interface, without rate limits.
    pub fn start(program: &Path, more: &[&str]) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("rallypoint-server-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut server = Self { process: None, folder, url: String::new() };
        let ready_file = server.folder.join("ready.json");
        let mut command = process::tied(program);
        command.current_dir(&server.folder).args(["--listen", "127.0.0.1:0", "--game-listen", "127.0.0.1:0"]);
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
        self.folder.join("server.log")
    }

    fn tail(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        format!("the server's last words:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.take());
        let _ = fs::remove_dir_all(&self.folder);
    }
}
