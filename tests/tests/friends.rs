//! Friends: asking, accepting, parting, and blocks that nobody notices.

use anyhow::Result;
use rallypoint_e2e::{Database, Player, TestServer};
use serde_json::{Value, json};

async fn list(player: &Player, path: &str) -> Result<Vec<Value>> {
    let rows = player.get(path).await?.expect(200)?;
    Ok(rows.as_array().cloned().unwrap_or_default())
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().filter_map(|row| row["user"]["id"].as_i64().or(row["id"].as_i64())).collect()
}

#[tokio::test]
async fn who_is_asked_and_accepts_is_a_friend() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let ((ace, aces_socket), (bea, beas_socket)) = (server.online("Ace").await?, server.online("Bea").await?);
        let asked = ace.post("/friends/requests/", json!({ "username": bea.username.to_uppercase() })).await?;
        let asked = asked.expect(201)?;
        assert_eq!((&asked["status"], &asked["incoming"]), (&json!("pending"), &json!(false)));
        assert_eq!((&asked["user"]["id"], &asked["user"]["online"]), (&json!(bea.id), &json!(false)), "not yet hers");
        let id = asked["friendship_id"].as_str().unwrap_or_default();
        let rung = beas_socket.next("friend:request").await;
        assert_eq!((&rung["friendship_id"], &rung["user"]["id"]), (&json!(id), &json!(ace.id)));

        let again = ace.post("/friends/requests", json!({ "user_id": bea.id })).await?.expect(200)?;
        assert_eq!(again["friendship_id"], json!(id), "asking twice is asking once");
        assert_eq!(list(&bea, "/friends/requests/").await?[0]["incoming"], true);
        assert_eq!(list(&ace, "/friends/").await?, Vec::<Value>::new());
        ace.post(&format!("/friends/{id}/accept"), json!({})).await?.expect_refusal(404, "NOT_FOUND")?;

        let accepted = bea.post(&format!("/friends/{id}/accept/"), json!({})).await?.expect(200)?;
        assert_eq!((&accepted["status"], &accepted["presence"]["online"]), (&json!("accepted"), &json!(true)));
        bea.post(&format!("/friends/{id}/accept"), json!({})).await?.expect(200)?;
        for (socket, other) in [(&aces_socket, &bea), (&beas_socket, &ace)] {
            assert_eq!(socket.next("friend:accepted").await["user"]["id"], json!(other.id));
            assert_eq!(socket.next("presence:changed").await["user_id"], json!(other.id));
        }
        assert_eq!(ids(&list(&ace, "/friends/").await?), [bea.id.0]);
        assert_eq!(list(&ace, "/friends/requests").await?, Vec::<Value>::new());

        bea.delete(&format!("/friends/{id}")).await?.expect(204)?;
        bea.delete(&format!("/friends/{id}")).await?.expect_refusal(404, "NOT_FOUND")?;
        for socket in [&aces_socket, &beas_socket] {
            assert_eq!(socket.next("friend:removed").await["friendship_id"], json!(id));
        }
        assert_eq!(list(&ace, "/friends/").await?, Vec::<Value>::new());
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn requests_that_cross_become_one_friendship() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let (ace, bea) = (server.player("Ace").await?, server.player("Bea").await?);
        let (hers, his) = tokio::join!(
            ace.post("/friends/requests/", json!({ "user_id": bea.id })),
            bea.post("/friends/requests/", json!({ "user_id": ace.id })),
        );
        let (hers, his) = (hers?.expect(201)?, his?.expect(201)?);
        assert_eq!(hers["friendship_id"], his["friendship_id"]);
        let accepted = [&hers, &his].iter().filter(|row| row["status"] == "accepted").count();
        assert_eq!(accepted, 1, "the second of them has accepted the first");
        assert_eq!(list(&ace, "/friends/").await?.len(), 1);
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn of_a_storm_of_crossing_requests_each_step_is_told_once_and_in_order() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.rates_enabled = false).await?;
    for round in 0..10 {
        let (ace, aces_socket) = server.online(&format!("Ace {round}")).await?;
        let (bea, beas_socket) = server.online(&format!("Bea {round}")).await?;
        let asks = (0..12).map(|number| {
            let (one, other) = if number % 2 == 0 { (&ace, &bea) } else { (&bea, &ace) };
            one.post("/friends/requests/", json!({ "user_id": other.id }))
        });
        let answers = futures_util::future::try_join_all(asks).await?;
        let new = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(new, 2, "one makes the request, and one accepts it");
        for socket in [&aces_socket, &beas_socket] {
            socket.next("friend:accepted").await;
            socket.fence().await;
            assert_eq!(socket.untaken("friend:accepted"), Vec::<Value>::new());
        }
        let told = [&aces_socket, &beas_socket].map(|socket| socket.untaken("friend:request").len());
        assert_eq!(told.iter().sum::<usize>(), 1, "{told:?}");
    }
    Ok(())
}

