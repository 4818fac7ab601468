//! `tidings.lock`, pure: which id a post has, for ever.
//!
//! | word | is |
//! |---|---|
//! | line | what the lock says of a post: path, published, title, id |
//! | tombstone | the line of a path that its post has left: it says where the post went |
//! | taken | an id that a post of this build has ([`given`]) |
//! | vanished | an id whose post the last build had, and this one has not ([`vanished`]) |
//! | dead | an id whose post was gone at the last build already |
//! | held | an id that is kept for a post which is left out today |
//! | refused | a post that gets no id in this build, and is left out |
//! | unclear | why a post is refused to which two answers fit: a person is asked ([`unclear`]) |
//! | absence | why the file where a post was is no post today ([`Absence`]) |
//! | past | what the manifest knows of the last build, and texts ([`Past`]) |

mod alike;
mod asking;
mod assign;
mod claims;
mod copied;
mod given;
mod lines;
mod moved;
mod past;
mod unclear;
mod vanished;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};

use crate::finding::{Finding, Rule};
use crate::html::make_legal;

pub use past::{Absence, Past};

use lines::{Line, Lines};

/// Every id that was ever given, and the store that began each digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    authority: Option<String>,
    /// The path of a site below the root of its host, as `/blog`; empty at the root.
    place: String,
    posts: Lines,
    /// The store of each digest.
    digests: BTreeMap<String, String>,
    /// By folder: the id of a feed that another generator gave.
    feeds: BTreeMap<String, String>,
    /// The paths whose front matter names the id.
    named: BTreeSet<String>,
    changes: Changes,
}

/// The changes of ids since the file was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The ids of posts that had none before.
    pub new: BTreeSet<String>,
    /// Posts that kept their id though their file has another path: the old one and the new one.
    pub renamed: Vec<(String, String)>,
    /// The new paths of moved posts that only a comparison with vanished ones could match.
    pub moved: BTreeSet<String>,
    /// The paths of known posts that have another id now, so that readers see them as unread.
    pub repeated: BTreeSet<String>,
    /// The paths of posts that took the id of an old feed.
    pub adopted: BTreeSet<String>,
    /// The paths of posts with an id that an earlier run could not write, and that no other machine would mint for them.
    pub unminted: BTreeSet<String>,
}

/// A post that asks for its id.
#[derive(Debug, Clone, Copy)]
pub struct Unnamed<'a> {
    /// The file below the folder of posts.
    pub path: &'a str,
    /// The instant of its publication.
    pub published: DateTime<Utc>,
    /// The title, which its line keeps beside the instant.
    pub title: &'a str,
    /// The id in its front matter.
    pub id: Option<&'a str>,
}

const FORBIDDEN: &str = "the line holds a character that no feed may hold";
/// The first field of a line that names the store of a digest.
const DIGEST: &str = "#digest";
/// The first field of a line that gives a feed the id of an earlier feed.
const FEED: &str = "#feed";

