//! The SQL conditions of who may be mailed: [`crate::consent`] as the statements of this folder say it.
//!
//! The states are never written into a statement by hand: [`states`] and [`next_state`] ask [`crate::consent`] for them.
//! A person's digests and their past, from which it decides too, are read from rows:
//!
//! | question | in `consent` | here |
//! |---|---|---|
//! | Does an issue go to its subscribers? | `ReaderState::gets_subscriptions` | a row of `subscription`, [`states`], not [`is_paused`] |
//! | Does it go to whom `to` names? | `Wish::Receive` | [`states`], not [`has_left`], not [`is_paused`] |
//! | May a letter ask them to confirm? | `ReaderState::may_be_asked` | [`states`], not [`has_left_since_asked`] |
//! | Does a frozen delivery still go out? | the first three | [`select_still_mailable`] |
//! | Had they agreed before a doubted bounce? | `Wish::Recover` | [`has_agreed`] |
//!
//! The arguments are the names that the statement has for a reader, a digest, an issue or the time.

use crate::consent::{ReaderState, Source, Wish, decide};

/// The states of this kind, as a statement lists them.
pub(super) fn states(is_of_kind: impl Fn(ReaderState) -> bool) -> String {
    let words: Vec<String> = ReaderState::ALL
        .into_iter()
        .filter(|state| is_of_kind(*state))
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

/// The condition that a reader has left a digest, or everything, and not come back to it, also if the digest names them
/// itself.
pub(super) fn has_left(reader: &str, digest: &str) -> String {
    format!(
        "(NOT EXISTS (SELECT 1 FROM subscription s WHERE s.digest = {digest} AND s.reader = {reader}) AND EXISTS \
         (SELECT 1 FROM event e WHERE e.reader = {reader} AND e.kind = 'left' \
         AND (e.detail IS NULL OR e.detail = {digest})))"
    )
}

/// The condition that a reader has left a digest, or everything, since the confirmation letter was requested: a reader
/// who left earlier may be asked, one who left later has answered.
pub(super) fn has_left_since_asked(reader: &str, digest: &str, issue: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM event e WHERE e.reader = {reader} AND e.kind = 'left' \
         AND (e.detail IS NULL OR e.detail = {digest}) AND e.at > (SELECT MAX(a.at) FROM event a \
         WHERE a.reader = {reader} AND a.issue = {issue} AND a.kind = 'asked'))"
    )
}

/// The condition that a reader gets no issue that is queued at this time.
pub(super) fn is_paused(reader: &str, now: &str) -> String {
    format!("({reader}.paused_until IS NOT NULL AND {reader}.paused_until > {now})")
}

/// The condition that a reader has agreed to get mail at some time.
pub(super) fn has_agreed(reader: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM event e WHERE e.reader = {reader} AND (e.kind IN ('confirmed', 'returned') \
         OR (e.kind = 'joined' AND (e.detail = 'active' OR e.detail LIKE 'active:%'))))"
    )
}

/// A subquery that has a row while the reader of a `delivery` has not gone since the freeze. Callers may add a condition
/// on its issue `i`.
pub(super) fn select_still_mailable() -> String {
    format!(
        "SELECT 1 FROM issue i JOIN reader r ON r.id = delivery.reader WHERE i.id = delivery.issue \
         AND (i.kind <> 'confirmation' AND r.state IN ({}) AND NOT {} \
         OR i.kind = 'confirmation' AND r.state IN ({}) AND NOT {})",
        states(ReaderState::takes_mail),
        has_left("r.id", "i.digest"),
        states(ReaderState::may_be_asked),
        has_left_since_asked("r.id", "i.digest", "i.id")
    )
}