#[tokio::test]
async fn requests_can_be_declined_taken_back_and_refused() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.pending_friend_requests = 2;
    })
    .await?;
    let [ace, bea, cyd, dan] = [
        server.player("Ace").await?,
        server.player("Bea").await?,
        server.player("Cyd").await?,
        server.player("Dan").await?,
    ];
    let ask = async |other: &Player| ace.post("/friends/requests/", json!({ "user_id": other.id })).await;
    let first = ask(&bea).await?.expect(201)?;
    ask(&cyd).await?.expect(201)?;
    ask(&dan).await?.expect_refusal(429, "TOO_MANY_PENDING")?;
    let path = format!("/friends/{}", first["friendship_id"].as_str().unwrap_or_default());
    ace.post(&format!("{path}/decline"), json!({})).await?.expect_refusal(404, "NOT_FOUND")?;
    bea.delete(&path).await?.expect_refusal(404, "NOT_FOUND")?;
    cyd.post(&format!("{path}/decline"), json!({})).await?.expect_refusal(404, "NOT_FOUND")?;
    bea.post(&format!("{path}/decline"), json!({})).await?.expect(204)?;
    ask(&dan).await?.expect(201)?;
    let waiting = list(&ace, "/friends/requests/?limit=1").await?;
    ace.delete(&format!("/friends/{}", waiting[0]["friendship_id"].as_str().unwrap_or_default())).await?.expect(204)?;
    assert_eq!(ids(&list(&ace, "/friends/requests/").await?), [cyd.id.0]);

    ask(&ace).await?.expect_refusal(400, "BAD_REQUEST")?;
    for wish in [json!({}), json!({ "user_id": 1, "username": "x" })] {
        ace.post("/friends/requests/", wish).await?.expect_refusal(400, "BAD_REQUEST")?;
    }
    for wish in [json!({ "username": "nobody-at-all" }), json!({ "username": "a\0b" }), json!({ "user_id": 999_999 })] {
        ace.post("/friends/requests/", wish).await?.expect_refusal(404, "NOT_FOUND")?;
    }
    Ok(())
}

