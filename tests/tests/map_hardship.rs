//! Challenges where something breaks: a cable, the server, the disk; and sessions that nobody needs any more.

use anyhow::{Context as _, Result};
use rallypoint_e2e::{
    Challengers, Database, GameSocket, JsonSocket, Player, ServerProcess, Settings, TestServer, eventually,
};
use rallypoint_protocol::{InviteId, Timestamp, invite::InviteStatus};
use rallypoint_server::store;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

async fn next_end(socket: &mut JsonSocket, kind: &str, received: &Value) -> Result<Value> {
    let end = socket.next(kind).await?;
    assert_eq!(end["invitation_id"], received["invitation_id"], "{end}");
    Ok(end)
}

/// The types of all frames up to the refusal of a frame that is sent now.
async fn until_fence(socket: &mut JsonSocket) -> Result<Vec<String>> {
    socket.send(json!({ "type": "game_invitation_cancel", "invitation_id": "0" })).await?;
    let mut before = Vec::new();
    let fence = |frame: &Value| {
        let kind = frame["type"].as_str().unwrap_or_default().to_owned();
        let fence = kind == "game_invitation_error";
        if !fence {
            before.push(kind);
        }
        fence
    };
    socket.next_where("the refusal", fence).await?;
    Ok(before)
}

#[tokio::test]
async fn a_sender_who_was_cut_off_is_told_of_the_answer_when_it_is_back() -> Result<()> {
    let server = TestServer::start().await?;
    let mut pair = Challengers::meet(server.people()).await?;

    let received = pair.challenge().await?;
    drop(pair.aces);
    pair.beas
        .send(json!({ "type": "game_invitation_response", "friendship_id": pair.friendship, "accepted": false }))
        .await?;
    let declined = async || {
        let invites = pair.ace.get("/invite/sent").await.ok()?.body;
        (invites["invites"][0]["status"] == "declined").then_some(())
    };
    eventually("a decline", declined).await;
    pair.aces = pair.ace.invitations().await?;
    next_end(&mut pair.aces, "game_invitation_declined", &received).await?;

    // The cable is cut and nobody has noticed: for the server the old connection lives.
    let received = pair.challenge().await?;
    pair.aces.freeze().await;
    let answer = pair.answer(true);
    pair.beas.send(answer).await?;
    let begun = pair.beas.next("game_session_created").await?;
    let mut back = pair.ace.invitations().await?;
    assert_eq!(next_end(&mut back, "game_session_created", &received).await?, begun);

    // What is played already is not begun again.
    let _playing = GameSocket::join(&pair.ace, begun["game_id"].as_str().context("no game")?).await?;
    eventually("in a match", async || {
        let presence = pair.bea.get(&format!("/presence?user_ids={}", pair.ace.id)).await.ok()?.body;
        (presence[0]["in_game"] == true).then_some(())
    })
    .await;
    let mut second_tab = pair.ace.invitations().await?;
    assert_eq!(until_fence(&mut second_tab).await?, [] as [String; 0]);
    Ok(())
}

#[tokio::test]
async fn a_receiver_who_was_cut_off_is_told_what_no_longer_rings() -> Result<()> {
    let server = TestServer::start().await?;
    let mut pair = Challengers::meet(server.people()).await?;
    let received = pair.challenge().await?;
    pair.beas.freeze().await;
    pair.aces.send(json!({ "type": "game_invitation_cancel", "invitation_id": received["invitation_id"] })).await?;
    next_end(&mut pair.aces, "game_invitation_cancelled", &received).await?;
    let mut back = pair.bea.invitations().await?;
    next_end(&mut back, "game_invitation_cancelled", &received).await?;
    Ok(())
}

#[tokio::test]
async fn a_page_that_moves_on_into_the_game_is_not_sent_there_again() -> Result<()> {
    let server = TestServer::start().await?;
    let mut pair = Challengers::meet(server.people()).await?;
    pair.challenge().await?;
    let answer = pair.answer(true);
    pair.beas.send(answer).await?;
    for (player, socket) in [(&pair.bea, &mut pair.beas), (&pair.ace, &mut pair.aces)] {
        socket.next("game_session_created").await?;
        let mut next_page = move_on(player, socket).await?;
        assert_eq!(until_fence(&mut next_page).await?, [] as [String; 0]);
    }
    Ok(())
}

