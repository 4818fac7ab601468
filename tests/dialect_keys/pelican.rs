//! The keys of Pelican.

use super::{DRAFT, assert_rows};

#[test]
fn every_key_of_pelican() {
    assert_rows(
        "pelican",
        &[
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01 08:00\n\nA.\n",
                "title = Tea\npublished = 2024-05-01T06:00:00Z",
            ),
            (
                "a.md",
                "---\nTitle: Tea: black\nDate: 2024-05-01\n---\n",
                "title = Tea: black\npath = /tea-black.html",
            ),
            (
                "2024-05-01-a.md",
                "Title: Tea\n\nA.\n",
                "published = 2024-04-30T22:00:00Z",
            ),
            (
                "2024-05-01-a.md",
                "Title: Tea\nDate: 2024-06-01\n\nA.\n",
                "published = 2024-05-31T22:00:00Z",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nModified: 2024-06-01 10:00\n\nA.\n",
                "updated = 2024-06-01T08:00:00Z",
            ),
            (
                "a.md",
                "Title: Rust 0.7\nDate: 2024-05-01\n\nA.\n",
                "path = /rust-07.html",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nSlug: own-0.7\n\nA.\n",
                "path = /own-0.7.html",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nurl: own/p/\nsave_as: own/p/index.html\n\nA.\n",
                "path = /own/p/",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nsave_as: own/p/index.html\n\nA.\n",
                "path = /own/p/",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nTags: a b, c\n\nA.\n",
                "tags = a b|c",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nTags: a, b; c\n\nA.\n",
                "tags = a, b|c",
            ),
            (
                "x/a.md",
                "Title: Tea\nDate: 2024-05-01\n\nA.\n",
                "tags = x\npath = /tea.html",
            ),
            (
                "x/a.md",
                "Title: Tea\nDate: 2024-05-01\nCategory: Home Cooking\n\nA.\n",
                "tags = Home Cooking",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nAuthor: Ada\n\nA.\n",
                "authors = Ada",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nAuthors: Ada, Bo\n\nA.\n",
                "authors = Ada|Bo",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nAuthors: Night, Ada; Bo\n\nA.\n",
                "authors = Night, Ada|Bo",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nSummary: S\n\nA.\n",
                "description = S\nsummary = <p>S</p>",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nLang: de\n\nA.\n",
                "language = de",
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nStatus: draft\n\nA.\n",
                DRAFT,
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nStatus: hidden\n\nA.\n",
                DRAFT,
            ),
            (
                "a.md",
                "Title: Tea\nDate: 2024-05-01\nStatus: published\n\nA.\n",
                "title = Tea",
            ),
            (
                "pages/a.md",
                "Title: Tea\nDate: 2024-05-01\n\nA.\n",
                "none: no post",
            ),
        ],
    );
}
