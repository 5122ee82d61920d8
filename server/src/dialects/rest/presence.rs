//! `/presence`

use axum::{Json, extract::State};
use rallypoint_protocol::{
    ApiError, ErrorCode, UserId,
    presence::{Presence, SetStatus},
};
use serde::Deserialize;

use super::{
    AppState, Refusal,
    extract::{Body, Caller, Query},
};

#[derive(Deserialize)]
pub(super) struct Ids {
    user_ids: String,
}

pub(super) async fn of(
    Caller(caller): Caller,
    State(app): AppState,
    Query(Ids { user_ids }): Query<Ids>,
) -> Result<Json<Vec<Presence>>, Refusal> {
    let ids: Result<Vec<_>, _> =
        user_ids.split(',').filter(|id| !id.is_empty()).map(|id| id.trim().parse().map(UserId)).collect();
    let ids = ids.map_err(|_| ApiError::new(ErrorCode::BadRequest, "Write user_ids as 1,2,3."))?;
    Ok(Json(app.presence.of(caller.user, &ids).await?))
}

pub(super) async fn set(
    Caller(caller): Caller,
    State(app): AppState,
    Body(SetStatus { status }): Body<SetStatus>,
) -> Result<Json<Presence>, Refusal> {
    let user = app.users.get(caller.user).await?;
    Ok(Json(app.presence.set_status(&user, status)?))
}
