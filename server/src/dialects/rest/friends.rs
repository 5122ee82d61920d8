//! `/friends/…`, and blocks under `/users/…`

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode},
};
use rallypoint_protocol::{
    FriendshipId, User, UserId,
    social::{Friend, FriendSuggestion, RequestFriend},
};

use super::{
    AppState, Refusal,
    extract::{Beginning, Body, Caller, Page, Path, Query},
    refusal::TOTAL_COUNT,
};

type List<T> = Result<([(HeaderName, String); 1], Json<Vec<T>>), Refusal>;

fn list<T>((rows, total): (Vec<T>, i64)) -> List<T> {
    Ok(([(TOTAL_COUNT, total.to_string())], Json(rows)))
}

pub(super) async fn all(Caller(caller): Caller, State(app): AppState, Query(page): Query<Page>) -> List<Friend> {
    list(app.friends.list(caller.user, page.limit(), page.offset()).await?)
}

pub(super) async fn requests(Caller(caller): Caller, State(app): AppState, Query(page): Query<Page>) -> List<Friend> {
    list(app.friends.requests(caller.user, page.limit(), page.offset()).await?)
}

pub(super) async fn suggestions(
    Caller(caller): Caller,
    State(app): AppState,
) -> Result<Json<Vec<FriendSuggestion>>, Refusal> {
    Ok(Json(app.friends.suggestions(caller.user).await?))
}

pub(super) async fn request(
    _: Beginning,
    Caller(caller): Caller,
    State(app): AppState,
    Body(wish): Body<RequestFriend>,
) -> Result<(StatusCode, Json<Friend>), Refusal> {
    let user = app.users.get(caller.user).await?;
    let (friend, new) = app.friends.request(&user, wish).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(friend)))
}

pub(super) async fn accept(
    Caller(caller): Caller,
    State(app): AppState,
    Path(id): Path<i64>,
) -> Result<Json<Friend>, Refusal> {
    let user = app.users.get(caller.user).await?;
    Ok(Json(app.friends.accept(&user, FriendshipId(id)).await?))
}

pub(super) async fn decline(
    Caller(caller): Caller,
    State(app): AppState,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    app.friends.decline(caller.user, FriendshipId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(
    Caller(caller): Caller,
    State(app): AppState,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    app.friends.remove(caller.user, FriendshipId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn blocked(Caller(caller): Caller, State(app): AppState, Query(page): Query<Page>) -> List<User> {
    list(app.friends.blocked(caller.user, page.limit(), page.offset()).await?)
}

pub(super) async fn block(
    Caller(caller): Caller,
    State(app): AppState,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    app.friends.block(caller.user, UserId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn unblock(
    Caller(caller): Caller,
    State(app): AppState,
    Path(id): Path<i64>,
) -> Result<StatusCode, Refusal> {
    app.friends.unblock(caller.user, UserId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
