//! Writes and reads subscriptions: rows of a digest and a reader. [`crate::consent`] decides which come and go, and each
//! that does is an event.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row, Transaction};

use crate::consent::{Membership, Source, Subscriptions};
use crate::reader::ReaderId;
use crate::store::mailable::has_left;
use crate::store::request::{Case, ConsentRequest, Memberships};
use crate::store::sql::{MOST_LISTED, list};
use crate::store::{Result, Store};

type Digests = HashMap<ReaderId, Vec<String>>;

impl Store {
    /// Changes the subscriptions of known readers as decided: lapses the others of whoever agreed to these digests alone,
    /// adds the gained ones, and drops those that a reader has left.
    pub(super) async fn change_subscriptions(
        &self,
        tx: &mut Transaction<'static, Any>,
        cases: &[Case],
        request: &ConsentRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (mut lapsing, mut dropping) = (Vec::new(), Vec::new());
        let mut gained: BTreeMap<&str, Vec<ReaderId>> = BTreeMap::new();
        for Case { id, answer } in cases.iter().filter(|case| case.answer.was.is_some()) {
            let Some(id) = *id else { continue };
            let change = answer.change.subscriptions;
            if change.drops_others() {
                lapsing.push(id);
            }
            if change == Subscriptions::Drop {
                dropping.push(id);
            }
            for digest in &answer.gained {
                gained.entry(digest).or_default().push(id);
            }
        }
        self.lapse(tx, &lapsing, request.digests, now).await?;
        let kind = match request.by {
            Source::List => "listed",
            _ => "subscribed",
        };
        for (digest, ids) in gained {
            self.subscribe(tx, digest, &ids).await?;
            self.record(tx, &ids, now, kind, Some(digest)).await?;
        }
        if dropping.is_empty() {
            return Ok(());
        }
        for digest in request.digests {
            self.unsubscribe(tx, digest, &dropping).await?;
            self.record(tx, &dropping, now, "left", Some(digest))
                .await?;
        }
        Ok(())
    }

    /// The memberships of readers in these digests, in the order of the digests.
    pub(super) async fn load_memberships(
        &self,
        connection: &mut AnyConnection,
        ids: &[ReaderId],
        digests: &[String],
    ) -> Result<Memberships> {
        let mut memberships = Memberships::default();
        if ids.is_empty() {
            return Ok(memberships);
        }
        let subscribed = self.load_subscriptions(connection, ids).await?;
        for (at, digest) in digests.iter().enumerate() {
            let gone = self.find_departed(connection, digest, ids).await?;
            for id in ids {
                let has = |all: &Vec<String>| all.contains(digest);
                let membership = match subscribed.get(id).is_some_and(has) {
                    true => Membership::Subscribed,
                    false if gone.contains(id) => Membership::Left,
                    false => Membership::Never,
                };
                let all = memberships.0.entry(*id).or_default();
                debug_assert_eq!(all.len(), at);
                all.push(membership);
            }
        }
        Ok(memberships)
    }

    /// Subscribes readers who are not subscribed yet.
    pub(super) async fn subscribe(
        &self,
        tx: &mut Transaction<'static, Any>,
        digest: &str,
        ids: &[ReaderId],
    ) -> Result<()> {
        let text = format!(
            "INSERT INTO subscription (digest, reader) SELECT $1, CAST(value AS BIGINT) FROM {} WHERE TRUE \
             ON CONFLICT (digest, reader) DO NOTHING",
            self.place.list_table("$2")
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

    /// Deletes subscriptions; the caller records why.
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

    /// Drops all subscriptions but those to these digests.
    async fn lapse(
        &self,
        tx: &mut Transaction<'static, Any>,
        ids: &[ReaderId],
        digests: &[String],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let had = self.load_subscriptions(tx, ids).await?;
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

    async fn load_subscriptions(
        &self,
        connection: &mut AnyConnection,
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
                .fetch_all(&mut *connection)
                .await?;
            for row in rows {
                let digests = subscribed.entry(row.try_get("reader")?).or_default();
                digests.push(row.try_get("digest")?);
            }
        }
        Ok(subscribed)
    }

    /// Returns the ones among these readers who have left the digest, or everything.
    async fn find_departed(
        &self,
        connection: &mut AnyConnection,
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
            for row in query.fetch_all(&mut *connection).await? {
                gone.insert(row.try_get("id")?);
            }
        }
        Ok(gone)
    }
}
