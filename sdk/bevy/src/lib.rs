//! Rallypoint for Bevy: sign-in, friends, sessions, invites and matchmaking as messages, and a ready invite queue.
//!
//! [`RallypointPlugin`] owns a [`rallypoint::Client`]. What happens arrives as messages ([`InviteAdded`],
//! [`LinkChanged`] …) in `PreUpdate`; what the game wants goes out as [`RallypointCommand`]s and is answered by a
//! [`RallypointReply`]. Nothing ever blocks a frame. [`InviteQueueUiPlugin`] shows the invites; leave it out to draw
//! your own from [`InviteQueue`].
//!
//! ```no_run
//! use bevy::prelude::*;
//! use bevy_rallypoint::prelude::*;
//!
//! # fn main() -> Result<(), rallypoint::Error> {
//! App::new()
//!     .add_plugins((DefaultPlugins, RallypointPlugin::new("http://127.0.0.1:7777")?, InviteQueueUiPlugin))
//!     .add_systems(Startup, |mut commands: MessageWriter<RallypointCommand>| {
//!         commands.write(RallypointCommand::SignIn(SignIn::Guest { display_name: Some("Zoe".into()) }));
//!     })
//!     .run();
//! # Ok(())
//! # }
//! ```

mod command;
mod conditions;
mod message;
mod plugin;
mod queue;
mod queue_ui;
mod roster;

pub use command::{RallypointCommand, RallypointReply, SignIn, Whom};
pub use conditions::{in_queue, invites_waiting, link_is, matched, signed_in};
pub use message::{
    FriendAccepted, FriendRemoved, FriendRequested, FriendsChanged, InviteAdded, InviteChanged, InviteRemoved,
    JoinRequested, LinkChanged, MatchCancelled, MatchFinished, PresenceChanged, QueueChanged, SentInviteChanged,
    ServerMessage, SessionChanged, SignedOut,
};
pub use plugin::{Rallypoint, RallypointPlugin, RallypointSystems};
pub use queue::InviteQueue;
pub use queue_ui::{
    CardText, FrontInvite, InviteCard, InviteQueueExtent, InviteQueueKeys, InviteQueueTheme, InviteQueueUiPlugin,
    InviteQueueUiSystems, avatar_colour, initials, shorten,
};
pub use rallypoint;
pub use roster::Roster;

/// What most systems need.
pub mod prelude {
    pub use crate::{
        FriendAccepted, FriendRemoved, FriendRequested, FriendsChanged, InviteAdded, InviteChanged, InviteQueue,
        InviteQueueTheme, InviteQueueUiPlugin, InviteRemoved, JoinRequested, LinkChanged, MatchCancelled,
        MatchFinished, PresenceChanged, QueueChanged, Rallypoint, RallypointCommand, RallypointPlugin, RallypointReply,
        RallypointSystems, Roster, SentInviteChanged, SessionChanged, SignIn, SignedOut, Whom, in_queue,
        invites_waiting, link_is, matched, signed_in,
    };
    pub use rallypoint::{InviteEntry, InviteState, LinkState, RemovalReason};
}
