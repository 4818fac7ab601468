//! Lists the names of digests under which rows are kept, and renames them.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::ledger::Holding;
use crate::store::{Result, Store};

/// Each gives all rows of an earlier name to the new one; a second time it changes nothing.
const RENAMES: [&str; 6] = [
    "INSERT INTO subscription (digest, reader) SELECT $2, reader FROM subscription WHERE digest = $1 \
     ON CONFLICT (digest, reader) DO NOTHING",
    "DELETE FROM subscription WHERE digest = $1 AND $2 <> $1",
    "UPDATE digest SET name = $2 WHERE name = $1",
    "UPDATE announced SET digest = $2 WHERE digest = $1",
    "UPDATE issue SET digest = $2 WHERE digest = $1",
    // A reader who left it stays out, also if `to` names them.
    "UPDATE event SET detail = $2 WHERE kind = 'left' AND detail = $1",
];

impl Store {
    /// Returns the rows that are kept under each name of a digest.
    pub async fn load_holdings(&self) -> Result<BTreeMap<String, Holding>> {
        let mut holdings: BTreeMap<String, Holding> = BTreeMap::new();
        let begun = sqlx::query("SELECT name FROM digest");
        for row in begun.fetch_all(&self.pool).await? {
            holdings.entry(row.try_get("name")?).or_default().has_begun = true;
        }
        let readers = "SELECT digest, COUNT(*) AS n FROM subscription GROUP BY digest";
        for row in sqlx::query(readers).fetch_all(&self.pool).await? {
            let readers = read_count(&row, "n")?;
            holdings.entry(row.try_get("digest")?).or_default().readers = readers;
        }
        let announced = "SELECT digest, COUNT(*) AS n FROM announced GROUP BY digest";
        for row in sqlx::query(announced).fetch_all(&self.pool).await? {
            let announced = read_count(&row, "n")?;
            holdings
                .entry(row.try_get("digest")?)
                .or_default()
                .announced = announced;
        }
        Ok(holdings)
    }

    /// Gives everything of a digest that has not begun under its new name to that name.
    pub async fn rename_digest(&self, was: &str, name: &str) -> Result<()> {
        change!(self, |tx| {
            for statement in RENAMES {
                sqlx::query(statement)
                    .bind(was.to_owned())
                    .bind(name.to_owned())
                    .execute(&mut *tx)
                    .await?;
            }
            Ok(())
        })
    }
}

pub(super) fn read_count(row: &AnyRow, column: &str) -> Result<usize> {
    Ok(usize::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
}
