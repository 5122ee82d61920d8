//! The friends and the requests for friendship: what is known of them, and when to ask.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use rallypoint_protocol::{
    FriendshipId, Timestamp, User, UserId,
    presence::Presence,
    social::{Friend, FriendRemoved, FriendUpdate, FriendshipStatus},
};

use crate::LinkState;

/// Friendships that have ended, remembered at once.
pub const ENDED: usize = 256;

/// How long after signing in to ask if the link has not come to anything by then.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often to ask while no socket tells what happens.
const POLL_EVERY: Duration = Duration::from_secs(30);
/// How long after a request that failed although the server can be reached.
const RETRY: Duration = Duration::from_secs(3);

/// What has come in.
#[derive(Clone, Debug)]
pub enum Input {
    SignedIn,
    SignedOut,
    Link(LinkState),
    /// The server's lists, asked for then. The requests have to be the older of the two: what is accepted in between
    /// is in both, otherwise in none.
    Listed {
        began: Instant,
        requests: Vec<Friend>,
        friends: Vec<Friend>,
        /// Whether nothing was left out: then what is not there has ended.
        complete: bool,
    },
    /// The lists could not be had.
    Failed,
    /// Somebody asks, as the socket says.
    Requested(FriendUpdate),
    /// One has asked somebody oneself, perhaps on another device, as the socket says.
    Asked(FriendUpdate),
    /// As the socket says.
    Accepted(FriendUpdate),
    /// As the socket says.
    Removed(FriendRemoved),
    Presence(Presence),
    /// A row that one's own request, begun then, was answered with.
    Known {
        began: Instant,
        friend: Friend,
    },
    /// One has ended it oneself.
    Ended(FriendshipId),
    /// One has blocked this person, which ends whatever there was.
    Blocked(UserId),
    /// One has lifted a block: a request may have waited behind it.
    Unblocked,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Ask the server for both lists.
    Ask,
    /// Somebody asks for one's friendship.
    Requested(Friend),
    /// There is a new friend, whoever of the two has accepted.
    Accepted(Friend),
    /// A friendship or a request has ended, whoever ended it.
    Removed(Friend),
    /// A friend has come, gone or changed, of which no socket has told.
    Presence(Presence),
    /// [`Roster::list`] is another one.
    Changed,
}

/// What is known of one's friends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FriendList {
    /// Newest first.
    pub friends: Vec<Friend>,
    /// In both directions, newest first.
    pub requests: Vec<Friend>,
    /// Whether the server's lists have been read since the sign-in.
    pub fetched: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    friend: Friend,
    /// When it became known. Lists asked for before then say nothing against it.
    known_since: Instant,
    /// The presence was this, or newer, at this moment.
    presence_at: Instant,
}

#[derive(Debug, Default)]
pub struct Roster {
    entries: BTreeMap<FriendshipId, Entry>,
    /// What the socket told while asking, also of people whom only the answer makes friends.
    told: BTreeMap<UserId, (Instant, Presence)>,
    /// Numbers of friendships are never used again.
    ended: BTreeSet<FriendshipId>,
    signed_in: bool,
    fetched: bool,
    link: LinkState,
    asking: bool,
    asked_at: Option<Instant>,
    /// Something happened while asking that the answer may not know.
    again: bool,
    next: Option<Instant>,
    changed: bool,
    outputs: VecDeque<Output>,
}

