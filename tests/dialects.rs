//! Which files are posts, and what they say of themselves, in sites of each dialect.

use crate::scene::{Ran, Scene};

const BESIDE: &str =
    "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\n[posts]\ndir = \"content\"\n";
const NOON: &str = "2024-06-01T12:00:00Z";

/// Paths and texts.
type Files<'a> = &'a [(&'a str, &'a str)];

/// Builds a site of these files.
fn build(more: &str, files: Files<'_>) -> Ran {
    let config = format!("{BESIDE}{more}");
    let mut scene = Scene::new().file("tidings.toml", &config);
    for (path, text) in files {
        scene = scene.file(path, text);
    }
    scene.run(&["--config", "tidings.toml", "--at", NOON, "build", "-v"])
}

/// The address of a post, as `-v` says it.
fn address<'a>(ran: &'a Ran, path: &str) -> Option<&'a str> {
    let start = format!("{path}: 20");
    let line = ran.talk.lines().find(|line| line.starts_with(&start))?;
    let (_, address) = line.split_once("; https://x.example/")?;
    address.split_once(" from ").map(|(address, _)| address)
}

#[test]
fn addresses_of_zola_follow_its_strategy_for_slugs() {
    let dated = "+++\ndate = 2024-05-01\n+++\n";
    let own = "+++\ndate = 2024-05-01\nslug = \"My.Slug_X\"\n+++\n";
    let undated = "+++\ntitle = \"x\"\n+++\n";
    let paths = [
        ("content/blog/My_Post/index.md", dated),
        ("content/blog/0.2.0-released.md", dated),
        ("content/Big_Folder/own.md", own),
        ("content/blog/2024-05-02-A_b.md", undated),
        ("content/blog/2024-05-03 - A b?.md", undated),
        ("content/blog/2024-05-04 words.md", undated),
        ("content/blog/x.pt-BR.md", dated),
    ];
    let table: [(&str, [&str; 7]); 5] = [
        (
            "",
            [
                "blog/my-post/",
                "blog/0-2-0-released/",
                "Big_Folder/my-slug-x/",
                "blog/a-b/",
                "blog/a-b-1/",
                "blog/2024-05-04-words/",
                "pt-BR/blog/x/",
            ],
        ),
        (
            "[slugify]\npaths = \"on\"\n",
            [
                "blog/my-post/",
                "blog/0-2-0-released/",
                "Big_Folder/my-slug-x/",
                "blog/a-b/",
                "blog/a-b-1/",
                "blog/2024-05-04-words/",
                "pt-BR/blog/x/",
            ],
        ),
        (
            "[slugify]\npaths = \"safe\"\n",
            [
                "blog/My_Post/",
                "blog/0.2.0-released/",
                "Big_Folder/My.Slug_X/",
                "blog/A_b/",
                "blog/%20A%20b1/",
                "blog/2024-05-04%20words/",
                "pt-BR/blog/x/",
            ],
        ),
        (
            "[slugify]\npaths = \"off\"\n",
            [
                "blog/My_Post/",
                "blog/0.2.0-released/",
                "Big_Folder/My.Slug_X/",
                "blog/A_b/",
                "blog/%20A%20b%3F1/",
                "blog/2024-05-04%20words/",
                "pt-BR/blog/x/",
            ],
        ),
        (
            "[slugify]\npaths_keep_dates = true\n",
            [
                "blog/my-post/",
                "blog/0-2-0-released/",
                "Big_Folder/my-slug-x/",
                "blog/2024-05-02-a-b/",
                "blog/2024-05-03-a-b-1/",
                "blog/2024-05-04-words/",
                "pt-BR/blog/x/",
            ],
        ),
    ];
    for (config, expected) in table {
        let config = format!("base_url = \"https://x.example\"\n{config}[languages.pt-BR]\n");
        let mut files = vec![("zola.toml", config.as_str())];
        let renamed = paths.map(|(path, text)| (path.replace("b?", "b?1"), text));
        files.extend(renamed.iter().map(|(path, text)| (path.as_str(), *text)));
        let ran = build("", &files);
        let found = renamed.each_ref().map(|(path, _)| {
            address(&ran, path.trim_start_matches("content/")).unwrap_or_default()
        });
        assert_eq!(found, expected, "{config}: {}", ran.talk);
    }
}

