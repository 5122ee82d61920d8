//! The real program, killed and stopped at bad moments: what was answered stays answered, once.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use rallypoint_e2e::{Database, Player, ServerProcess, Settings, Socket, eventually};
use rallypoint_protocol::{InviteId, SessionCode, Timestamp, invite::InviteStatus};
use rallypoint_server::store;
use serde_json::{Value, json};

struct Scene {
    host: Player,
    hosts_socket: Socket,
    guest: Player,
    guests_socket: Socket,
    code: SessionCode,
}

impl Scene {
    async fn at(server: &ServerProcess) -> Result<Self> {
        let host = server.people().guest("Host").await?;
        let guest = server.people().guest("Guest").await?;
        let code = host.host(json!({ "server_ip": "203.0.113.5", "server_port": 4000, "max_players": 8 })).await?;
        let (hosts_socket, guests_socket) = (host.socket().await?, guest.socket().await?);
        Ok(Self { host, hosts_socket, guest, guests_socket, code })
    }

    async fn invite(&self) -> Result<(InviteId, Timestamp)> {
        let wish = json!({ "receiver_id": self.guest.id, "session_code": self.code });
        let sent = self.hosts_socket.request("invite:send", wish).await.expect("sent");
        let invite = self.guests_socket.next("invite:received").await["invite_id"].as_i64().context("no id")?;
        Ok((InviteId(invite), serde_json::from_value(sent["expires_at"].clone())?))
    }

    /// The same players with new connections, after a restart.
    async fn reconnect(self) -> Result<Self> {
        let (hosts_socket, guests_socket) = (self.host.socket().await?, self.guest.socket().await?);
        Ok(Self { hosts_socket, guests_socket, ..self })
    }

    async fn status(&self, invite: InviteId) -> Result<String> {
        let sent = self.host.get("/invite/sent").await?.expect(200)?;
        let invites = sent["invites"].as_array().context("no list")?;
        let found = invites.iter().find(|one| one["invite_id"] == json!(invite)).context("not listed")?;
        Ok(found["status"].as_str().context("no status")?.to_owned())
    }
}

fn accept(invite: InviteId) -> Value {
    json!({ "invite_id": invite, "response": "accept" })
}

#[tokio::test]
async fn killed_between_accept_and_reply_there_is_one_accept_and_one_seat() -> Result<()> {
    for database in Database::all().await? {
        let mut server = ServerProcess::start(&database, Settings::default()).await?;
        let scene = Scene::at(&server).await?;
        let (invite, _) = scene.invite().await?;
        let db = database.open().await?;
        scene.guests_socket.emit("invite:respond", accept(invite));
        eventually("accept in the database", async || {
            let record = store::invites::find(&db, invite).await.ok().flatten()?;
            (record.status == InviteStatus::Accepted).then_some(())
        })
        .await;
        server.kill()?;
        db.close().await;

        let server = server.restart().await?;
        let scene = scene.reconnect().await?;
        let answer = scene.guests_socket.request("invite:respond", accept(invite)).await.expect("a repeat is no error");
        assert_eq!(answer["status"], "accepted");
        assert_eq!((&answer["server_ip"], &answer["server_port"]), (&json!("203.0.113.5"), &json!(4000)));
        assert_eq!(scene.host.players_of(scene.code).await?, [scene.host.id, scene.guest.id]);
        assert_eq!(scene.status(invite).await?, "accepted", "a sender who missed it can ask");
        scene.guests_socket.fence().await;
        assert_eq!(scene.guests_socket.untaken("invite:received"), [] as [Value; 0], "it rings no more");
        let refused =
            scene.guests_socket.request("invite:respond", json!({ "invite_id": invite, "response": "decline" }));
        assert_eq!(refused.await.expect_err("decided")["code"], "ALREADY_RESPONDED");
        drop(server);
    }
    Ok(())
}

