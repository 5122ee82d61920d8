//! Requests over the socket that wait for their answer. Answers are matched by what they are about.

use std::time::{Duration, Instant};

use rallypoint_protocol::{
    ApiError, InviteId, SessionCode, UserId,
    event::{ClientCommand, ServerEvent},
};
use tokio::sync::oneshot;

use super::RequestFailure;

/// Requests under way at once.
const CAPACITY: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Send { receiver_id: UserId, session_code: SessionCode },
    Cancel(InviteId),
}

struct Waiting {
    key: Key,
    until: Instant,
    reply: oneshot::Sender<Result<ServerEvent, RequestFailure>>,
}

/// In the order in which they were sent.
#[derive(Default)]
pub(super) struct Requests {
    waiting: Vec<Waiting>,
}

impl Requests {
    /// Waits for the answer to a command that is about to be sent; false if nothing can be waited for.
    pub(super) fn add(
        &mut self,
        now: Instant,
        limit: Duration,
        command: &ClientCommand,
        reply: oneshot::Sender<Result<ServerEvent, RequestFailure>>,
    ) -> bool {
        let key = match command {
            ClientCommand::SendInvite(wish) => {
                Key::Send { receiver_id: wish.receiver_id, session_code: wish.session_code }
            }
            ClientCommand::CancelInvite(wish) => Key::Cancel(wish.invite_id),
            _ => {
                let _ = reply.send(Err(RequestFailure::NoSocket));
                return false;
            }
        };
        if self.waiting.len() >= CAPACITY {
            let _ = reply.send(Err(RequestFailure::NoSocket));
            return false;
        }
        self.waiting.push(Waiting { key, until: now + limit, reply });
        true
    }

    /// The last one added was not sent after all.
    pub(super) fn unsent(&mut self) {
        if let Some(waiting) = self.waiting.pop() {
            let _ = waiting.reply.send(Err(RequestFailure::NoSocket));
        }
    }

    /// Hands an answer to who waits for it; gives it back if nobody does.
    pub(super) fn answer(&mut self, event: ServerEvent) -> Option<ServerEvent> {
        let index = match &event {
            ServerEvent::SendInviteSucceeded(sent) => {
                let key = Key::Send { receiver_id: sent.receiver_id, session_code: sent.session_code };
                self.waiting.iter().position(|waiting| waiting.key == key)
            }
            ServerEvent::SendInviteRefused(error) => match refused_send(error) {
                Some(key) => self.waiting.iter().position(|waiting| waiting.key == key),
                // Without an echo the oldest is the likeliest: they are carried out in order.
                None => self.waiting.iter().position(|waiting| matches!(waiting.key, Key::Send { .. })),
            },
            ServerEvent::CancelInviteSucceeded(cancelled) => self.cancel(Some(cancelled.invite_id)),
            ServerEvent::CancelInviteRefused(error) => self.cancel(error.invite_id),
            _ => None,
        };
        match index {
            Some(index) => {
                // Whoever has stopped waiting does not mind.
                let _ = self.waiting.remove(index).reply.send(Ok(event));
                None
            }
            None => Some(event),
        }
    }

    fn cancel(&self, invite_id: Option<InviteId>) -> Option<usize> {
        self.waiting.iter().position(|waiting| match (waiting.key, invite_id) {
            (Key::Cancel(id), Some(answered)) => id == answered,
            (Key::Cancel(_), None) => true,
            _ => false,
        })
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.iter().map(|waiting| waiting.until).min()
    }

    /// Gives up what has waited too long.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        for waiting in self.waiting.extract_if(.., |waiting| waiting.until <= now) {
            let _ = waiting.reply.send(Err(RequestFailure::Lost));
        }
    }

    /// The socket is gone, and with it the answers.
    pub(super) fn lose_all(&mut self) {
        for waiting in self.waiting.drain(..) {
            let _ = waiting.reply.send(Err(RequestFailure::Lost));
        }
    }
}

fn refused_send(error: &ApiError) -> Option<Key> {
    let details = error.details.as_ref()?;
    let receiver_id = details.get("receiver_id")?.as_i64().map(UserId)?;
    let session_code = details.get("session_code")?.as_str()?.parse().ok()?;
    Some(Key::Send { receiver_id, session_code })
}

#[cfg(test)]
mod tests {
    use rallypoint_protocol::{
        ErrorCode,
        invite::{CancelInvite, SendInvite},
    };
    use serde_json::json;

    use super::*;

    type Answer = oneshot::Receiver<Result<ServerEvent, RequestFailure>>;

    fn send(requests: &mut Requests, now: Instant, receiver: i64) -> Answer {
        let wish = SendInvite { receiver_id: UserId(receiver), session_code: "K7QX2M".parse().unwrap() };
        let (reply, answer) = oneshot::channel();
        assert!(requests.add(now, Duration::from_secs(5), &ClientCommand::SendInvite(wish), reply));
        answer
    }

    fn refusal(receiver: i64) -> ServerEvent {
        let details = json!({ "receiver_id": receiver, "session_code": "K7QX2M" });
        ServerEvent::SendInviteRefused(ApiError::from(ErrorCode::UserOffline).with_details(details))
    }

    #[test]
    fn answers_find_their_request_by_what_they_are_about() {
        let (mut requests, now) = (Requests::default(), Instant::now());
        let (mut first, mut second) = (send(&mut requests, now, 1), send(&mut requests, now, 2));
        assert_eq!(requests.answer(refusal(2)), None);
        assert_eq!(second.try_recv(), Ok(Ok(refusal(2))));
        assert!(first.try_recv().is_err());
        let stranger = refusal(3);
        assert_eq!(requests.answer(stranger.clone()), Some(stranger), "nobody asked");
        let bare = ServerEvent::SendInviteRefused(ErrorCode::RateLimited.into());
        assert_eq!(requests.answer(bare.clone()), None);
        assert_eq!(first.try_recv(), Ok(Ok(bare)));
    }

    #[test]
    fn what_is_not_answered_is_lost_in_time_or_with_the_socket() {
        let (mut requests, now) = (Requests::default(), Instant::now());
        let mut first = send(&mut requests, now, 1);
        requests.handle_timeout(now);
        assert!(first.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty));
        requests.handle_timeout(requests.poll_timeout().unwrap());
        assert_eq!(first.try_recv(), Ok(Err(RequestFailure::Lost)));
        let (reply, mut cancel) = oneshot::channel();
        let command = ClientCommand::CancelInvite(CancelInvite { invite_id: InviteId(4) });
        requests.add(now, Duration::from_secs(5), &command, reply);
        requests.lose_all();
        assert_eq!(cancel.try_recv(), Ok(Err(RequestFailure::Lost)));
        assert_eq!(requests.poll_timeout(), None);
    }
}
