//! The queue: who is matched, who loses the place and who keeps it, through reconnects, crashes and two servers.

use std::{collections::HashSet, time::Duration};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use rallypoint_e2e::{Database, GameSocket, PATIENCE, People, Player, ServerProcess, Settings, TestServer, eventually};
use rallypoint_pong::{
    TICK,
    client::{GameClient, GameNews},
    rules::Side,
    wire::ServerMessage,
};
use rallypoint_protocol::{Timestamp, session::GameOptions};
use rallypoint_server::{
    Config,
    store::{
        matches::{self, NewMatch},
        tickets,
    },
};
use serde_json::{Value, json};

async fn join(player: &Player, options: Value) -> Result<Value> {
    player.post("/game/join/", json!({ "options": options })).await?.expect(200)
}

async fn status(player: &Player) -> Result<Value> {
    player.get("/game/status/").await?.expect(200)
}

async fn matched(player: &Player) -> Value {
    eventually("a match", async || status(player).await.ok().filter(|state| state["status"] == "matched")).await
}

fn connect(found: &Value) -> Result<GameClient> {
    let token = found["connect_token"].as_str().context("no token")?;
    GameClient::connect_base64(token).map_err(|error| anyhow::anyhow!("{error}"))
}

/// Lets the clients live until `done` has seen enough.
async fn live(
    clients: &mut [GameClient],
    mut done: impl FnMut(usize, &mut GameClient, GameNews) -> bool,
) -> Result<()> {
    let mut ticks = tokio::time::interval(TICK);
    let living = async {
        loop {
            ticks.tick().await;
            for (index, client) in clients.iter_mut().enumerate() {
                client.update(TICK);
                while let Some(news) = client.poll() {
                    if done(index, client, news) {
                        return;
                    }
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, living).await.context("the clients did not get there in time")
}

/// Connects everybody and returns when all are welcome.
async fn enter(founds: &[&Value]) -> Result<Vec<GameClient>> {
    let mut clients = founds.iter().map(|found| connect(found)).collect::<Result<Vec<_>>>()?;
    let mut welcome = HashSet::new();
    live(&mut clients, |index, _, news| {
        if matches!(news, GameNews::Message(ServerMessage::Welcome { .. })) {
            welcome.insert(index);
        }
        welcome.len() == founds.len()
    })
    .await?;
    Ok(clients)
}

#[tokio::test]
async fn the_second_to_join_is_matched_at_once_and_the_first_is_told() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let ((ace, aces_socket), bea) = (server.online("Ace").await?, server.player("Bea").await?);
        let queued = join(&ace, json!({})).await?;
        assert_eq!((&queued["status"], &queued["position"]), (&json!("queued"), &json!(1)));
        assert_eq!(queued["rating"], 1500);
        assert!((150..175).contains(&queued["window"].as_i64().unwrap_or(0)), "not a second has passed: {queued}");
        let again = join(&ace, json!({})).await?;
        assert_eq!(again["ticket_id"], queued["ticket_id"], "joining twice is joining once");
        let found = join(&bea, json!({})).await?;
        assert_eq!(found["status"], "matched", "{found}");
        assert_eq!((&found["side"], &found["opponent"]["id"]), (&json!("right"), &json!(ace.id)));
        let told = aces_socket.next("match:found").await;
        assert_eq!((&told["game_id"], &told["side"]), (&found["game_id"], &json!("left")));
        assert_eq!(told["opponent"]["username"], json!(bea.username));
        assert!(told["ws_url"].as_str().is_some_and(|url| url.contains(told["game_id"].as_str().unwrap_or("-"))));
        for one in [&ace, &bea] {
            assert_eq!(join(one, json!({})).await?["game_id"], found["game_id"], "joining is answered with the match");
        }
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn connecting_is_accepting_and_the_result_changes_the_ratings() -> Result<()> {
    let server = TestServer::start().await?;
    let ((ace, aces_socket), (bea, beas_socket)) = (server.online("Ace").await?, server.online("Bea").await?);
    join(&ace, json!({ "score_to_win": 3, "game_speed": "fast" })).await?;
    join(&bea, json!({})).await?;
    let (aces, beas) = (matched(&ace).await, matched(&bea).await);
    assert_eq!(aces["options"], json!({ "score_to_win": 3, "game_speed": "fast" }));
    assert!(aces["connect_by"].is_string());
    let mut clients = enter(&[&aces, &beas]).await?;
    eventually("a match that is on", async || status(&ace).await.ok()?["connect_by"].is_null().then_some(())).await;

    // A player who comes back gets into the same game with a fresh token.
    clients[0].disconnect();
    let again = status(&ace).await?;
    assert_eq!(again["game_id"], aces["game_id"]);
    assert_ne!(again["connect_token"], aces["connect_token"]);
    clients[0] = connect(&again)?;
    clients.iter_mut().for_each(GameClient::ready);
    let mut finished = HashSet::new();
    live(&mut clients, |index, client, news| {
        match news {
            GameNews::Message(ServerMessage::Welcome { .. }) => client.ready(),
            GameNews::Message(ServerMessage::Start { .. }) if index == 1 => client.leave(),
            GameNews::Message(ServerMessage::Finished { .. }) => _ = finished.insert(index),
            _ => {}
        }
        finished.len() == 2
    })
    .await?;
    let (won, lost) = (aces_socket.next("match:finished").await, beas_socket.next("match:finished").await);
    for told in [&won, &lost] {
        assert_eq!((&told["winner_id"], &told["reason"]), (&json!(ace.id), &json!("forfeit")));
        assert_eq!(told["rating"]["before"], 1500);
    }
    assert!(won["rating"]["after"].as_i64() > Some(1500), "{won}");
    assert!(lost["rating"]["after"].as_i64() < Some(1500), "{lost}");
    assert_eq!(status(&ace).await?, json!({ "status": "idle" }));

    // The match can be played again, to the same end.
    let game_id = won["game_id"].as_str().context("no game")?.parse()?;
    let config = Config { database: server.database().url().to_owned(), ..Config::default() };
    let replayed = rallypoint_server::replay(&config, game_id).await?;
    assert!(replayed.agrees() && replayed.whole && replayed.ticks > 0, "{replayed}");
    assert_eq!(replayed.recorded.winner, Some(Side::Left));
    assert_eq!(join(&ace, json!({})).await?["rating"], won["rating"]["after"]);
    Ok(())
}

#[tokio::test]
async fn who_does_not_come_loses_the_place_and_the_other_is_first_again() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.match_connect_seconds = 1;
    })
    .await?;
    let ((ace, aces_socket), (bea, beas_socket)) = (server.online("Ace").await?, server.online("Bea").await?);
    let ticket = join(&ace, json!({ "ranked": true })).await?["ticket_id"].clone();
    let found = join(&bea, json!({})).await?;
    let _client = enter(&[&matched(&ace).await]).await?;
    let missed = aces_socket.next("match:cancelled").await;
    assert_eq!(missed, json!({ "game_id": found["game_id"], "reason": "opponent_missing", "requeued": true }));
    let lost = beas_socket.next("match:cancelled").await;
    assert_eq!((&lost["reason"], &lost["requeued"]), (&json!("not_connected"), &json!(false)));
    assert_eq!(status(&bea).await?["status"], "idle");
    let kept = status(&ace).await?;
    assert_eq!((&kept["ticket_id"], &kept["position"]), (&ticket, &json!(1)));
    assert!(kept["waiting_seconds"].as_i64() >= Some(1), "the waiting time is kept: {kept}");
    // Nobody else overtakes: whoever comes next plays against the one who waited.
    let (cyd, dan) = (server.player("Cyd").await?, server.player("Dan").await?);
    let cyds = join(&cyd, json!({})).await?;
    assert_eq!(cyds["opponent"]["id"], json!(ace.id));
    assert_eq!(join(&dan, json!({})).await?["status"], "queued");
    Ok(())
}

