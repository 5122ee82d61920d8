//! The hub's events as Socket.IO events.

use rallypoint_protocol::{
    invite::{
        CloseReason, InviteAccepted, InviteAcknowledged, InviteCancelled, InviteDeclined, InviteExpired, InviteResolved,
    },
    session::SessionUpdated,
    social::{FriendRemoved, FriendUpdate},
};
use rallypoint_socketio::{SendError, Socket};

use crate::{
    domain::{invites::received, now},
    hub::Event,
};

pub(super) fn emit(socket: &Socket, event: &Event) -> Result<(), SendError> {
    match event {
        Event::InviteCreated(facts) => socket.emit("invite:received", &received(facts, now())),
        &Event::InviteSeen { invite_id, receiver_id, seen_at } => {
            socket.emit("invite:acknowledged", &InviteAcknowledged { invite_id, receiver_id, seen_at })
        }
        Event::InviteAccepted { invite_id, receiver, session } => {
            let message = format!("{} accepted your invite.", receiver.full_name());
            let payload = InviteAccepted {
                invite_id: *invite_id,
                receiver_id: receiver.id,
                message,
                session_code: Some(*session),
            };
            socket.emit("invite:accepted", &payload)
        }
        Event::InviteDeclined { invite_id, receiver, .. } => {
            let message = format!("{} declined your invite.", receiver.full_name());
            let payload = InviteDeclined { invite_id: *invite_id, receiver_id: receiver.id, message };
            socket.emit("invite:declined", &payload)
        }
        &Event::InviteCancelled { invite_id, reason } => {
            socket.emit("invite:cancelled", &InviteCancelled { invite_id, reason })
        }
        &Event::InviteExpired { invite_id } => {
            socket.emit("invite:expired", &InviteExpired { invite_id, reason: CloseReason::Timeout })
        }
        &Event::InviteResolved { invite_id, status } => {
            socket.emit("invite:resolved", &InviteResolved { invite_id, status })
        }
        Event::SessionChanged(session) => {
            socket.emit("session:updated", &SessionUpdated { session: (**session).clone() })
        }
        Event::MatchFound(found) => socket.emit("match:found", &**found),
        Event::MatchCancelled(cancelled) => socket.emit("match:cancelled", cancelled),
        Event::MatchFinished(finished) => socket.emit("match:finished", finished),
        Event::FriendRequested { friendship_id, user } => {
            socket.emit("friend:request", &FriendUpdate { friendship_id: *friendship_id, user: (**user).clone() })
        }
        Event::FriendAsked { friendship_id, user } => {
            socket.emit("friend:asked", &FriendUpdate { friendship_id: *friendship_id, user: (**user).clone() })
        }
        Event::FriendAccepted { friendship_id, user } => {
            socket.emit("friend:accepted", &FriendUpdate { friendship_id: *friendship_id, user: (**user).clone() })
        }
        &Event::FriendRemoved { friendship_id, user_id } => {
            socket.emit("friend:removed", &FriendRemoved { friendship_id, user_id })
        }
        Event::PresenceChanged(presence) => socket.emit("presence:changed", &**presence),
        // The session that was made is told as such.
        Event::InviteBegun(_) => Ok(()),
    }
}
