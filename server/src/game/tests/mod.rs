//! Real clients on real sockets. Nothing here sleeps to wait for a result: clients are driven until it is there.

mod crowd;
mod hostile;
mod spectators;

use std::time::{Duration, Instant};

use rallypoint_pong::{
    bot::Paddle,
    client::{GameClient, GameNews},
    rules::{Input, Outcome, Reason, Rules, Side, Speed},
    wire::{ServerMessage, Stage},
};
use rallypoint_protocol::{GameId, UserId};
use tokio::sync::mpsc::Receiver;
use uuid::Uuid;

use super::{Ending, GameConfig, GameError, GameEvent, GameServer, Player, Ticket};

/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(4);

const LEFT: UserId = UserId(1);
const RIGHT: UserId = UserId(2);

struct Arena {
    server: GameServer,
    events: Receiver<GameEvent>,
}

impl Arena {
    async fn new(change: impl FnOnce(&mut GameConfig)) -> Self {
        let mut config = GameConfig { listen: ([127, 0, 0, 1], 0).into(), ..GameConfig::default() };
        change(&mut config);
        let (server, events) = GameServer::bind(config).await.unwrap();
        Self { server, events }
    }

    fn room(&self, rules: Rules) -> GameId {
        let game = GameId(Uuid::new_v4());
        self.server.open_room(game, rules, 7).unwrap();
        for user_id in [LEFT, RIGHT] {
            self.server.admit(game, Player { user_id, name: format!("player {user_id}") }).unwrap();
        }
        game
    }

    fn ticket(&self, game: GameId, user: UserId) -> Ticket {
        self.server.issue_token(game, user).unwrap()
    }

    fn join(&self, game: GameId, user: UserId) -> Person {
        Person::new(&self.ticket(game, user))
    }

    /// Two connected players who have said that they are ready, and the match begun.
    fn start(&self, game: GameId) -> [Person; 2] {
        let mut people = [self.join(game, LEFT), self.join(game, RIGHT)];
        people.iter_mut().for_each(|person| person.client.ready());
        drive(&mut people, |people| people.iter().all(Person::started));
        people
    }

    fn next_event(&mut self) -> GameEvent {
        self.events.blocking_recv().unwrap()
    }

    fn finished(&mut self) -> (Option<UserId>, Reason) {
        loop {
            if let GameEvent::Finished { winner, reason, .. } = self.next_event() {
                return (winner, reason);
            }
        }
    }
}

struct Person {
    client: GameClient,
    bot: Option<Paddle>,
    side: Option<Side>,
    heard: Vec<ServerMessage>,
    snapshots: usize,
    end: Option<String>,
}

impl Person {
    fn new(ticket: &Ticket) -> Self {
        let client = GameClient::connect_base64(&ticket.token_base64).unwrap();
        Self { client, bot: None, side: None, heard: Vec::new(), snapshots: 0, end: None }
    }

    fn update(&mut self, dt: Duration) {
        self.client.update(dt);
        while let Some(news) = self.client.poll() {
            match news {
                GameNews::Connected => {}
                GameNews::Message(message) => {
                    if let ServerMessage::Welcome { side, .. } = message {
                        self.side = Some(side);
                    }
                    self.heard.push(message);
                }
                GameNews::Snapshot(snapshot) => {
                    self.snapshots += 1;
                    if let Some(bot) = &mut self.bot {
                        self.client.set_input(bot.play(&snapshot));
                    }
                }
                GameNews::Disconnected { reason } => self.end = Some(reason),
            }
        }
    }

    fn started(&self) -> bool {
        self.heard.iter().any(|message| matches!(message, ServerMessage::Start { .. }))
    }

    fn paused(&self) -> bool {
        self.heard.iter().any(|message| matches!(message, ServerMessage::Paused { .. }))
    }

    fn resumed(&self) -> bool {
        self.heard.iter().any(|message| matches!(message, ServerMessage::Resumed { .. }))
    }

    fn outcome(&self) -> Option<Outcome> {
        self.heard.iter().find_map(|message| match message {
            ServerMessage::Finished { outcome, .. } => Some(*outcome),
            _ => None,
        })
    }
}

/// Lets the clients run in real time until what is wanted is there.
fn drive(people: &mut [Person], mut wanted: impl FnMut(&[Person]) -> bool) {
    let start = Instant::now();
    let mut last = start;
    while !wanted(people) {
        assert!(start.elapsed() < PATIENCE, "it never came");
        std::thread::sleep(STEP);
        let now = Instant::now();
        people.iter_mut().for_each(|person| person.update(now - last));
        last = now;
    }
}

fn quick() -> Rules {
    Rules { speed: Speed::Fast, score_to_win: 3, ..Rules::default() }
}

/// Runs a test off the runtime's own thread, so that it may block.
async fn with_arena(change: impl FnOnce(&mut GameConfig), test: impl FnOnce(&mut Arena) + Send + 'static) {
    let mut arena = Arena::new(change).await;
    tokio::task::spawn_blocking(move || test(&mut arena)).await.unwrap();
}

