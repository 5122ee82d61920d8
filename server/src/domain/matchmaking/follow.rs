//! What happens in a match's room, and what that means for its players' places and ratings.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rallypoint_pong::rules::Reason;
use rallypoint_protocol::{
    GameId, UserId,
    matchmaking::{CancelReason, FinishReason, MatchFinished, RatingChange},
};

use super::{Matchmaking, rating};
use crate::{
    domain::{Answer, now},
    game::{Ending, Record},
    hub::Event,
    store::{
        self,
        matches::{MatchRecord, MatchResult},
    },
};

/// How a game ended.
pub struct Result {
    pub winner: Option<UserId>,
    pub reason: Reason,
    /// The left player's and the right one's.
    pub scores: [u8; 2],
    pub replay: Record,
}

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

    /// A player has gone before the match was on, and has to connect again to be there.
    pub fn dropped(&self, game_id: GameId, user: UserId) {
        if let Some(open) = self.open.lock().get_mut(&game_id) {
            open.connected.remove(&user);
        }
    }

    /// A game is over: its result and the ratings are written at once, then told.
    pub async fn finished(&self, game_id: GameId, result: Result) -> Answer<()> {
        let Result { winner, reason, scores, replay } = result;
        self.open.lock().remove(&game_id);
        let (reason, text) = match reason {
            Reason::Score => (FinishReason::Score, "score"),
            Reason::Time => (FinishReason::Time, "time"),
            Reason::Forfeit => (FinishReason::Forfeit, "forfeit"),
        };
        let result =
            MatchResult { winner, reason: text, scores, finished_at: now(), replay: Some(STANDARD.encode(&*replay.0)) };
        let rate = |before, players: [UserId; 2]| {
            rating::after(before, winner.and_then(|winner| players.iter().position(|player| *player == winner)))
        };
        let finished = store::matches::finish(&self.db, game_id, &result, rate).await?;
        self.recorded.notify_waiters();
        let Some(finished) = finished else { return Ok(()) };
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
    pub async fn closed(&self, game_id: GameId, ending: Ending) -> Answer<()> {
        let waiting = self.open.lock().remove(&game_id).is_some();
        if (waiting || ending == Ending::StoppedBefore)
            && let Some(players) = store::tickets::give_both_back(&self.db, game_id, now()).await?
        {
            self.recorded.notify_waiters();
            tracing::info!(%game_id, "match given back to the queue: its room is gone");
            self.tell_both_cancelled(players, game_id, CancelReason::ServerRestarted, true);
            return Ok(());
        }
        let abandoned = store::matches::abandon(&self.db, game_id).await?;
        self.recorded.notify_waiters();
        if let Some(players) = abandoned {
            tracing::info!(%game_id, "match ended without a result");
            let reason = match ending {
                Ending::Natural => CancelReason::NotConnected,
                Ending::StoppedBefore | Ending::StoppedWithin => CancelReason::ServerRestarted,
            };
            self.tell_both_cancelled(players, game_id, reason, false);
        }
        Ok(())
    }

    /// Ends a match that waits for its players, because one of them does not want it. Answers whether it did.
    pub(super) async fn left_before_the_start(&self, record: &MatchRecord, leaver: UserId) -> Answer<bool> {
        let Some(other) = record.players.into_iter().find(|player| *player != leaver) else { return Ok(false) };
        if !store::tickets::give_back(&self.db, record.game_id, &[other], now()).await? {
            return Ok(false);
        }
        tracing::info!(game_id = %record.game_id, user_id = %leaver, "match left before it began");
        self.forget(record.game_id);
        self.tell_cancelled(other, record.game_id, CancelReason::OpponentLeft, true);
        Ok(true)
    }
}
