//! Posts that were published with `--locked`: the lock has no line of them, and their ids stay all the same.

use std::fs;

use crate::feed::{NOON, in_items};
use crate::scene::Scene;

const TEA: &str = "The kettle was on before the pager went, and the pager went before the tea was cold, and nobody \
                   wrote down why the lights in the hall were green.";
const RAIN: &str = "It rained on the roof of the old station for nine days, and on the tenth the river stood in the \
                    yard, so the cat moved upstairs for good.";
const SUN: &str = "Seven of the panels face south and one does not, which took us a whole summer to notice, since \
                   the eighth was the only one that anybody ever cleaned.";

/// A post: path, title, date, text.
type Post = (&'static str, &'static str, &'static str, &'static str);

/// A site with a lock that knows one post and not these, which a run with `--locked` has published and mailed.
struct Locked {
    scene: Scene,
    lock: String,
    ids: Vec<String>,
    mails: usize,
}

impl Locked {
    fn with(posts: &[Post]) -> Self {
        let scene = Scene::new().post("old.md", "Old", "2024-04-01");
        scene.run_at(NOON, &["run"]);
        let lock = scene.read("tidings.lock");
        write(&scene, posts);
        scene.run_at("2024-07-01T12:00:00Z", &["--locked", "run"]);
        assert_eq!(scene.read("tidings.lock"), lock);
        Self {
            ids: ids(&scene),
            mails: scene.names("outbox").len(),
            scene,
            lock,
        }
    }

    fn replace(&self, before: &[Post], after: &[Post]) {
        for (path, ..) in before {
            fs::remove_file(self.scene.path(&format!("post/{path}"))).unwrap();
        }
        write(&self.scene, after);
    }

    fn lines_of_manifest(&self) -> usize {
        let manifest = self.scene.read("tidings.manifest");
        let lines = manifest.lines().filter(|line| line.starts_with("unkept\t"));
        lines.count()
    }
}

