//! Hours of interleavings against a model of the server and of a network that loses things.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use rallypoint_protocol::invite::InviteAnswer;

use super::{
    tests::{invite, responded},
    *,
};

const IDS: i64 = 6;

#[derive(Clone, Debug)]
enum Step {
    Wait(u32),
    Invite(i64),
    Redeliver(i64),
    Sync,
    Shown(i64),
    Answer(i64, bool),
    /// The oldest message under way arrives, and its reply as well unless it is lost.
    Carry {
        reply: bool,
    },
    /// The oldest message under way is lost.
    Drop,
    Elsewhere(i64, bool),
    Cancel(i64),
    Route(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 1..=IDS;
    prop_oneof![
        6 => (0..20_000u32).prop_map(Step::Wait),
        6 => id().prop_map(Step::Invite),
        3 => id().prop_map(Step::Redeliver),
        2 => Just(Step::Sync),
        4 => id().prop_map(Step::Shown),
        6 => (id(), any::<bool>()).prop_map(|(id, accept)| Step::Answer(id, accept)),
        8 => any::<bool>().prop_map(|reply| Step::Carry { reply }),
        3 => Just(Step::Drop),
        1 => (id(), any::<bool>()).prop_map(|(id, accept)| Step::Elsewhere(id, accept)),
        1 => id().prop_map(Step::Cancel),
        3 => any::<bool>().prop_map(Step::Route),
    ]
}

#[derive(Debug)]
enum Message {
    Acknowledge(InviteId, Route),
    Respond(InviteId, InviteAnswer, Route),
}

/// One invite as the server's database has it.
struct Record {
    expires_at: Instant,
    status: InviteStatus,
    transitions: u32,
}

struct World {
    queue: InviteQueue,
    now: Instant,
    server: HashMap<InviteId, Record>,
    wire: VecDeque<Message>,
    ringing: HashSet<InviteId>,
    rung: HashSet<InviteId>,
    asked: HashMap<(InviteId, InviteAnswer), u32>,
    confirmed: HashSet<InviteId>,
}

impl World {
    fn new() -> Self {
        Self {
            queue: InviteQueue::new(),
            now: Instant::now(),
            server: HashMap::new(),
            wire: VecDeque::new(),
            ringing: HashSet::new(),
            rung: HashSet::new(),
            asked: HashMap::new(),
            confirmed: HashSet::new(),
        }
    }

    fn tell(&mut self, input: Input) {
        self.queue.handle_input(self.now, input);
        self.obey();
    }

    fn obey(&mut self) {
        while let Some(output) = self.queue.poll_output() {
            match output {
                Output::Added(entry) => {
                    assert!(self.rung.insert(entry.id()), "an invite rings once");
                    self.ringing.insert(entry.id());
                }
                Output::Changed(entry) => assert!(self.ringing.contains(&entry.id())),
                Output::Removed { entry, reason } => {
                    assert!(self.ringing.remove(&entry.id()), "it ends once");
                    if reason == RemovalReason::Accepted {
                        assert_eq!(self.server[&entry.id()].status, InviteStatus::Accepted, "only the server accepts");
                    }
                }
                Output::Acknowledge { id, route } => {
                    assert!(!self.confirmed.contains(&id), "what is confirmed is not sent again");
                    self.wire.push_back(Message::Acknowledge(id, route));
                }
                Output::Respond { id, answer, route } => self.wire.push_back(Message::Respond(id, answer, route)),
                Output::Answered { id, answer, result } => {
                    assert!(self.asked.remove(&(id, answer)).is_some(), "an outcome belongs to an answer");
                    if let Ok(responded) = result {
                        assert_eq!(responded.status, answer.status());
                        assert_eq!(self.server[&id].status, responded.status, "the client believes what is so");
                    }
                }
                Output::Check => {}
            }
        }
        for entry in self.queue.entries() {
            assert!(self.now < entry.expires_at + ANSWER_GRACE, "nothing rings beyond its end");
            assert!(self.now < entry.expires_at || entry.state != InviteState::Ringing);
        }
        let busy = self.queue.slots.values().filter(|slot| slot.answer.timeout().is_some()).count();
        let acting = self.queue.entries().filter(|entry| entry.state != InviteState::Ringing).count();
        assert_eq!(busy, acting, "an answer under way is always watched");
    }

    fn wait(&mut self, milliseconds: u32) {
        let end = self.now + Duration::from_millis(milliseconds.into());
        let mut calls = 0;
        while let Some(next) = self.queue.poll_timeout().filter(|next| *next <= end) {
            self.now = next.max(self.now);
            self.queue.handle_timeout(self.now);
            self.obey();
            calls += 1;
            assert!(calls < 1_000, "it spins");
        }
        self.now = end;
    }