#[tokio::test]
async fn killed_at_any_moment_an_answer_happens_once_or_not_at_all() -> Result<()> {
    let database = Database::sqlite()?;
    let mut server = ServerProcess::start(&database, Settings::default()).await?;
    let mut before = 0;
    for round in 0..8_u64 {
        let scene = Scene::at(&server).await?;
        let (invite, _) = scene.invite().await?;
        scene.guests_socket.emit("invite:respond", accept(invite));
        // The moment is what varies; nothing is waited for.
        tokio::time::sleep(Duration::from_micros(400 * round)).await;
        server.kill()?;
        server = server.restart().await?;
        let scene = scene.reconnect().await?;
        match scene.status(invite).await?.as_str() {
            "accepted" => before += 1,
            status => assert_eq!(status, "pending"),
        }
        let answer =
            scene.guests_socket.request("invite:respond", accept(invite)).await.expect("accepted now or before");
        assert_eq!(answer["status"], "accepted");
        assert_eq!(scene.host.players_of(scene.code).await?, [scene.host.id, scene.guest.id]);
        assert_eq!(scene.status(invite).await?, "accepted");
        let db = database.open().await?;
        let seats =
            db.read("SELECT seats_taken FROM sessions WHERE code = $1", vec![scene.code.as_str().into()]).await?;
        assert_eq!(seats[0].int(0)?, 2, "round {round}, after {before} early ones");
        db.close().await;
    }
    Ok(())
}

#[tokio::test]
async fn what_was_pending_rings_again_after_a_crash() -> Result<()> {
    let database = Database::sqlite()?;
    let mut server = ServerProcess::start(&database, Settings::default()).await?;
    let scene = Scene::at(&server).await?;
    let (invite, _) = scene.invite().await?;
    server.kill()?;
    scene.guests_socket.closed().await;
    let server = server.restart().await?;
    let scene = scene.reconnect().await?;
    let again = scene.guests_socket.next("invite:received").await;
    assert_eq!(again["invite_id"], json!(invite));
    assert_eq!(again["session_code"], json!(scene.code));
    scene.guests_socket.request("invite:respond", accept(invite)).await.expect("accepted");
    assert_eq!(scene.hosts_socket.next("invite:accepted").await["invite_id"], json!(invite));
    let tokens = json!({ "refresh_token": scene.guest.refresh_token });
    server.people().post("/auth/refresh", tokens).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn expiry_survives_a_crash() -> Result<()> {
    let settings = Settings { file: "[limits]\nsession_invite_seconds = 2\n".into(), rates: false };
    for database in Database::all().await? {
        let mut server = ServerProcess::start(&database, settings.clone()).await?;
        let scene = Scene::at(&server).await?;
        let (missed, expires_at) = scene.invite().await?;
        server.kill()?;
        // It is down while the moment passes.
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64;
        tokio::time::sleep(Duration::from_millis((expires_at.0 - now).max(0) as u64 + 1)).await;
        let mut server = server.restart().await?;
        let scene = scene.reconnect().await?;
        scene.guests_socket.fence().await;
        assert_eq!(scene.guests_socket.untaken("invite:received"), [] as [Value; 0], "an expired invite does not ring");
        scene.guest.post("/invite/respond", accept(missed)).await?.expect_refusal(410, "EXPIRED_INVITATION")?;
        eventually("expiry on record", async || (scene.status(missed).await.ok()? == "expired").then_some(())).await;

        let (invite, expires_at) = scene.invite().await?;
        server.kill()?;
        let server = server.restart().await?;
        let scene = scene.reconnect().await?;
        for socket in [&scene.guests_socket, &scene.hosts_socket] {
            socket.next_where("invite:expired", |told| told["invite_id"] == json!(invite)).await;
        }
        let late = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64 - expires_at.0;
        assert!((0..1_000).contains(&late), "expiry is exact to a second, it was {late} ms late");
        drop(server);
    }
    Ok(())
}

#[tokio::test]
async fn asked_to_stop_it_tells_everybody_writes_what_is_under_way_and_ends_well() -> Result<()> {
    let database = Database::sqlite()?;
    let mut server = ServerProcess::start(&database, Settings::default()).await?;
    let scene = Scene::at(&server).await?;
    let (invite, _) = scene.invite().await?;
    scene.guests_socket.request("invite:respond", accept(invite)).await.expect("accepted");
    server.terminate()?;
    for socket in [&scene.hosts_socket, &scene.guests_socket] {
        assert_eq!(socket.next("error").await["code"], "UNAVAILABLE");
        socket.closed().await;
    }
    let status = server.ended().await;
    assert!(status.success(), "{status}:\n{}", server.log());
    assert!(server.people().guest("Late").await.is_err(), "nobody answers");
    let server = server.restart().await?;
    let scene = scene.reconnect().await?;
    assert_eq!(scene.status(invite).await?, "accepted");
    assert_eq!(server.people().call(reqwest::Method::GET, "/ready", None).await?.expect(200)?["status"], "ready");
    Ok(())
}
