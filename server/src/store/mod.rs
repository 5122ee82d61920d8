//! The store: SQL and nothing else, one file per domain, the same text for SQLite and Postgres.
//!
//! A transition is one conditional statement, so that the database decides every race. The number of
//! statements is what a store costs; operations that come in crowds are folded into one (see [`invites`]).

pub mod blocks;
mod db;
pub mod friends;
pub mod invites;
pub mod logins;
pub mod matches;
pub mod servers;
pub mod sessions;
pub mod tickets;
pub mod users;

pub use db::{Conflicts, Db, Row, Transaction, Value};
use rallypoint_protocol::{ApiError, ErrorCode};

/// A database that did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database must be sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME")]
    UnknownDatabase,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("could not bring the schema up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("the database holds a value that this version can't read: {0}")]
    Corrupt(&'static str),
    /// The operation was one of a batch, which failed as a whole.
    #[error("{0}")]
    Batch(std::sync::Arc<StoreError>),
}

/// Ids as the JSON list of `{i: id}` that statements join with.
fn id_list<T: serde::Serialize>(ids: &[T]) -> String {
    let rows: Vec<_> = ids.iter().map(|id| serde_json::json!({ "i": id })).collect();
    serde_json::Value::Array(rows).to_string()
}

impl StoreError {
    /// Whether the statement was refused because a unique value exists already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether the database undid the transaction for another's sake: a deadlock, or no order that both fit into.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("40P01" | "40001")))
    }

    /// Whether the same may succeed later: the database is busy, full, shutting down or out of reach.
    fn is_away(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.code().is_some_and(|code| is_passing(&code)),
            Self::Database(error) => matches!(
                error,
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed
            ),
            Self::Batch(error) => error.is_away(),
            _ => false,
        }
    }
}

/// SQLite's codes are numbers whose low byte is the kind, Postgres's five characters whose first two are.
fn is_passing(code: &str) -> bool {
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const IO: u32 = 10;
    const FULL: u32 = 13;
    const CANNOT_OPEN: u32 = 14;
    match code.parse::<u32>() {
        Ok(sqlite) if code.len() < 5 => matches!(sqlite & 0xFF, BUSY | LOCKED | IO | FULL | CANNOT_OPEN),
        _ => matches!(code.get(..2), Some("08" | "40" | "53" | "57" | "58")),
    }
}

/// What a client learns of it: that it may try again, or an id under which the log has the cause.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_away() {
            tracing::warn!(%error, "database away");
            return ApiError::from(ErrorCode::Unavailable).with_retry_after(2);
        }
        let incident = uuid::Uuid::new_v4().simple().to_string();
        tracing::error!(%error, %incident, "database error");
        ApiError::new(ErrorCode::Internal, format!("Something broke on the server. Report the id {}.", &incident[..12]))
    }
}
