//! A Postgres of our own in a temporary folder, for as long as the tests run.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::{
    process::{self, Background},
    tools,
};

const TRIES: usize = 5;

/// A running Postgres. Dropping it ends it, then removes its data.
pub struct Postgres {
    server: Option<Background>,
    folder: TempDir,
    url: String,
}

impl Postgres {
    pub fn start() -> Result<Self> {
        let programs = tools::postgres_folder().context("initdb is not installed")?;
        let folder = tempfile::Builder::new().prefix("rallypoint-postgres-").tempdir().context("no room for data")?;
        let mut postgres = Self { server: None, folder, url: String::new() };
        // Postgres refuses to run as root.
        let user = if tools::is_root() { Some(unprivileged_user()?) } else { None };
        if let Some(user) = &user {
            process::run(Command::new("chown").arg(user).arg(postgres.folder.path()))?;
        }
        let data = postgres.folder.path().join("data");
        let mut initdb = run_as(user.as_deref(), &programs.join("initdb"));
        initdb.current_dir(postgres.folder.path()).arg("--pgdata").arg(&data);
        initdb.args([
            "--username",
            "rallypoint",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-sync",
        ]);
        process::capture(&mut initdb)?;

        for attempt in 1..=TRIES {
            let port = free_port()?;
            let mut command = run_as(user.as_deref(), &programs.join("postgres"));
            command.current_dir(postgres.folder.path()).arg("-D").arg(&data).arg("-k").arg(postgres.folder.path());
            command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
            // The data need not outlive the tests.
            command.args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
            command.args(["-c", "max_connections=200", "-c", "logging_collector=off"]);
            match start(&mut command) {
                Ok(server) => {
                    postgres.server = Some(server);
                    postgres.url = format!("postgres://rallypoint@127.0.0.1:{port}/postgres");
                    return Ok(postgres);
                }
                // Somebody else may have taken the port meanwhile.
                Err(_) if attempt < TRIES => {}
                Err(error) => return Err(error),
            }
        }
        bail!("Postgres found no free port")
    }

    /// Where it is: a database in which tests may make others.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            // SIGINT is its "fast shutdown": connections are closed, children end.
            let _ = server.stop("INT", Duration::from_secs(20));
        }
    }
}

fn start(command: &mut Command) -> Result<Background> {
    let mut server = Background::spawn("postgres", command.stdout(Stdio::null()).stderr(Stdio::piped()))?;
    let mut log = BufReader::new(server.child().stderr.take().context("postgres has no log")?);
    let mut said = String::new();
    loop {
        let from = said.len();
        if log.read_line(&mut said)? == 0 {
            bail!("postgres ended at once:\n{said}");
        }
        if said[from..].contains("ready to accept connections") {
            break;
        }
    }
    // A full pipe would stop it.
    thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    Ok(server)
}

fn run_as(user: Option<&str>, program: &Path) -> Command {
    let Some(user) = user else { return process::tied(program) };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups", "--pdeathsig", "KILL", "--"]).arg(program);
    command
}

fn unprivileged_user() -> Result<String> {
    let users = fs::read_to_string("/etc/passwd")?;
    let known = |name: &&str| users.lines().any(|line| line.split(':').next() == Some(name));
    let user = ["postgres", "nobody"].into_iter().find(known).context("no user to run Postgres as")?;
    process::capture(Command::new("id").args(["-u", user])).map(|id| id.trim().to_owned())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
