//! Telling the WebSub hub.

use std::sync::atomic::Ordering;

use super::Server;
use crate::feed::{NOON, config, site};
use crate::scene::Scene;

fn with_hub(hub: &str, more: &str) -> Scene {
    site(&[
        (
            "tea.md",
            "title: Tea\ndate: 2024-05-01\ntags: [hot]",
            "Hot.",
        ),
        ("rain.md", "title: Rain\ndate: 2023-05-01", "x"),
    ])
    .file(
        "config.toml",
        &config(
            "",
            &format!("by = [\"tag\"]\narchive = \"year\"\nhub = \"{hub}\"\n{more}"),
        ),
    )
}

#[test]
fn the_hub_is_told_of_the_feeds_whose_bytes_changed_and_of_no_other() {
    let hub = Server::start(204);
    let scene = with_hub(
        &format!("http://127.0.0.1:{}/publish", hub.port),
        "hub_private = true",
    );
    scene.run_at(NOON, &["run"]);
    let asked = hub.asked();
    assert_eq!(
        asked.len(),
        6,
        "two feeds in three formats and no archive: {asked:?}"
    );
    let line =
        "POST /publish HTTP/1.1 hub.mode=publish&hub.url=https%3A%2F%2Fhums.example%2Fatom.xml";
    assert!(asked.contains(&line.to_owned()), "{asked:?}");
    scene.run_at(NOON, &["run"]);
    assert!(hub.asked().is_empty());
    let scene = scene.post("new.md", "New", "2024-06-01");
    scene.run_at(NOON, &["build"]);
    assert!(hub.asked().is_empty(), "`build` tells nobody");
    assert_eq!(
        scene.run_at(NOON, &["ping", "--dry-run"]).lines().count(),
        3
    );
    assert!(scene.run_at(NOON, &["ping"]).contains("3 feeds told"));
    assert_eq!(hub.asked().len(), 3);
}

#[test]
fn a_hub_that_is_down_is_a_warning_and_hears_it_the_next_time() {
    let hub = Server::start(503);
    let scene = with_hub(
        &format!("http://127.0.0.1:{}/", hub.port),
        "hub_private = true",
    );
    let ran = scene.run(&["--at", NOON, "run"]);
    assert!(
        ran.code == 0 && ran.talk.contains("was not told of 6 feeds: it answers 503"),
        "{}",
        ran.talk
    );
    assert_eq!(hub.asked().len(), 1, "one refusal is enough");
    assert_eq!(scene.names("outbox").len(), 1, "mail leaves all the same");
    hub.status.store(202, Ordering::SeqCst);
    scene.run_at(NOON, &["run"]);
    assert_eq!(hub.asked().len(), 6);
}

#[test]
fn what_the_hub_refuses_keeps_it_from_no_other_feed() {
    let hub = Server::start(204);
    *hub.refused.lock().unwrap() = Some("hums.example%2Fatom.xml");
    let scene = with_hub(
        &format!("http://127.0.0.1:{}/", hub.port),
        "hub_private = true",
    );
    let ran = scene.run(&["--at", NOON, "run"]);
    assert!(
        ran.code == 0 && ran.talk.contains("was not told of 1 feeds: it answers 404"),
        "{}",
        ran.talk
    );
    ran.prints("5 feeds told");
    hub.asked();
    // A feed that is published no longer is told of no more.
    let scene = {
        let config = scene
            .read("config.toml")
            .replace("[feeds]", "[feeds]\nformats = [\"rss\"]");
        scene.file("config.toml", &config)
    };
    scene.run_at(NOON, &["run"]);
    assert!(hub.asked().iter().all(|asked| !asked.contains("atom.xml")));
}

#[test]
fn a_person_who_pings_a_dead_hub_hears_it_by_the_exit_code() {
    let hub = Server::start(503);
    let scene = with_hub(
        &format!("http://127.0.0.1:{}/", hub.port),
        "hub_private = true",
    );
    scene.run_at(NOON, &["build"]);
    let ran = scene.run(&["--at", NOON, "ping"]);
    assert!(
        ran.code == 1 && ran.talk.contains("was not told of 6 feeds: it answers 503"),
        "{}",
        ran.talk
    );
    assert_eq!(hub.asked().len(), 1);
}

#[test]
fn a_wiped_folder_is_no_news_and_a_run_that_died_hides_none() {
    let hub = Server::start(204);
    let scene = with_hub(
        &format!("http://127.0.0.1:{}/", hub.port),
        "hub_private = true",
    );
    scene.run_at(NOON, &["run"]);
    hub.asked();
    std::fs::remove_dir_all(scene.path("public")).unwrap();
    scene.run_at(NOON, &["run"]);
    assert!(scene.path("public/atom.xml").exists() && hub.asked().is_empty());
    // Killed between the files and the manifest: it says what the hub knew before.
    let manifest = scene.read("tidings.manifest");
    let scene = scene.post("new.md", "New", "2024-06-01");
    scene.run_at(NOON, &["build"]);
    std::fs::write(scene.path("tidings.manifest"), manifest).unwrap();
    scene.run_at(NOON, &["run"]);
    assert_eq!(hub.asked().len(), 3);
    // Also where it was the first one.
    std::fs::remove_file(scene.path("tidings.manifest")).unwrap();
    scene.run_at(NOON, &["run"]);
    assert_eq!(hub.asked().len(), 6);
}

#[test]
fn a_manifest_that_cannot_be_written_is_said_and_the_hub_is_told_all_the_same() {
    let hub = Server::start(204);
    let scene = with_hub(
        &format!("http://127.0.0.1:{}/", hub.port),
        "hub_private = true",
    );
    std::fs::create_dir(scene.path("tidings.manifest")).unwrap();
    let ran = scene.run(&["--at", NOON, "run"]);
    assert!(
        ran.code == 0 && ran.talk.contains("tidings.manifest: cannot be written"),
        "{}",
        ran.talk
    );
    assert_eq!(hub.asked().len(), 6);
}

#[test]
fn a_hub_at_a_private_address_is_refused_unless_it_is_wanted() {
    let hub = Server::start(204);
    let scene = with_hub(&format!("http://localhost:{}/", hub.port), "");
    let ran = scene.run(&["--at", NOON, "run"]);
    assert!(
        ran.code == 0
            && ran.talk.contains("is a private address")
            && ran.talk.contains("hub_private"),
        "{}",
        ran.talk
    );
    assert!(hub.asked().is_empty());
}

#[test]
fn without_a_hub_there_is_nobody_to_ping() {
    let ran = Scene::new().run(&["ping"]);
    assert!(
        ran.code == 2 && ran.talk.contains("`hub = "),
        "{}",
        ran.talk
    );
}
