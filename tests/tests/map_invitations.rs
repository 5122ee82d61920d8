//! Challenges on a map: the testing scenarios of the map invitations' guide, by their names, over `/ws/invitations/`,
//! and across dialects.

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use rallypoint_e2e::{Challengers, Database, GameSocket, JsonSocket, TestServer, eventually};
use serde_json::{Value, json};

async fn challengers() -> Result<(TestServer, Challengers)> {
    let server = TestServer::start().await?;
    let pair = Challengers::meet(server.people()).await?;
    Ok((server, pair))
}

async fn refused(socket: &mut JsonSocket, frame: Value, code: &str) -> Result<Value> {
    socket.send(frame).await?;
    let error = socket.next("game_invitation_error").await?;
    assert_eq!(error["code"], code, "{error}");
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
    Ok(error)
}

#[tokio::test]
async fn sending_invitation_to_online_user() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let mut pair = Challengers::meet(server.people()).await?;
        let frame = pair.invitation("arena");
        pair.aces.send(frame).await?;
        let sent = pair.aces.next("game_invitation_sent").await?;
        let received = pair.beas.next("game_invitation_received").await?;
        assert_eq!((&sent["friendship_id"], &sent["expires_in"]), (&json!(pair.friendship), &json!(300)));
        assert!(sent["invitation_id"].is_string(), "{sent}");
        for (field, value) in [
            ("friendship_id", json!(pair.friendship)),
            ("sender_username", json!(pair.ace.username)),
            ("sender_image", json!("")),
            ("map", json!("arena")),
            ("invitation_id", sent["invitation_id"].clone()),
            ("kind", json!("map")),
        ] {
            assert_eq!(received[field], value, "{field} of {received}");
        }
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn sending_invitation_to_offline_user() -> Result<()> {
    let (_server, Challengers { ace, bea, friendship, mut aces, beas }) = challengers().await?;
    drop(beas);
    let offline = async || {
        let presence = ace.get(&format!("/presence?user_ids={}", bea.id)).await.ok()?.body;
        (presence[0]["online"] == false).then_some(())
    };
    eventually("offline", offline).await;
    let frame = json!({ "type": "game_invitation", "friendship_id": friendship, "map": "classic" });
    let error = refused(&mut aces, frame, "USER_OFFLINE").await?;
    assert_eq!(error["friendship_id"], json!(friendship));
    Ok(())
}

#[tokio::test]
async fn accepting_invitation() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let mut pair = Challengers::meet(server.people()).await?;
        let received = pair.challenge().await?;
        let mut answer = pair.answer(true);
        answer["map"] = json!("retro");
        refused(&mut pair.beas, answer, "INVALID_MAP").await?;
        let mut answer = pair.answer(true);
        answer["map"] = json!("arena");
        pair.beas.send(answer.clone()).await?;
        let (hers, his) =
            (pair.aces.next("game_session_created").await?, pair.beas.next("game_session_created").await?);
        assert_eq!(hers, his);
        assert_eq!(hers["invitation_id"], received["invitation_id"]);
        assert_eq!((&hers["map"], &hers["friendship_id"]), (&json!("arena"), &json!(pair.friendship)));
        let players: Vec<_> =
            hers["players"].as_array().context("players")?.iter().map(|p| p["user_id"].clone()).collect();
        assert_eq!(players, [json!(pair.ace.id), json!(pair.bea.id)]);
        // Repeating the answer that won is answered like the first time.
        pair.beas.send(answer).await?;
        assert_eq!(pair.beas.next("game_session_created").await?, hers);
        let other = pair.answer(false);
        refused(&mut pair.beas, other, "ALREADY_RESPONDED").await?;
        let id = &received["invitation_id"];
        let trace = pair.bea.get(&format!("/invites/{}/trace", id.as_str().context("an id")?)).await?.expect(200)?;
        assert_eq!(trace["status"], "accepted");

        let game = hers["game_id"].as_str().context("no game")?;
        let (mut left, mut right) =
            (GameSocket::join(&pair.ace, game).await?, GameSocket::join(&pair.bea, game).await?);
        left.ready().await?;
        right.ready().await?;
        left.next("game_start").await?;
        right.next("game_start").await?;
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn declining_invitation() -> Result<()> {
    let (_server, mut pair) = challengers().await?;
    let received = pair.challenge().await?;
    let answer = pair.answer(false);
    pair.beas.send(answer).await?;
    let declined = pair.aces.next("game_invitation_declined").await?;
    let expected = json!({ "type": "game_invitation_declined", "friendship_id": pair.friendship,
        "invitation_id": received["invitation_id"], "receiver_username": pair.bea.username });
    assert_eq!(declined, expected);
    assert_ne!(pair.challenge().await?["invitation_id"], received["invitation_id"], "she may be asked again");
    Ok(())
}

