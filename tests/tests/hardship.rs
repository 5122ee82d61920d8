//! What the world does to a server: clients that hang up in mid-request, a disk that is full, a stop while others
//! still play, pages of other origins.

use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::{SinkExt as _, StreamExt as _, future::try_join_all};
use rallypoint_e2e::{Database, PATIENCE, Player, ServerProcess, Settings, TestServer, eventually};
use rallypoint_pong::{
    TICK,
    client::{GameClient, GameNews},
    wire::ServerMessage,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpSocket, TcpStream},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// Sends a request and hangs up before there can be an answer.
async fn post_and_hang_up(player: &Player, path: &str, body: &Value) -> Result<()> {
    let address = player.people.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await?;
    let (body, token) = (body.to_string(), &player.token);
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    Ok(())
}

#[tokio::test]
async fn what_a_client_asked_for_is_done_and_told_although_it_hung_up() -> Result<()> {
    let server = TestServer::start().await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, guests_socket) = server.online("Guest").await?;
    let code = host.host(json!({})).await?;
    for _ in 0..50 {
        post_and_hang_up(&host, "/invite/send", &json!({ "receiver_id": guest.id, "session_code": code })).await?;
        let invite = guests_socket.next("invite:received").await["invite_id"].clone();
        let decline = json!({ "invite_id": invite, "response": "decline" });
        post_and_hang_up(&guest, "/invite/respond", &decline).await?;
        assert_eq!(hosts_socket.next("invite:declined").await["invite_id"], invite);
    }
    Ok(())
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing_and_a_disk_with_room_goes_on() -> Result<()> {
    let database = Database::sqlite()?;
    let server = ServerProcess::start(&database, Settings::default()).await?;
    let host = server.people().guest("Host").await?;
    let before = host.host(json!({ "name": "before" })).await?;
    for _ in 0..3 {
        server.limit_files(Some(1))?;
        for _ in 0..5 {
            host.post("/sessions", json!({})).await?.expect_refusal(503, "UNAVAILABLE")?;
            server.people().post("/auth/guest", json!({})).await?.expect_refusal(503, "UNAVAILABLE")?;
        }
        host.get(&format!("/sessions/{before}")).await?.expect(200)?;
        server.limit_files(None)?;
        let after = host.host(json!({ "name": "after" })).await?;
        host.delete(&format!("/sessions/{after}")).await?.expect(204)?;
        server.people().call(Method::GET, "/ready", None).await?.expect(200)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_stops_begins_nothing_and_finishes_what_has_begun() -> Result<()> {
    let mut server = ServerProcess::start(&Database::sqlite()?, Settings::default()).await?;
    let people = server.people().clone();
    let (host, guest, friend) =
        (people.guest("Host").await?, people.guest("Guest").await?, people.guest("Friend").await?);
    let (hosts_socket, guests_socket, friends_socket) =
        (host.socket().await?, guest.socket().await?, friend.socket().await?);
    let code = host.host(json!({})).await?;
    let invite = host.invite(&guest, code).await?;
    let ticket = guest.respond(invite, "accept").await?.expect(200)?;
    let hosts_ticket = host.post(&format!("/sessions/{code}/connect-token"), json!({})).await?.expect(200)?;
    let pending = guest.host(json!({ "max_players": 2 })).await?;
    let pending = guest.invite(&friend, pending).await?;
    let mut clients = [connect(&ticket)?, connect(&hosts_ticket)?];
    let (mut started, mut told) = ([false; 2], false);
    let mut ticks = tokio::time::interval(TICK);
    let playing = async {
        while !(started == [true; 2] && told) {
            ticks.tick().await;
            for (client, started) in clients.iter_mut().zip(&mut started) {
                client.update(TICK);
                while let Some(news) = client.poll() {
                    match news {
                        GameNews::Message(ServerMessage::Welcome { .. }) => client.ready(),
                        GameNews::Message(ServerMessage::Start { .. }) => *started = true,
                        _ => {}
                    }
                }
            }
            if started == [true; 2] && !told {
                server.terminate()?;
                told = true;
            }
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, playing).await.context("a match that begins")??;

    eventually("a server that drains", async || {
        let ready = people.call(Method::GET, "/ready", None).await.ok()?;
        (ready.code() == "UNAVAILABLE").then_some(())
    })
    .await;
    host.post("/sessions", json!({})).await?.expect_refusal(503, "UNAVAILABLE")?;
    people.post("/auth/guest", json!({})).await?.expect_refusal(503, "UNAVAILABLE")?;
    let wish = json!({ "receiver_id": friend.id, "session_code": code });
    host.post("/invite/send", wish.clone()).await?.expect_refusal(503, "UNAVAILABLE")?;
    assert_eq!(hosts_socket.request("invite:send", wish).await.expect_err("refused")["code"], "UNAVAILABLE");
    let decline = json!({ "invite_id": pending, "response": "decline" });
    friends_socket.request("invite:respond", decline).await.expect("what has begun can be ended");
    assert_eq!(guests_socket.next("invite:declined").await["invite_id"], json!(pending));

    for client in &mut clients {
        client.leave();
        for _ in 0..10 {
            client.update(TICK);
        }
    }
    let status = server.ended().await;
    assert!(status.success(), "{status}:\n{}", server.log());
    Ok(())
}

fn connect(ticket: &Value) -> Result<GameClient> {
    let token = ticket["connect_token"].as_str().context("no token")?;
    GameClient::connect_base64(token).map_err(|error| anyhow::anyhow!("{error}"))
}

#[tokio::test]
async fn pages_of_any_origin_may_call() -> Result<()> {
    let server = TestServer::start().await?;
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
    for path in ["/health", "/auth/me", "/socket.io/?EIO=4&transport=polling"] {
        let url = format!("{}{path}", server.url());
        let answer = http.get(&url).header("origin", "https://game.example").send().await?;
        assert_eq!(
            answer.headers().get("access-control-allow-origin").map(|value| value.as_bytes()),
            Some(&b"*"[..]),
            "{path}"
        );
        let preflight = http
            .request(Method::OPTIONS, &url)
            .header("origin", "https://game.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type")
            .send()
            .await?;
        assert!(preflight.status().is_success(), "{path}: {}", preflight.status());
        assert!(preflight.headers().contains_key("access-control-allow-headers"), "{path}");
    }
    Ok(())
}

/// Connects, signs in, and reads no more from then on.
async fn deaf_socket(player: &Player) -> Result<WebSocketStream<TcpStream>> {
    let address = player.people.url().trim_start_matches("http://");
    let tcp = TcpSocket::new_v4()?;
    // Little fits into it, so that the server soon finds it full.
    tcp.set_recv_buffer_size(4096)?;
    let tcp = tcp.connect(address.parse()?).await?;
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let (mut socket, _) = tokio_tungstenite::client_async(url, tcp).await?;
    sign_in(&mut socket, player).await?;
    Ok(socket)
}

async fn sign_in<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>, player: &Player) -> Result<()> {
    socket.send(Message::text(format!("40{{\"token\":\"{}\"}}", player.token))).await?;
    packet(socket, "40").await.map(drop)
}

/// The next packet that begins like this.
async fn packet<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>, begin: &str) -> Result<String> {
    while let Some(Ok(message)) = socket.next().await {
        if let Ok(text) = message.to_text()
            && text.starts_with(begin)
        {
            return Ok(text.to_owned());
        }
    }
    anyhow::bail!("the end, and no {begin}")
}

#[tokio::test]
async fn a_client_that_stays_although_it_was_sent_away_is_hung_up_on() -> Result<()> {
    let server = TestServer::start().await?;
    let address = server.url().trim_start_matches("http://");
    let path = format!("{address}/socket.io/?EIO=4&transport=");

    // Whoever polls has no connection of its own, whatever it says, and is served no more.
    let player = server.player("Guest").await?;
    let mut shared = BufReader::new(TcpStream::connect(address).await?);
    let open = get(&mut shared, "/socket.io/?EIO=4&transport=polling", "upgrade: websocket\r\n").await?;
    let (http, url) = (reqwest::Client::new(), format!("http://{path}polling&sid={}", transport_id(&open)?));
    let send = async |packet: String| http.post(&url).body(packet).send().await;
    send(format!("40{{\"token\":\"{}\"}}", player.token)).await?.error_for_status()?;
    let polled = async |packet: &str| loop {
        let packets = http.get(&url).send().await?.error_for_status()?.text().await?;
        if packets.split('\u{1e}').any(|other| other.starts_with(packet)) {
            return anyhow::Ok(());
        }
    };
    polled("40").await?;
    player.post("/auth/logout", json!({})).await?.expect(204)?;
    polled("41").await?;

    for from_polling in [false, true] {
        let player = server.player("Guest").await?;
        let mut socket;
        if from_polling {
            let sid = transport_id(&reqwest::get(format!("http://{path}polling")).await?.text().await?)?;
            (socket, _) = tokio_tungstenite::connect_async(format!("ws://{path}websocket&sid={sid}")).await?;
            socket.send(Message::text("2probe")).await?;
            packet(&mut socket, "3probe").await?;
            socket.send(Message::text("5")).await?;
        } else {
            (socket, _) = tokio_tungstenite::connect_async(format!("ws://{path}websocket")).await?;
        }
        sign_in(&mut socket, &player).await?;
        player.post("/auth/logout", json!({})).await?.expect(204)?;
        packet(&mut socket, "41").await?;
        let hung_up = async { while let Some(Ok(_)) = socket.next().await {} };
        tokio::time::timeout(PATIENCE, hung_up).await.context("the connection lives")?;
    }

    // The one that polls was sent away before them.
    assert_eq!(send("3".to_owned()).await?.status(), 400);
    assert_eq!(http.get(&url).send().await?.status(), 400);
    get(&mut shared, "/health", "").await.context("a connection that may carry others' requests")?;
    Ok(())
}

/// The body of an answer with a length, on a connection that stays open.
async fn get(connection: &mut BufReader<TcpStream>, path: &str, headers: &str) -> Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).await?;
    let (mut status, mut length) = (String::new(), 0);
    connection.read_line(&mut status).await?;
    anyhow::ensure!(status.starts_with("HTTP/1.1 200"), "{status:?}");
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    Ok(String::from_utf8(body)?)
}

