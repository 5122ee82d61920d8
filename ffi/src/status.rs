//! The numbers that functions return and events carry.

use rallypoint::{Error, protocol::ErrorCode};

/// It worked. For a request: it is on its way.
pub const RP_OK: i32 = 0;

// What a caller passed.

/// A pointer that must not be null is null.
pub const RP_ERR_NULL: i32 = -101;
/// A text is not UTF-8.
pub const RP_ERR_UTF8: i32 = -102;
/// An argument is out of its range, too long or badly formed. The last error says which.
pub const RP_ERR_ARGUMENT: i32 = -103;
/// The buffer is too small. The length that is needed has been written; nothing is lost.
pub const RP_ERR_BUFFER: i32 = -104;
/// There is nothing at this index.
pub const RP_ERR_INDEX: i32 = -105;

// Handles.

/// The handle names nothing: never made, freed already, or of another kind.
pub const RP_ERR_HANDLE: i32 = -201;
/// The client was freed before the request was done.
pub const RP_ERR_CLOSED: i32 = -202;

// The state that things are in.

/// Nobody is signed in on this client.
pub const RP_ERR_NOT_SIGNED_IN: i32 = -301;
/// Too many requests are under way or not yet polled. Poll, then try again.
pub const RP_ERR_BUSY: i32 = -302;
/// The library is not of the version that the caller was built for.
pub const RP_ERR_VERSION: i32 = -303;

// The network.

/// The server cannot be reached.
pub const RP_ERR_NETWORK: i32 = -401;
/// No answer in time. For a request: it may still have been carried out.
pub const RP_ERR_TIMEOUT: i32 = -402;

// This machine.

/// The copies of the game on this machine cannot talk to each other, or the link scheme cannot be registered.
pub const RP_ERR_HANDOFF: i32 = -501;
/// The client could not be started (out of threads or of file descriptors).
pub const RP_ERR_START: i32 = -502;

// Defects.

/// The library has a defect; the call was stopped. The application may go on.
pub const RP_ERR_PANIC: i32 = -901;
/// Something that this version has no number for. The last error says what.
pub const RP_ERR_OTHER: i32 = -999;

// What the server refuses. The HTTP status, then two digits.

/// `BAD_REQUEST`: Check the request's fields against the protocol reference.
pub const RP_CODE_BAD_REQUEST: i32 = 40_000;
/// `SELF_INVITE`: Invite somebody other than yourself.
pub const RP_CODE_SELF_INVITE: i32 = 40_001;
/// `INVALID_MAP`: Choose one of the maps that the server lists.
pub const RP_CODE_INVALID_MAP: i32 = 40_002;
/// `INVALID_OPTIONS`: Correct the game options named in the details.
pub const RP_CODE_INVALID_OPTIONS: i32 = 40_003;
/// `UNAUTHENTICATED`: Sign in first.
pub const RP_CODE_UNAUTHENTICATED: i32 = 40_100;
/// `TOKEN_EXPIRED`: Sign in again, or refresh the token.
pub const RP_CODE_TOKEN_EXPIRED: i32 = 40_101;
/// `BAD_CREDENTIALS`: Check the user name and the password.
pub const RP_CODE_BAD_CREDENTIALS: i32 = 40_102;
/// `FORBIDDEN`: Ask for something that is yours.
pub const RP_CODE_FORBIDDEN: i32 = 40_300;
/// `NOT_HOST`: Ask the session's host to do this.
pub const RP_CODE_NOT_HOST: i32 = 40_301;
/// `INVALID_FRIENDSHIP`: Become friends first.
pub const RP_CODE_INVALID_FRIENDSHIP: i32 = 40_302;
/// `NOT_FOUND`: Check the id or the path.
pub const RP_CODE_NOT_FOUND: i32 = 40_400;
/// `SESSION_NOT_FOUND`: Check the session code, or ask for a new invite.
pub const RP_CODE_SESSION_NOT_FOUND: i32 = 40_401;
/// `INVITATION_NOT_FOUND`: Check the invite id: no invite of yours has it.
pub const RP_CODE_INVITATION_NOT_FOUND: i32 = 40_402;
/// `USER_OFFLINE`: Player is offline. Try again when they are back.
pub const RP_CODE_USER_OFFLINE: i32 = 40_403;
/// `DUPLICATE_INVITATION`: Invite already pending. Wait for the answer.
pub const RP_CODE_DUPLICATE_INVITATION: i32 = 40_900;
/// `ALREADY_RESPONDED`: The invite has been answered or cancelled already.
pub const RP_CODE_ALREADY_RESPONDED: i32 = 40_901;
/// `SESSION_FULL`: The session is full. Wait for a seat, or ask the host.
pub const RP_CODE_SESSION_FULL: i32 = 40_902;
/// `ACTIVITY_FULL`: The activity is full.
pub const RP_CODE_ACTIVITY_FULL: i32 = 40_903;
/// `USER_BUSY`: The player is in a game. Try again later.
pub const RP_CODE_USER_BUSY: i32 = 40_904;
/// `NAME_TAKEN`: Choose another name: this one is taken.
pub const RP_CODE_NAME_TAKEN: i32 = 40_905;
/// `ALREADY_RATED`: You have rated this player for this meeting.
pub const RP_CODE_ALREADY_RATED: i32 = 40_906;
/// `EXPIRED_INVITATION`: The invite has expired. Ask for a new one.
pub const RP_CODE_EXPIRED_INVITATION: i32 = 41_000;
/// `PAYLOAD_TOO_LARGE`: Send at most 64 KiB at once.
pub const RP_CODE_PAYLOAD_TOO_LARGE: i32 = 41_300;
/// `TOO_MANY_PENDING`: Wait until some of your invites are answered.
pub const RP_CODE_TOO_MANY_PENDING: i32 = 42_900;
/// `RATE_LIMITED`: Slow down, and try again after the time given.
pub const RP_CODE_RATE_LIMITED: i32 = 42_901;
/// `GAME_ERROR`: The game could not be made. Try again.
pub const RP_CODE_GAME_ERROR: i32 = 50_000;
/// `INTERNAL`: Something broke on the server. Report the id in the message.
pub const RP_CODE_INTERNAL: i32 = 50_001;
/// `UNAVAILABLE`: The server is not ready. Try again shortly.
pub const RP_CODE_UNAVAILABLE: i32 = 50_300;
/// A code that this version does not know, from a newer server.
pub const RP_CODE_UNKNOWN: i32 = 50_099;