/// Leaves, when everything has arrived, and comes back.
async fn move_on(player: &Player, socket: &mut JsonSocket) -> Result<JsonSocket> {
    until_fence(socket).await?;
    socket.send_raw(Message::Close(None)).await?;
    socket.closed().await.ok();
    player.invitations().await
}

#[tokio::test]
async fn what_one_device_was_told_another_one_still_learns() -> Result<()> {
    let server = TestServer::start().await?;
    let people = server.people();
    let ace = people.register("ace", "12345678").await?;
    let on_the_phone = people.login("ace", "12345678").await?;
    let mut pair = Challengers::between(ace, people.guest("Bea").await?).await?;
    let mut phone = on_the_phone.invitations().await?;
    for (accepted, end) in [(false, "game_invitation_declined"), (true, "game_session_created")] {
        let received = pair.challenge().await?;
        phone.freeze().await;
        let answer = pair.answer(accepted);
        pair.beas.send(answer).await?;
        next_end(&mut pair.aces, end, &received).await?;
        pair.aces = move_on(&pair.ace, &mut pair.aces).await?;
        assert_eq!(until_fence(&mut pair.aces).await?, [] as [String; 0]);
        phone = on_the_phone.invitations().await?;
        next_end(&mut phone, end, &received).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_one_has_ended_oneself_is_no_news() -> Result<()> {
    let server = TestServer::start().await?;
    let mut pair = Challengers::meet(server.people()).await?;
    let received = pair.challenge().await?;
    pair.aces.send(json!({ "type": "game_invitation_cancel", "invitation_id": received["invitation_id"] })).await?;
    next_end(&mut pair.aces, "game_invitation_cancelled", &received).await?;
    pair.aces = move_on(&pair.ace, &mut pair.aces).await?;
    assert_eq!(until_fence(&mut pair.aces).await?, [] as [String; 0]);

    pair.challenge().await?;
    let answer = pair.answer(false);
    pair.beas.send(answer).await?;
    pair.beas = move_on(&pair.bea, &mut pair.beas).await?;
    assert_eq!(until_fence(&mut pair.beas).await?, [] as [String; 0]);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_a_kill_kept_from_the_sender_is_told_after_the_restart() -> Result<()> {
    for database in Database::all().await? {
        let mut server = ServerProcess::start(&database, Settings::default()).await?;
        let mut pair = Challengers::meet(server.people()).await?;
        let received = pair.challenge().await?;
        let id = received["invitation_id"].as_str().context("no id")?.parse()?;
        let db = database.open().await?;
        pair.aces.freeze().await;
        let answer = pair.answer(true);
        pair.beas.send(answer).await?;
        eventually("accept in the database", async || {
            let record = store::invites::find(&db, InviteId(id)).await.ok().flatten()?;
            (record.status == InviteStatus::Accepted).then_some(())
        })
        .await;
        server.kill()?;
        db.close().await;
        let _server = server.restart().await?;
        let mut back = pair.ace.invitations().await?;
        let begun = next_end(&mut back, "game_session_created", &received).await?;
        // She repeats her answer, and both are in the same game.
        pair.beas = pair.bea.invitations().await?;
        let answer = pair.answer(true);
        pair.beas.send(answer).await?;
        let hers = next_end(&mut pair.beas, "game_session_created", &received).await?;
        assert_eq!(hers["game_id"], begun["game_id"]);
        let game = begun["game_id"].as_str().context("no game")?;
        let (mut left, mut right) =
            (GameSocket::join(&pair.ace, game).await?, GameSocket::join(&pair.bea, game).await?);
        left.ready().await?;
        right.ready().await?;
        left.next("game_start").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_full_disk_refuses_challenges_and_answers_and_loses_none() -> Result<()> {
    let server = ServerProcess::start(&Database::sqlite()?, Settings::default()).await?;
    let mut pair = Challengers::meet(server.people()).await?;
    let received = pair.challenge().await?;
    let (answer, back) = (
        pair.answer(true),
        json!({ "type": "game_invitation", "friendship_id": pair.friendship,
        "map": "retro" }),
    );
    server.limit_files(Some(1))?;
    for frame in [&answer, &back, &answer] {
        pair.beas.send(frame.clone()).await?;
        assert_eq!(pair.beas.next("game_invitation_error").await?["code"], "UNAVAILABLE", "{frame}");
    }
    server.limit_files(None)?;
    pair.beas.send(answer).await?;
    let begun = next_end(&mut pair.beas, "game_session_created", &received).await?;
    assert_eq!(next_end(&mut pair.aces, "game_session_created", &received).await?, begun);
    Ok(())
}

#[tokio::test]
async fn a_challenge_made_while_a_socket_connects_rings_once_on_it() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.rates_enabled = false).await?;
    let pair = Challengers::meet(server.people()).await?;
    for _ in 0..50 {
        let wish = json!({ "receiver_id": pair.bea.id, "map": "arena" });
        let (socket, sent) = tokio::try_join!(pair.bea.invitations(), pair.ace.post("/invite/challenge", wish))?;
        let (mut socket, invite) = (socket, sent.expect(201)?["invite_id"].clone());
        pair.ace.post("/invite/cancel", json!({ "invite_id": invite })).await?.expect(200)?;
        let rings = until_fence(&mut socket).await?.iter().filter(|kind| *kind == "game_invitation_received").count();
        assert!(rings <= 1, "rang {rings} times");
    }
    Ok(())
}

#[tokio::test]
async fn sessions_of_challenges_cost_their_host_none_of_its_own() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.open_sessions_per_host = 1;
    })
    .await?;
    let mut pair = Challengers::meet(server.people()).await?;
    for _ in 0..3 {
        pair.challenge().await?;
        let answer = pair.answer(true);
        pair.beas.send(answer).await?;
        pair.beas.next("game_session_created").await?;
    }
    pair.ace.host(json!({})).await?;
    pair.ace.post("/sessions", json!({})).await?.expect_refusal(429, "TOO_MANY_PENDING")?;
    Ok(())
}

