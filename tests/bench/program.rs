//! Small Socket.IO servers with the same interface: ours, the Node one, and whatever else is to be measured beside them.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    str::FromStr,
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::probe;

const START_LIMIT: Duration = Duration::from_secs(30);
const ARGUMENTS: [&str; 10] = [
    "--listen",
    "127.0.0.1:0",
    "--ping-interval-ms",
    "25000",
    "--ping-timeout-ms",
    "20000",
    "--connect-timeout-ms",
    "45000",
    "--max-payload",
    "1000000",
];
/// What it says when it is ready, before the address.
const READY: &str = "listening on ";

/// A running program. Dropping it ends it.
pub struct Program {
    child: Child,
    pub name: String,
    pub address: SocketAddr,
}

impl Program {
    /// Starts it, and waits until it says where it listens.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        command.args(ARGUMENTS).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let output = child.stdout.take();
        // Made first: it ends the program also if that does not become ready.
        let mut program = Self { child, name: name.to_owned(), address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let lines = BufReader::new(output.context("no output")?).lines().map_while(Result::ok);
        let (sender, ready) = mpsc::channel();
        thread::spawn(move || {
            // To the end, so that the program can always write.
            for line in lines {
                if let Some(address) = line.strip_prefix(READY) {
                    let _ = sender.send(address.to_owned());
                }
            }
        });
        let address = ready.recv_timeout(START_LIMIT).with_context(|| format!("{name} did not become ready"))?;
        program.address = address.parse().with_context(|| format!("{name} listens on {address}"))?;
        Ok(program)
    }

    pub fn cpu(&self) -> Result<Duration> {
        probe::cpu(self.child.id())
    }

    pub fn switches(&self) -> Result<u64> {
        probe::switches(self.child.id())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program from the command line: `NAME=COMMAND`, the command being split at blanks.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    pub name: String,
    words: Vec<String>,
}

impl Beside {
    pub fn start(&self) -> Result<Program> {
        let (program, arguments) = self.words.split_first().context("no command")?;
        Program::start(&self.name, Command::new(program).args(arguments))
    }
}

impl FromStr for Beside {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, command) = text.split_once('=').ok_or("it is NAME=COMMAND")?;
        let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
        if name.is_empty() || words.is_empty() {
            return Err("it is NAME=COMMAND");
        }
        Ok(Self { name: name.to_owned(), words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_beside_has_a_name_and_a_command() {
        let beside: Beside = "other=run it --mode=fast".parse().unwrap();
        assert_eq!(beside.name, "other");
        assert_eq!(beside.words, ["run", "it", "--mode=fast"]);
        for text in ["other", "=run", "other= "] {
            assert!(text.parse::<Beside>().is_err(), "{text}");
        }
    }
}