#[tokio::test]
async fn leaving_gives_the_place_up_and_leaving_a_match_sends_the_other_to_the_front() -> Result<()> {
    let server = TestServer::start().await?;
    let ((ace, aces_socket), bea) = (server.online("Ace").await?, server.player("Bea").await?);
    join(&ace, json!({})).await?;
    assert_eq!(
        ace.post("/game/leave/", json!({})).await?.expect(200)?,
        json!({ "status": "success", "forfeited": false })
    );
    assert_eq!(status(&ace).await?["status"], "idle");
    ace.post("/game/leave", json!({})).await?.expect(200)?;

    aces_socket.request("match:join", json!({})).await.expect("queued");
    join(&bea, json!({})).await?;
    aces_socket.next("match:found").await;
    bea.post("/game/leave/", json!({})).await?.expect(200)?;
    let told = aces_socket.next("match:cancelled").await;
    assert_eq!((&told["reason"], &told["requeued"]), (&json!("opponent_left"), &json!(true)));
    assert_eq!(status(&ace).await?["position"], 1);
    let left = aces_socket.request("match:leave", json!({})).await.expect("left");
    assert_eq!(left["forfeited"], false);
    let bad = ace.post("/game/join/", json!({ "options": { "score_to_win": 2 } })).await?;
    assert_eq!(bad.expect_refusal(400, "INVALID_OPTIONS")?["details"]["option"], "score_to_win");
    Ok(())
}

