//! Who watches over UDP.

use super::*;

impl Arena {
    fn watch(&self, game: GameId, user: i64) -> Person {
        Person::new(&self.server.issue_spectator_token(game, UserId(user)).unwrap())
    }
}

#[tokio::test]
async fn a_spectator_sees_the_match_and_changes_nothing() {
    with_arena(
        |_| {},
        |arena| {
            let game = arena.room(quick());
            let [mut left, right] = arena.start(game);
            left.bot = Some(Paddle::new(Side::Left, 1.0, 5));
            let mut people = [left, right, arena.watch(game, 50)];
            people[1].client.set_input(Input::Up);
            drive(&mut people, |people| people[2].snapshots > 10);
            people[2].client.set_input(Input::Down);
            people[2].client.leave();
            drive(&mut people, |people| people.iter().all(|person| person.outcome().is_some()));
            assert!(people[2].heard.iter().any(|message| matches!(message, ServerMessage::Seats(_))));
            assert_eq!(arena.finished(), (Some(LEFT), Reason::Score));
            drive(&mut people, |people| people.iter().all(|person| person.end.is_some()));
        },
    )
    .await;
}

#[tokio::test]
async fn so_many_may_watch_and_nobody_waits_for_them() {
    with_arena(
        |config| config.spectators = 1,
        |arena| {
            let game = arena.room(quick());
            let nowhere = GameId(Uuid::nil());
            assert_eq!(arena.server.issue_spectator_token(nowhere, UserId(50)), Err(GameError::UnknownRoom));
            let mut people = [arena.watch(game, 50)];
            drive(&mut people, |people| people[0].side.is_some());
            let [first] = people;
            let mut people = [first, arena.watch(game, 51)];
            drive(&mut people, |people| people[1].end.is_some());
            assert_eq!(people[1].side, None);
            drop(people);
            arena.start(game);
        },
    )
    .await;
}
