//! Slots, announced posts and frozen issues.

use std::collections::HashSet;

use tidings::config::StoreUrl;
use tidings::inside::consent::{Source, Wish};
use tidings::inside::ledger::{Issue, IssueState, Outcome, Settled};
use tidings::inside::store::{ConsentRequest, Freeze, Frozen, Store};

use crate::stores::{at, freeze, new_issue, on_both, open, people, sender};

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
            (Some(Outcome::Unknown(None)), false),
            (Some(Outcome::Unknown(Some(at(60)))), false),
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
        assert!(store.load_issues().await.unwrap().is_empty());
    });
}

#[test]
fn a_copy_bears_the_name_with_which_the_issue_was_frozen() {
    on_both("names", &async |url: &StoreUrl| {
        let store = open(url).await;
        let to = ["Ada <ada@x.example>".parse().unwrap()];
        let issue = new_issue("one", 0);
        freeze(&store, &issue, &to).await;
        let request = ConsentRequest {
            wish: Wish::Subscribe,
            by: Source::Owner,
            digests: &[],
            consent: None,
        };
        let renamed = ["Countess <ada@x.example>".parse().unwrap()];
        store.request(&renamed, &request, at(1)).await.unwrap();
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
