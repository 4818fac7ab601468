//! `tidings store`: backups, restores, checks and moves, from either database to either.

mod backup;
mod checking;
mod killed;
mod moving;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::database::Database;
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Scene};
use crate::site::Site;

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
