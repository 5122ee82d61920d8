//! Whole journeys through the client library: what an application sees when all goes well, and when it does not.

use std::time::{Duration, Instant};

use anyhow::Result;
use rallypoint::{Event, InviteState, LinkState, RemovalReason};
use rallypoint_e2e::{Database, Proxy, SdkPlayer, ServerProcess, Settings, Stage, TestServer, eventually};
use rallypoint_protocol::{
    ErrorCode, InviteId,
    invite::InviteStatus,
    session::{CreateSession, Session},
};
use serde_json::json;

type Progress = rallypoint::SentProgress;

struct Two {
    _server: TestServer,
    host: SdkPlayer,
    guest: SdkPlayer,
    session: Session,
}

async fn two(change: impl FnOnce(&mut rallypoint_server::Limits)) -> Result<Two> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        change(limits);
    })
    .await?;
    let host = SdkPlayer::guest(server.url(), "Host").await?;
    let guest = SdkPlayer::guest(server.url(), "Guest").await?;
    let session = host.client.sessions().create(CreateSession::default()).await?;
    Ok(Two { _server: server, host, guest, session })
}

impl Two {
    async fn invite(&mut self) -> Result<InviteId> {
        let sent = self.host.client.invites().send(self.guest.id, self.session.session_code).await?;
        Ok(sent.invite_id)
    }

    async fn host_learns(&mut self, invite: InviteId, progress: Progress) {
        self.host
            .until(progress, |event| match event {
                Event::SentInviteChanged(update) if update.invite_id == invite => {
                    (update.progress == progress).then_some(())
                }
                _ => None,
            })
            .await;
    }
}

#[tokio::test]
async fn from_invite_to_seat() -> Result<()> {
    let mut two = two(|_| {}).await?;
    let invite = two.invite().await?;
    let entry = two.guest.rings(invite).await;
    assert_eq!(entry.invite.sender_name, two.host.name);
    assert_eq!(entry.invite.session_code, Some(two.session.session_code));
    let left = entry.remaining(Instant::now());
    assert!((Duration::from_secs(110)..=Duration::from_secs(120)).contains(&left), "{left:?}");
    assert_eq!(two.guest.client.invites().list().len(), 1);

    two.guest.client.invites().shown(invite);
    two.host_learns(invite, Progress::Seen).await;
    let answer = two.guest.client.invites().accept(invite).await?;
    assert_eq!(answer.status, InviteStatus::Accepted);
    assert_eq!(answer.game_id, two.session.game_id);
    assert!(answer.connect_token.is_some() && answer.server_port.is_some());
    assert_eq!(two.guest.stops_ringing(invite).await, RemovalReason::Accepted);
    assert!(two.guest.client.invites().list().is_empty());
    two.host_learns(invite, Progress::Accepted).await;
    for player in [&mut two.host, &mut two.guest] {
        let players = player
            .until("full session", |event| match event {
                Event::SessionUpdated(session) => Some(session.players.len()),
                _ => None,
            })
            .await;
        assert_eq!(players, 2);
    }
    let access = two.host.client.sessions().access(two.session.session_code).await?;
    assert_eq!(Some(access.game_id), two.session.game_id);
    Ok(())
}

#[tokio::test]
async fn a_decline_and_a_cancel_are_told_to_the_other_side() -> Result<()> {
    let mut two = two(|_| {}).await?;
    let declined = two.invite().await?;
    two.guest.rings(declined).await;
    two.guest.client.invites().decline(declined).await?;
    assert_eq!(two.guest.stops_ringing(declined).await, RemovalReason::Declined);
    two.host_learns(declined, Progress::Declined).await;

    let cancelled = two.invite().await?;
    two.guest.rings(cancelled).await;
    two.host.client.invites().cancel(cancelled).await?;
    assert_eq!(two.guest.stops_ringing(cancelled).await, RemovalReason::Cancelled);
    two.host.client.invites().cancel(cancelled).await?;

    let orphaned = two.invite().await?;
    two.guest.rings(orphaned).await;
    two.host.client.sessions().close(two.session.session_code).await?;
    assert_eq!(two.guest.stops_ringing(orphaned).await, RemovalReason::SessionClosed);
    let states: Vec<_> = two.host.client.invites().sent().await?.into_iter().map(|sent| sent.status).collect();
    assert_eq!(states, [InviteStatus::Cancelled, InviteStatus::Cancelled, InviteStatus::Declined]);
    Ok(())
}

