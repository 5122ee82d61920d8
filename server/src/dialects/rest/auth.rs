//! `/auth/…`

use axum::{Json, extract::State, http::StatusCode};
use rallypoint_protocol::{
    User,
    auth::{GuestLogin, Login, RefreshTokens, Register, SignedIn},
};

use super::{
    AppState, Refusal,
    extract::{Beginning, Body, Caller, Stranger},
};
use crate::domain::now;

pub(super) async fn register(
    _: Beginning,
    _: Stranger,
    State(app): AppState,
    Body(wish): Body<Register>,
) -> Result<(StatusCode, Json<SignedIn>), Refusal> {
    Ok((StatusCode::CREATED, Json(app.auth.register(wish).await?)))
}

pub(super) async fn login(
    _: Beginning,
    _: Stranger,
    State(app): AppState,
    Body(wish): Body<Login>,
) -> Result<Json<SignedIn>, Refusal> {
    Ok(Json(app.auth.login(wish).await?))
}

pub(super) async fn guest(
    _: Beginning,
    _: Stranger,
    State(app): AppState,
    Body(wish): Body<GuestLogin>,
) -> Result<(StatusCode, Json<SignedIn>), Refusal> {
    Ok((StatusCode::CREATED, Json(app.auth.guest(wish).await?)))
}

pub(super) async fn refresh(
    _: Stranger,
    State(app): AppState,
    Body(wish): Body<RefreshTokens>,
) -> Result<Json<SignedIn>, Refusal> {
    Ok(Json(app.auth.refresh(&wish.refresh_token).await?))
}

pub(super) async fn logout(Caller(caller): Caller, State(app): AppState) -> Result<StatusCode, Refusal> {
    app.auth.logout(caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn me(Caller(caller): Caller, State(app): AppState) -> Result<Json<User>, Refusal> {
    let mut user = (*app.users.get(caller.user).await?).clone();
    user.online = app.hub.is_online(user.id, now());
    Ok(Json(user))
}
