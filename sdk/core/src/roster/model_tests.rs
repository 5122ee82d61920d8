//! Whatever is lost, late or crosses on the way: nothing is told twice or after its end, and a good network makes the
//! roster the server's.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use rallypoint_protocol::User;

use super::*;

/// Friendships that a run is about.
const PEOPLE: i64 = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Somebody asks, or is asked, at the server.
    Begin {
        person: i64,
        incoming: bool,
    },
    /// Another device of either accepts.
    Accept(i64),
    /// Either ends it elsewhere.
    End(i64),
    /// A friend comes or goes.
    Presence(i64),
    /// The same by a call of one's own, whose reply comes later.
    CallAccept(i64),
    CallEnd(i64),
    /// One event of the socket arrives.
    Hear,
    /// One reply arrives.
    Reply,
    /// A list that is under way reads its next half at the server, or arrives.
    List,
    /// The list under way fails.
    ListFails,
    /// The socket and what it carried are lost.
    Drop,
    Reconnect,
    Pass(u8),
}

fn steps() -> impl Strategy<Value = Step> {
    let person = 1..=PEOPLE;
    prop_oneof![
        3 => (person.clone(), any::<bool>()).prop_map(|(person, incoming)| Step::Begin { person, incoming }),
        2 => person.clone().prop_map(Step::Accept),
        2 => person.clone().prop_map(Step::End),
        3 => person.clone().prop_map(Step::Presence),
        2 => person.clone().prop_map(Step::CallAccept),
        2 => person.prop_map(Step::CallEnd),
        6 => Just(Step::Hear),
        4 => Just(Step::Reply),
        6 => Just(Step::List),
        1 => Just(Step::ListFails),
        1 => Just(Step::Drop),
        2 => Just(Step::Reconnect),
        2 => (1..40_u8).prop_map(Step::Pass),
    ]
}

#[derive(Default)]
struct Listing {
    began: Option<Instant>,
    requests: Option<Vec<Friend>>,
    friends: Option<Vec<Friend>>,
}

