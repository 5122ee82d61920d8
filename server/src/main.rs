//! The server as a program. See `--help`.

#![expect(clippy::print_stdout, reason = "a command-line tool: what a subcommand finds out goes to its output")]

use std::{io::IsTerminal as _, process::ExitCode};

use clap::Parser as _;
use rallypoint_server::{Cli, LogFormat, LogWriter, Server, Task};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = match LogWriter::start() {
        Ok(log) => log,
        Err(_) => return ExitCode::FAILURE,
    };
    start_log(&cli, log.clone());
    let done =
        tokio::runtime::Runtime::new().map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(cli)));
    if let Err(error) = &done {
        tracing::error!("{error:#}");
    }
    log.flush();
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.task {
        None => serve(cli).await,
        Some(Task::Replay { game_id }) => {
            let replayed = rallypoint_server::replay(&cli.into_config()?, game_id).await?;
            println!("{replayed}");
            anyhow::ensure!(replayed.agrees(), "playing the match again did not come to the recorded result");
            Ok(())
        }
    }
}

async fn serve(cli: Cli) -> anyhow::Result<()> {
    let _files = outlive_full_files();
    let mut server = Server::start(cli.into_config()?).await?;
    let broken = tokio::select! {
        asked = asked_to_stop() => asked.map(|()| None)?,
        broken = server.broken() => Some(broken),
    };
    if let Some(error) = &broken {
        tracing::error!("{error:#}; stopping, so that whoever watches over this process starts it anew");
    }
    tokio::select! {
        stopped = server.stop() => broken.map_or(stopped, Err),
        again = asked_to_stop() => {
            again?;
            anyhow::bail!("asked to stop twice: left without draining");
        }
    }
}

fn start_log(cli: &Cli, writer: LogWriter) {
    // renetcode reports every packet that can't be decrypted as an error: anyone could fill the log with them. The
    // others write what they carry at `debug` or `trace`, tokens included; whoever names one gets it all the same.
    let quiet = "renetcode=off,hyper=info,hyper_util=info,tungstenite=info,\
                 tokio_tungstenite=info,axum=info,tower=info,tower_http=info";
    let filter =
        EnvFilter::try_new(format!("{quiet},{}", cli.log)).unwrap_or_else(|_| EnvFilter::new(format!("{quiet},info")));
    // Colours would stand between a field's name and its value, where a search does not expect them.
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(writer);
    match cli.log_format {
        LogFormat::Json => log.json().flatten_event(true).init(),
        LogFormat::Text => log.init(),
    }
}

/// A file that may not grow any more is an error to write to, and no end of the process.
#[cfg(target_os = "linux")]
fn outlive_full_files() -> std::io::Result<tokio::signal::unix::Signal> {
    const SIGXFSZ: i32 = 25;
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(SIGXFSZ))
}

#[cfg(not(target_os = "linux"))]
fn outlive_full_files() {}

#[cfg(unix)]
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
