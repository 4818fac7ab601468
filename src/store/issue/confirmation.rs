//! Joining: one mail a day asks an address whether it wants digests; then its answer is carried out.

use std::net::IpAddr;
use std::slice;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::config::Join;
use crate::consent::{ReaderState, Said, Source, Wish};
use crate::ledger::{Issue, IssueId};
use crate::reader::{Email, ReaderId};
use crate::store::issue::letter::queue;
use crate::store::issue::moving::MOVING;
use crate::store::issue::welcome::Greeting;
use crate::store::mailable::states;
use crate::store::readers::read_time;
use crate::store::request::ConsentRequest;
use crate::store::returned::STANDS;
use crate::store::sender::note;
use crate::store::{Result, Store};

/// How long an address is not asked again after a letter to it bounced: whoever types dead addresses would have a bounce
/// sent to us every day.
const UNREACHABLE: TimeDelta = TimeDelta::days(7);
/// How long an answer is valid.
const VALID: TimeDelta = TimeDelta::days(3);

/// Somebody asks that an address get digests.
#[derive(Debug, Clone, Copy)]
pub struct JoinRequest<'a> {
    /// The address that asks.
    pub email: &'a Email,
    /// The digests that it asks for.
    pub digests: &'a [String],
    /// The letter of the day that asks about them, open.
    pub issue: &'a Issue,
    /// The compiled mail.
    pub compiled: &'a str,
    /// The network address of the request, if known; only a mark of its network is kept, for an hour.
    pub network: Option<IpAddr>,
    /// The mark that identifies a request that came by mail.
    pub mark: Option<&'a str>,
    /// How it was asked, kept as a proof.
    pub how: &'a str,
    /// The limits for requests by strangers.
    pub limits: &'a Join,
    /// The reader whose subscriptions move to this address, once it confirms.
    pub moving: Option<ReaderId>,
}

/// The answer to the question whether somebody wants digests.
#[derive(Debug, Clone)]
pub(crate) struct Agreement<'a> {
    /// The reader who was asked, and the letter that asked them.
    pub(crate) whose: (ReaderId, IssueId),
    /// The digests about which it asked.
    pub(crate) digests: Vec<String>,
    /// From where they answer, kept as a proof.
    pub(crate) from: Option<IpAddr>,
    /// The letter that tells the reader's former address about the move, if they move.
    pub(crate) moved_letter: Option<(&'a Issue, &'a str)>,
    /// The greetings that they get.
    pub(crate) welcome: &'a [Greeting],
    /// Whether a relay is set.
    pub(crate) relay: bool,
}

/// The outcome of a request to join. The requester must not learn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinAnswer {
    /// A mail waits that asks the address.
    Queued,
    /// There is nothing to send: the address was asked today, is subscribed already, or must get nothing.
    Nothing,
    /// Too many have asked in this hour.
    Full,
    /// This mail was answered before.
    Before,
}

/// The outcome of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// They get the digests from now on.
    Done {
        address: String,
        /// The digests that were confirmed.
        digests: Vec<String>,
    },
    /// It was answered before; nothing changes.
    Before,
    /// The question is older than three days.
    Expired,
    /// Nobody was asked by this letter, or they must get nothing.
    Unknown,
}

