//! The game over WebSockets: browsers among themselves, against native clients, and before an audience.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rallypoint_e2e::{GameSocket, Player, TestServer, tokens};
use rallypoint_pong::{
    TICK,
    bot::Paddle,
    client::{GameClient, GameNews},
    rules::Side,
    wire::ServerMessage,
};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

struct Table {
    server: TestServer,
    host: Player,
    guest: Player,
    code: String,
    game: String,
}

impl Table {
    async fn on(server: TestServer) -> Result<Self> {
        let (host, guest) = (server.player("Host").await?, server.player("Guest").await?);
        let options = json!({ "score_to_win": 3, "game_speed": "fast" });
        let session = host.post("/sessions", json!({ "open": true, "options": options })).await?.expect(201)?;
        let text = |name: &str| session[name].as_str().map(str::to_owned).context("no text");
        let (code, game) = (text("session_code")?, text("game_id")?);
        guest.post(&format!("/sessions/{code}/join"), json!({})).await?.expect(200)?;
        Ok(Self { server, host, guest, code, game })
    }

    async fn new() -> Result<Self> {
        Self::on(TestServer::start().await?).await
    }

    async fn seated(&self) -> Result<[GameSocket; 2]> {
        Ok([GameSocket::join(&self.host, &self.game).await?, GameSocket::join(&self.guest, &self.game).await?])
    }

    /// Both connected, and the match begun.
    async fn started(&self) -> Result<[GameSocket; 2]> {
        let mut both = self.seated().await?;
        for socket in &mut both {
            socket.ready().await?;
        }
        for socket in &mut both {
            socket.next("game_start").await?;
        }
        Ok(both)
    }

    /// How a connection with this query ends.
    async fn refusal(&self, game: &str, query: &str) -> Result<(u16, String)> {
        GameSocket::open(self.server.url(), game, query).await?.closed().await
    }
}

fn closed(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}

#[tokio::test]
async fn two_browsers_play_a_match_to_its_end() -> Result<()> {
    let table = Table::new().await?;
    let [mut host, mut guest] = table.seated().await?;
    let state = guest.state.clone();
    assert_eq!(state["id"], table.game.as_str());
    assert_eq!(state["state"], "waiting_for_ready");
    let player = |id: i64, name: &str, side: &str| json!({ "id": id, "username": name, "score": 0, "side": side, "ready": false, "connected": true });
    let players =
        [player(table.host.id.0, &table.host.name, "left"), player(table.guest.id.0, &table.guest.name, "right")];
    assert_eq!(state["players"], json!(players));
    let rules = json!({ "game_speed": "fast", "score_to_win": 3, "time_limit": null, "cool_mode": false });
    assert_eq!((&state["options"], &state["tick"]), (&rules, &json!(0)));
    assert_eq!(state["paddles"], json!({ "left": 0.5, "right": 0.5 }));

    host.ready().await?;
    assert_eq!(guest.next("player_ready").await?["user_id"], table.host.id.0);
    guest.ready().await?;
    host.next("game_start").await?;
    guest.next("game_start").await?;
    // The guest hides in a corner, the host follows the ball.
    guest.hold(json!({ "direction": "up" })).await?;
    let relayed = host.next("player_move").await?;
    assert_eq!(
        relayed,
        json!({ "type": "player_move", "user_id": table.guest.id.0, "movement": { "direction": "up" } })
    );
    let end = loop {
        let frame = host.next_where("state", |frame| frame["type"] == "game_state").await?;
        if frame["state"] == "finished" {
            break frame;
        }
        host.hold(json!({ "y": frame["ball"]["y"] })).await?;
    };
    assert_eq!((&end["winner_id"], &end["reason"]), (&json!(table.host.id.0), &json!("score")));
    let point = guest.action("point").await?;
    assert_eq!((&point["side"], &point["scores"]["left"]), (&json!("left"), &json!(1)));
    let finished = guest.action("finished").await?;
    assert_eq!((&finished["winner_id"], &finished["scores"]["left"]), (&json!(table.host.id.0), &json!(3)));
    assert_eq!(guest.closed().await?, closed(1000, "OVER"));
    Ok(())
}

