//! What every script is made of: what is seen in, what to do out, one step at a time.

use std::time::{Duration, Instant};

use bevy::{input::keyboard::Key, prelude::*};

use crate::Screen;

/// Long enough for every slide to have come to rest.
pub const SETTLE: Duration = Duration::from_millis(700);
/// Until a rally is well on its way.
pub const SERVE: Duration = Duration::from_millis(2200);
/// Between two keys, as if by a hand.
pub const KEY: Duration = Duration::from_millis(120);
/// Until a click that did nothing is tried again.
pub const CLICK: Duration = Duration::from_millis(1500);
pub const NEVER: Duration = Duration::from_secs(3600);

/// What the scripted player sees in one frame.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    pub screen: Screen,
    /// Every text in sight.
    pub written: Vec<String>,
    /// What stands in the field that is being written in.
    pub typed: Option<String>,
    /// The command line gave a name: nothing is to be typed.
    pub signing_in: bool,
    pub people_seen: usize,
    /// Who asks to be a friend.
    pub requests: usize,
    /// By their first names.
    pub friends_online: Vec<String>,
    /// The text of one's own that others read.
    pub said: Option<String>,
    /// The map whose court is on the screen.
    pub court: &'static str,
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
    /// The pointer is on its way.
    pub pointing: bool,
    pub server: String,
    pub me: String,
}

impl Sight {
    /// Whether these words stand somewhere.
    pub fn reads(&self, words: &str) -> bool {
        self.written.iter().any(|text| text == words)
    }

    /// Whether somebody of this first name is listed or rings.
    pub fn names(&self, name: &str) -> bool {
        self.written.iter().any(|text| text.split_once('#').is_some_and(|(first, _)| first == name))
    }

    pub fn is_friend(&self, name: &str) -> bool {
        self.friends_online.iter().any(|friend| friend == name)
    }

    /// With the ball on its way over the middle, away from the edges.
    pub fn rally(&self) -> bool {
        self.playing && (0.2..0.8).contains(&self.ball.x) && (self.ball.x - 0.5).abs() > 0.1
    }
}

/// A button or field, by what is written on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub label: String,
    /// In the row of somebody of this first name.
    pub beside: Option<String>,
}

/// What the scripted player does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Say(String),
    Press(KeyCode, Key),
    Click(Target),
    Picture(&'static str),
    /// Several moments side by side.
    Strip(&'static str),
    Done,
}

/// One frame of a script.
pub struct Turn<'a> {
    pub sight: &'a Sight,
    /// How many frames there have been.
    pub frames: u32,
    acts: Vec<Act>,
}

impl Turn<'_> {
    pub fn say(&mut self, line: impl Into<String>) {
        self.acts.push(Act::Say(line.into()));
    }

    pub fn picture(&mut self, name: &'static str) {
        self.acts.push(Act::Picture(name));
    }

    pub fn strip(&mut self, name: &'static str) {
        self.acts.push(Act::Strip(name));
    }

    pub fn press(&mut self, code: KeyCode, key: Key) {
        self.acts.push(Act::Press(code, key));
    }

    /// Presses the key of a letter or a space.
    pub fn letter(&mut self, letter: char) {
        let key = if letter == ' ' { Key::Space } else { Key::Character(letter.to_string().into()) };
        self.press(code_of(letter), key);
    }

    /// Writes the next letter into the field in use; `true` once all of them are there.
    pub fn write(&mut self, words: &str) -> bool {
        let typed = self.sight.typed.as_deref().unwrap_or_default().chars().count();
        match words.chars().nth(typed) {
            Some(letter) => {
                self.letter(letter);
                false
            }
            None => true,
        }
    }

    pub fn click(&mut self, label: impl Into<String>, beside: Option<&str>) {
        let target = Target { label: label.into(), beside: beside.map(str::to_owned) };
        self.acts.push(Act::Click(target));
    }

    /// Says how a match ended, and what was measured.
    pub fn tell_result(&mut self, what: &str, result: (Option<bool>, [u8; 2])) {
        self.say(format!("{what} was played to its end{}", ended(result)));
        self.acts.extend(self.sight.figures.clone().map(Act::Say));
    }

    pub fn done(&mut self) {
        self.acts.push(Act::Done);
    }
}