#[tokio::test]
async fn connection_loss_during_invitation() -> Result<()> {
    let (_server, mut pair) = challengers().await?;
    let received = pair.challenge().await?;
    // Both cables are cut, and put back.
    pair.beas = pair.bea.invitations().await?;
    let again = pair.beas.next("game_invitation_received").await?;
    assert_eq!(again["invitation_id"], received["invitation_id"]);
    pair.aces = pair.ace.invitations().await?;
    let answer = pair.answer(true);
    pair.beas.send(answer).await?;
    let begun = pair.beas.next("game_session_created").await?;
    assert_eq!(pair.aces.next("game_session_created").await?, begun);
    Ok(())
}

#[tokio::test]
async fn multiple_simultaneous_invitations() -> Result<()> {
    let (server, Challengers { ace, bea: _bea, friendship, mut aces, beas: _beas }) = challengers().await?;
    let frame = |friendship: &str| json!({ "type": "game_invitation", "friendship_id": friendship, "map": "classic" });
    aces.send(frame(&friendship)).await?;
    aces.next("game_invitation_sent").await?;
    let error = refused(&mut aces, frame(&friendship), "DUPLICATE_INVITATION").await?;
    assert!(error["invitation_id"].is_string(), "{error}");
    let mut friends = Vec::new();
    for number in 0..5 {
        let friend = server.player(&format!("Friend {number}")).await?;
        friends.push((ace.befriend(&friend).await?, friend.socket().await?));
    }
    for (friendship, _) in &friends[..4] {
        aces.send(frame(friendship)).await?;
        aces.next("game_invitation_sent").await?;
    }
    refused(&mut aces, frame(&friends[4].0), "TOO_MANY_PENDING").await?;
    for (_, socket) in &friends[..4] {
        assert_eq!(socket.next("invite:received").await["map"], "classic");
    }
    Ok(())
}

#[tokio::test]
async fn invitation_expiry() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.map_invite_seconds = 1;
    })
    .await?;
    let mut pair = Challengers::meet(server.people()).await?;
    let received = pair.challenge().await?;
    for socket in [&mut pair.aces, &mut pair.beas] {
        assert_eq!(socket.next("game_invitation_expired").await?["invitation_id"], received["invitation_id"]);
    }
    let answer = pair.answer(true);
    refused(&mut pair.beas, answer, "EXPIRED_INVITATION").await?;
    Ok(())
}

#[tokio::test]
async fn race_conditions() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let mut pair = Challengers::meet(server.people()).await?;
        let received = pair.challenge().await?;
        let id: i64 = received["invitation_id"].as_str().context("no id")?.parse()?;
        let accept = json!({ "invite_id": id, "response": "accept" });
        let decline = json!({ "invite_id": id, "response": "decline" });
        let answers = (0..8).map(|number| {
            let body = if number % 2 == 0 { accept.clone() } else { decline.clone() };
            pair.bea.post("/invite/respond", body)
        });
        let cancel = pair.ace.post("/invite/cancel", json!({ "invite_id": id }));
        let (answers, cancelled) = tokio::join!(try_join_all(answers), cancel);
        let (answers, cancelled) = (answers?, cancelled?);
        let accepted = answers.iter().filter(|answer| answer.body["status"] == "accepted").count();
        let declined = answers.iter().filter(|answer| answer.body["status"] == "declined").count();
        let kinds = [accepted > 0, declined > 0, cancelled.status == 200];
        assert_eq!(kinds.iter().filter(|won| **won).count(), 1, "one of them wins: {answers:?} {cancelled:?}");
        let codes: std::collections::HashSet<_> =
            answers.iter().filter_map(|answer| answer.body["session_code"].as_str()).collect();
        assert!(codes.len() <= 1, "one session at most: {codes:?}");
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_challenge_rings_on_every_dialect_and_the_first_answer_wins() -> Result<()> {
    let (_server, Challengers { ace, bea, friendship, mut aces, mut beas }) = challengers().await?;
    let (hers, phone) = (ace.socket().await?, bea.socket().await?);
    aces.send(json!({ "type": "game_invitation", "friendship_id": friendship, "map": "retro" })).await?;
    let sent = aces.next("game_invitation_sent").await?;
    let rung = phone.next("invite:received").await;
    assert_eq!(
        (&rung["kind"], &rung["map"], &rung["friendship_id"]),
        (&json!("map"), &json!("retro"), &json!(friendship))
    );
    assert!(rung.get("session_code").is_none());
    beas.next("game_invitation_received").await?;
    let answer = phone.ask("invite:respond", json!({ "invite_id": rung["invite_id"], "response": "accept" })).await;
    assert_eq!(answer["status"], "accepted", "{answer}");
    assert!(answer["connect_token"].is_string());
    let resolved = beas.next("game_invitation_resolved").await?;
    assert_eq!((&resolved["accepted"], &resolved["invitation_id"]), (&json!(true), &sent["invitation_id"]));
    for socket in [&mut aces, &mut beas] {
        assert_eq!(socket.next("game_session_created").await?["session_code"], answer["session_code"]);
    }
    let told = hers.next("invite:accepted").await;
    assert_eq!(told["session_code"], answer["session_code"]);
    let path = format!("/sessions/{}/connect-token", answer["session_code"].as_str().unwrap_or_default());
    assert_eq!(ace.post(&path, json!({})).await?.expect(200)?["game_id"], answer["game_id"]);

    let trace = ace.get(&format!("/invites/{}/trace", rung["invite_id"])).await?.expect(200)?;
    let steps: Vec<_> = trace["steps"].as_array().context("steps")?.iter().map(|step| step["step"].clone()).collect();
    assert_eq!(steps, [json!("created"), json!("delivered"), json!("seen"), json!("accepted")]);
    assert_eq!(trace["steps"][1]["via"], json!(["socketio", "ws_invitations"]));
    Ok(())
}

