//! Deep links, and one running copy of a game per player.
//!
//! The first copy of a game owns a local socket. A second one, started by `rallypoint://join/CODE`, hands the
//! link to it and ends.

mod link;

use std::path::{Path, PathBuf};

pub use link::parse_link;

use crate::Client;

/// Why links could not be handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandoffError {
    #[error("{0}")]
    InvalidInput(String),
    #[error("the running copy could not be reached: {0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Unsupported(String),
}

/// Whether this is the only copy.
pub enum Instance {
    /// It is, and hears from the others through the listener.
    First(Listener),
    /// Another one runs. The link, if there was one, has been handed to it and acknowledged: this one may end.
    Second,
}

/// Takes the place of the only copy of `app_id`, or hands `link` to the one that has it.
///
/// # Errors
/// See [`HandoffError`].
pub fn claim(app_id: &str, link: Option<&str>) -> Result<Instance, HandoffError> {
    let _ = (app_id, link);
    Err(HandoffError::Unsupported("not on this system".into()))
}

/// The first copy's ear.
pub struct Listener {}

impl Listener {
    /// The next link handed over, if there is one; never waits.
    pub fn try_next(&mut self) -> Option<String> {
        None
    }

    /// Gives every link to the client from now on, on a thread of its own.
    pub fn forward_to(self, client: Client) {
        drop(client);
    }
}

/// Makes the desktop open links of `scheme` with `exe`.
///
/// # Errors
/// See [`HandoffError`].
pub fn register_scheme(app_id: &str, name: &str, scheme: &str, exe: &Path) -> Result<PathBuf, HandoffError> {
    let _ = (app_id, name, scheme, exe);
    Err(HandoffError::Unsupported("not on this system".into()))
}
