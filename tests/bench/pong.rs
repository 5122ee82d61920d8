//! What a running match costs: rooms full of bots that play over renet.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rallypoint_pong::{
    TICK,
    bot::Paddle,
    client::{GameClient, GameNews, Traffic},
    rules::Side,
    wire::ServerMessage,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    Options, Server,
    account::{Account, Dialect, Rest},
    table::{Bound, Table},
};

const ROOMS: usize = 250;
const PLAYERS: usize = 2 * ROOMS;
const THREADS: usize = 2;
const START_LIMIT: Duration = Duration::from_secs(60);
const WARM_UP: Duration = Duration::from_secs(3);
const MEASURED: Duration = Duration::from_secs(12);

pub fn measure(options: &Options, runtime: &Runtime, table: &mut Table) -> Result<()> {
    let server = Server::start(&options.server)?;
    let rest = Rest::new(server.http, Dialect::Rallypoint);
    let seats = runtime.block_on(take_seats(&rest))?;
    let shared = Arc::new(Shared::default());
    let hall = thread::scope(|scope| -> Result<_> {
        let threads: Vec<_> = (0..THREADS)
            .map(|index| {
                let mine: Vec<_> = seats.iter().enumerate().filter(|(seat, _)| seat / 2 % THREADS == index).collect();
                let (shared, rest) = (Arc::clone(&shared), &rest);
                scope.spawn(move || {
                    let outcome = play(runtime, rest, &mine, index, &shared);
                    shared.stop.store(true, Ordering::Relaxed);
                    outcome
                })
            })
            .collect();
        let figures = observe(&server, &shared);
        shared.stop.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a player's thread panicked"))??;
        }
        figures
    });
    let (cpu, time, traffic) = hall?;
    let seconds = time.as_secs_f64();
    let per_player = |bytes: u64| bytes as f64 / PLAYERS as f64 / seconds;
    let milliseconds = cpu.as_secs_f64() * 1e3 / ROOMS as f64 / seconds;
    let name = format!("Pong, {ROOMS} rooms, two clients each: server CPU per room-second");
    table.add(&name, milliseconds, "ms", 3, Bound::Below(0.4));
    let bytes = [
        ("… application bytes per player, down", traffic.application_down, 280.0),
        ("… application bytes per player, up", traffic.application_up, 240.0),
        ("… UDP payload per player, down", traffic.udp_down, 2_000.0),
        ("… UDP payload per player, up", traffic.udp_up, 1_500.0),
    ];
    for (name, count, limit) in bytes {
        table.add(name, per_player(count), "B/s", 0, Bound::Below(limit));
    }
    Ok(())
}

/// A player and the room that waits for it.
struct Seat {
    account: Account,
    code: String,
}

#[derive(Default)]
struct Shared {
    started: AtomicUsize,
    stop: AtomicBool,
    traffic: [Mutex<Traffic>; THREADS],
}

impl Shared {
    fn traffic(&self) -> Traffic {
        let mut sum = Traffic::default();
        for part in &self.traffic {
            let part = *part.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            add(&mut sum, part);
        }
        sum
    }
}

fn add(sum: &mut Traffic, part: Traffic) {
    sum.application_up += part.application_up;
    sum.application_down += part.application_down;
    sum.udp_up += part.udp_up;
    sum.udp_down += part.udp_down;
}

/// Two players a session, the neighbours in the list.
async fn take_seats(rest: &Rest) -> Result<Vec<Seat>> {
    let mut seats = Vec::with_capacity(PLAYERS);
    let mut accounts = rest.accounts(PLAYERS).await?.into_iter();
    while let (Some(host), Some(guest)) = (accounts.next(), accounts.next()) {
        // As long a match as there is: none may end while it is measured.
        let session = json!({"open": true, "max_players": 2, "options": {"score_to_win": 20}});
        let code = rest.session(&host, &session).await?;
        rest.call(Method::POST, &format!("/sessions/{code}/join"), Some(&guest), &json!({})).await?;
        seats.push(Seat { account: host, code: code.clone() });
        seats.push(Seat { account: guest, code });
    }
    Ok(seats)
}

