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