#[tokio::test]
async fn a_session_invite_of_a_stranger_can_be_answered_here() -> Result<()> {
    let server = TestServer::start().await?;
    let (ace, bea) = (server.player("Ace").await?, server.player("Bea").await?);
    let mut beas = bea.invitations().await?;
    let code = ace.host(json!({ "name": "Night rally" })).await?;
    let invite = eventually("an invite", async || ace.invite(&bea, code).await.ok()).await;
    let received = beas.next("game_invitation_received").await?;
    let label = format!("invite:{invite}");
    assert_eq!((&received["friendship_id"], &received["map"]), (&json!(label), &json!("Night rally")));
    beas.send(
        json!({ "type": "game_invitation_response", "friendship_id": label, "accepted": true, "map": "Night rally" }),
    )
    .await?;
    let begun = beas.next("game_session_created").await?;
    assert_eq!((&begun["session_code"], &begun["friendship_id"]), (&json!(code), &json!(label)));
    assert_eq!(ace.players_of(code).await?, [ace.id, bea.id]);
    Ok(())
}

#[tokio::test]
async fn nobody_is_challenged_who_is_no_friend_in_a_match_or_on_no_map() -> Result<()> {
    let (server, mut pair) = challengers().await?;
    let cyd = server.player("Cyd").await?;
    let foreign = cyd.befriend(&server.player("Dan").await?).await?;
    for id in [foreign.as_str(), "999999", "nonsense"] {
        let frame = json!({ "type": "game_invitation", "friendship_id": id, "map": "arena" });
        refused(&mut pair.aces, frame, "INVALID_FRIENDSHIP").await?;
    }
    let frame = pair.invitation("moon");
    let error = refused(&mut pair.aces, frame, "INVALID_MAP").await?;
    assert_eq!(error["details"]["maps"], pair.ace.get("/maps").await?.expect(200)?);
    let mut frame = pair.invitation("arena");
    frame["sender_username"] = json!("somebody-else");
    refused(&mut pair.aces, frame, "FORBIDDEN").await?;

    let session = pair.bea.post("/sessions", json!({})).await?.expect(201)?;
    let _playing = GameSocket::join(&pair.bea, session["game_id"].as_str().context("no game")?).await?;
    let busy = async || {
        let challenge = pair.ace.post("/invite/challenge", json!({ "receiver_id": pair.bea.id, "map": "arena" }));
        (challenge.await.ok()?.code() == "USER_BUSY").then_some(())
    };
    eventually("busy", busy).await;
    let own = pair.ace.post("/invite/challenge", json!({ "receiver_id": pair.ace.id, "map": "arena" })).await?;
    own.expect_refusal(400, "SELF_INVITE")?;
    Ok(())
}

