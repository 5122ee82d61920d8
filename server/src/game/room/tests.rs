//! Rooms without sockets, in time that is only a number.

use std::time::Duration;

use proptest::prelude::*;
use rallypoint_pong::{
    TICK,
    replay::Replay,
    rules::{Input, Outcome, Reason, Rules, Side},
    wire::{ClientMessage, ServerMessage},
};
use rallypoint_protocol::{GameId, UserId};
use uuid::Uuid;

use super::{LinkId, Output, Room, Timing};
use crate::game::{
    Ending, GameConfig, GameEvent, Player,
    local::{Parting, STOPPED},
};

const USERS: [UserId; 2] = [UserId(1), UserId(2)];

struct Table {
    room: Room,
    now: Duration,
    outputs: Vec<Output>,
}

impl Table {
    fn new() -> Self {
        let timing = Timing::from(&GameConfig::default());
        let mut room = Room::new(GameId(Uuid::nil()), Rules::default(), 1, timing, Duration::ZERO);
        for side in Side::BOTH {
            let user_id = USERS[side.index()];
            room.admit(side, Player { user_id, name: user_id.to_string() }, Duration::ZERO);
        }
        Self { room, now: Duration::ZERO, outputs: Vec::new() }
    }

    fn started() -> Self {
        let mut table = Self::new();
        for side in Side::BOTH {
            table.attach(side, side.index() as u64);
            table.room.receive(side, ClientMessage::Ready, table.now);
        }
        table.collect();
        assert!(table.room.is_active());
        table
    }

    fn attach(&mut self, side: Side, link: u64) -> bool {
        self.room.attach(side, USERS[side.index()], LinkId(link), self.now)
    }

    /// Somebody else for each connection.
    fn watch(&mut self, link: u64) -> bool {
        self.room.watch(UserId(link.cast_signed()), LinkId(link))
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.now += TICK;
            self.room.step(self.now);
        }
        self.collect();
    }

    fn collect(&mut self) {
        while let Some(output) = self.room.poll() {
            self.outputs.push(output);
        }
    }

    /// The one result, and that the match played again comes to the same.
    fn result(&mut self) -> Option<(Option<UserId>, Reason)> {
        self.collect();
        let mut results = self.outputs.iter().filter_map(|output| match output {
            Output::Event(GameEvent::Finished { winner, reason, replay, .. }) => Some((*winner, *reason, replay)),
            _ => None,
        });
        let first = results.next();
        assert_eq!(results.next(), None, "one result at most");
        first.map(|(winner, reason, replay)| {
            assert_eq!(Replay::decode(&replay.0).unwrap().play(), *self.room.state());
            (winner, reason)
        })
    }

    fn told(&self, link: u64) -> Vec<&ServerMessage> {
        let told = self.outputs.iter().filter_map(|output| match output {
            Output::Send(to, message) if *to == LinkId(link) => Some(message),
            _ => None,
        });
        told.collect()
    }
}

#[test]
fn a_paddle_never_moves_faster_than_it_may() {
    let mut table = Table::started();
    let speed = Rules::default().paddle_speed();
    for (tick, input) in
        [Input::to(1.0), Input::to(f32::INFINITY), Input::to(-7.0), Input::Up].into_iter().cycle().take(400).enumerate()
    {
        if tick % 20 == 0 {
            table.room.hold(Side::Left, input);
        }
        let before = table.room.state().paddles[0].y;
        table.pass(TICK);
        assert!((table.room.state().paddles[0].y - before).abs() <= speed);
    }
}

