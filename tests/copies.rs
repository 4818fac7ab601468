//! Which store is which, on both databases: another site's, another one, an older copy of the same, another name.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::scene::{CONFIG, MONDAY, Scene};
use crate::site::{FOURTH, NEXT, Site, THIRD};

#[test]
fn the_store_of_another_site_is_refused_and_the_same_site_under_a_new_domain_is_not() {
    Site::on_both("other_site", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.expect(MONDAY, &["run"]);
        let moved = CONFIG.replace("https://hums.example/", "https://moved.example/");
        site.file("config.toml", &moved);
        site.post("two.md", "Two", "2024-06-25");
        site.expect(NEXT, &["run"]);
        assert_eq!(site.scene.names("outbox").len(), 2);

        // Another site, which calls its digest the same.
        let other =
            Scene::new()
                .file("config.toml", &moved)
                .post("theirs.md", "Theirs", "2024-06-01");
        let url = site.url();
        let other_run = |arguments: &[&str]| {
            other.run_with(
                &[&["--at", THIRD], arguments].concat(),
                &[("TIDINGS_STORE__URL", &url)],
            )
        };
        for arguments in [
            &["run"][..],
            &["digest", "weekly"],
            &["digest", "weekly", "--dry-run"],
            &["digest", "weekly", "--new-store"],
            &["digest", "weekly", "--posts", "theirs"],
        ] {
            let ran = other_run(arguments);
            assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.talk);
            ran.says("readers of the site `hums.example`");
        }
        assert!(other.names("outbox").is_empty());
        // The hint for a site whose lock was lost with its domain.
        let other = other.file("tidings.lock", "hums.example\n");
        let ran = other.run_with(&["--at", THIRD, "run"], &[("TIDINGS_STORE__URL", &url)]);
        assert!(!ran.talk.contains("readers of the site"), "{}", ran.talk);
    });
}

#[test]
fn a_store_that_the_lock_does_not_name_is_refused_at_every_run() {
    Site::on_both("other_store", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.expect(MONDAY, &["run"]);
        let issue = site.issue();
        let lock = site.scene.read("tidings.lock");
        let line = lock
            .lines()
            .find(|line| line.starts_with("#digest"))
            .unwrap();
        let named = lock.replace(line, "#digest\tweekly\t00000000000000aa");
        site.file("tidings.lock", &named);
        site.post("two.md", "Two", "2024-06-25");
        for arguments in [
            &["run"][..],
            &["digest", "weekly"],
            &["digest", "weekly", "--dry-run"],
            &[
                "digest",
                "weekly",
                "--resend",
                &issue,
                "--to",
                "editor@hums.example",
            ],
        ] {
            site.refuses(NEXT, arguments, &["another store (00000000000000aa)"]);
        }
        assert_eq!(site.scene.names("outbox").len(), 1);
        let out = site.expect(NEXT, &["digest", "weekly", "--new-store"]);
        assert!(out.contains("1 post is known"), "{out}");
        assert_eq!(site.scene.names("outbox").len(), 1);
        site.post("three.md", "Three", "2024-07-02");
        site.expect(THIRD, &["run"]);
        assert!(site.newest("weekly").contains("Text of Three"));
    });
}