#[tokio::test]
async fn a_browser_and_a_native_client_are_opponents() -> Result<()> {
    let table = Table::new().await?;
    let mut browser = GameSocket::join(&table.host, &table.game).await?;
    let path = format!("/sessions/{}/connect-token", table.code);
    let ticket = table.guest.post(&path, json!({})).await?.expect(200)?;
    assert_eq!(ticket["game_id"], table.game.as_str());
    let token = ticket["connect_token"].as_str().context("no token")?;
    let mut native = GameClient::connect_base64(token).map_err(|error| anyhow::anyhow!("{error}"))?;
    browser.ready().await?;
    let natively = async {
        let mut ticks = tokio::time::interval(TICK);
        let mut bot = None;
        loop {
            ticks.tick().await;
            native.update(TICK);
            while let Some(news) = native.poll() {
                match news {
                    GameNews::Message(ServerMessage::Welcome { side, .. }) => {
                        bot = Some(Paddle::new(side, 1.0, 3));
                        native.ready();
                    }
                    GameNews::Snapshot(snapshot) => {
                        if let Some(bot) = &mut bot {
                            native.set_input(bot.play(&snapshot));
                        }
                    }
                    GameNews::Message(ServerMessage::Finished { outcome, .. }) => return outcome,
                    _ => {}
                }
            }
        }
    };
    let in_the_browser = async {
        browser.hold(json!({ "direction": "up" })).await?;
        let moved = browser.next("player_move").await?;
        let end = browser.stage("finished").await?;
        anyhow::Ok((moved, end))
    };
    let (outcome, told) = tokio::join!(natively, in_the_browser);
    let (moved, end) = told?;
    assert_eq!(outcome.winner, Some(Side::Right));
    assert_eq!(moved["user_id"], table.guest.id.0);
    assert_eq!((&end["winner_id"], &end["players"][1]["score"]), (&json!(table.guest.id.0), &json!(3)));
    Ok(())
}

#[tokio::test]
async fn strangers_are_told_why_they_are_sent_away() -> Result<()> {
    let table = Table::new().await?;
    let stranger = table.server.player("Stranger").await?;
    let as_stranger = format!("token={}", stranger.token);
    let nowhere = "00000000-0000-4000-8000-000000000000";
    let cases = [
        (table.game.as_str(), String::new(), "UNAUTHENTICATED"),
        (&table.game, "token=nonsense".to_owned(), "UNAUTHENTICATED"),
        (&table.game, as_stranger.clone(), "FORBIDDEN"),
        (nowhere, as_stranger.clone(), "NOT_FOUND"),
        ("nonsense", as_stranger.clone(), "NOT_FOUND"),
        // Nobody has opened it yet.
        (&table.game, format!("{as_stranger}&spectate=1"), "NOT_FOUND"),
    ];
    for (game, query, code) in cases {
        assert_eq!(table.refusal(game, &query).await?, closed(3001, code), "{game}?{query}");
    }
    let answer = table.host.get(&format!("/ws/game/{}/", table.game)).await?;
    answer.expect_refusal(400, "BAD_REQUEST")?;
    Ok(())
}

#[tokio::test]
async fn a_newer_connection_replaces_the_older_whatever_its_kind() -> Result<()> {
    let table = Table::new().await?;
    let [mut first, mut guest] = table.started().await?;
    let mut second = GameSocket::join(&table.host, &table.game).await?;
    assert_eq!(first.closed().await?, closed(3003, "REPLACED"));
    assert_eq!(second.state["state"], "active");
    let mut third = GameSocket::join(&table.host, &table.game).await?;
    assert_eq!(second.closed().await?, closed(3003, "REPLACED"));

    let ticket = table.host.post(&format!("/sessions/{}/connect-token", table.code), json!({})).await?.expect(200)?;
    let token = ticket["connect_token"].as_str().context("no token")?;
    let mut native = GameClient::connect_base64(token).map_err(|error| anyhow::anyhow!("{error}"))?;
    let living = async {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            native.update(TICK);
            while let Some(news) = native.poll() {
                if matches!(news, GameNews::Disconnected { .. }) {
                    return;
                }
            }
        }
    };
    let replacing = async {
        assert_eq!(third.closed().await?, closed(3003, "REPLACED"));
        GameSocket::join(&table.host, &table.game).await
    };
    let ((), back) = tokio::join!(living, replacing);
    let mut back = back?;
    back.hold(json!({ "direction": "down" })).await?;
    guest.next("player_move").await?;
    assert_eq!(guest.state["state"], "active", "the opponent notices nothing");
    Ok(())
}

