use rallypoint_protocol::User;

use super::*;

fn user(id: i64) -> User {
    User {
        id: UserId(id),
        username: format!("user{id}"),
        display_name: format!("User {id}"),
        tag: "0001".into(),
        image_url: None,
        created_at: Timestamp(1),
        online: true,
    }
}

fn presence(id: i64, online: bool) -> Presence {
    Presence { user_id: UserId(id), username: format!("user{id}"), online, in_game: false, status: None }
}

fn row(id: i64, status: FriendshipStatus, incoming: bool) -> Friend {
    let presence = (status == FriendshipStatus::Accepted).then(|| presence(id, true));
    Friend { friendship_id: FriendshipId(id), status, incoming, since: Timestamp(id), user: user(id), presence }
}

fn asks(id: i64) -> Friend {
    row(id, FriendshipStatus::Pending, true)
}

fn asked(id: i64) -> Friend {
    row(id, FriendshipStatus::Pending, false)
}

fn friend(id: i64) -> Friend {
    row(id, FriendshipStatus::Accepted, true)
}

fn update(id: i64) -> FriendUpdate {
    FriendUpdate { friendship_id: FriendshipId(id), user: user(id) }
}

fn removal(id: i64) -> Input {
    Input::Removed(FriendRemoved { friendship_id: FriendshipId(id), user_id: UserId(id) })
}

struct Bench {
    roster: Roster,
    now: Instant,
}

impl Bench {
    /// Signed in over a live socket, with these lists.
    fn new(requests: &[Friend], friends: &[Friend]) -> Self {
        let mut bench = Self { roster: Roster::default(), now: Instant::now() };
        bench.tell(Input::SignedIn);
        bench.tell(Input::Link(LinkState::Live));
        assert_eq!(bench.outputs(), [Output::Ask]);
        bench.answer(requests, friends);
        assert_eq!(bench.outputs(), [Output::Changed], "what was there before is no news");
        bench
    }

    fn tell(&mut self, input: Input) {
        self.now += Duration::from_millis(1);
        self.roster.handle_input(self.now, input);
    }

    /// A call is answered that began just now.
    fn reply(&mut self, friend: Friend) {
        let began = self.now + Duration::from_millis(1);
        self.tell(Input::Known { began, friend });
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.roster.handle_timeout(self.now);
    }

    /// An answer to a request that has begun just now.
    fn answer(&mut self, requests: &[Friend], friends: &[Friend]) {
        let began = self.now;
        self.answer_from(began, requests, friends);
    }

    fn answer_from(&mut self, began: Instant, requests: &[Friend], friends: &[Friend]) {
        let (requests, friends) = (requests.to_vec(), friends.to_vec());
        self.tell(Input::Listed { began, requests, friends, complete: true });
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.roster.poll_output()).collect()
    }

    fn ids(&self) -> (Vec<i64>, Vec<i64>) {
        let ids = |rows: &[Friend]| rows.iter().map(|row| row.friendship_id.0).collect();
        let FriendList { friends, requests, .. } = self.roster.list();
        (ids(&friends), ids(&requests))
    }
}

#[test]
fn both_lists_are_read_after_sign_in_newest_first() {
    let bench = Bench::new(&[asks(3), asked(4)], &[friend(1), friend(2)]);
    assert_eq!(bench.ids(), (vec![2, 1], vec![4, 3]));
    assert!(bench.roster.list().fetched);
    assert_eq!(bench.roster.poll_timeout(), None, "a live socket tells what happens");
}

#[test]
fn a_request_becomes_a_friendship_and_ends_each_told_once() {
    let mut bench = Bench::new(&[], &[]);
    bench.tell(Input::Requested(update(1)));
    bench.tell(Input::Requested(update(1)));
    let outputs = bench.outputs();
    assert!(
        matches!(&outputs[..], [Output::Requested(row), Output::Ask, Output::Changed] if row.incoming),
        "{outputs:?}"
    );
    bench.answer(&[asks(1)], &[]);
    assert_eq!(bench.outputs(), [Output::Changed], "the list adds the time");
    bench.reply(friend(1));
    assert_eq!(bench.outputs(), [Output::Accepted(friend(1)), Output::Changed]);
    bench.tell(Input::Accepted(update(1)));
    assert_eq!(bench.outputs(), []);
    bench.tell(removal(1));
    assert_eq!(bench.outputs(), [Output::Removed(friend(1)), Output::Changed]);
    bench.tell(Input::Ended(FriendshipId(1)));
    assert_eq!((bench.outputs(), bench.ids()), (vec![], (vec![], vec![])));
}

