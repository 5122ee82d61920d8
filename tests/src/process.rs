//! The real program as a process of its own, which can be killed and started again.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::SystemTime,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{Database, People, repository, server::SECRET, wait::eventually};

/// Lines of the log that a failure shows.
const LOG_LINES: usize = 200;

/// How the program is started.
#[derive(Clone, Default)]
pub struct Settings {
    /// What stands in the configuration file, as TOML.
    pub file: String,
    /// Whether rate limits are on.
    pub rates: bool,
}

/// A running `rallypoint-server`. Dropping it kills it.
pub struct ServerProcess {
    child: Child,
    url: String,
    game: String,
    people: People,
    database: Database,
    settings: Settings,
    folder: tempfile::TempDir,
    log: Arc<Mutex<Vec<String>>>,
}

impl ServerProcess {
    /// Starts it on free ports.
    pub async fn start(database: &Database, settings: Settings) -> Result<Self> {
        Self::start_at(["127.0.0.1:0"; 2], database, settings).await
    }

    /// Addresses of HTTP and of games.
    async fn start_at([listen, game]: [&str; 2], database: &Database, settings: Settings) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let ready = folder.path().join("ready.json");
        let config = folder.path().join("config.toml");
        std::fs::write(&config, &settings.file)?;
        let mut command = Command::new(program().await?);
        command.args(["--listen", listen, "--game-listen", game, "--jwt-secret", SECRET]);
        command.args(["--database", database.url(), "--log-format", "json"]);
        command.arg("--config").arg(&config).arg("--ready-file").arg(&ready);
        if !settings.rates {
            command.args(["--limits", "off"]);
        }
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RALLYPOINT_")) {
            command.env_remove(name);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let log = keep_log(&mut child)?;
        let mut server = Self {
            url: String::new(),
            game: String::new(),
            people: People::new("")?,
            child,
            database: database.clone(),
            settings,
            folder,
            log,
        };
        [server.url, server.game] = server.wait_until_ready(&ready).await?;
        server.people = People::new(&server.url)?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self, ready: &Path) -> Result<[String; 2]> {
        let text = eventually("server's ready file", async || {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(Err(anyhow::anyhow!("the server ended with {status}:\n{}", self.log())));
            }
            std::fs::read_to_string(ready).ok().map(Ok)
        })
        .await?;
        let ready: Value = serde_json::from_str(&text)?;
        let address =
            |name: &str| ready[name].as_str().map(str::to_owned).context("an address lacks in the ready file");
        Ok([address("http")?, address("game")?])
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn people(&self) -> &People {
        &self.people
    }

    /// Kills it with SIGKILL and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Lets none of its files grow beyond so many bytes, as on a full disk; `None` lifts that.
    pub fn limit_files(&self, bytes: Option<u64>) -> Result<()> {
        let soft = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        let pid = self.child.id().to_string();
        let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={soft}:unlimited")]).status()?;
        ensure!(set.success(), "the size of the server's files could not be limited");
        Ok(())
    }

    /// Asks it to stop with SIGTERM.
    pub fn terminate(&self) -> Result<()> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(told.success(), "the server could not be told to stop");
        Ok(())
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        eventually("end of the server", async || self.child.try_wait().ok().flatten()).await
    }

    /// Starts it again at the same addresses, on the same database.
    pub async fn restart(mut self) -> Result<Self> {
        self.kill()?;
        let listen = self.url.trim_start_matches("http://").to_owned();
        Self::start_at([&listen, &self.game.clone()], &self.database.clone(), self.settings.clone()).await
    }

    /// The last lines of its log.
    pub fn log(&self) -> String {
        let log = self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        log.join("\n")
    }

    /// Where it keeps its configuration.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn keep_log(child: &mut Child) -> Result<Arc<Mutex<Vec<String>>>> {
    let lines = BufReader::new(child.stderr.take().context("no log")?).lines();
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&log);
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let mut kept = kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if kept.len() == LOG_LINES {
                kept.remove(0);
            }
            kept.push(line);
        }
    });
    Ok(log)
}

/// The program beside the tests, which is built when it is missing or older than its sources.
async fn program() -> Result<PathBuf> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = tokio::task::spawn_blocking(|| PROGRAM.get_or_init(|| find_program().map_err(|e| format!("{e:#}"))));
    found.await?.clone().map_err(anyhow::Error::msg)
}

fn find_program() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("RALLYPOINT_SERVER_BIN") {
        return Ok(program.into());
    }
    // …/target/debug/deps/test-0123
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).context("the tests are not in a target folder")?;
    let program = folder.join("rallypoint-server");
    let root = repository();
    let sources = ["server", "sdk/protocol", "bevy_demo/pong"];
    let newest = sources.iter().filter_map(|folder| newest_in(&root.join(folder))).max();
    let built = std::fs::metadata(&program).and_then(|data| data.modified()).ok();
    if built < newest {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(root).args(["build", "--quiet", "-p", "rallypoint-server", "--bin", "rallypoint-server"]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        ensure!(cargo.status()?.success(), "the server could not be built");
    }
    Ok(program)
}

fn newest_in(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let newest = |path: PathBuf| {
        if path.is_dir() {
            return newest_in(&path);
        }
        let source = path.extension().is_some_and(|kind| kind == "rs" || kind == "sql" || kind == "toml");
        if source { path.metadata().ok()?.modified().ok() } else { None }
    };
    entries.filter_map(|entry| newest(entry.path())).max()
}
