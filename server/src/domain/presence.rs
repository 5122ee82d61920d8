//! Who is online, and what people say of themselves.

use std::sync::Arc;

use rallypoint_protocol::{ApiError, ErrorCode, User, UserId, presence::Presence};

use crate::{
    domain::{Answer, now, users::Users},
    hub::Hub,
};

/// Users that can be asked about at once.
const MOST: usize = 100;
const STATUS_BYTES: usize = 256;

pub struct PresenceService {
    hub: Arc<Hub>,
    users: Arc<Users>,
}

impl PresenceService {
    pub fn new(hub: Arc<Hub>, users: Arc<Users>) -> Self {
        Self { hub, users }
    }

    /// Presence of users, in the order asked for; unknown ids are left out.
    pub async fn of(&self, ids: &[UserId]) -> Answer<Vec<Presence>> {
        if ids.len() > MOST {
            return Err(ApiError::new(ErrorCode::BadRequest, "Ask about at most 100 users at once."));
        }
        let now = now();
        let mut all = Vec::with_capacity(ids.len());
        for &id in ids {
            match self.users.get(id).await {
                Ok(user) => {
                    let (online, in_game, status) = self.hub.presence(id, now);
                    all.push(Presence { user_id: id, username: user.username.clone(), online, in_game, status });
                }
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// Sets what a user says of itself, for as long as it is online.
    pub fn set_status(&self, user: &User, status: Option<String>) -> Answer<Presence> {
        if status.as_ref().is_some_and(|status| status.len() > STATUS_BYTES) {
            return Err(ApiError::new(ErrorCode::BadRequest, "A status has at most 256 bytes."));
        }
        let now = now();
        if !self.hub.set_status(user.id, status.filter(|status| !status.is_empty()), now) {
            return Err(ApiError::new(ErrorCode::UserOffline, "Connect before you set a status."));
        }
        let (online, in_game, status) = self.hub.presence(user.id, now);
        Ok(Presence { user_id: user.id, username: user.username.clone(), online, in_game, status })
    }
}
