//! The whole street: from a folder of posts to feeds and a digest.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::parsers::{entries, python, strict_xml};
use crate::scene::{MONDAY, Scene};

const PLAIN: &str = "the function returned / the health check always lied / the daemon still hums
Title: February 18, 2013 - A Day in the Life of a DevOps Engineer
The day starts like any other. A <b> & a “quote”.
The Morning Haze
I start with some light reading.
Wrapping Up
As the day winds down, I reflect.
[END OF POST]";

#[test]
fn a_newcomers_run_writes_feeds_and_one_digest_and_the_next_does_nothing() {
    let scene = Scene::sample();
    let out = scene.run_at("2026-11-23T12:00:00Z", &["run"]);
    assert!(out.contains("public") && out.contains("outbox"), "{out}");
    for file in ["atom.xml", "rss.xml", "feed.json"] {
        assert!(scene.path("public").join(file).exists());
    }
    let mails = scene.names("outbox");
    assert_eq!(mails.len(), 1);
    let when = |path: &str| fs::metadata(scene.path(path)).unwrap().modified().unwrap();
    let before = (when("public/atom.xml"), when("tidings.lock"));
    let out = scene.run_at("2026-11-23T12:10:00Z", &["run"]);
    assert!(out.contains("nothing new"), "{out}");
    assert_eq!((when("public/atom.xml"), when("tidings.lock")), before);
    assert_eq!(scene.names("outbox"), mails);
    let mode = fs::metadata(scene.path("tidings.db"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_three_feeds_say_the_same_and_any_xml_parser_reads_them() {
    let scene = Scene::sample().file(
        "post/odd.md",
        "---\ntitle: 'AT&T &amp; R&D <x>'\ndate: 2024-01-01\n---\nA \u{b} B &#2; ]]> <script>x</script>\r\n",
    );
    scene.run_at(MONDAY, &["build"]);
    let (atom, rss) = (scene.read("public/atom.xml"), scene.read("public/rss.xml"));
    strict_xml(&atom);
    strict_xml(&rss);
    let atom_entries = entries(&atom);
    assert_eq!(atom_entries.len(), 6);
    assert_eq!(entries(&scene.read("public/feed.json")), atom_entries);
    let rss_entries = entries(&rss);
    for (one, other) in rss_entries.iter().zip(&atom_entries) {
        assert_eq!(
            (&one.id, &one.link, one.published),
            (&other.id, &other.link, other.published)
        );
    }
    assert!(!atom.contains("script&gt;x"));
}

#[test]
fn the_plain_form_keeps_verse_headings_and_paragraphs() {
    let path =
        "post/the-function-returned-/-the-health-check-always-lied-/-the-daemon-still-hums.md";
    let scene = Scene::new().file(path, PLAIN);
    scene.run_at(MONDAY, &["build"]);
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let item = &feed["items"][0];
    assert_eq!(item["title"], "A Day in the Life of a DevOps Engineer");
    assert_eq!(item["date_published"], "2013-02-17T23:00:00Z");
    assert_eq!(
        item["url"],
        "https://hums.example/the-function-returned/the-health-check-always-lied/the-daemon-still-hums/"
    );
    let html = item["content_html"].as_str().unwrap();
    assert_eq!(html.matches("<h2").count(), 2, "{html}");
    assert_eq!(html.matches("<p>").count(), 4, "{html}");
    assert!(
        html.contains("class=\"epigraph\"") && html.contains("the daemon still hums"),
        "{html}"
    );
    assert!(
        !html.contains("END OF POST") && !html.contains("Title:"),
        "{html}"
    );
}

#[test]
fn one_bad_post_is_named_and_leaves_the_others_alone() {
    let scene =
        Scene::new()
            .post("good.md", "Good", "2024-05-01")
            .post("bad.md", "Bad", "2024-13-01");
    let ran = scene.run(&["--at", MONDAY, "build"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.talk
            .contains("post/bad.md:3: `date: 2024-13-01` is no date: month 13"),
        "{}",
        ran.talk
    );
    assert_eq!(entries(&scene.read("public/atom.xml")).len(), 1);
}

#[test]
fn drafts_and_future_posts_are_left_out() {
    let scene = Scene::new().post("future.md", "Future", "2030-05-01").file(
        "post/draft.md",
        "---\ntitle: Draft\ndate: 2024-01-01\ndraft: true\n---\nx\n",
    );
    scene.run_at(MONDAY, &["build"]);
    assert_eq!(entries(&scene.read("public/atom.xml")).len(), 0);
}

#[test]
fn a_dry_run_prints_one_message_and_changes_nothing() {
    let scene = Scene::sample();
    let before = scene.names("");
    let message = scene.run_at(MONDAY, &["digest", "weekly", "--dry-run"]);
    assert_eq!(scene.names(""), before);
    if let Some((subject, types)) = python(&message) {
        assert_eq!(subject, "Hums, weekly: 夜番の茶");
        assert_eq!(types, "multipart/alternative text/plain text/html");
    }
    let ran = scene.run(&["build", "--dry-run", "--only", "atm.xml"]);
    assert!(
        ran.code == 2
            && ran
                .talk
                .contains("there is no document `atm.xml`\n  `tidings build"),
        "{}",
        ran.talk
    );
    let feed = scene.run_at(MONDAY, &["build", "--dry-run", "--only", "atom.xml"]);
    strict_xml(&feed);
    assert!(
        scene
            .run_at(MONDAY, &["run", "--dry-run"])
            .contains("==> public/rss.xml <==")
    );
    assert_eq!(scene.names(""), before);
}

#[test]
fn a_slot_is_filled_once_and_what_was_missed_becomes_one_issue() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["run"]);
    assert_eq!(scene.names("outbox").len(), 1);
    let scene = scene.post("old.md", "Back-dated", "2019-01-01");
    scene.run_at("2024-06-25T08:00:00+02:00", &["run"]);
    assert_eq!(
        scene.names("outbox").len(),
        1,
        "nothing is due on a Tuesday"
    );
    // A month asleep: one issue, and the back-dated post is in it.
    scene.run_at("2024-07-30T08:00:00+02:00", &["run"]);
    scene.run_at("2024-07-30T08:01:00+02:00", &["run"]);
    let mails = scene.names("outbox");
    assert_eq!(mails.len(), 2);
    assert!(
        scene
            .read(&format!("outbox/{}", mails[1]))
            .contains("Back-dated")
    );
}

#[test]
fn a_digest_by_hand_keeps_the_ids_that_it_announces() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["digest", "weekly"]);
    assert!(scene.read("tidings.lock").contains("one.md\t"));
    fs::rename(scene.path("post/one.md"), scene.path("post/renamed.md")).unwrap();
    assert!(
        scene
            .run_at("2024-07-01T08:00:05+02:00", &["run"])
            .contains("weekly: nothing new")
    );
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn what_an_issue_does_not_show_it_lists() {
    let config = crate::scene::CONFIG.replace("since =", "limit = 1\nsince =");
    let scene = Scene::new()
        .file("config.toml", &config)
        .post("one.md", "One", "2024-06-01")
        .post("two.md", "Two", "2024-06-02");
    scene.run_at(MONDAY, &["run"]);
    let mail = scene.read(&format!("outbox/{}", scene.names("outbox")[0]));
    assert!(mail.contains("More in this issue"), "{mail}");
    assert!(mail.contains("https://hums.example/one/"), "{mail}");
}

#[test]
fn without_since_the_first_run_knows_what_is_there() {
    let config = crate::scene::CONFIG.replace("since = \"2013-01-01\"\n", "");
    let scene = Scene::new()
        .file("config.toml", &config)
        .post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["run"]);
    let scene = scene.post("two.md", "Two", "2024-06-02");
    scene.run_at("2024-07-01T08:00:05+02:00", &["run"]);
    let mails = scene.names("outbox");
    assert_eq!(mails.len(), 1);
    let mail = scene.read(&format!("outbox/{}", mails[0]));
    assert!(mail.contains("Two") && !mail.contains("One"));
}

