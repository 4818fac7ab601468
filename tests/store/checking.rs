//! Checks of a store, and the deletion of readers who never confirmed.

use std::collections::HashSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tidings::config::StoreUrl;
use tidings::inside::consent::{ReaderState, Source, Wish};
use tidings::inside::store::ConsentRequest;

use crate::scene::{CONFIG, MONDAY, Scene};
use crate::site::{Site, tell_unchecked};
use crate::stores::{at, freeze, new_issue, on_both, open, people, reader};

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
            let request = ConsentRequest {
                wish,
                by,
                digests,
                consent: None,
            };
            let person = [people(n + 1).remove(n)];
            store.request(&person, &request, at(time)).await.unwrap();
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
        assert_eq!(store.find_reader(&people(1)[0].email).await.unwrap(), None);
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

#[test]
fn a_store_that_is_no_file_is_refused_and_keeps_its_permissions() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let pipe = Command::new("mkfifo")
        .arg(scene.path("tidings.db"))
        .status();
    assert!(pipe.unwrap().success());
    let open = Permissions::from_mode(0o666);
    fs::set_permissions(scene.path("tidings.db"), open).unwrap();
    for arguments in [
        &["subscriber", "add", "ada@x.example"][..],
        &["run"],
        &["status"],
    ] {
        let ran = scene.run(&[&["--at", MONDAY], arguments].concat());
        assert_ne!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
        let mode = scene
            .path("tidings.db")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o666, "{arguments:?}");
    }
}
