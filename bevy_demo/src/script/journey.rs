//! The journey as a state machine: what is seen in, what to do out.

use std::time::{Duration, Instant};

use bevy::{input::keyboard::Key, prelude::*};

use crate::Screen;

const NAME: &str = "Zoe";
/// Long enough for every slide to have come to rest.
const SETTLE: Duration = Duration::from_millis(700);
/// How long the network is cut at the beginning of the match, when little can be lost by it.
const OUTAGE: Duration = Duration::from_millis(1500);
/// Until a rally is well on its way.
const SERVE: Duration = Duration::from_millis(2200);
/// Until the queue is looked at: long enough for its bar to widen.
const QUEUE_LOOK: Duration = Duration::from_millis(1100);
/// Until a rating has come to rest.
const COUNTING: Duration = Duration::from_millis(1900);
const NEVER: Duration = Duration::from_secs(3600);
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
    /// Who asks to be a friend.
    pub requests: usize,
    pub friends_online: usize,
    /// The invite in front is a challenge, on this map.
    pub challenge: Option<String>,
    pub invites: usize,
    pub front_sender: Option<String>,
    pub must_get_ready: bool,
    pub playing: bool,
    pub reconnecting: bool,
    pub ball: Vec2,
    pub points: u32,
    pub online: bool,
    /// A place in the queue is held.
    pub queued: bool,
    /// The rating before and after the last match, once it is told.
    pub rating: Option<(i32, i32)>,
    /// What prediction hid of the network, in words.
    pub figures: Option<String>,
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
    /// Several moments side by side.
    Strip(&'static str),
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Arrive,
    TypeName,
    EnterLobby,
    SeeLobby,
    AcceptFriend,
    AwaitFriend,
    SeeFriends,
    AwaitInvites,
    SeeQueue,
    FindAce,
    Accept,
    GetReady,
    AwaitStart,
    SeeRally,
    OpenPanel,
    CutTheCable,
    SeeTheVeil,
    Restore,
    Reconnect,
    PlayOn,
    SeeResult,
    Return,
    BackInTheLobby,
    AwaitChallenge,
    SeeChallenge,
    EnterArena,
    AskToLeave,
    LeaveArena,
    JoinQueue,
    SeeTheQueue,
    LookAtTheQueue,
    AwaitMatch,
    GetReadyAgain,
    SeeStrip,
    PlayForRating,
    AwaitRating,
    SeeRating,
    AskForRematch,
    AwaitRematch,
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

/// How a match ended, in words.
fn ended((won, [mine, theirs]): (Option<bool>, [u8; 2])) -> String {
    let word = match won {
        Some(true) => "won",
        Some(false) => "lost",
        None => "drawn",
    };
    format!("{word} {mine}:{theirs}")
}

impl Journey {
    /// What it is trying to do, for when it fails.
    pub fn aim(&self) -> &'static str {
        match self.step {
            Step::Arrive | Step::TypeName => "sign in",
            Step::EnterLobby | Step::SeeLobby => "reach the lobby",
            Step::AcceptFriend | Step::AwaitFriend | Step::SeeFriends => "become friends with Ace",
            Step::AwaitInvites | Step::SeeQueue => "see three invites",
            Step::FindAce | Step::Accept => "accept Ace's invite",
            Step::GetReady | Step::AwaitStart => "get into the game",
            Step::SeeTheVeil | Step::Restore | Step::Reconnect => "come back after a lost connection",
            Step::SeeRally | Step::OpenPanel | Step::CutTheCable | Step::PlayOn => "play the match to its end",
            Step::SeeResult => "see the result",
            Step::Return | Step::BackInTheLobby => "return to the lobby",
            Step::AwaitChallenge | Step::SeeChallenge | Step::EnterArena => "take up Ace's challenge",
            Step::AskToLeave | Step::LeaveArena => "leave the arena",
            Step::JoinQueue | Step::SeeTheQueue | Step::LookAtTheQueue | Step::AwaitMatch => {
                "be matched with whoever waits"
            }
            Step::GetReadyAgain | Step::SeeStrip | Step::PlayForRating => "play the quick match to its end",
            Step::AwaitRating | Step::SeeRating => "see the rating change",
            Step::AskForRematch | Step::AwaitRematch | Step::Finish => "get a rematch",
        }
    }

    fn go(&mut self, step: Step, now: Instant, pause: Duration) {
        self.step = step;
        self.wait = Some(now + pause);
    }

    /// There is no way on: the time limit ends it.
    fn give_up(&mut self, now: Instant) {
        self.go(self.step, now, NEVER);
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
                self.go(Step::AcceptFriend, now, SETTLE);
                acts.push(Act::Picture("lobby"));
            }
            Step::AcceptFriend if sight.requests > 0 => {
                acts.push(Act::Say("Somebody asks to be a friend: accept".into()));
                acts.push(Act::Press(KeyCode::KeyF, Key::Character("f".into())));
                self.go(Step::AwaitFriend, now, KEY);
            }
            Step::AwaitFriend if sight.friends_online > 0 => {
                acts.push(Act::Say("A friend is online".into()));
                self.go(Step::SeeFriends, now, SETTLE);
            }
            Step::SeeFriends => {
                acts.push(Act::Picture("friends"));
                self.go(Step::AwaitInvites, now, KEY);
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
                self.go(Step::OpenPanel, now, SETTLE);
            }
            Step::GetReady if sight.must_get_ready => {
                acts.push(Act::Say("Ready".into()));
                acts.push(Act::Picture("ready"));
                acts.push(Act::Press(KeyCode::Space, Key::Space));
                self.go(Step::AwaitStart, now, KEY);
            }
            // With the ball on its way over the middle, away from the edges.
            Step::SeeRally
                if sight.playing && (0.2..0.8).contains(&sight.ball.x) && (sight.ball.x - 0.5).abs() > 0.1 =>
            {
                acts.push(Act::Picture("match"));
                self.go(Step::PlayOn, now, KEY);
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
                self.go(Step::SeeRally, now, SERVE);
            }
            Step::SeeRally | Step::PlayOn if sight.screen == Screen::Result => match sight.result {
                Some(result) => {
                    acts.push(Act::Say(format!("The match was played to its end over renet: {}", ended(result))));
                    acts.extend(sight.figures.clone().map(Act::Say));
                    self.go(Step::SeeResult, now, SETTLE);
                }
                None => self.give_up(now),
            },
            Step::SeeResult => {
                acts.push(Act::Picture("result"));
                self.go(Step::Return, now, SETTLE);
            }
            Step::Return => {
                acts.push(Act::Press(KeyCode::Enter, Key::Enter));
                self.go(Step::BackInTheLobby, now, KEY);
            }
            Step::BackInTheLobby if sight.screen == Screen::Lobby => {
                acts.push(Act::Say("Back in the lobby".into()));
                self.go(Step::AwaitChallenge, now, SETTLE);
            }
            Step::AwaitChallenge => {
                if let Some(map) = &sight.challenge {
                    acts.push(Act::Say(format!("A challenge on {map}")));
                    self.go(Step::SeeChallenge, now, SETTLE);
                }
            }
            Step::SeeChallenge => {
                acts.push(Act::Picture("challenge"));
                acts.push(Act::Press(KeyCode::KeyA, Key::Character("a".into())));
                self.go(Step::EnterArena, now, KEY);
            }
            Step::EnterArena if sight.screen == Screen::Match && sight.must_get_ready => {
                acts.push(Act::Say("The challenge was accepted: both are on the court. Leave it".into()));
                acts.push(Act::Press(KeyCode::Escape, Key::Escape));
                self.go(Step::AskToLeave, now, SETTLE);
            }
            Step::AskToLeave => {
                acts.push(Act::Press(KeyCode::Enter, Key::Enter));
                self.go(Step::LeaveArena, now, KEY);
            }
            Step::LeaveArena if sight.screen == Screen::Lobby => self.go(Step::JoinQueue, now, SETTLE),
            Step::JoinQueue => {
                acts.push(Act::Say("Quick match".into()));
                acts.push(Act::Press(KeyCode::KeyQ, Key::Character("q".into())));
                self.go(Step::SeeTheQueue, now, KEY);
            }
            Step::SeeTheQueue if sight.queued => {
                acts.push(Act::Say("A place in the queue".into()));
                self.go(Step::LookAtTheQueue, now, QUEUE_LOOK);
            }
            Step::LookAtTheQueue if sight.queued => {
                acts.push(Act::Picture("quick-match"));
                self.go(Step::AwaitMatch, now, KEY);
            }
            Step::SeeTheQueue | Step::LookAtTheQueue | Step::AwaitMatch if sight.screen == Screen::Match => {
                acts.push(Act::Say("A match was found, and its court entered over renet".into()));
                self.go(Step::GetReadyAgain, now, SETTLE);
            }
            Step::GetReadyAgain if sight.must_get_ready => {
                acts.push(Act::Press(KeyCode::Space, Key::Space));
                self.go(Step::GetReadyAgain, now, SETTLE);
            }
            Step::GetReadyAgain if sight.playing => self.go(Step::SeeStrip, now, SERVE),
            Step::SeeStrip if sight.playing => {
                acts.push(Act::Strip("rally"));
                self.go(Step::PlayForRating, now, KEY);
            }
            Step::SeeStrip | Step::PlayForRating if sight.screen == Screen::Result => match sight.result {
                Some(result) => {
                    acts.push(Act::Say(format!("The quick match was played to its end: {}", ended(result))));
                    acts.extend(sight.figures.clone().map(Act::Say));
                    self.go(Step::AwaitRating, now, KEY);
                }
                None => self.give_up(now),
            },
            Step::AwaitRating => {
                if let Some((before, after)) = sight.rating {
                    acts.push(Act::Say(format!("The rating went from {before} to {after}")));
                    self.go(Step::SeeRating, now, COUNTING);
                }
            }
            Step::SeeRating => {
                acts.push(Act::Picture("rating"));
                self.go(Step::AskForRematch, now, KEY);
            }
            Step::AskForRematch => {
                acts.push(Act::Say("Ask for a rematch".into()));
                acts.push(Act::Press(KeyCode::KeyR, Key::Character("r".into())));
                self.go(Step::AwaitRematch, now, KEY);
            }
            Step::AwaitRematch if sight.screen == Screen::Match && sight.must_get_ready => {
                acts.push(Act::Say("The rematch was accepted: both are on the court".into()));
                acts.push(Act::Done);
                self.go(Step::Finish, now, NEVER);
            }
            _ => {}
        }
        acts
    }
}

#[cfg(test)]
mod tests;
