//! What a client may have missed: a socket whose cable was cut leaves behind when it was last heard and what it knew
//! of, and the next one is told how that went on.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

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
/// What was written so shortly before the server started may not have been told before it stopped, and clients take so
/// long to come back.
const BEFORE_START_MS: i64 = 60 * 1000;
const AFTER_START_MS: i64 = 5 * 60 * 1000;

/// What one socket has heard and told. It counts for as long after its end as before: an end may be noticed late.
pub(super) struct Trail {
    heard_at: AtomicI64,
    invites: Mutex<VecDeque<InviteId>>,
}

impl Trail {
    fn new(now: Timestamp) -> Self {
        Self { heard_at: AtomicI64::new(now.0), invites: Mutex::default() }
    }

    /// The client showed that it is there.
    pub(super) fn heard(&self, now: Timestamp) {
        self.heard_at.store(now.0, Ordering::Relaxed);
    }

    /// The client knows of an invite.
    pub(super) fn told_of(&self, invite: InviteId) {
        let mut invites = self.invites.lock();
        if invites.contains(&invite) {
            return;
        }
        if invites.len() == INVITES {
            invites.pop_front();
        }
        invites.push_back(invite);
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Absence {
    pub(super) since: Timestamp,
    /// What the client knew of.
    pub(super) invites: Vec<InviteId>,
}

pub(super) struct Absences {
    trails: Cache<UserId, Arc<Mutex<VecDeque<Arc<Trail>>>>>,
    started_at: Timestamp,
}

impl Absences {
    pub(super) fn new(started_at: Timestamp) -> Self {
        Self { trails: Cache::new(USERS), started_at }
    }

    /// A socket of its own for a user, and what that user may have missed, if it was there before.
    pub(super) fn enter(&self, user: UserId, now: Timestamp) -> (Arc<Trail>, Option<Absence>) {
        let Ok(trails) = self.trails.get_or_insert_with::<_, std::convert::Infallible>(&user, || Ok(Arc::default()));
        let mut trails = trails.lock();
        let recent = |trail: &Arc<Trail>| trail.heard_at.load(Ordering::Relaxed) > now.0 - LONGEST_MS;
        trails.retain(recent);
        let since = trails.iter().map(|trail| trail.heard_at.load(Ordering::Relaxed)).min();
        let cut_by_restart =
            || (now.0 < self.started_at.0 + AFTER_START_MS).then_some(self.started_at.0 - BEFORE_START_MS);
        let absence = since.or_else(cut_by_restart).map(|since| Absence {
            since: Timestamp(since),
            invites: trails.iter().flat_map(|trail| trail.invites.lock().clone()).collect(),
        });
        let trail = Arc::new(Trail::new(now));
        if trails.len() == SOCKETS {
            trails.pop_front();
        }
        trails.push_back(Arc::clone(&trail));
        (trail, absence)
    }

    /// The user has been told what it missed: of its sockets only those that live have something to say the next time.
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

    #[test]
    fn a_socket_that_was_cut_is_made_up_for_once() {
        let absences = absences();
        let (trail, absence) = absences.enter(ACE, Timestamp(START));
        assert_eq!(absence, None, "somebody new has missed nothing");
        trail.heard(Timestamp(START + 10));
        trail.told_of(InviteId(7));
        drop(trail);
        let expected = Absence { since: Timestamp(START + 10), invites: vec![InviteId(7)] };
        let (second, absence) = absences.enter(ACE, Timestamp(START + 500));
        assert_eq!(absence.as_ref(), Some(&expected));
        let (_third, again) = absences.enter(ACE, Timestamp(START + 600));
        assert_eq!(again, Some(expected), "until it has been told");
        absences.made_up(ACE);
        drop(second);
        let (_, absence) = absences.enter(ACE, Timestamp(START + 900));
        assert_eq!(absence, Some(Absence { since: Timestamp(START + 500), invites: vec![] }), "the second");
        let (_, absence) = absences.enter(UserId(2), Timestamp(START + 900));
        assert_eq!(absence, None);
    }

    #[test]
    fn a_socket_counts_whether_its_end_was_noticed_or_not() {
        let absences = absences();
        let (cut, _) = absences.enter(ACE, Timestamp(START));
        cut.told_of(InviteId(7));
        let (_second, absence) = absences.enter(ACE, Timestamp(START + 5));
        assert_eq!(absence, Some(Absence { since: Timestamp(START), invites: vec![InviteId(7)] }));
    }

    #[test]
    fn whoever_comes_soon_after_a_start_may_have_been_cut_off_by_it() {
        let absences = Absences::new(Timestamp(START));
        let (_, absence) = absences.enter(ACE, Timestamp(START + AFTER_START_MS - 1));
        assert_eq!(absence, Some(Absence { since: Timestamp(START - BEFORE_START_MS), invites: vec![] }));
        let (_, absence) = absences.enter(UserId(2), Timestamp(START + AFTER_START_MS));
        assert_eq!(absence, None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let absences = absences();
        let mut open = Vec::new();
        for number in 0..100 {
            let (trail, _) = absences.enter(ACE, Timestamp(START));
            for invite in 0..200 {
                trail.told_of(InviteId(number * 200 + invite));
            }
            open.push(trail);
        }
        let (_, absence) = absences.enter(ACE, Timestamp(START));
        assert_eq!(absence.map(|absence| absence.invites.len()), Some(SOCKETS * INVITES));
        let (_, absence) = absences.enter(ACE, Timestamp(START + LONGEST_MS));
        assert_eq!(absence, None);
    }
}
