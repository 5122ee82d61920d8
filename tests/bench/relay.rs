//! What a message costs without a database: echoed and relayed by small programs, over WebSocket and long polling.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    runtime,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Options,
    http::{self, Requests},
    peer,
    program::Program,
    socket::Socket,
    table::{Bound, Table},
};

const OURS: &str = "ours";
const NODE: &str = "Node";
/// Each server in turn, so that all of them see the machine's moods.
const ROUNDS: usize = 3;
const WARM_ECHOES: u32 = 200;
const ECHOES: u32 = 2_000;
const PAIRS: usize = 50;
const POLLERS: usize = 100;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(4);
const LIMIT: Duration = Duration::from_secs(60);
const PAYLOAD: &str = r#"{"from":"bench","text":"a word to the other side"}"#;

pub async fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let programs = start(options)?;
    let mut rounds: Vec<Vec<Figures>> = programs.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (program, rounds) in programs.iter().zip(&mut rounds) {
            rounds.push(round(program).await.with_context(|| program.name.clone())?);
        }
    }
    let servers: Vec<_> = programs.iter().map(|program| &*program.name).zip(rounds).collect();
    let against = |pick: Pick, rivals: &[&str], decimals: usize| {
        let rivals = servers.iter().filter(|(name, _)| *name != OURS && (rivals.is_empty() || rivals.contains(name)));
        let best = rivals.map(|(_, rounds)| median(rounds, pick)).min_by(f64::total_cmp);
        let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
        best.map_or(Bound::None, |best| Bound::Below((best * scale).round() / scale))
    };
    let mut rows = |what: &str, pick: Pick, unit: &str, decimals: usize, bound: Bound| {
        for (index, (name, rounds)) in servers.iter().enumerate() {
            let what = if index == 0 { format!("{what}, {name}") } else { format!("… {name}") };
            let bound = if *name == OURS { bound } else { Bound::None };
            table.add(&what, median(rounds, pick), unit, decimals, bound);
        }
    };
    let pick: Pick = |figures| figures.echo_p50;
    rows("echo of an idle pair, no database: p50", pick, "µs", 1, against(pick, &[NODE], 1));
    rows("voluntary context switches per echo", |figures| figures.switches, "", 2, Bound::AtMost(2.0));
    let pick: Pick = |figures| figures.relay;
    let what = format!("relay, {PAIRS} pairs, no database: server CPU per message");
    rows(&what, pick, "µs", 1, against(pick, &[], 1));
    let pick: Pick = |figures| figures.polling;
    let what = format!("echo by long polling, {POLLERS} clients: server CPU per message");
    rows(&what, pick, "µs", 1, against(pick, &[NODE], 1));
    Ok(())
}

/// What one round found out about one server; times in microseconds.
struct Figures {
    echo_p50: f64,
    switches: f64,
    relay: f64,
    polling: f64,
}

type Pick = fn(&Figures) -> f64;

fn median(rounds: &[Figures], pick: Pick) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(pick).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn start(options: &Options) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    if let Some(echo) = &options.echo {
        programs.push(Program::start(OURS, &mut Command::new(echo))?);
    }
    if let Some(folder) = &options.reference {
        let copy = peer::install(folder, &options.scratch.join("reference"))?;
        let mut node = Command::new("node");
        node.arg("reference.mjs").current_dir(copy).env("NODE_ENV", "production");
        programs.push(Program::start(NODE, &mut node)?);
    }
    for beside in &options.beside {
        programs.push(beside.start()?);
    }
    Ok(programs)
}

async fn round(program: &Program) -> Result<Figures> {
    let (echo_p50, switches) = tokio::task::block_in_place(|| {
        // On this thread alone: what the client does is a part of the time.
        runtime::Builder::new_current_thread().enable_all().build()?.block_on(limited(echoes(program)))
    })?;
    let mut pairs = Vec::new();
    for _ in 0..PAIRS {
        pairs.push(Pair::connect(program).await?);
    }
    let relay = limited(cpu_per_message(program, pairs)).await.context("relay")?;
    let mut pollers = Vec::new();
    for _ in 0..POLLERS {
        pollers.push(Poller::connect(program).await?);
    }
    let polling = limited(cpu_per_message(program, pollers)).await.context("long polling")?;
    Ok(Figures { echo_p50, switches, relay, polling })
}

