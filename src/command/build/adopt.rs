//! `tidings build --adopt`: the ids of an old feed.

use std::collections::BTreeMap;
use std::path::Path;

use tokio::runtime::Runtime;
use url::Url;

use crate::app::App;
use crate::feed::{Adoption, OldFeed, find_folder_at};
use crate::file::read::{LISTED, not_text, read_text};
use crate::finding::{Finding, Rule, count};
use crate::http::Client;
use crate::loader::Loaded;
use crate::talk::Talk;

/// The most bytes of a feed that is fetched.
const FETCHED: u64 = 64 << 20;

/// Gives the posts the ids of an old feed: a file, or an address that is fetched.
pub(super) fn adopt(
    app: &App,
    talk: &mut Talk<'_>,
    loaded: &mut Loaded,
    feed: &Path,
    runtime: &Runtime,
) -> Result<(), Finding> {
    let text = match find_address(feed) {
        Some(address) => fetch(app, &address, runtime),
        None => read_text(feed, LISTED).map_err(|error| error.in_file(feed)),
    }?;
    let old = OldFeed::parse(&text).map_err(|finding| finding.in_file(feed))?;
    let adoption = old.adopt(&loaded.posts);
    let adoption = adoption.map_err(|finding| finding.in_file(feed))?;
    let changed = give_ids(loaded, &adoption);
    let mut warnings = adoption.warnings;
    warnings.extend(adopt_feed_id(app, loaded, &old));
    let by_rule = match adoption.by_rule {
        0 => String::new(),
        some => format!(", {some} of them older than the feed, by the rule that its ids follow"),
    };
    talk.say(&format!("adopted {}{by_rule}", count(changed, "id")));
    let warnings = warnings.into_iter().map(|warning| warning.in_file(feed));
    talk.report(&warnings.collect::<Vec<_>>());
    Ok(())
}

/// The address given in place of a file.
fn find_address(feed: &Path) -> Option<Url> {
    let text = feed.to_str().filter(|text| text.contains("://"))?;
    Url::parse(text).ok()
}

/// Fetches a feed. Only the site's own host may have a private address.
fn fetch(app: &App, address: &Url, runtime: &Runtime) -> Result<String, Finding> {
    let client = Client::for_site(&app.config.site.url);
    let fetched = runtime.block_on(client.fetch(address, FETCHED));
    let bytes = fetched.map_err(|trouble| {
        Finding::error(
            Rule::FeedUnreadable,
            format!("cannot be fetched: {trouble}"),
        )
        .in_file(address.as_str())
        .hint("save the old feed as a file, and name the file")
    })?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let place = not_text(&bytes, error.valid_up_to());
        place.in_file(Path::new(address.as_str()))
    })?;
    Ok(text.to_owned())
}

/// Gives the posts their old ids. Returns how many have another id than before.
fn give_ids(loaded: &mut Loaded, adoption: &Adoption) -> usize {
    let ids: BTreeMap<&str, &str> = adoption
        .ids
        .iter()
        .map(|(path, id)| (path.as_str(), id.as_str()))
        .collect();
    let mut changed = 0;
    for post in &mut loaded.posts {
        if let Some(id) = ids.get(&*post.path)
            && loaded.lock.adopt(&post.path, id)
        {
            post.id = (*id).into();
            changed += 1;
        }
    }
    changed
}

/// Gives our feed the id of the old one, unless it has adopted another: then that is the warning.
fn adopt_feed_id(app: &App, loaded: &mut Loaded, old: &OldFeed) -> Option<Finding> {
    let id = old.id.as_ref()?;
    let config = &app.config;
    let address = old.address.as_ref();
    let folder = address
        .and_then(|address| find_folder_at(&config.site, &config.feeds, &loaded.posts, address))
        .unwrap_or_default();
    match loaded.lock.given_feed_id(&folder) {
        Some(known) if known != id => Some(Finding::warning(
            Rule::FeedIdKept,
            format!("the feed /{folder} keeps its id `{known}`"),
        )),
        _ => {
            loaded.lock.adopt_feed(&folder, id);
            None
        }
    }
}
