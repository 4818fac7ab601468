//! `tidings store`: backups, what is brought back, checks and moves, from either database to either.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use sqlx::{Connection, Executor};
use tidings::config::StoreUrl;
use tidings::inside::consent::{ReaderState, Source, Wish};
use tidings::inside::store::{Access, Asked, Freeze, Store, StoreError};

use crate::copies::{NEXT, Site, THIRD};
use crate::database::Database;
use crate::ledger::{at, freeze, new_issue, on_both, open, people, reader, sender};
use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, MONDAY, Scene};

const READERS: usize = 400;

/// Does this from each database to each.
pub(crate) fn on_all(name: &str, work: impl Fn(Site, Option<Database>)) {
    for (number, (from, to)) in [(false, false), (false, true), (true, false), (true, true)]
        .into_iter()
        .enumerate()
    {
        let database = |is_wanted: bool, what: &str| match is_wanted {
            true => Database::fresh(&format!("{name}_{what}{number}")).map(Some),
            false => Some(None),
        };
        let (Some(from), Some(to)) = (database(from, "from"), database(to, "to")) else {
            return;
        };
        let site = Site {
            scene: Scene::new(),
            database: from,
        };
        work(site, to);
    }
}

/// An issue that is being sent to many, and its relay.
struct Sending {
    relay: Relay,
    child: Child,
}

