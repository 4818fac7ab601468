//! Warns of posts that the generator's config leaves out of the site: all of them, or some that were published.

use std::collections::HashSet;
use std::path::Path;

use crate::config::{Dialect, Posts};
use crate::finding::{Finding, Rule, count};
use crate::loader::generator::Generator;
use crate::lock::Lock;
use crate::post::fingerprint_of;
use crate::publish::Manifest;

/// Warns where these files and folders, which the generator ignores, are all of the posts, or were published before.
pub(super) fn warn(
    generator: &Generator,
    config: &Posts,
    paths: &[String],
    ignored: &[String],
    lock: &Lock,
) -> Vec<Finding> {
    let all = paths
        .is_empty()
        .then(|| explain_all_ignored(&config.dir, &generator.file));
    let diary = match generator.dialect {
        Dialect::Obsidian => explain_diary(config, ignored, lock),
        _ => None,
    };
    all.into_iter().chain(diary).collect()
}

/// The warning for a generator's config that leaves out every post.
fn explain_all_ignored(posts: &Path, config: &Path) -> Finding {
    let posts = posts.display();
    let hint =
        "set `dir` under [posts] to what is on the site, or `dialect` if it is another generator's";
    Finding::warning(
        Rule::AllIgnored,
        format!("it leaves out every post in {posts}"),
    )
    .in_file(config)
    .hint(hint)
}

/// Names the folders of a diary from which the last build had posts: an earlier version published them.
fn explain_diary(config: &Posts, ignored: &[String], lock: &Lock) -> Option<Finding> {
    let all: HashSet<&str> = ignored.iter().map(String::as_str).collect();
    // In nearly every build there is none.
    if lock.paths_at(&all).is_empty() {
        return None;
    }
    let manifest = Manifest::read(&config.lock);
    let count_posts = |folder: &str| {
        let paths = lock.paths_at(&HashSet::from([folder]));
        let ids = lock.ids_at(paths.iter().map(String::as_str));
        let built = ids.into_iter().filter(|id| {
            let text = manifest.text_of(fingerprint_of(id));
            text.is_some()
        });
        built.count()
    };
    let (mut gone, mut folders) = (0, Vec::new());
    for folder in ignored {
        let posts = count_posts(folder);
        if posts > 0 {
            gone += posts;
            folders.push(format!("`{folder}`"));
        }
    }
    if gone == 0 {
        return None;
    }
    let message = format!(
        "{} of the last build would leave the feeds: {} holds daily or other periodic notes, by the vault's settings",
        count(gone, "post"),
        folders.join(", ")
    );
    let finding = Finding::warning(Rule::DiaryLeftOut, message).in_file(config.dir.clone());
    Some(finding.hint(
        "if they are to stay, move them to another folder, or set `dir` under [posts] to that folder",
    ))
}
