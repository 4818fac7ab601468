//! Posts that are left out for a while, and their ids, which wait for them.

use std::fs;
use std::path::Path;

use crate::feed::{NOON, in_items};
use crate::scene::Scene;

const TEXT: &str = "The kettle was on before the pager went, and the pager went before the tea was cold, and nobody \
                    wrote down why the lights in the hall were green.";
const LATER: &str = "2024-07-02T12:00:00Z";
const MUCH_LATER: &str = "2024-07-09T12:00:00Z";

fn post(front: &str) -> String {
    format!("---\n{front}---\n{TEXT}\n")
}

fn ids(scene: &Scene) -> Vec<String> {
    in_items(&scene.read("public/rss.xml"), "guid")
}

#[test]
fn a_post_that_is_moved_and_broken_at_once_keeps_its_id_when_it_is_mended() {
    for (case, broken) in [
        ("a date that is none", "title: Green\ndate: 2024-13-01\n"),
        ("no date", "title: Green\n"),
        (
            "a quotation mark that is open",
            "title: \"Green\ndate: 2024-05-02\n",
        ),
        (
            "the id of another",
            "title: Green\ndate: 2024-05-02\nid: tag:mine,2020:rain\n",
        ),
        (
            "the address of another",
            "title: Green\ndate: 2024-05-02\nslug: rain\n",
        ),
    ] {
        let scene = Scene::new()
            .file("post/tea.md", &post("title: Tea\ndate: 2024-05-01\n"))
            .file(
                "post/rain.md",
                "---\ntitle: Rain\ndate: 2023-04-01\nid: tag:mine,2020:rain\nslug: rain\n---\nWet.\n",
            );
        scene.run_at(NOON, &["run"]);
        let before = ids(&scene);
        let mails = scene.names("outbox").len();
        fs::remove_file(scene.path("post/tea.md")).unwrap();
        let scene = scene.file("post/green.md", &post(broken));
        // However often it is built.
        for _ in 0..2 {
            let ran = scene.run(&["--at", LATER, "run"]);
            assert_eq!(ran.code, 1, "{case}: {}", ran.talk);
            assert_eq!(ids(&scene), before[1..], "{case}");
        }
        let scene = scene.file("post/green.md", &post("title: Green\ndate: 2024-05-02\n"));
        let ran = scene.run(&["--at", LATER, "run"]);
        let says = "green.md: moved: was tea.md, keeps its id";
        assert!(
            ran.code == 0 && ran.talk.contains(says),
            "{case}: {}",
            ran.talk
        );
        assert_eq!(ids(&scene), before, "{case}");
        assert_eq!(scene.names("outbox").len(), mails, "{case}");
        // Nothing waits any longer once it is mended.
        let manifest = scene.read("tidings.manifest");
        assert!(!manifest.contains("\theld"), "{case}: {manifest}");
    }
}

#[test]
fn a_post_of_which_nothing_can_be_read_keeps_its_id_from_a_copy() {
    let whole = post("title: Tea\ndate: 2024-05-01\n");
    let wide: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (case, bytes) in [
        (
            "a byte that is no UTF-8 in the front matter",
            b"---\ntitle: T\xe9\n---\nTea.\n".to_vec(),
        ),
        (
            "a byte that is no UTF-8 in the text",
            b"---\ntitle: Tea\ndate: 2024-05-01\n---\nT\xe9\n".to_vec(),
        ),
        ("another encoding", wide),
    ] {
        let scene = Scene::new().file("post/tea.md", &whole);
        scene.run_at(NOON, &["run"]);
        let before = ids(&scene);
        let mails = scene.names("outbox").len();
        fs::write(scene.path("post/tea.md"), &bytes).unwrap();
        let scene = scene.file("post/copy.md", &whole);
        for _ in 0..2 {
            let ran = scene.run(&["--at", LATER, "run", "--fewer"]);
            assert!(!ran.talk.contains("keeps its id"), "{case}: {}", ran.talk);
            assert_ne!(ran.code, 0, "{case}: {}", ran.talk);
        }
        let scene = scene.file("post/tea.md", &whole);
        let ran = scene.run(&["--at", LATER, "run"]);
        assert_eq!(ran.code, 0, "{case}: {}", ran.talk);
        let after = ids(&scene);
        assert!(
            after.len() == 2 && after.contains(&before[0]),
            "{case}: {after:?}"
        );
        // The copy is a new post; the one that was broken is none.
        assert_eq!(scene.names("outbox").len(), mails + 1, "{case}");
        let lock = scene.read("tidings.lock");
        let line = lock.lines().find(|line| line.starts_with("tea.md\t"));
        assert!(
            line.is_some_and(|line| line.ends_with(&before[0])),
            "{case}: {lock}"
        );
    }
}

