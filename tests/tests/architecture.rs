//! What may know what. Each rule stands in ARCHITECTURE.md.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// Longest source file, so that one subject stays one subject.
const MOST_LINES: usize = 500;

fn root() -> Result<PathBuf> {
    Ok(rallypoint_e2e::repository())
}

/// All Rust files below a folder of the workspace, with their text.
fn sources(folder: &str) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![root()?.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)?;
                found.push((path, text));
            }
        }
    }
    ensure!(!found.is_empty(), "no sources in {folder}");
    Ok(found)
}

/// The part of a file that is not tests, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    lines.map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Every place in the code of a folder where one of the words stands, but for those in `allowed` folders.
fn places(folder: &str, words: &[&str], allowed: &[&str]) -> Result<Vec<String>> {
    let mut places = Vec::new();
    for (path, text) in sources(folder)? {
        let shown = path.strip_prefix(root()?)?.display().to_string();
        let tests = shown.ends_with("tests.rs") || shown.contains("/tests/");
        if tests || allowed.iter().any(|allowed| shown.starts_with(allowed)) {
            continue;
        }
        let hits = code(&text).filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        places.extend(hits.map(|(number, line)| format!("{shown}:{number}: {}", line.trim())));
    }
    Ok(places)
}

fn nowhere(folder: &str, words: &[&str], allowed: &[&str]) -> Result<()> {
    let places = places(folder, words, allowed)?;
    ensure!(places.is_empty(), "{words:?} must not stand here:\n{}", places.join("\n"));
    Ok(())
}

#[test]
fn crates_depend_on_each_other_in_one_direction() -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(root()?.join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".into()])
        .exec()?;
    let ours: BTreeSet<_> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let sdk = ["rallypoint", "rallypoint-core", "rallypoint-protocol"];
    let mut seen = 0;
    for package in &metadata.packages {
        let allowed: Vec<&str> = match package.name.as_str() {
            "rallypoint-protocol" | "rallypoint-pong" | "rallypoint-socketio" | "xtask" => Vec::new(),
            "rallypoint-core" => vec!["rallypoint-protocol"],
            "rallypoint" => sdk[1..].to_vec(),
            "rallypoint-ffi" | "bevy_rallypoint" => sdk.to_vec(),
            "rallypoint-server" => vec!["rallypoint-protocol", "rallypoint-pong", "rallypoint-socketio"],
            "rallypoint-demo" => [&sdk[..], &["bevy_rallypoint", "rallypoint-pong", "rallypoint-server"]].concat(),
            "rallypoint-e2e" => continue,
            other => anyhow::bail!("{other} has no place in the architecture yet"),
        };
        seen += 1;
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        for dependency in normal.filter(|dependency| ours.contains(dependency.name.as_str())) {
            let name = dependency.name.as_str();
            ensure!(allowed.contains(&name), "{} must not depend on {name}", package.name);
            let embedded = package.name.as_str() == "rallypoint-demo" && name == "rallypoint-server";
            ensure!(!embedded || dependency.optional, "the demo embeds the server behind a feature only");
        }
    }
    ensure!(seen >= 10, "only {seen} crates were looked at");
    Ok(())
}

#[test]
fn sql_stands_in_the_store_alone() -> Result<()> {
    let words = ["sqlx", "SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "json_each"];
    ensure!(!places("server/src/store", &words, &[])?.is_empty(), "the rule finds nothing where there is something");
    nowhere("server/src", &words, &["server/src/store/"])
}

#[test]
fn dialects_call_services_and_never_the_store() -> Result<()> {
    nowhere(
        "server/src/dialects",
        &["store::", "store;", "crate::store", "app.db.read", "app.db.write", "app.db.begin"],
        &[],
    )
}

#[test]
fn services_know_no_dialect() -> Result<()> {
    let words = ["axum", "rallypoint_socketio", "StatusCode", "dialects::", "crate::dialects", "tower_http"];
    nowhere("server/src/domain", &words, &[])?;
    nowhere("server/src/store", &words, &[])?;
    nowhere("server/src/hub", &words, &[])
}

#[test]
fn the_protocol_and_the_state_machines_have_no_io_and_no_clock() -> Result<()> {
    let words = ["tokio", "reqwest", "std::net", "std::fs", "std::thread", "Instant::now", "SystemTime::now", "sleep("];
    nowhere("sdk/protocol/src", &words, &[])?;
    nowhere("sdk/core/src", &words, &[])
}

#[test]
fn no_source_file_has_grown_beyond_one_subject() -> Result<()> {
    let mut long = Vec::new();
    for folder in ["sdk", "ffi", "bevy_demo", "server", "tests", "xtask"] {
        for (path, text) in sources(folder)? {
            let lines = text.lines().count();
            if lines > MOST_LINES {
                long.push(format!("{}: {lines}", path.display()));
            }
        }
    }
    ensure!(long.is_empty(), "longer than {MOST_LINES} lines:\n{}", long.join("\n"));
    Ok(())
}

#[test]
fn what_ships_does_not_panic_where_it_could_answer() -> Result<()> {
    let words = [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "unreachable!("];
    for folder in ["server/src", "server/socketio/src", "sdk/protocol/src", "sdk/core/src", "sdk/src", "ffi/src"] {
        // The one that the tests of the C interface ask for.
        let asked_for = |place: &String| place.contains("rp_testing_panic");
        let places: Vec<_> = places(folder, &words, &[])?.into_iter().filter(|place| !asked_for(place)).collect();
        ensure!(places.is_empty(), "these may panic:\n{}", places.join("\n"));
    }
    Ok(())
}
