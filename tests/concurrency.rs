//! Changes the store between two statements of a sender's: nobody is stranded, nothing is kept that was erased, and
//! what only met a lock is done again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use sqlx::{Connection, Executor};
use tidings::config::{StoreUrl, UncertainPolicy};
use tidings::inside::consent::{ReaderState, Said, Source, Wish};
use tidings::inside::ledger::{DeliveryState, IssueState, Outcome};
use tidings::inside::reader::{Email, Mailbox, ReaderId};
use tidings::inside::store::{ConsentRequest, Resent, Sender, Store};
use tokio::runtime::Runtime;

use crate::database::Database;
use crate::stores::{
    MEET, at, begin, counts, freeze, frozen, new_issue, on_both, on_postgres, open, people, reader,
    sender, sending, settle, tell,
};

const ASKED: ConsentRequest<'_> = ConsentRequest {
    wish: Wish::Subscribe,
    by: Source::ConfirmedDigests,
    digests: &[],
    consent: Some("a test"),
};

#[test]
fn who_waits_again_does_so_in_an_open_issue_though_another_sender_has_closed_it() {
    on_both("doubts", &async |url: &StoreUrl| {
        let store = open(url).await;
        for end in [IssueState::Done, IssueState::Cancelled] {
            let issue = new_issue(end.word(), i64::from(end == IssueState::Cancelled));
            freeze(&store, &issue, &people(5)).await;
            let sender = sender(&store).await;
            let readers = begin(&sender, 5).await;
            settle(&sender, &readers, Outcome::Bounced).await;
            if end == IssueState::Cancelled {
                store
                    .change_issue(issue.id, &[IssueState::Open], end, None)
                    .await
                    .unwrap();
            }
            assert!(sender.finish(issue.id).await.unwrap());
            let ids: Vec<ReaderId> = readers.iter().map(|(id, _)| *id).collect();
            sender.doubt_refusals(issue.id, &ids, at(2)).await.unwrap();
            sender.finish(issue.id).await.unwrap();
            let (now, counts) = (
                store.load_issue(issue.id).await.unwrap().unwrap(),
                store.count_deliveries(issue.id).await.unwrap(),
            );
            match end {
                IssueState::Done => {
                    assert_eq!(
                        (now.state, counts[DeliveryState::Queued]),
                        (IssueState::Open, 5)
                    );
                }
                _ => assert_eq!(
                    (
                        now.state,
                        counts[DeliveryState::Queued],
                        counts[DeliveryState::GivenUp]
                    ),
                    (IssueState::Cancelled, 0, 5)
                ),
            }
            // Whatever becomes of the issue, the addresses are good.
            assert_eq!(
                reader(&store, "reader0@x.example").await.1,
                ReaderState::Active
            );
        }
    });
}

#[test]
fn a_copy_for_someone_who_left_the_digest_is_refused_and_not_promised() {
    on_both("resent", &async |url: &StoreUrl| {
        let (store, issue, sender) = sending(url, 2).await;
        let readers = begin(&sender, 2).await;
        settle(&sender, &readers, Outcome::Sent).await;
        assert!(sender.finish(issue.id).await.unwrap());
        let to = &readers[0].1;
        store
            .remove_reader(to, &["weekly".to_owned()], at(1))
            .await
            .unwrap();
        assert_eq!(
            store.resend(&issue, to, at(2)).await.unwrap(),
            Resent::Suppressed
        );
        assert_eq!(counts(&store, &issue).await, "2 sent");
        assert_eq!(
            store.load_issue(issue.id).await.unwrap().unwrap().state,
            IssueState::Done
        );
        let back = ConsentRequest {
            by: Source::Owner,
            digests: &["weekly".to_owned()],
            ..ASKED
        };
        store
            .request(&[to.clone().into()], &back, at(3))
            .await
            .unwrap();
        assert_eq!(
            store.resend(&issue, to, at(4)).await.unwrap(),
            Resent::Queued
        );
    });
}

