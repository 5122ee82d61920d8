//! Sessions: codes, seats, hosts, and their end.

use anyhow::Result;
use rallypoint_e2e::{Database, TestServer};
use rallypoint_protocol::SessionCode;
use serde_json::{Value, json};

/// A session that somebody's own game server hosts, with seats to spare.
fn roomy() -> Value {
    json!({ "server_ip": "game.example.net", "server_port": 4000, "max_players": 4 })
}

#[tokio::test]
async fn a_session_is_described_by_what_its_host_wished() -> Result<()> {
    let server = TestServer::start().await?;
    let host = server.player("Host").await?;
    let plain = host.post("/sessions", json!({})).await?.expect(201)?;
    let code = plain["session_code"].as_str().expect("a code");
    assert!(code.len() == 6 && code.chars().all(|letter| SessionCode::ALPHABET.contains(letter)), "{code}");
    assert_eq!(plain["name"], "Host's session");
    assert_eq!(plain["host_id"], json!(host.id));
    assert_eq!(plain["max_players"], 2);
    assert_eq!(plain["players"], json!([{ "user_id": host.id, "name": host.name }]));
    assert_eq!((&plain["open"], &plain["active"]), (&json!(false), &json!(true)));
    assert!(plain["game_id"].is_string() && plain["server_ip"].is_string() && plain["server_port"].is_u64());
    assert_eq!(host.get(&format!("/sessions/{}", code.to_lowercase())).await?.expect(200)?, plain);

    let mut wish = roomy();
    wish["name"] = "  Friday night  ".into();
    wish["options"] = json!({ "score_to_win": 3, "game_speed": "fast", "time_limit": 5 });
    wish["open"] = true.into();
    let own = host.post("/sessions/", wish).await?.expect(201)?;
    assert_eq!(own["name"], "Friday night");
    assert_eq!((&own["server_ip"], &own["server_port"]), (&json!("game.example.net"), &json!(4000)));
    assert_eq!(own.get("game_id"), None, "a game elsewhere has no game here");
    assert_eq!(own["options"], json!({ "score_to_win": 3, "game_speed": "fast", "time_limit": 5 }));
    Ok(())
}

#[tokio::test]
async fn wishes_out_of_range_are_refused_with_what_is_wrong() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let host = server.player("Host").await?;
        let bad = [
            json!({ "max_players": 1 }),
            json!({ "max_players": 3 }),
            json!({ "max_players": 65, "server_ip": "a", "server_port": 1 }),
            json!({ "max_players": -2 }),
            json!({ "server_ip": "203.0.113.5" }),
            json!({ "server_port": 4000 }),
            json!({ "server_ip": "203.0.113.5", "server_port": 0 }),
            json!({ "server_ip": "203.0.113.5", "server_port": 65536 }),
            json!({ "server_ip": "", "server_port": 1 }),
            json!({ "server_ip": "a\0b", "server_port": 1 }),
            json!({ "server_ip": "a b", "server_port": 1 }),
            json!({ "name": "" }),
            json!({ "name": "x".repeat(65) }),
            json!({ "name": "a\nb" }),
            json!({ "name": 7 }),
            json!({ "options": 7 }),
            json!({ "options": { "game_speed": "warp" } }),
        ];
        for wish in bad {
            let answer = host.post("/sessions", wish.clone()).await?;
            answer.expect_refusal(400, "BAD_REQUEST").map_err(|error| error.context(wish.to_string()))?;
        }
        for (option, value) in [("score_to_win", 2), ("score_to_win", 21), ("time_limit", 0), ("time_limit", 6)] {
            let wish = json!({ "options": { option: value } });
            let refused = host.post("/sessions", wish).await?.expect_refusal(400, "INVALID_OPTIONS")?;
            assert_eq!(refused["details"]["option"], option);
        }
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_invited_may_join_and_everybody_when_it_is_open() -> Result<()> {
    let server = TestServer::start().await?;
    let host = server.player("Host").await?;
    let (guest, _guests_socket) = server.online("Guest").await?;
    let stranger = server.player("Stranger").await?;
    let code = host.host(roomy()).await?;
    let join = format!("/sessions/{code}/join");
    guest.post(&join, json!({})).await?.expect_refusal(403, "FORBIDDEN")?;
    let declined = host.invite(&guest, code).await?;
    guest.respond(declined, "decline").await?.expect(200)?;
    guest.post(&join, json!({})).await?.expect_refusal(403, "FORBIDDEN")?;
    host.invite(&guest, code).await?;
    let session = guest.post(&join, json!({})).await?.expect(200)?;
    assert_eq!(session["players"].as_array().map(Vec::len), Some(2));
    let again = guest.post(&join, json!({})).await?.expect(200)?;
    assert_eq!(again["players"], session["players"], "who is in stays in, once");
    stranger.post(&join, json!({})).await?.expect_refusal(403, "FORBIDDEN")?;

    let open = host.host(json!({ "open": true })).await?;
    stranger.post(&format!("/sessions/{open}/join"), json!({})).await?.expect(200)?;
    guest.post(&format!("/sessions/{open}/join"), json!({})).await?.expect_refusal(409, "SESSION_FULL")?;
    guest.post("/sessions/222222/join", json!({})).await?.expect_refusal(404, "SESSION_NOT_FOUND")?;
    Ok(())
}

