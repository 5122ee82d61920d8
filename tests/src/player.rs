//! Players: users who speak REST and Socket.IO without a client library of ours.

use anyhow::{Context as _, Result, ensure};
use rallypoint_protocol::{InviteId, SessionCode, UserId};
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::{JsonSocket, Refused, Socket};

/// Whoever may want to sign in at a server.
#[derive(Clone, Debug)]
pub struct People {
    url: String,
    http: reqwest::Client,
}

/// A REST answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// `null` when there is none.
    pub body: Value,
}

impl Answer {
    /// The error's code in the body, or an empty text.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The body of an answer with this status.
    pub fn expect(self, status: u16) -> Result<Value> {
        ensure!(self.status == status, "{status} was expected, not {}: {}", self.status, self.body);
        Ok(self.body)
    }

    /// Checks that this is a refusal with a code of the catalogue, in the form that every refusal has.
    pub fn expect_refusal(self, status: u16, code: &str) -> Result<Value> {
        let words = self.body["message"].as_str().is_some_and(|message| !message.is_empty());
        let refused = self.status == status && self.code() == code && self.body["status"] == "error" && words;
        ensure!(refused, "{status} {code} was expected, not {}: {}", self.status, self.body);
        Ok(self.body)
    }
}

impl People {
    pub fn new(url: &str) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(crate::PATIENCE).no_proxy().build()?;
        Ok(Self { url: url.to_owned(), http })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Calls without a token.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer> {
        let body = body.map(|body| body.to_string());
        self.request(method, path, None, body).await
    }

    /// Calls with whatever token and body text there are.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<String>,
    ) -> Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await?;
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).with_context(|| format!("{path} answered {status} and no JSON: {text}"))?
        };
        Ok(Answer { status, headers, body })
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// A new user without a password.
    pub async fn guest(&self, name: &str) -> Result<Player> {
        let answer = self.post("/auth/guest", json!({ "display_name": name })).await?;
        Player::signed_in(self, &answer.expect(201)?)
    }

    pub async fn register(&self, username: &str, password: &str) -> Result<Player> {
        let answer = self.post("/auth/register", json!({ "username": username, "password": password })).await?;
        Player::signed_in(self, &answer.expect(201)?)
    }

    pub async fn login(&self, username: &str, password: &str) -> Result<Player> {
        let answer = self.post("/auth/login", json!({ "username": username, "password": password })).await?;
        Player::signed_in(self, &answer.expect(200)?)
    }
}

/// A user who has signed in.
#[derive(Clone, Debug)]
pub struct Player {
    pub people: People,
    pub id: UserId,
    pub username: String,
    /// `display_name#tag`
    pub name: String,
    pub token: String,
    pub refresh_token: String,
}

impl Player {
    /// Reads the answer of a sign-in call.
    pub fn signed_in(people: &People, answer: &Value) -> Result<Self> {
        ensure!(answer["status"] == "success", "no sign-in: {answer}");
        let text = |value: &Value| value.as_str().map(str::to_owned).with_context(|| format!("no text in {answer}"));
        let user = &answer["user"];
        Ok(Self {
            people: people.clone(),
            id: UserId(user["id"].as_i64().context("no user id")?),
            username: text(&user["username"])?,
            name: format!("{}#{}", text(&user["display_name"])?, text(&user["tag"])?),
            token: text(&answer["access_token"])?,
            refresh_token: text(&answer["refresh_token"])?,
        })
    }

    /// Another device of the same user, or the same one with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.people.request(Method::GET, path, Some(&self.token), None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        self.people.request(Method::POST, path, Some(&self.token), Some(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Result<Answer> {
        self.people.request(Method::PUT, path, Some(&self.token), Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.people.request(Method::DELETE, path, Some(&self.token), None).await
    }

    /// Connects over a WebSocket.
    pub async fn socket(&self) -> Result<Socket> {
        let connected = self.try_socket().await?;
        connected.map_err(|Refused(message)| anyhow::anyhow!("the handshake was refused: {message}"))
    }

    /// Connects, or learns why not.
    pub async fn try_socket(&self) -> Result<Result<Socket, Refused>> {
        Socket::connect(self.people.url(), Some(&json!({ "token": self.token })), "").await
    }

    /// Connects to `/ws/invitations/`.
    pub async fn invitations(&self) -> Result<JsonSocket> {
        JsonSocket::open(self.people.url(), &format!("/ws/invitations/?token={}", self.token)).await
    }

    /// Becomes friends with somebody, and answers the friendship's id.
    pub async fn befriend(&self, other: &Player) -> Result<String> {
        let asked = self.post("/friends/requests/", json!({ "user_id": other.id })).await?.expect(201)?;
        let id = asked["friendship_id"].as_str().context("no friendship id")?.to_owned();
        let accepted = other.post(&format!("/friends/{id}/accept"), json!({})).await?.expect(200)?;
        ensure!(accepted["status"] == "accepted", "no friends: {accepted}");
        Ok(id)
    }

    /// A session of this player's.
    pub async fn host(&self, wish: Value) -> Result<SessionCode> {
        let session = self.post("/sessions", wish).await?.expect(201)?;
        Ok(session["session_code"].as_str().context("no code")?.parse()?)
    }

    /// Invites by REST.
    pub async fn invite(&self, receiver: &Player, code: SessionCode) -> Result<InviteId> {
        let sent = self.post("/invite/send", json!({ "receiver_id": receiver.id, "session_code": code })).await?;
        Ok(InviteId(sent.expect(201)?["invite_id"].as_i64().context("no invite id")?))
    }

    /// Answers by REST.
    pub async fn respond(&self, invite: InviteId, response: &str) -> Result<Answer> {
        self.post("/invite/respond", json!({ "invite_id": invite, "response": response })).await
    }

    /// The players of a session, as REST tells.
    pub async fn players_of(&self, code: SessionCode) -> Result<Vec<UserId>> {
        let session = self.get(&format!("/sessions/{code}")).await?.expect(200)?;
        let players = session["players"].as_array().context("no players")?;
        players.iter().map(|player| player["user_id"].as_i64().map(UserId).context("no id")).collect()
    }
}
