//! Which documents a build writes: only changed ones, whole, and the same bytes everywhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use super::{public, two};
use crate::feed::{NOON, config, read};
use crate::parsers::strict_xml;
use crate::scene::Scene;

/// The files whose bytes differ.
fn changed(
    before: &BTreeMap<String, (Vec<u8>, SystemTime)>,
    after: &BTreeMap<String, (Vec<u8>, SystemTime)>,
) -> Vec<String> {
    let differs = |path: &&String| {
        before.get(*path).map(|file| &file.0) != after.get(*path).map(|file| &file.0)
    };
    after.keys().filter(differs).cloned().collect()
}

#[test]
fn editing_one_post_changes_only_the_documents_that_carry_it() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let before = public(&scene);
    let scene = scene.file(
        "post/tea.md",
        "---\ntitle: Tea\ndate: 2024-05-01\ntags: [hot]\n---\nHotter.\n",
    );
    let said = scene.run_at(NOON, &["build"]);
    assert!(said.contains("0 new, 1 updated, 0 repeated"), "{said}");
    let after = public(&scene);
    let expected = [
        "atom.xml",
        "feed.json",
        "rss.xml",
        "tag/hot/atom.xml",
        "tag/hot/feed.json",
        "tag/hot/rss.xml",
    ];
    assert_eq!(changed(&before, &after), expected);
    for (path, file) in before
        .iter()
        .filter(|(path, _)| !expected.contains(&path.as_str()))
    {
        assert_eq!(file.1, after[path].1, "{path} was rewritten");
    }
}

#[test]
fn what_stays_the_same_is_not_rewritten_even_when_the_manifest_or_the_times_are_lost() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let before = public(&scene);
    let manifest = scene.read("tidings.manifest");
    assert!(scene.run_at(NOON, &["build"]).contains("nothing new"));
    assert_eq!(
        (public(&scene), scene.read("tidings.manifest")),
        (before.clone(), manifest)
    );
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    scene.run_at(NOON, &["build"]);
    assert_eq!(public(&scene), before);
    // A fresh checkout: other times, the same bytes.
    let copied = Command::new("touch")
        .arg(scene.path("public/atom.xml"))
        .status();
    assert!(copied.unwrap().success());
    scene.run_at(NOON, &["build"]);
    assert!(changed(&before, &public(&scene)).is_empty());
}

#[test]
fn a_folder_that_a_generator_wiped_and_a_document_that_somebody_broke_are_made_again() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let before = public(&scene);
    fs::remove_dir_all(scene.path("public")).unwrap();
    scene.run_at(NOON, &["build"]);
    assert!(changed(&before, &public(&scene)).is_empty());
    let broken = scene.read("public/atom.xml").replace("Tea", "Tee");
    fs::write(scene.path("public/atom.xml"), broken).unwrap();
    scene.run_at(NOON, &["build"]);
    assert!(changed(&before, &public(&scene)).is_empty());
}

#[test]
fn a_build_that_was_refused_loses_no_news_and_a_locked_one_says_them_once() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let lock = scene.read("tidings.lock");
    let ours = scene.read("public/rss.xml");
    let scene = scene
        .post("new.md", "New", "2024-06-01")
        .file("public/rss.xml", "<rss/>");
    assert_eq!(scene.run(&["--at", NOON, "build"]).code, 2);
    assert_eq!(scene.read("tidings.lock"), lock);
    let scene = scene.file("public/rss.xml", &ours);
    assert!(
        scene
            .run_at(NOON, &["build", "--locked"])
            .contains("1 new, 0 updated")
    );
    assert!(
        scene
            .run_at(NOON, &["build", "--locked"])
            .contains("nothing new")
    );
    assert!(scene.run_at(NOON, &["build"]).contains("nothing new"));
    // Nor is a post news that was away for a day.
    let text = scene.read("post/new.md");
    let scene = scene.file("post/new.md", &text.replace("date:", "draft: true\ndate:"));
    scene.run_at(NOON, &["build"]);
    assert!(
        scene
            .file("post/new.md", &text)
            .run_at(NOON, &["build"])
            .contains("0 new, 0 updated")
    );
}

