//! The invites that ring here: ordered, each once, counted down, answered exactly once.

mod delivery;
mod ended;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use rallypoint_protocol::{
    ApiError, ErrorCode, InviteId,
    invite::{CloseReason, InviteAnswer, InviteReceived, InviteResponded, InviteStatus},
};

pub use self::delivery::SOCKET_TIMEOUT;
use self::{
    delivery::Delivery,
    ended::{Ended, How},
};
use crate::{InviteEntry, InviteState, RemovalReason};

/// Invites that ring at once. The server keeps what is beyond; it is asked again when there is room.
pub const CAPACITY: usize = 64;
/// How long after the countdown a lost answer is still repeated, to learn what became of it.
pub const ANSWER_GRACE: Duration = Duration::from_secs(30);
/// Longest countdown that is believed.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The path that a message takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    Socket,
    #[default]
    Rest,
}

/// What the queue is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// `invite:received`
    Received(InviteReceived),
    /// The full list of pending invites, asked for at `began`.
    Synced {
        began: Instant,
        invites: Vec<InviteReceived>,
    },
    /// The popup is on the screen.
    Shown(InviteId),
    /// The server knows that the popup was shown, or does not want to know any more.
    Acknowledged(InviteId),
    /// An acknowledge by REST got no answer.
    AcknowledgeLost(InviteId),
    /// The player has decided. Ends in exactly one [`Output::Answered`], but that one for any number of the same.
    Answer(InviteId, InviteAnswer),
    Responded(InviteResponded),
    Refused {
        id: InviteId,
        error: ApiError,
    },
    /// An answer by REST got no reply.
    AnswerLost(InviteId),
    /// Answered on another device.
    Resolved(InviteId, InviteStatus),
    Cancelled(InviteId, CloseReason),
    Expired(InviteId),
    /// The path that messages take from now on. What was under way by the socket is lost with it.
    Route(Route),
    SignedOut,
}

/// What the queue wants done, or tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    Added(InviteEntry),
    Changed(InviteEntry),
    Removed {
        entry: InviteEntry,
        reason: RemovalReason,
    },
    /// Send an acknowledge.
    Acknowledge {
        id: InviteId,
        route: Route,
    },
    /// Send an answer.
    Respond {
        id: InviteId,
        answer: InviteAnswer,
        route: Route,
    },
    /// What came of an answer.
    Answered {
        id: InviteId,
        answer: InviteAnswer,
        result: Result<InviteResponded, AnswerError>,
    },
    /// Ask for the full list: something may be there that is not known here.
    Check,
}

/// Why an answer did not count.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerError {
    Api(ApiError),
    /// Nothing could be learned until well after the invite's end.
    Timeout,
    SignedOut,
}

#[derive(Debug)]
struct Slot {
    entry: InviteEntry,
    /// When the server last said that it is pending.
    confirmed: Instant,
    receipt: Delivery,
    answer: Delivery,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub struct InviteQueue {
    slots: BTreeMap<InviteId, Slot>,
    ended: Ended,
    route: Route,
    /// Whether the server holds more than there was room for.
    overflowed: bool,
    outputs: VecDeque<Output>,
}

impl InviteQueue {
    pub fn new() -> Self {
        Self::default()
    }

