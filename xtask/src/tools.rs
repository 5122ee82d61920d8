//! What a command needs that Rust does not bring: found, installed with `apt-get`, or named.

use std::{env, fs, io::IsTerminal, os::unix::fs::MetadataExt, path::PathBuf, process::Command, sync::LazyLock};

use anyhow::{Result, bail};

use crate::process;

/// Something from outside, and the Debian packages that bring it.
pub struct Tool {
    pub packages: &'static [&'static str],
    /// What it is for, after "for".
    pub purpose: &'static str,
    pub present: fn() -> bool,
}

macro_rules! tools {
    ($($name:ident: $packages:expr, $purpose:literal, $present:expr;)*) => {
        $(pub static $name: Tool = Tool { packages: &$packages, purpose: $purpose, present: || $present };)*
    };
}

tools! {
    C_BUILD: ["perl", "make"], "building the TLS library that ships inside the SDK", commands(&["perl", "make"]);
    VULKAN: ["libvulkan1", "mesa-vulkan-drivers"], "drawing with Vulkan, in software where there is no GPU",
        library("libvulkan.so.1") && vulkan_driver();
    X11: ["libx11-6", "libx11-xcb1", "libxcursor1", "libxi6", "libxrandr2", "libxkbcommon-x11-0"],
        "the game's window",
        ["libX11.so.6", "libX11-xcb.so.1", "libXcursor.so.1", "libXi.so.6", "libXrandr.so.2", "libxkbcommon-x11.so.0"]
            .iter().all(|name| library(name));
    XVFB: ["xvfb"], "a window without a display", commands(&["Xvfb"]);
    POSTGRES: ["postgresql"], "the store tests on Postgres", postgres_folder().is_some();
    VALGRIND: ["valgrind", "libc6-dbg"], "finding leaks in the C interface", commands(&["valgrind"]);
    MONO: ["mono-runtime", "mono-mcs", "nunit-console", "libnunit-cil-dev", "libmono-system-core4.0-cil"],
        "the C# package's tests", commands(&["mcs", "mono", "nunit-console"]);
    NODE: ["nodejs", "npm"], "the tests with the stock JavaScript client", commands(&["node", "npm"]);
    PYTHON: ["python3", "python3-venv"], "the tests with the stock Python client",
        commands(&["python3"]) && succeeds("python3", &["-c", "import venv, ensurepip"]);
    CHROMIUM: ["chromium"], "the tests with a browser", commands(&["chromium"]);
    CXX: ["g++"], "building the fuzzer", commands(&["g++"]);
    STRIP: ["binutils"], "measuring the native library as it ships", commands(&["strip"]);
}

impl Tool {
    pub fn is_present(&self) -> bool {
        (self.present)()
    }
}

/// Sees to it that all of these are there: says what it installs and why, and installs it.
///
/// # Errors
/// Something is still missing; the message says what to install by hand.
pub fn ensure(tools: &[&Tool]) -> Result<()> {
    let missing: Vec<_> = tools.iter().copied().filter(|tool| !tool.is_present()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let tried = install(&missing);
    let missing: Vec<_> = missing.into_iter().filter(|tool| !tool.is_present()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let wanted: Vec<_> =
        missing.iter().map(|tool| format!("\n  {}: for {}", tool.packages.join(" "), tool.purpose)).collect();
    let wanted = format!("install these first (Debian's names):{}", wanted.concat());
    match tried {
        Ok(()) => bail!("{wanted}"),
        Err(error) => Err(error.context(wanted)),
    }
}

fn install(missing: &[&Tool]) -> Result<()> {
    if !on_path("apt-get") {
        bail!("there is no apt-get here");
    }
    let apt = |arguments: &[&str]| {
        let mut command = as_root()?;
        command.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]);
        process::capture(command.args(arguments)).map(drop)
    };
    for tool in missing {
        println!("installing with apt-get, for {}: {}", tool.purpose, tool.packages.join(" "));
    }
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(missing.iter().flat_map(|tool| tool.packages));
    // Package lists may be absent or out of date: only then is fetching them worth the time.
    apt(&arguments).or_else(|_| {
        println!("bringing the package lists up to date");
        apt(&["update"])?;
        apt(&arguments)
    })
}

fn as_root() -> Result<Command> {
    if is_root() {
        // `env` alone, so that both ways take the same arguments.
        return Ok(Command::new("env"));
    }
    if !on_path("sudo") {
        bail!("not root, and there is no sudo");
    }
    let mut sudo = Command::new("sudo");
    if !std::io::stdin().is_terminal() {
        sudo.arg("-n");
    }
    Ok(sudo)
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Where a program of this name stands on the search path.
pub fn find(name: &str) -> Option<PathBuf> {
    let executable = |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.is_file() && file.mode() & 0o111 != 0);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(executable)
}

pub fn on_path(name: &str) -> bool {
    find(name).is_some()
}

/// The folder with `initdb` and `postgres`; Debian keeps it off the search path.
pub fn postgres_folder() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    let by_path = find("initdb").and_then(|path| Some(fs::canonicalize(path).ok()?.parent()?.to_owned()));
    let installed =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    by_path.into_iter().chain(installed).filter(complete).max()
}

fn commands(names: &[&str]) -> bool {
    names.iter().all(|name| on_path(name))
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    process::capture(Command::new(program).args(arguments)).is_ok()
}

fn library(name: &str) -> bool {
    static FOLDERS: LazyLock<Vec<PathBuf>> = LazyLock::new(library_folders);
    FOLDERS.iter().any(|folder| folder.join(name).exists())
}

fn library_folders() -> Vec<PathBuf> {
    let plain = ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from);
    let triplet =
        ["/lib", "/usr/lib"].map(|folder| PathBuf::from(folder).join(format!("{}-linux-gnu", env::consts::ARCH)));
    let more = env::var_os("LD_LIBRARY_PATH").map(|paths| env::split_paths(&paths).collect::<Vec<_>>());
    plain.into_iter().chain(triplet).chain(more.into_iter().flatten()).collect()
}

fn vulkan_driver() -> bool {
    ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"]
        .iter()
        .any(|folder| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()))
}
