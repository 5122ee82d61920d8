//! What strangers who flood the server cost it, and the player beside them.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::{Builder, Runtime},
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    Options, Server,
    account::{Account, Dialect, Rest},
    http::{self, Requests},
    table::{Bound, Table},
};

const FLOODERS: usize = 4;
const FLOODED: Duration = Duration::from_secs(8);
/// Another address than the neighbour's: what is limited per address is no matter of both.
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Frames are written as many at a time as fit.
const BLOCK: usize = 64 * 1024;
/// The body of a request.
const BODY: usize = 2_000_000;
/// As often as the limits allow a player to ask.
const ASKS_EVERY: Duration = Duration::from_millis(20);
const WARM_ASKS: usize = 50;
/// What an answer counts that does not come, or says something else.
const UNANSWERED: Duration = Duration::from_secs(10);

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const FRAMES: [(&str, u8, &[u8]); 7] = [
    ("frames `40{}`", TEXT, b"40{}"),
    ("frames `2`", TEXT, b"2"),
    ("frames `3`", TEXT, b"3"),
    ("frames `40/x,{}`", TEXT, b"40/x,{}"),
    ("frames `41`", TEXT, b"41"),
    ("frames `42[\"a\",{}]`", TEXT, b"42[\"a\",{}]"),
    ("binary frames", BINARY, b"bench"),
];