/// The titles in the feed, by `-v`'s order of posts.
fn titles(files: Files<'_>, more: &str) -> Vec<String> {
    let config = format!("{BESIDE}{more}[feeds]\nformats = [\"json\"]\n");
    let mut scene = Scene::new().file("tidings.toml", &config);
    for (path, text) in files {
        scene = scene.file(path, text);
    }
    let ran = scene.run(&["--config", "tidings.toml", "--at", NOON, "build"]);
    ran.succeeds();
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let items = feed["items"].as_array().unwrap();
    let title = |item: &serde_json::Value| item["title"].as_str().unwrap_or_default().to_owned();
    items.iter().map(title).collect()
}

#[test]
fn a_title_is_the_words_as_written() {
    for dialect in ["plain", "hugo", "zola", "jekyll", "eleventy", "obsidian"] {
        for words in ["N", "Y", "on", "0x10", "007", "1e3", "1.10", "No", ".inf"] {
            let text = format!(
                "---\ntitle: {words}\ndate: 2024-05-01\nlang: no\ntags: [{words}]\n---\nText.\n"
            );
            let files = [("content/2024-05-01-a.md", text.as_str())];
            let found = titles(&files, &format!("dialect = \"{dialect}\"\n"));
            assert_eq!(found, [words], "{dialect}");
        }
    }
}

#[test]
fn a_switch_may_be_a_word_of_yaml() {
    for word in ["true", "True", "yes", "on", "Y"] {
        let text = format!("---\ntitle: A\ndate: 2024-05-01\ndraft: {word}\n---\nText.\n");
        assert!(titles(&[("content/a.md", &text)], "").is_empty(), "{word}");
    }
    for word in ["false", "no", "off", "N"] {
        let text = format!("---\ntitle: A\ndate: 2024-05-01\ndraft: {word}\n---\nText.\n");
        assert_eq!(titles(&[("content/a.md", &text)], ""), ["A"], "{word}");
    }
}

#[test]
fn a_post_disappears_in_every_dialect_on_the_day_that_it_names() {
    for dialect in [
        "plain", "hugo", "zola", "jekyll", "eleventy", "pelican", "obsidian",
    ] {
        for key in ["expiryDate", "unpublishDate", "expires"] {
            let post = |day: &str| match dialect {
                "pelican" => format!("Title: A\nDate: 2024-05-01\n{key}: {day}\n\nText.\n"),
                _ => format!("---\ntitle: A\ndate: 2024-05-01\n{key}: {day}\n---\nText.\n"),
            };
            for (day, is_gone) in [("2024-05-31", true), ("2024-06-30", false)] {
                let ran = build(
                    &format!("dialect = \"{dialect}\"\n"),
                    &[("content/2024-05-01-a.md", &post(day))],
                );
                // Hugo itself reads the two, and knows no third.
                let is_gone = is_gone && (dialect, key) != ("hugo", "expires");
                assert_eq!(
                    ran.talk
                        .contains("2024-05-01-a.md: left out: it has expired"),
                    is_gone,
                    "{dialect} {key} {day}: {}",
                    ran.talk
                );
                assert_eq!(ran.code, 0);
            }
            let ran = build(
                &format!("dialect = \"{dialect}\"\n"),
                &[("content/2024-05-01-a.md", &post("soon"))],
            );
            let is_error = dialect == "hugo" && key != "expires";
            assert_eq!(
                ran.code,
                i32::from(is_error),
                "{dialect} {key}: {}",
                ran.talk
            );
            assert_eq!(
                ran.talk.contains("is no date: there is no date"),
                (dialect, key) != ("hugo", "expires"),
                "{}",
                ran.talk
            );
        }
    }
}

