//! A whole site among whose posts are those of people who mean no good: they cost themselves, and nobody else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::feed::{NOON, config};
use crate::opened_files::{HANGS, run_command};
use crate::scene::Scene;

/// How many good posts there are.
const GOOD: usize = 200;
/// The most that the process may take: kilobytes of memory with its program, stacks and libraries, and seconds of a
/// processor, also in a build without optimisation. A machine that is busy makes neither more.
const MEMORY: u32 = 500_000;
const SECONDS: u32 = 30;

/// A hostile post: its file and its bytes.
type Hostile = (&'static str, Vec<u8>);

/// A post with this front matter beside a title and a date.
fn with_front(front: &str) -> Vec<u8> {
    format!("---\ntitle: Evil\ndate: 2024-05-01\n{front}\n---\nx\n").into_bytes()
}

/// A post with this body.
fn with_body(body: &str) -> Vec<u8> {
    format!("---\ntitle: Evil\ndate: 2024-05-01\n---\n{body}\n").into_bytes()
}

fn dated(date: &str) -> Vec<u8> {
    format!("---\ntitle: Evil\ndate: {date}\n---\nx\n").into_bytes()
}

/// Posts that cannot be read, or ask for more than a post may have: each must be named.
fn refused() -> Vec<Hostile> {
    let bomb = (1..30)
        .map(|n| {
            format!(
                "a{n}: &a{n} [{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]\n",
                format!("*a{}", n - 1)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let seed = "{% assign a = \"aaaaaaaa\" %}\n".to_owned();
    let assigns = seed + &"{% assign a = a | append: a %}\n".repeat(40) + "{{ a }}\n";
    vec![
        (
            "yaml-broken.md",
            b"---\ntitle: [\ndate: 2024-05-01\n---\nx\n".to_vec(),
        ),
        (
            "yaml-bomb.md",
            with_front(&format!("a0: &a0 [x, x]\n{bomb}")),
        ),
        (
            "yaml-deep.md",
            with_front(&format!("a: {}", "[".repeat(100_000))),
        ),
        (
            "yaml-open.md",
            b"---\ntitle: Evil\ndate: 2024-05-01\n".to_vec(),
        ),
        (
            "toml-broken.md",
            b"+++\ntitle = \ndate = 2024-05-01\n+++\nx\n".to_vec(),
        ),
        (
            "toml-deep.md",
            format!("+++\na = {}\n+++\nx\n", "[".repeat(100_000)).into_bytes(),
        ),
        ("json-broken.md", b"{\"title\": \n\nx\n".to_vec()),
        (
            "json-deep.md",
            format!("{}\n\nx\n", "{\"a\":".repeat(100_000)).into_bytes(),
        ),
        ("date-none.md", b"---\ntitle: Evil\n---\nx\n".to_vec()),
        ("date-words.md", dated("soon (x)")),
        ("date-month.md", dated("2024-13-01")),
        ("date-day.md", dated("2024-02-30")),
        ("date-far.md", dated("999999-01-01")),
        ("date-escape.md", dated("\"\\e]0;owned\\a\"")),
        ("date-list.md", dated("[2024, 5, 1]")),
        (
            "not-utf-8.md",
            [&dated("2024-05-01")[..], b"\xff\xfe\n"].concat(),
        ),
        (
            "utf-16.md",
            "---\ntitle: Evil\n"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        ),
        ("nine-mib.md", with_body(&"a ".repeat(9 << 19))),
        ("twice.md", with_front("slug: good-1")),
        ("same-id-b.md", with_front("id: tag:x,2024:same\nslug: b")),
        ("assign.md", with_body(&assigns)),
        (
            "permalink-tokens.md",
            with_front(&format!("permalink: \"/{}\"", "{title}".repeat(500_000))),
        ),
        (
            "permalink-words.md",
            with_front(&format!(
                "slug: \"{}\"\npermalink: \"/{}\"",
                "!".repeat(4 << 20),
                "{slug}".repeat(300)
            )),
        ),
        (
            "slug-slashes.md",
            with_front(&format!("slug: \"{}\"", "/".repeat(1 << 20))),
        ),
    ]
}

/// Posts that only look like trouble: each is in the feeds or is named.
fn trying() -> Vec<Hostile> {
    let param = format!(
        "---\ntitle: Evil\ndate: 2024-05-01\na: {}\n---\n{}\n",
        "v".repeat(50 << 10),
        "{{< param \"a\" >}}".repeat(10_000)
    );
    let below: Vec<String> = (0..20_000).map(|n| format!("\"b{n}\": \"x\"")).collect();
    let nested = format!(
        "---json\n{{\"title\": \"Evil\", \"date\": \"2024-05-01\", \"{}\": {{{}}}}}\n---\nx\n",
        "k".repeat(1 << 20),
        below.join(", ")
    );
    let table = format!("{}|\n{}|\n", "|a".repeat(1000), "|-".repeat(1000));
    vec![
        ("date-comment.md", dated("2024-01-01 10:00 UTC (x)")),
        ("slug-up.md", with_front("url: \"/../../etc/passwd\"")),
        ("param.md", param.into_bytes()),
        (
            "long-title.md",
            format!(
                "---\ntitle: {}\ndate: 2024-05-01\n---\nx\n",
                "t".repeat(1 << 20)
            )
            .into_bytes(),
        ),
        (
            "tags.md",
            with_front(&format!(
                "tags: [{}]",
                (0..20_000)
                    .map(|n| format!("t{n}, "))
                    .collect::<Vec<_>>()
                    .concat()
            )),
        ),
        (
            "permalink-slashes.md",
            with_front(&format!("url: \"{}\"", "/a".repeat(200_000))),
        ),
        (
            "permalink-elsewhere.md",
            with_front("permalink: \"http://127.0.0.1:9/\""),
        ),
        ("same-id-a.md", with_front("id: tag:x,2024:same\nslug: a")),
        ("id-control.md", with_front("id: \"tag:x,2024:\\u0007\\n\"")),
        ("lang.md", with_front("lang: \"\\u0001 de\"")),
        (
            "enclosure.md",
            with_front("enclosure: {url: \"https://hums.example//etc/passwd\", type: audio/mpeg}"),
        ),
        ("nul.md", with_body("a\0b\0c")),
        ("returns.md", with_body(&"a\r".repeat(50_000))),
        ("rp.md", with_body(&"<rp>".repeat(65_000))),
        ("optgroup.md", with_body(&"<optgroup>".repeat(65_000))),
        ("headings.md", with_body(&"# Tea\n\n".repeat(9000))),
        (
            "rt.md",
            with_body(&format!("<ruby>{}", "<rt>".repeat(65_000))),
        ),
        ("divs.md", with_body(&"<div>".repeat(100_000))),
        ("quotes.md", with_body(&"> ".repeat(100_000))),
        ("lists.md", with_body(&"- ".repeat(100_000))),
        ("brackets.md", with_body(&"[".repeat(100_000))),
        ("pictures.md", with_body(&"![".repeat(50_000))),
        ("emphasis.md", with_body(&"*a ".repeat(50_000))),
        ("emphasis-both.md", with_body(&"*a_ ".repeat(50_000))),
        (
            "code.md",
            with_body(
                &(1..600)
                    .map(|n| "`".repeat(n) + " ")
                    .collect::<Vec<_>>()
                    .concat(),
            ),
        ),
        ("ampersands.md", with_body(&"&".repeat(200_000))),
        ("spaces.md", with_body(&"\u{a0}".repeat(100_000))),
        ("entities.md", with_body(&"&#x1F600;".repeat(50_000))),
        ("less.mdx", with_body(&"<".repeat(100_000))),
        ("braces.mdx", with_body(&"{".repeat(100_000))),
        (
            "imports.mdx",
            with_body(&"import a from 'a'\n".repeat(5000)),
        ),
        ("liquid-open.md", with_body(&"{% if x %}".repeat(10_000))),
        (
            "liquid-loop.md",
            with_body("{% for i in (1..1000000000) %}{{ i }}{% endfor %}"),
        ),
        ("shortcodes.md", with_body(&"{{< a >}}".repeat(20_000))),
        ("shortcodes-open.md", with_body(&"{{< ".repeat(20_000))),
        (
            "table.md",
            with_body(&format!("{table}{}", "|x|\n".repeat(500))),
        ),
        (
            "footnotes.md",
            with_body(
                &(0..2000)
                    .map(|n| format!("[^{n}]\n\n[^{n}]: x[^{n}]\n\n"))
                    .collect::<Vec<_>>()
                    .concat(),
            ),
        ),
        (
            "references.md",
            with_body(
                &(0..5000)
                    .map(|n| format!("[a{n}]: /x\n[a{n}]\n"))
                    .collect::<Vec<_>>()
                    .concat(),
            ),
        ),
        (
            "private-use.md",
            with_body(&('\u{e000}'..='\u{e0ff}').collect::<String>()),
        ),
        (
            "all-numbers.md",
            with_body(
                &(57_344..59_802)
                    .map(|n| format!("{n} "))
                    .collect::<Vec<_>>()
                    .concat(),
            ),
        ),
        (
            "passwd.md",
            with_body("![](https://hums.example//etc/passwd) ![](/%2Fetc/passwd)"),
        ),
        (
            "doctype.md",
            with_body("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>&b;"),
        ),
        ("comment-open.md", with_body(&"<!--".repeat(20_000))),
        ("cdata.md", with_body("]]> <![CDATA[ ]]>")),
        (
            "script.md",
            with_body("<script>alert(1)</script><img src=x onerror=alert(1)>"),
        ),
        (
            "style.md",
            with_body("<p style=\"width: expression(alert(1))\">x</p>"),
        ),
        ("one-word.md", with_body(&"a".repeat(1 << 20))),
        ("nested-names.md", nested.into_bytes()),
        ("images-open.html", with_body(&"<img ".repeat(100_000))),
        ("id-forbidden.md", with_front("id: \"tag:x,2024:a\\uFFFF\"")),
        ("wiki.md", with_body(&"[[".repeat(50_000))),
        ("escapes.md", with_body("\u{1b}]0;owned\u{7} \u{202e}evil")),
        ("marks.md", with_body(&"\u{301}".repeat(100_000))),
    ]
}

fn good() -> Scene {
    let mut scene = Scene::new().file("config.toml", &config("", "limit = 1000\nby = [\"tag\"]"));
    for number in 0..GOOD {
        let name = format!("good-{number}.md");
        scene = scene.post(&name, &format!("Good {number}."), "2024-05-01");
    }
    scene
}

fn add(scene: &Scene, posts: &[Hostile]) {
    for (name, bytes) in posts {
        fs::write(scene.path("post").join(name), bytes).unwrap();
    }
}

/// The program within its bounds.
fn bounded(scene: &Scene, arguments: &[&str]) -> Command {
    let program = scene.command(arguments);
    let mut bounded = Command::new("sh");
    bounded
        .arg("-c")
        .arg(format!(
            "ulimit -v {MEMORY} && ulimit -t {SECONDS} && exec \"$0\" \"$@\""
        ))
        .arg(program.get_program())
        .args(arguments)
        .current_dir(scene.path(""))
        .env_clear()
        // A place for each thread would be counted though nothing is in it.
        .env("MALLOC_ARENA_MAX", "1")
        .env("RAYON_NUM_THREADS", "4")
        .env("TOKIO_WORKER_THREADS", "4")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    bounded
}

#[test]
fn two_hundred_good_posts_are_published_among_all_who_mean_no_good() {
    let scene = good();
    let (refused, trying) = (refused(), trying());
    add(&scene, &refused);
    add(&scene, &trying);
    let made = Command::new("mkfifo")
        .arg(scene.path("post/pipe.md"))
        .status();
    assert!(made.unwrap().success());
    symlink("/dev/zero", scene.path("post/endless.md")).unwrap();
    fs::write(
        scene.path("post").join("line\nbreak.md"),
        dated("2024-05-01"),
    )
    .unwrap();
    // Deeper than a path can be.
    let script = "for i in $(seq 3000); do mkdir a && cd -P a || exit 1; done";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(scene.path("post"))
        .status();
    assert!(made.unwrap().success());
    assert!(refused.len() + trying.len() + 4 >= 60);

    let ran = run_command(bounded(&scene, &["--at", NOON, "-v", "build"]), HANGS * 5);
    let end: String = ran
        .talk
        .chars()
        .rev()
        .take(2000)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    assert_eq!(ran.code, 1, "{} {end}", ran.out);
    for document in ["atom.xml", "rss.xml", "feed.json"] {
        let feed = scene.read(&format!("public/{document}"));
        for number in 0..GOOD {
            assert!(
                feed.contains(&format!("Good {number}.")),
                "{number} is not in {document}"
            );
        }
    }
    let is_named = |name: &str, word: &str| {
        let line = format!("{word}: post/{name}");
        ran.talk.lines().any(|said| said.starts_with(&line))
    };
    for name in refused.iter().map(|(name, _)| *name).chain(["pipe.md"]) {
        assert!(is_named(name, "error"), "{name} is not named");
    }
    assert!(ran.talk.contains("line\\nbreak.md"), "a name of two lines");
    assert!(
        ran.talk.contains("its posts are left out"),
        "a folder too deep"
    );
    assert!(is_named("endless.md", "warning"), "endless.md");
    let feed = scene.read("public/atom.xml");
    for (name, _) in &trying {
        let stem = Path::new(name).file_stem().unwrap().to_str().unwrap();
        let is_published = feed.contains(&format!("https://hums.example/{stem}/"))
            || ran.talk.contains(&format!("post/{name}"))
            || ran
                .talk
                .lines()
                .any(|line| line.starts_with(&format!("{name}: ")));
        assert!(is_published, "{name} is neither published nor named");
    }
    assert!(
        !ran.talk.contains('\u{1b}') && !ran.talk.contains('\u{7}'),
        "nothing steers the terminal"
    );
}
