//! What Rallypoint is about. Services know users, sessions and invites, and nothing of HTTP, sockets or SQL
//! text; they publish what happened as an [`Event`](crate::hub::Event) through the hub.

pub mod auth;
pub mod housekeeping;
pub mod invites;
pub mod presence;
pub mod rates;
pub mod sessions;
pub mod users;

use std::time::{SystemTime, UNIX_EPOCH};

use rallypoint_protocol::{ApiError, Timestamp};

/// What a service answers. The error is one of the catalogue; each dialect puts it into its own form.
pub type Answer<T> = Result<T, ApiError>;

/// The server's clock.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
