//! An invite's life: `pending → accepted | declined | cancelled | expired`.
//!
//! Each payload serves its Socket.IO event and its REST fallback alike.

use serde::{Deserialize, Serialize};

use crate::{FriendshipId, GameId, InviteId, SessionCode, Timestamp, UserId, auth::Success, session::GameOptions};

/// What an invite is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InviteKind {
    /// A seat in a session.
    #[default]
    Session,
    /// A friend's challenge on a map.
    Map,
    /// A Pong match with options.
    Pong,
    /// A planned activity.
    Activity,
}

impl InviteKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Map => "map",
            Self::Pong => "pong",
            Self::Activity => "activity",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InviteStatus {
    Pending,
    Accepted,
    Declined,
    Cancelled,
    Expired,
}

impl InviteStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

impl std::str::FromStr for InviteStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Pending, Self::Accepted, Self::Declined, Self::Cancelled, Self::Expired]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(UnknownStatus)
    }
}

/// A text that names no [`InviteStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no invite has such a status")]
pub struct UnknownStatus;

/// `invite:send`, `POST /invite/send`. Only the session's host may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendInvite {
    #[serde(alias = "receiverId")]
    pub receiver_id: UserId,
    #[serde(alias = "sessionCode")]
    pub session_code: SessionCode,
}

/// `invite:send:success`, to the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteSent {
    pub status: Success,
    pub invite_id: InviteId,
    pub session_code: SessionCode,
    pub receiver_id: UserId,
    /// `display_name#tag`
    pub receiver_name: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Seconds left, rounded up.
    pub expires_in: i64,
}

/// `invite:received`, to every device of the receiver, and again after a reconnect while it is pending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InviteReceived {
    pub invite_id: InviteId,
    #[serde(default)]
    pub kind: InviteKind,
    pub sender_id: UserId,
    /// `display_name#tag`
    pub sender_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_code: Option<SessionCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_port: Option<u16>,
    /// Of the kind `map`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// Of the kind `map`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friendship_id: Option<FriendshipId>,
    /// Of the kind `pong`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<GameOptions>,
    /// Of the kind `activity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Seconds left when this was written, rounded up. Count down from here, not from `expires_at`: the
    /// receiver's clock may be wrong.
    pub expires_in: i64,
}

/// `invite:acknowledged` from the receiver when the popup is shown; `POST /invite/acknowledge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcknowledgeInvite {
    #[serde(alias = "inviteId")]
    pub invite_id: InviteId,
}

/// `invite:acknowledged:ack`, to the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteAcknowledgedAck {
    pub status: Success,
    pub invite_id: InviteId,
}

/// `invite:acknowledged`, to the sender: the receiver's popup was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteAcknowledged {
    pub invite_id: InviteId,
    pub receiver_id: UserId,
    pub seen_at: Timestamp,
}

/// The receiver's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InviteAnswer {
    Accept,
    Decline,
}

impl InviteAnswer {
    /// The status that an invite has after this answer.
    pub const fn status(self) -> InviteStatus {
        match self {
            Self::Accept => InviteStatus::Accepted,
            Self::Decline => InviteStatus::Declined,
        }
    }
}

/// `invite:respond`, `POST /invite/respond`. Repeating the answer that won is answered like the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RespondInvite {
    #[serde(alias = "inviteId")]
    pub invite_id: InviteId,
    pub response: InviteAnswer,
}

/// `invite:respond:success`, to the receiver. The optional fields come with an accept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteResponded {
    /// `accepted` or `declined`
    pub status: InviteStatus,
    pub invite_id: InviteId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_code: Option<SessionCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_port: Option<u16>,
    /// Present when the bundled game server hosts the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub game_id: Option<GameId>,
    /// A netcode connect token in base64. Works once, within 30 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_token: Option<String>,
}

impl std::fmt::Debug for InviteResponded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InviteResponded")
            .field("status", &self.status)
            .field("invite_id", &self.invite_id)
            .field("session_code", &self.session_code)
            .field("game_id", &self.game_id)
            .finish_non_exhaustive()
    }
}

