use proptest::prelude::*;
use rallypoint_protocol::session::GameSpeed;

use super::*;

const WINDOW: Window = Window { start: 100, per_second: 20, open_after: 30 };
const NOW: Timestamp = Timestamp(1_000_000);

fn waiting(ticket: i64, waited_seconds: i64, rating: i32) -> Waiting {
    Waiting {
        ticket: TicketId(ticket),
        players: vec![UserId(ticket)],
        joined_at: Timestamp(NOW.0 - waited_seconds * 1000),
        rating,
        options: GameOptions::default(),
    }
}

fn pairs(waiting: &[Waiting]) -> Vec<[usize; 2]> {
    pair(waiting, &Blocks::default(), &WINDOW, NOW).iter().map(|pair| pair.tickets).collect()
}

#[test]
fn the_longest_waiting_choose_first_and_the_nearest_rating() {
    let queue = [waiting(1, 1, 1500), waiting(2, 9, 1550), waiting(3, 2, 1560), waiting(4, 3, 1500)];
    assert_eq!(pairs(&queue), [[1, 2], [3, 0]]);
}

#[test]
fn the_window_widens_until_it_is_open() {
    assert_eq!([0, 1_000, 29_999].map(|ms| WINDOW.after(ms)), [Some(100), Some(120), Some(699)]);
    assert_eq!(WINDOW.after(30_000), None);
    let far = |seconds| pairs(&[waiting(1, seconds, 1000), waiting(2, 0, 1300)]).len();
    assert_eq!([far(9), far(10), far(40)], [0, 1, 1]);
    assert_eq!(pairs(&[waiting(1, 30, 0), waiting(2, 0, 3000)]), [[0, 1]]);
}

#[test]
fn different_options_do_not_match_and_left_out_ones_match_anything() {
    let with = |ticket, options| Waiting { options, ..waiting(ticket, 10 - ticket, 1500) };
    let fast = GameOptions { game_speed: Some(GameSpeed::Fast), ..GameOptions::default() };
    let slow = GameOptions { game_speed: Some(GameSpeed::Slow), ..GameOptions::default() };
    let to_seven = GameOptions { score_to_win: Some(7), ..GameOptions::default() };
    assert_eq!(pairs(&[with(1, fast), with(2, slow)]), [[0; 2]; 0]);
    let found = pair(&[with(1, fast), with(2, slow), with(3, to_seven)], &Blocks::default(), &WINDOW, NOW);
    assert_eq!(found[0].tickets, [0, 2]);
    assert_eq!(found[0].options, GameOptions { game_speed: Some(GameSpeed::Fast), ..to_seven });
}

#[test]
fn unranked_players_meet_whatever_their_rating() {
    let casual = GameOptions { ranked: Some(false), ..GameOptions::default() };
    let with = |ticket, rating| Waiting { options: casual, ..waiting(ticket, 10 - ticket, rating) };
    assert_eq!(pairs(&[with(1, 0), with(2, 3000), with(3, 10)]), [[0, 1]], "the longest waiting first");
}

#[test]
fn who_blocked_each_other_never_meet_and_others_step_in() {
    let queue = [waiting(1, 60, 1500), waiting(2, 50, 1500), waiting(3, 40, 1900)];
    let mut blocks = Blocks::default();
    blocks.add(UserId(2), UserId(1));
    assert_eq!(pair(&queue[..2], &blocks, &WINDOW, NOW), []);
    assert_eq!(pair(&queue, &blocks, &WINDOW, NOW)[0].tickets, [0, 2]);
}

fn any_options() -> impl Strategy<Value = GameOptions> {
    let speed = prop::option::of(prop::sample::select(vec![GameSpeed::Slow, GameSpeed::Fast]));
    (speed, prop::option::of(any::<bool>()), prop::option::of(3..6u8)).prop_map(|(game_speed, ranked, score_to_win)| {
        GameOptions { game_speed, ranked, score_to_win, ..GameOptions::default() }
    })
}

fn any_queue() -> impl Strategy<Value = Vec<Waiting>> {
    prop::collection::vec((0..60_000i64, 0..3000i32, any_options()), 0..60).prop_map(|entries| {
        let ticket = |(number, (waited, rating, options)): (usize, (i64, i32, GameOptions))| Waiting {
            joined_at: Timestamp(NOW.0 - waited),
            options,
            ..waiting(number as i64 + 1, 0, rating)
        };
        entries.into_iter().enumerate().map(ticket).collect()
    })
}