#[tokio::test]
async fn who_drops_may_come_back_to_the_same_score_and_forfeits_by_staying_away() -> Result<()> {
    let grace = Duration::from_secs(3);
    let server = TestServer::with_games(|games| games.reconnect_grace = grace).await?;
    let table = Table::on(server).await?;
    let [mut host, mut guest] = table.started().await?;
    guest.hold(json!({ "direction": "up" })).await?;
    host.action("point").await?;
    let before = host.next("game_state").await?;
    drop(guest);
    let paused = host.action("paused").await?;
    assert_eq!((&paused["side"], &paused["user_id"]), (&json!("right"), &json!(table.guest.id.0)));
    let state = host.stage("paused").await?;
    assert_eq!(state["paused_side"], "right");
    assert!(state["resume_by_ms"].as_u64().is_some_and(|ms| ms <= 3_000), "{state}");

    let mut guest = GameSocket::join(&table.guest, &table.game).await?;
    host.action("resumed").await?;
    for state in [guest.stage("active").await?, host.stage("active").await?] {
        let scores = |state: &Value| [0, 1].map(|index| state["players"][index]["score"].clone());
        assert_eq!(scores(&state), scores(&before));
    }
    drop(guest);
    let end = host.stage("finished").await?;
    assert_eq!((&end["winner_id"], &end["reason"]), (&json!(table.host.id.0), &json!("forfeit")));
    Ok(())
}

#[tokio::test]
async fn leaving_is_a_forfeit_at_once() -> Result<()> {
    let table = Table::new().await?;
    let [mut host, mut guest] = table.started().await?;
    host.send(json!({ "type": "player_leave" })).await?;
    for socket in [&mut host, &mut guest] {
        let end = socket.stage("finished").await?;
        assert_eq!((&end["winner_id"], &end["reason"]), (&json!(table.guest.id.0), &json!("forfeit")));
    }
    Ok(())
}

#[tokio::test]
async fn nonsense_is_answered_and_does_no_harm() -> Result<()> {
    let table = Table::new().await?;
    let [mut host, mut guest] = table.seated().await?;
    let nonsense = [
        Message::text("nonsense"),
        Message::text("[]"),
        Message::text("{}"),
        Message::text(json!({ "type": "player_fly" }).to_string()),
        Message::text(json!({ "type": "player_move" }).to_string()),
        Message::text(json!({ "type": "player_move", "movement": {} }).to_string()),
        Message::text(json!({ "type": "player_move", "movement": { "direction": "left" } }).to_string()),
        Message::text(json!({ "type": "player_move", "movement": { "direction": "up", "y": 0.5 } }).to_string()),
        Message::text(json!({ "type": "player_move", "movement": { "y": "high" } }).to_string()),
        Message::text(r#"{"type":"player_move","movement":{"y":1e999}}"#),
        Message::binary(vec![0, 1, 2]),
    ];
    for message in nonsense {
        let shown = format!("{message:?}");
        host.send_raw(message).await?;
        let error = host.next("error").await?;
        assert_eq!(error["code"], "BAD_REQUEST", "{shown}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{shown}");
    }
    host.send(json!({ "type": "game_state" })).await?;
    host.next("game_state").await?;
    host.send_raw(Message::text("x".repeat(64 * 1024 + 1))).await?;
    assert_eq!(host.closed().await?, closed(1009, "PAYLOAD_TOO_LARGE"));
    guest.stage("waiting_for_players").await?;
    Ok(())
}

#[tokio::test]
async fn a_flood_is_told_to_slow_down_and_then_ended() -> Result<()> {
    let server = TestServer::with_games(|games| games.input_rate = (1, 5)).await?;
    let table = Table::on(server).await?;
    let [mut host, mut guest] = table.seated().await?;
    host.flood(&json!({ "type": "player_move", "movement": { "direction": "up" } }), 10).await?;
    for _ in 0..4 {
        let error = host.next("error").await?;
        assert_eq!((&error["code"], &error["retry_after"]), (&json!("RATE_LIMITED"), &json!(1)));
    }
    host.flood(&json!({ "type": "player_ready" }), 20).await?;
    assert_eq!(host.closed().await?, closed(3429, "RATE_LIMITED"));
    guest.stage("waiting_for_players").await?;
    Ok(())
}

#[tokio::test]
async fn spectators_see_everything_and_change_nothing() -> Result<()> {
    let server = TestServer::with_games(|games| (games.spectators, games.input_rate) = (1, (20, 40))).await?;
    let table = Table::on(server).await?;
    let mut both = table.seated().await?;
    let crowd = [table.server.player("Watcher").await?, table.server.player("Late").await?];
    let mut watcher = GameSocket::watch(&crowd[0], &table.game).await?;
    let late = table.refusal(&table.game, &format!("token={}&spectate=1", crowd[1].token)).await?;
    assert_eq!(late, closed(1013, "UNAVAILABLE"), "there is room for one");
    watcher.ready().await?;
    watcher.send(json!({ "type": "player_leave" })).await?;
    watcher.send_raw(Message::text("nonsense")).await?;
    for socket in &mut both {
        socket.ready().await?;
        watcher.next("player_ready").await?;
    }
    watcher.next("game_start").await?;
    let [host, guest] = &mut both;
    guest.hold(json!({ "y": 0.25 })).await?;
    let moved = watcher.next("player_move").await?;
    assert_eq!(moved["user_id"], table.guest.id.0);
    assert!((moved["movement"]["y"].as_f64().context("no y")? - 0.25).abs() < 0.001, "{moved}");
    watcher.flood(&json!({ "type": "player_move", "movement": { "direction": "up" } }), 100).await?;
    assert_eq!(watcher.closed().await?, closed(3429, "RATE_LIMITED"));
    host.stage("active").await?;
    Ok(())
}

#[tokio::test]
async fn who_has_a_netcode_client_may_watch_as_well_and_with_one_connection() -> Result<()> {
    let table = Table::new().await?;
    let watcher = table.server.player("Watcher").await?;
    let path = format!("/game/{}/spectate/", table.game);
    watcher.post(&path, json!({})).await?.expect_refusal(404, "NOT_FOUND")?;
    watcher.post("/game/nonsense/spectate", json!({})).await?.expect_refusal(404, "NOT_FOUND")?;
    let _both = table.started().await?;
    let mut browser = GameSocket::watch(&watcher, &table.game).await?;
    let access = watcher.post(&path, json!({})).await?.expect(200)?;
    assert_eq!(access["game_id"], table.game.as_str());
    let token = access["connect_token"].as_str().context("no token")?;
    let mut native = GameClient::connect_base64(token).map_err(|error| anyhow::anyhow!("{error}"))?;
    let seeing = async {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            native.update(TICK);
            while let Some(news) = native.poll() {
                if matches!(news, GameNews::Snapshot(_)) {
                    return;
                }
            }
        }
    };
    let ((), end) = tokio::join!(seeing, browser.closed());
    assert_eq!(end?, closed(3003, "REPLACED"));
    Ok(())
}

