//! Deep links, and one running copy of a game per player.
//!
//! The first copy of a game owns a local socket. A second one, started by `rallypoint://join/CODE`, hands the
//! link to it and ends:
//!
//! ```no_run
//! use rallypoint::handoff::{Instance, claim};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let link = std::env::args().nth(1);
//! let client = rallypoint::Client::builder("http://127.0.0.1:7777").build()?;
//! match claim("org.example.game", link.as_deref())? {
//!     Instance::Second => return Ok(()),
//!     Instance::First(listener) => listener.forward_to(client.clone()),
//! }
//! // The link that this copy was started with waits in the client until somebody is signed in.
//! if let Some(link) = link {
//!     client.open_link(&link)?;
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(unix)]
mod frame;
mod link;
#[cfg(unix)]
mod listener;
#[cfg(unix)]
mod place;
mod scheme;
#[cfg(all(test, unix))]
mod tests;

use std::path::{Path, PathBuf};

pub use link::parse_link;
#[cfg(unix)]
pub use listener::Listener;

/// Why links could not be handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandoffError {
    /// An argument that can't be right; says which and why.
    #[error("{0}")]
    InvalidInput(String),
    #[error("the copies of the game can't reach each other: {0}")]
    Io(#[from] std::io::Error),
    /// The other copy is there, but does not take the link.
    #[error("the running copy does not take the link: {0}")]
    Refused(String),
    #[error("{0}")]
    Unsupported(String),
}

/// Whether this is the only copy.
#[derive(Debug)]
pub enum Instance {
    /// It is, and hears from the others through the listener.
    First(Listener),
    /// Another one runs. The link, if there was one, has been handed to it and acknowledged: this one may end.
    Second,
}

/// Takes the place of the only copy of `app_id` (such as `org.example.game`), or hands `link` to the one that has it.
/// The place is free again when the listener is dropped or the process ends, however it ends.
///
/// # Errors
/// [`HandoffError::Refused`] if the running copy belongs to somebody else, hangs or is flooded with links;
/// [`HandoffError::InvalidInput`] for an id that can't be a file name or an overlong link.
#[cfg(unix)]
pub fn claim(app_id: &str, link: Option<&str>) -> Result<Instance, HandoffError> {
    listener::claim_in(&std::sync::Arc::new(place::Place::of_this_user(app_id)?), link)
}

/// As on Unix, but not available here.
///
/// # Errors
/// Always [`HandoffError::Unsupported`].
#[cfg(not(unix))]
pub fn claim(_app_id: &str, _link: Option<&str>) -> Result<Instance, HandoffError> {
    Err(HandoffError::Unsupported("handing links over is available on Linux and macOS only".into()))
}

/// Never made here.
#[cfg(not(unix))]
#[derive(Debug)]
pub enum Listener {}

#[cfg(not(unix))]
impl Listener {
    /// Never called.
    pub fn try_next(&mut self) -> Option<String> {
        match *self {}
    }

    /// Never called.
    pub fn forward_to(self, _client: crate::Client) {
        match self {}
    }
}

/// Makes the desktop open links of `scheme` (such as `rallypoint`) with `exe`, and gives the file written.
///
/// On Linux that is `app_id.desktop` under `$XDG_DATA_HOME/applications`, set as the default in `mimeapps.list`.
///
/// # Errors
/// [`HandoffError::Unsupported`] on other systems, where the installer has to do it;
/// [`HandoffError::InvalidInput`] for a name, scheme or path that such a file can't hold.
pub fn register_scheme(app_id: &str, name: &str, scheme: &str, exe: &Path) -> Result<PathBuf, HandoffError> {
    if !cfg!(target_os = "linux") {
        return Err(HandoffError::Unsupported(
            "links can be registered from here on Linux only; elsewhere the installer does it".into(),
        ));
    }
    scheme::register_in(&scheme::Homes::of_this_user()?, app_id, name, scheme, exe)
}

/// Whether it can stand in a file name on every system.
fn check_app_id(app_id: &str) -> Result<(), HandoffError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if (1..=64).contains(&app_id.len()) && app_id.bytes().all(allowed) && !app_id.starts_with('.') {
        Ok(())
    } else {
        Err(HandoffError::InvalidInput(format!("{app_id:?} can't be an app id: use letters, digits, '.', '-', '_'")))
    }
}
