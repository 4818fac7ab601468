//! Chooses the posts of a digest, in its order, and finds posts that a person names.

use std::collections::HashSet;

use crate::config::{self, Order, Site};
use crate::finding::{Finding, Rule};
use crate::post::{Post, compose};

/// Number of unknown posts, if over half the site, from which a digest that announced before doubts that they are new.
const TOO_MANY: usize = 10;
/// The same limit if as many announced posts are gone: their ids have probably changed.
const TOO_MANY_INSTEAD: usize = 2;

/// How the names of posts begin that came by feeds.
const NAME: &str = "urn:tidings:";
/// How the name begins that one has by its feed.
const NAME_BY_FEED: &str = "urn:tidings:feed:";

/// Whether the digest's filters accept the post. Names are compared case-insensitively.
fn is_wanted(digest: &config::Digest, site: &Site, post: &Post) -> bool {
    let tags = post.tags.iter().map(|tag| &**tag);
    let section = post.section.as_deref();
    let authors = post.authors.iter().map(|author| &*author.name);
    let language = post.language.as_deref().unwrap_or(&site.language);
    has_one(&digest.tags, tags)
        && has_one(&digest.sections, section)
        && has_one(&digest.authors, authors)
        && has_one(digest.language.as_slice(), [language])
}

/// Whether one of a post's names is wanted; all are if the digest wants none in particular.
fn has_one<'n>(wanted: &[String], names: impl IntoIterator<Item = &'n str>) -> bool {
    let fold = |name: &str| compose(name).to_lowercase();
    let wanted: Vec<String> = wanted.iter().map(|name| fold(name)).collect();
    let mut names = names.into_iter();
    wanted.is_empty() || names.any(|name| wanted.contains(&fold(name)))
}

/// Returns the posts of the digest whose id is not among the `known`, in its order. `posts` are the newest first.
pub fn choose_news<'a>(
    digest: &config::Digest,
    site: &Site,
    posts: &'a [Post],
    known: &HashSet<String>,
) -> Vec<&'a Post> {
    let mut news: Vec<&Post> = posts
        .iter()
        .filter(|post| is_wanted(digest, site, post) && !known.contains(&*post.id))
        .collect();
    if digest.order == Order::Oldest {
        news.reverse();
    }
    news
}

/// Splits the posts of an issue into the newest, up to the digest's limit, and the others, which are headlines. Both keep
/// the digest's order.
pub fn split_at_limit<'p, 'a>(
    digest: &config::Digest,
    posts: &'p [&'a Post],
) -> (&'p [&'a Post], &'p [&'a Post]) {
    let count = posts.len().min(digest.limit);
    match digest.order {
        Order::Newest => posts.split_at(count),
        Order::Oldest => {
            let (headlines, shown) = posts.split_at(posts.len() - count);
            (shown, headlines)
        }
    }
}

/// Refuses to send if the lock seems lost: unknown posts have replaced those that the digest announced.
///
/// Refuses ten unknown posts that are over half the site. Refuses two unknown posts that are at least half the site, if at
/// least two and half of the announced posts are gone. Accepts new posts of a young site, since nothing is gone.
///
/// # Errors
/// A finding with hints.
pub(crate) fn refuse_the_archive(
    digest: &config::Digest,
    site: &Site,
    posts: &[Post],
    ever_announced: &HashSet<String>,
) -> Result<(), Finding> {
    if ever_announced.is_empty() {
        return Ok(());
    }
    let (mut all, mut unknown) = (0, 0);
    let is_own = |post: &&Post| !post.is_syndicated() && is_wanted(digest, site, post);
    for post in posts.iter().filter(is_own) {
        all += 1;
        unknown += usize::from(!ever_announced.contains(&*post.id));
    }
    let gone = count_gone(posts, ever_announced);
    let is_large = unknown >= TOO_MANY && unknown * 2 > all;
    let is_replaced = unknown.min(gone) >= TOO_MANY_INSTEAD
        && unknown * 2 >= all
        && gone * 2 >= count_own(ever_announced);
    if !is_large && !is_replaced {
        return Ok(());
    }
    let name = &digest.name;
    Err(Finding::error(Rule::PostsUnknown, format!(
        "the digest `{name}` has announced before, and finds {unknown} of {all} posts that it does not know: \
         is the lock lost, or did the ids change?"
    ))
    .hint(format!(
        "bring the old `tidings.lock` back, or say which are news: \
         `tidings digest {name} --since DATE` (older ones are known from then on) or `--posts A,B`"
    )))
}

