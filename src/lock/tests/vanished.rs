//! The ids of posts if the lines and the texts of the last build disagree.

use std::collections::HashMap;

use chrono::{TimeZone, Utc};

use super::super::{Absence, Changes, Lock, Unnamed};
use super::{Assign, Build, knowing, post};

const TEA: &str = "The kettle was on before the pager went, and the pager went before the tea was cold, and nobody \
                   wrote down why the lights in the hall were green.";
const RAIN: &str = "It rained on the roof of the old station for nine days, and on the tenth the river stood in the \
                    yard, so the cat moved upstairs for good.";

/// On a day of one month.
fn dated<'a>(day: u32, path: &'a str, title: &'a str) -> Unnamed<'a> {
    Unnamed {
        published: Utc.with_ymd_and_hms(2024, 3, day, 0, 0, 0).unwrap(),
        ..post(path, title)
    }
}

#[test]
fn what_vanished_gives_its_id_to_the_post_that_it_can_only_be() {
    let (lock, ids) = knowing(&[dated(1, "a.md", "Tea"), dated(2, "b.md", "Rain")]);
    let had = |texts: [&'static str; 2]| -> HashMap<String, &'static str> {
        ids.iter().cloned().zip(texts).collect()
    };
    let moved = |build: Build<'_>, posts: &[Unnamed<'_>]| {
        let mut lock = lock.clone();
        let assigned = lock.assign("h", posts, &build);
        (assigned, lock)
    };
    // Path and title change at once, and a second run knows it by its line.
    let (assigned, mut now) = moved(
        Build {
            before: had([TEA, RAIN]),
            now: vec![TEA, RAIN],
            ..Build::default()
        },
        &[dated(1, "x.md", "Green"), dated(2, "b.md", "Rain")],
    );
    assert_eq!(assigned.ids, [Some(ids[0].clone()), Some(ids[1].clone())]);
    assert_eq!(
        now.changes().renamed,
        [("a.md".to_owned(), "x.md".to_owned())]
    );
    assert!(now.changes().moved.contains("x.md") && now.changes().new.is_empty());
    let again = now.name("h", &[dated(1, "x.md", "Green"), dated(2, "b.md", "Rain")]);
    assert_eq!(again, ids);
    assert_eq!(now.changes(), &Changes::default());
    // A line of a post that the last build did not have is no candidate.
    let dead = Build {
        before: had([RAIN, RAIN]).into_iter().skip(2).collect(),
        now: vec![TEA],
        ..Build::default()
    };
    let (_, now) = moved(dead, &[dated(1, "x.md", "Green")]);
    assert_eq!(now.changes().new.len(), 1);
    // Nor does a post that is edited where it stands take its id.
    let alive = had([TEA, RAIN])
        .into_iter()
        .filter(|(id, _)| *id == ids[1])
        .collect();
    let edited = Build {
        before: alive,
        now: vec![RAIN],
        ..Build::default()
    };
    let (assigned, now) = moved(edited, &[dated(1, "b.md", "Tea")]);
    assert_eq!(assigned.ids, [Some(ids[1].clone())]);
    assert_eq!(now.changes(), &Changes::default());
    // It moves and another takes its path, as it was or edited, or a new one does.
    for (case, path, title, text, expected) in [
        ("as it was", "a.md", "Rain", RAIN, 1),
        ("edited", "a.md", "Hail", RAIN, 1),
        (
            "a new one",
            "a.md",
            "Sun",
            "Seven of the panels face south and one does not, which took us a whole summer to notice, since it was clean.",
            2,
        ),
    ] {
        let build = Build {
            before: had([TEA, RAIN]),
            now: vec![TEA, text],
            ..Build::default()
        };
        let (assigned, now) = moved(build, &[dated(5, "x.md", "Green"), dated(2, path, title)]);
        assert_eq!(assigned.ids[0].as_ref(), Some(&ids[0]), "{case}");
        assert_eq!(
            assigned.ids[1].as_ref(),
            ids.get(expected).or(assigned.ids[1].as_ref()),
            "{case}"
        );
        assert!(
            !ids.contains(assigned.ids[1].as_ref().unwrap()) || expected == 1,
            "{case}"
        );
        assert!(
            now.changes().repeated.is_empty(),
            "{case}: {:?}",
            now.changes()
        );
        assert_eq!(
            now.changes().new.len(),
            usize::from(expected == 2),
            "{case}"
        );
    }
    // Either could be meant: it gets no line, and the ids stay candidates.
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    let before: HashMap<String, &str> = ids.iter().cloned().zip([TEA, TEA]).collect();
    let build = Build {
        before,
        now: vec![TEA],
        ..Build::default()
    };
    let mut unclear = lock.clone();
    let assigned = unclear.assign("h", &[post("x.md", "Green")], &build);
    assert_eq!((assigned.ids, &assigned.held), (vec![None], &ids));
    assert_eq!(unclear.to_text(), lock.to_text());
    let finding = &assigned.refused[0].1;
    assert!(
        finding.is_error() && finding.message.contains("`a.md` or `b.md`"),
        "{finding}"
    );
    // Each of the lines that it names decides.
    let hint = finding.hint.clone().unwrap();
    let lines: Vec<&str> = hint.lines().skip(1).collect();
    assert_eq!(lines.len(), 3);
    for (line, known) in lines.iter().zip([Some(&ids[0]), Some(&ids[1]), None]) {
        let mut decided = Lock::parse(&format!("{}{line}\n", lock.to_text())).unwrap();
        let assigned = decided.assign("h", &[post("x.md", "Green")], &build);
        let id = assigned.ids[0].as_ref();
        assert!(
            known.is_none_or(|known| id == Some(known)) && id.is_some(),
            "{line}"
        );
        assert!(known.is_some() || !ids.contains(id.unwrap()));
    }
}

