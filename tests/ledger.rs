//! The ledger on both databases by the same code: claims, owners, series over issues, upgrades.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sqlx::{Connection, Executor};
use tidings::config::{StoreUrl, Uncertain};
use tidings::inside::consent::{ReaderState, Source, Wish};
use tidings::inside::ledger::{DeliveryState, Issue, IssueState, Outcome, Settled, Slot, SlotKind};
use tidings::inside::reader::{Email, ReaderId};
use tidings::inside::store::{Access, Asked, Freeze, Frozen, Sender, Store, StoreError};
use tidings::inside::token::random_id;
use tokio::runtime::{self, Runtime};

use crate::database::Database;

/// The schema as the first version made it; never edited.
const FIRST_SCHEMA: &str = include_str!("schema-1.sql");

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_719_208_800 + seconds, 0).unwrap()
}

/// Does the same on a fresh SQLite file and, where there is a server, in a fresh database on it.
pub(crate) fn on_both<F: AsyncFn(&StoreUrl)>(name: &str, work: &F) {
    on_both_in(&Runtime::new().unwrap(), name, work);
}

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

fn on_both_in<F: AsyncFn(&StoreUrl)>(runtime: &Runtime, name: &str, work: &F) {
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(work(&StoreUrl::Sqlite(folder.path().join("tidings.db"))));
    if let Some(database) = Database::fresh(name) {
        runtime.block_on(work(&StoreUrl::Postgres(database.url())));
    }
}

pub(crate) async fn open(url: &StoreUrl) -> Store {
    Store::open(url, Access::Write, at(0)).await.unwrap()
}

pub(crate) fn people(count: usize) -> Vec<(Email, Option<String>)> {
    (0..count)
        .map(|n| (format!("reader{n}@x.example").parse().unwrap(), None))
        .collect()
}

pub(crate) fn new_issue(slot: &str, made: i64) -> Issue {
    Issue {
        id: random_id().into(),
        digest: "weekly".to_owned(),
        slot: Slot {
            kind: SlotKind::Scheduled,
            name: slot.to_owned(),
        },
        made_at: at(made),
        state: IssueState::Open,
        reason: None,
        subject: "Tea".to_owned(),
        outbox: false,
        key: 100,
    }
}

pub(crate) async fn freeze(store: &Store, issue: &Issue, to: &[(Email, Option<String>)]) -> Frozen {
    let freeze = Freeze {
        issue,
        compiled: "{}",
        page: "",
        posts: &[],
        to,
        subscribers: true,
        slot_at: None,
        again: false,
    };
    store.freeze(&freeze).await.unwrap()
}

pub(crate) async fn sender(store: &Store) -> Sender {
    store
        .begin_sending(Uncertain::Retry, at(0))
        .await
        .unwrap()
        .unwrap()
}

pub(crate) async fn reader(store: &Store, address: &str) -> (ReaderId, ReaderState) {
    store
        .find_reader(&address.parse().unwrap())
        .await
        .unwrap()
        .unwrap()
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
        assert_eq!(
            store.counts(issue.id).await.unwrap().to_string(),
            "16 queued, 4 suppressed"
        );
        assert!(sender.claim(issue.id, 7, at(2)).await.unwrap().is_empty());
    });
}

#[test]
fn an_intent_holds_only_for_what_is_owned_in_an_open_issue() {
    on_both("intents", &async |url: &StoreUrl| {
        let store = open(url).await;
        let issue = new_issue("one", 0);
        freeze(&store, &issue, &people(3)).await;
        let sender = sender(&store).await;
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
        // What is on the wire is written down all the same.
        let settled = Settled {
            reader: one,
            outcome: Outcome::Sent,
            reply: "250 ok".to_owned(),
        };
        sender.settle(issue.id, vec![settled], at(1)).unwrap();
        sender.flush().await.unwrap();
        assert_eq!(
            store.counts(issue.id).await.unwrap().to_string(),
            "2 queued, 1 sent"
        );
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
        assert_eq!(
            store.counts(issue.id).await.unwrap().to_string(),
            "2 queued, 1 sent"
        );
    });
}

