//! A post with whose links a text is read.

use crate::config::{Dialect, Site};
use crate::post::body::budget::Budget;
use crate::post::body::links::{Index, Links};
use crate::post::dialect::Habits;
use crate::post::{Read, read};

/// Calls this with the links of a post at `https://base.example/a/b/` whose text this is.
pub(super) fn with_links<T>(html: &str, call: impl FnOnce(&Links<'_>) -> T) -> T {
    let site: Site = toml::from_str("title = \"Hums\"\nurl = \"https://base.example/a/\"").unwrap();
    let habits = Habits::new(Dialect::Plain, chrono_tz::UTC);
    let text = "---\ntitle: T\ndate: 2024-05-01\n---\n";
    let post = match read("b.md", text, &site, &habits, None).unwrap() {
        Read::Post(draft) => draft.post,
        other => panic!("{other:?}"),
    };
    call(&Links {
        home: &site.url,
        post: &post,
        page: post.url.to_url(),
        posts: std::slice::from_ref(&post),
        index: &Index::default(),
        budget: &Budget::for_source(html),
    })
}
