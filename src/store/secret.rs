//! What a store has once: its keys, its name, and the site whose readers it keeps.

use chrono::{DateTime, Utc};
use sqlx::any::AnyRow;
use sqlx::{Any, AnyPool, Row, Transaction};

use crate::store::{Result, Store, StoreError};
use crate::token::{Key, random_id};

/// The numbers of the secrets that every store has.
pub(super) const FINGERPRINT_KEY: i64 = 1;
pub(super) const STORE_NAME: i64 = 2;
/// No secret, but of the same kind: a text that a store has once.
const SITE: i64 = 3;
const FIRST_LINK_KEY: i64 = 100;

impl Store {
    /// The random name by which `tidings.lock` knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The site whose readers the store keeps; none before the first mail.
    pub async fn site(&self) -> Result<Option<String>> {
        let query = sqlx::query("SELECT key FROM secret WHERE number = $1").bind(SITE);
        let row = query.fetch_optional(&self.pool).await?;
        row.map(|row| Ok(row.try_get("key")?)).transpose()
    }

    /// Notes the site whose readers the store keeps, unless there is one. Returns the one that is noted.
    pub async fn claim_site(&self, site: &str, now: DateTime<Utc>) -> Result<String> {
        if let Some(known) = self.site().await? {
            return Ok(known);
        }
        sqlx::query(
            "INSERT INTO secret (number, purpose, key, made_at) VALUES ($1, 'site', $2, $3) ON CONFLICT (number) DO NOTHING",
        )
        .bind(SITE)
        .bind(site.to_owned())
        .bind(now.timestamp())
        .execute(&self.pool)
        .await?;
        Ok(self.site().await?.unwrap_or_default())
    }

    /// The key that signs the links of new issues.
    pub async fn current_key(&self) -> Result<Key> {
        let row = sqlx::query(
            "SELECT number, key FROM secret WHERE purpose = 'link' ORDER BY number DESC LIMIT 1",
        )
        .fetch_one(&self.pool)
        .await?;
        key_of(&row)
    }

    /// The key of this number: an issue keeps the one with which it was frozen.
    pub async fn key(&self, number: i64) -> Result<Key> {
        let row =
            sqlx::query("SELECT number, key FROM secret WHERE purpose = 'link' AND number = $1")
                .bind(number)
                .fetch_one(&self.pool)
                .await?;
        key_of(&row)
    }
}

/// What the store has once under this number.
pub(super) async fn once(pool: &AnyPool, number: i64) -> Result<String> {
    let row = sqlx::query("SELECT key FROM secret WHERE number = $1")
        .bind(number)
        .fetch_one(pool)
        .await?;
    Ok(row.try_get("key")?)
}

/// Gives a new store its keys and its name.
pub(super) async fn make_secrets(
    tx: &mut Transaction<'static, Any>,
    now: DateTime<Utc>,
) -> Result<()> {
    let key = |number| Key::generate(number).to_text();
    for (number, purpose, key) in [
        (FINGERPRINT_KEY, "fingerprint", key(FINGERPRINT_KEY)),
        (STORE_NAME, "store", format!("{:016x}", random_id())),
        (FIRST_LINK_KEY, "link", key(FIRST_LINK_KEY)),
    ] {
        sqlx::query("INSERT INTO secret (number, purpose, key, made_at) VALUES ($1, $2, $3, $4)")
            .bind(number)
            .bind(purpose)
            .bind(key)
            .bind(now.timestamp())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

fn key_of(row: &AnyRow) -> Result<Key> {
    Key::from_text(row.try_get("number")?, row.try_get("key")?)
        .ok_or_else(|| StoreError::Damaged("a link key is no key".to_owned()))
}
