//! The store, with the same tests on every database it supports.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use futures_util::future::join_all;
use rallypoint_e2e::Database;
use rallypoint_protocol::{
    GameId, InviteId, SessionCode, Timestamp, User, UserId,
    invite::{InviteKind, InviteStatus},
    session::{GameOptions, GameSpeed, SessionPlayer},
};
use rallypoint_server::store::{
    Db,
    invites::{
        self, Acceptance, Ways,
        writer::{About, InviteWriter, NewInvite},
    },
    logins::{self, Redeemed},
    sessions::{self, Left, OpenSession, Seat, SessionRecord},
    users::{self, NewUser},
};

const T0: i64 = 1_800_000_000_000;

static NEXT: AtomicU64 = AtomicU64::new(1);

fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn new_user(username: &str) -> NewUser {
    NewUser {
        username: username.to_owned(),
        display_name: username.to_owned(),
        tag: format!("{:04}", next() % 10_000),
        email: None,
        image_url: None,
        password_hash: None,
        created_at: Timestamp(T0),
    }
}

async fn user(db: &Db) -> Result<User> {
    Ok(users::insert(db, &new_user(&format!("user-{}", next()))).await?)
}

async fn session(db: &Db, host: UserId, max_players: u32) -> Result<SessionCode> {
    let code = SessionCode::from_bits(next() as u32);
    let record = SessionRecord {
        code,
        name: "A session".into(),
        host_id: host,
        server: None,
        max_players,
        open: false,
        options: GameOptions::default(),
        game_id: None,
        closed: false,
        players: vec![SessionPlayer { user_id: host, name: String::new() }],
    };
    assert!(sessions::insert(db, &record, Timestamp(T0)).await?);
    Ok(code)
}

fn invite(sender: &User, receiver: &User, code: SessionCode) -> NewInvite {
    NewInvite {
        about: About::Session(code),
        sender_id: sender.id,
        receiver_id: receiver.id,
        created_at: Timestamp(T0),
        expires_at: Timestamp(T0 + 120_000),
        delivered_via: Ways::default(),
        max_pending: 32,
    }
}

async fn status(db: &Db, id: InviteId) -> Result<InviteStatus> {
    Ok(invites::find(db, id).await?.expect("the invite is there").status)
}

/// Runs a test on each database; the name of the one that fails is in the message.
async fn on_each(test: impl AsyncFn(Db) -> Result<()>) -> Result<()> {
    for database in Database::all().await? {
        let db = database.open().await?;
        test(db.clone()).await.map_err(|error| error.context(database.url().to_owned()))?;
        db.close().await;
    }
    Ok(())
}

#[tokio::test]
async fn the_schema_is_made_once_and_found_again() -> Result<()> {
    for database in Database::all().await? {
        let (first, second) = if database.url().starts_with("postgres") {
            // Servers of a cluster may start together; a SQLite file has one server.
            tokio::try_join!(database.open(), database.open())?
        } else {
            (database.open().await?, database.open().await?)
        };
        let ace = user(&first).await?;
        assert_eq!(users::find(&second, ace.id).await?, Some(ace.clone()));
        first.close().await;
        second.close().await;
        let again = database.open().await?;
        assert_eq!(users::find(&again, ace.id).await?, Some(ace));
        again.ping().await?;
        again.close().await;
    }
    assert!(Db::open("mysql://nowhere").await.is_err());
    Ok(())
}

