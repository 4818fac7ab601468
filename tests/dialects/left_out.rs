//! Files that are no posts: other formats, private posts, foreign configs.

use super::{BESIDE, NOON, address, build};
use crate::scene::Scene;

#[test]
fn a_file_of_nobodys_format_is_named_once_in_every_dialect() {
    let texts = ["rst", "org", "adoc", "dj", "smd", "typ", "textile", "qmd"];
    for dialect in [
        "plain", "hugo", "zola", "jekyll", "eleventy", "pelican", "obsidian",
    ] {
        let one = match dialect {
            "pelican" => "Title: A\nDate: 2024-05-01\n\nText.\n",
            _ => "---\ntitle: A\ndate: 2024-05-01\n---\nText.\n",
        };
        let paths: Vec<String> = texts
            .iter()
            .map(|ending| format!("content/2024-05-02-{ending}.{ending}"))
            .collect();
        let mut files = vec![
            ("content/2024-05-01-a.md", one),
            ("content/x.png", "---\ntitle: x\n---\n"),
            ("content/robots.txt", "x"),
        ];
        files.extend(paths.iter().map(|path| (path.as_str(), "= Words\n")));
        // The ending is unknown, but the text begins as posts do.
        files.push(("content/2024-05-03-lost.mdd", one));
        files.push(("content/2024-05-04-none", "---\ntitle: A\n---\n"));
        files.push((
            "content/2024-05-05-note.txt",
            "+++\ndate = 2024-05-05\n+++\n",
        ));
        let ran = build(&format!("dialect = \"{dialect}\"\n"), &files);
        // Pelican's own header has no fence.
        let count = if dialect == "pelican" { 10 } else { 11 };
        let words = format!(
            "warning: content: {count} files are not written in Markdown or HTML and are not read: `"
        );
        assert_eq!(
            ran.talk.matches("not written in Markdown").count(),
            1,
            "{dialect}: {}",
            ran.talk
        );
        assert!(
            ran.code == 0 && ran.talk.contains(&words),
            "{dialect}: {}",
            ran.talk
        );
    }
}

#[test]
fn posts_whose_ending_changed_are_an_error() {
    for (ending, text) in [
        ("rst", "Words\n"),
        ("txt", "Words, and no front matter.\n"),
        ("mdd", "---\ntitle: A\ndate: 2024-05-01\n---\n"),
    ] {
        let mut scene = Scene::new().file("tidings.toml", BESIDE);
        for number in 1..=5 {
            let text = format!("---\ntitle: A{number}\ndate: 2024-05-0{number}\n---\nText.\n");
            scene = scene.file(&format!("content/{number}.md"), &text);
        }
        let arguments = ["--config", "tidings.toml", "--at", NOON, "build", "-q"];
        assert_eq!(scene.run(&arguments).code, 0);
        for number in 1..=4 {
            std::fs::remove_file(scene.path(&format!("content/{number}.md"))).unwrap();
            scene = scene.file(&format!("content/{number}.{ending}"), text);
        }
        // A file beside its post is another.
        scene = scene.file("content/5.txt", "notes");
        let ran = scene.run(&arguments);
        let words =
            "error: content: 4 files are not written in Markdown or HTML and are not read: `1.";
        assert!(
            ran.code != 0 && ran.talk.contains(words),
            "{ending}: {} {}",
            ran.code,
            ran.talk
        );
        assert!(
            ran.talk
                .contains("and 1 more; of these 4 were posts with another ending"),
            "{}",
            ran.talk
        );
    }
}

#[test]
fn what_belongs_to_a_bundle_or_lies_beside_the_posts_is_not_named() {
    let one = "---\ntitle: A\ndate: 2024-05-01\n---\nText.\n";
    let hugo = [
        ("content/posts/a/index.md", one),
        ("content/posts/a/notes.rst", "x"),
        ("content/README.rst", "x"),
    ];
    let jekyll = [
        ("content/_posts/2024-05-01-a.md", one),
        ("content/about.rst", "x"),
        ("content/_includes/x.txt", one),
    ];
    for (dialect, files) in [("hugo", hugo), ("jekyll", jekyll)] {
        let ran = build(&format!("dialect = \"{dialect}\"\n"), &files);
        assert!(
            ran.code == 0 && !ran.talk.contains("not written in"),
            "{dialect}: {}",
            ran.talk
        );
    }
}

