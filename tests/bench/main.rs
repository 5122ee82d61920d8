//! Measures a release build: the server as a process of its own, the SDK through its C interface, the demo.
//!
//! `cargo xtask bench` builds what is measured and starts this.

#![expect(clippy::print_stdout, reason = "a command-line tool: the table is what it is for")]

mod account;
mod browsers;
mod demo;
mod flood;
mod friends;
mod http;
mod idle;
mod invites;
mod peer;
mod pong;
mod probe;
mod program;
mod queue;
mod relay;
mod sdk;
mod server;
mod socket;
mod table;

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};
use clap::Parser;
use tokio::runtime::Runtime;

use program::Beside;
use server::Server;
use table::Table;

/// Sockets of both sides of the largest measurement, and some.
const OPEN_FILES: u32 = 16_384;

#[derive(Parser)]
struct Options {
    /// The server program.
    #[arg(long)]
    server: PathBuf,
    /// The SDK's native library, stripped.
    #[arg(long)]
    library: PathBuf,
    /// The folder of the C header.
    #[arg(long)]
    header: PathBuf,
    /// A folder to write to.
    #[arg(long)]
    scratch: PathBuf,
    /// The game.
    #[arg(long)]
    demo: Option<PathBuf>,
    /// A Node server for the same invites.
    #[arg(long)]
    peer: Option<PathBuf>,
    /// Our small Socket.IO server.
    #[arg(long)]
    echo: Option<PathBuf>,
    /// The folder of the same in Node.
    #[arg(long)]
    reference: Option<PathBuf>,
    /// Another one to measure beside them: its name and how to start it.
    #[arg(long, value_name = "NAME=COMMAND")]
    beside: Vec<Beside>,
    /// Groups to measure: invites, idle, socketio, friends, queue, pong, browsers, sdk, demo. All if left out.
    #[arg(long)]
    only: Vec<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match measure(&options) {
        Ok(complete) => {
            if complete {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the table as far as it could be measured; true if that is all of it.
fn measure(options: &Options) -> Result<bool> {
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let wanted = |group: &str| options.only.is_empty() || options.only.iter().any(|one| one == group);
    let mut table = Table::default();
    type Group<'a> = (&'static str, Box<dyn Fn(&mut Table) -> Result<()> + 'a>);
    let groups: [Group; 9] = [
        ("invites", Box::new(|table| runtime.block_on(invites::measure(options, table)))),
        ("idle", Box::new(|table| runtime.block_on(idle::measure(options, table)))),
        ("socketio", Box::new(|table| socketio(options, &runtime, table))),
        ("friends", Box::new(|table| runtime.block_on(friends::measure(options, table)))),
        ("queue", Box::new(|table| runtime.block_on(queue::measure(options, table)))),
        ("pong", Box::new(|table| pong::measure(options, &runtime, table))),
        ("browsers", Box::new(|table| runtime.block_on(browsers::measure(options, table)))),
        ("sdk", Box::new(|table| sdk::measure(options, table))),
        ("demo", Box::new(|table| demo::measure(options, table))),
    ];
    let mut complete = true;
    for (name, group) in groups.iter().filter(|(name, _)| wanted(name)) {
        eprintln!("measuring {name}");
        if let Err(error) = group(&mut table).with_context(|| format!("measuring {name}")) {
            eprintln!("error: {error:#}");
            complete = false;
        }
    }
    print!("{table}");
    Ok(complete)
}

/// One does not need the other.
fn socketio(options: &Options, runtime: &Runtime, table: &mut Table) -> Result<()> {
    let relayed = runtime.block_on(relay::measure(options, table));
    flood::measure(options, table)?;
    relayed
}

/// For this process and those it starts.
fn raise_open_files() {
    let limit = format!("--nofile={OPEN_FILES}:");
    let status = Command::new("prlimit").args(["--pid", &std::process::id().to_string(), &limit]).status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!("could not raise the limit of open files to {OPEN_FILES}");
    }
}
