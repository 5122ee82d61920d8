//! Holds the dependencies to `deny.toml`. What it says of advisories takes `cargo deny` and a network.

use std::{collections::HashSet, fs};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{process, tools, workspace::Workspace};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub fn check(workspace: &Workspace) -> Result<()> {
    let text = fs::read_to_string(workspace.root.join("deny.toml")).context("cannot read deny.toml")?;
    let policy = Policy::parse(&text)?;
    let mut cargo = workspace.cargo();
    cargo.args(["metadata", "--format-version", "1", "--locked"]);
    let metadata: Value = serde_json::from_str(&process::capture(&mut cargo)?)?;
    let packages = metadata["packages"].as_array().context("cargo names no packages")?;
    let complaints: Vec<String> = packages.iter().filter_map(|package| policy.complaint(package)).collect();
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n"));
    }
    println!("{} packages keep to deny.toml", packages.len());
    if tools::on_path("cargo-deny") {
        process::run(workspace.cargo().args(["deny", "check", "licenses", "bans", "sources"]))?;
    }
    Ok(())
}

struct Policy {
    licences: HashSet<String>,
    /// A crate and a licence that only it may have.
    exceptions: HashSet<(String, String)>,
    /// Crates that nothing may use.
    banned: HashSet<String>,
}

impl Policy {
    fn parse(text: &str) -> Result<Self> {
        let file: toml::Table = text.parse().context("deny.toml")?;
        let list = |table: &str, key: &str| file.get(table)?.get(key)?.as_array().cloned();
        let text = |value: &toml::Value| value.as_str().map(str::to_owned);
        let licences = list("licenses", "allow").context("deny.toml allows no licence")?;
        let mut exceptions = HashSet::new();
        for entry in list("licenses", "exceptions").unwrap_or_default() {
            let name = entry.get("crate").and_then(text).context("an exception names no crate")?;
            let allowed = entry.get("allow").and_then(toml::Value::as_array).context("an exception allows nothing")?;
            exceptions.extend(allowed.iter().filter_map(text).map(|licence| (name.clone(), licence)));
        }
        let banned = list("bans", "deny").unwrap_or_default();
        // One with `wrappers` is allowed below those; `cargo deny` looks at that.
        let banned = banned.iter().filter(|entry| entry.get("wrappers").is_none());
        Ok(Self {
            licences: licences.iter().filter_map(text).collect(),
            exceptions,
            banned: banned.filter_map(|entry| entry.get("crate").and_then(text)).collect(),
        })
    }

    /// What is wrong with a package of `cargo metadata`.
    fn complaint(&self, package: &Value) -> Option<String> {
        let name = package["name"].as_str().unwrap_or_default();
        if self.banned.contains(name) {
            return Some(format!("{name} is banned"));
        }
        if package["source"].as_str().is_some_and(|source| source != CRATES_IO) {
            return Some(format!("{name} comes from {}", package["source"]));
        }
        let Some(licence) = package["license"].as_str() else { return Some(format!("{name} names no licence")) };
        let allowed =
            |one: &str| self.licences.contains(one) || self.exceptions.contains(&(name.to_owned(), one.to_owned()));
        match satisfied(licence, &allowed) {
            Some(true) => None,
            Some(false) => Some(format!("{name} is under {licence}")),
            None => Some(format!("{name} has a licence that cannot be read: {licence}")),
        }
    }
}

/// Whether an SPDX expression leaves a choice that is allowed. None if it cannot be read.
fn satisfied(expression: &str, allowed: &impl Fn(&str) -> bool) -> Option<bool> {
    // A slash is how crates used to write "or".
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let outcome = any(&mut words, allowed)?;
    words.next().is_none().then_some(outcome)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words, allowed: &impl Fn(&str) -> bool) -> Option<bool> {
    let mut outcome = all(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        outcome |= all(words, allowed)?;
    }
    Some(outcome)
}

fn all(words: &mut Words, allowed: &impl Fn(&str) -> bool) -> Option<bool> {
    let mut outcome = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        outcome &= one(words, allowed)?;
    }
    Some(outcome)
}

fn one(words: &mut Words, allowed: &impl Fn(&str) -> bool) -> Option<bool> {
    match words.next()? {
        "(" => {
            let outcome = any(words, allowed)?;
            words.next_if_eq(&")").map(|_| outcome)
        }
        ")" | "OR" | "AND" | "WITH" => None,
        licence if words.next_if_eq(&"WITH").is_some() => Some(allowed(&format!("{licence} WITH {}", words.next()?))),
        licence => Some(allowed(licence)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_expression_needs_one_allowed_choice() {
        let allowed = |licence: &str| ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
        for good in
            ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "(GPL-3.0 OR MIT) AND Zlib", "Apache-2.0 WITH LLVM-exception"]
        {
            assert_eq!(satisfied(good, &allowed), Some(true), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Zlib) AND GPL-3.0", "Apache-2.0", "mit"] {
            assert_eq!(satisfied(bad, &allowed), Some(false), "{bad}");
        }
        for unreadable in ["", "OR", "(MIT", "MIT MIT", "MIT AND", ")"] {
            assert_eq!(satisfied(unreadable, &allowed), None, "{unreadable}");
        }
    }

    #[test]
    fn bans_sources_and_exceptions_count() {
        let policy = Policy::parse(
            "[licenses]\nallow = ['MIT']\nexceptions = [{ crate = 'odd', allow = ['MPL-2.0'] }]\n\
             [bans]\ndeny = [{ crate = 'bad' }, { crate = 'below', wrappers = ['x'] }]\n",
        )
        .unwrap();
        let complaint = |name: &str, licence: &str, source: &str| {
            policy.complaint(&json!({"name": name, "license": licence, "source": source}))
        };
        assert_eq!(complaint("good", "MIT", CRATES_IO), None);
        assert_eq!(complaint("below", "MIT", CRATES_IO), None);
        assert_eq!(complaint("odd", "MPL-2.0", CRATES_IO), None);
        assert!(complaint("other", "MPL-2.0", CRATES_IO).is_some());
        assert!(complaint("bad", "MIT", CRATES_IO).is_some());
        assert!(complaint("good", "MIT", "git+https://example.com/a").is_some());
    }
}