#[tokio::test]
async fn blocked_players_never_meet() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let (ace, bea, cyd) = (server.player("Ace").await?, server.player("Bea").await?, server.player("Cyd").await?);
        let db = server.db().await?;
        let sql = "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES ($1, $2, 0)";
        db.write(sql, vec![bea.id.0.into(), ace.id.0.into()]).await?;
        assert_eq!(join(&ace, json!({})).await?["position"], 1);
        assert_eq!(join(&bea, json!({})).await?["position"], 2);
        assert_eq!(join(&cyd, json!({})).await?["opponent"]["id"], json!(ace.id));
        assert_eq!(status(&bea).await?["position"], 1);
        db.close().await;
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_place_in_the_queue_survives_a_crash_and_so_does_a_match_that_was_waited_for() -> Result<()> {
    for database in Database::all().await? {
        let mut server = ServerProcess::start(&database, Settings::default()).await?;
        let people = server.people().clone();
        let (ace, bea, cyd) = (people.guest("Ace").await?, people.guest("Bea").await?, people.guest("Cyd").await?);
        let aces = join(&ace, json!({})).await?["ticket_id"].clone();
        let lost = join(&bea, json!({})).await?["game_id"].clone();
        join(&cyd, json!({})).await?;
        server.kill()?;
        let server = server.restart().await?;
        let found = matched(&ace).await;
        assert_ne!(found["game_id"], lost, "the room is gone, the place is not");
        assert_eq!(found["opponent"]["id"], json!(bea.id), "they go back in their order");
        let cyds = status(&cyd).await?;
        assert_eq!((&cyds["status"], &cyds["position"]), (&json!("queued"), &json!(1)));
        assert!(cyds["ticket_id"].as_i64() > aces.as_i64());
        drop(server);
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_comes_back_ends_its_own_matches_and_no_others() -> Result<()> {
    let database = Database::all().await?.into_iter().next_back().context("no database")?;
    ensure!(database.url().starts_with("postgres"), "this test is about a shared database");
    let mut first = ServerProcess::start(&database, Settings::default()).await?;
    let people = first.people().clone();
    let (ace, bea) = (people.guest("Ace").await?, people.guest("Bea").await?);
    join(&ace, json!({})).await?;
    let lost = join(&bea, json!({})).await?["game_id"].clone();
    first.kill()?;
    let second = ServerProcess::start(&database, Settings::default()).await?;
    let (cyd, dan) = (second.people().guest("Cyd").await?, second.people().guest("Dan").await?);
    join(&cyd, json!({})).await?;
    let kept = join(&dan, json!({})).await?["game_id"].clone();
    let _first = first.restart().await?;
    eventually("the end of the first server's match", async || {
        let state = status(&ace).await.ok()?;
        (state["game_id"] != lost).then_some(())
    })
    .await;
    assert_eq!(status(&cyd).await?["game_id"], kept, "the second server still runs");
    Ok(())
}

#[tokio::test]
async fn a_stop_before_the_first_serve_gives_both_their_places_back() -> Result<()> {
    let database = Database::sqlite()?;
    let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
    let ((ace, aces_socket), bea) = (server.online("Ace").await?, server.player("Bea").await?);
    join(&ace, json!({})).await?;
    let found = join(&bea, json!({})).await?;
    let game = found["game_id"].as_str().context("no game")?;
    let mut sockets = [GameSocket::join(&ace, game).await?, GameSocket::join(&bea, game).await?];
    sockets[0].stage("waiting_for_ready").await?;
    server.stop().await?;
    let told = aces_socket.next("match:cancelled").await;
    assert_eq!(told, json!({ "game_id": game, "reason": "server_restarted", "requeued": true }));
    for socket in &mut sockets {
        assert_eq!(socket.closed().await?, (1013, "UNAVAILABLE".to_owned()));
    }
    let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
    let again = matched(&Player { people: server.people().clone(), ..ace }).await;
    assert_eq!(again["opponent"]["id"], json!(bea.id));
    assert_ne!(again["game_id"], json!(game));
    Ok(())
}

#[tokio::test]
async fn nobody_is_matched_with_somebody_who_has_gone() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.absent_ticket_seconds = 2;
    })
    .await?;
    let ((ace, aces_socket), bea) = (server.online("Ace").await?, server.player("Bea").await?);
    join(&ace, json!({ "game_speed": "slow" })).await?;
    aces_socket.leave().await?;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(join(&bea, json!({})).await?["status"], "queued", "the first has been away for too long");
    Ok(())
}

