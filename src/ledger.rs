//! The words of the ledger: an issue, the state of a delivery, what one attempt came to.

mod number;

use std::fmt;
use std::ops::{Index, IndexMut};

use chrono::{DateTime, NaiveDate, Utc};

use crate::reader::{Reader, ReaderId};

pub use number::IssueId;
pub(crate) use number::{KeyNumber, Owner};

/// The state of a delivery. The numbers are those in the database and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum DeliveryState {
    /// Waits, is claimed (it has an owner) or is deferred (it is due later).
    Queued = 0,
    /// The intent is durable; the body may be on the wire.
    Sending = 1,
    /// The relay took it.
    Sent = 2,
    /// Refused for good: the address is bad.
    Bounced = 3,
    /// The reader has left, complained, bounced or been forgotten between freeze and the intent to send.
    Suppressed = 4,
    /// Not delivered in this issue; the address may be good.
    GivenUp = 5,
    /// Held for a person, since the relay may have taken it: the reply to the final dot never came or was neither yes nor
    /// no, or the sender died after the intent. With `uncertain = "retry"` such a delivery is [`Self::Queued`] instead,
    /// until `give_up` has passed or, where a sender died, until another one has sent it. In both cases an event
    /// `uncertain` keeps what happened. It does not keep its issue open; `issue resolve --resend` opens that again.
    Uncertain = 6,
}

impl DeliveryState {
    /// Every state, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Bounced,
        Self::Suppressed,
        Self::GivenUp,
        Self::Uncertain,
    ];

    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Bounced => "bounced",
            Self::Suppressed => "suppressed",
            Self::GivenUp => "given up",
            Self::Uncertain => "uncertain",
        }
    }
}

/// How many deliveries of an issue are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; DeliveryState::ALL.len()]);

impl Counts {
    /// Every state with its count, in the order of [`DeliveryState::ALL`].
    pub fn each(self) -> impl Iterator<Item = (DeliveryState, u64)> {
        DeliveryState::ALL.into_iter().zip(self.0)
    }

    /// How many are in one of these states.
    pub fn sum_of(self, states: &[DeliveryState]) -> u64 {
        states.iter().map(|state| self[*state]).sum()
    }

    /// The difference to earlier counts: those who still wait, and by how many the other states have grown.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        let mut grown = Self::default();
        for (state, count) in self.each() {
            grown[state] = match state {
                DeliveryState::Queued => count,
                _ => count.saturating_sub(before[state]),
            };
        }
        grown
    }

    /// How many there are in all.
    pub fn total(self) -> u64 {
        self.sum_of(&DeliveryState::ALL)
    }
}

impl Index<DeliveryState> for Counts {
    type Output = u64;

    fn index(&self, state: DeliveryState) -> &u64 {
        &self.0[state as usize]
    }
}

impl IndexMut<DeliveryState> for Counts {
    fn index_mut(&mut self, state: DeliveryState) -> &mut u64 {
        &mut self.0[state as usize]
    }
}

impl fmt::Display for Counts {
    /// The counts that are not 0, like `3 sent, 1 bounced`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted: Vec<String> = self
            .each()
            .filter(|(_, count)| *count > 0)
            .map(|(state, count)| format!("{count} {}", state.word()))
            .collect();
        match counted.is_empty() {
            true => f.write_str("no recipients"),
            false => f.write_str(&counted.join(", ")),
        }
    }
}

/// Why an issue is paused or cancelled that a person has stopped.
pub(crate) const BY_HAND: &str = "by hand";

/// Whether an issue is being sent. The words are those in the database and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueState {
    /// Someone still waits.
    Open,
    /// Stopped by a person or by a series of refusals, with a reason.
    Paused,
    /// Nobody waits any more.
    Done,
    /// Stopped for good by a person.
    Cancelled,
}

impl IssueState {
    /// The word for it, in the database and in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The number of rows under the name of a digest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holding {
    /// Whether a digest of this name has begun.
    pub has_begun: bool,
    /// How many readers are subscribed to it.
    pub readers: usize,
    /// How many posts it has announced.
    pub announced: usize,
}

