//! What a client says: one JSON object in a text frame.

use rallypoint_protocol::{ApiError, ErrorCode, FriendshipId, InviteId};
use serde::Deserialize;

use crate::domain::{Answer, invites::Meant};

/// How much is said about a frame that makes no sense.
const MESSAGE_CHARS: usize = 200;

/// A frame that makes sense.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Frame {
    #[serde(rename = "game_invitation")]
    Invite {
        friendship_id: Id,
        map: String,
        /// Checked against the token, never trusted.
        sender_username: Option<String>,
    },
    #[serde(rename = "game_invitation_response")]
    Respond { friendship_id: Option<Id>, invitation_id: Option<Id>, accepted: bool, map: Option<String> },
    #[serde(rename = "game_invitation_cancel")]
    Cancel { invitation_id: Id },
}

/// An id, as text or as a number.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}

impl Frame {
    /// # Errors
    /// `BAD_REQUEST`, with what is wrong in the message.
    pub(super) fn decode(text: &str) -> Answer<Self> {
        // What is wrong may repeat what the client wrote.
        let short = |error: serde_json::Error| error.to_string().chars().take(MESSAGE_CHARS).collect::<String>();
        serde_json::from_str(text).map_err(|error| malformed(format!("Not understood: {}.", short(error))))
    }
}

impl Id {
    fn number(&self) -> Option<i64> {
        match self {
            Id::Number(number) => Some(*number),
            Id::Text(text) => text.parse().ok(),
        }
    }

    /// # Errors
    /// `INVALID_FRIENDSHIP`
    pub(super) fn friendship(&self) -> Answer<FriendshipId> {
        Ok(self.number().map(FriendshipId).ok_or(ErrorCode::InvalidFriendship)?)
    }

    /// # Errors
    /// `INVITATION_NOT_FOUND`
    pub(super) fn invite(&self) -> Answer<InviteId> {
        Ok(self.number().map(InviteId).ok_or(ErrorCode::InvitationNotFound)?)
    }
}

/// Which invite an answer means.
///
/// # Errors
/// `BAD_REQUEST` when it names none, and those of the ids.
pub(super) fn meant(friendship_id: Option<&Id>, invitation_id: Option<&Id>) -> Answer<Meant> {
    match (invitation_id, friendship_id) {
        (Some(id), _) => id.invite().map(Meant::Invite),
        (None, Some(Id::Text(label))) if label.starts_with(super::words::NO_FRIENDSHIP) => {
            Id::Text(label[super::words::NO_FRIENDSHIP.len()..].to_owned()).invite().map(Meant::Invite)
        }
        (None, Some(id)) => id.friendship().map(Meant::Friendship),
        (None, None) => Err(malformed("An answer has an invitation_id or a friendship_id.".to_owned())),
    }
}

pub(super) fn malformed(message: String) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_documented_frames_read() {
        let invite = Frame::decode(
            r#"{"type":"game_invitation","friendship_id":"7","map":"arena","sender_username":"ace","sender_image":"",
                "receiver_username":"bea","timestamp":"2026-11-21T12:00:00Z"}"#,
        );
        let expected = Frame::Invite {
            friendship_id: Id::Text("7".into()),
            map: "arena".into(),
            sender_username: Some("ace".into()),
        };
        assert_eq!(invite.unwrap(), expected);
        let answer = Frame::decode(r#"{"type":"game_invitation_response","friendship_id":"7","accepted":false}"#);
        let Frame::Respond { friendship_id, invitation_id, accepted: false, map: None } = answer.unwrap() else {
            panic!("another frame")
        };
        assert_eq!(meant(friendship_id.as_ref(), invitation_id.as_ref()).unwrap(), Meant::Friendship(FriendshipId(7)));
        let opaque = Id::Text("invite:12".into());
        assert_eq!(meant(Some(&opaque), None).unwrap(), Meant::Invite(InviteId(12)));
        assert_eq!(meant(Some(&opaque), Some(&Id::Number(13))).unwrap(), Meant::Invite(InviteId(13)));
        assert_eq!(meant(None, None).unwrap_err().code, ErrorCode::BadRequest);
        assert_eq!(meant(Some(&Id::Text("x".into())), None).unwrap_err().code, ErrorCode::InvalidFriendship);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            if let Err(error) = Frame::decode(&text) {
                prop_assert_eq!(error.code, ErrorCode::BadRequest);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_short() {
        let error = Frame::decode(&format!(r#"{{"type":"{}"}}"#, "x".repeat(60_000))).unwrap_err();
        assert!(error.message.len() < 300, "{}", error.message.len());
    }
}
