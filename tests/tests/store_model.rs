//! The invite machine against a model: whatever happens in whatever order, the database agrees with a page of
//! plain code.

use anyhow::Result;
use proptest::{prelude::*, test_runner::Config};
use rallypoint_e2e::Database;
use rallypoint_protocol::{
    InviteId, SessionCode, Timestamp, UserId,
    invite::InviteStatus,
    session::{GameOptions, SessionPlayer},
};
use rallypoint_server::store::{
    Db,
    invites::{
        self, Acceptance, Ways,
        writer::{About, InviteWriter, NewInvite},
    },
    sessions::{self, Left, Seat, SessionRecord},
    users::{self, NewUser},
};

const USERS: usize = 4;
const SEATS: usize = 3;
const LIFETIME: i64 = 1_000;
const MOST_PENDING: usize = 2;

/// Users, sessions and invites are named by their number; one that is not there is the last that is.
#[derive(Clone, Debug)]
enum Step {
    Create { sender: usize, receiver: usize, session: usize },
    Acknowledge { invite: usize, user: usize },
    Accept { invite: usize, user: usize },
    Decline { invite: usize, user: usize },
    Cancel { invite: usize, user: usize },
    Wait { ms: i64 },
    Expire,
    Join { session: usize, user: usize },
    Leave { session: usize, user: usize },
    Close { session: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (user, session, invite) = (0..USERS, 0..2_usize, 0..6_usize);
    prop_oneof![
        6 => (user.clone(), 1..USERS, session.clone()).prop_map(|(sender, offset, session)| {
            Step::Create { sender, receiver: (sender + offset) % USERS, session }
        }),
        2 => (invite.clone(), user.clone()).prop_map(|(invite, user)| Step::Acknowledge { invite, user }),
        4 => (invite.clone(), user.clone()).prop_map(|(invite, user)| Step::Accept { invite, user }),
        3 => (invite.clone(), user.clone()).prop_map(|(invite, user)| Step::Decline { invite, user }),
        3 => (invite, user.clone()).prop_map(|(invite, user)| Step::Cancel { invite, user }),
        2 => (1..LIFETIME).prop_map(|ms| Step::Wait { ms }),
        2 => Just(Step::Expire),
        1 => (session.clone(), user.clone()).prop_map(|(session, user)| Step::Join { session, user }),
        1 => (session.clone(), user).prop_map(|(session, user)| Step::Leave { session, user }),
        1 => session.prop_map(|session| Step::Close { session }),
    ]
}

struct Invite {
    id: InviteId,
    sender: usize,
    receiver: usize,
    session: usize,
    expires_at: i64,
    seen: bool,
    status: InviteStatus,
}

struct Session {
    host: usize,
    players: Vec<usize>,
    closed: bool,
}

struct World {
    db: Db,
    writer: InviteWriter,
    users: Vec<UserId>,
    codes: Vec<SessionCode>,
    now: i64,
    invites: Vec<Invite>,
    sessions: Vec<Session>,
}

impl World {
    async fn new(db: &Db) -> Result<Self> {
        let mut users = Vec::new();
        for _ in 0..USERS {
            let username = format!("model-{:016x}", random());
            let new = NewUser {
                display_name: username.clone(),
                username,
                tag: "0000".into(),
                email: None,
                image_url: None,
                password_hash: None,
                created_at: Timestamp(0),
            };
            users.push(users::insert(db, &new).await?.id);
        }
        let (mut codes, mut sessions) = (Vec::new(), Vec::new());
        for (host, &host_id) in users.iter().enumerate().take(2) {
            let record = SessionRecord {
                code: SessionCode::from_bits(random() as u32),
                name: "A session".into(),
                host_id,
                server: None,
                max_players: SEATS as u32,
                open: false,
                options: GameOptions::default(),
                game_id: None,
                closed: false,
                players: vec![SessionPlayer { user_id: host_id, name: String::new() }],
            };
            anyhow::ensure!(sessions::insert(db, &record, Timestamp(0)).await?, "the code is taken");
            codes.push(record.code);
            sessions.push(Session { host, players: vec![host], closed: false });
        }
        let (writer, writing) = InviteWriter::new(db.clone());
        tokio::spawn(writing);
        Ok(Self { db: db.clone(), writer, users, codes, now: 1_000, invites: Vec::new(), sessions })
    }

    fn pending(&mut self, invite: usize) -> Option<&mut Invite> {
        let last = self.invites.len().checked_sub(1)?;
        Some(&mut self.invites[invite.min(last)])
    }

    fn open(&self, invite: &Invite) -> bool {
        invite.status == InviteStatus::Pending && invite.expires_at > self.now
    }