#[test]
fn an_older_copy_of_the_store_is_refused_at_every_run_until_a_person_goes_on_with_it() {
    // After how many issues the copy was made, and how many were made in all; none: before the digest began.
    for (copied_after, made) in [
        (None, 1),
        (None, 2),
        (Some(1), 2),
        (Some(1), 3),
        (Some(2), 3),
    ] {
        let name = format!("older_{}_{made}", copied_after.unwrap_or(0));
        Site::on_both(&name, |site| {
            // A server takes its time to copy a database.
            if site.database.is_some() && made != 2 {
                return;
            }
            site.file("people.csv", "email\ncleo@hums.example\n");
            site.add("bea@hums.example");
            let mut copy = copied_after.is_none().then(|| site.back_up());
            for n in 1..=made {
                site.post(&format!("p{n}.md"), &format!("Post {n}"), "2024-06-01");
                let time = format!("2024-06-{:02}T08:00:05+02:00", 3 + 7 * n);
                site.expect(&time, &["run"]);
                if Some(n) == copied_after {
                    copy = Some(site.back_up());
                }
            }
            let before = site.scene.names("outbox").len();
            site.restore(&copy.unwrap());
            let words = ["older copy", "--new-store"];
            for arguments in [
                &["run"][..],
                &["run", "--dry-run"],
                &["digest", "weekly"],
                &["digest", "weekly", "--dry-run"],
                &["subscriber", "add", "cleo@hums.example"],
                &["subscriber", "remove", "bea@hums.example"],
                &["subscriber", "forget", "bea@hums.example"],
                &["subscriber", "import", "people.csv", "--confirmed"],
                &["subscriber", "import", "people.csv", "--dry-run"],
                &["run"],
            ] {
                site.refuses(THIRD, arguments, &words);
            }
            // Whoever looks at its readers is told.
            for arguments in [&["list"][..], &["export"], &["show", "bea@hums.example"]] {
                let arguments = [&["subscriber"], arguments].concat();
                let ran = site.run(THIRD, &arguments);
                assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.talk);
                ran.says("older copy");
                assert!(ran.out.contains("bea@hums.example"), "{}", ran.out);
                assert!(!ran.out.contains("cleo"), "{}", ran.out);
            }
            if copied_after.is_some() {
                let issue = site.issue();
                let (to, editor) = ("--to", "editor@hums.example");
                for arguments in [
                    &["digest", "weekly", "--resend", &issue, to, editor][..],
                    &["issue", "resolve", &issue, "--resend"],
                    &["issue", "resume", &issue],
                ] {
                    site.refuses(THIRD, arguments, &words);
                }
            }
            let locked = ["--locked", "digest", "weekly", "--new-store"];
            site.refuses(THIRD, &locked, &["--locked"]);
            site.expect(THIRD, &["digest", "weekly", "--new-store"]);
            assert_eq!(
                site.scene.names("outbox").len(),
                before,
                "nothing is mailed again"
            );
            site.post("later.md", "Later", "2024-07-09");
            site.expect(FOURTH, &["run"]);
            let mail = site.newest("weekly");
            assert!(
                mail.contains("Text of Later") && !mail.contains("Text of Post"),
                "{mail}"
            );
        });
    }
}

/// A relay that nobody answers for, so that an issue stays open.
const NOBODY: &[(&str, &str)] = &[
    ("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:1?tls=none"),
    ("TIDINGS_MAIL__PATIENCE", "0s"),
];

#[test]
fn a_copy_in_which_an_ended_issue_stands_open_is_refused_and_the_issue_waits_for_a_person() {
    Site::on_both("open_copy", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.add("ada@hums.example");
        assert_eq!(site.run_with(MONDAY, &["run"], NOBODY).code, 1);
        let copy = site.back_up();
        let issue = site.issue();
        site.expect(MONDAY, &["issue", "cancel", &issue]);
        site.restore(&copy);
        for arguments in [
            &["run"][..],
            &["issue", "resume", &issue],
            &["issue", "resolve", &issue, "--resend"],
        ] {
            site.refuses(NEXT, arguments, &["older copy", "stands open"]);
        }
        // A change of the copy by hand does not make it the newest.
        site.expect(NEXT, &["issue", "pause", &issue]);
        site.refuses(NEXT, &["run"], &["older copy"]);
        site.refuses(NEXT, &["issue", "resume", &issue], &["older copy"]);

        let ran = site.run(NEXT, &["digest", "weekly", "--new-store"]);
        ran.fails_with(1);
        let ran = site.run_with(NEXT, &["run"], NOBODY);
        assert!(!ran.out.contains("sent"), "{}", ran.out);
        site.expect(NEXT, &["issue", "resume", &issue]);
        let ran = site.run_with(NEXT, &["run"], NOBODY);
        ran.says("127.0.0.1:1");
    });
}

