//! Posts whose earlier id is not clear: each is left out and reported, with the lines that decide.

use crate::finding::{Finding, Rule};
use crate::lock::lines::Line;

const NEW_IS_LAST: &str = "the last is for a new post";

/// A post whose earlier id is not clear.
pub(super) struct Unclear {
    pub(super) number: usize,
    pub(super) finding: Finding,
    /// The ids that it may have.
    pub(super) held: Vec<String>,
}

impl Unclear {
    fn new(number: usize, message: impl Into<String>, hint: String, held: Vec<String>) -> Self {
        Self {
            number,
            finding: Finding::error(Rule::PostUnclear, message).hint(hint),
            held,
        }
    }

    /// Reports a post that may be one of `first`, by path and id, or of so many `others`, which all have this fate, or a
    /// new one. `post` is its line, here and below, without its id.
    pub(super) fn moved_or_new(
        number: usize,
        post: &Line<'_>,
        first: &[(&str, &str)],
        others: usize,
        (fate, new): (&str, &str),
    ) -> Self {
        let mut names: Vec<String> = first.iter().map(|(path, _)| format!("`{path}`")).collect();
        if others > 0 {
            names.push(format!("one of {others} others"));
        }
        let ids = first.iter().map(|(_, id)| *id).chain([new]);
        let message = format!(
            "this may be {}, which {fate}, or a new post: it is left out until you say",
            names.join(" or ")
        );
        let hint = match others {
            0 => NEW_IS_LAST.to_owned(),
            _ => format!("{NEW_IS_LAST}; so may be a line with the id of another that is gone"),
        };
        let hint = write_hint(&hint, post, ids);
        Self::new(number, message, hint, Vec::new())
    }

    /// Reports a post that may be the one that had this path on its day, unknown to the lock by now, or a new one.
    pub(super) fn back_or_new(number: usize, post: &Line<'_>, old: &str, new: &str) -> Self {
        let message = "a post that is gone had this path on this day, and the lock has no line of it: this may be that \
                       post, or a new one: it is left out until you say";
        let hint = write_hint(NEW_IS_LAST, post, [old, new]);
        Self::new(number, message, hint, Vec::new())
    }

    /// Reports a post at the path of one that was gone at the last build, with which it has nothing else in common: that
    /// post, rewritten, or a new one.
    pub(super) fn rewritten_or_new(number: usize, post: &Line<'_>, old: &str, new: &str) -> Self {
        let message = "a post that is gone had this path, and neither its date, its title nor its text: this may be that post, \
                       rewritten, or a new one: it is left out until you say";
        let hint = write_hint(NEW_IS_LAST, post, [old, new]);
        Self::new(number, message, hint, Vec::new())
    }

    /// Reports a post that may be the one published at `path` with the first of these ids, as `others` may be, or the
    /// one of another id, or a new one.
    pub(super) fn copied_or_moved(
        number: usize,
        post: &Line<'_>,
        path: &str,
        (ids, new): (&[&str], &str),
        others: &[&str],
    ) -> Self {
        let others: Vec<String> = others.iter().map(|path| format!("`{path}`")).collect();
        let message = format!(
            "this or {} is the post that was published as `{path}`: they are left out until you say",
            others.join(" or "),
        );
        let hint = write_hint(NEW_IS_LAST, post, ids.iter().copied().chain([new]));
        let held = ids.iter().map(|id| (*id).to_owned());
        Self::new(number, message, hint, held.collect())
    }

    /// Reports a post that may be the one that stood at its path, edited, or the one of `gone`, by path and id, moved here.
    pub(super) fn edited_or_moved(
        number: usize,
        post: &Line<'_>,
        own: &str,
        gone: (&str, &str),
    ) -> Self {
        let message = format!(
            "this has the date and title of `{}`, which is gone: it may be that post, or the one that was here, \
             edited: it is left out until you say",
            gone.0
        );
        let hint = write_hint(
            "the first is for the post that was here",
            post,
            [own, gone.1],
        );
        Self::new(
            number,
            message,
            hint,
            vec![own.to_owned(), gone.1.to_owned()],
        )
    }
}

/// Writes the hint of how to answer, with the line of the post for each of these ids. A line that was replaced would take
/// an id along that another post may have.
fn write_hint<'a>(last: &str, post: &Line<'_>, ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut hint = format!(
        "put one of these lines into the lock, its fields parted by tabs, or the line's id into the front matter; \
         another line of this path stays, with `;2` behind the path; {last}"
    );
    for id in ids {
        hint.push_str(&format!("\n{}", Line { id, ..*post }));
    }
    hint
}