#[test]
fn what_a_dead_sender_had_is_put_in_order_and_what_a_living_one_has_is_left_alone() {
    on_both("owners", &async |url: &StoreUrl| {
        let store = open(url).await;
        let issue = new_issue("one", 0);
        freeze(&store, &issue, &people(10)).await;
        let dying = sender(&open(url).await).await;
        let claimed = dying.claim(issue.id, 4, at(0)).await.unwrap();
        dying
            .intend(issue.id, vec![claimed[0].reader.id])
            .await
            .unwrap();
        let second = store.begin_sending(Uncertain::Hold, at(1)).await.unwrap();
        if matches!(url, StoreUrl::Sqlite(_)) {
            assert!(second.is_err(), "one sender at a time");
        } else {
            let second = second.unwrap();
            assert!(!second.take_over(at(1)).await.unwrap());
            assert_eq!(second.claim(issue.id, 10, at(1)).await.unwrap().len(), 6);
            second.release(issue.id).await.unwrap();
            assert_eq!(
                second.unsent_count(issue.id).await.unwrap(),
                6,
                "four are in the other's hands"
            );
        }
        drop(dying);
        // A server notices a moment later that a client has gone.
        let heir = loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let Ok(heir) = store.begin_sending(Uncertain::Hold, at(2)).await.unwrap() else {
                continue;
            };
            if store.counts(issue.id).await.unwrap()[DeliveryState::Sending] == 0 {
                break heir;
            }
        };
        assert_eq!(
            store.counts(issue.id).await.unwrap().to_string(),
            "9 queued, 1 uncertain"
        );
        assert_eq!(heir.claim(issue.id, 100, at(2)).await.unwrap().len(), 9);
        let listed = store.load_uncertainties(issue.id).await.unwrap();
        assert_eq!((listed.len(), listed[0].reader), (1, claimed[0].reader.id));
        assert_eq!(store.resolve(issue.id, &[], true, at(3)).await.unwrap(), 1);
        assert_eq!(heir.claim(issue.id, 100, at(3)).await.unwrap().len(), 1);
    });
}

#[test]
fn the_third_issue_in_a_row_that_an_address_refuses_suppresses_it() {
    on_both("refused", &async |url: &StoreUrl| {
        for (outcomes, expected) in [
            (
                vec![Outcome::Refused, Outcome::Refused],
                ReaderState::Active,
            ),
            (
                vec![Outcome::Refused, Outcome::Refused, Outcome::Refused],
                ReaderState::Bounced,
            ),
            (
                vec![
                    Outcome::Refused,
                    Outcome::Refused,
                    Outcome::Sent,
                    Outcome::Refused,
                ],
                ReaderState::Active,
            ),
            (
                vec![Outcome::GivenUp, Outcome::GivenUp, Outcome::GivenUp],
                ReaderState::Active,
            ),
            (vec![Outcome::Bounced], ReaderState::Bounced),
        ] {
            let store = open(url).await;
            let address = format!("r{}@x.example", random_id());
            let sender = loop {
                if let Ok(sender) = store.begin_sending(Uncertain::Retry, at(0)).await.unwrap() {
                    break sender;
                }
            };
            for (number, outcome) in outcomes.iter().enumerate() {
                let made = i64::try_from(number).unwrap();
                let issue = new_issue(&format!("{address} {number}"), made);
                freeze(&store, &issue, &[(address.parse().unwrap(), None)]).await;
                let claimed = sender.claim(issue.id, 1, at(made)).await.unwrap();
                sender
                    .intend(issue.id, vec![claimed[0].reader.id])
                    .await
                    .unwrap();
                let reply = "550 no\u{a0}such user".to_owned();
                let settled = Settled {
                    reader: claimed[0].reader.id,
                    outcome: outcome.clone(),
                    reply,
                };
                sender.settle(issue.id, vec![settled], at(made)).unwrap();
                sender.flush().await.unwrap();
                assert!(sender.finish(issue.id).await.unwrap());
            }
            assert_eq!(reader(&store, &address).await.1, expected, "{outcomes:?}");
        }
    });
}

