//! Claims, intents and the owners of deliveries.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tidings::config::{StoreUrl, UncertainPolicy};
use tidings::inside::ledger::{DeliveryState, Issue, IssueState, Outcome, Settled};
use tidings::inside::reader::{Email, ReaderId};
use tidings::inside::store::{Frozen, StoreError};
use tokio::runtime;

use crate::stores::{
    MEET, at, begin, counts, freeze, frozen, new_issue, on_both, on_both_in, on_postgres, open,
    people, sender, sending, tell,
};

/// The same on one thread, where the writer begins only when the test waits: what is given to it before is one commit.
fn on_both_at_once<F: AsyncFn(&StoreUrl)>(name: &str, work: &F) {
    on_both_in(
        &runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap(),
        name,
        work,
    );
}

#[test]
fn claims_do_not_overlap_and_leave_out_who_has_gone() {
    on_both("claims", &async |url: &StoreUrl| {
        let store = open(url).await;
        let issue = new_issue("one", 0);
        assert_eq!(freeze(&store, &issue, &people(20)).await, Frozen::Made(20));
        let gone = |n: usize| format!("reader{n}@x.example").parse::<Email>().unwrap();
        store.remove_reader(&gone(0), &[], at(1)).await.unwrap();
        store
            .remove_reader(&gone(1), &["weekly".to_owned()], at(1))
            .await
            .unwrap();
        // The clock may have jumped back since the freeze: who has left has left.
        store
            .remove_reader(&gone(2), &["weekly".to_owned()], at(-86_400))
            .await
            .unwrap();
        store.forget_reader(&gone(3), at(1)).await.unwrap();
        store
            .remove_reader(&gone(4), &["other".to_owned()], at(1))
            .await
            .unwrap();
        let sender = sender(&store).await;
        let mut claimed = Vec::new();
        for _ in 0..3 {
            claimed.extend(
                sender
                    .claim(issue.id, 7, at(2))
                    .await
                    .unwrap()
                    .into_iter()
                    .map(|claim| claim.reader.id),
            );
        }
        assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), 16);
        assert_eq!(claimed.len(), 16);
        assert_eq!(counts(&store, &issue).await, "16 queued, 4 suppressed");
        assert!(sender.claim(issue.id, 7, at(2)).await.unwrap().is_empty());
    });
}

#[test]
fn an_intent_holds_only_for_what_is_owned_in_an_open_issue() {
    on_both("intents", &async |url: &StoreUrl| {
        let (store, issue, sender) = sending(url, 3).await;
        let claimed = sender.claim(issue.id, 2, at(0)).await.unwrap();
        let (one, two) = (claimed[0].reader.id, claimed[1].reader.id);
        sender.intend(issue.id, vec![one]).await.unwrap();
        store
            .change_issue(
                issue.id,
                &[IssueState::Open],
                IssueState::Paused,
                Some("by hand"),
            )
            .await
            .unwrap();
        assert!(matches!(
            sender.intend(issue.id, vec![two]).await,
            Err(StoreError::Stopped)
        ));
        assert!(sender.claim(issue.id, 2, at(0)).await.unwrap().is_empty());
        // Messages on the wire are written down all the same.
        sender.settle(issue.id, vec![sent(one)], at(1)).unwrap();
        sender.flush().await.unwrap();
        assert_eq!(counts(&store, &issue).await, "2 queued, 1 sent");
        store
            .change_issue(issue.id, &[IssueState::Paused], IssueState::Open, None)
            .await
            .unwrap();
        // Nothing is settled twice, and after such a fault nothing is written at all.
        let again = Settled {
            reader: one,
            outcome: Outcome::GivenUp,
            reply: "550 no".to_owned(),
        };
        sender.settle(issue.id, vec![again], at(1)).unwrap();
        assert!(sender.flush().await.is_err());
        assert!(sender.intend(issue.id, vec![two]).await.is_err());
        assert_eq!(counts(&store, &issue).await, "2 queued, 1 sent");
    });
}

