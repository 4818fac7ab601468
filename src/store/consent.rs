//! Carries out the decisions of [`crate::consent`] about readers: states, subscriptions, events.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row, Transaction};

use crate::consent::{Membership, ReaderState, Source, Subscriptions, Wish, decide};
use crate::reader::{Mailbox, ReaderId};
use crate::store::connect::StorePlace;
use crate::store::mailable::{has_left, is_paused};
use crate::store::request::{Answer, Case, ConsentRequest, Decided, Foreseen, Memberships};
use crate::store::sql::{MOST_LISTED, list};
use crate::store::{Result, Store, StoreError};

/// How many people are changed in one transaction. On SQLite each writes every page of an index that it touches, and random
/// keys touch all of them: the fewer transactions, the fewer times.
const MOST_PEOPLE: usize = 50_000;
/// The same limit on a server, which locks the rows of these people meanwhile.
const MOST_PEOPLE_ON_SERVER: usize = 5000;
/// How many fingerprints are bound as one list at most: see [`MOST_LISTED`].
const MOST_FINGERPRINTS: usize = 400;
/// How many readers one statement inserts.
const MOST_INSERTED: usize = 100;

impl Store {
    /// Decides a request for people, and carries the decisions out. Returns one answer each, in their order.
    pub async fn request(
        &self,
        people: &[Mailbox],
        request: &ConsentRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(people.len());
        for people in people.chunks(self.most_at_once()) {
            answers.extend(change!(self, |tx| {
                let cases = self.carry_out(&mut tx, people, request, now).await?;
                Ok(cases
                    .into_iter()
                    .map(|case| case.answer)
                    .collect::<Vec<_>>())
            })?);
        }
        Ok(answers)
    }

    /// How many people are best asked for at once.
    pub fn most_at_once(&self) -> usize {
        match self.place {
            StorePlace::Server => MOST_PEOPLE_ON_SERVER,
            StorePlace::Memory | StorePlace::File(_) => MOST_PEOPLE,
        }
    }

    /// Returns what [`Store::request`] would answer, and changes nothing. `foreseen` carries the changes of earlier calls.
    pub async fn foresee(
        &self,
        people: &[Mailbox],
        request: &ConsentRequest<'_>,
        foreseen: &mut Foreseen,
    ) -> Result<Vec<Answer>> {
        let mut connection = self.pool.acquire().await?;
        let decided = self
            .decide_all(&mut connection, people, request, "", foreseen)
            .await?;
        for (fingerprint, case) in decided.fingerprints.iter().zip(&decided.cases) {
            if let Some(state) = case.answer.change.state {
                foreseen.insert(fingerprint, state);
            }
        }
        let cases = decided.cases.into_iter();
        Ok(cases.map(|case| case.answer).collect())
    }