#[test]
fn ones_own_request_is_listed_and_no_news_until_it_is_accepted() {
    let mut bench = Bench::new(&[], &[]);
    bench.reply(asked(1));
    assert_eq!(bench.outputs(), [Output::Changed]);
    bench.tell(Input::Accepted(update(1)));
    let outputs = bench.outputs();
    let [Output::Accepted(row), Output::Ask, Output::Changed] = &outputs[..] else { panic!("{outputs:?}") };
    assert!(!row.incoming && row.presence.as_ref().is_some_and(|presence| presence.online));
}

#[test]
fn what_was_missed_is_told_after_a_reconnect() {
    let mut bench = Bench::new(&[asked(1)], &[friend(2)]);
    bench.tell(Input::Link(LinkState::Connecting));
    bench.tell(Input::Link(LinkState::Live));
    assert_eq!(bench.outputs(), [Output::Ask]);
    bench.answer(&[asks(3)], &[row(1, FriendshipStatus::Accepted, false)]);
    let accepted = row(1, FriendshipStatus::Accepted, false);
    let told = [Output::Requested(asks(3)), Output::Accepted(accepted), Output::Removed(friend(2)), Output::Changed];
    assert_eq!(bench.outputs(), told);
}

#[test]
fn a_list_older_than_the_news_takes_nothing_back() {
    let mut bench = Bench::new(&[asks(1), asks(2)], &[friend(3)]);
    let began = bench.now;
    bench.reply(friend(1));
    bench.tell(removal(2));
    bench.tell(Input::Requested(update(4)));
    bench.tell(Input::Presence(presence(3, false)));
    bench.outputs();
    bench.answer_from(began, &[asks(1), asks(2)], &[friend(3)]);
    assert_eq!(bench.ids(), (vec![3, 1], vec![4]));
    let offline = bench.roster.list().friends[0].presence.clone();
    assert_eq!(offline, Some(presence(3, false)));
    assert_eq!(bench.outputs(), []);
    bench.answer(&[asks(4)], &[friend(1), friend(3)]);
    assert_eq!(bench.roster.list().friends[0].presence, Some(presence(3, true)), "a newer list knows better");
    assert_eq!(bench.outputs(), [Output::Presence(presence(3, true)), Output::Changed]);
}

#[test]
fn who_goes_while_the_first_list_is_under_way_is_no_ghost() {
    let mut bench = Bench { roster: Roster::default(), now: Instant::now() };
    bench.tell(Input::SignedIn);
    bench.tell(Input::Link(LinkState::Live));
    let began = bench.now;
    bench.tell(Input::Presence(presence(1, false)));
    bench.answer_from(began, &[], &[friend(1), friend(2)]);
    let online: Vec<_> = bench.roster.list().friends.iter().map(|friend| friend.user.online).collect();
    assert_eq!(online, [true, false], "the newest first");
    bench.answer(&[], &[friend(1), friend(2)]);
    assert!(bench.roster.list().friends[1].user.online, "a later list is not held back");
}

#[test]
fn a_slow_reply_does_not_take_back_what_the_socket_told_of_a_friend() {
    let mut bench = Bench::new(&[], &[friend(1)]);
    let began = bench.now;
    bench.tell(Input::Presence(presence(1, false)));
    bench.tell(Input::Known { began, friend: friend(1) });
    assert_eq!(bench.roster.list().friends[0].presence, Some(presence(1, false)));
    bench.tell(Input::Known { began: bench.now, friend: friend(1) });
    bench.answer_from(began, &[], &[row(1, FriendshipStatus::Accepted, true)]);
    assert_eq!(bench.roster.list().friends[0].presence, Some(presence(1, true)), "the newest of the three");
}

#[test]
fn a_list_that_was_cut_off_ends_nothing() {
    let mut bench = Bench::new(&[asks(1)], &[friend(2), friend(3)]);
    let began = bench.now;
    bench.tell(Input::Listed { began, requests: vec![], friends: vec![friend(3)], complete: false });
    assert_eq!((bench.outputs(), bench.ids()), (vec![], (vec![3, 2], vec![1])));
}

