//! The subscriptions of readers, as [`crate::consent`] decides about them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::{Membership, Source, Subscriptions};
use crate::reader::ReaderId;
use crate::store::asked::{Asked, Case};
use crate::store::sql::{MOST_LISTED, list};
use crate::store::{Result, Store};

/// The readers of each change of subscriptions, those whom we knew.
type Groups = BTreeMap<Subscriptions, Vec<ReaderId>>;

/// Digests by reader.
pub(super) type Digests = HashMap<ReaderId, Vec<String>>;

impl Store {
    /// The subscriptions of those whom we knew; which ones each has gained.
    pub(super) async fn change_subscriptions(
        &self,
        tx: &mut Transaction<'static, Any>,
        cases: &[Case],
        asked: &Asked<'_>,
        now: DateTime<Utc>,
    ) -> Result<Digests> {
        let mut groups = Groups::new();
        for case in cases {
            if let (Some(id), Some(_)) = (case.id, case.was) {
                groups
                    .entry(case.change.subscriptions)
                    .or_default()
                    .push(id);
            }
        }
        let kind = match asked.by {
            Source::List => "listed",
            _ => "subscribed",
        };
        let mut gained = Digests::new();
        for (change, ids) in groups {
            if change.drops_others() {
                self.lapse(tx, &ids, asked.digests, now).await?;
            }
            for digest in asked.digests {
                match change {
                    Subscriptions::Keep => {}
                    Subscriptions::Drop => {
                        self.unsubscribe(tx, digest, &ids).await?;
                        self.record(tx, &ids, now, "left", Some(digest)).await?;
                    }
                    _ => {
                        let gone = match change.adds(Membership::Left) {
                            true => HashSet::new(),
                            false => self.who_left(tx, digest, &ids).await?,
                        };
                        let staying: Vec<ReaderId> = ids
                            .iter()
                            .copied()
                            .filter(|id| !gone.contains(id))
                            .collect();
                        let new = self.subscribe(tx, digest, &staying).await?;
                        self.record(tx, &new, now, kind, Some(digest)).await?;
                        for id in new {
                            gained.entry(id).or_default().push(digest.clone());
                        }
                    }
                }
            }
        }
        Ok(gained)
    }

    /// Subscribes readers who are new, and so have no subscription yet.
    pub(super) async fn subscribe_new(
        &self,
        tx: &mut Transaction<'static, Any>,
        digest: &str,
        ids: &[ReaderId],
    ) -> Result<()> {
        let text = format!(
            "INSERT INTO subscription (digest, reader) SELECT $1, CAST(value AS BIGINT) FROM {}",
            self.place.listed("$2")
        );
        for ids in ids.chunks(MOST_LISTED) {
            sqlx::query(AssertSqlSafe(text.clone()))
                .bind(digest.to_owned())
                .bind(list(ids))
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    /// Subscribes readers; those of them who were not.
    pub(super) async fn subscribe(
        &self,
        tx: &mut Transaction<'static, Any>,
        digest: &str,
        ids: &[ReaderId],
    ) -> Result<Vec<ReaderId>> {
        let text = format!(
            "INSERT INTO subscription (digest, reader) SELECT $1, CAST(value AS BIGINT) FROM {} WHERE TRUE \
             ON CONFLICT (digest, reader) DO NOTHING RETURNING reader",
            self.place.listed("$2")
        );
        let mut new = Vec::new();
        for ids in ids.chunks(MOST_LISTED) {
            let rows = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(digest.to_owned())
                .bind(list(ids))
                .fetch_all(&mut **tx)
                .await?;
            for row in rows {
                new.push(row.try_get("reader")?);
            }
        }
        Ok(new)
    }

    pub(super) async fn unsubscribe(
        &self,
        tx: &mut Transaction<'static, Any>,
        digest: &str,
        ids: &[ReaderId],
    ) -> Result<()> {
        let among = self.place.among("reader", "$2");
        let text = format!("DELETE FROM subscription WHERE digest = $1 AND {among}");
        sqlx::query(AssertSqlSafe(text))
            .bind(digest.to_owned())
            .bind(list(ids))
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// Drops all subscriptions but these.
    async fn lapse(
        &self,
        tx: &mut Transaction<'static, Any>,
        ids: &[ReaderId],
        digests: &[String],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let had = self.subscriptions_of(tx, ids).await?;
        let mut lapsed: BTreeMap<String, Vec<ReaderId>> = BTreeMap::new();
        for (id, all) in had {
            for digest in all {
                if !digests.contains(&digest) {
                    lapsed.entry(digest).or_default().push(id);
                }
            }
        }
        for (digest, ids) in lapsed {
            self.unsubscribe(tx, &digest, &ids).await?;
            self.record(tx, &ids, now, "lapsed", Some(&digest)).await?;
        }
        Ok(())
    }

    pub(super) async fn subscriptions_of(
        &self,
        tx: &mut Transaction<'static, Any>,
        ids: &[ReaderId],
    ) -> Result<Digests> {
        let mut subscribed = Digests::new();
        if ids.is_empty() {
            return Ok(subscribed);
        }
        let among = self.place.among("reader", "$1");
        let text = format!("SELECT reader, digest FROM subscription WHERE {among}");
        for ids in ids.chunks(MOST_LISTED) {
            let rows = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(list(ids))
                .fetch_all(&mut **tx)
                .await?;
            for row in rows {
                let digests = subscribed.entry(row.try_get("reader")?).or_default();
                digests.push(row.try_get("digest")?);
            }
        }
        Ok(subscribed)
    }

    /// Those of these readers who have left the digest, or everything.
    async fn who_left(
        &self,
        tx: &mut Transaction<'static, Any>,
        digest: &str,
        readers: &[ReaderId],
    ) -> Result<HashSet<ReaderId>> {
        let text = format!(
            "SELECT id FROM reader WHERE {} AND {}",
            self.place.among("id", "$1"),
            has_left("reader.id", "$2")
        );
        let mut gone = HashSet::new();
        for some in readers.chunks(MOST_LISTED) {
            let query = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(list(some))
                .bind(digest.to_owned());
            for row in query.fetch_all(&mut **tx).await? {
                gone.insert(row.try_get("id")?);
            }
        }
        Ok(gone)
    }
}

/// The condition that a reader has left a digest, or everything, and not come back to the digest, also where the digest names
/// them itself; both as the statement calls them.
pub(super) fn has_left(reader: &str, digest: &str) -> String {
    format!(
        "(NOT EXISTS (SELECT 1 FROM subscription s WHERE s.digest = {digest} AND s.reader = {reader}) AND EXISTS \
         (SELECT 1 FROM event e WHERE e.reader = {reader} AND e.kind = 'left' \
         AND (e.detail IS NULL OR e.detail = {digest})))"
    )
}
