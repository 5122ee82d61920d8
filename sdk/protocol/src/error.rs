//! The error catalogue: one set of codes for Rust, C, C#, REST and every socket.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

macro_rules! catalogue {
    ($($variant:ident $code:literal $number:literal $advice:literal;)*) => {
        /// What went wrong, as every surface of Rallypoint names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $code, "`: ", $advice)] $variant,)*
            /// A code that this version does not know, from a newer server.
            Unknown,
        }

        impl ErrorCode {
            /// Every code that a server of this version sends.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$variant),*];

            /// The code on the wire, such as `USER_OFFLINE`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => $code,)*
                    ErrorCode::Unknown => "UNKNOWN",
                }
            }

            /// The number that the C ABI returns: the HTTP status, then two digits. Never reused.
            pub const fn number(self) -> i32 {
                match self {
                    $(ErrorCode::$variant => $number,)*
                    ErrorCode::Unknown => 50_099,
                }
            }

            /// What to do about it, in words for people, when nothing more precise is known.
            pub const fn advice(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => $advice,)*
                    ErrorCode::Unknown => "Update the client: the server answered with a code it does not know.",
                }
            }

            /// The variant for a code on the wire; [`ErrorCode::Unknown`] for one of a newer server.
            pub fn parse(code: &str) -> Self {
                match code {
                    $($code => ErrorCode::$variant,)*
                    _ => ErrorCode::Unknown,
                }
            }
        }
    };
}

catalogue! {
    BadRequest "BAD_REQUEST" 40_000 "Check the request's fields against the protocol reference.";
    SelfInvite "SELF_INVITE" 40_001 "Invite somebody other than yourself.";
    InvalidMap "INVALID_MAP" 40_002 "Choose one of the maps that the server lists.";
    InvalidOptions "INVALID_OPTIONS" 40_003 "Correct the game options named in the details.";
    Unauthenticated "UNAUTHENTICATED" 40_100 "Sign in first.";
    TokenExpired "TOKEN_EXPIRED" 40_101 "Sign in again, or refresh the token.";
    BadCredentials "BAD_CREDENTIALS" 40_102 "Check the user name and the password.";
    Forbidden "FORBIDDEN" 40_300 "Ask for something that is yours.";
    NotHost "NOT_HOST" 40_301 "Ask the session's host to do this.";
    InvalidFriendship "INVALID_FRIENDSHIP" 40_302 "Become friends first.";
    NotFound "NOT_FOUND" 40_400 "Check the id or the path.";
    SessionNotFound "SESSION_NOT_FOUND" 40_401 "Check the session code, or ask for a new invite.";
    InvitationNotFound "INVITATION_NOT_FOUND" 40_402 "Check the invite id: no invite of yours has it.";
    UserOffline "USER_OFFLINE" 40_403 "Player is offline. Try again when they are back.";
    DuplicateInvitation "DUPLICATE_INVITATION" 40_900 "Invite already pending. Wait for the answer.";
    AlreadyResponded "ALREADY_RESPONDED" 40_901 "The invite has been answered or cancelled already.";
    SessionFull "SESSION_FULL" 40_902 "The session is full. Wait for a seat, or ask the host.";
    ActivityFull "ACTIVITY_FULL" 40_903 "The activity is full.";
    UserBusy "USER_BUSY" 40_904 "The player is in a game. Try again later.";
    NameTaken "NAME_TAKEN" 40_905 "Choose another name: this one is taken.";
    AlreadyRated "ALREADY_RATED" 40_906 "You have rated this player for this meeting.";
    ExpiredInvitation "EXPIRED_INVITATION" 41_000 "The invite has expired. Ask for a new one.";
    PayloadTooLarge "PAYLOAD_TOO_LARGE" 41_300 "Send at most 64 KiB at once.";
    TooManyPending "TOO_MANY_PENDING" 42_900 "Wait until some of your invites are answered.";
    RateLimited "RATE_LIMITED" 42_901 "Slow down, and try again after the time given.";
    GameError "GAME_ERROR" 50_000 "The game could not be made. Try again.";
    Internal "INTERNAL" 50_001 "Something broke on the server. Report the id in the message.";
    Unavailable "UNAVAILABLE" 50_300 "The server is not ready. Try again shortly.";
}

impl ErrorCode {
    /// The HTTP status that carries this code.
    pub const fn http_status(self) -> u16 {
        (self.number() / 100) as u16
    }

    /// Whether the same request can succeed later without being changed.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::Internal | Self::GameError)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&std::borrow::Cow::<str>::deserialize(deserializer)?))
    }
}

/// An error as it stands in a REST body and in every `:error` event:
/// `{"status": "error", "code": …, "message": …, "retry_after"?: …, "details"?: …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    #[serde(default)]
    status: ErrorStatus,
    pub code: ErrorCode,
    /// For people; says what to do.
    pub message: String,
    /// Seconds to wait before the next try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// What exactly is wrong, where the code alone does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<Value>>,
    /// The invite that the refused request named, so that a client can match the answer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_id: Option<crate::InviteId>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ErrorStatus {
    #[default]
    Error,
}

impl ApiError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            status: ErrorStatus::Error,
            code,
            message: message.into(),
            retry_after: None,
            details: None,
            invite_id: None,
        }
    }

    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    pub fn about_invite(mut self, invite_id: crate::InviteId) -> Self {
        self.invite_id = Some(invite_id);
        self
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code, code.advice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_number_and_name_and_reads_back() {
        let mut numbers: Vec<_> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), ErrorCode::ALL.len(), "the catalogue is sorted by number, without repeats");
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), code);
        }
    }

    #[test]
    fn a_code_of_a_newer_server_is_unknown_but_read() {
        let error: ApiError = serde_json::from_str(r#"{"code": "TOO_SUNNY", "message": "m"}"#).unwrap();
        assert_eq!(error.code, ErrorCode::Unknown);
    }

    #[test]
    fn the_body_has_no_empty_fields() {
        let body = serde_json::to_string(&ApiError::from(ErrorCode::NotHost)).unwrap();
        assert_eq!(body, r#"{"status":"error","code":"NOT_HOST","message":"Ask the session's host to do this."}"#);
    }
}
