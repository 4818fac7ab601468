//! The page beside the feeds, and sites that lost their posts.

use std::fs;

use super::two;
use crate::feed::{NOON, config, site};
use crate::parsers::entries;
use crate::scene::Scene;

#[test]
fn two_posts_of_one_id_are_named_and_one_is_left_out() {
    let scene = site(&[
        (
            "a.md",
            "title: A\ndate: 2024-05-01\nid: tag:mine,2020:x",
            "x",
        ),
        (
            "b.md",
            "title: B\ndate: 2024-05-02\nid: tag:mine,2020:x",
            "x",
        ),
    ]);
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 1 && ran.talk.contains("also the id of `a.md`"),
        "{}",
        ran.talk
    );
    assert_eq!(entries(&scene.read("public/atom.xml")).len(), 1);
}

#[test]
fn the_page_the_list_and_the_links_lead_to_every_feed() {
    let scene = two().file(
        "config.toml",
        &config(
            "description = \"Tea & <rain>\"",
            "by = [\"tag\"]\nsign_up = \"https://hums.example/letter/\"",
        ),
    );
    scene.run_at(NOON, &["build"]);
    let page = scene.read("public/feeds.html");
    for address in [
        "https://hums.example/atom.xml",
        "https://hums.example/tag/hot/rss.xml",
        "https://hums.example/tea/",
        "https://hums.example/letter/",
        "https://hums.example/feeds.opml",
    ] {
        assert!(
            page.contains(&format!("href=\"{address}\"")),
            "{address}: {page}"
        );
    }
    assert!(
        page.contains("Tea &amp; &lt;rain&gt;") && !page.contains("<script"),
        "{page}"
    );
    let list = scene.read("public/feeds.opml");
    let document = roxmltree::Document::parse(&list).unwrap();
    let feeds: Vec<&str> = document
        .descendants()
        .filter_map(|node| node.attribute("xmlUrl"))
        .collect();
    assert_eq!(
        feeds,
        [
            "https://hums.example/atom.xml",
            "https://hums.example/tag/hot/atom.xml",
            "https://hums.example/tag/wet/atom.xml"
        ]
    );
    assert!(
        scene
            .read("public/tag/hot/atom.xml")
            .contains("<?xml-stylesheet type=\"text/css\" href=\"../../feeds.css\"?>")
    );
    assert!(
        scene
            .read("public/feeds.css")
            .contains("https://hums.example/feeds.html")
    );
    let links = scene.run_at(NOON, &["build", "--print-links"]);
    assert_eq!(links.lines().count(), 3);
    assert!(links.contains("<link rel=\"alternate\" type=\"application/feed+json\" title=\"Hums (JSON)\" href=\"https://hums.example/feed.json\">"));
}

#[test]
fn a_site_changes_a_block_of_the_page_and_it_is_still_known_as_ours() {
    let scene = two().file(
        "templates/feeds.html",
        "<title>{{ site.title }}</title>{% for feed in feeds %}<p>{{ feed.name }}</p>{% endfor %}",
    );
    scene.run_at(NOON, &["build"]);
    assert!(
        scene
            .read("public/feeds.html")
            .starts_with("<title>Hums</title><p>hot</p>")
    );
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    let scene = scene.file(
        "templates/feeds.html",
        "{% extends \"default/feeds.html\" %}{% block about %}Ours.{% endblock %}",
    );
    scene.run_at(NOON, &["build"]);
    assert!(scene.read("public/feeds.html").contains("Ours."));
    let ran = scene
        .file("templates/feeds.html", "<p>\n{{ nothing.there }}")
        .run(&["--at", NOON, "build"]);
    let place = "error: templates/feeds.html:2: the template cannot be used: ";
    assert!(ran.code == 2 && ran.talk.starts_with(place), "{}", ran.talk);
}

