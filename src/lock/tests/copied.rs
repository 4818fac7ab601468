//! A post that was edited while a copy of it has its old date and title.

use super::super::{Lock, Unnamed};
use super::{Build, knowing, post};

const TEXT: &str = "The kettle was on before the pager went, and the pager went before the tea was cold. Nobody wrote down why the \
     lights in the hall were green that night, but they were, and the machines hummed on as if they knew.";
const COPY: &str = "The kettle was on before the pager went, and the pager went before the tea was cold. Nobody wrote down why the \
     lights in the hall were green that night, but they were, and the machines hummed on as if they knew. Copy.";
const OTHER: &str = "It rained on the roof of the old station for nine days. On the tenth the river stood in the yard, the cat moved \
     upstairs, and we learned which of the cables had never been earthed by the people who laid them.";

fn later<'a>(path: &'a str, title: &'a str) -> Unnamed<'a> {
    Unnamed {
        published: "2024-06-01T00:00:00Z".parse().unwrap(),
        ..post(path, title)
    }
}

#[test]
fn the_post_at_the_path_of_a_line_or_nobody_has_its_id_unless_its_text_is_another() {
    // The text of the last build; the post at the path with its text; the text of the one with the old date and title;
    // the post that gets the id.
    for (before, home, text, copy, holder) in [
        (TEXT, post("m.md", "Tea, revised"), TEXT, COPY, "m.md"),
        (TEXT, post("m.md", "Tea, revised"), COPY, TEXT, "m.md"),
        (TEXT, post("m.md", "Tea, revised"), TEXT, OTHER, "m.md"),
        (TEXT, later("m.md", "Tea"), TEXT, OTHER, "m.md"),
        (TEXT, later("m.md", "Tea"), TEXT, COPY, ""),
        ("Hot.", post("m.md", "Tea, revised"), "Hot.", "Hot.", "m.md"),
        (
            "Hot.",
            post("m.md", "Tea, revised"),
            "Hot.",
            "Hot copy.",
            "m.md",
        ),
        ("Hot.", post("m.md", "Tea, revised"), "Cold.", "Hot.", ""),
        ("Hot.", post("m.md", "Tea, revised"), "Cold.", "Cool.", ""),
        // It was renamed, and another has its path.
        (TEXT, post("m.md", "Rain"), OTHER, TEXT, "m-old.md"),
        (TEXT, later("m.md", "Rain"), OTHER, TEXT, "m-old.md"),
        ("Hot.", later("m.md", "Rain"), "Cold.", "Hot.", "m-old.md"),
    ] {
        let (lock, ids) = knowing(&[post("m.md", "Tea"), post("other.md", "Other")]);
        for path in ["m-old.md", "0.md", "z/m.md"] {
            let posts = [home, post(path, "Tea"), post("other.md", "Other")];
            let build = Build {
                before: [(ids[0].clone(), before), (ids[1].clone(), "?")].into(),
                now: vec![text, copy, OTHER],
                ..Build::default()
            };
            let assigned = lock.clone().assign("hums.example", &posts, &build);
            let has = assigned
                .ids
                .iter()
                .position(|id| *id == Some(ids[0].clone()));
            let expected = match holder {
                "" => None,
                "m.md" => Some(0),
                _ => Some(1),
            };
            assert_eq!(
                has, expected,
                "{before:?}: {home:?} {text:?}, {path} {copy:?}"
            );
            let refused: Vec<usize> = assigned.refused.iter().map(|(at, _)| *at).collect();
            let both = if holder.is_empty() {
                vec![0, 1]
            } else {
                vec![]
            };
            assert_eq!(refused, both, "{:?}", assigned.refused);
        }
    }
}

#[test]
fn where_the_last_build_is_not_known_both_are_named_until_a_line_decides() {
    let (lock, ids) = knowing(&[post("m.md", "Tea")]);
    let posts = [post("m.md", "Tea, revised"), post("m-old.md", "Tea")];
    let build = Build {
        now: vec![TEXT, COPY],
        is_lost: true,
        ..Build::default()
    };
    let mut asked = lock.clone();
    let assigned = asked.assign("hums.example", &posts, &build);
    assert_eq!(assigned.ids, [None, None]);
    assert_eq!(asked.to_text(), lock.to_text());
    for (decided, (_, finding)) in assigned.refused.iter().enumerate() {
        let said = finding.to_string();
        let told = said.lines().find(|line| line.ends_with(&*ids[0])).unwrap();
        let told = told.trim_start();
        let kept = lock.to_text();
        let kept = kept.lines().filter(|line| {
            let path = told.split('\t').next().unwrap();
            !line.starts_with(&format!("{path}\t"))
        });
        let text = kept.chain([told]).collect::<Vec<_>>().join("\n") + "\n";
        let again = Lock::parse(&text)
            .unwrap()
            .assign("hums.example", &posts, &build);
        assert_eq!(again.refused, [], "{said}");
        assert_eq!(again.ids[decided].as_ref(), Some(&ids[0]), "{said}");
        assert_ne!(again.ids[1 - decided].as_ref(), Some(&ids[0]));
    }
}

