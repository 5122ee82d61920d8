use std::time::Instant;

use bevy::{input::keyboard::Key, prelude::*};

use super::{
    arrive::NAME,
    challenge::Challenge,
    first_match::FirstMatch,
    people::{SEARCH, STATUS},
    *,
};
use crate::{
    Screen,
    script::walk::{Act, Script, Sight, Target},
};

fn run(journey: &mut Journey, sight: &Sight, now: &mut Instant, frames: u32) -> Vec<Act> {
    let mut acts = Vec::new();
    for _ in 0..frames {
        *now += Duration::from_millis(100);
        acts.extend(journey.step(sight, *now));
    }
    acts
}

fn clicks(acts: &[Act], label: &str, beside: Option<&str>) -> bool {
    let target = Target { label: label.into(), beside: beside.map(str::to_owned) };
    acts.contains(&Act::Click(target))
}

/// The status, the search, a friend less and somebody blocked.
fn meet_people(journey: &mut Journey, sight: &mut Sight, now: &mut Instant) -> Vec<Act> {
    let mut acts = run(journey, sight, now, 40);
    assert!(clicks(&acts, "What are you up to?", None));
    sight.typed = Some(String::new());
    acts.extend(run(journey, sight, now, 40));
    assert!(acts.contains(&Act::Press(KeyCode::KeyQ, Key::Character("Q".into()))), "writes with the keys of letters");
    sight.typed = Some(STATUS.into());
    acts.extend(run(journey, sight, now, 40));
    (sight.typed, sight.said) = (None, Some(STATUS.into()));
    acts.extend(run(journey, sight, now, 40));
    assert!(clicks(&acts, "Search by name", None));
    sight.typed = Some(SEARCH.into());
    sight.written = vec!["Bea#0002".into(), "Add friend".into()];
    acts.extend(run(journey, sight, now, 40));
    assert!(clicks(&acts, "Add friend", Some("Bea")));
    sight.friends_online.push("Bea".into());
    sight.typed = None;
    acts.extend(run(journey, sight, now, 40));
    assert!(clicks(&acts, SEARCH, None), "goes back to the field");
    sight.typed = Some(SEARCH.into());
    acts.extend(run(journey, sight, now, 40));
    assert!(acts.contains(&Act::Press(KeyCode::Backspace, Key::Backspace)));
    sight.typed = Some(String::new());
    acts.extend(run(journey, sight, now, 40));
    assert!(clicks(&acts, "…", Some("Ace")));
    sight.typed = None;
    sight.written = ["Ace#0001", "Bea#0002", "Remove friend", "Block"].map(str::to_owned).into();
    acts.extend(run(journey, sight, now, 40));
    assert!(clicks(&acts, "Remove friend", Some("Ace")));
    sight.friends_online.remove(0);
    sight.written = vec!["Ace#0001".into(), "Bea#0002".into()];
    acts.extend(run(journey, sight, now, 40));
    assert!(clicks(&acts, "…", Some("Bea")));
    sight.written.push("Block".into());
    acts.extend(run(journey, sight, now, 40));
    assert!(clicks(&acts, "Block", Some("Bea")));
    assert!(!acts.contains(&Act::Picture("blocked")), "Bea is still there");
    sight.friends_online.clear();
    sight.written.truncate(1);
    acts.extend(run(journey, sight, now, 40));
    acts
}

