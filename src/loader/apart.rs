//! Sets posts with one address apart, of which readers would show only one: the earlier one stays, the newcomer is left
//! out and reported.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use crate::finding::{Finding, Rule};
use crate::lock::{Lock, Unnamed};
use crate::post::{Address, Post, fingerprint_of};

use super::past::Before;

/// A post that is left out.
pub(super) struct Loser {
    pub(super) finding: Finding,
    /// The id that it would have had, if the lock knows it.
    pub(super) id: Option<String>,
}

/// Makes the questions with which posts ask the lock for ids.
pub(super) fn ask_for_ids(posts: &[Post]) -> Vec<Unnamed<'_>> {
    posts.iter().map(ask).collect()
}

fn ask(post: &Post) -> Unnamed<'_> {
    Unnamed {
        path: &post.path,
        published: post.published,
        title: &post.title,
        id: Some(&*post.id).filter(|id| !id.is_empty()),
    }
}

/// Returns the ids that these posts would get.
fn foresee_ids(
    posts: &[Post],
    lock: &Lock,
    first_line: &str,
    before: &Before<'_>,
) -> Vec<Option<String>> {
    let mut lock = lock.clone();
    let assigned = lock.assign(first_line, &ask_for_ids(posts), &before.beside(posts));
    assigned.ids
}

/// Whether no two posts have one address.
fn are_apart(posts: &[Post]) -> bool {
    let mut marks: Vec<u64> = posts
        .par_iter()
        .map(|post| fingerprint_of(&post.url))
        .collect();
    marks.par_sort_unstable();
    marks.is_sorted_by(|a, b| a < b)
}

/// Sets posts apart that share an address: one keeps it, and the others get the address with the date of their file's
/// name. A post of the last build keeps it before one that only the lock knows, and that before a new one. Among those
/// comes first who had the short address, then who was published first. `dated` makes the dated address, or `None` if the
/// post cannot be read again. Returns the paths of the posts that got it.
pub(super) fn add_dates(
    posts: &mut [Post],
    lock: &Lock,
    first_line: &str,
    before: &Before<'_>,
    dated: impl Fn(&Post) -> Option<Address>,
) -> HashSet<String> {
    if are_apart(posts) {
        return HashSet::new();
    }
    let ids = foresee_ids(posts, lock, first_line, before);
    let lines = lock.ids();
    let rank = |number: usize| {
        let post = &posts[number];
        let id = ids[number].as_deref();
        let had = id.is_some_and(|id| before.has_built(id));
        let is_known = had || id.is_some_and(|id| lines.contains(id));
        let was_dated = id.is_some_and(|id| before.was_dated(id));
        (!is_known, !had, was_dated, post.published, &*post.path)
    };
    let mut holders: HashMap<&str, usize> = HashMap::with_capacity(posts.len());
    let mut later = Vec::new();
    for (number, post) in posts.iter().enumerate() {
        let holder = holders.entry(post.url.as_str()).or_insert(number);
        if *holder == number {
            continue;
        }
        if rank(number) < rank(*holder) {
            later.push(std::mem::replace(holder, number));
        } else {
            later.push(number);
        }
    }
    let mut paths = HashSet::with_capacity(later.len());
    for number in later {
        if let Some(address) = dated(&posts[number]) {
            posts[number].url = address;
            paths.insert(posts[number].path.to_string());
        }
    }
    paths
}

/// Removes posts whose address another one has. A post that the lock knows comes before one that it does not know, an
/// unchanged one before a changed one, then the earlier path.
pub(super) fn take_out(
    posts: &mut Vec<Post>,
    lock: &Lock,
    first_line: &str,
    before: &Before<'_>,
) -> Vec<Loser> {
    if are_apart(posts) {
        return Vec::new();
    }
    let ids = foresee_ids(posts, lock, first_line, before);
    let lines = lock.ids();
    let is_known = |id: &str| lines.contains(id) || before.has_built(id);
    let rank = |number: usize| {
        let post = &posts[number];
        let id = ids[number].as_deref();
        let is_known = id.is_some_and(is_known);
        let is_unchanged = is_known && id.is_some_and(|id| before.is_unchanged(post, id));
        (id.is_none(), !is_known, !is_unchanged, &*post.path)
    };
    let mut holders: HashMap<&str, usize> = HashMap::with_capacity(posts.len());
    for (number, post) in posts.iter().enumerate() {
        let holder = holders.entry(post.url.as_str()).or_insert(number);
        if *holder != number && rank(number) < rank(*holder) {
            *holder = number;
        }
    }
    let mut losers = Vec::new();
    let mut stays = vec![true; posts.len()];
    for (number, post) in posts.iter().enumerate() {
        let holder = holders[post.url.as_str()];
        // The lock refuses and reports a post without an id.
        let Some(id) = ids[number].as_deref().filter(|_| holder != number) else {
            continue;
        };
        let other = &posts[holder].path;
        let finding = Finding::error(
            Rule::AddressTaken,
            format!("`{}` is also the address of `{other}`", post.url),
        );
        losers.push(Loser {
            finding: finding
                .in_file(before.file(&post.path))
                .hint("give one of them a `slug` of its own"),
            id: is_known(id).then(|| id.to_owned()),
        });
        stays[number] = false;
    }
    let mut stays = stays.into_iter();
    posts.retain(|_| stays.next().unwrap_or(true));
    losers
}
