//! Clients: made, freed, polled.

use std::{ffi::c_char, time::Duration};

use crate::{
    client,
    convert::{link_number, non_zero_ms},
    guard::guard,
    log,
    status::{Failure, RP_ERR_INDEX, RP_ERR_START, RP_ERR_TIMEOUT, RP_OK},
    strings::{read_required, read_struct, write},
    types::*,
    views,
};

/// How long rp_client_free waits for the client's thread.
const FREE_TIMEOUT: Duration = Duration::from_secs(2);

/// Makes a client for the server at `url`, such as `http://127.0.0.1:7777`, and starts its one thread. Nothing
/// is sent before a sign-in. `options` may be null.
///
/// # Safety
/// `url` points to `url_len` bytes; `options` is null or readable; `client` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_client_new(
    url: *const c_char,
    url_len: usize,
    options: *const rp_client_options,
    client: *mut rp_handle,
) -> i32 {
    guard("rp_client_new", || {
        log::install();
        if client.is_null() {
            return Err(Failure::null("client"));
        }
        let url = unsafe { read_required(url, url_len, "url") }?;
        let mut builder = rallypoint::Client::builder(url);
        if let Some(options) = unsafe { read_struct(options) } {
            let range = |min: u32, max: u32, default: (u64, u64), what: &str| {
                let min = non_zero_ms(min).unwrap_or(Duration::from_millis(default.0));
                let max = non_zero_ms(max).unwrap_or(Duration::from_millis(default.1).max(min * 2));
                if min < max { Ok(min..max) } else { Err(Failure::argument(format!("{what}: min is not below max"))) }
            };
            if let Some(timeout) = non_zero_ms(options.request_timeout_ms) {
                builder = builder.request_timeout(timeout);
            }
            builder = builder
                .poll_interval(range(options.poll_min_ms, options.poll_max_ms, (5_000, 10_000), "poll")?)
                .reconnect_backoff(range(options.backoff_min_ms, options.backoff_max_ms, (1_000, 30_000), "backoff")?);
        }
        let built = builder.build().map_err(|error| match Failure::from(&error) {
            failure if failure.code == crate::status::RP_ERR_ARGUMENT => failure,
            failure => Failure::new(RP_ERR_START, failure.message),
        })?;
        unsafe { write(client, client::insert(built)?, "client") }?;
        Ok(RP_OK)
    })
}

/// Frees a client and waits up to 2 s for its thread. RP_ERR_TIMEOUT: it is freed, but its thread still runs and
/// will end by itself. Requests that were under way are given up.
#[unsafe(no_mangle)]
pub extern "C" fn rp_client_free(client: rp_handle) -> i32 {
    guard("rp_client_free", || {
        let freed = client::remove(client)?;
        views::forget(client);
        if freed.close(FREE_TIMEOUT) {
            return Ok(RP_OK);
        }
        Err(Failure::new(RP_ERR_TIMEOUT, "the client's thread has not ended yet"))
    })
}

/// Takes the next event: 1 if `event` was written, 0 if there is none. Costs some tens of nanoseconds when there
/// is none.
///
/// # Safety
/// `event` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_poll(client: rp_handle, event: *mut rp_event) -> i32 {
    guard("rp_poll", || {
        if event.is_null() {
            return Err(Failure::null("event"));
        }
        if client::is_idle(client)? {
            return Ok(0);
        }
        let Some(record) = client::get(client)?.poll() else { return Ok(0) };
        let value = record.event;
        views::set_event(client, record)?;
        unsafe { write(event, value, "event") }?;
        Ok(1)
    })
}

/// Writes a player of the session in the event that this thread has polled last from this client. `index` is
/// below its `player_count`. The text holds as long as the event's.
///
/// # Safety
/// `player` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_event_player(client: rp_handle, index: usize, player: *mut rp_player) -> i32 {
    guard("rp_event_player", || {
        client::get(client)?;
        let found = views::player(client, index);
        let found = found.ok_or_else(|| Failure::new(RP_ERR_INDEX, "the event has no player at this index"))?;
        unsafe { write(player, found, "player") }?;
        Ok(RP_OK)
    })
}

/// Writes the state of the connection, an RP_LINK_*.
///
/// # Safety
/// `link` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_link_state(client: rp_handle, link: *mut i32) -> i32 {
    guard("rp_link_state", || {
        let state = client::get(client)?.sdk().link_state();
        unsafe { write(link, link_number(state), "link") }?;
        Ok(RP_OK)
    })
}

/// Cuts this client off from the network, as if a cable were pulled: the socket is dropped, requests fail with
/// RP_ERR_NETWORK. For tests and debug panels.
#[unsafe(no_mangle)]
pub extern "C" fn rp_network_cut(client: rp_handle) -> i32 {
    guard("rp_network_cut", || {
        client::get(client)?.sdk().network().cut();
        Ok(RP_OK)
    })
}

/// Plugs the cable in again.
#[unsafe(no_mangle)]
pub extern "C" fn rp_network_restore(client: rp_handle) -> i32 {
    guard("rp_network_restore", || {
        client::get(client)?.sdk().network().restore();
        Ok(RP_OK)
    })
}

/// Writes 1 if the client was cut off with rp_network_cut, else 0.
///
/// # Safety
/// `cut` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_network_is_cut(client: rp_handle, cut: *mut i32) -> i32 {
    guard("rp_network_is_cut", || {
        let is_cut = client::get(client)?.sdk().network().is_cut();
        unsafe { write(cut, i32::from(is_cut), "cut") }?;
        Ok(RP_OK)
    })
}
