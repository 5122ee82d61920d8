//! What friends cost: challenges, the news of who is there, and a crash of many at once.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use rallypoint_server::store::{Db, Value as Argument};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{net::TcpStream, task::JoinSet, time::sleep};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, Utf8Bytes, protocol::WebSocketConfig},
};

use crate::{
    Options, Server,
    account::{Account, Dialect, Rest},
    socket::Socket,
    table::{Bound, Table},
};

const PAIRS: usize = 50;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(8);
const PEOPLE: usize = 5_000;
/// On each side of everybody's place in a ring.
const FRIENDS_EACH_WAY: usize = 25;
const CHANGES: usize = 200;
const CRASHED: usize = 1_000;
const WATCHERS: usize = 20;
const LIMIT: Duration = Duration::from_secs(30);

pub async fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let server = Server::start(&options.server)?;
    let (micros, per_second) = challenges(&server).await?;
    table.add(&format!("challenge cycle, {PAIRS} pairs: server CPU per cycle"), micros, "µs", 1, Bound::None);
    table.add("… cycles per second", per_second, "/s", 0, Bound::None);
    drop(server);

    let server = Server::start(&options.server)?;
    let rest = Rest::new(server.http, Dialect::Rallypoint);
    let people = ring_of_friends(&server, &rest).await?;
    let connect = |account: &Account| {
        let token = account.token.clone();
        async move { Socket::connect(server.http, &token).await }
    };
    let sockets: Vec<Socket> = stream::iter(&people).map(connect).buffered(32).try_collect().await?;
    // What everybody was told while they came is out of the way.
    sleep(WARM_UP).await;
    let mut crowd = Crowd::new(sockets);
    let times = changes(&rest, &people, &mut crowd).await?;
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let name =
        format!("presence change to a friend's event, {PEOPLE} online with {} friends each: p50", 2 * FRIENDS_EACH_WAY);
    table.add(&name, at(0.50), "ms", 2, Bound::None);
    table.add("… p99", at(0.99), "ms", 2, Bound::Below(50.0));

    let (time, cpu) = crash(&server, &people, crowd).await?;
    table.add(
        &format!("{CRASHED} clients crash at once: all offline for their friends after"),
        time.as_secs_f64(),
        "s",
        2,
        Bound::Below(2.0),
    );
    table.add("… server CPU for it", cpu.as_secs_f64() * 1e3, "ms", 0, Bound::Below(500.0));
    Ok(())
}

/// A connection to `/ws/invitations/`.
struct Line(WebSocketStream<TcpStream>);

impl Line {
    async fn connect(address: SocketAddr, token: &str) -> Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let url = format!("ws://{address}/ws/invitations/?token={token}");
        let config = WebSocketConfig::default().read_buffer_size(4096);
        let (stream, _) = client_async_with_config(url, tcp, Some(config)).await?;
        Ok(Self(stream))
    }

    async fn send(&mut self, frame: &str) -> Result<()> {
        Ok(self.0.send(Message::text(frame.to_owned())).await?)
    }

    async fn expect(&mut self, kind: &str) -> Result<Utf8Bytes> {
        loop {
            match self.0.next().await.context("the server closed the socket")?? {
                Message::Text(text) if text.contains(kind) => return Ok(text),
                Message::Text(text) if text.contains("_error") => bail!("waiting for {kind}: {text}"),
                Message::Close(frame) => bail!("the server closed the socket: {frame:?}"),
                _ => {}
            }
        }
    }
}

