//! The journey as a state machine: what is seen in, what to do out.

use std::time::{Duration, Instant};

use bevy::{input::keyboard::Key, prelude::*};

use crate::Screen;

const NAME: &str = "Zoe";
/// Long enough for every slide to have come to rest.
const SETTLE: Duration = Duration::from_millis(700);
/// How long the network is cut in the middle of the match.
const OUTAGE: Duration = Duration::from_secs(2);
/// Between two keys, as if by a hand.
const KEY: Duration = Duration::from_millis(120);

/// What the scripted player sees in one frame.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    pub screen: Screen,
    pub name_typed: String,
    /// The command line gave a name: nothing is to be typed.
    pub signing_in: bool,
    pub people_seen: usize,
    pub invites: usize,
    pub front_sender: Option<String>,
    pub must_get_ready: bool,
    pub playing: bool,
    pub reconnecting: bool,
    pub ball: Vec2,
    pub points: u32,
    pub online: bool,
    /// Won, and the scores.
    pub result: Option<(Option<bool>, [u8; 2])>,
    pub pictures_pending: usize,
    pub server: String,
    pub me: String,
}

/// What it does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Say(String),
    Press(KeyCode, Key),
    Picture(&'static str),
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Arrive,
    TypeName,
    EnterLobby,
    SeeLobby,
    AwaitInvites,
    SeeQueue,
    FindAce,
    Accept,
    GetReady,
    AwaitStart,
    SeeServe,
    SeeRally,
    OpenPanel,
    CutTheCable,
    SeeTheVeil,
    Restore,
    Reconnect,
    PlayOn,
    SeeResult,
    Return,
    Finish,
}

/// Where the scripted player is on its way.
#[derive(Debug, Default)]
pub struct Journey {
    step: Step,
    /// Not before this moment.
    wait: Option<Instant>,
    points: u32,
    frames: u32,
}

