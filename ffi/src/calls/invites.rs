//! Invites: sent, shown, answered.

use std::ffi::c_char;

use rallypoint::protocol::{InviteId, UserId};

use crate::{
    client::{self, Answer},
    guard::guard,
    record::{invite_sent, responded, sent_invite, trace_step, traced},
    status::{Failure, RP_ERR_INDEX, RP_OK},
    strings::{read_code, write},
    types::*,
    views,
};

/// Invites a person to a session that one hosts. Completes with `invite_id`, the receiver (`user_id`,
/// `display_name`) and the time left; what becomes of it arrives as RP_EVENT_SENT_INVITE_CHANGED.
///
/// # Safety
/// `code` points to `code_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_invite_send(
    client: rp_handle,
    receiver_id: i64,
    code: *const c_char,
    code_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_invite_send", || unsafe {
        let code = read_code(code, code_len)?;
        client::request(client, request, RP_OPERATION_INVITE_SEND, |sdk| async move {
            Ok(Answer::from(invite_sent(&sdk.invites().send(UserId(receiver_id), code).await?)))
        })
    })
}

/// Says that the popup of an invite is on the screen, which its sender is told, once. Call it as often as you like.
#[unsafe(no_mangle)]
pub extern "C" fn rp_invite_shown(client: rp_handle, invite_id: i64) -> i32 {
    guard("rp_invite_shown", || {
        client::get(client)?.sdk().invites().shown(InviteId(invite_id));
        Ok(RP_OK)
    })
}

/// Accepts an invite; that of the kind map makes its session by it. Completes with the session's code, its server and,
/// for the bundled game server, `game_id` and `connect_token`. A second accept is the same answer.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_invite_accept(client: rp_handle, invite_id: i64, request: *mut u64) -> i32 {
    guard("rp_invite_accept", || unsafe {
        client::request(client, request, RP_OPERATION_INVITE_ACCEPT, move |sdk| async move {
            Ok(Answer::from(responded(&sdk.invites().accept(InviteId(invite_id)).await?)))
        })
    })
}

/// Declines an invite.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_invite_decline(client: rp_handle, invite_id: i64, request: *mut u64) -> i32 {
    guard("rp_invite_decline", || unsafe {
        client::request(client, request, RP_OPERATION_INVITE_DECLINE, move |sdk| async move {
            Ok(Answer::from(responded(&sdk.invites().decline(InviteId(invite_id)).await?)))
        })
    })
}

/// Takes back an invite that one has sent.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_invite_cancel(client: rp_handle, invite_id: i64, request: *mut u64) -> i32 {
    guard("rp_invite_cancel", || unsafe {
        client::request(client, request, RP_OPERATION_INVITE_CANCEL, move |sdk| async move {
            sdk.invites().cancel(InviteId(invite_id)).await?;
            Ok(Answer::about_invite(invite_id))
        })
    })
}

/// Asks for the invites that one has sent in the last 10 minutes, or that are still pending. Each is an
/// RP_EVENT_SENT_INVITE, newest first, then it completes with `count`.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_invites_sent(client: rp_handle, request: *mut u64) -> i32 {
    guard("rp_invites_sent", || unsafe {
        client::request(client, request, RP_OPERATION_INVITES_SENT, |sdk| async move {
            Ok(Answer::rows(sdk.invites().sent().await?.iter().map(sent_invite)))
        })
    })
}

/// Asks what became of an invite that one has sent or received. Each step is an RP_EVENT_TRACE_STEP, oldest first, then
/// it completes with `count`, `kind`, `status` and the other person as `user_id`. RP_CODE_INVITATION_NOT_FOUND if it is
/// between others.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_invite_trace(client: rp_handle, invite_id: i64, request: *mut u64) -> i32 {
    guard("rp_invite_trace", || unsafe {
        client::request(client, request, RP_OPERATION_INVITE_TRACE, move |sdk| async move {
            let trace = sdk.invites().trace(InviteId(invite_id)).await?;
            let me = sdk.user().map(|user| user.id);
            Ok(Answer::rows_of(traced(&trace, me), trace.steps.iter().map(trace_step)))
        })
    })
}

/// Takes a picture of the invite queue for this thread, newest first, and writes how many invites are in it. It is
/// what rp_invites_get reads until this thread calls this function for this client again.
///
/// # Safety
/// `count` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_invites_count(client: rp_handle, count: *mut usize) -> i32 {
    guard("rp_invites_count", || {
        let entries = client::get(client)?.sdk().invites().list();
        if count.is_null() {
            return Err(Failure::null("count"));
        }
        unsafe { write(count, views::set_invites(client, entries)?, "count") }?;
        Ok(RP_OK)
    })
}

/// Writes one invite of that picture; its `remaining_ms` is as of now. The texts hold until this thread calls
/// rp_invites_count for this client again or frees it.
///
/// # Safety
/// `invite` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_invites_get(client: rp_handle, index: usize, invite: *mut rp_invite) -> i32 {
    guard("rp_invites_get", || {
        client::get(client)?;
        let found = views::invite(client, index);
        let found = found.ok_or_else(|| Failure::new(RP_ERR_INDEX, "the picture has no invite at this index"))?;
        unsafe { write(invite, found, "invite") }?;
        Ok(RP_OK)
    })
}

/// Writes the friendship that an invite of the picture belongs to: of the kind map, else 0.
///
/// # Safety
/// `friendship_id` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_invites_friendship(client: rp_handle, index: usize, friendship_id: *mut i64) -> i32 {
    guard("rp_invites_friendship", || {
        client::get(client)?;
        let found = views::invite_friendship(client, index);
        let found = found.ok_or_else(|| Failure::new(RP_ERR_INDEX, "the picture has no invite at this index"))?;
        unsafe { write(friendship_id, found, "friendship_id") }?;
        Ok(RP_OK)
    })
}
