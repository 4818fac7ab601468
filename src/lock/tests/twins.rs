//! Posts with the date and title of several that are gone.

use super::super::{Absence, Lock, Unnamed};
use super::{Build, knowing, post};

const TEXT: &str =
    "The kettle was on before the pager went, and the pager went before the tea was cold.";
const RAIN: &str = "Nobody wrote down why the lights in the hall were green that night, but the machines hummed on as \
                    if they knew, and in the morning the lamp was out.";
const OTHER: &str = "It rained on the roof of the old station for nine days, and on the tenth the river stood in the \
                     yard, so the cat moved upstairs for good.";

#[test]
fn a_post_with_the_date_and_title_of_several_that_were_gone_at_the_last_build_is_asked_about() {
    let twins = [post("a.md", "Tea"), post("b.md", "Tea")];
    let (lock, ids) = knowing(&twins);
    let build = |now: Vec<&'static str>| Build {
        now,
        texts_of_earlier: ids.iter().map(|id| (id.clone(), TEXT)).collect(),
        ..Build::default()
    };
    // The posts that came, and which of them are asked about.
    for (came, asked) in [
        (vec![post("x.md", "Tea")], vec![0]),
        (vec![post("x.md", "Tea"), post("y.md", "Tea")], vec![0, 1]),
        // Nor does it matter that one of them stands elsewhere now.
        (vec![post("x.md", "Tea"), post("b.md", "Hail")], vec![]),
        (vec![post("x.md", "Hail")], vec![]),
        // Their files' names tell them apart.
        (vec![post("x/a.md", "Tea"), post("x/b.md", "Tea")], vec![]),
    ] {
        let mut lock = lock.clone();
        let assigned = lock.assign("hums.example", &came, &build(vec![TEXT; came.len()]));
        let refused: Vec<usize> = assigned.refused.iter().map(|(at, _)| *at).collect();
        assert_eq!(refused, asked, "{came:?}");
        assert_eq!(assigned.held, Vec::<String>::new());
        let Some((_, finding)) = assigned.refused.first() else {
            continue;
        };
        let question = "this may be `a.md` or `b.md`, which is gone, or a new post";
        assert!(finding.message.contains(question), "{finding}");
        let new = "tag:hums.example,2024-03-18:x.md";
        for id in [&*ids[0], &*ids[1], new] {
            let line = format!("x.md\t2024-03-18T00:00:00Z\tTea\t{id}");
            assert!(finding.to_string().contains(&line), "{finding}");
            let mut told = Lock::parse(&format!("{}{line}\n", lock.to_text())).unwrap();
            let assigned = told.assign("hums.example", &came[..1], &build(vec![TEXT]));
            assert_eq!(assigned.ids, [Some(id.to_owned())]);
        }
    }
}

#[test]
fn of_several_of_one_date_and_title_the_text_tells_which_is_back() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Tea")]);
    let build = |now: Vec<&'static str>, left_out| Build {
        now,
        left_out,
        broken_text: RAIN,
        texts_of_earlier: [(ids[0].clone(), TEXT), (ids[1].clone(), RAIN)].into(),
        ..Build::default()
    };
    let id = |number: usize| Some(ids[number].clone());
    for (paths, texts, left_out, expected) in [
        (
            &["x.md", "y.md"][..],
            vec![RAIN, TEXT],
            None,
            vec![id(1), id(0)],
        ),
        (&["x.md"], vec![RAIN], None, vec![id(1)]),
        // Two have the text; of the other one nobody knows more.
        (&["x.md", "y.md"], vec![RAIN, RAIN], None, vec![None, None]),
        (
            &["x.md", "y.md"],
            vec![RAIN, OTHER],
            None,
            vec![id(1), None],
        ),
        // The file of one is at its path as it was, a draft.
        (
            &["x.md"],
            vec![TEXT],
            Some(("b.md", Absence::LeftOut("draft"))),
            vec![id(0)],
        ),
    ] {
        let posts: Vec<Unnamed<'_>> = paths.iter().map(|path| post(path, "Tea")).collect();
        let build = build(texts, left_out);
        let assigned = lock.clone().assign("hums.example", &posts, &build);
        assert_eq!(assigned.ids, expected, "{posts:?}");
    }
}

