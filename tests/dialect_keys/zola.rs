//! The keys of Zola.

use super::{DRAFT, NO_DATE, assert_rows};

#[test]
fn every_key_of_zola() {
    assert_rows(
        "zola",
        &[
            (
                "a.md",
                "+++\ntitle = 'Tea'\ndate = 2024-05-01\n+++\n",
                "title = Tea\npublished = 2024-05-01T00:00:00Z",
            ),
            (
                "a.md",
                "---\ntitle: Tea\ndate: 2024-05-01\n---\n",
                "title = Tea\npublished = 2024-05-01T00:00:00Z",
            ),
            (
                "a.md",
                "+++\ndate = 2024-05-01T08:00:00\n+++\n",
                "published = 2024-05-01T08:00:00Z",
            ),
            (
                "a.md",
                "+++\ndate = '2024-05-01T08:00'\n+++\n",
                "published = 2024-05-01T08:00:00Z",
            ),
            (
                "a.md",
                "+++\ndate = 2024-05-01T08:00:00+02:00\n+++\n",
                "published = 2024-05-01T06:00:00Z",
            ),
            (
                "a.md",
                "+++\ndate = 2024-05-01\nupdated = 2024-06-01\n+++\n",
                "updated = 2024-06-01T00:00:00Z",
            ),
            // The front matter beats the file's name.
            (
                "2024-05-01-a.md",
                "+++\n+++\n",
                "published = 2024-05-01T00:00:00Z\npath = /a/",
            ),
            (
                "2024-05-01_a.md",
                "+++\n+++\n",
                "published = 2024-05-01T00:00:00Z\npath = /a/",
            ),
            (
                // A space alone parts the date from nothing.
                "2024-05-01 a.md",
                "+++\n+++\n",
                "published = 2024-05-01T00:00:00Z\npath = /2024-05-01-a/",
            ),
            (
                "2024-05-01T08:00:00+02:00-a.md",
                "+++\n+++\n",
                "published = 2024-05-01T06:00:00Z\npath = /a/",
            ),
            (
                "2024-05-01-a.md",
                "+++\ndate = 2024-06-01\n+++\n",
                "published = 2024-06-01T00:00:00Z\npath = /a/",
            ),
            ("a.md", "+++\ntitle = 'Undated'\n+++\n", NO_DATE),
            ("a.md", "+++\ndate = 2024-05-01\ndraft = true\n+++\n", DRAFT),
            (
                "a.md",
                "+++\ndate = 2024-05-01\nrender = false\n+++\n",
                "none: it has no page",
            ),
            // The address: `path` beats `slug`.
            (
                "blog/a.md",
                "+++\ndate = 2024-05-01\nslug = 'b'\n+++\n",
                "path = /blog/b/",
            ),
            (
                "blog/a.md",
                "+++\ndate = 2024-05-01\nslug = 'b'\npath = 'own/p'\n+++\n",
                "path = /own/p/",
            ),
            (
                "blog/a.md",
                "+++\ndate = 2024-05-01\naliases = ['old']\nweight = 1\n+++\n",
                "path = /blog/a/",
            ),
            (
                "blog/0.2.0-Released.md",
                "+++\ndate = 2024-05-01\n+++\n",
                "path = /blog/0-2-0-released/",
            ),
            (
                "blog/z@9.md",
                "+++\ndate = 2024-05-01\n+++\n",
                "path = /blog/z-9/",
            ),
            (
                "blog/a/index.md",
                "+++\ndate = 2024-05-01\n+++\n",
                "path = /blog/a/",
            ),
            (
                "blog/_index.md",
                "+++\ndate = 2024-05-01\n+++\n",
                "none: no post",
            ),
            // A date in the path that the front matter sets.
            (
                "a.md",
                "+++\npath = '2025/12/19/b'\n+++\n",
                "none: it is of the future",
            ),
            (
                "a.md",
                "+++\npath = 'in/2023/12/19/b'\n+++\n",
                "published = 2023-12-19T00:00:00Z\npath = /in/2023/12/19/b/",
            ),
            (
                "a.md",
                "+++\ndate = 2024-05-01\n[taxonomies]\ntags = ['a b']\ncategories = ['c']\n+++\n",
                "tags = a b|c",
            ),
            (
                "a.md",
                "+++\ndate = 2024-05-01\nauthors = ['Ada', 'Bo']\n+++\n",
                "authors = Ada|Bo",
            ),
            (
                "a.md",
                "+++\ndate = 2024-05-01\ndescription = 'D'\n+++\n",
                "description = D",
            ),
            (
                "a.md",
                "+++\ndate = 2024-05-01\n+++\nA\n\n<!-- MORE -->\n\nB\n",
                "summary = <p>A</p>",
            ),
        ],
    );
}
