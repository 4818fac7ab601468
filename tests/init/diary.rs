//! The diary of a vault of Obsidian, beside its blog.

use std::fs;

use super::{NOON, POST, init, scene_of};
use crate::scene::Scene;

#[test]
fn a_diary_is_no_blog() {
    let diary = [
        (".obsidian/daily-notes.json", r#"{"folder":"Diary/Days"}"#),
        (
            ".obsidian/plugins/periodic-notes/data.json",
            r#"{"weekly":{"enabled":true,"folder":"Weeks/"},"monthly":{"folder":""},"showGettingStartedBanner":false}"#,
        ),
        ("Essays/Tea.md", POST),
        ("Diary/Days/2024-05-02.md", "Nobody's business.\n"),
        (
            "Weeks/2024-W18.md",
            "---\ndate: 2024-05-03\n---\nNobody's business.\n",
        ),
    ];
    let scene = scene_of(&diary);
    let ran = init(&scene, &[]);
    ran.succeeds()
        .says("each note of this vault that has a date is a post");
    scene.run(&["--at", NOON, "build"]).succeeds();
    let atom = scene.read("public/atom.xml");
    assert!(
        atom.contains("A kettle") && !atom.contains("business"),
        "{atom}"
    );
    // Whoever names its folder means it.
    let config = scene.read("config.toml");
    let config = config.replace("dir = \".\"", "dir = \"Diary/Days\"");
    fs::write(scene.path("config.toml"), config).unwrap();
    scene.run(&["--at", NOON, "build"]).succeeds();
    assert!(scene.read("public/atom.xml").contains("business"));
}

#[test]
fn a_period_that_is_switched_off_has_no_diary() {
    let settings = r#"{"daily":{"enabled":false,"folder":"Essays"},"weekly":{"enabled":true,"folder":"Weeks"}}"#;
    let scene = scene_of(&[
        (".obsidian/plugins/periodic-notes/data.json", settings),
        ("Essays/Tea.md", POST),
    ]);
    init(&scene, &[]).succeeds();
    scene.run(&["--at", NOON, "build"]).succeeds();
    assert!(scene.read("public/atom.xml").contains("A kettle"));
}

#[test]
fn posts_that_leave_the_feeds_with_a_diary_are_named() {
    let scene = scene_of(&[
        (".obsidian/app.json", "{}"),
        ("Essays/Tea.md", POST),
        ("Days/Moss.md", "---\ndate: 2024-05-02\n---\nGreen.\n"),
        ("Days/Rain.md", "---\ndate: 2024-05-03\n---\nWet.\n"),
    ]);
    init(&scene, &[]).succeeds();
    scene.run(&["--at", NOON, "build"]).succeeds();
    assert!(scene.read("public/atom.xml").contains("Green"));
    fs::write(
        scene.path(".obsidian/daily-notes.json"),
        r#"{"folder":"Days"}"#,
    )
    .unwrap();
    let checked = scene.run(&["--at", NOON, "check", "--offline"]);
    checked.prints("2 posts leave the feeds: `Days/` holds daily");
    checked.prints("[diary-left-out]");
    let built = scene.run(&["--at", NOON, "build"]);
    built.succeeds().says("move them to another folder");
    // Once they are gone, nothing is said any more.
    let again = scene.run(&["--at", NOON, "build"]);
    again.succeeds();
    assert!(!again.talk.contains("leave the feeds"), "{}", again.talk);
}

/// A vault with a post of the blog and one in `Days`, both published, whose settings then call that folder the diary.
fn begin_diary() -> Scene {
    let scene = scene_of(&[
        (".obsidian/app.json", "{}"),
        ("Essays/Tea.md", POST),
        ("Days/Moss.md", MOSS),
    ]);
    init(&scene, &[]).succeeds();
    scene.run(&["--at", NOON, "build"]).succeeds();
    scene.file(".obsidian/daily-notes.json", r#"{"folder":"Days"}"#)
}

const MOSS: &str =
    "---\ndate: 2024-05-02\n---\nGreen moss grows on the roof of the house all year.\n";

#[test]
fn a_post_that_does_not_leave_with_the_diary_is_not_named() {
    // It moved as the hint asks for.
    let scene = begin_diary();
    fs::rename(scene.path("Days/Moss.md"), scene.path("Essays/Moss.md")).unwrap();
    let moved = scene.run(&["--at", NOON, "build"]);
    moved.succeeds().says("keeps its id");
    assert!(!moved.talk.contains("diary-left-out"), "{}", moved.talk);
    assert!(scene.read("public/atom.xml").contains("Green moss"));
    // Its author took it out.
    let scene = begin_diary();
    fs::remove_file(scene.path("Days/Moss.md")).unwrap();
    let gone = scene
        .file("Days/list.txt", "x")
        .run(&["--at", NOON, "build"]);
    gone.succeeds();
    assert!(!gone.talk.contains("the feeds: `Days/`"), "{}", gone.talk);
    let draft = MOSS.replace("date", "publish: false\ndate");
    let scene = begin_diary().file("Days/Moss.md", &draft);
    let draft = scene.run(&["--at", NOON, "build"]);
    draft.succeeds();
    assert!(!draft.talk.contains("the feeds: `Days/`"), "{}", draft.talk);
}

#[test]
fn a_post_leaves_with_the_diary_also_where_the_manifest_is_lost() {
    let scene = begin_diary();
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    let ran = scene.run(&["--at", NOON, "build"]);
    ran.succeeds()
        .says("1 post leaves the feeds: `Days/` holds");
    let again = scene.run(&["--at", NOON, "build"]);
    assert!(!again.talk.contains("leaves the feeds"), "{}", again.talk);
}

#[test]
fn a_diary_that_is_switched_off_is_none() {
    let daily = (".obsidian/daily-notes.json", r#"{"folder":"Days"}"#);
    let weekly = (
        ".obsidian/plugins/periodic-notes/data.json",
        r#"{"weekly":{"enabled":true,"folder":"Days"}}"#,
    );
    let core = ".obsidian/core-plugins.json";
    let community = ".obsidian/community-plugins.json";
    for (setting, list, text, is_blog) in [
        (daily, core, r#"{"daily-notes":false}"#, true),
        (daily, core, r#"["file-explorer"]"#, true),
        (daily, core, r#"{"daily-notes":true}"#, false),
        (daily, core, r#"["daily-notes"]"#, false),
        (daily, core, r#"{"file-explorer":true}"#, false),
        (daily, community, "[]", false),
        (weekly, community, "[]", true),
        (weekly, community, r#"["periodic-notes"]"#, false),
        (weekly, core, r#"{"daily-notes":false}"#, false),
    ] {
        let scene = scene_of(&[
            setting,
            (list, text),
            ("Essays/Tea.md", POST),
            ("Days/Moss.md", MOSS),
        ]);
        init(&scene, &[]).succeeds();
        scene.run(&["--at", NOON, "build"]).succeeds();
        let atom = scene.read("public/atom.xml");
        assert_eq!(atom.contains("Green moss"), is_blog, "{list}: {text}");
    }
}
