//! Files that are rather posts than anything else, and that are not read here: no post vanishes unsaid.

use std::path::Path;

use crate::file::read::read_beginning;
use crate::finding::{Finding, Rule, Severity};
use crate::loader::walk::PostFilter;
use crate::lock::Lock;
use crate::post::Markup;

/// How many files a finding names.
const NAMED: usize = 3;
/// How many bytes at the beginning of a file are searched for front matter.
const BEGINNING: u64 = 4096;
/// Endings of posts that can be read.
const READ: [&str; 4] = ["md", "markdown", "mdx", "html"];

/// Takes out the files that are not read.
pub(super) fn take_others(paths: &mut Vec<String>) -> Vec<String> {
    paths
        .extract_if(.., |path| {
            !Markup::from_path(path).is_some_and(Markup::is_read)
        })
        .collect()
}

/// Reports files that look like posts but are not read. It is an error if one was a post before: its extension changed,
/// and readers would lose it.
pub(super) fn warn(
    others: Vec<String>,
    dir: &Path,
    choice: &PostFilter<'_>,
    templates: bool,
    lock: &Lock,
) -> Option<Finding> {
    let mut lost = others;
    lost.retain(|path| {
        choice.is_post(path)
            && (is_probably_post(path, dir, templates)
                || find_earlier_post(path, dir, lock).is_some())
    });
    let known = lost
        .iter()
        .filter(|path| find_earlier_post(path, dir, lock).is_some())
        .count();
    let examples: Vec<String> = lost
        .iter()
        .take(NAMED)
        .map(|path| format!("`{path}`"))
        .collect();
    let mut names = examples.join(", ");
    if lost.len() > NAMED {
        names.push_str(&format!(" and {} more", lost.len() - NAMED));
    }
    let (subject, verb) = match lost.len() {
        0 => return None,
        1 => ("1 file".to_owned(), "is"),
        all => (format!("{all} files"), "are"),
    };
    let mut message =
        format!("{subject} {verb} not written in Markdown or HTML and {verb} not read: {names}");
    if known > 0 {
        message.push_str(&format!(
            "; of these {known} were posts with another ending"
        ));
    }
    let severity = if known > 0 {
        Severity::Error
    } else {
        Severity::Warning
    };
    let finding = Finding {
        severity,
        ..Finding::warning(Rule::FormatUnread, message)
    };
    Some(
        finding
            .in_file(dir)
            .hint("convert to Markdown, as `pandoc -t gfm` does, or rename to `.md`"),
    )
}

/// The paths of the posts that these files were with an ending that is read.
pub(super) fn find_earlier_posts(others: &[String], dir: &Path, lock: &Lock) -> Vec<String> {
    let posts = others
        .iter()
        .filter_map(|path| find_earlier_post(path, dir, lock));
    posts.collect()
}

/// Whether a file is probably a post, by its extension or its beginning.
fn is_probably_post(path: &str, dir: &Path, templates: bool) -> bool {
    match Markup::from_path(path) {
        Some(Markup::Other) => true,
        // A template without a date lists posts.
        Some(Markup::Template) => templates && has_key(&dir.join(path), &["date"]),
        Some(_) => false,
        None => has_key(&dir.join(path), &["date", "title"]),
    }
}

/// Whether a file begins with front matter that has one of these keys.
fn has_key(file: &Path, keys: &[&str]) -> bool {
    let beginning = read_beginning(file, BEGINNING).unwrap_or_default();
    let text = String::from_utf8_lossy(&beginning);
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let fence = lines.next().unwrap_or_default().trim_end();
    let mut matter = lines.take_while(|line| line.trim_end() != fence);
    let is_key = |line: &str| {
        let (key, _) = line.split_once([':', '=']).unwrap_or_default();
        keys.iter()
            .any(|known| key.trim().eq_ignore_ascii_case(known))
    };
    matches!(fence, "---" | "+++") && matter.any(is_key)
}

/// The path of the post of this name with an ending that is read, if the lock knows it and that file is gone.
fn find_earlier_post(path: &str, dir: &Path, lock: &Lock) -> Option<String> {
    let file = path.rsplit('/').next().unwrap_or_default();
    let stem = match file.rsplit_once('.') {
        Some((_, ending)) => &path[..path.len() - ending.len() - 1],
        None => path,
    };
    let known = READ.iter().map(|ending| format!("{stem}.{ending}"));
    known
        .into_iter()
        .find(|known| lock.has_post_at(known) && !dir.join(known).exists())
}
