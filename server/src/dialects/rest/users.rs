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
    extract::{Beginning, Body, Caller, Page, Path, Query, Stranger},
    refusal::TOTAL_COUNT,
};
use crate::domain::now;

#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    search: String,
    online: Option<bool>,
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
    Caller(caller): Caller,
    State(app): AppState,
    Query(filter): Query<Filter>,
    Query(page): Query<Page>,
) -> Result<([(HeaderName, String); 1], Json<Vec<User>>), Refusal> {
    let (limit, offset) = (page.limit(), page.offset());
    let hidden = app.presence.hidden_from(caller.user).await?;
    let online = || app.hub.online(&filter.search, now()).into_iter().filter(|user| !hidden.contains(&user.id));
    let (mut users, total) = match filter.online {
        Some(true) => {
            let mut users: Vec<_> = online().collect();
            let total = users.len() as i64;
            users.sort_by_key(|user| std::cmp::Reverse(user.id));
            let page = users.into_iter().skip(offset as usize).take(limit as usize);
            (page.map(|user| (*user).clone()).collect(), total)
        }
        wished => {
            let except: Vec<_> =
                if wished == Some(false) { online().map(|user| user.id).collect() } else { Vec::new() };
            app.users.search(&filter.search, &except, limit, offset).await?
        }
    };
    let now = now();
    for user in &mut users {
        user.online = !hidden.contains(&user.id) && app.hub.is_online(user.id, now);
    }
    Ok(([(TOTAL_COUNT, total.to_string())], Json(users)))
}

pub(super) async fn one(
    Caller(caller): Caller,
    State(app): AppState,
    Path(id): Path<i64>,
) -> Result<Json<User>, Refusal> {
    let mut user = (*app.users.get(UserId(id)).await?).clone();
    let hidden = app.presence.hidden_from(caller.user).await?;
    user.online = !hidden.contains(&user.id) && app.hub.is_online(user.id, now());
    Ok(Json(user))
}
