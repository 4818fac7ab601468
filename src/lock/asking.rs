//! The posts that ask for ids, and the questions that several steps of the assignment put about them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::lock::Unnamed;
use crate::lock::given::mint;
use crate::lock::lines::Line;
use crate::lock::past::Past;
use crate::lock::unclear::Unclear;
use crate::post::{Likeness, Signature};

/// The most posts that are named, with a line each, of those that a post may be.
const MOST_NAMED: usize = 5;

/// The posts that ask for ids, with everything known about them beside the lines.
pub(super) struct Asking<'a> {
    pub(super) posts: &'a [Unnamed<'a>],
    /// The authority that mints ids.
    pub(super) authority: &'a str,
    /// Their instants and titles as the lock writes them.
    pub(super) lines: &'a [(String, Cow<'a, str>)],
    pub(super) past: &'a dyn Past,
    /// The path of each id: the last place of its post.
    pub(super) known: &'a HashMap<&'a str, &'a str>,
    /// The paths of the posts.
    pub(super) here: &'a HashSet<&'a str>,
    /// The texts of files that are left out and may be vanished posts, and that are not what the lock knows at their paths.
    pub(super) hidden: Vec<Signature>,
}

/// The one of two ids that a post has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdChoice {
    /// The id in the line of its path.
    Own,
    /// The id in the line with its instant and title.
    Alike,
    Unclear,
}

impl Asking<'_> {
    /// The line of a post but for its id.
    pub(super) fn line(&self, number: usize) -> Line<'_> {
        let (published, title) = &self.lines[number];
        Line {
            path: self.posts[number].path,
            published,
            title,
            id: "",
        }
    }

    /// Whether a post is at the last path of the post with this id.
    pub(super) fn is_here(&self, id: &str) -> bool {
        self.known
            .get(id)
            .is_some_and(|path| self.here.contains(path))
    }

    /// Whether the post with this id was neither in the last build nor is at its path: its line is asked last.
    pub(super) fn is_dead(&self, id: &str) -> bool {
        !self.is_here(id) && self.past.is_known() && self.past.before(id).is_none()
    }

    /// Whether a file that is no post today may be the post of this id, at its path or elsewhere, though another asks.
    pub(super) fn is_hidden(&self, id: &str) -> bool {
        let path = self.known.get(id);
        if path.is_some_and(|path| self.past.may_be_at(path, id)) {
            return true;
        }
        let Some(before) = self.past.before(id).filter(|_| !self.hidden.is_empty()) else {
            return false;
        };
        self.hidden.iter().any(|now| before.compare(*now).is_same())
    }

    /// Whether a post cannot be the one of this id without a person's word, though it has the instant and title of its
    /// line: a post that was left out may have the id, or the post of the id was gone at the last build and the text is not
    /// what it was, so that another may have been given its instant and title since.
    pub(super) fn is_disputed(&self, number: usize, id: &str) -> bool {
        // Of a line that no build has published, as a digest by hand adds it, no text is known.
        let is_rewritten = || {
            self.past.earlier(id).is_some_and(|earlier| {
                let now = self.past.now(number);
                !now.is_some_and(|now| earlier.compare(now).is_same())
            })
        };
        self.past.before(id) == Some(Signature::UNKNOWN)
            || self.is_hidden(id)
            || self.is_dead(id) && is_rewritten()
    }

    /// The last path of the post with this id. Its line has a number behind it where another post has taken that path.
    pub(super) fn path_of(&self, id: &str) -> &str {
        let path = self.known.get(id).copied().unwrap_or_default();
        let numbered = path.rsplit_once(';');
        let numbered = numbered.filter(|(_, number)| number.parse::<u32>().is_ok());
        numbered.map_or(path, |(file, _)| file)
    }

    /// The id that a post gets if it is new.
    pub(super) fn mint(&self, number: usize) -> String {
        match mint(self.authority, &self.posts[number]) {
            new if self.known.contains_key(&*new) => format!("{new};2"),
            new => new,
        }
    }

    /// Asks whether a post is one of these, which are gone, or a new one.
    pub(super) fn ask_whether_moved(&self, number: usize, gone: &[&str]) -> Unclear {
        let mut unclear = self.ask_without_holding(number, gone);
        // Held, a dead one would count as vanished since the last build, and the next one would not ask.
        let held = gone.iter().filter(|id| !self.is_dead(id));
        unclear.held = held.map(|id| (*id).to_owned()).collect();
        unclear
    }

    /// Asks the same, where another post holds these ids already.
    pub(super) fn ask_without_holding(&self, number: usize, gone: &[&str]) -> Unclear {
        let named = gone.iter().take(MOST_NAMED);
        let named: Vec<(&str, &str)> = named.map(|id| (self.path_of(id), *id)).collect();
        let fate = match gone {
            _ if named.iter().any(|(path, _)| self.here.contains(path)) => {
                "is not where it was".to_owned()
            }
            [_] => self.past.describe_fate(named[0].0),
            _ => "is gone".to_owned(),
        };
        let (line, new) = (self.line(number), self.mint(number));
        let others = gone.len() - named.len();
        Unclear::moved_or_new(number, &line, &named, others, (&fate, &new))
    }

    /// Compares the text of a post with the text that the post of this id had.
    pub(super) fn compare_texts(&self, number: usize, id: &str) -> Option<Likeness> {
        let before = self.past.before(id);
        let before = before.filter(|text| *text != Signature::UNKNOWN)?;
        Some(before.compare(self.past.now(number)?))
    }

    /// Whether the last build had this id and the text of the post does not show that it is that post.
    pub(super) fn is_another(&self, number: usize, id: &str) -> bool {
        let texts = self.past.before(id).zip(self.past.now(number));
        let likeness = texts.map(|(before, now)| before.compare(now));
        matches!(likeness, Some(Likeness::Other | Likeness::Unknown))
    }

    /// Decides the id of a post that is at the path of one line and has the instant and title of another, vanished one.
    pub(super) fn choose(&self, number: usize, own: &str, alike: &str) -> IdChoice {
        let (Some(own), Some(alike)) = (
            self.compare_texts(number, own),
            self.compare_texts(number, alike),
        ) else {
            return IdChoice::Unclear;
        };
        if own.is_same() && !alike.is_same() {
            IdChoice::Own
        } else {
            IdChoice::Alike
        }
    }
}
