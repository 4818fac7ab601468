//! `tidings build --adopt`: the ids of an old feed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::command::Session;
use crate::feed::{OldFeed, folder_at};
use crate::file::read::{LISTED, read_text};
use crate::finding::Finding;
use crate::loader::Loaded;

/// Gives the posts the ids of an old feed.
pub(super) fn adopt(session: &Session<'_>, loaded: &mut Loaded, file: &Path) -> anyhow::Result<()> {
    let text = read_text(file, LISTED).map_err(|error| error.in_file(file))?;
    let old = OldFeed::parse(&text).map_err(|finding| finding.in_file(file))?;
    let adoption = old
        .adopt(&loaded.posts)
        .map_err(|finding| finding.in_file(file))?;
    let ids: BTreeMap<&str, &str> = adoption
        .ids
        .iter()
        .map(|(path, id)| (path.as_str(), id.as_str()))
        .collect();
    let mut changed = 0;
    for post in &mut loaded.posts {
        if let Some(id) = ids
            .get(&*post.path)
            .filter(|id| loaded.lock.adopt(&post.path, id))
        {
            post.id = (*id).into();
            changed += 1;
        }
    }
    let mut warnings = adoption.warnings;
    if let Some(id) = &old.id {
        let config = &session.config;
        let folder = old
            .address
            .and_then(|address| folder_at(&config.site, &config.feeds, &loaded.posts, &address));
        let folder = folder.unwrap_or_default();
        match loaded.lock.feed_id(&folder) {
            Some(known) if known != id => {
                warnings.push(Finding::warning(format!(
                    "the feed /{folder} keeps its id `{known}`"
                )));
            }
            _ => loaded.lock.adopt_feed(&folder, id),
        }
    }
    let by_rule = match adoption.by_rule {
        0 => String::new(),
        some => format!(", {some} of them older than the feed, by the rule that its ids follow"),
    };
    session.say(&format!("adopted {changed} ids{by_rule}"));
    session.report(
        &warnings
            .into_iter()
            .map(|warning| warning.in_file(file))
            .collect::<Vec<_>>(),
    );
    Ok(())
}
