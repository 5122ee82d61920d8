//! Socket.IO as its transports carry it: what a stop, a refusal and the end of a login look like, and clients that vanish.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use rallypoint_e2e::{Database, JsonSocket, Player, ServerProcess, Settings, TestServer, eventually, in_time};
use rallypoint_server::Rate;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// A session by long polling.
struct Polling {
    http: reqwest::Client,
    url: String,
}

impl Polling {
    async fn open(server: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("{server}/socket.io/?EIO=4&transport=polling");
        let open = http.get(&url).send().await?.error_for_status()?.text().await?;
        let open: Value = serde_json::from_str(open.trim_start_matches('0'))?;
        let url = format!("{url}&sid={}", open["sid"].as_str().context("no sid")?);
        Ok(Self { http, url })
    }

    /// Connects to the default namespace, and takes what comes with that.
    async fn sign_in(server: &str, player: &Player) -> Result<Self> {
        let polling = Self::open(server).await?;
        polling.send(&format!("40{{\"token\":\"{}\"}}", player.token)).await?;
        let connected = polling.poll().await?.error_for_status()?.text().await?;
        ensure!(connected.starts_with("40{\"sid\""), "not connected: {connected}");
        Ok(polling)
    }

    async fn send(&self, body: &str) -> Result<()> {
        let answer = self.http.post(&self.url).body(body.to_owned()).send().await?.error_for_status()?;
        ensure!(answer.text().await? == "ok");
        Ok(())
    }

    async fn poll(&self) -> Result<reqwest::Response> {
        Ok(self.http.get(&self.url).send().await?)
    }
}

/// A refusal of HTTP's that a client gets over by itself.
async fn check_passing(answer: reqwest::Response, status: u16, code: &str) -> Result<()> {
    ensure!(answer.status() == status, "{}", answer.status());
    let wait: u64 = answer.headers()["retry-after"].to_str()?.parse()?;
    ensure!((1..=60).contains(&wait), "{wait}");
    let body: Value = answer.json().await?;
    ensure!(body["code"] == code && body["retry_after"] == wait, "{body}");
    Ok(())
}

type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A WebSocket that has sent this packet.
async fn websocket(server: &str, first: &str) -> Result<WebSocket> {
    let address = server.replacen("http", "ws", 1);
    let (mut socket, _) = connect_async(format!("{address}/socket.io/?EIO=4&transport=websocket")).await?;
    let open = socket.next().await.context("no open packet")??;
    ensure!(open.to_text()?.starts_with("0{"), "{open}");
    socket.send(Message::text(first)).await?;
    Ok(socket)
}

/// The texts that come until the server closes, and the close frame's code and reason.
async fn until_closed(socket: &mut WebSocket) -> Result<(Vec<String>, u16, String)> {
    let mut texts = Vec::new();
    in_time("end of a WebSocket", async {
        loop {
            match socket.next().await.context("the end without a close frame")?? {
                Message::Text(text) => texts.push(text.as_str().to_owned()),
                Message::Close(Some(frame)) => return Ok((texts, frame.code.into(), frame.reason.to_string())),
                other => anyhow::bail!("{other:?}"),
            }
        }
    })
    .await
}

#[tokio::test]
async fn planned_stop_lets_stock_clients_come_back() -> Result<()> {
    let mut server = ServerProcess::start(&Database::sqlite()?, Settings::default()).await?;
    let player = server.people().guest("Guest").await?;
    let polling = Polling::sign_in(server.url(), &player).await?;
    let unknown = Polling::open(server.url()).await?;
    let mut socket = websocket(server.url(), &format!("40{{\"token\":\"{}\"}}", player.token)).await?;
    let connected = socket.next().await.context("no answer")??;
    ensure!(connected.to_text()?.starts_with("40{"), "{connected}");
    let (polling, unknown) = (Arc::new(polling), Arc::new(unknown));
    let waiting = [&polling, &unknown].map(|polling| {
        let polling = Arc::clone(polling);
        tokio::spawn(async move { polling.poll().await })
    });
    // By the time that these have been answered the polls wait.
    polling.send("3").await?;
    unknown.send("3").await?;
    server.terminate()?;
    for poll in waiting {
        check_passing(poll.await??, 503, "UNAVAILABLE").await?;
    }
    // Until the listener is gone the next one is told the same.
    if let Ok(again) = polling.poll().await {
        check_passing(again, 503, "UNAVAILABLE").await?;
    }
    let (texts, code, reason) = until_closed(&mut socket).await?;
    ensure!((code, reason.as_str()) == (1012, "UNAVAILABLE"), "{code} {reason}");
    ensure!(
        matches!(&texts[..], [error] if error.starts_with("42[\"error\",") && error.contains("UNAVAILABLE")),
        "{texts:?}"
    );
    ensure!(server.ended().await.success());
    Ok(())
}

