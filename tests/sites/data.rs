//! Keys from other files than the post: data files, sections, heads of pages, computed values.

use tidings::config::Config;
use tidings::inside::loader::load_posts;

use super::{Files, listed, site_beside};

#[test]
fn files_of_data_say_what_posts_of_eleventy_do_not() {
    // Eleventy 3.1 itself merges them like this.
    let scene = site_beside(&[
        ("eleventy.config.js", "export default function () {}\n"),
        ("content/content.json", "{\"tags\": [\"all\"]}\n"),
        (
            "content/posts/posts.json",
            "{\"tags\": [\"post\"], \"layout\": 1, \"permalink\": \"blog/{{ page.fileSlug }}/\"}\n",
        ),
        (
            "content/posts/sub/sub.json",
            "{\"tags\": [\"deep\"], \"date\": \"2021-02-03\"}\n",
        ),
        (
            "content/posts/sub/sub.11tydata.json",
            "{\"tags\": \"late\", \"date\": \"2021-02-04\"}\n",
        ),
        (
            "content/posts/sub/c.11tydata.json",
            "{\"title\": \"From data\", \"tags\": [\"own\"]}\n",
        ),
        ("content/posts/sub/c.json", "{\"title\": \"Other data\"}\n"),
        ("content/posts/sub/c.md", "Text.\n"),
        (
            "content/posts/a.md",
            "---\ntitle: A\ndate: 2024-05-01\ntags: [tea]\n---\n",
        ),
        (
            "content/posts/b.md",
            "---\ntitle: B\ndate: 2024-05-02\ntags: tea\npermalink: own/\n---\n",
        ),
    ]);
    let load = |dir: &str| {
        let set = [("TIDINGS_POSTS__DIR".to_owned(), dir.to_owned())];
        let config = Config::load(&scene.path("config.toml"), set).unwrap();
        listed(
            &load_posts(
                &config.site,
                &config.posts,
                "2024-06-01T00:00:00Z".parse().unwrap(),
            )
            .unwrap(),
        )
    };
    let rows = [
        "a.md | A | 2024-05-01T00:00:00Z | 2024-05-01T00:00:00Z | https://x.example/blog/a/ | all, post, tea | \n",
        "b.md | B | 2024-05-02T00:00:00Z | 2024-05-02T00:00:00Z | https://x.example/own/ | all, post, tea | \n",
        "sub/c.md | From data | 2021-02-04T00:00:00Z | 2021-02-04T00:00:00Z | https://x.example/blog/c/ | all, post, deep, late, own | \n",
    ];
    assert_eq!(load("content/posts"), rows.concat());
    assert_eq!(
        load("content"),
        rows.map(|row| format!("posts/{row}")).concat()
    );
    let scene = scene.file(
        "content/posts/posts.11tydata.js",
        "export default { permalink: 'x' };\n",
    );
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(
        ran.talk
            .contains("posts.11tydata.js: its `permalink` is not known here"),
        "{}",
        ran.talk
    );
}

#[test]
fn what_is_in_no_list_is_no_post_and_what_is_computed_counts() {
    let files: Files<'_> = &[
        (
            "content/a.md",
            "---\ntitle: A\ndate: 2024-05-01\nbuild:\n  list: never\n---\n",
        ),
        (
            "content/b.md",
            "---\ntitle: B\ndate: 2024-05-02\nunlisted: true\n---\n",
        ),
        (
            "content/c.md",
            "---\ntitle: C c\ndate: 2024-05-03\neleventyComputed:\n  permalink: \"x/{{ title | slugify }}/\"\n---\n",
        ),
    ];
    let scene = site_beside(&[files, &[("eleventy.config.js", "export default {}\n")]].concat());
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
    assert!(
        ran.talk
            .contains("a.md: left out: it is in no list\nb.md: left out: it is in no list"),
        "{}",
        ran.talk
    );
    assert!(
        ran.talk
            .contains("https://x.example/x/c-c/ from `permalink`"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_section_of_hugo_hands_keys_down() {
    let post = |more: &str| format!("---\ntitle: T\ndate: 2024-05-01\n{more}---\n");
    let (bare, own) = (post(""), post("author: Bo\n"));
    let files: Files<'_> = &[
        ("hugo.toml", "baseURL = 'https://x.example/'\n"),
        ("content/_index.md", "---\ncascade:\n  author: Ada\n---\n"),
        (
            "content/news/_index.md",
            "+++\n[[cascade]]\nauthor = 'Cy'\n[[cascade]]\ndraft = true\n[cascade._target]\npath = '/x'\n+++\n",
        ),
        (
            "content/team/_index.md",
            "---\ncascade:\n  build:\n    list: never\n---\n",
        ),
        ("content/a.md", &bare),
        ("content/news/b.md", &bare),
        ("content/news/deep/c.md", &own),
        ("content/team/d.md", &bare),
    ];
    let scene = site_beside(files);
    for (dir, expected) in [
        ("content", "a.md Ada, news/b.md Cy, news/deep/c.md Bo"),
        ("content/news", "b.md Cy, deep/c.md Bo"),
    ] {
        let set = [("TIDINGS_POSTS__DIR".to_owned(), dir.to_owned())];
        let config = Config::load(&scene.path("config.toml"), set).unwrap();
        let loaded = load_posts(
            &config.site,
            &config.posts,
            "2024-06-01T00:00:00Z".parse().unwrap(),
        )
        .unwrap();
        let found: Vec<String> = loaded
            .posts
            .iter()
            .map(|post| format!("{} {}", post.path, post.authors[0].name))
            .collect();
        assert_eq!(found.join(", "), expected);
    }
}

#[test]
fn a_page_of_pelican_in_html_has_its_keys_in_its_head() {
    let page = "<html>\n<head>\n<title>Tea &amp; cake</title>\n<meta name=\"date\" content=\"2012-07-09 22:28\">\n\
                <meta name=\"authors\" content=\"Ada, Bo\">\n</head>\n<body>\n<p>{% x %}Hot <b>tea</b></p>\n</body>\n</html>\n";
    let scene = site_beside(&[
        ("pelicanconf.py", "TIMEZONE = 'UTC'\n"),
        ("content/one.HTML", page),
    ]);
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(
        ran.code == 0 && ran.talk.contains("one.HTML:8: `x` is left out"),
        "{}",
        ran.talk
    );
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let item = &feed["items"][0];
    assert_eq!(
        (&item["title"], &item["date_published"]),
        (&"Tea & cake".into(), &"2012-07-09T20:28:00Z".into())
    );
    assert_eq!(item["url"], "https://x.example/tea-cake.html");
    assert_eq!(item["content_html"], "<p>Hot <b>tea</b></p>");
    assert_eq!(item["authors"].as_array().unwrap().len(), 2);
}
