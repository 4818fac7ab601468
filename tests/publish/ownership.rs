//! Files of somebody else stay, and stale files of ours go.

use std::fs;

use super::{public, two};
use crate::feed::{NOON, config};
use crate::parsers::{entries, strict_xml};
use crate::scene::Scene;

#[test]
fn a_file_of_somebody_else_is_never_overwritten() {
    let theirs = "<?xml version=\"1.0\"?><rss><channel><generator>Hugo</generator></channel></rss>";
    let scene = two()
        .file("public/rss.xml", theirs)
        .file("public/index.html", "home");
    let ran = scene.run(&["--at", NOON, "build"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.talk.contains("public/rss.xml") && ran.talk.contains("move it away"),
        "{}",
        ran.talk
    );
    assert_eq!(
        scene.names("public"),
        ["index.html", "rss.xml"],
        "nothing was written beside it"
    );
    assert_eq!(scene.read("public/rss.xml"), theirs);
    // Also where it took the place of ours.
    fs::remove_file(scene.path("public/rss.xml")).unwrap();
    scene.run_at(NOON, &["build"]);
    fs::write(scene.path("public/rss.xml"), theirs).unwrap();
    assert_eq!(scene.run(&["--at", NOON, "build"]).code, 2);
    assert_eq!(scene.read("public/rss.xml"), theirs);
    // The hint.
    let other = config("", "files = { rss = \"feed.xml\" }");
    let scene = scene.file("config.toml", &other);
    scene.run_at(NOON, &["build"]);
    strict_xml(&scene.read("public/feed.xml"));
    assert_eq!(
        (
            scene.read("public/rss.xml").as_str(),
            scene.read("public/index.html").as_str()
        ),
        (theirs, "home")
    );
}

#[test]
fn a_file_that_would_take_the_place_of_a_tags_is_refused_before_anything_is_written() {
    let scene = Scene::new()
        .file(
            "post/a.md",
            "---\ntitle: A\ndate: 2024-01-01\ntags: [x]\n---\nA\n",
        )
        .file(
            "config.toml",
            &config("", "files = { rss = \"tag/x/rss.xml\" }\nby = [\"tag\"]"),
        );
    let ran = scene.run(&["build"]);
    assert!(
        ran.code == 2 && ran.talk.contains("`tag/x/rss.xml`") && ran.talk.contains("`files`"),
        "{}",
        ran.talk
    );
    assert!(!scene.path("public").exists() && !scene.path("tidings.lock").exists());
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_not_ours_and_a_link_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let scene = two();
    fs::create_dir_all(scene.path("public")).unwrap();
    symlink("nowhere/rss.xml", scene.path("public/rss.xml")).unwrap();
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 2 && ran.talk.contains("public/rss.xml"),
        "{}",
        ran.talk
    );
    fs::remove_file(scene.path("public/rss.xml")).unwrap();
    fs::create_dir(scene.path("kept")).unwrap();
    symlink("kept/ids.lock", scene.path("tidings.lock")).unwrap();
    scene.run_at(NOON, &["build"]);
    assert!(
        fs::symlink_metadata(scene.path("tidings.lock"))
            .unwrap()
            .is_symlink()
    );
    fs::set_permissions(
        scene.path("kept/ids.lock"),
        fs::Permissions::from_mode(0o664),
    )
    .unwrap();
    let scene = scene.post("new.md", "New", "2024-06-01");
    scene.run_at(NOON, &["build"]);
    assert!(scene.read("kept/ids.lock").contains("new.md"));
    assert_eq!(
        fs::metadata(scene.path("kept/ids.lock"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o664
    );
}

#[test]
fn nothing_is_pruned_while_a_post_cannot_be_read() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let text = scene.read("post/rain.md");
    let scene = scene.file("post/rain.md", &text.replace("2023-04-01", "2023-13-01"));
    let ran = scene.run(&["--at", NOON, "build", "--prune"]);
    assert!(
        ran.code == 1 && ran.talk.contains("nothing is pruned"),
        "{}",
        ran.talk
    );
    assert!(scene.names("public/tag").contains(&"wet".to_owned()));
}

#[test]
fn a_stale_twin_goes_also_when_the_manifest_is_lost() {
    let scene = two().file("config.toml", &config("", "precompress = true"));
    scene.run_at(NOON, &["build"]);
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    let scene = scene
        .file("config.toml", &config("", ""))
        .file("public/rss.xml.br", "not ours");
    scene.run_at(NOON, &["build"]);
    let names = scene.names("public");
    assert!(
        !names.contains(&"atom.xml.gz".to_owned()) && names.contains(&"rss.xml.br".to_owned()),
        "{names:?}"
    );
}

#[test]
fn a_twin_of_somebody_else_stays_where_ours_is_wanted_no_longer() {
    let scene = two().file("config.toml", &config("", "precompress = true"));
    scene.run_at(NOON, &["build"]);
    let scene = scene
        .file("config.toml", &config("", ""))
        .file("public/rss.xml.gz", "not ours")
        .post("new.md", "New", "2024-06-01");
    scene.run_at(NOON, &["build"]);
    assert_eq!(scene.read("public/rss.xml.gz"), "not ours");
    assert!(!scene.names("public").contains(&"atom.xml.gz".to_owned()));
    assert!(scene.run_at(NOON, &["build"]).contains("nothing new"));
}

#[test]
fn the_feed_of_a_vanished_tag_stays_until_it_is_pruned() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let scene = scene
        .file(
            "post/rain.md",
            "---\ntitle: Rain\ndate: 2023-04-01\n---\nWet.\n",
        )
        .file("public/tag/wet/theirs.txt", "not ours")
        .file("public/tag/old/atom.xml", "not ours");
    scene.run_at(NOON, &["build"]);
    assert_eq!(entries(&scene.read("public/tag/wet/atom.xml")).len(), 1);
    scene.run_at(NOON, &["build", "--prune"]);
    assert_eq!(scene.names("public/tag/wet"), ["theirs.txt"]);
    assert_eq!(scene.read("public/tag/old/atom.xml"), "not ours");
    assert!(!scene.read("tidings.manifest").contains("tag/wet"));
    fs::remove_file(scene.path("public/tag/wet/theirs.txt")).unwrap();
}

