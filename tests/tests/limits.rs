//! Rates and sizes, and the forms that every surface keeps to.

use anyhow::{Context as _, Result};
use rallypoint_e2e::{JsonSocket, TestServer};
use rallypoint_protocol::MAX_FRAME_BYTES;
use rallypoint_server::Rate;
use reqwest::Method;
use serde_json::{Value, json};

/// So many at once, and then nothing for as long as a test takes.
fn at_once(burst: u32) -> Rate {
    Rate { per_second: 0.001, burst }
}

fn retry_after(refused: &Value) -> u64 {
    refused["retry_after"].as_u64().filter(|seconds| *seconds > 0).expect("how long to wait")
}

#[tokio::test]
async fn sign_in_calls_are_limited_by_address() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.sign_in.per_second = 0.001).await?;
    let people = server.people();
    let mut guest = None;
    for number in 0..20 {
        guest = Some(people.guest(&format!("Guest {number}")).await.context("within the burst of 20")?);
    }
    let guest = guest.context("no guest")?;
    let calls = [
        ("/auth/guest", json!({})),
        ("/auth/register", json!({ "username": "late", "password": "12345678" })),
        ("/auth/login", json!({ "username": "late", "password": "12345678" })),
        ("/auth/refresh", json!({ "refresh_token": guest.refresh_token })),
        ("/users/", json!({ "username": "late", "password": "12345678" })),
    ];
    for (path, body) in calls {
        let answer = people.post(path, body).await?;
        let told: u64 = answer.headers["retry-after"].to_str()?.parse()?;
        assert_eq!(retry_after(&answer.expect_refusal(429, "RATE_LIMITED")?), told);
    }
    guest.get("/auth/me").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn every_surface_is_limited_by_address() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.addresses = at_once(5)).await?;
    let people = server.people();
    for _ in 0..5 {
        people.call(Method::GET, "/health", None).await?.expect(200)?;
    }
    for path in ["/health", "/socket.io/?EIO=4&transport=polling", "/auth/me"] {
        let answer = people.call(Method::GET, path, None).await?;
        assert!(answer.headers.contains_key("access-control-allow-origin"), "a page can read why: {path}");
        retry_after(&answer.expect_refusal(429, "RATE_LIMITED")?);
    }
    for path in ["/ws/invitations/?token=x", "/ws/game/x/?token=x"] {
        assert!(JsonSocket::open(server.url(), path).await.is_err(), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn rest_calls_are_limited_by_user() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.rest = at_once(3)).await?;
    let (busy, other) = (server.player("Busy").await?, server.player("Other").await?);
    for _ in 0..3 {
        busy.get("/auth/me").await?.expect(200)?;
    }
    let answer = busy.post("/invite/send", json!({})).await?;
    assert!(answer.headers.contains_key("retry-after"));
    retry_after(&answer.expect_refusal(429, "RATE_LIMITED")?);
    other.get("/auth/me").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn socket_frames_are_limited_by_user_over_all_sockets() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.frames = at_once(4)).await?;
    let (busy, phone) = server.online("Busy").await?;
    let desk = busy.socket().await?;
    let (_, other) = server.online("Other").await?;
    let wish = json!({ "invite_id": 999 });
    for socket in [&phone, &desk, &phone, &desk] {
        let error = socket.request("invite:cancel", wish.clone()).await.expect_err("no such invite");
        assert_eq!(error["code"], "INVITATION_NOT_FOUND");
    }
    for socket in [&phone, &desk] {
        let error = socket.request("invite:cancel", wish.clone()).await.expect_err("too many");
        assert_eq!((error["status"].as_str(), error["code"].as_str()), (Some("error"), Some("RATE_LIMITED")));
        retry_after(&error);
        assert!(!socket.is_closed());
    }
    let error = other.request("invite:cancel", wish).await.expect_err("no such invite");
    assert_eq!(error["code"], "INVITATION_NOT_FOUND");
    Ok(())
}

