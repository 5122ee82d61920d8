//! Users.

use rallypoint_protocol::{Timestamp, User, UserId};

use super::{Db, Row, StoreError};
use crate::args;

const COLUMNS_BY_ID: &str = "SELECT id, username, display_name, tag, image_url, created_at FROM users WHERE id = $1";

/// What a new user is made of.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub username: String,
    pub display_name: String,
    pub tag: String,
    pub email: Option<String>,
    pub image_url: Option<String>,
    pub password_hash: Option<String>,
    pub created_at: Timestamp,
}

/// A user with its password's hash; guests have none.
pub struct Credentials {
    pub user: User,
    pub password_hash: Option<String>,
}

pub(super) fn user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: UserId(row.int(0)?),
        username: row.text(1)?,
        display_name: row.text(2)?,
        tag: row.text(3)?,
        image_url: row.opt_text(4)?,
        created_at: Timestamp(row.int(5)?),
        online: false,
    })
}

/// Adds a user. A duplicate username or name with tag is an error for which `is_duplicate` holds.
pub async fn insert(db: &Db, new: &NewUser) -> Result<User, StoreError> {
    let rows = db
        .write(
            "INSERT INTO users (username, username_key, display_name, display_key, tag, email, image_url, password_hash, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id, username, display_name, tag, image_url, created_at",
            args![
                new.username.as_str(),
                new.username.to_ascii_lowercase(),
                new.display_name.as_str(),
                new.display_name.to_lowercase(),
                new.tag.as_str(),
                new.email.clone(),
                new.image_url.clone(),
                new.password_hash.clone(),
                new.created_at.0,
            ],
        )
        .await?;
    user(rows.first().ok_or(StoreError::Corrupt("no row of a new user"))?)
}

pub async fn find(db: &Db, id: UserId) -> Result<Option<User>, StoreError> {
    db.read(COLUMNS_BY_ID, args![id.0]).await?.first().map(user).transpose()
}

pub async fn username_exists(db: &Db, username: &str) -> Result<bool, StoreError> {
    let rows = db.read("SELECT 1 FROM users WHERE username_key = $1", args![username.to_ascii_lowercase()]).await?;
    Ok(!rows.is_empty())
}

/// The user of this username, whichever its case.
pub async fn named(db: &Db, username: &str) -> Result<Option<User>, StoreError> {
    let sql = "SELECT id, username, display_name, tag, image_url, created_at FROM users WHERE username_key = $1";
    db.read(sql, args![username.to_ascii_lowercase()]).await?.first().map(user).transpose()
}

pub async fn credentials(db: &Db, username: &str) -> Result<Option<Credentials>, StoreError> {
    let rows = db
        .read(
            "SELECT id, username, display_name, tag, image_url, created_at, password_hash FROM users WHERE username_key = $1",
            args![username.to_ascii_lowercase()],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Credentials { user: user(row)?, password_hash: row.opt_text(6)? }))
}

/// Users whose name begins with `prefix` and who are not among `except`, newest first, with the number of all that
/// match.
pub async fn search(
    db: &Db,
    prefix: &str,
    except: &[UserId],
    limit: i64,
    offset: i64,
) -> Result<(Vec<User>, i64), StoreError> {
    macro_rules! matching {
        () => {
            "FROM users WHERE (username_key LIKE $1 ESCAPE '\\' OR display_key LIKE $1 ESCAPE '\\') \
             AND id NOT IN (SELECT CAST(j.value ->> 'i' AS BIGINT) FROM json_each($2) AS j)"
        };
    }
    let pattern = format!("{}%", prefix.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let except = super::id_list(except);
    let rows = db
        .read(
            concat!(
                "SELECT id, username, display_name, tag, image_url, created_at ",
                matching!(),
                " ORDER BY id DESC LIMIT $3 OFFSET $4"
            ),
            args![pattern.as_str(), except.as_str(), limit, offset],
        )
        .await?;
    let total = db.count(concat!("SELECT COUNT(*) ", matching!()), args![pattern, except]).await?;
    Ok((rows.iter().map(user).collect::<Result<_, _>>()?, total))
}
