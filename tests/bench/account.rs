//! Who plays: accounts and sessions, by REST.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};

/// Requests under way at the same time while accounts are made.
const AT_ONCE: usize = 32;

/// Whose words a server speaks by REST; over Socket.IO both speak the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Rallypoint,
    Peer,
}

/// A server that accounts can be made on.
#[derive(Clone)]
pub struct Rest {
    pub address: SocketAddr,
    dialect: Dialect,
    client: reqwest::Client,
}

pub struct Account {
    pub id: i64,
    pub token: String,
}

impl Rest {
    pub fn new(address: SocketAddr, dialect: Dialect) -> Self {
        Self { address, dialect, client: reqwest::Client::new() }
    }

    pub async fn account(&self) -> Result<Account> {
        let (path, body, id, token) = match self.dialect {
            Dialect::Rallypoint => ("/auth/guest", json!({"display_name": "Bench"}), "/user/id", "/access_token"),
            Dialect::Peer => ("/dev/login", json!({"name": "Bench"}), "/user_id", "/token"),
        };
        let answer = self.call(Method::POST, path, None, &body).await?;
        let id = answer.pointer(id).and_then(Value::as_i64).context("no user id")?;
        let token = answer.pointer(token).and_then(Value::as_str).context("no token")?.to_owned();
        Ok(Account { id, token })
    }

    pub async fn accounts(&self, count: usize) -> Result<Vec<Account>> {
        stream::iter(0..count).map(|_| self.account()).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// A session hosted by this account: its code.
    pub async fn session(&self, host: &Account, options: &Value) -> Result<String> {
        let path = if self.dialect == Dialect::Rallypoint { "/sessions" } else { "/session" };
        let answer = self.call(Method::POST, path, Some(host), options).await?;
        Ok(answer["session_code"].as_str().context("no session code")?.to_owned())
    }

    /// One call; the answer's body.
    pub async fn call(&self, method: Method, path: &str, account: Option<&Account>, body: &Value) -> Result<Value> {
        let mut request = self.client.request(method, format!("http://{}{path}", self.address)).json(body);
        if let Some(account) = account {
            request = request.bearer_auth(&account.token);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}
