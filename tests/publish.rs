//! What is written, what stays, and whose files are whose.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::feed::{NOON, config, read, site};
use crate::parsers::{entries, strict_xml};
use crate::scene::Scene;

/// Every file below a folder with its bytes and when it was written.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(
                files(&path)
                    .into_iter()
                    .map(|(below, file)| (format!("{name}/{below}"), file)),
            );
        } else {
            found.insert(
                name,
                (
                    fs::read(&path).unwrap(),
                    fs::metadata(&path).unwrap().modified().unwrap(),
                ),
            );
        }
    }
    found
}

fn public(scene: &Scene) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    files(&scene.path("public"))
}

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

fn two() -> Scene {
    site(&[
        (
            "tea.md",
            "title: Tea\ndate: 2024-05-01\ntags: [hot]",
            "Hot.",
        ),
        (
            "rain.md",
            "title: Rain\ndate: 2023-04-01\ntags: [wet]",
            "Wet.",
        ),
    ])
    .file(
        "config.toml",
        &config("", "by = [\"tag\"]\narchive = \"year\"\nlimit = 1"),
    )
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
fn a_file_of_somebody_else_is_never_overwritten() {
    let theirs = "<?xml version=\"1.0\"?><rss><channel><generator>Hugo</generator></channel></rss>";
    let scene = two()
        .file("public/rss.xml", theirs)
        .file("public/index.html", "home");
    let ran = scene.run(&["--at", NOON, "build"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.talk.contains("public/rss.xml") && ran.talk.contains("move it away"),
        "{}",
        ran.talk
    );
    assert_eq!(
        scene.names("public"),
        ["index.html", "rss.xml"],
        "nothing was written beside it"
    );
    assert_eq!(scene.read("public/rss.xml"), theirs);
    // Also where it took the place of ours.
    fs::remove_file(scene.path("public/rss.xml")).unwrap();
    scene.run_at(NOON, &["build"]);
    fs::write(scene.path("public/rss.xml"), theirs).unwrap();
    assert_eq!(scene.run(&["--at", NOON, "build"]).code, 2);
    assert_eq!(scene.read("public/rss.xml"), theirs);
    // The hint.
    let other = config("", "files = { rss = \"feed.xml\" }");
    let scene = scene.file("config.toml", &other);
    scene.run_at(NOON, &["build"]);
    strict_xml(&scene.read("public/feed.xml"));
    assert_eq!(
        (
            scene.read("public/rss.xml").as_str(),
            scene.read("public/index.html").as_str()
        ),
        (theirs, "home")
    );
}

#[test]
fn a_file_that_would_take_the_place_of_a_tags_is_refused_before_anything_is_written() {
    let scene = Scene::new()
        .file(
            "post/a.md",
            "---\ntitle: A\ndate: 2024-01-01\ntags: [x]\n---\nA\n",
        )
        .file(
            "config.toml",
            &config("", "files = { rss = \"tag/x/rss.xml\" }\nby = [\"tag\"]"),
        );
    let ran = scene.run(&["build"]);
    assert!(
        ran.code == 2 && ran.talk.contains("`tag/x/rss.xml`") && ran.talk.contains("`files`"),
        "{}",
        ran.talk
    );
    assert!(!scene.path("public").exists() && !scene.path("tidings.lock").exists());
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
fn what_cannot_be_read_is_not_ours_and_a_link_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let scene = two();
    fs::create_dir_all(scene.path("public")).unwrap();
    symlink("nowhere/rss.xml", scene.path("public/rss.xml")).unwrap();
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 2 && ran.talk.contains("public/rss.xml"),
        "{}",
        ran.talk
    );
    fs::remove_file(scene.path("public/rss.xml")).unwrap();
    fs::create_dir(scene.path("kept")).unwrap();
    symlink("kept/ids.lock", scene.path("tidings.lock")).unwrap();
    scene.run_at(NOON, &["build"]);
    assert!(
        fs::symlink_metadata(scene.path("tidings.lock"))
            .unwrap()
            .is_symlink()
    );
    fs::set_permissions(
        scene.path("kept/ids.lock"),
        fs::Permissions::from_mode(0o664),
    )
    .unwrap();
    let scene = scene.post("new.md", "New", "2024-06-01");
    scene.run_at(NOON, &["build"]);
    assert!(scene.read("kept/ids.lock").contains("new.md"));
    assert_eq!(
        fs::metadata(scene.path("kept/ids.lock"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o664
    );
}

#[test]
fn nothing_is_pruned_while_a_post_cannot_be_read() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let text = scene.read("post/rain.md");
    let scene = scene.file("post/rain.md", &text.replace("2023-04-01", "2023-13-01"));
    let ran = scene.run(&["--at", NOON, "build", "--prune"]);
    assert!(
        ran.code == 1 && ran.talk.contains("nothing is pruned"),
        "{}",
        ran.talk
    );
    assert!(scene.names("public/tag").contains(&"wet".to_owned()));
}

#[test]
fn a_stale_twin_goes_also_when_the_manifest_is_lost() {
    let scene = two().file("config.toml", &config("", "precompress = true"));
    scene.run_at(NOON, &["build"]);
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    let scene = scene
        .file("config.toml", &config("", ""))
        .file("public/rss.xml.br", "not ours");
    scene.run_at(NOON, &["build"]);
    let names = scene.names("public");
    assert!(
        !names.contains(&"atom.xml.gz".to_owned()) && names.contains(&"rss.xml.br".to_owned()),
        "{names:?}"
    );
}

#[test]
fn a_twin_of_somebody_else_stays_where_ours_is_wanted_no_longer() {
    let scene = two().file("config.toml", &config("", "precompress = true"));
    scene.run_at(NOON, &["build"]);
    let scene = scene
        .file("config.toml", &config("", ""))
        .file("public/rss.xml.gz", "not ours")
        .post("new.md", "New", "2024-06-01");
    scene.run_at(NOON, &["build"]);
    assert_eq!(scene.read("public/rss.xml.gz"), "not ours");
    assert!(!scene.names("public").contains(&"atom.xml.gz".to_owned()));
    assert!(scene.run_at(NOON, &["build"]).contains("nothing new"));
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
fn the_feed_of_a_vanished_tag_stays_until_it_is_pruned() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let scene = scene
        .file(
            "post/rain.md",
            "---\ntitle: Rain\ndate: 2023-04-01\n---\nWet.\n",
        )
        .file("public/tag/wet/theirs.txt", "not ours")
        .file("public/tag/old/atom.xml", "not ours");
    scene.run_at(NOON, &["build"]);
    assert_eq!(entries(&scene.read("public/tag/wet/atom.xml")).len(), 1);
    scene.run_at(NOON, &["build", "--prune"]);
    assert_eq!(scene.names("public/tag/wet"), ["theirs.txt"]);
    assert_eq!(scene.read("public/tag/old/atom.xml"), "not ours");
    assert!(!scene.read("tidings.manifest").contains("tag/wet"));
    fs::remove_file(scene.path("public/tag/wet/theirs.txt")).unwrap();
}

#[test]
fn without_the_manifest_prune_finds_our_files_by_what_they_say() {
    let scene = two().file(
        "config.toml",
        &config("", "by = [\"tag\"]\narchive = \"year\"\nprecompress = true"),
    );
    scene.run_at(NOON, &["build"]);
    let old = public(&scene);
    assert!(old.contains_key("tag/wet/atom.xml.gz") && old.contains_key("atom-2023.xml"));
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    // Of another site that is published in the same folder, and of nobody.
    let theirs = scene
        .read("public/tag/wet/atom.xml")
        .replace("https://hums.example/", "https://other.example/");
    let scene = scene
        .file(
            "config.toml",
            &config("", "formats = [\"rss\"]\npage = false"),
        )
        .file("public/tag/theirs/atom.xml", &theirs)
        .file(
            "public/blog/atom.xml",
            &theirs.replace("/tag/wet/", "/blog/"),
        )
        .file("public/index.html", "<p>a page</p>")
        .file("public/tag/wet/index.html", "<p>a page</p>");
    let ran = scene.run(&["--at", NOON, "build", "--prune"]);
    assert!(
        ran.code == 0 && ran.talk.contains("removed ") && ran.talk.contains("tag/wet/atom.xml"),
        "{}",
        ran.talk
    );
    let left: Vec<String> = public(&scene).into_keys().collect();
    assert_eq!(
        left,
        [
            "blog/atom.xml",
            "feeds.opml",
            "index.html",
            "rss.xml",
            "tag/theirs/atom.xml",
            "tag/wet/index.html",
        ]
    );
}

#[test]
fn a_manifest_that_leads_elsewhere_removes_nothing_there() {
    let scene = two()
        .file("mine/atom.xml", "mine")
        .file("public/mine.txt", "mine too");
    scene.run_at(NOON, &["build"]);
    let atom = scene.read("public/atom.xml");
    let scene = scene.file("ours/atom.xml", &atom);
    let print = |text: &str| {
        let hash = tidings::inside::post::fingerprint_of(&text.as_bytes());
        format!("1\t{hash:x}\t{}\t1\t-", text.len())
    };
    let absolute = scene.path("mine/atom.xml").display().to_string();
    let mut forged = scene.read("tidings.manifest");
    for (path, text) in [
        ("../mine/atom.xml", "mine"),
        ("tag/../../mine/atom.xml", "mine"),
        (&*absolute, "mine"),
        ("../ours/atom.xml", &atom),
        ("linked/atom.xml", &atom),
        ("mine.txt", "mine too"),
        ("", "mine"),
        (".", "mine"),
    ] {
        forged.push_str(&format!("file\t{path}\t{}\n", print(text)));
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(scene.path("ours"), scene.path("public/linked")).unwrap();
    let scene = scene.file("tidings.manifest", &forged);
    scene.run_at(NOON, &["build", "--prune"]);
    assert_eq!(scene.read("mine/atom.xml"), "mine");
    assert_eq!(scene.read("ours/atom.xml"), atom);
    assert_eq!(scene.read("public/mine.txt"), "mine too");
    assert_eq!(scene.read("public/atom.xml"), atom);
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
fn two_posts_of_one_id_are_named_and_one_is_left_out() {
    let scene = site(&[
        (
            "a.md",
            "title: A\ndate: 2024-05-01\nid: tag:mine,2020:x",
            "x",
        ),
        (
            "b.md",
            "title: B\ndate: 2024-05-02\nid: tag:mine,2020:x",
            "x",
        ),
    ]);
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 1 && ran.talk.contains("also the id of `a.md`"),
        "{}",
        ran.talk
    );
    assert_eq!(entries(&scene.read("public/atom.xml")).len(), 1);
}

#[test]
fn the_page_the_list_and_the_links_lead_to_every_feed() {
    let scene = two().file(
        "config.toml",
        &config(
            "description = \"Tea & <rain>\"",
            "by = [\"tag\"]\nsign_up = \"https://hums.example/letter/\"",
        ),
    );
    scene.run_at(NOON, &["build"]);
    let page = scene.read("public/feeds.html");
    for address in [
        "https://hums.example/atom.xml",
        "https://hums.example/tag/hot/rss.xml",
        "https://hums.example/tea/",
        "https://hums.example/letter/",
        "https://hums.example/feeds.opml",
    ] {
        assert!(
            page.contains(&format!("href=\"{address}\"")),
            "{address}: {page}"
        );
    }
    assert!(
        page.contains("Tea &amp; &lt;rain&gt;") && !page.contains("<script"),
        "{page}"
    );
    let list = scene.read("public/feeds.opml");
    let document = roxmltree::Document::parse(&list).unwrap();
    let feeds: Vec<&str> = document
        .descendants()
        .filter_map(|node| node.attribute("xmlUrl"))
        .collect();
    assert_eq!(
        feeds,
        [
            "https://hums.example/atom.xml",
            "https://hums.example/tag/hot/atom.xml",
            "https://hums.example/tag/wet/atom.xml"
        ]
    );
    assert!(
        scene
            .read("public/tag/hot/atom.xml")
            .contains("<?xml-stylesheet type=\"text/css\" href=\"../../feeds.css\"?>")
    );
    assert!(
        scene
            .read("public/feeds.css")
            .contains("https://hums.example/feeds.html")
    );
    let links = scene.run_at(NOON, &["build", "--print-links"]);
    assert_eq!(links.lines().count(), 3);
    assert!(links.contains("<link rel=\"alternate\" type=\"application/feed+json\" title=\"Hums (JSON)\" href=\"https://hums.example/feed.json\">"));
}

#[test]
fn a_site_changes_a_block_of_the_page_and_it_is_still_known_as_ours() {
    let scene = two().file(
        "templates/feeds.html",
        "<title>{{ site.title }}</title>{% for feed in feeds %}<p>{{ feed.name }}</p>{% endfor %}",
    );
    scene.run_at(NOON, &["build"]);
    assert!(
        scene
            .read("public/feeds.html")
            .starts_with("<title>Hums</title><p>hot</p>")
    );
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    let scene = scene.file(
        "templates/feeds.html",
        "{% extends \"default/feeds.html\" %}{% block about %}Ours.{% endblock %}",
    );
    scene.run_at(NOON, &["build"]);
    assert!(scene.read("public/feeds.html").contains("Ours."));
    let ran = scene
        .file("templates/feeds.html", "<p>\n{{ nothing.there }}")
        .run(&["--at", NOON, "build"]);
    let place = "error: templates/feeds.html:2: the template cannot be used: ";
    assert!(ran.code == 2 && ran.talk.starts_with(place), "{}", ran.talk);
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

#[test]
fn a_site_that_suddenly_lost_its_posts_waits_for_a_persons_word() {
    let posts = |count: usize| {
        (0..count).fold(Scene::new(), |scene, n| {
            scene.post(
                &format!("p{n}.md"),
                &format!("Post {n}"),
                &format!("2024-06-{:02}", n + 1),
            )
        })
    };
    for (count, kept, is_manifest_lost) in
        [(3, 0, false), (3, 0, true), (12, 5, false), (12, 5, true)]
    {
        let scene = posts(count);
        scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
        let feed = scene.read("public/atom.xml");
        for n in kept..count {
            std::fs::remove_file(scene.path(&format!("post/p{n}.md"))).unwrap();
        }
        if is_manifest_lost {
            std::fs::remove_file(scene.path("tidings.manifest")).unwrap();
        }
        for arguments in [
            &["build"][..],
            &["build", "--prune"],
            &["build", "--dry-run"],
            &["run"],
            &["digest", "weekly"],
        ] {
            let ran = scene.run(arguments);
            assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.talk);
            let said = format!(
                "{} of {count} posts that were published would leave the feeds",
                count - kept
            );
            assert!(
                ran.talk.contains(&said) && ran.talk.contains("build --fewer"),
                "{}",
                ran.talk
            );
        }
        assert_eq!(scene.read("public/atom.xml"), feed);
        assert!(scene.names("outbox").is_empty());
        assert_eq!(scene.run(&["build", "--fewer"]).code, 0);
        assert_ne!(scene.read("public/atom.xml"), feed);
        assert_eq!(scene.run(&["build"]).code, 0);
    }
    // Also where their files are there.
    for (line, reason, code) in [
        ("draft: true", "it is a draft", 0),
        ("private: true", "", 0),
        ("date: 2999-01-01", "it is of the future", 0),
        ("tags: [", "something is wrong with it", 1),
    ] {
        for (count, lost, is_refused) in [(12, 12, true), (12, 7, true), (12, 6, false)] {
            let scene = posts(count);
            scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
            let feed = scene.read("public/atom.xml");
            for n in 0..lost {
                let path = format!("post/p{n}.md");
                let old = scene.read(&path);
                let lines = old
                    .lines()
                    .filter(|old| !line.starts_with("date") || !old.starts_with("date"));
                let text = lines.collect::<Vec<_>>().join("\n");
                let text = text.replacen("---", &format!("---\n{line}"), 1);
                std::fs::write(scene.path(&path), text).unwrap();
            }
            let ran = scene.run(&["build"]);
            if !is_refused {
                assert_eq!(ran.code, code, "{line}: {}", ran.talk);
                continue;
            }
            assert_eq!(ran.code, 2, "{line}: {}", ran.talk);
            let said = format!(
                "{lost} of {count} posts that were published would leave the feeds ({lost}: {reason}"
            );
            assert!(ran.talk.contains(&said), "{line}: {}", ran.talk);
            assert_eq!(scene.read("public/atom.xml"), feed);
            assert_eq!(scene.run(&["digest", "weekly"]).code, 2, "{line}");
            assert_eq!(scene.run(&["build", "--fewer"]).code, code, "{line}");
            assert_ne!(scene.read("public/atom.xml"), feed);
            assert_eq!(scene.run(&["build"]).code, code, "it was said: {line}");
        }
    }
    // Without the manifest, what has left before does not count: it expired, or no feed that is here shows it.
    let gone = |scene: &Scene, front: Option<&str>| {
        for n in 0..9 {
            let file = scene.path(&format!("post/p{n}.md"));
            let text = std::fs::read_to_string(&file).unwrap();
            match front {
                Some(front) => {
                    std::fs::write(&file, text.replacen("---", &format!("---\n{front}"), 1))
                        .unwrap();
                }
                None => std::fs::remove_file(&file).unwrap(),
            }
        }
        std::fs::remove_file(scene.path("tidings.manifest")).unwrap();
    };
    for (front, is_fresh, code) in [
        (Some("expires: 2024-06-23"), false, 0),
        (Some("draft: true"), false, 2),
        (None, true, 0),
    ] {
        let scene = posts(12);
        scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
        gone(&scene, front);
        if is_fresh {
            std::fs::remove_dir_all(scene.path("public")).unwrap();
        }
        let ran = scene.run(&["--at", "2024-06-24T08:00:05+02:00", "build", "--prune"]);
        assert_eq!(ran.code, code, "{front:?}: {}", ran.talk);
    }
    let scene = posts(3);
    scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
    for is_manifest_lost in [false, true] {
        if is_manifest_lost {
            std::fs::remove_file(scene.path("tidings.manifest")).unwrap();
        }
        let ran = scene.run(&["--at", "2010-01-01T00:00:00Z", "build"]);
        ran.fails_with(2).says("(3: it is of the future)");
    }
}