#[test]
fn what_a_dead_sender_had_is_put_in_order_and_what_a_living_one_has_is_left_alone() {
    on_both("owners", &async |url: &StoreUrl| {
        let (store, issue) = frozen(url, 10).await;
        let dying = sender(&open(url).await).await;
        let claimed = dying.claim(issue.id, 4, at(0)).await.unwrap();
        dying
            .intend(issue.id, vec![claimed[0].reader.id])
            .await
            .unwrap();
        let second = store
            .begin_sending(UncertainPolicy::Hold, at(1))
            .await
            .unwrap();
        if matches!(url, StoreUrl::Sqlite(_)) {
            assert!(second.is_err(), "one sender at a time");
        } else {
            let second = second.unwrap();
            assert!(!second.take_over(at(1)).await.unwrap());
            assert_eq!(second.claim(issue.id, 10, at(1)).await.unwrap().len(), 6);
            second.release(issue.id).await.unwrap();
            assert_eq!(
                second.count_unsent(issue.id).await.unwrap(),
                6,
                "four are in the other's hands"
            );
        }
        drop(dying);
        // A server notices a moment later that a client has gone.
        let heir = loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let Ok(heir) = store
                .begin_sending(UncertainPolicy::Hold, at(2))
                .await
                .unwrap()
            else {
                continue;
            };
            if store.count_deliveries(issue.id).await.unwrap()[DeliveryState::Sending] == 0 {
                break heir;
            }
        };
        assert_eq!(counts(&store, &issue).await, "9 queued, 1 uncertain");
        assert_eq!(heir.claim(issue.id, 100, at(2)).await.unwrap().len(), 9);
        let listed = store.load_unknown_outcomes(issue.id).await.unwrap();
        assert_eq!((listed.len(), listed[0].reader), (1, claimed[0].reader.id));
        assert_eq!(store.resolve(issue.id, &[], true, at(3)).await.unwrap(), 1);
        assert_eq!(heir.claim(issue.id, 100, at(3)).await.unwrap().len(), 1);
    });
}

#[test]
fn who_goes_after_the_claim_gets_nothing_more() {
    on_both("gone", &async |url: &StoreUrl| {
        let (store, issue, sender) = sending(url, 5).await;
        let claimed = sender.claim(issue.id, 5, at(0)).await.unwrap();
        let email = |n: usize| claimed[n].reader.email.clone();
        store.remove_reader(&email(0), &[], at(1)).await.unwrap();
        store
            .remove_reader(&email(1), &["weekly".to_owned()], at(1))
            .await
            .unwrap();
        store.forget_reader(&email(2), at(1)).await.unwrap();
        store
            .remove_reader(&email(3), &["other".to_owned()], at(1))
            .await
            .unwrap();
        let all: Vec<ReaderId> = claimed.iter().map(|claim| claim.reader.id).collect();
        let gone: HashSet<ReaderId> = sender
            .intend(issue.id, all.clone())
            .await
            .unwrap()
            .into_iter()
            .collect();
        assert_eq!(gone, all[..3].iter().copied().collect());
        assert_eq!(counts(&store, &issue).await, "2 sending, 3 suppressed");
        // A delivery that is no longer ours is another matter.
        assert!(sender.intend(issue.id, vec![all[0]]).await.is_err());
    });
}

fn sent(reader: ReaderId) -> Settled {
    Settled {
        reader,
        outcome: Outcome::Sent,
        reply: "250 ok".to_owned(),
    }
}

#[test]
fn nobody_who_has_not_gone_is_suppressed_though_an_intent_is_refused() {
    on_both_at_once("refusals", &async |url: &StoreUrl| {
        // The issue is paused and, between two looks at it, open again; or what is settled was taken over meanwhile.
        for (resumed, expected) in [(true, "2 queued, 1 sent"), (false, "3 queued")] {
            if resumed && !matches!(url, StoreUrl::Sqlite(_)) {
                continue;
            }
            let store = open(url).await;
            let issue = new_issue(&format!("{resumed}"), 0);
            freeze(&store, &issue, &people(3)).await;
            let sender = sender(&store).await;
            let claimed = sender.claim(issue.id, 2, at(0)).await.unwrap();
            let (one, two) = (claimed[0].reader.id, claimed[1].reader.id);
            sender.intend(issue.id, vec![one]).await.unwrap();
            store
                .change_issue(issue.id, &[IssueState::Open], IssueState::Paused, None)
                .await
                .unwrap();
            match resumed {
                true => {
                    tell(
                        url,
                        "CREATE TRIGGER resumed AFTER UPDATE ON delivery WHEN new.state = 2 BEGIN \
                         UPDATE issue SET state = 'open' WHERE id = new.issue; END",
                    )
                    .await;
                }
                false => {
                    tell(
                        url,
                        "UPDATE delivery SET state = 0, owner = NULL WHERE state = 1",
                    )
                    .await;
                }
            }
            sender.settle(issue.id, vec![sent(one)], at(1)).unwrap();
            let refused = sender.intend(issue.id, vec![two]).await;
            assert_eq!(
                matches!(refused, Err(StoreError::Stopped)),
                resumed,
                "{refused:?}"
            );
            assert_eq!(counts(&store, &issue).await, expected, "resumed: {resumed}");
        }
    });
}

