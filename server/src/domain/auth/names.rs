//! What may be called what.

use rallypoint_protocol::{ApiError, ErrorCode};

use crate::domain::{Answer, is_one_line};

const NAME_LENGTH: std::ops::RangeInclusive<usize> = 3..=32;
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

fn refuse(message: &str) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

pub(super) fn check_username(name: &str) -> Answer<()> {
    let legal = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    if legal && NAME_LENGTH.contains(&name.len()) {
        return Ok(());
    }
    Err(refuse("A username has 3 to 32 letters, digits, dots, dashes or underscores."))
}

pub(super) fn check_password(password: &str) -> Answer<()> {
    if PASSWORD_LENGTH.contains(&password.chars().count()) {
        return Ok(());
    }
    Err(refuse("A password has 8 to 128 characters."))
}

/// The display name without blanks around it.
pub(super) fn display_name(name: &str) -> Answer<String> {
    let name = name.trim();
    let legal = is_one_line(name) && !name.contains('#');
    if legal && (1..=32).contains(&name.chars().count()) {
        return Ok(name.to_owned());
    }
    Err(refuse("A display name has 1 to 32 visible characters, without # and line breaks."))
}

pub(super) fn check_contact(email: Option<&str>, image_url: Option<&str>) -> Answer<()> {
    let blank = |text: &str| text.contains(|character: char| character.is_whitespace() || character.is_control());
    if email.is_some_and(|email| email.len() > 254 || !email.contains('@') || blank(email)) {
        return Err(refuse("Write the e-mail address as name@host."));
    }
    let web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    let fine = |url: &str| url.len() <= 2048 && web(url) && !blank(url);
    if image_url.is_some_and(|url| !fine(url)) {
        return Err(refuse("An image URL begins with https:// and has at most 2,048 characters."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_and_display_names_have_their_rules() {
        assert!(["ace", "A.c-e_9", &"x".repeat(32)].iter().all(|name| check_username(name).is_ok()));
        assert!(["ab", "a b", "äce", "", &"x".repeat(33)].iter().all(|name| check_username(name).is_err()));
        assert_eq!(display_name("  Zoë  ").unwrap(), "Zoë");
        assert!(["", "   ", "a#1", "a\nb", &"x".repeat(33)].iter().all(|name| display_name(name).is_err()));
    }
}