#[test]
fn a_date_of_jekyll_that_cannot_be_read_falls_back_to_the_name() {
    let text = "---\ntitle: A\ndate: the day after\n---\nText.\n";
    let posts = [("content/_posts/2024-05-01-a.md", text)];
    let ran = build("dialect = \"jekyll\"\n", &posts);
    ran.succeeds();
    assert!(
        ran.talk
            .contains("2024-05-01-a.md: 2024-05-01T00:00:00+00:00 from the file's name"),
        "{}",
        ran.talk
    );
    let warning = "2024-05-01-a.md:3: `date: the day after` is no date: there is no date: the date of the file's name counts";
    assert!(
        ran.talk.contains("warning:") && ran.talk.contains(warning),
        "{}",
        ran.talk
    );
    let ran = build("dialect = \"jekyll\"\n", &[("content/_posts/a.md", text)]);
    ran.fails_with(1);
    let ran = build("dialect = \"hugo\"\n", &[("content/2024-05-01-a.md", text)]);
    assert_eq!(
        ran.code, 1,
        "only Jekyll has its dates in names: {}",
        ran.talk
    );
}

#[test]
fn two_parts_of_a_path_say_a_day_where_no_generator_is_known() {
    let text = "---\ntitle: A\n---\nText.\n";
    let posts = [
        ("content/2007/04-19-x.md", text),
        ("content/2010-05/06-w.md", text),
        ("content/notes/2011/06_07/index.md", text),
    ];
    let ran = build("", &posts);
    ran.succeeds();
    for day in [
        "2007/04-19-x.md: 2007-04-19T",
        "2010-05/06-w.md: 2010-05-06T",
        "2011/06_07/index.md: 2011-06-07T",
    ] {
        assert!(ran.talk.contains(day), "{day}: {}", ran.talk);
    }
}

#[test]
fn a_title_is_one_line_without_control_characters() {
    for (written, title) in [
        ("Tea\u{7f}pot", "Tea pot"),
        ("\u{1}Tea;\u{85}pot\u{9b}", "Tea; pot"),
        ("Tea  \u{a0} pot", "Tea pot"),
    ] {
        let scene = Scene::new().file(
            "post/2024-06-01-a.md",
            &format!("Title: {written}\nDate: 2024-06-01\n\nText.\n"),
        );
        let feed = scene
            .run(&["build", "--dry-run", "--only", "feed.json"])
            .out;
        let feed: serde_json::Value = serde_json::from_str(&feed).unwrap();
        assert_eq!(feed["items"][0]["title"], title, "{written:?}");
    }
}

#[test]
fn a_file_of_nobodys_format_is_named_once_in_every_dialect() {
    let texts = ["rst", "org", "adoc", "dj", "smd", "typ", "textile", "qmd"];
    for dialect in [
        "plain", "hugo", "zola", "jekyll", "eleventy", "pelican", "obsidian",
    ] {
        let one = match dialect {
            "pelican" => "Title: A\nDate: 2024-05-01\n\nText.\n",
            _ => "---\ntitle: A\ndate: 2024-05-01\n---\nText.\n",
        };
        let paths: Vec<String> = texts
            .iter()
            .map(|ending| format!("content/2024-05-02-{ending}.{ending}"))
            .collect();
        let mut files = vec![
            ("content/2024-05-01-a.md", one),
            ("content/x.png", "---\ntitle: x\n---\n"),
            ("content/robots.txt", "x"),
        ];
        files.extend(paths.iter().map(|path| (path.as_str(), "= Words\n")));
        // The ending is unknown, but the text begins as posts do.
        files.push(("content/2024-05-03-lost.mdd", one));
        files.push(("content/2024-05-04-none", "---\ntitle: A\n---\n"));
        files.push((
            "content/2024-05-05-note.txt",
            "+++\ndate = 2024-05-05\n+++\n",
        ));
        let ran = build(&format!("dialect = \"{dialect}\"\n"), &files);
        // Pelican's own header has no fence.
        let count = if dialect == "pelican" { 10 } else { 11 };
        let words = format!(
            "warning: content: {count} files are not written in Markdown or HTML and are not read: `"
        );
        assert_eq!(
            ran.talk.matches("not written in Markdown").count(),
            1,
            "{dialect}: {}",
            ran.talk
        );
        assert!(
            ran.code == 0 && ran.talk.contains(&words),
            "{dialect}: {}",
            ran.talk
        );
    }
}