#[test]
fn the_whole_way_takes_every_picture_and_ends() {
    let (mut journey, mut now) = (Journey::default(), Instant::now());
    let mut sight = Sight::default();
    run(&mut journey, &sight, &mut now, 20);
    sight.typed = Some(NAME.into());
    let mut acts = run(&mut journey, &sight, &mut now, 20);
    (sight.screen, sight.typed) = (Screen::Lobby, None);
    sight.people_seen = 3;
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    sight.requests = 1;
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    assert!(acts.contains(&Act::Press(KeyCode::KeyF, Key::Character("f".into()))), "accepts the friend request");
    (sight.requests, sight.friends_online) = (0, vec!["Ace".into()]);
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    (sight.invites, sight.front_sender) = (3, Some("Cid".into()));
    acts.extend(run(&mut journey, &sight, &mut now, 30));
    assert!(acts.contains(&Act::Press(KeyCode::Tab, Key::Tab)), "looks for Ace");
    sight.front_sender = Some("Ace".into());
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    (sight.screen, sight.must_get_ready, sight.online) = (Screen::Match, true, true);
    acts.extend(run(&mut journey, &sight, &mut now, 30));
    (sight.must_get_ready, sight.playing, sight.points, sight.ball) = (false, true, 2, Vec2::new(0.35, 0.3));
    acts.extend(run(&mut journey, &sight, &mut now, 40));
    assert!(acts.contains(&Act::Press(KeyCode::F4, Key::F4)), "cuts the network");
    (sight.playing, sight.reconnecting) = (false, true);
    acts.extend(run(&mut journey, &sight, &mut now, 40));
    (sight.playing, sight.reconnecting) = (true, false);
    acts.extend(run(&mut journey, &sight, &mut now, 30));
    (sight.screen, sight.result) = (Screen::Result, Some((Some(true), [3, 1])));
    acts.extend(run(&mut journey, &sight, &mut now, 30));
    sight.screen = Screen::Lobby;
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    sight.challenge = Some("arena".into());
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    (sight.screen, sight.challenge, sight.must_get_ready) = (Screen::Match, None, true);
    sight.court = "classic";
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    assert!(!acts.contains(&Act::Press(KeyCode::Escape, Key::Escape)), "this is another court");
    sight.court = "arena";
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    assert!(acts.contains(&Act::Press(KeyCode::Escape, Key::Escape)), "leaves the arena");
    (sight.screen, sight.must_get_ready) = (Screen::Lobby, false);
    acts.extend(meet_people(&mut journey, &mut sight, &mut now));
    assert!(acts.contains(&Act::Press(KeyCode::KeyQ, Key::Character("q".into()))), "looks for a quick match");
    sight.queued = true;
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    (sight.screen, sight.queued, sight.must_get_ready) = (Screen::Match, false, true);
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    (sight.must_get_ready, sight.playing) = (false, true);
    acts.extend(run(&mut journey, &sight, &mut now, 60));
    (sight.screen, sight.playing, sight.rating) = (Screen::Result, false, Some((1500, 1516)));
    acts.extend(run(&mut journey, &sight, &mut now, 60));
    assert!(acts.contains(&Act::Press(KeyCode::KeyR, Key::Character("r".into()))), "asks for a rematch");
    assert!(!acts.contains(&Act::Done));
    (sight.screen, sight.must_get_ready) = (Screen::Match, true);
    acts.extend(run(&mut journey, &sight, &mut now, 20));

    let pictures: Vec<_> = acts
        .iter()
        .filter_map(|act| if let Act::Picture(name) | Act::Strip(name) = act { Some(*name) } else { None })
        .collect();
    let wanted = [
        "sign-in",
        "lobby",
        "friends",
        "queue",
        "ready",
        "reconnecting",
        "match",
        "result",
        "challenge",
        "status",
        "search",
        "more",
        "blocked",
        "quick-match",
        "rally",
        "rating",
    ];
    assert_eq!(pictures, wanted);
    assert_eq!(acts.iter().filter(|act| **act == Act::Done).count(), 1);
}

#[test]
fn a_lost_connection_is_no_end() {
    let mut journey = Journey::at(Chapter::FirstMatch(FirstMatch::PlayOn));
    let mut now = Instant::now();
    let sight = Sight { screen: Screen::Result, ..default() };
    run(&mut journey, &sight, &mut now, 5);
    let lobby = Sight { screen: Screen::Lobby, ..default() };
    assert!(!run(&mut journey, &lobby, &mut now, 100).contains(&Act::Done));
}

#[test]
fn nothing_is_done_while_a_picture_is_being_taken() {
    let mut journey = Journey::at(Chapter::FirstMatch(FirstMatch::SeeResult));
    let mut now = Instant::now();
    let sight = Sight { pictures_pending: 1, screen: Screen::Result, ..default() };
    assert_eq!(run(&mut journey, &sight, &mut now, 50), []);
}

#[test]
fn what_stands_in_the_challenges_place_is_not_accepted() {
    let mut journey = Journey::at(Chapter::Challenge(Challenge::Await));
    let mut now = Instant::now();
    let mut sight = Sight { screen: Screen::Lobby, challenge: Some("arena".into()), ..default() };
    let mut acts = run(&mut journey, &sight, &mut now, 1);
    sight.challenge = None;
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    assert!(!acts.contains(&Act::Press(KeyCode::KeyA, Key::Character("a".into()))));
    sight.challenge = Some("arena".into());
    acts.extend(run(&mut journey, &sight, &mut now, 20));
    assert!(acts.contains(&Act::Press(KeyCode::KeyA, Key::Character("a".into()))));
}
