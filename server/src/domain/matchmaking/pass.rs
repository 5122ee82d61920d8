//! The task that makes matches: woken by whoever joins, and by the clock while somebody waits.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rallypoint_protocol::{
    ApiError, GameId, TicketId, Timestamp, UserId,
    matchmaking::{CancelReason, MatchCancelled, MatchFound},
};
use uuid::Uuid;

use super::{Matchmaking, Open, pairing, rating};
use crate::{
    domain::{Answer, games::rooms, now},
    game::Player,
    hub::Event,
    store::{
        self,
        matches::{MatchRecord, MatchStatus, NewMatch},
        tickets::WaitingTicket,
    },
};

/// The least time between two passes: who comes in between is looked at together.
const GATHERING: Duration = Duration::from_millis(50);
/// How often the queue is looked at while somebody waits: windows widen.
const WIDENING: Duration = Duration::from_secs(1);
/// How often matches that other servers have made are looked for.
const ELSEWHERE: Duration = Duration::from_millis(250);
/// How often it is written down who is still there.
const ROLL_CALL: Duration = Duration::from_secs(10);
/// Milliseconds after the time to connect in which the server that hosts a match ends it, if it still runs.
const OVERDUE_MS: i64 = 5_000;

/// What the last pass has seen, so that nobody who asks has to count.
#[derive(Default)]
pub(super) struct Waits(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    positions: HashMap<TicketId, i64>,
    /// How long players have waited lately, in milliseconds.
    average_ms: Option<f64>,
}

impl Waits {
    /// How many wait, and how many of them longer than this one.
    pub(super) fn position(&self, ticket: TicketId) -> Option<(i64, i64)> {
        let seen = self.0.lock();
        let ahead = *seen.positions.get(&ticket)?;
        Some((i64::try_from(seen.positions.len()).unwrap_or(i64::MAX), ahead))
    }

    pub(super) fn count(&self) -> usize {
        self.0.lock().positions.len()
    }

    pub(super) fn estimate(&self) -> Option<u64> {
        self.0.lock().average_ms.map(|ms| (ms / 1000.0).ceil() as u64)
    }

    fn remember(&self, left: impl Iterator<Item = TicketId>, matched_after_ms: impl Iterator<Item = i64>) {
        let mut seen = self.0.lock();
        seen.positions = left.zip(0..).collect();
        for waited in matched_after_ms {
            let waited = waited.max(0) as f64;
            seen.average_ms = Some(seen.average_ms.map_or(waited, |average| average * 0.95 + waited * 0.05));
        }
    }
}

