//! Clients that want no good: before they are signed in, afterwards, and in what they write into packets.
//!
//! The reference implementation has none of the limits that are tested here, takes no packet behind a CONNECT before
//! that is answered, and closes on an event whose name is no name.

mod kit;

use std::time::{Duration, Instant};

use kit::{
    SEPARATOR, SOCKET_IO, Server,
    client::{ATTACHMENT, BOTH, Client, Transport},
    in_time,
    polling::Polling,
    socket::{Received, Socket, socket_id},
};

/// One placeholder where one attachment is announced.
const PLACE: &str = r#"{"_placeholder":true,"num":0}"#;

fn is_accept(packet: &str) -> bool {
    packet.starts_with("40{") || packet.starts_with("40/custom,{")
}

/// Sends packets to a server that knows nothing of the client yet, and a CONNECT behind them. The transport has to end
/// before that is looked at: were it accepted, the connection would live on.
async fn check_stranger(server: &Server, transport: Transport, packets: &[String], case: &str) {
    let mut client = Client::open(server, transport).await;
    client.send(&[packets, &["40".to_owned()]].concat()).await;
    let before = client.ended().await;
    assert!(!before.iter().any(|packet| is_accept(packet)), "{transport:?}, {case}: {before:?}");
}

#[tokio::test]
async fn stranger_with_more_than_20_packets_is_cut_off() {
    let server = kit::start().await;
    for transport in BOTH {
        for packet in ["2", "3", "5", "6", "40/x,", "41", "43[]", r#"42["message",1]"#, ATTACHMENT] {
            check_stranger(&server, transport, &vec![packet.to_owned(); 21], packet).await;
        }
    }
}

#[tokio::test]
async fn stranger_with_20_packets_is_accepted() {
    let server = kit::start().await;
    for transport in BOTH {
        for packet in ["3", "6"] {
            let mut client = Client::open(&server, transport).await;
            client.send(&[packet; 20]).await;
            client.sign_in("").await;
            client.round_trip(1).await;
        }
    }
}

#[tokio::test]
async fn stranger_with_a_packet_above_64_bytes_is_cut_off() {
    let server = kit::start().await;
    let padding = "x".repeat(65);
    let packets = [
        format!("2{padding}"),
        format!("3{padding}"),
        format!("6{padding}"),
        format!("41/{padding},"),
        format!("42[\"message\",\"{padding}\"]"),
        format!("43[\"{padding}\"]"),
        format!("451-[\"message\",{PLACE},\"{padding}\"]"),
        format!("4{padding}"),
    ];
    for transport in BOTH {
        for packet in &packets {
            check_stranger(&server, transport, std::slice::from_ref(packet), packet).await;
        }
    }
}

#[tokio::test]
async fn stranger_with_a_large_attachment_is_cut_off() {
    let server = kit::start().await;
    let mut socket = Socket::open(&server, SOCKET_IO).await;
    socket.send_binary(&[7; 100]).await;
    socket.send("40").await;
    let before = socket.ended().await;
    assert!(before.is_empty(), "{before:?}");
    // 75 bytes.
    check_stranger(&server, Transport::Polling, &[format!("b{}", "AQID".repeat(25))], "attachment").await;
}

#[tokio::test]
async fn connect_of_almost_16_kib_is_accepted_and_above_it_none() {
    let server = kit::start().await;
    let connect = |bytes: usize| format!("{{\"token\":\"{}\"}}", "x".repeat(bytes));
    for transport in BOTH {
        let mut client = Client::open(&server, transport).await;
        let payload = connect(16_000);
        client.send(&[format!("40{payload}")]).await;
        socket_id(&client.packet().await, "");
        client.expect(&format!("42[\"auth\",{payload}]")).await;
        for bytes in [16 * 1024, 60_000, 500_000] {
            check_stranger(&server, transport, &[format!("40{}", connect(bytes))], "a large CONNECT").await;
        }
    }
}

