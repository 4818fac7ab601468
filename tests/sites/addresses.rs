//! The addresses that the generators give their posts.

use super::{Files, site_beside};

#[test]
fn addresses_follow_the_generators_own_pattern() {
    let one = "---\ntitle: One\ndate: 2024-05-01T00:30:00+09:00\n---\n";
    for (config, text, address) in [
        (
            "hugo.toml",
            "[permalinks]\nposts = '/:year/:month/:day/:slug/'\n",
            "2024/05/01/one/",
        ),
        (
            "hugo.toml",
            "[permalinks]\nposts = '/:sections[1:]/:monthname/:weekday/:slug/'\n",
            "May/3/one/",
        ),
        ("hugo.toml", "uglyURLs = true\n", "posts/one.html"),
        (
            "config/_default/hugo.toml",
            "baseURL = 'https://x.example/'\n",
            "in-a-file/one/",
        ),
        (
            "pelicanconf.py",
            "ARTICLE_URL = '{date:%Y}/{date:%b}/{slug}/'\n",
            "2024/Apr/one/",
        ),
        // Only what lies in `pages` has its path for an address.
        ("next.config.mjs", "export default {}\n", "posts/one/"),
    ] {
        let mut files = vec![("content/posts/one.md", one), (config, text)];
        if config.starts_with("config/") {
            files.push((
                "config/_default/permalinks.toml",
                "posts = '/in-a-file/:slug/'\n",
            ));
        }
        let ran = site_beside(&files).run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
        assert!(
            ran.talk
                .contains(&format!("https://x.example/{address} from the pattern")),
            "{text}: {}",
            ran.talk
        );
    }
}

#[test]
fn a_colon_in_a_posts_own_address_is_text_where_it_begins_no_token() {
    for (config, own, address) in [
        ("_config.yml", "/wiki/talk:tea/", "wiki/talk:tea/"),
        ("_config.yml", "/c:tea/:year/", "c:tea/2024/"),
        ("_config.yml", "std::vec.html", "std::vec.html"),
        (
            "_config.yml",
            "/:slug/:name/:path/{x}/",
            "one-two/2024-05-01-one-two/content/2024-05-01-one_two/%7Bx%7D/",
        ),
        (
            "_config.yml",
            "/:short_year:y_day:short_day/:title:output_ext",
            "24122Wed/one_two.html",
        ),
        ("hugo.toml", "/talk:tea/", "talk:tea/"),
        (
            "hugo.toml",
            "/:year/:02-:Jan/a\\:day/",
            "2024/01-May/a:day/",
        ),
    ] {
        let one = format!(
            "---\ntitle: One\ndate: 2024-05-01 12:00:00\npermalink: '{own}'\nurl: '{own}'\n---\n"
        );
        let ran = site_beside(&[
            ("content/_posts/2024-05-01-one_two.md", &one),
            (config, "# Empty\n"),
        ])
        .run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
        assert!(
            ran.talk
                .contains(&format!("; https://x.example/{address} from `")),
            "{own}: {}",
            ran.talk
        );
    }
}

