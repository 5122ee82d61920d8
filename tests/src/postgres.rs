//! A Postgres in a temporary folder, for as long as a test uses it.

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Weak, mpsc},
    thread,
};

use anyhow::{Context as _, Result, bail};
use tokio::sync::Mutex;

/// Other programs may take a port between its choice and its use.
const TRIES: usize = 5;

/// A running Postgres. Dropping it ends it and removes its data.
pub struct Postgres {
    url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

static SHARED: Mutex<Weak<Postgres>> = Mutex::const_new(Weak::new());

impl Postgres {
    /// The one that this process's tests share; `None` where Postgres is not installed.
    pub async fn shared() -> Result<Option<Arc<Self>>> {
        let mut shared = SHARED.lock().await;
        if let Some(running) = shared.upgrade() {
            return Ok(Some(running));
        }
        let Some(programs) = programs() else { return Ok(None) };
        let started = tokio::task::spawn_blocking(move || Self::start(&programs)).await??;
        let started = Arc::new(started);
        *shared = Arc::downgrade(&started);
        Ok(Some(started))
    }

    /// A database in which tests make schemas of their own.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn start(programs: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("rallypoint-postgres-").tempdir()?;
        let user = unprivileged_user()?;
        if let Some(user) = &user {
            run(Command::new("chown").arg(user).arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        let mut initdb = run_as(user.as_deref(), &programs.join("initdb"));
        initdb.current_dir(folder.path()).arg("--pgdata").arg(&data);
        run(initdb.args(["--username=rallypoint", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]))?;
        let mut last = None;
        for _ in 0..TRIES {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let mut postgres = run_as(user.as_deref(), &programs.join("postgres"));
            postgres.current_dir(folder.path()).arg("-D").arg(&data).arg("-k").arg(folder.path());
            postgres.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "max_connections=200"]);
            postgres.args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
            match start(postgres) {
                Ok(child) => {
                    let url = format!("postgres://rallypoint@127.0.0.1:{port}/postgres");
                    return Ok(Self { url, child, _folder: folder });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("no try was made")))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is its fast shutdown: connections are closed, children end.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    installed.chain(std::env::split_paths(&path)).find(|folder| folder.join("initdb").is_file())
}

/// Postgres refuses to run as root: its id where that is who runs the tests.
fn unprivileged_user() -> Result<Option<String>> {
    if run(Command::new("id").arg("-u"))?.trim() != "0" {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let field = |line: &str, index: usize| line.split(':').nth(index).map(str::to_owned);
    let user = users.lines().find(|line| field(line, 0).as_deref() == Some("postgres"));
    let user = user.or_else(|| users.lines().find(|line| field(line, 0).as_deref() == Some("nobody")));
    let user = user.and_then(|line| field(line, 2)).context("no user to run Postgres as")?;
    Ok(Some(user))
}

fn run_as(user: Option<&str>, program: &Path) -> Command {
    let Some(user) = user else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups", "--pdeathsig", "KILL", "--"]).arg(program);
    command
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("can't run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Starts Postgres from a thread that lives as long as it: the signal of a parent's death is that of its thread's.
fn start(mut command: Command) -> Result<Child> {
    let (ready, outcome) = mpsc::channel();
    thread::Builder::new().name("postgres-log".into()).spawn(move || {
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let (mut child, log) = match started.map(|mut child| (child.stderr.take(), child)) {
            Ok((Some(log), child)) => (child, log),
            Ok((None, _)) => return,
            Err(error) => {
                let _ = ready.send(Err(error.into()));
                return;
            }
        };
        let (mut log, mut said) = (BufReader::new(log), String::new());
        loop {
            let from = said.len();
            match log.read_line(&mut said) {
                Ok(length) if length > 0 && said[from..].contains("ready to accept connections") => break,
                Ok(length) if length > 0 => {}
                _ => {
                    let _ = child.wait();
                    let _ = ready.send(Err(anyhow::anyhow!("Postgres did not start:\n{said}")));
                    return;
                }
            }
        }
        let _ = ready.send(Ok(child));
        // A full pipe would stop it.
        let _ = std::io::copy(&mut log, &mut std::io::sink());
    })?;
    outcome.recv().context("Postgres has no log")?
}
