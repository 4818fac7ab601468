//! The lines of the lock by path: those of the file as read, overlaid with changes. A large blog has a hundred thousand
//! of them, and a run changes a few.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::iter;

use memchr::memchr;

use crate::post::compose;

/// Tombstone in the column `published` of a post that left its path; the column `title` then holds its new path.
pub(super) const MOVED: &str = "moved";

/// The line of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) path: &'a str,
    pub(super) published: &'a str,
    pub(super) title: &'a str,
    pub(super) id: &'a str,
}

/// The lines of posts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lines {
    text: String,
    /// The offsets of the posts' lines in the text, sorted by path; each path once.
    read: Vec<usize>,
    /// The lines that have changed or come since, by path.
    changed: BTreeMap<Box<str>, Box<str>>,
    /// Lines that an earlier run could not write, of paths that the file gives to other ids.
    beside: Vec<Box<str>>,
}

impl<'a> Line<'a> {
    /// Parses a line; `None` if it has fewer or more fields.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let mut rest = Some(line);
        let mut field = || {
            let text = rest?;
            let end = memchr(b'\t', text.as_bytes());
            rest = end.map(|end| &text[end + 1..]);
            Some(&text[..end.unwrap_or(text.len())])
        };
        let line = Self {
            path: field()?,
            published: field()?,
            title: field()?,
            id: field()?,
        };
        field().is_none().then_some(line)
    }

    /// Whether its post has left this path.
    pub(super) fn is_moved(&self) -> bool {
        self.published == MOVED
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            published,
            title,
            id,
        } = self;
        write!(f, "{path}\t{published}\t{title}\t{id}")
    }
}

impl Lines {
    /// Parses the lines that begin at these offsets. Of several lines of a path with one id, the last counts.
    ///
    /// # Errors
    /// The offset of a second line of a path with another id.
    pub(super) fn parse(text: &str, starts: Vec<usize>) -> Result<Self, usize> {
        let mut lines = Self {
            text: text.to_owned(),
            read: starts,
            changed: BTreeMap::new(),
            beside: Vec::new(),
        };
        let path = |start: &usize| lines.text[*start..].split('\t').next().unwrap_or_default();
        if !lines.read.is_sorted_by(|a, b| path(a) < path(b)) {
            let mut sorted = std::mem::take(&mut lines.read);
            sorted.sort_by(|a, b| path(a).cmp(path(b)));
            let twice = |a: &usize, b: &usize| {
                lines
                    .line(*a)
                    .zip(lines.line(*b))
                    .filter(|(a, b)| a.path == b.path)
            };
            let apart = sorted
                .windows(2)
                .filter(|pair| twice(&pair[0], &pair[1]).is_some_and(|(a, b)| a.id != b.id));
            if let Some(second) = apart.map(|pair| pair[1]).min() {
                return Err(second);
            }
            let last = |at: usize| {
                sorted
                    .get(at + 1)
                    .is_none_or(|next| twice(&sorted[at], next).is_none())
            };
            lines.read = (0..sorted.len())
                .filter(|at| last(*at))
                .map(|at| sorted[at])
                .collect();
        }
        Ok(lines)
    }

