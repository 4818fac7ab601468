//! Posts whose earlier id is not clear: each is left out and reported, with the lines that decide.

use crate::finding::{Finding, Rule};
use crate::lock::lines::Line;

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
        let hint = format!(
            "add one of these lines to the lock, its fields parted by tabs, or the line's id to the front matter; \
             the last is for a new post\n{}",
            write_lines(post, ids)
        );
        Self::new(number, message, hint, Vec::new())
    }

    /// Reports a post that may be the one that had this path on its day, unknown to the lock by now, or a new one.
    pub(super) fn back_or_new(number: usize, post: &Line<'_>, old: &str, new: &str) -> Self {
        let message = "a post that is gone had this path on this day, and the lock has no line of it: this may be that \
                       post, or a new one: it is left out until you say";
        let hint = format!(
            "add one of these lines to the lock, its fields parted by tabs, or the line's id to the front matter; \
             the last is for a new post\n{}",
            write_lines(post, [old, new])
        );
        Self::new(number, message, hint, Vec::new())
    }

    /// Reports a post at the path of one that was gone at the last build, with which it has nothing else in common: that
    /// post, rewritten, or a new one.
    pub(super) fn rewritten_or_new(number: usize, post: &Line<'_>, old: &str, new: &str) -> Self {
        let message = "a post that is gone had this path, and neither its date, its title nor its text: this may be that post, \
                       rewritten, or a new one: it is left out until you say";
        let hint = format!(
            "put one of these lines in the place of that of its path in the lock, its fields parted by tabs, or the \
             line's id into the front matter; the last is for a new post\n{}",
            write_lines(post, [old, new])
        );
        Self::new(number, message, hint, Vec::new())
    }

    /// Reports a post that may be the one published at `path` with this id, as `others` may be, or a new one.
    pub(super) fn copied_or_moved(
        number: usize,
        post: &Line<'_>,
        published: (&str, &str),
        others: &[&str],
        new: &str,
    ) -> Self {
        let (path, id) = published;
        let others: Vec<String> = others.iter().map(|path| format!("`{path}`")).collect();
        let message = format!(
            "this or {} is the post that was published as `{path}`, and the other is new: both are left out until you \
             say",
            others.join(" or "),
        );
        let hint = format!(
            "put one of these lines into the lock, in the place of that of its path where there is one, its fields \
             parted by tabs, or the line's id into the front matter; the last is for a new post\n{}",
            write_lines(post, [id, new])
        );
        Self::new(number, message, hint, vec![id.to_owned()])
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
        let hint = format!(
            "put one of these lines in the place of that of its path in the lock, its fields parted by tabs, or the \
             line's id into the front matter; the first is for the post that was here\n{}",
            write_lines(post, [own, gone.1])
        );
        Self::new(
            number,
            message,
            hint,
            vec![own.to_owned(), gone.1.to_owned()],
        )
    }
}

/// Writes the line of a post with each of these ids.
fn write_lines<'a>(post: &Line<'_>, ids: impl IntoIterator<Item = &'a str>) -> String {
    let lines = ids.into_iter().map(|id| Line { id, ..*post }.to_string());
    lines.collect::<Vec<_>>().join("\n")
}
