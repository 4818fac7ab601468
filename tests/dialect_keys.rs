//! Every key that a dialect has: what one post says, and what comes of it.

use std::fs;

use chrono::{DateTime, SecondsFormat, Utc};
use tidings::config::{Author, Config};
use tidings::inside::loader::load_posts;
use tidings::inside::post::Post;

/// A post of the dialect and its text as HTML, or why it is none.
fn load(dialect: &str, path: &str, text: &str) -> Result<(Post, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\ntimezone = \"Europe/Paris\"\nlanguage = \"en\"\n\
         [posts]\ndialect = \"{dialect}\"\n"
    );
    fs::write(folder.path().join("tidings.toml"), config).unwrap();
    let file = folder.path().join("post").join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    let config = Config::load(
        &folder.path().join("tidings.toml"),
        std::iter::empty::<(String, String)>(),
    )
    .unwrap();
    let now: DateTime<Utc> = "2024-12-31T00:00:00Z".parse().unwrap();
    let loaded = load_posts(&config.site, &config.posts, now).unwrap();
    if let Some(post) = loaded.posts.first() {
        return Ok((post.clone(), loaded.body(post).unwrap().summary));
    }
    let found = loaded
        .findings
        .iter()
        .map(|finding| finding.message.clone());
    let left_out = loaded
        .reasons()
        .filter_map(|line| Some(line.split_once(": left out: ")?.1.to_owned()));
    Err(found
        .chain(left_out)
        .next()
        .unwrap_or_else(|| "no post".to_owned()))
}

/// One thing that a post says of itself.
fn said(post: &Post, summary: &str, name: &str) -> String {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let whole = |author: &Author| match (&author.email, &author.url) {
        (None, None) => author.name.clone(),
        (email, url) => format!(
            "{} <{}> {}",
            author.name,
            email.as_ref().map(ToString::to_string).unwrap_or_default(),
            url.as_ref().map(ToString::to_string).unwrap_or_default()
        ),
    };
    match name {
        "title" => post.title.to_string(),
        "published" => time(post.published),
        "updated" => time(post.updated),
        "path" => post.url.path().to_owned(),
        "tags" => post.tags.join("|"),
        "authors" => post.authors.iter().map(whole).collect::<Vec<_>>().join("|"),
        "description" => post.description.clone().unwrap_or_default().into(),
        "image" => post
            .image
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        "language" => post.language.clone().unwrap_or_default().into(),
        "summary" => summary.to_owned(),
        other => panic!("`{other}` is nothing that a post says"),
    }
}

/// Path, text, and what comes of it: `name = value` on each line, or `none: why`.
type Row<'a> = (&'a str, &'a str, &'a str);

fn assert_rows(dialect: &str, rows: &[Row<'_>]) {
    for (path, text, expected) in rows {
        let found = load(dialect, path, text);
        for line in expected.lines() {
            match (line.split_once(" = "), &found) {
                (Some((name, value)), Ok((post, summary))) => {
                    assert_eq!(
                        said(post, summary, name),
                        value,
                        "{dialect}: {name} of {text}"
                    );
                }
                (None, Err(why)) => assert_eq!(line, format!("none: {why}"), "{dialect}: {text}"),
                _ => panic!("{dialect}: {text}: {line}, but {found:?}"),
            }
        }
    }
}

const NO_DATE: &str = "none: the post has no date";
const DRAFT: &str = "none: it is a draft";

#[test]
fn hugo() {
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
            // What else it says.
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

#[test]
fn zola() {
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

#[test]
fn jekyll() {
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

#[test]
fn eleventy() {
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
            // What Eleventy would ask the file or git is in the path or nowhere.
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

#[test]
fn pelican() {
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

#[test]
fn obsidian() {
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

#[test]
fn plain() {
    let verse = "a / b / c\nTitle: February 18, 2013 - A Day\n\nFirst.\nA heading\nSecond.\n[END OF POST]\n";
    assert_rows(
        "plain",
        &[
            (
                "a-/-b-/-c.md",
                verse,
                "title = A Day\npublished = 2013-02-17T23:00:00Z\npath = /a/b/c/\nsummary = <p>First.</p>",
            ),
            (
                "a.md",
                "Title: February 18, 2013\n\nFirst.\n",
                "title = February 18, 2013\npublished = 2013-02-17T23:00:00Z",
            ),
            (
                "2013-02-18-a.md",
                "Title: A Day\n\nFirst.\n",
                "title = A Day\npublished = 2013-02-17T23:00:00Z",
            ),
            (
                "2013/02/18/a.md",
                "# A Day\n\nFirst.\n",
                "title = A Day\npublished = 2013-02-17T23:00:00Z",
            ),
            ("a.md", "Title: A Day\n\nFirst.\n", NO_DATE),
        ],
    );
}