impl Sending {
    /// Begins at a site and goes on until some have got it.
    fn begin(site: &Site) -> Self {
        let people: Vec<String> = (0..READERS).map(|n| format!("r{n}@x.example")).collect();
        site.file("people.csv", &format!("email\n{}\n", people.join("\n")));
        site.post("one.md", "One", "2024-06-01");
        site.expect(
            MONDAY,
            &["subscriber", "import", "people.csv", "--confirmed"],
        );
        let relay = Relay::start(Habits::good(true, Duration::from_millis(10)));
        let url = site.url();
        let child = site
            .scene
            .command(&["--at", MONDAY, "run"])
            .envs([
                ("TIDINGS_MAIL__SMTP", &*relay.url()),
                ("TIDINGS_STORE__URL", &url),
                ("TIDINGS_MAIL__CONNECTIONS", "2"),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let sending = Self { relay, child };
        while sending.relay.count() < 60 {
            thread::sleep(Duration::from_millis(5));
        }
        sending
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Runs at a site until its issue is done.
    fn finish(&self, site: &Site) -> Value {
        for _ in 0..100 {
            site.run_with(
                MONDAY,
                &["run"],
                &[("TIDINGS_MAIL__SMTP", &self.relay.url())],
            );
            let status = status(site);
            if status["state"] == "done" {
                return status;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the issue does not end");
    }

    /// How many copies each has got.
    fn copies(&self) -> BTreeMap<String, usize> {
        let mut copies = BTreeMap::new();
        for (recipient, _) in self.relay.taken() {
            *copies.entry(recipient).or_default() += 1;
        }
        copies
    }

    /// Everyone has it, and who has it twice is among these.
    fn check(&self, may_be_twice: &BTreeSet<String>) {
        let copies = self.copies();
        assert_eq!(copies.len(), READERS + 1, "somebody is lost");
        for (recipient, count) in copies {
            assert!(
                count == 1 || count == 2 && may_be_twice.contains(&recipient),
                "{recipient} has {count}"
            );
        }
    }
}

/// The newest issue as `status` tells it.
fn status(site: &Site) -> Value {
    let all: Value = serde_json::from_str(&site.expect(MONDAY, &["status", "--json"])).unwrap();
    all["issues"][0].clone()
}

fn uncertain(status: &Value) -> BTreeSet<String> {
    let rows = status["uncertain"].as_array().unwrap().iter();
    rows.map(|row| row["email"].as_str().unwrap().to_owned())
        .collect()
}

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
fn a_move_half_way_loses_nobody_and_leaves_nothing_to_send_behind() {
    on_all("move", |site, database| {
        let mut sending = Sending::begin(&site);
        let there = site.elsewhere(database);
        let url = match &there.database {
            Some(database) => database.url(),
            None => format!("sqlite:{}", there.scene.path("moved.db").display()),
        };
        let ran = site.run(MONDAY, &["store", "move", &url]);
        ran.fails_with(2);
        assert!(
            ran.talk.contains("another run is sending")
                || ran.talk.contains("another sender is at work"),
            "{}",
            ran.talk
        );
        sending.kill();
        // The server needs a moment to see that a killed client is gone.
        let mut ran = site.run(MONDAY, &["store", "move", &url]);
        for _ in 0..100 {
            if ran.code == 0 {
                break;
            }
            thread::sleep(Duration::from_millis(50));
            ran = site.run(MONDAY, &["store", "move", &url]);
        }
        ran.succeeds();
        assert!(
            ran.out.contains("every row was compared") && ran.out.contains("401 deliveries"),
            "{}",
            ran.out
        );
        for arguments in [
            &["run"][..],
            &["status"],
            &["subscriber", "add", "late@x.example"],
            &["store", "move", &url],
            &["store", "backup", "late.backup"],
        ] {
            site.refuses(MONDAY, arguments, &["was moved to", "set `url`"]);
        }
        // The same site, with its lock and manifest, by the new address.
        let with_url = |arguments: &[&str]| {
            let set = [
                ("TIDINGS_STORE__URL", &*url),
                ("TIDINGS_MAIL__SMTP", &*sending.relay.url()),
            ];
            site.scene
                .run_with(&[&["--at", MONDAY], arguments].concat(), &set)
        };
        let ran = with_url(&["run"]);
        assert!(ran.code <= 1, "{}", ran.talk);
        let json = with_url(&["status", "--json"]).out;
        let all: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(all["issues"][0]["state"], "done", "{json}");
        sending.check(&uncertain(&all["issues"][0]));
        let ran = with_url(&["store", "check"]);
        ran.succeeds();
    });
}

#[test]
fn who_held_a_store_open_writes_nothing_into_it_after_its_move() {
    on_both("moved", &async |url: &StoreUrl| {
        let folder = tempfile::tempdir().unwrap();
        let there = StoreUrl::Sqlite(folder.path().join("there.db"));
        let held = open(url).await;
        let issue = new_issue("one", 0);
        freeze(&held, &issue, &people(3)).await;
        let mover = sender(&open(url).await).await;
        mover.move_store(&there, at(0)).await.unwrap();
        let asked = Asked {
            wish: Wish::Subscribe,
            by: Source::Owner,
            digests: &[],
            consent: None,
        };
        let late = held.ask(&people(9), &asked, at(1)).await;
        assert!(matches!(late, Err(StoreError::Moved(_))), "{late:?}");
        let issue = new_issue("two", 1);
        let frozen = Freeze {
            issue: &issue,
            compiled: "{}",
            page: "",
            posts: &[],
            to: &people(1),
            subscribers: false,
            slot_at: None,
            again: false,
        };
        let late = held.freeze(&frozen).await;
        assert!(matches!(late, Err(StoreError::Moved(_))), "{late:?}");
        assert!(mover.claim(issue.id, 1, at(1)).await.is_err());
        let again = Store::open(url, Access::Write, at(1)).await;
        assert!(matches!(again, Err(StoreError::Moved(_))));
        let new = open(&there).await;
        assert_eq!(new.name(), held.name());
        assert_eq!(new.issues().await.unwrap().len(), 1);
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
            let schema = sqlx::raw_sql(include_str!("schema-1.sql"));
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

pub(crate) fn lose_store(site: &Site) {
    match &site.database {
        Some(database) => database.empty(),
        None => {
            for end in ["", "-wal", "-shm", ".sender"] {
                let _ = fs::remove_file(site.scene.path(&format!("tidings.db{end}")));
            }
        }
    }
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

#[test]
fn a_check_tells_harm_from_untidiness() {
    let stray = "4242";
    for (number, (statement, code, words)) in [
        (
            format!("INSERT INTO event (reader, at, kind) VALUES ({stray}, 1, 'joined')"),
            1,
            "event of a reader",
        ),
        (
            format!("INSERT INTO subscription (digest, reader) VALUES ('weekly', {stray})"),
            2,
            "subscription of a reader",
        ),
        (
            "DELETE FROM delivery; DELETE FROM issue".to_owned(),
            2,
            "post announced by an issue",
        ),
        (
            "DELETE FROM secret WHERE number = 100; UPDATE issue SET state = 'open'".to_owned(),
            2,
            "key of its links",
        ),
        (
            "UPDATE delivery SET state = 0".to_owned(),
            2,
            "done while somebody waits",
        ),
        (
            "DELETE FROM issue WHERE kind <> 'known'".to_owned(),
            2,
            "delivery of an issue",
        ),
        (
            "UPDATE reader SET address = 'eve@hums.example'  WHERE address LIKE 'ada%'".to_owned(),
            2,
            "fingerprint",
        ),
        (
            "UPDATE reader SET address = 'no address' WHERE address LIKE 'ada%'".to_owned(),
            1,
            "is none",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        Site::on_both(&format!("checks_{number}"), |site| {
            site.post("one.md", "One", "2024-06-01");
            site.add("ada@hums.example");
            site.expect(MONDAY, &["run"]);
            let out = site.expect(MONDAY, &["store", "check"]);
            assert!(
                out.contains("2 readers (2 active), 1 issue (1 done), 2 deliveries"),
                "{out}"
            );
            tell_unchecked(&site, &statement);
            let ran = site.run(MONDAY, &["-q", "store", "check"]);
            assert_eq!(ran.code, code, "{statement}: {}", ran.talk);
            assert!(ran.talk.contains(words), "{statement}: {}", ran.talk);
        });
    }
}

/// Says this to the database, which does not look whether its rows fit together.
pub(crate) fn tell_unchecked(site: &Site, statement: &str) {
    let file = site.scene.path("tidings.db");
    let on_file = || format!("sqlite://{}", file.display());
    let url = site.database.as_ref().map_or_else(on_file, Database::url);
    let off = match site.database {
        Some(_) => "SET session_replication_role = replica",
        None => "PRAGMA foreign_keys = OFF",
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        connection.execute(off).await.unwrap();
        let text = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()));
        connection.execute(text).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn a_damaged_database_is_named() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["subscriber", "add", "ada@hums.example"]);
    let file = scene.path("tidings.db");
    let mut bytes = fs::read(&file).unwrap();
    // Past the page of the schema.
    for byte in &mut bytes[4200..] {
        *byte = 0x55;
    }
    fs::write(&file, bytes).unwrap();
    let ran = scene.run(&["--at", MONDAY, "store", "check"]);
    ran.fails_with(2);
    assert!(
        ran.talk.contains("tidings.db") && ran.talk.contains("whole"),
        "{}",
        ran.talk
    );
}

#[test]
fn who_never_confirmed_is_deleted_after_thirty_days_and_nobody_else() {
    on_both("purge", &async |url: &StoreUrl| {
        let store = open(url).await;
        let day = 86_400;
        let ask = async |n: usize, wish, by, digests: &[String], time| {
            let asked = Asked {
                wish,
                by,
                digests,
                consent: None,
            };
            let person = [people(n + 1).remove(n)];
            store.ask(&person, &asked, at(time)).await.unwrap();
        };
        let weekly = ["weekly".to_owned()];
        // Only pending; pending and mailed; confirmed; left one digest; listed again of late; left all; active.
        for n in 0..6 {
            ask(n, Wish::Subscribe, Source::List, &weekly, 0).await;
        }
        ask(6, Wish::Subscribe, Source::Owner, &weekly, 0).await;
        freeze(&store, &new_issue("one", 0), &[people(2).remove(1)]).await;
        ask(2, Wish::Subscribe, Source::Owner, &weekly, day).await;
        ask(3, Wish::LeaveDigests, Source::Owner, &weekly, day).await;
        ask(
            4,
            Wish::Subscribe,
            Source::List,
            &["other".to_owned()],
            10 * day,
        )
        .await;
        ask(5, Wish::Leave, Source::Owner, &[], day).await;
        assert_eq!(store.purge_unconfirmed(at(29 * day)).await.unwrap(), 0);
        assert_eq!(store.purge_unconfirmed(at(31 * day)).await.unwrap(), 1);
        assert_eq!(store.find_reader(&people(1)[0].0).await.unwrap(), None);
        for n in 1..7 {
            let address = format!("reader{n}@x.example");
            let (_, state) = reader(&store, &address).await;
            let expected = match n {
                1 | 3 | 4 => ReaderState::Pending,
                5 => ReaderState::Left,
                _ => ReaderState::Active,
            };
            assert_eq!(state, expected, "{address}");
        }
        assert_eq!(store.check().await.unwrap(), []);
        assert_eq!(store.purge_unconfirmed(at(41 * day)).await.unwrap(), 1);
    });
}

#[test]
fn a_run_deletes_who_never_confirmed_and_says_so() {
    let scene = Scene::new()
        .file("config.toml", CONFIG)
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", "email\nada@hums.example\nben@hums.example\n");
    scene.run_at(
        "2024-05-01T08:00:00Z",
        &["subscriber", "import", "people.csv"],
    );
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert!(
        ran.talk
            .contains("2 readers not confirmed for 30 days: deleted"),
        "{}",
        ran.talk
    );
    let list: HashSet<String> = scene
        .run_at(MONDAY, &["subscriber", "list"])
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(list.len(), 1, "{list:?}");
}