#[test]
fn posts_whose_ending_changed_are_an_error() {
    for (ending, text) in [
        ("rst", "Words\n"),
        ("txt", "Words, and no front matter.\n"),
        ("mdd", "---\ntitle: A\ndate: 2024-05-01\n---\n"),
    ] {
        let mut scene = Scene::new().file("tidings.toml", BESIDE);
        for number in 1..=5 {
            let text = format!("---\ntitle: A{number}\ndate: 2024-05-0{number}\n---\nText.\n");
            scene = scene.file(&format!("content/{number}.md"), &text);
        }
        let arguments = ["--config", "tidings.toml", "--at", NOON, "build", "-q"];
        assert_eq!(scene.run(&arguments).code, 0);
        for number in 1..=4 {
            std::fs::remove_file(scene.path(&format!("content/{number}.md"))).unwrap();
            scene = scene.file(&format!("content/{number}.{ending}"), text);
        }
        // A file beside its post is another.
        scene = scene.file("content/5.txt", "notes");
        let ran = scene.run(&arguments);
        let words =
            "error: content: 4 files are not written in Markdown or HTML and are not read: `1.";
        assert!(
            ran.code != 0 && ran.talk.contains(words),
            "{ending}: {} {}",
            ran.code,
            ran.talk
        );
        assert!(
            ran.talk
                .contains("and 1 more; of these 4 were posts with another ending"),
            "{}",
            ran.talk
        );
    }
}

#[test]
fn what_belongs_to_a_bundle_or_lies_beside_the_posts_is_not_named() {
    let one = "---\ntitle: A\ndate: 2024-05-01\n---\nText.\n";
    let hugo = [
        ("content/posts/a/index.md", one),
        ("content/posts/a/notes.rst", "x"),
        ("content/README.rst", "x"),
    ];
    let jekyll = [
        ("content/_posts/2024-05-01-a.md", one),
        ("content/about.rst", "x"),
        ("content/_includes/x.txt", one),
    ];
    for (dialect, files) in [("hugo", hugo), ("jekyll", jekyll)] {
        let ran = build(&format!("dialect = \"{dialect}\"\n"), &files);
        assert!(
            ran.code == 0 && !ran.talk.contains("not written in"),
            "{dialect}: {}",
            ran.talk
        );
    }
}

#[test]
fn a_translation_of_pelican_has_its_own_address_without_a_config() {
    let post =
        |lang: &str| format!("Title: Tea\nDate: 2024-05-01\nSlug: tea\nLang: {lang}\n\nText.\n");
    let (english, german) = (post("en"), post("de"));
    let files = [
        ("content/tea.md", english.as_str()),
        ("content/tee.md", &german),
    ];
    for more in ["dialect = \"pelican\"\n", ""] {
        let ran = build(more, &files);
        ran.succeeds();
        assert_eq!(address(&ran, "tea.md"), Some("tea.html"), "{}", ran.talk);
        assert_eq!(address(&ran, "tee.md"), Some("tea-de.html"), "{}", ran.talk);
    }
}