#[test]
fn a_slot_is_filled_once_also_by_two_at_the_same_time() {
    on_both("slots", &async |url: &StoreUrl| {
        let (one, two) = (open(url).await, open(url).await);
        for slot in 0..10 {
            let (first, second) = (
                new_issue(&slot.to_string(), slot),
                new_issue(&slot.to_string(), slot),
            );
            let to = people(50);
            let (first, second) =
                tokio::join!(freeze(&one, &first, &to), freeze(&two, &second, &to));
            let made = [first, second]
                .iter()
                .filter(|frozen| **frozen == Frozen::Made(50))
                .count();
            assert_eq!(
                (made, first == Frozen::Already || second == Frozen::Already),
                (1, true)
            );
        }
    });
}

#[test]
fn a_store_of_the_first_version_is_upgraded_and_one_of_a_later_is_refused() {
    on_both("versions", &async |url: &StoreUrl| {
        let address = match url {
            StoreUrl::Sqlite(file) => format!("sqlite://{}?mode=rwc", file.display()),
            StoreUrl::Postgres(address) => address.clone(),
        };
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&address).await.unwrap();
        pool.execute(sqlx::raw_sql(FIRST_SCHEMA)).await.unwrap();
        let slots = [
            ("begin", "known"),
            ("begin 2024-06-24T06:00:00+00:00", "known"),
            ("post tag:hums.example,2024:tea", "post"),
            ("post to the outbox tag:hums.example,2024:tea", "post"),
            (
                "by hand 2024-06-24T06:00:00+00:00 00000000000000aa",
                "by hand",
            ),
            ("2024-07-01T06:00:00+00:00 cancelled 8", "scheduled"),
            ("leave 2024-06-24", "letter"),
        ];
        for (number, (slot, _)) in slots.iter().enumerate() {
            let text = format!(
                "INSERT INTO issue (id, digest, slot, made_at, state, subject, page, compiled, outbox, key) \
                 VALUES ({}, 'old', '{slot}', 0, 'done', '', '', '', 0, 100)",
                number + 100
            );
            let text = sqlx::raw_sql(sqlx::AssertSqlSafe(text));
            pool.execute(text).await.unwrap();
        }
        let store = open(url).await;
        for (number, (slot, kind)) in (100..).zip(slots) {
            let issue = store.issue(number.into()).await.unwrap().unwrap();
            assert_eq!((issue.slot.kind.word(), &*issue.slot.name), (kind, slot));
        }
        let read = Store::open(url, Access::Read, at(0)).await.unwrap();
        assert_eq!(store.name(), "00000000deadbeef");
        assert_eq!(read.last_slot("weekly").await.unwrap(), Some(1_719_208_800));
        let (id, state) = reader(&store, "ada@x.example").await;
        assert_eq!((id, state), (42, ReaderState::Active));
        let issue = store.issues().await.unwrap().remove(0);
        assert_eq!((issue.id, issue.state), (7.into(), IssueState::Open));
        let sender = sender(&store).await;
        assert_eq!(
            sender.claim(7.into(), 10, at(0)).await.unwrap()[0]
                .reader
                .email
                .as_str(),
            "ada@x.example"
        );
        assert!(
            store
                .load_announced("weekly", true)
                .await
                .unwrap()
                .contains("tag:hums.example,2024:tea")
        );
        drop(sender);

        pool.execute(sqlx::raw_sql("UPDATE schema_version SET version = 1000"))
            .await
            .unwrap();
        let refused = Store::open(url, Access::Write, at(0)).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::Newer { found: 1000, .. }),
            "{refused}"
        );
        pool.close().await;
    });
}

#[test]
fn the_schema_refuses_what_no_ledger_may_hold() {
    on_both("checks", &async |url: &StoreUrl| {
        let store = open(url).await;
        freeze(&store, &new_issue("one", 0), &people(1)).await;
        let address = match url {
            StoreUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
            StoreUrl::Postgres(address) => address.clone(),
        };
        let pool = sqlx::AnyPool::connect(&address).await.unwrap();
        for text in [
            "UPDATE delivery SET state = 1",
            "UPDATE delivery SET state = 9",
            "UPDATE issue SET state = 'odd'",
            "UPDATE issue SET kind = 'odd'",
            "UPDATE reader SET address = NULL",
            "UPDATE reader SET state = 'odd'",
            "INSERT INTO delivery SELECT * FROM delivery",
        ] {
            assert!(pool.execute(text).await.is_err(), "{text}");
        }
        pool.close().await;
    });
}

