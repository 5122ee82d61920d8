//! For load balancers and operators: is the process there, and can it do its work.

use axum::{
    Json,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use rallypoint_protocol::ErrorCode;
use serde_json::{Value, json};

use super::{AppState, Refusal};

pub(super) async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

pub(super) async fn ready(State(app): AppState) -> Result<Json<Value>, Refusal> {
    app.takes_new()?;
    app.db.ping().await.map_err(|_| ErrorCode::Unavailable)?;
    Ok(Json(json!({ "status": "ready" })))
}

pub(super) async fn metrics(State(app): AppState) -> Response {
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], app.tell_metrics()).into_response()
}
