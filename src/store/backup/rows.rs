//! All rows of a store, streamed from one database into another, with a checksum of each table.

use chrono::DateTime;
use futures_util::TryStreamExt;
use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use xxhash_rust::xxh3::xxh3_128;

use crate::store::connect::StorePlace;
use crate::store::{Result, Store, StoreError};

/// Every table, after those that it refers to.
const TABLES: [&str; 10] = [
    "secret",
    "reader",
    "digest",
    "issue",
    "subscription",
    "announced",
    "delivery",
    "event",
    "received",
    "quota",
];
/// How many rows one statement writes at most.
const MOST_ROWS: usize = 500;
/// How many bytes it holds at most, unless one row is longer: PostgreSQL answers late beyond some 15 KB.
const MOST_BYTES: usize = 12_000;

/// A database that is read or written.
pub(super) struct Side<'a> {
    pub(super) connection: &'a mut AnyConnection,
    pub(super) place: &'a StorePlace,
}

/// A table and its columns, each of numbers or texts.
struct Table {
    name: &'static str,
    columns: Vec<(String, bool)>,
}

/// How many rows a table has, and a checksum of them in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    checksum: u128,
}

impl Sum {
    fn add(&mut self, row: &str) {
        self.rows += 1;
        self.checksum = self.checksum.wrapping_add(xxh3_128(row.as_bytes()));
    }
}

impl Table {
    /// A statement that gives each row as one text.
    fn select(&self, place: &StorePlace) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|(name, _)| &**name).collect();
        let row = place.row(&columns.join(","));
        format!("SELECT {row} AS row FROM {}", self.name)
    }

    /// A statement that inserts rows, given as one JSON array.
    fn insert(&self, place: &StorePlace) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| &**name).collect();
        let mut values = Vec::new();
        for (at, (_, is_number)) in self.columns.iter().enumerate() {
            values.push(place.element(at, *is_number));
        }
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM {}",
            self.name,
            names.join(","),
            values.join(","),
            place.elements("$1")
        )
    }
}

/// The tables of the newest schema.
async fn load_tables() -> Result<Vec<Table>> {
    let store = Store::open_in_memory(DateTime::UNIX_EPOCH).await?;
    let mut tables = Vec::new();
    for name in TABLES {
        let rows = sqlx::query("SELECT name, type FROM pragma_table_info($1)")
            .bind(name)
            .fetch_all(&store.pool)
            .await?;
        let mut columns = Vec::new();
        for row in rows {
            let kind: String = row.try_get("type")?;
            columns.push((row.try_get("name")?, kind.ends_with("INT")));
        }
        tables.push(Table { name, columns });
    }
    Ok(tables)
}

/// A row in the one form that both databases give, so that checksums agree.
fn make_canonical(row: &str) -> Result<String> {
    let values: Vec<Value> = serde_json::from_str(row)
        .map_err(|error| StoreError::Damaged(format!("a row cannot be read: {error}")))?;
    Ok(Value::Array(values).to_string())
}

/// Copies every row, in memory that does not grow with them; then reads the copy and compares it.
pub(super) async fn copy_rows(mut from: Side<'_>, mut to: Side<'_>) -> Result<()> {
    sqlx::query("DELETE FROM secret")
        .execute(&mut *to.connection)
        .await?;
    for table in load_tables().await? {
        let sum = copy_table(&table, &mut from, &mut to).await?;
        if sum_table(&table, &mut to).await? != sum {
            return Err(StoreError::Differs(table.name));
        }
    }
    Ok(())
}

pub(super) async fn clear_rows(connection: &mut AnyConnection) -> Result<()> {
    for table in TABLES.iter().rev() {
        sqlx::query(AssertSqlSafe(format!("DELETE FROM {table}")))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn copy_table(table: &Table, from: &mut Side<'_>, to: &mut Side<'_>) -> Result<Sum> {
    let insert = table.insert(to.place);
    let mut sum = Sum::default();
    let mut batch: Vec<String> = Vec::new();
    let mut bytes = 0;
    let query = sqlx::query(AssertSqlSafe(table.select(from.place)));
    let mut rows = query.fetch(&mut *from.connection);
    while let Some(row) = rows.try_next().await? {
        let row = make_canonical(row.try_get("row")?)?;
        sum.add(&row);
        if batch.len() == MOST_ROWS || bytes + row.len() > MOST_BYTES {
            write(&insert, &mut batch, to).await?;
            bytes = 0;
        }
        bytes += row.len();
        batch.push(row);
    }
    write(&insert, &mut batch, to).await?;
    Ok(sum)
}

async fn write(insert: &str, batch: &mut Vec<String>, to: &mut Side<'_>) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    sqlx::query(AssertSqlSafe(insert.to_owned()))
        .bind(format!("[{}]", batch.join(",")))
        .execute(&mut *to.connection)
        .await?;
    batch.clear();
    Ok(())
}

async fn sum_table(table: &Table, of: &mut Side<'_>) -> Result<Sum> {
    let mut sum = Sum::default();
    let query = sqlx::query(AssertSqlSafe(table.select(of.place)));
    let mut rows = query.fetch(&mut *of.connection);
    while let Some(row) = rows.try_next().await? {
        sum.add(&make_canonical(row.try_get("row")?)?);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::DateTime;
    use sqlx::Row;

    use super::{TABLES, load_tables};
    use crate::store::Store;

    #[tokio::test]
    async fn every_table_of_the_schema_is_copied_with_columns_of_numbers_and_texts() {
        let store = Store::open_in_memory(DateTime::UNIX_EPOCH).await.unwrap();
        let text =
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_version'";
        let rows = sqlx::query(text).fetch_all(&store.pool).await.unwrap();
        let names: BTreeSet<String> = rows.iter().map(|row| row.get("name")).collect();
        assert_eq!(names, TABLES.map(str::to_owned).into());
        for table in load_tables().await.unwrap() {
            let text = format!("SELECT type FROM pragma_table_info('{}')", table.name);
            let rows = sqlx::query(sqlx::AssertSqlSafe(text))
                .fetch_all(&store.pool)
                .await
                .unwrap();
            assert_eq!(rows.len(), table.columns.len());
            for row in rows {
                let kind: String = row.get("type");
                assert!(["BIGINT", "SMALLINT", "TEXT"].contains(&&*kind), "{kind}");
            }
        }
    }
}
