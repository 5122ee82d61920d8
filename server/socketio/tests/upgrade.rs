//! What the public suites leave out about transports: probes that come to nothing, polls that are given up, and
//! WebSockets that are closed or break the rules of RFC 6455.

mod kit;

use std::time::{Duration, Instant};

use kit::{
    ENGINE_IO, MAX_PAYLOAD, PING_INTERVAL, Server, eventually,
    http::Pending,
    polling::{Polling, payload},
    raw_ws::{self, CONTINUATION, FIN, PING, PONG, RSV1, RSV2, RSV3, RawSocket, TEXT, frame},
    socket::{Received, Socket},
};

/// Attempts at what has to come before the first ping, on a machine that may be busy with something else.
const ATTEMPTS: usize = 5;

/// Probes until it works, while messages flow by polling; the session ends up on the WebSocket.
async fn upgrade_later(server: &Server, polling: &mut Polling) {
    let mut probed = None;
    eventually("a later probe", async || {
        polling.echo("by polling").await;
        // A server that still thinks of the probe before may refuse this one, or close it.
        let Ok(mut socket) = Socket::try_join(server, ENGINE_IO, &polling.sid).await else { return false };
        socket.send("2probe").await;
        let answered = socket.packet().await == Received::Text("3probe".to_owned());
        probed = Some(socket).filter(|_| answered);
        answered
    })
    .await;
    let mut socket = probed.expect("a WebSocket");
    socket.send("5").await;
    socket.echo("by WebSocket").await;
    assert_eq!(polling.poll().await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poll_behind_the_upgrade_is_told_so_whichever_task_reads_first() {
    let server = kit::start().await;
    for round in 0..200 {
        let mut polling = Polling::open(&server, ENGINE_IO).await;
        let mut socket = Socket::join(&server, ENGINE_IO, &polling.sid).await;
        socket.send("2probe").await;
        socket.send("5").await;
        assert_eq!(polling.poll().await.status, 400, "round {round}");
        socket.expect("3probe").await;
        socket.echo("by WebSocket").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probe_behind_the_upgrade_comes_too_late_whichever_task_reads_first() {
    let server = kit::start().await;
    for round in 0..200 {
        let polling = Polling::open(&server, ENGINE_IO).await;
        let mut socket = Socket::join(&server, ENGINE_IO, &polling.sid).await;
        socket.send("2probe").await;
        socket.send("5").await;
        let late = Socket::join(&server, ENGINE_IO, &polling.sid).await.ended().await;
        assert!(late.is_empty(), "round {round}: {late:?}");
        socket.expect("3probe").await;
        socket.echo("by WebSocket").await;
    }
}

#[tokio::test]
async fn probe_that_is_cut_leaves_the_polling_session_alone() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    Socket::join(&server, ENGINE_IO, &polling.sid).await.cut();
    polling.echo("one").await;
    Socket::probe(&server, ENGINE_IO, &polling.sid).await.cut();
    polling.echo("two").await;
    // Ended without a close frame, and without a reset.
    drop(Socket::join(&server, ENGINE_IO, &polling.sid).await);
    polling.echo("three").await;
    upgrade_later(&server, &mut polling).await;
}

#[tokio::test]
async fn rubbish_instead_of_a_probe_leaves_the_polling_session_alone() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    for rubbish in ["abc", "2", "2other", "3probe", "4early", "6", "1"] {
        let mut socket = Socket::join(&server, ENGINE_IO, &polling.sid).await;
        socket.send(rubbish).await;
        let before = socket.ended().await;
        assert!(before.is_empty(), "{rubbish}: {before:?}");
        polling.echo(rubbish).await;
    }
    upgrade_later(&server, &mut polling).await;
}

#[tokio::test]
async fn rubbish_instead_of_the_upgrade_leaves_polling_alone() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    for rubbish in ["abc", "2", "3", "4early", "6", "1"] {
        let mut socket = Socket::probe(&server, ENGINE_IO, &polling.sid).await;
        socket.send(rubbish).await;
        let before = socket.ended().await;
        assert!(before.is_empty(), "{rubbish}: {before:?}");
        // Were the early message taken, it would come first.
        polling.echo(rubbish).await;
    }
    let mut socket = Socket::probe(&server, ENGINE_IO, &polling.sid).await;
    socket.send_binary(b"early").await;
    socket.ended().await;
    polling.echo("after binary").await;
    upgrade_later(&server, &mut polling).await;
}

#[tokio::test]
async fn probe_that_never_begins_leaves_polling_alone() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let silent = Socket::join(&server, ENGINE_IO, &polling.sid).await;
    for round in 0..3 {
        polling.poll().await.expect(200, "2");
        polling.send("3").await;
        polling.echo(&format!("round {round}")).await;
    }
    drop(silent);
    upgrade_later(&server, &mut polling).await;
}

