//! The store: SQL and nothing else, one file per domain, the same text for SQLite and Postgres.
//!
//! A transition is one conditional statement, so that the database decides every race. The number of
//! statements is what a store costs; operations that come in crowds are folded into one (see [`invites`]).

mod db;
pub mod invites;
pub mod logins;
pub mod sessions;
pub mod users;

pub use db::{Db, Row, Transaction, Value};
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

impl StoreError {
    /// Whether the statement was refused because a unique value exists already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    fn is_away(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                // SQLite: busy, locked, full; Postgres: shutting down, too many connections, disk full.
                matches!(
                    error.code().as_deref(),
                    Some("5" | "6" | "13" | "57P01" | "57P02" | "57P03" | "53300" | "53100")
                )
            }
            Self::Database(error) => {
                matches!(
                    error,
                    sqlx::Error::Io(_)
                        | sqlx::Error::PoolTimedOut
                        | sqlx::Error::PoolClosed
                        | sqlx::Error::WorkerCrashed
                )
            }
            Self::Batch(error) => error.is_away(),
            _ => false,
        }
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
