//! The keys of Hugo.

use super::{DRAFT, NO_DATE, assert_rows};

#[test]
fn every_key_of_hugo() {
    assert_rows(
        "hugo",
        &[
            // Three forms of front matter, keys in any case.
            (
                "a.md",
                "+++\nTitle = 'Tea'\nDATE = 2024-05-01\n+++\n",
                "title = Tea\npublished = 2024-04-30T22:00:00Z",
            ),
            (
                "a.md",
                "---\ntitle: Tea\nDate: 2024-05-01\n---\n",
                "title = Tea\npublished = 2024-04-30T22:00:00Z",
            ),
            (
                "a.md",
                "{\"TITLE\": \"Tea\", \"date\": \"2024-05-01\"}\n",
                "title = Tea\npublished = 2024-04-30T22:00:00Z",
            ),
            (
                "a.md",
                "---\nlinkTitle: Short\ndate: 2024-05-01\n---\n",
                "title = Short",
            ),
            (
                "a.md",
                "---\ntitle: Long\nlinkTitle: Short\ndate: 2024-05-01\n---\n",
                "title = Long",
            ),
            // The dates, and what stands in for them.
            (
                "a.md",
                "---\ndate: 2024-05-01\npublishDate: 2024-06-01\n---\n",
                "published = 2024-05-31T22:00:00Z",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\npubdate: 2024-06-01\n---\n",
                "published = 2024-05-31T22:00:00Z",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\npublished: 2024-06-01\n---\n",
                "published = 2024-05-31T22:00:00Z",
            ),
            (
                "a.md",
                "---\nlastmod: 2024-06-01\n---\n",
                "published = 2024-05-31T22:00:00Z",
            ),
            (
                "a.md",
                "---\nmodified: 2024-06-01\n---\n",
                "published = 2024-05-31T22:00:00Z",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\nlastmod: 2024-06-01\n---\n",
                "updated = 2024-05-31T22:00:00Z",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\nmodified: 2024-06-01\n---\n",
                "updated = 2024-05-31T22:00:00Z",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\n---\n",
                "updated = 2024-04-30T22:00:00Z",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\nexpiryDate: 2024-06-01\n---\n",
                "none: it has expired",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\nunpublishdate: 2024-06-01\n---\n",
                "none: it has expired",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\nexpiryDate: 2025-06-01\n---\n",
                "published = 2024-04-30T22:00:00Z",
            ),
            (
                "2024-05-01-a.md",
                "---\ntitle: The name alone is no date\n---\n",
                NO_DATE,
            ),
            ("a.md", "---\ndate: 2024-05-01\ndraft: true\n---\n", DRAFT),
            // The address.
            (
                "posts/A b.md",
                "---\ndate: 2024-05-01\n---\n",
                "path = /posts/a-b/",
            ),
            (
                "posts/2024-05-01-a.md",
                "---\ndate: 2024-05-01\n---\n",
                "path = /posts/2024-05-01-a/",
            ),
            (
                "posts/a.md",
                "---\ndate: 2024-05-01\nslug: Own Slug\n---\n",
                "path = /posts/own-slug/",
            ),
            (
                "posts/a.md",
                "---\ndate: 2024-05-01\nslug: x\nurl: /Own/b.html\n---\n",
                "path = /Own/b.html",
            ),
            (
                "posts/a.md",
                "---\ndate: 2024-05-01\naliases: [/old/]\n---\n",
                "path = /posts/a/",
            ),
            (
                "posts/a/index.md",
                "---\ndate: 2024-05-01\n---\n",
                "path = /posts/a/",
            ),
            (
                "posts/_index.md",
                "---\ndate: 2024-05-01\n---\n",
                "none: no post",
            ),
            // The other words are these.
            (
                "a.md",
                "---\ndate: 2024-05-01\ntags: [a b, c]\ncategories: [d]\n---\n",
                "tags = a b|c|d",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\ntags: a b\n---\n",
                "tags = a b",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\ndescription: D\nsummary: S\n---\n",
                "description = D",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\nsummary: S\n---\nText.\n",
                "description = S\nsummary = <p>S</p>",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\nsummary: S\n---\nA\n\n<!--more-->\n\nB\n",
                "summary = <p>A</p>",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\n---\nA.\n\nB.\n",
                "summary = <p>A.</p>",
            ),
            (
                "b/a.md",
                "---\ndate: 2024-05-01\nimages: [c.png, d.png]\n---\n",
                "image = https://x.example/b/a/c.png",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\nparams:\n  author: Ada\n---\n",
                "authors = Ada",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\nauthor: Ada\n---\n",
                "authors = Ada",
            ),
        ],
    );
}