/// How far a digest has come in a store. Both numbers only grow, so a store with less is an older copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DigestProgress {
    /// How many issues were frozen.
    pub frozen: usize,
    /// How many of them were sent to the end or cancelled, at least once.
    pub ended: usize,
}

impl DigestProgress {
    /// Whether another copy of the store has come further.
    pub fn is_behind(self, other: Self) -> bool {
        self.frozen < other.frozen || self.ended < other.ended
    }

    /// The further of both, number by number.
    #[must_use]
    pub fn furthest(self, other: Self) -> Self {
        Self {
            frozen: self.frozen.max(other.frozen),
            ended: self.ended.max(other.ended),
        }
    }
}

/// The kinds of slots, which the store keeps as words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// Takes posts as known, without recipients.
    Known,
    /// A time of the schedule.
    Scheduled,
    /// A post that has an issue of its own.
    Post,
    /// A person's wish.
    ByHand,
    /// Letters that answer mail, and announce nothing.
    Letter,
    /// Letters that ask people whether they want digests, or tell them that they get them elsewhere: they also go to some
    /// who get nothing else, and their addresses are those that anybody typed.
    Confirmation,
}

impl SlotKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Known,
        Self::Scheduled,
        Self::Post,
        Self::ByHand,
        Self::Letter,
        Self::Confirmation,
    ];

    /// Whether its issues announce posts to readers.
    pub fn announces(self) -> bool {
        matches!(self, Self::Scheduled | Self::Post | Self::ByHand)
    }

    /// The word for it in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Scheduled => "scheduled",
            Self::Post => "post",
            Self::ByHand => "by hand",
            Self::Letter => "letter",
            Self::Confirmation => "confirmation",
        }
    }
}

/// The slot that an issue fills. A digest fills a slot once, known by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The kind of issue that fills it.
    pub kind: SlotKind,
    /// A text that no other slot of the digest has.
    pub name: String,
}

impl Slot {
    fn new(kind: SlotKind, name: String) -> Self {
        Self { kind, name }
    }

    /// The slot of a digest's first run, which takes posts as known.
    pub fn first_run() -> Self {
        Self::new(SlotKind::Known, "begin".to_owned())
    }

    /// The slot of posts that are taken as known later, under an issue of this number.
    pub fn known(at: DateTime<Utc>, issue: IssueId) -> Self {
        let name = format!("begin {} {issue}", at.to_rfc3339());
        Self::new(SlotKind::Known, name)
    }

    /// The slot of this time of the schedule.
    pub fn scheduled(at: DateTime<Utc>) -> Self {
        Self::new(SlotKind::Scheduled, at.to_rfc3339())
    }

    /// The slot of a post of this id. A mail that goes only into the outbox has one of its own, so that it does not keep
    /// the post from the relay.
    pub fn post(id: &str, outbox: bool) -> Self {
        let name = match outbox {
            true => format!("post to the outbox {id}"),
            false => format!("post {id}"),
        };
        Self::new(SlotKind::Post, name)
    }

    /// The slot of an issue by hand: posts with this fingerprint, after so many issues of the digest. Two within one second
    /// differ by the number. Two senders that begin at the same moment count the same number, so they make one issue.
    pub fn by_hand(at: DateTime<Utc>, earlier: usize, posts: u64) -> Self {
        let name = format!("by hand {} {earlier} {posts:016x}", at.to_rfc3339());
        Self::new(SlotKind::ByHand, name)
    }

    /// The slot of a day's letters about leaving.
    pub fn leaving(day: NaiveDate) -> Self {
        Self::new(SlotKind::Letter, format!("leave {day}"))
    }

    /// The slot of a day's letters that ask about these digests, answered by mail or by a page alone.
    pub fn confirming(day: NaiveDate, by_mail: bool, digests: &[&str]) -> Self {
        let way = if by_mail { "mail" } else { "page" };
        let name = format!("confirm {day} {way} {}", digests.join("+"));
        Self::new(SlotKind::Confirmation, name)
    }