#[test]
fn what_stands_open_in_an_older_copy_is_paused_whichever_digest_it_is_of() {
    Site::on_both("open_other", |site| {
        let daily = "[[digest]]\nname = \"daily\"\nschedule = \"0 8 * * *\"\nto = [\"dan@hums.example\"]\nsince = \"2013-01-01\"\n";
        site.file(
            "config.toml",
            &CONFIG.replace("[mail]", &format!("{daily}[mail]")),
        );
        site.post("one.md", "One", "2024-06-01");
        assert_eq!(site.run_with(MONDAY, &["run"], NOBODY).code, 1);
        let copy = site.back_up();
        site.post("two.md", "Two", "2024-06-24T09:00:00Z");
        // Only the daily one has another issue.
        assert_eq!(
            site.run_with("2024-06-25T08:00:05+02:00", &["run"], NOBODY)
                .code,
            1
        );
        site.restore(&copy);
        let ran = site.run_with(THIRD, &["run"], &[]);
        ran.fails_with(2);
        assert!(site.scene.names("outbox").is_empty());
        site.refuses(THIRD, &["digest", "weekly"], &["`daily`", "older copy"]);
        let ran = site.run(THIRD, &["-q", "digest", "daily", "--new-store"]);
        assert_eq!(ran.talk.matches("is paused").count(), 2, "{}", ran.talk);
        ran.says("older copy: it lacks");
        let ran = site.run_with(THIRD, &["run"], NOBODY);
        assert!(
            !ran.talk.contains("older copy of the digest"),
            "{}",
            ran.talk
        );
        assert_eq!(ran.talk.matches("is paused").count(), 2, "{}", ran.talk);
    });
}

#[test]
fn who_has_left_since_an_older_copy_was_made_is_out_again() {
    let there = ["ada", "ben", "cat", "dan", "eve", "fay", "gus", "editor"];
    let mail = |name: &&str| format!("{name}@hums.example");
    for is_noted in [true, false] {
        Site::on_both(&format!("left_since_{is_noted}"), |site| {
            for name in &there[..7] {
                site.add(&mail(name));
            }
            site.post("one.md", "One", "2024-06-01");
            site.expect(MONDAY, &["run"]);
            let copy = site.back_up();
            let tuesday = "2024-06-25T12:00:00+02:00";
            let ask = |what: &[&str]| site.expect(tuesday, &[&["subscriber"], what].concat());
            ask(&["remove", "ada@hums.example"]);
            ask(&["remove", "ben@hums.example", "--digest", "weekly"]);
            ask(&["forget", "cat@hums.example"]);
            site.file(
                "list.csv",
                "email,state\ndan@hums.example,bounced\neve@hums.example,complained\nnew@hums.example,left\n",
            );
            ask(&["import", "list.csv"]);
            // A reader who is in the config leaves, too; and one who has come back since is in.
            ask(&["remove", "editor@hums.example", "--digest", "weekly"]);
            ask(&["remove", "fay@hums.example"]);
            ask(&["add", "fay@hums.example", "--digest", "weekly"]);
            site.post("two.md", "Two", "2024-06-25");
            site.expect(NEXT, &["run"]);
            let all = |names: &[&str]| names.iter().map(mail).collect::<Vec<_>>();
            assert_eq!(site.mailed("20240701"), all(&["fay", "gus"]));

            let file = site.scene.path("tidings.departures");
            let noted = fs::read_to_string(&file).unwrap();
            assert!(!noted.contains('@') && !noted.contains("hums"), "{noted}");
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            if !is_noted {
                fs::remove_file(&file).unwrap();
            }
            site.restore(&copy);
            // Nothing that an older copy does makes the file forget.
            let add = ["subscriber", "add", "gus@hums.example"];
            site.refuses(THIRD, &add, &["older copy"]);
            assert_eq!(file.exists(), is_noted);
            let out = site.expect(THIRD, &["digest", "weekly", "--new-store"]);
            let since = "older copy: it lacks what happened between 2024-06-24T06:0";
            assert!(
                out.contains(since) && out.contains(" and 2024-07-08T06:0"),
                "{out}"
            );
            site.post("later.md", "Later", "2024-07-09");
            if is_noted {
                assert!(
                    out.contains(
                        "6 readers who left, bounced or complained in that time are out again"
                    ),
                    "{out}"
                );
                assert!(out.contains("1 reader came and left"), "{out}");
                site.expect(FOURTH, &["run"]);
                assert_eq!(site.mailed("20240715"), all(&["fay", "gus"]));
                // It is not found anew.
                let noted = fs::read_to_string(&file).unwrap();
                site.expect(FOURTH, &["run"]);
                assert_eq!(fs::read_to_string(&file).unwrap(), noted);
            } else {
                assert!(out.contains("would get mail again"), "{out}");
            }
        });
    }
}