/// Counts the announced posts that are gone, without those that came by a feed.
fn count_gone(posts: &[Post], ever: &HashSet<String>) -> usize {
    let ids: HashSet<&str> = posts.iter().map(|post| &*post.id).collect();
    let ids_gone = ever.iter().filter(|id| !ids.contains(id.as_str()));
    count_ids(ids_gone).saturating_sub(count_by_feed(ever))
}

/// Counts the announced posts, without those that came by a feed.
fn count_own(ever: &HashSet<String>) -> usize {
    count_ids(ever.iter()).saturating_sub(count_by_feed(ever))
}

/// Counts the ids that are no names by which only posts of feeds are known.
fn count_ids<'a>(ids: impl Iterator<Item = &'a String>) -> usize {
    ids.filter(|id| !id.starts_with(NAME)).count()
}

/// Counts the posts that came by a feed: each has one name by its feed, beside its id.
fn count_by_feed(ever: &HashSet<String>) -> usize {
    let by_feed = ever.iter().filter(|id| id.starts_with(NAME_BY_FEED));
    by_feed.count()
}

/// Finds the posts that these words name, in the digest's order. Each name is a path, a slug, an address or an id; commas
/// separate names, but an id may contain commas itself.
///
/// # Errors
/// A finding that gives the name that matches no post, or several.
pub(crate) fn find<'a>(
    digest: &config::Digest,
    posts: &'a [Post],
    words: &[String],
) -> Result<Vec<&'a Post>, Finding> {
    let mut found: HashSet<&str> = HashSet::new();
    for words in words {
        let parts: Vec<&str> = words.split(',').collect();
        let mut at = 0;
        while at < parts.len() {
            let (post, count) = find_first(posts, &parts[at..])?;
            found.insert(&post.path);
            at += count;
        }
    }
    let mut found: Vec<&Post> = posts
        .iter()
        .filter(|post| found.contains(&*post.path))
        .collect();
    if digest.order == Order::Oldest {
        found.reverse();
    }
    Ok(found)
}

/// Finds the post that the first of these parts name, as many of them as possible. Returns it and how many they are.
fn find_first<'a>(posts: &'a [Post], parts: &[&str]) -> Result<(&'a Post, usize), Finding> {
    let first = parts[0].trim();
    for count in (1..=parts.len()).rev() {
        match find_named(posts, parts[..count].join(",").trim()).as_slice() {
            [] => {}
            [post] => return Ok((post, count)),
            several => {
                let paths = several.iter().map(|post| format!("`{}`", post.path));
                let paths: Vec<String> = paths.collect();
                return Err(Finding::error(
                    Rule::PostChoice,
                    format!("`{first}` names {} posts", several.len()),
                )
                .hint(format!("say which by its path: {}", paths.join(", "))));
            }
        }
    }
    Err(Finding::error(
        Rule::PostChoice,
        format!("`{first}` names no published post"),
    )
    .hint("expected a path below the folder of posts, a slug, an address or an id"))
}

/// Finds the post with this path, id or address, else those with this slug or file name: first among those of the site.
fn find_named<'a>(posts: &'a [Post], word: &str) -> Vec<&'a Post> {
    let is_exact = |post: &&Post| [&*post.path, &*post.id, post.url.as_str()].contains(&word);
    if let Some(post) = posts.iter().find(is_exact) {
        return vec![post];
    }
    if word.is_empty() {
        return Vec::new();
    }
    let (mut own, mut syndicated) = (Vec::new(), Vec::new());
    for post in posts.iter().filter(|post| has_name(post, word)) {
        match post.is_syndicated() {
            true => syndicated.push(post),
            false => own.push(post),
        }
    }
    if own.is_empty() { syndicated } else { own }
}

/// Whether a post's file has this name, with or without its ending, or its address this last part.
fn has_name(post: &Post, word: &str) -> bool {
    let file = post.path.rsplit('/').next().unwrap_or_default();
    let stem = file.rsplit_once('.').map(|(stem, _)| stem);
    let last = post.url.path().rsplit('/').find(|part| !part.is_empty());
    file == word || stem == Some(word) || last == Some(word)
}
