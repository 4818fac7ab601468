//! Drawings within posts: files beside the feeds, for as long as a document shows them.

use std::fs;

use crate::feed::{NOON, config, read, site};
use crate::parsers::strict_xml;
use crate::scene::Scene;

/// A drawing with this path.
fn drawing(path: &str) -> String {
    format!("<svg viewBox=\"0 0 9 9\" onload=\"x()\"><title>Tea</title><path d=\"{path}\"/></svg>")
}

/// A site with two posts that show one drawing, and one of 2023 that shows another.
fn drawn() -> Scene {
    site(&[
        ("tea.md", "title: Tea\ndate: 2024-05-01", &drawing("M1")),
        ("cup.md", "title: Cup\ndate: 2024-04-01", &drawing("M1")),
        ("rain.md", "title: Rain\ndate: 2023-04-01", &drawing("M2")),
    ])
    .file("config.toml", &config("", "archive = \"year\"\nlimit = 2"))
}

/// The name of the file that holds this path.
fn file_with(scene: &Scene, path: &str) -> String {
    let names = scene.names("public/drawing");
    let mut holding = names
        .into_iter()
        .filter(|name| !["mine.svg", "theirs.svg"].contains(&&**name))
        .filter(|name| scene.read(&format!("public/drawing/{name}")).contains(path));
    let name = holding.next().unwrap_or_else(|| panic!("no {path}"));
    assert_eq!(holding.next(), None, "{path}");
    name
}

#[test]
fn a_drawing_is_a_file_that_every_format_shows() {
    let scene = drawn();
    scene.run_at(NOON, &["build"]);
    let name = file_with(&scene, "\"M1\"");
    let svg = scene.read(&format!("public/drawing/{name}"));
    strict_xml(&svg);
    assert!(!svg.contains("onload"), "{svg}");
    let feeds = read(&scene, "");
    let address = format!("https://hums.example/drawing/{name}");
    for text in [&feeds.atom, &feeds.rss, &feeds.json.to_string()] {
        assert!(text.contains(&address) && text.contains("Tea"), "{text}");
    }
    assert_eq!(scene.names("public/drawing").len(), 2);
    let again = scene.run_at(NOON, &["build"]);
    assert!(again.contains("nothing new"), "{again}");
    // One that is gone comes again, though the documents are current.
    fs::remove_file(scene.path(&format!("public/drawing/{name}"))).unwrap();
    scene.run_at(NOON, &["build"]);
    assert_eq!(scene.read(&format!("public/drawing/{name}")), svg);
    let printed = scene.run(&["--at", NOON, "build", "--dry-run"]).out;
    assert!(printed.contains(&svg), "{printed}");
}

#[test]
fn a_drawing_goes_when_no_document_shows_it_also_without_the_manifest() {
    for has_manifest in [true, false] {
        let scene = drawn();
        scene.run_at(NOON, &["build"]);
        let (one, two) = (file_with(&scene, "\"M1\""), file_with(&scene, "\"M2\""));
        let theirs = scene
            .read(&format!("public/drawing/{one}"))
            .replace("https://hums.example/", "https://other.example/");
        let scene = scene
            .file("public/drawing/theirs.svg", &theirs)
            .file("public/drawing/mine.svg", "<svg/>")
            .file(
                "post/tea.md",
                &format!(
                    "---\ntitle: Tea\ndate: 2024-05-01\n---\n{}\n",
                    drawing("M3")
                ),
            );
        scene.run_at(NOON, &["build", "--prune"]);
        // The other post still shows it, and so does a document of the archive that was not rendered again.
        assert_eq!(file_with(&scene, "\"M1\""), one);
        assert_eq!(file_with(&scene, "\"M2\""), two);
        let scene = scene.file(
            "post/cup.md",
            "---\ntitle: Cup\ndate: 2024-04-01\n---\nNo drawing.\n",
        );
        if !has_manifest {
            fs::remove_file(scene.path("tidings.manifest")).unwrap();
        }
        let ran = scene.run(&["--at", NOON, "build", "--prune"]);
        ran.succeeds();
        assert!(ran.talk.contains(&one), "{}", ran.talk);
        let three = file_with(&scene, "\"M3\"");
        let mut expected = vec![two, three, "mine.svg".to_owned(), "theirs.svg".to_owned()];
        expected.sort();
        let mut left = scene.names("public/drawing");
        left.sort();
        assert_eq!(left, expected, "with the manifest: {has_manifest}");
    }
}

#[test]
fn summaries_bring_only_the_drawings_that_they_show() {
    let text = format!("Words.\n\n<!-- more -->\n\n{}", drawing("M1"));
    let scene = site(&[("tea.md", "title: Tea\ndate: 2024-05-01", &text)])
        .file("config.toml", &config("", "content = \"summary\""));
    scene.run_at(NOON, &["build"]);
    assert!(!scene.path("public/drawing").exists());
}

#[test]
fn a_file_of_somebody_else_stays_where_a_drawing_would_stand() {
    let scene = drawn();
    scene.run_at(NOON, &["build"]);
    let name = format!("public/drawing/{}", file_with(&scene, "\"M1\""));
    fs::remove_dir_all(scene.path("public")).unwrap();
    let scene = scene.file(&name, "mine");
    let ran = scene.run(&["--at", NOON, "build"]);
    ran.fails_with(2).says("wrote this file");
    assert_eq!(scene.read(&name), "mine");
}

#[test]
fn a_mail_links_a_drawing_to_its_post() {
    let scene = drawn();
    let mail = scene
        .run(&[
            "--at",
            NOON,
            "digest",
            "weekly",
            "--posts",
            "tea.md",
            "--dry-run",
        ])
        .out
        .replace("=\r\n", "");
    assert!(mail.contains("Figure: Tea"), "{mail}");
    assert!(!mail.contains(".svg") && !mail.contains("<svg"), "{mail}");
}