#[test]
fn a_post_with_the_date_and_title_of_one_that_is_gone_keeps_the_id_of_its_path_or_is_named() {
    let (lock, ids) = knowing(&[dated(1, "a.md", "Tea"), dated(2, "b.md", "Rain")]);
    let taken = [dated(2, "a.md", "Rain")];
    let (a, b, unclear) = (Some(0), Some(1), None);
    for (case, before, now, expected) in [
        ("no last build", ["-", "-"], TEA, unclear),
        ("the texts are not known", ["?", "?"], TEA, unclear),
        ("that of one of them is not", [TEA, "?"], TEA, unclear),
        ("the one of its path", [TEA, RAIN], TEA, a),
        (
            "that one, edited",
            [TEA, RAIN],
            &TEA.replace("kettle", "teapot"),
            a,
        ),
        ("the other", [TEA, RAIN], RAIN, b),
        ("either", [TEA, TEA], TEA, b),
        ("neither", [TEA, TEA], RAIN, b),
        ("the other was gone long ago", [TEA, "-"], TEA, a),
    ] {
        let before = ids.iter().cloned().zip(before);
        let before: HashMap<String, &str> = before.filter(|(_, text)| *text != "-").collect();
        let build = Build {
            is_lost: before.is_empty(),
            before,
            now: vec![now],
            ..Build::default()
        };
        let mut asked = lock.clone();
        let assigned = asked.assign("h", &taken, &build);
        assert_eq!(
            assigned.ids,
            [expected.map(|at: usize| ids[at].clone())],
            "{case}"
        );
        assert!(
            asked.changes().new.is_empty() && asked.changes().repeated.is_empty() || expected == b
        );
        if expected.is_some() {
            continue;
        }
        // It stays a question until a line says so.
        assert_eq!(assigned.held, ids, "{case}");
        let finding = &assigned.refused[0].1;
        assert!(finding.message.contains("`b.md`"), "{case}: {finding}");
        let hint = finding.hint.clone().unwrap();
        for (line, id) in hint.lines().skip(1).zip(&ids) {
            let text = lock.to_text();
            let told = text.lines().map(|old| match old.starts_with("a.md\t") {
                true => format!("{line}\n"),
                false => format!("{old}\n"),
            });
            let mut told = Lock::parse(&told.collect::<String>()).unwrap();
            let assigned = told.assign("h", &taken, &build);
            assert_eq!(assigned.ids, [Some(id.clone())], "{case}: {line}");
        }
    }
    // Files that changed places ask nobody: each has what another gives.
    let places = [dated(2, "a.md", "Rain"), dated(1, "c.md", "Tea")];
    let build = Build {
        is_lost: true,
        ..Build::default()
    };
    let assigned = lock.clone().assign("h", &places, &build);
    assert_eq!(assigned.ids, [Some(ids[1].clone()), Some(ids[0].clone())]);
}

#[test]
fn an_id_is_never_minted_again_though_another_post_had_its_path_since() {
    let (mut lock, ids) = knowing(&[post("a.md", "Tea"), post("c.md", "Rain")]);
    // The first is deleted, and the second takes its path; then it goes on.
    for path in ["a.md", "d.md"] {
        let build = Build {
            before: ids.iter().cloned().zip([TEA, RAIN]).collect(),
            now: vec![RAIN],
            ..Build::default()
        };
        let assigned = lock.assign("h", &[post(path, "Rain")], &build);
        assert_eq!(assigned.ids, [Some(ids[1].clone())], "{path}");
        lock = Lock::parse(&lock.to_text()).unwrap();
        assert!(lock.ids().contains(&*ids[0]), "{}", lock.to_text());
    }
    let new = lock.name("h", &[post("a.md", "New"), post("d.md", "Rain")]);
    assert!(!ids.contains(&new[0]) && new[1] == ids[1], "{new:?}");
    // A post that comes back still has it.
    let mut lock = Lock::parse(&lock.to_text()).unwrap();
    let back = [
        post("a.md", "New"),
        post("d.md", "Rain"),
        post("z.md", "Tea"),
    ];
    let now = lock.name("h", &back);
    assert_eq!(now, [new[0].clone(), ids[1].clone(), ids[0].clone()]);
}

