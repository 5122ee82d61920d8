//! What happened, in the domain's terms.

use std::sync::Arc;

use rallypoint_protocol::{
    InviteId, SessionCode, Timestamp, User, UserId,
    invite::{CloseReason, InviteKind, InviteStatus},
    matchmaking::{MatchCancelled, MatchFinished, MatchFound},
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
    InviteAccepted { invite_id: InviteId, receiver: Arc<User> },
    /// To the sender.
    InviteDeclined { invite_id: InviteId, receiver: Arc<User> },
    /// To the receiver.
    InviteCancelled { invite_id: InviteId, reason: CloseReason },
    /// To both.
    InviteExpired { invite_id: InviteId },
    /// To the receiver's other devices.
    InviteResolved { invite_id: InviteId, status: InviteStatus },
    /// To every member.
    SessionChanged(Arc<Session>),
    /// To each of the two players, with its own way into the game.
    MatchFound(Arc<MatchFound>),
    /// To each player of a match that does not come about.
    MatchCancelled(MatchCancelled),
    /// To each player, with its own rating.
    MatchFinished(MatchFinished),
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
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What of a session never changes.
#[derive(Clone, Debug)]
pub struct SessionFacts {
    pub code: SessionCode,
    pub name: String,
    pub server_ip: String,
    pub server_port: u16,
}