#[test]
fn a_lost_manifest_stops_nothing_and_notes_anew_how_far_the_store_is() {
    Site::on_both("lost_manifest", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.expect(MONDAY, &["run"]);
        let copy = site.back_up();
        site.post("two.md", "Two", "2024-06-25");
        site.expect(NEXT, &["run"]);
        fs::remove_file(site.scene.path("tidings.manifest")).unwrap();
        site.post("three.md", "Three", "2024-07-02");
        site.expect(THIRD, &["run"]);
        assert!(site.newest("weekly").contains("Text of Three"));
        site.restore(&copy);
        site.refuses(THIRD, &["run"], &["older copy"]);
    });
}

/// Sends one post to two subscribers, of whom one leaves, as does whom `to` names; then the digest has another name.
fn rename(site: &Site, keys: &str) {
    site.post("one.md", "One", "2024-06-01");
    site.add("ben@hums.example");
    site.add("cat@hums.example");
    site.expect(MONDAY, &["run"]);
    assert_eq!(site.scene.names("outbox").len(), 3);
    for name in ["cat", "editor"] {
        let address = format!("{name}@hums.example");
        site.expect(
            MONDAY,
            &["subscriber", "remove", &address, "--digest", "weekly"],
        );
    }
    let config = CONFIG.replace("\"weekly\"", &format!("\"letter\"\n{keys}"));
    site.file("config.toml", &config);
    site.post("two.md", "Two", "2024-06-25");
}

#[test]
fn a_renamed_digest_with_its_earlier_name_brings_readers_and_announced_posts_along_once() {
    Site::on_both("renaming", |site| {
        // The config says `since`, too.
        rename(&site, "was = \"weekly\"");
        let words = "letter: was `weekly`: 1 reader and 1 announced post come along";
        let kept = || ["tidings.lock", "tidings.manifest"].map(|file| site.scene.read(file));
        let before = kept();
        let ran = site.run(NEXT, &["digest", "letter", "--dry-run"]);
        ran.succeeds();
        assert!(ran.talk.contains(words), "{}", ran.talk);
        assert!(ran.out.contains("Text of Two") && !ran.out.contains("Text of One"));
        assert_eq!(kept(), before);
        assert_eq!(site.scene.names("outbox").len(), 3);

        let out = site.expect(NEXT, &["run"]);
        assert!(out.contains(words), "{out}");
        // A reader who has left it under its earlier name stays out.
        assert_eq!(site.mailed("letter"), ["ben@hums.example"]);
        let mail = site.newest("letter");
        assert!(mail.contains("Text of Two") && !mail.contains("Text of One"));
        for text in kept() {
            assert!(
                text.contains("\tletter\t") && !text.contains("\tweekly\t"),
                "{text}"
            );
        }
        for time in [NEXT, THIRD] {
            let out = site.expect(time, &["run"]);
            assert!(!out.contains("come along"), "{out}");
        }
        assert_eq!(site.mailed("letter").len(), 1);
    });
}

#[test]
fn a_renamed_digest_without_its_earlier_name_is_refused_and_may_be_a_new_one() {
    Site::on_both("renamed_new", |site| {
        rename(&site, "");
        let words = ["`letter`", "`weekly`", "was = \"weekly\"", "--new-store"];
        for arguments in [
            &["run"][..],
            &["run", "-q"],
            &["digest", "letter"],
            &["digest", "letter", "--dry-run"],
        ] {
            site.refuses(NEXT, arguments, &words);
        }
        assert_eq!(site.scene.names("outbox").len(), 3);
        site.expect(NEXT, &["digest", "letter", "--new-store"]);
        site.expect(NEXT, &["run"]);
        assert_eq!(site.scene.names("outbox").len(), 3);
    });
}