    /// The slot of a day's letters that welcome.
    pub fn welcoming(day: NaiveDate) -> Self {
        Self::new(SlotKind::Letter, format!("welcome {day}"))
    }

    /// The slot of a day's letters that tell an address of another one in its place.
    pub fn moved(day: NaiveDate) -> Self {
        Self::new(SlotKind::Confirmation, format!("moved {day}"))
    }

    /// The digests about which such letters ask, by the names that they had then.
    pub fn asked_about(&self) -> impl Iterator<Item = &str> {
        let names = (self.kind == SlotKind::Confirmation).then(|| self.name.rsplit(' ').next());
        names.flatten().unwrap_or_default().split('+')
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// One issue as it was frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its number.
    pub id: IssueId,
    /// The digest it belongs to.
    pub digest: String,
    /// The slot it fills.
    pub slot: Slot,
    /// The time of the freeze, which every message of it bears.
    pub made_at: DateTime<Utc>,
    /// Whether it is being sent.
    pub state: IssueState,
    /// Why it is paused.
    pub reason: Option<String>,
    /// The subject, for lists.
    pub subject: String,
    /// Whether it goes into the outbox; what went only there is not counted once a relay is set.
    pub outbox: bool,
    /// The number of the key that signs its links.
    pub key: KeyNumber,
}

/// A delivery that this sender owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// To whom, with the name and the language that were frozen with the issue.
    pub reader: Reader,
    /// How often it was tried before.
    pub attempts: i16,
    /// When it was tried first.
    pub first_at: Option<DateTime<Utc>>,
}

/// The outcome of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took it.
    Sent,
    /// The relay says that the address is bad: the reader is suppressed from now on.
    Bounced,
    /// Refused without saying whether the address is bad: given up for this issue; the third issue in a row suppresses.
    Refused,
    /// Given up for this issue; says nothing about the address.
    GivenUp,
    /// To be tried again at this time; counts as an attempt.
    Deferred(DateTime<Utc>),
    /// Untouched: the relay had trouble of its own. Back to the queue, no attempt counted.
    Released,
    /// Not tried: the recipient's domain asks for less until this time. It is no attempt, but `give_up` runs from it.
    Postponed(DateTime<Utc>),
    /// The relay hung up at this recipient. Back to the queue; it is no attempt, but `give_up` runs from it.
    HungUp,
    /// Nobody knows whether the relay took it: it is sent again at this time, or is held as [`DeliveryState::Uncertain`].
    Unknown(Option<DateTime<Utc>>),
}

/// One attempt, as it is written into the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The recipient whose delivery it was.
    pub reader: ReaderId,
    /// The outcome of the attempt.
    pub outcome: Outcome,
    /// The relay's words, or what happened instead.
    pub reply: String,
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{DigestProgress, Slot};

    #[test]
    fn a_store_is_behind_where_either_number_is_smaller() {
        let progress = |(frozen, ended)| DigestProgress { frozen, ended };
        for (here, there, is_behind) in [
            ((1, 1), (1, 1), false),
            ((1, 1), (2, 1), true),
            ((2, 1), (2, 2), true),
            ((3, 1), (2, 2), true),
            ((3, 3), (2, 2), false),
            ((0, 0), (0, 0), false),
        ] {
            let (here, there) = (progress(here), progress(there));
            assert_eq!(here.is_behind(there), is_behind, "{here:?}, {there:?}");
            assert!(!here.furthest(there).is_behind(there));
        }
    }

    #[test]
    fn a_slot_of_confirmations_knows_its_digests() {
        let day = NaiveDate::from_ymd_opt(2024, 6, 25).unwrap();
        let slot = Slot::confirming(day, false, &["weekly", "monthly"]);
        assert_eq!(slot.name, "confirm 2024-06-25 page weekly+monthly");
        assert_eq!(
            slot.asked_about().collect::<Vec<_>>(),
            ["weekly", "monthly"]
        );
        let other = Slot::leaving(day);
        assert_eq!(
            other.asked_about().collect::<Vec<_>>(),
            [""],
            "no digest has this name"
        );
    }
}
