//! The checklist of the invite protocol, over the socket and over REST alike.

use anyhow::Result;
use rallypoint_e2e::{Database, Player, Socket, TestServer, eventually};
use rallypoint_protocol::SessionCode;
use serde_json::{Value, json};

struct Scene {
    server: TestServer,
    host: Player,
    hosts_socket: Socket,
    guest: Player,
    guests_socket: Socket,
    code: SessionCode,
}

async fn scene() -> Result<Scene> {
    let server = TestServer::start().await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, guests_socket) = server.online("Guest").await?;
    let code = host.host(json!({ "server_ip": "203.0.113.5", "server_port": 4000, "name": "Friday" })).await?;
    Ok(Scene { server, host, hosts_socket, guest, guests_socket, code })
}

impl Scene {
    fn wish(&self) -> Value {
        json!({ "receiver_id": self.guest.id, "session_code": self.code })
    }

    /// Sends an invite over the socket; answers what both sides were told.
    async fn invite(&self) -> (Value, Value) {
        let sent = self.hosts_socket.request("invite:send", self.wish()).await.expect("sent");
        (sent, self.guests_socket.next("invite:received").await)
    }
}

#[tokio::test]
async fn an_invite_pops_up_with_all_that_a_popup_shows() -> Result<()> {
    let scene = scene().await?;
    let (sent, received) = scene.invite().await;
    assert_eq!(sent["status"], "success");
    assert_eq!(sent["session_code"], json!(scene.code));
    assert_eq!(sent["receiver_id"], json!(scene.guest.id));
    assert_eq!(sent["receiver_name"], json!(scene.guest.name));
    assert_eq!(sent["expires_in"], 120);
    assert_eq!(received["invite_id"], sent["invite_id"]);
    assert_eq!(received["kind"], "session");
    assert_eq!(received["sender_id"], json!(scene.host.id));
    assert_eq!(received["sender_name"], json!(scene.host.name));
    assert_eq!(received["session_code"], json!(scene.code));
    assert_eq!(received["session_name"], "Friday");
    assert_eq!(received["server_ip"], "203.0.113.5");
    assert_eq!(received["server_port"], 4000);
    assert_eq!(received["created_at"], sent["created_at"]);
    assert_eq!(received["expires_at"], sent["expires_at"]);
    assert!(matches!(received["expires_in"].as_i64(), Some(119 | 120)), "{received}");
    Ok(())
}

#[tokio::test]
async fn the_sender_learns_that_the_popup_was_shown() -> Result<()> {
    let scene = scene().await?;
    let (sent, _) = scene.invite().await;
    let shown = json!({ "invite_id": sent["invite_id"] });
    let ack = scene.guests_socket.request("invite:acknowledged", shown.clone()).await.expect("acknowledged");
    assert_eq!(ack, json!({ "status": "success", "invite_id": sent["invite_id"] }));
    let seen = scene.hosts_socket.next("invite:acknowledged").await;
    assert_eq!(seen["invite_id"], sent["invite_id"]);
    assert_eq!(seen["receiver_id"], json!(scene.guest.id));
    assert!(seen["seen_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{seen}");

    scene.guests_socket.request("invite:acknowledged", shown).await.expect("a repeat is no error");
    scene.hosts_socket.fence().await;
    assert_eq!(scene.hosts_socket.untaken("invite:acknowledged"), [] as [Value; 0], "told once");
    Ok(())
}

#[tokio::test]
async fn an_accept_tells_where_to_connect_and_takes_the_seat() -> Result<()> {
    let scene = scene().await?;
    let (sent, _) = scene.invite().await;
    let answer = json!({ "invite_id": sent["invite_id"], "response": "accept" });
    let responded = scene.guests_socket.request("invite:respond", answer).await.expect("accepted");
    assert_eq!(responded["status"], "accepted");
    assert_eq!(responded["server_ip"], "203.0.113.5");
    assert_eq!(responded["server_port"], 4000);
    assert_eq!(responded["session_code"], json!(scene.code));
    let accepted = scene.hosts_socket.next("invite:accepted").await;
    assert_eq!(accepted["invite_id"], sent["invite_id"]);
    assert_eq!(accepted["receiver_id"], json!(scene.guest.id));
    assert!(accepted["message"].as_str().is_some_and(|words| words.contains(&scene.guest.name)), "{accepted}");
    let updated = scene.hosts_socket.next("session:updated").await;
    assert_eq!(updated["session"]["players"].as_array().map(Vec::len), Some(2));
    assert_eq!(scene.host.players_of(scene.code).await?, [scene.host.id, scene.guest.id]);
    Ok(())
}

#[tokio::test]
async fn an_accept_into_a_hosted_game_brings_a_token_for_it() -> Result<()> {
    let server = TestServer::start().await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, guests_socket) = server.online("Guest").await?;
    let code = host.host(json!({})).await?;
    let wish = json!({ "receiver_id": guest.id, "session_code": code });
    let sent = hosts_socket.request("invite:send", wish).await.expect("sent");
    let received = guests_socket.next("invite:received").await;
    assert_eq!(received["server_ip"], "127.0.0.1");
    let answer = json!({ "invite_id": sent["invite_id"], "response": "accept" });
    let responded = guests_socket.request("invite:respond", answer).await.expect("accepted");
    let session = guest.get(&format!("/sessions/{code}")).await?.expect(200)?;
    assert_eq!(responded["game_id"], session["game_id"]);
    assert!(responded["connect_token"].as_str().is_some_and(|token| token.len() > 1000), "{responded}");
    Ok(())
}

