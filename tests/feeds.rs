//! Which posts stand in which document: old dates, archives of parts, bounds.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::Value;
use tidings::config::Config;
use tidings::inside::feed::{Bodies, Outline, RenderedDocument, Setting, Sink, plan, render};
use tidings::inside::finding::{Finding, Rule};
use tidings::inside::loader::{Loaded, load_posts};
use tidings::inside::post::{Body, Post, PostPrints};

use crate::feed::{NOON, config, site};
use crate::scene::Scene;

/// The titles of a JSON feed, sorted.
fn titles(scene: &Scene, path: &str) -> Vec<String> {
    let feed: Value = serde_json::from_str(&scene.read(path)).unwrap();
    let items = feed["items"].as_array().unwrap();
    let mut titles: Vec<String> = items
        .iter()
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort();
    titles
}

/// Posts of these titles, which are their days in 2024 as well.
fn dated(days: &[&str], keys: &str) -> Scene {
    let scene = Scene::new().file("config.toml", &config("", keys));
    days.iter().fold(scene, |scene, day| add(scene, day))
}

fn add(scene: Scene, day: &str) -> Scene {
    let text = format!("---\ntitle: {day}\ndate: 2024-{day}\ntags: [x]\n---\nText of {day}.\n");
    scene.file(&format!("post/{day}.md"), &text)
}

#[test]
fn a_post_with_an_old_date_stays_in_the_feeds_until_as_many_others_have_followed() {
    for keys in ["limit = 2", "limit = 2\narchive = \"month\""] {
        let scene = dated(
            &["02-01", "03-01", "04-01", "04-02"],
            &format!("by = [\"tag\"]\n{keys}"),
        );
        scene.run_at(NOON, &["build"]);
        let scene = add(scene, "01-15");
        let said = scene.run_at(NOON, &["build"]);
        assert!(said.contains("1 new, 0 updated"), "{said}");
        for feed in ["public/feed.json", "public/tag/x/feed.json"] {
            assert_eq!(titles(&scene, feed), ["01-15", "04-01", "04-02"], "{keys}");
        }
        let before = scene.read("public/atom.xml");
        assert!(scene.run_at(NOON, &["build"]).contains("nothing new"));
        assert_eq!(scene.read("public/atom.xml"), before);
        // An edit of it is no reason to leave.
        let edited = scene.read("post/01-15.md").replace("Text", "Words");
        let scene = scene.file("post/01-15.md", &edited);
        scene.run_at(NOON, &["build"]);
        assert!(scene.read("public/atom.xml").contains("Words of 01-15"));
        let scene = add(scene, "04-03");
        scene.run_at(NOON, &["build"]);
        assert!(titles(&scene, "public/feed.json").contains(&"01-15".to_owned()));
        let scene = add(scene, "04-04");
        scene.run_at(NOON, &["build"]);
        assert!(
            !titles(&scene, "public/feed.json").contains(&"01-15".to_owned()),
            "{keys}"
        );
    }
}

#[test]
fn more_news_at_once_than_a_feed_shows_are_all_shown() {
    let scene = dated(&["02-01", "03-01", "04-01"], "limit = 1");
    scene.run_at(NOON, &["build"]);
    let scene = add(add(add(scene, "04-02"), "04-03"), "01-01");
    scene.run_at(NOON, &["build"]);
    let expected = ["01-01", "04-02", "04-03"];
    assert_eq!(titles(&scene, "public/feed.json"), expected);
}

#[test]
fn a_draft_with_an_old_date_is_news_when_it_is_published() {
    let scene = dated(&["02-01", "03-01"], "limit = 1");
    let draft = "---\ntitle: Draft\ndate: 2023-01-01\ndraft: true\n---\nText.\n";
    let scene = scene.file("post/draft.md", draft);
    scene.run_at(NOON, &["build"]);
    let scene = scene.file("post/draft.md", &draft.replace("draft: true\n", ""));
    scene.run_at(NOON, &["build"]);
    assert_eq!(titles(&scene, "public/feed.json"), ["03-01", "Draft"]);
}