#[test]
fn an_edited_or_renamed_post_keeps_its_id_and_is_not_announced_again() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["run"]);
    let id = entries(&scene.read("public/atom.xml"))[0].id.clone();
    fs::rename(scene.path("post/one.md"), scene.path("post/renamed.md")).unwrap();
    scene.run_at("2024-07-01T08:00:05+02:00", &["run"]);
    let scene = scene.post("renamed.md", "One, edited", "2024-06-01");
    scene.run_at("2024-07-08T08:00:05+02:00", &["run"]);
    assert_eq!(entries(&scene.read("public/atom.xml"))[0].id, id);
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn an_empty_store_beside_a_lock_that_another_began_refuses_to_send() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["run"]);
    fs::remove_file(scene.path("tidings.db")).unwrap();
    for extra in ["tidings.db-wal", "tidings.db-shm"] {
        let _ = fs::remove_file(scene.path(extra));
    }
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert!(
        ran.code == 2 && ran.talk.contains("begun by another store"),
        "{}",
        ran.talk
    );
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn each_subscriber_gets_one_and_whoever_left_none() {
    let people: Vec<String> = (0..50)
        .map(|n| format!("reader{n}@x.example,Reader {n}\n"))
        .collect();
    let people = people.concat();
    let scene = Scene::new().post("one.md", "One", "2024-06-01").file(
        "people.csv",
        &format!("email,name\n{people}READER0@X.example,Again\n"),
    );
    let out = scene.run_at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    assert!(out.contains("50 new, 1 known"), "{out}");
    scene.run_at(MONDAY, &["subscriber", "remove", "reader7@x.example"]);
    let out = scene.run_at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    assert!(out.contains("1 suppressed"), "{out}");
    scene.run_at(MONDAY, &["run"]);
    let mails = scene.names("outbox");
    assert_eq!(mails.len(), 50, "49 readers and the editor");
    assert!(!mails.iter().any(|mail| mail.contains("reader7@")));
    let mail = mails.iter().find(|mail| mail.contains("reader3@")).unwrap();
    assert!(scene.read(&format!("outbox/{mail}")).contains("Reader 3"));
    assert!(scene.run_at(MONDAY, &["status"]).contains("50 sent"));
    assert!(
        scene
            .run_at(MONDAY, &["subscriber", "export"])
            .contains("reader7@x.example,Reader 7,left")
    );
}

