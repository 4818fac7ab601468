//! Posts that came by feeds, beside those of the folder.

use std::collections::HashSet;

use url::Url;

use crate::ending::Ending;
use crate::finding::Finding;
use crate::loader::Loaded;
use crate::post::{Post, SyndicatedPost, fingerprint_of};

impl Loaded {
    /// Takes the posts of the sources in, without those that the folder has itself: a planet carries our own posts too. Another feed cannot take an id that is the site's own, since a post that comes later would count as announced.
    /// `is_behind`: whether a source could not be read.
    pub(crate) fn join(
        &mut self,
        posts: Vec<SyndicatedPost>,
        findings: Vec<Finding>,
        is_behind: bool,
    ) {
        let own: HashSet<String> = self
            .posts
            .iter()
            .map(|post| strip_address(&post.url))
            .collect();
        let ids: HashSet<Box<str>> = self.posts.iter().map(|post| post.id.clone()).collect();
        let own_ids = OwnIds {
            authority: self.lock.authority().to_owned(),
            host: self.site.url.host_str().unwrap_or_default().to_owned(),
        };
        for SyndicatedPost { mut post, mut from } in posts {
            if own.contains(&strip_address(&post.url)) || ids.contains(from.said.as_str()) {
                continue;
            }
            if own_ids.has(&post.id) {
                post.id = from.own_name.as_str().into();
            }
            from.names.retain(|name| !own_ids.has(name));
            self.syndicated.insert(post.path.clone(), from);
            self.posts.push(post);
        }
        if !self.syndicated.is_empty() {
            let order = |post: &Post| (std::cmp::Reverse(post.published), post.path.clone());
            self.posts.sort_by_cached_key(order);
        }
        self.findings.extend(findings);
        self.is_behind = is_behind;
    }

    /// Partial if a post was left out, or a source could not be read.
    pub(crate) fn ending(&self) -> Ending {
        match self.is_behind {
            true => Ending::Partial,
            false => Ending::from_findings(&self.findings),
        }
    }

    /// Adds to these ids the other names of the posts that came by feeds.
    pub(crate) fn add_names<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut all: Vec<String> = ids.map(str::to_owned).collect();
        if self.syndicated.is_empty() {
            return all;
        }
        let wanted: HashSet<String> = all.iter().cloned().collect();
        let posts = self.posts.iter();
        for post in posts.filter(|post| wanted.contains(&*post.id)) {
            let from = self.syndicated.get(&post.path);
            let names = from.into_iter().flat_map(|from| &from.names);
            all.extend(names.filter(|name| !wanted.contains(*name)).cloned());
        }
        all.sort();
        all.dedup();
        all
    }

    /// The fingerprints of the ids of posts that came by feeds.
    pub(crate) fn syndicated_ids(&self) -> impl Iterator<Item = u64> {
        let posts = self.posts.iter().filter(|post| post.is_syndicated());
        posts.map(|post| fingerprint_of(&post.id))
    }
}

/// The ids that only posts of the site may have: those that it mints, and addresses of its pages.
struct OwnIds {
    /// The authority of the lock; empty before the first mint.
    authority: String,
    host: String,
}

impl OwnIds {
    fn has(&self, id: &str) -> bool {
        let is_own = |name: &str| {
            let name = name.to_ascii_lowercase();
            name == self.host || (name == self.authority && !name.is_empty())
        };
        match id.split_once(':') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tag") => {
                is_own(rest.split(',').next().unwrap_or_default())
            }
            _ => Url::parse(id).is_ok_and(|url| url.host_str().is_some_and(is_own)),
        }
    }
}

/// Removes from an address what differs between two links to one page.
fn strip_address(url: &impl AsRef<str>) -> String {
    let Ok(mut url) = Url::parse(url.as_ref()) else {
        return url.as_ref().to_owned();
    };
    url.set_fragment(None);
    let text = url.as_str().trim_end_matches('/');
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.to_owned()
}