/// Joins, asks now and then until there is a match, and answers its game.
async fn play_one(people: &People, number: usize) -> Result<(String, i64)> {
    let player = people.guest(&format!("Player {number}")).await?;
    let mut state = join(&player, json!({})).await?;
    // As often as clients do, so that hundreds of them leave the servers time for anything else.
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    let matched = async {
        while state["status"] != "matched" {
            ticks.tick().await;
            state = status(&player).await?;
        }
        anyhow::Ok(state)
    };
    let found = tokio::time::timeout(3 * PATIENCE, matched).await.context("everybody gets a match")??;
    let game = found["game_id"].as_str().context("no game")?.to_owned();
    Ok((game, found["opponent"]["id"].as_i64().context("no opponent")?))
}

#[tokio::test]
async fn two_servers_on_one_database_put_each_of_500_players_into_exactly_one_match() -> Result<()> {
    const PLAYERS: usize = 500;
    let database = Database::all().await?.into_iter().next_back().context("no database")?;
    ensure!(database.url().starts_with("postgres"), "this test is about a shared database");
    let settings = Settings { file: "[limits]\nmatch_connect_seconds = 600\n".into(), rates: false };
    let servers = [
        ServerProcess::start(&database, settings.clone()).await?,
        ServerProcess::start(&database, settings.clone()).await?,
    ];
    let playing = (0..PLAYERS).map(|number| play_one(servers[number % 2].people(), number));
    let matches = try_join_all(playing).await?;
    let mut seats = std::collections::HashMap::<_, Vec<_>>::new();
    for (game, opponent) in &matches {
        seats.entry(game).or_default().push(*opponent);
    }
    assert_eq!(seats.len(), PLAYERS / 2);
    for opponents in seats.values() {
        assert_eq!(opponents.len(), 2, "two players see each match");
        assert_ne!(opponents[0], opponents[1]);
    }
    let opponents: HashSet<_> = matches.iter().map(|(_, opponent)| opponent).collect();
    assert_eq!(opponents.len(), PLAYERS, "everybody is somebody's opponent once");
    let db = database.open().await?;
    let rows =
        db.read("SELECT COUNT(*), COUNT(DISTINCT game_id) FROM tickets WHERE game_id IS NOT NULL", vec![]).await?;
    assert_eq!((rows[0].int(0)?, rows[0].int(1)?), (PLAYERS as i64, PLAYERS as i64 / 2));
    db.close().await;
    Ok(())
}

