//! Posts that are left out for a while, and their ids, which wait for them.

use std::fs;

use crate::feed::{NOON, in_items};
use crate::scene::Scene;

const TEXT: &str = "The kettle was on before the pager went, and the pager went before the tea was cold, and nobody \
                    wrote down why the lights in the hall were green.";
const LATER: &str = "2024-07-02T12:00:00Z";

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
