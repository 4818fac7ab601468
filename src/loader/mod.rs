//! Folder → [`Post`]s, in parallel; the only opener of posts.

mod data;
mod detect;
mod git;
mod hugo;
mod walk;

use std::borrow::Cow;
pub use walk::walk;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use crate::config::{Dialect, Posts, Site};
use crate::finding::Finding;
use crate::lock::{Lock, Unnamed};
use crate::post::dialect::Habits;
use crate::post::{self, Body, Commits, Draft, Index, Post, Read, Why};

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
    /// Whose habits the posts follow, and why that is believed.
    pub dialect: String,
    /// Why each post's date and address are what they are, in the order of the posts.
    why: Vec<Why>,
    /// Files that are no posts, or none today, and why.
    left_out: Vec<(String, &'static str)>,
    site: Site,
    habits: Habits,
    dir: PathBuf,
    index: Index,
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
    let (mut paths, mut findings) = walk::walk(&config.dir)?;
    let others = walk::others(&mut paths);
    let (mut habits, dialect) = detect::habits(site, config, &paths)?;
    findings.extend(walk::unread(others, &config.dir, &habits));
    if habits.rules.dialect == Dialect::Eleventy {
        let (data, warnings) = data::read(&config.dir, &habits.prefix, &paths);
        habits.data = data;
        findings.extend(warnings.into_iter().filter(|_| config.permalink.is_none()));
    }
    let commits = if config.git_dates { git::commits(&config.dir)? } else { HashMap::new() };
    let paths = walk::posts(paths, &config.dir, &habits);
    let read: Vec<(String, Result<Read, Finding>)> = paths
        .into_par_iter()
        // One buffer a thread: to give each file's back costs as much as to read the file.
        .map_init(Vec::new, |buffer, path| {
            let read = read_post(&path, site, config, &habits, commits.get(&path).copied(), buffer);
            (path, read)
        })
        .collect();
    let (mut found, mut left_out) = (Vec::with_capacity(read.len()), Vec::new());
    let (mut drafts, mut future) = (0, 0);
    for (path, result) in read {
        match result {
            Err(finding) => findings.push(finding.in_file(config.dir.join(path))),
            Ok(Read::NoPost(why)) => left_out.push((path, why)),
            Ok(Read::Draft) => {
                drafts += 1;
                left_out.push((path, "it is a draft"));
            }
            Ok(Read::Post(mut draft)) => {
                let warnings = std::mem::take(&mut draft.warnings);
                findings.extend(warnings.into_iter().map(|warning| warning.in_file(config.dir.join(&path))));
                if draft.post.published > now && !config.future {
                    future += 1;
                    left_out.push((path, "it is of the future"));
                } else if draft.expires.is_some_and(|end| end <= now) {
                    left_out.push((path, "it has expired"));
                } else {
                    found.push(draft);
                }
            }
        }
    }
    name_apart(&mut found, &mut findings, &config.dir);
    findings.sort();
    found.par_sort_unstable_by(|a, b| {
        b.post.published.cmp(&a.post.published).then_with(|| a.post.path.cmp(&b.post.path))
    });
    let (mut posts, why): (Vec<Post>, Vec<Why>) = found.into_iter().map(|draft| (draft.post, draft.why)).unzip();
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
    let (site, dir) = (site.clone(), config.dir.clone());
    Ok(Loaded {
        posts,
        lock,
        drafts,
        future,
        findings,
        dialect,
        why,
        left_out,
        site,
        habits,
        dir,
        index: Index::default(),
    })
}

impl Loaded {
    /// The body of a post, read again from its file.
    ///
    /// # Errors
    /// A finding that names the file.
    pub fn body(&self, post: &Post) -> Result<Body, Finding> {
        let file = self.dir.join(&post.path);
        let mut buffer = Vec::new();
        let text = text_of(&file, &mut buffer);
        let body = text.and_then(|text| post::body(post, &text, &self.site, &self.habits, &self.posts, &self.index));
        match body {
            Ok(mut body) => {
                body.warnings = body.warnings.into_iter().map(|warning| warning.in_file(&file)).collect();
                Ok(body)
            }
            Err(finding) => Err(finding.in_file(file)),
        }
    }

    /// The text of a post's file, to show where something stands in it.
    ///
    /// # Errors
    /// A finding that names the file.
    pub fn source(&self, post: &Post) -> Result<String, Finding> {
        let file = self.dir.join(&post.path);
        let mut buffer = Vec::new();
        text_of(&file, &mut buffer).map(Cow::into_owned).map_err(|finding| finding.in_file(file))
    }

    /// What bodies are made from beside the posts: whose habits they follow, and what the generator's own config says.
    pub fn fingerprint(&self) -> u64 {
        let variables: std::collections::BTreeMap<_, _> = self.habits.variables.iter().collect();
        post::fingerprint_of(&(&self.dialect, self.habits.syntax, &self.habits.excerpt, variables))
    }

