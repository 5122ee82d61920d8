//! Databases of a test's own.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::{Context as _, Result};
use rallypoint_server::store::Db;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::postgres::Postgres;

/// An empty database which nobody else uses. It goes when the last clone is dropped.
#[derive(Clone)]
pub struct Database {
    url: String,
    _place: Arc<Place>,
}

enum Place {
    Folder { _folder: tempfile::TempDir },
    Schema { _server: Option<Arc<Postgres>> },
}

static NEXT_SCHEMA: AtomicU64 = AtomicU64::new(0);

impl Database {
    /// A SQLite file in a temporary folder.
    pub fn sqlite() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite://{}", folder.path().join("rally.db").display());
        Ok(Self { url, _place: Arc::new(Place::Folder { _folder: folder }) })
    }

    /// A schema on the Postgres that `RALLYPOINT_TEST_POSTGRES` names, else on one started for these tests.
    /// `None` where there is no Postgres; with `CI` set that is an error.
    pub async fn postgres() -> Result<Option<Self>> {
        let (server, base) = match std::env::var("RALLYPOINT_TEST_POSTGRES") {
            Ok(url) => (None, url),
            Err(_) => match Postgres::shared().await? {
                Some(server) => (Some(Arc::clone(&server)), server.url().to_owned()),
                None if std::env::var_os("CI").is_some() => anyhow::bail!("the tests need Postgres: install it"),
                None => return Ok(None),
            },
        };
        let number = NEXT_SCHEMA.fetch_add(1, Ordering::Relaxed);
        let schema = format!("e2e_{}_{number}", std::process::id());
        let mut connection = PgConnection::connect(&base).await.context("can't reach Postgres")?;
        for statement in [format!("DROP SCHEMA IF EXISTS {schema} CASCADE"), format!("CREATE SCHEMA {schema}")] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
        }
        connection.close().await?;
        let joint = if base.contains('?') { '&' } else { '?' };
        let url = format!("{base}{joint}options[search_path]={schema}");
        Ok(Some(Self { url, _place: Arc::new(Place::Schema { _server: server }) }))
    }

    /// SQLite, and Postgres where there is one.
    pub async fn all() -> Result<Vec<Self>> {
        let mut databases = vec![Self::sqlite()?];
        databases.extend(Self::postgres().await?);
        Ok(databases)
    }

    /// As `--database` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection beside the server's.
    pub async fn open(&self) -> Result<Db> {
        Ok(Db::open(&self.url).await?)
    }
}
