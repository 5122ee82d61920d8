//! Version, errors and the log: what needs no client.

use std::{ffi::c_char, mem::size_of, time::Duration};

use crate::{
    client, guard,
    guard::guard,
    handoff, log,
    status::{self, Failure, RP_ERR_VERSION, RP_OK},
    strings::{self, write},
    types::*,
};

/// The version of this interface: thousands change when callers must be rebuilt, the rest when something is
/// added.
pub const RP_ABI_VERSION: i32 = 1_002;

/// The RP_ABI_VERSION that the library was built with.
#[unsafe(no_mangle)]
pub extern "C" fn rp_abi_version() -> i32 {
    RP_ABI_VERSION
}

/// RP_OK if the library serves a caller that was built for `expected` (its RP_ABI_VERSION), else
/// RP_ERR_VERSION. Call this first.
#[unsafe(no_mangle)]
pub extern "C" fn rp_check_version(expected: i32) -> i32 {
    guard("rp_check_version", || {
        if expected / 1_000 == RP_ABI_VERSION / 1_000 && (0..=RP_ABI_VERSION).contains(&expected) {
            return Ok(RP_OK);
        }
        let message = format!("the caller was built for version {expected}, this library is version {RP_ABI_VERSION}");
        Err(Failure::new(RP_ERR_VERSION, message))
    })
}

/// Writes the size in bytes of one of this header's structures (RP_STRUCT_*), so that a binding can compare it
/// with its own.
///
/// # Safety
/// `size` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_struct_size(structure: i32, size: *mut usize) -> i32 {
    guard("rp_struct_size", || {
        let bytes = match structure {
            RP_STRUCT_STR => size_of::<rp_str>(),
            RP_STRUCT_EVENT => size_of::<rp_event>(),
            RP_STRUCT_INVITE => size_of::<rp_invite>(),
            RP_STRUCT_USER => size_of::<rp_user>(),
            RP_STRUCT_PLAYER => size_of::<rp_player>(),
            RP_STRUCT_GAME_OPTIONS => size_of::<rp_game_options>(),
            RP_STRUCT_SESSION_SETTINGS => size_of::<rp_session_settings>(),
            RP_STRUCT_CLIENT_OPTIONS => size_of::<rp_client_options>(),
            RP_STRUCT_REGISTRATION => size_of::<rp_registration>(),
            RP_STRUCT_QUEUE => size_of::<rp_queue>(),
            RP_STRUCT_MATCH_END => size_of::<rp_match_end>(),
            RP_STRUCT_FRIEND => size_of::<rp_friend>(),
            _ => return Err(Failure::argument("no structure has this number")),
        };
        unsafe { write(size, bytes, "size") }?;
        Ok(RP_OK)
    })
}

/// Writes why the last failing call of this thread failed, in words for people. The text holds until the next
/// failing call of this thread; empty if none has failed.
///
/// # Safety
/// `message` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_last_error(message: *mut rp_str) -> i32 {
    guard("rp_last_error", || {
        unsafe { write(message, guard::last_error(), "message") }?;
        Ok(RP_OK)
    })
}

/// Writes the name (such as `USER_OFFLINE`) and the general advice for an RP_ERR_* or RP_CODE_*, and 1 to
/// `retryable` if the same call can succeed later. Each pointer may be null. The texts hold for ever.
///
/// # Safety
/// Each pointer is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_describe(code: i32, name: *mut rp_str, advice: *mut rp_str, retryable: *mut i32) -> i32 {
    guard("rp_describe", || {
        let described = status::local(code)
            .or_else(|| status::catalogued(code).map(|known| (known.as_str(), known.advice(), known.is_retryable())));
        let Some((its_name, its_advice, can_retry)) = described else {
            return Err(Failure::argument(format!("no error has the number {code}")));
        };
        unsafe {
            strings::write_if(name, rp_str::of(its_name));
            strings::write_if(advice, rp_str::of(its_advice));
            strings::write_if(retryable, i32::from(can_retry));
        }
        Ok(RP_OK)
    })
}

/// Takes one line out of the log: 1 if there was one, 0 if there is none. The library keeps the latest 1,024
/// lines of at most 2,048 bytes. `level` gets its RP_LOG_*, `length` its bytes; it is not NUL-terminated. If it
/// does not fit: RP_ERR_BUFFER, `length` says what is needed, and the line stays.
///
/// # Safety
/// `buffer` holds `capacity` bytes or is null with capacity 0; `length` and `level` can be written or are null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rp_log_next(buffer: *mut c_char, capacity: usize, length: *mut usize, level: *mut i32) -> i32 {
    guard("rp_log_next", || {
        log::take(|line| {
            unsafe { strings::copy_out(&line.text, buffer, capacity, length) }?;
            unsafe { strings::write_if(level, line.level) };
            Ok(())
        })
    })
}