#[tokio::test]
async fn body_full_of_connects_ends_quickly_and_holds_nobody_up() {
    let server = kit::start().await;
    let body = vec!["40{}"; 180_000].join(SEPARATOR);
    assert!((890_000..900_000).contains(&body.len()), "{} bytes", body.len());
    for signed_in in [false, true] {
        let mut neighbour = Client::connected(&server, Transport::WebSocket).await;
        let mut polling = Polling::open(&server, SOCKET_IO).await;
        if signed_in {
            polling.send("40").await;
            socket_id(&polling.packet().await, "");
            polling.expect(r#"42["auth",{}]"#).await;
        }
        let since = Instant::now();
        let flood = async {
            let _ = polling.try_post(&body).await;
            (polling.ended().await, since.elapsed())
        };
        let neighbourhood = async {
            for number in 0..10 {
                neighbour.round_trip(number).await;
            }
            since.elapsed()
        };
        let ((before, ended_after), served_after) = tokio::join!(flood, neighbourhood);
        assert!(before.len() < 50, "signed in: {signed_in}, {} answers", before.len());
        assert!(ended_after < Duration::from_secs(2), "signed in: {signed_in}, {ended_after:?}");
        assert!(served_after < Duration::from_secs(2), "signed in: {signed_in}, {served_after:?}");
        neighbour.round_trip(10).await;
    }
}

#[tokio::test]
async fn second_connect_to_a_namespace_ends_the_transport() {
    let server = kit::start().await;
    for transport in BOTH {
        for namespace in ["", "/custom,"] {
            let mut client = Client::open(&server, transport).await;
            client.sign_in(namespace).await;
            client.send(&[format!("40{namespace}")]).await;
            let before = client.ended().await;
            assert!(!before.iter().any(|packet| is_accept(packet)), "{transport:?}, {namespace}: {before:?}");
        }
    }
}

#[tokio::test]
async fn events_right_behind_connect_are_answered_in_order() {
    let server = kit::start().await;
    for transport in BOTH {
        for namespace in ["", "/custom,"] {
            let mut client = Client::open(&server, transport).await;
            let mut packets = vec![format!("40{namespace}")];
            packets.extend((0..10).map(|number| format!("42{namespace}[\"message\",{number}]")));
            client.send(&packets).await;
            socket_id(&client.packet().await, namespace);
            client.expect(&format!("42{namespace}[\"auth\",{{}}]")).await;
            for number in 0..10 {
                client.expect(&format!("42{namespace}[\"message-back\",{number}]")).await;
            }
        }
    }
}

#[tokio::test]
async fn connects_to_two_namespaces_at_once_are_both_accepted() {
    let server = kit::start().await;
    for transport in BOTH {
        let mut client = Client::open(&server, transport).await;
        client.send(&["40", "40/custom,"]).await;
        let mut came = Vec::new();
        while came.len() < 4 {
            came.push(client.packet().await);
        }
        let position = |start: &str| {
            let found = came.iter().position(|packet| packet.starts_with(start));
            found.unwrap_or_else(|| panic!("{transport:?}: no {start} in {came:?}"))
        };
        assert!(position("40{") < position(r#"42["auth",{}]"#), "{came:?}");
        assert!(position("40/custom,{") < position(r#"42/custom,["auth",{}]"#), "{came:?}");
        client.round_trip(1).await;
    }
}

#[tokio::test]
async fn event_name_with_json_escapes_is_the_name() {
    let server = kit::start().await;
    for transport in BOTH {
        let mut client = Client::connected(&server, transport).await;
        for packet in [r#"42["mess\u0061ge",1]"#, r#"42["\u006d\u0065ssage",1]"#] {
            client.send(&[packet]).await;
            client.expect(r#"42["message-back",1]"#).await;
        }
    }
}

#[tokio::test]
async fn event_name_that_is_none_is_ignored() {
    let server = kit::start().await;
    let long = format!("42[\"{}\",1]", "x".repeat(5_000));
    let escaped = format!("42[\"{}\",1]", "\\u0078".repeat(5_000));
    for transport in BOTH {
        let mut client = Client::connected(&server, transport).await;
        let packets = ["42[7,1]", "42[-1.5]", "42[null,1]", "42[\"\",1]", &long, &escaped];
        for (number, packet) in packets.into_iter().enumerate() {
            client.send(&[packet]).await;
            client.round_trip(number).await;
        }
    }
}

#[tokio::test]
async fn text_that_is_no_json_closes() {
    let server = kit::start().await;
    let packets = [
        r#"42["message""#,
        r#"42["message",1"#,
        r#"42["message",]"#,
        r#"42["message" 1]"#,
        r#"42["message",01]"#,
        r#"42["message",undefined]"#,
        r#"42["message",1]]"#,
        r#"42["message",1]x"#,
        "42[message]",
        "42hello",
    ];
    for transport in BOTH {
        for packet in packets {
            let mut client = Client::connected(&server, transport).await;
            client.send(&[packet, r#"42["message",1]"#]).await;
            let before = client.ended().await;
            assert!(!before.iter().any(|packet| packet.starts_with("42")), "{transport:?}, {packet}: {before:?}");
        }
    }
}

#[tokio::test]
async fn flood_of_what_is_no_event_ends_the_transport() {
    let server = kit::start().await;
    for transport in BOTH {
        for packet in ["2", "3", "6", "40/x,"] {
            let mut client = Client::connected(&server, transport).await;
            client.send(&[packet; 400]).await;
            let before = client.ended().await;
            assert!(before.len() < 400, "{transport:?}, {packet}: {} answers", before.len());
        }
    }
}

/// Sends the packet five times a second for two seconds, after which the socket still has to work.
async fn trickle(server: &Server, packet: &str) {
    let mut socket = Socket::connected(server).await;
    for _ in 0..10 {
        socket.send(packet).await;
        socket.idle(Duration::from_millis(200)).await;
    }
    socket.send(r#"42["message",1]"#).await;
    let back = Received::Text(r#"42["message-back",1]"#.to_owned());
    in_time("the answer to a message", async {
        loop {
            match socket.packet().await {
                received if received == back => return,
                Received::End(code) => panic!("{packet}: ended with {code:?}"),
                _ => {}
            }
        }
    })
    .await;
}

#[tokio::test]
async fn trickle_of_what_is_no_event_is_tolerated() {
    let server = kit::start().await;
    tokio::join!(trickle(&server, "3"), trickle(&server, "6"), trickle(&server, "40/x,"));
}

/// Sends packets of which the last one must not be answered any more, since the connection is to end before it.
async fn check_closes(server: &Server, transport: Transport, packets: &[&str]) {
    let mut client = Client::connected(server, transport).await;
    client.send(&[packets, &[r#"42["message","last"]"#]].concat()).await;
    let before = client.ended().await;
    assert!(!before.iter().any(|packet| packet.contains("message-back")), "{transport:?}, {packets:?}: {before:?}");
}

#[tokio::test]
async fn too_many_attachments_close_before_they_come() {
    let server = kit::start().await;
    for transport in BOTH {
        for count in ["59999", "11", "99999999999999999999"] {
            let mut client = Client::connected(&server, transport).await;
            client.send(&[format!("45{count}-[\"message\",{PLACE}]")]).await;
            let before = client.ended().await;
            assert!(before.is_empty(), "{transport:?}, {count}: {before:?}");
        }
    }
}

#[tokio::test]
async fn text_between_attachments_closes() {
    let server = kit::start().await;
    let event = format!("452-[\"message\",{PLACE},{{\"_placeholder\":true,\"num\":1}}]");
    for transport in BOTH {
        for text in [r#"42["message",1]"#, "41", "40/custom,", event.as_str()] {
            check_closes(&server, transport, &[&event, text, ATTACHMENT, ATTACHMENT]).await;
            check_closes(&server, transport, &[&event, ATTACHMENT, text, ATTACHMENT]).await;
        }
    }
}

#[tokio::test]
async fn attachment_that_nobody_announced_closes() {
    let server = kit::start().await;
    let event = format!("451-[\"message\",{PLACE}]");
    for transport in BOTH {
        check_closes(&server, transport, &[ATTACHMENT]).await;
        check_closes(&server, transport, &[r#"42["nobody-listens"]"#, ATTACHMENT]).await;
        let mut client = Client::connected(&server, transport).await;
        client.send(&[event.as_str(), ATTACHMENT]).await;
        client.expect(&format!("451-[\"message-back\",{PLACE}]")).await;
        client.expect(ATTACHMENT).await;
        client.send(&[ATTACHMENT, r#"42["message","last"]"#]).await;
        let before = client.ended().await;
        assert!(before.iter().all(|packet| !packet.starts_with("42")), "one too many, {transport:?}: {before:?}");
    }
}

#[tokio::test]
async fn wrong_placeholder_closes() {
    let server = kit::start().await;
    for transport in BOTH {
        for number in ["1", "7", "-1", "\"0\"", "null", "18446744073709551616"] {
            let event = format!("451-[\"message\",{{\"_placeholder\":true,\"num\":{number}}}]");
            check_closes(&server, transport, &[&event, ATTACHMENT]).await;
        }
    }
}
