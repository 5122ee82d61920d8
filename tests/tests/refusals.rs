//! Everything about invites that is refused, with the code and the HTTP status of the catalogue.

use anyhow::Result;
use rallypoint_e2e::{Player, Socket, TestServer, eventually};
use rallypoint_protocol::{InviteId, SessionCode};
use serde_json::{Value, json};

/// A player and its socket: each refusal is tried on both surfaces.
struct Side {
    player: Player,
    socket: Socket,
}

impl Side {
    async fn new(server: &TestServer, name: &str) -> Result<Self> {
        let (player, socket) = server.online(name).await?;
        Ok(Self { player, socket })
    }

    async fn refused(&self, event: &str, path: &str, wish: Value, status: u16, code: &str) -> Result<()> {
        let error = self.socket.request(event, wish.clone()).await.expect_err(code);
        assert_eq!((error["status"].as_str(), error["code"].as_str()), (Some("error"), Some(code)), "{error}");
        assert!(error["message"].as_str().is_some_and(|words| words.ends_with('.')), "{error}");
        self.player.post(path, wish).await?.expect_refusal(status, code)?;
        Ok(())
    }

    async fn cannot_send(&self, receiver: &Side, code: SessionCode, status: u16, error: &str) -> Result<()> {
        let wish = json!({ "receiver_id": receiver.player.id, "session_code": code });
        self.refused("invite:send", "/invite/send", wish, status, error).await
    }

    async fn cannot_respond(&self, invite: InviteId, response: &str, status: u16, error: &str) -> Result<()> {
        let wish = json!({ "invite_id": invite, "response": response });
        self.refused("invite:respond", "/invite/respond", wish, status, error).await
    }

    async fn cannot_cancel(&self, invite: InviteId, status: u16, error: &str) -> Result<()> {
        self.refused("invite:cancel", "/invite/cancel", json!({ "invite_id": invite }), status, error).await
    }
}

struct Scene {
    server: TestServer,
    host: Side,
    guest: Side,
    code: SessionCode,
}

async fn scene() -> Result<Scene> {
    let server = TestServer::start().await?;
    let (host, guest) = (Side::new(&server, "Host").await?, Side::new(&server, "Guest").await?);
    let code = host.player.host(json!({})).await?;
    Ok(Scene { server, host, guest, code })
}

async fn status_of(host: &Player, invite: InviteId) -> Result<String> {
    let sent = host.get("/invite/sent").await?.expect(200)?;
    let invites = sent["invites"].as_array().expect("a list");
    let found = invites.iter().find(|sent| sent["invite_id"] == json!(invite)).expect("the invite is listed");
    Ok(found["status"].as_str().expect("a status").to_owned())
}

#[tokio::test]
async fn only_the_host_invites() -> Result<()> {
    let Scene { server, host, guest, code } = scene().await?;
    let third = Side::new(&server, "Third").await?;
    guest.cannot_send(&third, code, 403, "NOT_HOST").await?;
    let invite = host.player.invite(&guest.player, code).await?;
    guest.player.respond(invite, "accept").await?.expect(200)?;
    guest.cannot_send(&third, code, 403, "NOT_HOST").await
}

#[tokio::test]
async fn a_session_that_is_not_there_is_named_as_such() -> Result<()> {
    let Scene { server: _server, host, guest, code } = scene().await?;
    let unknown: SessionCode = if code.as_str() == "222222" { "333333".parse()? } else { "222222".parse()? };
    host.cannot_send(&guest, unknown, 404, "SESSION_NOT_FOUND").await?;
    host.player.delete(&format!("/sessions/{code}")).await?.expect(204)?;
    host.cannot_send(&guest, code, 404, "SESSION_NOT_FOUND").await
}

#[tokio::test]
async fn nobody_invites_itself() -> Result<()> {
    let Scene { server: _server, host, guest: _guest, code } = scene().await?;
    host.cannot_send(&host, code, 400, "SELF_INVITE").await
}