async fn announce(store: &Store, issue: &Issue, posts: &[&str], again: bool) -> Frozen {
    let posts: Vec<String> = posts.iter().map(ToString::to_string).collect();
    let to = people(2);
    let (compiled, page) = ("{}", "");
    let freeze = Freeze {
        issue,
        compiled,
        page,
        posts: &posts,
        to: &to,
        subscribers: true,
        slot_at: None,
        again,
    };
    store.freeze(&freeze).await.unwrap()
}

#[test]
fn what_a_relay_has_carried_stays_so_whatever_goes_into_the_outbox() {
    on_both("carried", &async |url: &StoreUrl| {
        let store = open(url).await;
        let issue = |slot: &str, outbox| Issue {
            outbox,
            ..new_issue(slot, 0)
        };
        announce(&store, &issue("one", true), &["a", "b"], false).await;
        assert!(
            store
                .load_announced("weekly", true)
                .await
                .unwrap()
                .is_empty(),
            "only the outbox has it"
        );
        announce(&store, &issue("two", false), &["a"], false).await;
        assert_eq!(
            announce(&store, &issue("three", true), &["a"], true).await,
            Frozen::Made(2)
        );
        assert_eq!(
            store.load_announced("weekly", true).await.unwrap(),
            HashSet::from(["a".to_owned()])
        );
        assert_eq!(
            store.load_carried("weekly", true).await.unwrap(),
            HashSet::from(["a".to_owned()])
        );
    });
}

#[test]
fn a_post_is_carried_once_also_by_two_who_planned_at_the_same_time() {
    on_both("twice", &async |url: &StoreUrl| {
        let (one, two) = (open(url).await, open(url).await);
        one.begin_digest("weekly", &[], 0, at(0)).await.unwrap();
        for round in 0..10 {
            let (first, second) = (
                new_issue(&format!("{round} one"), 0),
                new_issue(&format!("{round} two"), 0),
            );
            let (shared, own) = (format!("post{round}"), format!("own{round}"));
            let (alone, with_own) = ([shared.as_str()], [own.as_str(), &shared]);
            let (first, second) = tokio::join!(
                announce(&one, &first, &alone, false),
                announce(&two, &second, &with_own, false)
            );
            let made = [first, second]
                .iter()
                .filter(|frozen| **frozen == Frozen::Made(2))
                .count();
            assert_eq!(made, 1, "{first:?} {second:?}");
        }
        assert_eq!(
            announce(&one, &new_issue("again", 0), &["post0"], true).await,
            Frozen::Made(2)
        );
    });
}

#[test]
fn the_posts_of_an_issue_that_nobody_got_are_news_again_when_it_is_cancelled() {
    on_both("cancelled", &async |url: &StoreUrl| {
        let store = open(url).await;
        let sender = sender(&store).await;
        for (outcome, is_news) in [
            (None, true),
            (Some(Outcome::Deferred(at(60))), true),
            (Some(Outcome::Sent), false),
            (Some(Outcome::Uncertain(None)), false),
            (Some(Outcome::Uncertain(Some(at(60)))), false),
        ] {
            let post = format!("{outcome:?}");
            let issue = new_issue(&post, 0);
            announce(&store, &issue, &[&post], false).await;
            if let Some(outcome) = outcome {
                let reader = sender.claim(issue.id, 1, at(0)).await.unwrap()[0].reader.id;
                sender.intend(issue.id, vec![reader]).await.unwrap();
                let settled = Settled {
                    reader,
                    outcome,
                    reply: String::new(),
                };
                sender.settle(issue.id, vec![settled], at(0)).unwrap();
                sender.flush().await.unwrap();
            }
            let open = [IssueState::Open];
            assert!(
                store
                    .change_issue(issue.id, &open, IssueState::Cancelled, Some("by hand"))
                    .await
                    .unwrap()
            );
            assert!(
                !store
                    .change_issue(issue.id, &open, IssueState::Paused, None)
                    .await
                    .unwrap(),
                "it stays so"
            );
            assert_eq!(store.is_void(issue.id).await.unwrap(), is_news, "{post}");
            assert_eq!(
                !store
                    .load_announced("weekly", true)
                    .await
                    .unwrap()
                    .contains(&post),
                is_news,
                "{post}"
            );
            assert_eq!(
                !store
                    .load_carried("weekly", true)
                    .await
                    .unwrap()
                    .contains(&post),
                is_news,
                "{post}"
            );
            // The slot is free, too; the next issue announces the post for good.
            let next = new_issue(&post, 1);
            let frozen = announce(&store, &next, &[&post], false).await;
            assert_eq!(
                matches!(frozen, Frozen::Made(_)),
                is_news,
                "{post}: {frozen:?}"
            );
            assert!(
                store
                    .load_announced("weekly", true)
                    .await
                    .unwrap()
                    .contains(&post)
            );
        }
    });
}

