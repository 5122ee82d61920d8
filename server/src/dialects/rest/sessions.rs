//! `/sessions/…`

use axum::{Json, extract::State, http::StatusCode};
use rallypoint_protocol::{
    SessionCode,
    session::{CreateSession, GameAccess, Session},
};

use super::{
    AppState, Refusal,
    extract::{Beginning, Body, Caller, Path},
};

pub(super) async fn create(
    _: Beginning,
    Caller(caller): Caller,
    State(app): AppState,
    Body(wish): Body<CreateSession>,
) -> Result<(StatusCode, Json<Session>), Refusal> {
    let host = app.users.get(caller.user).await?;
    Ok((StatusCode::CREATED, Json(app.sessions.create(&host, wish).await?)))
}

pub(super) async fn one(
    _: Caller,
    State(app): AppState,
    Path(code): Path<SessionCode>,
) -> Result<Json<Session>, Refusal> {
    Ok(Json(app.sessions.get(code).await?))
}

pub(super) async fn join(
    _: Beginning,
    Caller(caller): Caller,
    State(app): AppState,
    Path(code): Path<SessionCode>,
) -> Result<Json<Session>, Refusal> {
    Ok(Json(app.sessions.join(caller.user, code).await?))
}

pub(super) async fn leave(
    Caller(caller): Caller,
    State(app): AppState,
    Path(code): Path<SessionCode>,
) -> Result<StatusCode, Refusal> {
    app.sessions.leave(caller.user, code).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn close(
    Caller(caller): Caller,
    State(app): AppState,
    Path(code): Path<SessionCode>,
) -> Result<StatusCode, Refusal> {
    app.sessions.close(caller.user, code).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn access(
    Caller(caller): Caller,
    State(app): AppState,
    Path(code): Path<SessionCode>,
) -> Result<Json<GameAccess>, Refusal> {
    let user = app.users.get(caller.user).await?;
    Ok(Json(app.sessions.access(&user, code).await?))
}
