//! Socket.IO, protocol 5, as its public test suite has it: namespaces, events, acknowledgements and attachments, each
//! with either transport.

mod kit;

use std::time::{Duration, Instant};

use kit::{
    CONNECT_TIMEOUT, PING_INTERVAL, SOCKET_IO,
    client::{ATTACHMENT, BOTH, Client, Transport},
    polling::Polling,
    socket::{Received, Socket, socket_id},
};
use serde_json::Value;

/// Two attachments' places in a payload.
const PLACES: &str = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;

#[tokio::test]
async fn connect_without_a_payload_is_accepted() {
    let server = kit::start().await;
    for transport in BOTH {
        for namespace in ["", "/custom,"] {
            let mut client = Client::open(&server, transport).await;
            client.sign_in(namespace).await;
        }
    }
}

#[tokio::test]
async fn connect_with_a_payload_is_accepted_and_hands_it_over() {
    let server = kit::start().await;
    for transport in BOTH {
        for (namespace, payload) in [("", r#"{"token":"123"}"#), ("/custom,", r#"{"token":"abc","more":[1,null]}"#)] {
            let mut client = Client::open(&server, transport).await;
            client.send(&[format!("40{namespace}{payload}")]).await;
            socket_id(&client.packet().await, namespace);
            client.expect(&format!("42{namespace}[\"auth\",{payload}]")).await;
        }
    }
}

#[tokio::test]
async fn connect_without_a_comma_reaches_its_namespace() {
    let server = kit::start().await;
    for transport in BOTH {
        let mut client = Client::open(&server, transport).await;
        client.send(&["40/custom"]).await;
        socket_id(&client.packet().await, "/custom,");
        client.expect(r#"42/custom,["auth",{}]"#).await;
    }
}

#[tokio::test]
async fn connect_to_an_unknown_namespace_is_refused() {
    let server = kit::start().await;
    for transport in BOTH {
        for packet in ["40/random", "40/random,", r#"40/random,{"token":"123"}"#] {
            // Whether the connection outlives it is not said, unless there is another namespace on it.
            for connected in [false, true] {
                let mut client = Client::open(&server, transport).await;
                if connected {
                    client.sign_in("").await;
                }
                client.send(&[packet]).await;
                client.expect(r#"44/random,{"message":"Invalid namespace"}"#).await;
                if connected {
                    client.round_trip(1).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn both_namespaces_can_be_used_over_one_connection() {
    let server = kit::start().await;
    for transport in BOTH {
        let mut client = Client::open(&server, transport).await;
        let main = client.sign_in("").await;
        let custom = client.sign_in("/custom,").await;
        assert_ne!(main, custom, "each namespace has a socket of its own");
        let events = [r#"42/custom,["message",1]"#, r#"42["message",2]"#, r#"42/custom,7["message-with-ack",3]"#];
        client.send(&events).await;
        // In what order two sockets answer is not said.
        let mut came = [client.packet().await, client.packet().await, client.packet().await];
        came.sort();
        assert_eq!(came, [r#"42/custom,["message-back",1]"#, r#"42["message-back",2]"#, "43/custom,7[3]"]);
    }
}

#[tokio::test]
async fn first_packet_that_is_no_connect_closes() {
    let server = kit::start().await;
    for transport in BOTH {
        for packet in ["4abc", "4", "49", "40nonsense"] {
            let mut client = Client::open(&server, transport).await;
            client.send(&[packet, "40"]).await;
            let before = client.ended().await;
            assert!(!before.iter().any(|packet| packet.starts_with("40{")), "{transport:?}, {packet}: {before:?}");
        }
    }
}

#[tokio::test]
async fn client_that_never_connects_is_closed() {
    let server = kit::start().await;
    let check = async |transport: Transport| {
        let mut client = Client::open(&server, transport).await;
        let since = Instant::now();
        let before = client.ended().await;
        let took = since.elapsed();
        assert!(took > CONNECT_TIMEOUT * 4 / 5, "{transport:?}: after {took:?}");
        assert!(before.iter().all(|packet| packet == "1" || packet == "6"), "{transport:?}: {before:?}");
    };
    tokio::join!(check(Transport::Polling), check(Transport::WebSocket));
}

#[tokio::test]
async fn client_that_connects_in_time_is_left_alone() {
    let server = kit::start().await;
    let mut socket = Socket::connected(&server).await;
    assert_eq!(socket.idle(CONNECT_TIMEOUT * 3 / 2).await, Vec::<Received>::new());
    socket.send(r#"42["message",1]"#).await;
    socket.expect(r#"42["message-back",1]"#).await;
}

#[tokio::test]
async fn disconnect_leaves_the_connection_and_allows_another_connect() {
    let server = kit::start().await;
    let mut socket = Socket::open(&server, SOCKET_IO).await;
    let first = socket.sign_in("").await;
    socket.send("41").await;
    assert_eq!(socket.receive().await, Received::Text("2".into()), "nothing but the next ping");
    socket.send("3").await;
    assert_ne!(socket.sign_in("").await, first);
    socket.send(r#"42["message",1]"#).await;
    socket.expect(r#"42["message-back",1]"#).await;
}

#[tokio::test]
async fn disconnect_from_one_namespace_leaves_the_other() {
    let server = kit::start().await;
    for transport in BOTH {
        for packet in ["41/custom", "41/custom,"] {
            let mut client = Client::connected(&server, transport).await;
            client.sign_in("/custom,").await;
            client.send(&[packet, r#"42["message","to the main namespace"]"#]).await;
            client.expect(r#"42["message-back","to the main namespace"]"#).await;
            client.sign_in("/custom,").await;
        }
    }
}

#[tokio::test]
async fn message_comes_back_with_its_arguments() {
    let server = kit::start().await;
    for transport in BOTH {
        let mut client = Client::connected(&server, transport).await;
        let cases = [
            r#",1,"2",{"3":[true]}"#,
            "",
            ",null",
            r#","\u20ac","🎾","a\"b\\c""#,
            ",[[[[]]]],{},-1.5,9007199254740991",
            r#",{"b":1,"a":2}"#,
        ];
        for arguments in cases {
            client.send(&[format!("42[\"message\"{arguments}]")]).await;
            let answer = client.packet().await;
            let came = answer.strip_prefix("42").unwrap_or_else(|| panic!("no event: {answer}"));
            let came: Value = serde_json::from_str(came).expect("JSON");
            let expected: Value = serde_json::from_str(&format!("[\"message-back\"{arguments}]")).expect("JSON");
            assert_eq!(came, expected, "{transport:?}");
        }
        client.send(&[r#"42["message",1,"2",{"3":[true]}]"#]).await;
        client.expect(r#"42["message-back",1,"2",{"3":[true]}]"#).await;
    }
}

#[tokio::test]
async fn message_with_attachments_comes_back_with_them() {
    let server = kit::start().await;
    for transport in BOTH {
        for namespace in ["", "/custom,"] {
            let mut client = Client::open(&server, transport).await;
            client.sign_in(namespace).await;
            let event = format!("452-{namespace}[\"message\",{PLACES}]");
            client.send(&[event.as_str(), ATTACHMENT, ATTACHMENT]).await;
            client.expect(&format!("452-{namespace}[\"message-back\",{PLACES}]")).await;
            client.expect(ATTACHMENT).await;
            client.expect(ATTACHMENT).await;
        }
    }
}

#[tokio::test]
async fn attachments_come_back_in_their_order() {
    let server = kit::start().await;
    let mut socket = Socket::connected(&server).await;
    socket.send(&format!("452-[\"message\",{PLACES}]")).await;
    socket.send_binary(&[1, 2, 3]).await;
    socket.send_binary(&[4, 5, 6]).await;
    socket.expect(&format!("452-[\"message-back\",{PLACES}]")).await;
    socket.expect_binary(&[1, 2, 3]).await;
    socket.expect_binary(&[4, 5, 6]).await;
}

#[tokio::test]
async fn message_with_an_ack_is_acknowledged() {
    let server = kit::start().await;
    for transport in BOTH {
        let mut client = Client::connected(&server, transport).await;
        for id in ["456", "0", "4294967296"] {
            client.send(&[format!(r#"42{id}["message-with-ack",1,"2",{{"3":[false]}}]"#)]).await;
            client.expect(&format!(r#"43{id}[1,"2",{{"3":[false]}}]"#)).await;
        }
        client.send(&[r#"421["message-with-ack"]"#]).await;
        client.expect("431[]").await;
    }
}

#[tokio::test]
async fn message_with_attachments_and_an_ack_is_acknowledged() {
    let server = kit::start().await;
    for transport in BOTH {
        let mut client = Client::connected(&server, transport).await;
        let event = format!("452-789[\"message-with-ack\",{PLACES}]");
        client.send(&[event.as_str(), ATTACHMENT, ATTACHMENT]).await;
        client.expect(&format!("462-789[{PLACES}]")).await;
        client.expect(ATTACHMENT).await;
        client.expect(ATTACHMENT).await;
    }
}

#[tokio::test]
async fn unknown_event_is_ignored_and_an_unasked_ack_too() {
    let server = kit::start().await;
    for transport in BOTH {
        let mut client = Client::connected(&server, transport).await;
        client.send(&[r#"42["nobody-listens",1]"#, "4312[]", r#"4399["x"]"#]).await;
        client.round_trip(1).await;
    }
}

#[tokio::test]
async fn relayed_message_reaches_the_other_socket_alone() {
    let server = kit::start().await;
    for (from, to) in [(Transport::Polling, Transport::WebSocket), (Transport::WebSocket, Transport::Polling)] {
        let mut receiver = Client::open(&server, to).await;
        let id = receiver.sign_in("").await;
        let mut sender = Client::connected(&server, from).await;
        sender.send(&[format!(r#"42["relay","{id}",{{"n":[1]}}]"#), r#"42["relay","nobody",1]"#.to_owned()]).await;
        receiver.expect(r#"42["relayed",{"n":[1]}]"#).await;
        sender.round_trip(1).await;
        receiver.round_trip(2).await;
    }
}

#[tokio::test]
async fn packet_of_invalid_format_closes() {
    let server = kit::start().await;
    for transport in BOTH {
        for packet in ["4abc", "47", "42{}", r#"42abc["message-with-ack",1,"2",{"3":[false]}]"#] {
            let mut client = Client::connected(&server, transport).await;
            client.send(&[packet, r#"42["message",1]"#]).await;
            let before = client.ended().await;
            assert!(!before.iter().any(|packet| packet.starts_with("42")), "{transport:?}, {packet}: {before:?}");
        }
    }
}

#[tokio::test]
async fn events_survive_an_upgrade_of_their_connection() {
    let server = kit::start().await;
    let mut polling = Polling::open(&server, SOCKET_IO).await;
    polling.send("40").await;
    socket_id(&polling.packet().await, "");
    polling.expect(r#"42["auth",{}]"#).await;
    let mut socket = Socket::probe(&server, SOCKET_IO, &polling.sid).await;
    polling.send(r#"42["message","by polling"]"#).await;
    socket.send("5").await;
    socket.send(r#"42["message","by WebSocket"]"#).await;
    socket.expect(r#"42["message-back","by polling"]"#).await;
    socket.expect(r#"42["message-back","by WebSocket"]"#).await;
    let quiet = socket.idle(PING_INTERVAL * 2 + Duration::from_millis(50)).await;
    assert!(quiet.is_empty(), "{quiet:?}");
}
