//! Access tokens that no server has issued.

use anyhow::Result;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::Value;

use crate::server::SECRET;

/// A token like this one, with other claims, signed with the servers' own secret.
pub fn altered(token: &str, change: impl FnOnce(&mut Value)) -> Result<String> {
    signed_with(SECRET, token, change)
}

/// The same, signed with a secret of the caller's choice.
pub fn signed_with(secret: &str, token: &str, change: impl FnOnce(&mut Value)) -> Result<String> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let mut claims = jsonwebtoken::decode::<Value>(token, &key, &validation)?.claims;
    change(&mut claims);
    let key = EncodingKey::from_secret(secret.as_bytes());
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

/// The same, with its time long past.
pub fn expired(token: &str) -> Result<String> {
    altered(token, |claims| claims["exp"] = 1_000_000_000.into())
}
