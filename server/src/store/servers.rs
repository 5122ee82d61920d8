//! The servers that work on this database.

use super::{Db, StoreError};
use crate::args;

/// Adds this server, in the place of one that ran there before.
pub async fn announce(db: &Db, id: &str, place: &str) -> Result<(), StoreError> {
    let mut transaction = db.begin().await?;
    transaction.run("DELETE FROM servers WHERE place = $1", args![place]).await?;
    transaction.run("INSERT INTO servers (id, place, beat) VALUES ($1, $2, 0)", args![id, place]).await?;
    transaction.commit().await
}

/// Shows that this server runs. Answers false when it no longer counts as running.
pub async fn beat(db: &Db, id: &str) -> Result<bool, StoreError> {
    let rows = db.write("UPDATE servers SET beat = beat + 1 WHERE id = $1 RETURNING id", args![id]).await?;
    Ok(!rows.is_empty())
}

/// Every server and its beat.
pub async fn all(db: &Db) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = db.read("SELECT id, beat FROM servers", args![]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// Removes a server, unless it has shown since `beat` that it runs.
pub async fn remove_silent(db: &Db, id: &str, beat: i64) -> Result<(), StoreError> {
    db.write("DELETE FROM servers WHERE id = $1 AND beat = $2", args![id, beat]).await.map(drop)
}

pub async fn remove(db: &Db, id: &str) -> Result<(), StoreError> {
    db.write("DELETE FROM servers WHERE id = $1", args![id]).await.map(drop)
}

/// Removes every server but this one.
pub async fn remove_others(db: &Db, id: &str) -> Result<(), StoreError> {
    db.write("DELETE FROM servers WHERE id <> $1", args![id]).await.map(drop)
}