#[cfg(unix)]
#[test]
fn a_build_that_fails_half_way_knows_what_it_wrote_and_loses_no_news() {
    let scene = two();
    fs::create_dir(scene.path("public")).unwrap();
    std::os::unix::fs::symlink("nowhere", scene.path("public/tag")).unwrap();
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 2 && ran.talk.contains("cannot be written"),
        "{}",
        ran.talk
    );
    assert!(scene.read("tidings.manifest").contains("file\tfeeds.css\t"));
    fs::remove_file(scene.path("public/tag")).unwrap();
    assert!(scene.run_at(NOON, &["build"]).contains("2 new, 0 updated"));
    assert!(scene.run_at(NOON, &["build"]).contains("nothing new"));
}

#[test]
fn what_a_run_that_died_left_half_written_is_swept_up_when_it_is_old() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let (old, young) = (
        ".atom.xml.0123456789abcdef.new",
        ".atom.xml.fedcba9876543210.new",
    );
    let scene = scene
        .file(&format!("public/{old}"), "half")
        .file(&format!("public/{young}"), "half")
        .file("public/.atom.xml.mine.new", "not ours");
    for name in [old, ".atom.xml.mine.new"] {
        let aged = Command::new("touch")
            .args(["-d", "2020-01-01"])
            .arg(scene.path(&format!("public/{name}")))
            .status();
        assert!(aged.unwrap().success());
    }
    let scene = scene.post("new.md", "New", "2024-06-01");
    scene.run_at(NOON, &["build"]);
    let names = scene.names("public");
    assert!(
        !names.contains(&old.to_owned()) && names.contains(&young.to_owned()),
        "{names:?}"
    );
    assert!(
        names.contains(&".atom.xml.mine.new".to_owned()),
        "{names:?}"
    );
}

#[test]
fn compressed_twins_say_the_same_and_go_when_they_are_not_wanted() {
    let scene = two().file("config.toml", &config("", "precompress = true"));
    scene.run_at(NOON, &["build"]);
    let unpacked = Command::new("gzip")
        .arg("-dc")
        .arg(scene.path("public/atom.xml.gz"))
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(unpacked.stdout).unwrap(),
        scene.read("public/atom.xml")
    );
    let before = public(&scene);
    assert!(before.contains_key("rss.xml.br"));
    assert!(scene.run_at(NOON, &["build"]).contains("nothing new"));
    assert_eq!(public(&scene), before);
    fs::remove_file(scene.path("public/rss.xml.br")).unwrap();
    scene.run_at(NOON, &["build"]);
    assert!(changed(&before, &public(&scene)).is_empty());
    let scene = scene.file("config.toml", &config("", ""));
    scene.run_at(NOON, &["build"]);
    assert!(
        !public(&scene)
            .keys()
            .any(|path| matches!(path.rsplit_once('.'), Some((_, "gz" | "br"))))
    );
    let foreign = scene
        .file("public/atom.xml.gz", "not ours")
        .file("config.toml", &config("", "precompress = true"));
    assert_eq!(foreign.run(&["--at", NOON, "build"]).code, 2);
}

#[test]
fn the_same_posts_give_the_same_bytes_in_another_folder_on_one_core_or_two() {
    let build = |threads: &str| {
        let scene = Scene::sample();
        let config = scene
            .read("config.toml")
            .replace("archive = \"year\"", "archive = \"month\"")
            .replace(
                "by = [\"tag\"]",
                "by = [\"tag\", \"author\", \"section\", \"language\"]\nprecompress = true",
            );
        let scene = scene.file("config.toml", &config);
        let ran = scene.run_with(
            &["--at", NOON, "build"],
            &[("RAYON_NUM_THREADS", threads), ("TZ", "Asia/Tokyo")],
        );
        ran.succeeds();
        let files: BTreeMap<_, _> = public(&scene)
            .into_iter()
            .map(|(path, file)| (path, file.0))
            .collect();
        (files, scene.read("tidings.lock"))
    };
    assert_eq!(build("1"), build("2"));
}

