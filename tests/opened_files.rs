//! Tests which files the program opens: regular files of the site, and nothing that never ends, waits for ever or lies
//! elsewhere.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use crate::feed::{NOON, config};
use crate::scene::{Ran, Scene};

/// How long a run may take before it counts as one that hangs: far more than any machine needs.
pub(crate) const HANGS: Duration = Duration::from_mins(2);

/// Runs the program, and kills it where it would never end.
fn run(scene: &Scene, arguments: &[&str]) -> Ran {
    run_command(scene.command(arguments), HANGS)
}

/// Runs a program, and kills it where it takes longer.
pub(crate) fn run_command(mut command: Command, longest: Duration) -> Ran {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let number = child.id().to_string();
    let (done, ended) = std::sync::mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output().unwrap()));
    let Ok(Output {
        status,
        stdout,
        stderr,
    }) = ended.recv_timeout(longest)
    else {
        let _ = Command::new("kill").args(["-9", &number]).status();
        panic!("{command:?} hangs");
    };
    Ran {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        talk: String::from_utf8(stderr).unwrap(),
    }
}

/// Puts a pipe that nobody writes into.
fn pipe(scene: &Scene, path: &str) {
    let file = scene.path(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
}

/// Puts a link to a device without an end.
fn endless(scene: &Scene, path: &str) {
    let file = scene.path(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    symlink("/dev/zero", file).unwrap();
}

fn site() -> Scene {
    Scene::new().post("tea.md", "Tea", "2024-05-01")
}

#[test]
fn a_pipe_or_a_device_in_place_of_a_file_is_named_and_waited_for_by_nothing() {
    for (path, code, more) in [
        // Of a generator: the site goes on without it.
        ("hugo.toml", 0, ""),
        ("hugo.yaml", 0, ""),
        ("_config.yml", 0, ""),
        ("pelicanconf.py", 0, ""),
        (".eleventy.js", 0, ""),
        ("config.yaml", 0, "unsaid"),
        ("templates/feeds.html", 2, ""),
        ("public/atom.xml", 2, ""),
        ("public/feeds.css", 2, ""),
        ("public/atom.xml.gz", 2, "precompress = true"),
        ("public/atom.xml.br", 2, "precompress = true"),
        ("tidings.lock", 2, ""),
        ("post/data.md", 1, ""),
    ] {
        for put in [pipe, endless] {
            let scene = site().file(
                "config.toml",
                &config("", more.trim_start_matches("unsaid")),
            );
            put(&scene, path);
            let ran = run(&scene, &["--at", NOON, "build"]);
            // A link that leads out of the folder of posts is only not followed.
            let code = if path.starts_with("post/") && scene.path(path).is_symlink() {
                0
            } else {
                code
            };
            assert_eq!(ran.code, code, "{path}: {}{}", ran.out, ran.talk);
            let name = path.rsplit('/').next().unwrap();
            assert!(
                ran.talk.contains(name) || more == "unsaid",
                "{path}: {}",
                ran.talk
            );
            assert_eq!(scene.path("public/rss.xml").exists(), code < 2, "{path}");
        }
    }
}

#[test]
fn a_pipe_among_eleventys_files_is_named_and_the_posts_are_read() {
    let scene = site().file(".eleventy.js", "");
    pipe(&scene, "post/post.json");
    pipe(&scene, "post/tea.11tydata.json");
    pipe(&scene, ".eleventyignore");
    pipe(&scene, "post/tea.11tydata.js");
    let ran = run(&scene, &["--at", NOON, "build"]);
    ran.succeeds();
    for name in ["post/post.json", "tea.11tydata.json", ".eleventyignore"] {
        assert!(
            ran.talk
                .contains(&format!("{name}: cannot be read: it is a pipe")),
            "{name}: {}",
            ran.talk
        );
    }
    assert!(scene.read("public/atom.xml").contains("<title>Tea</title>"));
}

#[test]
fn what_is_named_on_the_command_line_is_no_pipe_either() {
    for (arguments, file) in [
        (&["build", "--adopt", "odd"][..], "odd"),
        (&["subscriber", "import", "odd"], "odd"),
        (&["--config", "odd", "build"], "odd"),
    ] {
        for put in [pipe, endless] {
            let scene = site();
            put(&scene, file);
            let ran = run(&scene, arguments);
            assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.talk);
            assert!(
                ran.talk.starts_with("error: odd: cannot be read: it is a "),
                "{arguments:?}: {}",
                ran.talk
            );
        }
    }
    let scene = site();
    pipe(&scene, "templates/digest.html");
    let ran = run(&scene, &["--at", NOON, "digest", "weekly", "--dry-run"]);
    ran.fails_with(2);
    assert!(
        ran.talk
            .contains("templates/digest.html: cannot be read: it is a pipe"),
        "{}",
        ran.talk
    );
}

/// A picture of 7 by 5 dots, as far as its size goes.
const PICTURE: &[u8] = b"GIF89a\x07\x00\x05\x00\x00\x00\x00";

#[test]
fn the_size_of_a_picture_is_taken_from_the_site_and_from_nowhere_else() {
    let outside = tempfile::tempdir().unwrap();
    let outside = outside.path().canonicalize().unwrap();
    fs::write(outside.join("x.gif"), PICTURE).unwrap();
    let out = outside.to_str().unwrap();
    let up = "../".repeat(20);
    let escaped_up = "..%2f".repeat(20);
    let addresses = [
        format!("https://hums.example/{out}/x.gif"),
        format!("https://hums.example/%2F{}/x.gif", &out[1..]),
        format!("https://hums.example//{out}/x.gif"),
        format!("/{out}/x.gif"),
        format!("/%2f{}/x.gif", &out[1..]),
        format!("/{up}{}/x.gif", &out[1..]),
        format!("/{escaped_up}{}/x.gif", &out[1..]),
        format!("/..%2f..%2f..%2f..%2f..%2f{}/x.gif", &out[1..]),
        "/link/x.gif".to_owned(),
        "/linked.gif".to_owned(),
        "/pipe.gif".to_owned(),
        "/endless.gif".to_owned(),
        "/folder.gif".to_owned(),
    ];
    let body = addresses
        .each_ref()
        .map(|address| format!("![a]({address})\n\n"))
        .concat();
    let front = "---\ntitle: Tea\ndate: 2024-05-01\n---\n";
    let scene = site()
        .file("post/tea.md", &format!("{front}{body}\n![own](/own.gif)\n"))
        .file("static/folder.gif/x", "");
    fs::write(scene.path("static/own.gif"), PICTURE).unwrap();
    symlink(&outside, scene.path("static/link")).unwrap();
    symlink(outside.join("x.gif"), scene.path("static/linked.gif")).unwrap();
    symlink(outside.join("x.gif"), scene.path("post/linked.gif")).unwrap();
    pipe(&scene, "static/pipe.gif");
    pipe(&scene, "post/pipe.gif");
    endless(&scene, "static/endless.gif");
    let config = scene
        .read("config.toml")
        .replace("since =", "layout = \"full\"\nsince =");
    let scene = scene.file("config.toml", &config);
    let ran = run(
        &scene,
        &["--at", NOON, "digest", "weekly", "--html", "out.html"],
    );
    ran.succeeds();
    let html = scene.read("out.html");
    let images: Vec<&str> = html.split("<img").skip(1).collect();
    assert_eq!(images.len(), addresses.len() + 1, "{html}");
    for image in images {
        let image = &image[..image.find('>').unwrap()];
        let is_sized = image.contains("width=\"7\"") && image.contains("height=\"5\"");
        assert_eq!(is_sized, image.contains("own.gif"), "{image}");
    }
}

#[test]
fn the_length_of_an_enclosure_is_taken_from_the_site_and_from_nowhere_else() {
    let outside = tempfile::tempdir().unwrap();
    let outside = outside.path().canonicalize().unwrap();
    fs::write(outside.join("x.mp3"), "seven b").unwrap();
    let out = outside.to_str().unwrap();
    for (address, length) in [
        ("/own.mp3".to_owned(), Some(7)),
        (format!("https://hums.example/{out}/x.mp3"), None),
        (format!("/%2F{}/x.mp3", &out[1..]), None),
        (
            format!("/..%2f..%2f..%2f..%2f..%2f{}/x.mp3", &out[1..]),
            None,
        ),
        ("/link/x.mp3".to_owned(), None),
        ("/linked.mp3".to_owned(), None),
        ("/pipe.mp3".to_owned(), None),
        ("/a%00.mp3".to_owned(), None),
    ] {
        let front = format!(
            "---\ntitle: Tea\ndate: 2024-05-01\nenclosure: {{url: \"{address}\", type: audio/mpeg}}\n---\n"
        );
        let scene = site()
            .file("post/tea.md", &front)
            .file("static/own.mp3", "seven b");
        symlink(&outside, scene.path("static/link")).unwrap();
        symlink(outside.join("x.mp3"), scene.path("post/linked.mp3")).unwrap();
        pipe(&scene, "static/pipe.mp3");
        let ran = run(&scene, &["--at", NOON, "build"]);
        ran.succeeds();
        let rss = scene.read("public/rss.xml");
        assert_eq!(
            rss.contains("length=\"7\""),
            length.is_some(),
            "{address}: {rss}"
        );
    }
}

#[test]
fn folders_may_nest_as_deep_as_the_machine_lets_them() {
    let scene = site();
    let deep = "a/".repeat(1200);
    let path = format!("post/{deep}deep.md");
    // No one call takes so long a path everywhere, so it is made in steps. An address has a bound of its own.
    let mut command = Command::new("sh");
    let script = "for i in $(seq 1200); do mkdir a && cd -P a || exit 1; done; \
                  printf -- '---\\ntitle: Deep\\ndate: 2024-05-02\\npermalink: /deep/\\n---\\nx\\n' > deep.md";
    let made = command
        .args(["-c", script])
        .current_dir(scene.path("post"))
        .status();
    assert!(made.unwrap().success(), "{path}");
    let ran = run(&scene, &["--at", NOON, "build"]);
    ran.succeeds();
    assert!(
        scene
            .read("public/atom.xml")
            .contains("<title>Deep</title>")
    );
}

#[test]
fn an_old_feed_that_nests_without_end_is_refused_with_its_line() {
    let nested = "<x:a>".repeat(200_000);
    for (feed, line) in [
        (
            format!("<rss version=\"2.0\" xmlns:x=\"x\">\n<channel>\n<item>{nested}"),
            3,
        ),
        (
            format!("<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:x=\"x\">\n{nested}"),
            2,
        ),
        (
            format!(
                "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<entry>\n\n<content type=\"xhtml\">{}",
                "<div>".repeat(200_000)
            ),
            4,
        ),
    ] {
        let scene = site().file("old.xml", &feed);
        let ran = run(&scene, &["build", "--adopt", "old.xml"]);
        ran.fails_with(2);
        let expected =
            format!("error: old.xml:{line}: this is no feed: its elements nest too deeply");
        assert!(ran.talk.starts_with(&expected), "{}", ran.talk);
    }
    let scene = site().file("old.json", &format!("{{\"items\": {}", "[".repeat(200_000)));
    let ran = run(&scene, &["build", "--adopt", "old.json"]);
    ran.fails_with(2);
    assert!(
        ran.talk.starts_with("error: old.json: this is no feed: "),
        "{}",
        ran.talk
    );
}

#[test]
fn a_twin_is_unpacked_no_further_than_it_takes_to_know_whose_it_is() {
    let pack = |bytes: &[u8]| {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let scene = site().file("config.toml", &config("", "precompress = true"));
    fs::create_dir(scene.path("public")).unwrap();
    // Four times the memory that this run may have.
    let bomb = pack(&vec![b' '; 1 << 30]);
    fs::write(scene.path("public/atom.xml.gz"), bomb).unwrap();
    let mut limited = Command::new("sh");
    let program = scene.command(&["build"]);
    limited
        .args(["-c", "ulimit -v 1000000 && exec \"$0\" --at \"$1\" build"])
        .arg(program.get_program())
        .arg(NOON)
        .env_clear()
        .env("RAYON_NUM_THREADS", "1")
        .env("TOKIO_WORKER_THREADS", "1")
        .current_dir(scene.path(""));
    let output = limited.output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{talk}");
    assert!(
        talk.contains("public/atom.xml.gz: another program or a person wrote this file"),
        "{talk}"
    );
}

#[test]
fn a_name_that_is_no_text_is_said_as_such() {
    let scene = site();
    let name = |bytes: &[u8]| scene.path("post").join(std::ffi::OsStr::from_bytes(bytes));
    fs::write(name(b"caf\xe9.md"), "---\ndate: 2024-05-01\n---\nx").unwrap();
    fs::create_dir(name(b"t\xe9")).unwrap();
    fs::write(name(b"pot\xe9.png"), "x").unwrap();
    let ran = run(&scene, &["--at", NOON, "build"]);
    ran.fails_with(1).says("post: the name of the file `caf\u{fffd}.md` is not UTF-8: it is left out\n  rename the file");
    assert!(
        ran.talk.contains(
            "post: the name of the folder `t\u{fffd}` is not UTF-8: its posts are left out"
        ),
        "{}",
        ran.talk
    );
    assert!(!ran.talk.contains("pot"), "{}", ran.talk);
}

#[test]
fn a_file_in_place_of_a_folder_is_named_as_what_it_is() {
    for (path, more) in [("public", ""), ("public/tag", "by = [\"tag\"]")] {
        let scene = site()
            .file(
                "post/tea.md",
                "---\ntitle: Tea\ndate: 2024-05-01\ntags: [a]\n---\n",
            )
            .file("config.toml", &config("", more))
            .file(path, "x");
        let ran = run(&scene, &["--at", NOON, "build"]);
        ran.fails_with(2);
        let expected = format!("error: {path}: this is a file, and tidings needs a folder here");
        assert!(ran.talk.starts_with(&expected), "{}", ran.talk);
        assert_eq!(scene.read(path), "x");
    }
}
