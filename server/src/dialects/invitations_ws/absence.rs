//! What a client may have missed: a socket whose cable was cut leaves behind when it was last heard and what it knew
//! of, and the next one is told how that went on.
//!
//! A client is a sign-in, whatever number of sockets it has. Whoever signs in anew is told what none of the user's has
//! heard.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use rallypoint_protocol::{InviteId, Timestamp, UserId};

use crate::domain::invites::Absence;

/// The number of a sign-in.
type Login = i64;

/// Users who are remembered.
const USERS: usize = 20_000;
/// Invites of friends, and of strangers, that a socket remembers, and sockets that a user leaves behind.
const INVITES: usize = 128;
const SOCKETS: usize = 32;
/// After this long an absence is not made up for: what was played has been played.
const LONGEST_MS: i64 = 10 * 60 * 1000;
/// What ended so shortly before a socket was last heard may have been written after that.
const LATE_MS: i64 = 5 * 1000;
/// What was written so shortly before the server started may not have been told before it stopped, and clients take so
/// long to come back.
const BEFORE_START_MS: i64 = 60 * 1000;
const AFTER_START_MS: i64 = 5 * 60 * 1000;

/// What one socket has heard and told. It counts for as long after its end as before: an end may be noticed late.
pub(super) struct Trail {
    login: Login,
    steps: Mutex<Steps>,
}

#[derive(Default)]
struct Steps {
    heard_at: Timestamp,
    /// What the client knows of. No crowd of strangers makes it forget a friend.
    of_friends: Recent<INVITES>,
    of_strangers: Recent<INVITES>,
    /// Of which of these it knows the end: of more than can be under way, lest some be told again for ever.
    settled: Recent<{ 4 * INVITES }>,
    /// Whose end was told and may be under way, each with its number. It has none when a socket before told it.
    ending: Vec<(Option<u64>, InviteId)>,
    ends: u64,
}

/// The last few, each once.
#[derive(Default)]
struct Recent<const MOST: usize>(VecDeque<InviteId>);

impl<const MOST: usize> Recent<MOST> {
    fn add(&mut self, invite: InviteId) {
        if self.0.contains(&invite) {
            return;
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(invite);
    }

    fn add_all(&mut self, others: &Self) {
        others.0.iter().for_each(|invite| self.add(*invite));
    }
}

impl Steps {
    fn may_be_under_way(&mut self, number: Option<u64>, invite: InviteId) {
        self.ending.retain(|(_, other)| *other != invite);
        if self.ending.len() == 2 * INVITES {
            self.ending.remove(0);
        }
        self.ending.push((number, invite));
    }
}

impl Trail {
    /// The client showed that it is there.
    pub(super) fn heard(&self, now: Timestamp) {
        self.steps.lock().heard_at = now;
    }

    /// The client is told of an invite.
    pub(super) fn told_of(&self, invite: InviteId, of_friend: bool) {
        let mut steps = self.steps.lock();
        let known = if of_friend { &mut steps.of_friends } else { &mut steps.of_strangers };
        known.add(invite);
    }

    /// The client is told of its end: the number to ask it for.
    pub(super) fn told_end(&self, invite: InviteId) -> u64 {
        let mut steps = self.steps.lock();
        steps.ends += 1;
        let number = steps.ends;
        steps.may_be_under_way(Some(number), invite);
        number
    }

    /// The client has received the ends up to this number: whether that was not known.
    pub(super) fn received(&self, end: u64) -> bool {
        let mut steps = self.steps.lock();
        let Steps { ending, settled, .. } = &mut *steps;
        let arrived = ending.extract_if(.., |(number, _)| number.is_some_and(|number| number <= end));
        arrived.map(|(_, invite)| settled.add(invite)).count() > 0
    }

    /// The client has ended it by itself.
    pub(super) fn ended(&self, invite: InviteId) {
        self.steps.lock().settled.add(invite);
    }
}

pub(super) struct Absences {
    /// The oldest first.
    trails: Cache<UserId, Arc<Mutex<VecDeque<Arc<Trail>>>>>,
    started_at: Timestamp,
}

impl Absences {
    pub(super) fn new(started_at: Timestamp) -> Self {
        Self { trails: Cache::new(USERS), started_at }
    }

