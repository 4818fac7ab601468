//! The tags, sections, authors and languages that have feeds, and the folders of those feeds.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::config::{By, Site};
use crate::finding::{Finding, Rule};
use crate::post::{Post, make_slug};

/// The longest slug, in bytes: names of files end at 255.
const LONGEST: usize = 120;
/// How many of the feeds that are left out are named.
const EXAMPLES: usize = 3;

/// A tag, a section, an author or a language, with its posts.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    /// The kind of the part; none for the whole site.
    pub(super) by: Option<By>,
    /// Its name; none for the whole site.
    pub(super) name: Option<String>,
    /// The folder of its documents below that of the feeds: empty, or with a slash at its end.
    pub(super) folder: String,
    /// Its posts, by their place in the list of all.
    pub(super) posts: Vec<usize>,
}

/// A topic without its posts.
#[derive(Debug, Clone, Hash)]
pub(super) struct NamedTopic {
    /// Its name; none for the whole site.
    pub(super) name: Option<String>,
    /// The folder of its documents, as [`Topic`] has it.
    pub(super) folder: String,
}

/// The whole site, and everything in it that has a feed of its own, sorted by folder.
pub(super) fn find_topics(posts: &[Post], by: &[By], site: &Site) -> Vec<Topic> {
    let mut found: BTreeMap<String, Topic> = BTreeMap::new();
    for by in by {
        let mut folders: BTreeMap<&str, String> = BTreeMap::new();
        for (number, post) in posts.iter().enumerate() {
            for name in list_names(post, *by, site) {
                let folder = folders
                    .entry(name)
                    .or_insert_with(|| format!("{}/{}/", by.name(), make_folder(name)));
                if !found.contains_key(folder) {
                    let topic = Topic {
                        by: Some(*by),
                        name: Some(name.to_owned()),
                        folder: folder.clone(),
                        posts: Vec::new(),
                    };
                    found.insert(folder.clone(), topic);
                }
                let Some(topic) = found.get_mut(folder) else {
                    continue;
                };
                // `Rust` and `rust` are one; the title does not depend on which post comes first.
                if topic.name.as_deref().is_some_and(|known| name < known) {
                    topic.name = Some(name.to_owned());
                }
                if topic.posts.last() != Some(&number) {
                    topic.posts.push(number);
                }
            }
        }
    }
    let whole = Topic {
        by: None,
        name: None,
        folder: String::new(),
        posts: (0..posts.len()).collect(),
    };
    std::iter::once(whole).chain(found.into_values()).collect()
}

/// Keeps the whole site and the parts with the most posts of its own, at most so many. A finding names what is left out.
pub(super) fn limit_topics(topics: &mut Vec<Topic>, posts: &[Post], max: usize) -> Option<Finding> {
    let parts = topics.len().saturating_sub(1);
    if parts <= max {
        return None;
    }
    let mut order: Vec<usize> = (1..topics.len()).collect();
    // The sort is stable: topics with as many posts stay sorted by folder. Topics without a post of the site's own are last.
    let own = |at: usize| {
        let of_topic = topics[at].posts.iter();
        of_topic.filter(|at| !posts[**at].is_syndicated()).count()
    };
    order.sort_by_key(|at| Reverse((own(*at), topics[*at].posts.len())));
    let left: BTreeSet<usize> = order.split_off(max).into_iter().collect();
    // Nobody here can mend the tags of other sites.
    let make = match left.iter().any(|at| own(*at) > 0) {
        true => Finding::error,
        false => Finding::warning,
    };
    let examples: Vec<String> = left
        .iter()
        .take(EXAMPLES)
        .map(|at| format!("`{}`", topics[*at].folder.trim_end_matches('/')))
        .collect();
    let mut at = 0..topics.len();
    topics.retain(|_| at.next().is_none_or(|at| !left.contains(&at)));
    let more = if left.len() > EXAMPLES { ", …" } else { "" };
    let finding = make(
        Rule::FeedsLeftOut,
        format!(
            "{} of {parts} feeds are left out, those with the fewest posts: {}{more}",
            left.len(),
            examples.join(", ")
        ),
    );
    Some(finding.hint(format!(
        "use fewer tags, or raise `max_feeds = {max}` under [feeds]"
    )))
}

fn list_names<'a>(post: &'a Post, by: By, site: &'a Site) -> Vec<&'a str> {
    match by {
        By::Tag => post.tags.iter().map(AsRef::as_ref).collect(),
        By::Section => post.section.as_deref().into_iter().collect(),
        By::Author => post
            .authors
            .iter()
            .map(|author| author.name.as_str())
            .collect(),
        By::Language => vec![post.language.as_deref().unwrap_or(&site.language)],
    }
}

/// Makes the name of a topic's folder: its slug if that says it all, else the slug and a mark, so that `c`, `c++` and `c#`
/// stay apart.
fn make_folder(name: &str) -> String {
    let mut slug = make_slug(name);
    let plain = name
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("-");
    if slug == plain && (1..=LONGEST).contains(&slug.len()) {
        return slug;
    }
    slug.truncate(
        (0..=LONGEST.min(slug.len()))
            .rev()
            .find(|end| slug.is_char_boundary(*end))
            .unwrap_or_default(),
    );
    // FNV-1a: the mark is a part of addresses, so it stays as it is for ever.
    let mut mark: u32 = 0x811c_9dc5;
    for byte in name.to_lowercase().bytes() {
        mark = (mark ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    let separator = if slug.is_empty() { "" } else { "-" };
    format!("{slug}{separator}{mark:08x}")
}

#[cfg(test)]
mod tests {
    use super::make_folder;

    #[test]
    fn names_that_differ_in_signs_only_have_places_of_their_own() {
        let places = ["c", "c++", "c#", "日本語", "on call", "Rust"].map(make_folder);
        assert_eq!(
            [&places[0], &places[3], &places[4], &places[5]],
            ["c", "日本語", "on-call", "rust"]
        );
        assert_ne!(places[1], places[2]);
        assert_eq!(make_folder("C++"), places[1]);
    }

    #[test]
    fn a_name_of_any_length_has_a_place_that_a_disk_can_hold() {
        assert!(make_folder(&"語".repeat(5000)).len() < 140);
        assert_ne!(make_folder(&"a".repeat(300)), make_folder(&"a".repeat(301)));
        assert_eq!(make_folder("!!!").len(), 8);
        assert_eq!(make_folder("\u{a0}").len(), 8);
    }
}