#[test]
fn everyone_whom_a_dead_sender_had_begun_is_listed_also_who_was_begun_at_the_last_moment() {
    on_postgres("zombie", &async |url: &StoreUrl| {
        let (store, issue) = frozen(url, 2).await;
        let dying = sender(&open(url).await).await;
        begin(&dying, 1).await;
        assert_eq!(dying.claim(issue.id, 1, at(0)).await.unwrap().len(), 1);
        drop(dying);
        // An intent that was on its way to the server is committed while the first is being noted.
        tell(
            url,
            "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             UPDATE delivery SET state = 1 WHERE state = 0 AND owner IS NOT NULL; RETURN new; END $$; \
             CREATE TRIGGER lates AFTER INSERT ON event FOR EACH ROW WHEN (new.kind = 'uncertain') \
             EXECUTE FUNCTION late()",
        )
        .await;
        let heir = store
            .begin_sending(UncertainPolicy::Retry, at(1))
            .await
            .unwrap()
            .unwrap();
        while store.count_deliveries(issue.id).await.unwrap()[DeliveryState::Sending] > 0
            || heir.count_unsent(issue.id).await.unwrap() < 2
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
            heir.take_over(at(1)).await.unwrap();
        }
        let listed = store.load_unknown_outcomes(issue.id).await.unwrap();
        assert_eq!(
            listed
                .iter()
                .map(|one| one.reader)
                .collect::<HashSet<_>>()
                .len(),
            2,
            "{listed:?}"
        );
    });
}

/// Asks the store for one thing after the other.
async fn ask(step: usize, store: &Store, sender: &Sender) {
    let issue = store.load_issues().await.unwrap().remove(0);
    let known = people(1).remove(0).email;
    match step {
        0 => assert_eq!(
            store.request(&people(2), &ASKED, at(1)).await.unwrap()[1]
                .change
                .said,
            Said::New
        ),
        1 => assert!(store.begin_digest("weekly", &[], 0, at(1)).await.unwrap()),
        2 => store.pass_slot("weekly", 1).await.unwrap(),
        3 => {
            let digests = ["other".to_owned()];
            let answer = store.remove_reader(&known, &digests, at(1)).await.unwrap();
            assert_eq!(answer.change.said, Said::LeftDigests);
        }
        4 => assert_eq!(begin(sender, 1).await.len(), 1),
        5 => {
            let begun = store.find_reader(&known).await.unwrap().unwrap().0;
            settle(sender, &[(begun, known)], Outcome::Bounced).await;
        }
        6 => {
            let begun = store.find_reader(&known).await.unwrap().unwrap().0;
            sender
                .doubt_refusals(issue.id, &[begun], at(0))
                .await
                .unwrap();
            assert_eq!(
                store.count_deliveries(issue.id).await.unwrap()[DeliveryState::Queued],
                1
            );
        }
        7 => {
            begin(sender, 1).await;
            let begun = store.find_reader(&known).await.unwrap().unwrap().0;
            settle(sender, &[(begun, known)], Outcome::Unknown(None)).await;
        }
        8 => assert_eq!(store.resolve(issue.id, &[], true, at(0)).await.unwrap(), 1),
        9 => assert!(!sender.finish(issue.id).await.unwrap()),
        10 => {
            let open = [IssueState::Open];
            assert!(
                store
                    .change_issue(issue.id, &open, IssueState::Cancelled, None)
                    .await
                    .unwrap()
            );
        }
        _ => {
            let change = store.forget_reader(&known, at(4)).await.unwrap();
            assert_eq!(change.state, Some(ReaderState::Forgotten));
        }
    }
}