#[tokio::test]
async fn a_block_ends_everything_and_looks_like_being_offline() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let ((ace, aces_socket), (bea, beas_socket)) = (server.online("Ace").await?, server.online("Bea").await?);
        ace.befriend(&bea).await?;
        let code = ace.host(json!({})).await?;
        let invite = ace.invite(&bea, code).await?;
        bea.post(&format!("/users/{}/block", ace.id), json!({})).await?.expect(204)?;
        bea.post(&format!("/users/{}/block/", ace.id), json!({})).await?.expect(204)?;
        assert_eq!(beas_socket.next("invite:resolved").await["invite_id"], json!(invite), "it rings no more");
        assert_eq!(aces_socket.next("invite:declined").await["invite_id"], json!(invite), "as if she had declined");
        aces_socket.next("friend:removed").await;
        assert_eq!(ids(&list(&bea, "/users/blocked").await?), [ace.id.0]);

        let refused = ace.post("/invite/send", json!({ "receiver_id": bea.id, "session_code": code })).await?;
        refused.expect_refusal(404, "USER_OFFLINE")?;
        let hers = bea.host(json!({})).await?;
        let refused = bea.post("/invite/send", json!({ "receiver_id": ace.id, "session_code": hers })).await?;
        refused.expect_refusal(404, "USER_OFFLINE")?;
        for (viewer, other) in [(&ace, &bea), (&bea, &ace)] {
            let presence = viewer.get(&format!("/presence?user_ids={}", other.id)).await?.expect(200)?;
            assert_eq!(presence[0]["online"], false);
            assert_eq!(viewer.get(&format!("/users/{}", other.id)).await?.expect(200)?["online"], false);
            let online = list(viewer, "/users/?online=true").await?;
            assert_eq!(ids(&online), [viewer.id.0]);
        }
        // Asking goes as ever, and is never heard of.
        ace.post("/friends/requests/", json!({ "user_id": bea.id })).await?.expect(201)?;
        assert_eq!(list(&bea, "/friends/requests/").await?, Vec::<Value>::new());
        let unheard =
            list(&ace, "/friends/requests/").await?[0]["friendship_id"].as_str().unwrap_or_default().to_owned();
        bea.post(&format!("/friends/{unheard}/accept"), json!({})).await?.expect_refusal(404, "NOT_FOUND")?;
        beas_socket.fence().await;
        assert!(beas_socket.untaken("friend:request").len() <= 1, "the one from before");
        bea.post("/friends/requests/", json!({ "user_id": ace.id })).await?.expect_refusal(403, "FORBIDDEN")?;

        bea.delete(&format!("/users/{}/block", ace.id)).await?.expect(204)?;
        bea.delete(&format!("/users/{}/block", ace.id)).await?.expect(204)?;
        assert_eq!(list(&bea, "/friends/requests/").await?.len(), 1, "it had waited");
        ace.invite(&bea, code).await?;
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn nothing_tells_a_block_from_a_decline_or_from_being_offline() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.rates_enabled = false).await?;
    let ((ace, aces_socket), (bea, beas_socket)) = (server.online("Ace").await?, server.online("Bea").await?);
    let code = ace.host(json!({})).await?;
    let invite = ace.invite(&bea, code).await?;
    bea.post(&format!("/users/{}/block", ace.id), json!({})).await?.expect(204)?;
    aces_socket.next("invite:declined").await;
    let sent = &ace.get("/invite/sent").await?.expect(200)?["invites"][0];
    assert_eq!((&sent["invite_id"], &sent["status"]), (&json!(invite), &json!("declined")));
    assert!(sent["seen_at"].is_string() && sent["delivered_at"].is_string(), "as every decline: {sent}");

    // Whatever else is wrong with an invite: she seems to be offline, as when she is.
    let foreign = bea.host(json!({})).await?;
    let refused = ace.post("/invite/send", json!({ "receiver_id": bea.id, "session_code": foreign })).await?;
    refused.expect_refusal(404, "USER_OFFLINE")?;

    // A request that is never heard of ends as quietly, be it taken back or ended by a block in return.
    for end in ["take back", "block"] {
        let asked = ace.post("/friends/requests/", json!({ "user_id": bea.id })).await?.expect(201)?;
        let id = asked["friendship_id"].as_str().unwrap_or_default();
        assert_eq!(aces_socket.next("friend:asked").await["friendship_id"], json!(id), "his other devices know");
        if end == "block" {
            ace.post(&format!("/users/{}/block", bea.id), json!({})).await?.expect(204)?;
        } else {
            ace.delete(&format!("/friends/{id}")).await?.expect(204)?;
        }
        assert_eq!(aces_socket.next("friend:removed").await["friendship_id"], json!(id));
    }
    beas_socket.fence().await;
    assert_eq!(beas_socket.untaken("friend:removed"), Vec::<Value>::new());
    assert_eq!(beas_socket.untaken("friend:request"), Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn whoever_blocks_takes_back_what_it_had_sent_on_all_its_devices() -> Result<()> {
    let server = TestServer::start().await?;
    let ((ace, aces_socket), (bea, beas_socket)) = (server.online("Ace").await?, server.online("Bea").await?);
    let code = ace.host(json!({})).await?;
    let invite = ace.invite(&bea, code).await?;
    ace.post(&format!("/users/{}/block", bea.id), json!({})).await?.expect(204)?;
    for socket in [&aces_socket, &beas_socket] {
        let cancelled = socket.next("invite:cancelled").await;
        assert_eq!((&cancelled["invite_id"], &cancelled["reason"]), (&json!(invite), &json!("cancelled_by_sender")));
    }
    Ok(())
}

#[tokio::test]
async fn friends_of_friends_are_suggested_those_with_most_in_common_first() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let mut people = Vec::new();
        for name in ["Me", "Ann", "Bob", "Near", "Far", "Blocked", "Asked"] {
            people.push(server.player(name).await?);
        }
        let [me, ann, bob, near, far, blocked, asked] = &people[..] else { anyhow::bail!("seven people") };
        for (one, other) in
            [(me, ann), (me, bob), (ann, near), (bob, near), (bob, far), (ann, blocked), (ann, asked), (ann, bob)]
        {
            one.befriend(other).await?;
        }
        blocked.post(&format!("/users/{}/block", me.id), json!({})).await?.expect(204)?;
        me.post("/friends/requests/", json!({ "user_id": asked.id })).await?.expect(201)?;
        let suggested = list(me, "/friends/suggestions/").await?;
        assert_eq!(ids(&suggested), [near.id.0, far.id.0]);
        assert_eq!((&suggested[0]["mutual_friends"], &suggested[1]["mutual_friends"]), (&json!(2), &json!(1)));

        let page = me.get("/friends/?limit=1&offset=1").await?;
        assert_eq!(page.headers["x-total-count"], "2");
        assert_eq!(ids(page.expect(200)?.as_array().map_or(&[][..], Vec::as_slice)), [ann.id.0], "newest first");
        server.stop().await?;
    }
    Ok(())
}
