//! Friends: asked for, accepted, challenged.

use std::ffi::c_char;

use rallypoint::{FriendshipId, UserId};

use crate::{
    client::{self, Answer},
    guard::guard,
    record::{about_user, challenge_sent, found_user, friend, friend_event, friendship, map, suggestion},
    status::{Failure, RP_ERR_INDEX, RP_OK},
    strings::{read_required, write, write_if},
    types::*,
    views,
};

/// Asks for all friends. Each is an RP_EVENT_FRIEND, newest first, then it completes with `count`; of more than 2,000
/// the newest. What was last known needs no request: see rp_friends_count.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friends_list(client: rp_handle, request: *mut u64) -> i32 {
    guard("rp_friends_list", || unsafe {
        client::request(client, request, RP_OPERATION_FRIENDS_LIST, |sdk| async move {
            let friends = sdk.friends().list().await?;
            Ok(Answer::rows(friends.iter().map(|row| friend_event(RP_EVENT_FRIEND, row))))
        })
    })
}

/// Asks for the requests that wait, in both directions. Each is an RP_EVENT_FRIEND, newest first, then it completes
/// with `count`.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friend_requests(client: rp_handle, request: *mut u64) -> i32 {
    guard("rp_friend_requests", || unsafe {
        client::request(client, request, RP_OPERATION_FRIEND_REQUESTS, |sdk| async move {
            let requests = sdk.friends().requests().await?;
            Ok(Answer::rows(requests.iter().map(|row| friend_event(RP_EVENT_FRIEND, row))))
        })
    })
}

/// Asks for friends of friends, 20 at most. Each is an RP_EVENT_SUGGESTION, those with the most friends in common
/// first, then it completes with `count`.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friend_suggestions(client: rp_handle, request: *mut u64) -> i32 {
    guard("rp_friend_suggestions", || unsafe {
        client::request(client, request, RP_OPERATION_FRIEND_SUGGESTIONS, |sdk| async move {
            Ok(Answer::rows(sdk.friends().suggestions().await?.iter().map(suggestion)))
        })
    })
}

/// Asks for somebody's friendship by the username. Completes with the row, which rp_event_friend reads: accepted at
/// once if that one has asked first. Repeating is the same answer. Refused with RP_CODE_BAD_REQUEST (oneself),
/// RP_CODE_NOT_FOUND, RP_CODE_FORBIDDEN (one has blocked them), RP_CODE_TOO_MANY_PENDING or RP_CODE_RATE_LIMITED.
///
/// # Safety
/// `username` points to `username_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friend_request(
    client: rp_handle,
    username: *const c_char,
    username_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_friend_request", || unsafe {
        let username = read_required(username, username_len, "username")?.to_owned();
        client::request(client, request, RP_OPERATION_FRIEND_REQUEST, |sdk| async move {
            Ok(Answer::from(friend(&sdk.friends().request(&username).await?)))
        })
    })
}

/// As rp_friend_request, by the person's number.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friend_request_user(client: rp_handle, user_id: i64, request: *mut u64) -> i32 {
    guard("rp_friend_request_user", || unsafe {
        client::request(client, request, RP_OPERATION_FRIEND_REQUEST, move |sdk| async move {
            Ok(Answer::from(friend(&sdk.friends().request_user(UserId(user_id)).await?)))
        })
    })
}

/// Accepts a request for friendship. Completes with the row, which rp_event_friend reads. Repeating is the same answer.
/// Refused with RP_CODE_NOT_FOUND when it is gone, or was never for oneself.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friend_accept(client: rp_handle, friendship_id: i64, request: *mut u64) -> i32 {
    guard("rp_friend_accept", || unsafe {
        client::request(client, request, RP_OPERATION_FRIEND_ACCEPT, move |sdk| async move {
            Ok(Answer::from(friend(&sdk.friends().accept(FriendshipId(friendship_id)).await?)))
        })
    })
}

/// Declines a request for friendship; whoever asked is told that it has ended. Refused with RP_CODE_NOT_FOUND.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friend_decline(client: rp_handle, friendship_id: i64, request: *mut u64) -> i32 {
    guard("rp_friend_decline", || unsafe {
        let id = FriendshipId(friendship_id);
        client::request(client, request, RP_OPERATION_FRIEND_DECLINE, move |sdk| async move {
            sdk.friends().decline(id).await?;
            Ok(Answer::from(friendship(id)))
        })
    })
}

/// Ends a friendship, or takes one's own request back. Refused with RP_CODE_NOT_FOUND.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friend_remove(client: rp_handle, friendship_id: i64, request: *mut u64) -> i32 {
    guard("rp_friend_remove", || unsafe {
        let id = FriendshipId(friendship_id);
        client::request(client, request, RP_OPERATION_FRIEND_REMOVE, move |sdk| async move {
            sdk.friends().remove(id).await?;
            Ok(Answer::from(friendship(id)))
        })
    })
}

/// Keeps somebody away: ends a friendship or request, and refuses what they send. Completes with `user_id`.
/// Refused with RP_CODE_NOT_FOUND or RP_CODE_BAD_REQUEST (oneself).
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_user_block(client: rp_handle, user_id: i64, request: *mut u64) -> i32 {
    guard("rp_user_block", || unsafe {
        let id = UserId(user_id);
        client::request(client, request, RP_OPERATION_USER_BLOCK, move |sdk| async move {
            sdk.friends().block(id).await?;
            Ok(Answer::from(about_user(id)))
        })
    })
}

