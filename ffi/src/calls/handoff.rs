//! Links into the game, and one copy of the game on a machine.

use std::{ffi::c_char, path::Path};

use rallypoint::handoff::{self as sdk_handoff, Instance};

use crate::{
    client,
    guard::guard,
    handoff,
    status::{Failure, RP_ERR_HANDOFF, RP_OK},
    strings::{copy_out, read, read_required, write, write_if},
    types::*,
};

/// Opens a link such as `rallypoint://join/K7QX2M`. It is kept until somebody is signed in, then it arrives as
/// RP_EVENT_JOIN_REQUESTED.
///
/// # Safety
/// `uri` points to `uri_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_open_link(client: rp_handle, uri: *const c_char, uri_len: usize) -> i32 {
    guard("rp_open_link", || {
        let uri = unsafe { read_required(uri, uri_len, "uri") }?;
        client::get(client)?.sdk().open_link(uri).map_err(|error| Failure::from(&error))?;
        Ok(RP_OK)
    })
}

/// Copies the session code out of a link. RP_ERR_ARGUMENT: it is no link to a session. A code has six bytes.
///
/// # Safety
/// `uri` points to `uri_len` bytes; `buffer` holds `capacity` bytes or is null with capacity 0; `length` is null or
/// can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_parse_link(
    uri: *const c_char,
    uri_len: usize,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    guard("rp_parse_link", || {
        let uri = unsafe { read_required(uri, uri_len, "uri") }?;
        let code = sdk_handoff::parse_link(uri).ok_or_else(|| Failure::argument("no link to a session"))?;
        unsafe { copy_out(code.as_str(), buffer, capacity, length) }?;
        Ok(RP_OK)
    })
}

/// Finds out whether this is the first copy of the game on this machine. `role` gets RP_HANDOFF_FIRST and `handoff` a
/// handle by which later links arrive, or RP_HANDOFF_SECOND and 0: the other copy runs and has taken `link` (which may
/// be absent), so end this one. `app_id` names the game, such as `com.example.pong`. Call it before anything is shown.
///
/// # Safety
/// Each text points to as many bytes as its length says; `handoff` and `role` are null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_handoff_claim(
    app_id: *const c_char,
    app_id_len: usize,
    link: *const c_char,
    link_len: usize,
    handoff: *mut rp_handle,
    role: *mut i32,
) -> i32 {
    guard("rp_handoff_claim", || {
        let app_id = unsafe { read_required(app_id, app_id_len, "app_id") }?;
        let link = unsafe { read(link, link_len, "link") }?;
        if handoff.is_null() {
            return Err(Failure::null("handoff"));
        }
        let claimed = sdk_handoff::claim(app_id, link);
        let (handle, its_role) = match claimed.map_err(|error| Failure::new(RP_ERR_HANDOFF, error.to_string()))? {
            Instance::First(listener) => (handoff::insert(listener)?, RP_HANDOFF_FIRST),
            Instance::Second => (0, RP_HANDOFF_SECOND),
        };
        unsafe { write(handoff, handle, "handoff") }?;
        unsafe { write_if(role, its_role) };
        Ok(RP_OK)
    })
}

/// Copies the next link that another copy has handed over: 1 if there was one, 0 if there is none. If it does not fit:
/// RP_ERR_BUFFER, `length` says what is needed, and the link stays. A link has at most 8,192 bytes.
///
/// # Safety
/// `buffer` holds `capacity` bytes or is null with capacity 0; `length` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_handoff_next(
    handoff: rp_handle,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    guard("rp_handoff_next", || handoff::next(handoff, |link| unsafe { copy_out(link, buffer, capacity, length) }))
}

/// From now on opens every link that another copy hands over on this client, as rp_open_link does. The handle of the
/// handoff is used up.
#[unsafe(no_mangle)]
pub extern "C" fn rp_handoff_attach(handoff: rp_handle, client: rp_handle) -> i32 {
    guard("rp_handoff_attach", || {
        let entry = client::get(client)?;
        handoff::attach(handoff, entry.sdk())?;
        Ok(RP_OK)
    })
}

/// Gives the place of the first copy up.
#[unsafe(no_mangle)]
pub extern "C" fn rp_handoff_free(handoff: rp_handle) -> i32 {
    guard("rp_handoff_free", || {
        handoff::remove(handoff)?;
        Ok(RP_OK)
    })
}

/// Makes this user's desktop open links of `scheme` (such as `rallypoint`) with the program `exe`, shown as `name`.
/// Linux; elsewhere RP_ERR_HANDOFF, where the installer does it.
///
/// # Safety
/// Each text points to as many bytes as its length says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_register_scheme(
    app_id: *const c_char,
    app_id_len: usize,
    name: *const c_char,
    name_len: usize,
    scheme: *const c_char,
    scheme_len: usize,
    exe: *const c_char,
    exe_len: usize,
) -> i32 {
    guard("rp_register_scheme", || {
        let app_id = unsafe { read_required(app_id, app_id_len, "app_id") }?;
        let name = unsafe { read_required(name, name_len, "name") }?;
        let scheme = unsafe { read_required(scheme, scheme_len, "scheme") }?;
        let exe = unsafe { read_required(exe, exe_len, "exe") }?;
        let registered = sdk_handoff::register_scheme(app_id, name, scheme, Path::new(exe));
        registered.map_err(|error| Failure::new(RP_ERR_HANDOFF, error.to_string()))?;
        Ok(RP_OK)
    })
}
