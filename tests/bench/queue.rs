//! What matchmaking costs: one look at a long queue, and a rush of players.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use rallypoint_protocol::{
    TicketId, Timestamp, UserId,
    session::{GameOptions, GameSpeed},
};
use rallypoint_server::pairing::{Blocks, Waiting, Window, pair};
use tokio::task::JoinSet;

use crate::{
    Options, Server,
    account::{Account, Dialect, Rest},
    socket::Socket,
    table::{Bound, Table},
};

const TICKETS: i64 = 10_000;
const PLAYERS: usize = 5_000;
const RUSH: Duration = Duration::from_secs(1);
const PASSES: usize = 15;

pub async fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let (all, none) = (passes(1500, 40), passes(100_000_000, 0));
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    table.add(&format!("pairing pass, {TICKETS} tickets, most of which fit"), millis(all), "ms", 2, Bound::Below(20.0));
    table.add("… none of which fit", millis(none), "ms", 2, Bound::Below(20.0));
    let (last, cpu) = rush(options).await?;
    table.add(
        &format!("{PLAYERS} players join within 1 s: last match:found after the last join"),
        last.as_secs_f64(),
        "s",
        3,
        Bound::Below(1.0),
    );
    table.add("… server CPU per player", cpu.as_secs_f64() * 1e6 / PLAYERS as f64, "µs", 0, Bound::None);
    Ok(())
}

/// The median of several passes over a queue whose ratings lie `apart` points apart at most and that has waited for up
/// to so many seconds.
fn passes(apart: i64, waited_seconds: i64) -> Duration {
    let now = Timestamp(1_000_000_000);
    let speeds = [None, Some(GameSpeed::Slow), Some(GameSpeed::Fast)];
    // Numbers without a pattern, the same each time.
    let draw = |number: i64, below: i64| number.wrapping_mul(0x5DEE_CE66_D1CE_4E5B).rotate_left(17).rem_euclid(below);
    let queue: Vec<_> = (0..TICKETS)
        .map(|number| Waiting {
            ticket: TicketId(number),
            players: vec![UserId(number)],
            joined_at: Timestamp(now.0 - draw(number, waited_seconds * 1000 + 1)),
            rating: i32::try_from(draw(number + TICKETS, apart.max(TICKETS * 1000))).unwrap_or(0)
                % i32::try_from(apart).unwrap_or(i32::MAX),
            options: GameOptions {
                game_speed: speeds[number as usize % 3],
                cool_mode: (number % 7 == 0).then_some(true),
                ..GameOptions::default()
            },
        })
        .collect();
    let window = Window { start: 150, per_second: 25, open_after: 30 };
    let mut times: Vec<_> = (0..PASSES)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(pair(&queue, &Blocks::default(), &window, now));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[PASSES / 2]
}

async fn rush(options: &Options) -> Result<(Duration, Duration)> {
    let server = Server::start(&options.server)?;
    let rest = Rest::new(server.http, Dialect::Rallypoint);
    let accounts = rest.accounts(PLAYERS).await?;
    let connect = |account: Account| async move { Socket::connect(server.http, &account.token).await };
    let sockets: Vec<Socket> = stream::iter(accounts).map(connect).buffer_unordered(32).try_collect().await?;
    let cpu = server.cpu()?;
    let start = tokio::time::Instant::now() + Duration::from_millis(200);
    let mut tasks = JoinSet::new();
    for (number, mut socket) in sockets.into_iter().enumerate() {
        tasks.spawn(async move {
            tokio::time::sleep_until(start + RUSH * number as u32 / PLAYERS as u32).await;
            let joined = Instant::now();
            socket.emit("match:join", "{}").await?;
            socket.expect("match:found").await?;
            anyhow::Ok((joined, Instant::now()))
        });
    }
    let (mut last_join, mut last_found) = (None, None);
    while let Some(outcome) = tasks.join_next().await {
        let (joined, found) = outcome??;
        last_join = last_join.max(Some(joined));
        last_found = last_found.max(Some(found));
    }
    let (joined, found) = last_join.zip(last_found).context("nobody joined")?;
    Ok((found.saturating_duration_since(joined), server.cpu()? - cpu))
}