#[test]
fn posts_that_become_known_within_one_second_are_all_known() {
    on_both("known", &async |url: &StoreUrl| {
        let store = open(url).await;
        for post in ["a", "b"] {
            let posts = [post.to_owned()];
            store.know_posts("weekly", &posts, at(0)).await.unwrap();
        }
        let known = store.load_announced("weekly", true).await.unwrap();
        assert_eq!(known, HashSet::from(["a".to_owned(), "b".to_owned()]));
        assert!(store.load_carried("weekly", true).await.unwrap().is_empty());
        assert!(store.issues().await.unwrap().is_empty());
    });
}

#[test]
fn who_goes_after_the_claim_gets_nothing_more() {
    on_both("gone", &async |url: &StoreUrl| {
        let store = open(url).await;
        let issue = new_issue("one", 0);
        freeze(&store, &issue, &people(5)).await;
        let sender = sender(&store).await;
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
        assert_eq!(
            store.counts(issue.id).await.unwrap().to_string(),
            "2 sending, 3 suppressed"
        );
        // Who is not ours any more is another matter.
        assert!(sender.intend(issue.id, vec![all[0]]).await.is_err());
    });
}

/// Says this to the database itself.
pub(crate) async fn tell(url: &StoreUrl, text: &'static str) {
    let address = match url {
        StoreUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
        StoreUrl::Postgres(address) => address.clone(),
    };
    let mut connection = sqlx::AnyConnection::connect(&address).await.unwrap();
    connection.execute(sqlx::raw_sql(text)).await.unwrap();
    connection.close().await.unwrap();
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
            assert_eq!(
                store.counts(issue.id).await.unwrap().to_string(),
                expected,
                "resumed: {resumed}"
            );
        }
    });
}

