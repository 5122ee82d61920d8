//! Everything at the same instant: of accept, decline, cancel and expiry one wins, and all agree which.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use rallypoint_e2e::{Database, Player, Socket, TestServer, eventually};
use rallypoint_protocol::{InviteId, SessionCode, invite::InviteStatus};
use rallypoint_server::store;
use serde_json::{Value, json};

const PAIRS: usize = 50;
const ROUNDS: usize = 4;
/// When the wishes are made, in milliseconds from the invite's expiry: well before it, and right at it.
const MOMENTS: [i64; 4] = [-500, -2, 0, -1];

struct Pair {
    host: Player,
    hosts_socket: Socket,
    guest: Player,
    phone: Socket,
    desk: Socket,
}

impl Pair {
    async fn new(hosts: &TestServer, guests: &TestServer, number: usize) -> Result<Self> {
        let (host, hosts_socket) = hosts.online(&format!("Host {number}")).await?;
        let guest = hosts.player(&format!("Guest {number}")).await?;
        let phone = guest.socket().await?;
        // The same login at the other server, if there is one.
        let desk = Player { people: guests.people().clone(), ..guest.clone() }.socket().await?;
        Ok(Self { host, hosts_socket, guest, phone, desk })
    }

    /// An invite, and all wishes about it at once. Answers the invite with its session and who won.
    async fn round(&self, moment: i64, turn: usize) -> Result<(InviteId, SessionCode, InviteStatus)> {
        let code = self.host.host(json!({ "server_ip": "203.0.113.5", "server_port": 4000 })).await?;
        let wish = json!({ "receiver_id": self.guest.id, "session_code": code });
        let sent = self.hosts_socket.request("invite:send", wish).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        let invite = sent["invite_id"].clone();
        self.phone.next_where("invite:received", |received| received["invite_id"] == invite).await;
        wait_until(millis(&sent["expires_at"])? + moment).await;

        let accept = json!({ "invite_id": invite, "response": "accept" });
        let decline = json!({ "invite_id": invite, "response": "decline" });
        let cancel = json!({ "invite_id": invite });
        let wishes = [
            (InviteStatus::Accepted, &self.phone, "invite:respond", accept),
            (InviteStatus::Declined, &self.desk, "invite:respond", decline),
            (InviteStatus::Cancelled, &self.hosts_socket, "invite:cancel", cancel),
        ];
        let mut asked: Vec<_> = wishes.iter().collect();
        asked.rotate_left(turn % wishes.len());
        for (_, socket, event, payload) in asked {
            socket.emit(event, payload.clone());
        }
        let mut winners = Vec::new();
        for (status, socket, event, _) in &wishes {
            match socket.answer_to(event).await {
                Ok(answer) => {
                    ensure!(answer["invite_id"] == invite, "{answer}");
                    winners.push(*status);
                }
                Err(error) => {
                    let lost = matches!(error["code"].as_str(), Some("ALREADY_RESPONDED" | "EXPIRED_INVITATION"));
                    ensure!(lost, "{} lost with {error}", status.as_str());
                }
            }
        }
        ensure!(winners.len() <= 1, "{invite} was won by {winners:?}");
        let winner = winners.pop().unwrap_or(InviteStatus::Expired);
        Ok((InviteId(invite.as_i64().context("no id")?), code, winner))
    }

    /// What the host and the guest's devices were told about an invite.
    async fn told(&self, invite: InviteId, winner: InviteStatus) -> Result<()> {
        let about = |told: &Value| told["invite_id"] == json!(invite);
        let (to_host, to_phone) = match winner {
            InviteStatus::Accepted => (Some("invite:accepted"), None),
            InviteStatus::Declined => (Some("invite:declined"), Some("invite:resolved")),
            InviteStatus::Cancelled => (None, Some("invite:cancelled")),
            _ => (Some("invite:expired"), Some("invite:expired")),
        };
        if let Some(event) = to_host {
            self.hosts_socket.next_where(event, about).await;
        }
        if let Some(event) = to_phone {
            self.phone.next_where(event, about).await;
        }
        for (who, socket) in [("host", &self.hosts_socket), ("phone", &self.phone)] {
            socket.fence().await;
            for event in ["invite:accepted", "invite:declined", "invite:expired", "invite:cancelled", "invite:resolved"]
            {
                let more: Vec<_> = socket.untaken(event).into_iter().filter(about).collect();
                ensure!(more.is_empty(), "{} also told the {who} {event}: {more:?}", winner.as_str());
            }
        }
        Ok(())
    }
}

