//! Every live session by its id.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use parking_lot::Mutex;

use super::{
    connection::Connection,
    now,
    session::{Ending, Session},
};
use crate::config::Config;

/// The sessions of a server.
#[derive(Default)]
pub(super) struct Registry {
    sessions: Mutex<HashMap<Arc<str>, Arc<Connection>>>,
    /// How sessions end that begin while the server stops.
    stopping: Mutex<Option<Ending>>,
}

/// A session that can be found, until this is dropped.
pub(super) struct Registered {
    registry: Arc<Registry>,
    pub(super) connection: Arc<Connection>,
}

impl Registry {
    pub(super) fn get(&self, sid: &str) -> Option<Arc<Connection>> {
        self.sessions.lock().get(sid).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.sessions.lock().len()
    }

    pub(super) fn insert(self: &Arc<Self>, config: &Arc<Config>, session: Session) -> Registered {
        let sid: Arc<str> = format!("{}{}", config.sid_prefix, random_id()).into();
        let connection = Connection::new(Arc::clone(&sid), Arc::clone(config), session, now());
        self.sessions.lock().insert(sid, Arc::clone(&connection));
        if let Some(ending) = self.stopping.lock().clone() {
            connection.end(now(), ending);
        }
        Registered { registry: Arc::clone(self), connection }
    }

    /// Ends all sessions, and those that begin from now on.
    pub(super) fn end_all(&self, ending: &Ending) {
        *self.stopping.lock() = Some(ending.clone());
        let all: Vec<_> = self.sessions.lock().values().cloned().collect();
        for connection in all {
            connection.end(now(), ending.clone());
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.registry.sessions.lock().remove(&*self.connection.sid);
    }
}

/// Returns 120 random bits, as the reference implementation writes them.
pub(crate) fn random_id() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 15]>())
}