impl Matchmaking {
    /// Makes matches until the task is aborted.
    pub async fn run(self: Arc<Self>) {
        let (mut roll_call, mut told) = (Instant::now(), HashMap::new());
        loop {
            if let Err(error) = self.turn(&mut roll_call, &mut told).await {
                tracing::warn!(%error, "the queue could not be looked at; trying again");
            }
            tokio::time::sleep(GATHERING).await;
            let wait = self.next_turn();
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Ends what a server that is gone has left behind: matches that were waited for go back to the queue.
    pub async fn recover(&self) -> Answer<()> {
        let now = now();
        self.end_orphans(now).await?;
        store::tickets::all_seen(&self.db, now).await?;
        Ok(())
    }

    async fn turn(&self, roll_call: &mut Instant, told: &mut HashMap<GameId, Timestamp>) -> Answer<()> {
        let now = now();
        self.cancel_unattended(now).await?;
        self.pass(now).await?;
        if roll_call.elapsed() >= ROLL_CALL {
            *roll_call = Instant::now();
            self.call_the_roll(now).await?;
        }
        if self.db.is_shared() {
            self.announce_elsewhere(told, now).await?;
        }
        Ok(())
    }

    fn next_turn(&self) -> Duration {
        let next_deadline = self.open.lock().values().map(|open| open.connect_by.0).min();
        let until_deadline =
            next_deadline.map(|deadline| Duration::from_millis((deadline - now().0).max(0).cast_unsigned()));
        let waiting = !self.waits.0.lock().positions.is_empty() || !self.asked.lock().is_empty();
        let looking = match (self.db.is_shared(), waiting) {
            (true, _) => ELSEWHERE,
            (false, true) => WIDENING,
            (false, false) => ROLL_CALL,
        };
        until_deadline.map_or(looking, |deadline| deadline.min(looking))
    }

    async fn pass(&self, now: Timestamp) -> Answer<()> {
        let number = self.passes_begun.fetch_add(1, Ordering::AcqRel) + 1;
        let claim = store::tickets::claim(&self.db, Timestamp(now.0 - self.forgotten_ms / 2)).await?;
        let mut blocks = pairing::Blocks::default();
        claim.blocks.iter().for_each(|&(one, other)| blocks.add(one, other));
        let waiting: Vec<_> = claim.waiting.iter().map(candidate).collect();
        let pairs = pairing::pair(&waiting, &blocks, &self.window, now);
        let mut made = Vec::with_capacity(pairs.len());
        let mut refused = None;
        for pair in &pairs {
            let players = pair.tickets.map(|index| claim.waiting[index].ticket.user_id);
            let game_id = GameId(Uuid::new_v4());
            match self.prepare(game_id, players, pair, &waiting, now).await {
                Ok(new) => made.push(new),
                Err(error) => {
                    // They keep waiting: there may be room later.
                    self.forget(game_id);
                    refused = Some(error);
                    break;
                }
            }
        }
        self.tell_crowded(refused.as_ref());
        let taken: HashMap<TicketId, ()> = made.iter().flat_map(|new| new.tickets).map(|id| (id, ())).collect();
        let left: Vec<_> =
            claim.waiting.iter().map(|waiting| waiting.ticket.id).filter(|id| !taken.contains_key(id)).collect();
        let waited: Vec<_> = waiting
            .iter()
            .filter(|waiting| taken.contains_key(&waiting.ticket))
            .map(|waiting| now.0 - waiting.joined_at.0)
            .collect();
        if !made.is_empty() {
            let both = match claim.make(&made).await {
                Ok(both) => both,
                Err(error) => {
                    made.iter().for_each(|new| self.forget(new.game_id));
                    return Err(error.into());
                }
            };
            for lost in made.extract_if(.., |new| !both.contains(&new.game_id)) {
                self.forget(lost.game_id);
            }
        }
        self.waits.remember(left.into_iter(), waited.into_iter());
        self.passes.send_replace(number);
        for new in made {
            self.announce(new).await;
        }
        Ok(())
    }

    /// Opens the room of a match that is about to be made.
    async fn prepare(
        &self,
        game_id: GameId,
        players: [UserId; 2],
        pair: &pairing::Pair,
        waiting: &[pairing::Waiting],
        now: Timestamp,
    ) -> Answer<NewMatch> {
        let users = [self.users.get(players[0]).await?, self.users.get(players[1]).await?];
        self.game
            .open_room(game_id, rooms::rules(&pair.options), rand::random())
            .map_err(|error| rooms::refused(&error))?;
        let connect_by = Timestamp(now.0 + self.connect_ms);
        let mut tokens = [None, None];
        for (user, token) in users.iter().zip(&mut tokens) {
            let player = Player { user_id: user.id, name: user.full_name() };
            self.game.admit(game_id, player).map_err(|error| rooms::refused(&error))?;
            if self.db.is_shared() {
                let ticket = self.game.issue_token(game_id, user.id).map_err(|error| rooms::refused(&error))?;
                *token = Some(ticket.token_base64);
            }
        }
        self.game.bind_seats(game_id).map_err(|error| rooms::refused(&error))?;
        self.open.lock().insert(game_id, Open { players: users, connect_by, connected: Default::default() });
        Ok(NewMatch {
            game_id,
            server_id: self.servers.own_id().to_owned(),
            host: self.game.public_addr().to_string(),
            options: pair.options,
            ranked: pairing::is_ranked(&pair.options),
            players,
            tickets: pair.tickets.map(|index| waiting[index].ticket),
            tokens,
            created_at: now,
            connect_by,
        })
    }

    /// Says once that there is no room for matches, and once that there is again.
    fn tell_crowded(&self, refused: Option<&ApiError>) {
        let crowded = refused.is_some();
        if self.crowded.swap(crowded, Ordering::Relaxed) == crowded {
            return;
        }
        match refused {
            Some(error) => tracing::warn!(%error, "no room for a match: players wait"),
            None => tracing::info!("there is room for matches again"),
        }
    }

    pub(super) fn forget(&self, game_id: GameId) {
        self.open.lock().remove(&game_id);
        self.game.close_room(game_id);
    }

    async fn announce(&self, new: NewMatch) {
        let [left, right] = new.players;
        tracing::info!(game_id = %new.game_id, %left, %right, ranked = new.ranked, "match found");
        let record = MatchRecord {
            game_id: new.game_id,
            server_id: new.server_id,
            host: new.host,
            options: new.options,
            players: new.players,
            tokens: new.tokens,
            status: MatchStatus::Waiting,
            connect_by: new.connect_by,
        };
        self.tell_found(&record).await;
    }

    /// Tells those of a match's players who are connected to this server.
    async fn tell_found(&self, record: &MatchRecord) {
        for player in record.players {
            if !self.hub.has_connections(player) {
                continue;
            }
            let found = self.found_by(record, player).await;
            match found {
                Ok(found) => self.hub.publish(player, &Event::MatchFound(Arc::new(found)), None),
                Err(error) => {
                    tracing::warn!(game_id = %record.game_id, user_id = %player, %error, "not told of its match")
                }
            }
        }
    }

    async fn found_by(&self, record: &MatchRecord, player: UserId) -> Answer<MatchFound> {
        let user = self.users.get(player).await?;
        self.found(record, &user).await
    }

    async fn announce_elsewhere(&self, told: &mut HashMap<GameId, Timestamp>, now: Timestamp) -> Answer<()> {
        let since = Timestamp(now.0 - self.connect_ms);
        told.retain(|_, made| *made >= since);
        for record in store::matches::waiting_elsewhere(&self.db, self.servers.own_id(), since).await? {
            if told.insert(record.game_id, now).is_none() {
                self.tell_found(&record).await;
            }
        }
        Ok(())
    }

    /// Ends the matches whose players have not both connected in time.
    async fn cancel_unattended(&self, now: Timestamp) -> Answer<()> {
        let late: Vec<_> = {
            let open = self.open.lock();
            open.iter().filter(|(_, open)| open.connect_by <= now).map(|(id, open)| (*id, open.clone())).collect()
        };
        for (game_id, open) in late {
            let there: Vec<_> =
                open.players.iter().map(|user| user.id).filter(|id| open.connected.contains(id)).collect();
            let ended = there.len() < 2 && store::tickets::give_back(&self.db, game_id, &there, now).await?;
            self.open.lock().remove(&game_id);
            if !ended {
                // Ended elsewhere, or accepted at the last moment.
                let record = store::matches::find(&self.db, game_id).await?;
                if record.is_none_or(|record| record.status != MatchStatus::Playing) {
                    self.game.close_room(game_id);
                }
                continue;
            }
            tracing::info!(%game_id, connected = ?there, "match cancelled: not everybody came");
            self.game.close_room(game_id);
            for user in &open.players {
                let requeued = there.contains(&user.id);
                let reason = if requeued { CancelReason::OpponentMissing } else { CancelReason::NotConnected };
                self.tell_cancelled(user.id, game_id, reason, requeued);
            }
        }
        Ok(())
    }

    pub(super) fn tell_cancelled(&self, user: UserId, game_id: GameId, reason: CancelReason, requeued: bool) {
        if requeued {
            self.wake.notify_one();
        }
        self.hub.publish(user, &Event::MatchCancelled(MatchCancelled { game_id, reason, requeued }), None);
    }

    pub(super) fn tell_both_cancelled(
        &self,
        users: [UserId; 2],
        game_id: GameId,
        reason: CancelReason,
        requeued: bool,
    ) {
        for user in users {
            self.tell_cancelled(user, game_id, reason, requeued);
        }
    }

    async fn end_orphans(&self, now: Timestamp) -> Answer<()> {
        let overdue = Timestamp(now.0 - OVERDUE_MS);
        for record in store::matches::orphaned(&self.db, overdue).await? {
            let requeued = store::tickets::give_back(&self.db, record.game_id, &record.players, now).await?;
            if !requeued {
                store::matches::abandon(&self.db, record.game_id).await?;
            }
            tracing::info!(game_id = %record.game_id, requeued, "match of a server that has stopped");
            self.tell_both_cancelled(record.players, record.game_id, CancelReason::ServerRestarted, requeued);
        }
        Ok(())
    }

    /// Writes down who is still there, and forgets the places of those who have long gone.
    async fn call_the_roll(&self, now: Timestamp) -> Answer<()> {
        let waiting = store::tickets::waiting_users(&self.db).await?;
        let there: Vec<_> = {
            let mut asked = self.asked.lock();
            asked.retain(|_, at| now.0 - at.0 < self.forgotten_ms / 2);
            waiting.into_iter().filter(|user| asked.contains_key(user) || self.hub.is_connected(*user, now)).collect()
        };
        if !there.is_empty() {
            store::tickets::seen(&self.db, &there, now).await?;
        }
        for user in store::tickets::forget_absent(&self.db, Timestamp(now.0 - self.forgotten_ms)).await? {
            tracing::info!(user_id = %user, "ticket forgotten: nobody was there");
        }
        if self.db.is_shared() {
            self.end_orphans(now).await?;
        }
        Ok(())
    }
}

fn candidate(waiting: &WaitingTicket) -> pairing::Waiting {
    pairing::Waiting {
        ticket: waiting.ticket.id,
        players: vec![waiting.ticket.user_id],
        joined_at: waiting.ticket.joined_at,
        rating: rating::shown(waiting.skill),
        options: waiting.ticket.options,
    }
}