#[test]
fn what_is_held_is_told_once_and_outlasts_a_pause() {
    let mut table = Table::started();
    table.room.hold(Side::Right, Input::Up);
    table.room.hold(Side::Right, Input::Down);
    table.pass(TICK * 10);
    let moves = |table: &Table| table.outputs.iter().filter(|output| matches!(output, Output::Moved(..))).count();
    assert!(table.outputs.contains(&Output::Moved(Side::Right, Input::Down)));
    assert_eq!(moves(&table), 1);
    let before = table.room.state().paddles[1].y;
    table.room.detach(Side::Left, LinkId(0), table.now);
    table.pass(TICK * 10);
    table.attach(Side::Left, 20);
    table.pass(TICK);
    assert!(table.room.state().paddles[1].y > before, "it goes on");
}

#[test]
fn spectators_are_told_as_players_are_and_only_so_many_may_watch() {
    let mut table = Table::started();
    assert!((100..132).all(|link| table.watch(link)));
    assert!(!table.watch(132));
    table.room.unwatch(LinkId(131));
    assert!(table.watch(132));
    table.pass(Duration::from_secs(600));
    assert!(table.room.is_closed());
    let from_the_start =
        table.told(1).iter().position(|message| matches!(message, ServerMessage::Start { .. })).unwrap();
    assert_eq!(table.told(100)[2..], table.told(1)[from_the_start + 1..]);
    assert!(table.outputs.contains(&Output::Detach(LinkId(132), Parting::Over)));
    assert!(table.told(131).len() < 3, "it left");
}

#[test]
fn who_watches_again_does_so_instead() {
    let mut table = Table::started();
    for link in 100..200 {
        assert!(table.room.watch(UserId(7), LinkId(link)), "one place is enough");
    }
    table.collect();
    assert!(table.outputs.contains(&Output::Detach(LinkId(100), Parting::Replaced)));
    assert!(!table.outputs.contains(&Output::Detach(LinkId(199), Parting::Replaced)));
}

#[test]
fn a_stop_says_whether_the_match_had_begun() {
    let ending = |mut table: Table| {
        table.attach(Side::Left, 0);
        table.room.stop();
        table.collect();
        assert!(table.outputs.contains(&Output::Detach(LinkId(0), STOPPED)));
        table.outputs.iter().find_map(|output| match output {
            Output::Event(GameEvent::Closed { ending, .. }) => Some(*ending),
            _ => None,
        })
    };
    assert_eq!(ending(Table::new()), Some(Ending::StoppedBefore));
    assert_eq!(ending(Table::started()), Some(Ending::StoppedWithin));
}

#[test]
fn a_view_says_for_whom_the_others_wait() {
    let mut table = Table::started();
    assert_eq!(table.room.view(table.now).awaited, None);
    table.room.detach(Side::Right, LinkId(1), table.now);
    table.pass(Duration::from_secs(5));
    let view = table.room.view(table.now);
    let (side, left) = view.awaited.unwrap();
    assert_eq!(side, Side::Right);
    assert!(left <= Duration::from_secs(10) && left > Duration::from_secs(9), "{left:?}");
    assert_eq!(view.user_on(Side::Left), Some(USERS[0]));
    assert!(!view.seats[1].as_ref().unwrap().connected);
}

#[test]
fn it_begins_when_both_are_ready() {
    let mut table = Table::new();
    table.attach(Side::Left, 10);
    table.room.receive(Side::Left, ClientMessage::Ready, table.now);
    table.pass(Duration::from_secs(50));
    assert!(!table.room.is_active());
    table.attach(Side::Right, 11);
    table.room.receive(Side::Right, ClientMessage::Ready, table.now);
    assert!(table.room.is_active());
}

#[test]
fn who_is_not_ready_in_time_forfeits_to_who_is() {
    let mut table = Table::new();
    table.attach(Side::Left, 10);
    table.attach(Side::Right, 11);
    table.room.receive(Side::Right, ClientMessage::Ready, table.now);
    table.pass(Duration::from_secs(59));
    assert_eq!(table.result(), None);
    table.pass(Duration::from_secs(2));
    assert_eq!(table.result(), Some((Some(USERS[1]), Reason::Forfeit)));
}