#[tokio::test]
async fn parting_takes_the_challenge_back_and_cancelling_is_told() -> Result<()> {
    let (_server, mut pair) = challengers().await?;
    let received = pair.challenge().await?;
    let cancel = json!({ "type": "game_invitation_cancel", "invitation_id": received["invitation_id"] });
    refused(&mut pair.beas, cancel.clone(), "INVITATION_NOT_FOUND").await?;
    pair.aces.send(cancel).await?;
    for socket in [&mut pair.aces, &mut pair.beas] {
        assert_eq!(socket.next("game_invitation_cancelled").await?["invitation_id"], received["invitation_id"]);
    }
    let second = pair.challenge().await?;
    pair.bea.delete(&format!("/friends/{}", pair.friendship)).await?.expect(204)?;
    for socket in [&mut pair.aces, &mut pair.beas] {
        assert_eq!(socket.next("game_invitation_cancelled").await?["invitation_id"], second["invitation_id"]);
    }
    let answer = pair.answer(true);
    refused(&mut pair.beas, answer, "ALREADY_RESPONDED").await?;
    Ok(())
}

#[tokio::test]
async fn nonsense_is_answered_and_floods_are_ended() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        (limits.frames.per_second, limits.frames.burst) = (1.0, 30);
    })
    .await?;
    let (ace, url) = (server.player("Ace").await?, server.url().to_owned());
    let mut socket = ace.invitations().await?;
    for nonsense in
        ["", "[]", "{}", "null", r#"{"type":"x"}"#, r#"{"type":"game_invitation"}"#, "{\"type\":\"\\u0000\"}"]
    {
        socket.send_raw(tokio_tungstenite::tungstenite::Message::text(nonsense)).await?;
        assert_eq!(socket.next("game_invitation_error").await?["code"], "BAD_REQUEST", "{nonsense}");
    }
    socket.send_raw(tokio_tungstenite::tungstenite::Message::binary(vec![1, 2, 3])).await?;
    assert_eq!(socket.next("game_invitation_error").await?["code"], "BAD_REQUEST");
    socket.flood(&json!({ "type": "game_invitation_cancel", "invitation_id": "1" }), 60).await?;
    assert_eq!(socket.closed().await?, (3429, "RATE_LIMITED".to_owned()));
    for query in ["", "?token=nonsense"] {
        let mut socket = JsonSocket::open(&url, &format!("/ws/invitations/{query}")).await?;
        assert_eq!(socket.closed().await?, (3001, "UNAUTHENTICATED".to_owned()));
    }
    let plain = ace.get("/ws/invitations").await?;
    plain.expect_refusal(400, "BAD_REQUEST")?;
    Ok(())
}

#[tokio::test]
async fn many_waiting_invites_ring_and_lock_nobody_out_and_no_friend() -> Result<()> {
    let server = TestServer::start().await?;
    let mut pair = Challengers::meet(server.people()).await?;
    let challenge = pair.challenge().await?;
    let bea = &pair.bea;
    let mut hosts = Vec::new();
    for number in 0..110 {
        let host = server.player(&format!("Host {number}")).await?;
        let code = host.host(json!({})).await?;
        host.invite(bea, code).await?;
        hosts.push(host);
    }
    let (mut plain, second) = (bea.invitations().await?, bea.socket().await?);
    let mut ringing = Vec::new();
    for _ in 0..100 {
        ringing.push(plain.next("game_invitation_received").await?["invitation_id"].clone());
        second.next("invite:received").await;
    }
    second.fence().await;
    assert_eq!(ringing[0], challenge["invitation_id"], "strangers may push out each other");
    Ok(())
}

#[tokio::test]
async fn who_is_declined_again_and_again_has_to_wait() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        (limits.invites.per_second, limits.invites.burst) = (100.0, 100);
        limits.declines_before_cool_down = 2;
    })
    .await?;
    let mut pair = Challengers::meet(server.people()).await?;
    for _ in 0..2 {
        pair.challenge().await?;
        let answer = pair.answer(false);
        pair.beas.send(answer).await?;
        pair.aces.next("game_invitation_declined").await?;
    }
    let frame = pair.invitation("arena");
    let error = refused(&mut pair.aces, frame, "RATE_LIMITED").await?;
    assert!((25..=30).contains(&error["retry_after"].as_i64().unwrap_or(0)), "{error}");
    let code = pair.ace.host(json!({})).await?;
    let other = pair.ace.post("/invite/send", json!({ "receiver_id": pair.bea.id, "session_code": code })).await?;
    other.expect_refusal(429, "RATE_LIMITED")?;
    Ok(())
}
