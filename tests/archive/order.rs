//! What is written before what: the page before the mail, and only what readers got.

use std::fs;

use super::{NEXT_MONDAY, Site};
use crate::parsers::entries;
use crate::scene::MONDAY;

/// A site with two digests that this command deploys.
fn deployed_by(command: &str) -> Site {
    let site = Site::new(
        "since = \"2013-01-01\"\n[[digest]]\nname = \"quiet\"\ntitle = \"Quiet\"\nschedule = \"0 8 * * MON\"\n",
        "",
        None,
    );
    let config = site.scene.read("config.toml");
    let deploy = format!("after_build = \"{command}\"\nrequire_live");
    let config = config.replace("require_live", &deploy);
    let scene = site.scene.file("config.toml", &config);
    Site { scene, ..site }
}

#[test]
fn who_was_killed_between_the_freeze_and_the_page_writes_it_before_the_mail() {
    let site = deployed_by("ls public/issues >> deployed; echo - >> deployed");
    // This is the state after a kill: both issues are frozen, nobody has got one, and no page is there.
    let nowhere = [("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:1?tls=none")];
    let ran = site.scene.run_with(&["--at", MONDAY, "run"], &nowhere);
    assert_ne!(ran.code, 0);
    let before = site.files();
    assert_eq!(site.pages().len(), 2, "{}", ran.talk);
    fs::remove_dir_all(site.scene.path("public/issues")).unwrap();
    fs::remove_file(site.scene.path("deployed")).unwrap();
    // Later: the relay that was away is asked again.
    site.at("2024-06-24T11:00:00+02:00", &["run"]);
    assert_eq!((site.relay.count(), site.files() == before), (4, true));
    let deployed = site.scene.read("deployed");
    let deployed: Vec<&str> = deployed.split("-\n").collect();
    assert_eq!(deployed.len(), 2, "once, with the pages: {deployed:?}");
    assert!(site.pages().iter().all(|name| deployed[0].contains(name)));
    // A run deploys once more what it freezes, before the mail of each issue.
    fs::write(
        site.scene.path("post/two.md"),
        "---\ntitle: Two\ndate: 2024-06-26\n---\nt\n",
    )
    .unwrap();
    fs::remove_file(site.scene.path("deployed")).unwrap();
    site.at(NEXT_MONDAY, &["run"]);
    assert_eq!((site.pages().len(), site.relay.count()), (4, 8));
    let deployed = site.scene.read("deployed");
    let deployed: Vec<&str> = deployed.split("-\n").collect();
    assert_eq!(deployed.len(), 4, "{deployed:?}");
    assert!(site.pages().iter().all(|name| deployed[2].contains(name)));
    // If that fails, the mail waits for the run in which it does not.
    let config = site.scene.read("config.toml");
    let failing = config.replace(
        "ls public/issues",
        "test ! -e stop || test $(ls public/issues | wc -l) = 8 || exit 1; ls",
    );
    let post = "---\ntitle: Three\ndate: 2024-07-02\n---\nt\n";
    let site = Site {
        scene: site
            .scene
            .file("config.toml", &failing)
            .file("stop", "")
            .file("post/three.md", post),
        ..site
    };
    let ran = site.ran("2024-07-08T08:00:05+02:00", &["run"]);
    assert!(
        ran.code != 0 && ran.talk.contains("`after_build` failed"),
        "{}",
        ran.talk
    );
    assert_eq!((site.relay.count(), site.pages().len()), (8, 6));
    fs::remove_file(site.scene.path("stop")).unwrap();
    // Later than whatever the first run froze, however slow it was.
    site.at("2024-07-08T09:00:05+02:00", &["run"]);
    assert_eq!((site.relay.count(), site.pages().len()), (12, 6));
}

#[test]
fn mail_waits_until_its_page_is_deployed_however_often_that_fails() {
    // A build is deployed, a page is not.
    let site =
        deployed_by("echo >> tries; test -e well || ! ls public/issues/????????????????.html");
    for (arguments, tries) in [
        // Each of the two issues is tried, and none is mailed.
        (&["run"][..], 3),
        (&["run"], 4),
        (&["digest", "weekly"], 5),
        (&["digest", "weekly"], 6),
        (&["digest", "quiet"], 7),
    ] {
        let ran = site.ran(MONDAY, arguments);
        assert!(
            ran.code != 0 && ran.talk.contains("`after_build` failed"),
            "{arguments:?}: {}{}",
            ran.out,
            ran.talk
        );
        assert_eq!(site.relay.count(), 0, "{arguments:?}");
        let tried = site.scene.read("tries").lines().count();
        assert_eq!(tried, tries, "{arguments:?}: {}", ran.talk);
    }
    let scene = site.scene.file("well", "");
    let site = Site { scene, ..site };
    site.at(MONDAY, &["digest", "weekly"]);
    let mails = site.relay.count();
    assert!(mails > 0);
    site.at(MONDAY, &["run"]);
    assert_eq!(site.relay.count(), 2 * mails);
}

#[test]
fn only_what_readers_got_is_in_the_archive() {
    let site = Site::new("", "", None);
    for arguments in [
        &["digest", "weekly", "--test", "me@x.example"][..],
        &["run", "--dry-run"],
        &["digest", "weekly", "--dry-run"],
        &["digest", "weekly", "--html", "shown.html"],
        &["build"],
    ] {
        site.at(MONDAY, arguments);
        assert!(site.pages().is_empty(), "{arguments:?}");
    }
    // Into the outbox, then by the relay, which begins anew.
    site.scene.run_at(MONDAY, &["run"]);
    let first = site.pages();
    assert_eq!(first.len(), 1);
    site.at(NEXT_MONDAY, &["run"]);
    let second = site.pages();
    assert_eq!(second.len(), 1);
    assert_ne!(first, second);
    let number = second[0].trim_end_matches(".html");
    site.at(NEXT_MONDAY, &["issue", "unpublish", number]);
    assert!(site.pages().is_empty());
    site.at(NEXT_MONDAY, &["run"]);
    assert!(site.pages().is_empty(), "it stays away");
    assert!(entries(&site.scene.read("public/issues/atom.xml")).is_empty());
    let again = site.at(NEXT_MONDAY, &["issue", "unpublish", number]);
    assert!(again.contains("no page"), "{again}");
}