#[test]
fn a_first_build_an_archive_that_is_moved_in_and_a_lost_manifest_go_by_dates() {
    let scene = dated(&["02-01", "03-01"], "limit = 1");
    scene.run_at(NOON, &["build"]);
    assert_eq!(titles(&scene, "public/feed.json"), ["03-01"]);
    let scene = add(add(add(scene, "01-01"), "01-02"), "01-03");
    scene.run_at(NOON, &["build"]);
    assert_eq!(titles(&scene, "public/feed.json"), ["03-01"]);
    let scene = add(scene, "01-04");
    scene.run_at(NOON, &["build"]);
    assert_eq!(titles(&scene, "public/feed.json"), ["01-04", "03-01"]);
    std::fs::remove_file(scene.path("tidings.manifest")).unwrap();
    scene.run_at(NOON, &["build"]);
    assert_eq!(titles(&scene, "public/feed.json"), ["03-01"]);
    // The lock still says what is new.
    std::fs::remove_file(scene.path("tidings.manifest")).unwrap();
    let scene = add(scene, "01-05");
    scene.run_at(NOON, &["build"]);
    assert_eq!(titles(&scene, "public/feed.json"), ["01-05", "03-01"]);
}

#[test]
fn a_build_that_is_refused_counts_no_post() {
    let scene = dated(&["02-01", "03-01", "04-01"], "limit = 2");
    scene.run_at(NOON, &["build"]);
    let scene = add(scene, "01-01");
    scene.run_at(NOON, &["build"]);
    let ours = scene.read("public/rss.xml");
    let scene = add(scene, "04-02").file("public/rss.xml", "<rss/>");
    for _ in 0..3 {
        assert_eq!(scene.run(&["--at", NOON, "build"]).code, 2);
    }
    let scene = scene.file("public/rss.xml", &ours);
    scene.run_at(NOON, &["build"]);
    assert_eq!(
        titles(&scene, "public/feed.json"),
        ["01-01", "04-01", "04-02"]
    );
}

#[test]
fn parts_have_an_archive_where_a_key_asks_for_it() {
    let days = ["01-01", "02-01", "03-01"];
    let keys = "by = [\"tag\", \"language\"]\narchive = \"month\"\nlimit = 1";
    let scene = dated(&days, keys);
    scene.run_at(NOON, &["build"]);
    assert!(scene.path("public/atom-2024-01.xml").exists());
    assert_eq!(
        scene.names("public/tag/x"),
        ["atom.xml", "feed.json", "rss.xml"]
    );
    assert!(!scene.read("public/tag/x/atom.xml").contains("prev-archive"));
    let scene = dated(&days, &format!("{keys}\narchive_by = [\"tag\"]"));
    scene.run_at(NOON, &["build"]);
    assert!(scene.path("public/tag/x/atom-2024-01.xml").exists());
    assert!(!scene.path("public/language/en/atom-2024-01.xml").exists());
    let older = "href=\"https://hums.example/tag/x/atom-2024-02.xml\" rel=\"prev-archive\"";
    assert!(scene.read("public/tag/x/atom.xml").contains(older));
}

#[test]
fn an_archive_of_parts_that_cannot_be_is_an_error_with_its_line() {
    for (keys, message, hint) in [
        (
            "by = [\"tag\"]\narchive = \"year\"\narchive_by = [\"author\"]",
            "`archive_by` names `author`, which has no feeds",
            "add \"author\" to `by`",
        ),
        (
            "by = [\"tag\"]\narchive_by = [\"tag\"]",
            "there is `archive_by`, but no `archive`",
            "add archive = \"year\"",
        ),
    ] {
        let scene = dated(&["01-01"], keys);
        let line = scene
            .read("config.toml")
            .lines()
            .position(|line| line.starts_with("archive_by"));
        let ran = scene.run(&["build"]);
        let place = format!("config.toml:{}: {message}", line.unwrap() + 1);
        assert_eq!(ran.code, 2);
        assert!(
            ran.talk.contains(&place) && ran.talk.contains(hint),
            "{}",
            ran.talk
        );
    }
}