/// What went wrong in a call: the number to return and the words for [`rp_last_error`](crate::rp_last_error).
#[derive(Debug)]
pub(crate) struct Failure {
    pub code: i32,
    pub message: String,
}

impl Failure {
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub fn null(what: &str) -> Self {
        Self::new(RP_ERR_NULL, format!("{what} is null"))
    }

    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(RP_ERR_ARGUMENT, message)
    }

    pub fn closed() -> Self {
        Self::new(RP_ERR_CLOSED, "the client was freed before the request was done")
    }

    pub fn not_signed_in() -> Self {
        Self::new(RP_ERR_NOT_SIGNED_IN, "sign in first")
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        match error {
            Error::Api(refusal) => Self::new(refusal.code.number(), refusal.message.clone()),
            Error::Network(_) => Self::new(RP_ERR_NETWORK, error.to_string()),
            Error::Timeout => Self::new(RP_ERR_TIMEOUT, error.to_string()),
            Error::NotSignedIn => Self::not_signed_in(),
            Error::Closed => Self::closed(),
            Error::InvalidInput(_) => Self::argument(error.to_string()),
            _ => Self::new(RP_ERR_OTHER, error.to_string()),
        }
    }
}

/// The catalogue entry with this number.
pub(crate) fn catalogued(code: i32) -> Option<ErrorCode> {
    ErrorCode::ALL.iter().copied().find(|known| known.number() == code)
}

