//! The keys of Obsidian.

use super::{DRAFT, assert_rows};

#[test]
fn every_key_of_obsidian() {
    assert_rows(
        "obsidian",
        &[
            (
                "The Kettle.md",
                "---\ndate: 2020-08-21\n---\n",
                "title = The Kettle\npublished = 2020-08-20T22:00:00Z",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21T10:30:00\n---\n",
                "published = 2020-08-21T08:30:00Z",
            ),
            ("a-b.md", "---\ndate: 2020-08-21\n---\n", "title = a-b"),
            (
                "A.md",
                "---\ndate: 2020-08-21\ntags: [a, b/c]\n---\n",
                "tags = a|b/c",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\ntags: \"#a #b\"\n---\n",
                "tags = a|b",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\ntag: a, b\n---\n",
                "tags = a|b",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\naliases: [Other]\ncssclasses: [wide]\n---\n",
                "title = A\npath = /a/",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\npublish: false\n---\n",
                DRAFT,
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\npublish: true\n---\n",
                "title = A",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\npermalink: own/p\n---\n",
                "path = /own/p",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\ndescription: D\n---\n",
                "description = D",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\nimage: /i.png\n---\n",
                "image = https://x.example/i.png",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\ncover: \"[[c.png]]\"\n---\n",
                "image = https://x.example/a/c.png",
            ),
            (
                "A.md",
                "---\ndate: 2020-08-21\n---\nSee [[A|this]] and [[Nowhere]].\n",
                "summary = <p>See <a href=\"https://x.example/a/\">this</a> and Nowhere.</p>",
            ),
        ],
    );
}
