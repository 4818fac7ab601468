//! The effects on posts, locks and mails.

use super::{site, taken};
use crate::scene::Scene;

#[test]
fn what_is_left_out_is_not_there_but_a_curious_person_is_told() {
    let broken = "---\ntitle: x\ndate: 2024-13-01\n---\n";
    let config = "base_url = 'https://x.example'\nignored_content = ['*/drafts/*']\n";
    let scene = site(
        "content",
        &[("zola.toml", config), ("content/drafts/broken.md", broken)],
        "content/a.md",
    );
    assert_eq!(taken(&scene), "a.md");
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
    assert!(
        ran.talk
            .contains("drafts/broken.md: left out: the generator leaves it out\n"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_post_that_is_left_out_keeps_its_line_in_the_lock_and_gets_its_id_back() {
    let scene = site(
        "content",
        &[("zola.toml", "base_url = 'https://x.example'\n")],
        "content/a.md content/b.md",
    );
    assert_eq!(taken(&scene), "a.md b.md");
    let (lock, feed) = (scene.read("tidings.lock"), scene.read("public/atom.xml"));
    let scene = scene.file(
        "zola.toml",
        "base_url = 'https://x.example'\nignored_content = ['*/b.md']\n",
    );
    taken(&scene);
    assert!(!scene.read("public/atom.xml").contains("b.md"));
    let scene = scene.file("zola.toml", "base_url = 'https://x.example'\n");
    taken(&scene);
    assert_eq!(
        (scene.read("tidings.lock"), scene.read("public/atom.xml")),
        (lock, feed)
    );
}

#[test]
fn an_expression_that_cannot_be_read_is_named_with_its_line_and_the_others_count() {
    let config =
        "base_url = 'https://x.example'\nignored_content = [\n  '*/b.md',\n  '*/[c.md',\n]\n";
    let scene = site(
        "content",
        &[("zola.toml", config)],
        "content/a.md content/b.md",
    );
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(
        ran.talk
            .contains("zola.toml:4: `*/[c.md` cannot be read: unclosed character class"),
        "{}",
        ran.talk
    );
    assert!(ran.talk.starts_with("warning: "), "{}", ran.talk);
    let lock = scene.read("tidings.lock");
    assert!(
        lock.contains("a.md\t") && !lock.contains("b.md\t"),
        "{lock}"
    );
}

#[test]
fn a_folder_that_the_site_leaves_out_as_a_whole_is_named() {
    let config = "PATH = 'content'\nARTICLE_PATHS = ['blog']\n";
    let scene = site(
        "content/notes",
        &[("pelicanconf.py", config)],
        "content/notes/a.md content/blog/b.md",
    );
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(
        ran.talk
            .contains("/pelicanconf.py: it leaves out every post in "),
        "{}",
        ran.talk
    );
    assert!(!scene.path("tidings.lock").exists() || !scene.read("tidings.lock").contains("a.md"));
    let set = [("TIDINGS_POSTS__DIALECT", "plain")];
    let ran = scene.run_with(&["--at", "2024-06-01T00:00:00Z", "build"], &set);
    assert_eq!((ran.code, ran.talk.as_str()), (0, ""));
    assert!(scene.read("tidings.lock").contains("a.md\t"));
}

#[test]
fn a_draft_that_the_site_leaves_out_is_in_no_mail() {
    let config = "base_url = 'https://x.example'\nignored_content = ['*/draft-*']\n";
    let scene = Scene::new()
        .file("zola.toml", config)
        .post("tea.md", "Tea", "2024-05-01")
        .post("draft-cake.md", "Cake", "2024-05-02")
        .post("draft-broken.md", "Broken", "2024-05-32");
    let mail = scene.run_at("2024-05-06T12:00:00Z", &["digest", "weekly", "--dry-run"]);
    assert!(
        mail.contains("Text of Tea.") && !mail.contains("Cake"),
        "{mail}"
    );
    scene.run_at("2024-05-06T12:00:00Z", &["run"]);
    let names = scene.names("outbox");
    assert!(!names.is_empty());
    assert!(
        names
            .iter()
            .all(|name| !scene.read(&format!("outbox/{name}")).contains("Cake"))
    );
}