/// What somebody does to a post's file so that it is no post today.
type Hide = fn(&Path);

fn write(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
}

#[test]
fn a_post_that_is_left_out_where_it_was_keeps_its_id_from_a_copy() {
    let ways: [(&str, Hide); 11] = [
        ("a draft", |file| {
            write(file, &post("title: Tea\ndate: 2024-05-01\ndraft: true\n"));
        }),
        ("a draft without a text", |file| {
            write(
                file,
                "---\ntitle: Tea\ndate: 2024-05-01\ndraft: true\n---\n",
            );
        }),
        ("of the future", |file| {
            write(file, &post("title: Tea\ndate: 2094-05-01\n"));
        }),
        ("expired", |file| {
            write(
                file,
                &post("title: Tea\ndate: 2024-05-01\nexpires: 2024-06-01\n"),
            );
        }),
        ("private", |file| {
            write(file, &post("title: Tea\ndate: 2024-05-01\nprivate: true\n"));
        }),
        ("empty", |file| write(file, "")),
        ("an error, and rewritten", |file| {
            write(
                file,
                "---\ntitle: \"Tea\ndate: 2024-05-01\n---\nIt rained on the roof of the old station for nine days, and \
                 on the tenth the river stood in the yard, so the cat moved upstairs for good and never came down.\n",
            );
        }),
        ("a link that leads nowhere", |file| {
            fs::remove_file(file).unwrap();
            std::os::unix::fs::symlink("nowhere.md", file).unwrap();
        }),
        ("a link out of the folder", |file| {
            let out = file.with_file_name("../tea.txt");
            fs::rename(file, &out).unwrap();
            std::os::unix::fs::symlink(out.canonicalize().unwrap(), file).unwrap();
        }),
        ("no regular file", |file| {
            fs::remove_file(file).unwrap();
            std::os::unix::net::UnixListener::bind(file).unwrap();
        }),
        ("another ending", |file| {
            fs::rename(file, file.with_extension("rst")).unwrap();
        }),
    ];
    let whole = post("title: Tea\ndate: 2024-05-01\n");
    for (way, hide) in ways {
        // Before the copy it may have been built without it.
        for is_built in [false, true] {
            let scene = Scene::new().file("post/tea.md", &whole).file(
                "post/rain.md",
                "---\ntitle: Rain\ndate: 2023-04-01\n---\nWet.\n",
            );
            scene.run_at(NOON, &["run"]);
            let before = ids(&scene);
            let mails = scene.names("outbox").len();
            hide(&scene.path("post/tea.md"));
            if is_built {
                scene.run(&["--at", LATER, "build"]);
            }
            let scene = scene.file("post/copy.md", &whole);
            for _ in 0..2 {
                let ran = scene.run(&["--at", LATER, "run"]);
                assert_eq!(ran.code, 1, "{way}: {}", ran.talk);
                let says = "copy.md: this may be `tea.md`, which";
                assert!(ran.talk.contains(says), "{way}: {}", ran.talk);
                assert_eq!(ids(&scene), before[1..], "{way}");
            }
            for name in ["post/tea.md", "post/tea.rst"] {
                let _ = fs::remove_file(scene.path(name));
            }
            let scene = scene.file("post/tea.md", &whole);
            let ran = scene.run(&["--at", MUCH_LATER, "run"]);
            assert_eq!(ran.code, 0, "{way}: {}", ran.talk);
            let after = ids(&scene);
            assert!(
                after.len() == 3 && before.iter().all(|id| after.contains(id)),
                "{way}: {after:?}"
            );
            assert_eq!(
                scene.names("outbox").len(),
                mails + 1,
                "{way}: the copy is new"
            );
            let lock = scene.read("tidings.lock");
            let line = lock.lines().find(|line| line.starts_with("tea.md\t"));
            assert!(
                line.is_some_and(|line| line.ends_with(&before[0])),
                "{way}: {lock}"
            );
        }
    }
}

