//! What a client may have missed: a socket whose cable was cut leaves behind when it was last heard and what it knew
//! of, and the next one is told how that went on.
//!
//! Which of a user's clients comes back is not known. Each newcomer is told what any of those who are gone may have
//! missed, and takes the place of one of them: a frame comes twice rather than never.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use rallypoint_protocol::{InviteId, Timestamp, UserId};

use crate::domain::invites::Absence;

/// Users who are remembered.
const USERS: usize = 20_000;
/// Invites that a socket remembers, and sockets that a user leaves behind.
const INVITES: usize = 128;
const SOCKETS: usize = 16;
/// After this long an absence is not made up for: what was played has been played.
const LONGEST_MS: i64 = 10 * 60 * 1000;
/// What ended so shortly before a socket was last heard may have been written after that.
const LATE_MS: i64 = 5 * 1000;
/// What was written so shortly before the server started may not have been told before it stopped, and clients take so
/// long to come back.
const BEFORE_START_MS: i64 = 60 * 1000;
const AFTER_START_MS: i64 = 5 * 60 * 1000;

/// What one socket has heard and told. It counts for as long after its end as before: an end may be noticed late.
pub(super) struct Trail(Mutex<Steps>);

struct Steps {
    heard_at: Timestamp,
    /// What the client knows of.
    invites: Recent,
    /// Of which of these it knows the end.
    settled: Recent,
    /// Whose end was told, each with its number: it may be under way.
    ending: VecDeque<(u64, InviteId)>,
    ends: u64,
    /// The client said goodbye.
    left: bool,
    /// Somebody has come since it was heard, who may be the same client.
    replaced: bool,
}

/// The last few, each once.
#[derive(Clone, Default)]
struct Recent(VecDeque<InviteId>);

impl Recent {
    fn add(&mut self, invite: InviteId) {
        if self.0.contains(&invite) {
            return;
        }
        if self.0.len() == INVITES {
            self.0.pop_front();
        }
        self.0.push_back(invite);
    }
}

impl Trail {
    /// The client showed that it is there.
    pub(super) fn heard(&self, now: Timestamp) {
        let mut steps = self.0.lock();
        (steps.heard_at, steps.replaced) = (now, false);
    }

    /// The client is told of an invite.
    pub(super) fn told_of(&self, invite: InviteId) {
        self.0.lock().invites.add(invite);
    }

    /// The client is told of its end: the number to ask it for.
    pub(super) fn told_end(&self, invite: InviteId) -> u64 {
        let mut steps = self.0.lock();
        steps.ends += 1;
        let number = steps.ends;
        if steps.ending.len() == INVITES {
            steps.ending.pop_front();
        }
        steps.ending.push_back((number, invite));
        number
    }

    /// The client has received the ends up to this number: whether that was not known.
    pub(super) fn received(&self, end: u64) -> bool {
        let mut steps = self.0.lock();
        let known = steps.ending.len();
        while let Some((_, invite)) = steps.ending.pop_front_if(|(number, _)| *number <= end) {
            steps.settled.add(invite);
        }
        steps.ending.len() < known
    }

    /// The client has ended it by itself.
    pub(super) fn ended(&self, invite: InviteId) {
        self.0.lock().settled.add(invite);
    }

    /// The client says goodbye.
    pub(super) fn left(&self, now: Timestamp) {
        self.heard(now);
        self.0.lock().left = true;
    }

    fn heard_at(&self) -> Timestamp {
        self.0.lock().heard_at
    }
}

/// A user's trails, the oldest first.
type Trails = VecDeque<Arc<Trail>>;

/// Whether a socket still leaves this trail.
fn lives(trail: &Arc<Trail>) -> bool {
    Arc::strong_count(trail) > 1
}

pub(super) struct Absences {
    users: Cache<UserId, Arc<Mutex<Trails>>>,
    started_at: Timestamp,
}

impl Absences {
    pub(super) fn new(started_at: Timestamp) -> Self {
        Self { users: Cache::new(USERS), started_at }
    }

    /// A socket of its own for a user, and what that user may have missed, if it was there before. Until the new one is
    /// heard, it knows no more than those before.
    pub(super) fn enter(&self, user: UserId, now: Timestamp) -> (Arc<Trail>, Option<Absence>) {
        let Ok(trails) = self.users.get_or_insert_with::<_, Infallible>(&user, || Ok(Arc::default()));
        let mut trails = trails.lock();
        trails.retain(|trail| {
            let steps = trail.0.lock();
            steps.heard_at.0 > now.0 - LONGEST_MS && (lives(trail) || !steps.replaced)
        });
        let before = trails.iter().map(|trail| trail.heard_at()).min();
        let restarted = now.0 < self.started_at.0 + AFTER_START_MS;
        let since = match before {
            Some(heard) => Some(heard.0 - LATE_MS),
            None => restarted.then_some(self.started_at.0 - BEFORE_START_MS),
        };
        let absence = since.map(|since| absence(&trails, Timestamp(since)));
        let steps = Steps {
            heard_at: since.map_or(now, |since| Timestamp(since + LATE_MS)),
            invites: Recent(absence.iter().flat_map(|absence| absence.known.iter().copied()).collect()),
            settled: Recent(absence.iter().flat_map(|absence| absence.settled.iter().copied()).collect()),
            ending: VecDeque::new(),
            ends: 0,
            left: false,
            replaced: false,
        };
        let trail = Arc::new(Trail(Mutex::new(steps)));
        if trails.len() == SOCKETS {
            trails.pop_front();
        }
        trails.push_back(Arc::clone(&trail));
        (trail, absence)
    }

