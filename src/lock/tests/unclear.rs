//! Posts that neither a line nor a text identifies: they are left out until a person decides.

use std::collections::{HashMap, HashSet};

use super::super::{Absence, Lock, Unnamed};
use super::{Assign, Build, knowing, post};
use crate::finding::Finding;

const TEXT: &str =
    "The kettle was on before the pager went, and the pager went before the tea was cold.";
const OTHER: &str = "It rained on the roof of the old station for nine days, and on the tenth the river stood in the \
                     yard, so the cat moved upstairs for good.";

#[test]
fn a_new_id_that_a_build_before_the_lock_was_lost_has_published_is_asked_about() {
    let posts = [post("a.md", "Tea")];
    let (_, ids) = knowing(&posts);
    let build = |earlier: &[String]| Build {
        before: [("tag:h,2024-03-18:other.md".to_owned(), "?")].into(),
        now: vec![TEXT],
        earlier: earlier.to_vec(),
        ..Build::default()
    };
    let mut lost = Lock::default();
    let assigned = lost.assign("hums.example", &posts, &build(&ids));
    assert_eq!(assigned.ids, [None]);
    let [(0, finding)] = &assigned.refused[..] else {
        panic!("{:?}", assigned.refused);
    };
    let finding = finding.to_string();
    for id in [ids[0].clone(), format!("{};2", ids[0])] {
        let line = format!("a.md\t2024-03-18T00:00:00Z\tTea\t{id}");
        assert!(finding.contains(&line), "{finding}");
        // With that line it has an answer, and is not asked about again.
        let text = format!("{}{line}\n", lost.to_text());
        let mut told = Lock::parse(&text).unwrap();
        assert_eq!(
            told.assign("hums.example", &posts, &build(&ids)).ids,
            [Some(id)]
        );
    }
    // Without a publication, or if the last build had it, the lost lock is made again.
    let mut lost = Lock::default();
    assert_eq!(
        lost.assign("hums.example", &posts, &build(&[])).ids,
        [Some(ids[0].clone())]
    );
    let mut lost = Lock::default();
    let had = Build {
        before: [(ids[0].clone(), TEXT)].into(),
        ..build(&ids)
    };
    assert_eq!(
        lost.assign("hums.example", &posts, &had).ids,
        [Some(ids[0].clone())]
    );
}

#[test]
fn a_line_in_dispute_is_not_given_to_whoever_has_its_date_and_title() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    let assign = |text: &'static str, posts: &[Unnamed<'_>]| {
        let before = [(ids[0].clone(), text), (ids[1].clone(), TEXT)].into();
        let build = Build {
            before,
            now: vec![TEXT; posts.len()],
            ..Build::default()
        };
        lock.clone().assign("hums.example", posts, &build)
    };
    let came = [post("x.md", "Tea"), post("b.md", "Rain")];
    let assigned = assign("?", &came);
    assert_eq!(assigned.ids, [None, Some(ids[1].clone())]);
    assert_eq!(assigned.held, [ids[0].clone()]);
    // A known text settles it, and a post at its path is never asked about.
    assert_eq!(assign(TEXT, &came).ids[0], Some(ids[0].clone()));
    let stayed = [post("a.md", "Tea"), post("b.md", "Rain")];
    let mut again = lock.clone();
    assert_eq!(again.name("hums.example", &stayed), ids);
}