/// What the rules say, the slow way.
fn may_meet(older: &Waiting, newer: &Waiting, blocks: &Blocks) -> bool {
    let Some(options) = merged(&older.options, &newer.options) else { return false };
    let window = WINDOW.after(NOW.0 - older.joined_at.0);
    let near = window.is_none_or(|window| older.rating.abs_diff(newer.rating) <= window);
    !blocks.between(older, newer) && (near || !is_ranked(&options))
}

proptest! {
    #[test]
    fn nobody_is_in_two_matches_everybody_may_meet_and_nobody_is_left_who_could_play(
        queue in any_queue(),
        blocked in prop::collection::vec((1..60i64, 1..60i64), 0..40),
    ) {
        let mut blocks = Blocks::default();
        blocked.iter().for_each(|&(one, other)| blocks.add(UserId(one), UserId(other)));
        let pairs = pair(&queue, &blocks, &WINDOW, NOW);
        let age = |index: usize| (queue[index].joined_at, queue[index].ticket);
        let mut seen = HashSet::new();
        for found in &pairs {
            let [older, newer] = found.tickets;
            prop_assert!(seen.insert(older) && seen.insert(newer));
            prop_assert!(age(older) < age(newer));
            prop_assert!(may_meet(&queue[older], &queue[newer], &blocks));
            prop_assert_eq!(Some(found.options), merged(&queue[older].options, &queue[newer].options));
        }
        let mut left: Vec<usize> = (0..queue.len()).filter(|index| !seen.contains(index)).collect();
        left.sort_unstable_by_key(|&index| age(index));
        for (place, &older) in left.iter().enumerate() {
            for &newer in &left[place + 1..] {
                prop_assert!(!may_meet(&queue[older], &queue[newer], &blocks), "{older} and {newer} could play");
            }
        }
        // Whoever plays got the best there was: nobody who was free then and waited longer had the first choice.
        for found in &pairs {
            let [older, newer] = found.tickets;
            let later: Vec<_> = pairs.iter().filter(|other| age(other.tickets[0]) > age(older)).flat_map(|other| other.tickets).collect();
            let ranked = |other: usize| merged(&queue[older].options, &queue[other].options).is_some_and(|options| is_ranked(&options));
            let distance = |other: usize| if ranked(other) { queue[older].rating.abs_diff(queue[other].rating) } else { 0 };
            for other in later.into_iter().chain(left.iter().copied()) {
                if age(older) < age(other) && may_meet(&queue[older], &queue[other], &blocks) {
                    prop_assert!((distance(newer), age(newer)) <= (distance(other), age(other)));
                }
            }
        }
    }

    #[test]
    fn the_order_in_which_tickets_are_listed_does_not_matter(queue in any_queue(), turn in any::<prop::sample::Index>()) {
        let tickets = |queue: &[Waiting]| -> Vec<_> {
            let pairs = pair(queue, &Blocks::default(), &WINDOW, NOW);
            pairs.iter().map(|pair| pair.tickets.map(|index| queue[index].ticket)).collect()
        };
        let mut turned = queue.clone();
        if !turned.is_empty() {
            turned.rotate_left(turn.index(queue.len()));
        }
        prop_assert_eq!(tickets(&queue), tickets(&turned));
    }

    #[test]
    fn whoever_keeps_waiting_plays_although_others_keep_coming(ratings in prop::collection::vec(0..3000i32, 1..40)) {
        // One ticket far from all others; each second somebody new comes.
        let mut queue = vec![Waiting { joined_at: Timestamp(0), ..waiting(1, 0, 6000) }];
        for second in 0..=WINDOW.open_after as i64 + 1 {
            let now = Timestamp(second * 1000);
            let rating = ratings[second as usize % ratings.len()];
            queue.push(Waiting { joined_at: now, ..waiting(second + 2, 0, rating) });
            let pairs = pair(&queue, &Blocks::default(), &WINDOW, now);
            let gone: HashSet<_> = pairs.iter().flat_map(|pair| pair.tickets).collect();
            let mut index = 0;
            queue.retain(|_| { index += 1; !gone.contains(&(index - 1)) });
            if !queue.iter().any(|waiting| waiting.ticket == TicketId(1)) {
                return Ok(());
            }
        }
        prop_assert!(false, "still waiting after the window is open");
    }
}

#[test]
fn of_equal_ratings_below_one_s_own_the_longest_waiting_plays() {
    let queue = [waiting(1, 9, 1500), waiting(2, 1, 1490), waiting(3, 5, 1490)];
    assert_eq!(pairs(&queue), [[0, 2]]);
}
