//! The keys of Jekyll.

use super::{DRAFT, assert_rows};

#[test]
fn every_key_of_jekyll() {
    assert_rows(
        "jekyll",
        &[
            (
                "_posts/2024-05-01-a.md",
                "---\ntitle: Tea\n---\n",
                "title = Tea\npublished = 2024-04-30T22:00:00Z",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\ntitle: Tea\n...\n",
                "title = Tea\npath = /2024/05/01/a.html",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\ndate: 2024-06-01\n---\n",
                "published = 2024-05-31T22:00:00Z",
            ),
            (
                "_posts/2016-1-05-x.md",
                "---\n---\n",
                "published = 2016-01-04T23:00:00Z\npath = /2016/01/05/x.html",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\nlast_modified_at: 2024-06-01\n---\n",
                "updated = 2024-05-31T22:00:00Z",
            ),
            // The day in the address is the instant, seen in the site's zone.
            (
                "_posts/2024-05-01-a.md",
                "---\ndate: 2024-06-01 23:30:00\n---\n",
                "published = 2024-06-01T23:30:00Z\npath = /2024/06/02/a.html",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\npublished: false\n---\n",
                DRAFT,
            ),
            ("_drafts/a.md", "---\ndate: 2024-05-01\n---\n", DRAFT),
            (
                "_posts/2024-05-01-a.md",
                "---\npermalink: /own/p/\n---\n",
                "path = /own/p/",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\npermalink: /:year/:title/\n---\n",
                "path = /2024/a/",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\nslug: b\n---\n",
                "path = /2024/05/01/b.html",
            ),
            (
                "_posts/2024-05-01-0.2.0-Big.md",
                "---\n---\n",
                "path = /2024/05/01/0.2.0-Big.html",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\ncategory: a b\n---\n",
                "tags = a b\npath = /a%20b/2024/05/01/a.html",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\ncategories: a B\n---\n",
                "tags = a|B\npath = /a/b/2024/05/01/a.html",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\ncategories: [a b]\n---\n",
                "tags = a b",
            ),
            (
                "life/_posts/2024-05-01-a.md",
                "---\ncategory: b\n---\n",
                "tags = life|b\npath = /life/b/2024/05/01/a.html",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\ntags: a b\n---\n",
                "tags = a|b",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\ntag: a b\n---\n",
                "tags = a b",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\nexcerpt: E\n---\n",
                "description = E",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\nexcerpt: E\ndescription: D\n---\n",
                "description = D",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\nauthor: Ada\n---\n",
                "authors = Ada",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\nauthor:\n  name: Ada\n  email: ada@x.example\n  url: https://ada.example/\n---\n",
                "authors = Ada <ada@x.example> https://ada.example/",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\nauthors: [Ada, Bo]\n---\n",
                "authors = Ada|Bo",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\nimage: /i.png\n---\n",
                "image = https://x.example/i.png",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\nimage:\n  path: /i.png\n---\n",
                "image = https://x.example/i.png",
            ),
            (
                "_posts/2024-05-01-an-old_one.md",
                "---\n---\nText.\n",
                "title = an old one",
            ),
            (
                "_posts/2024-05-01-a.md",
                "---\n---\n# Tea\n\nText.\n",
                "title = Tea",
            ),
            (
                "_posts/2024-02-31-a.md",
                "---\n---\n",
                "published = 2024-03-01T23:00:00Z\npath = /2024/03/02/a.html",
            ),
            (
                "_posts/2024-13-01-a.md",
                "---\n---\n",
                "none: the date of the file's name is none: month 13",
            ),
        ],
    );
}
