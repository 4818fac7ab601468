//! kill -9 in the middle of a restore and of a move. A trigger in the database holds the program up, so that it is killed
//! at a moment that is known.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sqlx::{Connection as _, Row as _};
use tidings::config::StoreUrl;
use tokio::runtime::Runtime;

use crate::database::Database;
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};
use crate::site::{Site, tell_unchecked};
use crate::stores::open;

const READERS: usize = 20;

/// When the issue is due for certain, which a slow machine froze some seconds after its slot.
const LATER: &str = "2024-06-24T09:00:05+02:00";

/// What a program is about to do when it is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// To copy a row of the last but two tables.
    Copy,
    /// To mark the store.
    Mark,
    /// To take the mark away.
    Unmark,
}

impl Moment {
    /// The table, the action and the condition of the trigger.
    fn trigger(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Copy => ("event", "INSERT", ""),
            Self::Mark => ("secret", "INSERT", "WHEN (NEW.number = 4)"),
            Self::Unmark => ("secret", "DELETE", "WHEN (OLD.number = 4)"),
        }
    }
}

/// A trigger in the store of a site.
struct Trap<'s>(&'s Site);

impl<'s> Trap<'s> {
    fn set(site: &'s Site, moment: Moment) -> Self {
        let (table, action, when) = moment.trigger();
        let each = format!("CREATE TRIGGER trap BEFORE {action} ON {table} FOR EACH ROW {when}");
        let statement = match site.database {
            Some(_) => format!(
                "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 PERFORM pg_sleep(600); RETURN NULL; END $$; {each} EXECUTE FUNCTION trap()"
            ),
            // What does not fit into the cache shows in the file, and then it counts for ever.
            None => format!(
                "CREATE TABLE trap (bytes); \
                 WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 200) \
                 INSERT INTO trap SELECT x FROM n; \
                 {each} BEGIN INSERT INTO trap VALUES (zeroblob(25000000)); \
                 INSERT INTO trap SELECT COUNT(*) FROM trap a, trap b, trap c, trap d, trap e, trap f \
                 WHERE a.rowid + b.rowid + c.rowid + d.rowid + e.rowid + f.rowid < 0; END"
            ),
        };
        tell_unchecked(site, &statement);
        Self(site)
    }

    fn holds(&self) -> bool {
        let Some(database) = &self.0.database else {
            let log = fs::metadata(self.0.scene.path("tidings.db-wal"));
            return log.is_ok_and(|log| log.len() > 4_000_000);
        };
        let asleep = "SELECT COUNT(*) FROM pg_stat_activity \
            WHERE datname = current_database() AND wait_event = 'PgSleep'";
        ask(database, asleep) > 0
    }

