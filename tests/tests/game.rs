//! From the reply to an accept into a match over UDP, and back to the session.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rallypoint_e2e::{PATIENCE, Player, Socket, TestServer};
use rallypoint_pong::{
    TICK,
    bot::Paddle,
    client::{GameClient, GameNews},
    rules::{Outcome, Side},
    wire::ServerMessage,
};
use rallypoint_protocol::SessionCode;
use serde_json::{Value, json};

/// A match to three points at high speed, against one who hardly moves, is over well before.
const LONGEST_MATCH: Duration = Duration::from_secs(120);

struct Table {
    _server: TestServer,
    host: Player,
    hosts_socket: Socket,
    guest: Player,
    _guests_socket: Socket,
    code: SessionCode,
    /// What the guest got with the accept.
    ticket: Value,
}

async fn table() -> Result<Table> {
    let server = TestServer::start().await?;
    let (host, hosts_socket) = server.online("Host").await?;
    let (guest, guests_socket) = server.online("Guest").await?;
    let code = host.host(json!({ "options": { "score_to_win": 3, "game_speed": "fast" } })).await?;
    let wish = json!({ "receiver_id": guest.id, "session_code": code });
    let sent = hosts_socket.request("invite:send", wish).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    let accept = json!({ "invite_id": sent["invite_id"], "response": "accept" });
    let ticket = guests_socket.request("invite:respond", accept).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Table { _server: server, host, hosts_socket, guest, _guests_socket: guests_socket, code, ticket })
}

async fn fresh_ticket(player: &Player, code: SessionCode) -> Result<Value> {
    player.post(&format!("/sessions/{code}/connect-token"), json!({})).await?.expect(200)
}

fn connect(ticket: &Value) -> Result<GameClient> {
    let token = ticket["connect_token"].as_str().context("no token")?;
    GameClient::connect_base64(token).map_err(|error| anyhow::anyhow!("{error}"))
}

/// Lets the clients live until `done` has an answer, at the pace of the game.
async fn live<T>(
    what: &str,
    clients: &mut [&mut GameClient],
    limit: Duration,
    mut done: impl FnMut(usize, &mut GameClient, GameNews) -> Result<Option<T>>,
) -> Result<T> {
    let mut ticks = tokio::time::interval(TICK);
    let playing = async {
        loop {
            ticks.tick().await;
            for (index, client) in clients.iter_mut().enumerate() {
                client.update(TICK);
                while let Some(news) = client.poll() {
                    if let Some(answer) = done(index, client, news)? {
                        return Ok(answer);
                    }
                }
            }
        }
    };
    tokio::time::timeout(limit, playing).await.with_context(|| what.to_owned())?
}

/// Both press ready and play until the match is over.
async fn play(clients: &mut [&mut GameClient; 2], skills: [f32; 2]) -> Result<(Outcome, [u8; 2])> {
    let mut bots: [Option<Paddle>; 2] = [None, None];
    let mut ends = [None, None];
    live("end of the match", clients, LONGEST_MATCH, |index, client, news| {
        match news {
            GameNews::Message(ServerMessage::Welcome { side, .. }) => {
                bots[index] = Some(Paddle::new(side, skills[index], 7));
                client.ready();
            }
            GameNews::Message(ServerMessage::Finished { outcome, scores }) => ends[index] = Some((outcome, scores)),
            GameNews::Snapshot(snapshot) => {
                if let Some(bot) = &mut bots[index] {
                    client.set_input(bot.play(&snapshot));
                }
            }
            GameNews::Disconnected { reason } if ends[index].is_none() => bail!("player {index}: {reason}"),
            _ => {}
        }
        match ends {
            [Some(one), Some(other)] if one == other => Ok(Some(one)),
            [Some(one), Some(other)] => bail!("the players saw different ends: {one:?} and {other:?}"),
            _ => Ok(None),
        }
    })
    .await
}

#[tokio::test]
async fn an_accept_leads_into_a_match_and_the_match_back_into_the_session() -> Result<()> {
    let table = table().await?;
    let hosts_ticket = fresh_ticket(&table.host, table.code).await?;
    assert_eq!(hosts_ticket["game_id"], table.ticket["game_id"]);
    let (mut host, mut guest) = (connect(&hosts_ticket)?, connect(&table.ticket)?);
    let (outcome, scores) = play(&mut [&mut host, &mut guest], [1.0, 0.0]).await?;
    assert_eq!(scores.iter().max(), Some(&3), "{scores:?}");
    assert_eq!(outcome.winner, Some(if scores[0] == 3 { Side::Left } else { Side::Right }));

    let next = table
        .hosts_socket
        .next_where("session:updated", |told| told["session"]["game_id"] != hosts_ticket["game_id"])
        .await["session"]["game_id"]
        .clone();
    let (hosts_ticket, guests_ticket) =
        (fresh_ticket(&table.host, table.code).await?, fresh_ticket(&table.guest, table.code).await?);
    assert_eq!([&hosts_ticket["game_id"], &guests_ticket["game_id"]], [&next, &next]);
    let (mut host, mut guest) = (connect(&hosts_ticket)?, connect(&guests_ticket)?);
    live("another match", &mut [&mut host, &mut guest], PATIENCE, |_, client, news| {
        if matches!(news, GameNews::Message(ServerMessage::Welcome { .. })) {
            client.ready();
        }
        Ok(matches!(news, GameNews::Message(ServerMessage::Start { .. })).then_some(()))
    })
    .await
}

