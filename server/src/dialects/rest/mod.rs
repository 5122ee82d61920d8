//! REST: the fallback of the SDK, and everything that is no event. One route list, one file per resource.

mod auth;
mod extract;
mod friends;
mod health;
mod invites;
mod matchmaking;
mod presence;
mod refusal;
mod sessions;
mod users;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, Method, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{delete, get, post},
};
use rallypoint_protocol::{ErrorCode, MAX_FRAME_BYTES};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{self, CorsLayer},
};

use crate::app::App;
pub(super) use refusal::Refusal;

type AppState = axum::extract::State<Arc<App>>;

/// All routes. Paths are written without a slash at the end; both forms are served alike.
pub fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/auth/register", post(auth::register))
        .route("/auth/login", post(auth::login))
        .route("/auth/guest", post(auth::guest))
        .route("/auth/refresh", post(auth::refresh))
        .route("/auth/logout", post(auth::logout))
        .route("/auth/me", get(auth::me))
        .route("/users", get(users::search).post(users::create))
        .route("/users/blocked", get(friends::blocked))
        .route("/users/{id}", get(users::one))
        .route("/users/{id}/block", post(friends::block).delete(friends::unblock))
        .route("/friends", get(friends::all))
        .route("/friends/requests", get(friends::requests).post(friends::request))
        .route("/friends/suggestions", get(friends::suggestions))
        .route("/friends/{friendship_id}", delete(friends::remove))
        .route("/friends/{friendship_id}/accept", post(friends::accept))
        .route("/friends/{friendship_id}/decline", post(friends::decline))
        .route("/presence", get(presence::of).put(presence::set))
        .route("/sessions", post(sessions::create))
        .route("/sessions/{code}", get(sessions::one).delete(sessions::close))
        .route("/sessions/{code}/join", post(sessions::join))
        .route("/sessions/{code}/leave", post(sessions::leave))
        .route("/sessions/{code}/connect-token", post(sessions::access))
        .route("/invite/send", post(invites::send))
        .route("/invite/check", get(invites::check_own))
        .route("/invite/check/{player_id}", get(invites::check))
        .route("/invite/respond", post(invites::respond))
        .route("/invite/acknowledge", post(invites::acknowledge))
        .route("/invite/cancel", post(invites::cancel))
        .route("/invite/sent", get(invites::sent))
        .route("/invite/challenge", post(invites::challenge))
        .route("/invites/{id}/trace", get(invites::trace))
        .route("/maps", get(invites::maps))
        .route("/game/join", post(matchmaking::join))
        .route("/game/status", get(matchmaking::status))
        .route("/game/leave", post(matchmaking::leave))
        .route("/game/{game_id}/spectate", post(matchmaking::spectate))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_FRAME_BYTES))
        .layer(CatchPanicLayer::custom(refusal::panicked))
        .layer(from_fn_with_state(Arc::clone(&app), to_the_end))
        .with_state(app)
}

/// What a page of any origin may do: a token is what gives access, never a cookie.
pub fn cors() -> CorsLayer {
    const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
    let exposed = ["x-total-count", "x-unread-count", "retry-after", "idempotency-replayed"];
    CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        // By name: a wildcard does not stand for the first of them.
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, IDEMPOTENCY_KEY])
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(Duration::from_secs(24 * 60 * 60))
}

/// Works a request off even when its client hangs up: what has been written is announced.
async fn to_the_end(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let answered = app.work.spawn(next.run(request)).await;
    answered.unwrap_or_else(|_| Refusal::from(ErrorCode::Unavailable).into_response())
}

async fn not_found() -> Refusal {
    Refusal::from(ErrorCode::NotFound)
}

async fn method_not_allowed() -> Refusal {
    Refusal::method_not_allowed()
}
