//! What a running match costs over WebSockets: rooms full of players who follow the ball.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::json;
use tokio::{net::TcpStream, task::JoinSet, time::sleep};
use tokio_tungstenite::{
    client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::{
    Options, Server,
    account::{Account, Dialect, Rest},
    table::{Bound, Table},
};

const ROOMS: usize = 250;
const PLAYERS: usize = 2 * ROOMS;
const START_LIMIT: Duration = Duration::from_secs(60);
const WARM_UP: Duration = Duration::from_secs(3);
const MEASURED: Duration = Duration::from_secs(12);
/// States between two moves of a player.
const STATES_PER_MOVE: u32 = 3;

#[derive(Default)]
struct Hall {
    started: AtomicUsize,
    stop: AtomicBool,
    bytes: AtomicU64,
}

pub async fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let server = Server::start(&options.server)?;
    let rest = Rest::new(server.http, Dialect::Rallypoint);
    let hall = Arc::new(Hall::default());
    let mut players = JoinSet::new();
    let mut accounts = rest.accounts(PLAYERS).await?.into_iter();
    while let (Some(host), Some(guest)) = (accounts.next(), accounts.next()) {
        let session = json!({"open": true, "max_players": 2, "options": {"score_to_win": 20}});
        let session = rest.call(Method::POST, "/sessions", Some(&host), &session).await?;
        let code = session["session_code"].as_str().context("no code")?;
        let game = session["game_id"].as_str().context("no game")?.to_owned();
        rest.call(Method::POST, &format!("/sessions/{code}/join"), Some(&guest), &json!({})).await?;
        for account in [host, guest] {
            players.spawn(play(server.http, account, game.clone(), Arc::clone(&hall)));
        }
    }
    let deadline = Instant::now() + START_LIMIT;
    while hall.started.load(Ordering::Relaxed) < PLAYERS {
        if let Some(ended) = players.try_join_next() {
            ended??;
        }
        ensure!(Instant::now() < deadline, "only {} of {PLAYERS} came to play", hall.started.load(Ordering::Relaxed));
        sleep(Duration::from_millis(20)).await;
    }
    sleep(WARM_UP).await;
    let (start, cpu, bytes) = (Instant::now(), server.cpu()?, hall.bytes.load(Ordering::Relaxed));
    sleep(MEASURED).await;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), server.cpu()? - cpu);
    let bytes = hall.bytes.load(Ordering::Relaxed) - bytes;
    hall.stop.store(true, Ordering::Relaxed);
    while let Some(ended) = players.join_next().await {
        ended??;
    }
    let name = format!("Pong over WebSockets, {ROOMS} rooms, two clients each: server CPU per room-second");
    table.add(&name, cpu.as_secs_f64() * 1e3 / ROOMS as f64 / seconds, "ms", 3, Bound::Below(0.8));
    table.add("… bytes of frames per player, down", bytes as f64 / PLAYERS as f64 / seconds, "B/s", 0, Bound::None);
    Ok(())
}

/// Follows the ball until told to stop.
async fn play(address: SocketAddr, account: Account, game: String, hall: Arc<Hall>) -> Result<()> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    let url = format!("ws://{address}/ws/game/{game}/?token={}", account.token);
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let (mut socket, _) = client_async_with_config(url, tcp, Some(config)).await?;
    let (mut ready, mut started, mut states) = (false, false, 0_u32);
    while !hall.stop.load(Ordering::Relaxed) {
        let text = match socket.next().await.context("the server closed the socket")?? {
            Message::Text(text) => text,
            Message::Close(frame) => bail!("the server closed the socket: {frame:?}"),
            _ => continue,
        };
        hall.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
        ensure!(!text.contains("\"finished\""), "a match ended: {text}");
        if !ready && text.contains("\"waiting_for_ready\"") {
            ready = true;
            socket.send(Message::text("{\"type\":\"player_ready\"}")).await?;
        }
        if !started && text.contains("\"state\":\"active\"") {
            started = true;
            hall.started.fetch_add(1, Ordering::Relaxed);
        }
        states += 1;
        if started
            && states.is_multiple_of(STATES_PER_MOVE)
            && let Some(y) = ball_height(&text)
        {
            let wish = format!("{{\"type\":\"player_move\",\"movement\":{{\"y\":{y}}}}}");
            socket.send(Message::text(wish)).await?;
        }
    }
    Ok(())
}

/// The ball's `y` in a state, without reading the rest.
fn ball_height(text: &str) -> Option<&str> {
    let (_, ball) = text.split_once("\"ball\":{")?;
    let (_, y) = ball.split_once("\"y\":")?;
    y.split([',', '}']).next()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_height_is_cut_out() {
        let state =
            r#"{"type":"game_state","ball":{"x":0.5,"y":0.25,"vx":0,"vy":1},"paddles":{"left":0.5,"right":0.5}}"#;
        assert_eq!(super::ball_height(state), Some("0.25"));
        assert_eq!(super::ball_height(r#"{"type":"game_start"}"#), None);
    }
}
