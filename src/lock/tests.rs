//! The ids of posts through renames, swaps, copies and other hosts.

mod copied;
mod text;
mod twins;
mod unclear;
mod unkept;
mod vanished;

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, TimeZone, Utc};

use super::assign::Assigned;
use super::{Absence, Lock, Past, Unnamed};
use crate::post::Signature;

fn post<'a>(path: &'a str, title: &'a str) -> Unnamed<'a> {
    Unnamed {
        path,
        published: Utc.with_ymd_and_hms(2024, 3, 18, 0, 0, 0).unwrap(),
        title,
        id: None,
    }
}

/// A last build that had posts with these ids and texts (`?` is one that is not known), and the texts of today by number.
#[derive(Default)]
struct Build<'a> {
    before: HashMap<String, &'a str>,
    now: Vec<&'a str>,
    /// The file that its author leaves out, and why; its text is `broken_text`.
    left_out: Option<(&'a str, Absence)>,
    /// The files that an error leaves out, or that are left out and new, and the text of each.
    broken: Vec<String>,
    broken_text: &'a str,
    unkept: Vec<String>,
    /// Ids that only an earlier build had.
    earlier: Vec<String>,
    /// The last texts of posts that only an earlier build had.
    texts_of_earlier: HashMap<String, &'a str>,
    is_lost: bool,
}

impl Build<'_> {
    /// The text of every post of today and of earlier, where none is given.
    fn unchanging(&self) -> Option<&str> {
        (self.now.is_empty() && self.before.is_empty()).then_some("Hot.")
    }
}

impl Past for Build<'_> {
    fn is_day(&self, instant: DateTime<Utc>) -> bool {
        instant.time() == NaiveTime::MIN
    }

    fn is_known(&self) -> bool {
        !self.is_lost
    }

    fn before(&self, id: &str) -> Option<Signature> {
        let text = self.before.get(id)?;
        Some(match *text {
            "?" => Signature::UNKNOWN,
            text => Signature::from_text(text),
        })
    }

    fn now(&self, number: usize) -> Option<Signature> {
        let text = self.now.get(number).copied();
        text.or(self.unchanging()).map(Signature::from_text)
    }

    fn absent(&self, path: &str) -> Option<Signature> {
        let is_left_out = self.left_out.is_some_and(|(left_out, _)| left_out == path);
        let is_broken = is_left_out || self.broken.iter().any(|broken| broken == path);
        let text = match self.broken_text {
            "?" => Signature::UNKNOWN,
            text => Signature::from_text(text),
        };
        is_broken.then_some(text)
    }

    fn absence(&self, path: &str) -> Option<Absence> {
        let broken = self.broken.iter().any(|broken| broken == path);
        let left_out = self.left_out.filter(|(left_out, _)| *left_out == path);
        let left_out = left_out.map(|(_, why)| why);
        broken.then_some(Absence::Broken).or(left_out)
    }

    fn possible_posts(&self) -> &[String] {
        &self.broken
    }

    fn earlier(&self, id: &str) -> Option<Signature> {
        let text = self.texts_of_earlier.get(id).copied();
        text.or(self.unchanging()).map(Signature::from_text)
    }

    fn is_shared(&self, text: Signature) -> bool {
        let texts = self.before.values().map(|text| Signature::from_text(text));
        texts.filter(|other| *other == text).count() > 1
    }

    fn was_published(&self, id: &str) -> bool {
        self.before.contains_key(id) || self.earlier.iter().any(|earlier| earlier == id)
    }

    fn unkept(&self) -> &[String] {
        &self.unkept
    }
}