#[test]
fn same_words_after_different_dates_are_two_posts_in_the_plain_form() {
    let text = "---\ntitle: Update\n---\nText.\n";
    let mut files = vec![
        ("content/notes/2018-06-17-update.md", text),
        ("content/notes/2018-06-10-update.md", text),
        ("content/notes/2018-06-24-update.md", text),
        ("content/2018-06-10-update.md", text),
        ("content/2018-06-11-cake.md", text),
    ];
    let ran = build("", &files);
    ran.succeeds();
    for (path, expected) in [
        ("notes/2018-06-10-update.md", "notes/update/"),
        ("notes/2018-06-17-update.md", "notes/2018-06-17-update/"),
        ("notes/2018-06-24-update.md", "notes/2018-06-24-update/"),
        ("2018-06-10-update.md", "update/"),
        ("2018-06-11-cake.md", "cake/"),
    ] {
        assert_eq!(address(&ran, path), Some(expected), "{path}: {}", ran.talk);
    }
    // An address that is set says what it says, and so does a slug.
    let slugged = "---\ntitle: Update\nslug: update\n---\nText.\n";
    files.truncate(2);
    let ran = build("permalink = \"/{slug}/\"\n", &files);
    assert!(
        ran.code == 1 && ran.talk.contains("is also the address of"),
        "{}",
        ran.talk
    );
    let ran = build(
        "",
        &files
            .iter()
            .map(|(path, _)| (*path, slugged))
            .collect::<Vec<_>>(),
    );
    assert!(
        ran.code == 1 && ran.talk.contains("is also the address of"),
        "{}",
        ran.talk
    );
}

