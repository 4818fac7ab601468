//! Tables of what a digest does next, without a store and without files.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{ManualOptions, Next, Record, Situation, find_earlier_name, plan};
use crate::config::{Dialect, Digest, Site};
use crate::ledger::{DigestProgress, Holding};
use crate::post::dialect::Habits;
use crate::post::{Post, Read, read};

const MONDAY: &str = "2024-06-24T08:00:05Z";

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

fn site() -> Site {
    toml::from_str("title = \"Hums\"\nurl = \"https://hums.example/\"").unwrap()
}

fn digest() -> Digest {
    toml::from_str("name = \"weekly\"\nschedule = \"0 8 * * MON\"").unwrap()
}

fn posts(ids: impl IntoIterator<Item = String>) -> Vec<Post> {
    let habits = Habits::new(Dialect::Plain, chrono_tz::UTC);
    let post = |id: String| {
        let text = format!("---\ntitle: {id}\ndate: 2024-05-01\n---\nText.\n");
        match read(&format!("{id}.md"), &text, &site(), &habits, None).unwrap() {
            Read::Post(draft) => Post {
                id: id.into(),
                ..draft.post
            },
            other => panic!("{other:?}"),
        }
    };
    ids.into_iter().map(post).collect()
}

fn ids(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}{n}")).collect()
}

/// A store that has announced these posts, and filled the slot a week ago.
fn record(announced: Vec<String>) -> Record {
    let announced: HashSet<String> = announced.into_iter().collect();
    Record {
        store: "one".to_owned(),
        last_slot: Some(at("2024-06-17T08:00:00Z").timestamp()),
        progress: DigestProgress {
            frozen: 1,
            ended: 1,
        },
        ever: announced.clone(),
        carried: announced.clone(),
        announced,
    }
}

/// Returns the next step: `wait`, `ahead`, the number of news, or the error.
fn next(
    posts: &[Post],
    record: &Record,
    began: Option<&str>,
    wish: Option<ManualOptions<'_>>,
) -> String {
    let (site, digest) = (site(), digest());
    let situation = Situation {
        digest: &digest,
        site: &site,
        posts,
        record,
        backlog: &HashSet::new(),
        began,
        noted: None,
        wish,
        now: at(MONDAY),
    };
    match plan(&situation) {
        Ok(Next::Wait) => "wait".to_owned(),
        Ok(Next::Ahead(_)) => "ahead".to_owned(),
        Ok(Next::Go(plan)) => plan.news.len().to_string(),
        Err(finding) => finding.to_string(),
    }
}

#[test]
fn posts_in_place_of_the_announced_ones_are_refused_and_new_ones_are_not() {
    // Announced and still there, announced and gone, unknown.
    for (kept, gone, unknown, is_refused) in [
        (0, 9, 9, true),
        (0, 3, 3, true),
        (0, 2, 2, true),
        (1, 2, 2, true),
        (2, 2, 4, true),
        (2, 7, 7, true),
        // A site that lost posts long ago and then its lock.
        (0, 30, 15, true),
        (0, 10, 10, true),
        // One post cannot be told from a new one in place of another.
        (0, 1, 1, false),
        (0, 1, 5, false),
        (3, 1, 1, false),
        // A young site that grows.
        (1, 0, 2, false),
        (2, 0, 9, false),
        (5, 0, 5, false),
        // Posts were deleted on purpose, and others came.
        (4, 4, 3, false),
        (50, 50, 2, false),
        (9, 3, 9, false),
        // Much at once in a site of some size.
        (10, 0, 10, false),
        (10, 0, 11, true),
    ] {
        let announced = [ids("kept", kept), ids("gone", gone)].concat();
        let posts = posts([ids("kept", kept), ids("new", unknown)].concat());
        let next = next(&posts, &record(announced), Some("one"), None);
        let case = format!("{kept} kept, {gone} gone, {unknown} unknown: {next}");
        match is_refused {
            true => assert!(next.contains("posts that it does not know"), "{case}"),
            false => assert_eq!(next, unknown.to_string(), "{case}"),
        }
    }
}

