//! The tables, as an append-only list of migrations, and bringing a store up to date.

use chrono::{DateTime, Utc};
use sqlx::{AnyPool, Row};

use crate::store::Result;
use crate::store::connect::{StorePlace, begin};
use crate::store::secret::make_secrets;

/// The newest version that this program knows: so many migrations.
pub(super) const VERSION: i64 = 9;

/// One entry for each version; a released one is never edited.
pub(super) const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE secret (
    number BIGINT PRIMARY KEY,
    purpose TEXT NOT NULL,
    key TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE TABLE reader (
    id BIGINT PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    address TEXT,
    name TEXT,
    language TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'left', 'bounced', 'complained', 'forgotten')),
    CHECK ((address IS NULL) = (state = 'forgotten'))
);
CREATE TABLE subscription (
    digest TEXT NOT NULL,
    reader BIGINT NOT NULL REFERENCES reader,
    PRIMARY KEY (digest, reader)
);
CREATE INDEX subscription_reader ON subscription (reader);
CREATE TABLE event (
    reader BIGINT NOT NULL,
    issue BIGINT,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT
);
CREATE INDEX event_reader ON event (reader);
CREATE INDEX event_issue ON event (issue) WHERE issue IS NOT NULL;
CREATE TABLE digest (
    name TEXT PRIMARY KEY,
    last_slot BIGINT NOT NULL
);
CREATE TABLE issue (
    id BIGINT PRIMARY KEY,
    digest TEXT NOT NULL,
    slot TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'paused', 'done', 'cancelled')),
    reason TEXT,
    counts TEXT,
    subject TEXT NOT NULL,
    page TEXT NOT NULL,
    compiled TEXT NOT NULL,
    outbox SMALLINT NOT NULL,
    key BIGINT NOT NULL,
    UNIQUE (digest, slot)
);
CREATE TABLE announced (
    digest TEXT NOT NULL,
    post TEXT NOT NULL,
    issue BIGINT NOT NULL REFERENCES issue,
    PRIMARY KEY (digest, post)
);
CREATE TABLE delivery (
    issue BIGINT NOT NULL REFERENCES issue,
    reader BIGINT NOT NULL REFERENCES reader,
    state SMALLINT NOT NULL CHECK (state BETWEEN 0 AND 6),
    owner BIGINT,
    due_at BIGINT NOT NULL,
    attempts SMALLINT NOT NULL,
    reply TEXT,
    PRIMARY KEY (issue, reader),
    CHECK (state <> 1 OR owner IS NOT NULL)
);
CREATE INDEX delivery_waiting ON delivery (issue, due_at, reader) WHERE state = 0 AND owner IS NULL;
CREATE INDEX delivery_owner ON delivery (owner) WHERE owner IS NOT NULL;
CREATE INDEX delivery_reader ON delivery (reader);
",
    // A message's data about its reader is fixed with the issue, and the retry time of a reader starts at the first
    // attempt.
    "
ALTER TABLE delivery ADD COLUMN name TEXT;
ALTER TABLE delivery ADD COLUMN language TEXT;
ALTER TABLE delivery ADD COLUMN first_at BIGINT;
UPDATE delivery SET name = (SELECT r.name FROM reader r WHERE r.id = delivery.reader),
    language = (SELECT r.language FROM reader r WHERE r.id = delivery.reader),
    first_at = (SELECT i.made_at FROM issue i WHERE i.id = delivery.issue AND delivery.attempts > 0)
    WHERE state IN (0, 1, 6);
",
    // Departures are counted at every change, and pending readers are looked for at every run.
    "
CREATE INDEX event_departure ON event (at)
    WHERE kind IN ('left', 'bounced', 'complained', 'forgotten', 'returned', 'doubted');
CREATE INDEX reader_pending ON reader (id) WHERE state = 'pending';
",
    // Returned messages, so that each counts once.
    "
CREATE TABLE received (
    mark TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL
);
",
    // Caps count deliveries that were settled in the current hour and day.
    "
CREATE INDEX delivery_settled ON delivery (due_at) WHERE state IN (2, 3, 6);
",
    // The kind of a slot was told by the beginning of its name.
    "
ALTER TABLE issue ADD COLUMN kind TEXT NOT NULL DEFAULT 'scheduled'
    CHECK (kind IN ('known', 'scheduled', 'post', 'by hand', 'letter', 'confirmation'));
UPDATE issue SET kind = CASE
    WHEN slot LIKE 'begin%' THEN 'known'
    WHEN slot LIKE 'post %' THEN 'post'
    WHEN slot LIKE 'by hand %' THEN 'by hand'
    WHEN slot LIKE 'leave %' THEN 'letter'
    ELSE 'scheduled' END;
",
    // How often strangers asked in an hour, counted by all programs together.
    "
CREATE TABLE quota (
    what TEXT NOT NULL,
    hour BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    PRIMARY KEY (what, hour)
);
",
    // Until when a reader gets no issue.
    "
ALTER TABLE reader ADD COLUMN paused_until BIGINT;
",
    // Messages that can change nothing any more are forgotten at every run.
    "
CREATE INDEX received_earlier ON received (kind, at);
",
];

/// The version of the schema; 0 if there is none yet.
pub(super) async fn load_version(pool: &AnyPool, place: &StorePlace) -> Result<i64> {
    let tables = match place {
        StorePlace::Server => {
            "SELECT COUNT(*) AS n FROM information_schema.tables \
             WHERE table_name = 'schema_version' AND table_schema = current_schema()"
        }
        StorePlace::Memory | StorePlace::File(_) => {
            "SELECT COUNT(*) AS n FROM sqlite_master WHERE name = 'schema_version'"
        }
    };
    if sqlx::query(tables)
        .fetch_one(pool)
        .await?
        .try_get::<i64, _>("n")?
        == 0
    {
        return Ok(0);
    }
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_version")
        .fetch_one(pool)
        .await?;
    Ok(row.try_get("version")?)
}

pub(super) async fn migrate(pool: &AnyPool, place: &StorePlace, now: DateTime<Utc>) -> Result<()> {
    let found = load_version(pool, place).await?;
    if found == VERSION {
        return Ok(());
    }
    let mut tx = begin(pool, place).await?;
    if *place == StorePlace::Server {
        sqlx::query("SELECT pg_advisory_xact_lock(7489210331)")
            .execute(&mut *tx)
            .await?;
    }
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(&mut *tx)
        .await?;
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_version")
        .fetch_one(&mut *tx)
        .await?;
    let found: i64 = row.try_get("version")?;
    let missing = MIGRATIONS
        .iter()
        .skip(usize::try_from(found).unwrap_or(usize::MAX));
    for migration in missing {
        sqlx::raw_sql(*migration).execute(&mut *tx).await?;
    }
    if found == 0 {
        make_secrets(&mut tx, now).await?;
        sqlx::query("INSERT INTO schema_version (version) VALUES (0)")
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query("UPDATE schema_version SET version = $1")
        .bind(VERSION)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