#[tokio::test]
async fn presence_tells_who_is_in_a_game() -> Result<()> {
    let table = table().await?;
    let mut guest = connect(&table.ticket)?;
    live("welcome", &mut [&mut guest], PATIENCE, |_, _, news| {
        Ok(matches!(news, GameNews::Message(ServerMessage::Welcome { .. })).then_some(()))
    })
    .await?;
    let in_game = async |wanted: bool| {
        rallypoint_e2e::eventually("presence", async || {
            let presence = table.host.get(&format!("/presence?user_ids={}", table.guest.id)).await.ok()?.body;
            (presence[0]["in_game"] == wanted).then_some(())
        })
        .await;
    };
    in_game(true).await;
    guest.disconnect();
    in_game(false).await;
    Ok(())
}

#[tokio::test]
async fn a_token_opens_the_game_once() -> Result<()> {
    let table = table().await?;
    let mut first = connect(&table.ticket)?;
    live("welcome", &mut [&mut first], PATIENCE, |_, _, news| {
        Ok(matches!(news, GameNews::Message(ServerMessage::Welcome { .. })).then_some(()))
    })
    .await?;
    let mut thief = connect(&table.ticket)?;
    live("refusal", &mut [&mut thief], PATIENCE, |_, _, news| match news {
        GameNews::Disconnected { .. } => Ok(Some(())),
        GameNews::Connected => bail!("a used token opened the game again"),
        _ => Ok(None),
    })
    .await?;
    live("life of the first", &mut [&mut first], PATIENCE, |_, client, news| {
        client.ready();
        match news {
            GameNews::Disconnected { reason } => bail!("the thief threw the owner out: {reason}"),
            GameNews::Message(_) | GameNews::Snapshot(_) | GameNews::Connected => Ok(Some(())),
        }
    })
    .await
}

#[tokio::test]
async fn who_drops_out_comes_back_with_a_fresh_token() -> Result<()> {
    let table = table().await?;
    let (mut host, mut guest) = (connect(&fresh_ticket(&table.host, table.code).await?)?, connect(&table.ticket)?);
    let started = |_: usize, client: &mut GameClient, news: GameNews| {
        if matches!(news, GameNews::Message(ServerMessage::Welcome { .. })) {
            client.ready();
        }
        Ok(matches!(news, GameNews::Message(ServerMessage::Start { .. })).then_some(()))
    };
    live("start", &mut [&mut host, &mut guest], PATIENCE, started).await?;
    guest.disconnect();
    live("pause", &mut [&mut host], PATIENCE, |_, _, news| {
        Ok(matches!(news, GameNews::Message(ServerMessage::Paused { .. })).then_some(()))
    })
    .await?;
    let mut back = connect(&fresh_ticket(&table.guest, table.code).await?)?;
    live("resumption", &mut [&mut host, &mut back], PATIENCE, |index, client, news| {
        if matches!(news, GameNews::Message(ServerMessage::Welcome { .. })) {
            client.ready();
        }
        Ok((index == 0 && matches!(news, GameNews::Message(ServerMessage::Resumed { .. }))).then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_hostile_packet_ends_its_sender_and_nobody_else() -> Result<()> {
    let table = table().await?;
    let (mut host, mut guest) = (connect(&fresh_ticket(&table.host, table.code).await?)?, connect(&table.ticket)?);
    let welcomed = |news: &GameNews| matches!(news, GameNews::Message(ServerMessage::Welcome { .. }));
    live("welcome", &mut [&mut guest], PATIENCE, |_, _, news| Ok(welcomed(&news).then_some(()))).await?;
    live("welcome", &mut [&mut host], PATIENCE, |_, _, news| Ok(welcomed(&news).then_some(()))).await?;
    // A slice whose index lies beyond the count of slices: first byte 2 or 3.
    for kind in [2_u8, 3] {
        guest.send_raw(&[kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 1, 0, 1, 9]);
    }
    live("end of the sender", &mut [&mut guest], PATIENCE, |_, _, news| {
        Ok(matches!(news, GameNews::Disconnected { .. }).then_some(()))
    })
    .await?;
    let mut back = connect(&fresh_ticket(&table.guest, table.code).await?)?;
    live("a match in spite of it", &mut [&mut host, &mut back], PATIENCE, |_, client, news| {
        client.ready();
        Ok(matches!(news, GameNews::Message(ServerMessage::Start { .. })).then_some(()))
    })
    .await
}