pub fn measure(options: &Options, table: &mut Table) -> Result<()> {
    // One thread is enough for a flood, and leaves something of a small machine to the server.
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let quiet = watch(options, &runtime, None)?;
    table.add("a player's slowest answer, nobody floods", millis(quiet.slowest), "ms", 1, Bound::None);
    let mut attacks = vec![("polling, bodies of 2 MB `40{}`", Attack::bodies())];
    attacks.extend(FRAMES.map(|(name, opcode, payload)| (name, Attack::frames(opcode, payload))));
    for (name, attack) in attacks {
        let seen = watch(options, &runtime, Some(Arc::new(attack))).with_context(|| format!("flood of {name}"))?;
        eprintln!("flood of {name}: {} connections", seen.connections);
        let megabytes = |bytes: u64| bytes.saturating_sub(seen.before) as f64 / 1e6;
        let what = format!("{FLOODERS} strangers flood, {name}: memory at its peak");
        table.add(&what, megabytes(seen.peak), "MB", 1, Bound::Below(16.0));
        table.add("… at the end", megabytes(seen.after), "MB", 1, Bound::Below(16.0));
        table.add("… a player's slowest answer", millis(seen.slowest), "ms", 1, Bound::Below(50.0));
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The server's resident bytes, the slowest answer, and how often the flooders connected.
struct Seen {
    connections: u64,
    before: u64,
    peak: u64,
    after: u64,
    slowest: Duration,
}

/// A server of its own for each flood: none finds what another left behind.
fn watch(options: &Options, runtime: &Runtime, attack: Option<Arc<Attack>>) -> Result<Seen> {
    let server = Server::start_limited(&options.server)?;
    let account = runtime.block_on(Rest::new(server.http, Dialect::Rallypoint).account())?;
    // On a thread that the flood does not run on.
    let own = Builder::new_current_thread().enable_all().build()?;
    let mut neighbour = Neighbour::new(server.http, &account);
    for _ in 0..WARM_ASKS {
        own.block_on(neighbour.ask())?;
    }
    let (before, peak_before) = (server.resident()?, server.peak()?);
    let mut flooders = JoinSet::new();
    let connections = Arc::new(AtomicU64::new(0));
    for attack in attack.iter().cycle().take(if attack.is_some() { FLOODERS } else { 0 }) {
        flooders.spawn_on(flood(server.http, Arc::clone(attack), Arc::clone(&connections)), runtime.handle());
    }
    let slowest = own.block_on(neighbour.slowest(FLOODED));
    let (after, peak) = (server.resident()?, server.peak()?);
    runtime.block_on(flooders.shutdown());
    let connections = connections.load(Ordering::Relaxed);
    // What was more than that before the flood is not its own.
    let peak = if peak > peak_before { peak } else { after };
    Ok(Seen { connections, before, peak, after, slowest })
}

/// A signed-in player who has nothing to do with it.
struct Neighbour {
    address: SocketAddr,
    request: Vec<u8>,
    line: Option<Requests>,
}

impl Neighbour {
    fn new(address: SocketAddr, account: &Account) -> Self {
        let authorization = format!("authorization: Bearer {}\r\n", account.token);
        Self { address, request: http::get("/invite/check", &authorization), line: None }
    }

    async fn ask(&mut self) -> Result<()> {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => Requests::connect(self.address).await?,
        };
        line.success(&self.request).await?;
        self.line = Some(line);
        Ok(())
    }

    /// Asks for as long, and returns the time of the slowest answer.
    async fn slowest(&mut self, span: Duration) -> Duration {
        let (end, mut slowest) = (Instant::now() + span, Duration::ZERO);
        let mut ticks = interval(ASKS_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < end {
            ticks.tick().await;
            let start = Instant::now();
            let answered = timeout(UNANSWERED, self.ask()).await.is_ok_and(|answer| answer.is_ok());
            slowest = slowest.max(if answered { start.elapsed() } else { UNANSWERED });
        }
        slowest
    }
}

/// What a flooder sends, ready to be written.
enum Attack {
    /// A block of frames, after the WebSocket's handshake.
    Frames(Vec<u8>),
    /// The body of a request, in a session over long polling.
    Bodies(Vec<u8>),
}

impl Attack {
    fn frames(opcode: u8, payload: &[u8]) -> Self {
        Self::Frames(frame(opcode, payload).repeat(BLOCK / (payload.len() + 6)))
    }

    fn bodies() -> Self {
        let mut body = b"40{}\x1E".repeat(BODY / 5);
        // It separates.
        body.pop();
        Self::Bodies(body)
    }

    /// Goes on until the server has enough of it.
    async fn run(&self, address: SocketAddr) -> Result<()> {
        let mut tcp = http::connect_from(STRANGER, address).await?;
        match self {
            Self::Frames(block) => {
                let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                               sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
                tcp.write_all(&http::get("/socket.io/?EIO=4&transport=websocket", upgrade)).await?;
                let (mut reading, mut writing) = tcp.split();
                let mut answers = [0; 4096];
                let read = reading.read(&mut answers).await?;
                ensure!(answers[..read].starts_with(b"HTTP/1.1 101"), "no WebSocket");
                let write = async {
                    loop {
                        writing.write_all(block).await?;
                    }
                };
                // What the server says has to go somewhere.
                let read = async {
                    while reading.read(&mut answers).await? > 0 {}
                    Ok(())
                };
                tokio::select! { ended = write => ended, ended = read => ended }
            }
            Self::Bodies(body) => {
                let mut requests = Requests::over(tcp)?;
                let post = http::post(&requests.open().await?, body);
                loop {
                    requests.success(&post).await?;
                }
            }
        }
    }
}

/// Comes back at once whenever the server ends the connection.
async fn flood(address: SocketAddr, attack: Arc<Attack>, connections: Arc<AtomicU64>) {
    loop {
        connections.fetch_add(1, Ordering::Relaxed);
        let _ended = attack.run(address).await;
        tokio::task::yield_now().await;
    }
}

/// A short frame of a client, under a mask that changes nothing.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    debug_assert!(payload.len() < 126);
    let mut frame = vec![0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_whole_frames() {
        assert_eq!(frame(TEXT, b"2"), [0x81, 0x81, 0, 0, 0, 0, b'2']);
        let Attack::Frames(block) = Attack::frames(TEXT, b"40{}") else { panic!("no frames") };
        assert!(block.len() <= BLOCK && block.len().is_multiple_of(10));
    }

    #[test]
    fn a_body_is_packets_and_what_separates_them() {
        let Attack::Bodies(body) = Attack::bodies() else { panic!("no body") };
        assert_eq!(body.len(), BODY - 1);
        assert!(body.split(|byte| *byte == 0x1E).all(|packet| packet == b"40{}"));
    }
}
