//! What others are to read about oneself, and what they read by now.

use std::time::{Duration, Instant};

use crate::quick;

/// What a friend who sits elsewhere says of itself.
pub const AWAY: &str = "Away";
/// Until what was refused is tried once more.
const REST: Duration = Duration::from_secs(4);

/// What the server has. What it has been told outlives a lost connection: the client says it again.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Known(Option<String>),
    /// It may have taken what it did not confirm.
    Unknown,
}

/// Decides what to tell the server, one text at a time: commands may overtake each other.
#[derive(Clone, Debug)]
pub struct Said {
    own: Option<String>,
    /// One's own text before the one that is not confirmed yet.
    before: Option<Option<String>>,
    queued: bool,
    away: bool,
    told: Told,
    asked: Option<Option<String>>,
    not_before: Option<Instant>,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            own: None,
            before: None,
            queued: false,
            away: false,
            told: Told::Known(None),
            asked: None,
            not_before: None,
        }
    }
}

impl Said {
    /// One's own text.
    pub fn own(&self) -> Option<&str> {
        self.own.as_deref()
    }

    /// The text that others read, as far as is known.
    pub fn told(&self) -> Option<&str> {
        match &self.told {
            Told::Known(text) => text.as_deref(),
            Told::Unknown => None,
        }
    }

    pub fn is_away(&self) -> bool {
        self.away
    }

    /// The player has written this; nothing but spaces is no text.
    pub fn say(&mut self, text: &str) {
        let text = Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        if text != self.own {
            let before = std::mem::replace(&mut self.own, text);
            self.before.get_or_insert(before);
            self.not_before = None;
        }
    }

    /// Whether the player waits in the queue, and whether somebody sits there at all.
    pub fn see(&mut self, queued: bool, away: bool) {
        (self.queued, self.away) = (queued, away);
    }

    /// Whoever waits for a match is waited for, and not away.
    fn wanted(&self) -> Option<String> {
        match (self.queued, self.away) {
            (true, _) => Some(quick::STATUS.into()),
            (_, true) => Some(AWAY.into()),
            _ => self.own.clone(),
        }
    }

    /// What to tell the server now, if anything.
    pub fn next(&mut self, now: Instant) -> Option<Option<String>> {
        let wanted = self.wanted();
        if self.asked.is_some() || self.not_before.is_some_and(|then| now < then) {
            return None;
        }
        if self.told == Told::Known(wanted.clone()) {
            self.before = None;
            return None;
        }
        self.asked = Some(wanted.clone());
        Some(wanted)
    }

    /// The server has answered. The player's own text, if it was refused: the earlier one holds again.
    pub fn answered(&mut self, done: bool, now: Instant) -> Option<String> {
        let asked = self.asked.take()?;
        let own = asked == self.own;
        if done {
            self.told = Told::Known(asked);
            if own {
                self.before = None;
            }
            return None;
        }
        (self.told, self.not_before) = (Told::Unknown, Some(now + REST));
        let before = self.before.take_if(|_| own)?;
        std::mem::replace(&mut self.own, before).or(Some(String::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(said: &mut Said, now: Instant) -> Option<Option<String>> {
        let next = said.next(now);
        assert_eq!(said.answered(true, now), None);
        next
    }

    fn text(words: &str) -> Option<Option<String>> {
        Some(Some(words.into()))
    }

    #[test]
    fn ones_own_text_is_told_once_and_can_be_cleared() {
        let (mut said, now) = (Said::default(), Instant::now());
        assert_eq!(said.next(now), None, "there is nothing to tell at first");
        said.say("  Up for a rally ");
        assert_eq!(told(&mut said, now), text("Up for a rally"));
        assert_eq!(said.next(now), None);
        said.say(" ");
        assert_eq!(told(&mut said, now), Some(None));
    }

    #[test]
    fn who_comes_back_has_the_earlier_text_again() {
        let (mut said, now) = (Said::default(), Instant::now());
        said.say("Up for a rally");
        told(&mut said, now);
        said.see(false, true);
        assert_eq!(told(&mut said, now), text(AWAY));
        said.see(false, false);
        assert_eq!(told(&mut said, now), text("Up for a rally"));
    }

    #[test]
    fn who_waits_for_a_match_is_not_away() {
        let (mut said, now) = (Said::default(), Instant::now());
        said.see(true, true);
        assert_eq!(told(&mut said, now), text(quick::STATUS));
        said.see(false, true);
        assert_eq!(told(&mut said, now), text(AWAY));
    }

    #[test]
    fn the_next_text_waits_for_the_answer_to_the_last() {
        let (mut said, now) = (Said::default(), Instant::now());
        said.say("One");
        assert_eq!(said.next(now), text("One"));
        said.say("Two");
        assert_eq!(said.next(now), None);
        assert_eq!(said.answered(true, now), None);
        assert_eq!(told(&mut said, now), text("Two"));
    }

    #[test]
    fn what_was_refused_comes_back_to_who_wrote_it_and_the_earlier_text_holds() {
        let (mut said, now) = (Said::default(), Instant::now());
        said.say("One");
        told(&mut said, now);
        said.say("Two");
        assert_eq!(said.next(now), text("Two"));
        assert_eq!(said.answered(false, now), Some("Two".into()));
        assert_eq!(said.own(), Some("One"));
        assert_eq!(said.next(now), None, "not again at once");
        assert_eq!(told(&mut said, now + REST), text("One"), "the server may have taken it before the reply was lost");
    }

    #[test]
    fn being_away_is_tried_again_without_a_word() {
        let (mut said, now) = (Said::default(), Instant::now());
        said.see(false, true);
        assert_eq!(said.next(now), text(AWAY));
        assert_eq!(said.answered(false, now), None);
        assert_eq!(said.next(now + REST), text(AWAY));
    }
}
