//! `cargo xtask test`: every check there is, one after another, with a summary at the end.

mod csharp;
mod generated;
mod interop;
mod native;
mod policy;
mod rust;
mod socketio;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    demo,
    server::Server,
    tools::{self, Tool},
    workspace::{self, Profile, Workspace},
};

#[derive(Args)]
pub struct Options {
    /// Only these steps; what they need is still built.
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Leave these steps out.
    #[arg(long, value_name = "STEP")]
    skip: Vec<String>,
    /// Also the steps that take long: before a release, or a change to what they check.
    #[arg(long)]
    all: bool,
    /// Name the steps and what they check.
    #[arg(long)]
    list: bool,
}

struct Step {
    name: &'static str,
    about: &'static str,
    tools: &'static [&'static Tool],
    run: fn(&Workspace) -> Result<()>,
}

/// Steps that run only when they are asked for.
const LONG: &[&str] = &["differential", "clients", "fuzz"];

/// Cheap ones first. What the later ones run is built by `build`.
static STEPS: &[Step] = &[
    Step { name: "format", about: "rustfmt has nothing to change", tools: &[], run: rust::format },
    Step { name: "generated", about: "generated and paired files are up to date", tools: &[], run: generated::check },
    Step { name: "clippy", about: "no warning in any target", tools: &[&tools::C_BUILD], run: rust::clippy },
    Step { name: "build", about: "all targets build", tools: &[&tools::C_BUILD], run: rust::build },
    Step {
        name: "rust",
        about: "all Rust tests, on SQLite and Postgres",
        tools: &[&tools::C_BUILD, &tools::POSTGRES],
        run: rust::test,
    },
    Step {
        name: "library",
        about: "the native library needs the C library alone",
        tools: &[],
        run: native::dependencies,
    },
    Step {
        name: "c",
        about: "the C programs run without error or leak",
        tools: &[&tools::VALGRIND],
        run: native::programs,
    },
    Step { name: "csharp", about: "the C# package under Mono", tools: &[&tools::MONO], run: csharp::test },
    Step { name: "javascript", about: "the stock JavaScript client", tools: &[&tools::NODE], run: interop::javascript },
    Step { name: "python", about: "the stock Python client", tools: &[&tools::PYTHON], run: interop::python },
    Step {
        name: "demo",
        about: "a scripted player plays the game under Xvfb",
        tools: &[&tools::VULKAN, &tools::X11, &tools::XVFB],
        run: play,
    },
    Step {
        name: "friend",
        about: "a stock WebSocket client and the game challenge each other",
        tools: &[&tools::NODE, &tools::VULKAN, &tools::X11, &tools::XVFB],
        run: interop::friend,
    },
    Step {
        name: "differential",
        about: "the Socket.IO server answers as the reference implementation does",
        tools: &[&tools::NODE],
        run: socketio::differential,
    },
    Step {
        name: "clients",
        about: "stock Socket.IO clients behind bad proxies and over restarts",
        tools: &[&tools::CHROMIUM, &tools::NODE, &tools::PYTHON],
        run: socketio::clients,
    },
    Step {
        name: "fuzz",
        about: "ten minutes of fuzzing for each target of the Socket.IO server",
        tools: &[&tools::CXX],
        run: socketio::fuzz,
    },
    Step { name: "policy", about: "licences, bans and sources of the dependencies", tools: &[], run: policy::check },
];

/// Steps that run what `build` makes.
const NEED_BUILD: &[&str] =
    &["library", "c", "csharp", "javascript", "python", "demo", "friend", "differential", "clients"];

enum Outcome {
    Passed,
    Failed(anyhow::Error),
    Skipped(anyhow::Error),
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    if options.list {
        for step in STEPS {
            let long = if LONG.contains(&step.name) { " (with --all)" } else { "" };
            println!("{:<12} {}{long}", step.name, step.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let steps = choose(options)?;
    let mut needed: Vec<&Tool> = Vec::new();
    for tool in steps.iter().flat_map(|step| step.tools) {
        if !needed.iter().any(|known| std::ptr::eq(*known, *tool)) {
            needed.push(tool);
        }
    }
    // At once, since each call of apt-get costs seconds. Whoever still lacks something says so below.
    if let Err(error) = tools::ensure(&needed) {
        println!("{error:#}");
    }

    let mut results = Vec::new();
    let mut built = true;
    for step in steps {
        println!("\n=== {}: {}", step.name, step.about);
        let started = Instant::now();
        let outcome = if !built && NEED_BUILD.contains(&step.name) {
            Outcome::Failed(anyhow::anyhow!("nothing to run: the build failed"))
        } else {
            run_step(workspace, step)
        };
        if let Outcome::Failed(error) | Outcome::Skipped(error) = &outcome {
            println!("{}: {error:#}", step.name);
        }
        built &= step.name != "build" || matches!(outcome, Outcome::Passed);
        results.push((step.name, outcome, started.elapsed()));
    }
    Ok(summarise(&results))
}

fn choose(options: &Options) -> Result<Vec<&'static Step>> {
    for name in options.only.iter().chain(&options.skip) {
        if !STEPS.iter().any(|step| step.name == name) {
            bail!("no step is called {name}: `cargo xtask test --list` names them");
        }
    }
    let named = |names: &[String], step: &Step| names.iter().any(|name| name == step.name);
    let usual = |step: &Step| options.only.is_empty() && (options.all || !LONG.contains(&step.name));
    let wanted = |step: &&Step| (usual(step) || named(&options.only, step)) && !named(&options.skip, step);
    let needs_build = STEPS.iter().filter(wanted).any(|step| NEED_BUILD.contains(&step.name));
    let skipped = |step: &Step| named(&options.skip, step);
    Ok(STEPS.iter().filter(|step| wanted(step) || (needs_build && step.name == "build" && !skipped(step))).collect())
}

fn run_step(workspace: &Workspace, step: &Step) -> Outcome {
    if let Some(missing) = step.tools.iter().find(|tool| !tool.is_present()) {
        let error = anyhow::anyhow!("needs {}, for {}", missing.packages.join(" "), missing.purpose);
        return if workspace::in_ci() { Outcome::Failed(error) } else { Outcome::Skipped(error) };
    }
    match (step.run)(workspace) {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed(error),
    }
}

fn summarise(results: &[(&str, Outcome, Duration)]) -> ExitCode {
    println!("\n{:<12} {:<8} {:>8}", "step", "result", "seconds");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, outcome, time) in results {
        let (word, count) = match outcome {
            Outcome::Passed => ("ok", &mut passed),
            Outcome::Failed(_) => ("failed", &mut failed),
            Outcome::Skipped(_) => ("skipped", &mut skipped),
        };
        *count += 1;
        println!("{name:<12} {word:<8} {:>8.1}", time.as_secs_f64());
    }
    let more = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    println!("\n{passed} passed, {failed} failed{more}");
    if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn play(workspace: &Workspace) -> Result<()> {
    demo::play_scripted(workspace, &[])
}

/// The server as `build` made it.
fn start_server(workspace: &Workspace, more: &[&str]) -> Result<Server> {
    Server::start(&workspace.built(Profile::Dev, "rallypoint-server"), more)
}