    /// What rings, newest first.
    pub fn entries(&self) -> impl Iterator<Item = &InviteEntry> {
        self.slots.values().rev().map(|slot| &slot.entry)
    }

    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.slots.values().flat_map(Slot::timeouts).min()
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        self.expire(now);
        self.deliver(now);
    }

    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.expire(now);
        match input {
            Input::Received(invite) => self.receive(now, invite),
            Input::Synced { began, invites } => self.sync(now, began, invites),
            Input::Shown(id) => self.show(now, id),
            Input::Acknowledged(id) => self.with_slot(id, |slot| slot.receipt = Delivery::Idle),
            Input::AcknowledgeLost(id) => self.with_slot(id, |slot| slot.receipt.lost(now, Route::Rest)),
            Input::Answer(id, answer) => self.answer(now, id, answer),
            Input::Responded(responded) => self.responded(responded),
            Input::Refused { id, error } => self.refused(now, id, error),
            Input::AnswerLost(id) => self.with_slot(id, |slot| slot.answer.lost(now, Route::Rest)),
            Input::Resolved(id, status) => self.resolved(id, status),
            Input::Cancelled(id, reason) => {
                let reason = match reason {
                    CloseReason::CancelledBySender | CloseReason::FriendshipEnded => RemovalReason::Cancelled,
                    CloseReason::SessionClosed => RemovalReason::SessionClosed,
                    CloseReason::Timeout => RemovalReason::Expired,
                    _ => RemovalReason::NoLongerPending,
                };
                self.close(id, reason);
            }
            Input::Expired(id) => self.close(id, RemovalReason::Expired),
            Input::Route(route) => self.take_route(now, route),
            Input::SignedOut => self.sign_out(),
        }
        self.deliver(now);
    }

    fn with_slot(&mut self, id: InviteId, change: impl FnOnce(&mut Slot)) {
        if let Some(slot) = self.slots.get_mut(&id) {
            change(slot);
        }
    }

    fn receive(&mut self, now: Instant, invite: InviteReceived) {
        let id = invite.invite_id;
        if self.ended.contains(id) {
            return;
        }
        let left = Duration::from_secs(u64::try_from(invite.expires_in).unwrap_or(0)).min(LONGEST);
        let expires_at = now + left;
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.confirmed = now;
            // Every reading is late by its way here and rounded up: the earliest is the truest.
            let expires_at = expires_at.min(slot.entry.expires_at);
            let noticeable = slot.entry.expires_at != expires_at || !same_but_time(&slot.entry.invite, &invite);
            slot.entry.invite = invite;
            slot.entry.expires_at = expires_at;
            if noticeable {
                self.outputs.push_back(Output::Changed(slot.entry.clone()));
            }
        } else if expires_at <= now {
            // Over before it came.
        } else if self.slots.len() >= CAPACITY {
            self.overflowed = true;
        } else {
            let entry = InviteEntry { invite, expires_at, state: InviteState::Ringing, seen: false };
            self.outputs.push_back(Output::Added(entry.clone()));
            let slot = Slot { entry, confirmed: now, receipt: Delivery::Idle, answer: Delivery::Idle };
            self.slots.insert(id, slot);
        }
    }

    fn sync(&mut self, now: Instant, began: Instant, invites: Vec<InviteReceived>) {
        // This is the list that an overflow asks for.
        self.overflowed = false;
        let gone: Vec<_> = self
            .slots
            .values()
            // What came after the question was asked can't be missing from its answer for a reason. What is being
            // answered ends by its answer.
            .filter(|slot| slot.entry.state == InviteState::Ringing && slot.confirmed < began)
            .map(|slot| slot.entry.id())
            .filter(|id| !invites.iter().any(|invite| invite.invite_id == *id))
            .collect();
        for id in gone {
            self.close(id, RemovalReason::NoLongerPending);
        }
        for invite in invites {
            self.receive(now, invite);
        }
    }

    fn show(&mut self, now: Instant, id: InviteId) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        if !slot.entry.seen {
            slot.entry.seen = true;
            slot.receipt = Delivery::begin(now);
            self.outputs.push_back(Output::Changed(slot.entry.clone()));
        }
    }

    fn answer(&mut self, now: Instant, id: InviteId, answer: InviteAnswer) {
        let Some(slot) = self.slots.get_mut(&id) else {
            let result = self.ended.answer(id, answer).map_err(AnswerError::Api);
            self.outputs.push_back(Output::Answered { id, answer, result });
            return;
        };
        match slot.entry.state {
            InviteState::Ringing => {
                slot.entry.state = InviteState::Acting(answer);
                slot.answer = Delivery::begin(now);
                self.outputs.push_back(Output::Changed(slot.entry.clone()));
            }
            InviteState::Acting(first) if first == answer => {}
            InviteState::Acting(_) => {
                let error = ApiError::new(ErrorCode::AlreadyResponded, "The other answer is on its way already.");
                let result = Err(AnswerError::Api(error.about_invite(id)));
                self.outputs.push_back(Output::Answered { id, answer, result });
            }
        }
    }

    fn responded(&mut self, responded: InviteResponded) {
        let id = responded.invite_id;
        let reason = match responded.status {
            InviteStatus::Accepted => RemovalReason::Accepted,
            InviteStatus::Declined => RemovalReason::Declined,
            other => RemovalReason::AnsweredElsewhere(other),
        };
        let Some(slot) = self.slots.remove(&id) else { return };
        self.ended.insert(id, How::Answered(responded.clone()));
        let acting = slot.entry.state;
        self.outputs.push_back(Output::Removed { entry: slot.entry, reason });
        if let InviteState::Acting(answer) = acting {
            let result = if responded.status == answer.status() {
                Ok(responded)
            } else {
                Err(AnswerError::Api(ApiError::from(ErrorCode::AlreadyResponded).about_invite(id)))
            };
            self.outputs.push_back(Output::Answered { id, answer, result });
        }
        self.refill();
    }

    fn refused(&mut self, now: Instant, id: InviteId, error: ApiError) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let InviteState::Acting(answer) = slot.entry.state else { return };
        let ends = match error.code {
            // It shuts down: whether the answer counted is learned from its successor.
            ErrorCode::Unavailable => {
                let by = if matches!(slot.answer, Delivery::InFlight { route: Route::Socket, .. }) {
                    Route::Socket
                } else {
                    Route::Rest
                };
                slot.answer.lost(now, by);
                return;
            }
            ErrorCode::AlreadyResponded => Some(match status_in(&error) {
                Some(InviteStatus::Cancelled) => RemovalReason::Cancelled,
                Some(InviteStatus::Expired) => RemovalReason::Expired,
                Some(status @ (InviteStatus::Accepted | InviteStatus::Declined)) => {
                    RemovalReason::AnsweredElsewhere(status)
                }
                Some(InviteStatus::Pending) | None => RemovalReason::NoLongerPending,
            }),
            ErrorCode::ExpiredInvitation => Some(RemovalReason::Expired),
            ErrorCode::InvitationNotFound => Some(RemovalReason::NoLongerPending),
            ErrorCode::SessionNotFound => Some(RemovalReason::SessionClosed),
            _ => None,
        };
        match ends {
            Some(reason) => self.remove_with(id, reason, Err(AnswerError::Api(error))),
            None => {
                slot.entry.state = InviteState::Ringing;
                slot.answer = Delivery::Idle;
                self.outputs.push_back(Output::Changed(slot.entry.clone()));
                self.outputs.push_back(Output::Answered { id, answer, result: Err(AnswerError::Api(error)) });
            }
        }
    }

    fn resolved(&mut self, id: InviteId, status: InviteStatus) {
        let Some(slot) = self.slots.get(&id) else { return };
        // By REST one's own answer looks like another device's; its reply is on the way.
        if matches!(slot.entry.state, InviteState::Acting(answer) if answer.status() == status) {
            return;
        }
        match status {
            InviteStatus::Pending => {}
            InviteStatus::Cancelled => self.close(id, RemovalReason::Cancelled),
            InviteStatus::Expired => self.close(id, RemovalReason::Expired),
            InviteStatus::Accepted | InviteStatus::Declined => self.close(id, RemovalReason::AnsweredElsewhere(status)),
        }
    }

    fn take_route(&mut self, now: Instant, route: Route) {
        if self.route == route {
            return;
        }
        self.route = route;
        for delivery in self.slots.values_mut().flat_map(|slot| [&mut slot.receipt, &mut slot.answer]) {
            match route {
                Route::Rest => delivery.lost(now, Route::Socket),
                Route::Socket => delivery.hurry(now),
            }
        }
    }

    fn sign_out(&mut self) {
        for (id, slot) in std::mem::take(&mut self.slots) {
            let state = slot.entry.state;
            self.outputs.push_back(Output::Removed { entry: slot.entry, reason: RemovalReason::SignedOut });
            if let InviteState::Acting(answer) = state {
                self.outputs.push_back(Output::Answered { id, answer, result: Err(AnswerError::SignedOut) });
            }
        }
        self.ended = Ended::default();
        self.overflowed = false;
    }

    /// It has ended without an answer from here, whatever is under way.
    fn close(&mut self, id: InviteId, reason: RemovalReason) {
        let code =
            if reason == RemovalReason::Expired { ErrorCode::ExpiredInvitation } else { ErrorCode::AlreadyResponded };
        self.remove_with(id, reason, Err(AnswerError::Api(ApiError::from(code).about_invite(id))));
    }

    fn remove_with(&mut self, id: InviteId, reason: RemovalReason, result: Result<InviteResponded, AnswerError>) {
        let Some(slot) = self.slots.remove(&id) else {
            // It may still be on its way here by a slower path.
            self.ended.insert(id, How::Closed(reason));
            return;
        };
        self.ended.insert(id, How::Closed(reason));
        let state = slot.entry.state;
        self.outputs.push_back(Output::Removed { entry: slot.entry, reason });
        if let InviteState::Acting(answer) = state {
            self.outputs.push_back(Output::Answered { id, answer, result });
        }
        self.refill();
    }

    fn refill(&mut self) {
        if std::mem::take(&mut self.overflowed) {
            self.outputs.push_back(Output::Check);
        }
    }

    fn expire(&mut self, now: Instant) {
        let over: Vec<_> =
            self.slots.values().filter(|slot| slot.ends_at() <= now).map(|slot| slot.entry.id()).collect();
        let any = !over.is_empty();
        for id in over {
            self.remove_with(id, RemovalReason::Expired, Err(AnswerError::Timeout));
        }
        if any && self.outputs.back() != Some(&Output::Check) {
            self.outputs.push_back(Output::Check);
        }
    }

    fn deliver(&mut self, now: Instant) {
        for (&id, slot) in &mut self.slots {
            if let Some(route) = slot.receipt.step(now, self.route) {
                self.outputs.push_back(Output::Acknowledge { id, route });
            }
            if let InviteState::Acting(answer) = slot.entry.state
                && let Some(route) = slot.answer.step(now, self.route)
            {
                self.outputs.push_back(Output::Respond { id, answer, route });
            }
        }
    }
}

impl Slot {
    fn ends_at(&self) -> Instant {
        match self.entry.state {
            InviteState::Ringing => self.entry.expires_at,
            InviteState::Acting(_) => self.entry.expires_at + ANSWER_GRACE,
        }
    }

    fn timeouts(&self) -> impl Iterator<Item = Instant> {
        [Some(self.ends_at()), self.receipt.timeout(), self.answer.timeout()].into_iter().flatten()
    }
}

/// Whether two messages tell the same but for the seconds left.
fn same_but_time(one: &InviteReceived, other: &InviteReceived) -> bool {
    let mut one = one.clone();
    one.expires_in = other.expires_in;
    one == *other
}

/// The status that a refusal names in its details, if it does.
fn status_in(error: &ApiError) -> Option<InviteStatus> {
    error.details.as_ref()?.get("status")?.as_str()?.parse().ok()
}