/// An error if it takes far too long: a message must have been lost.
async fn limited<T>(measurement: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(LIMIT, measurement).await.context("a message was lost")?
}

/// The median time of an echo in microseconds, and how often the server went to sleep for each.
async fn echoes(program: &Program) -> Result<(f64, f64)> {
    let (mut socket, _) = Socket::enter(program.address, "").await?;
    let (mut times, mut switches) = (Vec::new(), 0);
    for round in 0..WARM_ECHOES + ECHOES {
        if round == WARM_ECHOES {
            switches = program.switches()?;
            times.clear();
        }
        let start = Instant::now();
        socket.emit("message", PAYLOAD).await?;
        socket.expect("message-back").await?;
        times.push(start.elapsed());
    }
    let switches = program.switches()?.saturating_sub(switches);
    times.sort_unstable();
    let p50 = times.get(times.len() / 2).context("no echo")?;
    Ok((p50.as_secs_f64() * 1e6, switches as f64 / f64::from(ECHOES)))
}

/// Who has one message on its way at a time.
trait Client: Send + 'static {
    fn exchange(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// The server's CPU per message in microseconds, while all clients are busy.
async fn cpu_per_message(program: &Program, clients: Vec<impl Client>) -> Result<f64> {
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut tasks = JoinSet::new();
    for mut client in clients {
        let (done, stop) = (Arc::clone(&done), Arc::clone(&stop));
        tasks.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                client.exchange().await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    sleep(WARM_UP).await;
    let (cpu, count) = (program.cpu()?, done.load(Ordering::Relaxed));
    sleep(MEASURED).await;
    let (cpu, count) = (program.cpu()? - cpu, done.load(Ordering::Relaxed) - count);
    stop.store(true, Ordering::Relaxed);
    while let Some(outcome) = tasks.join_next().await {
        outcome??;
    }
    ensure!(count > 0, "nothing arrived");
    Ok(cpu.as_secs_f64() * 1e6 / count as f64)
}

struct Pair {
    sender: Socket,
    receiver: Socket,
    relay: String,
}

impl Pair {
    async fn connect(program: &Program) -> Result<Self> {
        let (sender, _) = Socket::enter(program.address, "").await?;
        let (receiver, id) = Socket::enter(program.address, "").await?;
        Ok(Self { sender, receiver, relay: format!("\"{id}\",{PAYLOAD}") })
    }
}

impl Client for Pair {
    async fn exchange(&mut self) -> Result<()> {
        self.sender.emit("relay", &self.relay).await?;
        self.receiver.expect("relayed").await?;
        Ok(())
    }
}

/// A client over long polling. As in a browser, a poll waits on one connection while a message goes over another.
struct Poller {
    polls: Requests,
    posts: Requests,
    poll: Vec<u8>,
    message: Vec<u8>,
    pong: Vec<u8>,
}

impl Poller {
    async fn connect(program: &Program) -> Result<Self> {
        let (mut polls, mut posts) =
            (Requests::connect(program.address).await?, Requests::connect(program.address).await?);
        let path = polls.open().await?;
        posts.success(&http::post(&path, b"40")).await?;
        let message = http::post(&path, format!("42[\"message\",{PAYLOAD}]").as_bytes());
        let mut poller = Self { polls, posts, poll: http::get(&path, ""), message, pong: http::post(&path, b"3") };
        let body = poller.polls.success(&poller.poll).await?;
        poller.await_packet(body, b"40").await?;
        Ok(poller)
    }

    /// Polls until a packet begins like this; `body` is the answer to the first poll. What comes before it may be a
    /// ping, or something else that was not asked for: the Node server greets.
    async fn await_packet(&mut self, mut body: Vec<u8>, start: &[u8]) -> Result<()> {
        loop {
            let mut found = false;
            for packet in body.split(|byte| *byte == 0x1E) {
                if packet == b"2" {
                    self.posts.success(&self.pong).await?;
                }
                found |= packet.starts_with(start);
            }
            if found {
                return Ok(());
            }
            body = self.polls.success(&self.poll).await?;
        }
    }
}

impl Client for Poller {
    async fn exchange(&mut self) -> Result<()> {
        let (body, _) = tokio::try_join!(self.polls.success(&self.poll), self.posts.success(&self.message))?;
        self.await_packet(body, b"42[\"message-back\"").await
    }
}
