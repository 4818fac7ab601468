//! Caps by the hour and the day, and domains that ask for less than the others.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tidings::config::{Caps, StoreUrl};
use tidings::inside::ledger::{Outcome, Settled};

use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, Ran};
use crate::site::Site;
use crate::stores::{at, frozen, on_both, on_postgres, open, sender};

const MONDAY: &str = "2024-06-24T06:00:05Z";

fn relay() -> Relay {
    Relay::start(Habits::good(true, Duration::ZERO))
}

/// Gives a site these readers and nobody else.
fn fill(site: &Site, readers: &[String]) {
    site.post("one.md", "One", "2024-06-01");
    let config = CONFIG.replace("to = [\"editor@hums.example\"]\n", "");
    site.file("config.toml", &config);
    site.file("people.csv", &format!("email\n{}\n", readers.join("\n")));
    let import = ["subscriber", "import", "people.csv", "--confirmed"];
    site.expect(MONDAY, &import);
}

fn run_at(site: &Site, at: &str, relay: &Relay, caps: &[(&str, &str)]) -> Ran {
    let url = relay.url();
    let smtp = [("TIDINGS_MAIL__SMTP", url.as_str())];
    site.run_with(at, &["run"], &[&smtp[..], caps].concat())
}

#[test]
fn what_is_over_a_cap_waits_for_the_next_hour_and_day() {
    Site::on_both("hour_and_day", |site| {
        let readers: Vec<String> = (0..25).map(|n| format!("reader{n}@x.example")).collect();
        fill(&site, &readers);
        let relay = relay();
        let caps = [
            ("TIDINGS_MAIL__PER_HOUR", "10"),
            ("TIDINGS_MAIL__PER_DAY", "23"),
        ];
        let ran = run_at(&site, MONDAY, &relay, &caps);
        assert_eq!((ran.code, relay.count()), (0, 10), "{}", ran.talk);
        let until = "`per_hour = 10` is reached: 15 wait, and go on from 2024-06-24T07:00Z";
        assert!(ran.talk.contains(until), "{}", ran.talk);
        let status = |at: &str, arguments: &[&str]| {
            let all = [&["status"][..], arguments].concat();
            site.run_with(at, &all, &caps).out
        };
        let told = status(MONDAY, &[]);
        let last = "15 wait for `per_hour` or `per_day`; the last goes about 2024-06-25T00:00Z";
        assert!(told.contains(last), "{told}");
        let told: Value = serde_json::from_str(&status(MONDAY, &["--json"])).unwrap();
        assert_eq!(told["issues"][0]["done_at"], "2024-06-25T00:00:00+00:00");
        // A restart within the hour knows what has gone. The clock goes on, so the hour must not end during the run.
        run_at(&site, "2024-06-24T06:50:00Z", &relay, &caps);
        assert_eq!(relay.count(), 10);
        run_at(&site, "2024-06-24T07:00:00Z", &relay, &caps);
        assert_eq!(relay.count(), 20);
        let ran = run_at(&site, "2024-06-24T08:30:00Z", &relay, &caps);
        assert_eq!(relay.count(), 23);
        let until = "`per_day = 23` is reached: 2 wait, and go on from 2024-06-25T00:00Z";
        assert!(ran.talk.contains(until), "{}", ran.talk);
        let ran = run_at(&site, "2024-06-25T00:00:00Z", &relay, &caps);
        assert_eq!((ran.code, relay.count()), (0, 25), "{}", ran.talk);
        let told = status("2024-06-25T00:00:00Z", &[]);
        assert!(
            told.contains("done") && !told.contains("wait for"),
            "{told}"
        );
        let mut taken: Vec<String> = relay.taken().into_iter().map(|(to, _)| to).collect();
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), 25, "nobody twice");
    });
}

#[test]
fn two_senders_keep_one_cap() {
    Site::on_both("two_senders", |site| {
        let readers: Vec<String> = (0..60).map(|n| format!("reader{n}@x.example")).collect();
        fill(&site, &readers);
        let relay = Relay::start(Habits::good(true, Duration::from_millis(5)));
        // Frozen by a run that sends nothing.
        let none = [("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:9?tls=none")];
        site.run_with(
            MONDAY,
            &["run"],
            &[&none[..], &[("TIDINGS_MAIL__PATIENCE", "0s")]].concat(),
        );
        let (smtp, url) = (relay.url(), site.url());
        let set = [
            ("TIDINGS_MAIL__SMTP", &*smtp),
            ("TIDINGS_STORE__URL", &*url),
            ("TIDINGS_MAIL__PER_HOUR", "17"),
            ("TIDINGS_MAIL__CONNECTIONS", "3"),
        ];
        let mut hours = 0;
        while relay.count() < 60 {
            let at = format!("2024-06-24T{:02}:00:05Z", 7 + hours);
            let start = || {
                let mut command = site.scene.command(&["--at", &at, "run"]);
                command
                    .envs(set)
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped());
                command.spawn().unwrap()
            };
            for child in [start(), start()] {
                let ran = child.wait_with_output().unwrap();
                let talk = String::from_utf8_lossy(&ran.stderr);
                assert_eq!(ran.status.code(), Some(0), "{talk}");
            }
            hours += 1;
            assert_eq!(relay.count(), (17 * hours).min(60), "in hour {hours}");
        }
        assert_eq!(hours, 4);
    });
}

