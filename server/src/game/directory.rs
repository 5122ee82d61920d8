//! Which rooms there are and who sits in them, as far as callers on other threads must know at once.

use std::collections::HashMap;

use rallypoint_pong::rules::Side;
use rallypoint_protocol::{GameId, UserId};

use super::GameError;

#[derive(Debug, Default)]
struct Entry {
    seats: [Option<UserId>; 2],
    started: bool,
    over: bool,
}

#[derive(Debug)]
pub struct Directory {
    rooms: HashMap<GameId, Entry>,
    max_rooms: usize,
    closed: bool,
}

impl Directory {
    pub fn new(max_rooms: usize) -> Self {
        Self { rooms: HashMap::new(), max_rooms, closed: false }
    }

    pub fn open(&mut self, game_id: GameId) -> Result<(), GameError> {
        if self.closed {
            return Err(GameError::ShuttingDown);
        }
        if self.rooms.contains_key(&game_id) {
            return Err(GameError::RoomExists);
        }
        if self.rooms.len() >= self.max_rooms {
            return Err(GameError::TooManyRooms);
        }
        self.rooms.insert(game_id, Entry::default());
        Ok(())
    }

    /// Takes a seat. Who has one keeps it, also while the server is about to stop: a player may come back.
    pub fn admit(&mut self, game_id: GameId, user_id: UserId) -> Result<Side, GameError> {
        let closed = self.closed;
        let entry = self.entry(game_id)?;
        let seat = |wanted| entry.seats.iter().position(|seat| *seat == wanted);
        if let Some(index) = seat(Some(user_id)) {
            return Ok(Side::BOTH[index]);
        }
        if closed {
            return Err(GameError::ShuttingDown);
        }
        let index = seat(None).ok_or(GameError::RoomFull)?;
        entry.seats[index] = Some(user_id);
        Ok(Side::BOTH[index])
    }

    pub fn side_of(&mut self, game_id: GameId, user_id: UserId) -> Result<Side, GameError> {
        let entry = self.entry(game_id)?;
        let index = entry.seats.iter().position(|seat| *seat == Some(user_id));
        index.map(|index| Side::BOTH[index]).ok_or(GameError::NotAPlayer)
    }

    /// Whether there is this room, played or over.
    pub fn contains(&self, game_id: GameId) -> Result<(), GameError> {
        if self.rooms.contains_key(&game_id) { Ok(()) } else { Err(GameError::UnknownRoom) }
    }

    fn entry(&mut self, game_id: GameId) -> Result<&mut Entry, GameError> {
        let entry = self.rooms.get_mut(&game_id).ok_or(GameError::UnknownRoom)?;
        if entry.over { Err(GameError::Over) } else { Ok(entry) }
    }

    /// Frees the player's seat, unless the match has begun: then it is lost, not free.
    pub fn dismiss(&mut self, game_id: GameId, user_id: UserId) {
        if let Some(entry) = self.rooms.get_mut(&game_id).filter(|entry| !entry.started) {
            entry.seats.iter_mut().filter(|seat| **seat == Some(user_id)).for_each(|seat| *seat = None);
        }
    }

    /// From now on the seats stay with their players.
    pub fn start(&mut self, game_id: GameId) {
        if let Some(entry) = self.rooms.get_mut(&game_id) {
            entry.started = true;
        }
    }

    /// Whether nobody may enter a room any more.
    pub fn is_over(&self, game_id: GameId) -> bool {
        self.rooms.get(&game_id).is_none_or(|entry| entry.over)
    }

    /// Nobody may enter any more.
    pub fn finish(&mut self, game_id: GameId) {
        if let Some(entry) = self.rooms.get_mut(&game_id) {
            entry.over = true;
        }
    }

    pub fn remove(&mut self, game_id: GameId) {
        self.rooms.remove(&game_id);
    }

    pub fn len(&self) -> usize {
        self.rooms.len()
    }

    /// Nothing new from now on.
    pub fn close(&mut self) {
        self.closed = true;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn seats_go_to_two_and_stay_theirs() {
        let (game, other) = (GameId(Uuid::from_u128(1)), GameId(Uuid::from_u128(2)));
        let mut directory = Directory::new(1);
        assert_eq!(directory.admit(game, UserId(1)), Err(GameError::UnknownRoom));
        directory.open(game).unwrap();
        assert_eq!(directory.open(game), Err(GameError::RoomExists));
        assert_eq!(directory.open(other), Err(GameError::TooManyRooms));
        assert_eq!(directory.admit(game, UserId(1)), Ok(Side::Left));
        assert_eq!(directory.admit(game, UserId(2)), Ok(Side::Right));
        assert_eq!(directory.admit(game, UserId(1)), Ok(Side::Left));
        assert_eq!(directory.admit(game, UserId(3)), Err(GameError::RoomFull));
        assert_eq!(directory.side_of(game, UserId(3)), Err(GameError::NotAPlayer));
        directory.dismiss(game, UserId(1));
        assert_eq!(directory.admit(game, UserId(3)), Ok(Side::Left));
        directory.start(game);
        directory.dismiss(game, UserId(3));
        assert_eq!(directory.admit(game, UserId(4)), Err(GameError::RoomFull));
        directory.finish(game);
        assert_eq!(directory.side_of(game, UserId(2)), Err(GameError::Over));
        directory.remove(game);
        assert_eq!(directory.len(), 0);
        directory.close();
        assert_eq!(directory.open(game), Err(GameError::ShuttingDown));
    }
}
