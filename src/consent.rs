//! Decides who may be mailed: who was what × what is asked × by whom → what changes, what is recorded, what is said.
//!
//! The one rule behind the table: consent comes from the person, or from the owner's explicit word for that digest. A list,
//! a `to` in the config and a resend never widen it, a suppression only grows, and each change is an event. The store
//! carries out what [`decide`] says; no other place decides. Statements that choose many readers at once get their states
//! from here, and the rest of their conditions from `store/mailable.rs`, whose head compares both.

mod membership;

pub(crate) use membership::{Membership, Subscriptions};

/// Whether a person may be mailed, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReaderState {
    /// Has not confirmed yet, and so gets none of the digests that they were listed for.
    Pending,
    /// Gets the digests that they subscribed to.
    Active,
    /// Has left.
    Left,
    /// The address is bad.
    Bounced,
    /// Called our mail spam.
    Complained,
    /// Erased; only the fingerprint stays.
    Forgotten,
}

impl ReaderState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Active,
        Self::Left,
        Self::Bounced,
        Self::Complained,
        Self::Forgotten,
    ];

    /// The word for it, in the database and in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Left => "left",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Forgotten => "forgotten",
        }
    }

    /// The state of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether mail may go to them at all: a subscriber's, or one for which the config or a command names them.
    pub fn takes_mail(self) -> bool {
        matches!(self, Self::Pending | Self::Active)
    }

    /// Whether a mail may ask them if they want digests, where somebody asks for it.
    pub fn may_be_asked(self) -> bool {
        decide(Some(self), Wish::BeAsked, Source::Anybody).receives
    }

    /// Whether they get the digests that they subscribed to.
    pub fn gets_subscriptions(self) -> bool {
        self == Self::Active
    }
}

/// A request about a reader's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// To get digests from now on.
    Subscribe,
    /// To be asked by one mail whether they want digests.
    BeAsked,
    /// To get the digests about which they were asked.
    Confirm,
    /// To get a mail to which the config (`to`) or a command (`--to`) names them, without a subscription.
    Receive,
    /// To get no mail any more.
    Leave,
    /// To get these digests no more.
    LeaveDigests,
    /// The address is bad.
    Bounce,
    /// The mail that asked whether they want digests came back: the address is bad.
    BounceAsked,
    /// They call the mail spam.
    Complain,
    /// Their bounce said nothing about the address.
    Recover {
        /// Whether they had agreed to get mail before it.
        had_agreed: bool,
    },
    /// To get no issue until a day.
    Pause,
    /// To get issues again.
    Resume,
    /// To be erased.
    Forget,
}

impl Wish {
    /// Every wish.
    pub const ALL: [Self; 14] = [
        Self::Subscribe,
        Self::BeAsked,
        Self::Confirm,
        Self::Receive,
        Self::Leave,
        Self::LeaveDigests,
        Self::Bounce,
        Self::BounceAsked,
        Self::Complain,
        Self::Recover { had_agreed: true },
        Self::Recover { had_agreed: false },
        Self::Pause,
        Self::Resume,
        Self::Forget,
    ];

    /// The wish behind a list that gives somebody this state.
    pub fn for_listed(state: ReaderState) -> Self {
        match state {
            ReaderState::Pending | ReaderState::Active => Self::Subscribe,
            ReaderState::Left => Self::Leave,
            ReaderState::Bounced => Self::Bounce,
            ReaderState::Complained => Self::Complain,
            ReaderState::Forgotten => Self::Forget,
        }
    }
}

/// The source of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The owner, about one person: `subscriber add`, `remove`, `forget`.
    Owner,
    /// A list: `subscriber import`.
    List,
    /// A list of people of whom the owner says that they have agreed, but not to which digest: `import --confirmed`.
    ConfirmedList,
    /// A list of people of whom the owner says that they have agreed to these digests: `--digest`, the list's own column, or
    /// the config's only digest.
    ConfirmedDigests,
    /// `to` in the config.
    Config,
    /// `digest NAME --resend ISSUE --to ADDRESS`.
    Resend,
    /// The relay's replies, and what servers report by mail.
    Relay,
    /// The reader, by a token that nobody else has.
    Reader,
    /// Anybody who writes an address into a form, or as the sender of a mail.
    Anybody,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 9] = [
        Self::Owner,
        Self::List,
        Self::ConfirmedList,
        Self::ConfirmedDigests,
        Self::Config,
        Self::Resend,
        Self::Relay,
        Self::Reader,
        Self::Anybody,
    ];

    /// How a reader came in whom this source made known without a word on consent.
    pub fn introduces(self) -> Option<&'static str> {
        match self {
            Self::Config => Some("named in the config"),
            Self::Resend => Some("an issue was sent to them by hand"),
            _ => None,
        }
    }
}