#[tokio::test]
async fn probe_that_never_ends_leaves_polling_alone() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let stalled = Socket::probe(&server, ENGINE_IO, &polling.sid).await;
    let since = Instant::now();
    while since.elapsed() < PING_INTERVAL * 3 {
        polling.echo("during the probe").await;
        for packet in polling.poll().await.packets() {
            match packet.as_str() {
                "2" => polling.send("3").await,
                other => assert_eq!(other, "6"),
            }
        }
    }
    stalled.cut();
    upgrade_later(&server, &mut polling).await;
}

#[tokio::test]
async fn polls_during_a_probe_end_with_few_noops() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let _stalled = Socket::probe(&server, ENGINE_IO, &polling.sid).await;
    let (since, mut noops) = (Instant::now(), 0_u32);
    while since.elapsed() < Duration::from_secs(1) {
        for packet in polling.poll().await.packets() {
            match packet.as_str() {
                "2" => polling.send("3").await,
                "6" => noops += 1,
                other => panic!("{other}"),
            }
        }
    }
    let a_second = f64::from(noops) / since.elapsed().as_secs_f64();
    assert!(noops > 0 && a_second < 15.0, "{noops} noops, {a_second} a second");
}

/// How the client polls while it probes.
#[derive(Clone, Copy, Debug)]
enum Polls {
    None,
    Between,
    WaitsForTheEnd,
}

/// Posts five messages during a probe and sends five more afterwards; returns what comes back over both transports.
async fn messages_over_an_upgrade(server: &Server, polls: Polls) -> Vec<String> {
    let mut polling = Polling::open(server, ENGINE_IO).await;
    let mut came = Vec::new();
    polling.send("40").await;
    let mut socket = Socket::probe(server, ENGINE_IO, &polling.sid).await;
    polling.send(&payload(&["41", "42"])).await;
    if let Polls::Between = polls {
        came.extend(polling.poll().await.packets());
    }
    polling.send(&payload(&["43", "44"])).await;
    let mut waiting: Option<Pending> = None;
    if let Polls::WaitsForTheEnd = polls {
        // The first takes what has come so far, the next one finds nothing.
        came.extend(polling.poll().await.packets());
        waiting = Some(polling.start_poll().await);
        polling.settle().await;
    }
    socket.send("5").await;
    for number in 5..10 {
        socket.send(&format!("4{number}")).await;
    }
    if let Some(waiting) = waiting {
        let answer = waiting.answer().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        came.extend(answer.packets());
    }
    socket.send("4last").await;
    loop {
        let text = socket.text().await;
        if text == "4last" {
            return came;
        }
        came.push(text);
    }
}

#[tokio::test]
async fn message_during_an_upgrade_arrives_once_and_in_order() {
    let server = kit::start().await;
    for round in 0..10 {
        for polls in [Polls::None, Polls::Between, Polls::WaitsForTheEnd] {
            let mut came = messages_over_an_upgrade(&server, polls).await;
            came.retain(|packet| packet != "6" && packet != "2");
            let expected: Vec<_> = (0..10).map(|number| format!("4{number}")).collect();
            assert_eq!(came, expected, "{polls:?}, round {round}");
        }
    }
}

/// Opens a session, gives a poll up in mid-wait, and returns whether the session ends before the first ping. (A session
/// of which nobody noticed anything would end when the ping is not answered.)
async fn ends_at_once(server: &Server, half_close: bool) -> bool {
    let mut polling = Polling::open(server, ENGINE_IO).await;
    let since = Instant::now();
    let waiting = polling.start_poll().await;
    polling.settle().await;
    if half_close {
        waiting.half_close().await.end().await;
    } else {
        waiting.hang_up();
    }
    eventually("the end of the session", async || polling.is_unknown().await).await;
    let took = since.elapsed();
    assert_eq!(polling.poll().await.status, 400);
    took < PING_INTERVAL
}

#[tokio::test]
async fn poll_that_is_reset_ends_the_session_at_once() {
    let server = kit::start().await;
    for _ in 0..ATTEMPTS {
        if ends_at_once(&server, false).await {
            return;
        }
    }
    panic!("a session outlives its poll");
}

#[tokio::test]
async fn poll_that_is_half_closed_ends_the_session_at_once() {
    let server = kit::start().await;
    for _ in 0..ATTEMPTS {
        if ends_at_once(&server, true).await {
            return;
        }
    }
    panic!("a session outlives its poll");
}

#[tokio::test]
async fn close_frame_is_answered_with_its_own_code() {
    let server = kit::start().await;
    for code in [Some(1000), Some(4001), None] {
        let mut socket = RawSocket::open(&server).await;
        socket.send(&raw_ws::close(code)).await;
        assert_eq!(socket.closed().await, code);
    }
}