#[test]
fn whatever_meets_a_deadlock_is_done_again() {
    on_postgres("again", &async |url: &StoreUrl| {
        let store = open(url).await;
        let sender = sender(&store).await;
        freeze(&store, &new_issue("one", 0), &people(1)).await;
        // The first statement that writes into a table of the ledger's, after each restart, meets one.
        tell(url, MEET).await;
        tell(
            url,
            "DO $$ DECLARE name TEXT; BEGIN FOREACH name IN ARRAY ARRAY['reader', 'delivery', 'issue', 'digest', 'event'] \
             LOOP EXECUTE format('CREATE TRIGGER meets BEFORE INSERT OR UPDATE ON %I FOR EACH STATEMENT \
             EXECUTE FUNCTION meet()', name); END LOOP; END $$",
        )
        .await;
        for step in 0..12 {
            tell(url, "ALTER SEQUENCE met RESTART").await;
            ask(step, &store, &sender).await;
        }
        tell(url, "ALTER SEQUENCE met RESTART").await;
        freeze(&store, &new_issue("two", 5), &people(2)).await;
    });
}

#[test]
fn two_who_add_the_same_people_at_once_both_succeed() {
    on_both("same", &async |url: &StoreUrl| {
        let (one, two) = (open(url).await, open(url).await);
        for round in 0..10 {
            let person = |n: usize| format!("r{round}.{n}@x.example").parse().unwrap();
            let there: Vec<Mailbox> = (0..200).map(person).collect();
            let back: Vec<Mailbox> = (0..200).rev().map(person).collect();
            let (first, second) = tokio::join!(
                one.request(&there, &ASKED, at(0)),
                two.request(&back, &ASKED, at(0))
            );
            let new = [first.unwrap(), second.unwrap()]
                .concat()
                .into_iter()
                .filter(|one| one.change.said == Said::New)
                .count();
            assert_eq!(new, 200);
        }
    });
}

#[test]
fn what_a_relay_says_of_someone_after_they_are_forgotten_is_not_kept() {
    on_both("erased", &async |url: &StoreUrl| {
        let (store, issue, sender) = sending(url, 4).await;
        for outcome in [
            Outcome::Bounced,
            Outcome::Refused,
            Outcome::Unknown(None),
            Outcome::Deferred(at(60)),
        ] {
            let readers = begin(&sender, 1).await;
            let (id, email) = &readers[0];
            store.forget_reader(email, at(1)).await.unwrap();
            settle(&sender, &readers, outcome.clone()).await;
            let missed = store
                .load_missed(issue.id, ReaderId::MIN, 10)
                .await
                .unwrap();
            assert_eq!(
                missed.iter().find(|one| one.reader == *id).unwrap().reply,
                None,
                "{outcome:?}"
            );
            let events = store.load_events(*id).await.unwrap();
            assert!(
                events.iter().all(|(_, _, detail)| detail.is_none()),
                "{outcome:?}: {events:?}"
            );
        }
    });
}

#[test]
fn nobody_who_is_forgotten_meanwhile_gets_their_name_back() {
    let Some(database) = Database::fresh("renamed") else {
        return;
    };
    let url = StoreUrl::Postgres(database.url());
    Runtime::new().unwrap().block_on(async {
        let store = open(&url).await;
        store.request(&people(1), &ASKED, at(0)).await.unwrap();
        let mut other = sqlx::PgConnection::connect(&database.url()).await.unwrap();
        other
            .execute("BEGIN; UPDATE reader SET state = 'forgotten', address = NULL")
            .await
            .unwrap();
        let named = ["Ada <reader0@x.example>".parse().unwrap()];
        let (added, ()) = tokio::join!(store.request(&named, &ASKED, at(1)), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            other.execute("COMMIT").await.unwrap();
        });
        let answer = added.unwrap().remove(0);
        assert_eq!(answer.change.said, Said::StaysSuppressed);
        assert_eq!(answer.was, Some(ReaderState::Forgotten));
        let named: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM reader WHERE name IS NOT NULL")
            .fetch_one(&mut other)
            .await
            .unwrap();
        assert_eq!(named, 0);
    });
}

#[test]
fn a_name_that_a_freeze_keeps_of_someone_forgotten_meanwhile_goes_with_the_claim() {
    on_both("frozen_name", &async |url: &StoreUrl| {
        let (store, issue) = frozen(url, 1).await;
        store
            .forget_reader(&people(1)[0].email, at(1))
            .await
            .unwrap();
        tell(url, "UPDATE delivery SET name = 'Ada'").await;
        assert!(
            sender(&store)
                .await
                .claim(issue.id, 1, at(1))
                .await
                .unwrap()
                .is_empty()
        );
        tell(
            url,
            "CREATE TABLE nameless (name TEXT CHECK (name IS NULL)); INSERT INTO nameless SELECT name FROM delivery",
        )
        .await;
    });
}

