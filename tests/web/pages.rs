//! Waiting for the pages of new posts.

use std::sync::atomic::Ordering;

use super::Server;
use crate::feed::{NOON, config, site};
use crate::relay::{Habits, Relay};
use crate::scene::Scene;

/// A scene whose pages this server has, and whose mail and hub are real.
fn live(pages: &Server, hub: &Server, relay: &Relay, more: &str) -> Scene {
    let config = config(
        "",
        &format!(
            "hub = \"http://127.0.0.1:{}/\"\nhub_private = true",
            hub.port
        ),
    )
    .replace("https://hums.example/", &pages.site())
    .replace("require_live = false", more)
    .replace("0 8 * * MON", "each")
    .replace("[mail]", &format!("[mail]\nsmtp = \"{}\"", relay.url()));
    site(&[("tea.md", "title: Tea\ndate: 2024-05-01", "Hot.")]).file("config.toml", &config)
}

#[test]
fn a_post_whose_page_is_not_there_waits_for_the_next_run_and_so_does_the_hub() {
    let (pages, hub) = (Server::start(404), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "");
    let ran = scene.run(&["--at", NOON, "run"]);
    assert!(
        ran.code == 0 && ran.talk.contains("/tea/` is not there yet: it answers 404"),
        "{}{}",
        ran.out,
        ran.talk
    );
    assert_eq!(
        pages.asked(),
        ["GET /tea/ HTTP/1.1 "],
        "each page is asked for once"
    );
    assert_eq!((relay.count(), hub.asked().len()), (0, 0));
    pages.status.store(200, Ordering::SeqCst);
    let ran = scene.run(&["--at", NOON, "run"]);
    assert_eq!(
        (ran.code, relay.count(), hub.asked().len()),
        (0, 1, 3),
        "{}{}",
        ran.out,
        ran.talk
    );
    scene.run(&["--at", NOON, "run"]);
    assert_eq!(relay.count(), 1);
}

#[test]
fn an_issue_waits_a_day_for_a_page_that_is_late_and_then_goes_without_it() {
    let (pages, hub) = (Server::start(200), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "");
    let weekly = scene
        .read("config.toml")
        .replace("\"each\"", "\"0 8 * * MON\"");
    let scene = scene.file("config.toml", &weekly).file(
        "post/late.md",
        "---\ntitle: Late\ndate: 2024-05-02\n---\nx\n",
    );
    pages.missing.lock().unwrap().push("/late/".to_owned());
    let run = |time: &str| scene.run(&["--at", time, "run"]);
    let ran = run("2024-06-24T08:00:05+02:00");
    assert!(
        ran.code == 0 && ran.out.contains("weekly: 2 new, waits for 1 not there yet"),
        "{}{}",
        ran.out,
        ran.talk
    );
    assert_eq!(relay.count(), 0);
    // One mail has both once the page is there.
    pages.missing.lock().unwrap().clear();
    run("2024-06-24T08:10:05+02:00");
    assert_eq!(relay.count(), 1);
    let scene = scene
        .file(
            "post/never.md",
            "---\ntitle: Never\ndate: 2024-06-26\n---\nx\n",
        )
        .file(
            "post/there.md",
            "---\ntitle: There\ndate: 2024-06-26\n---\nx\n",
        );
    pages.missing.lock().unwrap().push("/never/".to_owned());
    let run = |time: &str| scene.run(&["--at", time, "run"]);
    run("2024-07-02T07:50:00+02:00");
    assert_eq!(relay.count(), 1);
    let ran = run("2024-07-02T08:00:05+02:00");
    assert!(
        relay.count() == 2 && ran.out.contains("There"),
        "{}{}",
        ran.out,
        ran.talk
    );
    // It is not lost: the next slot tries it again.
    pages.missing.lock().unwrap().clear();
    run("2024-07-08T08:00:05+02:00");
    assert_eq!(relay.count(), 3);
}

#[test]
fn the_page_of_a_post_that_is_gone_keeps_the_hub_waiting_no_longer() {
    let (pages, hub) = (Server::start(404), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "").post("rain.md", "Rain", "2024-05-02");
    scene.run(&["--at", NOON, "run"]);
    assert!(hub.asked().is_empty() && scene.read("tidings.manifest").contains("/rain/"));
    std::fs::remove_file(scene.path("post/rain.md")).unwrap();
    scene.run(&["--at", NOON, "build"]);
    assert!(!scene.read("tidings.manifest").contains("/rain/"));
    pages.status.store(200, Ordering::SeqCst);
    scene.run(&["--at", NOON, "run"]);
    assert_eq!(hub.asked().len(), 3);
}

