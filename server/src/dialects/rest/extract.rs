//! What a handler may ask of a request: who calls, and its body, path and query, each refused in our own words.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{StatusCode, header, request::Parts},
};
use rallypoint_protocol::{ApiError, ErrorCode};
use serde::de::DeserializeOwned;

use super::Refusal;
use crate::{
    app::App,
    dialects::address,
    domain::{auth, now},
};

/// Who calls: checks the bearer token and takes one from the user's bucket.
pub(super) struct Caller(pub auth::Caller);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = header.and_then(|value| value.split_once(' ')).ok_or(ErrorCode::Unauthenticated)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ErrorCode::Unauthenticated.into());
        }
        let caller = app.auth.authenticate(token.trim())?;
        app.rates.rest(caller.user)?;
        app.hub.touch(caller.user, None, now());
        Ok(Self(caller))
    }
}

/// A call that begins something: refused by a server that is about to stop.
pub(super) struct Beginning;

impl FromRequestParts<Arc<App>> for Beginning {
    type Rejection = Refusal;

    async fn from_request_parts(_: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Ok(app.takes_new().map(|()| Self)?)
    }
}

/// A call before sign-in: takes one from the address's bucket.
pub(super) struct Stranger;

impl FromRequestParts<Arc<App>> for Stranger {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        if let Some(address) = address::of(&parts.headers, &parts.extensions, &app.config.trusted_proxies) {
            app.rates.sign_in(address)?;
        }
        Ok(Self)
    }
}

/// A JSON body. An empty one counts as `{}`.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes =
            axum::body::Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Refusal::from(ErrorCode::PayloadTooLarge),
                _ => malformed(&rejection.body_text()),
            })?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        // A list of the fields would be taken as well.
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err(malformed("an object is expected"));
        }
        axum::Json::<T>::from_bytes(text).map(|axum::Json(value)| Self(value)).map_err(|rejection| {
            let problem = match &rejection {
                JsonRejection::JsonDataError(error) => error.body_text(),
                other => other.body_text(),
            };
            malformed(&problem)
        })
    }
}

/// The one parameter of a path.
pub(super) struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Refusal::from(ErrorCode::NotFound))
    }
}

/// Which part of a list.
#[derive(Default, serde::Deserialize)]
pub(super) struct Page {
    limit: Option<i64>,
    offset: Option<i64>,
}

impl Page {
    /// Longest list in one answer.
    const MOST: i64 = 100;

    pub(super) fn limit(&self) -> i64 {
        self.limit.unwrap_or(30).clamp(1, Self::MOST)
    }

    pub(super) fn offset(&self) -> i64 {
        self.offset.unwrap_or(0).max(0)
    }
}

/// The query.
pub(super) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| malformed(&rejection.body_text()))
    }
}

fn malformed(problem: &str) -> Refusal {
    let details = serde_json::json!({ "problem": problem });
    ApiError::from(ErrorCode::BadRequest).with_details(details).into()
}
