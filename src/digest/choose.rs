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
    let plain = |text: &str| compose(text).to_lowercase();
    let same = |one: &str, other: &str| plain(one) == plain(other);
    let among = |wanted: &[String], has: &[&str]| {
        wanted.is_empty()
            || has
                .iter()
                .any(|has| wanted.iter().any(|wanted| same(wanted, has)))
    };
    let tags: Vec<&str> = post.tags.iter().map(AsRef::as_ref).collect();
    let section: Vec<&str> = post.section.iter().map(AsRef::as_ref).collect();
    let authors: Vec<&str> = post
        .authors
        .iter()
        .map(|author| author.name.as_str())
        .collect();
    let language = post.language.as_deref().unwrap_or(&site.language);
    among(&digest.tags, &tags)
        && among(&digest.sections, &section)
        && among(&digest.authors, &authors)
        && digest
            .language
            .as_ref()
            .is_none_or(|wanted| same(wanted, language))
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

/// How many of the announced posts are gone that did not come by a feed. Each of those that did has a name by its feed.
fn count_gone(posts: &[Post], ever: &HashSet<String>) -> usize {
    let ids: HashSet<&str> = posts.iter().map(|post| &*post.id).collect();
    let is_gone = |id: &&String| !ids.contains(id.as_str());
    let gone = ever
        .iter()
        .filter(|id| !id.starts_with(NAME))
        .filter(is_gone);
    let by_feed = ever.iter().filter(|id| id.starts_with(NAME_BY_FEED));
    gone.count().saturating_sub(by_feed.count())
}

/// How many of the names are those of posts that did not come by a feed.
fn count_own(ever: &HashSet<String>) -> usize {
    let own = ever.iter().filter(|id| !id.starts_with(NAME)).count();
    let by_feed = ever.iter().filter(|id| id.starts_with(NAME_BY_FEED));
    own.saturating_sub(by_feed.count())
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
            let longest = (at + 1..=parts.len()).rev().find_map(|end| {
                let matching = find_named(posts, parts[at..end].join(",").trim());
                (!matching.is_empty()).then_some((end, matching))
            });
            match longest
                .as_ref()
                .map(|(end, matching)| (*end, &matching[..]))
            {
                Some((end, [post])) => {
                    found.insert(&post.path);
                    at = end;
                }
                Some((_, several)) => {
                    let paths: Vec<String> = several
                        .iter()
                        .map(|post| format!("`{}`", post.path))
                        .collect();
                    return Err(Finding::error(
                        Rule::PostChoice,
                        format!("`{}` names {} posts", parts[at].trim(), several.len()),
                    )
                    .hint(format!("say which by its path: {}", paths.join(", "))));
                }
                None => {
                    return Err(Finding::error(
                        Rule::PostChoice,
                        format!("`{}` names no published post", parts[at].trim()),
                    )
                    .hint(
                        "expected a path below the folder of posts, a slug, an address or an id",
                    ));
                }
            }
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

/// Finds the post with this path, id or address, else those with this slug or file name: first among those of the site.
fn find_named<'a>(posts: &'a [Post], word: &str) -> Vec<&'a Post> {
    let exact =
        |post: &&Post| *post.path == *word || *post.id == *word || post.url.as_str() == word;
    let slug = |post: &&Post| {
        let file = post.path.rsplit('/').next().unwrap_or_default();
        let last = post.url.path().rsplit('/').find(|part| !part.is_empty());
        file == word
            || file.rsplit_once('.').is_some_and(|(stem, _)| stem == word)
            || last == Some(word)
    };
    match posts.iter().find(exact) {
        Some(post) => vec![post],
        None if word.is_empty() => Vec::new(),
        None => {
            let found: Vec<&Post> = posts.iter().filter(slug).collect();
            let own = found.iter().filter(|post| !post.is_syndicated());
            let own: Vec<&Post> = own.copied().collect();
            if own.is_empty() { found } else { own }
        }
    }
}