fn write(scene: &Scene, posts: &[Post]) {
    for (path, title, date, text) in posts {
        let file = scene.path(&format!("post/{path}"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(
            file,
            format!("---\ntitle: {title}\ndate: {date}\n---\n{text}\n"),
        )
        .unwrap();
    }
}

/// The ids of the feed, sorted.
fn ids(scene: &Scene) -> Vec<String> {
    let mut ids = in_items(&scene.read("public/rss.xml"), "guid");
    ids.sort();
    ids
}

/// A case: its name, the posts that the lock does not know, what becomes of them, how the next run with `--locked`
/// ends, and what it says.
type Case = (
    &'static str,
    &'static [Post],
    &'static [Post],
    i32,
    &'static [&'static str],
);

const CASES: [Case; 13] = [
    (
        "nothing moves",
        &[("a.md", "Tea", "2024-05-01", TEA)],
        &[("a.md", "Tea", "2024-05-01", TEA)],
        0,
        &[],
    ),
    (
        "renamed",
        &[("a.md", "Tea", "2024-05-01", TEA)],
        &[("b.md", "Tea", "2024-05-01", TEA)],
        1,
        &[
            "b.md: was a.md, keeps its id",
            "post/b.md: keeps the id of a.md",
        ],
    ),
    (
        "retitled",
        &[("a.md", "Tea", "2024-05-01", TEA)],
        &[("a.md", "Green", "2024-05-01", TEA)],
        0,
        &[],
    ),
    (
        "redated",
        &[("a.md", "Tea", "2024-05-01", TEA)],
        &[("a.md", "Tea", "2024-05-04", TEA)],
        1,
        &["post/a.md: keeps an id that is not that of its path and day"],
    ),
    (
        "renamed and retitled",
        &[("a.md", "Tea", "2024-05-01", TEA)],
        &[("b.md", "Green", "2024-05-01", TEA)],
        1,
        &["b.md: moved: was a.md, keeps its id"],
    ),
    (
        "a short one",
        &[("a.md", "Tea", "2024-05-01", "Hot.")],
        &[("b.md", "Green", "2024-05-01", "Hot.")],
        1,
        &["b.md: moved: was a.md, keeps its id"],
    ),
    (
        "a short one of an hour, with another text",
        &[("a.md", "Tea", "2024-05-01T09:30:00Z", "Hot.")],
        &[("b.md", "Green", "2024-05-01T09:30:00Z", "Cold.")],
        1,
        &["b.md: moved: was a.md, keeps its id"],
    ),
    (
        "all but the text",
        &[("a.md", "Tea", "2024-05-01", TEA)],
        &[("x/b.md", "Green", "2024-05-04", TEA)],
        1,
        &["x/b.md: moved: was a.md, keeps its id"],
    ),
    (
        "a folder moves, and one of it gets another title",
        &[
            ("x/a.md", "Tea", "2024-05-01", TEA),
            ("x/b.md", "Rain", "2024-05-02", RAIN),
        ],
        &[
            ("y/a.md", "Tea", "2024-05-01", TEA),
            ("y/b.md", "Hail", "2024-05-02", RAIN),
        ],
        1,
        &["y/a.md: was x/a.md", "y/b.md: moved: was x/b.md"],
    ),
    (
        "two at once",
        &[
            ("a.md", "Tea", "2024-05-01", TEA),
            ("b.md", "Rain", "2024-05-01", RAIN),
        ],
        &[
            ("d.md", "Green", "2024-05-01", TEA),
            ("c.md", "Hail", "2024-05-01", RAIN),
        ],
        1,
        &["d.md: moved: was a.md", "c.md: moved: was b.md"],
    ),
    (
        "two change places",
        &[
            ("a.md", "Tea", "2024-05-01", TEA),
            ("b.md", "Rain", "2024-05-02", RAIN),
        ],
        &[
            ("b.md", "Tea", "2024-05-01", TEA),
            ("a.md", "Rain", "2024-05-02", RAIN),
        ],
        1,
        &["a.md: was b.md", "b.md: was a.md"],
    ),
    (
        "the known one moves, and an unknown one takes its path",
        &[
            ("a.md", "Tea", "2024-05-01", TEA),
            ("old.md", "Old", "2024-04-01", "Old."),
        ],
        &[
            ("old.md", "Tea", "2024-05-01", TEA),
            ("b.md", "Old", "2024-04-01", "Old."),
        ],
        1,
        &["old.md: was a.md", "b.md: was old.md"],
    ),
    (
        "the known one has another date",
        &[("old.md", "Old", "2024-04-01", "Old.")],
        &[("old.md", "Old", "2024-04-02", "Old.")],
        0,
        &[],
    ),
];

#[test]
fn a_post_that_no_lock_knows_keeps_its_id_and_is_said_as_long_as_the_lock_is_not() {
    for (case, before, after, code, words) in CASES {
        let site = Locked::with(before);
        site.replace(before, after);
        // The second time nothing is moving any more, and another machine still does not know it.
        for time in ["2024-07-08T12:00:00Z", "2024-07-15T12:00:00Z"] {
            let ran = site.scene.run(&["--at", time, "--locked", "run"]);
            assert_eq!(ran.code, code, "{case} at {time}: {}", ran.talk);
            for words in words.iter().filter(|_| time < "2024-07-09") {
                assert!(ran.talk.contains(words), "{case}: {}", ran.talk);
            }
            assert_eq!(ids(&site.scene), site.ids, "{case} at {time}");
            assert_eq!(site.scene.names("outbox").len(), site.mails, "{case}");
            assert_eq!(site.scene.read("tidings.lock"), site.lock, "{case}");
        }
        // The lock keeps its last state without the manifest.
        site.scene.run_at("2024-07-22T12:00:00Z", &["run"]);
        assert_eq!(site.lines_of_manifest(), 0, "{case}");
        fs::remove_file(site.scene.path("tidings.manifest")).unwrap();
        let ran = site
            .scene
            .run(&["--at", "2024-07-29T12:00:00Z", "--locked", "run"]);
        assert_eq!(ran.code, 0, "{case}: {}", ran.talk);
        assert_eq!(ids(&site.scene), site.ids, "{case}");
        assert_eq!(site.scene.names("outbox").len(), site.mails, "{case}");
    }
}

#[test]
fn it_keeps_its_id_where_it_moves_again_before_the_lock_is_written() {
    let first = [("a.md", "Tea", "2024-05-01", TEA)];
    let second = [("b.md", "Green", "2024-05-01", TEA)];
    let third = [("c/d.md", "Black", "2024-05-09", TEA)];
    let site = Locked::with(&first);
    site.replace(&first, &second);
    let ran = site
        .scene
        .run(&["--at", "2024-07-08T12:00:00Z", "--locked", "run"]);
    ran.fails_with(1);
    site.replace(&second, &third);
    let ran = site
        .scene
        .run(&["--at", "2024-07-15T12:00:00Z", "--locked", "run"]);
    assert!(
        ran.code == 1 && ran.talk.contains("c/d.md: moved: was b.md, keeps its id"),
        "{}",
        ran.talk
    );
    // Another takes the path that it had first, with its title.
    write(&site.scene, &[("a.md", "Tea", "2024-05-01", SUN)]);
    let ran = site.scene.run(&["--at", "2024-07-22T12:00:00Z", "run"]);
    ran.succeeds().prints("1 new");
    let now = ids(&site.scene);
    assert!(site.ids.iter().all(|id| now.contains(id)), "{now:?}");
    assert_eq!(site.scene.names("outbox").len(), site.mails + 1);
}

#[test]
fn of_two_that_could_be_meant_none_is_taken_until_somebody_says() {
    let before = [
        ("a.md", "Tea", "2024-05-01", TEA),
        ("b.md", "Green", "2024-05-01", TEA),
    ];
    let site = Locked::with(&before);
    // More than half of the site must stay.
    write(
        &site.scene,
        &[
            ("d.md", "Rain", "2024-05-02", RAIN),
            ("e.md", "Sun", "2024-05-03", SUN),
        ],
    );
    site.scene
        .run_at("2024-07-01T13:00:00Z", &["--locked", "build"]);
    site.replace(&before, &[("c.md", "Black", "2024-05-01", TEA)]);
    for time in ["2024-07-08T12:00:00Z", "2024-07-15T12:00:00Z"] {
        let ran = site.scene.run(&["--at", time, "--locked", "build"]);
        assert!(
            ran.code == 1 && ran.talk.contains("post/c.md: this may be `a.md` or `b.md`"),
            "{}",
            ran.talk
        );
        let titles = in_items(&site.scene.read("public/rss.xml"), "title");
        assert_eq!(titles, ["Sun", "Rain", "Old"]);
    }
}

#[test]
fn a_digest_by_hand_remembers_it_too() {
    let scene = Scene::new().post("old.md", "Old", "2024-04-01");
    scene.run_at(NOON, &["run"]);
    write(&scene, &[("a.md", "Tea", "2024-05-01", "Hot.")]);
    scene.run_at("2024-06-25T12:00:00Z", &["--locked", "digest", "weekly"]);
    let mails = scene.names("outbox").len();
    fs::rename(scene.path("post/a.md"), scene.path("post/b.md")).unwrap();
    let ran = scene.run(&[
        "--at",
        "2024-06-26T12:00:00Z",
        "--locked",
        "digest",
        "weekly",
    ]);
    assert!(
        ran.code == 1 && ran.talk.contains("b.md: was a.md, keeps its id"),
        "{}",
        ran.talk
    );
    assert_eq!(scene.names("outbox").len(), mails);
}

#[test]
fn without_a_lock_a_new_domain_changes_no_id_and_without_the_manifest_the_lock_is_needed() {
    let scene = Scene::new().post("a.md", "Tea", "2024-05-01");
    scene.run_at(NOON, &["--locked", "build"]);
    let before = ids(&scene);
    let config = scene.read("config.toml");
    let moved = config.replace("https://hums.example/", "https://other.example/");
    assert_ne!(moved, config);
    let scene = scene.file("config.toml", &moved);
    let ran = scene.run(&["--at", NOON, "--locked", "build"]);
    assert_eq!((ran.code, ids(&scene)), (1, before.clone()), "{}", ran.talk);
    // This is the limit that the README names.
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    scene.run_at(NOON, &["--locked", "build"]);
    assert_ne!(ids(&scene), before);
}
