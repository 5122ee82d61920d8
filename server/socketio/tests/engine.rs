//! Engine.IO, protocol 4, as its public test suite has it: handshakes, messages, heartbeats, ends and the change of
//! transport.

mod kit;

use std::time::Instant;

use kit::{
    ENGINE_IO, MAX_PAYLOAD, PATIENCE, PING_INTERVAL, PING_TIMEOUT, SOCKET_IO, Server,
    http::Http,
    polling::{Polling, payload},
    raw_ws,
    socket::{Received, Socket},
};
use serde_json::{Value, json};

/// What is wrong with a handshake's query, and what it is answered with.
const BAD_QUERIES: [(&str, u16, &str); 6] = [
    ("EIO=4", 0, "Transport unknown"),
    ("EIO=4&transport=abc", 0, "Transport unknown"),
    ("transport=TRANSPORT", 5, "Unsupported protocol version"),
    ("EIO=abc&transport=TRANSPORT", 5, "Unsupported protocol version"),
    ("EIO=3&transport=TRANSPORT", 5, "Unsupported protocol version"),
    ("EIO=4&transport=TRANSPORT&sid=unknown", 1, "Session ID unknown"),
];

fn check_details(details: &Value, upgrades: &[&str]) {
    let sid = details["sid"].as_str().expect("a session id");
    assert!(!sid.is_empty() && sid.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{sid}");
    let expected = json!({
        "sid": sid,
        "upgrades": upgrades,
        "pingInterval": PING_INTERVAL.as_millis() as u64,
        "pingTimeout": PING_TIMEOUT.as_millis() as u64,
        "maxPayload": MAX_PAYLOAD,
    });
    assert_eq!(*details, expected);
}

#[tokio::test]
async fn polling_handshake_opens_a_session_with_an_upgrade() {
    let server = kit::start().await;
    for path in [ENGINE_IO, SOCKET_IO] {
        let answer = Http::new(server.address).get(&format!("{path}?EIO=4&transport=polling")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let kind = answer.header("content-type").expect("a type");
        assert!(kind.eq_ignore_ascii_case("text/plain; charset=utf-8"), "{kind}");
        let (first, second) = (Polling::open(&server, path).await, Polling::open(&server, path).await);
        check_details(&first.details, &["websocket"]);
        check_details(&second.details, &["websocket"]);
        assert_ne!(first.sid, second.sid);
    }
}

#[tokio::test]
async fn websocket_handshake_opens_a_session_without_upgrades() {
    let server = kit::start().await;
    for path in [ENGINE_IO, SOCKET_IO] {
        let (_first, one) = Socket::open_with_details(&server, path).await;
        let (_second, other) = Socket::open_with_details(&server, path).await;
        check_details(&one, &[]);
        check_details(&other, &[]);
        assert_ne!(one["sid"], other["sid"]);
    }
}

#[tokio::test]
async fn polling_handshake_with_a_bad_query_is_refused() {
    let server = kit::start().await;
    let mut http = Http::new(server.address);
    for path in [ENGINE_IO, SOCKET_IO] {
        for (query, code, message) in BAD_QUERIES {
            let path = format!("{path}?{}", query.replace("TRANSPORT", "polling"));
            let answer = http.get(&path).await;
            assert_eq!(answer.status, 400, "{path}: {answer:?}");
            assert_eq!(answer.json(), json!({ "code": code, "message": message }), "{path}");
            let kind = answer.header("content-type").expect("a type");
            assert!(kind.starts_with("application/json"), "{kind}");
        }
    }
}

#[tokio::test]
async fn polling_handshake_by_another_method_is_refused() {
    let server = kit::start().await;
    let mut http = Http::new(server.address);
    for path in [ENGINE_IO, SOCKET_IO] {
        for method in ["POST", "PUT", "DELETE"] {
            let answer = http.request(method, &format!("{path}?EIO=4&transport=polling"), b"").await;
            assert_eq!(answer.status, 400, "{method}: {answer:?}");
            assert_eq!(answer.json(), json!({ "code": 2, "message": "Bad handshake method" }), "{method}");
        }
    }
}

#[tokio::test]
async fn websocket_transport_without_an_upgrade_is_refused() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let mut http = Http::new(server.address);
    for query in ["EIO=4&transport=websocket".to_owned(), format!("EIO=4&transport=websocket&sid={}", polling.sid)] {
        let answer = http.get(&format!("{ENGINE_IO}?{query}")).await;
        assert_eq!((answer.status, answer.json()), (400, json!({ "code": 3, "message": "Bad request" })), "{query}");
    }
    polling.echo("alive").await;
}

#[tokio::test]
async fn websocket_handshake_with_a_bad_query_is_refused() {
    let server = kit::start().await;
    for path in [ENGINE_IO, SOCKET_IO] {
        for (query, _, message) in BAD_QUERIES {
            let path = format!("{path}?{}", query.replace("TRANSPORT", "websocket"));
            let Err(answer) = raw_ws::upgrade(&server, &path, &[]).await else { panic!("{path}: a WebSocket") };
            assert_eq!(answer.status, 400, "{path}: {answer:?}");
            assert!(answer.text().contains(message), "{path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn polled_messages_of_any_kind_come_back_in_order() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let large = format!("4{}", "x".repeat(100_000));
    let payloads = [
        payload(&["4hello"]),
        payload(&["4one", "4two", "4three"]),
        payload(&["4hello", "bAQIDBA=="]),
        payload(&["bAQ==", "4"]),
        payload(&["4\u{20ac} \u{1f3be} \u{0}", "b/+8="]),
        payload(&[large]),
    ];
    for sent in payloads {
        polling.send(&sent).await;
        let mut came = vec![polling.packet().await];
        while came.len() < sent.split(kit::SEPARATOR).count() {
            came.push(polling.packet().await);
        }
        assert_eq!(payload(&came), sent);
    }
}

#[tokio::test]
async fn posted_packet_that_is_none_ends_the_session() {
    let server = kit::start().await;
    for bad in ["abc", "x", "7", "9hello"] {
        let mut polling = Polling::open(&server, ENGINE_IO).await;
        // The server may hang up as well.
        if let Ok(answer) = polling.try_post(bad).await {
            assert_eq!(answer.status, 400, "{bad}: {answer:?}");
        }
        assert_eq!(polling.poll().await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn second_poll_at_once_ends_both_and_the_session() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let first = polling.start_poll().await;
    polling.settle().await;
    let second = polling.poll().await;
    assert!([400, 500].contains(&second.status), "{second:?}");
    first.answer().await.expect(200, "1");
    assert_eq!(polling.poll().await.status, 400);
}

#[tokio::test]
async fn websocket_messages_of_any_kind_come_back_in_order() {
    let server = kit::start().await;
    let mut socket = Socket::open(&server, ENGINE_IO).await;
    socket.echo("hello").await;
    socket.send_binary(&[1, 2, 3, 4]).await;
    socket.expect_binary(&[1, 2, 3, 4]).await;
    let large = format!("4{}", "x".repeat(100_000));
    for text in ["4one", "4\u{20ac} \u{1f3be}", "4", &large] {
        socket.send(text).await;
    }
    socket.send_binary(&[]).await;
    for text in ["4one", "4\u{20ac} \u{1f3be}", "4", &large] {
        socket.expect(text).await;
    }
    socket.expect_binary(&[]).await;
}

#[tokio::test]
async fn websocket_packet_that_is_none_closes_the_connection() {
    let server = kit::start().await;
    for bad in ["abc", "x", "7", "9hello"] {
        let mut socket = Socket::open(&server, ENGINE_IO).await;
        socket.send(bad).await;
        let before = socket.ended().await;
        assert!(before.is_empty(), "{bad}: {before:?}");
    }
}

#[tokio::test]
async fn answered_pings_keep_a_polling_session() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let since = Instant::now();
    for _ in 0..3 {
        polling.poll().await.expect(200, "2");
        polling.send("3").await;
    }
    assert!(since.elapsed() > PING_INTERVAL * 5 / 2, "three pings within {:?}", since.elapsed());
    polling.echo("alive").await;
}

#[tokio::test]
async fn unanswered_ping_ends_a_polling_session() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let since = Instant::now();
    polling.poll().await.expect(200, "2");
    let last = loop {
        let answer = polling.poll().await;
        if answer.status != 200 {
            break answer;
        }
        assert!(since.elapsed() < PATIENCE, "still there: {answer:?}");
    };
    assert_eq!(last.status, 400, "{last:?}");
    assert!(since.elapsed() > (PING_INTERVAL + PING_TIMEOUT) * 4 / 5, "after {:?}", since.elapsed());
}

#[tokio::test]
async fn client_that_never_polls_loses_its_session() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    tokio::time::sleep(PING_INTERVAL + PING_TIMEOUT * 2).await;
    assert_eq!(polling.poll().await.status, 400);
}

#[tokio::test]
async fn answered_pings_keep_a_websocket_session() {
    let server = kit::start().await;
    let mut socket = Socket::open(&server, ENGINE_IO).await;
    let since = Instant::now();
    for _ in 0..3 {
        assert_eq!(socket.receive().await, Received::Text("2".into()));
        socket.send("3").await;
    }
    assert!(since.elapsed() > PING_INTERVAL * 5 / 2, "three pings within {:?}", since.elapsed());
    socket.echo("alive").await;
}

#[tokio::test]
async fn unanswered_ping_closes_a_websocket() {
    let server = kit::start().await;
    let mut socket = Socket::open(&server, ENGINE_IO).await;
    let since = Instant::now();
    assert_eq!(socket.receive().await, Received::Text("2".into()));
    assert!(matches!(socket.receive().await, Received::End(_)));
    assert!(since.elapsed() > (PING_INTERVAL + PING_TIMEOUT) * 4 / 5, "after {:?}", since.elapsed());
}

#[tokio::test]
async fn close_packet_by_polling_ends_the_poll_and_the_session() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let waiting = polling.start_poll().await;
    polling.settle().await;
    assert_eq!(polling.post("1").await.status, 200);
    waiting.answer().await.expect(200, "6");
    assert_eq!(polling.poll().await.status, 400);
    let mut alone = Polling::open(&server, ENGINE_IO).await;
    assert_eq!(alone.post("1").await.status, 200);
    assert_eq!(alone.poll().await.status, 400, "also where no poll waits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn close_packet_ends_a_poll_that_was_sent_at_the_same_time() {
    let server = kit::start().await;
    for _ in 0..200 {
        let mut polling = Polling::open(&server, ENGINE_IO).await;
        let poll = polling.start_poll().await;
        assert_eq!(polling.post("1").await.status, 200);
        poll.answer().await.expect(200, "6");
        assert_eq!(polling.poll().await.status, 400);
    }
}

#[tokio::test]
async fn close_packet_by_websocket_closes_it() {
    let server = kit::start().await;
    let mut socket = Socket::open(&server, ENGINE_IO).await;
    socket.send("1").await;
    let before = socket.ended().await;
    assert!(before.is_empty(), "{before:?}");
}

#[tokio::test]
async fn upgrade_ends_the_waiting_poll_and_moves_messages() {
    let server = kit::start().await;
    let polling = Polling::open(&server, ENGINE_IO).await;
    let waiting = polling.start_poll().await;
    let mut socket = Socket::probe(&server, ENGINE_IO, &polling.sid).await;
    waiting.answer().await.expect(200, "6");
    socket.send("5").await;
    socket.echo("hello").await;
    socket.send_binary(&[1, 2, 3, 4]).await;
    socket.expect_binary(&[1, 2, 3, 4]).await;
    for _ in 0..2 {
        assert_eq!(socket.receive().await, Received::Text("2".into()), "heartbeats move as well");
        socket.send("3").await;
    }
    socket.echo("alive").await;
}

#[tokio::test]
async fn poll_that_begins_after_the_probe_ends_with_a_noop() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, ENGINE_IO).await;
    let mut socket = Socket::probe(&server, ENGINE_IO, &polling.sid).await;
    polling.poll().await.expect(200, "6");
    socket.send("5").await;
    socket.echo("hello").await;
}

/// A session that polled, and its WebSocket; the client did not wait for the answer to its probe.
async fn upgraded(server: &Server) -> (Polling, Socket) {
    let polling = Polling::open(server, ENGINE_IO).await;
    let mut socket = Socket::join(server, ENGINE_IO, &polling.sid).await;
    for packet in ["2probe", "5", "4hello"] {
        socket.send(packet).await;
    }
    for packet in ["3probe", "4hello"] {
        socket.expect(packet).await;
    }
    (polling, socket)
}

#[tokio::test]
async fn request_after_the_upgrade_is_refused() {
    let server = kit::start().await;
    let (mut polling, mut socket) = upgraded(&server).await;
    assert_eq!(polling.poll().await.status, 400);
    assert_eq!(polling.post("4by post").await.status, 400);
    socket.echo("alive").await;
}

#[tokio::test]
async fn second_websocket_after_the_upgrade_is_refused() {
    let server = kit::start().await;
    let (polling, mut socket) = upgraded(&server).await;
    // Refused at once, or closed.
    if let Ok(mut second) = Socket::try_join(&server, ENGINE_IO, &polling.sid).await {
        second.send("2probe").await;
        let before = second.ended().await;
        assert!(before.is_empty(), "{before:?}");
    }
    socket.echo("alive").await;
}
