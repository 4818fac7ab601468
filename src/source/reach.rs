//! How far a command goes for what is new in the sources.

use std::time::Duration;

/// How far a command goes for what is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Asks, and keeps the answers: for a person, who wants what is there now.
    Keep,
    /// The same for a program that comes again and again: none that is fresh by its server's word, and none more often
    /// than once in this time.
    Round(Duration),
    /// Asks, and keeps nothing.
    Look,
    /// Asks nobody.
    Offline,
}

impl Reach {
    /// A dry run keeps nothing.
    pub(crate) fn for_run(is_dry: bool) -> Self {
        match is_dry {
            true => Self::Look,
            false => Self::Keep,
        }
    }

    pub(super) fn may_write(self) -> bool {
        matches!(self, Self::Keep | Self::Round(_))
    }
}