impl Lock {
    /// Parses the text of a lock.
    ///
    /// # Errors
    /// A finding with its line: an empty or cut file, conflict markers, a malformed line, one path with two ids.
    pub fn parse(text: &str) -> Result<Self, Finding> {
        let mut lock = Self::default();
        let text = &*lines::compose_lines(text);
        let whole = text;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if !text.ends_with('\n') {
            let message = if text.is_empty() {
                "the lock is empty"
            } else {
                "the lock is cut short"
            };
            return Err(Finding::error(Rule::LockBroken, message)
                .at_line(text.lines().count().max(1))
                .hint(
                    "take the file back from version control; without it every id is given anew",
                ));
        }
        let broken = |number: usize, message: String| {
            Finding::error(Rule::LockBroken, message)
                .at_line(number + 1)
                .hint("take the file back from version control, or mend the line")
        };
        let is_control = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r');
        if let Some(at) = text.find(is_control) {
            let number = text[..at].matches('\n').count();
            return Err(broken(number, FORBIDDEN.to_owned()));
        }
        let mut starts = Vec::new();
        let mut start = whole.len() - text.len();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let here = start;
            start += line.len();
            let line = line.trim_end_matches('\n');
            let line = line.strip_suffix('\r').unwrap_or(line);
            let at = |message: String| broken(number, message);
            if let Some(read) = Line::parse(line).filter(|_| number > 0) {
                if make_legal(read.id) != read.id {
                    return Err(at(FORBIDDEN.to_owned()));
                }
                starts.push(here);
                continue;
            }
            if is_conflict_marker(line) {
                return Err(at("the lock holds a conflict marker".to_owned()));
            }
            match line.split('\t').collect::<Vec<_>>()[..] {
                [first] if number == 0 && url::Host::parse(split_place(first).0).is_ok() => {
                    lock.begin_site(first);
                }
                _ if number == 0 => return Err(at("the first line is no host".to_owned())),
                [""] => {}
                // A union of two branches may bring the first line twice.
                [first] if lock.first_line() == first => {}
                [DIGEST, digest, store] => {
                    _ = lock.digests.insert(digest.to_owned(), store.to_owned());
                }
                [FEED, folder, id] => {
                    let folder = folder.trim_start_matches('/').to_owned();
                    if lock
                        .feeds
                        .insert(folder, id.to_owned())
                        .is_some_and(|other| other != id)
                    {
                        return Err(at(format!(
                            "the feed `{}` has two ids",
                            line.split('\t').nth(1).unwrap_or_default()
                        )));
                    }
                }
                _ => return Err(at("this is no line of a lock".to_owned())),
            }
        }
        lock.posts = Lines::parse(whole, starts).map_err(|start| {
            let path = whole[start..].split('\t').next().unwrap_or_default();
            broken(
                whole[..start].matches('\n').count(),
                format!("`{path}` has two ids"),
            )
        })?;
        Ok(lock)
    }

    /// The file's text: the site, the digests, the feeds, then the posts by path.
    pub fn to_text(&self) -> String {
        let mut text = self.head();
        for line in self.posts.iter() {
            text.push_str(&format!("{line}\n"));
        }
        text
    }

    /// Whether the file that was read has just this text.
    pub fn is_as_read(&self) -> bool {
        self.posts.is_as_read(&self.head())
    }

    /// The line that names the store of a digest.
    pub fn line_of_digest(digest: &str, store: &str) -> String {
        format!("{DIGEST}\t{digest}\t{store}")
    }

    /// The line that gives a feed an id; the folder of the main feed is empty.
    pub fn line_of_feed(folder: &str, id: &str) -> String {
        format!("{FEED}\t/{folder}\t{id}")
    }

    fn head(&self) -> String {
        let mut text = self.first_line() + "\n";
        for (digest, store) in &self.digests {
            text.push_str(&(Self::line_of_digest(digest, store) + "\n"));
        }
        for (folder, id) in &self.feeds {
            text.push_str(&(Self::line_of_feed(folder, id) + "\n"));
        }
        text
    }

    /// Every id that a line gives.
    pub fn ids(&self) -> HashSet<&str> {
        self.posts.iter().map(|line| line.id).collect()
    }

    /// The ids of posts that the last build had, or may have had if it is not known, and that are not among these ids.
    pub fn find_vanished(&self, ids: &HashSet<&str>, past: &dyn Past) -> Vec<String> {
        let is_gone =
            |id: &&str| !ids.contains(id) && (past.before(id).is_some() || !past.is_known());
        let gone: BTreeSet<&str> = self
            .posts
            .all()
            .map(|line| line.id)
            .filter(is_gone)
            .collect();
        gone.into_iter().map(str::to_owned).collect()
    }

    /// The lines whose ids the file that was read lacks.
    pub fn unkept(&self) -> Vec<String> {
        self.posts.unkept()
    }

    /// When the post of this path was published, by its line.
    pub fn published(&self, path: &str) -> Option<DateTime<Utc>> {
        self.posts.get(path)?.published.parse().ok()
    }

    /// The ids of the lines with these paths.
    pub fn ids_at<'a>(&'a self, paths: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let lines = paths.into_iter().filter_map(|path| self.posts.get(path));
        lines.map(|line| line.id).collect()
    }

    /// The paths of the posts that were at one of these paths, or below one that ends in a slash.
    pub fn paths_at(&self, places: &HashSet<&str>) -> Vec<String> {
        if places.is_empty() {
            return Vec::new();
        }
        let is_there = |path: &str| {
            let mut folders = path.match_indices('/').map(|(end, _)| &path[..=end]);
            places.contains(path) || folders.any(|folder| places.contains(folder))
        };
        let lines = self.posts.all().filter(|line| !line.is_moved());
        let paths = lines.map(|line| line.path).filter(|path| is_there(path));
        paths.map(str::to_owned).collect()
    }

    /// Gives a post the id that it had in an old feed. Returns whether that changed it. An id in front matter stays.
    pub fn adopt(&mut self, path: &str, id: &str) -> bool {
        let id = strip_controls(id);
        let known = self
            .posts
            .get(path)
            .filter(|line| line.id != id && !self.named.contains(path));
        let Some(line) = known.map(|line| line.to_string()) else {
            return false;
        };
        let Some(line) = Line::parse(&line) else {
            return false;
        };
        // An id that was minted just now was never published.
        if !self.changes.new.remove(line.id) {
            self.changes.repeated.insert(path.to_owned());
        }
        self.posts.put(Line { id: &id, ..line });
        self.changes.adopted.insert(path.to_owned());
        true
    }

    /// Gives a feed the id that it had elsewhere; the folder of the main feed is empty.
    pub fn adopt_feed(&mut self, folder: &str, id: &str) {
        self.feeds
            .insert(folder.to_owned(), strip_controls(id).into_owned());
    }

    /// Whether there is a line of a post at this path, and no tombstone.
    pub fn has_post_at(&self, path: &str) -> bool {
        self.posts.get(path).is_some_and(|line| !line.is_moved())
    }

    /// The id that a line gives a feed, mostly one from elsewhere.
    pub fn given_feed_id(&self, folder: &str) -> Option<&str> {
        self.feeds.get(folder).map(String::as_str)
    }

    /// The id of a feed: that of its line, else one that does not change with its address.
    pub fn feed_id(&self, folder: &str) -> String {
        let given = self.given_feed_id(folder).map(str::to_owned);
        given.unwrap_or_else(|| mint_feed_id(&self.first_line(), folder))
    }

    /// The changes of ids since the file was read.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Notes the site at the first mint: its authority, and its path where it lies below the root of the host.
    fn begin_site(&mut self, first_line: &str) {
        let (authority, place) = split_place(first_line);
        self.authority = Some(authority.to_owned());
        place.clone_into(&mut self.place);
    }

    /// The line that names the site of the ids.
    pub fn first_line(&self) -> String {
        format!("{}{}", self.authority(), self.place)
    }

    /// The authority of every id that is minted: the site's host at the first mint.
    pub fn authority(&self) -> &str {
        self.authority.as_deref().unwrap_or_default()
    }

    /// The store that began this digest.
    pub fn began(&self, digest: &str) -> Option<&str> {
        self.digests.get(digest).map(String::as_str)
    }

    /// The first digest that some store began, and that store.
    pub fn first_begun(&self) -> Option<(&str, &str)> {
        let (digest, store) = self.digests.first_key_value()?;
        Some((digest, store))
    }

    /// Whether this store began a digest.
    pub fn names_store(&self, store: &str) -> bool {
        self.digests.values().any(|began| began == store)
    }

    /// Moves the line of a digest to its new name. Returns whether there was one.
    pub fn rename_digest(&mut self, was: &str, name: &str) -> bool {
        let Some(store) = self.digests.remove(was) else {
            return false;
        };
        self.digests.entry(name.to_owned()).or_insert(store);
        true
    }

    /// Records the store that began this digest.
    pub fn begin(&mut self, digest: &str, store: &str) {
        self.digests.insert(digest.to_owned(), store.to_owned());
    }
}

/// Splits the first line of a lock into the authority and the path of the site.
fn split_place(first_line: &str) -> (&str, &str) {
    first_line.split_at(first_line.find('/').unwrap_or(first_line.len()))
}

/// Mints the id of a feed for the site of this first line. Sites of one host differ by their paths.
pub(crate) fn mint_feed_id(first_line: &str, folder: &str) -> String {
    let (authority, place) = split_place(first_line);
    let folder: String = url::form_urlencoded::byte_serialize(folder.as_bytes()).collect();
    format!(
        "tag:{authority},2000:feed{place}/{}",
        folder.replace("%2F", "/")
    )
}

/// Whether a line is a conflict marker of git: its signs are followed by a name or by nothing.
fn is_conflict_marker(line: &str) -> bool {
    let is_sign = |sign: &str| {
        line.strip_prefix(sign)
            .is_some_and(|name| name.is_empty() || name.starts_with(' '))
    };
    !line.contains('\t')
        && ["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
            .into_iter()
            .any(is_sign)
}

/// Replaces control characters, among them the signs between fields and between lines.
fn strip_controls(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        text.replace(char::is_control, " ").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests;