#[test]
fn private_posts_and_stubs_are_no_posts() {
    let text = |keys: &str| format!("---\ntitle: A\ndate: 2024-05-01\n{keys}---\nText.\n");
    let private = [
        ("private: true\n", "it is private"),
        ("private: yes\n", "it is private"),
        ("hidden: true\n", "it is private"),
        ("public: false\n", "it is private"),
        ("visibility: private\n", "it is private"),
        ("Visibility: Hidden\n", "it is private"),
        ("status: private\n", "it is private"),
        ("visibility: members\n", "it is private"),
        ("visibility: Paid\n", "it is private"),
        ("visibility: tiers\n", "it is private"),
        ("visibility: members-only\n", "it is private"),
        ("visibility: Members only\n", "it is private"),
        ("access: private\n", "it is private"),
        ("access: subscribers_only\n", "it is private"),
        ("access: restricted\n", "it is private"),
        ("audience: only_paid\n", "it is private"),
        ("draft: true\n", "it is a draft"),
        ("redirect: /new/\n", "it only leads to another page"),
        (
            "redirect_to: https://x.example/new/\n",
            "it only leads to another page",
        ),
        ("redirect_to:\n  - /new/\n", "it only leads to another page"),
    ];
    for (path, why) in [
        ("_private/z.md", Some("it is private")),
        ("a/_old/b/z.md", Some("it is private")),
        ("_z.md", Some("it is private")),
        ("drafts/z.md", Some("it is a draft")),
        ("a_b/z.md", None),
    ] {
        let (file, other) = (format!("content/{path}"), text(""));
        let ran = build("", &[(&file, &other), ("content/b.md", &other)]);
        let says = why.map(|why| format!("\n{path}: left out: {why}\n"));
        assert_eq!(ran.code, 0, "{path}: {}", ran.talk);
        assert_eq!(address(&ran, path).is_none(), why.is_some(), "{path}");
        let is_said = says.is_none_or(|says| ran.talk.contains(&says));
        assert!(is_said, "{path}: {}", ran.talk);
    }
    for (keys, why) in private {
        let ran = build(
            "",
            &[("content/a.md", &text(keys)), ("content/b.md", &text(""))],
        );
        let left_out = format!("\na.md: left out: {why}\n");
        assert!(
            ran.code == 0 && ran.talk.contains(&left_out),
            "{keys}: {}",
            ran.talk
        );
        assert!(address(&ran, "b.md").is_some());
    }
    for keys in [
        "private: false\n",
        "public: true\n",
        "visibility: public\n",
        "visibility: 10 km\n",
        "access: public\n",
        "access: 2024-05-01\n",
        "audience: everyone\n",
        "audience: beginners\n",
        "redirect: false\n",
        "aliases: [/old/]\n",
        "aliases: []\n",
    ] {
        let ran = build("", &[("content/a.md", &text(keys))]);
        assert_eq!(
            (ran.code, address(&ran, "a.md")),
            (0, Some("a/")),
            "{keys}: {}",
            ran.talk
        );
    }
    for (path, why) in [
        ("_x.md", "it is private"),
        ("drafts/x.md", "it is a draft"),
        ("a/Drafts/x.md", "it is a draft"),
        ("_drafts/x.md", "it is a draft"),
    ] {
        let ran = build(
            "",
            &[
                (&*format!("content/{path}"), &text("")),
                ("content/b.md", &text("")),
                ("content/c.md", &text("")),
            ],
        );
        let left_out = format!("{path}: left out: {why}\n");
        assert!(
            ran.code == 0 && ran.talk.contains(&left_out),
            "{path}: {}",
            ran.talk
        );
    }
    let stub = "---\naliases: [/old/]\n---\n";
    let ran = build("", &[("content/2024-05-01-a.md", stub)]);
    assert!(
        ran.code == 0
            && ran
                .talk
                .contains("2024-05-01-a.md: left out: it only leads"),
        "{}",
        ran.talk
    );
    let head = "---\ntitle: A\ndate: 2024-05-01\n";
    for (path, text, is_stub) in [
        ("a.md", format!("{head}aliases: [/old/]\n---\n"), true),
        ("a.md", format!("{head}aliases: /old/\n---\n\n \n"), true),
        (
            "a.md",
            format!("{head}---\n<meta http-equiv=\"refresh\" content=\"0; url=/new/\">\n"),
            true,
        ),
        (
            "a.html",
            format!(
                "{head}---\n<!DOCTYPE html><html><head><META content='0;URL=https://x.example/new' http-equiv=refresh></head></html>"
            ),
            true,
        ),
        (
            "a.md",
            format!("{head}aliases: [/old/]\n---\nText.\n"),
            false,
        ),
        (
            "a.md",
            format!("{head}aliases: [/old/]\nimage: /pot.png\n---\n"),
            false,
        ),
        (
            "a.md",
            format!("{head}aliases: [/old/]\nlink: https://x.example/\n---\n"),
            false,
        ),
        (
            "a/index.md",
            format!("{head}aliases: [/old/]\n---\n"),
            false,
        ),
        ("a.md", format!("{head}---\n"), false),
        (
            "a.md",
            format!("{head}---\nWrite `<meta http-equiv=\"refresh\" content=\"0; url=/new/\">`.\n"),
            false,
        ),
    ] {
        let ran = build("", &[(&*format!("content/{path}"), &*text)]);
        let said = format!("{path}: left out: it only leads to another page\n");
        let found = (
            ran.code,
            ran.talk.contains(&said),
            address(&ran, path).is_some(),
        );
        assert_eq!(found, (0, is_stub, !is_stub), "{text}: {}", ran.talk);
    }
    // Notes that no generator shows are private by the same words.
    for (path, keys) in [
        ("a.md", "private: true\n"),
        ("a.md", "visibility: private\n"),
        ("drafts/a.md", ""),
        ("_templates/a.md", ""),
    ] {
        let path = format!("content/{path}");
        let ran = build(
            "dialect = \"obsidian\"\n",
            &[(&*path, &text(keys)), ("content/b.md", &text(""))],
        );
        let shown = (address(&ran, &path["content/".len()..]), ran.code);
        assert_eq!(shown, (None, 0), "{path} {keys}: {}", ran.talk);
    }
    // If a generator is known, these words mean what it says.
    let ran = build(
        "dialect = \"hugo\"\n",
        &[("content/drafts/a.md", &text("private: true\n"))],
    );
    assert!(
        ran.code == 0 && address(&ran, "drafts/a.md").is_some(),
        "{}",
        ran.talk
    );
}

