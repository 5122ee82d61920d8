//! The named events of the Socket.IO dialect. Each carries exactly one JSON object.

use serde_json::Value;

use crate::{ApiError, invite, matchmaking, presence, session, social};

/// An event that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    #[error("no event is called {0:?}")]
    UnknownEvent(String),
    #[error("malformed {event}: {source}")]
    Malformed { event: &'static str, source: serde_json::Error },
}

macro_rules! events {
    ($(#[$doc:meta])* $name:ident { $($variant:ident($payload:ty) = $event:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "moved once from the wire to its handler")]
        pub enum $name {
            $(#[doc = concat!("`", $event, "`")] $variant($payload),)*
        }

        impl $name {
            /// The names of all events of this direction.
            pub const NAMES: &[&str] = &[$($event),*];

            /// The event's name on the wire.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $event,)*
                }
            }

            /// The payload as a JSON value.
            pub fn payload(&self) -> Value {
                match self {
                    $(Self::$variant(payload) => serde_json::to_value(payload),)*
                }
                .unwrap_or(Value::Null)
            }

            /// Reads an event by its name and the JSON text of its payload.
            ///
            /// # Errors
            /// An unknown name, or a payload that does not fit it.
            pub fn decode(name: &str, payload: &str) -> Result<Self, DecodeError> {
                match name {
                    $($event => read(payload)
                        .map(Self::$variant)
                        .map_err(|source| DecodeError::Malformed { event: $event, source }),)*
                    _ => Err(DecodeError::UnknownEvent(name.chars().take(64).collect())),
                }
            }
        }
    };
}

/// A payload is an object; serde would take a list of its fields as well.
fn read<T: serde::de::DeserializeOwned>(payload: &str) -> Result<T, serde_json::Error> {
    if payload.trim_start().starts_with('{') {
        return serde_json::from_str(payload);
    }
    Err(serde::de::Error::custom("an object is expected"))
}

events! {
    /// What a client asks of the server. Every one is answered with `<name>:success` or `<name>:error`
    /// (an acknowledge with `invite:acknowledged:ack`).
    ClientCommand {
        SendInvite(invite::SendInvite) = "invite:send",
        AcknowledgeInvite(invite::AcknowledgeInvite) = "invite:acknowledged",
        RespondInvite(invite::RespondInvite) = "invite:respond",
        CancelInvite(invite::CancelInvite) = "invite:cancel",
        SendChat(social::SendChat) = "chat:send",
        TypeChat(social::ChatTyping) = "chat:typing",
        ReadChat(social::ChatRead) = "chat:read",
        JoinQueue(matchmaking::JoinQueue) = "match:join",
        LeaveQueue(matchmaking::LeaveQueue) = "match:leave",
    }
}

events! {
    /// What the server tells a client: answers to its own commands, and what others did.
    ServerEvent {
        SendInviteSucceeded(invite::InviteSent) = "invite:send:success",
        SendInviteRefused(ApiError) = "invite:send:error",
        AcknowledgeInviteSucceeded(invite::InviteAcknowledgedAck) = "invite:acknowledged:ack",
        AcknowledgeInviteRefused(ApiError) = "invite:acknowledged:error",
        RespondInviteSucceeded(invite::InviteResponded) = "invite:respond:success",
        RespondInviteRefused(ApiError) = "invite:respond:error",
        CancelInviteSucceeded(invite::InviteCancelConfirmed) = "invite:cancel:success",
        CancelInviteRefused(ApiError) = "invite:cancel:error",
        InviteReceived(invite::InviteReceived) = "invite:received",
        InviteAcknowledged(invite::InviteAcknowledged) = "invite:acknowledged",
        InviteAccepted(invite::InviteAccepted) = "invite:accepted",
        InviteDeclined(invite::InviteDeclined) = "invite:declined",
        InviteCancelled(invite::InviteCancelled) = "invite:cancelled",
        InviteExpired(invite::InviteExpired) = "invite:expired",
        InviteResolved(invite::InviteResolved) = "invite:resolved",
        SessionUpdated(session::SessionUpdated) = "session:updated",
        PresenceChanged(presence::Presence) = "presence:changed",
        FriendRequested(social::FriendUpdate) = "friend:request",
        FriendAsked(social::FriendUpdate) = "friend:asked",
        FriendAccepted(social::FriendUpdate) = "friend:accepted",
        FriendRemoved(social::FriendRemoved) = "friend:removed",
        ChatSendSucceeded(social::ChatDelivered) = "chat:send:success",
        ChatSendRefused(ApiError) = "chat:send:error",
        ChatMessage(social::ChatDelivered) = "chat:message",
        ChatTyping(social::ChatTyping) = "chat:typing",
        ChatRead(social::ChatRead) = "chat:read",
        Notified(social::Notified) = "notification",
        JoinQueueSucceeded(matchmaking::QueueState) = "match:join:success",
        JoinQueueRefused(ApiError) = "match:join:error",
        LeaveQueueSucceeded(matchmaking::QueueLeft) = "match:leave:success",
        LeaveQueueRefused(ApiError) = "match:leave:error",
        MatchFound(matchmaking::MatchFound) = "match:found",
        MatchCancelled(matchmaking::MatchCancelled) = "match:cancelled",
        MatchFinished(matchmaking::MatchFinished) = "match:finished",
        Refused(ApiError) = "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InviteId, UserId, invite::InviteAnswer};

    #[test]
    fn the_documented_payloads_read() {
        let sent = ClientCommand::decode("invite:send", r#"{"receiver_id": 2, "session_code": "K7QX2M"}"#).unwrap();
        assert!(matches!(sent, ClientCommand::SendInvite(invite::SendInvite { receiver_id: UserId(2), .. })));
        let answer = ClientCommand::decode("invite:respond", r#"{"invite_id": 9, "response": "accept"}"#).unwrap();
        let expected = invite::RespondInvite { invite_id: InviteId(9), response: InviteAnswer::Accept };
        assert_eq!(answer, ClientCommand::RespondInvite(expected));
    }

    #[test]
    fn malformed_payloads_name_the_event_and_unknown_events_are_cut_short() {
        for bad in [
            "null",
            "{}",
            "[]",
            r#"[9, "accept"]"#,
            r#"{"invite_id": "9", "response": "accept"}"#,
            r#"{"invite_id": 9, "response": 1}"#,
        ] {
            let error = ClientCommand::decode("invite:respond", bad).unwrap_err();
            assert!(error.to_string().starts_with("malformed invite:respond"), "{error}");
        }
        let error = ClientCommand::decode(&"x".repeat(1000), "{}").unwrap_err();
        assert!(error.to_string().len() < 100);
    }

    #[test]
    fn what_is_written_reads_back() {
        let event = ServerEvent::InviteAcknowledged(invite::InviteAcknowledged {
            invite_id: InviteId(1),
            receiver_id: UserId(2),
            seen_at: crate::Timestamp(1_784_884_380_250),
        });
        assert_eq!(ServerEvent::decode(event.name(), &event.payload().to_string()).unwrap(), event);
    }
}
