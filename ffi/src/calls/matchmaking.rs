//! Matchmaking: a place in the queue, and the match it leads to.

use crate::{
    client::{self, Answer},
    convert::options_in,
    guard::guard,
    record::{queue_left, queue_state},
    status::{Failure, RP_ERR_INDEX, RP_OK},
    strings::{read_struct, write},
    types::*,
    views,
};

/// Takes a place in the queue, or asks where one stands already. `options` may be null; what they leave open matches
/// anything. Completes as rp_matchmaking_status does; what follows arrives as RP_EVENT_QUEUE_CHANGED and
/// RP_EVENT_MATCH_FOUND.
///
/// # Safety
/// `options` is null or readable; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_matchmaking_join(
    client: rp_handle,
    options: *const rp_game_options,
    request: *mut u64,
) -> i32 {
    guard("rp_matchmaking_join", || unsafe {
        let options = read_struct(options).map(|options| options_in(&options)).transpose()?.flatten();
        client::request(client, request, RP_OPERATION_MATCHMAKING_JOIN, move |sdk| async move {
            Ok(Answer::from(queue_state(&sdk.matchmaking().join(options.unwrap_or_default()).await?)))
        })
    })
}

/// Asks where one stands; rp_event_queue reads the answer from the completion. A match comes with a fresh connect
/// token each time: so one comes back to it. Who waits need not call this, the library asks by itself.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_matchmaking_status(client: rp_handle, request: *mut u64) -> i32 {
    guard("rp_matchmaking_status", || unsafe {
        client::request(client, request, RP_OPERATION_MATCHMAKING_STATUS, |sdk| async move {
            Ok(Answer::from(queue_state(&sdk.matchmaking().status().await?)))
        })
    })
}

/// Leaves the queue; leaving a match that has begun forfeits it, which `forfeited` of the completion says. Without
/// either it does nothing.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_matchmaking_leave(client: rp_handle, request: *mut u64) -> i32 {
    guard("rp_matchmaking_leave", || unsafe {
        client::request(client, request, RP_OPERATION_MATCHMAKING_LEAVE, |sdk| async move {
            Ok(Answer::from(queue_left(&sdk.matchmaking().leave().await?)))
        })
    })
}

/// Writes where one was last known to stand, without asking the server. The texts hold until this thread calls this
/// function for this client again or frees it.
///
/// # Safety
/// `queue` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_matchmaking_state(client: rp_handle, queue: *mut rp_queue) -> i32 {
    guard("rp_matchmaking_state", || {
        let state = client::get(client)?.sdk().matchmaking().state();
        if queue.is_null() {
            return Err(Failure::null("queue"));
        }
        unsafe { write(queue, views::set_queue(client, &state)?, "queue") }?;
        Ok(RP_OK)
    })
}

/// Writes where one stands according to the event that this thread has polled last from this client: an
/// RP_EVENT_QUEUE_CHANGED or RP_EVENT_MATCH_FOUND, or the completion of rp_matchmaking_join or rp_matchmaking_status.
/// Else RP_ERR_INDEX. The texts hold as long as the event's.
///
/// # Safety
/// `queue` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_event_queue(client: rp_handle, queue: *mut rp_queue) -> i32 {
    guard("rp_event_queue", || {
        client::get(client)?;
        let found = views::event_queue(client);
        let found = found.ok_or_else(|| Failure::new(RP_ERR_INDEX, "the event does not tell of the queue"))?;
        unsafe { write(queue, found, "queue") }?;
        Ok(RP_OK)
    })
}

/// Writes how the match ended according to the event that this thread has polled last from this client: an
/// RP_EVENT_MATCH_CANCELLED or RP_EVENT_MATCH_FINISHED. Else RP_ERR_INDEX. The text holds as long as the event's.
///
/// # Safety
/// `end` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_event_match_end(client: rp_handle, end: *mut rp_match_end) -> i32 {
    guard("rp_event_match_end", || {
        client::get(client)?;
        let found = views::event_match_end(client);
        let found = found.ok_or_else(|| Failure::new(RP_ERR_INDEX, "the event does not tell of a match's end"))?;
        unsafe { write(end, found, "end") }?;
        Ok(RP_OK)
    })
}
