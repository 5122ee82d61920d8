//! What a client may have missed: a socket whose cable was cut leaves behind when it was last heard and what it knew
//! of, and the next one is told how that went on.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use rallypoint_protocol::{InviteId, Timestamp, UserId};

/// Users who are remembered.
const USERS: usize = 20_000;
/// Invites that a socket remembers, and sockets that a user leaves behind.
const INVITES: usize = 64;
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
    /// Whose end has surely arrived.
    settled: Recent,
    /// Whose end was told, each with its number: it may be under way.
    ending: VecDeque<(u64, InviteId)>,
    ends: u64,
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
        self.0.lock().heard_at = now;
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

    /// The client said goodbye: it has heard all that it wanted to.
    pub(super) fn left(&self, now: Timestamp) {
        self.heard(now);
        self.received(u64::MAX);
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

    fn heard_at(&self) -> Timestamp {
        self.0.lock().heard_at
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Absence {
    pub(super) since: Timestamp,
    /// What the client knew of.
    pub(super) invites: Vec<InviteId>,
    /// Of what it knows the end as well.
    pub(super) settled: Vec<InviteId>,
}

pub(super) struct Absences {
    trails: Cache<UserId, Arc<Mutex<VecDeque<Arc<Trail>>>>>,
    started_at: Timestamp,
}

impl Absences {
    pub(super) fn new(started_at: Timestamp) -> Self {
        Self { trails: Cache::new(USERS), started_at }
    }

    /// A socket of its own for a user, and what that user may have missed, if it was there before. Until the new one is
    /// heard, it knows no more than those before.
    pub(super) fn enter(&self, user: UserId, now: Timestamp) -> (Arc<Trail>, Option<Absence>) {
        let Ok(trails) = self.trails.get_or_insert_with::<_, std::convert::Infallible>(&user, || Ok(Arc::default()));
        let mut trails = trails.lock();
        trails.retain(|trail| trail.heard_at().0 > now.0 - LONGEST_MS);
        let before = trails.iter().map(|trail| trail.heard_at()).min();
        let (mut invites, mut settled) = (Recent::default(), Recent::default());
        for trail in trails.iter() {
            let steps = trail.0.lock();
            steps.invites.0.iter().for_each(|invite| invites.add(*invite));
            steps.settled.0.iter().for_each(|invite| settled.add(*invite));
        }
        let restarted = now.0 < self.started_at.0 + AFTER_START_MS;
        let since = match before {
            Some(heard) => Some(heard.0 - LATE_MS),
            None => restarted.then_some(self.started_at.0 - BEFORE_START_MS),
        };
        let absence = since.map(|since| Absence {
            since: Timestamp(since),
            invites: invites.0.iter().copied().collect(),
            settled: settled.0.iter().copied().collect(),
        });
        let heard_at = since.map_or(now, |since| Timestamp(since + LATE_MS));
        let steps = Steps { heard_at, invites, settled, ending: VecDeque::new(), ends: 0 };
        let trail = Arc::new(Trail(Mutex::new(steps)));
        if trails.len() == SOCKETS {
            trails.pop_front();
        }
        trails.push_back(Arc::clone(&trail));
        (trail, absence)
    }

    /// The user is being told what it missed: of its sockets only those that live have something to say the next time.
    pub(super) fn made_up(&self, user: UserId) {
        if let Some(trails) = self.trails.get(&user) {
            trails.lock().retain(|trail| Arc::strong_count(trail) > 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACE: UserId = UserId(1);
    const START: i64 = 1_000_000_000;

    fn absences() -> Absences {
        Absences::new(Timestamp(START - AFTER_START_MS))
    }

    fn absence(heard_at: i64, invites: &[i64], settled: &[i64]) -> Option<Absence> {
        let ids = |ids: &[i64]| ids.iter().map(|id| InviteId(*id)).collect();
        Some(Absence { since: Timestamp(heard_at - LATE_MS), invites: ids(invites), settled: ids(settled) })
    }

    #[test]
    fn a_socket_that_was_cut_is_made_up_for_once() {
        let absences = absences();
        let (trail, missed) = absences.enter(ACE, Timestamp(START));
        assert_eq!(missed, None, "somebody new has missed nothing");
        trail.told_of(InviteId(7));
        trail.heard(Timestamp(START + 10));
        drop(trail);
        let (second, missed) = absences.enter(ACE, Timestamp(START + 500));
        assert_eq!(missed, absence(START + 10, &[7], &[]));
        absences.made_up(ACE);
        drop(second);
        let (third, missed) = absences.enter(ACE, Timestamp(START + 600));
        assert_eq!(missed, absence(START + 10, &[7], &[]), "the second never showed that it had heard anything");
        absences.made_up(ACE);
        third.heard(Timestamp(START + 700));
        drop(third);
        let (_, missed) = absences.enter(ACE, Timestamp(START + 900));
        assert_eq!(missed, absence(START + 700, &[7], &[]));
        let (_, missed) = absences.enter(UserId(2), Timestamp(START + 900));
        assert_eq!(missed, None);
    }

    #[test]
    fn an_end_is_settled_when_the_client_has_received_it() {
        let absences = absences();
        let (trail, _) = absences.enter(ACE, Timestamp(START));
        let first = trail.told_end(InviteId(7));
        let second = trail.told_end(InviteId(8));
        trail.told_end(InviteId(9));
        trail.heard(Timestamp(START + 10));
        let (page, missed) = absences.enter(ACE, Timestamp(START + 10));
        assert_eq!(missed, absence(START + 10, &[], &[]), "being heard says nothing of what has arrived");
        assert!(trail.received(second), "of several, the last one is enough");
        assert!(!trail.received(first), "that is known");
        page.told_end(InviteId(10));
        page.left(Timestamp(START + 10));
        let (_, missed) = absences.enter(ACE, Timestamp(START + 10));
        assert_eq!(missed, absence(START + 10, &[], &[7, 8, 10]), "whoever leaves has heard it");
    }

    #[test]
    fn a_socket_counts_whether_its_end_was_noticed_or_not() {
        let absences = absences();
        let (cut, _) = absences.enter(ACE, Timestamp(START));
        cut.told_of(InviteId(7));
        let (_second, missed) = absences.enter(ACE, Timestamp(START + 5));
        assert_eq!(missed, absence(START, &[7], &[]));
    }

    #[test]
    fn whoever_comes_soon_after_a_start_may_have_been_cut_off_by_it() {
        let absences = Absences::new(Timestamp(START));
        let (_, missed) = absences.enter(ACE, Timestamp(START + AFTER_START_MS - 1));
        assert_eq!(missed.map(|missed| missed.since), Some(Timestamp(START - BEFORE_START_MS)));
        let (_, missed) = absences.enter(ACE, Timestamp(START + AFTER_START_MS - 1));
        assert_eq!(missed.map(|missed| missed.since), Some(Timestamp(START - BEFORE_START_MS)), "it was never heard");
        let (_, missed) = absences.enter(UserId(2), Timestamp(START + AFTER_START_MS));
        assert_eq!(missed, None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let absences = absences();
        let mut open = Vec::new();
        for number in 0..100 {
            let (trail, _) = absences.enter(ACE, Timestamp(START));
            for invite in 0..200 {
                trail.told_of(InviteId(number * 200 + invite));
                trail.told_end(InviteId(number * 200 + invite));
            }
            assert_eq!(trail.0.lock().ending.len(), INVITES);
            open.push(trail);
        }
        let (_, missed) = absences.enter(ACE, Timestamp(START));
        assert_eq!(missed.map(|missed| missed.invites.len()), Some(INVITES));
        assert_eq!(absences.trails.get(&ACE).map(|trails| trails.lock().len()), Some(SOCKETS));
        let (_, missed) = absences.enter(ACE, Timestamp(START + LONGEST_MS));
        assert_eq!(missed, None);
    }
}
