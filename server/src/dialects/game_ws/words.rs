//! What the server says, as JSON. The state is written by hand: it is most of what is ever sent.

use std::fmt::Write as _;

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use rallypoint_pong::{
    TICK_RATE,
    rules::{Input, ONE, Outcome, Phase, Reason, Rules, Side, Speed},
    wire::{ServerMessage, Stage},
};
use rallypoint_protocol::{ApiError, UserId};
use serde_json::{Value, json};

use crate::game::{Notice, View};

/// A `game_state`, written once for all who are told of this moment.
pub(super) fn state(view: &View) -> Utf8Bytes {
    let bytes = view.encoded(|view| Bytes::from(write_state(view)));
    // Never refused, since it was written as text.
    Utf8Bytes::try_from(bytes).unwrap_or_default()
}

fn write_state(view: &View) -> String {
    let mut w = String::with_capacity(640);
    let state = &view.state;
    // Writing to a text never fails.
    _ = write!(w, r#"{{"type":"game_state","id":"{}","state":"{}","players":["#, view.game_id, stage(view.stage));
    let mut first = true;
    for side in Side::BOTH {
        let Some(seated) = &view.seats[side.index()] else { continue };
        let name = Value::from(seated.name.as_str());
        let comma = if std::mem::take(&mut first) { "" } else { "," };
        _ = write!(
            w,
            r#"{comma}{{"id":{},"username":{name},"score":{},"side":"{}","ready":{},"connected":{}}}"#,
            seated.user_id,
            state.scores[side.index()],
            side_name(side),
            seated.ready,
            seated.connected
        );
    }
    let ball = &state.ball;
    w.push_str(r#"],"ball":{"x":"#);
    units(&mut w, ball.x);
    w.push_str(r#","y":"#);
    units(&mut w, ball.y);
    w.push_str(r#","vx":"#);
    units(&mut w, ball.vx * TICK_RATE as i32);
    w.push_str(r#","vy":"#);
    units(&mut w, ball.vy * TICK_RATE as i32);
    w.push_str(r#"},"paddles":{"left":"#);
    units(&mut w, state.paddles[0].y);
    w.push_str(r#","right":"#);
    units(&mut w, state.paddles[1].y);
    _ = write!(w, r#"}},"tick":{},"options":"#, state.tick);
    options(&mut w, &state.rules);
    if let Some((side, left)) = view.awaited {
        _ = write!(w, r#","paused_side":"{}","resume_by_ms":{}"#, side_name(side), left.as_millis());
    }
    if let Phase::Finished(Outcome { winner, reason }) = state.phase {
        let winner = Value::from(winner.and_then(|side| view.user_on(side)).map(|user| user.0));
        _ = write!(w, r#","winner_id":{winner},"reason":"{}""#, reason_name(reason));
    }
    w.push('}');
    w
}

/// A place or a speed as a decimal fraction with five digits.
fn units(w: &mut String, units: i32) {
    const DIGITS: u64 = 100_000;
    let sign = if units < 0 { "-" } else { "" };
    let scaled = (u64::from(units.unsigned_abs()) * DIGITS + ONE as u64 / 2) / ONE as u64;
    _ = write!(w, "{sign}{}.{:05}", scaled / DIGITS, scaled % DIGITS);
}

fn options(w: &mut String, rules: &Rules) {
    let speed = match rules.speed {
        Speed::Slow => "slow",
        Speed::Medium => "medium",
        Speed::Fast => "fast",
    };
    _ = write!(w, r#"{{"game_speed":"{speed}","score_to_win":{},"#, rules.score_to_win);
    match rules.time_limit {
        Some(minutes) => _ = write!(w, r#""time_limit":{minutes},"#),
        None => w.push_str(r#""time_limit":null,"#),
    }
    _ = write!(w, r#""cool_mode":{}}}"#, rules.cool_mode);
}

/// What happened, if there are words for it. Who plays on which side stands in the view.
pub(super) fn notice(notice: &Notice, view: Option<&View>) -> Option<Utf8Bytes> {
    let user = |side| view.and_then(|view| view.user_on(side));
    let told = match notice {
        Notice::Ready(user_id) => json!({ "type": "player_ready", "user_id": user_id }),
        Notice::Message(message) => match message {
            ServerMessage::Start { .. } => json!({ "type": "game_start" }),
            ServerMessage::Point { side, tick, scores } => {
                let data = json!({
                    "side": side_name(*side), "user_id": user(*side), "scores": both(*scores), "tick": tick,
                });
                action("point", &data)
            }
            ServerMessage::Paused { side, remaining_ms } => {
                let data = json!({ "side": side_name(*side), "user_id": user(*side), "resume_by_ms": remaining_ms });
                action("paused", &data)
            }
            ServerMessage::Resumed { tick } => action("resumed", &json!({ "tick": tick })),
            ServerMessage::Finished { outcome, scores } => {
                let data = json!({
                    "winner": outcome.winner.map(side_name), "winner_id": outcome.winner.and_then(user),
                    "reason": reason_name(outcome.reason), "scores": both(*scores),
                });
                action("finished", &data)
            }
            ServerMessage::Welcome { .. } | ServerMessage::Seats(_) => return None,
        },
    };
    Some(told.to_string().into())
}

fn action(action: &str, data: &Value) -> Value {
    json!({ "type": "game_action", "action": action, "data": data })
}

fn both([left, right]: [u8; 2]) -> Value {
    json!({ "left": left, "right": right })
}

/// What a player began to hold, as the server took it.
pub(super) fn movement(user_id: UserId, input: Input) -> Utf8Bytes {
    let mut w = String::with_capacity(80);
    _ = write!(w, r#"{{"type":"player_move","user_id":{user_id},"movement":"#);
    match input {
        Input::Stop => w.push_str(r#"{"direction":"stop"}"#),
        Input::Up => w.push_str(r#"{"direction":"up"}"#),
        Input::Down => w.push_str(r#"{"direction":"down"}"#),
        Input::To(place) => {
            w.push_str(r#"{"y":"#);
            units(&mut w, i32::from(place) * 16);
            w.push('}');
        }
    }
    w.push('}');
    w.into()
}

pub(super) fn error(error: &ApiError) -> Utf8Bytes {
    let mut told = json!({ "type": "error", "code": error.code, "message": error.message });
    if let Some(seconds) = error.retry_after {
        told["retry_after"] = seconds.into();
    }
    told.to_string().into()
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
    }
}

fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Score => "score",
        Reason::Time => "time",
        Reason::Forfeit => "forfeit",
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::WaitingForPlayers => "waiting_for_players",
        Stage::WaitingForReady => "waiting_for_ready",
        Stage::Active => "active",
        Stage::Paused => "paused",
        Stage::Finished => "finished",
    }
}
