//! How far one's own invites have come, each step told once, by whichever path it is learned.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    time::Instant,
};

use rallypoint_protocol::{
    InviteId, SessionCode, UserId,
    invite::{InviteStatus, SentInvite},
};

/// Own invites remembered at once.
pub const CAPACITY: usize = 256;
/// Rows at which the server cuts its list of own invites.
const LISTED: usize = 100;

/// A step of one's own invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentInviteUpdate {
    pub invite_id: InviteId,
    /// Left out where the server names only the invite, as on expiry.
    pub receiver_id: Option<UserId>,
    pub progress: SentProgress,
    /// Where both are now, once accepted. That of a challenge has just been made: enter it by
    /// `sessions().access(code)`.
    pub session_code: Option<SessionCode>,
    /// For people.
    pub message: Option<String>,
}

/// How far an invite has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SentProgress {
    /// The receiver's popup was shown.
    Seen,
    Accepted,
    Declined,
    Cancelled,
    Expired,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sent {
    receiver_id: Option<UserId>,
    progress: Option<SentProgress>,
    session_code: Option<SessionCode>,
    /// Whether its progress was passed over as old news.
    untold: bool,
    known_since: Option<Instant>,
}

impl Sent {
    fn is_waiting(&self) -> bool {
        matches!(self.progress, None | Some(SentProgress::Seen))
    }
}

/// Remembers the own invites of this login and drops what has been told already.
#[derive(Debug, Default)]
pub struct SentTracker {
    invites: BTreeMap<InviteId, Sent>,
}

impl SentTracker {
    /// An invite was sent here. Gives its progress if a list was faster than the reply.
    pub fn track(&mut self, now: Instant, invite_id: InviteId, receiver_id: UserId) -> Option<SentInviteUpdate> {
        let sent = self.invites.entry(invite_id).or_default();
        sent.receiver_id = Some(receiver_id);
        sent.known_since.get_or_insert(now);
        let (progress, session_code) = (sent.progress.filter(|_| std::mem::take(&mut sent.untold)), sent.session_code);
        self.trim();
        progress.map(|progress| SentInviteUpdate {
            invite_id,
            receiver_id: Some(receiver_id),
            progress,
            session_code,
            message: None,
        })
    }

    /// Whether it is one's own.
    pub fn knows(&self, invite_id: InviteId) -> bool {
        self.invites.contains_key(&invite_id)
    }

    /// Whether an answer is still awaited, so that a polling client has to ask.
    pub fn is_waiting(&self) -> bool {
        self.invites.values().any(Sent::is_waiting)
    }

    /// A step was learned; gives it back if it is news.
    pub fn advance(&mut self, now: Instant, mut update: SentInviteUpdate) -> Option<SentInviteUpdate> {
        let sent = self.invites.entry(update.invite_id).or_default();
        sent.known_since.get_or_insert(now);
        let news = match sent.progress {
            None => true,
            Some(SentProgress::Seen) => update.progress != SentProgress::Seen,
            Some(_) => false,
        };
        sent.receiver_id = sent.receiver_id.or(update.receiver_id);
        update.receiver_id = sent.receiver_id;
        if news {
            sent.progress = Some(update.progress);
            sent.session_code = sent.session_code.or(update.session_code);
            sent.untold = false;
        }
        self.trim();
        news.then_some(update)
    }