fn ended((won, [mine, theirs]): (Option<bool>, [u8; 2])) -> String {
    let word = match won {
        Some(true) => "won",
        Some(false) => "lost",
        None => "drawn",
    };
    format!(": {word} {mine}:{theirs}")
}

fn code_of(letter: char) -> KeyCode {
    const LETTERS: [KeyCode; 26] = [
        KeyCode::KeyA,
        KeyCode::KeyB,
        KeyCode::KeyC,
        KeyCode::KeyD,
        KeyCode::KeyE,
        KeyCode::KeyF,
        KeyCode::KeyG,
        KeyCode::KeyH,
        KeyCode::KeyI,
        KeyCode::KeyJ,
        KeyCode::KeyK,
        KeyCode::KeyL,
        KeyCode::KeyM,
        KeyCode::KeyN,
        KeyCode::KeyO,
        KeyCode::KeyP,
        KeyCode::KeyQ,
        KeyCode::KeyR,
        KeyCode::KeyS,
        KeyCode::KeyT,
        KeyCode::KeyU,
        KeyCode::KeyV,
        KeyCode::KeyW,
        KeyCode::KeyX,
        KeyCode::KeyY,
        KeyCode::KeyZ,
    ];
    let place = (letter.to_ascii_lowercase() as usize).checked_sub('a' as usize);
    place.and_then(|place| LETTERS.get(place).copied()).unwrap_or(KeyCode::Space)
}

/// Where to go from here, and how long to rest first. `None`: look again in the next frame.
pub type Next<S> = Option<(S, Duration)>;

/// The steps of one script.
pub trait Step: Clone + Send + Sync + 'static {
    /// After this the script has failed.
    const LIMIT: Duration;

    /// What to do, and what comes then.
    fn next(&self, turn: &mut Turn) -> Next<Self>;

    /// What it is trying to do, for when it fails.
    fn aim(&self) -> &'static str;
}

/// A script that can be played.
pub trait Script: Send + Sync {
    /// One frame.
    fn step(&mut self, sight: &Sight, now: Instant) -> Vec<Act>;

    fn aim(&self) -> &'static str;

    fn limit(&self) -> Duration;
}

/// Where on its way through the steps the player is.
#[derive(Debug, Default)]
pub struct Walk<S> {
    step: S,
    /// Not before this moment.
    wait: Option<Instant>,
    points: u32,
    frames: u32,
}

impl<S: Step> Walk<S> {
    #[cfg(test)]
    pub fn at(step: S) -> Self {
        Self { step, wait: None, points: 0, frames: 0 }
    }
}

impl<S: Step> Script for Walk<S> {
    fn step(&mut self, sight: &Sight, now: Instant) -> Vec<Act> {
        self.frames += 1;
        let mut turn = Turn { sight, frames: self.frames, acts: Vec::new() };
        if self.points != sight.points && sight.online && sight.points > 0 {
            turn.say(format!("Point {} of the match", sight.points));
        }
        self.points = sight.points;
        let rests = self.wait.is_some_and(|wait| now < wait);
        if !rests
            && sight.pictures_pending == 0
            && !sight.pointing
            && let Some((step, pause)) = self.step.next(&mut turn)
        {
            (self.step, self.wait) = (step, Some(now + pause));
        }
        turn.acts
    }

    fn aim(&self) -> &'static str {
        self.step.aim()
    }

    fn limit(&self) -> Duration {
        S::LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_written_one_by_one_with_their_own_keys() {
        let mut sight = Sight { typed: Some("A q".into()), ..default() };
        let mut turn = Turn { sight: &sight, frames: 0, acts: Vec::new() };
        assert!(!turn.write("A quick match"));
        assert_eq!(turn.acts, [Act::Press(KeyCode::KeyU, Key::Character("u".into()))]);
        sight.typed = Some("A quick".into());
        let mut turn = Turn { sight: &sight, frames: 0, acts: Vec::new() };
        assert!(!turn.write("A quick match"));
        assert_eq!(turn.acts, [Act::Press(KeyCode::Space, Key::Space)]);
        assert!(turn.write("A quick"));
    }

    #[test]
    fn somebody_is_known_by_the_first_name_and_not_by_the_beginning_of_it() {
        let sight = Sight { written: vec!["Beatrix#0007".into(), "Block".into()], ..default() };
        assert!(sight.names("Beatrix") && !sight.names("Bea"));
        assert!(sight.reads("Block") && !sight.reads("Blo"));
    }
}