/// Lets somebody come near again; a friendship has to be asked for anew. Completes with `user_id`.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_user_unblock(client: rp_handle, user_id: i64, request: *mut u64) -> i32 {
    guard("rp_user_unblock", || unsafe {
        let id = UserId(user_id);
        client::request(client, request, RP_OPERATION_USER_UNBLOCK, move |sdk| async move {
            sdk.friends().unblock(id).await?;
            Ok(Answer::from(about_user(id)))
        })
    })
}

/// Asks whom one has blocked, newest first. Each is an RP_EVENT_USER, then it completes with `count`.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_users_blocked(client: rp_handle, request: *mut u64) -> i32 {
    guard("rp_users_blocked", || unsafe {
        client::request(client, request, RP_OPERATION_USERS_BLOCKED, |sdk| async move {
            Ok(Answer::rows(sdk.friends().blocked().await?.iter().map(found_user)))
        })
    })
}

/// Asks for the maps that a challenge can be about. Each is an RP_EVENT_MAP, then it completes with `count`.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_maps(client: rp_handle, request: *mut u64) -> i32 {
    guard("rp_maps", || unsafe {
        client::request(client, request, RP_OPERATION_MAPS, |sdk| async move {
            Ok(Answer::rows(sdk.friends().maps().await?.iter().map(|name| map(name))))
        })
    })
}

/// Invites a friend to a match on a map. Completes with `invite_id`, the friend (`user_id`, `display_name`), `map` and
/// the time left. What becomes of it arrives as RP_EVENT_SENT_INVITE_CHANGED: once accepted, its `session_code` leads
/// into the match by rp_session_access. rp_invite_cancel takes it back. Refused with RP_CODE_INVALID_MAP,
/// RP_CODE_INVALID_FRIENDSHIP, RP_CODE_USER_OFFLINE, RP_CODE_USER_BUSY (in a match), RP_CODE_DUPLICATE_INVITATION,
/// RP_CODE_SELF_INVITE, RP_CODE_TOO_MANY_PENDING or RP_CODE_RATE_LIMITED.
///
/// # Safety
/// `map` points to `map_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_challenge(
    client: rp_handle,
    user_id: i64,
    map: *const c_char,
    map_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_challenge", || unsafe {
        let map = read_required(map, map_len, "map")?.to_owned();
        client::request(client, request, RP_OPERATION_CHALLENGE, move |sdk| async move {
            Ok(Answer::from(challenge_sent(&sdk.friends().challenge(UserId(user_id), &map).await?)))
        })
    })
}

/// Takes a picture of the friends and then the requests for this thread, each newest first, without asking the server,
/// and writes how many are in it. It is what rp_friends_get reads until this thread calls this function for this client
/// again. `fetched` may be null; it gets 0 until the server's lists have been read after the sign-in.
///
/// # Safety
/// `count` and `fetched` are null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friends_count(client: rp_handle, count: *mut usize, fetched: *mut i32) -> i32 {
    guard("rp_friends_count", || {
        let list = client::get(client)?.sdk().friends().state();
        if count.is_null() {
            return Err(Failure::null("count"));
        }
        unsafe {
            write(count, views::set_friends(client, &list)?, "count")?;
            write_if(fetched, i32::from(list.fetched));
        }
        Ok(RP_OK)
    })
}

/// Writes one row of that picture. The texts hold until this thread calls rp_friends_count for this client again or
/// frees it.
///
/// # Safety
/// `row` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_friends_get(client: rp_handle, index: usize, row: *mut rp_friend) -> i32 {
    guard("rp_friends_get", || {
        client::get(client)?;
        let found = views::friend(client, index);
        let found = found.ok_or_else(|| Failure::new(RP_ERR_INDEX, "the picture has no friend at this index"))?;
        unsafe { write(row, found, "row") }?;
        Ok(RP_OK)
    })
}

/// Writes the friend or request according to the event that this thread has polled last from this client: an
/// RP_EVENT_FRIEND, RP_EVENT_FRIEND_REQUESTED, RP_EVENT_FRIEND_ACCEPTED or RP_EVENT_FRIEND_REMOVED, or a completion of
/// rp_friend_request, rp_friend_request_user or rp_friend_accept. Else RP_ERR_INDEX. The texts hold as long as the
/// event's.
///
/// # Safety
/// `row` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_event_friend(client: rp_handle, row: *mut rp_friend) -> i32 {
    guard("rp_event_friend", || {
        client::get(client)?;
        let found = views::event_friend(client);
        let found = found.ok_or_else(|| Failure::new(RP_ERR_INDEX, "the event does not tell of a friend"))?;
        unsafe { write(row, found, "row") }?;
        Ok(RP_OK)
    })
}

/// Writes the friendship that the event is about which this thread has polled last from this client: whatever
/// rp_event_friend knows, an invite of the kind map (received or sent), and the completions of rp_friend_decline,
/// rp_friend_remove and rp_challenge. Else RP_ERR_INDEX.
///
/// # Safety
/// `friendship_id` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_event_friendship(client: rp_handle, friendship_id: *mut i64) -> i32 {
    guard("rp_event_friendship", || {
        client::get(client)?;
        let found = views::event_friendship(client);
        let found = found.ok_or_else(|| Failure::new(RP_ERR_INDEX, "the event does not tell of a friendship"))?;
        unsafe { write(friendship_id, found.0, "friendship_id") }?;
        Ok(RP_OK)
    })
}