#[test]
fn another_store_is_refused_at_every_run_and_by_hand() {
    let posts = posts(ids("new", 1));
    let begun = record(ids("old", 1));
    let empty = Record {
        store: "one".to_owned(),
        ..Record::default()
    };
    let by_hand = Some(ManualOptions::default());
    let new_store = Some(ManualOptions {
        new_store: true,
        ..ManualOptions::default()
    });
    for (record, began, wish, expected) in [
        (&begun, Some("one"), None, "1"),
        (&begun, Some("one"), by_hand, "1"),
        // A lock that was lost and grew anew.
        (&begun, None, None, "1"),
        (&begun, Some("two"), None, "another store (two)"),
        (&begun, Some("two"), by_hand, "another store (two)"),
        // Every post is known then.
        (&begun, Some("two"), new_store, "0"),
        (&begun, Some("one"), new_store, "nothing to begin anew"),
        (&empty, Some("two"), None, "this one is empty"),
        (&empty, Some("two"), new_store, "0"),
        (&empty, None, None, "0"),
    ] {
        let next = next(&posts, record, began, wish);
        assert!(next.contains(expected), "{began:?} {wish:?}: {next}");
    }
}

#[test]
fn a_last_slot_in_the_future_is_told_from_one_that_is_filled() {
    let posts = posts(ids("new", 1));
    let by_hand = Some(ManualOptions::default());
    for (last, wish, expected) in [
        ("2024-06-17T08:00:00Z", None, "1"),
        ("2024-06-24T08:00:00Z", None, "wait"),
        // A clock that was put right by a few minutes.
        ("2024-06-24T08:05:00Z", None, "wait"),
        ("2024-06-25T08:00:00Z", None, "ahead"),
        ("2036-01-07T08:00:00Z", None, "ahead"),
        ("2036-01-07T08:00:00Z", by_hand, "1"),
    ] {
        let record = Record {
            last_slot: Some(at(last).timestamp()),
            ..record(ids("old", 1))
        };
        assert_eq!(next(&posts, &record, None, wish), expected, "{last}");
    }
}

#[test]
fn a_digest_is_kept_under_its_earlier_name_or_what_nobody_claims_is_refused() {
    let held = |has_begun| Holding {
        has_begun,
        readers: 3,
        announced: 0,
    };
    let begun = |name: &'static str| (name, held(true));
    let waiting = |name: &'static str| (name, held(false));
    let refused = |other: &str| format!("the store keeps `{other}`");
    // Each case has the store's names, the earlier name, and the one that is found, or words of the error.
    for (kept, was, expected) in [
        (vec![], None, Ok(None)),
        (vec![], Some("old"), Ok(None)),
        (vec![begun("weekly")], Some("old"), Ok(None)),
        (vec![waiting("weekly")], None, Ok(None)),
        (vec![begun("old")], Some("old"), Ok(Some("old"))),
        (vec![waiting("old")], Some("old"), Ok(Some("old"))),
        (
            vec![begun("old"), waiting("weekly")],
            Some("old"),
            Ok(Some("old")),
        ),
        (
            vec![waiting("old"), begun("weekly")],
            Some("old"),
            Ok(Some("old")),
        ),
        (
            vec![begun("old"), begun("weekly")],
            Some("old"),
            Err("and so has `old`".to_owned()),
        ),
        (vec![begun("old")], None, Err(refused("old"))),
        (vec![waiting("old")], None, Err(refused("old"))),
        (vec![begun("older")], Some("old"), Err(refused("older"))),
        // A digest that has begun minds nobody else.
        (vec![begun("old"), begun("weekly")], None, Ok(None)),
        // Another digest of the config bears or bore it.
        (vec![begun("second")], None, Ok(None)),
        (vec![begun("first")], None, Ok(None)),
    ] {
        let case = format!("{kept:?}, {was:?}");
        let digest = Digest {
            was: was.map(str::to_owned),
            ..digest()
        };
        let second = Digest {
            name: "second".to_owned(),
            was: Some("first".to_owned()),
            ..digest.clone()
        };
        let holdings = kept
            .into_iter()
            .map(|(name, holding)| (name.to_owned(), holding))
            .collect();
        let digests = [digest.clone(), second];
        match (find_earlier_name(&digest, &digests, &holdings), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{case}"),
            (Err(finding), Err(words)) => {
                assert!(finding.to_string().contains(&words), "{case}: {finding}");
            }
            (found, _) => panic!("{case}: {found:?}"),
        }
    }
}