    /// The server's list of own invites, asked for at `began`. What ended before this login began is no news. The list
    /// has every invite that is pending: one that was known and is not there has ended long ago.
    pub fn sync(&mut self, began: Instant, invites: &[SentInvite]) -> Vec<SentInviteUpdate> {
        let mut news = self.forget_absent(began, invites);
        for invite in invites.iter().rev() {
            let ended = match invite.status {
                InviteStatus::Pending => None,
                InviteStatus::Accepted => Some(SentProgress::Accepted),
                InviteStatus::Declined => Some(SentProgress::Declined),
                InviteStatus::Cancelled => Some(SentProgress::Cancelled),
                InviteStatus::Expired => Some(SentProgress::Expired),
            };
            let session_code = invite.session_code.filter(|_| ended == Some(SentProgress::Accepted));
            if let Entry::Vacant(unknown) = self.invites.entry(invite.invite_id) {
                let progress = ended.or(invite.seen_at.map(|_| SentProgress::Seen));
                let (receiver_id, known_since) = (Some(invite.receiver_id), Some(began));
                unknown.insert(Sent { receiver_id, progress, session_code, untold: true, known_since });
                continue;
            }
            for progress in invite.seen_at.map(|_| SentProgress::Seen).into_iter().chain(ended) {
                news.extend(self.advance(
                    began,
                    SentInviteUpdate {
                        invite_id: invite.invite_id,
                        receiver_id: Some(invite.receiver_id),
                        progress,
                        session_code: session_code.filter(|_| progress == SentProgress::Accepted),
                        message: None,
                    },
                ));
            }
        }
        self.trim();
        news
    }

    fn forget_absent(&mut self, began: Instant, invites: &[SentInvite]) -> Vec<SentInviteUpdate> {
        if invites.len() >= LISTED {
            return Vec::new();
        }
        let listed: BTreeSet<_> = invites.iter().map(|invite| invite.invite_id).collect();
        let absent = self.invites.iter_mut().filter(|(id, sent)| {
            sent.is_waiting() && sent.known_since.is_none_or(|since| since < began) && !listed.contains(id)
        });
        absent
            .map(|(id, sent)| {
                sent.progress = Some(SentProgress::Expired);
                SentInviteUpdate {
                    invite_id: *id,
                    receiver_id: sent.receiver_id,
                    progress: SentProgress::Expired,
                    session_code: None,
                    message: None,
                }
            })
            .collect()
    }

    pub fn clear(&mut self) {
        self.invites.clear();
    }