#[test]
fn what_is_committed_is_not_written_again_where_the_look_after_it_meets_a_deadlock() {
    let Some(database) = Database::fresh("deadlock") else {
        return;
    };
    let url = StoreUrl::Postgres(database.url());
    Runtime::new().unwrap().block_on(async {
        let store = open(&url).await;
        let issue = new_issue("one", 0);
        freeze(&store, &issue, &people(2)).await;
        let sender = sender(&store).await;
        let claimed = sender.claim(issue.id, 2, at(0)).await.unwrap();
        let (stays, gone) = (claimed[0].reader.id, claimed[1].reader.id);
        store.remove_reader(&claimed[1].reader.email, &[], at(1)).await.unwrap();
        // The first time somebody is suppressed it meets a deadlock.
        tell(
            &url,
            "CREATE SEQUENCE met; CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('met') = 1 THEN RAISE EXCEPTION 'crosswise' USING ERRCODE = '40P01'; END IF; RETURN new; END $$; \
             CREATE TRIGGER meets BEFORE UPDATE ON delivery FOR EACH ROW WHEN (new.state = 4) EXECUTE FUNCTION meet()",
        )
        .await;
        assert_eq!(sender.intend(issue.id, vec![stays, gone]).await.unwrap(), [gone]);
        assert_eq!(store.counts(issue.id).await.unwrap().to_string(), "1 sending, 1 suppressed");
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
        while store.counts(issue.id).await.unwrap()[DeliveryState::Sending] > 0 {
            assert!(began.elapsed() < Duration::from_secs(20));
            let _ = other.begin_sending(Uncertain::Hold, at(2)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(
            store.counts(issue.id).await.unwrap().to_string(),
            "2000 sent"
        );
    });
}

#[test]
fn a_copy_bears_the_name_with_which_the_issue_was_frozen() {
    on_both("names", &async |url: &StoreUrl| {
        let store = open(url).await;
        let to = [("ada@x.example".parse().unwrap(), Some("Ada".to_owned()))];
        let issue = new_issue("one", 0);
        freeze(&store, &issue, &to).await;
        let asked = Asked {
            wish: Wish::Subscribe,
            by: Source::Owner,
            digests: &[],
            consent: None,
        };
        let renamed = [(to[0].0.clone(), Some("Countess".to_owned()))];
        store.ask(&renamed, &asked, at(1)).await.unwrap();
        let sender = sender(&store).await;
        assert_eq!(
            sender.claim(issue.id, 1, at(1)).await.unwrap()[0]
                .reader
                .name
                .as_deref(),
            Some("Ada")
        );
        let next = new_issue("two", 2);
        freeze(&store, &next, &to).await;
        assert_eq!(
            sender.claim(next.id, 1, at(2)).await.unwrap()[0]
                .reader
                .name
                .as_deref(),
            Some("Countess")
        );
    });
}

#[test]
fn a_reader_whose_bounce_was_the_relays_fault_waits_again_once_and_a_person_brings_back_the_others()
{
    on_both("doubted", &async |url: &StoreUrl| {
        let store = open(url).await;
        let issue = new_issue("one", 0);
        freeze(&store, &issue, &people(3)).await;
        let sender = sender(&store).await;
        for (round, left) in [(0, 2), (1, 1), (2, 0)] {
            let claimed = sender.claim(issue.id, 2, at(round)).await.unwrap();
            let all: Vec<ReaderId> = claimed.iter().map(|claim| claim.reader.id).collect();
            sender.intend(issue.id, all.clone()).await.unwrap();
            let bounced = |reader: &ReaderId| Settled {
                reader: *reader,
                outcome: Outcome::Bounced,
                reply: "550 5.1.1 no".to_owned(),
            };
            sender
                .settle(issue.id, all.iter().map(bounced).collect(), at(round))
                .unwrap();
            sender.flush().await.unwrap();
            let before = store.counts(issue.id).await.unwrap()[DeliveryState::Bounced];
            sender
                .doubt_refusals(issue.id, &all, at(round))
                .await
                .unwrap();
            let after = store.counts(issue.id).await.unwrap()[DeliveryState::Bounced];
            assert_eq!(before - after, left, "in round {round}");
        }
        let asked = Asked {
            wish: Wish::Subscribe,
            by: Source::Owner,
            digests: &[],
            consent: None,
        };
        store.ask(&people(3), &asked, at(5)).await.unwrap();
        for n in 0..3 {
            assert_eq!(
                reader(&store, &format!("reader{n}@x.example")).await.1,
                ReaderState::Active
            );
        }
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
                outcome: Outcome::Uncertain(None),
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
                store.issue(issue.id).await.unwrap().unwrap().state,
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
        let claimed = dying.claim(issue.id, 3, at(0)).await.unwrap();
        dying
            .intend(
                issue.id,
                claimed.iter().map(|claim| claim.reader.id).collect(),
            )
            .await
            .unwrap();
        drop(dying);
        while store.counts(issue.id).await.unwrap()[DeliveryState::Sending] > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = store.begin_sending(Uncertain::Hold, at(1)).await.unwrap();
        }
        assert_eq!(
            store.counts(issue.id).await.unwrap().to_string(),
            "5 queued"
        );
        assert!(store.load_uncertainties(issue.id).await.unwrap().is_empty());
    });
}