#[tokio::test]
async fn an_invite_that_nobody_answers_expires_on_both_sides() -> Result<()> {
    let mut two = two(|limits| limits.session_invite_seconds = 1).await?;
    let invite = two.invite().await?;
    two.guest.rings(invite).await;
    assert_eq!(two.guest.stops_ringing(invite).await, RemovalReason::Expired);
    two.host_learns(invite, Progress::Expired).await;
    let error = two.guest.client.invites().accept(invite).await.expect_err("too late");
    assert!(matches!(error.code(), Some(ErrorCode::ExpiredInvitation | ErrorCode::InvitationNotFound)), "{error}");
    Ok(())
}

#[tokio::test]
async fn refusals_come_with_their_codes() -> Result<()> {
    let two = two(|_| {}).await?;
    let (invites, code) = (two.host.client.invites(), two.session.session_code);
    let refused = async |receiver, code| invites.send(receiver, code).await.expect_err("refused").code();
    assert_eq!(refused(two.host.id, code).await, Some(ErrorCode::SelfInvite));
    let unknown = if code.as_str() == "222222" { "333333" } else { "222222" };
    assert_eq!(refused(two.guest.id, unknown.parse()?).await, Some(ErrorCode::SessionNotFound));
    let absent = rallypoint_protocol::UserId(1 << 40);
    assert_eq!(refused(absent, code).await, Some(ErrorCode::UserOffline));
    invites.send(two.guest.id, code).await?;
    assert_eq!(refused(two.guest.id, code).await, Some(ErrorCode::DuplicateInvitation));
    let not_host = two.guest.client.invites().send(two.host.id, code).await.expect_err("refused");
    assert_eq!(not_host.code(), Some(ErrorCode::NotHost));
    Ok(())
}

#[tokio::test]
async fn invites_stack_newest_first_and_go_one_by_one() -> Result<()> {
    let stage = Stage::new().await?;
    let mut guest = SdkPlayer::guest(stage.server.url(), "Guest").await?;
    let mut invites = Vec::new();
    for _ in 0..3 {
        let (invite, _) = stage.invite(guest.id).await?;
        guest.rings(invite).await;
        invites.insert(0, invite);
    }
    let listed = |guest: &SdkPlayer| -> Vec<InviteId> {
        guest.client.invites().list().iter().map(|entry| entry.invite.invite_id).collect()
    };
    assert_eq!(listed(&guest), invites);
    guest.client.invites().decline(invites[1]).await?;
    guest.stops_ringing(invites[1]).await;
    assert_eq!(listed(&guest), [invites[0], invites[2]]);
    Ok(())
}

#[tokio::test]
async fn a_double_click_is_one_answer() -> Result<()> {
    let mut two = two(|_| {}).await?;
    let invite = two.invite().await?;
    two.guest.rings(invite).await;
    let invites = two.guest.client.invites();
    let (first, second) = tokio::join!(invites.accept(invite), invites.accept(invite));
    assert_eq!((first?.status, second?.status), (InviteStatus::Accepted, InviteStatus::Accepted));
    let session = two.host.client.sessions().get(two.session.session_code).await?;
    assert_eq!(session.players.len(), 2);
    two.host_learns(invite, Progress::Accepted).await;
    Ok(())
}

#[tokio::test]
async fn of_two_devices_the_one_that_did_not_answer_stops_ringing() -> Result<()> {
    let stage = Stage::new().await?;
    stage.server.people().register("guest", "correct horse").await?;
    let mut phone = SdkPlayer::login(stage.server.url(), "guest", "correct horse").await?;
    let mut desk = SdkPlayer::login(stage.server.url(), "guest", "correct horse").await?;
    let (invite, _) = stage.invite(phone.id).await?;
    phone.rings(invite).await;
    desk.rings(invite).await;
    desk.client.invites().accept(invite).await?;
    let reason = phone.stops_ringing(invite).await;
    assert_eq!(reason, RemovalReason::AnsweredElsewhere(InviteStatus::Accepted));
    Ok(())
}