#[test]
fn what_one_asked_on_another_device_is_listed_and_a_lifted_block_has_the_lists_read() {
    let mut bench = Bench::new(&[], &[]);
    bench.tell(Input::Asked(update(1)));
    assert_eq!(bench.outputs(), [Output::Ask, Output::Changed]);
    assert!(!bench.roster.list().requests[0].incoming);
    bench.answer(&[asked(1)], &[]);
    bench.outputs();
    bench.tell(Input::Unblocked);
    assert_eq!(bench.outputs(), [Output::Ask]);
}

#[test]
fn a_slow_reply_does_not_bring_back_what_has_ended() {
    let mut bench = Bench::new(&[], &[]);
    bench.tell(removal(1));
    bench.reply(asked(1));
    assert_eq!((bench.outputs(), bench.ids()), (vec![], (vec![], vec![])));
}

#[test]
fn presence_is_shown_of_friends_alone_and_a_change_told_once() {
    let mut bench = Bench::new(&[asks(1)], &[friend(2)]);
    bench.tell(Input::Presence(presence(1, false)));
    bench.tell(Input::Presence(presence(9, false)));
    assert_eq!(bench.outputs(), []);
    bench.tell(Input::Presence(presence(2, false)));
    bench.tell(Input::Presence(presence(2, false)));
    assert_eq!(bench.outputs(), [Output::Changed]);
    assert!(!bench.roster.list().friends[0].user.online);
}

#[test]
fn blocking_ends_whatever_there_was() {
    let mut bench = Bench::new(&[asks(1)], &[friend(2)]);
    bench.tell(Input::Blocked(UserId(2)));
    bench.tell(Input::Blocked(UserId(1)));
    bench.tell(Input::Blocked(UserId(7)));
    assert_eq!(bench.outputs(), [Output::Removed(friend(2)), Output::Removed(asks(1)), Output::Changed]);
}

#[test]
fn without_a_socket_it_is_asked_now_and_then_and_again_after_a_failure() {
    let mut bench = Bench { roster: Roster::default(), now: Instant::now() };
    bench.tell(Input::SignedIn);
    assert_eq!(bench.outputs(), []);
    bench.pass(PATIENCE);
    assert_eq!(bench.outputs(), [Output::Ask], "the socket takes too long");
    bench.tell(Input::Link(LinkState::Offline));
    bench.tell(Input::Failed);
    bench.pass(POLL_EVERY);
    assert_eq!(bench.outputs(), [], "the link tries by itself");
    bench.tell(Input::Link(LinkState::Fallback));
    assert_eq!(bench.outputs(), [Output::Ask]);
    bench.tell(Input::Failed);
    bench.pass(RETRY);
    assert_eq!(bench.outputs(), [Output::Ask]);
    bench.answer(&[], &[]);
    bench.outputs();
    bench.pass(POLL_EVERY);
    assert_eq!(bench.outputs(), [Output::Ask]);
    bench.pass(POLL_EVERY);
    assert_eq!(bench.outputs(), [], "one question at a time");
}

#[test]
fn a_socket_that_comes_up_while_a_list_is_under_way_has_it_read_again() {
    let mut bench = Bench { roster: Roster::default(), now: Instant::now() };
    bench.tell(Input::SignedIn);
    bench.pass(PATIENCE);
    bench.tell(Input::Link(LinkState::Live));
    assert_eq!(bench.outputs(), [Output::Ask]);
    bench.answer(&[], &[]);
    assert_eq!(bench.outputs(), [Output::Ask, Output::Changed]);
    bench.answer(&[], &[]);
    assert_eq!((bench.outputs(), bench.roster.poll_timeout()), (vec![], None));
}

#[test]
fn signing_out_forgets_everything() {
    let mut bench = Bench::new(&[asks(1)], &[friend(2)]);
    let began = bench.now;
    bench.tell(Input::SignedOut);
    assert_eq!(bench.outputs(), [Output::Changed]);
    assert_eq!(bench.roster.list(), FriendList::default());
    bench.answer_from(began, &[asks(1)], &[friend(2)]);
    bench.tell(Input::Requested(update(3)));
    assert_eq!((bench.outputs(), bench.roster.list()), (vec![], FriendList::default()));
}