#[test]
fn a_config_among_the_posts_does_not_decide_the_dialect() {
    let text = "---\ntitle: A\ndate: 2024-05-01\n---\nText.\n";
    for (file, config) in [
        (
            "content/hugo.toml",
            "baseURL = 'https://x.example/'\n[permalinks]\nguest = '/owned/:slug/'\n",
        ),
        (
            "content/guest/hugo.toml",
            "baseURL = 'https://x.example/'\n",
        ),
        ("content/zola.toml", "base_url = \"https://x.example\"\n"),
        ("content/config.toml", "baseURL = 'https://x.example/'\n"),
        (
            "content/config/_default/hugo.toml",
            "baseURL = 'https://x.example/'\n",
        ),
        ("content/_config.yml", "permalink: /owned/:title/\n"),
        ("content/pelicanconf.py", "ARTICLE_URL = 'owned/{slug}/'\n"),
        ("content/next.config.js", ""),
    ] {
        let ran = build("", &[("content/guest/a.md", text), (file, config)]);
        assert!(
            ran.talk.contains("dialect: plain ("),
            "{file}: {}",
            ran.talk
        );
        assert_eq!(
            address(&ran, "guest/a.md"),
            Some("guest/a/"),
            "{file}: {}",
            ran.talk
        );
    }
    // The site's own config stays the site's.
    let own = ("zola.toml", "base_url = \"https://x.example\"\n");
    for file in [
        "content/hugo.toml",
        "content/.eleventy.js",
        "content/_config.yml",
    ] {
        let ran = build(
            "",
            &[("content/guest/a.md", text), own, (file, "baseURL = 'x'\n")],
        );
        assert!(ran.talk.contains("dialect: zola ("), "{file}: {}", ran.talk);
    }
}