#[tokio::test]
async fn without_a_socket_it_polls_answers_by_rest_and_goes_back() -> Result<()> {
    let stage = Stage::new().await?;
    let proxy = Proxy::before(stage.server.url()).await?;
    let mut guest = SdkPlayer::guest(proxy.url(), "Guest").await?;
    let (before, _) = stage.invite(guest.id).await?;
    guest.rings(before).await;

    proxy.cut_sockets();
    guest.link(LinkState::Fallback).await;
    guest.client.invites().shown(before);
    let answer = guest.client.invites().accept(before).await?;
    assert_eq!((answer.status, answer.server_port), (InviteStatus::Accepted, Some(4000)));
    guest.stops_ringing(before).await;

    let (during, _) = eventually("invite to a player who polls", async || stage.invite(guest.id).await.ok()).await;
    guest.rings(during).await;
    guest.client.invites().decline(during).await?;
    guest.stops_ringing(during).await;
    let (ringing, _) = stage.invite(guest.id).await?;
    guest.rings(ringing).await;

    proxy.restore_sockets();
    guest.link(LinkState::Live).await;
    let (after, _) = stage.invite(guest.id).await?;
    guest.rings(after).await;
    assert_eq!(guest.unnoticed_rings(ringing), 0, "what rang goes on ringing, and rings once");
    guest.client.invites().accept(ringing).await?;
    guest.client.invites().accept(after).await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_given_in_a_tunnel_goes_out_at_its_end() -> Result<()> {
    let mut two = two(|_| {}).await?;
    let invite = two.invite().await?;
    two.guest.rings(invite).await;
    let network = two.guest.client.network();
    network.cut();
    two.guest.link(LinkState::Offline).await;
    let client = two.guest.client.clone();
    let answer = tokio::spawn(async move { client.invites().accept(invite).await });
    two.guest
        .until("acting", |event| match event {
            Event::InviteChanged(entry) => matches!(entry.state, InviteState::Acting(_)).then_some(()),
            _ => None,
        })
        .await;
    network.restore();
    assert_eq!(answer.await??.status, InviteStatus::Accepted);
    two.host_learns(invite, Progress::Accepted).await;
    Ok(())
}

#[tokio::test]
async fn no_invite_is_lost_however_often_the_link_breaks() -> Result<()> {
    let stage = Stage::new().await?;
    let proxy = Proxy::before(stage.server.url()).await?;
    let mut guest = SdkPlayer::guest(proxy.url(), "Guest").await?;
    for round in 0..20 {
        let (invite, _) = eventually("invite", async || stage.invite(guest.id).await.ok()).await;
        match round % 3 {
            0 => proxy.cut_sockets(),
            1 => guest.client.network().cut(),
            _ => {}
        }
        proxy.restore_sockets();
        guest.client.network().restore();
        guest.rings(invite).await;
        guest.client.invites().decline(invite).await?;
        assert_eq!(guest.stops_ringing(invite).await, RemovalReason::Declined);
        assert_eq!(guest.unnoticed_rings(invite), 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_is_found_again() -> Result<()> {
    let database = Database::sqlite()?;
    let mut server = ServerProcess::start(&database, Settings::default()).await?;
    let mut host = SdkPlayer::guest(server.url(), "Host").await?;
    let mut guest = SdkPlayer::guest(server.url(), "Guest").await?;
    let session = host.client.sessions().create(CreateSession::default()).await?;
    let sent = host.client.invites().send(guest.id, session.session_code).await?;
    guest.rings(sent.invite_id).await;
    server.kill()?;
    guest.link(LinkState::Offline).await;
    host.link(LinkState::Offline).await;
    assert_eq!(guest.client.invites().list().len(), 1, "it rings on: it has not expired");
    let client = guest.client.clone();
    let answer = tokio::spawn(async move { client.invites().accept(sent.invite_id).await });
    let server = server.restart().await?;
    assert_eq!(answer.await??.status, InviteStatus::Accepted);
    guest.link(LinkState::Live).await;
    host.link(LinkState::Live).await;
    assert_eq!(host.client.sessions().get(session.session_code).await?.players.len(), 2);
    host.until("accepted", |event| match event {
        Event::SentInviteChanged(update) => (update.progress == Progress::Accepted).then_some(()),
        _ => None,
    })
    .await;
    drop(server);
    Ok(())
}

#[tokio::test]
async fn the_clocks_of_server_and_client_need_not_agree() -> Result<()> {
    for (name, shift) in [("fast", 1), ("slow", -1)] {
        let stage = Stage::new().await?;
        let year: i32 = rallypoint_protocol::Timestamp(now_ms()).to_string()[..4].parse()?;
        let proxy = Proxy::before(stage.server.url()).await?;
        proxy.rewrite(&format!("\"{year}-"), &format!("\"{}-", year + shift));
        let mut guest = SdkPlayer::guest(proxy.url(), "Guest").await?;
        let (invite, _) = stage.invite(guest.id).await?;
        let entry = guest.rings(invite).await;
        assert!(entry.invite.expires_at.to_string().starts_with(&(year + shift).to_string()), "the shift works");
        let left = entry.remaining(Instant::now());
        assert!((Duration::from_secs(110)..=Duration::from_secs(120)).contains(&left), "{name}: {left:?}");
        guest.client.invites().accept(invite).await?;
    }
    Ok(())
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or_default()
}

#[tokio::test]
async fn a_token_that_expires_in_mid_session_is_no_event() -> Result<()> {
    let stage = Stage::on(&Database::sqlite()?, |limits| {
        limits.rates_enabled = false;
        limits.access_token_seconds = 2;
    })
    .await?;
    let mut guest = SdkPlayer::guest(stage.server.url(), "Guest").await?;
    let first = guest.client.access_token().expect("signed in");
    eventually("expired token", async || {
        let answer = stage.host.with_token(&first).get("/auth/me").await.ok()?;
        (answer.status == 401).then_some(())
    })
    .await;
    guest.client.sessions().create(CreateSession::default()).await?;
    assert_ne!(guest.client.access_token(), Some(first));
    guest.client.network().cut();
    guest.link(LinkState::Offline).await;
    guest.client.network().restore();
    guest.link(LinkState::Live).await;
    let signed_out = guest.untaken().iter().any(|event| matches!(event, Event::SignedOut { .. }));
    assert!(!signed_out && guest.client.user().is_some());
    Ok(())
}

#[tokio::test]
async fn a_login_that_was_ended_elsewhere_is_told_once() -> Result<()> {
    let stage = Stage::new().await?;
    let mut guest = SdkPlayer::guest(stage.server.url(), "Guest").await?;
    let token = guest.client.access_token().expect("signed in");
    stage.host.with_token(&token).post("/auth/logout", json!({})).await?.expect(204)?;
    let error = guest
        .until("signed out", |event| match event {
            Event::SignedOut { error } => Some(error.clone()),
            _ => None,
        })
        .await;
    assert_eq!(error.code, ErrorCode::Unauthenticated);
    assert_eq!((guest.client.user(), guest.client.link_state()), (None, LinkState::SignedOut));
    Ok(())
}

#[tokio::test]
async fn who_resumes_is_the_same_player_with_the_same_invites() -> Result<()> {
    let stage = Stage::new().await?;
    let mut guest = SdkPlayer::guest(stage.server.url(), "Guest").await?;
    let (invite, _) = stage.invite(guest.id).await?;
    guest.rings(invite).await;
    let token = guest.client.refresh_token().expect("signed in");
    let id = guest.id;
    drop(guest);
    let client = SdkPlayer::client(stage.server.url())?;
    assert_eq!(client.resume(&token).await?.id, id);
    eventually("the invite again", async || client.invites().list().first().map(|entry| entry.invite.invite_id)).await;
    client.invites().accept(invite).await?;
    assert!(client.shutdown(Duration::from_secs(5)));
    Ok(())
}

#[tokio::test]
async fn a_deep_link_waits_for_sign_in_and_leads_into_the_session() -> Result<()> {
    let stage = Stage::new().await?;
    let code = stage.host.host(json!({ "open": true })).await?;
    let client = SdkPlayer::client(stage.server.url())?;
    let mut events = client.events();
    client.open_link(&format!("rallypoint://join/{code}"))?;
    assert!(client.open_link("https://example.net").is_err());
    assert!(client.open_link("rallypoint://join/OOPS").is_err());
    client.guest(Some("Guest")).await?;
    let wanted = loop {
        let event = tokio::time::timeout(rallypoint_e2e::PATIENCE, events.next()).await?.expect("an event");
        if let Event::JoinRequested { code } = event {
            break code;
        }
    };
    assert_eq!(wanted, code);
    assert_eq!(client.sessions().join(wanted).await?.players.len(), 2);
    client.shutdown(Duration::from_secs(5));
    Ok(())
}

#[tokio::test]
async fn a_client_that_is_shut_down_says_so_and_leaves_no_presence() -> Result<()> {
    let stage = Stage::on(&Database::sqlite()?, |limits| {
        limits.rates_enabled = false;
        // Its look for missed invites counted as a poll.
        limits.polling_lease_seconds = 1;
    })
    .await?;
    let guest = SdkPlayer::guest(stage.server.url(), "Guest").await?;
    let (client, id) = (guest.client.clone(), guest.id);
    assert!(client.shutdown(Duration::from_secs(5)));
    assert!(client.shutdown(Duration::from_secs(5)), "again is no harm");
    assert!(matches!(client.invites().sent().await, Err(rallypoint::Error::Closed)));
    eventually("guest offline", async || {
        let presence = stage.host.get(&format!("/presence?user_ids={id}")).await.ok()?.body;
        (presence[0]["online"] == false).then_some(())
    })
    .await;
    Ok(())
}