#[test]
fn a_site_that_suddenly_lost_its_posts_waits_for_a_persons_word() {
    let posts = |count: usize| {
        (0..count).fold(Scene::new(), |scene, n| {
            scene.post(
                &format!("p{n}.md"),
                &format!("Post {n}"),
                &format!("2024-06-{:02}", n + 1),
            )
        })
    };
    for (count, kept, is_manifest_lost) in
        [(3, 0, false), (3, 0, true), (12, 5, false), (12, 5, true)]
    {
        let scene = posts(count);
        scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
        let feed = scene.read("public/atom.xml");
        for n in kept..count {
            std::fs::remove_file(scene.path(&format!("post/p{n}.md"))).unwrap();
        }
        if is_manifest_lost {
            std::fs::remove_file(scene.path("tidings.manifest")).unwrap();
        }
        for arguments in [
            &["build"][..],
            &["build", "--prune"],
            &["build", "--dry-run"],
            &["run"],
            &["digest", "weekly"],
        ] {
            let ran = scene.run(arguments);
            assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.talk);
            let said = format!(
                "{} of {count} posts that were published would leave the feeds",
                count - kept
            );
            assert!(
                ran.talk.contains(&said) && ran.talk.contains("build --fewer"),
                "{}",
                ran.talk
            );
        }
        assert_eq!(scene.read("public/atom.xml"), feed);
        assert!(scene.names("outbox").is_empty());
        assert_eq!(scene.run(&["build", "--fewer"]).code, 0);
        assert_ne!(scene.read("public/atom.xml"), feed);
        assert_eq!(scene.run(&["build"]).code, 0);
    }
    // Also where their files are there.
    for (line, reason, code) in [
        ("draft: true", "it is a draft", 0),
        ("private: true", "", 0),
        ("date: 2999-01-01", "it is of the future", 0),
        ("tags: [", "something is wrong with it", 1),
    ] {
        for (count, lost, is_refused) in [(12, 12, true), (12, 7, true), (12, 6, false)] {
            let scene = posts(count);
            scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
            let feed = scene.read("public/atom.xml");
            for n in 0..lost {
                let path = format!("post/p{n}.md");
                let old = scene.read(&path);
                let lines = old
                    .lines()
                    .filter(|old| !line.starts_with("date") || !old.starts_with("date"));
                let text = lines.collect::<Vec<_>>().join("\n");
                let text = text.replacen("---", &format!("---\n{line}"), 1);
                std::fs::write(scene.path(&path), text).unwrap();
            }
            let ran = scene.run(&["build"]);
            if !is_refused {
                assert_eq!(ran.code, code, "{line}: {}", ran.talk);
                continue;
            }
            assert_eq!(ran.code, 2, "{line}: {}", ran.talk);
            let said = format!(
                "{lost} of {count} posts that were published would leave the feeds ({lost}: {reason}"
            );
            assert!(ran.talk.contains(&said), "{line}: {}", ran.talk);
            assert_eq!(scene.read("public/atom.xml"), feed);
            assert_eq!(scene.run(&["digest", "weekly"]).code, 2, "{line}");
            assert_eq!(scene.run(&["build", "--fewer"]).code, code, "{line}");
            assert_ne!(scene.read("public/atom.xml"), feed);
            assert_eq!(scene.run(&["build"]).code, code, "it was said: {line}");
        }
    }
    // Without the manifest, what has left before does not count: it expired, or no feed that is here shows it.
    let gone = |scene: &Scene, front: Option<&str>| {
        for n in 0..9 {
            let file = scene.path(&format!("post/p{n}.md"));
            let text = std::fs::read_to_string(&file).unwrap();
            match front {
                Some(front) => {
                    std::fs::write(&file, text.replacen("---", &format!("---\n{front}"), 1))
                        .unwrap();
                }
                None => std::fs::remove_file(&file).unwrap(),
            }
        }
        std::fs::remove_file(scene.path("tidings.manifest")).unwrap();
    };
    for (front, is_fresh, code) in [
        (Some("expires: 2024-06-23"), false, 0),
        (Some("draft: true"), false, 2),
        (None, true, 0),
    ] {
        let scene = posts(12);
        scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
        gone(&scene, front);
        if is_fresh {
            std::fs::remove_dir_all(scene.path("public")).unwrap();
        }
        let ran = scene.run(&["--at", "2024-06-24T08:00:05+02:00", "build", "--prune"]);
        assert_eq!(ran.code, code, "{front:?}: {}", ran.talk);
    }
    let scene = posts(3);
    scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
    for is_manifest_lost in [false, true] {
        if is_manifest_lost {
            std::fs::remove_file(scene.path("tidings.manifest")).unwrap();
        }
        let ran = scene.run(&["--at", "2010-01-01T00:00:00Z", "build"]);
        ran.fails_with(2).says("(3: it is of the future)");
    }
}