#[test]
fn a_new_post_at_the_end_of_a_round_takes_no_id_of_one_that_moved_far() {
    let (mut lock, ids) = knowing(&[dated(1, "a.md", "Tea"), dated(2, "b.md", "Rain")]);
    let build = Build {
        before: ids.iter().cloned().zip([TEA, RAIN]).collect(),
        now: vec![
            RAIN,
            TEA,
            "Seven of the panels face south and one does not, which took us a summer to notice.",
        ],
        ..Build::default()
    };
    let posts = [
        dated(3, "x/c.md", "Hail"),
        dated(1, "b.md", "Tea"),
        dated(2, "a.md", "Sun"),
    ];
    let assigned = lock.assign("h", &posts, &build);
    let known = [Some(ids[1].clone()), Some(ids[0].clone())];
    assert_eq!(assigned.ids[..2], known);
    assert!(!known.contains(&assigned.ids[2]) && assigned.refused.is_empty());
}

#[test]
fn a_file_that_is_no_post_today_is_what_vanished_if_it_has_its_text_and_asked_about_if_nobody_knows()
 {
    let (lock, ids) = knowing(&[dated(1, "a.md", "Tea"), dated(2, "b.md", "Rain")]);
    let draft = Absence::LeftOut("it is a draft");
    let edited = &*TEA.replace("kettle", "teapot");
    // Why `a.md` is no post, and its text; the day of the post that came, and its text; what the post is.
    for (absence, left, day, text, expected) in [
        (draft, TEA, 5, TEA, "new"),
        (draft, edited, 5, TEA, "new"),
        (draft, TEA, 1, TEA, "new"),
        (Absence::Broken, TEA, 5, TEA, "new"),
        // It may lead nowhere, or be empty.
        (draft, "?", 5, TEA, "asked about"),
        (draft, "", 5, TEA, "asked about"),
        (draft, "Soon.", 5, TEA, "asked about"),
        (Absence::Broken, "?", 5, TEA, "asked about"),
        (draft, "?", 5, RAIN, "new"),
        (draft, "", 1, RAIN, "new"),
        // Another is begun there, or it leads to the new path.
        (draft, RAIN, 5, TEA, "moved"),
        (Absence::LeadsOn, "It has moved.", 5, TEA, "moved"),
        (Absence::LeadsOn, "", 5, TEA, "moved"),
    ] {
        let build = Build {
            before: ids.iter().cloned().zip([TEA, "?"]).collect(),
            now: vec![text, "?"],
            left_out: Some(("a.md", absence)),
            broken_text: left,
            ..Build::default()
        };
        let mut lock = lock.clone();
        let posts = [dated(day, "x.md", "Green"), dated(2, "b.md", "Rain")];
        let assigned = lock.assign("h", &posts, &build);
        let is = match &assigned.ids[0] {
            None => "asked about",
            Some(id) if *id == ids[0] => "moved",
            Some(_) => "new",
        };
        assert_eq!(is, expected, "{absence:?} {left:?} {day} {text:?}");
    }
}

#[test]
fn a_post_that_may_be_one_that_is_back_or_its_twin_that_moved_is_asked_about() {
    let (lock, ids) = knowing(&[dated(1, "a.md", "Tea"), dated(1, "b.md", "Tea")]);
    let edited = &*TEA.replace("kettle", "teapot");
    let (a, b) = (Some(0), Some(1));
    // The last text of `b.md`, which was gone at the last build; the posts that came, and the one that each is.
    for (earlier, came, expected) in [
        (
            TEA,
            [dated(1, "x.md", "Tea"), dated(5, "y.md", "Tea")],
            [None, None],
        ),
        (
            edited,
            [dated(1, "x.md", "Tea"), dated(5, "y.md", "Green")],
            [None, None],
        ),
        (
            TEA,
            [dated(1, "x/b.md", "Tea"), dated(5, "y.md", "Tea")],
            [b, a],
        ),
        (
            TEA,
            [dated(1, "x/a.md", "Tea"), dated(5, "y.md", "Tea")],
            [a, None],
        ),
        // What is gone is another post.
        (
            RAIN,
            [dated(1, "x.md", "Tea"), dated(5, "y.md", "Rain")],
            [a, None],
        ),
    ] {
        let build = Build {
            before: [(ids[0].clone(), TEA)].into(),
            texts_of_earlier: [(ids[1].clone(), earlier)].into(),
            now: vec![TEA, TEA],
            ..Build::default()
        };
        let assigned = lock.clone().assign("h", &came, &build);
        let has = |id: &Option<String>| ids.iter().position(|known| Some(known) == id.as_ref());
        let are: Vec<Option<usize>> = assigned.ids.iter().map(has).collect();
        assert_eq!(are, expected, "{came:?}: {assigned:?}");
        // The next build asks again about what is gone for longer.
        assert!(!assigned.held.contains(&ids[1]), "{:?}", assigned.held);
    }
}
