//! Sessions: lobbies that are joined by a code of six characters.

use std::ffi::c_char;

use crate::{
    client::{self, Answer},
    convert::create_session,
    guard::guard,
    record::{access, session},
    strings::{read_code, read_struct},
    types::*,
};

/// Makes a session with oneself as its host. `settings` may be null. Completes with the session.
///
/// # Safety
/// `settings` and what it points to are readable; `request` can be written; either may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_session_create(
    client: rp_handle,
    settings: *const rp_session_settings,
    request: *mut u64,
) -> i32 {
    guard("rp_session_create", || unsafe {
        let create = read_struct(settings).map(|settings| create_session(&settings)).transpose()?.unwrap_or_default();
        client::request(client, request, RP_OPERATION_SESSION_CREATE, |sdk| async move {
            Ok(Answer::from(session(&sdk.sessions().create(create).await?)))
        })
    })
}

/// Asks for a session. Completes with it; rp_event_player says who is in it.
///
/// # Safety
/// `code` points to `code_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_session_get(
    client: rp_handle,
    code: *const c_char,
    code_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_session_get", || unsafe {
        let code = read_code(code, code_len)?;
        client::request(client, request, RP_OPERATION_SESSION_GET, |sdk| async move {
            Ok(Answer::from(session(&sdk.sessions().get(code).await?)))
        })
    })
}

/// Takes a seat in a session. Completes with it.
///
/// # Safety
/// `code` points to `code_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_session_join(
    client: rp_handle,
    code: *const c_char,
    code_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_session_join", || unsafe {
        let code = read_code(code, code_len)?;
        client::request(client, request, RP_OPERATION_SESSION_JOIN, |sdk| async move {
            Ok(Answer::from(session(&sdk.sessions().join(code).await?)))
        })
    })
}

/// Gives one's seat up. If it was the host's, the player who has been there longest becomes host; the last one out
/// closes the session.
///
/// # Safety
/// `code` points to `code_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_session_leave(
    client: rp_handle,
    code: *const c_char,
    code_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_session_leave", || unsafe {
        let code = read_code(code, code_len)?;
        client::request(client, request, RP_OPERATION_SESSION_LEAVE, |sdk| async move {
            sdk.sessions().leave(code).await?;
            Ok(Answer::default())
        })
    })
}

/// Closes a session and cancels its pending invites. Only its host may.
///
/// # Safety
/// `code` points to `code_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_session_close(
    client: rp_handle,
    code: *const c_char,
    code_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_session_close", || unsafe {
        let code = read_code(code, code_len)?;
        client::request(client, request, RP_OPERATION_SESSION_CLOSE, |sdk| async move {
            sdk.sessions().close(code).await?;
            Ok(Answer::default())
        })
    })
}

/// Asks for a way into the game of a session that one has a seat in, on the bundled game server. Completes with
/// `game_id`, `server_ip`, `server_port` and `connect_token`.
///
/// # Safety
/// `code` points to `code_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_session_access(
    client: rp_handle,
    code: *const c_char,
    code_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_session_access", || unsafe {
        let code = read_code(code, code_len)?;
        client::request(client, request, RP_OPERATION_SESSION_ACCESS, |sdk| async move {
            Ok(Answer::from(access(&sdk.sessions().access(code).await?)))
        })
    })
}
