//! One rule at a time, in virtual time.

use super::*;

const SETTINGS: Settings = Settings {
    ping_interval: Duration::from_millis(300),
    ping_timeout: Duration::from_millis(200),
    upgrade_timeout: Duration::from_secs(10),
    closing_timeout: Duration::from_secs(3),
    max_waiting_packets: 4,
    max_waiting_bytes: 100,
};

fn ms(start: Instant, millis: u64) -> Instant {
    start + Duration::from_millis(millis)
}

fn text(text: &str) -> Packet {
    Packet::text(text.to_owned())
}

/// The texts of the packets that end a waiting poll.
fn answer(session: &mut Session, now: Instant) -> Option<Vec<String>> {
    session.poll_answer(now).map(|answer| match answer {
        PollAnswer::Packets(packets) => packets.iter().map(|packet| format!("{packet:?}")).map(short).collect(),
        PollAnswer::Unknown => vec!["unknown".into()],
        PollAnswer::Rejected(rejection) => vec![rejection.body],
    })
}

fn short(debug: String) -> String {
    debug.trim_start_matches("Text(\"").trim_end_matches("\")").to_owned()
}

fn ending(rejection: Option<&str>) -> Ending {
    let rejection = rejection.map(|body| Rejection {
        status: http::StatusCode::SERVICE_UNAVAILABLE,
        retry_after: Some(1),
        body: body.to_owned(),
    });
    Ending { code: 1012, reason: "UNAVAILABLE".into(), rejection, notice: Some(text("4notice")) }
}

/// A polling session with a probe that has said `2probe`.
fn probed(start: Instant) -> (Session, ProbeId) {
    let mut session = Session::polling(SETTINGS, start);
    let id = session.probe_start(start).expect("free");
    let ping = Incoming::Ping("probe");
    assert_eq!(session.probe_packet(start, id, Some(&ping)), ProbeStep::Answer);
    (session, id)
}

#[test]
fn first_ping_comes_after_the_interval() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    session.poll_start(start).expect("open");
    assert_eq!(answer(&mut session, ms(start, 299)), None);
    assert_eq!(session.poll_timeout(), Some(ms(start, 300)));
    assert_eq!(answer(&mut session, ms(start, 300)), Some(vec!["2".into()]));
    session.receive(ms(start, 400), Incoming::Pong);
    assert_eq!(session.poll_timeout(), Some(ms(start, 700)));
}

#[test]
fn client_that_answers_no_ping_is_gone_when_its_time_is_up() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    session.handle_timeout(ms(start, 301));
    session.handle_timeout(ms(start, 499));
    assert_eq!(session.closed(), None);
    assert_eq!(session.poll_start(ms(start, 500)), Err(Refused::Unknown));
    assert_eq!(session.closed(), Some(CloseReason::PingTimeout));
}

#[test]
fn server_that_was_late_does_not_blame_its_client() {
    let start = Instant::now();
    let mut session = Session::websocket(SETTINGS, start);
    session.handle_timeout(ms(start, 5_000));
    assert_eq!(session.poll_timeout(), Some(ms(start, 5_200)));
    session.extend_heartbeat(ms(start, 5_150));
    session.handle_timeout(ms(start, 5_200));
    assert_eq!(session.closed(), None, "it did not read meanwhile");
}

#[test]
fn second_poll_ends_the_session_and_the_first_is_told() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    session.poll_start(start).expect("open");
    assert_eq!(session.poll_start(start), Err(Refused::Overlap));
    assert_eq!(answer(&mut session, start), Some(vec!["1".into()]));
    assert_eq!(session.poll_start(start), Err(Refused::Unknown));
}

#[test]
fn poll_that_is_cut_loses_nothing_and_ends_the_session() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    session.poll_start(start).expect("open");
    session.poll_cut();
    assert_eq!(session.closed(), Some(CloseReason::TransportError));
    assert!(!session.send(text("4a")));
}

#[test]
fn client_that_closes_is_answered_with_a_noop() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    session.poll_start(start).expect("open");
    session.receive(start, Incoming::Close);
    assert_eq!(answer(&mut session, start), Some(vec!["6".into()]));
    assert_eq!(session.closed(), Some(CloseReason::ClientClosed));
}

#[test]
fn probe_that_fails_changes_nothing() {
    let start = Instant::now();
    for failure in 0..4 {
        let (mut session, id) = probed(start);
        assert!(session.send(text("4a")));
        match failure {
            0 => session.probe_cut(id),
            1 => assert_eq!(session.probe_packet(start, id, None), ProbeStep::Reject),
            2 => assert_eq!(session.probe_packet(start, id, Some(&Incoming::Text("x"))), ProbeStep::Reject),
            _ => {
                session.heartbeat = Heartbeat::Due(ms(start, 60_000));
                session.handle_timeout(ms(start, 10_000));
            }
        }
        assert_eq!(session.probe_deadline(id), None);
        session.poll_start(start).expect("it goes on by polling");
        assert_eq!(answer(&mut session, start), Some(vec!["4a".into()]));
        assert!(session.probe_start(start).is_some(), "another one may be tried");
    }
}