#[test]
fn a_copy_in_a_folder_of_its_own_is_no_likelier_than_the_post_that_moved() {
    let (lock, ids) = knowing(&[post("tea/index.md", "Tea")]);
    for moved in ["old/kettle.md", "old/kettle/index.md"] {
        let build = Build {
            before: [(ids[0].clone(), TEXT)].into(),
            now: vec![TEXT, COPY],
            ..Build::default()
        };
        let posts = [post(moved, "Tea"), post("copy/index.md", "Tea")];
        let assigned = lock.clone().assign("hums.example", &posts, &build);
        assert_eq!(assigned.ids, [None, None], "{moved}");
    }
    // Its folder went along.
    let build = Build {
        before: [(ids[0].clone(), TEXT)].into(),
        now: vec![TEXT, COPY],
        ..Build::default()
    };
    let posts = [
        post("old/tea/index.md", "Tea"),
        post("copy/index.md", "Tea"),
    ];
    let assigned = lock.clone().assign("hums.example", &posts, &build);
    assert_eq!(assigned.ids[0].as_ref(), Some(&ids[0]));
}

#[test]
fn without_the_last_build_a_copy_and_a_post_with_a_new_day_are_both_named() {
    let (lock, _) = knowing(&[post("m.md", "Tea")]);
    let build = Build {
        now: vec![TEXT, COPY],
        is_lost: true,
        ..Build::default()
    };
    let posts = [later("m.md", "Rain"), post("m-old.md", "Tea")];
    let assigned = lock.clone().assign("hums.example", &posts, &build);
    assert_eq!(assigned.ids, [None, None]);
    assert_eq!(assigned.refused.len(), 2);
}

/// The posts that came without the last build, and the line whose id each has; none where it is asked about.
type Came<'a> = &'a [(&'a str, &'a str, Option<usize>)];

#[test]
fn without_the_last_build_who_alone_has_a_date_and_title_has_their_id_and_the_others_are_asked_about()
 {
    let known = [
        post("a.md", "Tea"),
        post("b.md", "Rain"),
        post("c.md", "Hail"),
    ];
    let (lock, ids) = knowing(&known);
    let rounds: [Came<'_>; 9] = [
        &[("a.md", "Rain", Some(1)), ("b.md", "Tea", Some(0))],
        &[
            ("a.md", "Rain", Some(1)),
            ("b.md", "Tea", None),
            ("x.md", "Tea", None),
        ],
        // Though its name is that of the post.
        &[
            ("a.md", "Rain", Some(1)),
            ("b.md", "Tea", None),
            ("x/a.md", "Tea", None),
        ],
        &[
            ("a.md", "Rain", None),
            ("b.md", "Tea", None),
            ("x.md", "Tea", None),
            ("y.md", "Rain", None),
        ],
        // Three changed places.
        &[
            ("a.md", "Hail", Some(2)),
            ("b.md", "Tea", None),
            ("c.md", "Rain", Some(1)),
            ("x.md", "Tea", None),
        ],
        // Each has moved on.
        &[
            ("b.md", "Tea", Some(0)),
            ("x.md", "Rain", None),
            ("y.md", "Rain", None),
        ],
        &[
            ("b.md", "Tea", Some(0)),
            ("c.md", "Rain", Some(1)),
            ("x.md", "Hail", None),
            ("y.md", "Hail", None),
        ],
        &[
            ("a.md", "Rain", Some(1)),
            ("x.md", "Tea", None),
            ("y.md", "Tea", None),
        ],
        &[
            ("b.md", "Tea", None),
            ("x.md", "Tea", None),
            ("y.md", "Rain", None),
            ("z.md", "Rain", None),
        ],
    ];
    for round in rounds {
        let posts: Vec<Unnamed<'_>> = round
            .iter()
            .map(|(path, title, _)| post(path, title))
            .collect();
        let build = Build {
            is_lost: true,
            ..Build::default()
        };
        let mut asked = lock.clone();
        let assigned = asked.assign("hums.example", &posts, &build);
        let expected = round
            .iter()
            .map(|(.., line)| line.map(|at| ids[at].clone()));
        assert_eq!(assigned.ids, expected.collect::<Vec<_>>(), "{round:?}");
        let rightful = |post: &Unnamed<'_>| {
            let at = known.iter().position(|line| line.title == post.title);
            &ids[at.unwrap()]
        };
        for (number, finding) in &assigned.refused {
            let id = rightful(&posts[*number]);
            assert!(
                finding
                    .hint
                    .as_ref()
                    .unwrap()
                    .contains(&format!("\t{id}\n"))
            );
            assert!(assigned.held.contains(id), "{round:?}");
        }
        // The next build asks about the same, and the answer to one question takes no id from another.
        let held = assigned.held.iter().map(|id| (id.clone(), "?"));
        let others = assigned.ids.iter().flatten().map(|id| (id.clone(), TEXT));
        let build = Build {
            before: held.chain(others).collect(),
            ..Build::default()
        };
        let again = asked.clone().assign("hums.example", &posts, &build);
        assert_eq!(again.ids, assigned.ids, "{round:?}");
        for (number, finding) in &again.refused {
            let id = rightful(&posts[*number]);
            assert!(
                finding
                    .hint
                    .as_ref()
                    .unwrap()
                    .contains(&format!("\t{id}\n"))
            );
            let is_there = finding.message.contains("which is gone")
                && posts
                    .iter()
                    .any(|post| finding.message.contains(&format!("`{}`,", post.path)));
            assert!(!is_there && !finding.message.contains(";2"), "{finding}");
        }
    }
}

