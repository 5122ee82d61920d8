//! Where the player stands in matchmaking: idle, queued or matched, and when to ask again.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use rallypoint_protocol::matchmaking::QueueState;

/// How often a place in the queue is asked about: its position and estimate change without being announced.
const QUEUED_EVERY: Duration = Duration::from_secs(2);
/// How often a match is asked about while the socket can't tell of it.
const MATCHED_EVERY: Duration = Duration::from_secs(5);
/// How long after a request that failed.
const RETRY: Duration = Duration::from_secs(3);

/// What has come in.
#[derive(Clone, Debug)]
pub enum Input {
    /// Somebody has signed in: a place may still be held from before.
    SignedIn,
    SignedOut,
    /// Whether the socket tells what happens.
    Live(bool),
    /// An answer to a request that began then.
    Answered {
        began: Instant,
        state: QueueState,
    },
    /// A request brought no answer.
    Failed,
    /// The server said so by itself.
    Told(QueueState),
    /// Something happened that only an answer explains.
    Unclear,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "few, and moved once to their reader")]
pub enum Output {
    /// Ask the server where the player stands.
    Ask,
    /// It stands somewhere else now.
    Changed(QueueState),
}

#[derive(Debug)]
pub struct Standing {
    state: QueueState,
    signed_in: bool,
    live: bool,
    asking: bool,
    next: Option<Instant>,
    /// An answer to what was asked before then is out of date: something newer is known.
    told_at: Option<Instant>,
    outputs: VecDeque<Output>,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            state: QueueState::Idle,
            signed_in: false,
            live: false,
            asking: false,
            next: None,
            told_at: None,
            outputs: VecDeque::new(),
        }
    }
}

impl Standing {
    pub fn state(&self) -> &QueueState {
        &self.state
    }

    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next.filter(|_| !self.asking)
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|next| next <= now) {
            self.ask();
        }
    }

    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::SignedIn => {
                self.signed_in = true;
                self.asking = false;
                self.ask();
            }
            Input::SignedOut => {
                self.signed_in = false;
                self.asking = false;
                self.told_at = Some(now);
                self.stand(now, QueueState::Idle);
            }
            Input::Live(live) => {
                // What happened while it was down was told to nobody.
                let back = live && !self.live;
                self.live = live;
                if back && self.state != QueueState::Idle {
                    self.ask();
                }
                self.schedule(now);
            }
            Input::Answered { began, state } => {
                self.asking = false;
                if self.told_at.is_none_or(|told| began >= told) {
                    self.told_at = Some(began);
                    self.stand(now, state);
                } else {
                    self.schedule(now);
                }
            }
            Input::Failed => {
                self.asking = false;
                self.next = self.signed_in.then_some(now + RETRY);
            }
            Input::Told(state) => {
                self.told_at = Some(now);
                self.stand(now, state);
            }
            Input::Unclear => {
                self.told_at = Some(now);
                self.asking = false;
                self.ask();
            }
        }
    }

    fn ask(&mut self) {
        if self.signed_in && !self.asking {
            self.asking = true;
            self.next = None;
            self.outputs.push_back(Output::Ask);
        }
    }

    fn stand(&mut self, now: Instant, state: QueueState) {
        if self.state != state {
            self.state = state.clone();
            self.outputs.push_back(Output::Changed(state));
        }
        self.schedule(now);
    }

    fn schedule(&mut self, now: Instant) {
        let wait = match &self.state {
            QueueState::Queued(_) => Some(QUEUED_EVERY),
            QueueState::Matched(_) if !self.live => Some(MATCHED_EVERY),
            QueueState::Matched(_) | QueueState::Idle => None,
        };
        self.next = wait.filter(|_| self.signed_in).map(|wait| now + wait);
    }
}

#[cfg(test)]
mod tests {
    use rallypoint_protocol::{TicketId, matchmaking::QueueTicket};

    use super::*;

    fn queued(position: u32) -> QueueState {
        QueueState::Queued(QueueTicket {
            ticket_id: TicketId(1),
            position,
            queue_size: position,
            waiting_seconds: 0,
            estimate_seconds: None,
            window: None,
            rating: None,
        })
    }

    struct Bench {
        standing: Standing,
        now: Instant,
    }

    impl Bench {
        fn new() -> Self {
            let mut bench = Self { standing: Standing::default(), now: Instant::now() };
            bench.tell(Input::SignedIn);
            assert_eq!(bench.outputs(), [Output::Ask], "a place may be held from before");
            bench
        }

        fn tell(&mut self, input: Input) {
            self.standing.handle_input(self.now, input);
        }

        fn pass(&mut self, time: Duration) {
            self.now += time;
            self.standing.handle_timeout(self.now);
        }

        fn answer(&mut self, state: QueueState) {
            self.tell(Input::Answered { began: self.now, state });
        }

        fn outputs(&mut self) -> Vec<Output> {
            std::iter::from_fn(|| self.standing.poll_output()).collect()
        }
    }

    #[test]
    fn a_place_in_the_queue_is_asked_about_and_idleness_is_not() {
        let mut bench = Bench::new();
        bench.answer(QueueState::Idle);
        assert_eq!((bench.outputs(), bench.standing.poll_timeout()), (vec![], None));
        bench.answer(queued(2));
        assert_eq!(bench.outputs(), [Output::Changed(queued(2))]);
        bench.pass(QUEUED_EVERY);
        assert_eq!(bench.outputs(), [Output::Ask]);
        bench.pass(QUEUED_EVERY);
        assert_eq!(bench.outputs(), [], "one question at a time");
        bench.answer(queued(1));
        assert_eq!(bench.outputs(), [Output::Changed(queued(1))]);
    }

    #[test]
    fn an_answer_older_than_the_news_is_ignored() {
        let mut bench = Bench::new();
        let began = bench.now;
        bench.now += Duration::from_millis(10);
        bench.tell(Input::Told(queued(1)));
        bench.tell(Input::Answered { began, state: QueueState::Idle });
        assert_eq!(bench.outputs(), [Output::Changed(queued(1))]);
        assert!(bench.standing.poll_timeout().is_some());
    }

    #[test]
    fn a_failure_is_asked_again_and_signing_out_ends_it() {
        let mut bench = Bench::new();
        bench.tell(Input::Failed);
        bench.pass(RETRY);
        assert_eq!(bench.outputs(), [Output::Ask]);
        bench.answer(queued(1));
        bench.tell(Input::SignedOut);
        assert_eq!(bench.outputs(), [Output::Changed(queued(1)), Output::Changed(QueueState::Idle)]);
        bench.pass(Duration::from_secs(60));
        assert_eq!(bench.outputs(), []);
    }

    #[test]
    fn who_comes_back_asks_what_was_missed() {
        let mut bench = Bench::new();
        bench.answer(queued(1));
        bench.outputs();
        bench.tell(Input::Live(true));
        assert_eq!(bench.outputs(), [Output::Ask]);
        bench.tell(Input::Live(true));
        assert_eq!(bench.outputs(), []);
    }
}
