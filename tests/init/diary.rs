//! The diary of a vault of Obsidian, beside its blog.

use std::fs;

use super::{NOON, POST, init, scene_of};

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
    checked.prints("2 posts of the last build would leave the feeds: `Days/` holds daily");
    checked.prints("[diary-left-out]");
    let built = scene.run(&["--at", NOON, "build"]);
    built.succeeds().says("`dir` under [posts]");
    // Once they are gone, nothing is said any more.
    let again = scene.run(&["--at", NOON, "build"]);
    again.succeeds();
    assert!(!again.talk.contains("would leave"), "{}", again.talk);
}