#[test]
fn a_post_that_moves_and_is_left_out_at_once_keeps_its_id_from_a_copy() {
    let whole = post("title: Tea\ndate: 2024-05-01\n");
    for (way, front) in [
        ("a draft", "title: Tea\ndate: 2024-05-01\ndraft: true\n"),
        ("a draft, renamed", "title: Green\ndraft: true\n"),
        ("of the future", "title: Tea\ndate: 2094-05-01\n"),
        ("private", "title: Tea\ndate: 2024-05-01\nprivate: true\n"),
        (
            "expired",
            "title: Tea\ndate: 2024-05-01\nexpires: 2024-06-01\n",
        ),
    ] {
        let scene = Scene::new().file("post/tea.md", &whole).file(
            "post/rain.md",
            "---\ntitle: Rain\ndate: 2023-04-01\n---\nWet.\n",
        );
        scene.run_at(NOON, &["run"]);
        let before = ids(&scene);
        let mails = scene.names("outbox").len();
        fs::remove_file(scene.path("post/tea.md")).unwrap();
        let scene = scene
            .file("post/later/tea.md", &post(front))
            .file("post/copy.md", &whole);
        // However often it is built.
        for _ in 0..3 {
            let ran = scene.run(&["--at", LATER, "run"]);
            assert_eq!(ran.code, 1, "{way}: {}", ran.talk);
            let says = "copy.md: this may be `tea.md`, which is gone, or a new post";
            assert!(ran.talk.contains(says), "{way}: {}", ran.talk);
            assert_eq!(ids(&scene), before[1..], "{way}");
        }
        // Where the copy is given up, the post has its id again, at its new path.
        fs::remove_file(scene.path("post/copy.md")).unwrap();
        let scene = scene.file("post/later/tea.md", &whole);
        let ran = scene.run(&["--at", MUCH_LATER, "run"]);
        assert_eq!(ran.code, 0, "{way}: {}", ran.talk);
        assert_eq!(ids(&scene), before, "{way}");
        assert_eq!(scene.names("outbox").len(), mails, "{way}");
    }
}

#[test]
fn whoever_keeps_drafts_of_what_is_published_renames_a_post_without_a_question() {
    let whole = post("title: Tea\ndate: 2024-05-01\n");
    let draft = post("title: Tea\ndate: 2024-05-01\ndraft: true\n");
    let scene = Scene::new()
        .file("post/tea.md", &whole)
        .file("post/drafts/tea.md", &draft);
    scene.run_at(NOON, &["run"]);
    let before = ids(&scene);
    let scene = scene.file("post/green.md", &whole);
    fs::remove_file(scene.path("post/tea.md")).unwrap();
    // A draft of something else may come at once.
    let scene = scene.file(
        "post/drafts/rain.md",
        "---\ntitle: Rain\ndraft: true\n---\nIt rained.\n",
    );
    let ran = scene.run(&["--at", LATER, "run"]);
    assert!(
        ran.code == 0 && ran.talk.contains("green.md: was tea.md, keeps its id"),
        "{}",
        ran.talk
    );
    assert_eq!(ids(&scene), before);
}

