//! The questions that the assignment asks beside the lock.

use chrono::{DateTime, Utc};

use crate::post::{Likeness, Signature};

/// Why the file where a post was is no post today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// An error leaves it out, or it cannot be read: it may be the post, whatever its text.
    Broken,
    /// Its author leaves it out, for this reason, as a draft: it is the post unless its text is another.
    LeftOut(&'static str),
    /// It leads to another page, where the post may be.
    LeadsOn,
}

/// The last build, and the texts of today: asked only if the lock alone does not answer.
pub trait Past {
    /// Whether the last build is known at all.
    fn is_known(&self) -> bool;
    /// The text that the post of this id had at the last build; `None` if that build had no such post.
    fn before(&self, id: &str) -> Option<Signature>;
    /// The last text of a post that an earlier build had and the last one had not.
    fn earlier(&self, id: &str) -> Option<Signature>;
    /// Whether the last build had several posts with this text.
    fn is_shared(&self, text: Signature) -> bool;
    /// Whether some build has published a post of this id.
    fn was_published(&self, id: &str) -> bool;
    /// The text of the post of this number.
    fn now(&self, number: usize) -> Option<Signature>;
    /// Whether this instant begins a day, as that of a date without a time does.
    fn is_day(&self, instant: DateTime<Utc>) -> bool;
    /// Why the file at this path is no post today; none where there is no such file.
    fn absence(&self, path: &str) -> Option<Absence>;
    /// The text of the file at this path, which is no post today; none where there is no such file.
    fn absent(&self, path: &str) -> Option<Signature>;
    /// The paths of the files that may be posts which vanished: an error leaves them out, or their author does and the last
    /// build had no such file.
    fn possible_posts(&self) -> &[String];
    /// The lines that the lock could not be given.
    fn unkept(&self) -> &[String];
}

impl dyn Past + '_ {
    /// The last text that the post of this id had in any build.
    pub(super) fn last(&self, id: &str) -> Option<Signature> {
        self.before(id).or_else(|| self.earlier(id))
    }

    /// Whether the file at this path, which is no post today, may have the text of the post of this id: it is not known
    /// to have another.
    pub(super) fn may_have_text(&self, path: &str, id: &str) -> bool {
        let Some(now) = self.absent(path) else {
            return false;
        };
        let last = self.last(id);
        last.is_none_or(|last| last.compare(now) != Likeness::Other)
    }

    /// Whether the file at this path, which is no post today, has the text that the post of this id had; if that text is
    /// not known, any file counts.
    pub(super) fn stands_as_published(&self, path: &str, id: &str) -> bool {
        let Some(now) = self.absent(path) else {
            return false;
        };
        let last = self.last(id);
        last.is_none_or(|last| last.compare(now).is_same())
    }

    /// Whether the post of this id may be at its path and be left out today, by an error or its author.
    pub(super) fn may_be_at(&self, path: &str, id: &str) -> bool {
        match self.absence(path) {
            Some(Absence::Broken) => true,
            Some(Absence::LeftOut(_)) => self.may_have_text(path, id),
            Some(Absence::LeadsOn) | None => false,
        }
    }

    /// Describes the fate of the post that was at this path.
    pub(super) fn describe_fate(&self, path: &str) -> String {
        match self.absence(path) {
            Some(Absence::Broken) => "cannot be read".to_owned(),
            Some(Absence::LeftOut(why)) => format!("is left out today ({why})"),
            Some(Absence::LeadsOn) | None => "is gone".to_owned(),
        }
    }
}