struct World {
    now: Instant,
    roster: Roster,
    /// By person. A friendship that begins anew has a new number.
    rows: BTreeMap<i64, Friend>,
    next_id: i64,
    live: bool,
    socket: VecDeque<Input>,
    replies: VecDeque<Input>,
    listing: Option<Listing>,
    /// What was told of each friendship, in order.
    told: BTreeMap<FriendshipId, Vec<&'static str>>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            now: Instant::now(),
            roster: Roster::default(),
            rows: BTreeMap::new(),
            next_id: 1,
            live: false,
            socket: VecDeque::new(),
            replies: VecDeque::new(),
            listing: None,
            told: BTreeMap::new(),
        };
        world.tell(Input::SignedIn);
        world.reconnect();
        world
    }

    fn tell(&mut self, input: Input) {
        self.now += Duration::from_millis(1);
        self.roster.handle_input(self.now, input);
        self.obey();
    }

    fn obey(&mut self) {
        while let Some(output) = self.roster.poll_output() {
            let (what, friend) = match output {
                Output::Ask => {
                    assert!(self.listing.is_none(), "one question at a time");
                    self.listing = Some(Listing { began: Some(self.now), ..Listing::default() });
                    continue;
                }
                Output::Changed | Output::Presence(_) => continue,
                Output::Requested(friend) => ("requested", friend),
                Output::Accepted(friend) => ("accepted", friend),
                Output::Removed(friend) => ("removed", friend),
            };
            let told = self.told.entry(friend.friendship_id).or_default();
            assert!(!told.contains(&what) && !told.contains(&"removed"), "{what} after {told:?}");
            assert!(what != "requested" || told.is_empty(), "{what} after {told:?}");
            told.push(what);
        }
    }

    fn say(&mut self, input: Input) {
        if self.live {
            self.socket.push_back(input);
        }
    }

    fn begin(&mut self, person: i64, incoming: bool) {
        if self.rows.contains_key(&person) {
            return;
        }
        let friendship_id = FriendshipId(self.next_id);
        self.next_id += 1;
        let user = User {
            id: UserId(person),
            username: format!("user{person}"),
            display_name: String::new(),
            tag: String::new(),
            image_url: None,
            created_at: Timestamp(1),
            online: false,
        };
        let row = Friend {
            friendship_id,
            status: FriendshipStatus::Pending,
            incoming,
            since: Timestamp(friendship_id.0),
            user: user.clone(),
            presence: None,
        };
        self.rows.insert(person, row.clone());
        if incoming {
            self.say(Input::Requested(FriendUpdate { friendship_id, user }));
        } else {
            self.replies.push_back(Input::Known { began: self.now, friend: row });
        }
    }

    fn accept(&mut self, person: i64) -> Option<Friend> {
        let row = self.rows.get_mut(&person).filter(|row| row.status == FriendshipStatus::Pending)?;
        row.status = FriendshipStatus::Accepted;
        let presence = Presence {
            user_id: row.user.id,
            username: row.user.username.clone(),
            online: false,
            in_game: false,
            status: None,
        };
        row.presence = Some(presence.clone());
        let row = row.clone();
        self.say(Input::Accepted(FriendUpdate { friendship_id: row.friendship_id, user: row.user.clone() }));
        self.say(Input::Presence(presence));
        Some(row)
    }

    fn end(&mut self, person: i64) -> Option<FriendshipId> {
        let row = self.rows.remove(&person)?;
        self.say(Input::Removed(FriendRemoved { friendship_id: row.friendship_id, user_id: row.user.id }));
        Some(row.friendship_id)
    }

    fn come_or_go(&mut self, person: i64) {
        let row = self.rows.get_mut(&person).filter(|row| row.status == FriendshipStatus::Accepted);
        let Some(Friend { user, presence: Some(presence), .. }) = row else { return };
        presence.online = !presence.online;
        user.online = presence.online;
        let told = presence.clone();
        self.say(Input::Presence(told));
    }

    fn listed(&self, status: FriendshipStatus) -> Vec<Friend> {
        self.rows.values().filter(|row| row.status == status).cloned().collect()
    }

    fn list(&mut self) {
        let (requests, friends) = (self.listed(FriendshipStatus::Pending), self.listed(FriendshipStatus::Accepted));
        let Some(listing) = &mut self.listing else { return };
        if listing.requests.is_none() {
            listing.requests = Some(requests);
        } else if listing.friends.is_none() {
            listing.friends = Some(friends);
        } else if let Some(Listing { began: Some(began), requests: Some(requests), friends: Some(friends) }) =
            self.listing.take()
        {
            self.tell(Input::Listed { began, requests, friends, complete: true });
        }
    }

    fn reconnect(&mut self) {
        if !self.live {
            self.live = true;
            self.tell(Input::Link(LinkState::Live));
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Begin { person, incoming } => self.begin(person, incoming),
            Step::Accept(person) => drop(self.accept(person)),
            Step::End(person) => drop(self.end(person)),
            Step::Presence(person) => self.come_or_go(person),
            Step::CallAccept(person) => {
                let began = self.now;
                let reply = self.accept(person).map(|friend| Input::Known { began, friend });
                self.replies.extend(reply);
            }
            Step::CallEnd(person) => {
                let reply = self.end(person).map(Input::Ended);
                self.replies.extend(reply);
            }
            Step::Hear => {
                if let Some(input) = self.socket.pop_front() {
                    self.tell(input);
                }
            }
            Step::Reply => {
                if let Some(input) = self.replies.pop_front() {
                    self.tell(input);
                }
            }
            Step::List => self.list(),
            Step::ListFails => {
                if self.listing.take().is_some() {
                    self.tell(Input::Failed);
                }
            }
            Step::Drop => {
                self.live = false;
                self.socket.clear();
                self.tell(Input::Link(LinkState::Fallback));
            }
            Step::Reconnect => self.reconnect(),
            Step::Pass(seconds) => {
                self.now += Duration::from_secs(seconds.into());
                self.roster.handle_timeout(self.now);
                self.obey();
            }
        }
    }

    /// Everything that is under way arrives, and nothing is lost any more.
    fn calm_down(&mut self) {
        self.reconnect();
        for _ in 0..100 {
            for step in [Step::Hear, Step::Reply, Step::List, Step::Pass(4)] {
                self.take(step);
            }
        }
        assert!(self.listing.is_none() && self.socket.is_empty() && self.replies.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_told_twice_or_after_its_end_and_a_good_network_makes_the_roster_the_servers(
        steps in prop::collection::vec(steps(), 1..80),
    ) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        world.calm_down();
        let FriendList { mut friends, mut requests, fetched } = world.roster.list();
        friends.sort_by_key(|row| row.user.id);
        requests.sort_by_key(|row| row.user.id);
        prop_assert!(fetched);
        prop_assert_eq!(friends, world.listed(FriendshipStatus::Accepted));
        prop_assert_eq!(requests, world.listed(FriendshipStatus::Pending));
    }
}