#[test]
fn a_page_that_never_answers_keeps_the_hub_waiting_for_a_day_at_most() {
    let (pages, hub) = (Server::start(200), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "").post("never.md", "Never", "2024-05-02");
    pages.missing.lock().unwrap().push("/never/".to_owned());
    scene.run(&["--at", "2024-06-24T12:00:00Z", "run"]);
    scene.run(&["--at", "2024-06-25T11:59:59Z", "run"]);
    assert!(
        hub.asked().is_empty()
            && scene
                .read("tidings.manifest")
                .contains("/never/\t2024-06-24T12:00:00")
    );
    let ran = scene.run(&["--at", "2024-06-25T12:00:00Z", "run"]);
    assert!(
        ran.talk
            .contains("/never/` has not been there for a day: the hub is told without it"),
        "{}",
        ran.talk
    );
    assert_eq!(hub.asked().len(), 3);
    // It is no news that waits once more.
    let scene = scene.post("new.md", "New", "2024-06-25");
    let ran = scene.run(&["--at", "2024-06-25T13:00:00Z", "run"]);
    assert!(!ran.talk.contains("the hub is told"), "{}", ran.talk);
    assert_eq!(hub.asked().len(), 3);
}

#[test]
fn the_hub_is_told_each_day_also_where_no_page_ever_answers() {
    let (pages, hub) = (Server::start(404), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let mut scene = live(&pages, &hub, &relay, "");
    let mut told = Vec::new();
    for hours in 0..9 {
        let time = format!(
            "2024-06-{:02}T{:02}:00:00Z",
            24 + hours * 8 / 24,
            hours * 8 % 24
        );
        scene = scene.post(
            &format!("{hours}.md"),
            &format!("Post {hours}"),
            "2024-06-01",
        );
        scene.run(&["--at", &time, "run"]);
        told.push(hub.asked().len());
    }
    assert_eq!(
        told,
        [0, 0, 0, 3, 0, 0, 0, 3, 0],
        "the first post after the hub was told waits for a day again"
    );
    assert!(
        !scene.read("tidings.manifest").contains("/6/"),
        "the hub knows it"
    );
}

#[test]
fn a_hub_that_was_told_by_hand_waits_for_nobody() {
    let (pages, hub) = (Server::start(404), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "");
    scene.run(&["--at", "2024-06-24T12:00:00Z", "run"]);
    assert!(scene.read("tidings.manifest").contains("waiting\t"));
    scene.run_at("2024-06-24T13:00:00Z", &["ping"]);
    assert_eq!(hub.asked().len(), 3);
    assert!(!scene.read("tidings.manifest").contains("waiting\t"));
    let ran = scene.run(&["--at", "2024-06-26T12:00:00Z", "run"]);
    assert!(
        hub.asked().is_empty() && !ran.talk.contains("told without it"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_hub_that_is_down_when_a_page_is_late_hears_all_when_it_is_back() {
    let (pages, hub) = (Server::start(404), Server::start(503));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "");
    scene.run(&["--at", "2024-06-24T12:00:00Z", "run"]);
    let scene = scene.post("rain.md", "Rain", "2024-05-02");
    scene.run(&["--at", "2024-06-25T12:00:00Z", "run"]);
    assert_eq!(hub.asked().len(), 1);
    hub.status.store(204, Ordering::SeqCst);
    scene.run(&["--at", "2024-06-25T12:10:00Z", "run"]);
    assert_eq!(hub.asked().len(), 3);
}

#[test]
fn a_post_that_gets_another_name_waits_on() {
    let (pages, hub) = (Server::start(404), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "");
    scene.run(&["--at", "2024-06-24T12:00:00Z", "run"]);
    std::fs::rename(scene.path("post/tea.md"), scene.path("post/green-tea.md")).unwrap();
    scene.run(&["--at", "2024-06-24T18:00:00Z", "run"]);
    assert!(hub.asked().is_empty());
    let ran = scene.run(&["--at", "2024-06-25T12:00:00Z", "run"]);
    assert!(
        ran.talk
            .contains("/green-tea/` has not been there for a day"),
        "{}",
        ran.talk
    );
    assert_eq!(hub.asked().len(), 3);
}

#[test]
fn the_hub_waits_for_every_post_that_a_changed_feed_shows() {
    let (pages, hub) = (Server::start(200), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "");
    let config = scene
        .read("config.toml")
        .replace("[feeds]", "[feeds]\nlimit = 1\nby = [\"tag\"]");
    let scene = scene.file("config.toml", &config);
    scene.run(&["--at", "2024-06-24T12:00:00Z", "run"]);
    assert_eq!(hub.asked().len(), 3);
    pages.status.store(404, Ordering::SeqCst);
    // Its date is too old for the feed of the site with `limit = 1`: it is shown all the same, as in that of its tag.
    let scene = scene.file(
        "post/old.md",
        "---\ntitle: Old\ndate: 2020-01-01\ntags: [past]\n---\nx\n",
    );
    scene.run(&["--at", "2024-06-24T13:00:00Z", "run"]);
    assert!(hub.asked().is_empty() && scene.read("tidings.manifest").contains("/old/"));
    pages.status.store(200, Ordering::SeqCst);
    scene.run(&["--at", "2024-06-24T14:00:00Z", "run"]);
    assert_eq!(hub.asked().len(), 6);
}

#[test]
fn of_a_whole_site_that_comes_at_once_the_newest_pages_are_asked_for() {
    let (pages, hub) = (Server::start(200), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let mut scene = live(&pages, &hub, &relay, "");
    for number in 0..120 {
        scene = scene.post(
            &format!("{number}.md"),
            &format!("Post {number}"),
            &format!("2023-01-{:02}", number % 28 + 1),
        );
    }
    let config = scene
        .read("config.toml")
        .replace("[feeds]", "[feeds]\nlimit = 1000")
        .replace("since = \"2013-01-01\"", "");
    let scene = scene.file("config.toml", &config);
    scene.run(&["--at", NOON, "run"]);
    let asked = pages.asked();
    assert!(
        asked.len() == 100 && asked.contains(&"GET /tea/ HTTP/1.1 ".to_owned()),
        "{}",
        asked.len()
    );
    assert_eq!(hub.asked().len(), 3);
}

#[test]
fn a_page_that_sends_its_reader_round_in_circles_is_not_there() {
    let (pages, hub) = (Server::start(302), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let ran = live(&pages, &hub, &relay, "").run(&["--at", NOON, "run"]);
    assert!(
        ran.talk.contains("too many redirects") && relay.count() == 0,
        "{}",
        ran.talk
    );
}

#[test]
fn a_page_leads_to_no_private_host_and_to_nothing_but_the_web() {
    let (pages, hub, other) = (Server::start(302), Server::start(204), Server::start(200));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    for (location, expected) in [
        (
            format!("http://127.0.0.1:{}/x", other.port),
            "127.0.0.1 is a private address",
        ),
        (
            format!("//127.0.0.1:{}/x", other.port),
            "127.0.0.1 is a private address",
        ),
        // The site's own host, at another port than its own.
        (
            format!("http://0.0.0.0:{}/x", other.port),
            "0.0.0.0 is a private address",
        ),
        (
            format!("http://[::ffff:127.0.0.1]:{}/x", other.port),
            "is a private address",
        ),
        (
            format!("ftp://127.0.0.1:{}/x", other.port),
            "is no address of the web",
        ),
        ("file:///etc/passwd".to_owned(), "is no address of the web"),
    ] {
        pages.location.lock().unwrap().clone_from(&location);
        let ran = live(&pages, &hub, &relay, "").run(&["--at", NOON, "run"]);
        assert!(
            ran.talk.contains("/tea/` is not there yet: ") && ran.talk.contains(expected),
            "{location}: {}",
            ran.talk
        );
        assert_eq!(
            (relay.count(), other.asked()),
            (0, Vec::new()),
            "{location}"
        );
    }
}

#[test]
fn a_post_with_an_address_elsewhere_makes_nobody_ask_there() {
    let (pages, hub, other) = (Server::start(200), Server::start(204), Server::start(200));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "");
    let address = format!("http://127.0.0.1:{}/secret", other.port);
    let scene = scene.file(
        "post/tea.md",
        &format!("---\ntitle: Tea\ndate: 2024-05-01\npermalink: \"{address}\"\n---\nHot.\n"),
    );
    let ran = scene.run(&["--at", NOON, "run"]);
    assert_eq!((ran.code, relay.count()), (0, 1), "{}{}", ran.out, ran.talk);
    assert!(
        ran.talk
            .contains(&format!("`{address}` is not on the site's own host")),
        "{}",
        ran.talk
    );
    // The site itself is asked for its archive.
    assert_eq!(other.asked(), Vec::<String>::new());
    assert_eq!(pages.asked(), ["GET /issues/ HTTP/1.1 "]);
}

#[test]
fn who_does_not_require_it_and_an_outbox_ask_for_no_page() {
    let (pages, hub) = (Server::start(404), Server::start(204));
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let scene = live(&pages, &hub, &relay, "require_live = false");
    assert_eq!(scene.run(&["--at", NOON, "run"]).code, 0);
    assert_eq!(
        (relay.count(), pages.asked().len(), hub.asked().len()),
        (1, 0, 3)
    );
    let outbox = live(&pages, &hub, &relay, "");
    let config = outbox
        .read("config.toml")
        .replace("smtp =", "reply_to = \"a@hums.example\" #");
    let outbox = outbox.file("config.toml", &config);
    assert_eq!(outbox.run(&["--at", NOON, "run"]).code, 0);
    assert_eq!((outbox.names("outbox").len(), pages.asked().len()), (1, 0));
}