#[test]
fn a_draft_of_another_text_at_the_path_of_one_that_is_gone_is_not_that_one() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Tea")]);
    // The text of both drafts, and the id of the post with the text of the first.
    for (draft, expected) in [(OTHER, Some(&ids[0])), ("Hot.", None)] {
        let build = Build {
            now: vec![TEXT],
            left_out: Some(("a.md", Absence::LeftOut("draft"))),
            broken: vec!["b.md".to_owned()],
            broken_text: draft,
            texts_of_earlier: [(ids[0].clone(), TEXT), (ids[1].clone(), RAIN)].into(),
            ..Build::default()
        };
        let posts = [post("x.md", "Tea")];
        let assigned = lock.clone().assign("hums.example", &posts, &build);
        assert_eq!(assigned.ids[0].as_ref(), expected, "{draft}");
        for (_, finding) in assigned.refused {
            assert!(finding.to_string().contains(&ids[0]), "{finding}");
        }
    }
}

#[test]
fn an_id_that_a_text_has_told_is_offered_to_nobody_else() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Tea")]);
    let build = Build {
        now: vec![RAIN, OTHER],
        texts_of_earlier: [(ids[0].clone(), TEXT), (ids[1].clone(), RAIN)].into(),
        ..Build::default()
    };
    let posts = [post("x.md", "Tea"), post("y.md", "Tea")];
    let assigned = lock.clone().assign("hums.example", &posts, &build);
    assert_eq!(assigned.ids, [Some(ids[1].clone()), None]);
    let (_, finding) = &assigned.refused[0];
    let hint = finding.hint.as_ref().unwrap();
    assert!(hint.contains(&ids[0]) && !hint.contains(&ids[1]), "{hint}");
}

#[test]
fn a_new_post_with_the_date_and_title_of_drafts_is_new() {
    let (lock, _) = knowing(&[post("a.md", "Tea"), post("b.md", "Tea")]);
    let build = Build {
        now: vec![OTHER],
        broken: vec!["a.md".to_owned(), "b.md".to_owned()],
        broken_text: TEXT,
        ..Build::default()
    };
    let assigned = lock
        .clone()
        .assign("hums.example", &[post("x.md", "Tea")], &build);
    assert_eq!(assigned.refused, []);
    assert!(assigned.ids[0].is_some());
}

#[test]
fn of_many_that_a_post_may_be_a_few_are_named() {
    let paths: Vec<String> = (0..40).map(|number| format!("{number:02}.md")).collect();
    let twins: Vec<Unnamed<'_>> = paths.iter().map(|path| post(path, "Tea")).collect();
    let (lock, ids) = knowing(&twins);
    let moved: Vec<String> = paths.iter().map(|path| format!("x{path}")).collect();
    let posts: Vec<Unnamed<'_>> = moved.iter().map(|path| post(path, "Tea")).collect();
    let build = Build {
        now: vec![TEXT; posts.len()],
        texts_of_earlier: ids.iter().map(|id| (id.clone(), TEXT)).collect(),
        ..Build::default()
    };
    let assigned = lock.clone().assign("hums.example", &posts, &build);
    assert_eq!(assigned.refused.len(), 40);
    for (_, finding) in &assigned.refused {
        let named = "this may be `00.md` or `01.md` or `02.md` or `03.md` or `04.md` or one of 35 others, which is gone";
        assert!(finding.message.contains(named), "{finding}");
        let hint = finding.hint.as_ref().unwrap();
        assert_eq!(hint.lines().count(), 7, "{finding}");
        assert!(hint.contains("a line with the id of another that is gone"));
    }
    // Whose text is likest comes first.
    let text_of = |number: usize| if number < 30 { TEXT } else { RAIN };
    let texts = ids.iter().enumerate();
    let build = Build {
        now: vec![RAIN],
        texts_of_earlier: texts.map(|(at, id)| (id.clone(), text_of(at))).collect(),
        ..Build::default()
    };
    let assigned = lock.clone().assign("hums.example", &posts[..1], &build);
    let (_, finding) = &assigned.refused[0];
    let named = "this may be `30.md` or `31.md` or";
    assert!(finding.message.contains(named), "{finding}");
}
