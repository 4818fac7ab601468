//! `store restore` and `store move`, killed at random moments: the same command again comes to the same end, nothing is
//! lost, and until then nobody can use half a store. `TIDINGS_TEST_KILLS=100` makes it long, `TIDINGS_TEST_SEED` repeats it.

use std::cell::Cell;
use std::process::Stdio;
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::crashes::{Random, kills};
use crate::database::Database;
use crate::scene::{MONDAY, Ran};
use crate::site::{NEXT, Site, THIRD, lose_store, tell_unchecked};
use crate::store::on_all;

/// A site with many readers that has sent one post, made a backup, and sent another since.
fn sent(site: &Site) {
    let people: Vec<String> = (0..500)
        .map(|n| format!("r{n}@x{}.example", n % 50))
        .collect();
    site.file("people.csv", &format!("email\n{}\n", people.join("\n")));
    site.post("one.md", "One", "2024-06-01");
    site.expect(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    site.expect(MONDAY, &["run"]);
    site.expect(MONDAY, &["store", "backup", "a.backup"]);
    site.post("two.md", "Two", "2024-06-25");
    site.expect(MONDAY, &["subscriber", "remove", "r7@x7.example"]);
    site.expect(NEXT, &["run"]);
}

/// Returns what is kept, as far as commands show it.
fn kept(site: &Site, set: &[(&str, &str)]) -> String {
    let mut kept = String::new();
    for arguments in [
        &["subscriber", "export"][..],
        &["status", "--json"],
        &["store", "check"],
    ] {
        let ran = site.run_with(THIRD, arguments, set);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.talk);
        let url = ran
            .out
            .lines()
            .last()
            .and_then(|line| line.split_once(": "));
        // If it is there, the last command says first.
        kept += match url {
            Some((_, contents)) if arguments[1] == "check" => contents,
            _ => &ran.out,
        };
    }
    kept
}

/// Runs this and kills it after a while; whether it had ended before.
fn kill(site: &Site, arguments: &[&str], after: Duration) -> bool {
    let url = site.url();
    let mut child = site
        .scene
        .command(&[&["--at", NEXT], arguments].concat())
        .env("TIDINGS_STORE__URL", &url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(after);
    let ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    ended
}

/// Runs this until a server has seen that a killed client is gone.
fn again(site: &Site, arguments: &[&str], is_done: impl Fn(&Ran) -> bool) {
    let began = Instant::now();
    loop {
        let ran = site.run(NEXT, arguments);
        if is_done(&ran) {
            return;
        }
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{}{}",
            ran.out,
            ran.talk
        );
        thread::sleep(Duration::from_millis(50));
    }
}

fn leaves_nothing(site: &Site) {
    for name in site.scene.names(".") {
        let is_left = name
            .split('.')
            .any(|part| part == "new" || part == "upgraded");
        assert!(!is_left, "{name}");
    }
}

#[test]
fn a_restore_that_is_killed_anywhere_goes_on_when_it_is_given_again() {
    let half_way = Cell::new(0);
    Site::on_both("restore_killed", |site| {
        sent(&site);
        let mut random = Random::new();
        let notes =
            ["tidings.manifest", "tidings.departures"].map(|file| (file, site.scene.read(file)));
        let restore = ["store", "restore", "a.backup"];
        let start = |site: &Site| {
            lose_store(site);
            for (file, text) in &notes {
                fs::write(site.scene.path(file), text).unwrap();
            }
        };
        start(&site);
        let began = Instant::now();
        let ran = site.run(NEXT, &restore);
        assert_eq!(ran.code, 0, "{}", ran.talk);
        let whole = began.elapsed();
        let (expected, manifest) = (kept(&site, &[]), site.scene.read("tidings.manifest"));
        assert!(expected.contains("r7@x7.example,,left"), "{expected}");
        let mut half = 0;
        for _ in 0..kills() {
            start(&site);
            let after =
                Duration::from_micros(random.below(u64::try_from(whole.as_micros()).unwrap()));
            if !kill(&site, &restore, after) {
                half += 1;
            }
            again(&site, &restore, |ran| {
                ran.code == 0 || ran.talk.contains("something is kept in this store already")
            });
            assert_eq!(kept(&site, &[]), expected, "killed after {after:?}");
            assert_eq!(
                site.scene.read("tidings.manifest"),
                manifest,
                "killed after {after:?}"
            );
            leaves_nothing(&site);
        }
        eprintln!("{half} of {} restores were killed half way", kills());
        half_way.set(half_way.get() + half);
        // A post that may have been mailed since is not mailed again.
        site.post("three.md", "Three", "2024-07-02");
        site.expect(THIRD, &["run"]);
        let mail = site.newest("weekly");
        assert!(
            mail.contains("Text of Three") && !mail.contains("Text of Two"),
            "{mail}"
        );
    });
    assert!(half_way.get() > 0);
}