#[test]
fn a_post_that_was_left_out_and_changes_again_keeps_its_id() {
    let (lock, ids) = knowing(&[
        post("a.md", "Tea"),
        post("b.md", "Rain"),
        post("c.md", "Sun"),
    ]);
    let known = [
        (ids[0].clone(), TEXT),
        (ids[1].clone(), "?"),
        (ids[2].clone(), TEXT),
    ];
    let build = |before: HashMap<String, &'static str>| Build {
        before,
        now: vec![TEXT, TEXT],
        ..Build::default()
    };
    // It gets the date and title of one that is held, so it is left out.
    let mut lock = lock.clone();
    let before = build(known.clone().into());
    let came = [post("x/a.md", "Rain"), post("c.md", "Sun")];
    let assigned = lock.assign("hums.example", &came, &before);
    assert_eq!(assigned.ids, [None, Some(ids[2].clone())]);
    let published: HashSet<&str> = [&*ids[2]].into();
    assert_eq!(lock.find_vanished(&published, &before), ids[..2]);
    // The next build knows the posts that vanished in that build.
    let before = build(known.into());
    let came = [post("x/a.md", "Hail"), post("c.md", "Sun")];
    let assigned = lock.assign("hums.example", &came, &before);
    assert_eq!(assigned.ids, [Some(ids[0].clone()), Some(ids[2].clone())]);
    // If the last build is not known, any line may be its own; else only those whose ids that build had.
    let lost = Build {
        is_lost: true,
        ..Build::default()
    };
    assert_eq!(lock.find_vanished(&published, &lost), ids[..2]);
    assert!(lock.find_vanished(&published, &Build::default()).is_empty());
}

#[test]
fn whoever_takes_the_path_of_a_post_that_is_left_out_gets_no_id_of_it() {
    let (lock, ids) = knowing(&[
        post("a.md", "Tea"),
        post("b.md", "Rain"),
        post("c.md", "Sun"),
    ]);
    let later = Unnamed {
        published: "2024-06-01T00:00:00Z".parse().unwrap(),
        ..post("a.md", "New")
    };
    let build = Build {
        before: [
            (ids[0].clone(), TEXT),
            (ids[1].clone(), "?"),
            (ids[2].clone(), TEXT),
        ]
        .into(),
        now: vec![TEXT, OTHER, TEXT],
        ..Build::default()
    };
    // Its text says that the first is the post that was at `a.md`; its date and title are those of one that is held.
    let came = [post("x.md", "Rain"), later, post("c.md", "Sun")];
    let mut lock = lock.clone();
    let assigned = lock.assign("hums.example", &came, &build);
    let new = "tag:hums.example,2024-06-01:a.md".to_owned();
    assert_eq!(assigned.ids, [None, Some(new), Some(ids[2].clone())]);
    assert_eq!(lock.changes().new.len(), 1);
}

/// A lock that knows `a.md`, which is gone, and `b.md`, which stays beside a post that comes.
struct Scene {
    lock: Lock,
    ids: Vec<String>,
}

impl Scene {
    fn new() -> Self {
        let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
        Self { lock, ids }
    }

    /// A build in which `a.md` had one text, and the post that comes has another.
    fn build(&self, before: &'static str, came: &'static str) -> Build<'_> {
        Build {
            before: [(self.ids[0].clone(), before), (self.ids[1].clone(), "?")].into(),
            now: vec![came, "?"],
            ..Build::default()
        }
    }

    /// The findings, if the post that comes gets the id of `a.md` unless that waits for a person.
    fn assign(
        &self,
        came: Unnamed<'_>,
        build: &Build<'_>,
        waits: bool,
        label: &str,
    ) -> Vec<Finding> {
        let posts = [came, post("b.md", "Rain")];
        let assigned = self.lock.clone().assign("hums.example", &posts, build);
        let id = (!waits).then(|| self.ids[0].clone());
        assert_eq!(assigned.ids, [id, Some(self.ids[1].clone())], "{label}");
        assert_eq!(assigned.refused.len(), usize::from(waits), "{label}");
        let refused = assigned.refused.into_iter();
        refused.map(|(_, finding)| finding).collect()
    }
}

