//! What a handler may ask of a request: who calls, and its body, path and query, each refused in our own words.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{StatusCode, header, request::Parts},
};
use ipnet::IpNet;
use rallypoint_protocol::{ApiError, ErrorCode};
use serde::de::DeserializeOwned;

use super::Refusal;
use crate::{
    app::App,
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
        app.hub.touch(caller.user, now());
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
        if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
            let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
            let forwarded: Vec<_> = forwarded.flat_map(|value| value.split(',')).collect();
            app.rates.sign_in(client_address(peer.ip(), &forwarded, &app.config.trusted_proxies))?;
        }
        Ok(Self)
    }
}

/// Where a call comes from: the last address in the chain that no trusted proxy has. What is written before it may be
/// anybody's invention.
fn client_address(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut client = peer.to_canonical();
    for entry in forwarded.iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        match entry.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

/// A JSON body. An empty one counts as `{}`.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(|rejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            Refusal::from(if too_large { ErrorCode::PayloadTooLarge } else { ErrorCode::BadRequest })
        })?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed_and_only_as_far_as_they_know() {
        let trusted: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let from =
            |peer: &str, forwarded: &[&str]| client_address(peer.parse().unwrap(), forwarded, &trusted).to_string();
        assert_eq!(from("203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "a client can write what it likes");
        assert_eq!(from("127.0.0.1", &["198.51.100.1", " 203.0.113.9"]), "203.0.113.9");
        assert_eq!(from("127.0.0.1", &["203.0.113.9", "10.1.2.3"]), "203.0.113.9", "a chain of proxies");
        assert_eq!(from("::ffff:127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(from("127.0.0.1", &["nonsense"]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
    }
}
