//! The fixture of each generator, and the dialect and zone that a config sets.

use std::fs;

use super::{fixture, listed, load};
use crate::parsers::strict_xml;
use crate::scene::Scene;

/// The folder of each site's posts.
const SITES: [(&str, &str); 7] = [
    ("hugo", "content"),
    ("zola", "content"),
    ("jekyll", "site"),
    ("eleventy", "src"),
    ("pelican", "content"),
    ("obsidian", "Vault/Blog"),
    ("plain", "post"),
];

#[test]
fn a_site_of_each_generator_comes_out_as_it_shows_itself() {
    for (name, dir) in SITES {
        let loaded = load(name, &fixture(name).join(dir), "");
        assert!(
            loaded.dialect.starts_with(&format!("dialect: {name} (")),
            "{}",
            loaded.dialect
        );
        let expected = fs::read_to_string(fixture(name).join("expected.txt")).unwrap();
        let listed = listed(&loaded);
        for (found, expected) in listed.lines().zip(expected.lines()) {
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(
            listed.lines().count(),
            expected.lines().count(),
            "{name}: {:#?}",
            loaded.findings
        );
    }
}

#[test]
fn a_time_in_the_name_of_a_page_of_zola_counts() {
    // No package and no Windows holds a file of this name, so it is written here.
    let folder = tempfile::tempdir().unwrap();
    let blog = folder.path().join("content/blog");
    fs::create_dir_all(&blog).unwrap();
    let config = "base_url = \"https://zola.example\"\n";
    fs::write(folder.path().join("config.toml"), config).unwrap();
    let page = blog.join("2023-05-07T08:09:10+02:00-with-time.md");
    fs::write(page, "+++\ntitle = \"With a time\"\n+++\nText.\n").unwrap();
    let loaded = load("zola", &folder.path().join("content"), "");
    assert_eq!(
        listed(&loaded),
        "blog/2023-05-07T08:09:10+02:00-with-time.md | With a time | 2023-05-07T06:09:10Z | 2023-05-07T06:09:10Z | \
         https://zola.example/blog/with-time/ |  | Ada Night\n"
    );
}

#[test]
fn a_dialect_that_is_set_binds_whatever_lies_beside_the_posts() {
    let dir = fixture("zola").join("content/blog");
    let posts = load("zola", &dir, "dialect = \"hugo\"\n");
    assert!(
        posts.dialect.starts_with("dialect: hugo (as it is set)"),
        "{}",
        posts.dialect
    );
    let no_zone = posts
        .posts
        .iter()
        .find(|post| &*post.path == "no-zone.md")
        .unwrap();
    assert_eq!(no_zone.published.to_rfc3339(), "2026-11-20T22:30:00+00:00");
}

#[test]
fn a_zone_comes_from_the_generators_config_where_ours_has_none() {
    let scene = Scene::new()
        .file("config.toml", "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\n[posts]\ndir = \"content\"\n")
        .file(
            "pelicanconf.py",
            "TIMEZONE = 'America/Lower_Princes'\nARTICLE_URL = 'blog/{date:%Y}/{date:%m}/{slug}/'\n",
        )
        .file("content/one.md", "Title: One\nDate: 2013-06-07 21:00\n\nText.\n");
    let ran = scene.run(&["--at", "2024-01-01T00:00:00Z", "-v", "build"]);
    ran.succeeds();
    let why = "one.md: 2013-06-08T01:00:00+00:00 from `date`, read in the site's zone; \
               https://x.example/blog/2013/06/one/ from the pattern";
    assert!(
        ran.talk.contains(why) && ran.talk.contains("dialect: pelican (by "),
        "{}",
        ran.talk
    );
    let set = [("TIDINGS_SITE__TIMEZONE", "UTC")];
    let ran = scene.run_with(&["--at", "2024-01-01T00:00:00Z", "-v", "build"], &set);
    assert!(
        ran.talk
            .contains("one.md: 2013-06-07T21:00:00+00:00 from `date`"),
        "UTC is a zone as well: {}",
        ran.talk
    );
}

#[test]
fn what_is_wrong_is_named_in_one_run_sorted_by_path_and_the_rest_goes_on() {
    let scene = Scene::new()
        .post("good.md", "Good", "2024-05-01")
        .post("z-month.md", "Bad", "2024-13-01")
        .file(
            "post/a-day.md",
            "+++\ntitle = \"x\"\ndate = \"2024-02-31\"\n+++\n",
        )
        .file("post/b-yaml.md", "---\ntitle: x\nlist: [a\n---\n")
        .file("post/c-open.md", "---\ntitle: x\n")
        .file("post/d-none.md", "Nothing says when.\n")
        .file(
            "post/same-1.md",
            "---\ntitle: x\ndate: 2024-01-01\nslug: same\n---\n",
        )
        .file(
            "post/same-2.md",
            "---\ntitle: x\ndate: 2024-01-02\nslug: same\n---\n",
        );
    fs::write(
        scene.path("post/e-latin.md"),
        b"---\ntitle: x\n---\nab\xe9\n",
    )
    .unwrap();
    fs::write(scene.path("post/f-large.md"), vec![b'a'; (8 << 20) + 1]).unwrap();
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert_eq!(ran.code, 1);
    let named: Vec<&str> = ran
        .talk
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    let expected = [
        "post/a-day.md:3: `date = 2024-02-31` is no date: there is no day 31 in month 2 of 2024",
        "post/b-yaml.md:",
        "post/c-open.md:1: the front matter is not closed",
        "post/d-none.md:1: the post has no date",
        "post/e-latin.md:4:3: this is not UTF-8",
        "post/f-large.md: the post is larger than 8 MiB",
        "post/same-2.md: `https://hums.example/same/` is also the address of `same-1.md`",
        "post/z-month.md:3: `date: 2024-13-01` is no date: month 13",
    ];
    assert_eq!(named.len(), expected.len(), "{}", ran.talk);
    for (line, words) in named.iter().zip(expected) {
        assert!(line.contains(words), "{line}\n{words}");
    }
}

#[test]
fn a_link_that_leaves_the_folder_is_not_followed() {
    let scene =
        Scene::new()
            .post("one.md", "One", "2024-05-01")
            .post("../two.md", "Two", "2024-05-01");
    std::os::unix::fs::symlink(scene.path("two.md"), scene.path("post/out.md")).unwrap();
    std::os::unix::fs::symlink(scene.path("post/one.md"), scene.path("post/in.md")).unwrap();
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    ran.succeeds();
    let lock = scene.read("tidings.lock");
    assert!(
        lock.contains("in.md\t") && !lock.contains("out.md"),
        "{lock}"
    );
}

#[test]
fn no_sign_that_xml_forbids_reaches_a_feed() {
    let text = "---\ntitle: \"a\\u0002b\\ufffec\"\ndate: 2024-05-01\ntags: [\"x\\u0001y\"]\nauthor: \"A\\u0003da\"\n\
                description: \"d\\u000ce\"\n---\nA\u{c}b [c](https://x.example/\u{2}d) &#2; &#xd800; &#xfffe; ]]>\n";
    let scene = Scene::new().file("post/one.md", text);
    assert_eq!(
        scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]).code,
        0
    );
    for feed in ["atom.xml", "rss.xml"] {
        strict_xml(&scene.read(&format!("public/{feed}")));
    }
}
