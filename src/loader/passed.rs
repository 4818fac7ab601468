//! Warns of posts that the generator's config leaves out of the site: all of them, or some that were published.

use std::collections::HashSet;
use std::path::Path;

use crate::finding::{Finding, Rule, count};
use crate::lock::Lock;

/// The warning for a generator's config that leaves out every post.
pub(super) fn explain_all_ignored(posts: &Path, config: &Path) -> Finding {
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

/// Names the folders of a diary with posts that leave the feeds, of which `leaves` tells by path and id: an earlier version
/// published them.
pub(super) fn explain_diary(
    folders: &[String],
    dir: &Path,
    lock: &Lock,
    leaves: impl Fn(&str, &str) -> bool,
) -> Option<Finding> {
    let (mut gone, mut named) = (0, Vec::new());
    for folder in folders {
        let paths = lock.paths_at(&HashSet::from([&**folder]));
        let posts = paths.iter().filter(|path| {
            let ids = lock.ids_at([path.as_str()]);
            ids.iter().any(|id| leaves(path, id))
        });
        let posts = posts.count();
        if posts > 0 {
            gone += posts;
            named.push(format!("`{folder}`"));
        }
    }
    if gone == 0 {
        return None;
    }
    let message = format!(
        "{} {} the feeds: {} holds daily or other periodic notes, by the vault's settings",
        count(gone, "post"),
        if gone == 1 { "leaves" } else { "leave" },
        named.join(", ")
    );
    let finding = Finding::warning(Rule::DiaryLeftOut, message).in_file(dir);
    Some(finding.hint(
        "if they are to stay, move them to another folder, or give the diary another one in the vault's settings: they \
         keep their ids",
    ))
}