#[test]
fn a_claim_reads_back_what_was_frozen_whatever_it_holds() {
    on_both("odd", &async |url: &StoreUrl| {
        let store = open(url).await;
        let long = "ä".repeat(300_000);
        let names = [
            "",
            "\"",
            "\\",
            "'",
            "null",
            "[1]",
            "\u{1f980}\u{2028}\t",
            "\u{7f}\u{fffd}\u{10ffff}",
            &long,
        ];
        let mut to = people(names.len() + 1);
        for (person, name) in to.iter_mut().zip(names) {
            person.name = Some(name.to_owned());
        }
        let issue = new_issue("one", 0);
        freeze(&store, &issue, &to).await;
        let sender = sender(&store).await;
        let claimed = sender.claim(issue.id, 100, at(0)).await.unwrap();
        let by_address: HashMap<Email, Option<String>> = claimed
            .iter()
            .map(|claim| (claim.reader.email.clone(), claim.reader.name.clone()))
            .collect();
        let frozen = to.into_iter().map(|one| (one.email, one.name));
        assert_eq!(by_address, frozen.collect());
        for claim in &claimed {
            let known = store
                .find_reader(&claim.reader.email)
                .await
                .unwrap()
                .unwrap()
                .0;
            assert_eq!(
                (claim.reader.id, claim.attempts, claim.first_at),
                (known, 0, None)
            );
        }
        // Numbers beyond what a float holds, and the largest.
        let last = new_issue("two", 1);
        freeze(&store, &last, &people(1)).await;
        tell(
            url,
            "DELETE FROM delivery WHERE state = 0 AND owner IS NULL; \
             INSERT INTO reader (id, fingerprint, address, state) VALUES \
             (9223372036854775807, 'x', 'x@x.example', 'active'), (9007199254740993, 'y', 'y@x.example', 'active'); \
             INSERT INTO delivery (issue, reader, state, due_at, attempts, first_at) SELECT i.id, r.id, 0, 0, 32767, 253402300799 \
             FROM issue i CROSS JOIN reader r WHERE i.slot = 'two' AND r.id IN (9223372036854775807, 9007199254740993)",
        )
        .await;
        let mut ids: Vec<_> = sender.claim(last.id, 9, at(0)).await.unwrap();
        ids.sort_by_key(|claim| claim.reader.id);
        let ids: Vec<_> = ids
            .iter()
            .map(|claim| {
                let number = claim.reader.id.number();
                (number, claim.attempts, claim.first_at.is_some())
            })
            .collect();
        assert_eq!(
            ids,
            [
                (9_007_199_254_740_993, 32_767, true),
                (i64::MAX, 32_767, true)
            ]
        );
    });
}

#[test]
fn an_address_that_cannot_be_read_keeps_the_issue_from_nobody_else() {
    on_both("unreadable", &async |url: &StoreUrl| {
        let (store, issue) = frozen(url, 3).await;
        tell(url, "UPDATE reader SET address = 'reader1 at x.example' WHERE address = 'reader1@x.example'").await;
        let sender = sender(&store).await;
        let readers = begin(&sender, 3).await;
        assert_eq!(readers.len(), 2);
        settle(&sender, &readers, Outcome::Sent).await;
        assert!(sender.finish(issue.id).await.unwrap());
        let missed = store
            .load_missed(issue.id, ReaderId::MIN, 10)
            .await
            .unwrap();
        assert_eq!((missed.len(), missed[0].state), (1, DeliveryState::GivenUp));
        assert!(
            missed[0]
                .reply
                .as_ref()
                .unwrap()
                .contains("is no e-mail address"),
            "{missed:?}"
        );
    });
}
