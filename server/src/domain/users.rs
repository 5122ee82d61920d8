//! Users, and the facts about them that never change, kept at hand.

use std::sync::Arc;

use quick_cache::sync::Cache;
use rallypoint_protocol::{ApiError, ErrorCode, User, UserId};

use crate::{
    domain::Answer,
    store::{self, Db},
};

/// Users whose facts stay in memory after they have gone.
const REMEMBERED: usize = 20_000;

pub struct Users {
    db: Db,
    known: Cache<UserId, Arc<User>>,
}

impl Users {
    pub fn new(db: Db) -> Self {
        Self { db, known: Cache::new(REMEMBERED) }
    }

    /// The user, whose `online` is not to be relied on.
    pub async fn get(&self, id: UserId) -> Answer<Arc<User>> {
        if let Some(user) = self.known.get(&id) {
            return Ok(user);
        }
        let user = store::users::find(&self.db, id).await?;
        let user = Arc::new(user.ok_or_else(|| ApiError::new(ErrorCode::NotFound, "No user has this id."))?);
        self.known.insert(id, Arc::clone(&user));
        Ok(user)
    }

    /// The user of this username, whichever its case.
    pub async fn named(&self, username: &str) -> Answer<Arc<User>> {
        // Postgres takes no text with a NUL, which no name has.
        let known = if username.contains('\0') { None } else { store::users::named(&self.db, username).await? };
        known.map(Arc::new).ok_or_else(|| ApiError::new(ErrorCode::NotFound, "No user has this name."))
    }

    pub fn remember(&self, user: &User) {
        self.known.insert(user.id, Arc::new(user.clone()));
    }

    /// Users whose username or display name begins with `prefix`, newest first, with the number of all.
    pub async fn search(&self, prefix: &str, except: &[UserId], limit: i64, offset: i64) -> Answer<(Vec<User>, i64)> {
        // No name holds it, and Postgres takes no text that does.
        if prefix.contains('\0') {
            return Ok((Vec::new(), 0));
        }
        Ok(store::users::search(&self.db, prefix, except, limit, offset).await?)
    }
}
