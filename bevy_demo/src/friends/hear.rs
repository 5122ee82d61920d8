//! What the server answers and tells.

use bevy::prelude::*;
use bevy_rallypoint::{FriendAccepted, FriendRequested, PresenceChanged, Rallypoint, RallypointReply, Whom};
use rallypoint::{
    Error,
    protocol::{User, social::FriendshipStatus},
};

use super::{Blocked, Pending, People, Search};
use crate::{field::Field, toast::Toast, words::first_name};

pub(super) fn replies(
    mut replies: MessageReader<RallypointReply>,
    mut pending: ResMut<Pending>,
    mut blocked: ResMut<Blocked>,
    mut toasts: MessageWriter<Toast>,
) {
    for reply in replies.read() {
        let told = match reply {
            RallypointReply::FriendRequested { whom: Whom::User(user), result } => {
                pending.users.remove(user);
                match result {
                    Ok(friend) if friend.status == FriendshipStatus::Pending => {
                        Some(Toast::good(format!("{} has been asked.", first_name(&friend.user.display_name))))
                    }
                    Ok(_) => None,
                    Err(error) => Some(Toast::failed("Not asked", error)),
                }
            }
            RallypointReply::FriendAccepted { friendship_id, result } => {
                pending.friendships.remove(friendship_id);
                failure("Not accepted", result)
            }
            RallypointReply::FriendDeclined { friendship_id, result } => {
                pending.friendships.remove(friendship_id);
                failure("Not declined", result)
            }
            RallypointReply::FriendRemoved { friendship_id, result } => {
                pending.friendships.remove(friendship_id);
                failure("Not removed", result)
            }
            RallypointReply::Blocked { user, result } => {
                pending.users.remove(user);
                if result.is_ok() {
                    blocked.0.insert(*user);
                }
                failure("Not blocked", result).or(Some(Toast::good("Blocked. Search for the name to undo it.")))
            }
            RallypointReply::Unblocked { user, result } => {
                pending.users.remove(user);
                if result.is_ok() {
                    blocked.0.remove(user);
                }
                failure("Not unblocked", result)
            }
            RallypointReply::BlockedFound(Ok(users)) => {
                blocked.0 = users.iter().map(|user| user.id).collect();
                None
            }
            _ => None,
        };
        toasts.write_batch(told);
    }
}

fn failure<T>(what: &str, result: &Result<T, Error>) -> Option<Toast> {
    result.as_ref().err().map(|error| Toast::failed(what, error))
}

pub(super) fn news(
    mut requested: MessageReader<FriendRequested>,
    mut accepted: MessageReader<FriendAccepted>,
    mut toasts: MessageWriter<Toast>,
) {
    for FriendRequested(friend) in requested.read() {
        toasts.write(Toast::good(format!("{} asks to be your friend.", first_name(&friend.user.display_name))));
    }
    for FriendAccepted(friend) in accepted.read() {
        toasts.write(Toast::good(format!("{} and you are friends now.", first_name(&friend.user.display_name))));
    }
}

pub(super) fn found(
    mut replies: MessageReader<RallypointReply>,
    mut presences: MessageReader<PresenceChanged>,
    search: Query<&Field, With<Search>>,
    client: Res<Rallypoint>,
    mut people: ResMut<People>,
) {
    let me = client.user().map(|user| user.id);
    let wanted = search.single().map(|field| field.text.trim().to_owned()).unwrap_or_default();
    for reply in replies.read() {
        // Answers to what was typed before are stale.
        if let RallypointReply::UsersFound { search, result: Ok(users) } = reply
            && *search == wanted
        {
            let mut found: Vec<User> = users.iter().filter(|user| Some(user.id) != me).cloned().collect();
            found.sort_by_key(|user| (!user.online, user.display_name.to_lowercase(), user.id));
            // Another search is news, whomever it finds: blocked people are among its results only.
            if people.search != wanted || people.found.as_ref() != Some(&found) {
                *people = People { search: wanted.clone(), found: Some(found) };
            }
        }
    }
    for PresenceChanged(presence) in presences.read() {
        let known = people.found.as_ref().and_then(|people| people.iter().position(|user| user.id == presence.user_id));
        if let (Some(at), Some(list)) = (known, people.found.as_mut()) {
            list[at].online = presence.online;
        }
    }
}