#[tokio::test]
async fn users_are_unique_by_name_without_case_and_by_name_with_tag() -> Result<()> {
    on_each(async |db| {
        let wish = NewUser {
            email: Some("ace@example.net".into()),
            image_url: Some("https://example.net/a.png".into()),
            password_hash: Some("$argon2id$…".into()),
            ..new_user("Ace")
        };
        let ace = users::insert(&db, &wish).await?;
        assert_eq!((ace.username.as_str(), ace.image_url.as_deref()), ("Ace", Some("https://example.net/a.png")));
        assert_eq!(users::find(&db, ace.id).await?.as_ref(), Some(&ace));
        assert_eq!(users::find(&db, UserId(1 << 40)).await?, None);
        assert!(users::username_exists(&db, "aCE").await?);
        assert!(!users::username_exists(&db, "acex").await?);
        let credentials = users::credentials(&db, "ACE").await?.expect("known");
        assert_eq!((credentials.user, credentials.password_hash.as_deref()), (ace, Some("$argon2id$…")));
        assert!(users::credentials(&db, "nobody").await?.is_none());

        let same_name = users::insert(&db, &NewUser { display_name: "Other".into(), ..new_user("aCE") }).await;
        assert!(same_name.expect_err("taken").is_duplicate());
        let same_tag = NewUser { username: "other".into(), ..wish.clone() };
        assert!(users::insert(&db, &same_tag).await.expect_err("taken").is_duplicate());
        users::insert(&db, &NewUser { tag: "9999".into(), ..same_tag }).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn users_are_searched_by_prefix_with_wildcards_taken_as_they_are() -> Result<()> {
    on_each(async |db| {
        for name in ["per_cent", "per%cent", "perfect", "Zoë", "Özil", "back\\slash"] {
            users::insert(&db, &new_user(name)).await?;
        }
        let found = async |prefix: &str| -> Result<Vec<String>> {
            Ok(users::search(&db, prefix, &[], 10, 0).await?.0.into_iter().map(|user| user.username).collect())
        };
        assert_eq!(found("PER").await?, ["perfect", "per%cent", "per_cent"]);
        assert_eq!((found("ö").await?, found("ÖZ").await?), (vec!["Özil".to_owned()], vec!["Özil".to_owned()]));
        assert_eq!(found("per_").await?, ["per_cent"]);
        assert_eq!(found("per%").await?, ["per%cent"]);
        assert_eq!(found("back\\").await?, ["back\\slash"]);
        assert_eq!(found("x' OR '1'='1").await?, [] as [&str; 0]);
        let (page, total) = users::search(&db, "per", &[], 1, 1).await?;
        assert_eq!((page[0].username.as_str(), page.len(), total), ("per%cent", 1, 3));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_refresh_token_is_used_once_and_its_reuse_revokes_the_family() -> Result<()> {
    on_each(async |db| {
        let ace = user(&db).await?;
        let (now, later) = (Timestamp(T0), Timestamp(T0 + 1_000));
        let login = logins::insert(&db, ace.id, "one", now, later).await?;
        let other = logins::insert(&db, ace.id, "other", now, later).await?;
        assert_eq!(logins::rotate(&db, "nonsense", "x", now, later).await?, Redeemed::Refused);
        let fresh = Redeemed::Fresh { login, user: ace.id };
        assert_eq!(logins::rotate(&db, "one", "two", now, later).await?, fresh);
        assert_eq!(logins::rotate(&db, "two", "three", now, later).await?, fresh);
        assert_eq!(logins::rotate(&db, "three", "four", later, later).await?, Redeemed::Refused, "expired");
        assert_eq!(logins::rotate(&db, "one", "x", now, later).await?, Redeemed::Reused { login });
        assert_eq!(logins::rotate(&db, "one", "x", now, later).await?, Redeemed::Refused, "revoked once");
        assert_eq!(logins::rotate(&db, "three", "x", now, later).await?, Redeemed::Refused);
        assert_eq!(logins::revoked_since(&db, now).await?, [login]);
        let theirs = Redeemed::Fresh { login: other, user: ace.id };
        assert_eq!(logins::rotate(&db, "other", "next", now, later).await?, theirs, "another login lives on");

        logins::revoke(&db, other, later).await?;
        assert_eq!(logins::rotate(&db, "next", "x", now, later).await?, Redeemed::Refused);
        assert_eq!(logins::revoked_since(&db, later).await?, [other]);
        assert_eq!(logins::revoked_since(&db, Timestamp(T0 + 1_001)).await?, [] as [i64; 0]);
        logins::purge(&db, Timestamp(T0 + 2_000)).await?;
        assert_eq!(logins::revoked_since(&db, now).await?, [] as [i64; 0]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_many_rotations_at_once_one_is_fresh() -> Result<()> {
    on_each(async |db| {
        let ace = user(&db).await?;
        for round in 0..20 {
            let (now, later) = (Timestamp(T0), Timestamp(T0 + 1_000));
            let first = format!("first-{round}");
            logins::insert(&db, ace.id, &first, now, later).await?;
            let next: Vec<_> = (0..4).map(|try_number| format!("next-{round}-{try_number}")).collect();
            let tries = next.iter().map(|next| logins::rotate(&db, &first, next, now, later));
            let results = join_all(tries).await.into_iter().collect::<Result<Vec<_>, _>>()?;
            let fresh = results.iter().filter(|result| matches!(result, Redeemed::Fresh { .. })).count();
            let reused = results.iter().filter(|result| matches!(result, Redeemed::Reused { .. })).count();
            assert_eq!((fresh, reused), (1, 1), "{results:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sessions_keep_what_they_were_made_with() -> Result<()> {
    on_each(async |db| {
        let ace = user(&db).await?;
        let record = SessionRecord {
            code: SessionCode::from_bits(next() as u32),
            name: "Ünïcode 🎾".into(),
            host_id: ace.id,
            server: Some(("game.example.net".into(), 65_535)),
            max_players: 64,
            open: true,
            options: GameOptions { game_speed: Some(GameSpeed::Fast), score_to_win: Some(3), ..GameOptions::default() },
            game_id: Some("018f0000-0000-7000-8000-000000000001".parse::<GameId>()?),
            closed: false,
            players: vec![SessionPlayer { user_id: ace.id, name: ace.full_name() }],
        };
        assert!(sessions::insert(&db, &record, Timestamp(T0)).await?);
        assert!(!sessions::insert(&db, &record, Timestamp(T0)).await?, "the code is taken");
        let found = sessions::find(&db, record.code).await?.expect("there");
        assert_eq!(
            (&found.name, &found.server, found.open, found.options),
            (&record.name, &record.server, true, record.options)
        );
        assert_eq!(
            (found.host_id, found.max_players, found.game_id, found.closed),
            (ace.id, 64, record.game_id, false)
        );
        assert_eq!(found.players[0].name, ace.full_name());
        assert_eq!(sessions::open_of(&db, ace.id).await?, 1);

        let next_game = "018f0000-0000-7000-8000-000000000002".parse::<GameId>()?;
        let over = record.game_id.expect("set above");
        assert_eq!(sessions::replace_game(&db, over, next_game).await?, Some(record.code));
        assert_eq!(sessions::replace_game(&db, over, next_game).await?, None);
        let open = OpenSession { code: record.code, challenge: None, members: vec![ace.id] };
        assert_eq!(sessions::open_before(&db, Timestamp(T0 + 1)).await?, [open]);
        assert!(sessions::close(&db, record.code, Timestamp(T0 + 5)).await?);
        assert!(!sessions::close(&db, record.code, Timestamp(T0 + 6)).await?, "closed once");
        assert_eq!(sessions::replace_game(&db, next_game, over).await?, None);
        assert_eq!(sessions::open_of(&db, ace.id).await?, 0);
        assert_eq!(sessions::open_before(&db, Timestamp(T0 + 1)).await?, []);
        sessions::purge(&db, Timestamp(T0 + 5)).await?;
        assert!(sessions::find(&db, record.code).await?.is_some_and(|found| found.closed));
        sessions::purge(&db, Timestamp(T0 + 6)).await?;
        assert!(sessions::find(&db, record.code).await?.is_none());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn seats_are_taken_once_given_back_and_never_more_than_there_are() -> Result<()> {
    on_each(async |db| {
        let (ace, bea, cyd) = (user(&db).await?, user(&db).await?, user(&db).await?);
        let code = session(&db, ace.id, 2).await?;
        assert_eq!(sessions::join(&db, code, ace.id).await?, Seat::Kept);
        assert_eq!(sessions::join(&db, code, bea.id).await?, Seat::Taken);
        assert_eq!(sessions::join(&db, code, bea.id).await?, Seat::Kept);
        assert_eq!(sessions::join(&db, code, cyd.id).await?, Seat::Full);
        assert_eq!(sessions::leave(&db, code, cyd.id, Timestamp(T0)).await?, Left::NotAMember);
        assert_eq!(sessions::leave(&db, code, ace.id, Timestamp(T0)).await?, Left::Stays);
        let found = sessions::find(&db, code).await?.expect("there");
        assert_eq!((found.host_id, found.players.len()), (bea.id, 1), "the next becomes host");
        assert_eq!(sessions::join(&db, code, cyd.id).await?, Seat::Taken);
        assert_eq!(sessions::leave(&db, code, cyd.id, Timestamp(T0)).await?, Left::Stays);
        assert_eq!(sessions::leave(&db, code, bea.id, Timestamp(T0)).await?, Left::Closed);
        assert_eq!(sessions::join(&db, code, ace.id).await?, Seat::Gone);
        assert_eq!(sessions::join(&db, SessionCode::from_bits(u32::MAX), ace.id).await?, Seat::Gone);

        for _ in 0..10 {
            let code = session(&db, ace.id, 3).await?;
            let rivals = [bea.id, cyd.id, user(&db).await?.id, user(&db).await?.id];
            let tries = rivals.iter().chain(&rivals).map(|&rival| sessions::join(&db, code, rival));
            let results = join_all(tries).await.into_iter().collect::<Result<Vec<_>, _>>()?;
            assert_eq!(results.iter().filter(|seat| **seat == Seat::Taken).count(), 2, "{results:?}");
            assert_eq!(sessions::find(&db, code).await?.expect("there").players.len(), 3);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_transition_of_an_invite_happens_once() -> Result<()> {
    on_each(async |db| {
        let (ace, bea, cyd) = (user(&db).await?, user(&db).await?, user(&db).await?);
        let code = session(&db, ace.id, 8).await?;
        let (writer, writing) = InviteWriter::new(db.clone());
        tokio::spawn(writing);
        let (early, late) = (Timestamp(T0 + 1), Timestamp(T0 + 120_000));

        let id = writer.create(invite(&ace, &bea, code)).await?.expect("made");
        assert_eq!(writer.create(invite(&ace, &bea, code)).await?, None, "one pending for a pair");
        assert_eq!(writer.create(invite(&bea, &cyd, code)).await?, None, "only the host");
        assert_eq!(writer.create(NewInvite { max_pending: 1, ..invite(&ace, &cyd, code) }).await?, None, "too many");
        let pending = invites::pending_between(&db, ace.id, bea.id, InviteKind::Session).await?.expect("pending");
        assert_eq!((pending.id, pending.expires_at, pending.delivered_at), (id, late, None));
        let inbox = invites::inbox(&db, bea.id, early).await?;
        assert_eq!(
            (inbox.len(), &inbox[0].other_name, inbox[0].session_name.as_deref()),
            (1, &ace.full_name(), Some("A session"))
        );
        assert_eq!(invites::inbox(&db, bea.id, late).await?.len(), 0, "expired though nobody has said so");
        invites::mark_delivered(&db, bea.id, Ways(1), early).await?;
        assert!(invites::was_invited(&db, bea.id, code).await?);

        assert_eq!(writer.acknowledge(id, cyd.id, early).await?, None);
        assert_eq!(writer.acknowledge(id, bea.id, early).await?, Some(ace.id));
        assert_eq!(writer.acknowledge(id, bea.id, early).await?, None, "seen once");
        assert_eq!(writer.decline(id, ace.id, early).await?, None);
        assert_eq!(writer.decline(id, bea.id, late).await?, None, "too late");
        assert_eq!(writer.cancel(id, bea.id, early).await?, None);
        assert_eq!(invites::accept(&db, id, cyd.id, code, early).await?, Acceptance::NotPending);
        assert_eq!(writer.decline(id, bea.id, early).await?, Some(ace.id));
        for after in [writer.decline(id, bea.id, early).await?, writer.cancel(id, ace.id, early).await?] {
            assert_eq!(after, None);
        }
        assert_eq!(invites::accept(&db, id, bea.id, code, early).await?, Acceptance::NotPending);
        assert_eq!(status(&db, id).await?, InviteStatus::Declined);
        assert!(!invites::was_invited(&db, bea.id, code).await?);

        let id = writer.create(NewInvite { delivered_via: Ways(1), ..invite(&ace, &bea, code) }).await?.expect("made");
        assert_eq!(invites::find(&db, id).await?.expect("there").delivered_at, Some(Timestamp(T0)));
        assert_eq!(invites::accept(&db, id, bea.id, code, early).await?, Acceptance::Accepted);
        assert_eq!(writer.cancel(id, ace.id, early).await?, None);
        assert_eq!(invites::accept(&db, id, bea.id, code, early).await?, Acceptance::NotPending, "accepted once");

        let id = writer.create(invite(&ace, &cyd, code)).await?.expect("made");
        assert_eq!(invites::next_expiry(&db).await?, Some(late));
        assert_eq!(invites::expire_due(&db, Timestamp(late.0 - 1)).await?.len(), 0);
        let expired = invites::expire_due(&db, late).await?;
        assert_eq!((expired.len(), expired[0].id, expired[0].receiver_id), (1, id, cyd.id));
        assert_eq!(invites::expire_due(&db, late).await?.len(), 0, "expired once");
        assert_eq!(invites::next_expiry(&db).await?, None);

        let id = writer.create(invite(&ace, &cyd, code)).await?.expect("made");
        assert_eq!(invites::cancel_for_session(&db, code, early).await?.len(), 1);
        assert_eq!(status(&db, id).await?, InviteStatus::Cancelled);
        let sent = invites::sent_since(&db, ace.id, Timestamp(T0 - 1)).await?;
        let states: Vec<_> = sent.iter().map(|sent| sent.invite.status).collect();
        let expected = [InviteStatus::Cancelled, InviteStatus::Expired, InviteStatus::Accepted, InviteStatus::Declined];
        assert_eq!(states, expected, "newest first");
        invites::purge(&db, Timestamp(T0 + 1)).await?;
        assert_eq!(invites::find(&db, id).await?.map(|found| found.id), None);
        writer.flush().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn accepting_takes_the_seat_or_changes_nothing() -> Result<()> {
    on_each(async |db| {
        let (ace, bea, cyd) = (user(&db).await?, user(&db).await?, user(&db).await?);
        let code = session(&db, ace.id, 2).await?;
        let (writer, writing) = InviteWriter::new(db.clone());
        tokio::spawn(writing);
        let now = Timestamp(T0 + 1);
        let (first, second) =
            tokio::join!(writer.create(invite(&ace, &bea, code)), writer.create(invite(&ace, &cyd, code)));
        let (first, second) = (first?.expect("made"), second?.expect("made"));
        assert_eq!(invites::accept(&db, first, bea.id, code, now).await?, Acceptance::Accepted);
        assert_eq!(invites::accept(&db, second, cyd.id, code, now).await?, Acceptance::SessionFull);
        assert_eq!(status(&db, second).await?, InviteStatus::Pending);
        sessions::close(&db, code, now).await?;
        assert_eq!(invites::accept(&db, second, cyd.id, code, now).await?, Acceptance::SessionGone);
        assert_eq!(status(&db, second).await?, InviteStatus::Pending);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_batch_writer_answers_each_of_a_crowd_with_its_own_result() -> Result<()> {
    on_each(async |db| {
        let ace = user(&db).await?;
        let code = session(&db, ace.id, 8).await?;
        let (writer, writing) = InviteWriter::new(db.clone());
        tokio::spawn(writing);
        let mut crowd = Vec::new();
        for _ in 0..40 {
            let (host, guest) = (user(&db).await?, user(&db).await?);
            crowd.push((session(&db, host.id, 2).await?, host, guest));
        }
        let now = Timestamp(T0 + 1);
        // Each pair twice, and a stranger in between: half of the wishes fail, all in the same batches.
        let wishes = crowd.iter().flat_map(|(own, host, guest)| {
            [
                writer.create(invite(host, guest, *own)),
                writer.create(invite(host, guest, *own)),
                writer.create(invite(host, &ace, code)),
            ]
        });
        let made = join_all(wishes).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut ids = Vec::new();
        for (three, (_, host, guest)) in made.chunks(3).zip(&crowd) {
            let pair: Vec<_> = three[..2].iter().flatten().collect();
            assert_eq!((pair.len(), three[2]), (1, None), "{three:?}");
            let record = invites::find(&db, *pair[0]).await?.expect("there");
            assert_eq!((record.sender_id, record.receiver_id), (host.id, guest.id), "each got its own id");
            ids.push(*pair[0]);
        }
        let wishes = ids.iter().zip(&crowd).enumerate().flat_map(|(index, (id, (_, host, guest)))| {
            let (decline, cancel) = (writer.decline(*id, guest.id, now), writer.cancel(*id, host.id, now));
            let seen = writer.acknowledge(*id, guest.id, now);
            let both: [std::pin::Pin<Box<dyn Future<Output = _> + Send>>; 2] = [Box::pin(decline), Box::pin(cancel)];
            let both = if index % 2 == 0 { both.into_iter().rev().collect() } else { Vec::from(both) };
            both.into_iter().chain([Box::pin(seen) as _])
        });
        let done = join_all(wishes).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        for ((three, (_, host, guest)), id) in done.chunks(3).zip(&crowd).zip(&ids) {
            let winners = three[..2].iter().flatten().count();
            assert_eq!(winners, 1, "{three:?}");
            let now_is = status(&db, *id).await?;
            let told = three[..2].iter().flatten().next().expect("one winner");
            let expected = if *told == host.id { InviteStatus::Declined } else { InviteStatus::Cancelled };
            assert!(now_is == expected && [host.id, guest.id].contains(told), "{now_is:?} but told {told}");
        }
        writer.flush().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_transaction_that_is_dropped_changes_nothing() -> Result<()> {
    on_each(async |db| {
        let ace = user(&db).await?;
        let bea = user(&db).await?;
        let code = session(&db, ace.id, 2).await?;
        let mut transaction = db.begin().await?;
        assert_eq!(sessions::take_seat(&mut transaction, code, bea.id).await?, Seat::Taken);
        drop(transaction);
        assert_eq!(sessions::find(&db, code).await?.expect("there").players.len(), 1);
        assert_eq!(sessions::join(&db, code, bea.id).await?, Seat::Taken);
        Ok(())
    })
    .await
}