    fn expire(&mut self) {
        for record in self.server.values_mut() {
            if record.status == InviteStatus::Pending && record.expires_at <= self.now {
                record.status = InviteStatus::Expired;
                record.transitions += 1;
            }
        }
    }

    fn settle(&mut self, id: InviteId, status: InviteStatus) -> bool {
        self.expire();
        let Some(record) = self.server.get_mut(&id).filter(|record| record.status == InviteStatus::Pending) else {
            return false;
        };
        record.status = status;
        record.transitions += 1;
        true
    }

    fn written(&self, id: InviteId) -> Option<InviteReceived> {
        let record = self.server.get(&id).filter(|record| record.status == InviteStatus::Pending)?;
        let left = record.expires_at.saturating_duration_since(self.now).as_secs_f64().ceil();
        Some(invite(id.0, left as i64))
    }

    fn carry(&mut self, reply: bool) {
        match self.wire.pop_front() {
            Some(Message::Acknowledge(id, route)) => match (reply, route) {
                (true, _) => {
                    self.confirmed.insert(id);
                    self.tell(Input::Acknowledged(id));
                }
                (false, Route::Rest) => self.tell(Input::AcknowledgeLost(id)),
                (false, Route::Socket) => {}
            },
            Some(Message::Respond(id, answer, route)) => {
                self.settle(id, answer.status());
                let status = self.server[&id].status;
                match (reply, route) {
                    (true, _) if status == answer.status() => self.tell(Input::Responded(responded(id.0, answer))),
                    (true, _) => {
                        let code = match status {
                            InviteStatus::Expired => ErrorCode::ExpiredInvitation,
                            _ => ErrorCode::AlreadyResponded,
                        };
                        self.tell(Input::Refused { id, error: code.into() });
                    }
                    (false, Route::Rest) => self.tell(Input::AnswerLost(id)),
                    (false, Route::Socket) => {}
                }
            }
            None => {}
        }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Wait(milliseconds) => self.wait(milliseconds),
            Step::Invite(id) => {
                let expires_at = self.now + Duration::from_secs(120);
                let record = Record { expires_at, status: InviteStatus::Pending, transitions: 0 };
                self.server.entry(InviteId(id)).or_insert(record);
                self.apply(Step::Redeliver(id));
            }
            Step::Redeliver(id) => {
                self.expire();
                if let Some(invite) = self.written(InviteId(id)) {
                    self.tell(Input::Received(invite));
                }
            }
            Step::Sync => {
                self.expire();
                let invites = (1..=IDS).filter_map(|id| self.written(InviteId(id))).collect();
                self.tell(Input::Synced { began: self.now, invites });
            }
            Step::Shown(id) => self.tell(Input::Shown(InviteId(id))),
            Step::Answer(id, accept) => {
                let answer = if accept { InviteAnswer::Accept } else { InviteAnswer::Decline };
                *self.asked.entry((InviteId(id), answer)).or_default() += 1;
                self.tell(Input::Answer(InviteId(id), answer));
            }
            Step::Carry { reply } => self.carry(reply),
            Step::Drop => match self.wire.pop_front() {
                Some(Message::Acknowledge(id, Route::Rest)) => self.tell(Input::AcknowledgeLost(id)),
                Some(Message::Respond(id, _, Route::Rest)) => self.tell(Input::AnswerLost(id)),
                _ => {}
            },
            Step::Elsewhere(id, accept) => {
                let status = if accept { InviteStatus::Accepted } else { InviteStatus::Declined };
                if self.settle(InviteId(id), status) {
                    self.tell(Input::Resolved(InviteId(id), status));
                }
            }
            Step::Cancel(id) => {
                if self.settle(InviteId(id), InviteStatus::Cancelled) {
                    self.tell(Input::Cancelled(InviteId(id), CloseReason::CancelledBySender));
                }
            }
            Step::Route(socket) => self.tell(Input::Route(if socket { Route::Socket } else { Route::Rest })),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_ring_one_answer_and_an_end_to_everything(steps in prop::collection::vec(step(), 1..150)) {
        let mut world = World::new();
        for step in steps {
            world.apply(step);
        }
        // The network is well again: what is under way gets through.
        for _ in 0..400 {
            while !world.wire.is_empty() {
                world.carry(true);
            }
            world.wait(500);
        }
        prop_assert!(world.ringing.is_empty(), "everything ends: {:?}", world.ringing);
        prop_assert!(world.asked.is_empty(), "every answer has its outcome: {:?}", world.asked);
        prop_assert!(world.server.values().all(|record| record.transitions <= 1));
        prop_assert_eq!(world.queue.poll_timeout(), None);
    }
}
