//! Who is online, and what people say of themselves.

mod announcer;

use std::{collections::HashSet, sync::Arc};

use rallypoint_protocol::{ApiError, ErrorCode, User, UserId, presence::Presence};

use crate::{
    domain::{Answer, now, users::Users},
    hub::Hub,
    store::{self, Db},
};

/// Users that can be asked about at once.
const MOST: usize = 100;
const STATUS_BYTES: usize = 256;

pub struct PresenceService {
    db: Db,
    hub: Arc<Hub>,
    users: Arc<Users>,
}

impl PresenceService {
    pub fn new(db: Db, hub: Arc<Hub>, users: Arc<Users>) -> Self {
        Self { db, hub, users }
    }

    /// Presence of users, in the order asked for; unknown ids are left out. Across a block everybody is offline.
    pub async fn of(&self, viewer: UserId, ids: &[UserId]) -> Answer<Vec<Presence>> {
        if ids.len() > MOST {
            return Err(ApiError::new(ErrorCode::BadRequest, "Ask about at most 100 users at once."));
        }
        let hidden = store::blocks::around(&self.db, viewer).await?;
        let mut all = Vec::with_capacity(ids.len());
        for &id in ids {
            match self.users.get(id).await {
                Ok(user) if hidden.contains(&id) => all.push(offline(&user)),
                Ok(user) => all.push(self.of_one(&user)),
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// The users whose presence a viewer does not see.
    pub async fn hidden_from(&self, viewer: UserId) -> Answer<HashSet<UserId>> {
        Ok(store::blocks::around(&self.db, viewer).await?)
    }

    /// Presence as friends see it.
    pub fn of_one(&self, user: &User) -> Presence {
        let (online, in_game, status) = self.hub.presence(user.id, now());
        Presence { user_id: user.id, username: user.username.clone(), online, in_game, status }
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
        Ok(self.of_one(user))
    }
}

fn offline(user: &User) -> Presence {
    Presence { user_id: user.id, username: user.username.clone(), online: false, in_game: false, status: None }
}
