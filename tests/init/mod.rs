//! `tidings init`: in an empty folder, and beside the blogs of each generator.

mod blogs;
mod diary;
mod found;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::scene::{Ran, Scene};

const NOON: &str = "2024-06-01T12:00:00Z";
const POST: &str = "---\ntitle: Tea\ndate: 2024-05-01\n---\nA kettle.\n";

fn scene_of(files: &[(&str, &str)]) -> Scene {
    files
        .iter()
        .fold(Scene::bare(), |scene, (path, text)| scene.file(path, text))
}

fn init(scene: &Scene, more: &[&str]) -> Ran {
    let mut arguments = vec!["--at", NOON, "init", "--yes"];
    arguments.extend(more);
    scene.run(&arguments)
}

#[test]
fn an_empty_folder_becomes_a_site_that_works() {
    let scene = Scene::bare();
    let ran = init(&scene, &[]);
    ran.succeeds()
        .says("post/2024-06-01-hello.md written")
        .says("set `url` under [site]");
    let ignored = scene.read(".gitignore");
    assert!(
        ignored.contains("tidings.db\n") && ignored.contains("public/\n"),
        "{ignored}"
    );
    assert!(!ignored.contains("tidings.lock"), "the lock is committed");
    let again = scene.run(&["--at", "2024-06-03T12:00:00Z", "run"]);
    again.succeeds();
    let atom = scene.read("public/atom.xml");
    assert_eq!(
        feed_rs::parser::parse(atom.as_bytes())
            .unwrap()
            .entries
            .len(),
        1
    );
}

#[test]
fn the_ids_of_the_generators_feed_are_taken_over() {
    let feed = "<rss version=\"2.0\"><channel><title>T</title><link>https://x.example/</link><description/>\
                <item><title>Tea</title><link>https://x.example/posts/tea/</link>\
                <guid isPermaLink=\"false\">urn:x:tea</guid></item></channel></rss>";
    let files = [
        (
            "hugo.toml",
            "baseURL = \"https://x.example/\"\ntitle = \"Hums\"\n",
        ),
        ("content/posts/tea.md", POST),
    ];
    // The feed is as the generator has written it: the ids are kept, the file stays, and what to do is said.
    let scene = scene_of(&files).file("public/index.xml", feed);
    let ran = init(&scene, &[]);
    // The feeds alone wait for the generator, so it is no failure of the whole.
    ran.fails_with(1);
    ran.prints("Subject: ");
    for words in [
        "adopted 1 id",
        "disableKinds",
        "warning: public/index.xml",
        "another program",
        "only the feeds wait",
    ] {
        assert!(ran.talk.contains(words), "{words}: {}", ran.talk);
    }
    assert_eq!(scene.read("public/index.xml"), feed);
    assert!(scene.read("tidings.lock").contains("urn:x:tea"));
    fs::remove_file(scene.path("public/index.xml")).unwrap();
    assert_eq!(scene.run(&["--at", NOON, "build"]).code, 0);
    assert!(scene.read("public/index.xml").contains("urn:x:tea"));
    // The feed is a file that is named.
    let scene = scene_of(&files).file("old.xml", feed);
    let ran = init(&scene, &["--feed", "old.xml"]);
    ran.succeeds();
    assert!(scene.read("public/index.xml").contains("urn:x:tea"));
    // Where nobody answers at a guessed address there may be no old feed; what comes first if there is one is said.
    let scene = scene_of(&files);
    let ran = init(&scene, &[]);
    ran.succeeds()
        .says("the ids of the old feed were not taken over")
        .says(
            "next: if the site has a feed already, `tidings build --adopt https://x.example/index.xml` before the first \
             `tidings run`;",
        );
    // If nobody answers, the program says so, and how to do it later.
    let scene = scene_of(&files);
    let ran = init(&scene, &["--feed", "http://127.0.0.1:1/index.xml"]);
    assert!(
        ran.talk
            .contains("tidings build --adopt http://127.0.0.1:1/index.xml"),
        "{}",
        ran.talk
    );
}

