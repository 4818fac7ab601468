//! Folder → [`Post`]s, in parallel; the only opener of posts.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use ignore::WalkBuilder;
use rayon::prelude::*;

use crate::config::{Dialect, Posts, Site};
use crate::finding::Finding;
use crate::lock::{Lock, Unnamed};
use crate::post::{self, Body, Draft, Post};

/// The most bytes that a post may have.
const LARGEST: u64 = 8 << 20;

/// Everything that a folder holds.
#[derive(Debug)]
pub struct Loaded {
    /// The published posts, the newest first; those of one instant by path.
    pub posts: Vec<Post>,
    /// The lock with a line for each of them.
    pub lock: Lock,
    /// How many drafts were left out.
    pub drafts: usize,
    /// How many posts of the future were left out.
    pub future: usize,
    /// What is wrong, by path; an error left its post out.
    pub findings: Vec<Finding>,
}

/// Reads every post of the folder.
///
/// # Errors
/// A finding where there is no folder, or the lock is broken: nothing can be done.
pub fn load_posts(site: &Site, config: &Posts, now: DateTime<Utc>) -> Result<Loaded, Finding> {
    let mut lock = match fs::read_to_string(&config.lock) {
        Ok(text) => Lock::parse(&text).map_err(|finding| finding.in_file(&config.lock))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Lock::default(),
        Err(error) => return Err(Finding::error(format!("cannot be read: {error}")).in_file(&config.lock)),
    };
    let paths = walk(&config.dir)?;
    let read: Vec<Result<Draft, Finding>> = paths
        .par_iter()
        .map(|path| {
            let file = config.dir.join(path);
            let dialect = dialect_of(config.dialect, path);
            text_of(&file)
                .and_then(|text| post::read(path, &text, site, dialect, config.permalink.as_deref()))
                .map_err(|finding| finding.in_file(file))
        })
        .collect();
    let (mut posts, mut findings) = (Vec::with_capacity(read.len()), Vec::new());
    let (mut drafts, mut future) = (0, 0);
    for result in read {
        match result {
            Err(finding) => findings.push(finding),
            Ok(Draft { is_draft: true, .. }) if !config.drafts => drafts += 1,
            Ok(Draft { post, .. }) if post.published > now && !config.future => future += 1,
            Ok(Draft { post, .. }) => posts.push(post),
        }
    }
    name_apart(&mut posts, &mut findings, &config.dir);
    posts.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.path.cmp(&b.path)));
    let authority = site.url.host_str().unwrap_or_default().to_owned();
    let unnamed: Vec<Unnamed<'_>> = posts
        .iter()
        .map(|post| Unnamed {
            path: &post.path,
            published: post.published,
            title: &post.title,
            id: Some(post.id.as_str()).filter(|id| !id.is_empty()),
        })
        .collect();
    let ids = lock.assign(&authority, &unnamed);
    for (post, id) in posts.iter_mut().zip(ids) {
        post.id = id;
    }
    Ok(Loaded { posts, lock, drafts, future, findings })
}

/// The body of a post, read again from its file.
///
/// # Errors
/// A finding that names the file.
pub fn body(config: &Posts, post: &Post) -> Result<Body, Finding> {
    let file = config.dir.join(&post.path);
    text_of(&file).and_then(|text| post::body(post, &text)).map_err(|finding| finding.in_file(file))
}

/// The text of a post's file, to show where something stands in it.
///
/// # Errors
/// A finding that names the file.
pub fn source(config: &Posts, post: &Post) -> Result<String, Finding> {
    let file = config.dir.join(&post.path);
    text_of(&file).map_err(|finding| finding.in_file(file))
}

/// Two posts with one address: the later path is left out, and both are named.
fn name_apart(posts: &mut Vec<Post>, findings: &mut Vec<Finding>, dir: &Path) {
    let mut seen: HashMap<String, String> = HashMap::new();
    posts.retain(|post| {
        let Some(other) = seen.insert(post.url.to_string(), post.path.clone()) else { return true };
        findings.push(
            Finding::error(format!("`{}` is also the address of `{other}`", post.url))
                .in_file(dir.join(&post.path))
                .way_out("give one of them a `slug` of its own"),
        );
        seen.insert(post.url.to_string(), other);
        false
    });
    findings.sort();
}

/// Whose habits a file follows where the config leaves it open.
fn dialect_of(configured: Dialect, path: &str) -> Dialect {
    match configured {
        Dialect::Auto if path.split('/').any(|part| part == "_posts" || part == "_drafts") => Dialect::Jekyll,
        Dialect::Auto => Dialect::Plain,
        set => set,
    }
}

/// The posts' paths below the folder, sorted; links that leave it are not followed.
fn walk(dir: &Path) -> Result<Vec<String>, Finding> {
    let fail = |error: &dyn std::fmt::Display| {
        Finding::error(format!("the posts cannot be read: {error}")).in_file(dir).way_out("set `dir` under [posts]")
    };
    let root = dir.canonicalize().map_err(|error| fail(&error))?;
    let mut paths = Vec::new();
    for entry in WalkBuilder::new(dir).standard_filters(false).build() {
        let entry = entry.map_err(|error| fail(&error))?;
        let file = entry.path();
        let is_post = matches!(file.extension().and_then(|end| end.to_str()), Some("md" | "markdown" | "mkd" | "html"));
        let hidden = entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with(['.']);
        if !is_post || hidden || file.file_name().is_some_and(|name| name == "_index.md" || name == "README.md") {
            continue;
        }
        let inside = |file: PathBuf| file.starts_with(&root);
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file())
            || (entry.path_is_symlink() && file.is_file() && file.canonicalize().is_ok_and(inside));
        if is_file && let Ok(below) = file.strip_prefix(dir) {
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            paths.push(parts.join("/"));
        }
    }
    paths.sort();
    Ok(paths)
}

/// A file's text: UTF-8 without a byte order mark, lines ended by LF.
fn text_of(file: &Path) -> Result<String, Finding> {
    let unreadable = |error: io::Error| Finding::error(format!("cannot be read: {error}"));
    if fs::metadata(file).map_err(unreadable)?.len() > LARGEST {
        return Err(Finding::error("the post is larger than 8 MiB"));
    }
    let bytes = fs::read(file).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        Finding::error("this is not UTF-8").at_line(line).way_out("save the file as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}