    pub(super) fn get(&self, path: &str) -> Option<Line<'_>> {
        if let Some(line) = self.changed.get(path) {
            return Line::parse(line);
        }
        let start = self.read.binary_search_by(|start| {
            let text = &self.text.as_bytes()[*start..];
            let end = memchr(b'\t', text).unwrap_or(text.len());
            text[..end].cmp(path.as_bytes())
        });
        self.line(self.read[start.ok()?])
    }

    /// Puts a line in the place of that of its path, or beside the others.
    pub(super) fn put(&mut self, line: Line<'_>) {
        if self.get(line.path) != Some(line) {
            self.changed
                .insert(line.path.into(), line.to_string().into());
        }
    }

    /// All lines, sorted by path.
    pub(super) fn iter(&self) -> impl Iterator<Item = Line<'_>> {
        let read = self.read.iter().filter_map(|start| self.line(*start));
        let mut read = read
            .filter(|line| !self.changed.contains_key(line.path))
            .peekable();
        let mut changed = self
            .changed
            .values()
            .filter_map(|line| Line::parse(line))
            .peekable();
        iter::from_fn(move || match (read.peek(), changed.peek()) {
            (Some(old), Some(new)) if old.path < new.path => read.next(),
            (_, Some(_)) => changed.next(),
            (_, None) => read.next(),
        })
    }

    /// All lines, including those kept beside the paths.
    pub(super) fn all(&self) -> impl Iterator<Item = Line<'_>> {
        let beside = self.beside.iter().filter_map(|line| Line::parse(line));
        self.iter().chain(beside)
    }

    /// Takes the lines that an earlier run could not write, and returns their ids. The file wins if it has learned an
    /// id since, or always had the path.
    pub(super) fn recall(&mut self, unkept: &[String]) -> HashSet<String> {
        if unkept.is_empty() {
            return HashSet::new();
        }
        let known: HashSet<String> = self.iter().map(|line| line.id.to_owned()).collect();
        let mut recalled = HashSet::new();
        for text in unkept {
            let Some(line) = Line::parse(text).filter(|line| !known.contains(line.id)) else {
                continue;
            };
            recalled.insert(line.id.to_owned());
            match self.get(line.path) {
                None => self.put(line),
                Some(_) => self.beside.push(text.as_str().into()),
            }
        }
        recalled
    }

    /// The lines whose ids the file that was read lacks: they are lost if it cannot be written.
    pub(super) fn unkept(&self) -> Vec<String> {
        if self.changed.is_empty() && self.beside.is_empty() {
            return Vec::new();
        }
        let mut known: HashSet<&str> = HashSet::with_capacity(self.read.len());
        for start in &self.read {
            if let Some(line) = self.line(*start) {
                known.insert(line.id);
            }
        }
        let mut unkept: Vec<Line<'_>> = Vec::new();
        for lines in [
            self.changed.values().collect::<Vec<_>>(),
            self.beside.iter().collect(),
        ] {
            let lines = lines.into_iter().filter_map(|line| Line::parse(line));
            unkept.extend(lines.filter(|line| !known.contains(line.id)));
            known.extend(unkept.iter().map(|line| line.id));
        }
        unkept.iter().map(ToString::to_string).collect()
    }

    /// An upper bound of their number.
    pub(super) fn len(&self) -> usize {
        self.read.len() + self.changed.len()
    }

    /// Whether the file already has exactly this text below these first lines.
    pub(super) fn is_as_read(&self, head: &str) -> bool {
        let length = |start: &usize| line_at(&self.text, *start).len() + 1;
        self.changed.is_empty()
            && self.text.starts_with(head)
            && self.read.is_sorted()
            && head.len() + self.read.iter().map(length).sum::<usize>() == self.text.len()
    }

    fn line(&self, start: usize) -> Option<Line<'_>> {
        Line::parse(line_at(&self.text, start))
    }
}

/// Composes the accents in the paths and titles of a lock, since some file systems take them apart. Ids stay as they
/// are, because they are compared byte by byte.
pub(super) fn compose_lines(text: &str) -> Cow<'_, str> {
    if matches!(compose(text), Cow::Borrowed(_)) {
        return text.into();
    }
    let mut whole = String::with_capacity(text.len());
    for part in text.split_inclusive('\n') {
        let (line, end) = part.split_at(part.trim_end_matches(['\n', '\r']).len());
        let Some(line) = Line::parse(line) else {
            whole.push_str(part);
            continue;
        };
        let (path, title) = (compose(line.path), compose(line.title));
        let line = Line {
            path: &path,
            title: &title,
            ..line
        };
        // A tombstone that only records another form of the accents is dropped; its place stays for the count.
        if !(line.is_moved() && path == title) {
            whole.push_str(&line.to_string());
        }
        whole.push_str(end);
    }
    whole.into()
}

/// The line that begins at this offset.
fn line_at(text: &str, start: usize) -> &str {
    let end = memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |length| start + length);
    let line = &text[start..end];
    line.strip_suffix('\r').unwrap_or(line)
}
