//! Requests over HTTP, with the login's token.

use std::{sync::Arc, time::Duration};

use rallypoint_protocol::{
    ApiError, ErrorCode,
    auth::{RefreshTokens, SignedIn},
};
use reqwest::{Method, StatusCode, Url};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::mpsc;

use crate::{
    Error,
    driver::{Command, Message},
    network::Cable,
    tokens::Tokens,
};

/// Longest answer that is read, in bytes.
const MAX_ANSWER: usize = 4 << 20;

pub(crate) struct Rest {
    http: reqwest::Client,
    base: Url,
    pub(crate) tokens: Tokens,
    cable: Cable,
    driver: mpsc::Sender<Message>,
}

impl Rest {
    pub(crate) fn new(
        base: Url,
        timeout: Duration,
        cable: Cable,
        driver: mpsc::Sender<Message>,
    ) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .timeout(timeout)
            // The server ends connections that are idle for 30 s.
            .pool_idle_timeout(Duration::from_secs(20))
            .pool_max_idle_per_host(2)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Error::Network(error.to_string()))?;
        Ok(Self { http, base, tokens: Tokens::default(), cable, driver })
    }

    /// A request that needs no login.
    pub(crate) async fn public<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Error> {
        self.send(Method::POST, self.url(path, &[])?, None, Some(to_json(body)?)).await
    }

    /// A request in the name of whoever is signed in. An expired token is refreshed once, and the request repeated.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Error> {
        let url = self.url(path, query)?;
        let body = body.map(to_json).transpose()?;
        let epoch = self.tokens.epoch();
        let token = self.tokens.access().ok_or(Error::NotSignedIn)?;
        match self.send(method.clone(), url.clone(), Some(&token), body.clone()).await {
            Err(Error::Api(error)) if is_about_the_token(error.code) => {
                self.refresh(epoch, &token).await?;
                let token = self.tokens.access().ok_or(Error::NotSignedIn)?;
                self.send(method, url, Some(&token), body).await
            }
            answer => answer,
        }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.call(Method::GET, path, &[], None::<&()>).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// Renews the tokens unless somebody has done so since `stale` was in use. A refusal ends the login.
    pub(crate) async fn refresh(&self, epoch: u64, stale: &str) -> Result<(), Error> {
        let _one_at_a_time = self.tokens.refreshing.lock().await;
        if self.tokens.epoch() != epoch {
            return Err(Error::NotSignedIn);
        }
        if self.tokens.access().is_some_and(|current| current != stale) {
            return Ok(());
        }
        let refresh_token = self.tokens.refresh().ok_or(Error::NotSignedIn)?;
        match self.public::<SignedIn>("/auth/refresh", &RefreshTokens { refresh_token }).await {
            Ok(signed_in) => {
                if !self.tokens.renew(epoch, &signed_in) {
                    return Err(Error::NotSignedIn);
                }
                self.tell(epoch, Command::Refreshed { expires_in: signed_in.expires_in }).await;
                Ok(())
            }
            Err(Error::Api(error)) if is_about_the_token(error.code) || error.code == ErrorCode::BadCredentials => {
                self.tokens.end(epoch);
                self.tell(epoch, Command::RefreshRefused { error: error.clone() }).await;
                Err(error.into())
            }
            Err(error) => {
                self.tell(epoch, Command::RefreshFailed).await;
                Err(error)
            }
        }
    }

    async fn tell(&self, epoch: u64, command: Command) {
        // A driver that is gone needs no news.
        let _ = self.driver.send(Message { epoch: Some(epoch), command }).await;
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Error> {
        let mut url = self.base.clone();
        let prefix = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}{path}"));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        token: Option<&str>,
        body: Option<serde_json::Value>,
    ) -> Result<T, Error> {
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = async {
            let mut response = request.send().await.map_err(network_error)?;
            let status = response.status();
            let mut bytes = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(network_error)? {
                if bytes.len() + chunk.len() > MAX_ANSWER {
                    return Err(Error::Network("the answer is too long".into()));
                }
                bytes.extend_from_slice(&chunk);
            }
            read(status, &bytes)
        };
        tokio::select! {
            biased;
            () = self.cable.severed() => Err(Error::Network("the network is cut".into())),
            answer = answer => answer,
        }
    }
}

fn to_json(body: &impl Serialize) -> Result<serde_json::Value, Error> {
    serde_json::to_value(body).map_err(|error| Error::InvalidInput(error.to_string()))
}

fn is_about_the_token(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::TokenExpired | ErrorCode::Unauthenticated)
}

fn network_error(error: reqwest::Error) -> Error {
    if error.is_timeout() && !error.is_connect() {
        return Error::Timeout;
    }
    // The outermost error tells only that something failed; the innermost tells what.
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Error::Network(cause.to_string())
}

fn read<T: DeserializeOwned>(status: StatusCode, bytes: &[u8]) -> Result<T, Error> {
    if status.is_success() {
        let text: &[u8] = if bytes.is_empty() { b"null" } else { bytes };
        return serde_json::from_slice(text)
            .map_err(|error| Error::Network(format!("the answer could not be read: {error}")));
    }
    match serde_json::from_slice::<ApiError>(bytes) {
        Ok(error) => Err(error.into()),
        // A proxy in between does not know the catalogue.
        Err(_) => Err(match status {
            StatusCode::UNAUTHORIZED => ApiError::from(ErrorCode::Unauthenticated).into(),
            StatusCode::TOO_MANY_REQUESTS => ApiError::from(ErrorCode::RateLimited).into(),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                ApiError::from(ErrorCode::Unavailable).into()
            }
            status => Error::Network(format!("the server answered {status}")),
        }),
    }
}

/// Shared by the driver and every handle.
pub(crate) type SharedRest = Arc<Rest>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_from_the_body_or_from_the_status_of_a_proxy() {
        let body = br#"{"status":"error","code":"NOT_HOST","message":"m"}"#;
        assert_eq!(read::<()>(StatusCode::FORBIDDEN, body).unwrap_err().code(), Some(ErrorCode::NotHost));
        let proxy = |status| read::<()>(status, b"<html>").unwrap_err();
        assert_eq!(proxy(StatusCode::BAD_GATEWAY).code(), Some(ErrorCode::Unavailable));
        assert_eq!(proxy(StatusCode::UNAUTHORIZED).code(), Some(ErrorCode::Unauthenticated));
        assert!(matches!(proxy(StatusCode::IM_A_TEAPOT), Error::Network(_)));
    }

    #[test]
    fn an_empty_answer_is_a_unit_and_nonsense_is_an_error() {
        assert_eq!(read::<()>(StatusCode::NO_CONTENT, b""), Ok(()));
        assert!(read::<ApiError>(StatusCode::OK, b"nonsense").is_err());
    }
}