#[tokio::test]
async fn the_answer_that_won_stands() -> Result<()> {
    let Scene { server: _server, host, guest, code } = scene().await?;
    for (first, second) in [("decline", "accept"), ("accept", "decline")] {
        let invite = host.player.invite(&guest.player, code).await?;
        let answered = guest.player.respond(invite, first).await?.expect(200)?;
        guest.cannot_respond(invite, second, 409, "ALREADY_RESPONDED").await?;
        let repeated = guest.player.respond(invite, first).await?.expect(200)?;
        assert_eq!(repeated["status"], answered["status"], "a repeat is answered like the first time");
        assert_eq!(repeated["server_port"], answered["server_port"]);
        host.cannot_cancel(invite, 409, "ALREADY_RESPONDED").await?;
    }
    assert_eq!(host.player.players_of(code).await?, [host.player.id, guest.player.id]);
    host.socket.fence().await;
    assert_eq!(host.socket.untaken("invite:accepted").len(), 1, "a repeat is not announced again");
    assert_eq!(host.socket.untaken("invite:declined").len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_invite_is_nobody_elses_to_answer_or_cancel() -> Result<()> {
    let Scene { server, host, guest, code } = scene().await?;
    let stranger = Side::new(&server, "Stranger").await?;
    let invite = host.player.invite(&guest.player, code).await?;
    for response in ["accept", "decline"] {
        stranger.cannot_respond(invite, response, 404, "INVITATION_NOT_FOUND").await?;
        host.cannot_respond(invite, response, 404, "INVITATION_NOT_FOUND").await?;
    }
    stranger.cannot_cancel(invite, 404, "INVITATION_NOT_FOUND").await?;
    guest.cannot_cancel(invite, 404, "INVITATION_NOT_FOUND").await?;
    let shown = json!({ "invite_id": invite });
    for other in [&stranger, &host] {
        let event = "invite:acknowledged";
        other.refused(event, "/invite/acknowledge", shown.clone(), 404, "INVITATION_NOT_FOUND").await?;
    }
    let missing = InviteId(1 << 40);
    guest.cannot_respond(missing, "accept", 404, "INVITATION_NOT_FOUND").await?;
    host.cannot_cancel(missing, 404, "INVITATION_NOT_FOUND").await?;
    assert_eq!(status_of(&host.player, invite).await?, "pending");
    guest.player.respond(invite, "accept").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_cancelled_invite_can_not_be_answered() -> Result<()> {
    let Scene { server: _server, host, guest, code } = scene().await?;
    let invite = host.player.invite(&guest.player, code).await?;
    host.player.post("/invite/cancel", json!({ "invite_id": invite })).await?.expect(200)?;
    guest.cannot_respond(invite, "accept", 409, "ALREADY_RESPONDED").await?;
    guest.cannot_respond(invite, "decline", 409, "ALREADY_RESPONDED").await?;
    assert_eq!(host.player.players_of(code).await?, [host.player.id]);
    Ok(())
}

#[tokio::test]
async fn a_full_session_leaves_the_invite_pending_until_a_seat_is_free() -> Result<()> {
    let Scene { server, host, guest, code } = scene().await?;
    let quick = Side::new(&server, "Quick").await?;
    let invite = host.player.invite(&guest.player, code).await?;
    let other = host.player.invite(&quick.player, code).await?;
    quick.player.respond(other, "accept").await?.expect(200)?;

    guest.cannot_respond(invite, "accept", 409, "SESSION_FULL").await?;
    assert_eq!(status_of(&host.player, invite).await?, "pending");
    assert_eq!(host.player.players_of(code).await?, [host.player.id, quick.player.id]);

    quick.player.post(&format!("/sessions/{code}/leave"), json!({})).await?.expect(204)?;
    guest.player.respond(invite, "accept").await?.expect(200)?;
    assert_eq!(host.player.players_of(code).await?, [host.player.id, guest.player.id]);
    Ok(())
}

#[tokio::test]
async fn after_expiry_every_wish_says_so() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.session_invite_seconds = 1;
    })
    .await?;
    let (host, guest) = (Side::new(&server, "Host").await?, Side::new(&server, "Guest").await?);
    let code = host.player.host(json!({})).await?;
    let invite = host.player.invite(&guest.player, code).await?;
    guest.socket.next("invite:expired").await;
    guest.cannot_respond(invite, "accept", 410, "EXPIRED_INVITATION").await?;
    guest.cannot_respond(invite, "decline", 410, "EXPIRED_INVITATION").await?;
    host.cannot_cancel(invite, 410, "EXPIRED_INVITATION").await?;
    assert_eq!(status_of(&host.player, invite).await?, "expired");
    Ok(())
}