#[tokio::test]
async fn refusal_that_passes_ends_the_transport() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.rest = Rate { per_second: 0.1, burst: 1 }).await?;
    let player = server.player("Busy").await?;
    player.get("/auth/me").await?.expect(200)?;
    let connect = format!("40{{\"token\":\"{}\"}}", player.token);
    let mut socket = websocket(server.url(), &connect).await?;
    let (texts, code, reason) = until_closed(&mut socket).await?;
    ensure!((texts.len(), code, reason.as_str()) == (0, 3429, "RATE_LIMITED"), "{texts:?} {code} {reason}");
    let polling = Polling::open(server.url()).await?;
    polling.send(&connect).await?;
    check_passing(polling.poll().await?, 429, "RATE_LIMITED").await
}

#[tokio::test]
async fn refusal_for_good_has_data_and_ends_the_transport() -> Result<()> {
    let server = TestServer::start().await?;
    let expected = |text: &str| {
        let error: Value = serde_json::from_str(text.strip_prefix("44").context("no refusal")?)?;
        let message = error["data"]["message"].as_str().context("no message")?;
        ensure!(error["message"] == format!("UNAUTHENTICATED: {message}"), "{error}");
        ensure!(error["data"]["code"] == "UNAUTHENTICATED", "{error}");
        anyhow::Ok(())
    };
    for auth in ["", "{}", "{\"token\":\"nonsense\"}", "{\"token\":7}"] {
        let mut socket = websocket(server.url(), &format!("40{auth}")).await?;
        let (texts, code, _) = until_closed(&mut socket).await?;
        ensure!(texts.len() == 1 && code == 1000, "{texts:?} {code}");
        expected(&texts[0])?;
        let polling = Polling::open(server.url()).await?;
        polling.send(&format!("40{auth}")).await?;
        expected(&polling.poll().await?.error_for_status()?.text().await?)?;
        ensure!(polling.poll().await?.status() == 400, "its session ends when the refusal has been fetched");
    }
    Ok(())
}

#[tokio::test]
async fn socket_ends_with_its_login_and_not_before() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        (limits.access_token_seconds, limits.refresh_token_seconds) = (1, 3);
    })
    .await?;
    let (kept, left) = (server.online("Kept").await?, server.online("Left").await?);
    let refreshed = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let body = json!({ "refresh_token": kept.0.refresh_token });
        server.people().post("/auth/refresh", body).await?.expect(200)
    };
    let (refreshed, error) = tokio::join!(refreshed, left.1.next("error"));
    refreshed?;
    assert_eq!(error["code"], "UNAUTHENTICATED");
    left.1.closed().await;
    kept.1.fence().await;
    assert!(!kept.1.is_closed(), "its login goes on");
    assert_eq!(kept.1.next("error").await["code"], "UNAUTHENTICATED", "until the new token has expired as well");
    Ok(())
}

