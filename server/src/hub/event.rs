//! What happened, in the domain's terms.

use std::sync::Arc;

use rallypoint_protocol::{
    FriendshipId, InviteId, SessionCode, Timestamp, User, UserId,
    invite::{CloseReason, InviteKind, InviteStatus},
    matchmaking::{MatchCancelled, MatchFinished, MatchFound},
    presence::Presence,
    session::Session,
};

/// Something that a user's connections want to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// To the receiver: an invite has come, or is still pending after a reconnect.
    InviteCreated(Arc<InviteFacts>),
    /// To the sender: the receiver's popup was shown.
    InviteSeen { invite_id: InviteId, receiver_id: UserId, seen_at: Timestamp },
    /// To the sender.
    InviteAccepted { invite_id: InviteId, receiver: Arc<User>, session: SessionCode },
    /// To the sender, with the friendship that the two have, or had until this moment, where that is known.
    InviteDeclined { invite_id: InviteId, receiver: Arc<User>, friendship: Option<FriendshipId> },
    /// To the receiver, and to the sender's other devices.
    InviteCancelled { invite_id: InviteId, reason: CloseReason },
    /// To both.
    InviteExpired { invite_id: InviteId },
    /// To the receiver's other devices.
    InviteResolved { invite_id: InviteId, status: InviteStatus },
    /// To the sender and the receiver of an invite that was accepted: what they play.
    InviteBegun(Arc<Begun>),
    /// To every member.
    SessionChanged(Arc<Session>),
    /// To each of the two players, with its own way into the game.
    MatchFound(Arc<MatchFound>),
    /// To each player of a match that does not come about.
    MatchCancelled(MatchCancelled),
    /// To each player, with its own rating.
    MatchFinished(MatchFinished),
    /// To the one who is asked.
    FriendRequested { friendship_id: FriendshipId, user: Arc<User> },
    /// To the one who asks, on all its devices, with the other one.
    FriendAsked { friendship_id: FriendshipId, user: Arc<User> },
    /// To both, with the other one.
    FriendAccepted { friendship_id: FriendshipId, user: Arc<User> },
    /// To both, with the other one.
    FriendRemoved { friendship_id: FriendshipId, user_id: UserId },
    /// To friends.
    PresenceChanged(Arc<Presence>),
}

/// What an accepted invite has led to.
#[derive(Clone, Debug)]
pub struct Begun {
    pub invite_id: InviteId,
    pub sender_id: UserId,
    pub receiver_id: UserId,
    /// Of the kind `map`.
    pub friendship: Option<FriendshipId>,
    pub map: Option<String>,
    pub session: Session,
}

/// What every dialect may tell about an invite.
#[derive(Clone, Debug)]
pub struct InviteFacts {
    pub id: InviteId,
    pub kind: InviteKind,
    pub sender_id: UserId,
    /// `display_name#tag`
    pub sender_name: String,
    pub session: Option<SessionFacts>,
    /// Of the kind `map`.
    pub challenge: Option<Challenge>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a friend proposes.
#[derive(Clone, Debug)]
pub struct Challenge {
    pub friendship: FriendshipId,
    pub map: String,
}

/// What of a session never changes.
#[derive(Clone, Debug)]
pub struct SessionFacts {
    pub code: SessionCode,
    pub name: String,
    pub server_ip: String,
    pub server_port: u16,
}