#[test]
fn private_posts_and_stubs_are_no_posts() {
    let text = |keys: &str| format!("---\ntitle: A\ndate: 2024-05-01\n{keys}---\nText.\n");
    let private = [
        ("private: true\n", "it is private"),
        ("private: yes\n", "it is private"),
        ("hidden: true\n", "it is private"),
        ("public: false\n", "it is private"),
        ("visibility: private\n", "it is private"),
        ("Visibility: Hidden\n", "it is private"),
        ("status: private\n", "it is private"),
        ("visibility: members\n", "it is private"),
        ("visibility: Paid\n", "it is private"),
        ("visibility: tiers\n", "it is private"),
        ("visibility: members-only\n", "it is private"),
        ("visibility: Members only\n", "it is private"),
        ("access: private\n", "it is private"),
        ("access: subscribers_only\n", "it is private"),
        ("access: restricted\n", "it is private"),
        ("audience: only_paid\n", "it is private"),
        ("draft: true\n", "it is a draft"),
        ("redirect: /new/\n", "it only leads to another page"),
        (
            "redirect_to: https://x.example/new/\n",
            "it only leads to another page",
        ),
        ("redirect_to:\n  - /new/\n", "it only leads to another page"),
    ];
    for (path, why) in [
        ("_private/z.md", Some("it is private")),
        ("a/_old/b/z.md", Some("it is private")),
        ("_z.md", Some("it is private")),
        ("drafts/z.md", Some("it is a draft")),
        ("a_b/z.md", None),
    ] {
        let (file, other) = (format!("content/{path}"), text(""));
        let ran = build("", &[(&file, &other), ("content/b.md", &other)]);
        let says = why.map(|why| format!("\n{path}: left out: {why}\n"));
        assert_eq!(ran.code, 0, "{path}: {}", ran.talk);
        assert_eq!(address(&ran, path).is_none(), why.is_some(), "{path}");
        let is_said = says.is_none_or(|says| ran.talk.contains(&says));
        assert!(is_said, "{path}: {}", ran.talk);
    }
    for (keys, why) in private {
        let ran = build(
            "",
            &[("content/a.md", &text(keys)), ("content/b.md", &text(""))],
        );
        let left_out = format!("\na.md: left out: {why}\n");
        assert!(
            ran.code == 0 && ran.talk.contains(&left_out),
            "{keys}: {}",
            ran.talk
        );
        assert!(address(&ran, "b.md").is_some());
    }
    for keys in [
        "private: false\n",
        "public: true\n",
        "visibility: public\n",
        "visibility: 10 km\n",
        "access: public\n",
        "access: 2024-05-01\n",
        "audience: everyone\n",
        "audience: beginners\n",
        "redirect: false\n",
        "aliases: [/old/]\n",
        "aliases: []\n",
    ] {
        let ran = build("", &[("content/a.md", &text(keys))]);
        assert_eq!(
            (ran.code, address(&ran, "a.md")),
            (0, Some("a/")),
            "{keys}: {}",
            ran.talk
        );
    }
    for (path, why) in [
        ("_x.md", "it is private"),
        ("drafts/x.md", "it is a draft"),
        ("a/Drafts/x.md", "it is a draft"),
        ("_drafts/x.md", "it is a draft"),
    ] {
        let ran = build(
            "",
            &[
                (&*format!("content/{path}"), &text("")),
                ("content/b.md", &text("")),
                ("content/c.md", &text("")),
            ],
        );
        let left_out = format!("{path}: left out: {why}\n");
        assert!(
            ran.code == 0 && ran.talk.contains(&left_out),
            "{path}: {}",
            ran.talk
        );
    }
    let stub = "---\naliases: [/old/]\n---\n";
    let ran = build("", &[("content/2024-05-01-a.md", stub)]);
    assert!(
        ran.code == 0
            && ran
                .talk
                .contains("2024-05-01-a.md: left out: it only leads"),
        "{}",
        ran.talk
    );
    let head = "---\ntitle: A\ndate: 2024-05-01\n";
    for (path, text, is_stub) in [
        ("a.md", format!("{head}aliases: [/old/]\n---\n"), true),
        ("a.md", format!("{head}aliases: /old/\n---\n\n \n"), true),
        (
            "a.md",
            format!("{head}---\n<meta http-equiv=\"refresh\" content=\"0; url=/new/\">\n"),
            true,
        ),
        (
            "a.html",
            format!(
                "{head}---\n<!DOCTYPE html><html><head><META content='0;URL=https://x.example/new' http-equiv=refresh></head></html>"
            ),
            true,
        ),
        (
            "a.md",
            format!("{head}aliases: [/old/]\n---\nText.\n"),
            false,
        ),
        (
            "a.md",
            format!("{head}aliases: [/old/]\nimage: /pot.png\n---\n"),
            false,
        ),
        (
            "a.md",
            format!("{head}aliases: [/old/]\nlink: https://x.example/\n---\n"),
            false,
        ),
        (
            "a/index.md",
            format!("{head}aliases: [/old/]\n---\n"),
            false,
        ),
        ("a.md", format!("{head}---\n"), false),
        (
            "a.md",
            format!("{head}---\nWrite `<meta http-equiv=\"refresh\" content=\"0; url=/new/\">`.\n"),
            false,
        ),
    ] {
        let ran = build("", &[(&*format!("content/{path}"), &*text)]);
        let said = format!("{path}: left out: it only leads to another page\n");
        let found = (
            ran.code,
            ran.talk.contains(&said),
            address(&ran, path).is_some(),
        );
        assert_eq!(found, (0, is_stub, !is_stub), "{text}: {}", ran.talk);
    }
    // Notes that no generator shows are private by the same words.
    for (path, keys) in [
        ("a.md", "private: true\n"),
        ("a.md", "visibility: private\n"),
        ("drafts/a.md", ""),
        ("_templates/a.md", ""),
    ] {
        let path = format!("content/{path}");
        let ran = build(
            "dialect = \"obsidian\"\n",
            &[(&*path, &text(keys)), ("content/b.md", &text(""))],
        );
        let shown = (address(&ran, &path["content/".len()..]), ran.code);
        assert_eq!(shown, (None, 0), "{path} {keys}: {}", ran.talk);
    }
    // Where a generator is known, these mean what it says.
    let ran = build(
        "dialect = \"hugo\"\n",
        &[("content/drafts/a.md", &text("private: true\n"))],
    );
    assert!(
        ran.code == 0 && address(&ran, "drafts/a.md").is_some(),
        "{}",
        ran.talk
    );
}