#[tokio::test]
async fn so_many_invites_may_be_pending_and_no_more() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.pending_session_invites = 2;
    })
    .await?;
    let host = Side::new(&server, "Host").await?;
    let code = host.player.host(json!({})).await?;
    let mut guests = Vec::new();
    for name in ["First", "Second", "Third"] {
        guests.push(Side::new(&server, name).await?);
    }
    let invite = host.player.invite(&guests[0].player, code).await?;
    host.player.invite(&guests[1].player, code).await?;
    host.cannot_send(&guests[2], code, 429, "TOO_MANY_PENDING").await?;
    guests[0].player.respond(invite, "decline").await?.expect(200)?;
    host.player.invite(&guests[2].player, code).await?;
    Ok(())
}

#[tokio::test]
async fn closing_the_session_cancels_what_is_pending_and_keeps_what_was_answered() -> Result<()> {
    let Scene { server, host, guest, code } = scene().await?;
    let slow = Side::new(&server, "Slow").await?;
    let accepted = host.player.invite(&guest.player, code).await?;
    guest.player.respond(accepted, "accept").await?.expect(200)?;
    let pending = host.player.invite(&slow.player, code).await?;
    host.player.delete(&format!("/sessions/{code}")).await?.expect(204)?;
    let told = slow.socket.next("invite:cancelled").await;
    assert_eq!(told, json!({ "invite_id": pending, "reason": "session_closed" }));
    slow.cannot_respond(pending, "accept", 409, "ALREADY_RESPONDED").await?;
    let repeated = guest.player.respond(accepted, "accept").await?.expect(200)?;
    assert_eq!(repeated["status"], "accepted", "answered from the record after the session closed");
    host.player.post("/invite/cancel", json!({ "invite_id": pending })).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_refused_invite_names_what_was_asked_for() -> Result<()> {
    let Scene { server, host, guest: _guest, code } = scene().await?;
    let absent = server.player("Absent").await?;
    let wish = json!({ "receiver_id": absent.id, "session_code": code });
    let error = host.socket.request("invite:send", wish.clone()).await.expect_err("refused");
    assert_eq!(error["details"], wish, "several wishes under way can be told apart");
    Ok(())
}

#[tokio::test]
async fn a_seat_is_taken_once_however_many_accept_at_the_same_time() -> Result<()> {
    let Scene { server, host, guest: _guest, code } = scene().await?;
    let mut rivals = Vec::new();
    for number in 0..8 {
        let rival = server.player(&format!("Rival {number}")).await?;
        rival.get("/invite/check").await?.expect(200)?;
        rivals.push((host.player.invite(&rival, code).await?, rival));
    }
    let answers = rivals.iter().map(|(invite, rival)| rival.respond(*invite, "accept"));
    let answers = futures_util::future::join_all(answers).await;
    let mut seated = 0;
    for answer in answers {
        match answer? {
            won if won.status == 200 => seated += 1,
            lost => drop(lost.expect_refusal(409, "SESSION_FULL")?),
        }
    }
    assert_eq!(seated, 1);
    assert_eq!(host.player.players_of(code).await?.len(), 2);
    let pending =
        eventually("list of invites", async || host.player.get("/invite/sent").await.ok()).await.expect(200)?;
    let left = pending["invites"].as_array().expect("a list").iter().filter(|sent| sent["status"] == "pending");
    assert_eq!(left.count(), 7);
    Ok(())
}