/// The message about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// This source has no say in it; nothing happens.
    NoSay,
    /// Nobody is known by the address.
    Unknown,
    /// There is a new reader.
    New,
    /// They have agreed now.
    Confirmed,
    /// They were suppressed and are back.
    Returned,
    /// They were there, and perhaps get more digests.
    Known,
    /// They were there, and get no more digests than before.
    NotWidened,
    /// They are suppressed, and stay so.
    StaysSuppressed,
    /// They are suppressed from now on.
    Suppressed,
    /// They have left the digests.
    LeftDigests,
}

/// A change of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The reader's state from now on, where it is another; the state of a new reader.
    pub state: Option<ReaderState>,
    /// The kind of the event to record, of the reader or of each digest that is dropped.
    pub event: Option<&'static str>,
    /// The change of the subscriptions.
    pub subscriptions: Subscriptions,
    /// Whether the mail in question may go to them: the one that asks, or one for which `to` or `--to` names them.
    pub receives: bool,
    /// The message about it.
    pub said: Said,
}

impl Change {
    const fn none(said: Said) -> Self {
        Self {
            state: None,
            event: None,
            subscriptions: Subscriptions::Keep,
            receives: false,
            said,
        }
    }

    const fn into_state(state: ReaderState, event: &'static str, said: Said) -> Self {
        Self {
            state: Some(state),
            event: Some(event),
            ..Self::none(said)
        }
    }

    const fn record(self, event: &'static str) -> Self {
        Self {
            event: Some(event),
            ..self
        }
    }

    const fn with(self, subscriptions: Subscriptions) -> Self {
        Self {
            subscriptions,
            ..self
        }
    }

    const fn and_receive(self) -> Self {
        Self {
            receives: true,
            ..self
        }
    }
}

/// Decides the change for somebody in this state (`None`: unknown) by the wish and its source.
pub(crate) fn decide(was: Option<ReaderState>, wish: Wish, by: Source) -> Change {
    match wish {
        Wish::Subscribe => subscribe(was, by),
        Wish::BeAsked => be_asked(was, by),
        Wish::Confirm => confirm(was, by),
        Wish::Receive => receive(was, by),
        Wish::Leave => leave(was, by),
        Wish::LeaveDigests => leave_digests(was, by),
        Wish::Bounce => bounce(was, by),
        Wish::BounceAsked => bounce_asked(was, by),
        Wish::Complain => complain(was, by),
        Wish::Recover { had_agreed } => recover(was, by, had_agreed),
        Wish::Pause => pause_or_resume(was, by, "paused"),
        Wish::Resume => pause_or_resume(was, by, "resumed"),
        Wish::Forget => forget(was, by),
    }
}

fn subscribe(was: Option<ReaderState>, by: Source) -> Change {
    use ReaderState::{Active, Bounced, Complained, Forgotten, Left, Pending};
    use Source::{ConfirmedDigests, ConfirmedList, List, Owner};
    use Subscriptions::{Add, AddUnlessLeft, Only, OnlyUnlessLeft};

    match (by, was) {
        (Source::Config | Source::Resend | Source::Relay | Source::Reader | Source::Anybody, _) => {
            Change::none(Said::NoSay)
        }

        (List, None) => Change::into_state(Pending, "joined", Said::New).with(Add),
        (_, None) => Change::into_state(Active, "joined", Said::New).with(Add),

        // Other digests for which they were listed are confirmed by nobody.
        (Owner, Some(Pending)) => {
            Change::into_state(Active, "confirmed", Said::Confirmed).with(Only)
        }
        (ConfirmedDigests, Some(Pending)) => {
            Change::into_state(Active, "confirmed", Said::Confirmed).with(OnlyUnlessLeft)
        }
        (ConfirmedList, Some(Pending)) => Change::into_state(Active, "confirmed", Said::Confirmed),

        (Owner, Some(Active)) => Change::none(Said::Known).with(Add),
        (ConfirmedDigests, Some(Active)) | (List, Some(Pending)) => {
            Change::none(Said::Known).with(AddUnlessLeft)
        }
        (ConfirmedList | List, Some(Active)) => Change::none(Said::NotWidened),

        // They come back to what is asked for now, not to all that they once had.
        (Owner, Some(Left | Bounced)) => {
            Change::into_state(Active, "returned", Said::Returned).with(Only)
        }
        (_, Some(Left | Bounced | Complained | Forgotten)) => Change::none(Said::StaysSuppressed),
    }
}

