//! Moves to another database.

use std::thread;
use std::time::Duration;

use serde_json::Value;
use tidings::config::StoreUrl;
use tidings::inside::consent::{Source, Wish};
use tidings::inside::store::{Access, ConsentRequest, Freeze, Store, StoreError};

use super::{Sending, on_all, uncertain};
use crate::scene::MONDAY;
use crate::stores::{at, freeze, new_issue, on_both, open, people, sender};

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
        let request = ConsentRequest {
            wish: Wish::Subscribe,
            by: Source::Owner,
            digests: &[],
            consent: None,
        };
        let late = held.request(&people(9), &request, at(1)).await;
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
        assert_eq!(new.load_issues().await.unwrap().len(), 1);
    });
}
