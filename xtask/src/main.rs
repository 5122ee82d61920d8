//! One entrance for everything: `cargo xtask demo | test | bench | bindings | package`.
//!
//! It needs Rust and a C linker. What else a command needs it installs where `apt-get` is, and names elsewhere.

#![expect(clippy::print_stdout, reason = "a command-line tool: what it says is what it is for")]

mod bench;
mod bindings;
mod build;
mod demo;
mod package;
mod postgres;
mod process;
mod server;
mod test;
mod tools;
mod workspace;
mod xvfb;

use std::process::ExitCode;

use clap::Parser;

use workspace::Workspace;

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "Builds, runs, tests and measures Rallypoint",
    disable_help_subcommand = true
)]
enum Command {
    /// Set up what is missing, build the game and play it, with a server and four bots inside.
    Demo(demo::Options),
    /// Run every check there is and end with a summary.
    Test(test::Options),
    /// Measure server, SDK and demo in release mode.
    Bench(bench::Options),
    /// Generate the C header.
    Bindings(bindings::Options),
    /// Build the release library and put the Unity package together.
    Package(package::Options),
}

fn main() -> ExitCode {
    let command = Command::parse();
    let outcome = Workspace::find().and_then(|workspace| match command {
        Command::Demo(options) => demo::run(&workspace, &options),
        Command::Test(options) => test::run(&workspace, &options),
        Command::Bench(options) => bench::run(&workspace, &options),
        Command::Bindings(options) => bindings::run(&workspace, &options),
        Command::Package(options) => package::run(&workspace, &options),
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