/// An address typed into a form changes nothing about its reader: a mail asks them, and their answer decides. No
/// subscription waits for it, since a later confirmation would activate one that only a stranger has asked for.
fn be_asked(was: Option<ReaderState>, by: Source) -> Change {
    use ReaderState::{Active, Bounced, Complained, Forgotten, Left, Pending};

    match (by, was) {
        (Source::Anybody, None) => Change::into_state(Pending, "joined", Said::New).and_receive(),
        (Source::Anybody, Some(Pending | Active)) => Change::none(Said::Known).and_receive(),
        // They may have changed their mind, and the address may work again.
        (Source::Anybody, Some(Left | Bounced)) => {
            Change::none(Said::StaysSuppressed).and_receive()
        }
        (Source::Anybody, Some(Complained | Forgotten)) => Change::none(Said::StaysSuppressed),
        _ => Change::none(Said::NoSay),
    }
}

fn confirm(was: Option<ReaderState>, by: Source) -> Change {
    use ReaderState::{Active, Bounced, Complained, Forgotten, Left, Pending};
    use Subscriptions::{Add, Only};

    match (by, was) {
        (Source::Reader, None) => Change::none(Said::Unknown),
        // They confirm what they were asked about, not what lists have for them.
        (Source::Reader, Some(Pending)) => {
            Change::into_state(Active, "confirmed", Said::Confirmed).with(Only)
        }
        (Source::Reader, Some(Active)) => Change::none(Said::Known).record("confirmed").with(Add),
        (Source::Reader, Some(Left | Bounced)) => {
            Change::into_state(Active, "returned", Said::Returned).with(Only)
        }
        (Source::Reader, Some(Complained | Forgotten)) => Change::none(Said::StaysSuppressed),
        _ => Change::none(Said::NoSay),
    }
}

fn receive(was: Option<ReaderState>, by: Source) -> Change {
    use ReaderState::{Active, Bounced, Complained, Forgotten, Left, Pending};

    match (by, was) {
        (Source::Config | Source::Resend, None) => {
            Change::into_state(Active, "joined", Said::New).and_receive()
        }
        (Source::Config | Source::Resend, Some(Pending | Active)) => {
            Change::none(Said::Known).and_receive()
        }
        (Source::Config | Source::Resend, Some(Left | Bounced | Complained | Forgotten)) => {
            Change::none(Said::StaysSuppressed)
        }
        _ => Change::none(Said::NoSay),
    }
}

fn leave(was: Option<ReaderState>, by: Source) -> Change {
    use ReaderState::{Active, Bounced, Complained, Forgotten, Left, Pending};

    match (by, was) {
        (Source::Config | Source::Resend | Source::Relay | Source::Anybody, _) => {
            Change::none(Said::NoSay)
        }
        (Source::Owner | Source::Reader, None) => Change::none(Said::Unknown),
        // An unknown person is recorded as well, so that no later list brings them in.
        (_, None) => {
            Change::into_state(Left, "left", Said::Suppressed).with(Subscriptions::AddUnlessLeft)
        }
        (_, Some(Pending | Active | Bounced)) => Change::into_state(Left, "left", Said::Suppressed),
        (Source::Owner | Source::Reader, Some(Complained)) => {
            Change::none(Said::StaysSuppressed).record("left")
        }
        (_, Some(Left | Complained | Forgotten)) => Change::none(Said::StaysSuppressed),
    }
}