#[test]
fn what_hugo_makes_of_names_titles_and_dates_is_what_its_list_shows() {
    // Each line as `hugo list all` says it, of Hugo 0.111.
    let posts = [
        (
            "old/Post +1/index.md",
            "title: A\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "post-1/",
        ),
        (
            "old/deep/x(y).md",
            "title: B\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "deep/xy/",
        ),
        (
            "old/loose/z.md",
            "title: C\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "z/",
        ),
        (
            "old/deep/z.de.md",
            "title: D\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "de/z/",
        ),
        (
            "notes/c.md",
            "title: C++ & a/b\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "2024/c-a/b/",
        ),
        (
            "notes/2021-05-22-tea.md",
            "title: E\ndate: 2002-06-12",
            "2002-06-11T22:00:00",
            "2021/tea/",
        ),
        (
            "notes/2021-05-23-cup.md",
            "title: F\nlastmod: 2022-01-01",
            "2021-05-22T22:00:00",
            "2021/cup/",
        ),
        (
            "notes/two.md",
            "title: G\ndate: 2003-01-01\npublishDate: 2004-01-01",
            "2003-12-31T23:00:00",
            "2003/g/",
        ),
        (
            "misc/r.md",
            "title: H\ndate: Wed, 04 Dec 2024 17:01:55 GMT",
            "2024-12-04T16:01:55",
            "misc/r/",
        ),
        (
            "misc/s.md",
            "title: I\ndate: 2024-05-01\nslug: a/b",
            "2024-04-30T22:00:00",
            "misc/a/b/",
        ),
        (
            "misc/t.de.md",
            "title: J\ndate: 2024-05-01\nurl: own/t",
            "2024-04-30T22:00:00",
            "de/own/t/",
        ),
        (
            "misc/u.de.md",
            "title: K\ndate: 2024-05-01\nurl: /own/u",
            "2024-04-30T22:00:00",
            "own/u/",
        ),
        (
            "misc/v.md",
            "title: L\ndate: 2024-05-01\nheadless: true",
            "2024-04-30T22:00:00",
            "misc/v/",
        ),
    ];
    let config = "[frontmatter]\ndate = [':filename', ':default']\n[languages.en]\n[languages.de]\n[permalinks]\n\
                  old = '/:sections[1:]/:filename/'\nnotes = '/:year/:slug/'\n";
    let section = "---\ntitle: S\n---\n";
    let scene = site_beside(&[
        ("hugo.toml", config),
        ("content/old/deep/_index.md", section),
    ])
    .file(
        "content/misc/w/index.md",
        "---\ntitle: M\ndate: 2024-05-01\nheadless: true\n---\n",
    );
    let scene = posts.iter().fold(scene, |scene, (path, front, ..)| {
        scene.file(
            &format!("content/{path}"),
            &format!("---\n{front}\n---\nText.\n"),
        )
    });
    let ran = scene.run(&["--at", "2025-01-01T00:00:00Z", "-v", "build"]);
    ran.succeeds();
    for (path, _, published, address) in posts {
        let line = ran
            .talk
            .lines()
            .find(|line| line.starts_with(&format!("{path}: ")))
            .unwrap_or_default();
        assert!(
            line.starts_with(&format!("{path}: {published}+00:00 from ")),
            "{path}: {line}\n{}",
            ran.talk
        );
        assert!(
            line.contains(&format!("; https://x.example/{address} from ")),
            "{path}: {line}"
        );
    }
    assert!(
        ran.talk
            .contains("misc/w/index.md: left out: it has no page"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_page_of_next_js_has_its_path_for_an_address() {
    let scene = site_beside(&[
        ("apps/site/next.config.mjs", "export default {}\n"),
        (
            "apps/site/pages/en/blog/index.md",
            "---\ntitle: Blog\n---\n",
        ),
        (
            "apps/site/pages/en/blog/about.md",
            "---\ntitle: About\n---\n",
        ),
        (
            "apps/site/pages/en/blog/release/v0.10.0.md",
            "---\ntitle: One\ndate: '2013-03-11T16:00:00.000Z'\n---\n",
        ),
        (
            "apps/site/pages/en/blog/2025-06-28-Ada-Night.mdx",
            "---\ntitle: Two\ndate: 2025-06-28\nslug: x\n---\n",
        ),
    ]);
    let set = [("TIDINGS_POSTS__DIR", "apps/site/pages/en/blog")];
    let ran = scene.run_with(&["--at", "2026-01-01T00:00:00Z", "-v", "build"], &set);
    assert_eq!(ran.code, 0, "a file without a date is a page: {}", ran.talk);
    for address in ["release/v0.10.0", "2025-06-28-Ada-Night"] {
        let why = format!("; https://x.example/en/blog/{address} from the pattern");
        assert!(ran.talk.contains(&why), "{address}: {}", ran.talk);
    }
}

#[test]
fn a_translation_of_pelican_has_an_address_of_its_own() {
    let one =
        |lang: &str| format!("Title: One\nSlug: one\nLang: {lang}\nDate: 2024-05-01\n\nText.\n");
    let (german, english, french) = (one("de"), one("en"), one("fr"));
    let posts: Files<'_> = &[
        ("content/x/de.md", &german),
        ("content/x/en.md", &english),
        ("content/x/fr.md", &french),
    ];
    for (config, addresses) in [
        ("AUTHOR = 'A'\n", ["one-de.html", "one.html", "one-fr.html"]),
        (
            "DEFAULT_LANG = 'de'\nARTICLE_LANG_URL = '{lang}/{slug}/'\n",
            ["one.html", "en/one/", "fr/one/"],
        ),
    ] {
        let scene = site_beside(&[posts, &[("pelicanconf.py", config)]].concat());
        let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
        ran.succeeds();
        for (path, address) in ["x/de.md", "x/en.md", "x/fr.md"].iter().zip(addresses) {
            let line = ran
                .talk
                .lines()
                .find(|line| line.starts_with(path))
                .unwrap_or_default();
            assert!(
                line.contains(&format!("; https://x.example/{address} from ")),
                "{path}: {line}"
            );
        }
        assert!(
            scene.read("public/feed.json").contains("\"x\""),
            "the folder is a category"
        );
    }
    let config = ("pelicanconf.py", "USE_FOLDER_AS_CATEGORY = False  # flat\n");
    let scene = site_beside(&[("content/x/one.md", &english), config]);
    scene.run_at("2024-06-01T00:00:00Z", &["build"]);
    assert!(!scene.read("public/feed.json").contains("\"x\""));
}

#[test]
fn a_token_that_is_not_known_is_named_with_the_generators_config() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\n";
    for (config, text, token) in [
        (
            "hugo.toml",
            "[permalinks]\nposts = '/:colour/:slug/'\n",
            "colour",
        ),
        ("_config.yml", "permalink: /:colour/:title/\n", "colour"),
        (
            "pelicanconf.py",
            "ARTICLE_URL = '{colour}/{slug}/'\n",
            "colour",
        ),
    ] {
        let scene = site_beside(&[("content/posts/2024-05-01-one.md", one), (config, text)]);
        let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
        assert_ne!(ran.code, 0, "{}", ran.talk);
        let words =
            format!("{config}: its pattern of addresses has `{token}`, which is not known here");
        assert!(ran.talk.contains(&words), "{}", ran.talk);
        let set = [("TIDINGS_POSTS__PERMALINK", "/{slug}/")];
        assert_eq!(
            scene
                .run_with(&["--at", "2024-06-01T00:00:00Z", "build"], &set)
                .code,
            0
        );
    }
}

#[test]
fn a_misspelt_token_of_our_own_pattern_leaves_every_feed_as_it_is() {
    let scene = site_beside(&[("content/posts/2024-05-01-one.md", "---\ntitle: One\n---\n")]);
    let build = |pattern: &str| {
        scene.run_with(
            &["--at", "2024-06-01T00:00:00Z", "build"],
            &[("TIDINGS_POSTS__PERMALINK", pattern)],
        )
    };
    assert_eq!(build("/{year}/{sections[1:]}/{date:%j}/{slug}/").code, 0);
    let before = scene.read("public/atom.xml");
    for token in ["nope", "date:%Q"] {
        let ran = build(&format!("/{{year}}/{{{token}}}/"));
        let words = format!(
            "error: `TIDINGS_POSTS__PERMALINK=/{{year}}/{{{token}}}/`: the unknown token `{{{token}}}`\n  expected {{year}}"
        );
        assert!(ran.code == 2 && ran.talk.contains(&words), "{}", ran.talk);
        assert_eq!(scene.read("public/atom.xml"), before);
    }
}
