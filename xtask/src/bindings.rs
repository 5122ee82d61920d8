//! The C header, generated from the Rust of the C interface and committed.

use std::{fs, process::ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::workspace::Workspace;

const HEADER: &str = "ffi/include/rallypoint.h";

#[derive(Args)]
pub struct Options {
    /// Only compare the committed header with what would be generated.
    #[arg(long)]
    check: bool,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    if options.check {
        check(workspace)?;
        println!("{HEADER} is up to date");
        return Ok(ExitCode::SUCCESS);
    }
    let path = workspace.root.join(HEADER);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, generate(workspace)?).with_context(|| format!("cannot write {HEADER}"))?;
    println!("wrote {HEADER}");
    Ok(ExitCode::SUCCESS)
}

/// An error if the committed header is not what the code says.
pub fn check(workspace: &Workspace) -> Result<()> {
    let committed = fs::read(workspace.root.join(HEADER)).with_context(|| format!("cannot read {HEADER}"))?;
    if committed != generate(workspace)? {
        bail!("{HEADER} is out of date: run `cargo xtask bindings` and commit it");
    }
    Ok(())
}

fn generate(workspace: &Workspace) -> Result<Vec<u8>> {
    let folder = workspace.root.join("ffi");
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))
        .map_err(|error| anyhow::anyhow!("ffi/cbindgen.toml: {error}"))?;
    let bindings = cbindgen::generate_with_config(&folder, config).context("cbindgen cannot read the C interface")?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    Ok(header)
}
