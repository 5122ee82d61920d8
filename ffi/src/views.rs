//! What each thread was last handed for each client.
//!
//! Text that goes out points into these, so that no other thread can pull it away: not by polling, not by freeing
//! the client.

use std::{cell::RefCell, time::Instant};

use rallypoint::{
    FriendList, InviteEntry,
    protocol::{FriendshipId, User, matchmaking::QueueState},
};

use crate::{
    client,
    record::{self, FriendView, InviteView, QueueView, Record, UserView},
    status::{Failure, RP_ERR_OTHER},
    types::{rp_friend, rp_handle, rp_invite, rp_match_end, rp_player, rp_queue, rp_user},
};

thread_local! {
    static VIEWS: RefCell<Vec<View>> = const { RefCell::new(Vec::new()) };
}

struct View {
    client: rp_handle,
    event: Option<Record>,
    user: Option<UserView>,
    queue: Option<QueueView>,
    invites: Vec<InviteView>,
    friends: Vec<FriendView>,
}

pub(crate) fn set_event(client: rp_handle, record: Record) -> Result<(), Failure> {
    with(client, |view| view.event = Some(record))
}

pub(crate) fn set_user(client: rp_handle, user: &User) -> Result<rp_user, Failure> {
    with(client, |view| view.user.insert(record::user(user)).user)
}

pub(crate) fn set_queue(client: rp_handle, state: &QueueState) -> Result<rp_queue, Failure> {
    with(client, |view| view.queue.insert(QueueView::new(state)).queue)
}

pub(crate) fn set_invites(client: rp_handle, entries: Vec<InviteEntry>) -> Result<usize, Failure> {
    with(client, |view| {
        view.invites = entries.into_iter().map(InviteView::new).collect();
        view.invites.len()
    })
}

pub(crate) fn invite(client: rp_handle, index: usize) -> Option<rp_invite> {
    find(client, |view| view.invites.get(index).map(|invite| invite.at(Instant::now())))
}

/// The friendship that an invite of the picture belongs to: 0 if to none.
pub(crate) fn invite_friendship(client: rp_handle, index: usize) -> Option<i64> {
    find(client, |view| view.invites.get(index).map(|invite| invite.friendship().map_or(0, |id| id.0)))
}

/// Friends, then requests.
pub(crate) fn set_friends(client: rp_handle, list: &FriendList) -> Result<usize, Failure> {
    with(client, |view| {
        view.friends = list.friends.iter().chain(&list.requests).map(FriendView::new).collect();
        view.friends.len()
    })
}

pub(crate) fn friend(client: rp_handle, index: usize) -> Option<rp_friend> {
    find(client, |view| view.friends.get(index).map(|view| view.friend))
}

/// Of the event that was polled last.
pub(crate) fn event_friend(client: rp_handle) -> Option<rp_friend> {
    find(client, |view| view.event.as_ref()?.friend.as_deref().copied())
}

/// Of the event that was polled last.
pub(crate) fn event_friendship(client: rp_handle) -> Option<FriendshipId> {
    find(client, |view| view.event.as_ref()?.friendship)
}

pub(crate) fn player(client: rp_handle, index: usize) -> Option<rp_player> {
    find(client, |view| view.event.as_ref()?.players.get(index).copied())
}

/// Of the event that was polled last.
pub(crate) fn event_queue(client: rp_handle) -> Option<rp_queue> {
    find(client, |view| view.event.as_ref()?.queue.as_deref().copied())
}

/// Of the event that was polled last.
pub(crate) fn event_match_end(client: rp_handle) -> Option<rp_match_end> {
    find(client, |view| view.event.as_ref()?.match_end.as_deref().copied())
}

/// Lets go of what this thread holds for a client.
pub(crate) fn forget(client: rp_handle) {
    // Only a thread that is being torn down has none.
    let _ = VIEWS.try_with(|views| views.borrow_mut().retain(|view| view.client != client));
}

fn with<R>(client: rp_handle, change: impl FnOnce(&mut View) -> R) -> Result<R, Failure> {
    let changed = VIEWS.try_with(|views| {
        let mut views = views.borrow_mut();
        let place = views.iter().position(|view| view.client == client).unwrap_or_else(|| {
            views.retain(|view| client::lives(view.client));
            views.push(View { client, event: None, user: None, queue: None, invites: Vec::new(), friends: Vec::new() });
            views.len() - 1
        });
        change(&mut views[place])
    });
    changed.map_err(|_| Failure::new(RP_ERR_OTHER, "this thread is being torn down"))
}

fn find<R>(client: rp_handle, read: impl FnOnce(&View) -> Option<R>) -> Option<R> {
    let found = VIEWS.try_with(|views| views.borrow().iter().find(|view| view.client == client).and_then(read));
    found.ok().flatten()
}