#[tokio::test]
async fn who_goes_on_after_ten_refusals_is_sent_away_alone() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.frames = at_once(1)).await?;
    let (busy, socket) = server.online("Busy").await?;
    let calm = busy.socket().await?;
    let wish = json!({ "invite_id": 999 });
    socket.request("invite:cancel", wish.clone()).await.expect_err("no such invite");
    for _ in 0..9 {
        let error = socket.request("invite:cancel", wish.clone()).await.expect_err("too many");
        assert_eq!(error["code"], "RATE_LIMITED");
    }
    assert!(!socket.is_closed(), "nine refusals are no reason");
    socket.emit("invite:cancel", wish.clone());
    assert_eq!(socket.next("error").await["code"], "RATE_LIMITED", "it is told why");
    socket.closed().await;
    let error = calm.request("invite:cancel", wish).await.expect_err("too many");
    assert_eq!(error["code"], "RATE_LIMITED");
    assert!(!calm.is_closed(), "refusals are counted by socket");
    Ok(())
}

#[tokio::test]
async fn a_large_frame_costs_a_frame() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.frames = at_once(2)).await?;
    let (_, socket) = server.online("Busy").await?;
    let large = json!({ "invite_id": 999, "padding": "x".repeat(MAX_FRAME_BYTES) });
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(socket.request("invite:cancel", large.clone()).await.expect_err("refused")["code"].clone());
    }
    assert_eq!(codes, ["PAYLOAD_TOO_LARGE", "PAYLOAD_TOO_LARGE", "RATE_LIMITED"]);
    Ok(())
}

#[tokio::test]
async fn invites_are_limited_by_user_on_both_surfaces_together() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.invites = at_once(2)).await?;
    let (host, socket) = server.online("Host").await?;
    let (guest, _guests_socket) = server.online("Guest").await?;
    let code = host.host(json!({})).await?;
    let wish = json!({ "receiver_id": guest.id, "session_code": code });
    let invite = host.invite(&guest, code).await?;
    guest.respond(invite, "decline").await?.expect(200)?;
    socket.request("invite:send", wish.clone()).await.expect("the second of two");
    let refused = socket.request("invite:send", wish.clone()).await.expect_err("too many");
    assert_eq!(refused["code"], "RATE_LIMITED");
    retry_after(&refused);
    let answer = host.post("/invite/send", wish).await?;
    assert!(answer.headers.contains_key("retry-after"));
    retry_after(&answer.expect_refusal(429, "RATE_LIMITED")?);

    let metrics = reqwest::get(format!("{}/metrics/", server.url())).await?.text().await?;
    for line in [
        "rallypoint_refusals_total{limit=\"invites\"} 2",
        "rallypoint_invites_total{step=\"created\"} 2",
        "rallypoint_invites_total{step=\"declined\"} 1",
        "rallypoint_connections{dialect=\"socketio\"} 2",
        "rallypoint_users_online 2",
    ] {
        assert!(metrics.lines().any(|told| told == line), "no {line} in\n{metrics}");
    }
    Ok(())
}

#[tokio::test]
async fn a_flood_of_frames_is_answered_or_cut_off_and_the_server_stays_quick() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.sign_in.burst = 100).await?;
    let (_, flood) = server.online("Flood").await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, _guests_socket) = server.online("Guest").await?;
    let code = host.host(json!({})).await?;
    for _ in 0..5_000 {
        flood.emit("invite:cancel", json!({ "invite_id": 999 }));
    }
    let asked = std::time::Instant::now();
    let wish = json!({ "receiver_id": guest.id, "session_code": code });
    hosts_socket.request("invite:send", wish).await.expect("sent");
    assert!(asked.elapsed().as_millis() < 2_000, "others wait: {:?}", asked.elapsed());
    flood.closed().await;
    Ok(())
}

