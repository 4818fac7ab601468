//! Databases that somebody else holds, and errors of the store.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use std::{fs, thread};

use chrono::DateTime;
use sqlx::{Connection, Executor, SqliteConnection};
use tidings::config::StoreUrl;
use tidings::inside::store::{Access, Store};

use super::{check, connect, run, scene};
use crate::relay::{Habits, Relay};
use crate::scene::MONDAY;
use crate::site::{NEXT, Site};

#[test]
fn a_locked_database_is_waited_for_and_in_the_end_an_error() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(10)));
    let scene = scene(300);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    thread::scope(|scope| {
        let sending = scope.spawn(|| run(&scene, MONDAY, &relay));
        let began = Instant::now();
        while relay.count() < 50 && began.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(2));
        }
        // Another program holds it for some seconds.
        runtime.block_on(async {
            let mut connection = connect(&scene).await;
            connection
                .execute("PRAGMA busy_timeout = 20000")
                .await
                .unwrap();
            connection.execute("BEGIN EXCLUSIVE").await.unwrap();
            let held = relay.count();
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert!(
                relay.count() <= held + 4,
                "what the ledger does not hold is not sent"
            );
            connection.execute("ROLLBACK").await.unwrap();
        });
        let ran = sending.join().unwrap();
        ran.succeeds();
    });
    check(&scene, &relay, 301);
}

#[test]
fn a_locked_database_is_said_after_a_while_and_waited_for() {
    for arguments in [
        &["subscriber", "add", "late@x.example"][..],
        &["run"],
        &["digest", "weekly"],
        &["digest", "weekly", "--reset-slot"],
    ] {
        Site::on_both("held", |site| {
            site.post("one.md", "One", "2024-06-01");
            site.add("reader@x.example");
            site.expect(MONDAY, &["run"]);
            site.post("two.md", "Two", "2024-06-25");
            let file = site.scene.path("tidings.db");
            let (url, hold, waits_for) = match &site.database {
                Some(database) => (
                    database.url(),
                    "BEGIN; LOCK TABLE reader, digest, issue, delivery IN EXCLUSIVE MODE",
                    "waiting for the database server of postgres://",
                ),
                None => (
                    format!("sqlite://{}", file.display()),
                    "BEGIN IMMEDIATE",
                    "waiting for another program that holds tidings.db",
                ),
            };
            let runtime = tokio::runtime::Runtime::new().unwrap();
            sqlx::any::install_default_drivers();
            let mut holder = runtime
                .block_on(sqlx::AnyConnection::connect(&url))
                .unwrap();
            let tell = |text: &'static str| sqlx::raw_sql(text);
            runtime.block_on(holder.execute(tell(hold))).unwrap();
            let mut command = site.scene.command(&["--at", NEXT]);
            if let Some(database) = &site.database {
                command.env("TIDINGS_STORE__URL", database.url());
            }
            let mut waiting = command
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
            let is_it = |line: &String| line.starts_with(waits_for);
            let line = said.by_ref().map_while(Result::ok).find(is_it);
            assert!(line.is_some(), "{arguments:?}: {waits_for}");
            runtime.block_on(holder.execute(tell("COMMIT"))).unwrap();
            let others = said.map_while(Result::ok).filter(is_it).count();
            assert_eq!(others, 0, "it is said once");
            assert!(waiting.wait().unwrap().success(), "{arguments:?}");
        });
    }
}

