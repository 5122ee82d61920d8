//! The task that tells friends who has come, gone or changed.
//!
//! The first change is told at once. What follows within a second is told at its end, and only if it made a difference:
//! a socket that flaps costs its friends one event a second at most.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use rallypoint_protocol::{ErrorCode, UserId, presence::Presence};

use super::PresenceService;
use crate::{domain::Answer, hub::Event, store};

/// Changes of one user within it are told as one.
const MERGING: Duration = Duration::from_secs(1);
/// Users whose change is told before those who are told get a moment to read: whoever has hundreds of friends hears of
/// them all at once after a restart.
const AT_ONCE: usize = 16;
const MOMENT: Duration = Duration::from_millis(2);
/// How long a database that is away is left alone.
const RETRY: Duration = Duration::from_millis(500);

/// What friends were told last.
struct Told {
    presence: Arc<Presence>,
    at: Instant,
}

#[derive(Default)]
struct Announcements {
    told: HashMap<UserId, Told>,
    /// Those who may have changed since.
    pending: HashSet<UserId>,
}

impl Announcements {
    /// Those whose turn it is.
    fn due(&mut self, now: Instant) -> Vec<UserId> {
        let told = &self.told;
        let ready = |user: &UserId| told.get(user).is_none_or(|told| now.duration_since(told.at) >= MERGING);
        self.pending.extract_if(ready).collect()
    }

    /// When the next one's turn is.
    fn next(&self) -> Option<Instant> {
        self.pending.iter().filter_map(|user| self.told.get(user)).map(|told| told.at + MERGING).min()
    }

    /// Forgets who is offline and can't be told of too soon any more.
    fn tidy(&mut self, now: Instant) {
        let there = |presence: &Presence| presence.online || presence.in_game;
        self.told.retain(|_, told| there(&told.presence) || now.duration_since(told.at) < MERGING);
    }
}

impl PresenceService {
    /// Announces changes until the task is aborted.
    pub async fn announce_forever(self: Arc<Self>) {
        let mut announcements = Announcements::default();
        loop {
            let next = announcements.next();
            let turn = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = self.hub.changed() => announcements.pending.extend(changed),
                () = turn => {}
            }
            loop {
                let due = announcements.due(Instant::now());
                let Err(error) = self.announce(&due, &mut announcements).await else { break };
                tracing::warn!(%error, "friends could not be told who is there; trying again");
                announcements.pending.extend(due);
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    async fn announce(&self, due: &[UserId], announcements: &mut Announcements) -> Answer<()> {
        let now = Instant::now();
        let mut changed = HashMap::new();
        for &user in due {
            let presence = match self.users.get(user).await {
                Ok(user) => Arc::new(self.of_one(&user)),
                Err(error) if error.code == ErrorCode::NotFound => continue,
                Err(error) => return Err(error),
            };
            let before = announcements.told.get(&user).map(|told| &*told.presence);
            let same = before.map_or(!presence.online && !presence.in_game, |before| *before == *presence);
            if !same {
                changed.insert(user, presence);
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let users: Vec<_> = changed.keys().copied().collect();
        let mut friends: HashMap<UserId, Vec<UserId>> = HashMap::new();
        for (friend, user) in store::friends::of_many(&self.db, &users).await? {
            friends.entry(user).or_default().push(friend);
        }
        for (number, (user, friends)) in (1..).zip(friends) {
            if let Some(presence) = changed.get(&user) {
                for friend in friends {
                    self.hub.publish(friend, &Event::PresenceChanged(Arc::clone(presence)), None);
                }
            }
            if number % AT_ONCE == 0 {
                tokio::time::sleep(MOMENT).await;
            }
        }
        announcements.told.extend(changed.into_iter().map(|(user, presence)| (user, Told { presence, at: now })));
        announcements.tidy(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(online: bool, at: Instant) -> Told {
        let presence = Presence { user_id: UserId(1), username: "ace".into(), online, in_game: false, status: None };
        Told { presence: Arc::new(presence), at }
    }

    #[test]
    fn the_first_change_is_told_at_once_and_those_after_it_at_the_end_of_a_second() {
        let (start, ace) = (Instant::now(), UserId(1));
        let mut announcements = Announcements { pending: HashSet::from([ace]), ..Announcements::default() };
        assert_eq!(announcements.due(start), [ace]);
        announcements.told.insert(ace, told(true, start));
        announcements.pending.insert(ace);
        assert_eq!(announcements.due(start + MERGING / 2), []);
        assert_eq!(announcements.next(), Some(start + MERGING));
        assert_eq!(announcements.due(start + MERGING), [ace]);
        assert_eq!(announcements.next(), None);
    }

    #[test]
    fn who_is_offline_is_forgotten_but_not_at_once() {
        let start = Instant::now();
        let mut announcements = Announcements::default();
        announcements.told.insert(UserId(1), told(false, start));
        announcements.told.insert(UserId(2), told(true, start));
        announcements.tidy(start + MERGING / 2);
        assert_eq!(announcements.told.len(), 2);
        announcements.tidy(start + MERGING);
        assert_eq!(announcements.told.len(), 1);
    }
}
