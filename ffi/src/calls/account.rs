//! Sign-in.

use std::ffi::c_char;

use rallypoint::protocol::auth::Register;

use crate::{
    client::{self, Answer},
    guard::guard,
    record::signed_in,
    status::{Failure, RP_OK},
    strings::{copy_out, read, read_required, read_struct, write},
    types::*,
    views,
};

/// Makes an account and signs in. Completes with the user and `refresh_token`.
///
/// # Safety
/// `registration` and what it points to are readable; `request` can be written; either may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_register(
    client: rp_handle,
    registration: *const rp_registration,
    request: *mut u64,
) -> i32 {
    guard("rp_register", || {
        let given = unsafe { read_struct(registration) }.ok_or_else(|| Failure::null("registration"))?;
        let optional =
            |text: rp_str, what| unsafe { read(text.ptr, text.len, what) }.map(|text| text.map(str::to_owned));
        let register = Register {
            username: unsafe { read_required(given.username.ptr, given.username.len, "username") }?.to_owned(),
            password: unsafe { read_required(given.password.ptr, given.password.len, "password") }?.to_owned(),
            display_name: optional(given.display_name, "display_name")?,
            email: optional(given.email, "email")?,
            image_url: optional(given.image_url, "image_url")?,
        };
        unsafe {
            client::request(client, request, RP_OPERATION_REGISTER, |sdk| async move {
                let user = sdk.register(register).await?;
                Ok(Answer::from(signed_in(&user, sdk.refresh_token())))
            })
        }
    })
}

/// Signs in with a user name and a password. Completes with the user and `refresh_token`.
///
/// # Safety
/// Each text points to as many bytes as its length says; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_login(
    client: rp_handle,
    username: *const c_char,
    username_len: usize,
    password: *const c_char,
    password_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_login", || unsafe {
        let username = read_required(username, username_len, "username")?.to_owned();
        let password = read_required(password, password_len, "password")?.to_owned();
        client::request(client, request, RP_OPERATION_LOGIN, |sdk| async move {
            let user = sdk.login(&username, &password).await?;
            Ok(Answer::from(signed_in(&user, sdk.refresh_token())))
        })
    })
}

/// Signs in as a new user without a password, for as long as its refresh token is kept. The display name may be
/// absent. Completes with the user and `refresh_token`.
///
/// # Safety
/// `display_name` points to `display_name_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_guest(
    client: rp_handle,
    display_name: *const c_char,
    display_name_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_guest", || unsafe {
        let name = read(display_name, display_name_len, "display_name")?.map(str::to_owned);
        client::request(client, request, RP_OPERATION_GUEST, |sdk| async move {
            let user = sdk.guest(name.as_deref()).await?;
            Ok(Answer::from(signed_in(&user, sdk.refresh_token())))
        })
    })
}

/// Signs in again with a refresh token that was kept. Completes with the user and the next `refresh_token`.
///
/// # Safety
/// `refresh_token` points to `refresh_token_len` bytes; `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_resume(
    client: rp_handle,
    refresh_token: *const c_char,
    refresh_token_len: usize,
    request: *mut u64,
) -> i32 {
    guard("rp_resume", || unsafe {
        let token = read_required(refresh_token, refresh_token_len, "refresh_token")?.to_owned();
        client::request(client, request, RP_OPERATION_RESUME, |sdk| async move {
            let user = sdk.resume(&token).await?;
            Ok(Answer::from(signed_in(&user, sdk.refresh_token())))
        })
    })
}

/// Signs out, here and on the server.
///
/// # Safety
/// `request` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_logout(client: rp_handle, request: *mut u64) -> i32 {
    guard("rp_logout", || unsafe {
        client::request(client, request, RP_OPERATION_LOGOUT, |sdk| async move {
            sdk.logout().await?;
            Ok(Answer::default())
        })
    })
}

/// Writes who is signed in, or returns RP_ERR_NOT_SIGNED_IN. The texts hold until this thread calls this function
/// for this client again or frees it.
///
/// # Safety
/// `user` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_client_user(client: rp_handle, user: *mut rp_user) -> i32 {
    guard("rp_client_user", || {
        let signed_in = client::get(client)?.sdk().user().ok_or_else(Failure::not_signed_in)?;
        if user.is_null() {
            return Err(Failure::null("user"));
        }
        unsafe { write(user, views::set_user(client, &signed_in)?, "user") }?;
        Ok(RP_OK)
    })
}

/// Copies the token for rp_resume. It changes with every refresh: read it when the game is put away. `length` gets
/// its bytes, also when it does not fit (RP_ERR_BUFFER). It is not NUL-terminated.
///
/// # Safety
/// `buffer` holds `capacity` bytes or is null with capacity 0; `length` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_client_refresh_token(
    client: rp_handle,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    guard("rp_client_refresh_token", || {
        let token = client::get(client)?.sdk().refresh_token().ok_or_else(Failure::not_signed_in)?;
        unsafe { copy_out(&token, buffer, capacity, length) }?;
        Ok(RP_OK)
    })
}

/// Copies the token for one's own requests to the server, good for some minutes to hours. As
/// rp_client_refresh_token otherwise.
///
/// # Safety
/// `buffer` holds `capacity` bytes or is null with capacity 0; `length` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_client_access_token(
    client: rp_handle,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    guard("rp_client_access_token", || {
        let token = client::get(client)?.sdk().access_token().ok_or_else(Failure::not_signed_in)?;
        unsafe { copy_out(&token, buffer, capacity, length) }?;
        Ok(RP_OK)
    })
}
