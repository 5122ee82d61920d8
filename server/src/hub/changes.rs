//! Who may have come, gone or changed.

use std::collections::HashSet;

use parking_lot::Mutex;
use rallypoint_protocol::UserId;
use tokio::sync::Notify;

#[derive(Default)]
pub(super) struct Changes {
    users: Mutex<HashSet<UserId>>,
    some: Notify,
}

impl Changes {
    pub(super) fn add(&self, user: UserId) {
        let mut users = self.users.lock();
        let first = users.is_empty();
        users.insert(user);
        if first {
            self.some.notify_one();
        }
    }

    /// Everybody since the last call; waits for somebody. May be cancelled.
    pub(super) async fn take(&self) -> Vec<UserId> {
        loop {
            let users = std::mem::take(&mut *self.users.lock());
            if !users.is_empty() {
                return users.into_iter().collect();
            }
            self.some.notified().await;
        }
    }
}