/// Keys by which a note is for nobody, or not for all, and whether that holds in Obsidian alone.
const PRIVATE: &[(&str, bool)] = &[
    ("private: y", false),
    ("private: on", false),
    ("private: TRUE", false),
    ("private: \"yes\"", false),
    ("private: 1", false),
    ("private: [true]", false),
    ("private: [no, yes]", false),
    ("private: until May", false),
    ("Private: yes", false),
    ("hidden: 1", false),
    ("secret: true", false),
    ("password: x", false),
    ("encrypted: true", false),
    ("publish: no", false),
    ("publish: 0", false),
    ("publish: [false]", false),
    ("published: off", false),
    ("public: false", false),
    ("public: 0", false),
    ("public: [no]", false),
    ("public: members", false),
    ("dg-publish: false", false),
    ("dg-publish: [\"no\"]", false),
    ("draft: 1", false),
    ("draft: [true]", false),
    ("visibility: [private]", false),
    ("visibility: [friends, members]", false),
    ("visibility: false", false),
    ("visibility: nobody", false),
    ("Visibility: PRIVATE", false),
    ("access: only me", false),
    ("access: members-only", false),
    ("audience: internal", false),
    ("audience: Subscribers only", false),
    ("status: [draft]", false),
    ("status: private", false),
    ("status: [unlisted]", false),
    ("share: false", true),
    ("share: 0", true),
    ("tags: [a, private]", true),
    ("tags: \"#a #draft\"", true),
    ("tags:\n  - Private", true),
];
/// The same keys with values that keep nobody out.
const FOR_ALL: &[&str] = &[
    "private: false",
    "private: no",
    "private: 0",
    "private: [false]",
    "private:",
    "private: \"\"",
    "private: []",
    "private: never",
    "hidden: off",
    "password:",
    "publish: true",
    "publish: [yes]",
    "published: 2024-05-01",
    "public: yes",
    "dg-publish: true",
    "draft: 0",
    "draft: [false]",
    "visibility: public",
    "visibility: [public]",
    "access: everyone",
    "audience: all",
    "status: [published]",
    "share: true",
    "tags: [privacy, drafts]",
    "aliases: [x]",
];

#[test]
fn a_note_is_private_however_its_key_is_written() {
    let text = |keys: &str| format!("---\ntitle: A\ndate: 2024-05-01\n{keys}\n---\nText.\n");
    for dialect in ["obsidian", "plain", "astro"] {
        let mut files: Vec<(String, String)> = Vec::new();
        let mut name = |keys: &str, is_private: bool| {
            let at = files.len();
            let path = format!("content/n{at}-{}.md", if is_private { "no" } else { "yes" });
            files.push((path, text(keys)));
        };
        for (keys, is_obsidians) in PRIVATE {
            name(keys, dialect == "obsidian" || !is_obsidians);
        }
        for keys in FOR_ALL {
            name(keys, false);
        }
        let mut folders = vec![("private", true), ("Private", true), ("drafts", true)];
        folders.extend([("privacy", false), ("Templates", dialect == "obsidian")]);
        for (folder, is_private) in folders {
            let word = if is_private { "no" } else { "yes" };
            files.push((format!("content/{folder}/in-{folder}-{word}.md"), text("")));
        }
        let asked = format!("dialect = \"{dialect}\"\n");
        let given: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (&**path, &**text))
            .collect();
        let ran = build(&asked, &given);
        assert_eq!(ran.code, 0, "{dialect}: {}", ran.talk);
        for (path, text) in &files {
            let shown = address(&ran, &path["content/".len()..]).is_some();
            assert_eq!(shown, path.ends_with("-yes.md"), "{dialect} {path}: {text}");
        }
    }
}

#[test]
fn a_note_with_other_names_is_no_page_that_leads_on() {
    for (keys, body) in [
        ("aliases: [x]\ndate: 2024-05-01\n", "Text.\n"),
        ("aliases: [x]\ndate: 2024-05-01\n", ""),
        ("aliases: [x]\ncreated: 2024-05-01\n", ""),
        ("aliases: [x]\ncreated: 2024-05-01\n", "Text.\n"),
        ("created: 2024-05-01\naliases:\n  - x\n", ""),
    ] {
        let text = format!("---\n{keys}---\n{body}");
        let ran = build("dialect = \"obsidian\"\n", &[("content/a.md", &text)]);
        assert!(address(&ran, "a.md").is_some(), "{text}: {}", ran.talk);
    }
}