/// Answers the questions of `init` at a terminal of its own, one a line; what it shows.
fn answer(scene: &Scene, answers: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_tidings");
    let mut terminal = Command::new("script")
        .args(["-qec", &format!("{program} --at {NOON} init"), "/dev/null"])
        .current_dir(scene.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = terminal.stdin.take().unwrap();
    input.write_all(answers.as_bytes()).unwrap();
    let ended = terminal.wait_with_output().unwrap();
    drop(input);
    Some(String::from_utf8_lossy(&ended.stdout).into_owned())
}

#[test]
fn whoever_sits_at_a_terminal_is_asked_what_the_folder_does_not_say() {
    let scene = Scene::bare();
    let answers = "Night shift\nhums.example\nftp://hums.example\nhttps://hums.example/?a\nhttps://hums.example/\n\
                   Ada Night\nada at hums\n";
    let Some(shown) = answer(&scene, answers) else {
        eprintln!("not tested: `script` of util-linux is missing");
        return;
    };
    for words in [
        "title of the site [",
        "address of its home page [not known yet]: ",
        "`hums.example` is no address: it does not begin with `https://`",
        "`ftp://hums.example` is no web address",
        "`https://hums.example/?a` has more behind its path",
        "who writes [nobody is named]: ",
        "their e-mail address [none]: ",
        "`ada at hums` is no e-mail address",
        "left out",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let config = scene.read("config.toml");
    for words in [
        "title = \"Night shift\"",
        "url = \"https://hums.example/\"",
        "name = \"Ada Night\"",
    ] {
        assert!(config.contains(words), "{words}: {config}");
    }
    // The program does not ask what the generator says.
    let known = scene_of(&[
        (
            "hugo.toml",
            "baseURL = \"https://x.example/\"\ntitle = \"Hums\"\n",
        ),
        ("content/posts/tea.md", POST),
    ]);
    let shown = answer(&known, "\n\n").unwrap();
    assert!(
        shown.contains("who writes") && !shown.contains("title of the site ["),
        "{shown}"
    );
}

#[test]
fn a_config_is_found_from_within_the_site_and_by_the_folder() {
    let scene = Scene::bare();
    assert_eq!(init(&scene, &[]).code, 0);
    let mut below = scene.command(&["--at", NOON, "build"]);
    let below = below.current_dir(scene.path("post")).output().unwrap();
    assert!(below.status.success(), "{below:?}");
    let folder = scene.path("").display().to_string();
    let there = Scene::bare().run(&["-C", &folder, "--at", NOON, "build"]);
    there.succeeds();
    let nowhere = Scene::bare().run(&["build"]);
    assert_eq!(nowhere.code, 2);
    nowhere.says("tidings init");
}

#[test]
fn a_template_of_notes_is_no_post() {
    let scene = scene_of(&[
        (".obsidian/app.json", "{}"),
        ("Blog/Tea.md", POST),
        ("Templates/day.md", "---\ncreated: {{date}}\n---\n"),
        ("templates/Night.md", "# Night\n"),
    ]);
    let ran = init(&scene, &[]);
    ran.succeeds();
    let checked = scene.run(&["--at", NOON, "check", "--offline"]);
    let found = format!("{}{}{}", ran.talk, checked.out, checked.talk);
    assert!(!found.to_lowercase().contains("templates/"), "{found}");
}

#[test]
fn a_site_in_a_folder_below_is_named() {
    let scene = scene_of(&[
        ("README.md", "# All\n"),
        (
            "web/blog/hugo.toml",
            "baseURL = \"https://x.example/\"\ntitle = \"Hums\"\n",
        ),
        ("web/blog/content/posts/tea.md", POST),
    ]);
    let ran = init(&scene, &[]);
    ran.fails_with(2);
    ran.says("web/blog/hugo.toml: the posts below `web` belong to this site of hugo")
        .says("tidings -C web/blog init");
    assert!(!scene.path("config.toml").exists() && !scene.path(".gitignore").exists());
    let there = scene.run(&["-C", "web/blog", "--at", NOON, "init", "--yes"]);
    there.succeeds();
}

#[test]
fn a_broken_config_of_ours_gets_no_second_one_beside_it() {
    for config in ["[site]\ntitel = \"Hums\"\n", "[site]\ntitle = \"Hums\n"] {
        let scene = scene_of(&[("config.toml", config), ("post/tea.md", POST)]);
        let ran = init(&scene, &[]);
        ran.succeeds().says("nothing was changed");
        assert!(!scene.path("tidings.toml").exists(), "{config}");
        assert_eq!(scene.run(&["check"]).code, 2);
    }
}

#[test]
fn a_blog_whose_posts_cannot_be_read_gets_its_config() {
    let feed = "<rss version=\"2.0\"><channel><title>T</title><link>https://x.example/</link><description/></channel></rss>";
    let scene = scene_of(&[
        (
            "conf.py",
            "BLOG_TITLE = \"Hums\"\nSITE_URL = \"https://x.example/\"\nPOSTS = ((\"posts/*.rst\", \"posts\", \"post.tmpl\"),)\n",
        ),
        (
            "posts/tea.rst",
            ".. title: Tea\n.. date: 2024-05-01\n\nA kettle.\n",
        ),
        ("templates/book.tmpl", "x"),
        ("output/rss.xml", feed),
    ]);
    let ran = init(&scene, &[]);
    ran.fails_with(1);
    for words in [
        "the ids of the old feed were not taken over",
        "1 file is not written in Markdown or HTML",
        "there is no post yet",
    ] {
        assert!(ran.talk.contains(words), "{words}: {}", ran.talk);
    }
    assert!(
        !ran.talk.contains("error: ") && !ran.talk.contains("book.tmpl"),
        "{}",
        ran.talk
    );
}

/// Sets the address of the site.
fn set_address(scene: &Scene, was: &str, url: &str) {
    let text = scene.read("config.toml");
    let set = text.replace(&format!("url = \"{was}\""), &format!("url = \"{url}\""));
    assert_ne!(set, text);
    fs::write(scene.path("config.toml"), set).unwrap();
}

#[test]
fn nothing_is_minted_before_the_address_is_known() {
    let scene = scene_of(&[("post/tea.md", POST)]);
    let ran = init(&scene, &[]);
    ran.succeeds().prints("A kettle");
    ran.says("set `url` under [site] in config.toml");
    for path in ["tidings.lock", "tidings.manifest", "tidings.db", "public"] {
        assert!(!scene.path(path).exists(), "{path}");
    }
    set_address(&scene, "https://example.org/", "https://hums.example/");
    let run = scene.run(&["--at", NOON, "run"]);
    run.succeeds();
    assert!(!run.talk.contains("[sample-ids]"), "{}", run.talk);
    let lock = scene.read("tidings.lock");
    assert!(lock.starts_with("hums.example\n"), "{lock}");
    let atom = scene.read("public/atom.xml");
    assert!(
        !lock.contains("example.org") && !atom.contains("example.org"),
        "{lock}{atom}"
    );
}

#[test]
fn ids_of_an_address_for_examples_stay_and_are_warned_of() {
    let named =
        "---\ntitle: Night\ndate: 2024-05-02\nid: tag:example.org,2024:named\n---\nA lamp.\n";
    let text = POST.replace(
        "A kettle.",
        "A kettle sings while the night shift is long, and the tea is green and hot; nobody else is awake in the house.",
    );
    let scene = scene_of(&[("post/tea.md", &text), ("post/night.md", named)]);
    init(&scene, &[]).succeeds();
    let warning =
        "the ids begin with `example.org`, an address for examples, and not with `hums.example`";
    let early = scene.run(&["--at", NOON, "build"]);
    let placeholder = "config.toml:5: `https://example.org/` is an address for examples: the ids";
    early.succeeds().says(placeholder);
    scene
        .run(&["--at", NOON, "digest", "weekly", "--since", "2024-01-01"])
        .succeeds();
    assert_eq!(scene.names("outbox").len(), 1);
    // The address is set, and a post moves in the same build.
    set_address(&scene, "https://example.org/", "https://hums.example/");
    fs::remove_file(scene.path("post/tea.md")).unwrap();
    let moved = text.replace("Tea", "Green tea").replace("05-01", "05-03");
    fs::write(scene.path("post/green.md"), &moved).unwrap();
    let dry = scene.run(&["--at", NOON, "run", "--dry-run"]);
    assert!(dry.code < 2, "{}", dry.talk);
    let check = scene.run(&["--at", NOON, "check", "--offline"]);
    check.fails_with(1);
    check.prints(warning).prints("[sample-ids]");
    let run = scene.run(&["--at", "2024-06-10T12:00:00Z", "run"]);
    run.succeeds().says(warning);
    assert_eq!(run.talk.matches(warning).count(), 1, "{}", run.talk);
    assert_eq!(scene.names("outbox").len(), 1, "nothing is mailed twice");
    // The line that the hint shows says that it is meant.
    let lock = scene.read("tidings.lock");
    let line = run
        .talk
        .lines()
        .find(|line| line.contains("#feed\t"))
        .unwrap();
    let (first, rest) = lock.split_once('\n').unwrap();
    let atom = scene.read("public/atom.xml");
    fs::write(
        scene.path("tidings.lock"),
        format!("{first}\n{}\n{rest}", line.trim()),
    )
    .unwrap();
    let quiet = scene.run(&["--at", "2024-06-11T12:00:00Z", "run"]);
    quiet.succeeds();
    assert!(!quiet.talk.contains(warning), "{}", quiet.talk);
    assert_eq!(scene.read("public/atom.xml"), atom, "the id is what it was");
}

#[test]
fn ids_of_an_address_for_examples_are_warned_of_beside_an_adopted_feed() {
    let old = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:feed:old</id><title>T</title>\
               <updated>2024-05-01T00:00:00Z</updated><entry><id>urn:x:tea</id><title>Tea</title>\
               <updated>2024-05-01T00:00:00Z</updated><link href=\"https://example.org/tea/\"/></entry></feed>";
    let moss = POST.replace("Tea", "Moss");
    let scene = scene_of(&[
        ("post/tea.md", POST),
        ("post/moss.md", &moss),
        ("old.xml", old),
    ]);
    init(&scene, &[]).succeeds();
    scene
        .run(&["--at", NOON, "build", "--adopt", "old.xml"])
        .succeeds();
    assert!(
        scene
            .read("tidings.lock")
            .starts_with("example.org\n#feed\t/\turn:feed:old\n")
    );
    set_address(&scene, "https://example.org/", "https://hums.example/");
    let warned = scene.run(&["--at", NOON, "build"]);
    let keep = "write `hums.example` as the first line of the lock";
    warned.succeeds().says(keep);
    // So it is quiet, and no id changes.
    let (lock, atom) = (scene.read("tidings.lock"), scene.read("public/atom.xml"));
    let own = lock.replacen("example.org", "hums.example", 1);
    fs::write(scene.path("tidings.lock"), &own).unwrap();
    let quiet = scene.run(&["--at", NOON, "build"]);
    quiet.succeeds();
    assert!(!quiet.talk.contains("warning"), "{}", quiet.talk);
    assert_eq!(scene.read("tidings.lock"), own);
    assert_eq!(scene.read("public/atom.xml"), atom);
}

#[test]
fn a_folder_of_a_site_gets_no_second_site() {
    let scene = Scene::bare();
    init(&scene, &[]).succeeds();
    scene.run(&["--at", NOON, "build"]).succeeds();
    for folder in ["post", "public"] {
        let before = scene.names(folder);
        let ran = scene.run(&["-C", folder, "--at", NOON, "init", "--yes"]);
        ran.fails_with(2);
        ran.says("../config.toml: this folder belongs to the site");
        assert_eq!(scene.names(folder), before);
    }
    // Another folder below may have a site of its own.
    fs::create_dir(scene.path("other")).unwrap();
    scene
        .run(&["-C", "other", "--at", NOON, "init", "--yes"])
        .succeeds();
}

#[test]
fn an_old_feed_that_is_missing_is_named_before_anything_is_written() {
    let scene = scene_of(&[("post/tea.md", POST)]);
    let ran = init(&scene, &["--feed", "old.xml"]);
    ran.fails_with(2);
    ran.says("old.xml: there is no such file");
    assert_eq!(scene.names(""), ["post"]);
}
