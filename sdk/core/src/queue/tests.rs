use rallypoint_protocol::{Timestamp, UserId, invite::InviteKind};

use super::*;

pub(super) fn invite(id: i64, expires_in: i64) -> InviteReceived {
    InviteReceived {
        invite_id: InviteId(id),
        kind: InviteKind::Session,
        sender_id: UserId(1),
        sender_name: "Ace#0001".into(),
        session_code: "K7QX2M".parse().ok(),
        session_name: None,
        server_ip: None,
        server_port: None,
        map: None,
        friendship_id: None,
        options: None,
        activity_id: None,
        message: None,
        // An hour off, either way: nothing here may look at it.
        created_at: Timestamp(0),
        expires_at: Timestamp(120_000),
        expires_in,
    }
}

pub(super) fn responded(id: i64, answer: InviteAnswer) -> InviteResponded {
    InviteResponded {
        status: answer.status(),
        invite_id: InviteId(id),
        session_code: None,
        server_ip: None,
        server_port: None,
        game_id: None,
        connect_token: None,
    }
}

struct Bench {
    queue: InviteQueue,
    now: Instant,
}

impl Bench {
    fn new(route: Route) -> Self {
        let mut bench = Self { queue: InviteQueue::new(), now: Instant::now() };
        bench.tell(Input::Route(route));
        bench
    }

    fn tell(&mut self, input: Input) -> Vec<Output> {
        self.queue.handle_input(self.now, input);
        self.outputs()
    }

    fn wait(&mut self, seconds: f64) -> Vec<Output> {
        self.now += Duration::from_secs_f64(seconds);
        self.queue.handle_timeout(self.now);
        self.outputs()
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.queue.poll_output()).collect()
    }

    fn ids(&self) -> Vec<i64> {
        self.queue.entries().map(|entry| entry.id().0).collect()
    }
}

fn removal(outputs: &[Output]) -> Option<RemovalReason> {
    outputs.iter().find_map(|output| match output {
        Output::Removed { reason, .. } => Some(*reason),
        _ => None,
    })
}

fn result(outputs: &[Output]) -> Option<Result<InviteStatus, AnswerError>> {
    outputs.iter().find_map(|output| match output {
        Output::Answered { result, .. } => Some(result.clone().map(|responded| responded.status)),
        _ => None,
    })
}

fn code(outputs: &[Output]) -> Option<ErrorCode> {
    match result(outputs)? {
        Err(AnswerError::Api(error)) => Some(error.code),
        _ => None,
    }
}

const ACCEPT: InviteAnswer = InviteAnswer::Accept;
const DECLINE: InviteAnswer = InviteAnswer::Decline;
const ID: InviteId = InviteId(1);

#[test]
fn rings_once_by_however_many_paths_and_newest_first() {
    let mut bench = Bench::new(Route::Socket);
    assert!(matches!(bench.tell(Input::Received(invite(1, 120)))[..], [Output::Added(_)]));
    assert_eq!(bench.tell(Input::Received(invite(1, 120))), []);
    bench.tell(Input::Received(invite(2, 120)));
    let began = bench.now;
    let outputs = bench.tell(Input::Synced { began, invites: vec![invite(1, 120), invite(2, 120), invite(3, 60)] });
    assert!(matches!(&outputs[..], [Output::Added(entry)] if entry.id().0 == 3), "{outputs:?}");
    assert_eq!(bench.ids(), [3, 2, 1]);
}

#[test]
fn counts_down_from_arrival_and_only_ever_gets_more_exact() {
    let mut bench = Bench::new(Route::Socket);
    bench.tell(Input::Received(invite(1, 120)));
    bench.wait(10.0);
    assert!(bench.tell(Input::Received(invite(1, 111))).is_empty(), "later by rounding");
    assert_eq!(bench.queue.entries().next().unwrap().remaining(bench.now), Duration::from_secs(110));
    assert!(matches!(bench.tell(Input::Received(invite(1, 50)))[..], [Output::Changed(_)]), "after a sleep");
    assert_eq!(bench.wait(49.9), []);
    let outputs = bench.wait(0.1);
    assert_eq!(removal(&outputs), Some(RemovalReason::Expired));
    assert_eq!(outputs.last(), Some(&Output::Check));
    assert_eq!(bench.tell(Input::Received(invite(1, 1))), [], "what has ended does not ring again");
}

#[test]
fn one_over_before_it_arrives_or_without_end_does_no_harm() {
    let mut bench = Bench::new(Route::Rest);
    assert_eq!(bench.tell(Input::Received(invite(1, 0))), []);
    assert_eq!(bench.tell(Input::Received(invite(1, -5))), []);
    bench.tell(Input::Received(invite(2, i64::MAX)));
    assert_eq!(bench.queue.entries().next().unwrap().remaining(bench.now), LONGEST);
}