#[test]
fn the_number_of_feeds_is_bounded_and_the_parts_with_the_fewest_posts_are_named() {
    // A post may have a hundred tags.
    let mut scene = Scene::new().file(
        "config.toml",
        &config("", "by = [\"tag\"]\nformats = [\"json\"]"),
    );
    let tags: Vec<String> = (0..2000).map(|number| format!("t{number:04}")).collect();
    let last = ["t1999".to_owned()];
    for (number, tags) in tags.chunks(100).chain([&last[..]]).enumerate() {
        let tags = tags.join(", ");
        let text = format!("---\ntitle: P{number}\ndate: 2024-01-01\ntags: [{tags}]\n---\nText.\n");
        scene = scene.file(&format!("post/{number}.md"), &text);
    }
    let ran = scene.run(&["--at", NOON, "build"]);
    ran.fails_with(1);
    let said = "1000 of 2000 feeds are left out, those with the fewest posts: \
                `tag/t0999`, `tag/t1000`, `tag/t1001`, …";
    assert!(
        ran.talk.contains(said) && ran.talk.contains("`max_feeds = 1000`"),
        "{}",
        ran.talk
    );
    let names = scene.names("public/tag");
    assert_eq!(names.len(), 1000);
    assert!(names.contains(&"t1999".to_owned()) && !names.contains(&"t1998".to_owned()));
    let scene = scene.file(
        "config.toml",
        &config("", "by = [\"tag\"]\nformats = [\"json\"]\nmax_feeds = 2000"),
    );
    assert_eq!(scene.run(&["--at", NOON, "build"]).code, 0);
    assert_eq!(scene.names("public/tag").len(), 2000);
    let scene = scene.file("config.toml", &config("", "max_feeds = 0"));
    assert_eq!(scene.run(&["build"]).code, 2);
}

#[test]
fn the_page_has_days_in_the_sites_language_and_the_archive_by_years() {
    for (language, day) in [
        ("de", "1. Mai 2023"),
        ("en-US", "May 1, 2023"),
        ("ja", "2023年5月1日"),
    ] {
        let posts: Vec<(String, String)> = [2021, 2022, 2023]
            .iter()
            .map(|year| {
                (
                    format!("{year}.md"),
                    format!("title: A\ndate: {year}-05-01"),
                )
            })
            .collect();
        let posts: Vec<(&str, &str, &str)> = posts
            .iter()
            .map(|(name, front)| (name.as_str(), front.as_str(), "x"))
            .collect();
        let zone = format!("language = \"{language}\"");
        let scene = site(&posts).file("config.toml", &config(&zone, "archive = \"year\""));
        scene.run_at(NOON, &["build"]);
        let page = scene.read("public/feeds.html");
        let shown = format!("<time datetime=\"2023-05-01\">{day}</time>");
        assert!(page.contains(&shown), "{language}: {page}");
        for archived in ["atom-2021.xml", "rss-2022.xml", "feed-2022.json"] {
            let link = format!("href=\"https://hums.example/{archived}\"");
            assert!(page.contains(&link), "{archived}: {page}");
        }
        assert!(!page.contains("atom-2023.xml"), "it is no archive yet");
        let newest_first = page.find("2022:") < page.find("2021:");
        assert!(newest_first, "{page}");
        let scene = scene.file("config.toml", &config(&zone, "archive = \"month\""));
        scene.run_at(NOON, &["build"]);
        let link =
            "<a href=\"https://hums.example/atom-2022-05.xml\" aria-label=\"2022-05: Atom\">05</a>";
        assert!(scene.read("public/feeds.html").contains(link));
    }
}

#[test]
fn the_page_runs_from_the_right_where_its_language_does() {
    let scene = dated(&["01-01"], "").file("config.toml", &config("language = \"he\"", ""));
    scene.run_at(NOON, &["build"]);
    assert!(
        scene
            .read("public/feeds.html")
            .contains("<html lang=\"he\" dir=\"rtl\">")
    );
}

/// Notes which posts are rendered; one of them cannot be.
struct Counted<'a> {
    loaded: &'a Loaded,
    rendered: Mutex<Vec<String>>,
    broken: &'a str,
}

impl Bodies for Counted<'_> {
    fn render_body(&self, post: &Post) -> Result<Body, Finding> {
        self.rendered.lock().unwrap().push(post.path.to_string());
        match &*post.path == self.broken {
            true => Err(Finding::error(Rule::Failed, "broken")),
            false => self.loaded.render_body(post),
        }
    }
}

/// Notes the documents in the order in which they come.
#[derive(Default)]
struct Noted(Mutex<Vec<(String, bool, usize)>>);

impl Sink for Noted {
    fn put(&self, outline: &Outline, document: &RenderedDocument<'_>) -> Result<(), Finding> {
        let text = String::from_utf8_lossy(document.bytes);
        let entries = text.matches("<entry>").count();
        self.0
            .lock()
            .unwrap()
            .push((outline.path.clone(), document.is_complete, entries));
        Ok(())
    }
}

