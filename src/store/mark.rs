//! A mark in a store that is not to be used, beside its secrets.

use chrono::{DateTime, Utc};
use sqlx::{Any, Executor, Row, Transaction};

use crate::store::error::Result;

/// The number of the mark among the secrets.
const MARK: i64 = 4;

/// Why a store is not to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// A backup of this time: later events are in another store.
    Backup(DateTime<Utc>),
    /// The store was moved there.
    Moved(String),
    /// An unfinished copy of this store.
    Unfinished(String),
}

impl Mark {
    pub(super) async fn put(&self, tx: &mut Transaction<'static, Any>) -> Result<()> {
        let (purpose, key, at) = match self {
            Self::Backup(at) => ("backup", "", at.timestamp()),
            Self::Moved(to) => ("moved", &**to, 0),
            Self::Unfinished(of) => ("unfinished", &**of, 0),
        };
        Self::remove(tx).await?;
        sqlx::query("INSERT INTO secret (number, purpose, key, made_at) VALUES ($1, $2, $3, $4)")
            .bind(MARK)
            .bind(purpose)
            .bind(key.to_owned())
            .bind(at)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    pub(super) async fn remove(tx: &mut Transaction<'static, Any>) -> Result<()> {
        sqlx::query("DELETE FROM secret WHERE number = $1")
            .bind(MARK)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// The mark of the store that this connection reaches.
    pub(super) async fn find<'e>(
        executor: impl Executor<'e, Database = Any>,
    ) -> Result<Option<Self>> {
        let row = sqlx::query("SELECT purpose, key, made_at FROM secret WHERE number = $1")
            .bind(MARK)
            .fetch_optional(executor)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(match row.try_get::<&str, _>("purpose")? {
            "moved" => Self::Moved(row.try_get("key")?),
            "unfinished" => Self::Unfinished(row.try_get("key")?),
            _ => Self::Backup({
                DateTime::from_timestamp(row.try_get("made_at")?, 0).unwrap_or_default()
            }),
        }))
    }
}
