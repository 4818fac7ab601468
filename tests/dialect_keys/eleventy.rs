//! The keys of Eleventy.

use super::{NO_DATE, assert_rows};

#[test]
fn every_key_of_eleventy() {
    assert_rows(
        "eleventy",
        &[
            (
                "a.md",
                "---\ntitle: Tea\ndate: 2024-05-01\n---\n",
                "title = Tea\npublished = 2024-05-01T00:00:00Z",
            ),
            (
                "a.md",
                "---json\n{\"title\": \"Tea\", \"date\": \"2024-05-01\"}\n---\n",
                "title = Tea\npath = /a/",
            ),
            (
                "2024-05-01-a.md",
                "---\ndate: 2024-06-01\n---\n",
                "published = 2024-06-01T00:00:00Z\npath = /2024-05-01-a/",
            ),
            (
                "x/2024-05-01/a.md",
                "---\n---\n",
                "published = 2024-05-01T00:00:00Z\npath = /x/2024-05-01/a/",
            ),
            // Eleventy would ask the file or git for this date; it is in the path or nowhere.
            (
                "2024-05-01-a.md",
                "---\ndate: Last Modified\n---\n",
                "published = 2024-05-01T00:00:00Z",
            ),
            (
                "2024-05-01-a.md",
                "---\ndate: Created\n---\n",
                "published = 2024-05-01T00:00:00Z",
            ),
            (
                "2024-05-01-a.md",
                "---\ndate: git Last Modified\n---\n",
                "published = 2024-05-01T00:00:00Z",
            ),
            ("a.md", "---\ndate: Last Modified\n---\n", NO_DATE),
            (
                "a.md",
                "---\ndate: 2024-05-01\npermalink: false\n---\n",
                "none: it has no page",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\npermalink: /own/p/index.html\n---\n",
                "path = /own/p/",
            ),
            (
                "x/a.md",
                "---\ndate: 2024-05-01\npermalink: \"b/{{ page.fileSlug }}/\"\n---\n",
                "path = /b/a/",
            ),
            (
                "x/a.md",
                "---\ndate: 2024-05-01\npermalink: \"{{ title | slugify }}/\"\ntitle: Ü & B\n---\n",
                "path = /ue-and-b/",
            ),
            ("x/x.md", "---\ndate: 2024-05-01\n---\n", "path = /x/"),
            (
                "a.md",
                "---\ndate: 2024-05-01\ntags: one tag\n---\n",
                "tags = one tag",
            ),
            (
                "a.md",
                "---\ndate: 2024-05-01\ntags: [a, b]\n---\n",
                "tags = a|b",
            ),
        ],
    );
}