fn leave_digests(was: Option<ReaderState>, by: Source) -> Change {
    match (by, was) {
        (Source::Owner | Source::Reader, None) => Change::none(Said::Unknown),
        (Source::Owner | Source::Reader, Some(ReaderState::Forgotten)) => {
            Change::none(Said::StaysSuppressed)
        }
        (Source::Owner | Source::Reader, Some(_)) => Change::none(Said::LeftDigests)
            .record("left")
            .with(Subscriptions::Drop),
        _ => Change::none(Said::NoSay),
    }
}

fn bounce(was: Option<ReaderState>, by: Source) -> Change {
    use ReaderState::{Active, Bounced, Complained, Forgotten, Left, Pending};

    match (by, was) {
        (Source::Owner | Source::Config | Source::Resend | Source::Reader | Source::Anybody, _)
        | (Source::Relay, None) => Change::none(Said::NoSay),
        (_, None) => Change::into_state(Bounced, "bounced", Said::Suppressed)
            .with(Subscriptions::AddUnlessLeft),
        (_, Some(Pending | Active)) => Change::into_state(Bounced, "bounced", Said::Suppressed),
        (Source::Relay, Some(Left | Bounced | Complained | Forgotten)) => {
            Change::none(Said::StaysSuppressed).record("bounced")
        }
        (_, Some(Left | Bounced | Complained | Forgotten)) => Change::none(Said::StaysSuppressed),
    }
}

/// A reader who has agreed to nothing is not suppressed: only their own answer counts, and a mistyped address may be
/// valid one day. They are not asked again for a while, and deleted in the end.
fn bounce_asked(was: Option<ReaderState>, by: Source) -> Change {
    match (by, was) {
        (Source::Relay, Some(ReaderState::Pending)) => {
            Change::none(Said::Known).record("unreachable")
        }
        (Source::Relay, _) => bounce(was, by),
        _ => Change::none(Said::NoSay),
    }
}

fn complain(was: Option<ReaderState>, by: Source) -> Change {
    use ReaderState::{Active, Bounced, Complained, Forgotten, Left, Pending};

    match (by, was) {
        (Source::Owner | Source::Config | Source::Resend | Source::Reader | Source::Anybody, _)
        | (Source::Relay, None) => Change::none(Said::NoSay),
        (_, None) => Change::into_state(Complained, "complained", Said::Suppressed)
            .with(Subscriptions::AddUnlessLeft),
        (_, Some(Pending | Active | Left | Bounced)) => {
            Change::into_state(Complained, "complained", Said::Suppressed)
        }
        (_, Some(Complained | Forgotten)) => Change::none(Said::StaysSuppressed),
    }
}

fn recover(was: Option<ReaderState>, by: Source, had_agreed: bool) -> Change {
    use ReaderState::{Active, Bounced, Pending};

    match (by, was) {
        (Source::Relay, Some(Bounced)) => {
            let before = if had_agreed { Active } else { Pending };
            Change::into_state(before, "doubted", Said::Returned)
        }
        _ => Change::none(Said::NoSay),
    }
}

/// A pause suppresses nobody: it is how long issues are not queued, and ends by itself.
fn pause_or_resume(was: Option<ReaderState>, by: Source, event: &'static str) -> Change {
    match (by, was) {
        (Source::Reader, None) => Change::none(Said::Unknown),
        (Source::Reader, Some(ReaderState::Pending | ReaderState::Active)) => {
            Change::none(Said::Known).record(event)
        }
        (Source::Reader, Some(_)) => Change::none(Said::StaysSuppressed),
        _ => Change::none(Said::NoSay),
    }
}

fn forget(was: Option<ReaderState>, by: Source) -> Change {
    match (by, was) {
        (Source::Owner | Source::Reader, None) => Change::none(Said::Unknown),
        (Source::Owner | Source::Reader, Some(ReaderState::Forgotten)) => {
            Change::none(Said::StaysSuppressed)
        }
        (Source::Owner | Source::Reader, Some(_)) => {
            Change::into_state(ReaderState::Forgotten, "forgotten", Said::Suppressed)
        }
        _ => Change::none(Said::NoSay),
    }
}

#[cfg(test)]
mod tests;