/// Sent, received, declined, notified: microseconds of CPU each, and how many a second.
async fn challenges(server: &Server) -> Result<(f64, f64)> {
    let rest = Rest::new(server.http, Dialect::Rallypoint);
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut tasks = JoinSet::new();
    for pair in rest.accounts(2 * PAIRS).await?.chunks_exact(2) {
        let asked =
            rest.call(Method::POST, "/friends/requests", Some(&pair[0]), &json!({"user_id": pair[1].id})).await?;
        let friendship = asked["friendship_id"].as_str().context("no friendship")?.to_owned();
        rest.call(Method::POST, &format!("/friends/{friendship}/accept"), Some(&pair[1]), &json!({})).await?;
        let mut sender = Line::connect(server.http, &pair[0].token).await?;
        let mut receiver = Line::connect(server.http, &pair[1].token).await?;
        // A socket is open a moment before its user is there.
        let presence = format!("/presence?user_ids={}", pair[1].id);
        while rest.call(Method::GET, &presence, Some(&pair[0]), &json!({})).await?[0]["online"] != true {
            sleep(Duration::from_millis(5)).await;
        }
        let challenge = json!({"type": "game_invitation", "friendship_id": friendship, "map": "arena"}).to_string();
        let answer =
            json!({"type": "game_invitation_response", "friendship_id": friendship, "accepted": false}).to_string();
        let (done, stop) = (Arc::clone(&done), Arc::clone(&stop));
        tasks.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                sender.send(&challenge).await?;
                receiver.expect("game_invitation_received").await?;
                receiver.send(&answer).await?;
                sender.expect("game_invitation_declined").await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    sleep(WARM_UP).await;
    let (start, cpu_before, done_before) = (Instant::now(), server.cpu()?, done.load(Ordering::Relaxed));
    sleep(MEASURED).await;
    let (time, cpu) = (start.elapsed(), server.cpu()? - cpu_before);
    let count = (done.load(Ordering::Relaxed) - done_before) as f64;
    stop.store(true, Ordering::Relaxed);
    while let Some(outcome) = tasks.join_next().await {
        outcome??;
    }
    Ok((cpu.as_secs_f64() * 1e6 / count, count / time.as_secs_f64()))
}

/// Everybody is friends with those next to them. Written to the database at once: one by one it would take minutes.
async fn ring_of_friends(server: &Server, rest: &Rest) -> Result<Vec<Account>> {
    let mut people = rest.accounts(PEOPLE).await?;
    people.sort_by_key(|account| account.id);
    let db = Db::open(&server.database()).await?;
    let pairs: Vec<Value> = (0..PEOPLE)
        .flat_map(|one| (1..=FRIENDS_EACH_WAY).map(move |next| (one, (one + next) % PEOPLE)))
        .map(|(one, other)| {
            let (one, other) = (people[one].id, people[other].id);
            json!({"l": one.min(other), "h": one.max(other)})
        })
        .collect();
    for some in pairs.chunks(5_000) {
        let rows = Argument::from(Value::from(some).to_string());
        db.write(
            "INSERT INTO friendships (low_id, high_id, requester_id, created_at, accepted_at) \
             SELECT CAST(j.value ->> 'l' AS BIGINT), CAST(j.value ->> 'h' AS BIGINT), \
             CAST(j.value ->> 'l' AS BIGINT), 1, 1 FROM json_each($1) AS j WHERE 1 = 1",
            vec![rows],
        )
        .await?;
    }
    db.close().await;
    Ok(people)
}

/// Everybody's sockets. Those who are not listened to are read all the same.
struct Crowd {
    listeners: Vec<(usize, Socket)>,
    others: Vec<(usize, tokio::task::JoinHandle<()>)>,
}

impl Crowd {
    fn new(sockets: Vec<Socket>) -> Self {
        let mut crowd = Self { listeners: Vec::new(), others: Vec::new() };
        for (index, socket) in sockets.into_iter().enumerate() {
            if (CRASHED..CRASHED + WATCHERS).contains(&index) || index % (PEOPLE / CHANGES) == 13 {
                crowd.listeners.push((index, socket));
            } else {
                crowd.others.push((index, tokio::spawn(socket.idle())));
            }
        }
        crowd
    }
}

/// From a friend's change of status to the event, shortest first.
async fn changes(rest: &Rest, people: &[Account], crowd: &mut Crowd) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(CHANGES);
    for (round, (index, socket)) in crowd.listeners.iter_mut().enumerate() {
        let friend = &people[(*index + 3) % PEOPLE];
        let status = format!("change {round}.");
        let start = Instant::now();
        let wish = json!({"status": status});
        let asked = rest.call(Method::PUT, "/presence", Some(friend), &wish);
        let heard = async {
            while !socket.expect("presence:changed").await?.contains(&status) {}
            anyhow::Ok(start.elapsed())
        };
        let (asked, heard) = tokio::time::timeout(LIMIT, async { tokio::join!(asked, heard) }).await?;
        asked?;
        times.push(heard?);
    }
    times.sort_unstable();
    Ok(times)
}

/// How long until friends know of everybody who has crashed, and what that costs.
async fn crash(server: &Server, people: &[Account], crowd: Crowd) -> Result<(Duration, Duration)> {
    let gone: HashSet<i64> = people[..CRASHED].iter().map(|account| account.id).collect();
    let (before, start) = (server.cpu()?, Instant::now());
    for (_, socket) in crowd.others.iter().filter(|(index, _)| *index < CRASHED) {
        socket.abort();
    }
    let (crashed, listeners): (Vec<_>, Vec<_>) = crowd.listeners.into_iter().partition(|(index, _)| *index < CRASHED);
    drop(crashed);
    let mut watching = JoinSet::new();
    for (index, mut socket) in listeners {
        let near = |other: usize| (index + PEOPLE - other) % PEOPLE <= FRIENDS_EACH_WAY;
        let mut expected: HashSet<i64> = (0..CRASHED)
            .filter(|other| near(*other))
            .map(|other| people[other].id)
            .filter(|id| gone.contains(id))
            .collect();
        watching.spawn(async move {
            while !expected.is_empty() {
                let frame = socket.expect("presence:changed").await?;
                let (_, payload) = frame.split_once(',').context("no payload")?;
                let presence: Value = serde_json::from_str(payload.trim_end_matches(']'))?;
                if presence["online"] == false {
                    expected.remove(&presence["user_id"].as_i64().unwrap_or_default());
                }
            }
            let told = start.elapsed();
            tokio::spawn(socket.idle());
            anyhow::Ok(told)
        });
    }
    let mut longest = Duration::ZERO;
    while let Some(told) = tokio::time::timeout(LIMIT, watching.join_next()).await? {
        longest = longest.max(told??);
    }
    ensure!(longest > Duration::ZERO, "nobody was told");
    sleep(WARM_UP).await;
    Ok((longest, server.cpu()? - before))
}
