//! Reads a file into its post, or into the reason why it is none today.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use crate::config::{Posts, Site};
use crate::fault::guard;
use crate::file::read::{Unreadable, WRITTEN, not_text, read_into};
use crate::finding::{Finding, Rule};
use crate::loader::assets::Assets;
use crate::loader::git::History;
use crate::lock::{Absence, Lock};
use crate::post::dialect::Habits;
use crate::post::{self, Commits, LEADS_ON, ParsedPost, Post, Read};
use crate::publish::EXPIRED;

/// The bytes that most posts have at most: to ask each file for its length would cost more than this room.
const ROOM: usize = 64 << 10;

pub(super) const DRAFT: &str = "it is a draft";
pub(super) const FUTURE: &str = "it is of the future";

/// Reads posts on all cores; shared by the threads.
pub(super) struct PostReader<'a> {
    pub(super) site: &'a Site,
    pub(super) config: &'a Posts,
    pub(super) habits: &'a Habits,
    pub(super) history: &'a History,
    pub(super) lock: &'a Lock,
    pub(super) assets: &'a Assets,
    pub(super) now: DateTime<Utc>,
    pub(super) aside: Mutex<Aside>,
}

/// Everything found beside the posts.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// Files that are no posts, or none today, each with the reason.
    pub(super) left_out: Vec<(String, &'static str)>,
    pub(super) findings: Vec<Finding>,
    /// The paths of all files that are no posts today.
    pub(super) absent: HashMap<String, Absence>,
    /// The paths of those that an error leaves out.
    pub(super) unreadable: Vec<String>,
    /// The files of the site that the texts of posts link to by their paths.
    pub(super) linked: BTreeSet<String>,
}

impl PostReader<'_> {
    /// Reads the posts of these files. Returns them newest first, with everything found beside them.
    pub(super) fn read_all(self, paths: Vec<String>) -> (Vec<Post>, Aside) {
        let read: Vec<Option<Post>> = paths
            .into_par_iter()
            // One buffer for each thread: freeing one for each file costs as much as reading the file.
            .map_init(Vec::new, |buffer, path| self.read_post(path, buffer))
            .collect();
        let mut posts: Vec<Post> = read.into_iter().flatten().collect();
        // They are in the order of their paths.
        posts.sort_by_cached_key(|post| Reverse(post.published));
        let mut aside = self
            .aside
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        aside.unreadable.sort();
        (posts, aside)
    }

    /// Reads the post of a file; `None` if it is no post today.
    fn read_post(&self, path: String, buffer: &mut Vec<u8>) -> Option<Post> {
        let commits = self.history.find_commits(&path, self.lock);
        let file = self.assets.file(&path);
        let read = read_post(&path, &file, self.site, self.habits, commits, buffer);
        let read = read.map(|read| self.with_length(read));
        let reason = match read {
            Err(finding) => {
                let mut aside = self.aside();
                aside.findings.push(finding.in_file(file));
                aside.absent.insert(path.clone(), Absence::Broken);
                aside.unreadable.push(path);
                return None;
            }
            Ok(Read::NoPost(why)) => why,
            Ok(Read::Draft) => DRAFT,
            Ok(Read::Post(draft)) => {
                let ParsedPost {
                    post,
                    expires,
                    warnings,
                    linked,
                    ..
                } = *draft;
                if !linked.is_empty() {
                    self.aside().linked.extend(linked);
                }
                if !warnings.is_empty() {
                    self.aside()
                        .findings
                        .extend(warnings.into_iter().map(|warning| warning.in_file(&file)));
                }
                if post.published > self.now && !self.config.future {
                    FUTURE
                } else if expires.is_some_and(|end| end <= self.now) {
                    EXPIRED
                } else {
                    return Some(post);
                }
            }
        };
        let mut aside = self.aside();
        let absence = match reason {
            LEADS_ON => Absence::LeadsOn,
            why => Absence::LeftOut(why),
        };
        aside.absent.insert(path.clone(), absence);
        aside.left_out.push((path, reason));
        None
    }

    /// Adds the length of the enclosure, if its file is part of the site.
    fn with_length(&self, mut read: Read) -> Read {
        let Read::Post(draft) = &mut read else {
            return read;
        };
        let Some(url) = draft
            .post
            .enclosure
            .as_ref()
            .filter(|enclosure| enclosure.length.is_none())
            .map(|enclosure| enclosure.url.clone())
        else {
            return read;
        };
        let files = self.assets.find(self.site, &draft.post, url.as_str(), None);
        let length = files.iter().find_map(|file| {
            let about = file.metadata().ok()?;
            about.is_file().then_some(about.len())
        });
        if length.is_none() {
            let finding = Finding::warning(
                Rule::EnclosureLength,
                format!("the length of `{url}` is not known: RSS leaves the enclosure out"),
            );
            let hint =
                "put the file beside the post or below static/, or say its `length` in bytes";
            let line = draft.enclosure_line.unwrap_or(1);
            draft.warnings.push(finding.at_line(line).hint(hint));
        }
        if let Some(enclosure) = &mut draft.post.enclosure {
            enclosure.length = length;
        }
        read
    }

    fn aside(&self) -> MutexGuard<'_, Aside> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn read_post(
    path: &str,
    file: &Path,
    site: &Site,
    habits: &Habits,
    commits: Option<Commits>,
    buffer: &mut Vec<u8>,
) -> Result<Read, Finding> {
    let text = text_of(file, buffer)?;
    guard(|| {
        #[cfg(test)]
        super::tests::panic_if_asked(&text, "read");
        post::read(path, &text, site, habits, commits)
    })
}

/// A file's text: UTF-8 without a byte order mark, lines ended by LF.
pub(super) fn text_of<'a>(file: &Path, buffer: &'a mut Vec<u8>) -> Result<Cow<'a, str>, Finding> {
    buffer.reserve(ROOM);
    read_into(file, WRITTEN, buffer).map_err(|error| match error {
        Unreadable::TooLarge(_) => {
            Finding::error(Rule::PostTooLarge, "the post is larger than 8 MiB")
                .hint("cut it, or take it out of the folder")
        }
        other => other.in_file(file),
    })?;
    let text = std::str::from_utf8(buffer)
        .map_err(|error| not_text(buffer, error.valid_up_to()).in_file(file))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Ok(text.into());
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n").into())
}