    /// Whose habits the posts follow, why each post's date and address are what they are, and what is no post.
    pub fn reasons(&self) -> impl Iterator<Item = String> {
        let posts = self.posts.iter().zip(&self.why).map(|(post, Why { date, zone, address })| {
            let (path, published, url) = (&post.path, post.published.to_rfc3339(), &post.url);
            format!("{path}: {published} from {date}, read {zone}; {url} from {address}")
        });
        let left_out = self.left_out.iter().map(|(path, why)| format!("{path}: left out: {why}"));
        std::iter::once(self.dialect.clone()).chain(posts).chain(left_out)
    }
}

fn read_post(
    path: &str,
    site: &Site,
    config: &Posts,
    habits: &Habits,
    commits: Option<Commits>,
    buffer: &mut Vec<u8>,
) -> Result<Read, Finding> {
    let text = text_of(&config.dir.join(path), buffer)?;
    let mut read = post::read(path, &text, site, habits, commits)?;
    if let Read::Post(draft) = &mut read
        && let Some(enclosure) = draft.post.enclosure.as_mut().filter(|enclosure| enclosure.length.is_none())
    {
        enclosure.length = length_of(&enclosure.url, site, &config.dir, path);
        if enclosure.length.is_none() {
            let url = &enclosure.url;
            let finding = Finding::warning(format!("the length of `{url}` is not known: RSS leaves the enclosure out"));
            let way_out = "put the file beside the post or below static/, or say its `length` in bytes";
            draft.warnings.push(finding.at_line(draft.enclosure_line.unwrap_or(1)).way_out(way_out));
        }
    }
    Ok(read)
}

/// The length of a file that an address of the site stands for: beside the post, or where generators keep such files.
fn length_of(url: &url::Url, site: &Site, dir: &Path, path: &str) -> Option<u64> {
    let below = url.as_str().strip_prefix(site.url.as_str())?;
    let below = below.split(['?', '#']).next()?.replace("%20", " ");
    if below.split('/').any(|part| part == "..") {
        return None;
    }
    let beside = dir.join(path).parent()?.join(below.rsplit('/').next()?);
    let above = dir.ancestors().skip(1).take(3);
    let kept = above.flat_map(|root| ["static", "assets", "public", ""].map(|folder| root.join(folder).join(&below)));
    let mut files = [beside, dir.join(&below)].into_iter().chain(kept);
    files.find_map(|file| fs::metadata(file).ok().filter(fs::Metadata::is_file).map(|found| found.len()))
}

/// They are sorted: eight bytes move where a post has hundreds.
type Drafts = Vec<Box<Draft>>;

/// Two posts with one address, or with one id in their front matter, of which readers would show one: the later path is
/// left out, and both are named.
fn name_apart(found: &mut Drafts, findings: &mut Vec<Finding>, dir: &Path) {
    let mut seen: HashMap<&str, &str> = HashMap::with_capacity(found.len());
    let mut named: HashMap<&str, &str> = HashMap::new();
    let mut twice: Vec<bool> = Vec::with_capacity(found.len());
    for Draft { post, .. } in found.iter().map(AsRef::as_ref) {
        let address = seen.get(post.url.as_str());
        let id = named.get(post.id.as_str());
        let finding = match (address, id) {
            (Some(other), _) => Finding::error(format!("`{}` is also the address of `{other}`", post.url))
                .way_out("give one of them a `slug` of its own"),
            (None, Some(other)) => Finding::error(format!("`{}` is also the id of `{other}`", post.id))
                .way_out("give one of them an `id` of its own, or none"),
            (None, None) => {
                seen.insert(post.url.as_str(), &post.path);
                if !post.id.is_empty() {
                    named.insert(post.id.as_str(), &post.path);
                }
                twice.push(false);
                continue;
            }
        };
        findings.push(finding.in_file(dir.join(&post.path)));
        twice.push(true);
    }
    let mut twice = twice.into_iter();
    found.retain(|_| !twice.next().unwrap_or_default());
}

/// A file's text: UTF-8 without a byte order mark, lines ended by LF.
fn text_of<'a>(file: &Path, buffer: &'a mut Vec<u8>) -> Result<Cow<'a, str>, Finding> {
    let unreadable = |error: io::Error| Finding::error(format!("cannot be read: {error}"));
    let too_large = || Finding::error("the post is larger than 8 MiB").way_out("cut it, or take it out of the folder");
    let open = File::open(file).map_err(unreadable)?;
    let length = open.metadata().map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(too_large());
    }
    buffer.clear();
    buffer.reserve(usize::try_from(length).unwrap_or_default() + 1);
    if open.take(LARGEST + 1).read_to_end(buffer).map_err(unreadable)? as u64 > LARGEST {
        return Err(too_large());
    }
    let text = std::str::from_utf8(buffer).map_err(|error| {
        let good = &buffer[..error.valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        let column = String::from_utf8_lossy(good).chars().rev().take_while(|c| *c != '\n').count() + 1;
        Finding::error("this is not UTF-8").at_line(line).at_column(column).way_out("save the file as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Ok(text.into());
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n").into())
}
