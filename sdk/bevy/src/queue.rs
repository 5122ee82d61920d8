//! The waiting invites as a resource.

use bevy::prelude::*;
use rallypoint::{InviteEntry, protocol::InviteId};

use crate::{InviteAdded, InviteChanged, InviteRemoved};

/// The invites that wait for an answer, newest first. Read it to draw a queue of your own.
#[derive(Resource, Clone, Debug, Default)]
pub struct InviteQueue {
    entries: Vec<InviteEntry>,
}

impl InviteQueue {
    /// Newest first.
    pub fn entries(&self) -> &[InviteEntry] {
        &self.entries
    }

    pub fn get(&self, id: InviteId) -> Option<&InviteEntry> {
        self.entries.iter().find(|entry| entry.invite.invite_id == id)
    }

    fn put(&mut self, entry: InviteEntry) {
        match self.entries.iter_mut().find(|known| known.invite.invite_id == entry.invite.invite_id) {
            Some(known) => *known = entry,
            None => {
                let newer = |known: &InviteEntry| known.invite.invite_id > entry.invite.invite_id;
                let place = self.entries.iter().take_while(|known| newer(known)).count();
                self.entries.insert(place, entry);
            }
        }
    }

    pub(crate) fn replace(&mut self, entries: Vec<InviteEntry>) {
        self.entries = entries;
    }

    fn remove(&mut self, id: InviteId) {
        self.entries.retain(|entry| entry.invite.invite_id != id);
    }
}

pub(crate) fn follow(
    mut queue: ResMut<InviteQueue>,
    mut added: MessageReader<InviteAdded>,
    mut changed: MessageReader<InviteChanged>,
    mut removed: MessageReader<InviteRemoved>,
) {
    for InviteAdded(entry) in added.read() {
        queue.put(entry.clone());
    }
    for InviteChanged(entry) in changed.read() {
        queue.put(entry.clone());
    }
    for gone in removed.read() {
        queue.remove(gone.entry.invite.invite_id);
    }
}
