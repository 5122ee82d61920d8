//! Logins and their refresh tokens. A login is a family: each refresh replaces its token, and a token that
//! is used twice revokes them all.

use rallypoint_protocol::{Timestamp, UserId};

use super::{Db, StoreError};
use crate::args;

/// The `sid` of a token.
pub type LoginId = i64;

/// What a refresh token was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// It was fresh and is used up now.
    Fresh { login: LoginId, user: UserId },
    /// It had been used before; the login is revoked now.
    Reused { login: LoginId },
    /// It is unknown, has expired, or its login is revoked.
    Refused,
}

pub async fn insert(
    db: &Db,
    user: UserId,
    token_hash: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<LoginId, StoreError> {
    let mut transaction = db.begin().await?;
    let rows = transaction
        .run("INSERT INTO logins (user_id, created_at) VALUES ($1, $2) RETURNING id", args![user.0, now.0])
        .await?;
    let login = rows.first().ok_or(StoreError::Corrupt("no row of a new login"))?.int(0)?;
    transaction
        .run(
            "INSERT INTO refresh_tokens (token_hash, login_id, expires_at) VALUES ($1, $2, $3)",
            args![token_hash, login, expires_at.0],
        )
        .await?;
    transaction.commit().await?;
    Ok(login)
}

/// Uses up `token_hash` and puts `next_hash` in its place.
pub async fn rotate(
    db: &Db,
    token_hash: &str,
    next_hash: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Redeemed, StoreError> {
    let mut transaction = db.begin().await?;
    let used = transaction
        .run(
            "UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 \
             AND EXISTS (SELECT 1 FROM logins WHERE id = refresh_tokens.login_id AND revoked_at IS NULL) \
             RETURNING login_id, (SELECT user_id FROM logins WHERE id = refresh_tokens.login_id)",
            args![token_hash, now.0],
        )
        .await?;
    let redeemed = if let Some(row) = used.first() {
        let (login, user) = (row.int(0)?, UserId(row.int(1)?));
        transaction
            .run(
                "INSERT INTO refresh_tokens (token_hash, login_id, expires_at) VALUES ($1, $2, $3)",
                args![next_hash, login, expires_at.0],
            )
            .await?;
        Redeemed::Fresh { login, user }
    } else {
        let revoked = transaction
            .run(
                "UPDATE logins SET revoked_at = $2 WHERE revoked_at IS NULL AND id = \
                 (SELECT login_id FROM refresh_tokens WHERE token_hash = $1 AND used_at IS NOT NULL) RETURNING id",
                args![token_hash, now.0],
            )
            .await?;
        match revoked.first() {
            Some(row) => Redeemed::Reused { login: row.int(0)? },
            None => Redeemed::Refused,
        }
    };
    transaction.commit().await?;
    Ok(redeemed)
}

pub async fn revoke(db: &Db, login: LoginId, now: Timestamp) -> Result<(), StoreError> {
    db.write("UPDATE logins SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", args![login, now.0])
        .await
        .map(drop)
}

/// Logins revoked at or after `since`.
pub async fn revoked_since(db: &Db, since: Timestamp) -> Result<Vec<LoginId>, StoreError> {
    let rows = db.read("SELECT id FROM logins WHERE revoked_at >= $1", args![since.0]).await?;
    rows.iter().map(|row| row.int(0)).collect()
}

/// When a login's newest refresh token expires; `None` if the login is revoked or forgotten.
pub async fn end(db: &Db, login: LoginId) -> Result<Option<Timestamp>, StoreError> {
    let rows = db
        .read(
            "SELECT expires_at FROM refresh_tokens WHERE login_id = $1 AND EXISTS \
             (SELECT 1 FROM logins WHERE id = $1 AND revoked_at IS NULL) ORDER BY expires_at DESC LIMIT 1",
            args![login],
        )
        .await?;
    rows.first().map(|row| row.int(0).map(Timestamp)).transpose()
}

/// Forgets refresh tokens that expired before `before`, and logins that have none left.
pub async fn purge(db: &Db, before: Timestamp) -> Result<(), StoreError> {
    db.write("DELETE FROM refresh_tokens WHERE expires_at < $1", args![before.0]).await?;
    db.write(
        "DELETE FROM logins WHERE created_at < $1 AND NOT EXISTS \
         (SELECT 1 FROM refresh_tokens WHERE login_id = logins.id)",
        args![before.0],
    )
    .await
    .map(drop)
}
