//! What the native library costs a game that waits.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::{
    Options, Server,
    table::{Bound, Table},
};

const SOURCE: &str = include_str!("idle.c");

pub fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let size = fs::metadata(&options.library).context("the native library")?.len();
    table.add("native library, stripped", size as f64 / 1e6, "MB", 1, Bound::Below(12.0));

    let program = compile(options)?;
    let server = Server::start(&options.server)?;
    let output = Command::new(&program).arg(format!("http://{}", server.http)).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "idle.c: {}\n{said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    let number = |name: &str| -> Result<f64> {
        let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.with_context(|| format!("idle.c told no {name}"))?.parse().context("no number")
    };
    table.add("… resident, connected and idle", number("resident")? / 1e6, "MB", 1, Bound::Below(15.0));
    table.add("… CPU, connected and idle", number("idle_cpu")? * 100.0, "% of a core", 3, Bound::Below(0.2));
    table.add("rp_poll, nothing to hand out", number("poll_ns")?, "ns", 1, Bound::Below(100.0));
    Ok(())
}

fn compile(options: &Options) -> Result<std::path::PathBuf> {
    let (source, program) = (options.scratch.join("idle.c"), options.scratch.join("idle"));
    fs::write(&source, SOURCE)?;
    let folder = options.library.parent().unwrap_or(Path::new("."));
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-I"]).arg(&options.header);
    cc.arg("-o").arg(&program).arg(&source).arg("-L").arg(folder).arg("-lrallypoint_ffi");
    ensure!(cc.arg(format!("-Wl,-rpath,{}", folder.display())).status()?.success(), "idle.c does not compile");
    Ok(program)
}
