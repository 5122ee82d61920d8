//! The words that Rallypoint's client and server exchange.
//!
//! Everything here is plain data: serde types for the JSON on the wire, ids, timestamps and the one
//! [error catalogue](ErrorCode) that Rust, C, C# and every socket share. There is no I/O and no clock.
//!
//! * [`auth`]: sign-in and what a user looks like
//! * [`session`]: joinable lobbies with a code
//! * [`invite`]: an invite's life from send to answer
//! * [`presence`], [`social`], [`matchmaking`]: the other payloads of the Socket.IO dialect
//! * [`event`]: the named events that carry those payloads
//!
//! ```
//! use rallypoint_protocol::{event::ServerEvent, invite::InviteStatus};
//!
//! let event = ServerEvent::decode("invite:resolved", r#"{"invite_id": 7, "status": "accepted"}"#)?;
//! let ServerEvent::InviteResolved(resolved) = event else { panic!("another event") };
//! assert_eq!(resolved.status, InviteStatus::Accepted);
//! # Ok::<(), rallypoint_protocol::event::DecodeError>(())
//! ```

pub mod auth;
pub mod error;
pub mod event;
pub mod id;
pub mod invite;
pub mod matchmaking;
pub mod presence;
pub mod session;
pub mod social;
pub mod time;

pub use auth::User;
pub use error::{ApiError, ErrorCode};
pub use id::{ChatId, FriendshipId, GameId, InviteId, MessageId, NotificationId, SessionCode, TicketId, UserId};
pub use time::Timestamp;

/// Largest JSON text accepted in one frame or request body, in bytes (64 KiB). More is `PAYLOAD_TOO_LARGE`.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
