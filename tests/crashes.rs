//! kill -9 at random moments, on both databases, with one sender and with several: nobody is lost, and every repeat is
//! one that was listed as uncertain. `TIDINGS_TEST_KILLS=100` makes it long, `TIDINGS_TEST_SEED` repeats a run.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::database::Database;
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

const CONNECTIONS: usize = 8;

/// Numbers that look random and can be repeated (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        let given = std::env::var("TIDINGS_TEST_SEED")
            .ok()
            .map(|seed| seed.parse().unwrap());
        let seed = given.unwrap_or_else(|| std::hash::RandomState::new().hash_one(0) | 1);
        eprintln!("TIDINGS_TEST_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// How often is killed; a few times unless asked otherwise.
pub(crate) fn kills() -> usize {
    std::env::var("TIDINGS_TEST_KILLS").map_or(3, |kills| kills.parse().unwrap())
}

/// One issue to be sent by processes that die.
struct Trial {
    scene: Scene,
    relay: Relay,
    store: Option<String>,
    uncertain: &'static str,
    everyone: HashSet<String>,
    kills: usize,
}

impl Trial {
    fn new(store: Option<String>, uncertain: &'static str) -> Self {
        let readers = if kills() > 10 { 5000 } else { 1500 };
        let mut everyone: HashSet<String> = (0..readers)
            .map(|n| format!("reader{n}@x.example"))
            .collect();
        let people: Vec<&str> = everyone.iter().map(String::as_str).collect();
        let scene = Scene::new()
            .post("one.md", "One", "2024-06-01")
            .file("people.csv", &format!("email\n{}\n", people.join("\n")));
        everyone.insert("editor@hums.example".to_owned());
        let relay = Relay::start(Habits::good(true, Duration::from_millis(5)));
        let trial = Self {
            scene,
            relay,
            store,
            uncertain,
            everyone,
            kills: 0,
        };
        trial.expect(&["subscriber", "import", "people.csv", "--confirmed"]);
        trial
    }

    fn environment(&self) -> Vec<(&str, String)> {
        let mut environment = vec![
            ("TIDINGS_MAIL__SMTP", self.relay.url()),
            ("TIDINGS_MAIL__CONNECTIONS", CONNECTIONS.to_string()),
            ("TIDINGS_MAIL__UNCERTAIN", self.uncertain.to_owned()),
        ];
        environment.extend(self.store.clone().map(|url| ("TIDINGS_STORE__URL", url)));
        environment
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let environment = self.environment();
        let environment: Vec<(&str, &str)> = environment
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        self.scene
            .run_with(&[&["--at", MONDAY], arguments].concat(), &environment)
    }

    fn expect(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
        ran.out
    }

    fn spawn(&self) -> Child {
        self.scene
            .command(&["--at", MONDAY, "run"])
            .envs(self.environment())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The issue as `status` tells it.
    fn status(&self) -> Value {
        let all: Value = serde_json::from_str(&self.expect(&["status", "--json"])).unwrap();
        all["issues"][0].clone()
    }

    /// Kills senders until `most` are dead or the issue is sent; others go on beside them.
    fn kill(&mut self, most: usize, beside: usize, random: &mut Random) {
        let others: Vec<Child> = (0..beside).map(|_| self.spawn()).collect();
        for _ in 0..most {
            let mut victim = self.spawn();
            thread::sleep(Duration::from_millis(30 + random.below(500)));
            if victim.try_wait().unwrap().is_some() {
                break;
            }
            victim.kill().unwrap();
            victim.wait().unwrap();
            self.kills += 1;
            if beside == 0 {
                let on_the_wire = self.status()["counts"]["sending"].as_u64().unwrap_or(0);
                assert!(
                    on_the_wire <= CONNECTIONS as u64,
                    "{on_the_wire} were being sent by {CONNECTIONS} connections"
                );
            }
        }
        for other in others {
            let ended = other.wait_with_output().unwrap();
            let words = String::from_utf8_lossy(&ended.stderr);
            // A delivery that is held for a person makes the code 1.
            assert!(
                ended.status.code() <= Some(i32::from(self.uncertain == "hold")),
                "{words}"
            );
        }
        // The server needs a moment to see that a killed client is gone.
        for _ in 0..100 {
            self.run(&["run"]);
            if self.status()["state"] == "done" {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the issue does not end: {}", self.run(&["status"]).out);
    }

    /// Everyone has it, or is listed as uncertain; who has it twice was listed. How many have it twice.
    fn check(&self) -> usize {
        let mut copies: HashMap<String, Vec<String>> = HashMap::new();
        for (recipient, message) in self.relay.taken() {
            copies.entry(recipient).or_default().push(message);
        }
        let status = self.status();
        let of = |list: &str, state: &str| -> HashSet<String> {
            let rows = status[list].as_array().unwrap().iter();
            rows.filter(|row| row["state"] == state || state.is_empty())
                .map(|row| row["email"].as_str().unwrap().to_owned())
                .collect()
        };
        let (held, listed) = (of("missed", "uncertain"), of("uncertain", ""));
        let sent = status["counts"]["sent"].as_u64().unwrap();
        assert_eq!(
            usize::try_from(sent).unwrap() + held.len(),
            self.everyone.len(),
            "the counts do not balance"
        );
        assert_eq!(status["recipients"], self.everyone.len());
        for reader in self
            .everyone
            .iter()
            .filter(|reader| !copies.contains_key(*reader))
        {
            assert!(held.contains(reader), "{reader} is lost");
        }
        assert!(copies.keys().all(|reader| self.everyone.contains(reader)));
        assert!(
            listed.len() <= CONNECTIONS * self.kills,
            "{} uncertain after {} kills",
            listed.len(),
            self.kills
        );
        let repeated: Vec<_> = copies
            .iter()
            .filter(|(_, messages)| messages.len() > 1)
            .collect();
        for (recipient, messages) in &repeated {
            assert!(
                listed.contains(*recipient),
                "{recipient} has it twice and is not listed"
            );
            assert!(
                messages.windows(2).all(|pair| pair[0] == pair[1]),
                "{recipient}: the bytes differ"
            );
        }
        repeated.len()
    }
}

fn one_sender(uncertain: &'static str) {
    let mut random = Random::new();
    let (mut killed, mut repeats, mut held) = (0, 0, 0);
    while killed < kills() {
        let mut trial = Trial::new(None, uncertain);
        trial.kill(kills() - killed, 0, &mut random);
        repeats += trial.check();
        let waiting = trial.status()["counts"]["uncertain"].as_u64().unwrap_or(0);
        held += waiting;
        assert!(
            repeats == 0 || uncertain == "retry",
            "nothing repeats where it is held"
        );
        if waiting > 0 {
            // A person decides: all of them once more.
            let number = trial.status()["issue"].as_str().unwrap().to_owned();
            trial.expect(&["issue", "resolve", &number, "--resend"]);
            trial.expect(&["run"]);
            trial.check();
            assert_eq!(trial.status()["counts"]["sent"], trial.everyone.len());
        }
        killed += trial.kills;
    }
    eprintln!("{uncertain}: {killed} kills, {repeats} repeats, {held} held");
}

#[test]
fn a_sender_that_is_killed_loses_nobody_and_repeats_only_what_is_listed() {
    one_sender("retry");
}

#[test]
fn a_sender_that_is_killed_repeats_nothing_where_uncertain_messages_are_held() {
    one_sender("hold");
}

fn several_senders(name: &str, senders: usize, uncertain: &'static str) {
    let mut random = Random::new();
    let (mut killed, mut repeats) = (0, 0);
    while killed < kills() {
        let Some(database) = Database::fresh(&format!("{name}_{killed}")) else {
            return;
        };
        let mut trial = Trial::new(Some(database.url()), uncertain);
        trial.kill(kills() - killed, senders - 1, &mut random);
        let repeated = trial.check();
        assert!(
            repeated == 0 || uncertain == "retry",
            "nothing repeats where it is held"
        );
        repeats += repeated;
        killed += trial.kills;
    }
    eprintln!("{senders} senders, {uncertain}: {killed} kills, {repeats} repeats");
}

#[test]
fn two_senders_share_an_issue_and_one_is_killed_again_and_again() {
    several_senders("two", 2, "retry");
}

#[test]
fn four_senders_share_an_issue_and_one_is_killed_again_and_again() {
    several_senders("four", 4, "hold");
}