#[test]
fn a_post_whose_own_line_nobody_else_asks_for_may_keep_its_id() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    let build = Build {
        is_lost: true,
        ..Build::default()
    };
    let posts = [
        post("a.md", "Rain"),
        post("b.md", "Hail"),
        post("c.md", "Rain"),
    ];
    let assigned = lock.clone().assign("hums.example", &posts, &build);
    assert_eq!(assigned.ids, [None, None, None]);
    let (_, finding) = &assigned.refused[0];
    let hint = finding.hint.as_ref().unwrap();
    assert!(hint.contains(&ids[0]) && hint.contains(&ids[1]), "{hint}");
    for id in &ids {
        assert!(assigned.held.contains(id));
    }
}

#[test]
fn a_copy_with_the_name_of_a_post_whose_path_another_has_is_no_folder_that_moved() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    let build = Build {
        before: [(ids[0].clone(), TEXT), (ids[1].clone(), OTHER)].into(),
        now: vec![OTHER, TEXT, COPY],
        ..Build::default()
    };
    let posts = [
        post("a.md", "Rain"),
        post("b.md", "Tea"),
        post("x/a.md", "Tea"),
    ];
    let assigned = lock.clone().assign("hums.example", &posts, &build);
    assert_eq!(
        assigned.ids[..2],
        [Some(ids[1].clone()), Some(ids[0].clone())]
    );
}

#[test]
fn a_line_that_makes_room_for_an_answer_still_has_its_id_to_give() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    let posts = [
        post("a.md", "Rain"),
        post("b.md", "Tea"),
        post("x.md", "Tea"),
        post("y.md", "Rain"),
    ];
    let asked = lock.clone().assign(
        "hums.example",
        &posts,
        &Build {
            is_lost: true,
            ..Build::default()
        },
    );
    let (_, finding) = &asked.refused[0];
    assert!(finding.to_string().contains("with `;2` behind the path"));
    let text = lock.to_text();
    let text = text.replace(
        "a.md\t2024-03-18T00:00:00Z\tTea",
        "a.md;2\t2024-03-18T00:00:00Z\tTea",
    );
    let answer = format!("a.md\t2024-03-18T00:00:00Z\tRain\t{}\n", ids[1]);
    let mut told = Lock::parse(&format!("{text}{answer}")).unwrap();
    let build = Build {
        before: ids.iter().map(|id| (id.clone(), "?")).collect(),
        ..Build::default()
    };
    let assigned = told.assign("hums.example", &posts, &build);
    assert_eq!(assigned.ids[0].as_ref(), Some(&ids[1]));
    assert_eq!(assigned.ids[1..3], [None, None]);
    assert!(told.to_text().contains(&format!("\t{}\n", ids[0])));
}