#[test]
fn each_post_is_rendered_once_and_an_archive_comes_before_the_feed_that_points_to_it() {
    let keys = "by = [\"tag\", \"language\"]\narchive = \"month\"\narchive_by = [\"tag\"]\nformats = [\"atom\"]\nlimit = 1";
    let mut scene = Scene::new().file("config.toml", &config("", keys));
    // Enough for several batches, with tags that begin and end at any time.
    for number in 0..1300 {
        let day = format!(
            "{}-{:02}-{:02}",
            2015 + number / 180,
            number / 15 % 12 + 1,
            number % 15 + 1
        );
        let text = format!(
            "---\ntitle: P{number}\ndate: {day}\ntags: [t{}]\n---\nText.\n",
            number / 100
        );
        scene = scene.file(&format!("post/{number}.md"), &text);
    }
    let config = Config::load(&scene.path("config.toml"), std::iter::empty()).unwrap();
    let loaded = load_posts(&config.site, &config.posts, NOON.parse().unwrap()).unwrap();
    let setting = Setting {
        site: &config.site,
        config: &config.feeds,
        lock: &loaded.lock,
        posts: &loaded.posts,
        unseen: &BTreeSet::new(),
        template: None,
    };
    let prints = vec![PostPrints::default(); loaded.posts.len()];
    let outlines = plan(&setting, 0, &prints).unwrap().outlines;
    let outlines: Vec<&Outline> = outlines.iter().collect();
    let bodies = Counted {
        loaded: &loaded,
        rendered: Mutex::default(),
        broken: "700.md",
    };
    let noted = Noted::default();
    let findings = render(&setting, &outlines, &bodies, &noted).unwrap();
    assert_eq!(findings.len(), 1);

    let mut rendered = bodies.rendered.into_inner().unwrap();
    assert_eq!(rendered.len(), loaded.posts.len());
    rendered.sort();
    rendered.dedup();
    assert_eq!(rendered.len(), loaded.posts.len());

    let documents = noted.0.into_inner().unwrap();
    assert_eq!(documents.len(), outlines.len());
    for (place, (path, complete, _)) in documents.iter().enumerate() {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_incomplete = ["", "tag/t7"].contains(&folder) && name == "atom-2018-11.xml";
        assert_eq!(*complete, !is_incomplete, "{path}");
        if name == "atom.xml" {
            let archive = if folder.is_empty() {
                "atom-".to_owned()
            } else {
                format!("{folder}/atom-")
            };
            let late = documents[place..]
                .iter()
                .find(|(path, _, _)| path.starts_with(&archive));
            assert!(late.is_none(), "{late:?} comes behind {path}");
        }
    }
    let in_archive = documents
        .iter()
        .filter(|(path, _, _)| path.starts_with("atom"));
    let entries: usize = in_archive.map(|(_, _, entries)| entries).sum();
    assert_eq!(
        entries,
        loaded.posts.len() - 1,
        "all but the broken one, once"
    );
}

#[test]
fn a_whole_document_of_each_format() {
    let scene = site(&[
        (
            "tea.md",
            "title: \"Tea & <cake>\"\ndate: 2024-05-01T10:00:00+02:00\nupdated: 2024-05-03\ntags: [hot, R&D]\n\
             description: A cup & more.\nimage: /tea.png\nlanguage: de\n\
             authors: [{name: Ada Night, email: ada@hums.example}, {name: Bob, url: \"https://bob.example/\"}]\n\
             enclosure: {url: /tea.mp3, type: audio/mpeg, length: 12345}",
            "A *cup* of [tea](/about/).\n\n```rust\nlet tea = \"]]>\";\n```",
        ),
        ("rain.md", "title: Rain\ndate: 2023-04-01", "Wet."),
        ("snow.md", "title: Snow\ndate: 2022-12-24", ""),
    ])
    .file(
        "config.toml",
        &config(
            "description = \"Notes & more\"\ncategories = [\"night\"]\nrights = \"CC BY 4.0\"\nicon = \"/i.png\"\nlogo = \"/l.png\"",
            "archive = \"year\"\nhub = \"https://hub.example/\"",
        ),
    );
    scene.run_at(NOON, &["build"]);
    for name in [
        "atom.xml",
        "rss.xml",
        "feed.json",
        "atom-2023.xml",
        "rss-2023.xml",
    ] {
        insta::assert_snapshot!(name, scene.read(&format!("public/{name}")));
    }
}
