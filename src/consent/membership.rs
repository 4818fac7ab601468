//! The effect of a change on a reader's subscriptions: the requested ones, and the others.

/// The effect on a reader's subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subscriptions {
    /// They stay.
    Keep,
    /// The digests that are asked for come to them, but none that the reader has left.
    AddUnlessLeft,
    /// The digests that are asked for come to them.
    Add,
    /// Does the same as [`Subscriptions::AddUnlessLeft`], and all others go: nobody has confirmed them.
    OnlyUnlessLeft,
    /// The digests that are asked for are all that there are.
    Only,
    /// The digests that are named go.
    Drop,
}

/// The relation of a reader to one digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// They never had it, or it lapsed.
    Never,
    /// They get it, or wait for a confirmation.
    Subscribed,
    /// They have left it, and not come back.
    Left,
}

impl Subscriptions {
    /// The new membership in a requested digest.
    pub fn apply_to_asked(self, was: Membership) -> Membership {
        match (self, was) {
            (Self::Keep, was) => was,
            (Self::AddUnlessLeft | Self::OnlyUnlessLeft, Membership::Left) | (Self::Drop, _) => {
                Membership::Left
            }
            (Self::AddUnlessLeft | Self::OnlyUnlessLeft | Self::Add | Self::Only, _) => {
                Membership::Subscribed
            }
        }
    }

    /// The new membership in any other digest.
    pub fn apply_to_others(self, was: Membership) -> Membership {
        match (self, was) {
            (Self::Only | Self::OnlyUnlessLeft, Membership::Subscribed) => Membership::Never,
            (_, was) => was,
        }
    }

    /// Whether digests go that are not asked for.
    pub fn drops_others(self) -> bool {
        self.apply_to_others(Membership::Subscribed) == Membership::Never
    }

    /// Whether digests that are asked for come, of which the reader was this.
    pub fn adds(self, was: Membership) -> bool {
        was != Membership::Subscribed && self.apply_to_asked(was) == Membership::Subscribed
    }
}