#[tokio::test]
async fn a_decline_is_told_to_the_sender_and_leaves_the_seat_free() -> Result<()> {
    let scene = scene().await?;
    let (sent, _) = scene.invite().await;
    let answer = json!({ "invite_id": sent["invite_id"], "response": "decline" });
    let responded = scene.guests_socket.request("invite:respond", answer).await.expect("declined");
    assert_eq!(responded["status"], "declined");
    assert_eq!(responded.get("server_ip"), None);
    let declined = scene.hosts_socket.next("invite:declined").await;
    assert_eq!(declined["invite_id"], sent["invite_id"]);
    assert_eq!(declined["receiver_id"], json!(scene.guest.id));
    assert_eq!(scene.host.players_of(scene.code).await?, [scene.host.id]);
    let (again, _) = scene.invite().await;
    assert_ne!(again["invite_id"], sent["invite_id"], "a declined player may be invited again");
    Ok(())
}

#[tokio::test]
async fn a_second_invite_to_the_same_player_is_refused_while_the_first_is_pending() -> Result<()> {
    let scene = scene().await?;
    let (sent, _) = scene.invite().await;
    let refused = scene.hosts_socket.request("invite:send", scene.wish()).await.expect_err("refused");
    assert_eq!(refused["code"], "DUPLICATE_INVITATION");
    assert_eq!(refused["status"], "error");
    assert_eq!(refused["invite_id"], sent["invite_id"]);
    assert_eq!(refused["message"], "Invite already pending. Wait for the answer.");
    scene.host.post("/invite/send", scene.wish()).await?.expect_refusal(409, "DUPLICATE_INVITATION")?;
    Ok(())
}

#[tokio::test]
async fn a_player_who_is_offline_is_not_invited() -> Result<()> {
    let scene = scene().await?;
    let absent = scene.server.player("Absent").await?;
    let wish = json!({ "receiver_id": absent.id, "session_code": scene.code });
    let refused = scene.hosts_socket.request("invite:send", wish.clone()).await.expect_err("refused");
    assert_eq!(refused["code"], "USER_OFFLINE");
    scene.host.post("/invite/send", wish).await?.expect_refusal(404, "USER_OFFLINE")?;
    let nobody = json!({ "receiver_id": 1_000_000, "session_code": scene.code });
    scene.host.post("/invite/send", nobody).await?.expect_refusal(404, "USER_OFFLINE")?;
    Ok(())
}

#[tokio::test]
async fn going_offline_is_immediate() -> Result<()> {
    let Scene { host, hosts_socket, guest, guests_socket, code, server: _server } = scene().await?;
    drop(guests_socket);
    // The server learns of a cut connection when the operating system tells it.
    eventually("guest offline", async || {
        let presence = host.get(&format!("/presence?user_ids={}", guest.id)).await.ok()?.body;
        (presence[0]["online"] == false).then_some(())
    })
    .await;
    let wish = json!({ "receiver_id": guest.id, "session_code": code });
    let refused = hosts_socket.request("invite:send", wish).await.expect_err("refused");
    assert_eq!(refused["code"], "USER_OFFLINE");
    Ok(())
}

#[tokio::test]
async fn without_a_socket_polling_finds_the_invite_and_answers_it() -> Result<()> {
    let Scene { host, hosts_socket, guest, guests_socket, code, server: _server } = scene().await?;
    let wish = json!({ "receiver_id": guest.id, "session_code": code });
    let sent = hosts_socket.request("invite:send", wish).await.expect("sent");
    guests_socket.next("invite:received").await;
    drop(guests_socket);

    let pending = guest.get(&format!("/invite/check/{}", guest.id)).await?.expect(200)?;
    assert_eq!(pending["status"], "success");
    let [invite] = pending["invites"].as_array().expect("a list").as_slice() else { panic!("{pending}") };
    assert_eq!(invite["invite_id"], sent["invite_id"]);
    assert_eq!(invite["sender_name"], json!(host.name));
    assert_eq!(invite["server_ip"], "203.0.113.5");
    assert!(invite["expires_in"].as_i64().is_some_and(|left| (1..=120).contains(&left)), "{invite}");

    let shown = json!({ "invite_id": sent["invite_id"] });
    guest.post("/invite/acknowledge", shown).await?.expect(200)?;
    hosts_socket.next("invite:acknowledged").await;
    let answer = json!({ "invite_id": sent["invite_id"], "response": "accept" });
    let accepted = guest.post("/invite/respond", answer).await?.expect(200)?;
    assert_eq!(accepted["status"], "accepted");
    assert_eq!(accepted["server_ip"], "203.0.113.5");
    assert_eq!(hosts_socket.next("invite:accepted").await["invite_id"], sent["invite_id"]);
    let rest = guest.get(&format!("/invite/check/{}", guest.id)).await?.expect(200)?;
    assert_eq!(rest["invites"], json!([]));
    Ok(())
}

