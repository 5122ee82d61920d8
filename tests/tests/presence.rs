//! Who is there, as friends are told: at once, no more than once a second, and never a ghost.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rallypoint_e2e::{GameSocket, Player, Socket, TestServer, eventually};
use serde_json::{Value, json};

async fn told(socket: &Socket, about: &Player, what: impl Fn(&Value) -> bool) -> Value {
    loop {
        let presence = socket.next("presence:changed").await;
        if presence["user_id"] == json!(about.id) && what(&presence) {
            return presence;
        }
    }
}

#[tokio::test]
async fn friends_see_each_other_come_play_and_go() -> Result<()> {
    let server = TestServer::start().await?;
    let ((ace, aces_socket), bea, cyd) =
        (server.online("Ace").await?, server.player("Bea").await?, server.player("Cyd").await?);
    ace.befriend(&bea).await?;
    let beas_socket = bea.socket().await?;
    told(&aces_socket, &bea, |presence| presence["online"] == true).await;
    let _stranger = cyd.socket().await?;

    bea.put("/presence", json!({ "status": "warming up" })).await?.expect(200)?;
    told(&aces_socket, &bea, |presence| presence["status"] == "warming up").await;

    let session = bea.post("/sessions", json!({})).await?.expect(201)?;
    let game = session["game_id"].as_str().context("no game")?;
    let playing = GameSocket::join(&bea, game).await?;
    told(&aces_socket, &bea, |presence| presence["in_game"] == true).await;
    drop(playing);
    told(&aces_socket, &bea, |presence| presence["in_game"] == false).await;

    drop(beas_socket);
    let gone = told(&aces_socket, &bea, |presence| presence["online"] == false).await;
    assert_eq!((&gone["in_game"], &gone["status"]), (&json!(false), &Value::Null));
    aces_socket.fence().await;
    let strangers = aces_socket.untaken("presence:changed");
    assert!(strangers.iter().all(|presence| presence["user_id"] != json!(cyd.id)), "{strangers:?}");
    Ok(())
}

#[tokio::test]
async fn a_socket_that_flaps_costs_an_event_a_second() -> Result<()> {
    let server = TestServer::start().await?;
    let ((ace, aces_socket), bea) = (server.online("Ace").await?, server.player("Bea").await?);
    ace.befriend(&bea).await?;
    aces_socket.next("presence:changed").await;
    let started = std::time::Instant::now();
    for _ in 0..40 {
        bea.socket().await?.leave().await?;
    }
    let (_last, seconds) = (bea.socket().await?, started.elapsed().as_secs());
    told(&aces_socket, &bea, |presence| presence["online"] == true).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    aces_socket.fence().await;
    let more = aces_socket.untaken("presence:changed").len() as u64;
    assert!(more <= 2 * (seconds + 2), "{more} events in {seconds} s");
    let presence = ace.get(&format!("/presence?user_ids={}", bea.id)).await?.expect(200)?;
    assert_eq!(presence[0]["online"], true);
    Ok(())
}

#[tokio::test]
async fn whoever_has_many_friends_hears_of_all_of_them_at_once() -> Result<()> {
    const FRIENDS: usize = 300;
    let server = TestServer::start().await?;
    let (ace, aces_socket) = server.online("Ace").await?;
    let mut friends = Vec::new();
    for number in 0..FRIENDS {
        let friend = server.player(&format!("Friend {number}")).await?;
        friend.befriend(&ace).await?;
        friends.push(friend);
    }
    futures_util::future::try_join_all(friends.iter().map(|friend| friend.get("/invite/check"))).await?;
    let mut online = std::collections::HashSet::new();
    while online.len() < FRIENDS {
        let presence = aces_socket.next("presence:changed").await;
        if presence["online"] == true {
            online.insert(presence["user_id"].as_i64());
        }
    }
    assert!(!aces_socket.is_closed());
    Ok(())
}

#[tokio::test]
async fn who_signs_out_and_in_again_is_seen_to_be_there() -> Result<()> {
    let server = TestServer::start().await?;
    let ((ace, aces_socket), bea) =
        (server.online("Ace").await?, server.people().register("bea-again", "long enough").await?);
    ace.befriend(&bea).await?;
    bea.get("/invite/check").await?.expect(200)?;
    told(&aces_socket, &bea, |presence| presence["online"] == true).await;
    bea.post("/auth/logout", json!({})).await?.expect(204)?;
    told(&aces_socket, &bea, |presence| presence["online"] == false).await;
    let again = server.people().login("bea-again", "long enough").await?;
    again.get("/invite/check").await?.expect(200)?;
    told(&aces_socket, &bea, |presence| presence["online"] == true).await;
    Ok(())
}

#[tokio::test]
async fn who_does_nothing_for_long_is_away_until_the_next_sign_of_life() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.idle_seconds = 3;
    })
    .await?;
    let (ace, bea) = (server.player("Ace").await?, server.player("Bea").await?);
    ace.befriend(&bea).await?;
    let (aces_socket, beas_socket) = (ace.socket().await?, bea.socket().await?);
    told(&aces_socket, &bea, |presence| presence["online"] == false).await;
    assert!(!beas_socket.is_closed(), "away is not gone");
    beas_socket.fence().await;
    told(&aces_socket, &bea, |presence| presence["online"] == true).await;
    Ok(())
}

#[tokio::test]
async fn a_lease_of_polling_ends_by_itself() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.polling_lease_seconds = 1;
    })
    .await?;
    let ((ace, aces_socket), bea) = (server.online("Ace").await?, server.player("Bea").await?);
    ace.befriend(&bea).await?;
    bea.get("/invite/check").await?.expect(200)?;
    told(&aces_socket, &bea, |presence| presence["online"] == true).await;
    told(&aces_socket, &bea, |presence| presence["online"] == false).await;
    let offline = async || {
        let presence = ace.get(&format!("/presence?user_ids={}", bea.id)).await.ok()?.body;
        (presence[0]["online"] == false).then_some(())
    };
    eventually("offline by REST as well", offline).await;
    Ok(())
}