    /// A socket of its own for a client, and what that may have missed, if it was there before. Until the new one is
    /// heard, it knows no more than those before.
    pub(super) fn enter(&self, user: UserId, login: Login, now: Timestamp) -> (Arc<Trail>, Option<Absence>) {
        let Ok(trails) = self.trails.get_or_insert_with::<_, Infallible>(&user, || Ok(Arc::default()));
        let mut trails = trails.lock();
        trails.retain(|trail| trail.steps.lock().heard_at.0 > now.0 - LONGEST_MS);
        let is_known = trails.iter().any(|trail| trail.login == login);
        let mut steps = Steps { heard_at: now, ..Steps::default() };
        let mut since = None;
        for trail in trails.iter().filter(|trail| !is_known || trail.login == login) {
            let before = trail.steps.lock();
            steps.heard_at = steps.heard_at.min(before.heard_at);
            since = Some(steps.heard_at.0 - LATE_MS);
            steps.of_friends.add_all(&before.of_friends);
            steps.of_strangers.add_all(&before.of_strangers);
            steps.settled.add_all(&before.settled);
            before.ending.iter().for_each(|(_, invite)| steps.may_be_under_way(None, *invite));
        }
        let Steps { ending, settled, .. } = &mut steps;
        ending.retain(|(_, invite)| !settled.0.contains(invite));
        if since.is_none() && now.0 < self.started_at.0 + AFTER_START_MS {
            steps.heard_at = Timestamp(self.started_at.0 - BEFORE_START_MS + LATE_MS);
            since = Some(steps.heard_at.0 - LATE_MS);
        }
        let absence = since.map(|since| Absence {
            since: Timestamp(since),
            known: steps.of_friends.0.iter().chain(&steps.of_strangers.0).copied().collect(),
            unconfirmed: steps.ending.iter().map(|(_, invite)| *invite).collect(),
            settled: steps.settled.0.iter().copied().collect(),
        });
        let trail = Arc::new(Trail { login, steps: Mutex::new(steps) });
        if trails.len() == SOCKETS {
            let oldest = trails.iter().position(|trail| !lives(trail)).unwrap_or(0);
            trails.remove(oldest);
        }
        trails.push_back(Arc::clone(&trail));
        (trail, absence)
    }

