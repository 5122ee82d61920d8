//! How much an invite costs, and how fast it arrives.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    Options, Server,
    account::{Account, Dialect, Rest},
    peer::Peer,
    socket::{Socket, invite_id},
    table::{Bound, Table},
};

const PAIRS: usize = 50;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(8);
const ROUNDS: usize = 2_000;
const WARM_ROUNDS: usize = 200;

pub async fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let server = Server::start(&options.server)?;
    let rest = Rest::new(server.http, Dialect::Rallypoint);
    let ours = cycles(&rest, || server.cpu()).await?;
    drop(server);
    let peer = match &options.peer {
        Some(folder) => {
            let peer = Peer::start(folder, &options.scratch)?;
            let rest = Rest::new(peer.address, Dialect::Peer);
            Some(cycles(&rest, || peer.cpu()).await.context("the Node server")?)
        }
        None => None,
    };
    let micros = |figures: &Figures| figures.cpu_per_cycle * 1e6;
    let name = format!("invite cycle, {PAIRS} pairs: server CPU per cycle");
    table.add(&name, micros(&ours), "µs", 1, Bound::Below(100.0));
    if let Some(peer) = &peer {
        table.add("… at most what the Node server needs", micros(&ours), "µs", 1, Bound::Below(micros(peer).round()));
    }
    table.add("… cycles per second", ours.per_second, "/s", 0, Bound::Above(8_000.0));
    if let Some(peer) = &peer {
        table.add("… cycles per second of the Node server", peer.per_second, "/s", 0, Bound::None);
    }

    let server = Server::start(&options.server)?;
    let times = latencies(&Rest::new(server.http, Dialect::Rallypoint)).await?;
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    table.add("send → received, one pair, idle server: p50", at(0.50), "ms", 3, Bound::Below(0.2));
    table.add("… p99", at(0.99), "ms", 3, Bound::Below(1.0));
    Ok(())
}

struct Figures {
    cpu_per_cycle: f64,
    per_second: f64,
}

/// Host and receiver of one session, both connected.
struct Pair {
    host: Socket,
    receiver: Socket,
    invite: String,
}

impl Pair {
    async fn connect(rest: &Rest, host: &Account, receiver: &Account) -> Result<Self> {
        let code = rest.session(host, &json!({})).await?;
        let invite = json!({"receiver_id": receiver.id, "session_code": code}).to_string();
        Ok(Self {
            host: Socket::connect(rest.address, &host.token).await?,
            receiver: Socket::connect(rest.address, &receiver.token).await?,
            invite,
        })
    }

    async fn connect_all(rest: &Rest, count: usize) -> Result<Vec<Self>> {
        let accounts = rest.accounts(2 * count).await?;
        let mut pairs = Vec::with_capacity(count);
        for accounts in accounts.chunks_exact(2) {
            pairs.push(Self::connect(rest, &accounts[0], &accounts[1]).await?);
        }
        Ok(pairs)
    }

    /// Sent, received: how long that took, and the invite's id.
    async fn ring(&mut self) -> Result<(Duration, String)> {
        let start = Instant::now();
        self.host.emit("invite:send", &self.invite).await?;
        let received = self.receiver.expect("invite:received").await?;
        Ok((start.elapsed(), invite_id(&received)?.to_owned()))
    }

    /// Acknowledged, declined, notified.
    async fn decline(&mut self, id: &str) -> Result<()> {
        self.receiver.emit("invite:acknowledged", &format!("{{\"invite_id\":{id}}}")).await?;
        self.receiver.expect("invite:acknowledged:ack").await?;
        let answer = format!("{{\"invite_id\":{id},\"response\":\"decline\"}}");
        self.receiver.emit("invite:respond", &answer).await?;
        self.host.expect("invite:declined").await?;
        Ok(())
    }
}

async fn cycles(rest: &Rest, cpu: impl Fn() -> Result<Duration>) -> Result<Figures> {
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut tasks = JoinSet::new();
    for mut pair in Pair::connect_all(rest, PAIRS).await? {
        let (done, stop) = (Arc::clone(&done), Arc::clone(&stop));
        tasks.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let (_, id) = pair.ring().await?;
                pair.decline(&id).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    sleep(WARM_UP).await;
    let (start, cpu_before, done_before) = (Instant::now(), cpu()?, done.load(Ordering::Relaxed));
    sleep(MEASURED).await;
    let (time, cpu_used, count) = (start.elapsed(), cpu()? - cpu_before, done.load(Ordering::Relaxed) - done_before);
    stop.store(true, Ordering::Relaxed);
    while let Some(outcome) = tasks.join_next().await {
        outcome??;
    }
    Ok(Figures { cpu_per_cycle: cpu_used.as_secs_f64() / count as f64, per_second: count as f64 / time.as_secs_f64() })
}

/// How long each invite took, shortest first.
async fn latencies(rest: &Rest) -> Result<Vec<Duration>> {
    let mut pair = Pair::connect_all(rest, 1).await?.pop().context("no pair")?;
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..WARM_ROUNDS + ROUNDS {
        let (time, id) = pair.ring().await?;
        if round >= WARM_ROUNDS {
            times.push(time);
        }
        pair.decline(&id).await?;
    }
    times.sort_unstable();
    Ok(times)
}
