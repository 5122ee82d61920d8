//! The client's state machines, without I/O and without a clock.
//!
//! * [`queue::InviteQueue`]: the invites that ring here, their countdowns, answers and receipts
//! * [`link::Link`]: when to connect, when to poll instead, when to refresh the token
//! * [`sent::SentTracker`]: how far one's own invites have come
//! * [`standing::Standing`]: the place in matchmaking, and when to ask about it
//! * [`roster::Roster`]: the friends and the requests for friendship, and when to ask about them
//!
//! Each takes the present moment as an argument and tells what to do through `poll_output`; whoever owns
//! the sockets drives them with `handle_input`, `handle_timeout` and `poll_timeout`.

pub mod entry;
pub mod link;
pub mod queue;
pub mod roster;
pub mod sent;
pub mod standing;

pub use entry::{InviteEntry, InviteState, RemovalReason};
pub use link::LinkState;
pub use roster::FriendList;
pub use sent::{SentInviteUpdate, SentProgress};
