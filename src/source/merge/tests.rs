use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::{MOST_ENTRIES, merge};
use crate::feed::{Item, OldFeed};
use crate::post::Came;
use crate::source::copy::FeedCopy;

fn now() -> DateTime<Utc> {
    "2024-06-24T08:00:00Z".parse().unwrap()
}

/// An entry with this number for its id, its path, its title and its hour.
fn item(id: u32, path: u32, title: u32, hour: u32) -> Item {
    let said = now() - TimeDelta::days(30) + TimeDelta::hours(hour.into());
    Item {
        id: format!("id-{id}"),
        link: format!("https://f.example/{path}").parse().ok(),
        title: format!("Title {title}"),
        published: Some(said),
        html: format!("<p>{title}</p>"),
        ..Item::default()
    }
}

fn feed(items: Vec<Item>) -> OldFeed {
    OldFeed {
        id: None,
        address: None,
        title: "Friend".to_owned(),
        home: "https://f.example/".parse().ok(),
        language: None,
        rights: None,
        items,
    }
}

fn merged(copy: &FeedCopy, items: Vec<Item>, came: Came) -> FeedCopy {
    let mut copy = copy.clone();
    copy.feed = "https://f.example/feed".to_owned();
    merge(&mut copy, feed(items), came, now());
    copy
}

#[test]
fn an_entry_is_the_one_that_it_can_be() {
    // The entry that was there, what the feed shows now, and how many entries that makes.
    for (items, count) in [
        (vec![item(1, 1, 1, 1)], 1),
        // One thing changed, or two that are seldom unique.
        (vec![item(2, 1, 1, 1)], 1),
        (vec![item(1, 2, 1, 1)], 1),
        (vec![item(1, 2, 2, 2)], 1),
        (vec![item(2, 2, 1, 1)], 1),
        (vec![item(2, 1, 2, 1)], 1),
        (vec![item(2, 1, 1, 2)], 1),
        // A page that always has the newest entry.
        (vec![item(2, 1, 2, 2)], 2),
        (vec![item(2, 2, 1, 2)], 2),
        (vec![item(2, 2, 2, 1)], 2),
        (vec![item(2, 2, 2, 2)], 2),
        // Beside the old one it is another one, whatever they share.
        (vec![item(1, 1, 1, 1), item(2, 1, 1, 1)], 2),
        (vec![item(1, 1, 1, 1), item(2, 2, 1, 1)], 2),
        (vec![], 1),
    ] {
        let words = format!("{items:?}");
        let before = merged(&FeedCopy::default(), vec![item(1, 1, 1, 1)], Came::First);
        let after = merged(&before, items, Came::Later);
        assert_eq!(after.entries.len(), count, "{words}");
        let first = after.entries.iter().find(|entry| entry.came == Came::First);
        assert_eq!(first.unwrap().id, before.entries[0].id, "{words}");
    }
}

#[test]
fn a_copy_is_bounded_and_keeps_what_the_feed_shows() {
    let copy = (0..20).fold(FeedCopy::default(), |copy, round| {
        let items = (0..100).map(|one| item(round * 100 + one, round * 100 + one, 1, round));
        merged(&copy, items.collect(), Came::Later)
    });
    assert_eq!(copy.entries.len(), MOST_ENTRIES);
    assert!(copy.entries.iter().any(|entry| entry.said == "id-1999"));
    let large = |id| Item {
        html: "x".repeat(2 << 20),
        summary: Some("Short.".to_owned()),
        ..item(id, id, id, id)
    };
    let copy = merged(&FeedCopy::default(), vec![large(1)], Came::First);
    assert_eq!(copy.entries[0].html, "");
}

#[test]
fn an_entry_has_a_title_and_an_address_and_an_id_of_its_own() {
    let mut bare = item(1, 1, 1, 1);
    bare.title = String::new();
    bare.html = "<p>Just some words.</p>".to_owned();
    bare.link = None;
    bare.published = DateTime::from_timestamp(-1, 0);
    let copy = merged(&FeedCopy::default(), vec![bare], Came::First);
    let entry = &copy.entries[0];
    assert_eq!(
        (&*entry.title, entry.url.as_str()),
        ("Just some words.", "https://f.example/")
    );
    assert_eq!(entry.published, now());
    for (id, is_kept) in [
        ("https://f.example/?p=1", true),
        ("https://f.example/1", true),
        ("tag:f.example,2024:1", true),
        ("urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427", true),
        ("https://f.example/", false),
        ("https://f.example/a b", false),
        ("1", false),
        ("post:1", false),
        ("yt:video:1", false),
        ("javascript:x()", false),
    ] {
        let item = Item {
            id: id.to_owned(),
            ..item(1, 1, 1, 1)
        };
        let copy = merged(&FeedCopy::default(), vec![item], Came::First);
        let entry = &copy.entries[0];
        assert_eq!(entry.id == id, is_kept, "{id}");
        assert!(url::Url::parse(&entry.id).is_ok(), "{id}");
    }
}

proptest! {
    /// Whatever a feed shows, one after the other: ids never repeat, none changes, nothing that was there becomes new.
    #[test]
    fn entries_keep_their_ids(rounds in prop::collection::vec(
        prop::collection::vec((0u32..6, 0u32..6, 0u32..4, 0u32..4), 0..6), 1..6,
    )) {
        let mut copy = FeedCopy::default();
        for (number, round) in rounds.into_iter().enumerate() {
            let mut items: Vec<Item> = Vec::new();
            for (id, path, title, hour) in round {
                let new = item(id, path, title, hour);
                if items.iter().all(|known| known.id != new.id) {
                    items.push(new);
                }
            }
            let came = if number == 0 { Came::First } else { Came::Later };
            let shown: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
            let after = merged(&copy, items, came);
            let mut ids: Vec<&str> = after.entries.iter().map(|entry| &*entry.id).collect();
            ids.sort_unstable();
            let count = ids.len();
            ids.dedup();
            prop_assert_eq!(ids.len(), count);
            for entry in &copy.entries {
                let same = after.entries.iter().find(|other| other.id == entry.id);
                prop_assert!(same.is_some_and(|same| same.came == entry.came));
            }
            for said in shown {
                prop_assert!(after.entries.iter().any(|entry| entry.said == said));
            }
            copy = after;
        }
    }
}