/// Sets what goes into the log from now on, as an RP_LOG_*. At first RP_LOG_INFO.
#[unsafe(no_mangle)]
pub extern "C" fn rp_log_level(level: i32) -> i32 {
    guard("rp_log_level", || {
        log::set_level(level)?;
        Ok(RP_OK)
    })
}

/// Frees every client and every handoff, and waits until their threads have ended, at most `timeout_ms`
/// altogether: RP_ERR_TIMEOUT if one is still running then (it ends by itself, all handles are gone). Everything
/// can be made anew afterwards. For the end of a play session in an editor, and before the library is unloaded.
#[unsafe(no_mangle)]
pub extern "C" fn rp_shutdown_all(timeout_ms: u32) -> i32 {
    guard("rp_shutdown_all", || {
        handoff::close_all();
        client::close_all(Duration::from_millis(timeout_ms.into()))?;
        Ok(RP_OK)
    })
}

/// Panics, to show that a panic becomes an error number.
#[cfg(any(test, feature = "testing"))]
#[unsafe(no_mangle)]
pub extern "C" fn rp_testing_panic() -> i32 {
    guard("rp_testing_panic", || panic!("asked to"))
}

#[cfg(test)]
mod tests {
    use std::ptr::null_mut;

    use super::*;
    use crate::status::{RP_CODE_USER_OFFLINE, RP_ERR_ARGUMENT, RP_ERR_BUFFER, RP_ERR_NULL, RP_ERR_PANIC};

    #[test]
    fn a_panic_is_an_error_number_with_words() {
        assert_eq!(rp_testing_panic(), RP_ERR_PANIC);
        let mut message = rp_str::ABSENT;
        assert_eq!(unsafe { rp_last_error(&mut message) }, RP_OK);
        let text = unsafe { strings::read(message.ptr, message.len, "message") }.unwrap().unwrap();
        assert!(text.contains("rp_testing_panic") && text.contains("asked to"), "{text}");
    }

    #[test]
    fn only_versions_that_fit_are_accepted() {
        assert_eq!(rp_check_version(rp_abi_version()), RP_OK);
        assert_eq!(rp_check_version(1_000), RP_OK, "what was built before matchmaking came");
        for other in [0, -1_000, RP_ABI_VERSION + 1, RP_ABI_VERSION + 1_000, i32::MIN, i32::MAX] {
            assert_eq!(rp_check_version(other), RP_ERR_VERSION, "{other}");
        }
    }

    #[test]
    fn errors_are_described() {
        let (mut name, mut advice, mut retryable) = (rp_str::ABSENT, rp_str::ABSENT, -1);
        assert_eq!(unsafe { rp_describe(RP_CODE_USER_OFFLINE, &mut name, &mut advice, &mut retryable) }, RP_OK);
        assert_eq!(unsafe { strings::read(name.ptr, name.len, "name") }.unwrap(), Some("USER_OFFLINE"));
        assert!(advice.len > 0 && retryable == 0);
        assert_eq!(unsafe { rp_describe(1, null_mut(), null_mut(), null_mut()) }, RP_ERR_ARGUMENT);
    }

    #[test]
    fn null_is_refused() {
        assert_eq!(unsafe { rp_last_error(null_mut()) }, RP_ERR_NULL);
        assert_eq!(unsafe { rp_struct_size(RP_STRUCT_EVENT, null_mut()) }, RP_ERR_NULL);
    }

    #[test]
    fn a_log_line_that_does_not_fit_stays() {
        let _turn = log::TURN.lock();
        assert_eq!(rp_log_level(RP_LOG_INFO), RP_OK);
        assert_eq!(rp_log_level(9), RP_ERR_ARGUMENT);
        tracing::info!(invite_id = 7, "a line for the log");
        let (mut buffer, mut length, mut level) = ([0u8; 4096], 0, 0);
        let mut found = false;
        loop {
            let too_small = unsafe { rp_log_next(null_mut(), 0, &mut length, &mut level) };
            if too_small == 0 {
                break;
            }
            assert_eq!(too_small, RP_ERR_BUFFER);
            let needed = length;
            let taken = unsafe { rp_log_next(buffer.as_mut_ptr().cast(), buffer.len(), &mut length, &mut level) };
            assert_eq!((taken, length), (1, needed));
            found |= std::str::from_utf8(&buffer[..length]).unwrap().contains("a line for the log invite_id=7");
        }
        assert!(found);
    }
}