#[tokio::test]
async fn who_polls_counts_as_online_and_can_be_invited() -> Result<()> {
    let server = TestServer::start().await?;
    let (host, guest) = (server.player("Host").await?, server.player("Guest").await?);
    let code = host.host(json!({})).await?;
    guest.get("/invite/check").await?.expect(200)?;
    let invite = host.invite(&guest, code).await?;
    let sent = host.get("/invite/sent").await?.expect(200)?;
    assert_eq!(sent["invites"][0]["status"], "pending");
    assert_eq!(sent["invites"][0]["delivered_at"], Value::Null, "nobody has fetched it");
    let pending = guest.get("/invite/check").await?.expect(200)?;
    assert_eq!(pending["invites"][0]["invite_id"], json!(invite));
    guest.respond(invite, "decline").await?.expect(200)?;
    let sent = host.get("/invite/sent").await?.expect(200)?;
    assert_eq!(sent["invites"][0]["status"], "declined");
    assert_ne!(sent["invites"][0]["delivered_at"], Value::Null);
    assert_ne!(sent["invites"][0]["responded_at"], Value::Null);
    host.get(&format!("/invite/check/{}", guest.id)).await?.expect_refusal(403, "FORBIDDEN")?;
    Ok(())
}

#[tokio::test]
async fn the_polling_lease_ends_by_itself() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.polling_lease_seconds = 1;
    })
    .await?;
    let (host, guest) = (server.player("Host").await?, server.player("Guest").await?);
    let code = host.host(json!({})).await?;
    guest.get("/invite/check").await?.expect(200)?;
    host.invite(&guest, code).await?;
    eventually("guest offline", async || {
        let presence = host.get(&format!("/presence?user_ids={}", guest.id)).await.ok()?.body;
        (presence[0]["online"] == false).then_some(())
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn an_expired_invite_is_gone_and_both_are_told_on_time() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| {
            limits.rates_enabled = false;
            limits.session_invite_seconds = 1;
        })
        .await?;
        let (host, hosts_socket) = server.online("Host").await?;
        let (guest, guests_socket) = server.online("Guest").await?;
        let code = host.host(json!({})).await?;
        let wish = json!({ "receiver_id": guest.id, "session_code": code });
        let asked = std::time::Instant::now();
        let sent = hosts_socket.request("invite:send", wish.clone()).await.expect("sent");
        assert_eq!(sent["expires_in"], 1);
        let invite = guests_socket.next("invite:received").await["invite_id"].clone();
        let told = guests_socket.next("invite:expired").await;
        let took = asked.elapsed().as_millis();
        assert!((1_000..2_000).contains(&took), "expiry is exact to a second, it took {took} ms");
        assert_eq!(told, json!({ "invite_id": invite, "reason": "timeout" }));
        assert_eq!(hosts_socket.next("invite:expired").await, told);
        assert_eq!(guest.get("/invite/check").await?.expect(200)?["invites"], json!([]));
        let answer = json!({ "invite_id": invite, "response": "accept" });
        let late = guests_socket.request("invite:respond", answer.clone()).await.expect_err("too late");
        assert_eq!(late["code"], "EXPIRED_INVITATION");
        assert_eq!(late["invite_id"], invite);
        guest.post("/invite/respond", answer).await?.expect_refusal(410, "EXPIRED_INVITATION")?;
        hosts_socket.request("invite:send", wish).await.expect("a new one may be sent");
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_sender_can_take_an_invite_back() -> Result<()> {
    let scene = scene().await?;
    let (sent, _) = scene.invite().await;
    let wish = json!({ "invite_id": sent["invite_id"] });
    let confirmed = scene.hosts_socket.request("invite:cancel", wish.clone()).await.expect("cancelled");
    assert_eq!(confirmed, json!({ "status": "success", "invite_id": sent["invite_id"] }));
    let told = scene.guests_socket.next("invite:cancelled").await;
    assert_eq!(told, json!({ "invite_id": sent["invite_id"], "reason": "cancelled_by_sender" }));
    scene.host.post("/invite/cancel", wish).await?.expect(200)?;
    scene.guests_socket.fence().await;
    assert_eq!(scene.guests_socket.untaken("invite:cancelled"), [] as [Value; 0], "told once");
    Ok(())
}

#[tokio::test]
async fn an_acknowledgement_id_is_answered_with_the_same_object() -> Result<()> {
    let scene = scene().await?;
    let acknowledged = scene.hosts_socket.ask("invite:send", scene.wish()).await;
    assert_eq!(acknowledged["status"], "success");
    assert_eq!(scene.hosts_socket.next("invite:send:success").await, acknowledged);
    let refused = scene.hosts_socket.ask("invite:send", scene.wish()).await;
    assert_eq!(refused["code"], "DUPLICATE_INVITATION");
    assert_eq!(scene.hosts_socket.next("invite:send:error").await, refused);
    Ok(())
}
