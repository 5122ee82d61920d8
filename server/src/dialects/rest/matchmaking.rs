//! `/game/…`: the queue, and watching.

use axum::{
    Json,
    extract::{Path, State},
};
use rallypoint_protocol::{
    ErrorCode,
    matchmaking::{JoinQueue, LeaveQueue, QueueLeft, QueueState},
    session::GameAccess,
};

use super::{
    AppState, Refusal,
    extract::{Beginning, Body, Caller},
};

pub(super) async fn join(
    _: Beginning,
    Caller(caller): Caller,
    State(app): AppState,
    Body(wish): Body<JoinQueue>,
) -> Result<Json<QueueState>, Refusal> {
    let user = app.users.get(caller.user).await?;
    Ok(Json(app.matchmaking.join(&user, wish.options).await?))
}

pub(super) async fn status(Caller(caller): Caller, State(app): AppState) -> Result<Json<QueueState>, Refusal> {
    let user = app.users.get(caller.user).await?;
    Ok(Json(app.matchmaking.status(&user).await?))
}

pub(super) async fn leave(
    Caller(caller): Caller,
    State(app): AppState,
    Body(LeaveQueue {}): Body<LeaveQueue>,
) -> Result<Json<QueueLeft>, Refusal> {
    let user = app.users.get(caller.user).await?;
    Ok(Json(app.matchmaking.leave(&user).await?))
}

pub(super) async fn spectate(
    Caller(caller): Caller,
    State(app): AppState,
    Path(game_id): Path<String>,
) -> Result<Json<GameAccess>, Refusal> {
    let game_id = game_id.parse().map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(app.games.access_to_watch(caller.user, game_id).await?))
}