    fn seat(&self, session: usize, user: usize) -> Seat {
        let session = &self.sessions[session];
        match session {
            Session { closed: true, .. } => Seat::Gone,
            Session { players, .. } if players.contains(&user) => Seat::Kept,
            Session { players, .. } if players.len() >= SEATS => Seat::Full,
            _ => Seat::Taken,
        }
    }

    async fn take(&mut self, step: &Step) -> Result<()> {
        let now = Timestamp(self.now);
        match *step {
            Step::Create { sender, receiver, session } => self.create(sender, receiver, session).await?,
            Step::Wait { ms } => self.now += ms,
            Step::Acknowledge { invite, user } => {
                let Some(index) = self.index(invite) else { return Ok(()) };
                let invite = &mut self.invites[index];
                let newly = invite.receiver == user && invite.status == InviteStatus::Pending && !invite.seen;
                invite.seen |= newly;
                let told = self.writer.acknowledge(invite.id, self.users[user], now).await?;
                anyhow::ensure!(
                    told == newly.then(|| self.users[self.invites[index].sender]),
                    "acknowledged: {told:?}"
                );
            }
            Step::Decline { invite, user } => {
                let Some(index) = self.index(invite) else { return Ok(()) };
                let wins = self.open(&self.invites[index]) && self.invites[index].receiver == user;
                let told = self.writer.decline(self.invites[index].id, self.users[user], now).await?;
                anyhow::ensure!(told == wins.then(|| self.users[self.invites[index].sender]), "declined: {told:?}");
                if wins {
                    self.invites[index].status = InviteStatus::Declined;
                }
            }
            Step::Cancel { invite, user } => {
                let Some(index) = self.index(invite) else { return Ok(()) };
                let wins = self.open(&self.invites[index]) && self.invites[index].sender == user;
                let told = self.writer.cancel(self.invites[index].id, self.users[user], now).await?;
                anyhow::ensure!(told == wins.then(|| self.users[self.invites[index].receiver]), "cancelled: {told:?}");
                if wins {
                    self.invites[index].status = InviteStatus::Cancelled;
                }
            }
            Step::Accept { invite, user } => self.accept(invite, user).await?,
            Step::Expire => {
                let mut due = Vec::new();
                for invite in &mut self.invites {
                    if invite.status == InviteStatus::Pending && invite.expires_at <= self.now {
                        invite.status = InviteStatus::Expired;
                        due.push(invite.id);
                    }
                }
                let mut expired: Vec<_> = invites::expire_due(&self.db, now).await?.iter().map(|one| one.id).collect();
                expired.sort();
                anyhow::ensure!(expired == due, "expired {expired:?}, due {due:?}");
            }
            Step::Join { session, user } => {
                let expected = self.seat(session, user);
                let seat = sessions::join(&self.db, self.codes[session], self.users[user]).await?;
                anyhow::ensure!(seat == expected, "joined: {seat:?}, not {expected:?}");
                if seat == Seat::Taken {
                    self.sessions[session].players.push(user);
                }
            }
            Step::Leave { session, user } => {
                let state = &mut self.sessions[session];
                let expected = if !state.players.contains(&user) {
                    Left::NotAMember
                } else {
                    state.players.retain(|player| *player != user);
                    match state.players.first() {
                        Some(&next) => {
                            state.host = if state.host == user { next } else { state.host };
                            Left::Stays
                        }
                        None => {
                            state.closed = true;
                            Left::Closed
                        }
                    }
                };
                let left = sessions::leave(&self.db, self.codes[session], self.users[user], now).await?;
                anyhow::ensure!(left == expected, "left: {left:?}, not {expected:?}");
            }
            Step::Close { session } => {
                let closes = !std::mem::replace(&mut self.sessions[session].closed, true);
                anyhow::ensure!(sessions::close(&self.db, self.codes[session], now).await? == closes);
                let mut ended = Vec::new();
                for invite in self.invites.iter_mut().filter(|invite| invite.session == session) {
                    if invite.status == InviteStatus::Pending {
                        invite.status = InviteStatus::Cancelled;
                        ended.push(invite.id);
                    }
                }
                let cancelled = invites::cancel_for_session(&self.db, self.codes[session], now).await?;
                let mut cancelled: Vec<_> = cancelled.iter().map(|one| one.id).collect();
                cancelled.sort();
                anyhow::ensure!(cancelled == ended, "cancelled {cancelled:?}, not {ended:?}");
            }
        }
        self.agrees().await
    }

    fn index(&mut self, invite: usize) -> Option<usize> {
        self.pending(invite)?;
        Some(invite.min(self.invites.len() - 1))
    }

