//! What happened, one message type per kind of [`rallypoint::Event`].

use bevy::{ecs::system::SystemParam, prelude::*};
use rallypoint::{
    Event, InviteEntry, LinkState, RemovalReason, SentInviteUpdate,
    protocol::{
        ApiError, SessionCode, event::ServerEvent, matchmaking, matchmaking::QueueState, presence::Presence,
        session::Session, social::Friend,
    },
};

/// The way to the server has changed.
#[derive(Message, Clone, Debug)]
pub struct LinkChanged {
    pub state: LinkState,
    /// Why, where the server or the network said.
    pub error: Option<ApiError>,
}

/// The server has ended the login; sign in again.
#[derive(Message, Clone, Debug)]
pub struct SignedOut {
    pub error: ApiError,
}

/// An invite rings.
#[derive(Message, Clone, Debug)]
pub struct InviteAdded(pub InviteEntry);

/// An invite's state has changed, for instance from ringing to being answered.
#[derive(Message, Clone, Debug)]
pub struct InviteChanged(pub InviteEntry);

/// An invite is gone from the queue.
#[derive(Message, Clone, Debug)]
pub struct InviteRemoved {
    pub entry: InviteEntry,
    pub reason: RemovalReason,
}

/// One's own invite was seen, answered, cancelled, or has expired.
#[derive(Message, Clone, Debug)]
pub struct SentInviteChanged(pub SentInviteUpdate);

/// A session that one is in has changed.
#[derive(Message, Clone, Debug)]
pub struct SessionChanged(pub Session);

/// Somebody has come or gone.
#[derive(Message, Clone, Debug)]
pub struct PresenceChanged(pub Presence);

/// Somebody asks for one's friendship.
#[derive(Message, Clone, Debug)]
pub struct FriendRequested(pub Friend);

/// There is a new friend, whoever of the two has accepted.
#[derive(Message, Clone, Debug)]
pub struct FriendAccepted(pub Friend);

/// A friendship or a request has ended.
#[derive(Message, Clone, Debug)]
pub struct FriendRemoved(pub Friend);

/// [`Roster`](crate::Roster) is another one: somebody was added, removed, came or went.
#[derive(Message, Clone, Copy, Debug)]
pub struct FriendsChanged;

/// One stands somewhere else in matchmaking: waiting, matched, or neither.
#[derive(Message, Clone, Debug)]
pub struct QueueChanged(pub QueueState);

/// The match that was found does not come about; [`QueueChanged`] tells what follows.
#[derive(Message, Clone, Debug)]
pub struct MatchCancelled(pub matchmaking::MatchCancelled);

/// The result of a match, with one's rating where it was ranked.
#[derive(Message, Clone, Debug)]
pub struct MatchFinished(pub matchmaking::MatchFinished);

/// A deep link asks to join a session. Delivered once one is signed in.
#[derive(Message, Clone, Copy, Debug)]
pub struct JoinRequested {
    pub code: SessionCode,
}

/// Everything else that the server says: chat, notifications.
#[derive(Message, Clone, Debug)]
pub struct ServerMessage(pub ServerEvent);

pub(crate) fn register(app: &mut App) {
    app.add_message::<LinkChanged>()
        .add_message::<SignedOut>()
        .add_message::<InviteAdded>()
        .add_message::<InviteChanged>()
        .add_message::<InviteRemoved>()
        .add_message::<SentInviteChanged>()
        .add_message::<SessionChanged>()
        .add_message::<PresenceChanged>()
        .add_message::<FriendRequested>()
        .add_message::<FriendAccepted>()
        .add_message::<FriendRemoved>()
        .add_message::<FriendsChanged>()
        .add_message::<QueueChanged>()
        .add_message::<MatchCancelled>()
        .add_message::<MatchFinished>()
        .add_message::<JoinRequested>()
        .add_message::<ServerMessage>();
}

/// Writes each event as the message of its kind.
#[derive(SystemParam)]
pub(crate) struct Dispatch<'w> {
    link: MessageWriter<'w, LinkChanged>,
    signed_out: MessageWriter<'w, SignedOut>,
    added: MessageWriter<'w, InviteAdded>,
    changed: MessageWriter<'w, InviteChanged>,
    removed: MessageWriter<'w, InviteRemoved>,
    sent: MessageWriter<'w, SentInviteChanged>,
    session: MessageWriter<'w, SessionChanged>,
    presence: MessageWriter<'w, PresenceChanged>,
    friend_requested: MessageWriter<'w, FriendRequested>,
    friend_accepted: MessageWriter<'w, FriendAccepted>,
    friend_removed: MessageWriter<'w, FriendRemoved>,
    friends: MessageWriter<'w, FriendsChanged>,
    queue: MessageWriter<'w, QueueChanged>,
    cancelled: MessageWriter<'w, MatchCancelled>,
    finished: MessageWriter<'w, MatchFinished>,
    join: MessageWriter<'w, JoinRequested>,
    server: MessageWriter<'w, ServerMessage>,
}

impl Dispatch<'_> {
    pub(crate) fn send(&mut self, event: Event) {
        match event {
            Event::LinkChanged { state, error } => {
                self.link.write(LinkChanged { state, error });
            }
            Event::SignedOut { error } => {
                self.signed_out.write(SignedOut { error });
            }
            Event::InviteAdded(entry) => {
                self.added.write(InviteAdded(entry));
            }
            Event::InviteChanged(entry) => {
                self.changed.write(InviteChanged(entry));
            }
            Event::InviteRemoved { entry, reason } => {
                self.removed.write(InviteRemoved { entry, reason });
            }
            Event::SentInviteChanged(update) => {
                self.sent.write(SentInviteChanged(update));
            }
            Event::SessionUpdated(session) => {
                self.session.write(SessionChanged(session));
            }
            Event::PresenceChanged(presence) => {
                self.presence.write(PresenceChanged(presence));
            }
            Event::FriendRequested(friend) => {
                self.friend_requested.write(FriendRequested(friend));
            }
            Event::FriendAccepted(friend) => {
                self.friend_accepted.write(FriendAccepted(friend));
            }
            Event::FriendRemoved(friend) => {
                self.friend_removed.write(FriendRemoved(friend));
            }
            Event::FriendsChanged => {
                self.friends.write(FriendsChanged);
            }
            Event::QueueChanged(state) => {
                self.queue.write(QueueChanged(state));
            }
            Event::MatchCancelled(cancelled) => {
                self.cancelled.write(MatchCancelled(cancelled));
            }
            Event::MatchFinished(finished) => {
                self.finished.write(MatchFinished(finished));
            }
            Event::JoinRequested { code } => {
                self.join.write(JoinRequested { code });
            }
            Event::Server(event) => {
                self.server.write(ServerMessage(event));
            }
            // A kind that a later client version adds is of no concern to games built on this one.
            _ => {}
        }
    }
}
