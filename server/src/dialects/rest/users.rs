//! `/users/…`

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode},
};
use rallypoint_protocol::{User, UserId, auth::Register};
use serde::Deserialize;

use super::{
    AppState, Refusal,
    extract::{Beginning, Body, Caller, Path, Query, Stranger},
    refusal::TOTAL_COUNT,
};
use crate::domain::now;

/// Longest list in one answer.
const MOST: i64 = 100;

#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    search: String,
    online: Option<bool>,
    limit: Option<i64>,
    offset: Option<i64>,
}

/// Registration seen as a resource: answers the user, without tokens.
pub(super) async fn create(
    _: Beginning,
    _: Stranger,
    State(app): AppState,
    Body(wish): Body<Register>,
) -> Result<(StatusCode, Json<User>), Refusal> {
    Ok((StatusCode::CREATED, Json(app.auth.create(wish).await?)))
}

pub(super) async fn search(
    _: Caller,
    State(app): AppState,
    Query(filter): Query<Filter>,
) -> Result<([(HeaderName, String); 1], Json<Vec<User>>), Refusal> {
    let (limit, offset) = (filter.limit.unwrap_or(30).clamp(1, MOST), filter.offset.unwrap_or(0).max(0));
    let (mut users, total) = match filter.online {
        Some(true) => {
            let mut users = app.hub.online(&filter.search, now());
            let total = users.len() as i64;
            users.sort_by_key(|user| std::cmp::Reverse(user.id));
            let page = users.into_iter().skip(offset as usize).take(limit as usize);
            (page.map(|user| (*user).clone()).collect(), total)
        }
        wished => {
            let online = if wished == Some(false) { app.hub.online(&filter.search, now()) } else { Vec::new() };
            let online: Vec<_> = online.iter().map(|user| user.id).collect();
            app.users.search(&filter.search, &online, limit, offset).await?
        }
    };
    let now = now();
    for user in &mut users {
        user.online = app.hub.is_online(user.id, now);
    }
    Ok(([(TOTAL_COUNT, total.to_string())], Json(users)))
}

pub(super) async fn one(_: Caller, State(app): AppState, Path(id): Path<i64>) -> Result<Json<User>, Refusal> {
    let mut user = (*app.users.get(UserId(id)).await?).clone();
    user.online = app.hub.is_online(user.id, now());
    Ok(Json(user))
}