#[test]
fn a_cap_counts_what_is_in_hand_and_what_was_taken_by_any_sender() {
    on_both("caps", &async |url: &StoreUrl| {
        let (store, issue) = frozen(url, 30).await;
        let capped = |per_hour| Caps {
            per_hour: Some(per_hour),
            per_day: None,
        };
        let first = sender(&store).await.with_caps(capped(10));
        let claimed = first.claim(issue.id, 500, at(0)).await.unwrap();
        assert_eq!(claimed.len(), 10);
        // The same store, another connection: another sender on a server.
        let other = first.clone().with_caps(capped(12));
        assert_eq!(other.claim(issue.id, 500, at(0)).await.unwrap().len(), 2);
        assert!(first.claim(issue.id, 500, at(0)).await.unwrap().is_empty());
        let settled = |outcome: Outcome| -> Vec<Settled> {
            let readers = claimed.iter().map(|claim| claim.reader.id);
            readers
                .map(|reader| Settled {
                    reader,
                    outcome: outcome.clone(),
                    reply: "250 ok".to_owned(),
                })
                .collect()
        };
        first
            .settle(issue.id, settled(Outcome::Sent), at(60))
            .unwrap();
        first.flush().await.unwrap();
        assert_eq!(store.count_sent_since(at(0)).await.unwrap(), 10);
        assert_eq!(store.count_sent_since(at(61)).await.unwrap(), 0);
        assert!(first.claim(issue.id, 500, at(70)).await.unwrap().is_empty());
        let full = first
            .find_full_window(issue.id, at(70))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((full.key, full.until), ("per_hour", at(3600)));
        first.release(issue.id).await.unwrap();
        let next = first.claim(issue.id, 500, at(3600)).await.unwrap();
        assert_eq!(next.len(), 10);
        assert!(
            first
                .find_full_window(issue.id, at(3600))
                .await
                .unwrap()
                .is_none()
        );
    });
}

#[test]
fn senders_that_claim_at_once_keep_one_cap_between_them() {
    on_postgres("caps_at_once", &async |url: &StoreUrl| {
        let (store, issue) = frozen(url, 300).await;
        let caps = Caps {
            per_hour: Some(37),
            per_day: Some(100),
        };
        let mut senders = Vec::new();
        for _ in 0..3 {
            senders.push(sender(&open(url).await).await.with_caps(caps));
        }
        let [one, two, three] = &senders[..] else {
            unreachable!()
        };
        for (hour, expected) in [(0, 37), (1, 37), (2, 26), (3, 0)] {
            let now = at(3600 * hour);
            let mut taken = [0; 3];
            loop {
                let claims = tokio::join!(
                    one.claim(issue.id, 4, now),
                    two.claim(issue.id, 4, now),
                    three.claim(issue.id, 4, now)
                );
                let claims = [claims.0.unwrap(), claims.1.unwrap(), claims.2.unwrap()];
                if claims.iter().all(Vec::is_empty) {
                    break;
                }
                for ((sender, claimed), taken) in senders.iter().zip(claims).zip(&mut taken) {
                    *taken += claimed.len();
                    let sent = claimed.into_iter().map(|claim| Settled {
                        reader: claim.reader.id,
                        outcome: Outcome::Sent,
                        reply: "250 ok".to_owned(),
                    });
                    sender.settle(issue.id, sent.collect(), now).unwrap();
                }
                for sender in &senders {
                    sender.flush().await.unwrap();
                }
            }
            assert_eq!(taken.iter().sum::<usize>(), expected, "in hour {hour}");
            // Each has had its part.
            assert!(
                expected == 0 || taken.iter().all(|taken| *taken > 0),
                "{taken:?}"
            );
        }
        assert_eq!(store.count_sent_since(at(0)).await.unwrap(), 100);
    });
}

#[test]
fn a_domain_that_asks_for_less_keeps_no_other_waiting() {
    Site::on_both("slow_domain", |site| {
        let slow = (0..60).map(|n| format!("slow{n}@slow.example"));
        let other = (0..60).map(|n| format!("reader{n}@d{n}.example"));
        let readers: Vec<String> = slow.chain(other).collect();
        fill(&site, &readers);
        let relay = relay();
        let ran = run_at(&site, MONDAY, &relay, &[]);
        assert_eq!(relay.count(), 60, "{}", ran.talk);
        let heard = relay.heard();
        let tried = heard.iter().filter(|line| line.contains("@slow.example"));
        let tried = tried.count();
        assert!(
            (1..30).contains(&tried),
            "{tried} were tried at the slow domain"
        );
        let told: Value =
            serde_json::from_str(&site.expect(MONDAY, &["status", "--json"])).unwrap();
        let missed = told["issues"][0]["missed"].as_array().unwrap();
        assert_eq!(missed.len(), 60);
        let attempts = missed.iter().map(|one| one["attempts"].as_u64().unwrap());
        // Whoever only waits is charged nothing.
        assert_eq!(attempts.sum::<u64>(), tried as u64);
        let waits = missed.iter().filter(|one| {
            let due = one["due_at"].as_str().unwrap();
            one["attempts"] == 0 && due.starts_with("2024-06-24T06:00:3")
        });
        assert!(waits.count() > 30, "{told}");
    });
}
