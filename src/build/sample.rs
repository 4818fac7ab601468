//! Ids that begin with an address for examples: many sites begin there, and ids must be unique.

use crate::config::{Config, is_sample_host};
use crate::finding::{Finding, Rule};
use crate::lock::{Lock, mint_feed_id};

/// Warns while the site's own address is one for examples: the ids that are given now begin so for ever.
pub(super) fn find_sample_address(config: &Config) -> Option<Finding> {
    let host = config.site.url.host_str().unwrap_or_default();
    if !is_sample_host(host) {
        return None;
    }
    let message = format!(
        "`{}` is an address for examples: the ids of posts and feeds begin with it for ever",
        config.site.url
    );
    let mut finding = Finding::warning(Rule::PlaceholderAddress, message);
    finding.place = Some(config.place_of_key("site", "url"));
    Some(finding.hint(
        "set `url` under [site], and begin anew while nobody follows the feeds: delete the lock, `tidings.manifest`, the \
         feeds and the store",
    ))
}

/// Warns where the ids begin with an address for examples though the site has its own, until the lock gives the main feed
/// the id that begins so by a line of its own.
pub(super) fn find_sample_ids(config: &Config, lock: &Lock) -> Option<Finding> {
    let (authority, host) = (lock.authority(), config.site.authority());
    if !is_sample_host(authority) || is_sample_host(&host) {
        return None;
    }
    let minted = mint_feed_id(&lock.first_line(), "");
    let given = lock.given_feed_id("");
    if given == Some(&minted) {
        return None;
    }
    let message = format!(
        "the ids begin with `{authority}`, an address for examples, and not with `{host}`: other sites that began so share them"
    );
    let keep = match given {
        // The main feed has its id from elsewhere, and keeps it.
        Some(_) => format!(
            "else write `{}` as the first line of the lock: the ids in it stay, new ones begin with that, and so do those of feeds that have no line in it",
            config.site.first_line()
        ),
        None => format!(
            "else the ids stay, and this line below the first of the lock says that they may, its fields parted by tabs\n{}",
            Lock::line_of_feed("", &minted)
        ),
    };
    let hint = format!(
        "while nobody follows the feeds yet, delete this lock, `tidings.manifest`, the feeds and the store, and begin anew; {keep}"
    );
    let finding = Finding::warning(Rule::SampleIds, message).hint(hint);
    Some(finding.in_file(&config.posts.lock))
}