#[test]
fn a_killed_build_leaves_every_file_whole() {
    let text = "Words of a post. ".repeat(200);
    let mut scene = Scene::new().file("config.toml", &config("", "by = [\"tag\"]\nlimit = 100"));
    for number in 0..60 {
        scene = scene.file(
            &format!("post/{number}.md"),
            &format!(
                "---\ntitle: Post {number}\ndate: 2024-01-{:02}\ntags: [t{}]\n---\n{text}\n",
                number % 28 + 1,
                number % 20
            ),
        );
    }
    let mut cut_short = 0;
    for round in 0..12_u64 {
        let scene_text =
            format!("---\ntitle: Post 0\ndate: 2024-01-01\ntags: [t0]\n---\n{text} {round}\n");
        fs::write(scene.path("post/0.md"), scene_text).unwrap();
        let mut child = scene
            .command(&["--at", NOON, "build"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20 + 15 * round));
        let _ = child.kill();
        cut_short += usize::from(!child.wait().unwrap().success());
        for (path, (bytes, _)) in public(&scene) {
            let is_xml = Path::new(&path)
                .extension()
                .is_some_and(|ending| ending == "xml");
            if is_xml && !path.contains("/.") && !path.starts_with('.') {
                strict_xml(&String::from_utf8(bytes).unwrap());
            }
        }
    }
    assert!(cut_short > 0, "no build was cut short");
    scene.run_at(NOON, &["build"]);
    assert_eq!(read(&scene, "").json["items"].as_array().unwrap().len(), 60);
}

#[test]
fn the_line_of_the_result_counts_what_readers_will_see() {
    let scene = two();
    let dry = scene.run(&["--at", NOON, "build", "--dry-run"]);
    assert!(
        dry.talk.contains("2 new, 0 updated, 0 repeated") && !dry.out.contains("2 new"),
        "{}",
        dry.talk
    );
    assert_eq!(scene.names(""), ["config.toml", "post"]);
    assert!(
        scene
            .run_at(NOON, &["build"])
            .contains("2 new, 0 updated, 0 repeated")
    );
    let scene = scene.post("new.md", "New", "2024-06-01").file(
        "post/tea.md",
        "---\nid: tag:mine,2020:tea\ntitle: Tea\ndate: 2024-05-01\ntags: [hot]\n---\nHot.\n",
    );
    let ran = scene.run(&["--at", NOON, "build"]);
    ran.prints("1 new, 0 updated, 1 repeated");
    assert!(
        ran.talk.contains("post/tea.md") && ran.talk.contains("unread"),
        "{}",
        ran.talk
    );
}

#[test]
fn what_a_template_or_the_config_changes_is_written_again() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let scene = scene.file(
        "config.toml",
        &config(
            "rights = \"CC0\"",
            "by = [\"tag\"]\narchive = \"year\"\nlimit = 1",
        ),
    );
    scene.run_at(NOON, &["build"]);
    assert!(
        scene
            .read("public/atom-2023.xml")
            .contains("<rights>CC0</rights>")
    );
    // A link to another post's file follows that post.
    let linked = "---\ntitle: Rain\ndate: 2023-04-01\ntags: [wet]\n---\n[tea](tea.md)\n";
    let scene = scene.file("post/rain.md", linked);
    scene.run_at(NOON, &["build"]);
    assert!(
        scene
            .read("public/atom-2023.xml")
            .contains("https://hums.example/tea/")
    );
    let scene = scene.file(
        "post/tea.md",
        "---\ntitle: Tea\ndate: 2024-05-01\nslug: green-tea\n---\nHot.\n",
    );
    scene.run_at(NOON, &["build"]);
    assert!(
        scene
            .read("public/atom-2023.xml")
            .contains("https://hums.example/green-tea/")
    );
}

#[test]
fn what_a_file_of_data_changes_is_written_again() {
    let post = "---\ntitle: Tea\ndate: 2024-05-01\n---\nA {{ colour }} cup.\n";
    let scene = Scene::new()
        .file("eleventy.config.js", "export default {};\n")
        .file("post/posts/tea.md", post);
    for colour in ["blue", "red"] {
        fs::write(
            scene.path("post/posts/posts.json"),
            format!("{{\"colour\": \"{colour}\"}}"),
        )
        .unwrap();
        scene.run_at(NOON, &["build"]);
        let feed = scene.read("public/atom.xml");
        assert!(feed.contains(&format!("A {colour} cup")), "{feed}");
    }
}