#[tokio::test]
async fn two_players_play_to_the_end() {
    with_arena(
        |config| config.linger = Duration::from_millis(200),
        |arena| {
            let game = arena.room(quick());
            let mut people = arena.start(game);
            let both = [LEFT, RIGHT];
            assert!(both.contains(&match arena.next_event() {
                GameEvent::PlayerConnected { game_id, user_id } if game_id == game => user_id,
                event => panic!("{event:?}"),
            }));
            for person in &mut people {
                let side = person.side.unwrap();
                // One defends, one stays where the ball seldom comes.
                person.bot = (side == Side::Left).then(|| Paddle::new(side, 1.0, 5));
                if person.bot.is_none() {
                    person.client.set_input(Input::Up);
                }
            }
            drive(&mut people, |people| people.iter().all(|person| person.outcome().is_some()));
            let won = Outcome { winner: Some(Side::Left), reason: Reason::Score };
            assert!(people.iter().all(|person| person.outcome() == Some(won)), "{:?}", people[0].heard);
            let points = |person: &Person| {
                person.heard.iter().filter(|message| matches!(message, ServerMessage::Point { .. })).count()
            };
            assert!(people.iter().all(|person| points(person) >= 3 && person.snapshots > 60));
            assert_eq!(arena.finished(), (Some(LEFT), Reason::Score));
            assert_eq!(arena.server.issue_token(game, LEFT), Err(GameError::Over));
            drive(&mut people, |people| people.iter().all(|person| person.end.is_some()));
            let dropped = [arena.next_event(), arena.next_event()];
            for user_id in [LEFT, RIGHT] {
                assert!(dropped.contains(&GameEvent::PlayerDropped { game_id: game, user_id }), "{dropped:?}");
            }
            assert_eq!(arena.next_event(), GameEvent::Closed { game_id: game, ending: Ending::Natural });
            assert_eq!(arena.server.room_count(), 0);
        },
    )
    .await;
}

