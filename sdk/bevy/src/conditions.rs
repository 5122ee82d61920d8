//! Run conditions.

use bevy::prelude::*;
use rallypoint::{LinkState, protocol::matchmaking::QueueState};

use crate::{InviteQueue, Rallypoint};

/// Somebody is signed in.
pub fn signed_in(client: Option<Res<Rallypoint>>) -> bool {
    client.is_some_and(|client| client.user().is_some())
}

/// The link to the server is in the given state.
pub fn link_is(state: LinkState) -> impl Fn(Option<Res<Rallypoint>>) -> bool + Clone {
    move |client| client.map_or(LinkState::SignedOut, |client| client.link_state()) == state
}

/// At least one invite waits for an answer.
pub fn invites_waiting(queue: Option<Res<InviteQueue>>) -> bool {
    queue.is_some_and(|queue| !queue.entries().is_empty())
}

/// One waits in the matchmaking queue.
pub fn in_queue(client: Option<Res<Rallypoint>>) -> bool {
    client.is_some_and(|client| matches!(client.matchmaking().state(), QueueState::Queued(_)))
}

/// A match was found for one, or is being played.
pub fn matched(client: Option<Res<Rallypoint>>) -> bool {
    client.is_some_and(|client| matches!(client.matchmaking().state(), QueueState::Matched(_)))
}