/// The ids that posts get if nothing has vanished since the last build.
trait Assign {
    fn name(&mut self, authority: &str, posts: &[Unnamed<'_>]) -> Vec<String>;
}

impl Assign for Lock {
    fn name(&mut self, authority: &str, posts: &[Unnamed<'_>]) -> Vec<String> {
        let Assigned { ids, refused, .. } = self.assign(authority, posts, &Build::default());
        assert_eq!(refused, []);
        ids.into_iter().map(Option::unwrap).collect()
    }
}

/// A lock that knows these posts, and their ids.
fn knowing(posts: &[Unnamed<'_>]) -> (Lock, Vec<String>) {
    let mut lock = Lock::default();
    let ids = lock.name("hums.example", posts);
    (Lock::parse(&lock.to_text()).unwrap(), ids)
}

#[test]
fn an_id_survives_a_rename_an_edit_and_a_new_domain() {
    let (lock, first) = knowing(&[post("a b.md", "Tea")]);
    assert_eq!(first, ["tag:hums.example,2024-03-18:a%20b.md"]);
    let mut again = lock.clone();
    assert_eq!(
        again.name("other.example", &[post("renamed.md", "Tea")]),
        first
    );
    assert_eq!(
        again.changes().renamed,
        [("a b.md".to_owned(), "renamed.md".to_owned())]
    );
    assert_eq!(
        lock.clone()
            .name("other.example", &[post("a b.md", "Another title")]),
        first
    );
    assert_eq!(
        lock.clone().name("other.example", &[post("new.md", "New")]),
        ["tag:hums.example,2024-03-18:new.md"]
    );
}

#[test]
fn nobody_takes_an_id_that_another_still_has() {
    let (lock, ids) = knowing(&[post("a.md", "Weekly")]);
    // A second post of the same day and title, while the first stays.
    let both = lock
        .clone()
        .name("h", &[post("0.md", "Weekly"), post("a.md", "Weekly")]);
    assert_eq!(
        (both[0].as_str(), &both[1]),
        ("tag:hums.example,2024-03-18:0.md", &ids[0])
    );
    // The first moves away, and another takes its path.
    let moved = lock
        .clone()
        .name("h", &[post("a.md", "Another"), post("b.md", "Weekly")]);
    assert_eq!(
        (moved[0].as_str(), &moved[1]),
        ("tag:hums.example,2024-03-18:a.md;2", &ids[0])
    );
    // Two that are alike cannot be told apart by day and title: the path decides.
    let (mut lock, ids) = knowing(&[post("a.md", "Weekly"), post("b.md", "Weekly")]);
    assert_eq!(
        lock.name("h", &[post("a.md", "Weekly"), post("b.md", "Weekly")]),
        ids
    );
}

#[test]
fn a_path_whose_post_moved_away_has_no_id_to_give() {
    let (mut lock, ids) = knowing(&[post("a.md", "Tea")]);
    assert_eq!(lock.name("h", &[post("b.md", "Tea")]), ids);
    let mut lock = Lock::parse(&lock.to_text()).unwrap();
    assert_eq!(lock.to_text().lines().count(), 3, "no line is removed");
    let now = lock.name("h", &[post("a.md", "New"), post("b.md", "Green tea")]);
    assert_eq!(
        (now[0].as_str(), &now[1]),
        ("tag:hums.example,2024-03-18:a.md;2", &ids[0])
    );
    assert_eq!(
        (lock.changes().new.len(), lock.changes().repeated.len()),
        (1, 0)
    );
    // A post that comes back to where it was has its id still, edited or not.
    for title in ["Tea", "Green tea"] {
        let (mut lock, ids) = knowing(&[post("a.md", "Tea")]);
        lock.name("h", &[post("b.md", "Tea")]);
        assert_eq!(lock.name("h", &[post("a.md", title)]), ids);
        let text = lock.to_text();
        assert_eq!(
            Lock::parse(&text)
                .unwrap()
                .name("h", &[post("a.md", "Other"), post("b.md", "New")])[0],
            ids[0]
        );
    }
}

#[test]
fn posts_that_are_alike_keep_their_ids_when_one_is_renamed_or_their_folder_moves() {
    for (before, after) in [
        (["a.md", "b.md"], ["a.md", "c.md"]),
        (["a.md", "b.md"], ["0.md", "b.md"]),
        (["a.md", "b.md"], ["2024/a.md", "2024/b.md"]),
        (["x/a.md", "x/b.md"], ["y/b.md", "y/a.md"]),
        (
            ["x/a/index.md", "x/b/index.md"],
            ["y/a/index.md", "y/b/index.md"],
        ),
    ] {
        let (mut lock, mut ids) = knowing(&before.map(|path| post(path, "Weekly")));
        let mut now = lock.name("h", &after.map(|path| post(path, "Weekly")));
        ids.sort();
        now.sort();
        assert_eq!(now, ids, "{after:?}");
        for (old, new) in &lock.changes().renamed {
            let kept = super::moved::strip_folders(old) == super::moved::strip_folders(new);
            assert!(
                kept || !old.contains('/') && !new.contains('/'),
                "{old} became {new}"
            );
        }
    }
}

#[test]
fn two_files_that_swap_their_paths_are_said() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    let mut swapped = lock.clone();
    assert_eq!(
        swapped.name("h", &[post("b.md", "Tea"), post("a.md", "Rain")]),
        ids
    );
    assert_eq!(swapped.changes().renamed.len(), 2);
    assert!(swapped.changes().repeated.is_empty() && swapped.changes().new.is_empty());
    // With an id in the front matter a rename needs no lock.
    let own = Unnamed {
        id: Some("tag:mine,2020:x"),
        ..post("d.md", "Own")
    };
    let (mut named, _) = knowing(&[own]);
    named.name(
        "h",
        &[Unnamed {
            path: "e.md",
            ..own
        }],
    );
    assert_eq!(named.changes(), &super::Changes::default());
}

#[test]
fn files_that_change_places_keep_their_ids_though_one_has_another_title() {
    let day = |day: u32, path, title| Unnamed {
        published: format!("2024-03-{day:02}T00:00:00Z").parse().unwrap(),
        ..post(path, title)
    };
    let (lock, ids) = knowing(&[
        day(1, "a.md", "Tea"),
        day(2, "b.md", "Rain"),
        day(3, "c.md", "Sun"),
    ]);
    for (now, expected) in [
        (
            vec![
                day(1, "b.md", "Tea"),
                day(2, "a.md", "Hail"),
                day(3, "c.md", "Sun"),
            ],
            vec![0, 1, 2],
        ),
        (
            vec![
                day(1, "b.md", "Tea"),
                day(2, "c.md", "Rain"),
                day(3, "a.md", "Moon"),
            ],
            vec![0, 1, 2],
        ),
    ] {
        let mut lock = lock.clone();
        let expected: Vec<&String> = expected.into_iter().map(|place| &ids[place]).collect();
        assert_eq!(lock.name("h", &now).iter().collect::<Vec<_>>(), expected);
        assert!(
            lock.changes().repeated.is_empty() && lock.changes().new.is_empty(),
            "{:?}",
            lock.changes()
        );
        let text = lock.to_text();
        assert_eq!(
            Lock::parse(&text)
                .unwrap()
                .name("h", &now)
                .iter()
                .collect::<Vec<_>>(),
            expected
        );
    }
    // Of another day it is another post.
    let mut other = lock.clone();
    let now = other.name("h", &[day(1, "b.md", "Tea"), day(9, "a.md", "Hail")]);
    assert_eq!(
        (&now[0], now[1].as_str()),
        (&ids[0], "tag:hums.example,2024-03-09:a.md")
    );
    assert_eq!(other.changes().new.len(), 1);
}

#[test]
fn a_front_matters_id_comes_first_and_a_change_of_a_known_one_is_said() {
    let (mut lock, _) = knowing(&[post("a.md", "Tea")]);
    let own = Unnamed {
        id: Some("tag:mine,2020:tea"),
        ..post("a.md", "Tea")
    };
    assert_eq!(lock.name("h", &[own]), ["tag:mine,2020:tea"]);
    assert!(lock.changes().repeated.contains("a.md") && lock.changes().new.is_empty());
    assert!(
        !lock.adopt("a.md", "https://old.example/tea"),
        "what the front matter says stays"
    );
}

#[test]
fn an_adopted_id_is_kept_and_a_new_post_is_no_news_then() {
    let mut lock = Lock::default();
    lock.name("h", &[post("a.md", "Tea")]);
    assert!(lock.adopt("a.md", "https://old.example/tea"));
    lock.adopt_feed("", "https://old.example/feed");
    assert!(lock.changes().new.is_empty() && lock.changes().repeated.is_empty());
    let mut again = Lock::parse(&lock.to_text()).unwrap();
    assert_eq!(
        again.name("h", &[post("a.md", "Tea")]),
        ["https://old.example/tea"]
    );
    assert_eq!(again.given_feed_id(""), Some("https://old.example/feed"));
    assert!(
        again.adopt("a.md", "https://other.example/") && again.changes().repeated.contains("a.md")
    );
}

#[test]
fn an_id_that_the_lock_gives_to_a_living_post_stays_there() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    let mine = |path, title| Unnamed {
        id: Some(&ids[0]),
        ..post(path, title)
    };
    let claimed = |posts: &[Unnamed<'_>]| {
        let mut lock = lock.clone();
        let assigned = lock.assign("h", posts, &Build::default());
        assert!(lock.changes().repeated.is_empty(), "{:?}", lock.changes());
        let refused = assigned.refused.iter().map(|(number, finding)| {
            let says = format!("`{}` is also the id of", ids[0]);
            assert!(finding.message.starts_with(&says), "{finding}");
            posts[*number].path
        });
        let refused: Vec<&str> = refused.collect();
        let holder = assigned
            .ids
            .iter()
            .position(|id| id.as_deref() == Some(&*ids[0]));
        (posts[holder.unwrap()].path.to_owned(), refused.join(" "))
    };
    let tea = post("a.md", "Tea");
    for (case, posts, holder, refused) in [
        (
            "a stranger",
            vec![tea, mine("c.md", "Other")],
            "a.md",
            "c.md",
        ),
        (
            "a stranger whose path is earlier",
            vec![mine("0.md", "Other"), tea],
            "a.md",
            "0.md",
        ),
        (
            "a copy whose path is earlier",
            vec![mine("0.md", "Tea"), tea],
            "a.md",
            "0.md",
        ),
        (
            "two copies",
            vec![mine("0.md", "Tea"), mine("1.md", "Tea"), tea],
            "a.md",
            "0.md 1.md",
        ),
        (
            "a stranger, and it is edited",
            vec![post("a.md", "Green"), mine("c.md", "Other")],
            "a.md",
            "c.md",
        ),
        (
            "both name it",
            vec![mine("0.md", "Tea"), mine("a.md", "Edited")],
            "a.md",
            "0.md",
        ),
        ("it was renamed", vec![mine("c.md", "Other")], "c.md", ""),
        (
            "it was renamed, and another has its path",
            vec![post("a.md", "New"), mine("c.md", "Tea")],
            "c.md",
            "",
        ),
        (
            "it was copied after it was renamed",
            vec![mine("c.md", "Other"), mine("d.md", "Tea")],
            "d.md",
            "c.md",
        ),
    ] {
        assert_eq!(
            claimed(&posts),
            (holder.to_owned(), refused.to_owned()),
            "{case}"
        );
    }
}
