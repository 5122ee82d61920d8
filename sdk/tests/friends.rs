//! Friends and challenges, against a server that says what a test tells it to.

#[expect(dead_code, reason = "each test uses its part of it")]
mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use rallypoint::{
    Client, Error, ErrorCode, Event, Events, FriendshipId, InviteId, LinkState, SentInviteUpdate, SentProgress, UserId,
    protocol::{
        invite::{InviteKind, InviteStep},
        social::FriendshipStatus,
    },
};
use serde_json::{Value, json};
use support::{
    FakeServer, PATIENCE, Request, Sockets, client, invite, invites, open_to, refusal, until, until_link, user, well,
};

/// The answers that a test has put down, by path; what is not among them is as always.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<HashMap<String, (u16, Value)>>>);

impl Answers {
    fn put(&self, path: &str, status: u16, body: Value) {
        self.0.lock().unwrap().insert(path.into(), (status, body));
    }

    fn lists(&self, requests: &[Value], friends: &[Value]) {
        self.put("/friends/requests/?limit=100&offset=0", 200, json!(requests));
        self.put("/friends/?limit=100&offset=0", 200, json!(friends));
    }

    fn give(&self, request: &Request) -> Option<(u16, Value)> {
        self.0.lock().unwrap().get(&request.path).cloned().or_else(|| well(request))
    }
}

async fn start(sockets: Sockets) -> (FakeServer, Answers) {
    let answers = Answers::default();
    answers.lists(&[], &[]);
    let given = answers.clone();
    (FakeServer::start(sockets, move |request| given.give(request)).await, answers)
}

/// Signed in, and the lists have been read.
async fn signed_in(server: &FakeServer, link: LinkState) -> (Client, Events) {
    let client = client(server);
    let mut events = client.events();
    client.guest(None).await.unwrap();
    until_link(&mut events, link).await;
    if !client.friends().state().fetched {
        until(&mut events, "the lists", |_| client.friends().state().fetched.then_some(())).await;
    }
    (client, events)
}

fn row(id: i64, status: &str, incoming: bool) -> Value {
    let mut row = json!({
        "friendship_id": id.to_string(), "status": status, "incoming": incoming, "since": "2026-07-28T09:13:00.000Z",
        "user": user()
    });
    if status == "accepted" {
        row["presence"] = presence(true);
    }
    row
}

fn presence(online: bool) -> Value {
    json!({ "user_id": 7, "username": "bo", "online": online, "in_game": false, "status": "at lunch" })
}

fn challenge(id: i64, status: &str, session_code: Option<&str>) -> Value {
    json!({
        "invite_id": id, "kind": "map", "status": status, "receiver_id": 7, "receiver_name": "Bo#0001", "map": "arena", "friendship_id": "4",
        "session_code": session_code, "created_at": "2026-07-28T09:13:00.000Z",
        "expires_at": "2026-07-28T09:15:00.000Z", "expires_in": 120
    })
}

fn challenge_sent(id: i64) -> Value {
    let mut sent = challenge(id, "success", None);
    sent["friendship_id"] = json!("4");
    sent
}

async fn until_sent(events: &mut Events, wanted: SentProgress) -> SentInviteUpdate {
    let pick = |event: &Event| match event {
        Event::SentInviteChanged(update) if update.progress == wanted => Some(update.clone()),
        _ => None,
    };
    until(events, &format!("{wanted:?}"), pick).await
}

#[tokio::test]
async fn what_friends_do_arrives_as_typed_events_and_is_in_the_state_by_then() {
    let (server, answers) = start(open_to("a1")).await;
    let (client, mut events) = signed_in(&server, LinkState::Live).await;
    let friends = client.friends();

    answers.lists(&[row(4, "pending", true)], &[]);
    server.emit("friend:request", json!({ "friendship_id": "4", "user": user() }));
    let pick = |event: &Event| match event {
        Event::FriendRequested(friend) => Some((friend.friendship_id, friends.state().requests.len())),
        Event::Server(raw) => panic!("{raw:?} has an event of its own"),
        _ => None,
    };
    assert_eq!(until(&mut events, "a request", pick).await, (FriendshipId(4), 1));

    answers.put("/friends/4/accept", 200, row(4, "accepted", true));
    answers.lists(&[], &[row(4, "accepted", true)]);
    assert_eq!(friends.accept(FriendshipId(4)).await.unwrap().status, FriendshipStatus::Accepted);
    assert_eq!((friends.state().friends.len(), friends.state().requests.len()), (1, 0), "as soon as it is answered");
    until(&mut events, "a friend", |event| matches!(event, Event::FriendAccepted(_)).then_some(())).await;

    server.emit("presence:changed", presence(false));
    let pick = |event: &Event| match event {
        Event::PresenceChanged(told) => Some((told.clone(), friends.state().friends[0].presence.clone())),
        _ => None,
    };
    let (told, shown) = until(&mut events, "a presence", pick).await;
    assert!(!told.online && shown == Some(told));

    server.emit("friend:removed", json!({ "friendship_id": "4", "user_id": 7 }));
    let pick = |event: &Event| match event {
        Event::FriendRemoved(friend) => Some(friend.user.username.clone()),
        _ => None,
    };
    assert_eq!(until(&mut events, "an end", pick).await, "bo");
    assert!(friends.state().friends.is_empty());
    client.logout().await.unwrap();
    assert!(!friends.state().fetched);
}