#[test]
fn a_move_that_is_killed_anywhere_goes_on_when_it_is_given_again() {
    on_all("move_killed", |site, database| {
        sent(&site);
        let mut random = Random::new();
        let expected = kept(&site, &[]);
        for number in 0..kills() {
            let file = site.scene.path(&format!("moved{number}.db"));
            let on_file = || format!("sqlite:{}", file.display());
            let url = database.as_ref().map_or_else(on_file, Database::url);
            let after = Duration::from_micros(random.below(400_000));
            let moving = ["store", "move", &url];
            kill(&site, &moving, after);
            again(&site, &moving, |ran| {
                ran.code == 0 || ran.talk.contains("was moved to")
            });
            site.refuses(NEXT, &["status"], &["was moved to"]);
            let there = [("TIDINGS_STORE__URL", &*url)];
            assert_eq!(kept(&site, &there), expected, "killed after {after:?}");
            // Back to where it was, for the next.
            let home = site.url();
            lose_store(&site);
            let back = ["--at", NEXT, "store", "move", &home];
            let ran = site.scene.run_with(&back, &there);
            assert_eq!(ran.code, 0, "{}", ran.talk);
            if let Some(database) = &database {
                database.empty();
            }
        }
        assert_eq!(kept(&site, &[]), expected);
        leaves_nothing(&site);
    });
}

/// Marks a store as a copy of this that did not come to its end; `name` in it is the store's.
fn mark_unfinished(site: &Site, of: &str) {
    let text = of.replace("NAME", "' || key || '");
    tell_unchecked(
        site,
        &format!(
            "INSERT INTO secret (number, purpose, key, made_at) SELECT 4, 'unfinished', '{text}', 0 FROM secret WHERE number = 2"
        ),
    );
}

#[test]
fn half_a_restore_is_used_by_nobody_and_ended_by_the_same_command() {
    Site::on_both("restore_half", |site| {
        sent(&site);
        let (manifest, departures) = ("tidings.manifest", "tidings.departures");
        let notes = [manifest, departures].map(|file| (file, site.scene.read(file)));
        lose_store(&site);
        let restored = site.expect(NEXT, &["store", "restore", "a.backup"]);
        let expected = kept(&site, &[]);
        // This is the state of a stop after the rows were there, and before anything else was.
        for (file, text) in &notes {
            site.file(file, text);
        }
        let sql = "DELETE FROM announced WHERE issue IN (SELECT id FROM issue WHERE kind = 'known' AND slot <> 'begin'); \
            DELETE FROM issue WHERE kind = 'known' AND slot <> 'begin'; \
            UPDATE reader SET state = 'active' WHERE state = 'left'; DELETE FROM event WHERE kind = 'left'";
        tell_unchecked(&site, sql);
        mark_unfinished(&site, "backup NAME 2024-06-24T06:00:05+00:00");
        for arguments in [
            &["run"][..],
            &["status"],
            &["subscriber", "list"],
            &["store", "backup", "b.backup"],
        ] {
            site.refuses(NEXT, arguments, &["not whole yet", "again"]);
        }
        let again = site.expect(NEXT, &["store", "restore", "a.backup"]);
        // The clock goes on.
        let said = |out: &str| -> Vec<String> {
            let lines = out
                .lines()
                .filter(|line| !line.contains("lacks what happened"));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(said(&again), said(&restored));
        assert_eq!(kept(&site, &[]), expected);
        site.refuses(
            NEXT,
            &["store", "restore", "a.backup"],
            &["kept in this store already"],
        );
    });
}

#[test]
fn half_a_move_is_used_by_nobody_and_ended_by_the_same_command() {
    on_all("move_half", |site, database| {
        sent(&site);
        let there = site.elsewhere(database);
        let url = match &there.database {
            Some(database) => database.url(),
            None => format!("sqlite:{}", there.scene.path("tidings.db").display()),
        };
        let moving = ["store", "move", &url];
        let set = [("TIDINGS_STORE__URL", &*url)];
        let moved = site.expect(NEXT, &moving);
        let expected = kept(&site, &set);
        // This is the state of a stop when the first was closed and the second not opened.
        mark_unfinished(&there, "move NAME");
        let ran = site.scene.run_with(&["--at", NEXT, "status"], &set);
        assert!(
            ran.code == 2 && ran.talk.contains("not whole yet"),
            "{}",
            ran.talk
        );
        assert_eq!(site.expect(NEXT, &moving), moved);
        assert_eq!(kept(&site, &set), expected);
        site.refuses(NEXT, &moving, &["was moved to"]);
        // This is the state of a stop before the first was closed, which has gone on since.
        mark_unfinished(&there, "move NAME");
        tell_unchecked(&site, "DELETE FROM secret WHERE number = 4");
        site.expect(
            NEXT,
            &["subscriber", "add", "late@x.example", "--digest", "weekly"],
        );
        let expected = kept(&site, &[]);
        assert!(expected.contains("late@x.example"));
        site.expect(NEXT, &moving);
        assert_eq!(kept(&site, &set), expected);
    });
}
