//! Who is there.

use serde::{Deserialize, Serialize};

use crate::UserId;

/// `presence:changed`, and an entry of `GET /presence?user_ids=1,2,3`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub user_id: UserId,
    pub username: String,
    pub online: bool,
    #[serde(default)]
    pub in_game: bool,
    /// What the user says of itself; at most 256 bytes.
    #[serde(default)]
    pub status: Option<String>,
}

/// `PUT /presence`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStatus {
    /// At most 256 bytes; `null` clears it.
    pub status: Option<String>,
}
