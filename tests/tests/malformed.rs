//! Input that no client of ours would send: an error, never a dead socket, and never anybody else's trouble.

use anyhow::Result;
use rallypoint_e2e::{Player, Socket, TestServer};
use rallypoint_protocol::{MAX_FRAME_BYTES, SessionCode};
use serde_json::{Value, json};

/// Events with a payload that is well-formed but names nothing.
fn commands() -> [(&'static str, Value); 4] {
    [
        ("invite:send", json!({ "receiver_id": 999, "session_code": "K7QX2M" })),
        ("invite:acknowledged", json!({ "invite_id": 999 })),
        ("invite:respond", json!({ "invite_id": 999, "response": "accept" })),
        ("invite:cancel", json!({ "invite_id": 999 })),
    ]
}

struct Scene {
    _server: TestServer,
    host: Player,
    socket: Socket,
    guest: Player,
    guests_socket: Socket,
    code: SessionCode,
}

impl Scene {
    async fn new() -> Result<Self> {
        let server = TestServer::start().await?;
        let (host, socket) = server.online("Host").await?;
        let (guest, guests_socket) = server.online("Guest").await?;
        let code = host.host(json!({})).await?;
        Ok(Self { _server: server, host, socket, guest, guests_socket, code })
    }

    /// A whole invite on the sockets that have been maltreated.
    async fn still_works(&self) {
        let wish = json!({ "receiver_id": self.guest.id, "session_code": self.code });
        let sent = self.socket.request("invite:send", wish).await.expect("sent");
        self.guests_socket.next_where("invite:received", |invite| invite["invite_id"] == sent["invite_id"]).await;
        let answer = json!({ "invite_id": sent["invite_id"], "response": "decline" });
        self.guests_socket.request("invite:respond", answer).await.expect("declined");
        self.socket.next("invite:declined").await;
        assert!(!self.socket.is_closed() && !self.guests_socket.is_closed());
    }
}

#[tokio::test]
async fn payloads_that_miss_something_or_have_another_type_are_refused() -> Result<()> {
    let scene = Scene::new().await?;
    for (event, good) in commands() {
        let mut bad = vec![
            Value::Null,
            json!(true),
            json!(7),
            json!("text"),
            json!([]),
            json!({}),
            json!([[[{}]]]),
            json!({ "payload": good }),
        ];
        for field in good.as_object().expect("an object").keys() {
            let mut without = good.clone();
            without.as_object_mut().expect("an object").remove(field);
            bad.push(without);
            for value in [
                Value::Null,
                json!(-1),
                json!(0),
                json!(1.5),
                json!(1u64 << 53),
                json!([1]),
                json!({ "a": 1 }),
                json!(""),
            ] {
                let mut wrong = good.clone();
                wrong[field] = value;
                bad.push(wrong);
            }
        }
        for payload in bad {
            let error = scene.socket.request(event, payload.clone()).await.expect_err("refused");
            assert_eq!(
                (error["status"].as_str(), error["code"].as_str()),
                (Some("error"), Some("BAD_REQUEST")),
                "{payload}"
            );
            assert!(error["details"]["problem"].is_string(), "{event} {payload}: {error}");
        }
        let error = scene.socket.request(event, good).await.expect_err("names nothing");
        assert_ne!(error["code"], "BAD_REQUEST", "{error}");
    }
    scene.still_works().await;
    Ok(())
}

#[tokio::test]
async fn what_a_newer_or_another_client_adds_does_no_harm() -> Result<()> {
    let scene = Scene::new().await?;
    let wish =
        json!({ "receiverId": scene.guest.id, "sessionCode": scene.code.as_str().to_lowercase(), "extra": [1, {}] });
    let sent = scene.socket.request("invite:send", wish).await.expect("sent");
    let answer = json!({ "inviteId": sent["invite_id"], "response": "decline", "mood": "sad" });
    scene.guests_socket.request("invite:respond", answer).await.expect("declined");
    Ok(())
}

#[tokio::test]
async fn deep_nesting_and_numbers_beyond_reason_are_refused() -> Result<()> {
    let scene = Scene::new().await?;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested = format!("{{\"invite_id\":{deep},\"response\":\"accept\"}}");
    for payload in [deep.as_str(), nested.as_str(), "{\"invite_id\":1e999,\"response\":\"accept\"}"] {
        scene.socket.emit_text("invite:respond", payload);
        let error = scene.socket.answer_to("invite:respond").await.expect_err("refused");
        assert_eq!(error["code"], "BAD_REQUEST", "{error}");
    }
    scene.still_works().await;
    Ok(())
}

#[tokio::test]
async fn a_frame_that_is_no_json_closes_its_socket_as_every_server_of_the_protocol_does() -> Result<()> {
    let scene = Scene::new().await?;
    for payload in ["{\"invite_id\":01}", "{\"invite_id\":", "}", "undefined"] {
        let other_device = scene.host.socket().await?;
        other_device.emit_text("invite:respond", payload);
        other_device.closed().await;
    }
    scene.still_works().await;
    Ok(())
}

#[tokio::test]
async fn several_arguments_none_and_binary_ones_are_refused() -> Result<()> {
    let scene = Scene::new().await?;
    for frame in [
        r#"42["invite:respond"]"#,
        r#"42["invite:respond",{"invite_id":1,"response":"accept"},2]"#,
        r#"42["invite:respond",{"invite_id":1,"response":"accept"},{"invite_id":1,"response":"accept"}]"#,
    ] {
        scene.socket.send_frame(frame);
        let error = scene.socket.answer_to("invite:respond").await.expect_err("refused");
        assert_eq!(error["code"], "BAD_REQUEST", "{frame}");
    }
    scene.socket.send_frame(r#"451-["invite:respond",{"_placeholder":true,"num":0}]"#);
    scene.socket.send_binary(vec![1, 2, 3]);
    let error = scene.socket.answer_to("invite:respond").await.expect_err("refused");
    assert_eq!(error["code"], "BAD_REQUEST");
    scene.still_works().await;
    Ok(())
}

#[tokio::test]
async fn an_event_that_nobody_knows_is_answered_with_an_error() -> Result<()> {
    let scene = Scene::new().await?;
    for name in ["invite:sned", "", "error", "connect", "disconnect", "invite:received", "💥", &"x".repeat(5_000)] {
        scene.socket.emit(name, json!({}));
        let error = scene.socket.next("error").await;
        assert_eq!((error["status"].as_str(), error["code"].as_str()), (Some("error"), Some("BAD_REQUEST")), "{error}");
        assert!(error["message"].as_str().is_some_and(|message| message.len() < 200), "{error}");
    }
    assert_eq!(scene.socket.ask("nonsense", json!({})).await["code"], "BAD_REQUEST", "an acknowledgement never hangs");
    scene.still_works().await;
    Ok(())
}

#[tokio::test]
async fn a_payload_over_64_kib_is_refused_and_the_socket_stays_usable() -> Result<()> {
    let scene = Scene::new().await?;
    let padded = |bytes: usize| json!({ "invite_id": 999, "padding": "x".repeat(bytes) });
    let error = scene.socket.request("invite:cancel", padded(MAX_FRAME_BYTES - 200)).await.expect_err("no such invite");
    assert_eq!(error["code"], "INVITATION_NOT_FOUND", "just small enough");
    for bytes in [MAX_FRAME_BYTES, 100_000, 1 << 20] {
        let error = scene.socket.request("invite:cancel", padded(bytes)).await.expect_err("too large");
        assert_eq!((error["status"].as_str(), error["code"].as_str()), (Some("error"), Some("PAYLOAD_TOO_LARGE")));
    }
    scene.socket.emit("no:such:event", padded(1 << 20));
    scene.socket.next("no:such:event:error").await;
    scene.still_works().await;
    Ok(())
}

#[tokio::test]
async fn a_frame_over_2_mib_closes_its_socket_and_no_other() -> Result<()> {
    let scene = Scene::new().await?;
    let other_device = scene.host.socket().await?;
    scene.socket.emit("invite:cancel", json!({ "invite_id": 1, "padding": "x".repeat(3 << 20) }));
    scene.socket.closed().await;
    other_device.fence().await;
    scene.guests_socket.fence().await;
    let scene = Scene { socket: scene.host.socket().await?, ..scene };
    scene.still_works().await;
    Ok(())
}

#[tokio::test]
async fn garbage_at_worst_closes_the_socket_that_sent_it() -> Result<()> {
    let scene = Scene::new().await?;
    let frames = [
        "",
        "4",
        "42",
        "42[",
        "42[]",
        "42[1]",
        "42[null,{}]",
        "42{}",
        "42[\"invite:send\"",
        "4255[\"invite:send\"]",
        "43",
        "43[]",
        "4399999999999999999999[]",
        "44",
        "45",
        "451-",
        "459999999-[\"a\"]",
        "46",
        "47",
        "49",
        "40",
        "40{}",
        "40{",
        "40/nowhere,",
        "41/nowhere,",
        "42/nowhere,[\"a\",{}]",
        "5",
        "6",
        "7",
        "0{}",
        "1",
        "2probe",
        "3probe",
        "9",
        "hello",
        "\0",
        "\u{feff}42[]",
        "2",
        "4\u{0}",
        "b",
        "bAAAA",
        "42[\"a\",\"\\ud800\"]",
    ];
    for frame in frames {
        let socket = scene.host.socket().await?;
        socket.send_frame(frame);
        // Whether it is closed or lives on, it answers, or ends, in time.
        tokio::select! {
            () = socket.closed() => {}
            answer = socket.ask("invite:cancel", json!({ "invite_id": 999 })) => {
                assert_eq!(answer["code"], "INVITATION_NOT_FOUND", "{frame:?}");
            }
        }
    }
    for bytes in [vec![], vec![0; 16], vec![255; 1000], vec![4; 70_000]] {
        let socket = scene.host.socket().await?;
        socket.send_binary(bytes);
        tokio::select! {
            () = socket.closed() => {}
            answer = socket.ask("invite:cancel", json!({ "invite_id": 999 })) => {
                assert_eq!(answer["code"], "INVITATION_NOT_FOUND");
            }
        }
    }
    scene.still_works().await;
    Ok(())
}

#[tokio::test]
async fn malformed_rest_calls_are_answered_in_json() -> Result<()> {
    let scene = Scene::new().await?;
    let people = scene.host.people.clone();
    let token = Some(scene.host.token.as_str());
    let deep = "[".repeat(20_000);
    for body in ["", "{", "null", "7", "\"text\"", "[]", "{}", "\u{1}", "{\"invite_id\":null}", deep.as_str()] {
        for path in ["/invite/send", "/invite/respond", "/invite/acknowledge", "/invite/cancel"] {
            let answer = people.request(reqwest::Method::POST, path, token, Some(body.to_owned())).await?;
            let refused = answer.expect_refusal(400, "BAD_REQUEST").map_err(|error| error.context(body.to_owned()))?;
            assert!(refused["details"]["problem"].is_string(), "{path} {body}: {refused}");
        }
    }
    scene.still_works().await;
    Ok(())
}
