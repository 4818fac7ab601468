//! Backups and what is restored from them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use sqlx::{Connection, Executor};

use super::{READERS, Sending, on_all, status, uncertain};
use crate::database::Database;
use crate::scene::{MONDAY, Scene};
use crate::site::{NEXT, Site, THIRD, lose_store};

#[test]
fn a_backup_of_an_issue_half_way_goes_on_elsewhere_where_it_was() {
    on_all("half", |site, database| {
        let mut sending = Sending::begin(&site);
        sending.kill();
        site.expect(MONDAY, &["store", "backup", "half.backup"]);
        let there = site.elsewhere(database);
        fs::copy(
            site.scene.path("half.backup"),
            there.scene.path("half.backup"),
        )
        .unwrap();
        let ran = there.run(MONDAY, &["store", "restore", "half.backup"]);
        ran.succeeds();
        assert!(
            ran.talk.contains("is paused") && ran.talk.contains("may have been sent since"),
            "{}",
            ran.talk
        );
        let span = "it lacks what happened between 2024-06-24T06:0";
        assert!(ran.out.contains(span), "{}", ran.out);
        let before = sending.relay.count();
        there.run_with(
            MONDAY,
            &["run"],
            &[("TIDINGS_MAIL__SMTP", &sending.relay.url())],
        );
        assert_eq!(sending.relay.count(), before, "it waits for a person");
        there.expect(MONDAY, &["issue", "resume", &there.issue()]);
        let status = sending.finish(&there);
        sending.check(&uncertain(&status));
        there.expect(MONDAY, &["store", "check"]);
    });
}

#[test]
fn a_backup_is_made_while_mail_goes_out_and_who_may_have_it_since_is_not_mailed_unasked() {
    on_all("beside", |site, database| {
        let mut sending = Sending::begin(&site);
        site.expect(MONDAY, &["store", "backup", "now.backup"]);
        let at_backup = sending.relay.count();
        assert!(sending.child.wait().unwrap().success());
        assert!(at_backup < READERS, "it was not beside: {at_backup}");
        sending.check(&BTreeSet::new());
        let there = site.elsewhere(database);
        fs::copy(
            site.scene.path("now.backup"),
            there.scene.path("now.backup"),
        )
        .unwrap();
        there.expect(MONDAY, &["store", "restore", "now.backup"]);
        let waiting = status(&there)["counts"]["queued"].as_u64().unwrap();
        assert!(waiting > 0);
        there.run_with(
            NEXT,
            &["run"],
            &[("TIDINGS_MAIL__SMTP", &sending.relay.url())],
        );
        sending.check(&BTreeSet::new());
        let issue = there.issue();
        there.expect(MONDAY, &["issue", "cancel", &issue]);
        there.run_with(
            NEXT,
            &["run"],
            &[("TIDINGS_MAIL__SMTP", &sending.relay.url())],
        );
        sending.check(&BTreeSet::new());
    });
}

#[test]
fn a_backup_is_private_and_takes_no_files_place() {
    Site::on_both("private", |site| {
        site.refuses(MONDAY, &["store", "check"], &["there is no store yet"]);
        site.refuses(
            MONDAY,
            &["store", "backup", "a.backup"],
            &["there is no store yet"],
        );
        assert!(!site.scene.path("a.backup").exists());
        site.add("ada@hums.example");
        let out = site.expect(MONDAY, &["store", "backup", "a.backup"]);
        assert!(
            out.contains("a.backup: 1 reader (1 active), 0 issues"),
            "{out}"
        );
        let mode = fs::metadata(site.scene.path("a.backup"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        site.add("ben@hums.example");
        let before = fs::read(site.scene.path("a.backup")).unwrap();
        site.refuses(
            MONDAY,
            &["store", "backup", "a.backup"],
            &["overwrites nothing"],
        );
        assert_eq!(fs::read(site.scene.path("a.backup")).unwrap(), before);
        site.refuses(
            MONDAY,
            &["store", "backup", "no/such/b.backup"],
            &["no/such"],
        );
        // Nothing half-written is left.
        let names = site.scene.names(".");
        let odd: Vec<_> = names.iter().filter(|name| name.contains(".new")).collect();
        assert!(odd.is_empty(), "{odd:?}");
    });
}

#[test]
fn a_store_in_a_folder_that_is_not_there_is_an_error_and_one_that_is_not_there_yet_is_none() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("a-file", "");
    let run = |store: &str, arguments: &[&str]| {
        let set = [("TIDINGS_STORE__URL", store)];
        scene.run_with(&[&["--at", MONDAY], arguments].concat(), &set)
    };
    for arguments in [
        &["status"][..],
        &["status", "--json"],
        &["status", "--failed"],
        &["subscriber", "list"],
        &["subscriber", "export"],
        &["subscriber", "show", "ada@x.example"],
        &["store", "check"],
        &["store", "backup", "a.backup"],
        &["run", "--dry-run"],
        &["digest", "weekly", "--dry-run"],
        &["digest", "weekly", "--html", "a.html"],
        &["run"],
    ] {
        for folder in ["nowhere", "a-file"] {
            let ran = run(&format!("sqlite:{folder}/tidings.db"), arguments);
            let said = format!("{arguments:?}: {}", ran.talk);
            assert_eq!(ran.code, 2, "{said}");
            for words in [
                &format!("error: {folder}/tidings.db: "),
                "the store's file cannot be used",
                "its folder must be there",
            ] {
                assert!(ran.talk.contains(words), "{words}: {said}");
            }
        }
    }
    let ran = run("sqlite:new.db", &["status"]);
    assert_eq!((ran.code, &*ran.out), (0, "no issues yet\n"));
    assert!(!scene.path("new.db").exists());
}

#[test]
fn only_a_whole_backup_of_this_site_comes_back_and_only_into_an_empty_store() {
    Site::on_both("refusing", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.add("ada@hums.example");
        site.expect(MONDAY, &["run"]);
        site.expect(MONDAY, &["store", "backup", "a.backup"]);
        site.refuses(
            MONDAY,
            &["store", "restore", "a.backup"],
            &["kept in this store already"],
        );
        site.refuses(
            MONDAY,
            &["store", "restore", "none.backup"],
            &[
                "none.backup: there is no such backup",
                "`tidings store backup FILE` has written",
            ],
        );
        site.refuses(
            MONDAY,
            &["store", "restore", "config.toml"],
            &["config.toml"],
        );
        site.file("empty.backup", "");
        site.refuses(
            MONDAY,
            &["store", "restore", "empty.backup"],
            &["empty.backup"],
        );
        let mut bytes = fs::read(site.scene.path("a.backup")).unwrap();
        for byte in &mut bytes[4200..9000] {
            *byte ^= 0x55;
        }
        fs::write(site.scene.path("torn.backup"), bytes).unwrap();
        site.refuses(
            MONDAY,
            &["store", "restore", "torn.backup"],
            &["torn.backup"],
        );

        let there =
            site.elsewhere(Database::fresh("refusing_there").filter(|_| site.database.is_some()));
        fs::copy(site.scene.path("a.backup"), there.scene.path("a.backup")).unwrap();
        there.file("tidings.lock", "other.example\n");
        there.refuses(
            MONDAY,
            &["store", "restore", "a.backup"],
            &["readers of the site"],
        );
        there.file("tidings.lock", &site.scene.read("tidings.lock"));
        there.expect(MONDAY, &["store", "restore", "a.backup"]);
        let list = there.expect(MONDAY, &["subscriber", "list"]);
        assert_eq!(list, site.expect(MONDAY, &["subscriber", "list"]));
        there.expect(MONDAY, &["store", "check"]);
        there.refuses(
            MONDAY,
            &["store", "restore", "a.backup"],
            &["kept in this store already"],
        );
        // Put in the place of a store by hand, it is known for what it is.
        let url = format!("sqlite:{}", there.scene.path("a.backup").display());
        let set = [("TIDINGS_STORE__URL", &*url)];
        let ran = there.scene.run_with(&["--at", NEXT, "run"], &set);
        assert!(
            ran.code == 2
                && ran.talk.contains("is a backup of 2024-06-24")
                && ran.talk.contains("store restore"),
            "{}",
            ran.talk
        );
    });
}

