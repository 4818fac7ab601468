//! The identity of a store: its name, its site, and the keys that sign its links.

use chrono::{DateTime, Utc};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::ledger::KeyNumber;
use crate::store::mark::Mark;
use crate::store::secret::SITE;
use crate::store::{Result, Store, StoreError};
use crate::token::Key;

impl Store {
    /// The random name that `tidings.lock` records.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The site whose readers the store keeps; `None` before the first mail.
    pub async fn load_site(&self) -> Result<Option<String>> {
        let query = sqlx::query("SELECT key FROM secret WHERE number = $1").bind(SITE);
        let row = query.fetch_optional(&self.pool).await?;
        row.map(|row| Ok(row.try_get("key")?)).transpose()
    }

    /// Records the site whose readers the store keeps, unless there is one. Returns the recorded one.
    pub async fn claim_site(&self, site: &str, now: DateTime<Utc>) -> Result<String> {
        if let Some(known) = self.load_site().await? {
            return Ok(known);
        }
        change!(self, |tx| {
            sqlx::query(
                "INSERT INTO secret (number, purpose, key, made_at) VALUES ($1, 'site', $2, $3) \
                 ON CONFLICT (number) DO NOTHING",
            )
            .bind(SITE)
            .bind(site.to_owned())
            .bind(now.timestamp())
            .execute(&mut *tx)
            .await?;
            Ok(())
        })?;
        Ok(self.load_site().await?.unwrap_or_default())
    }

    /// Whether it keeps a reader or an issue.
    pub(crate) async fn is_in_use(&self) -> Result<bool> {
        for table in ["reader", "issue"] {
            let text = format!("SELECT id FROM {table} LIMIT 1");
            let row = sqlx::query(AssertSqlSafe(text)).fetch_optional(&self.pool);
            if row.await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes the new name of its site.
    pub async fn move_site(&self, site: &str) -> Result<()> {
        change!(self, |tx| {
            sqlx::query("UPDATE secret SET key = $2 WHERE number = $1")
                .bind(SITE)
                .bind(site.to_owned())
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
    }

    /// Why the store is not to be used.
    pub(super) async fn mark(&self) -> Result<Option<Mark>> {
        Mark::find(&self.pool).await
    }

    /// Marks the store as unusable.
    pub(super) async fn set_mark(&self, mark: &Mark) -> Result<()> {
        let mut tx = self.begin().await?;
        mark.put(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    /// Ends what [`Store::open_to_fill`] began.
    pub(crate) async fn finish_filling(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        if let Some(Mark::Unfinished(_)) = Mark::find(&mut *tx).await? {
            Mark::remove(&mut tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The key that signs the links of new issues.
    pub async fn load_current_key(&self) -> Result<Key> {
        if let Some(own) = self.own_keys.first() {
            return Ok(own.clone());
        }
        let row = sqlx::query(
            "SELECT number, key FROM secret WHERE purpose = 'link' ORDER BY number DESC LIMIT 1",
        )
        .fetch_one(&self.pool)
        .await?;
        read_key(&row)
    }

    /// The key of this number: an issue keeps the one with which it was frozen.
    pub async fn load_key(&self, number: KeyNumber) -> Result<Key> {
        if let Some(own) = self.own_keys.iter().find(|key| key.number() == number) {
            return Ok(own.clone());
        }
        let row =
            sqlx::query("SELECT number, key FROM secret WHERE purpose = 'link' AND number = $1")
                .bind(number)
                .fetch_optional(&self.pool)
                .await?;
        row.as_ref().map_or(Err(StoreError::NoKey), read_key)
    }

    /// Makes a new key, which signs from now on; the links of old mails stay valid.
    pub(crate) async fn rotate_key(&self, now: DateTime<Utc>) -> Result<()> {
        change!(self, |tx| {
            let row = sqlx::query("SELECT MAX(number) AS last FROM secret WHERE purpose = 'link'")
                .fetch_one(&mut *tx)
                .await?;
            let number = KeyNumber::from(row.try_get::<i64, _>("last")? + 1);
            sqlx::query(
                "INSERT INTO secret (number, purpose, key, made_at) VALUES ($1, 'link', $2, $3)",
            )
            .bind(number)
            .bind(Key::generate(number).to_text())
            .bind(now.timestamp())
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
    }
}

fn read_key(row: &AnyRow) -> Result<Key> {
    Key::from_text(row.try_get("number")?, row.try_get("key")?)
        .ok_or_else(|| StoreError::Damaged("a link key is no key".to_owned()))
}
