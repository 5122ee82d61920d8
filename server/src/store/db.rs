//! One SQL text on two databases: typed pools behind one small interface.
//!
//! Every column is an integer (`BIGINT`) or a text, so that both databases read and bind alike. Parameters are
//! `$1`, `$2`, …; many rows travel as one JSON array through `json_each($1)`, which both databases have.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection as _, PgPool, Row as _, SqlSafeStr as _, SqliteConnection, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
    postgres::{PgArguments, PgPoolOptions, PgRow},
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};

use super::StoreError;

/// How often a transaction is tried that others keep standing in the way of.
const CONFLICT_TRIES: u32 = 5;

/// A database, by the scheme of its URL: `sqlite://PATH` or `postgres://…`.
#[derive(Clone, Debug)]
pub struct Db(Pools);

#[derive(Clone, Debug)]
enum Pools {
    /// SQLite takes one writer at a time: it has a connection of its own, so that readers never wait for it.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Int(Option<i64>),
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

/// Parameters of a statement: `args![user_id, name]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::Value::from($value)),*] };
}

/// A row of a result.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! getters {
    ($($name:ident -> $type:ty),*) => {$(
        pub fn $name(&self, column: usize) -> Result<$type, StoreError> {
            Ok(match self {
                Self::Sqlite(row) => row.try_get_unchecked(column)?,
                Self::Postgres(row) => row.try_get(column)?,
            })
        }
    )*};
}

impl Row {
    getters! { int -> i64, opt_int -> Option<i64>, text -> String, opt_text -> Option<String> }
}

macro_rules! bind {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for value in $args {
            query = match value {
                Value::Int(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
            };
        }
        query
    }};
}

fn sqlite_query(sql: &'static str, args: Vec<Value>) -> sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments> {
    bind!(sqlx::query(sql), args)
}

fn postgres_query(sql: &'static str, args: Vec<Value>) -> sqlx::query::Query<'static, sqlx::Postgres, PgArguments> {
    bind!(sqlx::query(sql), args)
}

/// The same versions for both databases.
macro_rules! migrations {
    ($database:literal) => {
        Migrator::with_migrations(vec![
            migration(1, "initial", include_str!(concat!("../../migrations/", $database, "/0001_initial.sql"))),
            migration(
                2,
                "lighter session index",
                include_str!(concat!("../../migrations/", $database, "/0002_lighter_session_index.sql")),
            ),
            migration(3, "matchmaking", include_str!(concat!("../../migrations/", $database, "/0003_matchmaking.sql"))),
            migration(4, "servers", include_str!(concat!("../../migrations/", $database, "/0004_servers.sql"))),
            migration(5, "friends", include_str!(concat!("../../migrations/", $database, "/0005_friends.sql"))),
            migration(6, "display key", include_str!(concat!("../../migrations/", $database, "/0006_display_key.sql"))),
        ])
    };
}

fn migration(version: i64, description: &'static str, sql: &'static str) -> Migration {
    Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
}

impl Db {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// An unknown scheme, a database that can't be reached, or a migration that fails.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let db = if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await?
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(5))
                .test_before_acquire(false)
                .connect(url)
                .await?;
            Self(Pools::Postgres(pool))
        } else {
            return Err(StoreError::UnknownDatabase);
        };
        db.migrate().await?;
        Ok(db)
    }

    async fn open_sqlite(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("temp_store", "memory")
            .pragma("wal_autocheckpoint", "4000");
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .min_connections(1)
                .acquire_timeout(Duration::from_secs(5))
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let writer = pool(1)
            .before_acquire(|connection, _| Box::pin(is_between_transactions(connection)))
            .connect_with(options.clone())
            .await?;
        let readers = pool(4).connect_with(options).await?;
        Ok(Self(Pools::Sqlite { writer, readers }))
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        match &self.0 {
            Pools::Sqlite { writer, .. } => migrations!("sqlite").run(writer).await?,
            Pools::Postgres(pool) => migrations!("postgres").run(pool).await?,
        }
        Ok(())
    }

    /// Runs a statement that only reads.
    pub async fn read(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match &self.0 {
            Pools::Sqlite { readers, .. } => sqlite_rows(readers, sql, args).await,
            Pools::Postgres(pool) => postgres_rows(pool, sql, args).await,
        }
    }

    /// Runs a statement that answers one number.
    pub async fn count(&self, sql: &'static str, args: Vec<Value>) -> Result<i64, StoreError> {
        self.read(sql, args).await?.first().map_or(Ok(0), |row| row.int(0))
    }

    /// Runs one statement that writes, as a transaction of its own.
    pub async fn write(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match &self.0 {
            Pools::Sqlite { writer, .. } => sqlite_rows(writer, sql, args).await,
            Pools::Postgres(pool) => {
                let mut conflicts = Conflicts::default();
                loop {
                    match postgres_rows(pool, sql, args.clone()).await {
                        Err(error) if conflicts.allow(&error) => {}
                        done => return done,
                    }
                }
            }
        }
    }

    /// Starts a transaction that may write. Dropped without [`Transaction::commit`], it changes nothing.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(match &self.0 {
            Pools::Sqlite { writer, .. } => Transaction::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// Starts a transaction during which no other server may start one under the same number.
    pub async fn begin_alone(&self, number: i64) -> Result<Transaction, StoreError> {
        let mut transaction = self.begin().await?;
        // SQLite has one writer anyway.
        if let Transaction::Postgres(_) = &transaction {
            transaction.run("SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS locked", args![number]).await?;
        }
        Ok(transaction)
    }

    /// Answers whether the database can be read and is ready to be written to.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read("SELECT 1", Vec::new()).await?;
        let mut transaction = self.begin().await?;
        // Changes nothing, and is written all the same: a full disk shows.
        transaction.run("UPDATE servers SET beat = beat", Vec::new()).await?;
        transaction.commit().await
    }

    /// Whether other servers may be working on the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Pools::Postgres(_))
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        match &self.0 {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Counts how often Postgres undid a transaction because it stood in another one's way, and that in its way.
#[derive(Default)]
pub struct Conflicts(u32);

impl Conflicts {
    /// Whether the transaction may be tried once more from its start.
    pub fn allow(&mut self, error: &StoreError) -> bool {
        self.0 += 1;
        let again = error.is_conflict() && self.0 < CONFLICT_TRIES;
        if again {
            tracing::debug!(%error, "undone by the database; trying again");
        }
        again
    }
}

/// Several statements that happen together or not at all.
pub enum Transaction {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Transaction {
    pub async fn run(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(transaction) => sqlite_rows(&mut **transaction, sql, args).await,
            Self::Postgres(transaction) => postgres_rows(&mut **transaction, sql, args).await,
        }
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}

/// SQLite rolls back by itself when the disk is full; sqlx then counts a transaction that is none, and could never
/// begin another. Such a connection is replaced.
async fn is_between_transactions(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A transaction that was dropped is rolled back in the background: a ping waits for that.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

async fn sqlite_rows<'e, E>(executor: E, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, StoreError>
where
    E: sqlx::Executor<'e, Database = sqlx::Sqlite>,
{
    let rows = executor.fetch_all(sqlite_query(sql, args)).await?;
    Ok(rows.into_iter().map(Row::Sqlite).collect())
}

async fn postgres_rows<'e, E>(executor: E, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, StoreError>
where
    E: sqlx::Executor<'e, Database = sqlx::Postgres>,
{
    let rows = executor.fetch_all(postgres_query(sql, args)).await?;
    Ok(rows.into_iter().map(Row::Postgres).collect())
}
