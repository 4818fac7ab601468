//! The conditions under which a reader has gone between the freeze of an issue and its mail to them.

use crate::consent::ReaderState;
use crate::store::consent::states;
use crate::store::subscriptions::has_left;

/// A subquery that has a row while the reader of a `delivery` has not gone since the claim. Callers may add a condition on
/// its issue `i`.
pub(super) fn stays() -> String {
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

/// The condition that a reader has left a digest, or everything, since the confirmation letter was requested: a reader
/// who left earlier may be asked, one who left later has answered.
pub(super) fn has_left_since_asked(reader: &str, digest: &str, issue: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM event e WHERE e.reader = {reader} AND e.kind = 'left' \
         AND (e.detail IS NULL OR e.detail = {digest}) AND e.at > (SELECT MAX(a.at) FROM event a \
         WHERE a.reader = {reader} AND a.issue = {issue} AND a.kind = 'asked'))"
    )
}
