//! Titles, dates, addresses and names of posts.

use super::{BESIDE, Files, NOON, address, build};
use crate::scene::Scene;

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
                ran.talk.contains("is no date: its form is not known"),
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
    let warning = "2024-05-01-a.md:3: `date: the day after` is no date: its form is not known: the date of the file's name counts";
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
