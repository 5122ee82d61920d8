//! What the server says, as JSON.

use rallypoint_protocol::{
    ApiError, InviteId, User,
    invite::{ChallengeSent, InviteStatus},
};
use serde_json::{Value, json};

use crate::hub::{Begun, InviteFacts};

/// What stands before an invite's id where two are no friends: with this, too, an answer can name it.
pub(super) const NO_FRIENDSHIP: &str = "invite:";

/// `friendship_id` of an invite between people who are no friends.
pub(super) fn no_friendship(invite: InviteId) -> String {
    format!("{NO_FRIENDSHIP}{invite}")
}

pub(super) fn received(facts: &InviteFacts, sender: &User, friendship: &str, seconds_left: i64) -> Value {
    let session = facts.session.as_ref();
    let map = facts.challenge.as_ref().map(|challenge| challenge.map.as_str());
    json!({
        "type": "game_invitation_received",
        "friendship_id": friendship,
        "sender_username": sender.username,
        "sender_image": sender.image_url.as_deref().unwrap_or_default(),
        // What is played, in the words of its own kind where that has no maps.
        "map": map.or(session.map(|session| session.name.as_str())).unwrap_or_default(),
        "invitation_id": facts.id.to_string(),
        "kind": facts.kind,
        "sender_id": facts.sender_id,
        "sender_name": facts.sender_name,
        "session_code": session.map(|session| session.code),
        "created_at": facts.created_at,
        "expires_at": facts.expires_at,
        "expires_in": seconds_left,
    })
}

pub(super) fn sent(sent: &ChallengeSent) -> Value {
    json!({
        "type": "game_invitation_sent",
        "friendship_id": sent.friendship_id,
        "invitation_id": sent.invite_id.to_string(),
        "map": sent.map,
        "receiver_name": sent.receiver_name,
        "expires_in": sent.expires_in,
    })
}

/// `players` are the sender and the receiver.
pub(super) fn begun(begun: &Begun, friendship: &str, players: [&User; 2]) -> Value {
    let player = |user: &User| json!({ "user_id": user.id, "username": user.username, "name": user.full_name() });
    json!({
        "type": "game_session_created",
        "friendship_id": friendship,
        "invitation_id": begun.invite_id.to_string(),
        "map": begun.map.as_deref().unwrap_or(&begun.session.name),
        "game_id": begun.session.game_id,
        "session_code": begun.session.session_code,
        "server_ip": begun.session.server_ip,
        "server_port": begun.session.server_port,
        "players": players.map(player),
    })
}

pub(super) fn declined(invite: InviteId, friendship: &str, receiver: &User) -> Value {
    json!({
        "type": "game_invitation_declined",
        "friendship_id": friendship,
        "invitation_id": invite.to_string(),
        "receiver_username": receiver.username,
    })
}

pub(super) fn cancelled(invite: InviteId, friendship: &str) -> Value {
    ended("game_invitation_cancelled", invite, friendship)
}

pub(super) fn expired(invite: InviteId, friendship: &str) -> Value {
    ended("game_invitation_expired", invite, friendship)
}

fn ended(kind: &str, invite: InviteId, friendship: &str) -> Value {
    json!({ "type": kind, "friendship_id": friendship, "invitation_id": invite.to_string() })
}

pub(super) fn resolved(invite: InviteId, friendship: &str, status: InviteStatus) -> Value {
    json!({
        "type": "game_invitation_resolved",
        "friendship_id": friendship,
        "invitation_id": invite.to_string(),
        "accepted": status == InviteStatus::Accepted,
    })
}

/// `friendship` is what the refused frame named.
pub(super) fn error(error: &ApiError, friendship: Option<&str>) -> Value {
    let mut frame = json!({ "type": "game_invitation_error", "code": error.code, "message": error.message });
    let optional = [
        ("retry_after", error.retry_after.map(Value::from)),
        ("details", error.details.as_deref().cloned()),
        ("invitation_id", error.invite_id.map(|id| id.to_string().into())),
        ("friendship_id", friendship.map(Value::from)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            frame[name] = value;
        }
    }
    frame
}