/// Of an open packet.
fn transport_id(open: &str) -> Result<String> {
    let open: Value = serde_json::from_str(open.trim_start_matches('0'))?;
    Ok(open["sid"].as_str().context("no sid")?.to_owned())
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_holds_nobody_up_and_misses_nothing() -> Result<()> {
    let server = TestServer::start().await?;
    let guest = server.player("Guest").await?;
    let deaf = deaf_socket(&guest).await?;
    // Long invites, from many at once: it takes megabytes until the system's buffers are full.
    let long = json!({ "name": "\u{1F3D3}".repeat(64), "server_ip": "x".repeat(253), "server_port": 1 });
    let flood = async |number: usize| {
        let (host, socket) = server.online(&format!("Host {number}")).await?;
        let wish = json!({ "receiver_id": guest.id, "session_code": host.host(long.clone()).await? });
        loop {
            match socket.request("invite:send", wish.clone()).await {
                Ok(sent) => {
                    let cancel = json!({ "invite_id": sent["invite_id"] });
                    socket.request("invite:cancel", cancel).await.expect("cancelled");
                }
                Err(refused) => return anyhow::Ok(refused["code"].clone()),
            }
        }
    };
    let refused = tokio::time::timeout(PATIENCE, try_join_all((0..8).map(flood))).await;
    let refused = refused.context("a slow client that is dropped")??;
    assert!(refused.iter().all(|code| code == "USER_OFFLINE"), "{refused:?}");
    drop(deaf);
    let host = server.player("Host").await?;
    let code = host.host(json!({})).await?;
    let hearing = guest.socket().await?;
    let invite = host.invite(&guest, code).await?;
    assert_eq!(hearing.next("invite:received").await["invite_id"], json!(invite));
    Ok(())
}