    /// The client is being told what it missed: of its sockets only those that live have something to say the next time.
    pub(super) fn made_up(&self, user: UserId, login: Login) {
        if let Some(trails) = self.trails.get(&user) {
            trails.lock().retain(|trail| trail.login != login || lives(trail));
        }
    }
}

/// Whether a socket still leaves this trail.
fn lives(trail: &Arc<Trail>) -> bool {
    Arc::strong_count(trail) > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACE: UserId = UserId(1);
    const DESK: Login = 1;
    const PHONE: Login = 2;
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

    /// A client comes, and is told.
    fn come(absences: &Absences, login: Login, ms: i64) -> (Arc<Trail>, Option<Absence>) {
        let (trail, missed) = absences.enter(ACE, login, at(ms));
        absences.made_up(ACE, login);
        (trail, missed)
    }

    #[test]
    fn a_socket_that_was_cut_is_made_up_for_until_the_client_was_heard() {
        let absences = absences();
        let (trail, missed) = come(&absences, DESK, 0);
        assert_eq!(missed, None, "somebody new has missed nothing");
        trail.told_of(InviteId(7), true);
        trail.heard(at(10));
        drop(trail);
        let since = |ms| Some(Absence { since: at(ms - LATE_MS), known: ids(&[7]), ..Absence::default() });
        let (second, missed) = come(&absences, DESK, 500);
        assert_eq!(missed, since(10));
        drop(second);
        let (third, missed) = come(&absences, DESK, 600);
        assert_eq!(missed, since(10), "the second never showed that it had heard anything");
        third.heard(at(700));
        drop(third);
        let (_, missed) = come(&absences, DESK, 900);
        assert_eq!(missed, since(700));
        let (_, missed) = absences.enter(UserId(2), 3, at(900));
        assert_eq!(missed, None);
    }

    #[test]
    fn an_end_is_settled_when_the_client_has_received_it_and_told_again_if_not() {
        let absences = absences();
        let (trail, _) = come(&absences, DESK, 0);
        let first = trail.told_end(InviteId(7));
        let second = trail.told_end(InviteId(8));
        trail.told_end(InviteId(9));
        trail.ended(InviteId(10));
        trail.heard(at(60_000));
        let (_, missed) = come(&absences, DESK, 60_000);
        let told_again = missed.map(|missed| missed.unconfirmed);
        assert_eq!(told_again, Some(ids(&[7, 8, 9])), "being heard says nothing of what has arrived");
        assert!(trail.received(second), "of several, the last one is enough");
        assert!(!trail.received(first), "that is known");
        let missed = come(&absences, DESK, 60_010).1.expect("an absence");
        assert_eq!((missed.unconfirmed, missed.settled), (ids(&[9]), ids(&[10, 7, 8])));
    }

    #[test]
    fn what_a_socket_had_no_time_to_tell_again_the_next_one_tells() {
        let absences = absences();
        let (trail, _) = come(&absences, DESK, 0);
        let ends = [7, 8, 9].map(|invite| trail.told_end(InviteId(invite)));
        trail.heard(at(60_000));
        drop(trail);
        for try_ in 1..4 {
            let (trail, missed) = come(&absences, DESK, 60_000 + try_);
            assert_eq!(missed.expect("an absence").unconfirmed.len(), 3, "try {try_}");
            assert!(!trail.received(ends[2]), "it has told nothing yet");
            trail.told_end(InviteId(7));
        }
        let (trail, _) = come(&absences, DESK, 60_010);
        assert!(trail.received([7, 8, 9].map(|invite| trail.told_end(InviteId(invite)))[2]));
        let missed = come(&absences, DESK, 60_020).1.expect("an absence");
        assert_eq!((missed.unconfirmed, missed.settled), (ids(&[]), ids(&[7, 8, 9])));
    }

    #[test]
    fn what_one_client_has_received_another_may_still_miss() {
        let absences = absences();
        let (desk, _) = come(&absences, DESK, 0);
        let (phone, _) = come(&absences, PHONE, 1);
        phone.heard(at(2));
        drop(phone);
        desk.received(desk.told_end(InviteId(7)));
        desk.heard(at(60_000));
        drop(desk);
        for page in 0..3 {
            let (desk, missed) = come(&absences, DESK, 60_000 + page);
            let missed = missed.expect("an absence");
            assert_eq!((missed.since, missed.settled), (at(60_000 + page - LATE_MS), ids(&[7])), "page {page}");
            desk.heard(at(60_001 + page));
        }
        let (phone, missed) = come(&absences, PHONE, 61_000);
        let missed = missed.expect("an absence");
        assert_eq!((missed.since, missed.settled), (at(2 - LATE_MS), ids(&[])));
        phone.received(phone.told_end(InviteId(7)));
        phone.heard(at(62_000));
        drop(phone);
        let missed = come(&absences, PHONE, 63_000).1.expect("an absence");
        assert_eq!((missed.since, missed.settled), (at(62_000 - LATE_MS), ids(&[7])), "once");
    }

    #[test]
    fn whoever_signs_in_anew_misses_what_nobody_has_received() {
        let absences = absences();
        let (desk, _) = come(&absences, DESK, 0);
        desk.received(desk.told_end(InviteId(7)));
        desk.told_end(InviteId(8));
        drop(desk);
        let (_, missed) = come(&absences, 3, 1_000);
        let missed = missed.expect("an absence");
        assert_eq!((missed.settled, missed.unconfirmed), (ids(&[7]), ids(&[8])));
        let (_, missed) = come(&absences, DESK, 2_000);
        assert_eq!(missed.expect("an absence").unconfirmed, ids(&[8]), "nobody else takes that away");
    }

    #[test]
    fn a_cut_that_is_noticed_late_is_made_up_for_once() {
        let absences = absences();
        let (cut, _) = come(&absences, DESK, 0);
        cut.told_of(InviteId(7), true);
        let (back, missed) = come(&absences, DESK, 5);
        assert_eq!(missed.expect("an absence").known, ids(&[7]));
        back.received(back.told_end(InviteId(7)));
        back.heard(at(20_000));
        drop((cut, back));
        assert_eq!(come(&absences, DESK, 45_000).1.expect("an absence").settled, ids(&[7]));
    }

    #[test]
    fn whoever_comes_soon_after_a_start_may_have_been_cut_off_by_it() {
        let absences = Absences::new(at(0));
        for again in ["at first", "as the one before was never heard"] {
            let (_, missed) = absences.enter(ACE, DESK, at(AFTER_START_MS - 1));
            assert_eq!(missed.map(|missed| missed.since), Some(at(-BEFORE_START_MS)), "{again}");
        }
        let (_, missed) = absences.enter(UserId(2), DESK, at(AFTER_START_MS));
        assert_eq!(missed, None);
    }

    #[test]
    fn no_number_of_sign_ins_makes_a_client_forgotten_that_is_there() {
        let absences = absences();
        let (desk, _) = come(&absences, DESK, 0);
        desk.told_end(InviteId(7));
        for login in 10..100 {
            come(&absences, login, login);
        }
        assert_eq!(come(&absences, DESK, 200).1.expect("an absence").unconfirmed, ids(&[7]));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_no_friend_is_forgotten_over_strangers() {
        let absences = absences();
        let mut open = Vec::new();
        for number in 0..100 {
            let (trail, _) = come(&absences, DESK, 0);
            trail.told_of(InviteId(-1), true);
            for invite in 0..300 {
                trail.told_of(InviteId(number * 300 + invite), false);
                trail.told_end(InviteId(number * 300 + invite));
            }
            assert_eq!(trail.steps.lock().ending.len(), 2 * INVITES);
            open.push(trail);
        }
        let missed = come(&absences, DESK, 0).1.expect("an absence");
        assert_eq!((missed.known.len(), missed.known[0]), (1 + INVITES, InviteId(-1)));
        assert_eq!(absences.trails.get(&ACE).map(|trails| trails.lock().len()), Some(SOCKETS));
        let (_, missed) = absences.enter(ACE, DESK, at(LONGEST_MS));
        assert_eq!(missed, None);
    }
}