impl Roster {
    pub fn list(&self) -> FriendList {
        let mut all: Vec<_> = self.entries.values().map(|entry| entry.friend.clone()).collect();
        // What has just happened has no time yet.
        let age = |friend: &Friend| if friend.since == NO_TIME { i64::MAX } else { friend.since.0 };
        all.sort_by_key(|friend| Reverse((age(friend), friend.friendship_id)));
        let (friends, requests) = all.into_iter().partition(|friend| friend.status == FriendshipStatus::Accepted);
        FriendList { friends, requests, fetched: self.fetched }
    }

    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front().or_else(|| std::mem::take(&mut self.changed).then_some(Output::Changed))
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next.filter(|_| !self.asking)
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|next| next <= now) {
            self.ask(now);
        }
    }

    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::SignedIn => {
                self.signed_in = true;
                self.next = Some(now + PATIENCE);
            }
            Input::SignedOut => {
                let changed = self.fetched || !self.entries.is_empty();
                *self =
                    Self { link: self.link, outputs: std::mem::take(&mut self.outputs), changed, ..Self::default() };
            }
            Input::Link(link) => self.reach(now, link),
            Input::Listed { began, requests, friends, complete } => {
                self.read(now, began, (requests, friends), complete);
            }
            Input::Failed => {
                self.asking = false;
                self.told.clear();
                // Whether the server can be reached is for the link to find out, which spreads its attempts.
                let reachable = matches!(self.link, LinkState::Live | LinkState::Fallback);
                self.next = (self.signed_in && reachable).then_some(now + RETRY);
            }
            Input::Requested(update) => self.tell(now, update, FriendshipStatus::Pending, true),
            Input::Asked(update) => self.tell(now, update, FriendshipStatus::Pending, false),
            Input::Accepted(update) => self.tell(now, update, FriendshipStatus::Accepted, true),
            Input::Removed(FriendRemoved { friendship_id, .. }) | Input::Ended(friendship_id) => {
                self.end(friendship_id);
            }
            Input::Presence(presence) => self.show(now, presence),
            Input::Known { began, friend } => {
                // A list that was asked for meanwhile may have known already that it is over.
                if self.learn(now, began, friend, true) && self.asked_at.is_some_and(|asked| asked >= began) {
                    self.ask(now);
                }
            }
            Input::Blocked(user_id) => {
                let with = self.entries.values().filter(|entry| entry.friend.user.id == user_id);
                for id in with.map(|entry| entry.friend.friendship_id).collect::<Vec<_>>() {
                    self.end(id);
                }
            }
            Input::Unblocked => self.ask(now),
        }
    }

    fn reach(&mut self, now: Instant, link: LinkState) {
        let before = std::mem::replace(&mut self.link, link);
        match link {
            // What happened while it was down was told to nobody.
            LinkState::Live if before != LinkState::Live => self.ask(now),
            LinkState::Fallback if !self.fetched => self.ask(now),
            LinkState::Fallback if self.next.is_none() && self.signed_in => self.next = Some(now + POLL_EVERY),
            _ => {}
        }
    }

    fn ask(&mut self, now: Instant) {
        if !self.signed_in {
            return;
        }
        self.again = self.asking;
        if !self.asking {
            self.asking = true;
            self.asked_at = Some(now);
            self.next = None;
            self.outputs.push_back(Output::Ask);
        }
    }

    fn read(&mut self, now: Instant, began: Instant, (requests, friends): (Vec<Friend>, Vec<Friend>), complete: bool) {
        self.asking = false;
        let told = std::mem::take(&mut self.told);
        if !self.signed_in {
            return;
        }
        let listed: BTreeSet<_> = requests.iter().chain(&friends).map(|friend| friend.friendship_id).collect();
        // What was there before this login began to look is no news.
        let news = self.fetched;
        for friend in requests.into_iter().chain(friends) {
            self.learn(began, began, friend, news);
        }
        for (at, presence) in told.into_values().filter(|(at, _)| *at > began) {
            self.show(at, presence);
        }
        let gone =
            |entry: &&Entry| complete && entry.known_since <= began && !listed.contains(&entry.friend.friendship_id);
        let gone: Vec<_> = self.entries.values().filter(gone).map(|entry| entry.friend.friendship_id).collect();
        for id in gone {
            self.end(id);
        }
        self.changed |= !self.fetched;
        self.fetched = true;
        self.next = (self.link != LinkState::Live).then_some(now + POLL_EVERY);
        if std::mem::take(&mut self.again) {
            self.ask(now);
        }
    }

    /// A row that came at `now` and was true at `began` or later; true if it is new or has become a friendship.
    fn learn(&mut self, now: Instant, began: Instant, mut friend: Friend, news: bool) -> bool {
        let id = friend.friendship_id;
        if !self.signed_in || self.ended.contains(&id) {
            return false;
        }
        let accepted = friend.status == FriendshipStatus::Accepted;
        let (mut known_since, mut presence_at, mut advanced) = (now, began, true);
        if let Some(known) = self.entries.get(&id) {
            let was_accepted = known.friend.status == FriendshipStatus::Accepted;
            if was_accepted && !accepted {
                // It is never taken back: this row is the older one.
                return false;
            }
            advanced = accepted && !was_accepted;
            known_since = known.known_since;
            if was_accepted && known.presence_at > began {
                presence_at = known.presence_at;
                friend.presence.clone_from(&known.friend.presence);
                friend.user.online = known.friend.user.online;
            } else if was_accepted && news && known.friend.presence != friend.presence {
                self.outputs.extend(friend.presence.clone().map(Output::Presence));
            }
            self.changed |= known.friend != friend;
        } else {
            self.changed = true;
        }
        if advanced && news {
            self.outputs.extend(match (accepted, friend.incoming) {
                (true, _) => Some(Output::Accepted(friend.clone())),
                (false, true) => Some(Output::Requested(friend.clone())),
                (false, false) => None,
            });
        }
        self.entries.insert(id, Entry { friend, known_since, presence_at });
        advanced
    }

    /// The socket says less than a list does: what it leaves out is asked for.
    fn tell(&mut self, now: Instant, update: FriendUpdate, status: FriendshipStatus, incoming: bool) {
        let FriendUpdate { friendship_id, user } = update;
        let known = self.entries.get(&friendship_id).map(|entry| &entry.friend);
        // A presence that is known already is no newer by being told of again.
        let copied = self.entries.get(&friendship_id).filter(|entry| entry.friend.presence.is_some());
        let as_of = copied.map_or(now, |entry| entry.presence_at);
        let presence = (status == FriendshipStatus::Accepted).then(|| {
            known.and_then(|known| known.presence.clone()).unwrap_or_else(|| Presence {
                user_id: user.id,
                username: user.username.clone(),
                online: user.online,
                in_game: false,
                status: None,
            })
        });
        let friend = Friend {
            friendship_id,
            status,
            incoming: known.map_or(incoming, |known| known.incoming),
            since: known.filter(|known| known.status == status).map_or(NO_TIME, |known| known.since),
            user: User { online: presence.as_ref().map_or(user.online, |presence| presence.online), ..user },
            presence,
        };
        if self.learn(now, as_of, friend, true) {
            self.ask(now);
        }
    }

    fn show(&mut self, at: Instant, presence: Presence) {
        let friends = self.entries.values_mut().filter(|entry| entry.friend.status == FriendshipStatus::Accepted);
        for entry in friends.filter(|entry| entry.friend.user.id == presence.user_id) {
            entry.presence_at = entry.presence_at.max(at);
            if entry.friend.presence.as_ref() != Some(&presence) {
                entry.friend.user.online = presence.online;
                entry.friend.presence = Some(presence.clone());
                self.changed = true;
            }
        }
        if self.asking {
            self.told.insert(presence.user_id, (at, presence));
        }
    }

    fn end(&mut self, id: FriendshipId) {
        if !self.signed_in {
            return;
        }
        self.ended.insert(id);
        while self.ended.len() > ENDED {
            self.ended.pop_first();
        }
        if let Some(entry) = self.entries.remove(&id) {
            self.changed = true;
            self.outputs.push_back(Output::Removed(entry.friend));
        }
    }
}

/// The server's time of something that only its socket has told of.
const NO_TIME: Timestamp = Timestamp(0);

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
