//! What people do to a site.

use proptest::prelude::*;

/// An action of somebody; numbers choose among what there is.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Write(u8),
    Edit(u8),
    /// Changes the path (1), the title (2), the date (4) of a post, or several at once.
    Change {
        post: u8,
        what: u8,
        how: u8,
    },
    /// Two posts change places.
    Swap(u8, u8),
    Delete(u8),
    Restore(u8),
    /// A post's front matter breaks, and its file may move (1).
    Break(u8, u8),
    /// A post is left out: a draft, of the future, empty, a link that leads nowhere; its file may move (4).
    Hide(u8, u8),
    Mend(u8),
    /// A post's file is copied, with its date and title, and tells of something else in one word.
    Copy(u8, u8),
    MoveStore,
    LoseLock,
    LoseManifest,
    /// Days that pass; less than nothing where a clock is set back.
    Pass(i8),
    Build,
    Run,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<u8>().prop_map(Step::Write),
        2 => any::<u8>().prop_map(Step::Edit),
        8 => (any::<u8>(), 1_u8..8, any::<u8>())
            .prop_map(|(post, what, how)| Step::Change { post, what, how }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(one, other)| Step::Swap(one, other)),
        2 => any::<u8>().prop_map(Step::Delete),
        2 => any::<u8>().prop_map(Step::Restore),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(post, how)| Step::Break(post, how)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(post, how)| Step::Hide(post, how)),
        2 => any::<u8>().prop_map(Step::Mend),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(post, how)| Step::Copy(post, how)),
        1 => Just(Step::MoveStore),
        1 => Just(Step::LoseLock),
        1 => Just(Step::LoseManifest),
        2 => (-3_i8..20).prop_map(Step::Pass),
        5 => Just(Step::Build),
        5 => Just(Step::Run),
    ]
}