#[tokio::test]
async fn well_formed_frames_of_every_kind_are_taken() {
    let server = kit::start().await;
    let mut socket = RawSocket::open(&server).await;
    // A character that is cut in two, and a ping between the halves.
    socket.send(&frame(TEXT, b"4\xe2\x82")).await;
    socket.send(&frame(FIN | PING, &[7; 125])).await;
    socket.send(&frame(FIN | PONG, b"unasked")).await;
    socket.send(&frame(CONTINUATION, b"")).await;
    socket.send(&frame(FIN | CONTINUATION, b"\xac")).await;
    socket.expect(FIN | PONG, &[7; 125]).await;
    socket.expect(FIN | TEXT, "4\u{20ac}".as_bytes()).await;
    let largest = format!("4{}", "x".repeat(MAX_PAYLOAD - 1));
    socket.send(&raw_ws::text(&largest)).await;
    socket.expect(FIN | TEXT, largest.as_bytes()).await;
}

/// Sends bytes and returns the code of the close frame that they are answered with.
async fn code_for(server: &Server, bytes: &[u8]) -> Option<u16> {
    let mut socket = RawSocket::open(server).await;
    socket.send(bytes).await;
    socket.closed().await
}

#[tokio::test]
async fn frame_against_the_protocol_is_closed_with_1002() {
    let server = kit::start().await;
    let cases = [
        ("unmasked", b"\x81\x034hi".to_vec()),
        ("RSV1", frame(FIN | RSV1 | TEXT, b"4hi")),
        ("RSV2", frame(FIN | RSV2 | TEXT, b"4hi")),
        ("RSV3", frame(FIN | RSV3 | TEXT, b"4hi")),
        ("opcode 3", frame(FIN | 0x3, b"4hi")),
        ("opcode 15", frame(FIN | 0xf, b"4hi")),
        ("ping of 126 bytes", frame(FIN | PING, &[7; 126])),
        ("ping in parts", frame(PING, b"half")),
        ("stray continuation", frame(FIN | CONTINUATION, b"4hi")),
        ("text within a text", [frame(TEXT, b"4h"), frame(FIN | TEXT, b"4i")].concat()),
    ];
    for (case, bytes) in cases {
        assert_eq!(code_for(&server, &bytes).await, Some(1002), "{case}");
    }
}

#[tokio::test]
async fn text_that_is_no_utf_8_is_closed_with_1007() {
    let server = kit::start().await;
    let cases = [
        ("never valid", frame(FIN | TEXT, b"4\xff\xfe")),
        ("a surrogate", frame(FIN | TEXT, b"4\xed\xa0\x80")),
        ("cut short", frame(FIN | TEXT, b"4\xe2\x82")),
        ("in two parts", [frame(TEXT, b"4\xe2\x82"), frame(FIN | CONTINUATION, b"x")].concat()),
    ];
    for (case, bytes) in cases {
        assert_eq!(code_for(&server, &bytes).await, Some(1007), "{case}");
    }
}

#[tokio::test]
async fn message_above_the_limit_is_closed_with_1009() {
    let server = kit::start().await;
    let half = vec![b'4'; MAX_PAYLOAD / 2 + 1];
    let cases = [
        ("announced", raw_ws::header(FIN | TEXT, MAX_PAYLOAD + 1)),
        ("announced beyond reason", raw_ws::header(FIN | TEXT, usize::MAX >> 1)),
        ("in two parts", [frame(TEXT, &half), frame(FIN | CONTINUATION, &half)].concat()),
    ];
    for (case, bytes) in cases {
        assert_eq!(code_for(&server, &bytes).await, Some(1009), "{case}");
    }
}

#[tokio::test]
async fn handshake_with_a_bad_header_is_refused() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let changes = [
        ("sec-websocket-version", Some("8")),
        ("sec-websocket-version", Some("99")),
        ("sec-websocket-version", None),
        ("sec-websocket-key", Some("")),
        ("sec-websocket-key", Some("c2hvcnQ=")),
        ("sec-websocket-key", Some("this is no base64 at all")),
        ("sec-websocket-key", None),
    ];
    for change in changes {
        for sid in [String::new(), format!("&sid={}", polling.sid)] {
            let path = format!("{ENGINE_IO}?EIO=4&transport=websocket{sid}");
            let Err(answer) = raw_ws::upgrade(&server, &path, &[change]).await else { panic!("{change:?}: taken") };
            assert!((400..500).contains(&answer.status), "{change:?}: {answer:?}");
        }
    }
    polling.echo("alive").await;
    upgrade_later(&server, &mut polling).await;
}
