//! A Node server for the same invites, measured by the same client.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::probe;

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running peer. Dropping it ends it.
pub struct Peer {
    child: Child,
    _data: TempDir,
    pub address: SocketAddr,
}

impl Peer {
    /// Installs what `package.json` of the folder names, in a copy, and starts its `server.js`.
    pub fn start(folder: &Path, scratch: &Path) -> Result<Self> {
        let copy = install(folder, &scratch.join("peer"))?;
        let data = tempfile::tempdir()?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut node = Command::new("node");
        node.arg("server.js").current_dir(copy).env("PORT", address.port().to_string());
        node.env("DB", data.path().join("peer.db")).env("NODE_ENV", "production");
        let child = node.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context("cannot start node")?;
        let mut peer = Self { child, _data: data, address };
        let deadline = Instant::now() + START_LIMIT;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = peer.child.try_wait()? {
                bail!("the Node server ended: {status}");
            }
            ensure!(Instant::now() < deadline, "the Node server was not ready in time");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(peer)
    }

    pub fn cpu(&self) -> Result<Duration> {
        probe::cpu(self.child.id())
    }

    pub fn resident(&self) -> Result<u64> {
        probe::resident(self.child.id())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Copies the files of a folder, installs what its `package.json` names, and returns the copy.
pub fn install(folder: &Path, copy: &Path) -> Result<PathBuf> {
    fs::create_dir_all(copy)?;
    let manifest = fs::read(folder.join("package.json")).context("the peer's package.json")?;
    let changed = fs::read(copy.join("package.json")).ok().as_ref() != Some(&manifest);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), copy.join(entry.file_name()))?;
        }
    }
    if changed || !copy.join("node_modules").exists() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(copy).stdin(Stdio::null());
        ensure!(npm.status().context("cannot start npm")?.success(), "npm could not install the peer");
    }
    Ok(copy.to_owned())
}
