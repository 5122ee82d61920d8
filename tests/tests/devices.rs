//! A player with several devices, and devices that come and go.

use anyhow::Result;
use rallypoint_e2e::{TestServer, eventually};
use serde_json::{Value, json};

#[tokio::test]
async fn all_devices_ring_the_first_answer_wins_and_the_others_stop_ringing() -> Result<()> {
    let server = TestServer::start().await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, phone) = server.online("Guest").await?;
    let (desk, tablet) = (guest.socket().await?, guest.socket().await?);
    let code = host.host(json!({})).await?;
    for (answer, status) in [("decline", "declined"), ("accept", "accepted")] {
        let invite = host.invite(&guest, code).await?;
        for device in [&phone, &desk, &tablet] {
            assert_eq!(device.next("invite:received").await["invite_id"], json!(invite));
        }
        let wish = json!({ "invite_id": invite, "response": answer });
        desk.request("invite:respond", wish).await.expect("answered");
        for device in [&phone, &tablet] {
            assert_eq!(device.next("invite:resolved").await, json!({ "invite_id": invite, "status": status }));
        }
        desk.fence().await;
        assert_eq!(desk.untaken("invite:resolved"), [] as [Value; 0], "who answered knows");

        let other = if answer == "accept" { "decline" } else { "accept" };
        let late = json!({ "invite_id": invite, "response": other });
        let refused = phone.request("invite:respond", late).await.expect_err("too late");
        assert_eq!(refused["code"], "ALREADY_RESPONDED");
    }
    hosts_socket.fence().await;
    assert_eq!(hosts_socket.untaken("invite:accepted").len(), 1);
    assert_eq!(hosts_socket.untaken("invite:declined").len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_answer_by_rest_stops_every_device() -> Result<()> {
    let server = TestServer::start().await?;
    let host = server.player("Host").await?;
    let (guest, phone) = server.online("Guest").await?;
    let desk = guest.socket().await?;
    let code = host.host(json!({})).await?;
    let invite = host.invite(&guest, code).await?;
    guest.respond(invite, "accept").await?.expect(200)?;
    for device in [&phone, &desk] {
        assert_eq!(device.next("invite:resolved").await, json!({ "invite_id": invite, "status": "accepted" }));
    }
    Ok(())
}

#[tokio::test]
async fn both_devices_of_a_player_accept_at_once_and_one_seat_is_taken() -> Result<()> {
    let server = TestServer::start().await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, phone) = server.online("Guest").await?;
    let desk = guest.socket().await?;
    let code = host.host(json!({ "server_ip": "203.0.113.5", "server_port": 4000, "max_players": 8 })).await?;
    let invite = host.invite(&guest, code).await?;
    let wish = json!({ "invite_id": invite, "response": "accept" });
    let (one, other) =
        tokio::join!(phone.request("invite:respond", wish.clone()), desk.request("invite:respond", wish.clone()));
    for answer in [one, other] {
        assert_eq!(answer.expect("accepted, or accepted already")["status"], "accepted");
    }
    assert_eq!(host.players_of(code).await?, [host.id, guest.id]);
    hosts_socket.next("invite:accepted").await;
    hosts_socket.fence().await;
    assert_eq!(hosts_socket.untaken("invite:accepted"), [] as [Value; 0], "announced once");
    Ok(())
}

#[tokio::test]
async fn what_is_pending_comes_again_with_the_same_id_to_who_reconnects() -> Result<()> {
    let server = TestServer::start().await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, first) = server.online("Guest").await?;
    let code = host.host(json!({})).await?;
    let (answered, pending) = {
        let other = server.online("Other host").await?.0;
        let others_code = other.host(json!({})).await?;
        let answered = other.invite(&guest, others_code).await?;
        guest.respond(answered, "decline").await?.expect(200)?;
        (answered, host.invite(&guest, code).await?)
    };
    first.next_where("invite:received", |invite| invite["invite_id"] == json!(pending)).await;
    drop(first);

    let second = guest.socket().await?;
    let again = second.next("invite:received").await;
    assert_eq!(again["invite_id"], json!(pending));
    assert_eq!(again["sender_name"], json!(host.name));
    second.fence().await;
    let more = second.untaken("invite:received");
    assert!(more.is_empty(), "the answered invite {answered} does not ring again: {more:?}");
    second.request("invite:respond", json!({ "invite_id": pending, "response": "accept" })).await.expect("accepted");
    hosts_socket.next("invite:accepted").await;

    let third = guest.socket().await?;
    third.fence().await;
    assert_eq!(third.untaken("invite:received"), [] as [Value; 0]);
    Ok(())
}

#[tokio::test]
async fn a_player_is_online_while_one_device_is() -> Result<()> {
    let server = TestServer::start().await?;
    let host = server.player("Host").await?;
    let (guest, phone) = server.online("Guest").await?;
    let desk = guest.socket().await?;
    let online = async || -> Option<bool> {
        host.get(&format!("/presence?user_ids={}", guest.id)).await.ok()?.body[0]["online"].as_bool()
    };
    phone.leave().await?;
    assert_eq!(online().await, Some(true));
    desk.leave().await?;
    eventually("guest offline", async || online().await.filter(|online| !online)).await;
    Ok(())
}

#[tokio::test]
async fn eleventh_device_takes_the_place_of_the_longest_silent() -> Result<()> {
    let server = TestServer::start().await?;
    let guest = server.player("Guest").await?;
    let mut devices = Vec::new();
    for _ in 0..10 {
        devices.push(guest.socket().await?);
    }
    // All but the fourth ask for something.
    for (index, device) in devices.iter().enumerate().filter(|(index, _)| *index != 3) {
        device.fence().await;
        assert!(!device.is_closed(), "{index}");
    }
    let newest = guest.socket().await?;
    assert_eq!(devices[3].next("error").await["code"], "RATE_LIMITED");
    devices[3].next("(disconnect)").await;
    devices[3].closed().await;
    newest.fence().await;
    for (index, device) in devices.iter().enumerate().filter(|(index, _)| *index != 3) {
        device.fence().await;
        assert!(!device.is_closed(), "{index}");
    }
    Ok(())
}

#[tokio::test]
async fn evicted_invitation_socket_is_told_that_it_was_replaced() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.sockets_per_user = 1).await?;
    let guest = server.player("Guest").await?;
    let mut first = guest.invitations().await?;
    // The answer shows that it is known by now.
    first.send(json!({ "type": "nonsense" })).await?;
    first.next("game_invitation_error").await?;
    guest.socket().await?.fence().await;
    assert_eq!(first.closed().await?, (3003, "REPLACED".to_owned()));
    Ok(())
}