#[tokio::test]
async fn what_was_missed_while_the_socket_was_down_is_told_once_it_is_back() {
    let (server, answers) = start(open_to("a1")).await;
    let (client, mut events) = signed_in(&server, LinkState::Live).await;
    answers.lists(&[row(5, "pending", true)], &[row(4, "accepted", false)]);
    server.hang_up();
    let mut told = Vec::new();
    while told.len() < 2 {
        let pick = |event: &Event| match event {
            Event::FriendRequested(friend) | Event::FriendAccepted(friend) => Some(friend.friendship_id.0),
            _ => None,
        };
        told.push(until(&mut events, "what was missed", pick).await);
    }
    assert_eq!(told, [5, 4]);
    assert_eq!(client.friends().state().friends[0].presence.as_ref().unwrap().status.as_deref(), Some("at lunch"));
}

#[tokio::test]
async fn ones_own_calls_change_the_state_and_say_why_they_fail() {
    let (server, answers) = start(Sockets::Unreachable).await;
    let (client, _events) = signed_in(&server, LinkState::Fallback).await;
    let friends = client.friends();
    answers.put("/friends/requests/", 201, row(4, "pending", false));
    assert!(!friends.request("bo").await.unwrap().incoming);
    assert_eq!(server.requests("/friends/requests/").last().unwrap().body, json!({ "username": "bo" }));
    friends.request_user(UserId(7)).await.unwrap();
    assert_eq!(server.requests("/friends/requests/").last().unwrap().body, json!({ "user_id": 7 }));
    assert_eq!(friends.state().requests.len(), 1);
    answers.put("/friends/4", 204, Value::Null);
    friends.remove(FriendshipId(4)).await.unwrap();
    assert!(friends.state().requests.is_empty());
    assert_eq!(friends.accept(FriendshipId(4)).await.unwrap_err().code(), Some(ErrorCode::NotFound));

    answers.put("/friends/requests/", 200, row(6, "accepted", false));
    friends.request("bo").await.unwrap();
    assert_eq!(friends.state().friends.len(), 1, "the other one had asked");
    answers.put("/users/7/block", 204, Value::Null);
    friends.block(UserId(7)).await.unwrap();
    assert!(friends.state().friends.is_empty());
    friends.unblock(UserId(7)).await.unwrap();
    answers.put("/users/blocked?limit=100&offset=0", 200, json!([user()]));
    answers.put("/friends/suggestions/", 200, json!([{ "user": user(), "mutual_friends": 3 }]));
    answers.put("/maps", 200, json!(["classic", "arena"]));
    assert_eq!(friends.blocked().await.unwrap()[0].id, UserId(7));
    assert_eq!(friends.suggestions().await.unwrap()[0].mutual_friends, 3);
    assert_eq!(friends.maps().await.unwrap(), ["classic", "arena"]);
}

#[tokio::test]
async fn friends_are_read_page_by_page() {
    let (server, answers) = start(Sockets::Unreachable).await;
    let page = |ids: std::ops::Range<i64>| ids.map(|id| row(id, "accepted", true)).collect::<Vec<_>>();
    answers.lists(&[], &page(100..200));
    // The second page begins with the last row of the first.
    let second: Vec<_> = [199].into_iter().chain(1..8).map(|id| row(id, "accepted", true)).collect();
    answers.put("/friends/?limit=100&offset=99", 200, json!(second));
    let (client, _events) = signed_in(&server, LinkState::Fallback).await;
    assert_eq!(client.friends().state().friends.len(), 107);
    assert_eq!(client.friends().list().await.unwrap().len(), 107);
}