    fn trim(&mut self) {
        while self.invites.len() > CAPACITY {
            self.invites.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rallypoint_protocol::{Timestamp, invite::InviteKind};

    use super::*;

    fn update(progress: SentProgress) -> SentInviteUpdate {
        SentInviteUpdate { invite_id: InviteId(1), receiver_id: None, progress, session_code: None, message: None }
    }

    fn listed(id: i64, status: InviteStatus, seen: bool) -> SentInvite {
        SentInvite {
            invite_id: InviteId(id),
            kind: InviteKind::Session,
            status,
            receiver_id: UserId(7),
            receiver_name: "Bo#0001".into(),
            session_code: None,
            map: None,
            friendship_id: None,
            created_at: Timestamp(0),
            expires_at: Timestamp(120_000),
            expires_in: 100,
            delivered_at: None,
            seen_at: seen.then_some(Timestamp(1)),
            responded_at: None,
        }
    }

    #[test]
    fn each_step_is_told_once_whatever_the_path() {
        let (mut tracker, now) = (SentTracker::default(), Instant::now());
        tracker.track(now, InviteId(1), UserId(7));
        assert!(tracker.is_waiting());
        let seen = tracker.advance(now, update(SentProgress::Seen)).unwrap();
        assert_eq!(seen.receiver_id, Some(UserId(7)));
        let news = tracker.sync(now, &[listed(1, InviteStatus::Declined, true)]);
        assert_eq!(news.iter().map(|news| news.progress).collect::<Vec<_>>(), [SentProgress::Declined]);
        assert_eq!(tracker.advance(now, update(SentProgress::Declined)), None);
        assert_eq!(tracker.advance(now, update(SentProgress::Seen)), None);
        assert!(!tracker.is_waiting());
    }

    #[test]
    fn what_ended_before_this_login_is_no_news_but_pending_ones_are_followed() {
        let (mut tracker, now) = (SentTracker::default(), Instant::now());
        let first = [listed(2, InviteStatus::Pending, false), listed(1, InviteStatus::Accepted, true)];
        assert_eq!(tracker.sync(now, &first), []);
        let later = [listed(2, InviteStatus::Accepted, true), listed(1, InviteStatus::Accepted, true)];
        let news: Vec<_> =
            tracker.sync(now, &later).into_iter().map(|news| (news.invite_id.0, news.progress)).collect();
        assert_eq!(news, [(2, SentProgress::Seen), (2, SentProgress::Accepted)]);
    }

    #[test]
    fn a_list_that_is_faster_than_the_reply_hides_nothing() {
        let (mut tracker, now) = (SentTracker::default(), Instant::now());
        assert_eq!(tracker.sync(now, &[listed(1, InviteStatus::Accepted, true)]), []);
        let news = tracker.track(now, InviteId(1), UserId(7)).unwrap();
        assert_eq!(news.progress, SentProgress::Accepted);
        assert_eq!(tracker.track(now, InviteId(1), UserId(7)), None);
        assert!(tracker.knows(InviteId(1)) && !tracker.knows(InviteId(2)));
    }

    #[test]
    fn an_accepted_challenge_says_where_to_play_by_whichever_path() {
        let code = "K7QX2M".parse().ok();
        let challenge = |id, status| SentInvite {
            kind: InviteKind::Map,
            session_code: code.filter(|_| status == InviteStatus::Accepted),
            map: Some("arena".into()),
            ..listed(id, status, true)
        };
        let (mut tracker, now) = (SentTracker::default(), Instant::now());
        tracker.track(now, InviteId(1), UserId(7));
        assert_eq!(tracker.sync(now, &[challenge(1, InviteStatus::Pending)])[0].session_code, None);
        let news = tracker.sync(now, &[challenge(1, InviteStatus::Accepted), challenge(2, InviteStatus::Accepted)]);
        assert_eq!(news.iter().map(|news| (news.invite_id.0, news.session_code)).collect::<Vec<_>>(), [(1, code)]);
        assert_eq!(tracker.track(now, InviteId(2), UserId(7)).unwrap().session_code, code, "faster than the reply");
        let told = SentInviteUpdate { session_code: code, ..update(SentProgress::Accepted) };
        assert_eq!(SentTracker::default().advance(now, told.clone()), Some(told));
    }

    #[test]
    fn one_that_ended_so_long_ago_that_it_is_not_listed_has_expired() {
        let (mut tracker, start) = (SentTracker::default(), Instant::now());
        let later = start + Duration::from_secs(900);
        tracker.track(start, InviteId(1), UserId(7));
        tracker.track(later, InviteId(2), UserId(7));
        let news: Vec<_> = tracker.sync(later, &[]).into_iter().map(|news| (news.invite_id.0, news.progress)).collect();
        assert_eq!(news, [(1, SentProgress::Expired)], "the other one was made after the list was asked for");
        assert_eq!(tracker.sync(later, &[]), []);
        let full: Vec<_> = (3..103).map(|id| listed(id, InviteStatus::Declined, true)).collect();
        assert_eq!(tracker.sync(later + Duration::from_secs(1), &full), [], "it may have been cut off");
        assert!(tracker.is_waiting());
    }

    #[test]
    fn a_step_that_was_told_is_not_told_again_by_a_late_reply() {
        let (mut tracker, now) = (SentTracker::default(), Instant::now());
        tracker.sync(now, &[listed(1, InviteStatus::Pending, false)]);
        assert!(tracker.advance(now, update(SentProgress::Accepted)).is_some());
        assert_eq!(tracker.track(now, InviteId(1), UserId(7)), None);
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let (mut tracker, now) = (SentTracker::default(), Instant::now());
        for id in 1..=(CAPACITY as i64 + 10) {
            tracker.track(now, InviteId(id), UserId(7));
        }
        assert_eq!(tracker.invites.len(), CAPACITY);
        assert!(!tracker.invites.contains_key(&InviteId(10)));
    }
}
