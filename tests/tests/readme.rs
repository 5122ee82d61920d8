//! What the documents say is what the sources say.

use std::{collections::BTreeSet, fs, path::PathBuf};

use clap::{CommandFactory as _, Parser as _};
use rallypoint_protocol::{
    ErrorCode,
    event::{ClientCommand, ServerEvent},
};
use rallypoint_server::{Cli, Config};

const LONGEST_QUICK_START: usize = 15;
const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "docs/bevy.md",
    "docs/c-abi.md",
    "docs/game-websocket.md",
    "docs/game.md",
    "docs/invitations-websocket.md",
    "docs/operations.md",
    "docs/protocol.md",
    "docs/sdk.md",
    "docs/troubleshooting.md",
    "docs/unity.md",
];

fn root() -> PathBuf {
    rallypoint_e2e::repository()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text of a section, from its heading to the next of any level.
fn section(document: &str, heading: &str) -> String {
    let mut fenced = false;
    let inside = document.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| {
        fenced ^= line.starts_with("```");
        fenced || !line.starts_with('#')
    });
    let text: Vec<_> = inside.collect();
    assert!(!text.is_empty(), "no section {heading}");
    text.join("\n")
}

/// The lines between the fences of the first code block.
fn code_block(section: &str) -> Vec<&str> {
    section.lines().skip_while(|line| !line.starts_with("```")).skip(1).take_while(|line| *line != "```").collect()
}

/// The targets of all links, pictures included, outside of code blocks.
fn links(document: &str) -> Vec<&str> {
    let mut fenced = false;
    let text = document.lines().filter(|line| {
        fenced ^= line.trim_start().starts_with("```");
        !fenced
    });
    text.flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split(')').next())).collect()
}

/// Lines without the blanks that all of them begin with.
fn without_indent<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let blanks = |line: &str| line.len() - line.trim_start().len();
    let indent = lines.iter().filter(|line| !line.trim().is_empty()).map(|line| blanks(line)).min().unwrap_or(0);
    lines.iter().map(|line| line.get(indent..).unwrap_or("").trim_end()).collect()
}

#[test]
fn the_quick_starts_are_taken_from_files_that_are_compiled() {
    let readme = read("README.md");
    for heading in ["### Unity", "### Bevy", "### Rust"] {
        let section = section(&readme, heading);
        let shown = code_block(&section);
        let source = *links(&section).first().unwrap_or_else(|| panic!("{heading} names no source file"));
        let text = read(source);
        let lines: Vec<_> = text.lines().collect();
        let taken = lines.windows(shown.len().max(1)).any(|window| without_indent(window) == shown);
        assert!(taken, "{heading} of the README is no part of {source} any more: copy the lines anew");
        assert!(shown.len() <= LONGEST_QUICK_START, "{heading} has {} lines", shown.len());
    }
}

#[test]
fn the_error_table_has_every_code_with_its_status_and_number() {
    let protocol = read("docs/protocol.md");
    let section = section(&protocol, "## Errors");
    let rows: Vec<Vec<&str>> = section.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    let listed = |row: &&Vec<&str>| row.len() == 6 && row[1].starts_with('`');
    let rows: Vec<_> = rows.iter().filter(listed).map(|row| (row[1], row[2], row[3])).collect();
    let expected: Vec<_> = ErrorCode::ALL
        .iter()
        .map(|code| (format!("`{code}`"), code.http_status().to_string(), code.number().to_string()))
        .collect();
    let expected: Vec<_> = expected.iter().map(|(code, status, number)| (&**code, &**status, &**number)).collect();
    assert_eq!(rows, expected);
}

#[test]
fn only_events_that_exist_are_described() {
    let protocol = read("docs/protocol.md");
    let named = section(&protocol, "### Requests") + "\n" + &section(&protocol, "### What the server says unasked");
    let events: BTreeSet<&str> = named
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|word| word.contains(':') && word.chars().all(|c| c.is_ascii_lowercase() || c == ':'))
        .collect();
    assert!(events.len() >= 16, "{events:?}");
    for event in events {
        assert!(ClientCommand::NAMES.contains(&event) || ServerEvent::NAMES.contains(&event), "{event}");
    }
}

#[test]
fn the_example_configuration_is_complete_and_says_the_defaults() {
    let operations = read("docs/operations.md");
    let example = code_block(&section(&operations, "### A whole file")).join("\n");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("rallypoint.toml");
    fs::write(&file, &example).expect("the example is written");
    let file = file.to_str().expect("a path in UTF-8");
    let config = Cli::parse_from(["rallypoint-server", "--config", file]).into_config().expect("the example is read");
    let defaults = Config::default();
    assert_eq!(config.limits, defaults.limits);
    assert_eq!((config.listen, config.game_listen), (defaults.listen, defaults.game_listen));
    assert_eq!(config.database, defaults.database);

    let table = section(&operations, "### Limits");
    for line in
        format!("{:#?}", defaults.limits).lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "))
    {
        let name = line.trim().split(':').next().unwrap_or_default();
        if name == "rates_enabled" || name.starts_with('}') {
            continue;
        }
        assert!(example.contains(&format!("\n{name} = ")), "the example lacks {name}");
        assert!(table.contains(&format!("`{name}`")), "the table of limits lacks {name}");
    }
}

#[test]
fn every_option_of_the_server_is_described() {
    let operations = read("docs/operations.md");
    let settings = section(&operations, "## Settings");
    for option in Cli::command().get_arguments() {
        if let (Some(long), Some(variable)) = (option.get_long(), option.get_env()) {
            assert!(settings.contains(&format!("`--{long} ")), "--{long}");
            assert!(settings.contains(&format!("`{}`", variable.to_string_lossy())), "{}", variable.display());
        }
    }
}

/// The anchor that a heading is linked by.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        let folder = PathBuf::from(document).parent().map(PathBuf::from).unwrap_or_default();
        for link in links(&text).into_iter().filter(|link| !link.starts_with("https://")) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { PathBuf::from(document) } else { folder.join(path) };
            let found = root().join(&target).exists();
            let has_heading = || {
                let text = fs::read_to_string(root().join(&target)).unwrap_or_default();
                text.lines().any(|line| line.starts_with('#') && anchor(line.trim_start_matches('#')) == heading)
            };
            if !found || (!heading.is_empty() && !has_heading()) {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_invariant_is_held_by_a_test_that_exists() {
    let architecture = read("ARCHITECTURE.md");
    let section = section(&architecture, "## Invariants");
    let holders = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1));
    let mut held = 0;
    for holder in holders.filter(|holder| *holder != "held by |") {
        let mut text = String::new();
        for name in holder.split('`').skip(1).step_by(2) {
            if name.contains('/') {
                text = read(name);
            } else {
                assert!(text.contains(&format!("fn {name}(")), "no test {name}: {holder}");
            }
            held += 1;
        }
        assert!(!text.is_empty(), "{holder}");
    }
    assert!(held > 30, "{held}");
}