#[tokio::test]
async fn the_session_of_a_challenge_is_known_by_its_game() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let mut pair = Challengers::meet(server.people()).await?;
        let own = pair.ace.host(json!({})).await?;
        pair.challenge().await?;
        let answer = pair.answer(true);
        pair.beas.send(answer).await?;
        let begun = pair.beas.next("game_session_created").await?;
        let db = server.db().await?;
        let open = store::sessions::open_before(&db, Timestamp(i64::MAX)).await?;
        let challenge = |code: &Value| {
            let session = open.iter().find(|session| json!(session.code) == *code).context("not open")?;
            anyhow::Ok((session.challenge, session.members.clone()))
        };
        assert_eq!(challenge(&json!(own))?, (None, vec![pair.ace.id]));
        let (game, members) = challenge(&begun["session_code"])?;
        assert_eq!((json!(game), members), (begun["game_id"].clone(), vec![pair.ace.id, pair.bea.id]));
        db.close().await;
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_invite_that_slips_past_a_block_on_postgres_is_ended() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let db = server.db().await?;
        if !db.is_shared() {
            continue;
        }
        let mut pair = Challengers::meet(server.people()).await?;
        let received = pair.challenge().await?;
        // The block as the invite's statement may miss it: written, and blind to the invite.
        let block = "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES ($1, $2, $3)";
        db.write(block, [pair.bea.id.0, pair.ace.id.0, 0].map(store::Value::from).into()).await?;
        next_end(&mut pair.aces, "game_invitation_declined", &received).await?;
        next_end(&mut pair.beas, "game_invitation_resolved", &received).await?;
        db.close().await;
        server.stop().await?;
    }
    Ok(())
}