#[test]
fn a_post_that_moved_keeps_its_id_though_its_old_path_leads_to_it_or_has_another_post() {
    for (case, left) in [
        ("a page that leads on", "---\nredirect_to: /moved/\n---\n"),
        (
            "the draft of another post",
            "---\ntitle: Rain\ndraft: true\n---\nIt rained on the roof of the old station for nine days, and on the \
             tenth the river stood in the yard, so the cat moved upstairs for good and never came down.\n",
        ),
    ] {
        let whole = post("title: Tea\ndate: 2024-05-01\n");
        let scene = Scene::new().file("post/tea.md", &whole);
        scene.run_at(NOON, &["run"]);
        let before = ids(&scene);
        let mails = scene.names("outbox").len();
        let scene = scene
            .file("post/tea.md", left)
            .file("post/moved.md", &whole);
        let ran = scene.run(&["--at", LATER, "run"]);
        assert!(
            ran.code == 0 && ran.talk.contains("moved.md: was tea.md, keeps its id"),
            "{case}: {}",
            ran.talk
        );
        assert_eq!(ids(&scene), before, "{case}");
        assert_eq!(scene.names("outbox").len(), mails, "{case}");
    }
}

#[test]
fn a_copy_does_not_take_the_id_in_the_front_matter_of_a_draft() {
    let front = "title: Tea\ndate: 2024-05-01\nid: tag:mine,2020:tea\n";
    let scene = Scene::new().file("post/tea.md", &post(front));
    scene.run_at(NOON, &["run"]);
    let mails = scene.names("outbox").len();
    let scene = scene
        .file("post/tea.md", &post(&format!("{front}draft: true\n")))
        .file("post/copy.md", &post(front));
    let ran = scene.run(&["--at", LATER, "run"]);
    let says = "also the id of `tea.md`, which is left out today (it is a draft)";
    assert!(ran.code == 1 && ran.talk.contains(says), "{}", ran.talk);
    let scene = scene.file("post/tea.md", &post(front));
    scene.run(&["--at", LATER, "run"]);
    assert_eq!(ids(&scene), ["tag:mine,2020:tea"]);
    assert_eq!(scene.names("outbox").len(), mails);
}

#[test]
fn a_new_post_that_looks_like_one_that_is_gone_for_long_is_asked_about_at_every_run() {
    const OTHER: &str = "It rained on the roof of the old station for nine days, and on the tenth the river stood in the \
                         yard, so the cat moved upstairs for good.";
    // Where it stands, its front matter, and what is said.
    for (path, front, says) in [
        (
            "now.md",
            "title: Summer\ndate: 2024-06-30\n",
            "a post that is gone had this path",
        ),
        (
            "other.md",
            "title: Tea\ndate: 2024-05-01\n",
            "this may be `now.md`, which is gone, or a new post",
        ),
    ] {
        let scene = Scene::new()
            .file("post/now.md", &post("title: Tea\ndate: 2024-05-01\n"))
            .file(
                "post/rain.md",
                "---\ntitle: Rain\ndate: 2023-04-01\n---\nWet.\n",
            );
        scene.run_at(NOON, &["run"]);
        let before = ids(&scene);
        let mails = scene.names("outbox").len();
        fs::remove_file(scene.path("post/now.md")).unwrap();
        scene.run_at(NOON, &["build", "--fewer"]);
        let scene = scene.file(
            &format!("post/{path}"),
            &format!("---\n{front}---\n{OTHER}\n"),
        );
        let mut said = String::new();
        for _ in 0..3 {
            let ran = scene.run(&["--at", MUCH_LATER, "run"]);
            assert!(
                ran.code == 1 && ran.talk.contains(says),
                "{path}: {}",
                ran.talk
            );
            assert_eq!(ids(&scene), before[1..], "{path}");
            said = ran.talk;
        }
        // The last line that is shown is for a new post.
        let line = said.lines().rfind(|line| line.contains('\t')).unwrap();
        let line = line.trim_start();
        let lock = scene.read("tidings.lock");
        let start = format!("{path}\t");
        let kept = lock.lines().filter(|line| !line.starts_with(&start));
        let text = kept.chain([line]).collect::<Vec<_>>().join("\n") + "\n";
        let scene = scene.file("tidings.lock", &text);
        let ran = scene.run(&["--at", "2024-07-16T12:00:00Z", "run"]);
        assert_eq!(ran.code, 0, "{path}: {}", ran.talk);
        let after = ids(&scene);
        assert!(
            after.len() == 2 && !after.contains(&before[0]),
            "{path}: {after:?}"
        );
        assert_eq!(
            scene.names("outbox").len(),
            mails + 1,
            "{path}: {}",
            ran.out
        );
    }
}