    async fn create(&mut self, sender: usize, receiver: usize, session: usize) -> Result<()> {
        let pending = |invite: &&Invite| invite.status == InviteStatus::Pending && invite.sender == sender;
        let (mut all, mut same) = (0, 0);
        for invite in self.invites.iter().filter(pending) {
            all += 1;
            same += usize::from(invite.receiver == receiver);
        }
        let state = &self.sessions[session];
        let expected = state.host == sender && !state.closed && same == 0 && all < MOST_PENDING;
        let expires_at = self.now + LIFETIME;
        let new = NewInvite {
            about: About::Session(self.codes[session]),
            sender_id: self.users[sender],
            receiver_id: self.users[receiver],
            created_at: Timestamp(self.now),
            expires_at: Timestamp(expires_at),
            delivered_via: Ways::default(),
            max_pending: MOST_PENDING as i64,
        };
        let made = self.writer.create(new).await?;
        anyhow::ensure!(made.is_some() == expected, "created: {made:?}, expected: {expected}");
        if let Some(id) = made {
            let status = InviteStatus::Pending;
            self.invites.push(Invite { id, sender, receiver, session, expires_at, seen: false, status });
        }
        Ok(())
    }

    async fn accept(&mut self, invite: usize, user: usize) -> Result<()> {
        let Some(index) = self.index(invite) else { return Ok(()) };
        let invite = &self.invites[index];
        let session = invite.session;
        let expected = if self.open(invite) && invite.receiver == user {
            match self.seat(session, user) {
                Seat::Taken | Seat::Kept => Acceptance::Accepted,
                Seat::Full => Acceptance::SessionFull,
                Seat::Gone => Acceptance::SessionGone,
            }
        } else {
            Acceptance::NotPending
        };
        let now = Timestamp(self.now);
        let became = invites::accept(&self.db, invite.id, self.users[user], self.codes[session], now).await?;
        anyhow::ensure!(became == expected, "accepted: {became:?}, not {expected:?}");
        if became == Acceptance::Accepted {
            self.invites[index].status = InviteStatus::Accepted;
            if !self.sessions[session].players.contains(&user) {
                self.sessions[session].players.push(user);
            }
        }
        Ok(())
    }

    /// Whether database and model tell the same.
    async fn agrees(&self) -> Result<()> {
        for invite in &self.invites {
            let status = invites::find(&self.db, invite.id).await?.map(|found| found.status);
            anyhow::ensure!(status == Some(invite.status), "{} is {status:?}, not {:?}", invite.id, invite.status);
        }
        for (code, session) in self.codes.iter().zip(&self.sessions) {
            let found = sessions::find(&self.db, *code).await?.ok_or_else(|| anyhow::anyhow!("no session"))?;
            let players: Vec<_> = found.players.iter().map(|player| player.user_id).collect();
            let expected: Vec<_> = session.players.iter().map(|player| self.users[*player]).collect();
            anyhow::ensure!(players == expected, "{players:?} sit there, not {expected:?}");
            anyhow::ensure!((found.closed, found.host_id) == (session.closed, self.users[session.host]), "{found:?}");
            let counted = self.db.read("SELECT seats_taken FROM sessions WHERE code = $1", vec![code.as_str().into()]);
            anyhow::ensure!(counted.await?[0].int(0)? as usize == players.len(), "the seats are counted wrong");
        }
        Ok(())
    }
}

fn random() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0)
}

fn check(database: &Database, runtime: &tokio::runtime::Runtime, cases: u32) -> Result<()> {
    let db = runtime.block_on(database.open())?;
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&prop::collection::vec(step(), 1..60), |steps| {
        let outcome: Result<()> = runtime.block_on(async {
            let mut world = World::new(&db).await?;
            for (number, step) in steps.iter().enumerate() {
                world.take(step).await.map_err(|error| error.context(format!("step {number}, {step:?}")))?;
            }
            // What a case leaves pending must not fall due in the next.
            invites::expire_due(&db, Timestamp(i64::MAX / 2)).await?;
            Ok(())
        });
        outcome.map_err(|error| TestCaseError::fail(format!("{error:#}")))
    });
    runtime.block_on(db.close());
    result.map_err(|error| anyhow::anyhow!("{error}"))
}

#[test]
fn any_sequence_of_events_ends_as_the_model_says_on_sqlite() -> Result<()> {
    check(&Database::sqlite()?, &tokio::runtime::Runtime::new()?, 64)
}

#[test]
fn any_sequence_of_events_ends_as_the_model_says_on_postgres() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    match runtime.block_on(Database::postgres())? {
        Some(database) => check(&database, &runtime, 24),
        None => Ok(()),
    }
}