/// The name and the advice for a number below zero, and whether the same call can succeed later.
pub(crate) fn local(code: i32) -> Option<(&'static str, &'static str, bool)> {
    Some(match code {
        RP_OK => ("OK", "It worked.", false),
        RP_ERR_NULL => ("NULL", "Pass a pointer that is not null.", false),
        RP_ERR_UTF8 => ("UTF8", "Pass text as UTF-8.", false),
        RP_ERR_ARGUMENT => ("ARGUMENT", "Correct the argument that the last error names.", false),
        RP_ERR_BUFFER => ("BUFFER", "Pass a buffer of the length that was written.", false),
        RP_ERR_INDEX => ("INDEX", "Use an index below the count.", false),
        RP_ERR_HANDLE => ("HANDLE", "Use a handle that has not been freed.", false),
        RP_ERR_CLOSED => ("CLOSED", "Make a new client.", false),
        RP_ERR_NOT_SIGNED_IN => ("NOT_SIGNED_IN", "Sign in first.", false),
        RP_ERR_BUSY => ("BUSY", "Poll the events that wait, then try again.", true),
        RP_ERR_VERSION => ("VERSION", "Use the library and the header of the same release.", false),
        RP_ERR_NETWORK => ("NETWORK", "Check the connection and the server's address, then try again.", true),
        RP_ERR_TIMEOUT => ("TIMEOUT", "The server did not answer in time. Try again.", true),
        RP_ERR_HANDOFF => ("HANDOFF", "See the last error for what the system refused.", false),
        RP_ERR_START => ("START", "Close other programs, then try again.", true),
        RP_ERR_PANIC => ("PANIC", "Report this defect with the log.", false),
        RP_ERR_OTHER => ("OTHER", "See the last error.", false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_catalogue_has_its_constant() {
        let constants = [
            ("BAD_REQUEST", RP_CODE_BAD_REQUEST),
            ("SELF_INVITE", RP_CODE_SELF_INVITE),
            ("INVALID_MAP", RP_CODE_INVALID_MAP),
            ("INVALID_OPTIONS", RP_CODE_INVALID_OPTIONS),
            ("UNAUTHENTICATED", RP_CODE_UNAUTHENTICATED),
            ("TOKEN_EXPIRED", RP_CODE_TOKEN_EXPIRED),
            ("BAD_CREDENTIALS", RP_CODE_BAD_CREDENTIALS),
            ("FORBIDDEN", RP_CODE_FORBIDDEN),
            ("NOT_HOST", RP_CODE_NOT_HOST),
            ("INVALID_FRIENDSHIP", RP_CODE_INVALID_FRIENDSHIP),
            ("NOT_FOUND", RP_CODE_NOT_FOUND),
            ("SESSION_NOT_FOUND", RP_CODE_SESSION_NOT_FOUND),
            ("INVITATION_NOT_FOUND", RP_CODE_INVITATION_NOT_FOUND),
            ("USER_OFFLINE", RP_CODE_USER_OFFLINE),
            ("DUPLICATE_INVITATION", RP_CODE_DUPLICATE_INVITATION),
            ("ALREADY_RESPONDED", RP_CODE_ALREADY_RESPONDED),
            ("SESSION_FULL", RP_CODE_SESSION_FULL),
            ("ACTIVITY_FULL", RP_CODE_ACTIVITY_FULL),
            ("USER_BUSY", RP_CODE_USER_BUSY),
            ("NAME_TAKEN", RP_CODE_NAME_TAKEN),
            ("ALREADY_RATED", RP_CODE_ALREADY_RATED),
            ("EXPIRED_INVITATION", RP_CODE_EXPIRED_INVITATION),
            ("PAYLOAD_TOO_LARGE", RP_CODE_PAYLOAD_TOO_LARGE),
            ("TOO_MANY_PENDING", RP_CODE_TOO_MANY_PENDING),
            ("RATE_LIMITED", RP_CODE_RATE_LIMITED),
            ("GAME_ERROR", RP_CODE_GAME_ERROR),
            ("INTERNAL", RP_CODE_INTERNAL),
            ("UNAVAILABLE", RP_CODE_UNAVAILABLE),
        ];
        for code in ErrorCode::ALL {
            assert!(constants.contains(&(code.as_str(), code.number())), "RP_CODE_{code} is missing or wrong");
        }
        assert_eq!(constants.len(), ErrorCode::ALL.len());
        assert_eq!(RP_CODE_UNKNOWN, ErrorCode::Unknown.number());
    }

    #[test]
    fn errors_of_the_sdk_keep_their_meaning() {
        let refusal = Error::Api(ErrorCode::UserOffline.into());
        assert_eq!(Failure::from(&refusal).code, RP_CODE_USER_OFFLINE);
        assert_eq!(Failure::from(&Error::Timeout).code, RP_ERR_TIMEOUT);
        assert_eq!(Failure::from(&Error::Network("refused".into())).code, RP_ERR_NETWORK);
        assert_eq!(Failure::from(&Error::NotSignedIn).code, RP_ERR_NOT_SIGNED_IN);
        assert_eq!(Failure::from(&Error::Closed).code, RP_ERR_CLOSED);
        assert!(Failure::from(&Error::InvalidInput("name".into())).message.contains("name"));
    }

    #[test]
    fn families_do_not_overlap_the_catalogue() {
        for code in -1000..=0 {
            assert!(local(code).is_none() || catalogued(code).is_none());
        }
        assert!(local(RP_ERR_TIMEOUT).is_some_and(|(_, _, retryable)| retryable));
        assert!(local(7).is_none());
    }
}