fn millis(time: &Value) -> Result<i64> {
    let time: rallypoint_protocol::Timestamp = serde_json::from_value(time.clone())?;
    Ok(time.0)
}

/// The moment itself is part of the experiment: nothing is waited for here.
async fn wait_until(moment: i64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = u64::try_from(moment).unwrap_or_default().saturating_sub(now.as_millis() as u64);
    tokio::time::sleep(Duration::from_millis(left)).await;
}

async fn run(pairs: &[Pair], db: &store::Db, tell: bool) -> Result<HashMap<&'static str, usize>> {
    let rounds = pairs.iter().enumerate().map(|(number, pair)| async move {
        let mut results = Vec::new();
        for turn in 0..ROUNDS {
            let (invite, code, winner) = pair.round(MOMENTS[(number + turn) % MOMENTS.len()], number + turn).await?;
            if tell {
                pair.told(invite, winner).await?;
            }
            let status = eventually("end of the invite", async || {
                let record = store::invites::find(db, invite).await.ok().flatten()?;
                (record.status != InviteStatus::Pending).then_some(record.status)
            })
            .await;
            ensure!(status == winner, "the database says {status:?}, the players {winner:?}");
            let session = store::sessions::find(db, code).await?.context("no session")?;
            let seats = 1 + usize::from(winner == InviteStatus::Accepted);
            ensure!(session.players.len() == seats, "{winner:?}, and {} players", session.players.len());
            let counted =
                db.read("SELECT seats_taken FROM sessions WHERE code = $1", vec![code.as_str().into()]).await?;
            ensure!(counted.first().context("no row")?.int(0)? == seats as i64, "the seats are counted wrong");
            results.push(winner);
        }
        Ok(results)
    });
    let mut wins = HashMap::new();
    for winner in try_join_all(rounds).await?.into_iter().flatten() {
        *wins.entry(winner.as_str()).or_default() += 1;
    }
    Ok(wins)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_rounds_have_one_winner_each() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| {
            limits.rates_enabled = false;
            limits.session_invite_seconds = 1;
        })
        .await?;
        let mut pairs = Vec::new();
        for number in 0..PAIRS {
            pairs.push(Pair::new(&server, &server, number).await?);
        }
        let wins = run(&pairs, &server.db().await?, true).await?;
        assert_eq!(wins.values().sum::<usize>(), PAIRS * ROUNDS);
        for status in ["accepted", "declined", "cancelled", "expired"] {
            assert!(wins.contains_key(status), "{status} never won, so that nothing was raced: {wins:?}");
        }
        drop(pairs);
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_database_agree_on_the_winner() -> Result<()> {
    let Some(database) = Database::postgres().await? else { return Ok(()) };
    let start = async || {
        TestServer::on(&database, |limits| {
            limits.rates_enabled = false;
            limits.session_invite_seconds = 1;
        })
        .await
    };
    let (one, other) = (start().await?, start().await?);
    let mut pairs = Vec::new();
    for number in 0..PAIRS / 2 {
        pairs.push(Pair::new(&one, &other, number).await?);
    }
    let wins = run(&pairs, &one.db().await?, false).await?;
    assert_eq!(wins.values().sum::<usize>(), PAIRS / 2 * ROUNDS);
    drop(pairs);
    one.stop().await?;
    other.stop().await
}

#[tokio::test]
async fn an_invite_that_meets_the_answer_to_the_last_one_is_made_or_a_duplicate() -> Result<()> {
    let server = TestServer::with_limits(|limits| limits.rates_enabled = false).await?;
    let (host, guest) = (server.player("Host").await?, server.player("Guest").await?);
    let _online = guest.socket().await?;
    let code = host.host(json!({})).await?;
    for _ in 0..100 {
        let invite = eventually("an invite", async || host.invite(&guest, code).await.ok()).await;
        let again = json!({ "receiver_id": guest.id, "session_code": code });
        let (_, second) = tokio::try_join!(guest.respond(invite, "decline"), host.post("/invite/send", again))?;
        match second.status {
            201 => drop(guest.respond(InviteId(second.body["invite_id"].as_i64().context("id")?), "decline").await?),
            _ => drop(second.expect_refusal(409, "DUPLICATE_INVITATION")?),
        }
    }
    Ok(())
}