#[test]
fn nobody_ready_closes_without_a_result() {
    let mut table = Table::new();
    table.attach(Side::Left, 10);
    table.attach(Side::Right, 11);
    table.pass(Duration::from_secs(61));
    assert_eq!(table.result(), None);
    assert!(table.room.is_closed());
}

#[test]
fn an_empty_room_closes() {
    let mut table = Table::new();
    table.pass(Duration::from_secs(100));
    table.attach(Side::Left, 10);
    table.pass(Duration::from_secs(300));
    assert!(!table.room.is_closed());
    table.room.detach(Side::Left, LinkId(10), table.now);
    table.pass(Duration::from_secs(119));
    assert!(!table.room.is_closed());
    table.pass(Duration::from_secs(2));
    assert!(table.room.is_closed());
}

#[test]
fn a_pause_keeps_the_score_and_lasts_fifteen_seconds() {
    let mut table = Table::started();
    table.pass(Duration::from_secs(4));
    let before = *table.room.state();
    table.room.detach(Side::Left, LinkId(0), table.now);
    table.pass(Duration::from_millis(14_900));
    assert!(table.room.is_running() && !table.room.is_active());
    assert_eq!((table.room.state().ball, table.room.state().tick), (before.ball, before.tick));
    assert!(table.attach(Side::Left, 20));
    assert!(table.room.is_active());
    assert_eq!(table.room.state().scores, before.scores);

    table.room.detach(Side::Left, LinkId(20), table.now);
    table.pass(Duration::from_millis(15_100));
    assert_eq!(table.result(), Some((Some(USERS[1]), Reason::Forfeit)));
    assert!(!table.attach(Side::Left, 21), "too late");
}

#[test]
fn when_both_are_away_the_first_to_go_loses() {
    let mut table = Table::started();
    table.room.detach(Side::Right, LinkId(1), table.now);
    table.pass(Duration::from_secs(1));
    table.room.detach(Side::Left, LinkId(0), table.now);
    table.pass(Duration::from_secs(20));
    assert_eq!(table.result(), Some((Some(USERS[0]), Reason::Forfeit)));
}

#[test]
fn coming_and_going_for_ever_is_no_way_out() {
    let mut table = Table::started();
    for turn in 0..20 {
        if table.room.is_running() {
            let old = if turn == 0 { 0 } else { 99 + turn };
            table.room.detach(Side::Left, LinkId(old), table.now);
            table.attach(Side::Left, 100 + turn);
            table.pass(Duration::from_secs(1));
        }
    }
    assert_eq!(table.result(), Some((Some(USERS[1]), Reason::Forfeit)));
}

#[test]
fn an_old_connection_that_ends_late_changes_nothing() {
    let mut table = Table::started();
    table.attach(Side::Left, 50);
    table.collect();
    assert!(table.outputs.contains(&Output::Detach(LinkId(0), Parting::Replaced)));
    table.room.detach(Side::Left, LinkId(0), table.now);
    assert!(table.room.is_active());
}

#[test]
fn only_the_seats_player_is_attached() {
    let mut table = Table::new();
    assert!(!table.room.attach(Side::Left, USERS[1], LinkId(1), table.now));
    assert!(!table.room.attach(Side::Right, UserId(9), LinkId(1), table.now));
}

#[test]
fn leaving_while_waiting_frees_the_seat_for_another() {
    let mut table = Table::new();
    table.attach(Side::Left, 10);
    table.attach(Side::Right, 11);
    table.room.receive(Side::Left, ClientMessage::Leave, table.now);
    let third = Player { user_id: UserId(3), name: "third".into() };
    table.room.admit(Side::Left, third, table.now);
    assert!(table.room.attach(Side::Left, UserId(3), LinkId(12), table.now));
    for side in Side::BOTH {
        table.room.receive(side, ClientMessage::Ready, table.now);
    }
    assert!(table.room.is_active());
    assert_eq!(table.result(), None);
}