/// `invite:accepted`, to the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteAccepted {
    pub invite_id: InviteId,
    pub receiver_id: UserId,
    pub message: String,
    /// Where both are now. Of the kind `map` it has just been made, with both in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_code: Option<SessionCode>,
}

/// `invite:declined`, to the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteDeclined {
    pub invite_id: InviteId,
    pub receiver_id: UserId,
    pub message: String,
}

/// `invite:cancel`, `POST /invite/cancel`, by the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelInvite {
    #[serde(alias = "inviteId")]
    pub invite_id: InviteId,
}

/// `invite:cancel:success`, to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteCancelConfirmed {
    pub status: Success,
    pub invite_id: InviteId,
}

/// `invite:cancelled`, to the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteCancelled {
    pub invite_id: InviteId,
    pub reason: CloseReason,
}

/// `invite:expired`, to both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteExpired {
    pub invite_id: InviteId,
    pub reason: CloseReason,
}

/// Why an invite ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloseReason {
    /// The sender took it back.
    CancelledBySender,
    /// The session that it was for has closed.
    SessionClosed,
    /// The friendship has ended, and the challenge with it.
    FriendshipEnded,
    /// Nobody answered in time.
    Timeout,
    /// A reason that this version does not know.
    #[serde(other)]
    Unknown,
}

/// `invite:resolved`, to the receiver's other devices: stop ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteResolved {
    pub invite_id: InviteId,
    pub status: InviteStatus,
}

/// `GET /invite/check/{player_id}`: one's pending invites, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingInvites {
    pub status: Success,
    pub invites: Vec<InviteReceived>,
}

/// `GET /invite/sent`: one's own invites of the last 10 minutes, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentInvites {
    pub status: Success,
    pub invites: Vec<SentInvite>,
}

/// One's own invite and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentInvite {
    pub invite_id: InviteId,
    #[serde(default)]
    pub kind: InviteKind,
    pub status: InviteStatus,
    pub receiver_id: UserId,
    /// `display_name#tag`
    pub receiver_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_code: Option<SessionCode>,
    /// Of the kind `map`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// Of the kind `map`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friendship_id: Option<FriendshipId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub expires_in: i64,
    /// When it was handed to one of the receiver's connections.
    pub delivered_at: Option<Timestamp>,
    /// When the receiver's popup was shown.
    pub seen_at: Option<Timestamp>,
    pub responded_at: Option<Timestamp>,
}

/// `POST /invite/challenge`: invites a friend to a match on a map. The session is made when it is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeFriend {
    #[serde(alias = "receiverId")]
    pub receiver_id: UserId,
    /// One of `GET /maps`.
    pub map: String,
}

/// The answer to a [`ChallengeFriend`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeSent {
    pub status: Success,
    pub invite_id: InviteId,
    pub friendship_id: FriendshipId,
    pub map: String,
    pub receiver_id: UserId,
    /// `display_name#tag`
    pub receiver_name: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Seconds left, rounded up.
    pub expires_in: i64,
}

/// `GET /invites/{id}/trace`, for the sender and the receiver: what became of an invite, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteTrace {
    pub invite_id: InviteId,
    pub kind: InviteKind,
    pub status: InviteStatus,
    pub sender_id: UserId,
    pub receiver_id: UserId,
    /// Oldest first.
    pub steps: Vec<TraceStep>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceStep {
    pub step: InviteStep,
    pub at: Timestamp,
    /// The ways it was delivered: `socketio`, `rest`, `ws_invitations`. Those of a newer server may be others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
}

/// A step in an invite's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InviteStep {
    Created,
    /// Handed to a connection of the receiver's.
    Delivered,
    /// The receiver's popup was shown.
    Seen,
    Accepted,
    Declined,
    Cancelled,
    Expired,
    /// A step that this version does not know.
    #[serde(other)]
    Unknown,
}
