//! Counts what a store keeps, and finds what is wrong with it.

use std::fmt;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use crate::finding::{Finding, Rule, count};
use crate::reader::Email;
use crate::store::connect::StorePlace;
use crate::store::rename::read_count;
use crate::store::sql::{QUEUED, SENDING};
use crate::store::{Result, Store, StoreError};

/// The numbers of rows in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Readers by the word for their state.
    pub(crate) readers: Vec<(String, usize)>,
    issues: Vec<(String, usize)>,
    deliveries: usize,
    posts: usize,
    events: usize,
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_state = |states: &[(String, usize)], noun| {
            let all = states.iter().map(|(_, n)| n).sum();
            let each: Vec<String> = states
                .iter()
                .map(|(state, n)| format!("{n} {state}"))
                .collect();
            match each.is_empty() {
                true => count(all, noun),
                false => format!("{} ({})", count(all, noun), each.join(", ")),
            }
        };
        write!(
            f,
            "{}, {}, {}, {}, {}",
            by_state(&self.readers, "reader"),
            by_state(&self.issues, "issue"),
            match self.deliveries {
                1 => "1 delivery".to_owned(),
                many => format!("{many} deliveries"),
            },
            count(self.posts, "announced post"),
            count(self.events, "event")
        )
    }
}

/// Rows that must not be: the condition that finds them, their description, and whether they do harm. `WAITING` stands for
/// the states of deliveries that are not settled.
const ORPHANS: [(&str, &str, bool); 8] = [
    (
        "subscription t WHERE NOT EXISTS (SELECT 1 FROM reader r WHERE r.id = t.reader)",
        "subscription of a reader who is not there",
        true,
    ),
    (
        "delivery t WHERE NOT EXISTS (SELECT 1 FROM reader r WHERE r.id = t.reader)",
        "delivery to a reader who is not there",
        true,
    ),
    (
        "delivery t WHERE NOT EXISTS (SELECT 1 FROM issue i WHERE i.id = t.issue)",
        "delivery of an issue that is not there",
        true,
    ),
    (
        "announced t WHERE NOT EXISTS (SELECT 1 FROM issue i WHERE i.id = t.issue)",
        "post announced by an issue that is not there, so that it would be mailed again",
        true,
    ),
    (
        "issue t WHERE t.state IN ('open', 'paused') AND NOT EXISTS \
         (SELECT 1 FROM secret s WHERE s.number = t.key AND s.purpose = 'link')",
        "issue to be sent without the key of its links",
        true,
    ),
    (
        "issue t WHERE t.state = 'done' AND EXISTS (SELECT 1 FROM delivery d WHERE d.issue = t.id AND d.state IN (WAITING))",
        "issue that is done while somebody waits",
        true,
    ),
    (
        "event t WHERE NOT EXISTS (SELECT 1 FROM reader r WHERE r.id = t.reader)",
        "event of a reader who is not there",
        false,
    ),
    (
        "event t WHERE t.issue IS NOT NULL AND NOT EXISTS (SELECT 1 FROM issue i WHERE i.id = t.issue)",
        "event of an issue that is not there",
        false,
    ),
];

impl Store {
    /// Counts the rows.
    pub async fn count_contents(&self) -> Result<Contents> {
        Ok(Contents {
            readers: self.count_by_state("reader").await?,
            issues: self.count_by_state("issue WHERE kind <> 'known'").await?,
            deliveries: self.count_rows("delivery").await?,
            posts: self.count_rows("announced").await?,
            events: self.count_rows("event").await?,
        })
    }

    async fn count_by_state(&self, table: &str) -> Result<Vec<(String, usize)>> {
        let text =
            format!("SELECT state, COUNT(*) AS n FROM {table} GROUP BY state ORDER BY state");
        let rows = sqlx::query(AssertSqlSafe(text))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("state")?, read_count(row, "n")?)))
            .collect()
    }

    async fn count_rows(&self, of: &str) -> Result<usize> {
        let text = format!("SELECT COUNT(*) AS n FROM {of}");
        let row = sqlx::query(AssertSqlSafe(text))
            .fetch_one(&self.pool)
            .await?;
        read_count(&row, "n")
    }

    /// Finds faults: errors if mail would go wrong, else warnings.
    pub async fn check(&self) -> Result<Vec<Finding>> {
        if self.place == StorePlace::Memory {
            return Err(StoreError::Missing);
        }
        let mut findings: Vec<Finding> = self
            .check_integrity()
            .await?
            .into_iter()
            .map(|fault| {
                Finding::error(Rule::StoreDamaged, format!("the database is damaged: {fault}")).hint(
                    "bring a backup back with `tidings store restore FILE`, or ask SQLite's `.recover`",
                )
            })
            .collect();
        for (which, what, is_harmful) in ORPHANS {
            let which = which.replace("WAITING", &format!("{QUEUED}, {SENDING}"));
            let n = self.count_rows(&which).await?;
            let found = format!("{n} × {what}");
            match (n, is_harmful) {
                (0, _) => {}
                (_, true) => findings.push(Finding::error(Rule::StoreDamaged, found)),
                (_, false) => findings.push(Finding::warning(Rule::StoreOdd, found)),
            }
        }
        findings.extend(self.check_readers().await?);
        Ok(findings)
    }

    /// The findings of SQLite's own check; PostgreSQL has none.
    pub(super) async fn check_integrity(&self) -> Result<Vec<String>> {
        if self.place == StorePlace::Server {
            return Ok(Vec::new());
        }
        let rows = sqlx::query("PRAGMA integrity_check(20)")
            .fetch_all(&self.pool)
            .await?;
        let mut faults = Vec::new();
        for row in rows {
            let words: String = row.try_get(0)?;
            if words != "ok" {
                faults.push(words);
            }
        }
        Ok(faults)
    }

    /// Finds readers whom their address does not find, and addresses that no mail can use.
    async fn check_readers(&self) -> Result<Vec<Finding>> {
        let text = "SELECT fingerprint, address FROM reader WHERE address IS NOT NULL";
        let mut rows = sqlx::query(text).fetch(&self.pool);
        let (mut unfound, mut odd) = (0, 0);
        while let Some(row) = rows.try_next().await? {
            let fingerprint: &str = row.try_get("fingerprint")?;
            match row.try_get::<&str, _>("address")?.parse::<Email>() {
                Ok(email) if self.fingerprints.fingerprint(&email) == fingerprint => {}
                Ok(_) => unfound += 1,
                Err(_) => odd += 1,
            }
        }
        let mut findings = Vec::new();
        if unfound > 0 {
            let words = format!(
                "{unfound} × reader with a fingerprint that is not that of the address: nobody finds them, and a list \
                 would bring them in again"
            );
            findings.push(Finding::error(Rule::StoreDamaged, words));
        }
        if odd > 0 {
            let words =
                format!("{odd} × reader with an address that is none: nothing is sent there");
            findings.push(Finding::warning(Rule::StoreOdd, words));
        }
        Ok(findings)
    }
}