#[test]
fn the_same_posts_give_the_same_bytes_wherever_they_are_built() {
    let build = || {
        let scene = Scene::sample();
        scene.run_at(MONDAY, &["build"]);
        ["atom.xml", "rss.xml", "feed.json", "tag/on-call/atom.xml"]
            .map(|file| scene.read(&format!("public/{file}")))
    };
    assert_eq!(build(), build());
}

#[test]
fn one_digest_that_cannot_be_sent_does_not_stop_the_others() {
    let second = "[[digest]]\nname = \"second\"\nschedule = \"each\"\nto = [\"editor@hums.example\"]\nsince = \"2013-01-01\"\n";
    let config =
        crate::scene::CONFIG.replace("since =", "subject = \"{{ nope.nope }}\"\nsince =") + second;
    let config = config.replace("[mail]\nfrom = \"Hums <news@hums.example>\"\n", "")
        + "[mail]\nfrom = \"Hums <news@hums.example>\"\n";
    let scene = Scene::new()
        .file("config.toml", &config)
        .post("one.md", "One", "2024-06-01");
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert!(ran.code != 0 && ran.talk.contains("nope"), "{}", ran.talk);
    assert_eq!(scene.names("outbox").len(), 1, "{}{}", ran.out, ran.talk);
}

#[test]
fn what_runs_after_the_build_runs_beside_the_config_and_knows_no_password() {
    let config = crate::scene::CONFIG.replace(
        "timezone =",
        "after_build = \"pwd > where; echo talk; env > seen; exit 3\"\ntimezone =",
    );
    let scene = Scene::new()
        .file("config.toml", &config)
        .post("one.md", "One", "2024-06-01");
    let file = scene.path("config.toml");
    let ran = Scene::new().run_with(
        &["--config", file.to_str().unwrap(), "--at", MONDAY, "run"],
        &[("TIDINGS_MAIL__PASSWORD", "hunter2")],
    );
    assert!(
        ran.code == 2 && ran.talk.contains("no mail was sent"),
        "{}",
        ran.talk
    );
    assert!(!ran.out.contains("talk") && ran.talk.contains("talk"));
    assert_eq!(
        fs::canonicalize(scene.read("where").trim()).unwrap(),
        fs::canonicalize(scene.path("")).unwrap()
    );
    assert!(!scene.read("seen").contains("hunter2"));
}