#[test]
fn what_is_committed_is_not_written_again_where_the_look_after_it_meets_a_deadlock() {
    on_postgres("deadlock", &async |url: &StoreUrl| {
        let (store, issue, sender) = sending(url, 2).await;
        let claimed = sender.claim(issue.id, 2, at(0)).await.unwrap();
        let (stays, gone) = (claimed[0].reader.id, claimed[1].reader.id);
        store
            .remove_reader(&claimed[1].reader.email, &[], at(1))
            .await
            .unwrap();
        // The first time somebody is suppressed it meets a deadlock.
        tell(url, MEET).await;
        tell(
            url,
            "CREATE TRIGGER meets BEFORE UPDATE ON delivery FOR EACH ROW WHEN (new.state = 4) EXECUTE FUNCTION meet()",
        )
        .await;
        assert_eq!(
            sender.intend(issue.id, vec![stays, gone]).await.unwrap(),
            [gone]
        );
        assert_eq!(counts(&store, &issue).await, "1 sending, 1 suppressed");
    });
}

#[test]
fn nobody_takes_over_what_is_still_being_written() {
    on_both_at_once("writing", &async |url: &StoreUrl| {
        let (store, other) = (open(url).await, open(url).await);
        let issue = new_issue("one", 0);
        freeze(&store, &issue, &people(2000)).await;
        let sender = sender(&store).await;
        let claimed = sender.claim(issue.id, 2000, at(0)).await.unwrap();
        let all: Vec<ReaderId> = claimed.iter().map(|claim| claim.reader.id).collect();
        for some in all.chunks(500) {
            sender.intend(issue.id, some.to_vec()).await.unwrap();
        }
        // More than one commit holds.
        for reader in all {
            sender.settle(issue.id, vec![sent(reader)], at(1)).unwrap();
        }
        drop(sender);
        let began = Instant::now();
        while store.count_deliveries(issue.id).await.unwrap()[DeliveryState::Sending] > 0 {
            assert!(began.elapsed() < Duration::from_secs(20));
            let _ = other
                .begin_sending(UncertainPolicy::Hold, at(2))
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(counts(&store, &issue).await, "2000 sent");
    });
}

#[test]
fn nobody_waits_in_an_issue_that_is_done_whoever_closes_it_meanwhile() {
    on_both("strand", &async |url: &StoreUrl| {
        let (store, other) = (open(url).await, open(url).await);
        let sender = sender(&store).await;
        for slot in 0..20 {
            let issue = new_issue(&slot.to_string(), slot);
            freeze(&store, &issue, &people(1)).await;
            let reader = sender.claim(issue.id, 1, at(slot)).await.unwrap()[0]
                .reader
                .id;
            sender.intend(issue.id, vec![reader]).await.unwrap();
            let settled = Settled {
                reader,
                outcome: Outcome::Unknown(None),
                reply: String::new(),
            };
            sender.settle(issue.id, vec![settled], at(slot)).unwrap();
            sender.flush().await.unwrap();
            let (finished, resolved) = tokio::join!(
                sender.finish(issue.id),
                other.resolve(issue.id, &[], true, at(slot))
            );
            finished.unwrap();
            assert_eq!(resolved.unwrap(), 1);
            assert_eq!(
                store.load_issue(issue.id).await.unwrap().unwrap().state,
                IssueState::Open
            );
            store
                .change_issue(issue.id, &[IssueState::Open], IssueState::Cancelled, None)
                .await
                .unwrap();
            let refused = store.resolve(issue.id, &[], true, at(slot)).await;
            assert!(matches!(refused, Err(StoreError::Stopped)));
        }
    });
}

#[test]
fn a_file_that_a_dead_sender_had_begun_is_simply_written_again() {
    on_both("files", &async |url: &StoreUrl| {
        let store = open(url).await;
        let issue = Issue {
            outbox: true,
            ..new_issue("one", 0)
        };
        freeze(&store, &issue, &people(5)).await;
        let dying = sender(&open(url).await).await;
        begin(&dying, 3).await;
        drop(dying);
        while store.count_deliveries(issue.id).await.unwrap()[DeliveryState::Sending] > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = store
                .begin_sending(UncertainPolicy::Hold, at(1))
                .await
                .unwrap();
        }
        assert_eq!(counts(&store, &issue).await, "5 queued");
        assert!(
            store
                .load_unknown_outcomes(issue.id)
                .await
                .unwrap()
                .is_empty()
        );
    });
}
