use std::time::Instant;

use super::*;
use crate::script::walk::{Act, Script, Sight, Target};

struct Stage {
    visit: Visit,
    sight: Sight,
    now: Instant,
    acts: Vec<Act>,
}

impl Stage {
    fn run(&mut self, frames: u32) {
        for _ in 0..frames {
            self.now += Duration::from_millis(100);
            self.acts.extend(self.visit.step(&self.sight, self.now));
        }
    }

    fn presses(&self, code: KeyCode) -> usize {
        self.acts.iter().filter(|act| matches!(act, Act::Press(pressed, _) if *pressed == code)).count()
    }

    fn clicks(&self, label: &str, beside: Option<&str>) -> bool {
        self.acts.contains(&Act::Click(Target { label: label.into(), beside: beside.map(str::to_owned) }))
    }

    fn play(&mut self) {
        (self.sight.screen, self.sight.must_get_ready, self.sight.online) = (Screen::Match, true, true);
        self.run(20);
        (self.sight.must_get_ready, self.sight.playing, self.sight.ball) = (false, true, Vec2::new(0.3, 0.5));
        self.run(40);
        (self.sight.playing, self.sight.screen) = (false, Screen::Result);
        self.sight.result = Some((Some(false), [2, 5]));
        self.run(20);
        self.sight.result = None;
    }
}

fn stage(visit: Visit) -> Stage {
    Stage { visit, sight: Sight::default(), now: Instant::now(), acts: Vec::new() }
}

#[test]
fn a_friend_is_played_on_its_map_and_on_another() {
    let mut stage = stage(Visit::default());
    stage.sight.screen = Screen::Lobby;
    stage.run(20);
    stage.sight.requests = 1;
    stage.run(10);
    assert_eq!(stage.presses(KeyCode::KeyF), 1);
    (stage.sight.requests, stage.sight.friends_online) = (0, vec!["Web".into()]);
    stage.run(20);
    assert!(!stage.acts.contains(&Act::Picture("friend")), "the friend is not shown as away");
    stage.sight.written = vec![AWAY.into()];
    stage.run(20);
    assert_eq!(stage.presses(KeyCode::KeyA), 0, "nothing rings yet");
    stage.sight.challenge = Some("arena".into());
    stage.run(20);
    assert_eq!(stage.presses(KeyCode::KeyA), 1);
    stage.sight.challenge = None;
    stage.play();
    stage.run(10);
    assert!(stage.presses(KeyCode::Enter) > 0, "back to the lobby");
    stage.sight.screen = Screen::Lobby;
    stage.run(20);
    assert!(stage.clicks("Challenge", Some("Web")));
    stage.sight.written = vec!["Classic".into(), "Arena".into(), "Retro".into()];
    stage.run(40);
    assert!(stage.clicks("Retro", None), "on another map");
    assert!(!stage.acts.contains(&Act::Done));
    stage.play();
    stage.run(40);

    let pictures: Vec<_> =
        stage.acts.iter().filter_map(|act| if let Act::Picture(name) = act { Some(*name) } else { None }).collect();
    let wanted = ["friend", "ringing", "friend-match", "friend-result", "maps", "own-match", "own-result"];
    assert_eq!(pictures, wanted);
    assert_eq!(stage.acts.iter().filter(|act| **act == Act::Done).count(), 1);
}

#[test]
fn the_map_of_the_friend_is_not_chosen_again() {
    for (theirs, ours) in [("retro", "arena"), ("classic", "retro")] {
        let mut stage = stage(Visit::at(Call::AwaitChallenge));
        stage.sight.challenge = Some(theirs.into());
        stage.run(20);
        stage.play();
        stage.sight.screen = Screen::Lobby;
        stage.sight.written = vec![capitalised(theirs), capitalised(ours)];
        stage.run(60);
        assert!(stage.clicks(&capitalised(ours), None) && !stage.clicks(&capitalised(theirs), None), "after {theirs}");
    }
}

#[test]
fn a_match_that_is_lost_to_the_network_is_no_end() {
    let mut stage = stage(Visit::at(Call::PlayOn(Round::Mine)));
    stage.sight.screen = Screen::Result;
    stage.run(100);
    assert!(stage.acts.is_empty());
    assert_eq!(stage.visit.aim(), "play the match to its end");
}
