//! Frames in and out, without a socket.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use rallypoint_pong::{
    rules::{Input, Rules, Side, State, to_f32},
    wire::{ServerMessage, Stage},
};
use rallypoint_protocol::{ErrorCode, GameId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Wish, frames::Frame, words};
use crate::{
    dialects::ws::guard::{Guard, Verdict},
    game::{Notice, View, view::Seated},
    metrics::Metrics,
};

fn view(state: State, stage: Stage, awaited: Option<(Side, Duration)>) -> View {
    let seated =
        |id: i64, name: &str| Seated { user_id: UserId(id), name: name.into(), connected: true, ready: id == 1 };
    let seats = [Some(seated(1, "Zoë \"the\\wall\"#0042")), Some(seated(2, "Bea#0001"))];
    View::new(GameId(Uuid::nil()), stage, state, Arc::new(seats), awaited)
}

fn told(view: &View) -> Value {
    serde_json::from_str(&words::state(view)).unwrap()
}

#[test]
fn frames_are_what_they_say() {
    let decoded = |text: &str| Frame::decode(text).map_err(|error| error.code);
    assert_eq!(decoded(r#"{"type":"player_ready"}"#), Ok(Frame::Ready));
    assert_eq!(decoded(r#"{"type":"player_leave","more":[1]}"#), Ok(Frame::Leave));
    assert_eq!(decoded(r#"{"type":"game_state"}"#), Ok(Frame::State));
    let moved = |movement: &str| decoded(&format!(r#"{{"type":"player_move","movement":{movement}}}"#));
    assert_eq!(moved(r#"{"direction":"down"}"#), Ok(Frame::Move(Input::Down)));
    assert_eq!(moved(r#"{"y":0}"#), Ok(Frame::Move(Input::To(0))));
    assert_eq!(moved(r#"{"y":1e30}"#), Ok(Frame::Move(Input::To(65535))), "brought into the field");
    assert_eq!(moved(r#"{"y":-3}"#), Ok(Frame::Move(Input::To(0))));
    for movement in ["{}", "null", "[]", r#"{"y":"1"}"#, r#"{"y":1e999}"#, r#"{"direction":"left"}"#] {
        assert_eq!(moved(movement), Err(ErrorCode::BadRequest), "{movement}");
    }
}

#[test]
fn a_state_tells_everything_in_field_lengths() {
    let mut state = State::new(Rules { time_limit: Some(2), ..Rules::default() }, 5);
    (0..120).for_each(|_| _ = state.step([Input::Up, Input::To(40_000)]));
    let told = told(&view(state, Stage::Active, None));
    let player = |id, name, side, ready| json!({ "id": id, "username": name, "score": 0, "side": side, "ready": ready, "connected": true });
    let players = [player(1, "Zoë \"the\\wall\"#0042", "left", true), player(2, "Bea#0001", "right", false)];
    assert_eq!((&told["type"], &told["state"], &told["tick"]), (&json!("game_state"), &json!("active"), &json!(120)));
    assert_eq!(told["players"], json!(players));
    assert_eq!(
        told["options"],
        json!({ "game_speed": "medium", "score_to_win": 5, "time_limit": 2, "cool_mode": false })
    );
    let near = |value: &Value, wanted: f32| (value.as_f64().unwrap() - f64::from(wanted)).abs() < 0.000_02;
    let ((x, y), (vx, vy)) = (state.ball.position(), state.ball.velocity());
    assert!(near(&told["ball"]["x"], x) && near(&told["ball"]["y"], y), "{told}");
    assert!(near(&told["ball"]["vx"], vx) && near(&told["ball"]["vy"], vy), "{told}");
    assert!(near(&told["paddles"]["left"], to_f32(state.paddles[0].y)), "{told}");
    assert!(near(&told["paddles"]["right"], to_f32(state.paddles[1].y)), "{told}");
    assert!(told.get("winner_id").is_none() && told.get("paused_side").is_none());
}

#[test]
fn a_pause_and_an_end_say_who() {
    let mut state = State::new(Rules::default(), 5);
    let paused = told(&view(state, Stage::Paused, Some((Side::Right, Duration::from_millis(14_250)))));
    assert_eq!((&paused["paused_side"], &paused["resume_by_ms"]), (&json!("right"), &json!(14_250)));
    state.forfeit(Side::Right);
    let view = view(state, Stage::Finished, None);
    let end = told(&view);
    assert_eq!((&end["winner_id"], &end["reason"]), (&json!(1), &json!("forfeit")));
    let paused = Notice::Message(ServerMessage::Paused { side: Side::Right, remaining_ms: 9 });
    let text = words::notice(&paused, Some(&view)).unwrap();
    let data = json!({ "side": "right", "user_id": 2, "resume_by_ms": 9 });
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({ "type": "game_action", "action": "paused", "data": data })
    );
}

#[test]
fn one_moment_is_written_once() {
    let view = view(State::new(Rules::default(), 1), Stage::Active, None);
    assert_eq!(words::state(&view).as_str().as_ptr(), words::state(&view).as_str().as_ptr());
}

#[test]
fn a_guard_lets_the_burst_pass_then_warns_then_closes() {
    let mut guard = Guard::new(Some((120, 240)), 10, &Metrics::default());
    let mut count = |at: u64| {
        let (mut heard, mut refused) = (0, 0);
        for _ in 0..1_000 {
            match guard.hear(Duration::from_secs(at)) {
                Verdict::Heard => heard += 1,
                Verdict::Refused(error) => {
                    assert_eq!((error.code, error.retry_after), (ErrorCode::RateLimited, Some(1)));
                    refused += 1;
                }
                Verdict::Closed => break,
            }
        }
        (heard, refused)
    };
    assert_eq!(count(0), (240, 9));
    assert_eq!(count(1), (120, 0), "its ten refusals are not forgotten yet");
    assert_eq!(count(11), (240, 9));
    let mut unlimited = Guard::new(None, 10, &Metrics::default());
    assert!((0..10_000).all(|_| unlimited.hear(Duration::ZERO) == Verdict::Heard));
}

#[test]
fn a_wish_is_read_from_path_and_query() {
    let id = "3ec98ef7-1e7f-4319-9157-b835c1f0e45b";
    let wish = Wish::new(id, Some("spectate=1&token=a.b-c_d&x"));
    assert_eq!(
        (wish.game_id.map(|id| id.to_string()), wish.token, wish.spectate),
        (Some(id.into()), Some("a.b-c_d".into()), true)
    );
    let wish = Wish::new("7", None);
    assert_eq!((wish.game_id, wish.token, wish.spectate), (None, None, false));
}

proptest! {
    #[test]
    fn arbitrary_text_is_understood_or_refused(text in "\\PC{0,200}") {
        if let Err(error) = Frame::decode(&text) {
            prop_assert_eq!(error.code, ErrorCode::BadRequest);
        }
    }

    #[test]
    fn arbitrary_movements_are_understood_or_refused(
        kind in prop_oneof![Just("player_move"), Just("player_ready"), Just("game_state"), Just("nothing")],
        movement in prop_oneof![
            any::<f64>().prop_map(|y| json!({ "y": y })),
            "[a-z]{0,6}".prop_map(|direction| json!({ "direction": direction })),
            any::<i64>().prop_map(Value::from),
            Just(Value::Null),
        ],
    ) {
        let text = json!({ "type": kind, "movement": movement }).to_string();
        if let Err(error) = Frame::decode(&text) {
            prop_assert_eq!(error.code, ErrorCode::BadRequest);
        }
    }

    /// Whatever a match comes to, what is told of it can be read.
    #[test]
    fn every_state_is_json(seed in any::<u64>(), name in any::<String>(), places in prop::collection::vec(any::<[u16; 2]>(), 1..400)) {
        let mut state = State::new(Rules::default(), seed);
        for [left, right] in places {
            state.step([Input::To(left), Input::To(right)]);
        }
        let seated = Seated { user_id: UserId(9), name: name.clone(), connected: false, ready: false };
        let view = View::new(GameId(Uuid::nil()), Stage::Active, state, Arc::new([None, Some(seated)]), None);
        let told = told(&view);
        prop_assert_eq!(&told["players"][0]["username"], &Value::from(name));
        for place in [&told["ball"]["x"], &told["ball"]["y"], &told["paddles"]["left"]] {
            prop_assert!(place.as_f64().is_some_and(|place| (-0.1..1.1).contains(&place)));
        }
    }
}