#[test]
fn a_backup_of_an_older_version_is_brought_up_to_date_and_stays_as_it_is() {
    Site::on_both("upgraded", |site| {
        site.post("one.md", "One", "2024-06-01");
        let file = site.scene.path("old.backup");
        fs::write(&file, "").unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            sqlx::any::install_default_drivers();
            let url = format!("sqlite://{}", file.display());
            let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
            let schema = sqlx::raw_sql(include_str!("../schema-1.sql"));
            connection.execute(schema).await.unwrap();
            connection.close().await.unwrap();
        });
        let before = fs::read(&file).unwrap();
        let ran = site.run(MONDAY, &["store", "restore", "old.backup"]);
        ran.succeeds();
        assert_eq!(fs::read(&file).unwrap(), before);
        assert_eq!(status(&site)["issue"], "0000000000000007");
        assert!(
            site.scene
                .names(".")
                .iter()
                .all(|name| !name.contains("upgraded"))
        );
    });
}

/// A site that has sent one post, with a backup of then; since then another was sent, and one has left.
fn gone_on(site: &Site) {
    site.post("one.md", "One", "2024-06-01");
    site.add("ada@hums.example");
    site.add("ben@hums.example");
    site.expect(MONDAY, &["run"]);
    site.expect(MONDAY, &["store", "backup", "a.backup"]);
    site.post("two.md", "Two", "2024-06-25");
    site.expect(MONDAY, &["subscriber", "remove", "ben@hums.example"]);
}

#[test]
fn what_was_mailed_since_the_backup_is_not_mailed_again_and_what_was_not_is() {
    // Whether an issue was sent since; whether the manifest knows; when it is brought back; whether the post is news then.
    for (number, (was_sent, is_noted, when, is_news)) in [
        (true, true, NEXT, false),
        (true, false, NEXT, false),
        (false, true, NEXT, true),
        // A slot has passed, in which another copy may have sent it.
        (false, false, NEXT, false),
        (false, false, "2024-06-26T12:00:00+02:00", true),
    ]
    .into_iter()
    .enumerate()
    {
        Site::on_both(&format!("since_{number}"), |site| {
            gone_on(&site);
            if was_sent {
                site.expect(NEXT, &["run"]);
            }
            if !is_noted {
                fs::remove_file(site.scene.path("tidings.manifest")).unwrap();
            }
            lose_store(&site);
            let ran = site.run(when, &["store", "restore", "a.backup"]);
            ran.succeeds();
            assert_eq!(
                ran.out.contains("may have been mailed since"),
                !is_news,
                "{}",
                ran.out
            );
            ran.prints("1 reader who left");
            site.post("three.md", "Three", "2024-07-02");
            site.expect(THIRD, &["run"]);
            let mail = site.newest("weekly");
            assert!(mail.contains("Text of Three"), "{mail}");
            assert_eq!(mail.contains("Text of Two"), is_news, "{mail}");
            let list = site.expect(THIRD, &["subscriber", "list"]);
            assert!(list.contains("ben@hums.example  left"), "{list}");
        });
    }
}