#[test]
fn a_file_that_an_error_leaves_out_may_be_what_vanished() {
    let scene = Scene::new();
    // The post that came, its text, that of the file with the error, where that stands; whether the id waits.
    for (came, text, broken, path, waits) in [
        (post("x.md", "Tea"), TEXT, TEXT, "y.md", true),
        (post("x/a.md", "Tea"), TEXT, TEXT, "y.md", true),
        (post("x.md", "Hail"), TEXT, TEXT, "y.md", true),
        (post("a.md", "Hail"), "Wet.", TEXT, "y.md", true),
        (post("x.md", "Tea"), TEXT, "Wet.", "y.md", false),
        (post("x.md", "Hail"), TEXT, "Wet.", "y.md", false),
        // Whoever stays has what is theirs.
        (post("a.md", "Tea"), TEXT, TEXT, "y.md", false),
        (post("a.md", "Hail"), TEXT, TEXT, "y.md", false),
        // It is broken where it was, beside a copy.
        (post("x.md", "Tea"), TEXT, TEXT, "a.md", true),
        (post("x.md", "Tea"), TEXT, OTHER, "a.md", true),
        (post("x.md", "Hail"), TEXT, OTHER, "a.md", true),
        (post("x.md", "Tea"), TEXT, "It has moved.", "a.md", true),
        (post("x.md", "Tea"), OTHER, "It has moved.", "a.md", true),
        // Not even its text can be read.
        (post("x.md", "Tea"), TEXT, "?", "a.md", true),
    ] {
        let build = Build {
            broken: vec![path.to_owned()],
            broken_text: broken,
            ..scene.build(TEXT, text)
        };
        let case = format!("{came:?} {broken} {path}");
        scene.assign(came, &build, waits, &case);
    }
}

#[test]
fn a_post_that_its_author_leaves_out_where_it_was_keeps_its_id_unless_its_text_is_another() {
    let named = Unnamed {
        id: Some("tag:hums.example,2024-03-18:a.md"),
        ..post("x.md", "New")
    };
    let scene = Scene::new();
    let draft = Absence::LeftOut("it is a draft");
    // The post that came, the text of the last build, of the file that is left out, and of the post; whether the id
    // waits.
    for (came, absence, before, left_out, text, waits) in [
        (post("x.md", "Tea"), draft, TEXT, TEXT, TEXT, true),
        (post("x/a.md", "Tea"), draft, TEXT, TEXT, TEXT, true),
        (post("x.md", "Tea"), draft, TEXT, "", TEXT, true),
        (post("x.md", "Tea"), draft, TEXT, "Soon.", TEXT, true),
        (post("x.md", "Tea"), draft, "Hot.", "Soon.", "Hot.", true),
        (post("x.md", "Tea"), draft, "?", TEXT, TEXT, true),
        (named, draft, TEXT, TEXT, TEXT, true),
        // It moved, and another post is begun at its path.
        (post("x.md", "Tea"), draft, TEXT, OTHER, TEXT, false),
        (named, draft, TEXT, OTHER, TEXT, false),
        // It moved, and its path leads there.
        (post("x.md", "Tea"), Absence::LeadsOn, TEXT, "", TEXT, false),
        (named, Absence::LeadsOn, TEXT, "", TEXT, false),
    ] {
        let build = Build {
            left_out: Some(("a.md", absence)),
            broken_text: left_out,
            ..scene.build(before, text)
        };
        let case = format!("{came:?} {absence:?} {before} {left_out}");
        for finding in scene.assign(came, &build, waits, &case) {
            assert!(finding.message.contains("`a.md`"), "{finding}");
            assert!(finding.message.contains("it is a draft"), "{finding}");
        }
    }
}

#[test]
fn a_post_with_the_date_and_title_of_one_that_was_gone_at_the_last_build_is_that_one_by_its_text_or_asked_about()
 {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    let stays = post("b.md", "Rain");
    // The post that came, the last text of the one that is gone, its text; whether it is asked about.
    for (path, earlier, text, is_asked) in [
        ("x.md", TEXT, TEXT, false),
        ("x/a.md", TEXT, TEXT, false),
        ("x.md", TEXT, &*TEXT.replace("kettle", "teapot"), false),
        ("x.md", "Hot.", "Hot.", false),
        ("x.md", TEXT, OTHER, true),
        ("x/a.md", TEXT, OTHER, true),
        ("x.md", "Hot.", "Cold.", true),
        ("x.md", "", TEXT, true),
        ("x.md", TEXT, "", true),
        // The manifest was lost since, or no build has published it.
        ("x.md", "-", TEXT, false),
        // It is where it was.
        ("a.md", TEXT, OTHER, false),
        ("a.md", "-", TEXT, false),
    ] {
        let earlier = [(ids[0].clone(), earlier)].into_iter();
        let build = Build {
            before: [(ids[1].clone(), "?")].into(),
            now: vec![text, "?"],
            texts_of_earlier: earlier.filter(|(_, text)| *text != "-").collect(),
            ..Build::default()
        };
        let mut asked = lock.clone();
        let assigned = asked.assign("hums.example", &[post(path, "Tea"), stays], &build);
        let id = (!is_asked).then(|| ids[0].clone());
        assert_eq!(assigned.ids, [id, Some(ids[1].clone())], "{path} {text}");
        let [(_, finding)] = &assigned.refused[..] else {
            assert!(!is_asked);
            continue;
        };
        // It is asked again at every build.
        assert_eq!(assigned.held, Vec::<String>::new());
        let question = "this may be `a.md`, which is gone, or a new post";
        assert!(finding.message.contains(question), "{finding}");
        assert_eq!(asked.to_text(), lock.to_text());
    }
}

