//! Ids that were minted under an address for examples: many sites begin there, and ids must be unique.

use crate::config::{Config, is_sample_host};
use crate::finding::{Finding, Rule};
use crate::lock::Lock;

/// Warns where the ids begin with an address for examples though the site has its own, until the lock gives the main feed
/// an id by a line of its own.
pub(super) fn find_sample_ids(config: &Config, lock: &Lock) -> Option<Finding> {
    let (authority, host) = (lock.authority(), config.site.authority());
    if !is_sample_host(authority) || is_sample_host(&host) || lock.given_feed_id("").is_some() {
        return None;
    }
    let message = format!(
        "the ids begin with `{authority}`, an address for examples, and not with `{host}`: other sites that began so share them"
    );
    let hint = format!(
        "while nobody follows the feeds yet, delete this lock, `tidings.manifest`, the feeds and the store, and begin anew; \
         else the ids stay, and this line below the first of the lock says that they may, its fields parted by tabs\n{}",
        Lock::line_of_feed("", &lock.feed_id(""))
    );
    let finding = Finding::warning(Rule::SampleIds, message).hint(hint);
    Some(finding.in_file(&config.posts.lock))
}