#[tokio::test]
async fn a_body_over_64_kib_is_too_large() -> Result<()> {
    let server = TestServer::start().await?;
    let player = server.player("Player").await?;
    let padded = |bytes: usize| json!({ "invite_id": 999, "padding": "x".repeat(bytes) });
    for path in ["/invite/cancel", "/invite/acknowledge"] {
        let fits = player.post(path, padded(MAX_FRAME_BYTES - 100)).await?;
        fits.expect_refusal(404, "INVITATION_NOT_FOUND")?;
        for bytes in [MAX_FRAME_BYTES, 1 << 20] {
            player.post(path, padded(bytes)).await?.expect_refusal(413, "PAYLOAD_TOO_LARGE")?;
        }
    }
    let anonymous = server.people().post("/auth/guest", padded(MAX_FRAME_BYTES)).await?;
    anonymous.expect_refusal(413, "PAYLOAD_TOO_LARGE")?;
    Ok(())
}

#[tokio::test]
async fn a_path_answers_alike_with_and_without_a_slash_at_its_end() -> Result<()> {
    let server = TestServer::start().await?;
    let player = server.player("Player").await?;
    let code = player.host(json!({})).await?;
    let session = format!("/sessions/{code}");
    let me = format!("/invite/check/{}", player.id);
    let presence = "/presence";
    for path in ["/health", "/ready", "/auth/me", "/users", session.as_str(), &me, "/invite/check", "/invite/sent"] {
        let (plain, slashed) = (player.get(path).await?, player.get(&format!("{path}/")).await?);
        assert_eq!((plain.status, &plain.body), (200, &slashed.body), "{path}");
        assert_eq!(slashed.status, 200, "{path}/");
    }
    let query = format!("?user_ids={}", player.id);
    let plain = player.get(&format!("{presence}{query}")).await?.expect(200)?;
    assert_eq!(player.get(&format!("{presence}/{query}")).await?.expect(200)?, plain);
    player.post(&format!("{session}/leave/"), json!({})).await?.expect(204)?;
    Ok(())
}

#[tokio::test]
async fn refusals_before_any_handler_have_the_same_form() -> Result<()> {
    let server = TestServer::start().await?;
    let player = server.player("Player").await?;
    for path in
        ["/", "/nowhere", "/invite", "/invite/send/more", "/sessions/K7QX2M/steal", "/invite/check/me", "/users/x"]
    {
        player.get(path).await?.expect_refusal(404, "NOT_FOUND").context(path)?;
    }
    let methods = [(Method::GET, "/invite/send"), (Method::DELETE, "/users"), (Method::PATCH, "/sessions/K7QX2M")];
    for (method, path) in methods {
        let answer = player.people.request(method, path, Some(&player.token), None).await?;
        assert!(answer.headers.contains_key("allow"), "{path}");
        answer.expect_refusal(405, "BAD_REQUEST").context(path)?;
    }
    player.get("/sessions/222222").await?.expect_refusal(404, "SESSION_NOT_FOUND")?;
    player.get("/users/999999").await?.expect_refusal(404, "NOT_FOUND")?;
    player.get("/users?limit=many").await?.expect_refusal(400, "BAD_REQUEST")?;
    Ok(())
}

#[tokio::test]
async fn lists_are_cut_and_their_length_is_told() -> Result<()> {
    let server = TestServer::start().await?;
    let player = server.player("Seeker").await?;
    for number in 0..34 {
        server.player(&format!("Crowd {number}")).await?;
    }
    let length = async |query: &str| -> Result<(usize, String)> {
        let answer = player.get(&format!("/users?search=crowd{query}")).await?;
        let total = answer.headers["x-total-count"].to_str()?.to_owned();
        Ok((answer.expect(200)?.as_array().context("no list")?.len(), total))
    };
    assert_eq!(length("").await?, (30, "34".into()));
    assert_eq!(length("&limit=100").await?, (34, "34".into()));
    assert_eq!(length("&limit=1000&offset=30").await?, (4, "34".into()));
    assert_eq!(length("&offset=9223372036854775807").await?, (0, "34".into()));
    assert_eq!(length("&limit=-1&offset=-1").await?.0, 1);
    Ok(())
}