#[tokio::test]
async fn who_leaves_while_matches_are_made_is_in_none_and_the_other_goes_on_waiting() -> Result<()> {
    // With SQLite nobody can leave at that moment: there is one writer.
    let database = Database::all().await?.into_iter().next_back().context("no database")?;
    ensure!(database.url().starts_with("postgres"), "this test is about a shared database");
    let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
    let (ace, bea) = (server.player("Ace").await?, server.player("Bea").await?);
    server.stop().await?;
    let (db, now) = (database.open().await?, Timestamp(1_000_000));
    for player in [&ace, &bea] {
        tickets::join(&db, player.id, &GameOptions::default(), now).await?;
    }
    let claim = tickets::claim(&db, Timestamp(0)).await?;
    let waiting: Vec<_> = claim.waiting.iter().map(|waiting| waiting.ticket.clone()).collect();
    assert_eq!(waiting.len(), 2);
    assert!(tickets::leave(&db, ace.id).await?);
    let new = NewMatch {
        game_id: "b4f1149a-30d1-45ab-9d1b-225671a3f4ab".parse()?,
        server_id: "gone".into(),
        host: "127.0.0.1:1".into(),
        options: GameOptions::default(),
        ranked: true,
        players: [ace.id, bea.id],
        tickets: [waiting[0].id, waiting[1].id],
        tokens: [None, None],
        created_at: now,
        connect_by: now,
    };
    let game_id = new.game_id;
    assert!(claim.make(&[new]).await?.is_empty());
    assert!(matches::find(&db, game_id).await?.is_none());
    assert_eq!(tickets::of(&db, ace.id).await?, None);
    assert_eq!(tickets::of(&db, bea.id).await?.context("a place")?.game_id, None);
    db.close().await;
    Ok(())
}

#[tokio::test]
async fn once_both_have_come_leaving_forfeits_also_before_the_first_serve() -> Result<()> {
    let server = TestServer::start().await?;
    let ((ace, aces_socket), bea) = (server.online("Ace").await?, server.player("Bea").await?);
    join(&ace, json!({})).await?;
    join(&bea, json!({})).await?;
    let mut clients = enter(&[&matched(&ace).await, &matched(&bea).await]).await?;
    eventually("a match that is on", async || status(&ace).await.ok()?["connect_by"].is_null().then_some(())).await;
    assert_eq!(bea.post("/game/leave/", json!({})).await?.expect(200)?["forfeited"], true);
    live(&mut clients, |_, _, news| matches!(news, GameNews::Message(ServerMessage::Finished { .. }))).await?;
    let told = aces_socket.next("match:finished").await;
    assert_eq!((&told["winner_id"], &told["reason"]), (&json!(ace.id), &json!("forfeit")));
    for player in [&ace, &bea] {
        assert_eq!(status(player).await?["status"], "idle");
    }
    Ok(())
}

#[tokio::test]
async fn who_came_and_went_again_is_not_there_when_the_other_comes() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.match_connect_seconds = 3;
    })
    .await?;
    let ((ace, aces_socket), bea) = (server.online("Ace").await?, server.player("Bea").await?);
    join(&ace, json!({})).await?;
    join(&bea, json!({})).await?;
    let mut gone = enter(&[&matched(&bea).await]).await?;
    gone.iter_mut().for_each(GameClient::leave);
    live(&mut gone, |_, _, news| matches!(news, GameNews::Disconnected { .. })).await?;
    let _client = enter(&[&matched(&ace).await]).await?;
    assert_eq!(aces_socket.next("match:cancelled").await["reason"], "opponent_missing");
    assert_eq!(
        (status(&ace).await?["position"].clone(), status(&bea).await?["status"].clone()),
        (json!(1), json!("idle"))
    );
    Ok(())
}
