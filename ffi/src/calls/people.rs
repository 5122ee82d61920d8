//! Other people.

use std::ffi::c_char;

use rallypoint::protocol::UserId;

use crate::{
    client::{self, Answer},
    guard::guard,
    record::{found_user, presence},
    status::Failure,
    strings::{read, read_slice},
    types::*,
};

/// Asks for the people whose name begins with `search`. Each is an RP_EVENT_USER, then it completes with `count`.
///
/// # Safety
/// `search` points to `search_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_find_users(
    client: rp_handle,
    search: *const c_char,
    search_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_find_users", || unsafe {
        let search = read(search, search_len, "search")?.unwrap_or_default().to_owned();
        client::request(client, request, RP_OPERATION_FIND_USERS, |sdk| async move {
            Ok(Answer::rows(sdk.find_users(&search).await?.iter().map(found_user)))
        })
    })
}

/// Asks who of up to 100 people is there. Each is an RP_EVENT_PRESENCE, then it completes with `count`.
///
/// # Safety
/// `user_ids` points to `count` numbers; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_presence(client: rp_handle, user_ids: *const i64, count: usize, request: *mut u64) -> i32 {
    guard("rp_presence", || unsafe {
        if count > 100 {
            return Err(Failure::argument("at most 100 people at once"));
        }
        let ids: Vec<UserId> = read_slice(user_ids, count, "user_ids")?.into_iter().map(UserId).collect();
        client::request(client, request, RP_OPERATION_PRESENCE, |sdk| async move {
            Ok(Answer::rows(sdk.presence().of(&ids).await?.iter().map(presence)))
        })
    })
}

/// Sets what friends see beside one's name, at most 256 bytes; absent clears it. It holds until the sign-out: after a
/// reconnect it is said again. Refused with RP_CODE_BAD_REQUEST when it is longer.
///
/// # Safety
/// `status` points to `status_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_set_status(
    client: rp_handle,
    status: *const c_char,
    status_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_set_status", || unsafe {
        let status = read(status, status_len, "status")?.map(str::to_owned);
        client::request(client, request, RP_OPERATION_SET_STATUS, |sdk| async move {
            sdk.presence().set_status(status).await?;
            Ok(Answer::default())
        })
    })
}
