//! Sessions: joinable lobbies with a code.

use rallypoint_protocol::{
    SessionCode,
    session::{CreateSession, GameAccess, Session},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Client, Error};

/// From [`Client::sessions`].
#[derive(Clone)]
pub struct Sessions {
    pub(crate) client: Client,
}

impl Sessions {
    /// Opens a session with oneself as its host.
    ///
    /// # Errors
    /// `BAD_REQUEST` and `INVALID_OPTIONS` say in their details what is out of range.
    pub async fn create(&self, wish: CreateSession) -> Result<Session, Error> {
        self.client.with_rest(move |rest| async move { rest.post("/sessions", &wish).await }).await
    }

    /// # Errors
    /// `SESSION_NOT_FOUND`
    pub async fn get(&self, code: SessionCode) -> Result<Session, Error> {
        self.client.with_rest(move |rest| async move { rest.get(&format!("/sessions/{code}")).await }).await
    }

    /// Takes a seat, as somebody invited or with the code of an open session. Joining twice is joining once.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`, `SESSION_FULL`, `FORBIDDEN`
    pub async fn join(&self, code: SessionCode) -> Result<Session, Error> {
        self.client
            .with_rest(move |rest| async move { rest.post(&format!("/sessions/{code}/join"), &json!({})).await })
            .await
    }

    /// Gives the seat up. If the host leaves, the one longest there becomes host; the last one out closes it.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`
    pub async fn leave(&self, code: SessionCode) -> Result<(), Error> {
        self.without_answer(Method::POST, format!("/sessions/{code}/leave")).await
    }

    /// Closes the session for everybody and takes its pending invites back.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`, `NOT_HOST`
    pub async fn close(&self, code: SessionCode) -> Result<(), Error> {
        self.without_answer(Method::DELETE, format!("/sessions/{code}")).await
    }

    /// What a game client needs to enter the room. The token in it works once, within 30 seconds.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`, `FORBIDDEN`
    pub async fn access(&self, code: SessionCode) -> Result<GameAccess, Error> {
        let path = format!("/sessions/{code}/connect-token");
        self.client.with_rest(move |rest| async move { rest.post(&path, &json!({})).await }).await
    }

    async fn without_answer(&self, method: Method, path: String) -> Result<(), Error> {
        self.client
            .with_rest(move |rest| async move { rest.call::<Value>(method, &path, &[], None::<&()>).await.map(drop) })
            .await
    }
}