#[test]
fn showing_acknowledges_once_and_repeats_until_confirmed() {
    let mut bench = Bench::new(Route::Socket);
    bench.tell(Input::Received(invite(1, 120)));
    let outputs = bench.tell(Input::Shown(ID));
    assert_eq!(outputs[1..], [Output::Acknowledge { id: ID, route: Route::Socket }]);
    assert_eq!(bench.tell(Input::Shown(ID)), []);
    assert_eq!(bench.tell(Input::Route(Route::Rest)), [Output::Acknowledge { id: ID, route: Route::Rest }]);
    assert_eq!(bench.tell(Input::AcknowledgeLost(ID)), []);
    assert_eq!(bench.wait(1.0), [Output::Acknowledge { id: ID, route: Route::Rest }]);
    bench.tell(Input::Acknowledged(ID));
    assert_eq!(bench.tell(Input::Route(Route::Socket)), []);
    assert_eq!(bench.wait(60.0), []);
}

#[test]
fn two_clicks_are_one_answer_and_a_third_later_gets_the_same() {
    let mut bench = Bench::new(Route::Socket);
    bench.tell(Input::Received(invite(1, 120)));
    let outputs = bench.tell(Input::Answer(ID, ACCEPT));
    assert_eq!(outputs.last(), Some(&Output::Respond { id: ID, answer: ACCEPT, route: Route::Socket }));
    assert_eq!(bench.tell(Input::Answer(ID, ACCEPT)), []);
    assert_eq!(code(&bench.tell(Input::Answer(ID, DECLINE))), Some(ErrorCode::AlreadyResponded));
    let outputs = bench.tell(Input::Responded(responded(1, ACCEPT)));
    assert_eq!(removal(&outputs), Some(RemovalReason::Accepted));
    assert_eq!(result(&outputs), Some(Ok(InviteStatus::Accepted)));
    assert_eq!(result(&bench.tell(Input::Answer(ID, ACCEPT))), Some(Ok(InviteStatus::Accepted)));
    assert_eq!(code(&bench.tell(Input::Answer(ID, DECLINE))), Some(ErrorCode::AlreadyResponded));
    assert_eq!(code(&bench.tell(Input::Answer(InviteId(9), ACCEPT))), Some(ErrorCode::InvitationNotFound));
}

#[test]
fn an_answer_whose_reply_is_lost_is_repeated_by_the_path_that_lives() {
    let mut bench = Bench::new(Route::Socket);
    bench.tell(Input::Received(invite(1, 120)));
    bench.tell(Input::Answer(ID, ACCEPT));
    let by_rest = [Output::Respond { id: ID, answer: ACCEPT, route: Route::Rest }];
    assert_eq!(bench.wait(SOCKET_TIMEOUT.as_secs_f64()), by_rest, "a silent socket");
    bench.tell(Input::AnswerLost(ID));
    assert_eq!(bench.wait(5.0), by_rest);
    let unavailable = ApiError::from(ErrorCode::Unavailable);
    assert_eq!(bench.tell(Input::Refused { id: ID, error: unavailable }), [], "a server that restarts is asked again");
    assert_eq!(bench.wait(5.0), by_rest);
    assert_eq!(result(&bench.tell(Input::Responded(responded(1, ACCEPT)))), Some(Ok(InviteStatus::Accepted)));
}

#[test]
fn a_lost_answer_is_given_up_some_time_after_the_end() {
    let mut bench = Bench::new(Route::Rest);
    bench.tell(Input::Received(invite(1, 10)));
    bench.tell(Input::Answer(ID, ACCEPT));
    bench.tell(Input::AnswerLost(ID));
    assert_eq!(removal(&bench.wait(12.0)), None, "it may have counted");
    let outputs = bench.wait(ANSWER_GRACE.as_secs_f64());
    assert_eq!(removal(&outputs), Some(RemovalReason::Expired));
    assert_eq!(result(&outputs), Some(Err(AnswerError::Timeout)));
}

#[test]
fn a_refusal_either_ends_it_or_lets_it_ring_on() {
    let ends = [
        (ErrorCode::AlreadyResponded, Some(RemovalReason::NoLongerPending)),
        (ErrorCode::ExpiredInvitation, Some(RemovalReason::Expired)),
        (ErrorCode::InvitationNotFound, Some(RemovalReason::NoLongerPending)),
        (ErrorCode::SessionNotFound, Some(RemovalReason::SessionClosed)),
        (ErrorCode::SessionFull, None),
        (ErrorCode::RateLimited, None),
    ];
    for (refusal, ended) in ends {
        let mut bench = Bench::new(Route::Socket);
        bench.tell(Input::Received(invite(1, 120)));
        bench.tell(Input::Answer(ID, ACCEPT));
        let outputs = bench.tell(Input::Refused { id: ID, error: refusal.into() });
        assert_eq!((removal(&outputs), code(&outputs)), (ended, Some(refusal)));
        let state = bench.queue.entries().next().map(|entry| entry.state);
        assert_eq!(state, ended.is_none().then_some(InviteState::Ringing));
    }
    let mut bench = Bench::new(Route::Socket);
    bench.tell(Input::Received(invite(1, 120)));
    bench.tell(Input::Answer(ID, ACCEPT));
    let details = serde_json::json!({ "status": "declined" });
    let error = ApiError::from(ErrorCode::AlreadyResponded).with_details(details);
    let reason = removal(&bench.tell(Input::Refused { id: ID, error }));
    assert_eq!(reason, Some(RemovalReason::AnsweredElsewhere(InviteStatus::Declined)));
}

