//! What can go wrong, in the one catalogue that every surface shares.

use rallypoint_protocol::{ApiError, ErrorCode};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused, with a code and words for people.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The server could not be reached, or the connection broke.
    #[error("the network failed: {0}")]
    Network(String),
    /// No answer came in time. The request may or may not have been carried out.
    #[error("the server did not answer in time")]
    Timeout,
    #[error("nobody is signed in")]
    NotSignedIn,
    /// The client has been shut down.
    #[error("the client has been shut down")]
    Closed,
    /// An argument that can't be right; says which and why.
    #[error("{0}")]
    InvalidInput(String),
}

impl Error {
    /// The server's code, where the server spoke.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Api(error) => Some(error.code),
            _ => None,
        }
    }

    /// Whether the same call can succeed later without being changed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => error.code.is_retryable(),
            Self::Network(_) | Self::Timeout => true,
            Self::NotSignedIn | Self::Closed | Self::InvalidInput(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_worth_a_retry() {
        assert!(Error::from(ApiError::from(ErrorCode::RateLimited)).is_retryable());
        assert!(!Error::from(ApiError::from(ErrorCode::NotHost)).is_retryable());
        assert!(Error::Timeout.is_retryable() && !Error::Closed.is_retryable());
        assert_eq!(Error::from(ApiError::from(ErrorCode::NotHost)).code(), Some(ErrorCode::NotHost));
        assert_eq!(Error::Timeout.code(), None);
    }
}
