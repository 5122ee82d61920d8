//! The C interface of Rallypoint, for engines that are not written in Rust.
//!
//! `include/rallypoint.h` is generated from this crate and says how to use it. Nothing here is an interface for
//! Rust: use the crate `rallypoint` there.
//!
//! How it holds together:
//!
//! * [`registry`](crate::registry): handles are numbers with a generation, so a stale one is an error;
//! * [`guard`](crate::guard): no panic crosses the boundary, every failure leaves words for `rp_last_error`;
//! * [`client`](crate::client): requests run on the client's own thread and leave a record to be polled;
//! * [`record`](crate::record): an event together with the text that it points to;
//! * [`views`](crate::views): each thread keeps what it was last handed, so that no other thread can pull the
//!   text from under it.

#![allow(non_camel_case_types, reason = "the names of the C interface")]

mod calls;
mod client;
mod convert;
mod guard;
mod handoff;
mod log;
mod record;
mod registry;
mod status;
mod strings;
mod types;
mod views;

pub use calls::{
    account::*, friends::*, handoff::*, invites::*, library::*, lifecycle::*, matchmaking::*, people::*, sessions::*,
};
pub use status::*;
pub use types::*;
