//! What cargo itself can check.

use std::time::Duration;

use anyhow::Result;

use crate::{build, postgres::Postgres, process, workspace::Workspace};

const TEST_LIMIT: Duration = Duration::from_secs(1500);

pub fn format(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

pub fn clippy(workspace: &Workspace) -> Result<()> {
    let mut clippy = workspace.cargo();
    process::run(clippy.args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))
}

/// One choice of packages, targets and features for everything, so that the engine is built once.
pub fn build(workspace: &Workspace) -> Result<()> {
    build::cargo_build(workspace, "building everything", &["--workspace", "--all-targets"])
}

/// Unit, integration and documentation tests.
pub fn test(workspace: &Workspace) -> Result<()> {
    let postgres = Postgres::start()?;
    let mut test = workspace.cargo();
    test.args(["test", "--workspace", "--no-fail-fast", "--", "--quiet"]);
    // Programs that tests start as processes of their own are there already; see `build`.
    process::run_within(TEST_LIMIT, test.env("RALLYPOINT_TEST_POSTGRES", postgres.url()))
}
