//! What goes over the wire in the Socket.IO dialect, word by word. Clients in other languages were written to it.

use std::fmt::Write as _;

use anyhow::Result;
use rallypoint_e2e::{Normaliser, Player, Socket, TestServer, compare_with_golden};
use serde_json::json;

/// Writes down what two sockets exchanged, each in its own order.
fn transcript(host: (&Player, &Socket), guest: (&Player, &Socket)) -> Result<String> {
    let mut normaliser = Normaliser::default();
    let mut text = String::new();
    for (word, (player, _)) in [("(host)", host), ("(guest)", guest)] {
        normaliser.user(player.id, &player.name, word);
    }
    for (title, (_, socket)) in [("host", host), ("guest", guest)] {
        writeln!(text, "# {title}")?;
        for frame in socket.frames() {
            writeln!(text, "{}", normaliser.frame(&frame))?;
        }
    }
    Ok(text)
}

#[tokio::test]
async fn an_invite_is_sent_shown_and_accepted() -> Result<()> {
    let server = TestServer::start().await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, guests_socket) = server.online("Guest").await?;
    let code = host.host(json!({ "server_ip": "203.0.113.5", "server_port": 4000 })).await?;
    let wish = json!({ "receiver_id": guest.id, "session_code": code });
    let sent = hosts_socket.request("invite:send", wish.clone()).await.expect("sent");
    guests_socket.next("invite:received").await;
    hosts_socket.request("invite:send", wish).await.expect_err("a duplicate");
    let invite = sent["invite_id"].clone();
    guests_socket.request("invite:acknowledged", json!({ "invite_id": invite })).await.expect("acknowledged");
    hosts_socket.next("invite:acknowledged").await;
    guests_socket.ask("invite:respond", json!({ "invite_id": invite, "response": "accept" })).await;
    guests_socket.answer_to("invite:respond").await.expect("accepted");
    hosts_socket.next("session:updated").await;
    guests_socket
        .request("invite:respond", json!({ "invite_id": invite, "response": "decline" }))
        .await
        .expect_err("late");
    compare_with_golden("socketio-accept", &transcript((&host, &hosts_socket), (&guest, &guests_socket))?)
}

#[tokio::test]
async fn invites_are_declined_cancelled_and_refused() -> Result<()> {
    let server = TestServer::start().await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, guests_socket) = server.online("Guest").await?;
    let code = host.host(json!({ "server_ip": "203.0.113.5", "server_port": 4000 })).await?;
    let wish = json!({ "receiver_id": guest.id, "session_code": code });
    let invite = hosts_socket.request("invite:send", wish.clone()).await.expect("sent")["invite_id"].clone();
    guests_socket.next("invite:received").await;
    guests_socket
        .request("invite:respond", json!({ "invite_id": invite, "response": "decline" }))
        .await
        .expect("declined");
    hosts_socket.next("invite:declined").await;
    let invite = hosts_socket.request("invite:send", wish).await.expect("sent")["invite_id"].clone();
    guests_socket.next("invite:received").await;
    hosts_socket.request("invite:cancel", json!({ "invite_id": invite })).await.expect("cancelled");
    guests_socket.next("invite:cancelled").await;
    let own = json!({ "receiver_id": host.id, "session_code": code });
    hosts_socket.request("invite:send", own).await.expect_err("to oneself");
    let unknown = json!({ "receiver_id": guest.id, "session_code": "222222" });
    hosts_socket.request("invite:send", unknown).await.expect_err("no such session");
    hosts_socket.request("invite:send", json!({ "receiver_id": "7" })).await.expect_err("malformed");
    hosts_socket.emit("invite:steal", json!({}));
    hosts_socket.next("error").await;
    guests_socket.request("invite:cancel", json!({ "invite_id": invite })).await.expect_err("not the sender");
    compare_with_golden("socketio-refusals", &transcript((&host, &hosts_socket), (&guest, &guests_socket))?)
}