#[test]
fn upgrade_before_the_probe_is_rejected() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    let id = session.probe_start(start).expect("free");
    assert_eq!(session.probe_packet(start, id, Some(&Incoming::Upgrade)), ProbeStep::Reject);
    assert!(!session.is_websocket());
}

#[test]
fn newer_probe_takes_the_place_of_one_that_has_said_nothing() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    let silent = session.probe_start(start).expect("free");
    let newer = session.probe_start(start).expect("the other has said nothing");
    assert_eq!(session.probe_packet(start, silent, Some(&Incoming::Ping("probe"))), ProbeStep::Reject);
    assert_eq!(session.probe_packet(start, newer, Some(&Incoming::Ping("probe"))), ProbeStep::Answer);
    assert_eq!(session.probe_start(start), None, "it has proved itself");
}

#[test]
fn polls_are_ended_ten_times_a_second_while_probing() {
    let start = Instant::now();
    let (mut session, _) = probed(start);
    session.heartbeat = Heartbeat::Due(ms(start, 60_000));
    let mut noops = 0;
    for millis in 0..1_000 {
        let now = ms(start, millis);
        if !session.requests.poll {
            session.poll_start(now).expect("open");
        }
        noops += usize::from(answer(&mut session, now) == Some(vec!["6".into()]));
    }
    assert_eq!(noops, 10);
}

#[test]
fn what_waits_goes_over_to_the_websocket() {
    let start = Instant::now();
    let (mut session, id) = probed(start);
    assert!(session.send(text("4a")));
    assert_eq!(session.probe_packet(start, id, Some(&Incoming::Upgrade)), ProbeStep::Upgraded);
    assert!(session.send(text("4b")));
    assert_eq!([session.next_packet(), session.next_packet()], [Some(text("4a")), Some(text("4b"))]);
    assert_eq!(session.poll_start(start), Err(Refused::WrongTransport));
    assert_eq!(session.probe_start(start), None);
}

#[test]
fn poll_that_waits_at_the_upgrade_ends_with_a_noop() {
    let start = Instant::now();
    let (mut session, id) = probed(start);
    session.poll_start(start).expect("open");
    assert!(answer(&mut session, start).is_some());
    session.poll_start(start).expect("open");
    assert_eq!(session.probe_packet(start, id, Some(&Incoming::Upgrade)), ProbeStep::Upgraded);
    assert!(session.send(text("4a")));
    assert_eq!(answer(&mut session, start), Some(vec!["6".into()]));
    assert_eq!(session.next_packet(), Some(text("4a")));
}

#[test]
fn client_that_lags_behind_is_cut_off() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    assert!((0..4).all(|_| session.send(text("4a"))));
    assert!(!session.send(text("4a")));
    assert_eq!(session.closed(), Some(CloseReason::TooSlow));

    let mut session = Session::websocket(SETTINGS, start);
    assert!(session.send(text(&"4".repeat(60))));
    assert!(!session.send(text(&"4".repeat(60))), "its bytes count as well");
}

#[test]
fn ended_session_delivers_what_waits_and_then_tells() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    assert!(session.send(text("4a")));
    session.end(start, ending(Some("later")));
    assert!(!session.send(text("4b")));
    session.poll_start(start).expect("what waits is delivered");
    assert_eq!(answer(&mut session, start), Some(vec!["4a".into()]));
    session.poll_start(start).expect("and the refusal");
    assert_eq!(answer(&mut session, start), Some(vec!["later".into()]));
    assert_eq!(session.poll_start(start), Err(Refused::Unknown));

    let mut session = Session::websocket(SETTINGS, start);
    assert!(session.send(text("4a")));
    session.end(start, ending(Some("later")));
    assert_eq!(session.close_frame(), None, "not before what waits has been sent");
    assert_eq!([session.next_packet(), session.next_packet()], [Some(text("4a")), Some(text("4notice"))]);
    assert_eq!(session.close_frame(), Some((1012, "UNAVAILABLE".into())));
}

#[test]
fn waiting_poll_is_rejected_at_once_when_the_session_ends() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    session.poll_start(start).expect("open");
    session.end(start, ending(Some("later")));
    assert_eq!(answer(&mut session, start), Some(vec!["later".into()]));
    assert_eq!(session.closed(), Some(CloseReason::ServerClosed));
}

#[test]
fn refused_client_is_forgotten_when_it_has_fetched_why() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    assert!(session.send(text("44{}")));
    session.end(start, ending(None));
    session.poll_start(start).expect("open");
    assert_eq!(answer(&mut session, start), Some(vec!["44{}".into()]));
    assert_eq!(session.closed(), Some(CloseReason::ServerClosed));
}

#[test]
fn client_that_does_not_fetch_its_end_is_not_waited_for() {
    let start = Instant::now();
    let mut session = Session::polling(SETTINGS, start);
    assert!(session.send(text("41")));
    session.end(start, ending(None));
    session.handle_timeout(ms(start, 2_999));
    assert_eq!(session.closed(), None);
    session.handle_timeout(ms(start, 3_000));
    assert_eq!(session.closed(), Some(CloseReason::ServerClosed));
}
