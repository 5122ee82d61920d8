use super::*;

struct Bench {
    link: Link,
    now: Instant,
}

impl Bench {
    fn signed_in() -> (Self, Vec<Output>) {
        let mut bench = Self { link: Link::new(Config::default(), 7), now: Instant::now() };
        let outputs = bench.tell(Input::SignedIn { expires_in: Duration::from_secs(7200) });
        (bench, outputs)
    }

    fn live() -> Self {
        let (mut bench, _) = Self::signed_in();
        bench.tell(Input::SocketUp(Generation(1)));
        bench.tell(Input::Fetched { reached: true });
        assert_eq!(bench.link.state(), LinkState::Live);
        bench
    }

    fn tell(&mut self, input: Input) -> Vec<Output> {
        self.link.handle_input(self.now, input);
        self.outputs()
    }

    /// Steps to the next moment at which the link wants something.
    fn next(&mut self) -> (Duration, Vec<Output>) {
        let next = self.link.poll_timeout().unwrap();
        let waited = next.saturating_duration_since(self.now);
        self.now = self.now.max(next);
        self.link.handle_timeout(self.now);
        (waited, self.outputs())
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.link.poll_output()).collect()
    }
}

fn state(state: LinkState) -> Output {
    Output::State { state, error: None }
}

fn refused(code: ErrorCode) -> ApiError {
    ApiError::from(code)
}

#[test]
fn signing_in_connects_at_once_and_syncs_when_the_socket_is_up() {
    let (mut bench, outputs) = Bench::signed_in();
    assert_eq!(outputs, [Output::Open(Generation(1)), state(LinkState::Connecting)]);
    assert_eq!(bench.tell(Input::SocketUp(Generation(1))), [Output::Fetch, state(LinkState::Live)]);
    assert_eq!(bench.tell(Input::Fetched { reached: true }), []);
    let (waited, _) = bench.next();
    assert!(waited >= Duration::from_secs(60), "nothing to do while it is live: {waited:?}");
}