#[test]
fn a_match_ends_and_then_the_room() {
    let mut table = Table::started();
    // Nobody moves: the serves decide.
    table.pass(Duration::from_secs(600));
    let told: Vec<_> = table
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::Send(link, ServerMessage::Finished { outcome, .. }) => Some((*link, *outcome)),
            _ => None,
        })
        .collect();
    assert_eq!(told.len(), 2);
    let Outcome { reason, winner } = told[0].1;
    assert_eq!(reason, Reason::Score);
    assert_eq!(table.result(), Some((winner.map(|side| USERS[side.index()]), Reason::Score)));
    assert!(table.room.is_closed());
}

#[derive(Clone, Debug)]
enum Act {
    Attach(Side, u64),
    Detach(Side, u64),
    Ready(Side),
    Leave(Side),
    Admit(Side, i64),
    Hold(Side, Input),
    Watch(u64),
    Unwatch(u64),
    Wait(u16),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let side = prop_oneof![Just(Side::Left), Just(Side::Right)];
    let input = prop_oneof![Just(Input::Stop), Just(Input::Up), Just(Input::Down), any::<u16>().prop_map(Input::To)];
    let act = prop_oneof![
        4 => (side.clone(), 0..4u64).prop_map(|(side, link)| Act::Attach(side, link)),
        2 => (side.clone(), 0..4u64).prop_map(|(side, link)| Act::Detach(side, link)),
        4 => side.clone().prop_map(Act::Ready),
        1 => side.clone().prop_map(Act::Leave),
        4 => (side.clone(), input).prop_map(|(side, input)| Act::Hold(side, input)),
        1 => (90..99u64).prop_map(Act::Watch),
        1 => (90..99u64).prop_map(Act::Unwatch),
        1 => (side, 1..4i64).prop_map(|(side, user)| Act::Admit(side, user)),
        4 => (0..2_000u16).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..60)
}

proptest! {
    /// Whatever comes in whatever order: one result at most, connections counted in pairs, and an end in time.
    #[test]
    fn any_story_ends_well(acts in acts()) {
        let mut table = Table::new();
        for act in acts {
            let now = table.now;
            match act {
                Act::Attach(side, link) => _ = table.attach(side, link + 10 * side.index() as u64),
                Act::Detach(side, link) => table.room.detach(side, LinkId(link + 10 * side.index() as u64), now),
                Act::Ready(side) => table.room.receive(side, ClientMessage::Ready, now),
                Act::Leave(side) => table.room.receive(side, ClientMessage::Leave, now),
                Act::Admit(side, user) => {
                    table.room.admit(side, Player { user_id: UserId(user), name: String::new() }, now);
                }
                Act::Hold(side, input) => table.room.hold(side, input),
                Act::Watch(link) => _ = table.watch(link),
                Act::Unwatch(link) => table.room.unwatch(LinkId(link)),
                Act::Wait(ticks) => table.pass(TICK * u32::from(ticks)),
            }
        }
        for side in Side::BOTH {
            for link in 0..4 {
                table.room.detach(side, LinkId(link + 10 * side.index() as u64), table.now);
            }
        }
        table.pass(Duration::from_secs(200));
        prop_assert!(table.room.is_closed());
        table.result();
        let mut connected = std::collections::HashMap::new();
        for output in &table.outputs {
            match output {
                Output::Event(GameEvent::PlayerConnected { user_id, .. }) => *connected.entry(*user_id).or_insert(0) += 1,
                Output::Event(GameEvent::PlayerDropped { user_id, .. }) => *connected.entry(*user_id).or_insert(0) -= 1,
                _ => {}
            }
            prop_assert!(connected.values().all(|count| (0..=2).contains(count)));
        }
        prop_assert!(connected.values().all(|count| *count == 0), "{connected:?}");
        let closed = table.outputs.iter().filter(|output| matches!(output, Output::Event(GameEvent::Closed { .. })));
        prop_assert_eq!(closed.count(), 1);
    }
}
