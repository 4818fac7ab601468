//! `tidings.lock`, pure: which id a post has, for ever.

mod lines;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, SecondsFormat, Utc};
use rayon::prelude::*;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::finding::Finding;
use crate::post::fingerprint_of;

use lines::{Line, Lines};

/// Every id that was ever given, and which store began a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    authority: Option<String>,
    posts: Lines,
    /// By digest: the store.
    digests: BTreeMap<String, String>,
    /// By folder: the id of a feed that another generator gave.
    feeds: BTreeMap<String, String>,
    /// The paths whose id stands in their front matter.
    named: BTreeSet<String>,
    changes: Changes,
}

/// What became of ids since the file was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The ids of posts that had none.
    pub new: BTreeSet<String>,
    /// Posts that kept their id though their file has another path: the old one and the new one.
    pub renamed: Vec<(String, String)>,
    /// The paths of known posts that have another id now, so that readers see them as unread.
    pub repeated: BTreeSet<String>,
    /// The paths of posts that took the id of an old feed.
    pub adopted: BTreeSet<String>,
}

/// A post that asks for its id.
#[derive(Debug, Clone, Copy)]
pub struct Unnamed<'a> {
    /// The file below the folder of posts.
    pub path: &'a str,
    /// When it was published.
    pub published: DateTime<Utc>,
    /// Its title.
    pub title: &'a str,
    /// The id of its front matter.
    pub id: Option<&'a str>,
}

/// In place of the time where a post has left its path: its id has a line of its own elsewhere, named as the title.
const MOVED: &str = "moved";
/// The first field of a line that says which store began a digest.
const DIGEST: &str = "#digest";
/// The first field of a line that says which id a feed has from elsewhere.
const FEED: &str = "#feed";

