//! Carries out what [`crate::consent`] decides about readers: states, subscriptions, events.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::{Membership, ReaderState, Source, Subscriptions, Wish, decide};
use crate::reader::{Email, ReaderId};
use crate::store::asked::{Answer, Asked, Case};
use crate::store::connect::StorePlace;
use crate::store::sql::{MOST_LISTED, list};
use crate::store::subscriptions::{Digests, has_left};
use crate::store::{Result, Store, StoreError};
use crate::token::random_id;

/// How many people are changed in one transaction: each waits for the disk once.
const CHUNK: usize = 5000;

impl Store {
    /// Asks this for people, and carries out what is decided; one answer each, in their order.
    pub async fn ask(
        &self,
        people: &[(Email, Option<String>)],
        asked: &Asked<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(people.len());
        for people in people.chunks(CHUNK) {
            answers.extend(change!(self.begin(), |tx| {
                let (_, answers) = self.carry_out(&mut tx, people, asked, now).await?;
                Ok(answers)
            })?);
        }
        Ok(answers)
    }

    /// Asks for a mail that names these people, and gives the numbers of those who may get it: nobody who is suppressed or
    /// has left the digest.
    pub(super) async fn receivers(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[(Email, Option<String>)],
        digest: &str,
        by: Source,
        now: DateTime<Utc>,
    ) -> Result<Vec<ReaderId>> {
        let asked = Asked {
            wish: Wish::Receive,
            by,
            digests: &[],
            consent: by.introduces(),
        };
        let (cases, _) = self.carry_out(tx, people, &asked, now).await?;
        let named: Vec<ReaderId> = cases
            .iter()
            .filter(|case| case.change.receives)
            .filter_map(|case| case.id)
            .collect();
        let text = format!(
            "SELECT id FROM reader WHERE {} AND NOT {}",
            self.place.among("id", "$1"),
            has_left("reader.id", "$2")
        );
        let rows = sqlx::query(AssertSqlSafe(text))
            .bind(list(&named))
            .bind(digest.to_owned())
            .fetch_all(&mut **tx)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    async fn carry_out(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[(Email, Option<String>)],
        asked: &Asked<'_>,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Case>, Vec<Answer>)> {
        let fingerprints: Vec<String> = people
            .iter()
            .map(|(email, _)| self.fingerprints.fingerprint(email))
            .collect();
        let mut known = self.find_fingerprints(tx, &fingerprints).await?;
        let mut cases = Vec::with_capacity(people.len());
        let mut new = Vec::new();
        for (number, fingerprint) in fingerprints.iter().enumerate() {
            let before = known.get(fingerprint).copied();
            let was = before.map(|(_, state)| state);
            let change = decide(was, asked.wish, asked.by);
            let id = match (before, change.state) {
                (Some((id, _)), _) => Some(id),
                (None, Some(state)) => {
                    let id = random_id();
                    new.push((id, number, state));
                    Some(id)
                }
                (None, None) => None,
            };
            // Who is named twice was by then what they have become.
            if let (Some(id), Some(state)) = (id, change.state) {
                known.insert(fingerprint.clone(), (id, state));
            }
            cases.push(Case { id, was, change });
        }
        self.insert_readers(tx, people, &fingerprints, &mut new, asked, now)
            .await?;
        self.change_states(tx, &cases, asked, now).await?;
        self.name_readers(tx, people, &cases, asked.by).await?;
        let gained = self.change_subscriptions(tx, &cases, asked, now).await?;
        let answers = self.answer(tx, &cases, asked, gained).await?;
        Ok((cases, answers))
    }

    /// In one order, so that two who add the same people never wait for each other crosswise.
    async fn insert_readers(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[(Email, Option<String>)],
        fingerprints: &[String],
        new: &mut [(ReaderId, usize, ReaderState)],
        asked: &Asked<'_>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        new.sort_by_key(|(_, number, _)| &fingerprints[*number]);
        for new in new.chunks(100) {
            let rows: Vec<String> = (0..new.len())
                .map(|row| {
                    let at = row * 5;
                    format!(
                        "(${},${},${},${},NULL,${})",
                        at + 1,
                        at + 2,
                        at + 3,
                        at + 4,
                        at + 5
                    )
                })
                .collect();
            let text = format!(
                "INSERT INTO reader (id, fingerprint, address, name, language, state) VALUES {}",
                rows.join(",")
            );
            let mut query = sqlx::query(AssertSqlSafe(text));
            for (id, number, state) in new {
                let (email, name) = &people[*number];
                query = query
                    .bind(*id)
                    .bind(fingerprints[*number].clone())
                    .bind(email.as_str().to_owned())
                    .bind(name.clone())
                    .bind(state.word());
            }
            query.execute(&mut **tx).await?;
        }
        let ids: Vec<ReaderId> = new.iter().map(|(id, ..)| *id).collect();
        // All of them are asked the same, so all become the same.
        let change = decide(None, asked.wish, asked.by);
        if let (Some(event), Some(state)) = (change.event, change.state) {
            let detail = match asked.consent {
                _ if event == state.word() => None,
                Some(how) => Some(format!("{}: {how}", state.word())),
                None => Some(state.word().to_owned()),
            };
            self.record(tx, &ids, now, event, detail.as_deref()).await?;
        }
        if change.subscriptions.adds(Membership::Never) {
            for digest in asked.digests {
                self.subscribe_new(tx, digest, &ids).await?;
            }
        }
        Ok(())
    }

    /// The states of those whom we knew, and the events of what is no digest's.
    async fn change_states(
        &self,
        tx: &mut Transaction<'static, Any>,
        cases: &[Case],
        asked: &Asked<'_>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut changed: BTreeMap<(Option<ReaderState>, &str), Vec<ReaderId>> = BTreeMap::new();
        for case in cases.iter().filter(|case| case.was.is_some()) {
            if let (Some(id), Some(event)) = (case.id, case.change.event)
                && case.change.subscriptions != Subscriptions::Drop
            {
                changed
                    .entry((case.change.state, event))
                    .or_default()
                    .push(id);
            }
        }
        for ((state, event), ids) in changed {
            if let Some(state) = state {
                let among = self.place.among("id", "$2");
                sqlx::query(AssertSqlSafe(format!(
                    "UPDATE reader SET state = $1 WHERE {among}"
                )))
                .bind(state.word())
                .bind(list(&ids))
                .execute(&mut **tx)
                .await?;
            }
            // Who has left without naming a digest has left all.
            let detail = asked.consent.filter(|_| event != ReaderState::Left.word());
            self.record(tx, &ids, now, event, detail).await?;
        }
        Ok(())
    }

    /// Names those whom we knew without a name; the owner's word about one person beats the name that they had.
    async fn name_readers(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[(Email, Option<String>)],
        cases: &[Case],
        by: Source,
    ) -> Result<()> {
        let mut names: Map<String, Value> = Map::new();
        for (case, (_, name)) in cases.iter().zip(people) {
            let now = case.change.state.or(case.was);
            if let (Some(id), Some(_), Some(name)) = (case.id, case.was, name)
                && now.is_some_and(ReaderState::takes_mail)
            {
                names.insert(id.to_string(), name.clone().into());
            }
        }
        if names.is_empty() {
            return Ok(());
        }
        let only_missing = match by {
            Source::Owner => "",
            _ => " AND reader.name IS NULL",
        };
        let text = format!(
            "UPDATE reader SET name = paired.value FROM {} WHERE reader.id = CAST(paired.key AS BIGINT){only_missing}",
            self.place.paired("$1")
        );
        sqlx::query(AssertSqlSafe(text))
            .bind(Value::Object(names).to_string())
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// One answer for each case.
    async fn answer(
        &self,
        tx: &mut Transaction<'static, Any>,
        cases: &[Case],
        asked: &Asked<'_>,
        mut gained: Digests,
    ) -> Result<Vec<Answer>> {
        let there: Vec<ReaderId> = cases
            .iter()
            .filter(|case| case.was.is_some() && asked.wish == Wish::Subscribe)
            .filter_map(|case| case.id)
            .collect();
        let subscribed = self.subscriptions_of(tx, &there).await?;
        let mut answers = Vec::with_capacity(cases.len());
        for case in cases {
            let mut answer = Answer {
                was: case.was,
                change: case.change,
                gained: Vec::new(),
                lacking: Vec::new(),
            };
            let now = case.change.state.or(case.was);
            if let (Some(id), Some(_)) = (case.id, case.was)
                && asked.wish == Wish::Subscribe
                && now.is_some_and(ReaderState::takes_mail)
            {
                answer.gained = gained.remove(&id).unwrap_or_default();
                let has =
                    |digest: &String| subscribed.get(&id).is_some_and(|all| all.contains(digest));
                answer.lacking = asked
                    .digests
                    .iter()
                    .filter(|digest| !has(digest))
                    .cloned()
                    .collect();
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    /// An event of no issue for each of these readers.
    pub(super) async fn record(
        &self,
        tx: &mut Transaction<'static, Any>,
        ids: &[ReaderId],
        now: DateTime<Utc>,
        kind: &str,
        detail: Option<&str>,
    ) -> Result<()> {
        let text = format!(
            "INSERT INTO event (reader, at, kind, detail) SELECT CAST(value AS BIGINT), $1, $2, $3 FROM {}",
            self.place.listed("$4")
        );
        for ids in ids.chunks(MOST_LISTED) {
            sqlx::query(AssertSqlSafe(text.clone()))
                .bind(now.timestamp())
                .bind(kind.to_owned())
                .bind(detail.map(str::to_owned))
                .bind(list(ids))
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    /// Who is known by these fingerprints. Their rows are kept to the end of the transaction, in one order: nobody forgets
    /// them between the look and what is written by it.
    pub(super) async fn find_fingerprints(
        &self,
        tx: &mut Transaction<'static, Any>,
        fingerprints: &[String],
    ) -> Result<HashMap<String, (ReaderId, ReaderState)>> {
        let mut known = HashMap::new();
        let hold = if self.place == StorePlace::Server {
            " FOR UPDATE"
        } else {
            ""
        };
        let mut fingerprints: Vec<&String> = fingerprints.iter().collect();
        fingerprints.sort();
        for some in fingerprints.chunks(100) {
            let places: Vec<String> = (1..=some.len())
                .map(|number| format!("${number}"))
                .collect();
            let text = format!(
                "SELECT id, fingerprint, state FROM reader WHERE fingerprint IN ({}) ORDER BY fingerprint{hold}",
                places.join(",")
            );
            let mut query = sqlx::query(AssertSqlSafe(text));
            for fingerprint in some {
                query = query.bind((*fingerprint).clone());
            }
            for row in query.fetch_all(&mut **tx).await? {
                let state = state_of(row.try_get("state")?)?;
                known.insert(row.try_get("fingerprint")?, (row.try_get("id")?, state));
            }
        }
        Ok(known)
    }
}

pub(super) fn state_of(word: &str) -> Result<ReaderState> {
    ReaderState::named(word)
        .ok_or_else(|| StoreError::Damaged(format!("`{word}` is no reader's state")))
}

/// The states of this kind, as a statement lists them.
pub(super) fn states(of: impl Fn(ReaderState) -> bool) -> String {
    let words: Vec<String> = ReaderState::ALL
        .into_iter()
        .filter(|state| of(*state))
        .map(|state| format!("'{}'", state.word()))
        .collect();
    words.join(",")
}

/// A reader's state after this, as an expression over the state before.
pub(super) fn next_state(wish: Wish, by: Source) -> String {
    let mut cases = String::new();
    for was in ReaderState::ALL {
        if let Some(state) = decide(Some(was), wish, by).state {
            cases.push_str(&format!("WHEN '{}' THEN '{}' ", was.word(), state.word()));
        }
    }
    format!("CASE state {cases}ELSE state END")
}

/// The condition that a reader has agreed to get mail at some time, as the statement calls them.
pub(super) fn has_agreed(reader: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM event e WHERE e.reader = {reader} AND (e.kind IN ('confirmed', 'returned') \
         OR (e.kind = 'joined' AND (e.detail = 'active' OR e.detail LIKE 'active:%'))))"
    )
}