#[test]
fn another_device_ends_the_ringing_but_ones_own_echo_does_not() {
    let mut bench = Bench::new(Route::Rest);
    bench.tell(Input::Received(invite(1, 120)));
    bench.tell(Input::Answer(ID, ACCEPT));
    assert_eq!(bench.tell(Input::Resolved(ID, InviteStatus::Accepted)), []);
    let outputs = bench.tell(Input::Resolved(ID, InviteStatus::Declined));
    assert_eq!(removal(&outputs), Some(RemovalReason::AnsweredElsewhere(InviteStatus::Declined)));
    assert_eq!(code(&outputs), Some(ErrorCode::AlreadyResponded));
}

#[test]
fn a_cancel_or_a_closed_session_ends_it_and_the_answer_under_way() {
    let reasons = [
        (CloseReason::CancelledBySender, RemovalReason::Cancelled),
        (CloseReason::FriendshipEnded, RemovalReason::Cancelled),
        (CloseReason::SessionClosed, RemovalReason::SessionClosed),
        (CloseReason::Timeout, RemovalReason::Expired),
        (CloseReason::Unknown, RemovalReason::NoLongerPending),
    ];
    for (close, reason) in reasons {
        let mut bench = Bench::new(Route::Socket);
        bench.tell(Input::Received(invite(1, 120)));
        bench.tell(Input::Answer(ID, DECLINE));
        let outputs = bench.tell(Input::Cancelled(ID, close));
        assert_eq!(removal(&outputs), Some(reason));
        assert!(matches!(result(&outputs), Some(Err(AnswerError::Api(_)))));
    }
    let mut bench = Bench::new(Route::Socket);
    assert_eq!(bench.tell(Input::Cancelled(ID, CloseReason::CancelledBySender)), []);
    assert_eq!(bench.tell(Input::Received(invite(1, 120))), [], "the cancel was faster than the invite");
}

#[test]
fn a_full_list_adds_keeps_and_removes_but_not_what_came_after_it_was_asked_for() {
    let mut bench = Bench::new(Route::Socket);
    bench.tell(Input::Received(invite(1, 120)));
    bench.tell(Input::Received(invite(2, 120)));
    bench.tell(Input::Answer(InviteId(2), ACCEPT));
    bench.wait(1.0);
    let began = bench.now;
    bench.wait(1.0);
    bench.tell(Input::Received(invite(3, 120)));
    let outputs = bench.tell(Input::Synced { began, invites: vec![invite(4, 100)] });
    assert_eq!(removal(&outputs), Some(RemovalReason::NoLongerPending));
    assert_eq!(bench.ids(), [4, 3, 2], "what came later and what is being answered stays");
}

#[test]
fn holds_so_many_at_once_and_fetches_the_rest_when_there_is_room() {
    let mut bench = Bench::new(Route::Socket);
    for id in 1..=CAPACITY as i64 + 1 {
        bench.tell(Input::Received(invite(id, 120)));
    }
    assert_eq!(bench.ids().len(), CAPACITY);
    let outputs = bench.tell(Input::Cancelled(ID, CloseReason::CancelledBySender));
    assert_eq!(outputs.last(), Some(&Output::Check));
    let outputs = bench.tell(Input::Cancelled(InviteId(2), CloseReason::CancelledBySender));
    assert_ne!(outputs.last(), Some(&Output::Check), "once is enough");
}

#[test]
fn signing_out_ends_everything_and_forgets_it() {
    let mut bench = Bench::new(Route::Socket);
    bench.tell(Input::Received(invite(1, 120)));
    bench.tell(Input::Answer(ID, ACCEPT));
    let outputs = bench.tell(Input::SignedOut);
    assert_eq!(removal(&outputs), Some(RemovalReason::SignedOut));
    assert_eq!(result(&outputs), Some(Err(AnswerError::SignedOut)));
    assert_eq!(bench.queue.poll_timeout(), None);
    assert!(matches!(bench.tell(Input::Received(invite(1, 120)))[..], [Output::Added(_)]));
}
