//! Sign-in: accounts, guests, tokens that rotate, expire and are revoked, and handshakes that are refused.

use anyhow::Result;
use rallypoint_e2e::{Database, Player, Refused, Socket, TestServer, eventually, tokens};
use reqwest::Method;
use serde_json::{Value, json};

async fn refreshed(player: &Player) -> Result<Player> {
    let wish = json!({ "refresh_token": player.refresh_token });
    Player::signed_in(&player.people, &player.people.post("/auth/refresh", wish).await?.expect(200)?)
}

async fn cannot_refresh(player: &Player) -> Result<()> {
    let wish = json!({ "refresh_token": player.refresh_token });
    player.people.post("/auth/refresh", wish).await?.expect_refusal(401, "UNAUTHENTICATED")?;
    Ok(())
}

#[tokio::test]
async fn an_account_is_made_once_and_signed_in_to_from_anywhere() -> Result<()> {
    let server = TestServer::start().await?;
    let people = server.people();
    let wish = json!({ "username": "Ace.of_Base-1", "password": "correct horse", "display_name": "  Zoë ",
                       "email": "ace@example.net", "image_url": "https://example.net/ace.png" });
    let answer = people.post("/auth/register", wish).await?.expect(201)?;
    assert_eq!(answer["expires_in"], 2 * 60 * 60);
    assert_eq!(answer["user"]["display_name"], "Zoë");
    assert_eq!(answer["user"]["image_url"], "https://example.net/ace.png");
    let tag = answer["user"]["tag"].as_str().expect("a tag");
    assert!(tag.len() == 4 && tag.bytes().all(|digit| digit.is_ascii_digit()), "{tag}");
    for secret in ["password", "password_hash", "email"] {
        assert_eq!(answer["user"].get(secret), None, "{secret} is nobody's business");
    }
    let ace = Player::signed_in(people, &answer)?;
    let me = ace.get("/auth/me").await?.expect(200)?;
    assert_eq!(me, answer["user"]);

    let elsewhere = people.login("ace.OF_base-1", "correct horse").await?;
    assert_eq!(elsewhere.id, ace.id);
    assert_ne!(elsewhere.refresh_token, ace.refresh_token);
    let taken = json!({ "username": "ACE.OF_BASE-1", "password": "another one" });
    people.post("/auth/register", taken.clone()).await?.expect_refusal(409, "NAME_TAKEN")?;
    people.post("/users/", taken).await?.expect_refusal(409, "NAME_TAKEN")?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_alike() -> Result<()> {
    let server = TestServer::start().await?;
    let people = server.people();
    people.register("ace", "correct horse").await?;
    let guest = people.guest("Guest").await?;
    let mut refusals = Vec::new();
    let guests_name = guest.username.as_str();
    for (username, password) in [
        ("ace", "wrong horse"),
        ("nobody", "correct horse"),
        ("", ""),
        (guests_name, "nobody's password"),
        ("a\0", "b"),
    ] {
        let wish = json!({ "username": username, "password": password });
        refusals.push(people.post("/auth/login", wish).await?.expect_refusal(401, "BAD_CREDENTIALS")?);
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    Ok(())
}

#[tokio::test]
async fn names_and_passwords_have_rules() -> Result<()> {
    let server = TestServer::start().await?;
    let good = json!({ "username": "good.name", "password": "12345678" });
    let long = "x".repeat(33);
    let bad: [(&str, Value); 17] = [
        ("username", json!("ab")),
        ("username", json!(long)),
        ("username", json!("a b c")),
        ("username", json!("äce")),
        ("username", json!("ace\0")),
        ("username", json!(7)),
        ("username", Value::Null),
        ("password", json!("1234567")),
        ("password", json!("x".repeat(129))),
        ("display_name", json!("")),
        ("display_name", json!("a#1")),
        ("display_name", json!("a\nb")),
        ("display_name", json!(long)),
        ("email", json!("nowhere")),
        ("email", json!("a@b\0")),
        ("image_url", json!("javascript:alert(1)")),
        ("image_url", json!("https://a/\0")),
    ];
    for (field, value) in bad {
        let mut wish = good.clone();
        wish[field] = value.clone();
        let answer = server.people().post("/auth/register", wish).await?;
        answer.expect_refusal(400, "BAD_REQUEST").map_err(|error| error.context(format!("{field} {value}")))?;
    }
    server.people().post("/auth/register", good).await?.expect(201)?;
    Ok(())
}

#[tokio::test]
async fn guests_share_a_name_but_never_a_tag() -> Result<()> {
    let server = TestServer::start().await?;
    let mut names = Vec::new();
    for _ in 0..20 {
        names.push(server.player("Same").await?.name);
    }
    assert!(names.iter().all(|name| name.starts_with("Same#")), "{names:?}");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 20);
    let unnamed = server.people().call(Method::POST, "/auth/guest", None).await?.expect(201)?;
    assert_eq!(unnamed["user"]["display_name"], "Guest");
    Ok(())
}

#[tokio::test]
async fn registering_as_a_resource_answers_the_user_alone() -> Result<()> {
    let server = TestServer::start().await?;
    let wish = json!({ "username": "resource", "password": "12345678", "displayName": "Dart" });
    let user = server.people().post("/users/", wish).await?.expect(201)?;
    assert_eq!((user["username"].as_str(), user["display_name"].as_str()), (Some("resource"), Some("Dart")));
    assert_eq!(user.get("access_token"), None);
    server.people().login("resource", "12345678").await?;
    Ok(())
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_login_everywhere() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let first = server.player("Guest").await?;
        let second = refreshed(&first).await?;
        assert_eq!(second.id, first.id);
        let third = refreshed(&second).await?;
        third.get("/auth/me").await?.expect(200)?;
        let socket = third.socket().await?;

        cannot_refresh(&first).await?;
        assert_eq!(socket.next("error").await["code"], "UNAUTHENTICATED");
        socket.closed().await;
        third.get("/auth/me").await?.expect_refusal(401, "UNAUTHENTICATED")?;
        cannot_refresh(&third).await?;
        let Refused(reason) = third.try_socket().await?.err().expect("refused");
        assert!(reason.starts_with("UNAUTHENTICATED: "), "{reason}");
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn of_two_refreshes_at_the_same_time_at_most_one_succeeds() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        for _ in 0..10 {
            let guest = server.player("Guest").await?;
            let (one, other) = tokio::join!(refreshed(&guest), refreshed(&guest));
            assert!(one.is_err() || other.is_err());
            // Whoever came second revoked what the first was given.
            for winner in [one, other].into_iter().flatten() {
                cannot_refresh(&winner).await?;
                winner.get("/auth/me").await?.expect_refusal(401, "UNAUTHENTICATED")?;
            }
        }
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_or_expired_refresh_token_is_refused() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.refresh_token_seconds = 1;
    })
    .await?;
    let guest = server.player("Guest").await?;
    for text in ["", "a", "\0", &"x".repeat(10_000)] {
        let answer = server.people().post("/auth/refresh", json!({ "refresh_token": text })).await?;
        answer.expect_refusal(401, "UNAUTHENTICATED")?;
    }
    // The last refresh token of a chain of refreshes expires when nobody uses it.
    let mut last = guest;
    eventually("expired refresh token", async || match refreshed(&last).await {
        Ok(next) => {
            last = next;
            tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
            None
        }
        Err(_) => Some(()),
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn signing_out_ends_this_login_at_once_and_no_other() -> Result<()> {
    let server = TestServer::start().await?;
    let people = server.people();
    let here = people.register("ace", "correct horse").await?;
    let there = people.login("ace", "correct horse").await?;
    let (socket_here, socket_there) = (here.socket().await?, there.socket().await?);
    here.post("/auth/logout", json!({})).await?.expect(204)?;
    here.get("/auth/me").await?.expect_refusal(401, "UNAUTHENTICATED")?;
    cannot_refresh(&here).await?;
    let told = socket_here.next("error").await;
    assert_eq!(told["code"], "UNAUTHENTICATED");
    socket_here.closed().await;
    assert!(here.try_socket().await?.is_err());
    socket_there.fence().await;
    there.get("/auth/me").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_restarted_server_knows_who_has_signed_out() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let (gone, stays) = (server.player("Gone").await?, server.player("Stays").await?);
        gone.post("/auth/logout", json!({})).await?.expect(204)?;
        server.stop().await?;
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let people = server.people().clone();
        let (gone, stays) = (Player { people: people.clone(), ..gone }, Player { people, ..stays });
        gone.get("/auth/me").await?.expect_refusal(401, "UNAUTHENTICATED")?;
        assert!(gone.try_socket().await?.is_err());
        stays.get("/auth/me").await?.expect(200)?;
        refreshed(&stays).await?;
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_handshake_says_why_and_what_to_do() -> Result<()> {
    let server = TestServer::start().await?;
    let guest = server.player("Guest").await?;
    let foreign = tokens::signed_with("a secret of somebody else's", &guest.token, |_| {})?;
    let other_algorithm = format!("eyJhbGciOiJub25lIn0.{}.", guest.token.split('.').nth(1).expect("claims"));
    let no_user = tokens::altered(&guest.token, |claims| claims["sub"] = "nobody".into())?;
    let cases = [
        (None, "UNAUTHENTICATED"),
        (Some(json!({})), "UNAUTHENTICATED"),
        (Some(json!({ "token": Value::Null })), "UNAUTHENTICATED"),
        (Some(json!({ "token": 7 })), "UNAUTHENTICATED"),
        (Some(json!({ "token": "" })), "UNAUTHENTICATED"),
        (Some(json!({ "token": "a.b.c" })), "UNAUTHENTICATED"),
        (Some(json!({ "token": foreign })), "UNAUTHENTICATED"),
        (Some(json!({ "token": other_algorithm })), "UNAUTHENTICATED"),
        (Some(json!({ "token": no_user })), "UNAUTHENTICATED"),
        (Some(json!({ "token": tokens::expired(&guest.token)? })), "TOKEN_EXPIRED"),
    ];
    for (auth, code) in cases {
        let Refused(reason) = Socket::connect(server.url(), auth.as_ref(), "").await?.err().expect("refused");
        let (told, advice) = reason.split_once(": ").expect("CODE: what to do");
        assert_eq!(told, code, "{auth:?}");
        assert!(advice.len() > 10, "{reason}");
    }
    let query = format!("&token={}", guest.token);
    let socket = Socket::connect(server.url(), None, &query).await?.expect("a token in the query is enough");
    socket.fence().await;
    Ok(())
}

#[tokio::test]
async fn every_path_but_the_public_ones_needs_a_token() -> Result<()> {
    let server = TestServer::start().await?;
    let guest = server.player("Guest").await?;
    let protected = [
        (Method::GET, "/auth/me"),
        (Method::POST, "/auth/logout"),
        (Method::GET, "/users"),
        (Method::GET, "/users/1"),
        (Method::GET, "/presence?user_ids=1"),
        (Method::PUT, "/presence"),
        (Method::POST, "/sessions"),
        (Method::GET, "/sessions/K7QX2M"),
        (Method::DELETE, "/sessions/K7QX2M"),
        (Method::POST, "/sessions/K7QX2M/join"),
        (Method::POST, "/sessions/K7QX2M/leave"),
        (Method::POST, "/sessions/K7QX2M/connect-token"),
        (Method::POST, "/invite/send"),
        (Method::GET, "/invite/check"),
        (Method::GET, "/invite/check/1"),
        (Method::POST, "/invite/respond"),
        (Method::POST, "/invite/acknowledge"),
        (Method::POST, "/invite/cancel"),
        (Method::GET, "/invite/sent"),
    ];
    let expired = tokens::expired(&guest.token)?;
    for (method, path) in protected {
        let people = server.people();
        people.call(method.clone(), path, None).await?.expect_refusal(401, "UNAUTHENTICATED")?;
        people.request(method.clone(), path, Some("nonsense"), None).await?.expect_refusal(401, "UNAUTHENTICATED")?;
        people.request(method, path, Some(&expired), None).await?.expect_refusal(401, "TOKEN_EXPIRED")?;
    }
    for path in ["/health", "/ready"] {
        server.people().call(Method::GET, path, None).await?.expect(200)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_expires_in_mid_session_is_refreshed_and_the_socket_lives_on() -> Result<()> {
    let server = TestServer::with_limits(|limits| {
        limits.rates_enabled = false;
        limits.access_token_seconds = 1;
    })
    .await?;
    let (guest, socket) = server.online("Guest").await?;
    eventually("expired token", async || {
        let answer = guest.get("/auth/me").await.ok()?;
        (answer.status != 200).then(|| answer.expect_refusal(401, "TOKEN_EXPIRED").expect("expired, not invalid"))
    })
    .await;
    socket.fence().await;
    let Refused(reason) = guest.try_socket().await?.err().expect("an old token opens no new socket");
    assert!(reason.starts_with("TOKEN_EXPIRED: "), "{reason}");
    let guest = refreshed(&guest).await?;
    guest.get("/auth/me").await?.expect(200)?;
    guest.socket().await?.fence().await;
    Ok(())
}

#[tokio::test]
async fn users_are_found_by_the_beginning_of_a_name() -> Result<()> {
    for database in Database::all().await? {
        let server = TestServer::on(&database, |limits| limits.rates_enabled = false).await?;
        let seeker = server.player("Seeker").await?;
        let mut found = Vec::new();
        for number in 0..5 {
            found.push(server.player(&format!("Zed {number}")).await?);
        }
        server.player("Other%").await?;
        let answer = seeker.get("/users/?search=zED&limit=2&offset=1").await?;
        assert_eq!(answer.headers["x-total-count"], "5");
        let ids: Vec<_> =
            answer.expect(200)?.as_array().expect("a list").iter().map(|user| user["id"].clone()).collect();
        assert_eq!(ids, [json!(found[3].id), json!(found[2].id)], "newest first");
        let count = async |search: &str| -> Result<usize> {
            let users = seeker.get(&format!("/users?search={search}")).await?.expect(200)?;
            Ok(users.as_array().expect("a list").len())
        };
        assert_eq!(count("other%25").await?, 1);
        assert_eq!(count("%25").await?, 0, "a wildcard is a character like another");
        assert_eq!(count("_ed").await?, 0);
        assert_eq!(count("%00").await?, 0);
        assert_eq!(count("%5C").await?, 0);
        let online = found[0].socket().await?;
        let users = seeker.get("/users?search=zed&online=true").await?.expect(200)?;
        assert_eq!(users.as_array().map(Vec::len), Some(1));
        assert_eq!((&users[0]["id"], &users[0]["online"]), (&json!(found[0].id), &json!(true)));
        let offline = seeker.get("/users?search=zed&online=false&limit=2").await?;
        assert_eq!(offline.headers["x-total-count"], "4");
        assert_eq!(offline.expect(200)?.as_array().map(Vec::len), Some(2), "a page is full while there are more");
        online.leave().await?;
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_scheme_of_a_token_is_written_in_any_case() -> Result<()> {
    let server = TestServer::start().await?;
    let ace = server.player("Ace").await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    for (value, status) in [("bearer ", 200), ("BEARER ", 200), ("Bearer  ", 200), ("Basic ", 401), ("", 401)] {
        let request = http.get(format!("{}/auth/me", server.url()));
        let answer = request.header("authorization", format!("{value}{}", ace.token)).send().await?;
        assert_eq!(answer.status().as_u16(), status, "{value:?}");
    }
    Ok(())
}