#[tokio::test]
async fn the_game_ends_with_the_login() -> Result<()> {
    let table = Table::new().await?;
    let [mut host, mut guest] = table.started().await?;
    table.guest.post("/auth/logout", json!({})).await?.expect(204)?;
    assert_eq!(guest.closed().await?, closed(3001, "UNAUTHENTICATED"));
    host.action("paused").await?;
    assert_eq!(
        table.refusal(&table.game, &format!("token={}", table.guest.token)).await?,
        closed(3001, "UNAUTHENTICATED")
    );
    Ok(())
}

#[tokio::test]
async fn the_game_outlives_the_token() -> Result<()> {
    let table = Table::new().await?;
    let soon = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs() + 2;
    let short_lived = tokens::altered(&table.host.token, |claims| claims["exp"] = soon.into())?;
    let mut host = GameSocket::join(&table.host.with_token(&short_lived), &table.game).await?;
    rallypoint_e2e::eventually("expiry", async || {
        let refused = table.host.with_token(&short_lived).get("/auth/me").await.ok()?;
        (refused.code() == "TOKEN_EXPIRED").then_some(())
    })
    .await;
    host.send(json!({ "type": "game_state" })).await?;
    host.next("game_state").await?;
    assert_eq!(table.refusal(&table.game, &format!("token={short_lived}")).await?, closed(3001, "TOKEN_EXPIRED"));
    Ok(())
}

#[tokio::test]
async fn who_is_in_a_game_is_online_and_playing() -> Result<()> {
    let table = Table::new().await?;
    let [_host, guest] = table.seated().await?;
    let presence = async |online: bool| {
        rallypoint_e2e::eventually("presence", async || {
            let presence = table.host.get(&format!("/presence?user_ids={}", table.guest.id)).await.ok()?.body;
            (presence[0]["online"] == online && presence[0]["in_game"] == online).then_some(())
        })
        .await;
    };
    presence(true).await;
    drop(guest);
    presence(false).await;
    Ok(())
}

#[tokio::test]
async fn a_stopping_server_closes_the_sockets() -> Result<()> {
    let table = Table::new().await?;
    let [mut host, _guest] = table.started().await?;
    let (stopped, end) = tokio::join!(table.server.stop(), host.closed());
    stopped?;
    assert_eq!(end?, closed(1013, "UNAVAILABLE"));
    Ok(())
}

#[tokio::test]
async fn who_no_longer_answers_has_dropped() -> Result<()> {
    let server = TestServer::with_games(|games| games.connection_timeout = Duration::from_secs(1)).await?;
    let table = Table::on(server).await?;
    let [mut host, mut guest] = table.started().await?;
    guest.freeze().await;
    let paused = host.action("paused").await?;
    assert_eq!(paused["user_id"], table.guest.id.0);
    drop(guest);
    Ok(())
}