    /// Requests a mail that names these people. Returns the numbers of those who may get it: nobody who is suppressed
    /// or has left the digest.
    pub(super) async fn find_receivers(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[Mailbox],
        digest: &str,
        by: Source,
        now: DateTime<Utc>,
    ) -> Result<Vec<ReaderId>> {
        let request = ConsentRequest {
            wish: Wish::Receive,
            by,
            digests: &[],
            consent: by.introduces(),
        };
        let cases = self.carry_out(tx, people, &request, now).await?;
        let named: Vec<ReaderId> = cases
            .iter()
            .filter(|case| case.answer.change.receives)
            .filter_map(|case| case.id)
            .collect();
        let text = format!(
            "SELECT id FROM reader WHERE {} AND NOT {} AND NOT {}",
            self.place.among("id", "$1"),
            has_left("reader.id", "$2"),
            is_paused("reader", "$3")
        );
        // Whoever sends an issue to one person by hand means it.
        let from = match by {
            Source::Resend => i64::MAX,
            _ => now.timestamp(),
        };
        let rows = sqlx::query(AssertSqlSafe(text))
            .bind(list(&named))
            .bind(digest.to_owned())
            .bind(from)
            .fetch_all(&mut **tx)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    pub(super) async fn carry_out(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[Mailbox],
        request: &ConsentRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Case>> {
        let Decided {
            fingerprints,
            cases,
            mut new,
        } = self
            .decide_all(tx, people, request, self.hold(), &Foreseen::default())
            .await?;
        self.insert_readers(tx, people, &fingerprints, &mut new, request, now)
            .await?;
        self.change_states(tx, &cases, request, now).await?;
        self.name_readers(tx, people, &cases, request.by).await?;
        self.change_subscriptions(tx, &cases, request, now).await?;
        Ok(cases)
    }

    /// Looks people up and decides for each, in their order. A person who is named twice has by then the state of the
    /// first decision.
    async fn decide_all(
        &self,
        connection: &mut AnyConnection,
        people: &[Mailbox],
        request: &ConsentRequest<'_>,
        hold: &str,
        foreseen: &Foreseen,
    ) -> Result<Decided> {
        let fingerprints: Vec<String> = people
            .iter()
            .map(|person| self.fingerprints.fingerprint(&person.email))
            .collect();
        let mut known = self
            .find_fingerprints(connection, &fingerprints, hold)
            .await?;
        let there: Vec<ReaderId> = known.values().map(|(id, _)| *id).collect();
        let mut memberships = match request.wish {
            Wish::Subscribe | Wish::Confirm => {
                self.load_memberships(connection, &there, request.digests)
                    .await?
            }
            _ => Memberships::default(),
        };
        let mut ids = self.new_ids(people.len()).into_iter();
        let mut cases = Vec::with_capacity(people.len());
        let mut new = Vec::new();
        for (number, fingerprint) in fingerprints.iter().enumerate() {
            let before = known.get(fingerprint).copied();
            let state = foreseen.get(fingerprint);
            let was = state.or(before.map(|(_, state)| state));
            let change = decide(was, request.wish, request.by);
            let id = match (before, change.state) {
                (Some((id, _)), _) => Some(id),
                (None, Some(state)) if was.is_none() => {
                    let id = ids.next();
                    new.extend(id.map(|id| (id, number, state)));
                    id
                }
                (None, _) => None,
            };
            if let (Some(id), Some(state)) = (id, change.state) {
                known.insert(fingerprint.clone(), (id, state));
            }
            let mut answer = Answer {
                was,
                change,
                gained: Vec::new(),
                lacking: Vec::new(),
            };
            if let (Some(id), Wish::Subscribe | Wish::Confirm) = (id, request.wish) {
                memberships.apply(id, request.digests, &mut answer);
            }
            cases.push(Case { id, answer });
        }
        Ok(Decided {
            fingerprints,
            cases,
            new,
        })
    }

    /// In one order, so that two programs that add the same people never deadlock.
    async fn insert_readers(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[Mailbox],
        fingerprints: &[String],
        new: &mut [(ReaderId, usize, ReaderState)],
        request: &ConsentRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        new.sort_by_key(|(_, number, _)| &fingerprints[*number]);
        for new in new.chunks(MOST_INSERTED) {
            let mut query = sqlx::query(AssertSqlSafe(write_insertion(new.len())));
            for (id, number, state) in new {
                let Mailbox { name, email } = &people[*number];
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
        // All new readers get the same request, so all get the same state.
        let change = decide(None, request.wish, request.by);
        if let (Some(event), Some(state)) = (change.event, change.state) {
            let detail = match request.consent {
                _ if event == state.word() => None,
                Some(how) => Some(format!("{}: {how}", state.word())),
                None => Some(state.word().to_owned()),
            };
            self.record(tx, &ids, now, event, detail.as_deref()).await?;
        }
        if change.subscriptions.adds(Membership::Never) {
            for digest in request.digests {
                self.subscribe(tx, digest, &ids).await?;
            }
        }
        Ok(())
    }

    /// Changes the states of known readers, and records the events that concern no single digest.
    async fn change_states(
        &self,
        tx: &mut Transaction<'static, Any>,
        cases: &[Case],
        request: &ConsentRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut changed: BTreeMap<(Option<ReaderState>, &str), Vec<ReaderId>> = BTreeMap::new();
        for Case { id, answer } in cases.iter().filter(|case| case.answer.was.is_some()) {
            if let (Some(id), Some(event)) = (*id, answer.change.event)
                && answer.change.subscriptions != Subscriptions::Drop
            {
                changed
                    .entry((answer.change.state, event))
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
            // A reader who left without naming a digest has left all.
            let detail = request
                .consent
                .filter(|_| event != ReaderState::Left.word());
            self.record(tx, &ids, now, event, detail).await?;
        }
        Ok(())
    }

    /// Names known readers who had no name; the owner's request about one person overrides the name.
    async fn name_readers(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[Mailbox],
        cases: &[Case],
        by: Source,
    ) -> Result<()> {
        let mut names: Map<String, Value> = Map::new();
        for (Case { id, answer }, person) in cases.iter().zip(people) {
            if let (Some(id), Some(_), Some(name)) = (id, answer.was, &person.name)
                && answer.now().is_some_and(ReaderState::takes_mail)
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
            self.place.pair_table("$1")
        );
        sqlx::query(AssertSqlSafe(text))
            .bind(Value::Object(names).to_string())
            .execute(&mut **tx)
            .await?;
        Ok(())
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
            self.place.list_table("$4")
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

    fn new_ids(&self, count: usize) -> Vec<ReaderId> {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.take(count).into_iter().map(ReaderId::from).collect()
    }

    /// Locks the rows that are looked up to the end of the transaction; on SQLite the write lock does.
    pub(super) fn hold(&self) -> &'static str {
        match self.place {
            StorePlace::Server => " FOR UPDATE",
            StorePlace::Memory | StorePlace::File(_) => "",
        }
    }

    /// Finds the readers with these fingerprints. With a `hold` their rows are locked to the end of the transaction, in
    /// one order: nobody forgets them between the lookup and the write.
    pub(super) async fn find_fingerprints(
        &self,
        connection: &mut AnyConnection,
        fingerprints: &[String],
        hold: &str,
    ) -> Result<HashMap<String, (ReaderId, ReaderState)>> {
        let mut known = HashMap::new();
        let mut fingerprints: Vec<&String> = fingerprints.iter().collect();
        fingerprints.sort_unstable();
        let text = format!(
            "SELECT id, fingerprint, state FROM reader WHERE {} ORDER BY fingerprint{hold}",
            self.place.among_texts("fingerprint", "$1")
        );
        for some in fingerprints.chunks(MOST_FINGERPRINTS) {
            let rows = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(serde_json::json!(some).to_string())
                .fetch_all(&mut *connection)
                .await?;
            for row in rows {
                let state = parse_state(row.try_get("state")?)?;
                known.insert(row.try_get("fingerprint")?, (row.try_get("id")?, state));
            }
        }
        Ok(known)
    }
}

/// The statement that inserts so many readers.
fn write_insertion(readers: usize) -> String {
    let mut text =
        "INSERT INTO reader (id, fingerprint, address, name, language, state) VALUES ".to_owned();
    for reader in 0..readers {
        let comma = if reader == 0 { "" } else { "," };
        let [id, fingerprint, address, name, state] = [1, 2, 3, 4, 5].map(|at| reader * 5 + at);
        text.push_str(&format!(
            "{comma}(${id},${fingerprint},${address},${name},NULL,${state})"
        ));
    }
    text
}

pub(super) fn parse_state(word: &str) -> Result<ReaderState> {
    ReaderState::parse(word)
        .ok_or_else(|| StoreError::Damaged(format!("`{word}` is no reader's state")))
}
