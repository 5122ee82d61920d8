//! Two players who come at the same instant.

use std::sync::{Arc, Barrier};

use super::*;
use crate::game::Mailbox;

const ROOMS: usize = 2_000;

/// What a service does for whoever comes: the room is opened by the first.
fn enter(server: &GameServer, game: GameId, user_id: UserId, mailbox: &Arc<Mailbox>) -> crate::game::LocalLink {
    match server.open_room(game, Rules::default(), 7) {
        Ok(()) | Err(GameError::RoomExists) => {}
        Err(error) => panic!("{error}"),
    }
    server.admit(game, Player { user_id, name: format!("player {user_id}") }).unwrap();
    server.attach(game, user_id, Arc::clone(mailbox)).unwrap()
}

#[tokio::test]
async fn who_finds_a_room_open_gets_into_it() {
    let arena = Arena::new(|_| {}).await;
    for _ in 0..ROOMS {
        let (game, together) = (GameId(Uuid::new_v4()), Barrier::new(2));
        let mailboxes = [LEFT, RIGHT].map(|user| (user, Arc::new(Mailbox::default())));
        let _links = std::thread::scope(|scope| {
            let come = |(user, mailbox): &(UserId, Arc<Mailbox>)| {
                let (server, together, user, mailbox) = (&arena.server, &together, *user, Arc::clone(mailbox));
                scope.spawn(move || {
                    together.wait();
                    enter(server, game, user, &mailbox)
                })
            };
            mailboxes.each_ref().map(come).map(|thread| thread.join().unwrap())
        });
        for (user, mailbox) in &mailboxes {
            tokio::select! {
                why = mailbox.parted() => panic!("{user} was sent away: {why:?}"),
                _ = mailbox.take() => {}
            }
        }
        arena.server.close_room(game);
    }
}