#[tokio::test]
async fn a_friend_whom_a_changing_list_left_out_is_not_lost() {
    let (server, answers) = start(Sockets::Unreachable).await;
    let rows = |ids: &[i64]| json!(ids.iter().map(|id| row(*id, "accepted", true)).collect::<Vec<_>>());
    let all: Vec<i64> = (1..=150).collect();
    let second: Vec<i64> = (100..=150).collect();
    answers.lists(&[], &[]);
    answers.put("/friends/?limit=100&offset=0", 200, rows(&all[..100]));
    answers.put("/friends/?limit=100&offset=99", 200, rows(&second));
    let (client, mut events) = signed_in(&server, LinkState::Fallback).await;
    assert_eq!(client.friends().state().friends.len(), 150);
    // Friend 50 leaves between the two pages: what follows moves up by one, and friend 101 is in neither.
    answers.put("/friends/?limit=100&offset=99", 200, rows(&second[1..]));
    assert!(client.friends().list().await.is_err());
    let without: Vec<i64> = all.iter().copied().filter(|id| *id != 50).collect();
    answers.put("/friends/?limit=100&offset=0", 200, rows(&without[..100]));
    let pick = |event: &Event| match event {
        Event::FriendRemoved(friend) => Some(friend.friendship_id),
        _ => None,
    };
    client.friends().unblock(UserId(9)).await.unwrap_err();
    answers.put("/users/9/block", 204, Value::Null);
    client.friends().unblock(UserId(9)).await.unwrap();
    assert_eq!(until(&mut events, "who has left", pick).await, FriendshipId(50), "and nobody else");
    assert_eq!(client.friends().state().friends.len(), 149);
}

#[tokio::test]
async fn what_one_says_of_oneself_is_said_again_after_a_reconnect() {
    let (server, answers) = start(open_to("a1")).await;
    let (client, mut events) = signed_in(&server, LinkState::Live).await;
    answers.put("/presence", 204, Value::Null);
    client.presence().set_status(Some("in the menu".into())).await.unwrap();
    let said = || server.requests("/presence").len();
    assert_eq!(said(), 1);
    server.hang_up();
    until(&mut events, "a lost link", |event| match event {
        Event::LinkChanged { state, .. } => (*state != LinkState::Live).then_some(()),
        _ => None,
    })
    .await;
    until_link(&mut events, LinkState::Live).await;
    server.until("a status", |_| said() == 2).await;
    assert_eq!(server.requests("/presence")[1].body, json!({ "status": "in the menu" }));

    answers.put("/presence", 404, refusal("USER_OFFLINE"));
    client.presence().set_status(Some("warming up".into())).await.expect("it is said as soon as one is online");
    server.until("a second try", |_| said() >= 4).await;
    assert_eq!(server.requests("/presence")[3].body, json!({ "status": "warming up" }));
    answers.put("/presence", 400, refusal("BAD_REQUEST"));
    let refused = client.presence().set_status(Some("x".repeat(300))).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::BadRequest));
}

#[tokio::test]
async fn a_challenge_is_followed_over_the_socket_until_it_says_where_to_play() {
    let (server, answers) = start(open_to("a1")).await;
    let (client, mut events) = signed_in(&server, LinkState::Live).await;
    answers.put("/invite/challenge", 201, challenge_sent(9));
    let sent = client.friends().challenge(UserId(7), "arena").await.unwrap();
    assert_eq!((sent.invite_id, sent.friendship_id), (InviteId(9), FriendshipId(4)));
    assert_eq!(server.requests("/invite/challenge")[0].body, json!({ "receiver_id": 7, "map": "arena" }));
    server.emit(
        "invite:acknowledged",
        json!({ "invite_id": 9, "receiver_id": 7, "seen_at": "2026-07-28T09:13:01.000Z" }),
    );
    assert_eq!(until_sent(&mut events, SentProgress::Seen).await.session_code, None);
    let accepted = json!({ "invite_id": 9, "receiver_id": 7, "message": "m", "session_code": "K7QX2M" });
    server.emit("invite:accepted", accepted);
    let update = until_sent(&mut events, SentProgress::Accepted).await;
    assert_eq!((update.invite_id, update.session_code), (InviteId(9), "K7QX2M".parse().ok()));
}

#[tokio::test]
async fn a_challenge_that_ends_with_the_friendship_is_known_to_have_ended() {
    let (server, answers) = start(open_to("a1")).await;
    answers.lists(&[], &[row(4, "accepted", true)]);
    let (client, mut events) = signed_in(&server, LinkState::Live).await;
    answers.put("/invite/challenge", 201, challenge_sent(9));
    client.friends().challenge(UserId(7), "arena").await.unwrap();
    server.emit("invite:cancelled", json!({ "invite_id": 9, "reason": "friendship_ended" }));
    assert_eq!(until_sent(&mut events, SentProgress::Cancelled).await.invite_id, InviteId(9));
}

