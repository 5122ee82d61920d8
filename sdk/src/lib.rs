//! Rallypoint's client: sign-in, sessions, invites, matchmaking, friends and presence, over Socket.IO with REST as its
//! fallback.
//!
//! [`Client`] is a cheap handle. Behind it, one thread keeps the connection: while the socket is up it is used,
//! while it is down the client polls and answers by REST, and what was missed is fetched when it is back.
//! Nothing has to be done for it; [`Client::link_state`] tells which it is.
//!
//! ```
//! use rallypoint::{Client, Event};
//!
//! # async fn example() -> Result<(), rallypoint::Error> {
//! let client = Client::builder("http://127.0.0.1:7777").build()?;
//! let mut events = client.events();
//! client.guest(Some("Ada")).await?;
//! while let Some(event) = events.next().await {
//!     if let Event::InviteAdded(entry) = event {
//!         client.invites().shown(entry.id());
//!         let seat = client.invites().accept(entry.id()).await?;
//!         println!("{} invites you to {:?}", entry.invite.sender_name, seat.session_code);
//!     } else if let Event::FriendRequested(friend) = event {
//!         client.friends().accept(friend.friendship_id).await?;
//!         client.friends().challenge(friend.user.id, "arena").await?;
//!     }
//! }
//! # Ok(())
//! # }
//! # // Without a server there is still a client, which tells that it is not signed in.
//! # let client = Client::builder("http://127.0.0.1:1").build()?;
//! # assert_eq!(client.link_state(), rallypoint::LinkState::SignedOut);
//! # assert!(client.shutdown(std::time::Duration::from_secs(5)));
//! # Ok::<(), rallypoint::Error>(())
//! ```

mod client;
mod driver;
mod error;
mod events;
mod friends;
pub mod handoff;
mod invites;
mod matchmaking;
mod network;
mod presence;
mod rest;
mod sessions;
mod socket;
mod sync;
mod thread;
mod tokens;

pub use client::{Client, ClientBuilder};
pub use error::Error;
pub use events::{Event, Events, Unread};
pub use friends::Friends;
pub use invites::Invites;
pub use matchmaking::Matchmaking;
pub use network::NetworkSwitch;
pub use presence::Presences;
pub use rallypoint_core::{
    FriendList, InviteEntry, InviteState, LinkState, RemovalReason, SentInviteUpdate, SentProgress,
};
pub use rallypoint_protocol as protocol;
pub use rallypoint_protocol::{ApiError, ErrorCode, FriendshipId, InviteId, SessionCode, User, UserId};
pub use sessions::Sessions;