#[tokio::test]
async fn polling_client_that_vanishes_is_offline_at_once() -> Result<()> {
    let server = TestServer::start().await?;
    let (watcher, guest) = (server.player("Watcher").await?, server.player("Guest").await?);
    let path = format!("/presence?user_ids={}", guest.id);
    let online = async || watcher.get(&path).await.ok()?.body[0]["online"].as_bool();
    for half in [false, true] {
        let polling = Polling::sign_in(server.url(), &guest).await?;
        assert_eq!(online().await, Some(true));
        let address = server.url().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await?;
        let target = polling.url.trim_start_matches(server.url());
        stream.write_all(format!("GET {target} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await?;
        // That the poll waits shows in that another one ends both.
        polling.send("3").await?;
        if half {
            stream.shutdown().await?;
        } else {
            drop(stream);
        }
        let left = eventually("guest offline", async || online().await.filter(|online| !online));
        tokio::time::timeout(Duration::from_secs(5), left).await.context("it was missed by a ping at last")?;
    }
    Ok(())
}

#[tokio::test]
async fn token_may_be_escaped_in_every_address() -> Result<()> {
    let server = TestServer::start().await?;
    let player = server.player("Guest").await?;
    let escaped: String = player.token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for key in ["token", "%74oken"] {
        let query = format!("&{key}={escaped}");
        rallypoint_e2e::Socket::connect(server.url(), None, &query)
            .await?
            .map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
        let mut invitations = JsonSocket::open(server.url(), &format!("/ws/invitations/?{key}={escaped}")).await?;
        invitations.send(json!({ "type": "nonsense" })).await?;
        invitations.next("game_invitation_error").await.context("it is signed in")?;
    }
    Ok(())
}

#[tokio::test]
async fn events_behind_connect_are_answered_in_order() -> Result<()> {
    let server = TestServer::start().await?;
    let player = server.player("Hasty").await?;
    let connect = format!("40{{\"token\":\"{}\"}}", player.token);
    let cancel =
        |ack: u32| format!("42{ack}[\"invite:cancel\",{{\"invite_id\":999,\"padding\":\"{}\"}}]", "x".repeat(100));
    let expected =
        |text: &str, ack: u32| text.starts_with(&format!("43{ack}[")) && text.contains("INVITATION_NOT_FOUND");
    let mut socket = websocket(server.url(), &connect).await?;
    for ack in 0..20 {
        socket.send(Message::text(cancel(ack))).await?;
    }
    let mut texts = Vec::new();
    while texts.len() < 41 {
        texts.push(in_time("an answer", socket.next()).await.context("the end")??.to_text()?.to_owned());
    }
    ensure!(texts[0].starts_with("40{"), "{}", texts[0]);
    let acks: Vec<_> = texts.iter().filter(|text| text.starts_with("43")).collect();
    ensure!(acks.iter().zip(0..).all(|(text, ack)| expected(text, ack)), "{acks:?}");

    let polling = Polling::open(server.url()).await?;
    polling.send(&format!("{connect}\u{1e}{}", cancel(7))).await?;
    let mut all = String::new();
    while !all.contains("437[") {
        all.push_str(&polling.poll().await?.error_for_status()?.text().await?);
    }
    ensure!(all.starts_with("40{") && all.contains("INVITATION_NOT_FOUND"), "{all}");
    Ok(())
}

#[tokio::test]
async fn event_names_are_json() -> Result<()> {
    let server = TestServer::start().await?;
    let (_, socket) = server.online("Guest").await?;
    for name in ["invite:c\\u0061ncel", "\\u0069nvite:cancel", "invite\\u003acancel"] {
        socket.send_frame(&format!("42[\"{name}\",{{\"invite_id\":999}}]"));
        let error = socket.answer_to("invite:cancel").await.expect_err("no such invite");
        assert_eq!(error["code"], "INVITATION_NOT_FOUND", "{name}");
    }
    for frame in ["42[\"it\\u0027s\",{}]", "42[\"gr\\u00fc\\u00dfe\",{}]", "42[7,{}]", "42[null]", "42[{\"a\":1},2]"] {
        socket.send_frame(frame);
        assert_eq!(socket.next("error").await["code"], "BAD_REQUEST", "{frame}");
    }
    socket.fence().await;
    assert!(!socket.is_closed());
    Ok(())
}
