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
        pages: &habits.pages,
        budget: &Budget::for_source(html),
    })
}

#[test]
fn a_picture_that_needs_a_script_is_a_picture() {
    for (html, expected) in [
        (
            "<p><amp-img src=\"/a.png\" width=\"3\" height=\"2\" alt=\"A\"></amp-img> b</p>",
            "<p><img src=\"https://base.example/a.png\" width=\"3\" height=\"2\" alt=\"A\"> b</p>",
        ),
        (
            "<p><amp-anim src=\"/a.gif\"><amp-img src=\"/b.png\"></amp-img></amp-anim></p>",
            "<p><img src=\"https://base.example/a.gif\"><img src=\"https://base.example/b.png\"></p>",
        ),
    ] {
        let safe = with_links(html, |links| super::sanitise(html, links).unwrap());
        assert_eq!(safe.html, expected);
        assert!(safe.left_out.is_empty(), "{:?}", safe.left_out);
    }
}
