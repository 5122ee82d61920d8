//! How names and sentences are written.

use bevy_rallypoint::shorten;

/// With its first letter as a sentence's, or a sign's.
pub fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A name without its tag, short enough for a sentence (`Ace#0412` → `Ace`).
pub fn first_name(name: &str) -> String {
    shorten(name.split('#').next().unwrap_or_default(), 12.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_stands_on_a_sign_with_a_capital_letter() {
        assert_eq!(capitalised("arena"), "Arena");
    }

    #[test]
    fn a_sentence_has_room_for_a_name_without_its_tag() {
        assert_eq!(first_name("Ace#0412"), "Ace");
        assert!(first_name("Bartholomew the Unreasonably Long-Named#0412").ends_with('…'));
    }
}