#[test]
fn a_reading_that_a_lock_on_the_server_holds_up_is_said_too() {
    Site::on_both("read", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.add("reader@x.example");
        site.expect(MONDAY, &["run"]);
        // Whoever reads a file of SQLite waits for nobody.
        let Some(database) = &site.database else {
            return;
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        sqlx::any::install_default_drivers();
        for arguments in [&["subscriber", "list"][..], &["status"]] {
            let url = database.url();
            let connected = sqlx::AnyConnection::connect(&url);
            let mut holder = runtime.block_on(connected).unwrap();
            let hold = sqlx::raw_sql("BEGIN; LOCK TABLE reader, delivery");
            runtime.block_on(holder.execute(hold)).unwrap();
            let mut waiting = site
                .scene
                .command(&["--at", NEXT])
                .env("TIDINGS_STORE__URL", database.url())
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
            let line = said.next().and_then(Result::ok).unwrap_or_default();
            assert!(
                line.starts_with("waiting for the database server of postgres://"),
                "{arguments:?}: {line}"
            );
            let release = sqlx::raw_sql("COMMIT");
            runtime.block_on(holder.execute(release)).unwrap();
            assert!(waiting.wait().unwrap().success(), "{arguments:?}");
        }
    });
}

#[test]
fn an_error_of_the_store_is_said_once_with_its_file_and_what_helps() {
    for (spoil, words, hint) in [
        (
            &(|file: &Path| fs::write(file, "no database at all, but long enough").unwrap())
                as &dyn Fn(&Path),
            "file is not a database",
            "bring back a copy",
        ),
        (
            &|file: &Path| {
                fs::remove_file(file).unwrap();
                fs::create_dir(file).unwrap();
            },
            "is a directory",
            "`url` under [store]",
        ),
        (
            &|file: &Path| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                let address = format!("sqlite://{}", file.display());
                runtime.block_on(async {
                    let mut connection = SqliteConnection::connect(&address).await.unwrap();
                    connection.execute("DROP TABLE subscription").await.unwrap();
                });
            },
            "no such table: subscription",
            "",
        ),
    ] {
        let scene = scene(1);
        let config = scene.read("config.toml");
        let scene = scene.file("site.toml", &config);
        spoil(&scene.path("tidings.db"));
        let arguments = ["--config", "site.toml", "subscriber", "add", "a@x.example"];
        let ran = scene.run(&arguments);
        ran.fails_with(2);
        assert_eq!(ran.talk.matches(words).count(), 1, "{}", ran.talk);
        assert_eq!(ran.talk.matches("tidings.db").count(), 1, "{}", ran.talk);
        assert!(ran.talk.contains(hint), "{}", ran.talk);
        let ran = scene.run(&["run"]);
        assert!(
            ran.code == 2 && ran.talk.contains("tidings.db: ") && ran.talk.contains("the store"),
            "{}",
            ran.talk
        );
    }
    let ran = scene(1).run_with(
        &["subscriber", "list"],
        &[(
            "TIDINGS_STORE__URL",
            "postgres://news:hunter2@127.0.0.1:9/tidings",
        )],
    );
    assert!(
        ran.code == 2
            && ran
                .talk
                .contains("postgres://127.0.0.1:9/tidings: the store refuses: ")
            && ran.talk.contains("look whether the server runs")
            && !ran.talk.contains("hunter2"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_second_connection_of_a_process_takes_no_lock_from_the_first() {
    let scene = scene(1);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = StoreUrl::Sqlite(scene.path("tidings.db"));
    let log = scene.path("tidings.db-wal");
    runtime.block_on(async {
        let now = DateTime::UNIX_EPOCH;
        let first = Store::open(&url, Access::Read, now).await.unwrap();
        let second = Store::open(&url, Access::Write, now).await.unwrap();
        let third = Store::open(&url, Access::Write, now).await.unwrap();
        third.pass_slot("weekly", 1).await.unwrap();
        // Whoever closes the database last removes its log; another program must see that it is not the last.
        let list = scene.run(&["subscriber", "add", "late@x.example"]);
        list.succeeds();
        assert!(log.exists(), "the log that is in use was removed");
        second.pass_slot("weekly", 2).await.unwrap();
        assert_eq!(first.load_last_slot("weekly").await.unwrap(), Some(2));
        for store in [first, second, third] {
            store.close().await;
        }
    });
    let reopened = runtime.block_on(async {
        let store = Store::open(&url, Access::Read, DateTime::UNIX_EPOCH)
            .await
            .unwrap();
        store.load_last_slot("weekly").await.unwrap()
    });
    assert_eq!(reopened, Some(2));
}