#[test]
fn a_config_among_the_posts_does_not_decide_the_dialect() {
    let text = "---\ntitle: A\ndate: 2024-05-01\n---\nText.\n";
    for (file, config) in [
        (
            "content/hugo.toml",
            "baseURL = 'https://x.example/'\n[permalinks]\nguest = '/owned/:slug/'\n",
        ),
        (
            "content/guest/hugo.toml",
            "baseURL = 'https://x.example/'\n",
        ),
        ("content/zola.toml", "base_url = \"https://x.example\"\n"),
        ("content/config.toml", "baseURL = 'https://x.example/'\n"),
        (
            "content/config/_default/hugo.toml",
            "baseURL = 'https://x.example/'\n",
        ),
        ("content/_config.yml", "permalink: /owned/:title/\n"),
        ("content/pelicanconf.py", "ARTICLE_URL = 'owned/{slug}/'\n"),
        ("content/next.config.js", ""),
    ] {
        let ran = build("", &[("content/guest/a.md", text), (file, config)]);
        assert!(
            ran.talk.contains("dialect: plain ("),
            "{file}: {}",
            ran.talk
        );
        assert_eq!(
            address(&ran, "guest/a.md"),
            Some("guest/a/"),
            "{file}: {}",
            ran.talk
        );
    }
    // The site's own config stays the site's.
    let own = ("zola.toml", "base_url = \"https://x.example\"\n");
    for file in [
        "content/hugo.toml",
        "content/.eleventy.js",
        "content/_config.yml",
    ] {
        let ran = build(
            "",
            &[("content/guest/a.md", text), own, (file, "baseURL = 'x'\n")],
        );
        assert!(ran.talk.contains("dialect: zola ("), "{file}: {}", ran.talk);
    }
}

#[test]
fn names_have_bounds() {
    let long = "x".repeat(201);
    let many: Vec<String> = (0..150).map(|number| format!("t{number}")).collect();
    for (tags, lost, all) in [
        (format!("{long}, a"), 1, 2),
        (many.join(", "), 50, 150),
        (format!("{long}, {}", many.join(", ")), 51, 151),
    ] {
        let text = format!("---\ntitle: A\ndate: 2024-05-01\ntags: [{tags}]\n---\nText.\n");
        let ran = build("[feeds]\nby = []\n", &[("content/a.md", &text)]);
        let words = format!("content/a.md:4: {lost} of {all} tags are left out");
        assert!(ran.code == 0 && ran.talk.contains(&words), "{}", ran.talk);
    }
    let text = format!("---\ntitle: A\ndate: 2024-05-01\nauthors: [{long}, Ada]\n---\nText.\n");
    let ran = build("", &[("content/a.md", &text)]);
    assert!(
        ran.code == 0
            && ran
                .talk
                .contains("content/a.md:4: 1 of 2 authors are left out"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_post_that_has_an_address_keeps_it_when_an_earlier_one_of_the_same_words_comes() {
    let text = |words: &str| format!("---\ntitle: Update\n---\n{words}\n");
    let build =
        |scene: &Scene| scene.run(&["--config", "tidings.toml", "--at", NOON, "build", "-v"]);
    let scene = Scene::new()
        .file("tidings.toml", BESIDE)
        .file("content/2018-06-10-update.md", &text("Ten."));
    build(&scene);
    let scene = scene.file("content/2018-06-01-update.md", &text("One."));
    let is_kept = |scene: &Scene, result: &str| {
        let ran = build(scene);
        ran.succeeds();
        assert!(ran.out.contains(result), "{}", ran.out);
        let (first, late) = ("2018-06-10-update.md", "2018-06-01-update.md");
        assert_eq!(address(&ran, first), Some("update/"), "{}", ran.talk);
        assert_eq!(address(&ran, late), Some("2018-06-01-update/"));
    };
    is_kept(&scene, "1 new, 0 updated");
    // Now the lock knows both; also when both are edited at once.
    is_kept(&scene, "0 new, 0 updated");
    let scene = scene
        .file("content/2018-06-10-update.md", &text("Ten!"))
        .file("content/2018-06-01-update.md", &text("One!"));
    is_kept(&scene, "0 new, 2 updated");
}