    /// A newcomer is being told what was missed, and takes the place of one who is gone: of the one who has the least
    /// to be told. If all seem to be there, the cable of the most silent one may be cut.
    pub(super) fn made_up(&self, user: UserId, newcomer: &Arc<Trail>) {
        let Some(trails) = self.users.get(&user) else { return };
        let mut trails = trails.lock();
        let is_newcomer = |trail: &Arc<Trail>| Arc::ptr_eq(trail, newcomer);
        let gone = (0..trails.len()).filter(|index| !is_newcomer(&trails[*index]) && !lives(&trails[*index]));
        if let Some(gone) = gone.max_by_key(|index| trails[*index].heard_at()) {
            trails.remove(gone);
            return;
        }
        let unsure = trails.iter().filter(|trail| !is_newcomer(trail) && !trail.0.lock().replaced);
        if let Some(silent) = unsure.min_by_key(|trail| trail.heard_at()) {
            silent.0.lock().replaced = true;
        }
    }

    /// The socket has ended. To whoever said goodbye nothing is owed while another one of the user's is there.
    pub(super) fn leave(&self, user: UserId, trail: &Arc<Trail>) {
        let Some(trails) = self.users.get(&user) else { return };
        let mut trails = trails.lock();
        let stays = |other: &Arc<Trail>| !Arc::ptr_eq(other, trail) && lives(other) && !other.0.lock().left;
        if trail.0.lock().left && trails.iter().any(stays) {
            trails.retain(|other| !Arc::ptr_eq(other, trail));
        }
    }
}