#[test]
fn after_a_run_the_store_is_one_file_and_reading_it_leaves_nothing_behind() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["run"]);
    let names = scene.names("");
    assert!(
        !names
            .iter()
            .any(|name| name.ends_with("-wal") || name.ends_with("-shm")),
        "{names:?}"
    );
    let before = fs::read(scene.path("tidings.db")).unwrap();
    for arguments in [
        &["status"][..],
        &["run", "--dry-run"],
        &["digest", "weekly", "--dry-run"],
    ] {
        scene.run(&[&["--at", MONDAY], arguments].concat());
        assert_eq!(scene.names(""), names, "{arguments:?}");
    }
    assert_eq!(fs::read(scene.path("tidings.db")).unwrap(), before);
}

#[test]
fn a_store_that_cannot_be_read_is_no_empty_one() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("tidings.db", "this is no database at all");
    for arguments in [
        &["status"][..],
        &["digest", "weekly", "--dry-run"],
        &["run"],
    ] {
        let ran = scene.run(&[&["--at", MONDAY], arguments].concat());
        assert!(
            ran.code == 2 && ran.talk.contains("not a database"),
            "{arguments:?}: {}{}",
            ran.out,
            ran.talk
        );
    }
    assert_eq!(scene.read("tidings.db"), "this is no database at all");
}

#[test]
fn whoever_listens_no_more_does_not_stop_the_work() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = scene
        .command(&["--at", MONDAY, "run"])
        .stdout(writer)
        .status();
    assert!(status.unwrap().success());
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn posts_wait_for_the_first_reader() {
    let config = crate::scene::CONFIG.replace("to = [\"editor@hums.example\"]\n", "");
    let scene = Scene::new()
        .file("config.toml", &config)
        .post("one.md", "One", "2024-06-01");
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert!(
        ran.code == 0 && ran.talk.contains("has no readers"),
        "{}{}",
        ran.out,
        ran.talk
    );
    let ran = scene.run(&["--at", MONDAY, "digest", "weekly"]);
    assert!(
        ran.code == 2 && ran.talk.contains("has no readers"),
        "{}{}",
        ran.out,
        ran.talk
    );
    scene.run_at(MONDAY, &["subscriber", "add", "ada@x.example"]);
    scene.run_at("2024-07-01T08:00:05+02:00", &["run"]);
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn a_dry_run_is_addressed_to_someone_who_would_get_it() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", "email\npending@x.example\n");
    scene.run_at(MONDAY, &["subscriber", "import", "people.csv"]);
    scene.run_at(MONDAY, &["subscriber", "add", "ada@x.example"]);
    scene.run_at(MONDAY, &["subscriber", "remove", "ada@x.example"]);
    let message = scene.run_at(MONDAY, &["digest", "weekly", "--dry-run"]);
    assert!(
        message.contains("\r\nTo: editor@hums.example\r\n"),
        "{message}"
    );
}

#[test]
fn a_store_that_was_lost_with_the_lock_is_missed_while_the_manifest_is_there() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["run"]);
    let before = scene.names("outbox").len();
    let scene = scene.post("two.md", "Two", "2024-07-02");
    fs::remove_file(scene.path("tidings.lock")).unwrap();
    fs::remove_file(scene.path("tidings.db")).unwrap();
    let later = ["--at", "2024-07-08T08:00:05+02:00"];
    for _ in 0..2 {
        let ran = scene.run(&[&later[..], &["run"]].concat());
        assert_eq!(ran.code, 2, "{}", ran.talk);
        let is_named = ran.talk.contains("begun by another store");
        assert!(is_named && ran.talk.contains("--new-store"), "{}", ran.talk);
    }
    scene.run_at(
        "2024-07-08T08:00:05+02:00",
        &["digest", "weekly", "--new-store"],
    );
    let scene = scene.post("three.md", "Three", "2024-07-09");
    scene.run_at("2024-07-15T08:00:05+02:00", &["run"]);
    assert_eq!(scene.names("outbox").len(), before + 1);
}

#[test]
fn a_lock_that_was_lost_knows_the_store_again() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["run"]);
    fs::remove_file(scene.path("tidings.lock")).unwrap();
    let scene = scene.post("two.md", "Two", "2024-06-25");
    scene.run_at("2024-07-01T08:00:05+02:00", &["run"]);
    assert!(scene.read("tidings.lock").contains("#digest\tweekly\t"));
    fs::remove_file(scene.path("tidings.db")).unwrap();
    let ran = scene.run(&["--at", "2024-07-08T08:00:05+02:00", "run"]);
    assert!(
        ran.code == 2 && ran.talk.contains("begun by another store"),
        "{}",
        ran.talk
    );
}
