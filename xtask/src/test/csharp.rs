//! The C# package under Mono, against the real library and real servers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use super::start_server;
use crate::{
    process,
    workspace::{Profile, Workspace},
};

const LIMIT: Duration = Duration::from_secs(600);
/// Nobody waits two minutes for an invite to expire, nor half a minute for the last poll to be forgotten, nor fifteen
/// seconds for an opponent who does not come.
const QUICK_EXPIRY: &str =
    "[limits]\nsession_invite_seconds = 3\npolling_lease_seconds = 1\nmatch_connect_seconds = 2\n";
/// What the oldest supported Unity reads.
const LANGUAGE: &str = "-langversion:7.2";

/// An assembly: its name, the folders of its sources, what it refers to. In the order in which they build.
struct Assembly {
    name: &'static str,
    sources: &'static [&'static str],
    references: &'static [&'static str],
    nunit: bool,
}

const ASSEMBLIES: &[Assembly] = &[
    Assembly { name: "UnityEngine", sources: &["Tests~/UnityStandIn"], references: &[], nunit: false },
    Assembly {
        name: "Rallypoint",
        sources: &["Runtime/AssemblyInfo.cs", "Runtime/Client", "Runtime/Game", "Runtime/Models", "Runtime/Native"],
        references: &[],
        nunit: false,
    },
    Assembly {
        name: "Rallypoint.Unity",
        sources: &["Runtime/Unity"],
        references: &["UnityEngine", "Rallypoint"],
        nunit: false,
    },
    Assembly {
        name: "Rallypoint.Editor",
        sources: &["Editor"],
        references: &["UnityEngine", "Rallypoint"],
        nunit: false,
    },
    Assembly {
        name: "Rallypoint.Samples",
        sources: &["Samples~"],
        references: &["UnityEngine", "Rallypoint", "Rallypoint.Unity"],
        nunit: false,
    },
    Assembly { name: "Rallypoint.Tests", sources: &["Tests/Runtime"], references: &["Rallypoint"], nunit: true },
    Assembly {
        name: "Rallypoint.MonoTests",
        sources: &["Tests~/Mono"],
        references: &[
            "UnityEngine",
            "Rallypoint",
            "Rallypoint.Unity",
            "Rallypoint.Editor",
            "Rallypoint.Samples",
            "Rallypoint.Tests",
        ],
        nunit: true,
    },
];

pub fn test(workspace: &Workspace) -> Result<()> {
    let package = workspace.root.join("unity_bindings");
    let out = workspace.scratch("csharp")?;
    let nunit = nunit_framework()?;
    for assembly in ASSEMBLIES {
        compile(assembly, &package, &out, &nunit)?;
    }
    let quick_expiry = out.join("quick-expiry.toml");
    fs::write(&quick_expiry, QUICK_EXPIRY)?;
    let server = start_server(workspace, &[])?;
    let expiring = start_server(workspace, &["--config", &quick_expiry.to_string_lossy()])?;
    let mut tests = Command::new("nunit-console");
    tests.args(["-nologo", "-noshadow", "-labels", "-xml:results.xml"]).current_dir(&out);
    tests.args(ASSEMBLIES.iter().filter(|one| one.nunit).map(|one| format!("{}.dll", one.name)));
    tests.env("LD_LIBRARY_PATH", workspace.built(Profile::Dev, "")).env("RALLYPOINT_TEST_URL", server.url());
    tests.env("RALLYPOINT_TEST_EXPIRY_URL", expiring.url()).env("RALLYPOINT_TEST_PACKAGE", &package);
    tests.env("RALLYPOINT_TEST_HEADER", workspace.root.join("ffi/include/rallypoint.h"));
    process::run_within(LIMIT, &mut tests)?;
    ensure_all_ran(&out.join("results.xml"))?;
    server.stop()?;
    expiring.stop()
}

fn compile(assembly: &Assembly, package: &Path, out: &Path, nunit: &Path) -> Result<()> {
    let mut files = Vec::new();
    for source in assembly.sources {
        collect(&package.join(source), &mut files)?;
    }
    ensure!(!files.is_empty(), "{} has no sources", assembly.name);
    files.sort();
    let mut mcs = Command::new("mcs");
    mcs.args([LANGUAGE, "-target:library", "-debug", "-warn:4", "-warnaserror", "-nologo"]);
    mcs.arg(format!("-out:{}", out.join(format!("{}.dll", assembly.name)).display()));
    for reference in assembly.references {
        mcs.arg(format!("-r:{}", out.join(format!("{reference}.dll")).display()));
    }
    if assembly.nunit {
        mcs.arg(format!("-r:{}", nunit.display()));
    }
    process::capture(mcs.args(&files)).map(drop)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        let path = entry?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "cs") {
            collect(&path, files)?;
        }
    }
    Ok(())
}

/// The runner's exit code does not tell of tests that were skipped.
fn ensure_all_ran(results: &Path) -> Result<()> {
    let results = fs::read_to_string(results).context("the test runner left no results")?;
    let summary =
        results.lines().find(|line| line.contains("<test-results ")).context("the results hold no summary")?;
    let count =
        |name: &str| -> Option<u32> { summary.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0.parse().ok() };
    for name in ["errors", "failures", "not-run", "inconclusive", "ignored", "skipped", "invalid"] {
        ensure!(count(name) == Some(0), "C# tests {name}: {:?}", count(name));
    }
    ensure!(count("total").is_some_and(|total| total > 0), "no C# test ran");
    Ok(())
}

fn nunit_framework() -> Result<PathBuf> {
    let entries = fs::read_dir("/usr/lib/cli").context("NUnit's assemblies are not where Debian puts them")?;
    let mut files = entries.flatten().map(|entry| entry.path().join("nunit.framework.dll"));
    files.find(|path| path.exists()).context("nunit.framework.dll is not installed")
}