#[tokio::test]
async fn a_seat_is_given_to_one_of_many_who_join_at_once() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let host = server.player("Host").await?;
        let code = host.host(json!({ "open": true, "max_players": 4, "server_ip": "a", "server_port": 1 })).await?;
        let mut rivals = Vec::new();
        for number in 0..10 {
            rivals.push(server.player(&format!("Rival {number}")).await?);
        }
        let path = format!("/sessions/{code}/join");
        // Everybody asks twice, as an impatient client would.
        let asked = rivals.iter().chain(&rivals).map(|rival| rival.post(&path, json!({})));
        for answer in futures_util::future::join_all(asked).await {
            let answer = answer?;
            assert!(answer.status == 200 || answer.code() == "SESSION_FULL", "{answer:?}");
        }
        let mut players = host.players_of(code).await?;
        assert_eq!(players.len(), 4);
        players.sort();
        players.dedup();
        assert_eq!(players.len(), 4);
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_longest_present_player_becomes_host_and_the_last_one_out_closes() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let (host, _) = server.online("Host").await?;
        let (second, seconds_socket) = server.online("Second").await?;
        let (third, thirds_socket) = server.online("Third").await?;
        let mut wish = roomy();
        wish["open"] = true.into();
        let code = host.host(wish).await?;
        let (join, leave) = (format!("/sessions/{code}/join"), format!("/sessions/{code}/leave"));
        second.post(&join, json!({})).await?.expect(200)?;
        third.post(&join, json!({})).await?.expect(200)?;
        host.post(&leave, json!({})).await?.expect(204)?;

        let told = thirds_socket.next_where("session:updated", |told| told["session"]["host_id"] == json!(second.id));
        let session = told.await["session"].clone();
        let ids: Vec<_> =
            session["players"].as_array().expect("players").iter().map(|one| one["user_id"].clone()).collect();
        assert_eq!(ids, [json!(second.id), json!(third.id)]);
        host.post(&leave, json!({})).await?.expect_refusal(403, "FORBIDDEN")?;
        let wish = json!({ "receiver_id": third.id, "session_code": code });
        host.post("/invite/send", wish.clone()).await?.expect_refusal(403, "NOT_HOST")?;
        second.post("/invite/send", wish).await?.expect(201)?;
        host.post(&join, json!({})).await?.expect(200)?;
        second.post(&leave, json!({})).await?.expect(204)?;
        let now = third.get(&format!("/sessions/{code}")).await?.expect(200)?;
        assert_eq!(now["host_id"], json!(third.id), "who came back went to the end of the line");

        third.post(&leave, json!({})).await?.expect(204)?;
        host.post(&leave, json!({})).await?.expect(204)?;
        host.get(&format!("/sessions/{code}")).await?.expect_refusal(404, "SESSION_NOT_FOUND")?;
        host.post(&join, json!({})).await?.expect_refusal(404, "SESSION_NOT_FOUND")?;
        let cancelled = thirds_socket.next("invite:cancelled").await;
        assert_eq!(cancelled["reason"], "session_closed");
        seconds_socket.fence().await;
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn only_the_host_closes_and_every_member_is_told() -> Result<()> {
    let server = TestServer::start().await?;
    let host = server.player("Host").await?;
    let (guest, socket) = server.online("Guest").await?;
    let code = host.host(json!({ "open": true })).await?;
    let path = format!("/sessions/{code}");
    guest.post(&format!("{path}/join"), json!({})).await?.expect(200)?;
    guest.delete(&path).await?.expect_refusal(403, "NOT_HOST")?;
    host.delete(&path).await?.expect(204)?;
    let told = socket.next_where("session:updated", |told| told["session"]["active"] == false).await;
    assert_eq!(told["session"]["session_code"], json!(code));
    host.delete(&path).await?.expect_refusal(404, "SESSION_NOT_FOUND")?;
    guest.post(&format!("{path}/connect-token"), json!({})).await?.expect_refusal(404, "SESSION_NOT_FOUND")?;
    Ok(())
}

