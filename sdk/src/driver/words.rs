//! What the server's events mean to the state machines.

use std::time::Instant;

use rallypoint_core::{SentInviteUpdate, SentProgress, queue::Input, roster, standing};
use rallypoint_protocol::{InviteId, event::ServerEvent, matchmaking::QueueState};

use super::Driver;
use crate::Event;

impl Driver {
    pub(super) fn understand(&mut self, now: Instant, event: ServerEvent) {
        if !self.presences.is_empty() && !matches!(event, ServerEvent::PresenceChanged(_)) {
            self.tell_presences();
        }
        match event {
            ServerEvent::InviteReceived(invite) => self.queue.handle_input(now, Input::Received(invite)),
            ServerEvent::InviteResolved(resolved) => {
                self.queue.handle_input(now, Input::Resolved(resolved.invite_id, resolved.status));
            }
            ServerEvent::InviteCancelled(cancelled) if self.sent.knows(cancelled.invite_id) => {
                self.advance(now, step(cancelled.invite_id, SentProgress::Cancelled));
            }
            ServerEvent::InviteCancelled(cancelled) => {
                self.queue.handle_input(now, Input::Cancelled(cancelled.invite_id, cancelled.reason));
            }
            ServerEvent::InviteExpired(expired) if self.sent.knows(expired.invite_id) => {
                self.advance(now, step(expired.invite_id, SentProgress::Expired));
            }
            ServerEvent::InviteExpired(expired) => {
                self.queue.handle_input(now, Input::Cancelled(expired.invite_id, expired.reason));
            }
            ServerEvent::RespondInviteSucceeded(responded) => {
                self.queue.handle_input(now, Input::Responded(responded));
            }
            ServerEvent::RespondInviteRefused(error) => match error.invite_id {
                Some(id) => self.queue.handle_input(now, Input::Refused { id, error }),
                // Without an id it is nobody's; the answer is repeated by REST, which tells.
                None => tracing::debug!(code = %error.code, "an answer was refused"),
            },
            ServerEvent::AcknowledgeInviteSucceeded(done) => {
                self.queue.handle_input(now, Input::Acknowledged(done.invite_id));
            }
            ServerEvent::AcknowledgeInviteRefused(error) => {
                if let Some(id) = error.invite_id.filter(|_| !error.code.is_retryable()) {
                    self.queue.handle_input(now, Input::Acknowledged(id));
                }
            }
            ServerEvent::InviteAcknowledged(seen) => {
                let receiver_id = Some(seen.receiver_id);
                self.advance(now, SentInviteUpdate { receiver_id, ..step(seen.invite_id, SentProgress::Seen) });
            }
            ServerEvent::InviteAccepted(accepted) => {
                self.advance(
                    now,
                    SentInviteUpdate {
                        receiver_id: Some(accepted.receiver_id),
                        session_code: accepted.session_code,
                        message: Some(accepted.message),
                        ..step(accepted.invite_id, SentProgress::Accepted)
                    },
                );
            }
            ServerEvent::InviteDeclined(declined) => {
                self.advance(
                    now,
                    SentInviteUpdate {
                        receiver_id: Some(declined.receiver_id),
                        message: Some(declined.message),
                        ..step(declined.invite_id, SentProgress::Declined)
                    },
                );
            }
            ServerEvent::SendInviteSucceeded(sent) => {
                let news = self.sent.track(now, sent.invite_id, sent.receiver_id);
                tracing::info!(invite_id = %sent.invite_id, receiver_id = %sent.receiver_id, "invited");
                self.answer_request(ServerEvent::SendInviteSucceeded(sent));
                self.publish_sent(news);
            }
            ServerEvent::CancelInviteSucceeded(done) => {
                self.answer_request(ServerEvent::CancelInviteSucceeded(done));
                self.advance(now, step(done.invite_id, SentProgress::Cancelled));
            }
            event @ (ServerEvent::SendInviteRefused(_) | ServerEvent::CancelInviteRefused(_)) => {
                self.answer_request(event);
            }
            ServerEvent::SessionUpdated(updated) => self.publish(Event::SessionUpdated(updated.session)),
            ServerEvent::PresenceChanged(presence) => {
                self.roster.handle_input(now, roster::Input::Presence(presence.clone()));
                self.presences.push(presence);
            }
            ServerEvent::FriendRequested(update) => {
                self.roster.handle_input(now, roster::Input::Requested(update));
            }
            ServerEvent::FriendAsked(update) => {
                self.roster.handle_input(now, roster::Input::Asked(update));
            }
            ServerEvent::FriendAccepted(update) => {
                self.roster.handle_input(now, roster::Input::Accepted(update));
            }
            ServerEvent::FriendRemoved(removed) => {
                self.roster.handle_input(now, roster::Input::Removed(removed));
            }
            ServerEvent::MatchFound(found) => {
                self.standing.handle_input(now, standing::Input::Told(QueueState::Matched(found)));
            }
            ServerEvent::MatchCancelled(cancelled) => {
                self.publish(Event::MatchCancelled(cancelled));
                self.standing.handle_input(now, standing::Input::Unclear);
            }
            ServerEvent::MatchFinished(finished) => {
                self.publish(Event::MatchFinished(finished));
                self.standing.handle_input(now, standing::Input::Told(QueueState::Idle));
            }
            other => self.publish(Event::Server(other)),
        }
    }

    /// Hands an answer to who waits for it. One that came too late has been asked for again by REST.
    fn answer_request(&mut self, event: ServerEvent) {
        if let Some(late) = self.requests.answer(event) {
            tracing::debug!(event = late.name(), "an answer that nobody waits for");
        }
    }

    fn advance(&mut self, now: Instant, update: SentInviteUpdate) {
        let news = self.sent.advance(now, update);
        self.publish_sent(news);
    }
}

fn step(invite_id: InviteId, progress: SentProgress) -> SentInviteUpdate {
    SentInviteUpdate { invite_id, receiver_id: None, progress, session_code: None, message: None }
}
