//! Hours of interleavings against a server that misbehaves in every way it can.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Wait(u32),
    Up,
    Down,
    Refuse(ErrorCode),
    Fetched(bool),
    Refreshed,
    RefreshFailed,
    RefreshRefused,
    Check,
    Traffic,
    Cut,
    Restore,
    SignIn,
    SignOut,
    Stale,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..40_000u32).prop_map(Step::Wait),
        4 => Just(Step::Up),
        4 => Just(Step::Down),
        2 => prop::sample::select(vec![ErrorCode::TokenExpired, ErrorCode::Unavailable, ErrorCode::RateLimited])
            .prop_map(Step::Refuse),
        6 => any::<bool>().prop_map(Step::Fetched),
        3 => Just(Step::Refreshed),
        1 => Just(Step::RefreshFailed),
        1 => Just(Step::RefreshRefused),
        2 => Just(Step::Check),
        2 => Just(Step::Traffic),
        1 => Just(Step::Cut),
        2 => Just(Step::Restore),
        2 => Just(Step::SignIn),
        1 => Just(Step::SignOut),
        2 => Just(Step::Stale),
    ]
}

/// What the driver would hold, kept from the outputs alone.
#[derive(Default)]
struct Driver {
    open: Option<Generation>,
    accepted: bool,
    newest: u64,
    fetching: bool,
    refreshing: bool,
    state: LinkState,
    signed_in: bool,
    cut: bool,
}

impl Driver {
    fn obey(&mut self, link: &mut Link) {
        while let Some(output) = link.poll_output() {
            match output {
                Output::Open(generation) => {
                    assert_eq!(self.open, None, "one connection at a time");
                    assert!(generation.0 > self.newest, "never used twice");
                    assert!(self.signed_in && !self.cut);
                    (self.open, self.accepted, self.newest) = (Some(generation), false, generation.0);
                }
                Output::Close(generation) => {
                    assert_eq!(self.open, Some(generation), "only what is open is closed");
                    (self.open, self.accepted) = (None, false);
                }
                Output::Fetch => {
                    assert!(!self.fetching, "one fetch at a time");
                    self.fetching = true;
                }
                Output::Refresh => {
                    assert!(!self.refreshing, "one refresh at a time");
                    self.refreshing = true;
                }
                Output::State { state, .. } => {
                    assert_ne!(state, self.state, "a state is told once");
                    self.state = state;
                }
                Output::SignedOut(_) => self.forget(),
            }
        }
        assert_eq!(self.state, link.state());
        assert_eq!(self.state == LinkState::Live, self.accepted, "live is an accepted socket");
    }

    fn forget(&mut self) {
        (self.signed_in, self.fetching, self.refreshing) = (false, false, false);
    }

    fn run(&mut self, link: &mut Link, now: &mut Instant, milliseconds: u32) {
        let end = *now + Duration::from_millis(milliseconds.into());
        let mut calls = 0;
        while let Some(next) = link.poll_timeout().filter(|next| *next <= end) {
            *now = next.max(*now);
            link.handle_timeout(*now);
            self.obey(link);
            calls += 1;
            assert!(calls < 2_000, "it spins");
        }
        *now = end;
    }

    fn apply(&mut self, link: &mut Link, now: &mut Instant, step: Step) {
        let hour = Duration::from_secs(3600);
        let input = match (step, self.open) {
            (Step::Wait(milliseconds), _) => return self.run(link, now, milliseconds),
            (Step::Up, Some(generation)) => {
                self.accepted = true;
                Input::SocketUp(generation)
            }
            (Step::Down, Some(generation)) => Input::SocketDown(generation),
            (Step::Refuse(code), Some(generation)) if !self.accepted => {
                Input::SocketRefused(generation, ApiError::from(code))
            }
            (Step::Traffic, Some(generation)) => Input::Traffic(generation),
            (Step::Fetched(reached), _) if std::mem::take(&mut self.fetching) => Input::Fetched { reached },
            (Step::Refreshed, _) if std::mem::take(&mut self.refreshing) => Input::Refreshed { expires_in: hour },
            (Step::RefreshFailed, _) if std::mem::take(&mut self.refreshing) => Input::RefreshFailed,
            (Step::RefreshRefused, _) if std::mem::take(&mut self.refreshing) => {
                Input::RefreshRefused(ApiError::from(ErrorCode::Unauthenticated))
            }
            (Step::Check, _) => Input::Check,
            (Step::Cut, _) => {
                self.cut = true;
                Input::NetworkCut
            }
            (Step::Restore, _) => {
                self.cut = false;
                Input::NetworkRestored
            }
            (Step::SignIn, _) => {
                self.forget();
                self.signed_in = true;
                Input::SignedIn { expires_in: hour }
            }
            (Step::SignOut, _) => {
                self.forget();
                Input::SignedOut
            }
            (Step::Stale, _) => Input::SocketDown(Generation(self.newest.saturating_sub(1))),
            _ => return,
        };
        link.handle_input(*now, input);
        self.obey(link);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_there_is_one_of_each_and_a_good_network_brings_it_back(
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut link = Link::new(Config::default(), seed);
        let mut driver = Driver::default();
        let mut now = Instant::now();
        driver.apply(&mut link, &mut now, Step::SignIn);
        for step in steps {
            driver.apply(&mut link, &mut now, step);
        }
        if !driver.signed_in {
            driver.apply(&mut link, &mut now, Step::SignIn);
        }
        driver.apply(&mut link, &mut now, Step::Restore);
        // A server that is well: everything is answered within the second.
        for _ in 0..300 {
            for step in [Step::Refreshed, Step::Fetched(true), Step::Traffic] {
                driver.apply(&mut link, &mut now, step);
            }
            if !driver.accepted {
                driver.apply(&mut link, &mut now, Step::Up);
            }
            driver.apply(&mut link, &mut now, Step::Wait(1_000));
        }
        prop_assert_eq!(link.state(), LinkState::Live);
        prop_assert!(!driver.fetching || driver.open.is_some());
    }
}