impl Lock {
    /// Reads the text of a file that was written once.
    ///
    /// # Errors
    /// A finding with its line: an empty or cut file, conflict markers, a line that is none, one path with two ids.
    pub fn parse(text: &str) -> Result<Self, Finding> {
        let mut lock = Self::default();
        let whole = text;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if !text.ends_with('\n') {
            let message = if text.is_empty() {
                "the lock is empty"
            } else {
                "the lock is cut short"
            };
            return Err(Finding::error(message)
                .at_line(text.lines().count().max(1))
                .way_out(
                    "take the file back from version control; without it every id is given anew",
                ));
        }
        let broken = |number: usize, message: String| {
            Finding::error(message)
                .at_line(number + 1)
                .way_out("take the file back from version control, or mend the line")
        };
        let mut starts = Vec::new();
        let mut start = whole.len() - text.len();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let here = start;
            start += line.len();
            let line = line.trim_end_matches('\n');
            let line = line.strip_suffix('\r').unwrap_or(line);
            if number > 0 && Line::of(line).is_some() {
                starts.push(here);
                continue;
            }
            let at = |message: String| broken(number, message);
            if is_conflict_marker(line) {
                return Err(at("the lock holds a conflict marker".to_owned()));
            }
            match line.split('\t').collect::<Vec<_>>()[..] {
                [authority] if number == 0 && url::Host::parse(authority).is_ok() => {
                    lock.authority = Some(authority.to_owned());
                }
                _ if number == 0 => return Err(at("the first line is no host".to_owned())),
                [""] => {}
                // A union of two branches may bring the first line twice.
                [authority] if lock.authority.as_deref() == Some(authority) => {}
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
        lock.posts = Lines::of(whole, starts).map_err(|start| {
            let path = whole[start..].split('\t').next().unwrap_or_default();
            broken(
                whole[..start].matches('\n').count(),
                format!("`{path}` has two ids"),
            )
        })?;
        Ok(lock)
    }

    /// The file's text: the authority, the digests, the feeds, then the posts by path.
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

    fn head(&self) -> String {
        let mut text = format!("{}\n", self.authority.as_deref().unwrap_or_default());
        for (digest, store) in &self.digests {
            text.push_str(&format!("{DIGEST}\t{digest}\t{store}\n"));
        }
        for (folder, id) in &self.feeds {
            text.push_str(&format!("{FEED}\t/{folder}\t{id}\n"));
        }
        text
    }

    /// The ids of these posts, in order; new ones get a line. `authority` counts at the first mint only.
    ///
    /// An id is the front matter's, else that of the one line with the same day and title, else that of the same path,
    /// else a new one. Whoever stayed where they were comes first, so that nobody takes an id that another still has.
    pub fn assign(&mut self, authority: &str, posts: &[Unnamed<'_>]) -> Vec<String> {
        let authority = self
            .authority
            .get_or_insert_with(|| authority.to_owned())
            .clone();
        self.named = posts
            .iter()
            .filter(|post| post.id.is_some())
            .map(|post| post.path.to_owned())
            .collect();
        if let Some(ids) = self.unmoved(posts) {
            self.changes = Changes::default();
            return ids;
        }
        let lines: Vec<(String, Cow<'_, str>)> = posts
            .iter()
            .map(|post| (stamp(post), field(post.title)))
            .collect();
        let mut given = Given::of(posts);
        given.take(|number| {
            let line = self.posts.get(posts[number].path)?;
            let (published, title) = &lines[number];
            (line.title == title && line.published == published).then_some(line.id)
        });
        // A folder that moves keeps the names of its files; a file that is renamed, nothing but its day and title.
        for name in [file_name as fn(&str) -> &str, |_| ""] {
            if given.lacks() {
                let alike = self.alike(&given, name);
                given.take(|number| {
                    let (published, title) = &lines[number];
                    *alike.get(&(published.as_str(), &**title, name(posts[number].path)))?
                });
            }
        }
        let known = self.known();
        if given.lacks() {
            let present: HashSet<&str> = posts.iter().map(|post| post.path).collect();
            given.take(|number| {
                let line = self.posts.get(posts[number].path)?;
                // Whoever had this path before took the id along, and is still here.
                let left = line.is_moved()
                    && known
                        .get(line.id)
                        .is_some_and(|path| present.contains(path));
                (!left).then_some(line.id)
            });
        }
        if given.lacks() {
            let left = self.left_by_successors(&given, posts, &lines);
            given.take(|number| left[number]);
        }
        let ids = given.or_mint(&authority, posts, &known);
        let (changes, moved) = self.compare(posts, &lines, &ids, &known);
        for (old, new) in moved {
            if let Some(id) = self.posts.get(&old).map(|line| line.id.to_owned()) {
                self.posts.put(Line {
                    path: &old,
                    published: MOVED,
                    title: &new,
                    id: &id,
                });
            }
        }
        for ((id, post), (published, title)) in ids.iter().zip(posts).zip(&lines) {
            self.posts.put(Line {
                path: post.path,
                published,
                title,
                id,
            });
        }
        self.changes = changes;
        ids
    }

    /// Files that change places in a round: whoever finds another post in its place may have the id that is left at the
    /// end of the round, where that is one of its day.
    fn left_by_successors<'a>(
        &'a self,
        given: &Given<'_>,
        posts: &[Unnamed<'_>],
        lines: &[(String, Cow<'_, str>)],
    ) -> Vec<Option<&'a str>> {
        let holders = given
            .ids
            .iter()
            .zip(posts)
            .filter_map(|(id, post)| Some(((*id)?, post.path)));
        let holders: HashMap<&str, &str> = holders.collect();
        let left = |path: &str, published: &str| {
            let mut line = self.posts.get(path)?;
            for _ in 0..posts.len() {
                line = match holders.get(line.id) {
                    Some(holder) => self.posts.get(holder)?,
                    None => {
                        return (line.path != path && line.published == published)
                            .then_some(line.id);
                    }
                };
            }
            None
        };
        let asked = given.ids.iter().zip(posts).zip(lines);
        asked
            .map(|((id, post), (published, _))| {
                if id.is_none() {
                    left(post.path, published)
                } else {
                    None
                }
            })
            .collect()
    }

    /// The ids of these posts where each is what and where its line says, as in nearly every run.
    fn unmoved(&self, posts: &[Unnamed<'_>]) -> Option<Vec<String>> {
        let known = |post: &Unnamed<'_>| {
            let Line {
                published,
                title,
                id,
                ..
            } = self.posts.get(post.path)?;
            let is_same = title == field(post.title) && published == stamp(post);
            (is_same && post.id.is_none_or(|own| own == id)).then(|| id.to_owned())
        };
        let ids: Vec<String> = posts.par_iter().map(known).collect::<Option<_>>()?;
        let mut marks: Vec<u64> = ids.par_iter().map(fingerprint_of).collect();
        marks.par_sort_unstable();
        marks.is_sorted_by(|a, b| a < b).then_some(ids)
    }

    /// What these ids mean to readers, and the paths whose posts have moved, each with the new one.
    fn compare(
        &self,
        posts: &[Unnamed<'_>],
        lines: &[(String, Cow<'_, str>)],
        ids: &[String],
        known: &HashMap<&str, &str>,
    ) -> (Changes, Vec<(String, String)>) {
        let holders: HashMap<&str, usize> = ids
            .iter()
            .enumerate()
            .map(|(at, id)| (id.as_str(), at))
            .collect();
        let (mut changes, mut moved) = (Changes::default(), Vec::new());
        for ((id, post), line) in ids.iter().zip(posts).zip(lines) {
            let own = self.posts.get(post.path).filter(|own| !own.is_moved());
            if own.is_some_and(|own| own.id == *id) {
                continue;
            }
            let was = known.get(id.as_str()).filter(|path| **path != post.path);
            if let Some(old) = was {
                moved.push(((*old).to_owned(), post.path.to_owned()));
                if post.id.is_none() {
                    changes
                        .renamed
                        .push(((*old).to_owned(), post.path.to_owned()));
                }
            }
            // It is another post than the one that was here, where that one has moved elsewhere with its id.
            let says = |(published, title): &(String, Cow<'_, str>), own: &Line| {
                own.published == published && own.title == title
            };
            // Neither is one that came from elsewhere with its own.
            let came_along = was
                .and_then(|old| self.posts.get(old))
                .is_some_and(|old| says(line, &old));
            let is_repeated = own.is_some_and(|own| {
                let holder = holders.get(own.id);
                says(line, &own)
                    || !came_along && holder.is_none_or(|holder| !says(&lines[*holder], &own))
            });
            if is_repeated {
                changes.repeated.insert(post.path.to_owned());
            } else if was.is_none() && !known.contains_key(id.as_str()) {
                changes.new.insert(id.clone());
            }
        }
        changes.renamed.sort();
        (changes, moved)
    }

    /// The path of each id: where its post was last.
    fn known(&self) -> HashMap<&str, &str> {
        let mut known = HashMap::with_capacity(self.posts.len());
        for line in self.posts.iter() {
            if line.is_moved() {
                known.entry(line.id).or_insert(line.path);
            } else {
                known.insert(line.id, line.path);
            }
        }
        known
    }

    /// The one id of each day, title and name that nobody has; none where several posts share them.
    fn alike(
        &self,
        given: &Given<'_>,
        name: fn(&str) -> &str,
    ) -> HashMap<(&str, &str, &str), Option<&str>> {
        let mut alike: HashMap<(&str, &str, &str), Option<&str>> = HashMap::new();
        for Line {
            path,
            published,
            title,
            id,
        } in self.posts.iter()
        {
            if !given.taken.contains(id) {
                alike
                    .entry((published, title, name(path)))
                    .and_modify(|known| *known = known.filter(|known| *known == id))
                    .or_insert(Some(id));
            }
        }
        alike
    }

    /// Gives a post the id that it had in an old feed; whether it is another now. What its front matter says stays.
    pub fn adopt(&mut self, path: &str, id: &str) -> bool {
        let id = field(id);
        let known = self
            .posts
            .get(path)
            .filter(|line| line.id != id && !self.named.contains(path));
        let Some(line) = known.map(|line| line.to_string()) else {
            return false;
        };
        let Some(line) = Line::of(&line) else {
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
        self.feeds.insert(folder.to_owned(), field(id).into_owned());
    }

    /// The id that a feed has from elsewhere.
    pub fn feed_id(&self, folder: &str) -> Option<&str> {
        self.feeds.get(folder).map(String::as_str)
    }

    /// What became of ids since the file was read.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The authority of every id that is minted: the site's host at the first mint.
    pub fn authority(&self) -> &str {
        self.authority.as_deref().unwrap_or_default()
    }

    /// Which store began this digest.
    pub fn began(&self, digest: &str) -> Option<&str> {
        self.digests.get(digest).map(String::as_str)
    }

    /// Notes which store began this digest.
    pub fn begin(&mut self, digest: &str, store: &str) {
        self.digests.insert(digest.to_owned(), store.to_owned());
    }
}

/// Ids while they are given: no two posts get one.
struct Given<'a> {
    ids: Vec<Option<&'a str>>,
    taken: HashSet<&'a str>,
}

impl<'a> Given<'a> {
    /// What the front matters say.
    fn of(posts: &[Unnamed<'a>]) -> Self {
        let ids: Vec<Option<&str>> = posts.iter().map(|post| post.id).collect();
        Self {
            taken: ids.iter().flatten().copied().collect(),
            ids,
        }
    }

    /// Whether a post has none yet.
    fn lacks(&self) -> bool {
        self.ids.iter().any(Option::is_none)
    }

    /// Each post without an id gets this one, unless another has it.
    fn take(&mut self, known: impl Fn(usize) -> Option<&'a str>) {
        for (number, id) in self
            .ids
            .iter_mut()
            .enumerate()
            .filter(|(_, id)| id.is_none())
        {
            *id = known(number).filter(|known| self.taken.insert(known));
        }
    }

    /// The ids, with new ones for the rest.
    fn or_mint(
        self,
        authority: &str,
        posts: &[Unnamed<'_>],
        known: &HashMap<&str, &str>,
    ) -> Vec<String> {
        let Self { ids, taken } = self;
        // What is minted for two paths is one where they differ in how their accents are written, and nowhere else.
        let mut composed: HashSet<String> = HashSet::new();
        let mut new = |post: &Unnamed<'_>| {
            let plain = mint(authority, post);
            let mut id = plain.clone();
            // Another post may have had this path on that day.
            let mut number = 2;
            while known.contains_key(id.as_str())
                || taken.contains(id.as_str())
                || composed.contains(&id)
            {
                id = format!("{plain};{number}");
                number += 1;
            }
            if !post.path.is_ascii() {
                composed.insert(id.clone());
            }
            id
        };
        ids.into_iter()
            .zip(posts)
            .map(|(id, post)| id.map_or_else(|| new(post), str::to_owned))
            .collect()
    }
}

/// Whether git left this line where two branches differ: its signs are followed by a name or by nothing.
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

/// What stays when a folder moves: a file's name, with that of its own folder where it is that folder's `index`.
fn file_name(path: &str) -> &str {
    let Some(end) = path.rfind('/') else {
        return path;
    };
    let start = match path[end..].starts_with("/index.") {
        true => path[..end].rfind('/').map_or(0, |at| at + 1),
        false => end + 1,
    };
    &path[start..]
}

/// A text that holds neither the sign between fields nor the one between lines.
fn field(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        text.replace(char::is_control, " ").into()
    } else {
        text.into()
    }
}

/// An instant as it stands in a line.
fn stamp(post: &Unnamed<'_>) -> String {
    post.published.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A `tag:` URI (RFC 4151): the authority, the day of publication, the path. Accents are composed, as identifiers are
/// compared (RFC 3987 5.3.2.2): on some systems a folder takes them apart. A `%` in a name is none here, `=25` in place of
/// `%25`, since some who compare decode twice; a `=` is `%3D`, so the two are never one.
fn mint(authority: &str, post: &Unnamed<'_>) -> String {
    let whole: Cow<'_, str> = match is_nfc_quick(post.path.chars()) {
        IsNormalized::Yes => post.path.into(),
        _ => post.path.nfc().collect::<String>().into(),
    };
    let mut path = String::with_capacity(whole.len());
    for byte in whole.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                path.push(char::from(byte));
            }
            b'%' => path.push_str("=25"),
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    format!(
        "tag:{authority},{}:{path}",
        post.published.format("%Y-%m-%d")
    )
}

#[cfg(test)]
mod tests;