#[tokio::test]
async fn a_challenge_is_followed_without_a_socket_too() {
    let (server, answers) = start(Sockets::Unreachable).await;
    let (client, mut events) = signed_in(&server, LinkState::Fallback).await;
    for (id, status, code, ends) in [
        (9, "accepted", Some("K7QX2M"), SentProgress::Accepted),
        (10, "declined", None, SentProgress::Declined),
        (11, "expired", None, SentProgress::Expired),
    ] {
        answers.put("/invite/sent", 200, invites(&[challenge(id, "pending", None)]));
        answers.put("/invite/challenge", 201, challenge_sent(id));
        client.friends().challenge(UserId(7), "arena").await.unwrap();
        answers.put("/invite/sent", 200, invites(&[challenge(id, status, code)]));
        let update = until_sent(&mut events, ends).await;
        assert_eq!((update.invite_id.0, update.session_code), (id, code.and_then(|code| code.parse().ok())));
    }
}

#[tokio::test]
async fn a_challenge_whose_reply_is_lost_is_found_and_not_sent_again() {
    let answers = Answers::default();
    answers.lists(&[], &[row(4, "accepted", true)]);
    let given = answers.clone();
    let server = FakeServer::start(Sockets::Unreachable, move |request| match request.path.as_str() {
        "/invite/challenge" => None,
        _ => given.give(request),
    })
    .await;
    let (client, _events) = signed_in(&server, LinkState::Fallback).await;
    let lost = client.friends().challenge(UserId(7), "arena").await;
    assert!(matches!(lost, Err(Error::Network(_))), "nothing came of it: {lost:?}");
    answers.put("/invite/sent", 200, invites(&[challenge(9, "pending", None)]));
    let found = client.friends().challenge(UserId(7), "arena").await.unwrap();
    assert_eq!((found.invite_id, found.friendship_id, found.map.as_str()), (InviteId(9), FriendshipId(4), "arena"));
    let other = client.friends().challenge(UserId(7), "classic").await;
    assert!(matches!(other, Err(Error::Network(_))), "that was about another map: {other:?}");
}

#[tokio::test]
async fn a_challenge_that_rings_is_accepted_like_any_invite_and_can_be_traced() {
    let (server, answers) = start(open_to("a1")).await;
    let (client, mut events) = signed_in(&server, LinkState::Live).await;
    let mut challenge = invite(3);
    challenge["kind"] = json!("map");
    challenge["map"] = json!("arena");
    challenge["friendship_id"] = json!("4");
    for field in ["session_code", "server_ip", "server_port"] {
        challenge.as_object_mut().unwrap().remove(field);
    }
    server.emit("invite:received", challenge);
    let pick = |event: &Event| match event {
        Event::InviteAdded(entry) => Some(entry.invite.clone()),
        _ => None,
    };
    let rings = until(&mut events, "a challenge", pick).await;
    assert_eq!((rings.kind, rings.map.as_deref()), (InviteKind::Map, Some("arena")));
    assert_eq!((rings.friendship_id, rings.session_code), (Some(FriendshipId(4)), None));
    let invites = client.invites();
    let accepting = tokio::spawn({
        let invites = invites.clone();
        async move { invites.accept(InviteId(3)).await }
    });
    server.until("an answer", |server| !server.events("invite:respond").is_empty()).await;
    let answer = json!({ "status": "accepted", "invite_id": 3, "session_code": "K7QX2M", "connect_token": "t" });
    server.emit("invite:respond:success", answer);
    let accepted = accepting.await.unwrap().unwrap();
    assert_eq!((accepted.session_code, accepted.connect_token.as_deref()), ("K7QX2M".parse().ok(), Some("t")));

    let step = |step: &str, via: &[&str]| json!({ "step": step, "at": "2026-07-28T09:13:00.000Z", "via": via });
    let steps = [step("created", &[]), step("delivered", &["socketio"]), step("from_the_future", &[])];
    let trace = json!({
        "invite_id": 3, "kind": "map", "status": "accepted", "sender_id": 3, "receiver_id": 7, "steps": steps
    });
    answers.put("/invites/3/trace", 200, trace);
    answers.put("/invites/4/trace", 404, refusal("INVITATION_NOT_FOUND"));
    let trace = invites.trace(InviteId(3)).await.unwrap();
    let steps: Vec<_> = trace.steps.iter().map(|step| step.step).collect();
    assert_eq!(steps, [InviteStep::Created, InviteStep::Delivered, InviteStep::Unknown]);
    assert_eq!(trace.steps[1].via, ["socketio"]);
    let stranger = invites.trace(InviteId(4)).await.unwrap_err();
    assert_eq!(stranger.code(), Some(ErrorCode::InvitationNotFound));
    assert!(client.shutdown(PATIENCE));
}
