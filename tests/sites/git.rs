//! Dates and ids that come from git.

use std::fs;

use crate::program::missing;
use crate::scene::Scene;

/// Gives git a command in the site, as if it were this date. Returns whether it succeeds.
fn git_in(scene: &Scene, arguments: &[&str], date: &str) -> bool {
    let who = ["-c", "user.name=Ada", "-c", "user.email=ada@x.example"];
    let done = std::process::Command::new("git")
        .args(who)
        .arg("-C")
        .arg(scene.path(""))
        .args(arguments)
        .env("GIT_AUTHOR_DATE", date)
        .env("GIT_COMMITTER_DATE", date)
        .output();
    done.is_ok_and(|done| done.status.success())
}

#[test]
fn a_file_that_git_moved_keeps_its_date_and_id_also_with_its_folder() {
    let scene = Scene::new()
        .file("post/one.md", "---\ntitle: One\n---\nText.\n")
        .file("post/two.md", "---\ntitle: Two\n---\nAnother text.\n");
    let git = |arguments: &[&str], date: &str| git_in(&scene, arguments, date);
    if !git(&["init", "-q"], "") {
        missing("git");
        return;
    }
    let dated = [("TIDINGS_POSTS__GIT_DATES", "true")];
    let build = |words: &str| {
        let ran = scene.run_with(&["--at", "2024-06-01T00:00:00Z", "build"], &dated);
        assert!(
            ran.code == 0 && ran.out.contains(words),
            "{}{}",
            ran.out,
            ran.talk
        );
        let feed: serde_json::Value =
            serde_json::from_str(&scene.read("public/feed.json")).unwrap();
        let items = feed["items"].as_array().unwrap().iter();
        let mut told: Vec<String> = items
            .map(|item| {
                format!(
                    "{} {} {}",
                    item["title"], item["id"], item["date_published"]
                )
            })
            .collect();
        told.sort();
        told
    };
    let commit = |date| assert!(git(&["add", "-A"], "") && git(&["commit", "-qm", "x"], date));
    commit("2024-01-02T03:04:05Z");
    let first = build("2 new, 0 updated, 0 repeated");
    assert!(first[0].contains("2024-01-02"), "{first:?}");
    // Also without a lock, as on a new machine, and when its text changes with the name.
    assert!(git(&["mv", "post/one.md", "post/eins.md"], ""));
    commit("2024-02-02T03:04:05Z");
    assert_eq!(build("0 new, 1 updated, 0 repeated"), first);
    fs::rename(scene.path("post"), scene.path("old")).unwrap();
    fs::create_dir(scene.path("post")).unwrap();
    fs::rename(scene.path("old/eins.md"), scene.path("post/eins.md")).unwrap();
    fs::rename(scene.path("old/two.md"), scene.path("post/zwei.md")).unwrap();
    fs::write(
        scene.path("post/zwei.md"),
        "---\ntitle: Two\n---\nAnother text!\n",
    )
    .unwrap();
    commit("2024-03-02T03:04:05Z");
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    assert_eq!(build("0 new"), first);
    // The date that the lock knows stands, whatever becomes of the history.
    fs::remove_dir_all(scene.path(".git")).unwrap();
    assert!(git(&["init", "-q"], ""));
    commit("2024-05-02T03:04:05Z");
    assert_eq!(build("0 new"), first);
    // Without the lock the history decides, and it must be whole.
    let shallow = scene.path("shallow");
    let from = format!("file://{}", scene.path("").display());
    commit_more(&git);
    assert!(git(
        &[
            "clone",
            "-q",
            "--depth",
            "1",
            &from,
            &shallow.display().to_string()
        ],
        ""
    ));
    fs::copy(scene.path("config.toml"), shallow.join("config.toml")).unwrap();
    let config = shallow.join("config.toml").display().to_string();
    let ran = scene.run_with(&["--config", &config, "build"], &dated);
    assert!(
        ran.code == 2
            && ran.talk.contains("this clone is shallow")
            && ran.talk.contains("git fetch --unshallow"),
        "{}",
        ran.talk
    );
}

/// One commit more, so that a clone of depth one leaves something out.
fn commit_more(git: &dyn Fn(&[&str], &str) -> bool) {
    assert!(git(
        &["commit", "-q", "--allow-empty", "-m", "x"],
        "2024-05-03T03:04:05Z"
    ));
}

#[test]
fn git_dates_a_post_only_where_it_is_asked_to() {
    let scene = Scene::new().file("post/one.md", "---\ntitle: One\n---\nText.\n");
    let git = |arguments: &[&str], date: &str| git_in(&scene, arguments, date);
    if !git(&["init", "-q"], "") {
        missing("git");
        return;
    }
    assert!(git(&["add", "."], "") && git(&["commit", "-qm", "One"], "2024-01-02T03:04:05Z"));
    fs::write(scene.path("post/one.md"), "---\ntitle: One\n---\nMore.\n").unwrap();
    assert!(git(&["commit", "-qam", "More"], "2024-02-03T04:05:06Z"));
    assert_eq!(
        scene.run(&["build"]).code,
        1,
        "without a date there is no post"
    );
    let ran = scene.run_with(
        &["--at", "2024-06-01T00:00:00Z", "build"],
        &[("TIDINGS_POSTS__GIT_DATES", "true")],
    );
    ran.succeeds();
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let item = &feed["items"][0];
    assert_eq!(
        (&item["date_published"], &item["date_modified"]),
        (
            &"2024-01-02T03:04:05Z".into(),
            &"2024-02-03T04:05:06Z".into()
        )
    );
}