#[tokio::test]
async fn a_member_gets_a_fresh_token_for_the_game_each_time() -> Result<()> {
    let server = TestServer::start().await?;
    let (host, stranger) = (server.player("Host").await?, server.player("Stranger").await?);
    let code = host.host(json!({})).await?;
    let path = format!("/sessions/{code}/connect-token");
    let first = host.post(&path, json!({})).await?.expect(200)?;
    let session = host.get(&format!("/sessions/{code}")).await?.expect(200)?;
    for field in ["game_id", "server_ip"] {
        assert_eq!(first[field], session[field]);
    }
    let second = host.post(&path, json!({})).await?.expect(200)?;
    assert_ne!(first["connect_token"], second["connect_token"]);
    stranger.post(&path, json!({})).await?.expect_refusal(403, "FORBIDDEN")?;
    let elsewhere = host.host(roomy()).await?;
    host.post(&format!("/sessions/{elsewhere}/connect-token"), json!({})).await?.expect_refusal(500, "GAME_ERROR")?;
    Ok(())
}

#[tokio::test]
async fn a_host_has_so_many_open_sessions() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.open_sessions_per_host = 2;
    })
    .await?;
    let host = server.player("Host").await?;
    let first = host.host(json!({})).await?;
    host.host(json!({})).await?;
    host.post("/sessions", json!({})).await?.expect_refusal(429, "TOO_MANY_PENDING")?;
    host.delete(&format!("/sessions/{first}")).await?.expect(204)?;
    host.host(json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn presence_tells_who_is_there_and_what_they_say() -> Result<()> {
    let server = TestServer::start().await?;
    let (here, _socket) = server.online("Here").await?;
    let away = server.player("Away").await?;
    here.put("/presence", json!({ "status": "in the lobby" })).await?.expect(200)?;
    let presence = away.get(&format!("/presence/?user_ids={},{},999999", here.id, away.id)).await?.expect(200)?;
    let expected = json!([
        { "user_id": here.id, "username": here.username, "online": true, "in_game": false, "status": "in the lobby" },
        { "user_id": away.id, "username": away.username, "online": false, "in_game": false, "status": null },
    ]);
    assert_eq!(presence, expected);
    here.put("/presence", json!({ "status": "x".repeat(257) })).await?.expect_refusal(400, "BAD_REQUEST")?;
    away.put("/presence", json!({ "status": "hello" })).await?.expect_refusal(404, "USER_OFFLINE")?;
    here.put("/presence", json!({ "status": null })).await?.expect(200)?;
    let presence = away.get(&format!("/presence?user_ids={}", here.id)).await?.expect(200)?;
    assert_eq!(presence[0]["status"], Value::Null);
    away.get("/presence?user_ids=1,x").await?.expect_refusal(400, "BAD_REQUEST")?;
    away.get("/presence").await?.expect_refusal(400, "BAD_REQUEST")?;
    Ok(())
}
