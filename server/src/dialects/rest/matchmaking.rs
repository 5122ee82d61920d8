//! `/game/…`: the queue.

use axum::{Json, extract::State};
use rallypoint_protocol::matchmaking::{JoinQueue, LeaveQueue, QueueLeft, QueueState};

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