/// What any of these may have missed.
fn absence(trails: &Trails, since: Timestamp) -> Absence {
    let (mut known, mut unconfirmed) = (Recent::default(), Recent::default());
    let mut settled: Option<Vec<InviteId>> = None;
    for trail in trails {
        let steps = trail.0.lock();
        steps.invites.0.iter().for_each(|invite| known.add(*invite));
        steps.ending.iter().for_each(|(_, invite)| unconfirmed.add(*invite));
        let both = |invite: &&InviteId| settled.as_ref().is_none_or(|settled| settled.contains(*invite));
        settled = Some(steps.settled.0.iter().filter(both).copied().collect());
    }
    let [known, unconfirmed] = [known, unconfirmed].map(|ids| ids.0.into_iter().collect());
    Absence { since, known, unconfirmed, settled: settled.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACE: UserId = UserId(1);
    const START: i64 = 1_000_000_000;

    fn absences() -> Absences {
        Absences::new(Timestamp(START - AFTER_START_MS))
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp(START + ms)
    }

    fn ids(ids: &[i64]) -> Vec<InviteId> {
        ids.iter().map(|id| InviteId(*id)).collect()
    }

    /// Somebody comes, and is told.
    fn come(absences: &Absences, ms: i64) -> (Arc<Trail>, Option<Absence>) {
        let (trail, missed) = absences.enter(ACE, at(ms));
        if missed.is_some() {
            absences.made_up(ACE, &trail);
        }
        (trail, missed)
    }

    /// What somebody who looks in is told, without taking anybody's place.
    fn look(absences: &Absences, ms: i64) -> Absence {
        let (trail, missed) = absences.enter(ACE, at(ms));
        let trails = absences.users.get(&ACE).expect("known");
        trails.lock().retain(|other| !Arc::ptr_eq(other, &trail));
        missed.expect("an absence")
    }

    #[test]
    fn a_socket_that_was_cut_is_made_up_for_until_somebody_was_heard() {
        let absences = absences();
        let (trail, missed) = come(&absences, 0);
        assert_eq!(missed, None, "somebody new has missed nothing");
        trail.told_of(InviteId(7));
        trail.heard(at(10));
        drop(trail);
        let since = |ms| Some(Absence { since: at(ms - LATE_MS), known: ids(&[7]), ..Absence::default() });
        let (second, missed) = come(&absences, 500);
        assert_eq!(missed, since(10));
        drop(second);
        let (third, missed) = come(&absences, 600);
        assert_eq!(missed, since(10), "the second never showed that it had heard anything");
        third.heard(at(700));
        drop(third);
        let (_, missed) = come(&absences, 900);
        assert_eq!(missed, since(700));
        let (_, missed) = absences.enter(UserId(2), at(900));
        assert_eq!(missed, None);
    }

    #[test]
    fn an_end_is_settled_when_the_client_has_received_it_and_told_again_if_not() {
        let absences = absences();
        let (trail, _) = come(&absences, 0);
        let first = trail.told_end(InviteId(7));
        let second = trail.told_end(InviteId(8));
        trail.told_end(InviteId(9));
        trail.ended(InviteId(10));
        trail.heard(at(60_000));
        let missed = look(&absences, 60_000);
        assert_eq!(missed.unconfirmed, ids(&[7, 8, 9]), "being heard says nothing of what has arrived");
        assert!(trail.received(second), "of several, the last one is enough");
        assert!(!trail.received(first), "that is known");
        trail.left(at(60_010));
        let missed = look(&absences, 60_010);
        assert_eq!(missed.unconfirmed, ids(&[9]), "a goodbye may cross with it");
        assert_eq!(missed.settled, ids(&[10, 7, 8]));
    }

    #[test]
    fn what_one_client_has_received_another_may_still_miss() {
        let absences = absences();
        let (desk, _) = come(&absences, 0);
        let (phone, _) = come(&absences, 1);
        [&desk, &phone].into_iter().for_each(|trail| trail.heard(at(20_000)));
        let end = desk.told_end(InviteId(7));
        desk.received(end);
        drop(phone);
        assert_eq!(look(&absences, 20_100).settled, [], "the phone has not");
        desk.left(at(20_200));
        absences.leave(ACE, &desk);
        drop(desk);
        // Both come back: whoever is first.
        let (first, missed) = come(&absences, 21_000);
        assert_eq!(missed.expect("an absence").settled, []);
        first.received(first.told_end(InviteId(7)));
        first.heard(at(21_000));
        let (second, missed) = come(&absences, 22_000);
        assert_eq!(missed.expect("an absence").settled, []);
        second.received(second.told_end(InviteId(7)));
        second.heard(at(22_000));
        let missed = look(&absences, 23_000);
        assert_eq!((missed.settled, missed.since), (ids(&[7]), at(21_000 - LATE_MS)), "nobody else is owed anything");
    }

    #[test]
    fn a_cut_that_is_noticed_late_is_made_up_for_once() {
        let absences = absences();
        let (cut, _) = come(&absences, 0);
        cut.told_of(InviteId(7));
        let (back, missed) = come(&absences, 5);
        assert_eq!(missed.expect("an absence").known, ids(&[7]));
        back.received(back.told_end(InviteId(7)));
        back.heard(at(20_000));
        drop(cut);
        assert_eq!(look(&absences, 45_000).settled, ids(&[7]));
    }

    #[test]
    fn whoever_is_heard_after_another_one_came_was_not_cut_then() {
        let absences = absences();
        let (phone, _) = come(&absences, 0);
        let (desk, _) = come(&absences, 5);
        [&phone, &desk].into_iter().for_each(|trail| trail.heard(at(15_000)));
        drop(phone);
        desk.received(desk.told_end(InviteId(7)));
        desk.heard(at(30_000));
        let missed = look(&absences, 30_000);
        assert_eq!((missed.settled, missed.since), (ids(&[]), at(15_000 - LATE_MS)));
    }

    #[test]
    fn whoever_says_goodbye_while_another_one_stays_is_owed_nothing() {
        let absences = absences();
        let (lobby, _) = come(&absences, 0);
        let (game, _) = come(&absences, 5);
        [&lobby, &game].into_iter().for_each(|trail| trail.heard(at(15_000)));
        lobby.left(at(16_000));
        absences.leave(ACE, &lobby);
        drop(lobby);
        game.received(game.told_end(InviteId(7)));
        game.left(at(30_000));
        absences.leave(ACE, &game);
        drop(game);
        let missed = look(&absences, 31_000);
        assert_eq!((missed.settled, missed.since), (ids(&[7]), at(30_000 - LATE_MS)), "the last one may be reloading");
    }

    #[test]
    fn whoever_comes_soon_after_a_start_may_have_been_cut_off_by_it() {
        let absences = Absences::new(at(0));
        for again in ["at first", "as the one before was never heard"] {
            let (_, missed) = absences.enter(ACE, at(AFTER_START_MS - 1));
            assert_eq!(missed.map(|missed| missed.since), Some(at(-BEFORE_START_MS)), "{again}");
        }
        let (_, missed) = absences.enter(UserId(2), at(AFTER_START_MS));
        assert_eq!(missed, None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let absences = absences();
        let mut open = Vec::new();
        for number in 0..100 {
            let (trail, _) = absences.enter(ACE, at(0));
            for invite in 0..200 {
                trail.told_of(InviteId(number * 200 + invite));
                trail.told_end(InviteId(number * 200 + invite));
            }
            assert_eq!(trail.0.lock().ending.len(), INVITES);
            open.push(trail);
        }
        let missed = look(&absences, 0);
        assert_eq!((missed.known.len(), missed.unconfirmed.len()), (INVITES, INVITES));
        assert!(absences.users.get(&ACE).is_some_and(|trails| trails.lock().len() < SOCKETS));
        let (_, missed) = absences.enter(ACE, at(LONGEST_MS));
        assert_eq!(missed, None);
    }
}
