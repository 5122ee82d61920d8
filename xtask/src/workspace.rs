//! Where things are.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The repository and the folder that cargo builds into.
pub struct Workspace {
    pub root: PathBuf,
    pub target: PathBuf,
}

/// How a program was built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

impl Workspace {
    /// Asks cargo.
    pub fn find() -> Result<Self> {
        // The folder as it is now: with a shared target folder, this program may have been built in another checkout.
        let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let mut cargo = cargo();
        cargo.current_dir(here).args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&process::capture(&mut cargo)?)?;
        let path =
            |key: &str| metadata[key].as_str().map(PathBuf::from).with_context(|| format!("cargo names no {key}"));
        Ok(Self { root: path("workspace_root")?, target: path("target_directory")? })
    }

    /// A cargo command at the root.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// A folder for this tool's own products below the target folder, made if need be.
    pub fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target.join("xtask").join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// A program or library that cargo has built.
    pub fn built(&self, profile: Profile, file: &str) -> PathBuf {
        self.target.join(profile.folder()).join(file)
    }

    /// A path as people see it: without the root.
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Whether this is a machine that nobody watches: nothing may be skipped there.
pub fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}