#[test]
fn of_two_that_come_back_as_one_that_was_gone_at_the_last_build_neither_is_believed() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    for paths in [["x.md", "y.md"], ["x/a.md", "y/a.md"]] {
        let posts = [
            post(paths[0], "Tea"),
            post(paths[1], "Tea"),
            post("b.md", "Rain"),
        ];
        let build = Build {
            before: [(ids[1].clone(), "?")].into(),
            now: vec![TEXT, TEXT, "?"],
            texts_of_earlier: [(ids[0].clone(), TEXT)].into(),
            ..Build::default()
        };
        let assigned = lock.clone().assign("hums.example", &posts, &build);
        assert_eq!(
            assigned.ids,
            [None, None, Some(ids[1].clone())],
            "{paths:?}"
        );
        let refused: Vec<usize> = assigned.refused.iter().map(|(at, _)| *at).collect();
        assert_eq!(refused, [0, 1]);
    }
}

#[test]
fn a_new_post_under_the_name_of_one_that_was_gone_at_the_last_build_is_asked_about() {
    let (lock, ids) = knowing(&[post("a.md", "Tea"), post("b.md", "Rain")]);
    let later = |title| Unnamed {
        published: "2024-06-01T00:00:00Z".parse().unwrap(),
        ..post("a.md", title)
    };
    // The post at the path, the last text of the one that was there, its own; whether it is asked about.
    for (came, earlier, text, is_asked) in [
        (later("Summer"), TEXT, OTHER, true),
        // Something of it is as it was, or it is not known that nothing is.
        (later("Summer"), TEXT, TEXT, false),
        (later("Tea"), TEXT, OTHER, false),
        (post("a.md", "Summer"), TEXT, OTHER, false),
        (later("Summer"), "Hot.", OTHER, false),
        (later("Summer"), "-", OTHER, false),
    ] {
        let earlier = [(ids[0].clone(), earlier)].into_iter();
        let build = Build {
            before: [(ids[1].clone(), "?")].into(),
            now: vec![text, "?"],
            texts_of_earlier: earlier.filter(|(_, text)| *text != "-").collect(),
            ..Build::default()
        };
        let posts = [came, post("b.md", "Rain")];
        let assigned = lock.clone().assign("hums.example", &posts, &build);
        let id = (!is_asked).then(|| ids[0].clone());
        assert_eq!(assigned.ids, [id, Some(ids[1].clone())], "{came:?}");
        assert_eq!(assigned.refused.len(), usize::from(is_asked));
        let Some((_, finding)) = assigned.refused.first() else {
            continue;
        };
        // Each of the lines that it names decides.
        let hint = finding.hint.clone().unwrap();
        for (line, id) in hint
            .lines()
            .skip(1)
            .zip([&*ids[0], "tag:hums.example,2024-06-01:a.md"])
        {
            let kept = lock.to_text();
            let kept = kept.lines().filter(|kept| !kept.starts_with("a.md\t"));
            let text = kept.chain([line]).collect::<Vec<_>>().join("\n") + "\n";
            let mut decided = Lock::parse(&text).unwrap();
            let assigned = decided.assign("hums.example", &posts, &build);
            assert_eq!(assigned.ids[0].as_deref(), Some(id), "{line}");
        }
    }
}