impl Journey {
    /// What it is trying to do, for when it fails.
    pub fn aim(&self) -> &'static str {
        match self.step {
            Step::Arrive | Step::TypeName => "sign in",
            Step::EnterLobby | Step::SeeLobby => "reach the lobby",
            Step::AwaitInvites | Step::SeeQueue => "see three invites",
            Step::FindAce | Step::Accept => "accept Ace's invite",
            Step::GetReady | Step::AwaitStart => "get into the game",
            Step::SeeTheVeil | Step::Restore | Step::Reconnect => "come back after a lost connection",
            Step::SeeServe | Step::SeeRally | Step::OpenPanel | Step::CutTheCable | Step::PlayOn => {
                "play the match to its end"
            }
            Step::SeeResult => "see the result",
            Step::Return | Step::Finish => "return to the lobby",
        }
    }

    fn go(&mut self, step: Step, now: Instant, pause: Duration) {
        self.step = step;
        self.wait = Some(now + pause);
    }

    /// One frame.
    pub fn step(&mut self, sight: &Sight, now: Instant) -> Vec<Act> {
        let mut acts = Vec::new();
        self.frames += 1;
        if self.points != sight.points && sight.online && sight.points > 0 {
            acts.push(Act::Say(format!("Point {} of the match", sight.points)));
        }
        self.points = sight.points;
        if self.wait.is_some_and(|wait| now < wait) || sight.pictures_pending > 0 {
            return acts;
        }
        match self.step {
            // The first frames still compile shaders.
            Step::Arrive if sight.screen == Screen::SignIn && !sight.signing_in && self.frames > 5 => {
                acts.push(Act::Say(format!("Sign-in screen; server {}", sight.server)));
                self.go(Step::TypeName, now, SETTLE);
            }
            // Signed in by the name on the command line.
            Step::Arrive if sight.screen == Screen::Lobby => self.go(Step::EnterLobby, now, Duration::ZERO),
            Step::TypeName => {
                let typed = sight.name_typed.chars().count();
                match NAME.chars().nth(typed) {
                    Some(letter) => {
                        acts.push(Act::Press(KeyCode::KeyZ, Key::Character(letter.to_string().into())));
                        self.go(Step::TypeName, now, KEY);
                    }
                    None => {
                        acts.push(Act::Picture("sign-in"));
                        acts.push(Act::Press(KeyCode::Enter, Key::Enter));
                        self.go(Step::EnterLobby, now, KEY);
                    }
                }
            }
            Step::EnterLobby if sight.screen == Screen::Lobby => {
                acts.push(Act::Say(format!("In the lobby as {}: first frame of the lobby", sight.me)));
                self.go(Step::SeeLobby, now, KEY);
            }
            Step::SeeLobby if sight.people_seen >= 3 => {
                acts.push(Act::Say(format!("{} people are online", sight.people_seen)));
                self.go(Step::AwaitInvites, now, SETTLE);
                acts.push(Act::Picture("lobby"));
            }
            Step::AwaitInvites if sight.invites >= 3 => {
                acts.push(Act::Say(format!("{} invites in the queue", sight.invites)));
                self.go(Step::SeeQueue, now, SETTLE);
            }
            Step::SeeQueue => {
                acts.push(Act::Picture("queue"));
                self.go(Step::FindAce, now, KEY);
            }
            Step::FindAce => match sight.front_sender.as_deref() {
                Some("Ace") => {
                    acts.push(Act::Say("Ace's invite is in front: accept".into()));
                    acts.push(Act::Press(KeyCode::KeyA, Key::Character("a".into())));
                    self.go(Step::Accept, now, KEY);
                }
                _ => {
                    acts.push(Act::Press(KeyCode::Tab, Key::Tab));
                    self.go(Step::FindAce, now, SETTLE);
                }
            },
            Step::Accept if sight.screen == Screen::Match => {
                acts.push(Act::Say("Connected to the game over renet".into()));
                self.go(Step::GetReady, now, SETTLE);
            }
            Step::GetReady | Step::AwaitStart if sight.playing => {
                acts.push(Act::Say("The match begins".into()));
                self.go(Step::SeeServe, now, SETTLE);
            }
            Step::GetReady if sight.must_get_ready => {
                acts.push(Act::Say("Ready".into()));
                acts.push(Act::Picture("ready"));
                acts.push(Act::Press(KeyCode::Space, Key::Space));
                self.go(Step::AwaitStart, now, KEY);
            }
            Step::SeeServe if sight.points >= 1 || sight.result.is_some() => {
                self.go(Step::SeeRally, now, Duration::ZERO)
            }
            // With the ball on its way over the middle, away from the edges.
            Step::SeeRally
                if sight.playing && (0.2..0.8).contains(&sight.ball.x) && (sight.ball.x - 0.5).abs() > 0.1 =>
            {
                acts.push(Act::Picture("match"));
                self.go(Step::OpenPanel, now, KEY);
            }
            Step::OpenPanel if sight.playing => {
                acts.push(Act::Press(KeyCode::F3, Key::F3));
                self.go(Step::CutTheCable, now, SETTLE);
            }
            Step::CutTheCable if sight.playing => {
                acts.push(Act::Say("Cut the network".into()));
                acts.push(Act::Press(KeyCode::F4, Key::F4));
                self.go(Step::SeeTheVeil, now, OUTAGE);
            }
            Step::SeeTheVeil if sight.reconnecting => {
                acts.push(Act::Picture("reconnecting"));
                self.go(Step::Restore, now, KEY);
            }
            Step::Restore => {
                acts.push(Act::Say("Restore the network".into()));
                acts.push(Act::Press(KeyCode::F4, Key::F4));
                self.go(Step::Reconnect, now, KEY);
            }
            Step::Reconnect if sight.playing => {
                acts.push(Act::Say("Back in the match, with a fresh token".into()));
                acts.push(Act::Press(KeyCode::F3, Key::F3));
                self.go(Step::PlayOn, now, KEY);
            }
            Step::SeeRally | Step::OpenPanel | Step::CutTheCable | Step::PlayOn if sight.screen == Screen::Result => {
                match sight.result {
                    Some((won, [mine, theirs])) => {
                        let word = match won {
                            Some(true) => "won",
                            Some(false) => "lost",
                            None => "drawn",
                        };
                        acts.push(Act::Say(format!(
                            "The match was played to its end over renet: {word} {mine}:{theirs}"
                        )));
                        self.go(Step::SeeResult, now, SETTLE);
                    }
                    None => self.go(Step::Finish, now + Duration::from_secs(3600), SETTLE),
                }
            }
            Step::SeeResult => {
                acts.push(Act::Picture("result"));
                self.go(Step::Return, now, SETTLE);
            }
            Step::Return => {
                acts.push(Act::Press(KeyCode::Enter, Key::Enter));
                self.go(Step::Finish, now, KEY);
            }
            Step::Finish if sight.screen == Screen::Lobby => {
                acts.push(Act::Say("Back in the lobby".into()));
                acts.push(Act::Done);
                self.go(Step::Finish, now, Duration::from_secs(3600));
            }
            _ => {}
        }
        acts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(journey: &mut Journey, sight: &Sight, now: &mut Instant, frames: u32) -> Vec<Act> {
        let mut acts = Vec::new();
        for _ in 0..frames {
            *now += Duration::from_millis(100);
            acts.extend(journey.step(sight, *now));
        }
        acts
    }

    #[test]
    fn the_whole_way_takes_every_picture_and_ends() {
        let (mut journey, mut now) = (Journey::default(), Instant::now());
        let mut sight = Sight::default();
        run(&mut journey, &sight, &mut now, 20);
        sight.name_typed = NAME.into();
        let mut acts = run(&mut journey, &sight, &mut now, 20);
        sight.screen = Screen::Lobby;
        sight.people_seen = 3;
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
        acts.extend(run(&mut journey, &sight, &mut now, 30));

        let pictures: Vec<_> =
            acts.iter().filter_map(|act| if let Act::Picture(name) = act { Some(*name) } else { None }).collect();
        assert_eq!(pictures, ["sign-in", "lobby", "queue", "ready", "match", "reconnecting", "result"]);
        assert_eq!(acts.iter().filter(|act| **act == Act::Done).count(), 1);
    }

    #[test]
    fn a_lost_connection_is_no_end() {
        let mut journey = Journey { step: Step::PlayOn, ..default() };
        let mut now = Instant::now();
        let sight = Sight { screen: Screen::Result, ..default() };
        run(&mut journey, &sight, &mut now, 5);
        let lobby = Sight { screen: Screen::Lobby, ..default() };
        assert!(!run(&mut journey, &lobby, &mut now, 100).contains(&Act::Done));
    }

    #[test]
    fn nothing_is_done_while_a_picture_is_being_taken() {
        let mut journey = Journey { step: Step::SeeResult, ..default() };
        let mut now = Instant::now();
        let sight = Sight { pictures_pending: 1, screen: Screen::Result, ..default() };
        assert_eq!(run(&mut journey, &sight, &mut now, 50), []);
    }
}