#[tokio::test]
async fn a_match_costs_few_bytes() {
    with_arena(
        |_| {},
        |arena| {
            let game = arena.room(Rules { score_to_win: 20, ..Rules::default() });
            let mut people = arena.start(game);
            for person in &mut people {
                person.bot = person.side.map(|side| Paddle::new(side, 0.8, 9));
            }
            let before = people.each_ref().map(|person| person.client.traffic());
            let until = people[0].snapshots + 240;
            let start = Instant::now();
            drive(&mut people, |people| people[0].snapshots >= until);
            let seconds = start.elapsed().as_secs_f64();
            for (person, before) in people.iter().zip(before) {
                let now = person.client.traffic();
                let rate = |now: u64, before: u64| (now - before) as f64 / seconds;
                let down = rate(now.application_down, before.application_down);
                let up = rate(now.application_up, before.application_up);
                let (udp_down, udp_up) = (rate(now.udp_down, before.udp_down), rate(now.udp_up, before.udp_up));
                let figures =
                    format!("application {down:.0} / {up:.0}, UDP {udp_down:.0} / {udp_up:.0} bytes a second");
                assert!(down < 280.0 && up < 240.0 && udp_down < 2_000.0 && udp_up < 1_500.0, "{figures}");
                assert!(down > 60.0 && udp_down > 600.0, "{figures}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_player_comes_back_with_a_new_token() {
    with_arena(
        |_| {},
        |arena| {
            let game = arena.room(quick());
            let [mut left, right] = arena.start(game);
            left.client.disconnect();
            drop(left);
            let mut people = [right];
            drive(&mut people, |people| people[0].paused());
            let paused = people[0].heard.iter().find_map(|message| match message {
                ServerMessage::Paused { side, remaining_ms } => Some((*side, *remaining_ms)),
                _ => None,
            });
            let (side, remaining) = paused.unwrap();
            assert_eq!(side, Side::Left);
            assert!((14_000..=15_000).contains(&remaining), "{remaining} ms");
            let [right] = people;

            let mut people = [arena.join(game, LEFT), right];
            drive(&mut people, |people| people.iter().all(Person::resumed));
            assert!(
                matches!(people[0].heard[0], ServerMessage::Welcome { stage: Stage::Paused, side: Side::Left, .. }),
                "{:?}",
                people[0].heard
            );
            drive(&mut people, |people| people[0].snapshots > 10);
        },
    )
    .await;
}

#[tokio::test]
async fn who_stays_away_forfeits() {
    with_arena(
        |config| config.reconnect_grace = Duration::from_millis(300),
        |arena| {
            let game = arena.room(quick());
            let [left, mut right] = arena.start(game);
            right.client.disconnect();
            let mut people = [left];
            drive(&mut people, |people| people[0].outcome().is_some());
            let forfeit = Outcome { winner: Some(Side::Left), reason: Reason::Forfeit };
            assert_eq!(people[0].outcome(), Some(forfeit));
            assert_eq!(arena.finished(), (Some(LEFT), Reason::Forfeit));
        },
    )
    .await;
}

#[tokio::test]
async fn silence_is_a_drop_and_leaving_a_forfeit() {
    with_arena(
        |config| config.connection_timeout = Duration::from_secs(1),
        |arena| {
            let game = arena.room(quick());
            let [left, right] = arena.start(game);
            // The right player's packets stop, as if a cable were cut.
            let mut people = [left];
            drive(&mut people, |people| people[0].paused());
            people[0].client.leave();
            drive(&mut people, |people| people[0].outcome().is_some());
            assert_eq!(arena.finished(), (Some(RIGHT), Reason::Forfeit));
            drop(right);
        },
    )
    .await;
}

#[tokio::test]
async fn leaving_the_session_forfeits_or_frees_the_seat() {
    with_arena(
        |_| {},
        |arena| {
            let waiting = arena.room(quick());
            arena.server.dismiss(waiting, LEFT);
            assert_eq!(arena.server.issue_token(waiting, LEFT), Err(GameError::NotAPlayer));
            let third = Player { user_id: UserId(3), name: "third".into() };
            assert_eq!(arena.server.admit(waiting, third), Ok(Side::Left));

            let running = arena.room(quick());
            let mut people = arena.start(running);
            arena.server.dismiss(running, RIGHT);
            drive(&mut people, |people| people.iter().all(|person| person.outcome().is_some()));
            assert_eq!(arena.finished(), (Some(LEFT), Reason::Forfeit));
        },
    )
    .await;
}

#[tokio::test]
async fn a_token_works_once() {
    with_arena(
        |_| {},
        |arena| {
            let game = arena.room(quick());
            let ticket = arena.ticket(game, LEFT);
            let mut people = [Person::new(&ticket)];
            drive(&mut people, |people| people[0].side.is_some());
            let [mut first] = people;
            first.client.disconnect();
            drop(first);
            assert!(matches!(arena.next_event(), GameEvent::PlayerConnected { .. }));
            assert!(matches!(arena.next_event(), GameEvent::PlayerDropped { .. }));

            // The second use never gets an answer, while a fresh token does.
            let mut people = [Person::new(&ticket), arena.join(game, LEFT)];
            drive(&mut people, |people| people[1].side.is_some());
            let start = Instant::now();
            drive(&mut people, |_| start.elapsed() > Duration::from_millis(800));
            assert!(!people[0].client.is_connected());
            assert_eq!(people[0].side, None);
        },
    )
    .await;
}

#[tokio::test]
async fn an_expired_or_foreign_token_is_refused() {
    with_arena(
        |config| config.token_lifetime = Duration::from_secs(2),
        |arena| {
            let game = arena.room(quick());
            assert_eq!(arena.server.issue_token(game, UserId(9)), Err(GameError::NotAPlayer));
            let stranger = Player { user_id: UserId(9), name: "stranger".into() };
            assert_eq!(arena.server.admit(game, stranger), Err(GameError::RoomFull));
            assert_eq!(arena.server.issue_token(GameId(Uuid::nil()), LEFT), Err(GameError::UnknownRoom));

            let ticket = arena.ticket(game, LEFT);
            // Expiry is the wall clock's: there is nothing to wait on but it.
            std::thread::sleep(Duration::from_millis(3_100));
            let mut people = [Person::new(&ticket), arena.join(game, RIGHT)];
            drive(&mut people, |people| people[1].side.is_some() && people[0].end.is_some());
            assert_eq!(people[0].side, None, "{:?}", people[0].end);
        },
    )
    .await;
}

#[tokio::test]
async fn a_newer_connection_replaces_the_older() {
    with_arena(
        |_| {},
        |arena| {
            let game = arena.room(quick());
            let [left, right] = arena.start(game);
            let mut people = [left, right, arena.join(game, LEFT)];
            drive(&mut people, |people| people[0].end.is_some() && people[2].snapshots > 10);
            assert!(!people[1].paused(), "the opponent notices nothing");
            assert!(people[2].client.is_connected());
        },
    )
    .await;
}

#[tokio::test]
async fn stopping_ends_a_match_only_after_the_grace() {
    with_arena(
        |_| {},
        |arena| {
            let game = arena.room(quick());
            assert_eq!(arena.server.room_count(), 1);
            let mut people = arena.start(game);
            let server = arena.server.clone();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let asked = Instant::now();
            let stopping = std::thread::spawn(move || runtime.block_on(server.shutdown(Duration::from_millis(500))));
            drive(&mut people, |people| people.iter().all(|person| person.end.is_some()));
            stopping.join().unwrap();
            assert!(asked.elapsed() >= Duration::from_millis(450), "{:?}", asked.elapsed());
            assert_eq!(arena.server.open_room(game, quick(), 1), Err(GameError::ShuttingDown));
            assert_eq!(arena.server.room_count(), 0);
        },
    )
    .await;
}
