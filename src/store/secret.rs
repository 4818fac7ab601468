//! The table of single values of a store: its keys, its name, and the site whose readers it keeps.

use chrono::{DateTime, Utc};
use sqlx::{Any, AnyPool, Row, Transaction};

use crate::store::Result;
use crate::token::{Key, random_id};

/// The numbers of the secrets that every store has.
pub(super) const FINGERPRINT_KEY: i64 = 1;
pub(super) const STORE_NAME: i64 = 2;
/// The site is not secret, but a single value as well.
pub(super) const SITE: i64 = 3;
/// The same; 4 is that of a mark.
pub(super) const BOX: i64 = 5;
const FIRST_LINK_KEY: i64 = 100;

/// Loads the single value of this number.
pub(super) async fn load_once(pool: &AnyPool, number: i64) -> Result<String> {
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
    let key = |number: i64| Key::generate(number.into()).to_text();
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
