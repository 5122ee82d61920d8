//! What happens in a match's room, and what that means for its players' places and ratings.

use rallypoint_pong::rules::Reason;
use rallypoint_protocol::{
    GameId, UserId,
    matchmaking::{CancelReason, FinishReason, MatchFinished, RatingChange},
};

use super::{Matchmaking, rating};
use crate::{
    domain::{Answer, now},
    hub::Event,
    store::{self, matches::MatchResult},
};

impl Matchmaking {
    /// A player has connected to a game; once both have, the match is on.
    pub async fn connected(&self, game_id: GameId, user: UserId) -> Answer<()> {
        let complete = {
            let mut matches = self.open.lock();
            let Some(open) = matches.get_mut(&game_id) else { return Ok(()) };
            open.connected.insert(user);
            open.players.iter().all(|player| open.connected.contains(&player.id))
        };
        if complete && store::matches::begin(&self.db, game_id).await? {
            self.open.lock().remove(&game_id);
            tracing::info!(%game_id, "match accepted by both");
        }
        Ok(())
    }

    /// A game is over: its result and the ratings are written at once, then told.
    pub async fn finished(
        &self,
        game_id: GameId,
        winner: Option<UserId>,
        reason: Reason,
        scores: [u8; 2],
    ) -> Answer<()> {
        self.open.lock().remove(&game_id);
        let (reason, text) = match reason {
            Reason::Score => (FinishReason::Score, "score"),
            Reason::Time => (FinishReason::Time, "time"),
            Reason::Forfeit => (FinishReason::Forfeit, "forfeit"),
        };
        let result = MatchResult { winner, reason: text, scores, finished_at: now(), replay: None };
        let rate = |before, players: [UserId; 2]| {
            rating::after(before, winner.and_then(|winner| players.iter().position(|player| *player == winner)))
        };
        let Some(finished) = store::matches::finish(&self.db, game_id, &result, rate).await? else { return Ok(()) };
        for (index, player) in finished.players.into_iter().enumerate() {
            let change = finished.ratings.map(|(before, after)| RatingChange {
                before: rating::shown(before[index].map(|rating| rating.skill)),
                after: rating::shown(Some(after[index].skill)),
            });
            if let Some(RatingChange { before, after }) = change {
                tracing::info!(%game_id, user_id = %player, before, after, "rating changed");
            }
            self.asked.lock().remove(&player);
            let event = MatchFinished { game_id, winner_id: winner, reason, scores, rating: change };
            self.hub.publish(player, &Event::MatchFinished(event), None);
        }
        Ok(())
    }

    /// A room is gone. A match that has no result by then never will.
    pub async fn closed(&self, game_id: GameId) -> Answer<()> {
        let waiting = self.open.lock().remove(&game_id);
        if let Some(open) = waiting {
            let players = open.players.map(|player| player.id);
            if store::tickets::give_back(&self.db, game_id, &players).await? {
                tracing::info!(%game_id, "match given back to the queue: its room is gone");
                for player in players {
                    self.tell_cancelled(player, game_id, CancelReason::ServerRestarted, true);
                }
                return Ok(());
            }
        }
        if let Some(players) = store::matches::abandon(&self.db, game_id).await? {
            tracing::info!(%game_id, "match ended without a result");
            for player in players {
                self.tell_cancelled(player, game_id, CancelReason::NotConnected, false);
            }
        }
        Ok(())
    }

    /// Ends a match that waits for its players, because one of them does not want it. Answers whether it did.
    pub(super) async fn left_before_the_start(&self, game_id: GameId, leaver: UserId) -> Answer<bool> {
        let Some(other) = self.open.lock().get(&game_id).map(|open| open.other(leaver).id) else { return Ok(false) };
        if !store::tickets::give_back(&self.db, game_id, &[other]).await? {
            return Ok(false);
        }
        tracing::info!(%game_id, user_id = %leaver, "match left before it began");
        self.forget(game_id);
        self.tell_cancelled(other, game_id, CancelReason::OpponentLeft, true);
        Ok(true)
    }
}