impl Store {
    /// Queues the letters that ask addresses whether they want digests, all in one transaction: one a day for an address at
    /// most. Nothing else changes about somebody whom we know.
    pub async fn ask_to_join(
        &self,
        requests: &[JoinRequest<'_>],
        now: DateTime<Utc>,
    ) -> Result<Vec<JoinAnswer>> {
        change!(self, |tx| {
            let mut answers = Vec::with_capacity(requests.len());
            for request in requests {
                answers.push(self.take_once(&mut tx, request, now).await?);
            }
            Ok(answers)
        })
    }

    /// Takes a request, unless it is a mail that was answered before.
    async fn take_once(
        &self,
        tx: &mut Transaction<'static, Any>,
        request: &JoinRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<JoinAnswer> {
        let mark = request.mark.map(|mark| format!("{mark}:join"));
        if let Some(mark) = &mark
            && is_received(tx, mark).await?
        {
            return Ok(JoinAnswer::Before);
        }
        let answer = self.take_request(tx, request, now).await?;
        if let Some(mark) = &mark
            && answer != JoinAnswer::Full
        {
            receive(tx, mark, "join", now).await?;
        }
        Ok(answer)
    }

    async fn take_request(
        &self,
        tx: &mut Transaction<'static, Any>,
        request: &JoinRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<JoinAnswer> {
        let JoinRequest { email, issue, .. } = request;
        if let Some(network) = request.network
            && !self
                .take_of_network(tx, network, request.limits, now)
                .await?
        {
            return Ok(JoinAnswer::Full);
        }
        let fingerprint = self.fingerprints.fingerprint(email);
        let known = self
            .find_fingerprints(tx, slice::from_ref(&fingerprint), self.hold())
            .await?;
        if let Some((reader, state)) = known.into_values().next()
            && (!state.may_be_asked()
                || is_asked_today(tx, reader, now).await?
                || is_unreachable(tx, reader, now).await?
                || state == ReaderState::Active && has_all(tx, reader, request.digests).await?)
        {
            return Ok(JoinAnswer::Nothing);
        }
        if !self.take_of_domain(tx, email, request.limits, now).await? {
            return Ok(JoinAnswer::Full);
        }
        let asked = ConsentRequest {
            wish: Wish::BeAsked,
            by: Source::Anybody,
            digests: &[],
            consent: Some(request.how),
        };
        let people = [(*email).clone().into()];
        let cases = self.carry_out(tx, &people, &asked, now).await?;
        let Some(reader) = cases.first().and_then(|case| case.id) else {
            return Ok(JoinAnswer::Nothing);
        };
        // A newcomer had no row to hold: another program may have asked them since.
        if is_asked_today(tx, reader, now).await? {
            return Ok(JoinAnswer::Nothing);
        }
        let may_get = states(ReaderState::may_be_asked);
        let id = queue(tx, (*issue, request.compiled), reader, &may_get, now).await?;
        let detail = format!("{}; {}", request.digests.join(" "), request.how);
        note(tx, &self.place, id, &[reader], now, ("asked", &detail)).await?;
        if let Some(from) = request.moving {
            let event = (MOVING, &*from.to_string());
            note(tx, &self.place, id, &[reader], now, event).await?;
        }
        Ok(JoinAnswer::Queued)
    }

    /// Whether an answer of this reader to this issue's letter would be taken now, or was before.
    pub(crate) async fn may_confirm(
        &self,
        whose: (ReaderId, IssueId),
        now: DateTime<Utc>,
    ) -> Result<bool> {
        // By the reader's events: the letter has one of everybody who was asked that day, and the plus keeps its index out.
        let text = format!(
            "SELECT MAX(e.at) AS at FROM event e JOIN reader r ON r.id = e.reader \
             WHERE e.reader = $1 AND +e.issue = $2 AND e.kind = 'asked' AND r.state IN ({})",
            states(ReaderState::may_be_asked)
        );
        let row = sqlx::query(AssertSqlSafe(text))
            .bind(whose.0)
            .bind(whose.1)
            .fetch_one(&self.pool)
            .await?;
        let asked_at: Option<i64> = row.try_get("at")?;
        let asked_at = asked_at.map(read_time).transpose()?;
        Ok(asked_at.is_some_and(|asked_at| now - asked_at <= VALID))
    }

    /// Carries out the answer of a reader to this issue's letter: once, and within three days.
    pub(crate) async fn confirm(
        &self,
        agreement: &Agreement<'_>,
        now: DateTime<Utc>,
    ) -> Result<Confirmation> {
        let (reader, issue) = agreement.whose;
        let digests = &agreement.digests;
        let text = format!(
            "SELECT r.address, e.at, e.detail FROM event e JOIN reader r ON r.id = e.reader \
             WHERE e.reader = $1 AND +e.issue = $2 AND e.kind = 'asked' ORDER BY e.at DESC LIMIT 1{}",
            self.place.hold("r")
        );
        change!(self, |tx| {
            let row = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(reader)
                .bind(issue)
                .fetch_optional(&mut *tx)
                .await?;
            let Some(row) = row else {
                return Ok(Confirmation::Unknown);
            };
            let address: Option<String> = row.try_get("address")?;
            let Some(email) = address.and_then(|address| address.parse::<Email>().ok()) else {
                return Ok(Confirmation::Unknown);
            };
            let mark = format!("confirm:{issue}:{reader}");
            if is_received(&mut tx, &mark).await? {
                return Ok(Confirmation::Before);
            }
            let asked_at = read_time(row.try_get("at")?)?;
            if now - asked_at > VALID {
                return Ok(Confirmation::Expired);
            }
            let detail: Option<String> = row.try_get("detail")?;
            let from = agreement.from.map(|from| format!("; answered from {from}"));
            let proof = format!(
                "{}; asked at {} by {issue}{}",
                detail.unwrap_or_default(),
                asked_at.format("%Y-%m-%dT%H:%M:%SZ"),
                from.unwrap_or_default(),
            );
            let asked = ConsentRequest {
                wish: Wish::Confirm,
                by: Source::Reader,
                digests,
                consent: Some(&proof),
            };
            let people = [email.clone().into()];
            let cases = self.carry_out(&mut tx, &people, &asked, now).await?;
            let said = cases.first().map(|case| case.answer.change.said);
            if !matches!(said, Some(Said::Confirmed | Said::Known | Said::Returned)) {
                return Ok(Confirmation::Unknown);
            }
            receive(&mut tx, &mark, "confirmed", now).await?;
            self.move_to(&mut tx, agreement.whose, agreement.moved_letter, now)
                .await?;
            for greeting in agreement.welcome {
                self.welcome(&mut tx, agreement.whose.0, greeting, agreement.relay, now)
                    .await?;
            }
            Ok(Confirmation::Done {
                address: email.to_string(),
                digests: digests.clone(),
            })
        })
    }
}

/// Whether a letter of this day asks a reader about any digest.
async fn is_asked_today(
    tx: &mut Transaction<'static, Any>,
    reader: ReaderId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = sqlx::query(
        "SELECT i.id FROM delivery d JOIN issue i ON i.id = d.issue WHERE d.reader = $1 \
         AND i.kind = 'confirmation' AND i.slot LIKE $2 LIMIT 1",
    )
    .bind(reader)
    .bind(format!("confirm {} %", now.date_naive()))
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.is_some())
}

/// Whether a letter that asked a reader bounced of late.
async fn is_unreachable(
    tx: &mut Transaction<'static, Any>,
    reader: ReaderId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let text = format!(
        "SELECT e.at FROM event e JOIN issue i ON i.id = e.issue WHERE e.reader = $1 AND e.at > $2 \
         AND e.kind IN ('bounced', 'unreachable') AND i.kind = 'confirmation' AND {STANDS} LIMIT 1"
    );
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(reader)
        .bind((now - UNREACHABLE).timestamp())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

async fn has_all(
    tx: &mut Transaction<'static, Any>,
    reader: ReaderId,
    digests: &[String],
) -> Result<bool> {
    let rows = sqlx::query("SELECT digest FROM subscription WHERE reader = $1")
        .bind(reader)
        .fetch_all(&mut **tx)
        .await?;
    let mut has = Vec::new();
    for row in &rows {
        has.push(row.try_get::<String, _>("digest")?);
    }
    Ok(digests.iter().all(|digest| has.contains(digest)))
}

async fn is_received(tx: &mut Transaction<'static, Any>, mark: &str) -> Result<bool> {
    let row = sqlx::query("SELECT at FROM received WHERE mark = $1")
        .bind(mark.to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

async fn receive(
    tx: &mut Transaction<'static, Any>,
    mark: &str,
    kind: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query("INSERT INTO received (mark, at, kind) VALUES ($1, $2, $3)")
        .bind(mark.to_owned())
        .bind(now.timestamp())
        .bind(kind.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
