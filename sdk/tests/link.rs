//! Fallback, tokens and answers, against a server that misbehaves on request.

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rallypoint::{
    Client, Error, ErrorCode, Event, Events, InviteId, LinkState, RemovalReason, SentProgress, SessionCode, UserId,
};
use serde_json::json;
use support::{
    FakeServer, PATIENCE, Sockets, client, invite, invites, open_to, refusal, signed_in, until, until_link, well,
};

async fn until_added(events: &mut Events) -> InviteId {
    let pick = |event: &Event| match event {
        Event::InviteAdded(entry) => Some(entry.id()),
        _ => None,
    };
    until(events, "an invite", pick).await
}

#[tokio::test]
async fn without_a_socket_it_polls_rings_acknowledges_and_answers_by_rest() {
    let server = FakeServer::start(Sockets::Unreachable, |request| match request.path.as_str() {
        "/invite/check/7" => Some((200, invites(&[invite(1)]))),
        _ => well(request),
    })
    .await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(Some("Bo")).await.unwrap();
    until_link(&mut events, LinkState::Fallback).await;
    assert_eq!(until_added(&mut events).await, InviteId(1));
    client.invites().shown(InviteId(1));
    client.invites().shown(InviteId(1));
    server.until("an acknowledge", |server| !server.requests("/invite/acknowledge").is_empty()).await;
    let invites = client.invites();
    let (first, second) = tokio::join!(invites.accept(InviteId(1)), invites.accept(InviteId(1)));
    assert_eq!(first.unwrap().invite_id, InviteId(1));
    assert!(second.is_ok());
    server.until("more polls", |server| server.requests("/invite/check/7").len() >= 5).await;
    assert_eq!(server.requests("/invite/respond").len(), 1, "two clicks are one answer");
    assert_eq!(server.requests("/invite/acknowledge").len(), 1);
    assert!(client.invites().list().is_empty(), "a poll that still lists it does not make it ring again");
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn over_the_socket_an_invite_is_acknowledged_and_answered_there() {
    let server = FakeServer::start(open_to("a1"), well).await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    until_link(&mut events, LinkState::Live).await;
    server.emit("invite:received", invite(1));
    server.emit("invite:received", invite(1));
    server.emit("from:the:future", json!({ "x": 1 }));
    server.emit("invite:received", json!({ "invite_id": "nonsense" }));
    let id = until_added(&mut events).await;
    client.invites().shown(id);
    server.until("an acknowledge", |server| !server.events("invite:acknowledged").is_empty()).await;
    server.emit("invite:acknowledged:ack", json!({ "status": "success", "invite_id": 1 }));
    let answering = tokio::spawn({
        let invites = client.invites();
        async move { invites.decline(id).await }
    });
    server.until("an answer", |server| !server.events("invite:respond").is_empty()).await;
    assert_eq!(server.events("invite:respond"), [json!({ "invite_id": 1, "response": "decline" })]);
    server.emit("invite:respond:success", json!({ "status": "declined", "invite_id": 1 }));
    answering.await.unwrap().unwrap();
    let pick = |event: &Event| match event {
        Event::InviteAdded(_) => panic!("it rings twice"),
        Event::InviteRemoved { reason, .. } => Some(*reason),
        _ => None,
    };
    assert_eq!(until(&mut events, "its end", pick).await, RemovalReason::Declined);
    assert!(server.requests("/invite/respond").is_empty());
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn a_socket_lost_between_question_and_reply_loses_no_answer() {
    let server = FakeServer::start(open_to("a1"), well).await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    until_link(&mut events, LinkState::Live).await;
    server.emit("invite:received", invite(1));
    let id = until_added(&mut events).await;
    let answering = tokio::spawn({
        let invites = client.invites();
        async move { invites.accept(id).await }
    });
    server.until("an answer", |server| !server.events("invite:respond").is_empty()).await;
    server.hang_up();
    assert_eq!(answering.await.unwrap().unwrap().invite_id, id);
    let repeats = server.requests("/invite/respond");
    assert_eq!(repeats[0].body, json!({ "invite_id": 1, "response": "accept" }), "the same answer");
    until_link(&mut events, LinkState::Live).await;
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn an_expired_token_is_refreshed_once_for_all_and_the_requests_are_repeated() {
    let server = FakeServer::start(Sockets::Unreachable, |request| match request.path.as_str() {
        "/auth/refresh" => Some((200, signed_in("a2", "r2"))),
        "/auth/guest" => well(request),
        _ if request.token.as_deref() != Some("a2") => Some((401, refusal("TOKEN_EXPIRED"))),
        path if path.starts_with("/users/") => Some((200, json!([support::user()]))),
        _ => well(request),
    })
    .await;
    let client = client(&server);
    client.guest(None).await.unwrap();
    let invites = client.invites();
    let (one, two, three) = tokio::join!(client.find_users("b"), client.find_users("o"), invites.sent());
    assert_eq!(one.unwrap()[0].id, UserId(7));
    assert!(two.is_ok() && three.is_ok());
    let refreshes = server.requests("/auth/refresh");
    assert_eq!(refreshes.len(), 1, "each refresh token works once");
    assert_eq!(refreshes[0].body, json!({ "refresh_token": "r1" }));
    assert_eq!(client.refresh_token().as_deref(), Some("r2"));
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn a_refused_handshake_refreshes_the_token_and_connects_with_the_new_one() {
    let server =
        FakeServer::start(Sockets::Tokens(vec!["a2".into()], "TOKEN_EXPIRED: sign in again".into()), |request| {
            match request.path.as_str() {
                "/auth/refresh" => Some((200, signed_in("a2", "r2"))),
                _ => well(request),
            }
        })
        .await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    until_link(&mut events, LinkState::Live).await;
    assert_eq!(server.handshakes(), [Some("a1".into()), Some("a2".into())]);
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn a_refused_refresh_ends_the_login_with_the_servers_words() {
    let server = FakeServer::start(Sockets::Tokens(vec![], "UNAUTHENTICATED: sign in first".into()), |request| {
        match request.path.as_str() {
            "/auth/refresh" => Some((401, refusal("UNAUTHENTICATED"))),
            _ => well(request),
        }
    })
    .await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    let pick = |event: &Event| match event {
        Event::SignedOut { error } => Some(error.code),
        _ => None,
    };
    assert_eq!(until(&mut events, "the end", pick).await, ErrorCode::Unauthenticated);
    assert_eq!((client.user(), client.link_state()), (None, LinkState::SignedOut));
    assert_eq!(client.find_users("x").await, Err(Error::NotSignedIn));
    client.guest(None).await.unwrap();
    assert!(client.user().is_some(), "somebody else may sign in");
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn an_invite_whose_reply_is_lost_is_found_and_not_sent_again() {
    let listed = json!([{
        "invite_id": 5, "kind": "session", "status": "pending", "receiver_id": 9, "receiver_name": "Cy#0001",
        "session_code": "K7QX2M", "created_at": "2026-07-28T09:13:00.000Z",
        "expires_at": "2026-07-28T09:15:00.000Z", "expires_in": 120,
        "delivered_at": null, "seen_at": null, "responded_at": null
    }]);
    let server = FakeServer::start(open_to("a1"), move |request| match request.path.as_str() {
        "/invite/sent" => Some((200, json!({ "status": "success", "invites": listed }))),
        _ => well(request),
    })
    .await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    until_link(&mut events, LinkState::Live).await;
    let code: SessionCode = "K7QX2M".parse().unwrap();
    let sending = tokio::spawn({
        let invites = client.invites();
        async move { invites.send(UserId(9), code).await }
    });
    server.until("the invite", |server| !server.events("invite:send").is_empty()).await;
    server.hang_up();
    assert_eq!(sending.await.unwrap().unwrap().invite_id, InviteId(5));
    assert!(server.requests("/invite/send").is_empty());
    until_link(&mut events, LinkState::Live).await;
    server.emit("invite:accepted", json!({ "invite_id": 5, "receiver_id": 9, "message": "Cy#0001 is in" }));
    let pick = |event: &Event| match event {
        Event::SentInviteChanged(update) => Some((update.invite_id, update.progress)),
        _ => None,
    };
    assert_eq!(until(&mut events, "the answer", pick).await, (InviteId(5), SentProgress::Accepted));
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn refusals_over_the_socket_reach_the_call_that_they_are_about() {
    let server = FakeServer::start(open_to("a1"), well).await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    until_link(&mut events, LinkState::Live).await;
    let code: SessionCode = "K7QX2M".parse().unwrap();
    let [one, two] = [9, 10].map(|receiver| {
        let invites = client.invites();
        tokio::spawn(async move { invites.send(UserId(receiver), code).await })
    });
    server.until("two invites", |server| server.events("invite:send").len() == 2).await;
    let mut error = refusal("USER_OFFLINE");
    error["details"] = json!({ "receiver_id": 10, "session_code": "K7QX2M" });
    server.emit("invite:send:error", error);
    assert_eq!(two.await.unwrap().unwrap_err().code(), Some(ErrorCode::UserOffline));
    server.emit("invite:send:error", refusal("NOT_HOST"));
    assert_eq!(one.await.unwrap().unwrap_err().code(), Some(ErrorCode::NotHost));
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn a_server_that_is_away_makes_it_offline_and_its_return_brings_all_back() {
    let away = Arc::new(AtomicBool::new(false));
    let is_away = away.clone();
    let server = FakeServer::start(
        open_to("a1"),
        move |request| {
            if is_away.load(Ordering::SeqCst) { None } else { well(request) }
        },
    )
    .await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    for _ in 0..10 {
        until_link(&mut events, LinkState::Live).await;
        away.store(true, Ordering::SeqCst);
        server.set_sockets(Sockets::Unreachable);
        server.hang_up();
        until_link(&mut events, LinkState::Offline).await;
        away.store(false, Ordering::SeqCst);
        until_link(&mut events, LinkState::Fallback).await;
        server.set_sockets(open_to("a1"));
    }
    until_link(&mut events, LinkState::Live).await;
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn a_polite_close_is_noticed_like_a_broken_cable() {
    let server = FakeServer::start(open_to("a1"), well).await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    for _ in 0..3 {
        until_link(&mut events, LinkState::Live).await;
        server.close_politely();
        until_link(&mut events, LinkState::Connecting).await;
    }
    until_link(&mut events, LinkState::Live).await;
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn the_switch_cuts_and_restores_everything() {
    let server = FakeServer::start(open_to("a1"), well).await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    until_link(&mut events, LinkState::Live).await;
    client.network().cut();
    until_link(&mut events, LinkState::Offline).await;
    assert!(client.network().is_cut());
    assert!(matches!(client.find_users("x").await, Err(Error::Network(_))));
    client.network().restore();
    until_link(&mut events, LinkState::Live).await;
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn a_link_waits_until_somebody_is_signed_in() {
    let server = FakeServer::start(Sockets::Unreachable, well).await;
    let client = client(&server);
    let mut events = client.events();
    assert!(matches!(client.open_link("http://example.org"), Err(Error::InvalidInput(_))));
    client.open_link("rallypoint://join/k7qx2m").unwrap();
    client.guest(None).await.unwrap();
    let pick = |event: &Event| match event {
        Event::JoinRequested { code } => Some(code.to_string()),
        _ => None,
    };
    assert_eq!(until(&mut events, "the link", pick).await, "K7QX2M");
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn logging_out_ends_what_rings_and_what_is_being_answered() {
    let answers = Arc::new(AtomicUsize::new(0));
    let count = answers.clone();
    let server = FakeServer::start(Sockets::Unreachable, move |request| match request.path.as_str() {
        "/invite/check/7" => Some((200, invites(&[invite(1), invite(2)]))),
        "/invite/respond" => {
            count.fetch_add(1, Ordering::SeqCst);
            None
        }
        _ => well(request),
    })
    .await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    until_added(&mut events).await;
    let answering = tokio::spawn({
        let invites = client.invites();
        async move { invites.accept(InviteId(1)).await }
    });
    server.until("an answer", |server| !server.requests("/invite/respond").is_empty()).await;
    client.logout().await.unwrap();
    assert_eq!(answering.await.unwrap(), Err(Error::NotSignedIn));
    assert_eq!((client.invites().list().len(), client.user()), (0, None));
    assert_eq!(client.invites().accept(InviteId(2)).await, Err(Error::NotSignedIn));
    assert!(answers.load(Ordering::SeqCst) >= 1);
    assert!(client.shutdown(PATIENCE));
}

#[tokio::test]
async fn after_shutdown_every_call_fails_at_once_and_readers_end() {
    let server = FakeServer::start(open_to("a1"), well).await;
    let client = client(&server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    until_link(&mut events, LinkState::Live).await;
    assert!(client.shutdown(PATIENCE));
    assert!(client.shutdown(Duration::ZERO), "once more does no harm");
    assert_eq!(client.guest(None).await, Err(Error::Closed));
    assert_eq!(client.find_users("x").await, Err(Error::Closed));
    assert_eq!(client.invites().accept(InviteId(1)).await, Err(Error::Closed));
    assert_eq!(client.open_link("rallypoint://join/K7QX2M"), Err(Error::Closed));
    let drained = async { while events.next().await.is_some() {} };
    tokio::time::timeout(PATIENCE, drained).await.unwrap();
}

#[test]
fn bad_settings_are_refused_by_name() {
    for url in ["", "example.org", "ftp://example.org", "http://"] {
        assert!(matches!(Client::builder(url).build(), Err(Error::InvalidInput(_))), "{url:?}");
    }
    let second = Duration::from_secs(1);
    let builder = || Client::builder("http://127.0.0.1:1");
    assert!(builder().poll_interval(second * 2..second).build().is_err());
    assert!(builder().reconnect_backoff(Duration::ZERO..second).build().is_err());
    assert!(builder().request_timeout(Duration::ZERO).build().is_err());
}