#[test]
fn without_the_manifest_prune_finds_our_files_by_what_they_say() {
    let scene = two().file(
        "config.toml",
        &config("", "by = [\"tag\"]\narchive = \"year\"\nprecompress = true"),
    );
    scene.run_at(NOON, &["build"]);
    let old = public(&scene);
    assert!(old.contains_key("tag/wet/atom.xml.gz") && old.contains_key("atom-2023.xml"));
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    // Of another site that is published in the same folder, and of nobody.
    let theirs = scene
        .read("public/tag/wet/atom.xml")
        .replace("https://hums.example/", "https://other.example/");
    let scene = scene
        .file(
            "config.toml",
            &config("", "formats = [\"rss\"]\npage = false"),
        )
        .file("public/tag/theirs/atom.xml", &theirs)
        .file(
            "public/blog/atom.xml",
            &theirs.replace("/tag/wet/", "/blog/"),
        )
        .file("public/index.html", "<p>a page</p>")
        .file("public/tag/wet/index.html", "<p>a page</p>");
    let ran = scene.run(&["--at", NOON, "build", "--prune"]);
    assert!(
        ran.code == 0 && ran.talk.contains("removed ") && ran.talk.contains("tag/wet/atom.xml"),
        "{}",
        ran.talk
    );
    let left: Vec<String> = public(&scene).into_keys().collect();
    assert_eq!(
        left,
        [
            "blog/atom.xml",
            "feeds.opml",
            "index.html",
            "rss.xml",
            "tag/theirs/atom.xml",
            "tag/wet/index.html",
        ]
    );
}

#[test]
fn a_manifest_that_leads_elsewhere_removes_nothing_there() {
    let scene = two()
        .file("mine/atom.xml", "mine")
        .file("public/mine.txt", "mine too");
    scene.run_at(NOON, &["build"]);
    let atom = scene.read("public/atom.xml");
    let scene = scene.file("ours/atom.xml", &atom);
    let print = |text: &str| {
        let hash = tidings::inside::post::fingerprint_of(&text.as_bytes());
        format!("1\t{hash:x}\t{}\t1\t-", text.len())
    };
    let absolute = scene.path("mine/atom.xml").display().to_string();
    let mut forged = scene.read("tidings.manifest");
    for (path, text) in [
        ("../mine/atom.xml", "mine"),
        ("tag/../../mine/atom.xml", "mine"),
        (&*absolute, "mine"),
        ("../ours/atom.xml", &atom),
        ("linked/atom.xml", &atom),
        ("mine.txt", "mine too"),
        ("", "mine"),
        (".", "mine"),
    ] {
        forged.push_str(&format!("file\t{path}\t{}\n", print(text)));
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(scene.path("ours"), scene.path("public/linked")).unwrap();
    let scene = scene.file("tidings.manifest", &forged);
    scene.run_at(NOON, &["build", "--prune"]);
    assert_eq!(scene.read("mine/atom.xml"), "mine");
    assert_eq!(scene.read("ours/atom.xml"), atom);
    assert_eq!(scene.read("public/mine.txt"), "mine too");
    assert_eq!(scene.read("public/atom.xml"), atom);
}