#[test]
fn a_lost_socket_is_polled_around_and_tried_again() {
    let mut bench = Bench::live();
    let outputs = bench.tell(Input::SocketDown(Generation(1)));
    assert_eq!(outputs, [Output::Close(Generation(1)), Output::Fetch, state(LinkState::Connecting)]);
    assert_eq!(bench.tell(Input::Fetched { reached: true }), [state(LinkState::Fallback)]);
    let mut polls = Vec::new();
    let mut last = bench.now;
    let mut generation = 1;
    while polls.len() < 50 {
        for output in bench.next().1 {
            match output {
                Output::Fetch => {
                    polls.push(bench.now - last);
                    last = bench.now;
                    bench.tell(Input::Fetched { reached: true });
                }
                Output::Open(opened) => {
                    generation += 1;
                    assert_eq!(opened, Generation(generation));
                    bench.tell(Input::SocketDown(opened));
                }
                Output::Close(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(polls.iter().all(|wait| (5.0..=10.0).contains(&wait.as_secs_f64())), "{polls:?}");
    assert!(generation > 10, "it goes on trying");
}

#[test]
fn offline_is_when_neither_works_and_either_brings_it_back() {
    let mut bench = Bench::live();
    bench.tell(Input::SocketDown(Generation(1)));
    assert_eq!(bench.tell(Input::Fetched { reached: false }), [state(LinkState::Offline)]);
    let outputs = loop {
        let (_, outputs) = bench.next();
        if let Some(Output::Open(generation)) = outputs.first() {
            let generation = *generation;
            break bench.tell(Input::SocketUp(generation));
        }
    };
    assert!(outputs.contains(&state(LinkState::Live)) && outputs.contains(&Output::Fetch), "{outputs:?}");
}

#[test]
fn waits_grow_are_jittered_stay_bounded_and_never_end() {
    let mut backoff = Backoff::new(Duration::from_secs(1)..Duration::from_secs(30));
    let mut rng = StdRng::seed_from_u64(1);
    let waits: Vec<_> = (0..1000).map(|_| backoff.next(&mut rng).as_secs_f64()).collect();
    assert!(waits[0] <= 1.0);
    assert!(waits.iter().all(|wait| (0.1..=30.0).contains(wait)));
    let mean = waits[10..].iter().sum::<f64>() / 990.0;
    assert!((14.0..19.0).contains(&mean), "spread over the whole range: {mean}");
}

#[test]
fn a_server_that_accepts_and_closes_is_not_hammered() {
    let (mut bench, _) = Bench::signed_in();
    let start = bench.now;
    let mut opened = Generation(1);
    for _ in 0..100 {
        bench.tell(Input::SocketUp(opened));
        bench.tell(Input::SocketDown(opened));
        opened = loop {
            let (_, outputs) = bench.next();
            if let Some(generation) = outputs.iter().find_map(|output| match output {
                Output::Open(generation) => Some(*generation),
                _ => None,
            }) {
                break generation;
            }
        };
    }
    assert!(bench.now - start > Duration::from_secs(600), "{:?}", bench.now - start);
}

#[test]
fn an_expired_token_is_refreshed_once_and_then_it_is_over() {
    for (second, ends) in [(None, false), (Some(ErrorCode::Unauthenticated), true)] {
        let (mut bench, _) = Bench::signed_in();
        let outputs = bench.tell(Input::SocketRefused(Generation(1), refused(ErrorCode::TokenExpired)));
        assert_eq!(outputs, [Output::Close(Generation(1)), Output::Refresh]);
        let outputs = bench.tell(Input::Refreshed { expires_in: Duration::from_secs(7200) });
        assert_eq!(outputs, [Output::Open(Generation(2))]);
        match second {
            None => bench.tell(Input::SocketUp(Generation(2))),
            Some(code) => {
                let outputs = bench.tell(Input::SocketRefused(Generation(2), refused(code)));
                assert_eq!(outputs.last(), Some(&Output::SignedOut(refused(code))));
                outputs
            }
        };
        assert_eq!(bench.link.state() == LinkState::SignedOut, ends);
    }
}

#[test]
fn a_refused_refresh_ends_the_login_and_a_failed_one_is_repeated() {
    let (mut bench, _) = Bench::signed_in();
    bench.tell(Input::SocketRefused(Generation(1), refused(ErrorCode::TokenExpired)));
    bench.tell(Input::RefreshFailed);
    let outputs = loop {
        let (_, outputs) = bench.next();
        if outputs.contains(&Output::Refresh) {
            break bench.tell(Input::RefreshRefused(refused(ErrorCode::Unauthenticated)));
        }
    };
    let error = refused(ErrorCode::Unauthenticated);
    let told = Output::State { state: LinkState::SignedOut, error: Some(error.clone()) };
    assert_eq!(outputs, [told, Output::SignedOut(error)]);
    assert_eq!(bench.link.poll_timeout(), None);
    assert_eq!(bench.tell(Input::Fetched { reached: true }), []);
}

#[test]
fn other_refusals_are_waited_out_as_long_as_the_server_asks() {
    let (mut bench, _) = Bench::signed_in();
    let error = refused(ErrorCode::RateLimited).with_retry_after(120);
    bench.tell(Input::SocketRefused(Generation(1), error));
    let start = bench.now;
    loop {
        let (_, outputs) = bench.next();
        if outputs.contains(&Output::Fetch) {
            bench.tell(Input::Fetched { reached: true });
        }
        if outputs.contains(&Output::Open(Generation(2))) {
            break;
        }
    }
    assert!(bench.now - start >= Duration::from_secs(120));
}

#[test]
fn the_token_is_refreshed_ahead_of_its_end() {
    let mut bench = Bench::live();
    for minute in 1..=120 {
        bench.now += Duration::from_secs(60);
        let outputs = bench.tell(Input::Traffic(Generation(1)));
        if minute < 119 {
            assert_eq!(outputs, [], "minute {minute}");
        } else {
            assert_eq!(outputs, [Output::Refresh]);
            assert_eq!(bench.tell(Input::Refreshed { expires_in: Duration::from_secs(7200) }), []);
            return;
        }
    }
    panic!("never refreshed");
}

#[test]
fn a_silent_socket_is_dropped_and_late_words_of_it_are_ignored() {
    let mut bench = Bench::live();
    let (waited, outputs) = bench.next();
    assert_eq!(waited, Config::default().watchdog);
    assert_eq!(outputs[..2], [Output::Close(Generation(1)), Output::Fetch]);
    for late in [Input::SocketUp(Generation(1)), Input::SocketDown(Generation(1)), Input::Traffic(Generation(1))] {
        assert_eq!(bench.tell(late), []);
    }
}

#[test]
fn a_cut_network_rests_and_a_restored_one_is_used_at_once() {
    let mut bench = Bench::live();
    let outputs = bench.tell(Input::NetworkCut);
    assert_eq!(outputs, [Output::Close(Generation(1)), state(LinkState::Offline)]);
    assert_eq!(bench.link.poll_timeout(), None);
    let outputs = bench.tell(Input::NetworkRestored);
    assert_eq!(outputs, [Output::Open(Generation(2)), state(LinkState::Connecting)]);
}

#[test]
fn a_check_during_a_fetch_is_made_after_it() {
    let (mut bench, _) = Bench::signed_in();
    assert!(bench.tell(Input::SocketUp(Generation(1))).contains(&Output::Fetch));
    assert_eq!(bench.tell(Input::Check), []);
    assert_eq!(bench.tell(Input::Fetched { reached: true }), [Output::Fetch]);
    assert_eq!(bench.tell(Input::Fetched { reached: true }), []);
}