/// Waits until all play, then looks at the server for a while.
fn observe(server: &Server, shared: &Shared) -> Result<(Duration, Duration, Traffic)> {
    let deadline = Instant::now() + START_LIMIT;
    while shared.started.load(Ordering::Relaxed) < PLAYERS {
        ensure!(!shared.stop.load(Ordering::Relaxed), "the players gave up");
        let count = shared.started.load(Ordering::Relaxed);
        ensure!(Instant::now() < deadline, "only {count} of {PLAYERS} players came to play");
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(WARM_UP);
    let (start, cpu, before) = (Instant::now(), server.cpu()?, shared.traffic());
    thread::sleep(MEASURED);
    let (time, cpu, after) = (start.elapsed(), server.cpu()? - cpu, shared.traffic());
    ensure!(!shared.stop.load(Ordering::Relaxed), "a match ended too early");
    let traffic = Traffic {
        application_up: after.application_up - before.application_up,
        application_down: after.application_down - before.application_down,
        udp_up: after.udp_up - before.udp_up,
        udp_down: after.udp_down - before.udp_down,
    };
    Ok((cpu, time, traffic))
}

struct Player {
    client: GameClient,
    bot: Option<Paddle>,
    side: Side,
    started: bool,
}

/// Plays all these seats at 60 Hz until told to stop.
fn play(runtime: &Runtime, rest: &Rest, seats: &[(usize, &Seat)], index: usize, shared: &Shared) -> Result<()> {
    let mut players = Vec::with_capacity(seats.len());
    let mut waiting = seats.iter();
    let mut next = Instant::now();
    while !shared.stop.load(Ordering::Relaxed) {
        // One after another: a token is good for seconds only.
        if let Some((number, seat)) = waiting.next() {
            players.push(runtime.block_on(enter(rest, seat, *number as u64))?);
        }
        let mut sum = Traffic::default();
        for player in &mut players {
            player.tick(shared)?;
            add(&mut sum, player.client.traffic());
        }
        *shared.traffic[index].lock().unwrap_or_else(std::sync::PoisonError::into_inner) = sum;
        next += TICK;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

async fn enter(rest: &Rest, seat: &Seat, number: u64) -> Result<Player> {
    let path = format!("/sessions/{}/connect-token", seat.code);
    let access = rest.call(Method::POST, &path, Some(&seat.account), &json!({})).await?;
    let token = access["connect_token"].as_str().with_context(|| format!("no token in {}", without_token(&access)))?;
    let client = GameClient::connect_base64(token).map_err(|error| anyhow::anyhow!("seat {number}: {error}"))?;
    Ok(Player { client, bot: None, side: Side::Left, started: false })
}

fn without_token(access: &Value) -> String {
    access
        .as_object()
        .map_or_else(|| "nothing".to_owned(), |fields| fields.keys().cloned().collect::<Vec<_>>().join(", "))
}

impl Player {
    fn tick(&mut self, shared: &Shared) -> Result<()> {
        self.client.update(TICK);
        while let Some(news) = self.client.poll() {
            match news {
                GameNews::Message(ServerMessage::Welcome { side, tick, .. }) => {
                    self.side = side;
                    self.bot = Some(Paddle::new(side, 1.0, u64::from(tick) + 1));
                }
                GameNews::Message(ServerMessage::Seats(seats)) => {
                    let both = seats.iter().all(|seat| seat.connected);
                    if both && !seats[self.side as usize].ready {
                        self.client.ready();
                    }
                }
                GameNews::Message(ServerMessage::Start { .. }) if !self.started => {
                    self.started = true;
                    shared.started.fetch_add(1, Ordering::Relaxed);
                }
                GameNews::Message(ServerMessage::Finished { outcome, .. }) => bail!("a match ended: {outcome:?}"),
                GameNews::Snapshot(snapshot) => {
                    if let Some(bot) = &mut self.bot {
                        self.client.set_input(bot.play(&snapshot));
                    }
                }
                GameNews::Disconnected { reason } => bail!("a player was disconnected: {reason}"),
                GameNews::Connected | GameNews::Message(_) => {}
            }
        }
        Ok(())
    }
}