    /// Kills a program that the trap holds.
    fn kill(&self, mut child: Child) {
        let begun = Instant::now();
        while !self.holds() {
            assert_eq!(child.try_wait().unwrap(), None, "it has gone by");
            assert!(begun.elapsed() < Duration::from_mins(2), "it never came");
            thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn remove(self) {
        let (table, site) = ("trap", self.0);
        let Some(database) = &site.database else {
            return tell_unchecked(site, &format!("DROP TRIGGER {table}; DROP TABLE {table}"));
        };
        // A server that sleeps does not see that its client is gone.
        let end = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE datname = current_database() AND wait_event = 'PgSleep'";
        ask(database, end);
        tell_unchecked(site, "DROP FUNCTION trap() CASCADE");
    }
}

/// The number that the server answers.
fn ask(database: &Database, question: &'static str) -> i64 {
    Runtime::new().unwrap().block_on(async {
        let mut connection = sqlx::PgConnection::connect(&database.url()).await.unwrap();
        let row = sqlx::query(question).fetch_one(&mut connection).await;
        row.unwrap().get(0)
    })
}

/// A site with an issue of which nobody has got anything yet.
fn fill(site: &Site) {
    let people: Vec<String> = (0..READERS).map(|n| format!("r{n}@x.example")).collect();
    site.file("people.csv", &format!("email\n{}\n", people.join("\n")));
    site.post("one.md", "One", "2024-06-01");
    let import = ["subscriber", "import", "people.csv", "--confirmed"];
    site.expect(MONDAY, &import);
    let nowhere = [
        ("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:9?tls=none"),
        ("TIDINGS_MAIL__PATIENCE", "0s"),
    ];
    site.run_with(MONDAY, &["run"], &nowhere);
    assert!(site.expect(MONDAY, &["status"]).contains("21 queued"));
}

/// Makes the store of a site, with nothing in it.
fn make(site: &Site) {
    let url = match &site.database {
        Some(database) => StoreUrl::Postgres(database.url()),
        None => StoreUrl::Sqlite(site.scene.path("tidings.db")),
    };
    Runtime::new().unwrap().block_on(async {
        open(&url).await.close().await;
    });
}

fn relay() -> Relay {
    Relay::start(Habits::good(true, Duration::ZERO))
}

fn send(site: &Site, relay: &Relay) -> Ran {
    site.run_with(LATER, &["run"], &[("TIDINGS_MAIL__SMTP", &relay.url())])
}

fn spawn(site: &Site, arguments: &[&str]) -> Child {
    let mut command = site.scene.command(&[&["--at", MONDAY], arguments].concat());
    command.env("TIDINGS_STORE__URL", site.url());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Runs until it succeeds: a server needs a moment to see that a killed client is gone.
fn insist(run: impl Fn() -> Ran) {
    let begun = Instant::now();
    loop {
        let ran = run();
        if ran.code == 0 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{}", ran.talk);
        thread::sleep(Duration::from_millis(50));
    }
}

/// Sends until everybody has got the issue, and holds that nobody has got it twice.
fn finish(site: &Site, relay: &Relay) {
    insist(|| {
        let ran = send(site, relay);
        assert!(relay.count() <= READERS + 1, "{}", ran.talk);
        let is_done = relay.count() == READERS + 1;
        Ran {
            code: i32::from(!is_done),
            ..ran
        }
    });
    let taken: BTreeSet<String> = relay.taken().into_iter().map(|(to, _)| to).collect();
    assert_eq!(taken.len(), READERS + 1);
}

#[test]
fn a_restore_that_is_killed_is_given_again_and_comes_to_the_same() {
    for moment in [Moment::Copy, Moment::Mark, Moment::Unmark] {
        Site::on_both(
            &format!("killed_restore_{moment:?}").to_lowercase(),
            |there| {
                let site = Site {
                    scene: Scene::new(),
                    database: None,
                };
                fill(&site);
                site.expect(MONDAY, &["store", "backup", "a.backup"]);
                let there = site.elsewhere(there.database);
                let file = there.scene.path("a.backup");
                fs::copy(site.scene.path("a.backup"), file).unwrap();
                make(&there);
                let trap = Trap::set(&there, moment);
                trap.kill(spawn(&there, &["store", "restore", "a.backup"]));
                trap.remove();
                let relay = relay();
                let ran = send(&there, &relay);
                assert_eq!(ran.code, 2, "{moment:?}: {}", ran.talk);
                assert_eq!(relay.count(), 0, "{moment:?}");
                let restore = ["store", "restore", "a.backup"];
                insist(|| there.run(MONDAY, &restore));
                let list = ["subscriber", "list"];
                assert_eq!(there.expect(MONDAY, &list), site.expect(MONDAY, &list));
                there.expect(MONDAY, &["store", "check"]);
                assert!(there.expect(MONDAY, &["status"]).contains("21 queued"));
                send(&there, &relay);
                assert_eq!(relay.count(), 0, "{moment:?}: it waits for a person");
                there.expect(MONDAY, &["issue", "resume", &there.issue()]);
                finish(&there, &relay);
            },
        );
    }
}

/// Does this from each database to the other, and without a server from a file to a file.
fn across(name: &str, work: impl Fn(Site, Option<Database>)) {
    let site = |database| Site {
        scene: Scene::new(),
        database,
    };
    work(site(None), Database::fresh(&format!("{name}_to")));
    if let Some(database) = Database::fresh(&format!("{name}_from")) {
        work(site(Some(database)), None);
    }
}

#[test]
fn a_move_that_is_killed_leaves_one_store_to_go_on_with() {
    // Whether it is held up in the store that is moved, and whether that one still goes on after it.
    for (moment, is_held_here, goes_on) in [
        (Moment::Copy, false, true),
        (Moment::Mark, false, true),
        (Moment::Mark, true, true),
        (Moment::Unmark, false, false),
    ] {
        let name = format!("killed_move_{moment:?}_{is_held_here}").to_lowercase();
        across(&name, |site, database| {
            fill(&site);
            let there = Site {
                scene: Scene::new(),
                database,
            };
            make(&there);
            let url = there.url();
            let trap = Trap::set(if is_held_here { &site } else { &there }, moment);
            trap.kill(spawn(&site, &["store", "move", &url]));
            trap.remove();
            let relay = relay();
            let at_new_place = |arguments: &[&str]| {
                let set = [
                    ("TIDINGS_STORE__URL", &*url),
                    ("TIDINGS_MAIL__SMTP", &*relay.url()),
                ];
                let all = [&["--at", LATER], arguments].concat();
                site.scene.run_with(&all, &set)
            };
            let ran = at_new_place(&["run"]);
            assert_eq!((ran.code, relay.count()), (2, 0), "{}", ran.talk);
            match goes_on {
                true => finish(&site, &relay),
                false => assert_eq!(send(&site, &relay).code, 2),
            }
            insist(|| site.run(MONDAY, &["store", "move", &url]));
            assert_eq!(send(&site, &relay).code, 2, "it has moved");
            insist(|| {
                let ran = at_new_place(&["run"]);
                let is_done = relay.count() == READERS + 1;
                Ran {
                    code: i32::from(!is_done),
                    ..ran
                }
            });
            assert_eq!(at_new_place(&["run"]).code, 0);
            assert_eq!(at_new_place(&["store", "check"]).code, 0);
            let taken: BTreeSet<String> = relay.taken().into_iter().map(|(to, _)| to).collect();
            assert_eq!((taken.len(), relay.count()), (READERS + 1, READERS + 1));
        });
    }
}
