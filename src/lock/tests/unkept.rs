//! Lines that a run could not write into the lock.

use super::super::Lock;
use super::{Assign, Build, post};

/// The lines of a site that only remembers them, and its ids.
fn remembered(lock: &Lock, paths: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let mut lock = lock.clone();
    let posts: Vec<_> = paths
        .iter()
        .map(|(path, title)| post(path, title))
        .collect();
    let ids = lock.name("h", &posts);
    (lock.unkept(), ids)
}

#[test]
fn they_count_as_its_own_until_the_file_knows_their_ids() {
    let (unkept, ids) = remembered(&Lock::default(), &[("a.md", "Tea")]);
    assert_eq!(unkept.len(), 1);
    let build = || Build {
        unkept: unkept.clone(),
        ..Build::default()
    };
    for (case, path, title, is_unminted) in [
        ("as it was", "a.md", "Tea", false),
        ("retitled", "a.md", "Green", false),
        ("renamed", "b.md", "Tea", true),
    ] {
        let mut lock = Lock::default();
        let assigned = lock.assign("h", &[post(path, title)], &build());
        assert_eq!(assigned.ids, [Some(ids[0].clone())], "{case}");
        assert_eq!(
            lock.changes().unminted.contains(path),
            is_unminted,
            "{case}"
        );
        assert!(
            lock.changes().new.is_empty() && !lock.is_as_read(),
            "{case}"
        );
        // Written at last, nothing is left to remember.
        let kept = Lock::parse(&lock.to_text()).unwrap();
        assert_eq!((kept.unkept().len(), kept.ids().len()), (0, 1), "{case}");
    }
    // Another machine has kept the lock, and the post was renamed there.
    let pulled = format!("h\nb.md\t2024-03-18T00:00:00Z\tTea\t{}\n", ids[0]);
    let mut pulled = Lock::parse(&pulled).unwrap();
    let posts = [post("b.md", "Tea"), post("c.md", "New")];
    let assigned = pulled.assign("h", &posts, &build());
    assert_eq!(assigned.ids[0].as_ref(), Some(&ids[0]));
    assert!(
        !pulled.to_text().contains("\na.md\t"),
        "{}",
        pulled.to_text()
    );
}

const NEW: &str =
    "Seven of the panels face south and one does not, which took us a summer to notice.";
const OLD: &str =
    "The kettle was on before the pager went, and the pager went before the tea was cold.";

#[test]
fn one_whose_path_the_file_gives_to_another_stands_beside_it() {
    let mut known = Lock::default();
    let old = known.name("h", &[post("a.md", "Old")]).remove(0);
    let known = Lock::parse(&known.to_text()).unwrap();
    // The known post has moved, and a new one has its path; nothing of it could be written.
    let (unkept, ids) = remembered(&known, &[("a.md", "New"), ("b.md", "Old")]);
    assert_eq!((ids[1].as_str(), unkept.len()), (old.as_str(), 1));
    for (case, new, other) in [
        ("as they were", ("a.md", "New"), ("b.md", "Old")),
        ("the new one is renamed", ("c.md", "New"), ("b.md", "Old")),
        ("they change places", ("b.md", "New"), ("a.md", "Old")),
    ] {
        let build = Build {
            unkept: unkept.clone(),
            before: ids.iter().cloned().zip([NEW, OLD]).collect(),
            now: vec![NEW, OLD],
            ..Build::default()
        };
        let mut lock = known.clone();
        let posts = [post(new.0, new.1), post(other.0, other.1)];
        let assigned = lock.assign("h", &posts, &build);
        let given: Vec<String> = assigned.ids.into_iter().flatten().collect();
        assert_eq!(given, ids, "{case}");
        // The text can be read again: no path has two lines.
        let mut kept = Lock::parse(&lock.to_text()).unwrap();
        assert_eq!(kept.name("h", &posts), ids, "{case}: {}", lock.to_text());
    }
}
