//! The native library and the C programs that use it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Result, ensure};

use super::start_server;
use crate::{
    process,
    workspace::{Profile, Workspace},
};

const LIBRARY: &str = "librallypoint_ffi.so";
const PROGRAM_LIMIT: Duration = Duration::from_secs(60);
/// Valgrind runs a program some thirty times slower.
const VALGRIND_LIMIT: Duration = Duration::from_secs(300);

/// Anything else would have to be installed by every player.
const ALLOWED: &[&str] =
    &["linux-vdso.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1"];

pub fn dependencies(workspace: &Workspace) -> Result<()> {
    let listed = process::capture(Command::new("ldd").arg(workspace.built(Profile::Dev, LIBRARY)))?;
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    let foreign: Vec<_> = names.filter(|name| !ALLOWED.contains(name) && !name.contains("/ld-linux")).collect();
    ensure!(!listed.contains("not found") && foreign.is_empty(), "{LIBRARY} needs more: {}", foreign.join(" "));
    println!("{LIBRARY} needs the C library alone");
    Ok(())
}

pub fn programs(workspace: &Workspace) -> Result<()> {
    let server = start_server(workspace, &[])?;
    let url = &[server.url()][..];
    for (source, arguments) in [
        ("ffi/examples/c/pair.c", url),
        ("ffi/examples/c/quick_match.c", url),
        ("ffi/examples/c/friends.c", url),
        ("ffi/tests/c/abuse.c", &[]),
    ] {
        let program = compile(workspace, source)?;
        process::run_within(PROGRAM_LIMIT, Command::new(&program).args(arguments))?;
        process::run_within(VALGRIND_LIMIT, under_valgrind(&program).args(arguments))?;
    }
    server.stop()
}

fn compile(workspace: &Workspace, source: &str) -> Result<PathBuf> {
    let source = workspace.root.join(source);
    let program = workspace.scratch("c")?.join(source.file_stem().unwrap_or_default());
    let libraries = workspace.built(Profile::Dev, "");
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-g", "-pthread", "-I"]);
    cc.arg(workspace.root.join("ffi/include")).arg("-o").arg(&program).arg(&source).arg("-L").arg(&libraries);
    cc.args(["-lrallypoint_ffi", &format!("-Wl,-rpath,{}", libraries.display())]);
    process::run(&mut cc)?;
    Ok(program)
}

fn under_valgrind(program: &Path) -> Command {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,indirect"]);
    valgrind.args(["--errors-for-leak-kinds=definite,indirect", "--track-fds=no", "--fair-sched=yes"]).arg(program);
    valgrind
}
