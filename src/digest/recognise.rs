//! Posts that came by feeds and are known by another name, or since before their feed was a source.

use std::collections::{HashMap, HashSet};

use crate::digest::Record;
use crate::post::{Came, Post, Syndication};

impl Record {
    /// Takes a post as announced, or carried, that is so by one of its names. Returns the ids of those that a digest which
    /// has begun before does not announce: they came with the first copy of a feed, or while it was no source. A feed
    /// of which the digest has had a post has lost its copy: what else comes with a new one is news.
    pub(crate) fn recognise(
        &mut self,
        posts: &[Post],
        syndicated: &HashMap<Box<str>, Syndication>,
    ) -> HashSet<String> {
        let of_feeds = || {
            let posts = posts.iter();
            posts.filter_map(|post| Some((post, syndicated.get(&post.path)?)))
        };
        let known = of_feeds().filter(|(_, from)| self.ever.contains(&from.own_name));
        let known: HashSet<&str> = known.map(|(_, from)| from.feed.as_str()).collect();
        for set in [&mut self.announced, &mut self.ever, &mut self.carried] {
            for (post, from) in of_feeds() {
                if from.names.iter().any(|name| set.contains(name)) {
                    set.insert(post.id.to_string());
                }
            }
        }
        let is_known = |post: &Post, from: &Syndication| match from.came {
            _ if self.announced.contains(&*post.id) => false,
            Came::Later => false,
            Came::Away => true,
            Came::First => !known.contains(from.feed.as_str()),
        };
        let backlog = of_feeds().filter(|(post, from)| is_known(post, from));
        backlog.map(|(post, _)| post.id.to_string()).collect()
    }
}
