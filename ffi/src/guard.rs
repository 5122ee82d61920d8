//! The border: no panic passes it, every failure leaves words behind.

use std::{
    any::Any,
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    status::{Failure, RP_ERR_PANIC},
    types::rp_str,
};

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs the body of an exported function.
pub(crate) fn guard(function: &'static str, body: impl FnOnce() -> Result<i32, Failure>) -> i32 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(failure)) => {
            remember(function, &failure.message);
            failure.code
        }
        Err(payload) => {
            let message = describe(payload);
            tracing::error!(function, message, "a defect was caught at the border");
            remember(function, &message);
            RP_ERR_PANIC
        }
    }
}

/// What [`guard`] has kept for this thread.
pub(crate) fn last_error() -> rp_str {
    LAST_ERROR
        .try_with(|kept| kept.try_borrow().map_or(rp_str::ABSENT, |text| rp_str::of(&text)))
        .unwrap_or(rp_str::ABSENT)
}

fn remember(function: &str, message: &str) {
    // A thread that is being torn down has no words left, and needs none.
    let _ = LAST_ERROR.try_with(|kept| {
        if let Ok(mut text) = kept.try_borrow_mut() {
            *text = format!("{function}: {message}");
        }
    });
}

fn describe(payload: Box<dyn Any + Send>) -> String {
    let message = match payload.downcast_ref::<&str>() {
        Some(text) => (*text).to_owned(),
        None => payload.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic without words".to_owned()),
    };
    // Dropping a payload of unknown type could panic again, outside of the border.
    if !payload.is::<&str>() && !payload.is::<String>() {
        std::mem::forget(payload);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{status::RP_ERR_NULL, strings};

    fn words() -> String {
        let text = last_error();
        unsafe { strings::read(text.ptr, text.len, "words") }.unwrap().unwrap_or_default().to_owned()
    }

    #[test]
    fn failures_leave_words_for_their_own_thread() {
        assert_eq!(guard("rp_x", || Err(Failure::null("event"))), RP_ERR_NULL);
        assert_eq!(words(), "rp_x: event is null");
        std::thread::spawn(|| assert_eq!(words(), "")).join().unwrap();
        assert_eq!(guard("rp_y", || Ok(1)), 1);
        assert_eq!(words(), "rp_x: event is null");
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_contained() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        assert_eq!(guard("rp_x", || std::panic::panic_any(Bomb)), RP_ERR_PANIC);
        assert_eq!(words(), "rp_x: a panic without words");
    }
}
