//! A small site of each generator, with its habits: the same posts come out as the site itself would show.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use tidings::config::Config;
use tidings::inside::loader::{Loaded, load_posts};

use crate::parsers::strict_xml;
use crate::program::missing;
use crate::scene::Scene;

/// Where each site keeps its posts.
const SITES: [(&str, &str); 7] = [
    ("hugo", "content"),
    ("zola", "content"),
    ("jekyll", "site"),
    ("eleventy", "src"),
    ("pelican", "content"),
    ("obsidian", "Vault/Blog"),
    ("plain", "post"),
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// Loads a fixture with nothing set but what its own site has no place for.
fn load(name: &str, dir: &Path, more: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    let zone = "timezone = \"Europe/Paris\"";
    let text = format!(
        "[site]\ntitle = \"Site\"\nurl = \"https://{name}.example/\"\n{zone}\nauthor = {{ name = \"Ada Night\" }}\n\
         [posts]\ndir = '{}'\n{more}",
        dir.display()
    );
    fs::write(&file, text).unwrap();
    let config = Config::load(&file, std::iter::empty::<(String, String)>()).unwrap();
    let now: DateTime<Utc> = "2030-01-01T00:00:00Z".parse().unwrap();
    load_posts(&config.site, &config.posts, now).unwrap()
}

/// One line a post, by path.
fn listed(loaded: &Loaded) -> String {
    let mut lines: Vec<(String, String)> = loaded
        .posts
        .iter()
        .map(|post| {
            let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            let authors: Vec<&str> = post
                .authors
                .iter()
                .map(|author| author.name.as_str())
                .collect();
            let line = format!(
                "{} | {} | {} | {} | {} | {} | {}\n",
                post.path,
                post.title,
                time(post.published),
                time(post.updated),
                post.url,
                post.tags.join(", "),
                authors.join(", ")
            );
            (post.path.to_string(), line)
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

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
fn a_file_that_git_moved_keeps_its_date_and_id_also_with_its_folder() {
    let scene = Scene::new()
        .file("post/one.md", "---\ntitle: One\n---\nText.\n")
        .file("post/two.md", "---\ntitle: Two\n---\nAnother text.\n");
    let git = |arguments: &[&str], date: &str| {
        let done = std::process::Command::new("git")
            .args([
                "-c",
                "user.name=Ada",
                "-c",
                "user.email=ada@x.example",
                "-C",
            ])
            .arg(scene.path(""))
            .args(arguments)
            .env("GIT_AUTHOR_DATE", date)
            .env("GIT_COMMITTER_DATE", date)
            .output();
        done.is_ok_and(|done| done.status.success())
    };
    if !git(&["init", "-q"], "") {
        missing("git");
        return;
    }
    let dated = [("TIDINGS_POSTS__GIT_DATES", "true")];
    let build = |words: &str| {
        let ran = scene.run_with(&["--at", "2024-06-01T00:00:00Z", "build"], &dated);
        assert!(
            ran.code == 0 && ran.out.contains(words),
            "{}{}",
            ran.out,
            ran.talk
        );
        let feed: serde_json::Value =
            serde_json::from_str(&scene.read("public/feed.json")).unwrap();
        let items = feed["items"].as_array().unwrap().iter();
        let mut told: Vec<String> = items
            .map(|item| {
                format!(
                    "{} {} {}",
                    item["title"], item["id"], item["date_published"]
                )
            })
            .collect();
        told.sort();
        told
    };
    let commit = |date| assert!(git(&["add", "-A"], "") && git(&["commit", "-qm", "x"], date));
    commit("2024-01-02T03:04:05Z");
    let first = build("2 new, 0 updated, 0 repeated");
    assert!(first[0].contains("2024-01-02"), "{first:?}");
    // Also without a lock, as on a new machine, and when its text changes with the name.
    assert!(git(&["mv", "post/one.md", "post/eins.md"], ""));
    commit("2024-02-02T03:04:05Z");
    assert_eq!(build("0 new, 1 updated, 0 repeated"), first);
    fs::rename(scene.path("post"), scene.path("old")).unwrap();
    fs::create_dir(scene.path("post")).unwrap();
    fs::rename(scene.path("old/eins.md"), scene.path("post/eins.md")).unwrap();
    fs::rename(scene.path("old/two.md"), scene.path("post/zwei.md")).unwrap();
    fs::write(
        scene.path("post/zwei.md"),
        "---\ntitle: Two\n---\nAnother text!\n",
    )
    .unwrap();
    commit("2024-03-02T03:04:05Z");
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    assert_eq!(build("0 new"), first);
    // The date that the lock knows stands, whatever becomes of the history.
    fs::remove_dir_all(scene.path(".git")).unwrap();
    assert!(git(&["init", "-q"], ""));
    commit("2024-05-02T03:04:05Z");
    assert_eq!(build("0 new"), first);
    // Without the lock the history decides, and it must be whole.
    let shallow = scene.path("shallow");
    let from = format!("file://{}", scene.path("").display());
    commit_more(&git);
    assert!(git(
        &[
            "clone",
            "-q",
            "--depth",
            "1",
            &from,
            &shallow.display().to_string()
        ],
        ""
    ));
    fs::copy(scene.path("config.toml"), shallow.join("config.toml")).unwrap();
    let config = shallow.join("config.toml").display().to_string();
    let ran = scene.run_with(&["--config", &config, "build"], &dated);
    assert!(
        ran.code == 2
            && ran.talk.contains("this clone is shallow")
            && ran.talk.contains("git fetch --unshallow"),
        "{}",
        ran.talk
    );
}

/// One commit more, so that a clone of depth one leaves something out.
fn commit_more(git: &dyn Fn(&[&str], &str) -> bool) {
    assert!(git(
        &["commit", "-q", "--allow-empty", "-m", "x"],
        "2024-05-03T03:04:05Z"
    ));
}

#[test]
fn git_dates_a_post_only_where_it_is_asked_to() {
    let scene = Scene::new().file("post/one.md", "---\ntitle: One\n---\nText.\n");
    let git = |arguments: &[&str], date: &str| {
        let done = std::process::Command::new("git")
            .args([
                "-c",
                "user.name=Ada",
                "-c",
                "user.email=ada@x.example",
                "-C",
            ])
            .arg(scene.path(""))
            .args(arguments)
            .env("GIT_AUTHOR_DATE", date)
            .env("GIT_COMMITTER_DATE", date)
            .output();
        done.is_ok_and(|done| done.status.success())
    };
    if !git(&["init", "-q"], "") {
        missing("git");
        return;
    }
    assert!(git(&["add", "."], "") && git(&["commit", "-qm", "One"], "2024-01-02T03:04:05Z"));
    fs::write(scene.path("post/one.md"), "---\ntitle: One\n---\nMore.\n").unwrap();
    assert!(git(&["commit", "-qam", "More"], "2024-02-03T04:05:06Z"));
    assert_eq!(
        scene.run(&["build"]).code,
        1,
        "without a date there is no post"
    );
    let ran = scene.run_with(
        &["--at", "2024-06-01T00:00:00Z", "build"],
        &[("TIDINGS_POSTS__GIT_DATES", "true")],
    );
    ran.succeeds();
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let item = &feed["items"][0];
    assert_eq!(
        (&item["date_published"], &item["date_modified"]),
        (
            &"2024-01-02T03:04:05Z".into(),
            &"2024-02-03T04:05:06Z".into()
        )
    );
}

#[test]
fn an_enclosure_beside_a_post_has_its_length() {
    for (name, written, address) in [
        ("tea.mp3", "tea.mp3", "tea.mp3"),
        ("green tea.mp3", "green tea.mp3", "green%20tea.mp3"),
        ("über tea.mp3", "über%20tea.mp3", "%C3%BCber%20tea.mp3"),
        ("100%.mp3", "100%25.mp3", "100%25.mp3"),
        ("a+b #1.mp3", "a+b%20%231.mp3", "a+b%20%231.mp3"),
    ] {
        let front = format!("---\ntitle: One\ndate: 2024-05-01\naudio: {written}\n---\nText.\n");
        let scene = Scene::new()
            .file("post/one/index.md", &front)
            .file(&format!("post/one/{name}"), "0123456789");
        let config = Config::load(
            &scene.path("config.toml"),
            std::iter::empty::<(String, String)>(),
        )
        .unwrap();
        let loaded = load_posts(
            &config.site,
            &config.posts,
            "2024-06-01T00:00:00Z".parse().unwrap(),
        )
        .unwrap();
        let enclosure = loaded.posts[0].enclosure.as_ref().unwrap();
        assert_eq!(
            (
                enclosure.url.as_str(),
                enclosure.media_type.as_str(),
                enclosure.length
            ),
            (
                format!("https://hums.example/one/{address}").as_str(),
                "audio/mpeg",
                Some(10)
            )
        );
    }
}

#[test]
fn an_enclosure_that_leads_out_of_the_site_has_no_length() {
    for written in [
        "/..%2Fsecret.mp3",
        "/%2Fetc/hosts.mp3",
        "/x%00.mp3",
        "/%ff.mp3",
    ] {
        let front = format!("---\ntitle: One\ndate: 2024-05-01\naudio: {written}\n---\nText.\n");
        let scene = Scene::new()
            .file("post/one.md", &front)
            .file("secret.mp3", "0123456789");
        let config = Config::load(
            &scene.path("config.toml"),
            std::iter::empty::<(String, String)>(),
        )
        .unwrap();
        let loaded = load_posts(
            &config.site,
            &config.posts,
            "2024-06-01T00:00:00Z".parse().unwrap(),
        )
        .unwrap();
        let length = loaded.posts[0]
            .enclosure
            .as_ref()
            .and_then(|enclosure| enclosure.length);
        assert_eq!(length, None, "{written}");
    }
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

/// The config of a site whose posts lie in `content`, in Paris.
const BESIDE: &str = "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\ntimezone = \"Europe/Paris\"\n[posts]\ndir = \"content\"\n";

/// Paths and texts.
type Files<'a> = &'a [(&'a str, &'a str)];

fn site_beside(files: Files<'_>) -> Scene {
    files.iter().fold(
        Scene::new().file("config.toml", BESIDE),
        |scene, (path, text)| scene.file(path, text),
    )
}

#[test]
fn addresses_follow_the_generators_own_pattern() {
    let one = "---\ntitle: One\ndate: 2024-05-01T00:30:00+09:00\n---\n";
    for (config, text, address) in [
        (
            "hugo.toml",
            "[permalinks]\nposts = '/:year/:month/:day/:slug/'\n",
            "2024/05/01/one/",
        ),
        (
            "hugo.toml",
            "[permalinks]\nposts = '/:sections[1:]/:monthname/:weekday/:slug/'\n",
            "May/3/one/",
        ),
        ("hugo.toml", "uglyURLs = true\n", "posts/one.html"),
        (
            "config/_default/hugo.toml",
            "baseURL = 'https://x.example/'\n",
            "in-a-file/one/",
        ),
        (
            "pelicanconf.py",
            "ARTICLE_URL = '{date:%Y}/{date:%b}/{slug}/'\n",
            "2024/Apr/one/",
        ),
        // Only what lies in `pages` has its path for an address.
        ("next.config.mjs", "export default {}\n", "posts/one/"),
    ] {
        let mut files = vec![("content/posts/one.md", one), (config, text)];
        if config.starts_with("config/") {
            files.push((
                "config/_default/permalinks.toml",
                "posts = '/in-a-file/:slug/'\n",
            ));
        }
        let ran = site_beside(&files).run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
        assert!(
            ran.talk
                .contains(&format!("https://x.example/{address} from the pattern")),
            "{text}: {}",
            ran.talk
        );
    }
}

#[test]
fn a_colon_in_a_posts_own_address_is_text_where_it_begins_no_token() {
    for (config, own, address) in [
        ("_config.yml", "/wiki/talk:tea/", "wiki/talk:tea/"),
        ("_config.yml", "/c:tea/:year/", "c:tea/2024/"),
        ("_config.yml", "std::vec.html", "std::vec.html"),
        (
            "_config.yml",
            "/:slug/:name/:path/{x}/",
            "one-two/2024-05-01-one-two/content/2024-05-01-one_two/%7Bx%7D/",
        ),
        (
            "_config.yml",
            "/:short_year:y_day:short_day/:title:output_ext",
            "24122Wed/one_two.html",
        ),
        ("hugo.toml", "/talk:tea/", "talk:tea/"),
        (
            "hugo.toml",
            "/:year/:02-:Jan/a\\:day/",
            "2024/01-May/a:day/",
        ),
    ] {
        let one = format!(
            "---\ntitle: One\ndate: 2024-05-01 12:00:00\npermalink: '{own}'\nurl: '{own}'\n---\n"
        );
        let ran = site_beside(&[
            ("content/_posts/2024-05-01-one_two.md", &one),
            (config, "# Empty\n"),
        ])
        .run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
        assert!(
            ran.talk
                .contains(&format!("; https://x.example/{address} from `")),
            "{own}: {}",
            ran.talk
        );
    }
}

#[test]
fn what_hugo_makes_of_names_titles_and_dates_is_what_its_list_shows() {
    // Each line as `hugo list all` says it, of Hugo 0.111.
    let posts = [
        (
            "old/Post +1/index.md",
            "title: A\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "post-1/",
        ),
        (
            "old/deep/x(y).md",
            "title: B\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "deep/xy/",
        ),
        (
            "old/loose/z.md",
            "title: C\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "z/",
        ),
        (
            "old/deep/z.de.md",
            "title: D\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "de/z/",
        ),
        (
            "notes/c.md",
            "title: C++ & a/b\ndate: 2024-05-01",
            "2024-04-30T22:00:00",
            "2024/c-a/b/",
        ),
        (
            "notes/2021-05-22-tea.md",
            "title: E\ndate: 2002-06-12",
            "2002-06-11T22:00:00",
            "2021/tea/",
        ),
        (
            "notes/2021-05-23-cup.md",
            "title: F\nlastmod: 2022-01-01",
            "2021-05-22T22:00:00",
            "2021/cup/",
        ),
        (
            "notes/two.md",
            "title: G\ndate: 2003-01-01\npublishDate: 2004-01-01",
            "2003-12-31T23:00:00",
            "2003/g/",
        ),
        (
            "misc/r.md",
            "title: H\ndate: Wed, 04 Dec 2024 17:01:55 GMT",
            "2024-12-04T16:01:55",
            "misc/r/",
        ),
        (
            "misc/s.md",
            "title: I\ndate: 2024-05-01\nslug: a/b",
            "2024-04-30T22:00:00",
            "misc/a/b/",
        ),
        (
            "misc/t.de.md",
            "title: J\ndate: 2024-05-01\nurl: own/t",
            "2024-04-30T22:00:00",
            "de/own/t/",
        ),
        (
            "misc/u.de.md",
            "title: K\ndate: 2024-05-01\nurl: /own/u",
            "2024-04-30T22:00:00",
            "own/u/",
        ),
        (
            "misc/v.md",
            "title: L\ndate: 2024-05-01\nheadless: true",
            "2024-04-30T22:00:00",
            "misc/v/",
        ),
    ];
    let config = "[frontmatter]\ndate = [':filename', ':default']\n[languages.en]\n[languages.de]\n[permalinks]\n\
                  old = '/:sections[1:]/:filename/'\nnotes = '/:year/:slug/'\n";
    let section = "---\ntitle: S\n---\n";
    let scene = site_beside(&[
        ("hugo.toml", config),
        ("content/old/deep/_index.md", section),
    ])
    .file(
        "content/misc/w/index.md",
        "---\ntitle: M\ndate: 2024-05-01\nheadless: true\n---\n",
    );
    let scene = posts.iter().fold(scene, |scene, (path, front, ..)| {
        scene.file(
            &format!("content/{path}"),
            &format!("---\n{front}\n---\nText.\n"),
        )
    });
    let ran = scene.run(&["--at", "2025-01-01T00:00:00Z", "-v", "build"]);
    ran.succeeds();
    for (path, _, published, address) in posts {
        let line = ran
            .talk
            .lines()
            .find(|line| line.starts_with(&format!("{path}: ")))
            .unwrap_or_default();
        assert!(
            line.starts_with(&format!("{path}: {published}+00:00 from ")),
            "{path}: {line}\n{}",
            ran.talk
        );
        assert!(
            line.contains(&format!("; https://x.example/{address} from ")),
            "{path}: {line}"
        );
    }
    assert!(
        ran.talk
            .contains("misc/w/index.md: left out: it has no page"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_page_of_next_js_has_its_path_for_an_address() {
    let scene = site_beside(&[
        ("apps/site/next.config.mjs", "export default {}\n"),
        (
            "apps/site/pages/en/blog/index.md",
            "---\ntitle: Blog\n---\n",
        ),
        (
            "apps/site/pages/en/blog/release/v0.10.0.md",
            "---\ntitle: One\ndate: '2013-03-11T16:00:00.000Z'\n---\n",
        ),
        (
            "apps/site/pages/en/blog/2025-06-28-Ada-Night.mdx",
            "---\ntitle: Two\ndate: 2025-06-28\nslug: x\n---\n",
        ),
    ]);
    let set = [("TIDINGS_POSTS__DIR", "apps/site/pages/en/blog")];
    let ran = scene.run_with(&["--at", "2026-01-01T00:00:00Z", "-v", "build"], &set);
    assert_eq!(
        ran.code, 0,
        "an index without a date is a page: {}",
        ran.talk
    );
    for address in ["release/v0.10.0", "2025-06-28-Ada-Night"] {
        let why = format!("; https://x.example/en/blog/{address} from the pattern");
        assert!(ran.talk.contains(&why), "{address}: {}", ran.talk);
    }
}

#[test]
fn files_of_data_say_what_posts_of_eleventy_do_not() {
    // As Eleventy 3.1 itself merges them.
    let scene = site_beside(&[
        ("eleventy.config.js", "export default function () {}\n"),
        ("content/content.json", "{\"tags\": [\"all\"]}\n"),
        (
            "content/posts/posts.json",
            "{\"tags\": [\"post\"], \"layout\": 1, \"permalink\": \"blog/{{ page.fileSlug }}/\"}\n",
        ),
        (
            "content/posts/sub/sub.json",
            "{\"tags\": [\"deep\"], \"date\": \"2021-02-03\"}\n",
        ),
        (
            "content/posts/sub/sub.11tydata.json",
            "{\"tags\": \"late\", \"date\": \"2021-02-04\"}\n",
        ),
        (
            "content/posts/sub/c.11tydata.json",
            "{\"title\": \"From data\", \"tags\": [\"own\"]}\n",
        ),
        ("content/posts/sub/c.json", "{\"title\": \"Other data\"}\n"),
        ("content/posts/sub/c.md", "Text.\n"),
        (
            "content/posts/a.md",
            "---\ntitle: A\ndate: 2024-05-01\ntags: [tea]\n---\n",
        ),
        (
            "content/posts/b.md",
            "---\ntitle: B\ndate: 2024-05-02\ntags: tea\npermalink: own/\n---\n",
        ),
    ]);
    let load = |dir: &str| {
        let set = [("TIDINGS_POSTS__DIR".to_owned(), dir.to_owned())];
        let config = Config::load(&scene.path("config.toml"), set).unwrap();
        listed(
            &load_posts(
                &config.site,
                &config.posts,
                "2024-06-01T00:00:00Z".parse().unwrap(),
            )
            .unwrap(),
        )
    };
    let rows = [
        "a.md | A | 2024-05-01T00:00:00Z | 2024-05-01T00:00:00Z | https://x.example/blog/a/ | all, post, tea | \n",
        "b.md | B | 2024-05-02T00:00:00Z | 2024-05-02T00:00:00Z | https://x.example/own/ | all, post, tea | \n",
        "sub/c.md | From data | 2021-02-04T00:00:00Z | 2021-02-04T00:00:00Z | https://x.example/blog/c/ | all, post, deep, late, own | \n",
    ];
    assert_eq!(load("content/posts"), rows.concat());
    assert_eq!(
        load("content"),
        rows.map(|row| format!("posts/{row}")).concat()
    );
    let scene = scene.file(
        "content/posts/posts.11tydata.js",
        "export default { permalink: 'x' };\n",
    );
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(
        ran.talk
            .contains("posts.11tydata.js: its `permalink` is not known here"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_post_is_read_whatever_the_case_of_its_ending() {
    let names = "a.MD b.Markdown c.mkdown d.mdown e.mkd f.mkdn g.MDX h.HTML i.Htm README.markdown";
    let mut scene = Scene::new();
    for (day, name) in names.split(' ').enumerate() {
        let text = format!(
            "---\ntitle: {name}\ndate: 2024-05-{:02}\n---\nSee <a href=\"a.MD\">one</a> and *x*.\n",
            day + 1
        );
        scene = scene.file(&format!("post/{name}"), &text);
    }
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    ran.succeeds();
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let items = feed["items"].as_array().unwrap();
    let addresses: Vec<&str> = items
        .iter()
        .filter_map(|item| item["url"].as_str())
        .collect();
    let expected = ["i", "h", "g", "f", "e", "d", "c", "b", "a"]
        .map(|name| format!("https://hums.example/{name}/"));
    assert_eq!(addresses, expected);
    for item in items {
        let html = item["content_html"].as_str().unwrap();
        assert!(html.contains("\"https://hums.example/a/\""), "{html}");
        let is_html = item["title"]
            .as_str()
            .unwrap()
            .to_lowercase()
            .contains(".ht");
        assert_eq!(html.contains("<em>"), !is_html, "{html}");
    }
}

#[test]
fn a_template_with_a_date_is_named_and_a_list_of_posts_is_not() {
    let scene = site_beside(&[
        ("eleventy.config.js", "export default function () {}\n"),
        ("content/a.md", "---\ntitle: A\ndate: 2024-05-01\n---\n"),
        (
            "content/b.NJK",
            "---\ntitle: B\ndate: 2024-05-02\n---\n{{ x }}\n",
        ),
        (
            "content/list.njk",
            "---\ntitle: All\n---\n{% for p in posts %}{% endfor %}\n",
        ),
    ]);
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    ran.says("is not read: `b.NJK`\n");
}

#[test]
fn a_translation_of_pelican_has_an_address_of_its_own() {
    let one =
        |lang: &str| format!("Title: One\nSlug: one\nLang: {lang}\nDate: 2024-05-01\n\nText.\n");
    let (german, english, french) = (one("de"), one("en"), one("fr"));
    let posts: Files<'_> = &[
        ("content/x/de.md", &german),
        ("content/x/en.md", &english),
        ("content/x/fr.md", &french),
    ];
    for (config, addresses) in [
        ("AUTHOR = 'A'\n", ["one-de.html", "one.html", "one-fr.html"]),
        (
            "DEFAULT_LANG = 'de'\nARTICLE_LANG_URL = '{lang}/{slug}/'\n",
            ["one.html", "en/one/", "fr/one/"],
        ),
    ] {
        let scene = site_beside(&[posts, &[("pelicanconf.py", config)]].concat());
        let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
        ran.succeeds();
        for (path, address) in ["x/de.md", "x/en.md", "x/fr.md"].iter().zip(addresses) {
            let line = ran
                .talk
                .lines()
                .find(|line| line.starts_with(path))
                .unwrap_or_default();
            assert!(
                line.contains(&format!("; https://x.example/{address} from ")),
                "{path}: {line}"
            );
        }
        assert!(
            scene.read("public/feed.json").contains("\"x\""),
            "the folder is a category"
        );
    }
    let config = ("pelicanconf.py", "USE_FOLDER_AS_CATEGORY = False  # flat\n");
    let scene = site_beside(&[("content/x/one.md", &english), config]);
    scene.run_at("2024-06-01T00:00:00Z", &["build"]);
    assert!(!scene.read("public/feed.json").contains("\"x\""));
}

#[test]
fn what_is_in_no_list_is_no_post_and_what_is_computed_counts() {
    let files: Files<'_> = &[
        (
            "content/a.md",
            "---\ntitle: A\ndate: 2024-05-01\nbuild:\n  list: never\n---\n",
        ),
        (
            "content/b.md",
            "---\ntitle: B\ndate: 2024-05-02\nunlisted: true\n---\n",
        ),
        (
            "content/c.md",
            "---\ntitle: C c\ndate: 2024-05-03\neleventyComputed:\n  permalink: \"x/{{ title | slugify }}/\"\n---\n",
        ),
    ];
    let scene = site_beside(&[files, &[("eleventy.config.js", "export default {}\n")]].concat());
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
    assert!(
        ran.talk
            .contains("a.md: left out: it is in no list\nb.md: left out: it is in no list"),
        "{}",
        ran.talk
    );
    assert!(
        ran.talk
            .contains("https://x.example/x/c-c/ from `permalink`"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_generators_config_that_cannot_be_read_is_named() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\n";
    for (config, text, dialect) in [
        ("hugo.toml", "title: T\n", "hugo"),
        ("zola.toml", "base_url = x\n", "zola"),
        ("_config.yml", "title: [T\n", "jekyll"),
    ] {
        let scene = site_beside(&[("content/_posts/2024-05-01-one.md", one), (config, text)]);
        let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
        assert!(
            ran.talk
                .contains(&format!("{config}: the generator's config cannot be read")),
            "{}",
            ran.talk
        );
        assert!(
            ran.talk.contains(&format!("dialect: {dialect} (by ")),
            "{}",
            ran.talk
        );
        ran.succeeds();
    }
}

#[test]
fn a_section_of_hugo_hands_keys_down() {
    let post = |more: &str| format!("---\ntitle: T\ndate: 2024-05-01\n{more}---\n");
    let (bare, own) = (post(""), post("author: Bo\n"));
    let files: Files<'_> = &[
        ("hugo.toml", "baseURL = 'https://x.example/'\n"),
        ("content/_index.md", "---\ncascade:\n  author: Ada\n---\n"),
        (
            "content/news/_index.md",
            "+++\n[[cascade]]\nauthor = 'Cy'\n[[cascade]]\ndraft = true\n[cascade._target]\npath = '/x'\n+++\n",
        ),
        (
            "content/team/_index.md",
            "---\ncascade:\n  build:\n    list: never\n---\n",
        ),
        ("content/a.md", &bare),
        ("content/news/b.md", &bare),
        ("content/news/deep/c.md", &own),
        ("content/team/d.md", &bare),
    ];
    let scene = site_beside(files);
    for (dir, expected) in [
        ("content", "a.md Ada, news/b.md Cy, news/deep/c.md Bo"),
        ("content/news", "b.md Cy, deep/c.md Bo"),
    ] {
        let set = [("TIDINGS_POSTS__DIR".to_owned(), dir.to_owned())];
        let config = Config::load(&scene.path("config.toml"), set).unwrap();
        let loaded = load_posts(
            &config.site,
            &config.posts,
            "2024-06-01T00:00:00Z".parse().unwrap(),
        )
        .unwrap();
        let found: Vec<String> = loaded
            .posts
            .iter()
            .map(|post| format!("{} {}", post.path, post.authors[0].name))
            .collect();
        assert_eq!(found.join(", "), expected);
    }
}

#[test]
fn a_page_of_pelican_in_html_has_its_keys_in_its_head() {
    let page = "<html>\n<head>\n<title>Tea &amp; cake</title>\n<meta name=\"date\" content=\"2012-07-09 22:28\">\n\
                <meta name=\"authors\" content=\"Ada, Bo\">\n</head>\n<body>\n<p>{% x %}Hot <b>tea</b></p>\n</body>\n</html>\n";
    let scene = site_beside(&[
        ("pelicanconf.py", "TIMEZONE = 'UTC'\n"),
        ("content/one.HTML", page),
    ]);
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(
        ran.code == 0 && ran.talk.contains("one.HTML:8: `x` is left out"),
        "{}",
        ran.talk
    );
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let item = &feed["items"][0];
    assert_eq!(
        (&item["title"], &item["date_published"]),
        (&"Tea & cake".into(), &"2012-07-09T20:28:00Z".into())
    );
    assert_eq!(item["url"], "https://x.example/tea-cake.html");
    assert_eq!(item["content_html"], "<p>Hot <b>tea</b></p>");
    assert_eq!(item["authors"].as_array().unwrap().len(), 2);
}

#[test]
fn a_title_holds_references_where_the_generator_takes_it_for_html() {
    let one = "---\ntitle: Tea &amp; cake &#8211; hot\ndate: 2024-05-01\n---\n";
    for (config, title) in [
        ("_config.yml", "Tea & cake – hot"),
        ("hugo.toml", "Tea &amp; cake &#8211; hot"),
    ] {
        let scene = site_beside(&[("content/2024-05-01-one.md", one), (config, "# Empty\n")]);
        scene.run_at("2024-06-01T00:00:00Z", &["build"]);
        let feed: serde_json::Value =
            serde_json::from_str(&scene.read("public/feed.json")).unwrap();
        assert_eq!(feed["items"][0]["title"], title, "{config}");
    }
}

#[test]
fn posts_in_another_markup_are_named() {
    let one = "Title: One\nDate: 2024-05-01\n\nText.\n";
    let mut files = vec![
        ("pelicanconf.py", "AUTHOR = 'Ada'\n"),
        ("content/one.md", one),
        ("content/pages/p.rst", "x"),
    ];
    files.extend(
        [
            "content/a.rst",
            "content/b/c.rst",
            "content/d.rst",
            "content/e.rst",
            "content/f.org",
        ]
        .map(|f| (f, "x")),
    );
    let ran = site_beside(&files).run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    let words = "content: 5 files are not written in Markdown or HTML and are not read: `a.rst`, `b/c.rst`, `d.rst` and 2 more\n";
    assert!(
        ran.code == 0 && ran.talk.contains(words) && ran.talk.contains("pandoc"),
        "{}",
        ran.talk
    );
    let plain = [
        ("content/one.md", "---\ntitle: One\ndate: 2024-05-01\n---\n"),
        ("content/a.rst", "x"),
    ];
    let ran = site_beside(&plain).run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    let words = "content: 1 file is not written in Markdown or HTML and is not read: `a.rst`\n";
    assert!(ran.code == 0 && ran.talk.contains(words), "{}", ran.talk);
}

#[test]
fn short_names_of_emoji_are_signs_where_the_site_shows_them_so() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\nA :tada: `:tada:`\n";
    for (config, text, sign) in [
        ("hugo.toml", "enableEmoji = true\n", "🎉"),
        ("hugo.toml", "title = 'T'\n", ":tada:"),
        (
            "zola.toml",
            "base_url = 'https://x.example'\n[markdown]\nrender_emoji = true\n",
            "🎉",
        ),
        ("_config.yml", "plugins:\n- jemoji\n", "🎉"),
        ("_config.yml", "title: T\n", ":tada:"),
    ] {
        let scene = site_beside(&[(config, text), ("content/2024-05-01-one.md", one)]);
        assert_eq!(
            scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]).code,
            0
        );
        let feed: serde_json::Value =
            serde_json::from_str(&scene.read("public/feed.json")).unwrap();
        let expected = format!("<p>A {sign} <code>:tada:</code></p>");
        assert_eq!(
            feed["items"][0]["content_html"],
            expected.as_str(),
            "{text}"
        );
    }
}

#[test]
fn tex_is_a_formula_where_the_sites_config_says_so() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\na $x$ b \\(y\\) c $$z$$ d\n";
    let hugo = "[markup.goldmark.extensions.passthrough]\nenable = true\n";
    let delimiters =
        "[markup.goldmark.extensions.passthrough.delimiters]\ninline = [['$', '$']]\nblock = []\n";
    let both = format!("{hugo}{delimiters}");
    let off = hugo.replace("true", "false");
    for (config, text, formulas) in [
        ("hugo.toml", "title = 'T'\n", ""),
        ("hugo.toml", hugo, "yz"),
        ("hugo.toml", off.as_str(), ""),
        ("hugo.toml", both.as_str(), "x"),
        ("hugo.toml", "[params]\nmath = true\n", "xz"),
        ("hugo.toml", "[params.katex]\nenable = true\n", "xz"),
        ("zola.toml", "base_url = 'https://x.example'\n", ""),
        (
            "zola.toml",
            "base_url = 'https://x.example'\n[extra]\nkatex = true\n",
            "xz",
        ),
        ("_config.yml", "title: T\n", "z"),
        ("_config.yml", "mathjax: true\n", "xz"),
        ("_config.yml", "markdown: CommonMark\n", ""),
        ("_config.yml", "kramdown:\n  math_engine: null\n", ""),
        (
            "_config.yml",
            "defaults:\n- values:\n    usemath: true\n",
            "xz",
        ),
        ("pelicanconf.py", "PLUGINS = ['sitemap']\n", ""),
        (
            "pelicanconf.py",
            "PLUGINS = ['pelican.plugins.render_math']\n",
            "xz",
        ),
    ] {
        let scene = site_beside(&[(config, text), ("content/2024-05-01-one.md", one)]);
        let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
        ran.succeeds();
        let feed: serde_json::Value =
            serde_json::from_str(&scene.read("public/feed.json")).unwrap();
        let html = feed["items"][0]["content_html"]
            .as_str()
            .unwrap_or_default();
        let shown: String = ["x", "y", "z"]
            .into_iter()
            .filter(|letter| html.contains(&format!("<mi>{letter}</mi>")))
            .collect();
        assert_eq!(shown, formulas, "{config}: {text}: {html}");
    }
}

#[test]
fn what_zola_does_not_expand_is_text() {
    let one = "+++\ntitle = \"One\"\ndate = 2024-05-01\n+++\nA {{ cup() }} of {% tea() %}.\n";
    let config = "base_url = \"https://x.example\"\nskip_content_templating = [\"**\"]\n";
    let scene = site_beside(&[("zola.toml", config), ("content/one.md", one)]);
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
    assert!(!ran.talk.contains("left out"), "{}", ran.talk);
    assert!(
        scene
            .read("public/feed.json")
            .contains("A {{ cup() }} of {% tea() %}.")
    );
}

#[test]
fn the_folders_of_hugos_config_add_to_the_file_at_its_root() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\n";
    let root = "baseURL = 'https://x.example/'\ndefaultContentLanguage = 'en'\n";
    let languages = "[en]\ncontentDir = 'content/en'\n[de]\ncontentDir = 'content/german'\n";
    let of_one = "contentDir = 'content/german'\nweight = 2\n[params]\nx = 1\n";
    let whole = "baseURL = 'https://x.example/'\ncontentDir = 'content/en'\n[languages.en]\nweight = 1\n\
                 [languages.de]\ncontentDir = 'content/german'\n";
    let cases: [(Files<'_>, &str, &str, &str); 12] = [
        (
            &[("hugo.toml", root)],
            "content/en",
            "posts/one.md",
            "en/posts/one/",
        ),
        (
            &[
                ("hugo.toml", root),
                ("config/_default/languages.toml", languages),
            ],
            "content/en",
            "posts/one.md",
            "posts/one/",
        ),
        (
            &[
                ("config.toml", root),
                ("config/_default/languages.toml", languages),
            ],
            "content",
            "en/posts/one.md",
            "posts/one/",
        ),
        (
            &[
                ("hugo.toml", root),
                ("config/_default/languages.toml", languages),
            ],
            "content/german",
            "one.md",
            "de/one/",
        ),
        (
            &[
                ("config.toml", root),
                ("config/_default/languages.toml", languages),
            ],
            "content",
            "german/one.md",
            "de/one/",
        ),
        (
            &[
                ("hugo.toml", root),
                ("config/_default/languages.de.toml", of_one),
            ],
            "content/german",
            "posts/one.md",
            "de/posts/one/",
        ),
        (
            &[
                ("hugo.toml", root),
                ("config/_default/languages.de.toml", of_one),
            ],
            "content",
            "german/posts/one.md",
            "de/posts/one/",
        ),
        (
            &[("hugo.toml", whole)],
            "content",
            "en/posts/one.md",
            "posts/one/",
        ),
        (
            &[("hugo.toml", whole)],
            "content",
            "german/posts/one.md",
            "de/posts/one/",
        ),
        (
            &[("hugo.toml", whole)],
            "content/en/posts",
            "one.md",
            "posts/one/",
        ),
        (
            &[("hugo.toml", "[uglyURLs]\nposts = true\nnews = false\n")],
            "content",
            "posts/one.md",
            "posts/one.html",
        ),
        (
            &[
                (
                    "hugo.yaml",
                    "permalinks:\n  posts: /a/:slug/\n  news: /n/:slug/\n",
                ),
                (
                    "config/_default/permalinks.json",
                    "{\"posts\": \"/b/:slug/\"}",
                ),
                (
                    "config/production/hugo.toml",
                    "[permalinks]\nposts = '/c/:slug/'\n",
                ),
            ],
            "content",
            "posts/one.md",
            "c/one/",
        ),
    ];
    for (files, dir, path, address) in cases {
        let post = format!("{dir}/{path}");
        let scene = site_beside(&[("tidings.toml", BESIDE), (&post, one)]);
        let scene = files
            .iter()
            .fold(scene, |scene, (path, text)| scene.file(path, text));
        let set = [("TIDINGS_POSTS__DIR", dir)];
        let arguments = [
            "--config",
            "tidings.toml",
            "--at",
            "2024-06-01T00:00:00Z",
            "-v",
            "build",
        ];
        let ran = scene.run_with(&arguments, &set);
        assert!(
            ran.talk
                .contains(&format!("https://x.example/{address} from the pattern")),
            "{address}: {}",
            ran.talk
        );
    }
}

#[test]
fn a_token_that_is_not_known_is_named_with_the_generators_config() {
    let one = "---\ntitle: One\ndate: 2024-05-01\n---\n";
    for (config, text, token) in [
        (
            "hugo.toml",
            "[permalinks]\nposts = '/:colour/:slug/'\n",
            "colour",
        ),
        ("_config.yml", "permalink: /:colour/:title/\n", "colour"),
        (
            "pelicanconf.py",
            "ARTICLE_URL = '{colour}/{slug}/'\n",
            "colour",
        ),
    ] {
        let scene = site_beside(&[("content/posts/2024-05-01-one.md", one), (config, text)]);
        let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "build"]);
        assert_ne!(ran.code, 0, "{}", ran.talk);
        let words =
            format!("{config}: its pattern of addresses has `{token}`, which is not known here");
        assert!(ran.talk.contains(&words), "{}", ran.talk);
        let set = [("TIDINGS_POSTS__PERMALINK", "/{slug}/")];
        assert_eq!(
            scene
                .run_with(&["--at", "2024-06-01T00:00:00Z", "build"], &set)
                .code,
            0
        );
    }
}

#[test]
fn a_misspelt_token_of_our_own_pattern_leaves_every_feed_as_it_is() {
    let scene = site_beside(&[("content/posts/2024-05-01-one.md", "---\ntitle: One\n---\n")]);
    let build = |pattern: &str| {
        scene.run_with(
            &["--at", "2024-06-01T00:00:00Z", "build"],
            &[("TIDINGS_POSTS__PERMALINK", pattern)],
        )
    };
    assert_eq!(build("/{year}/{sections[1:]}/{date:%j}/{slug}/").code, 0);
    let before = scene.read("public/atom.xml");
    for token in ["nope", "date:%Q"] {
        let ran = build(&format!("/{{year}}/{{{token}}}/"));
        let words = format!(
            "error: `TIDINGS_POSTS__PERMALINK=/{{year}}/{{{token}}}/`: the unknown token `{{{token}}}`\n  expected {{year}}"
        );
        assert!(ran.code == 2 && ran.talk.contains(&words), "{}", ran.talk);
        assert_eq!(scene.read("public/atom.xml"), before);
    }
}

#[test]
fn a_vault_or_a_submodule_does_not_hide_the_site_around_it() {
    let scene = site_beside(&[
        ("hugo.toml", "title = 'T'\n"),
        ("content/.obsidian/app.json", "{}\n"),
        ("content/.git", "gitdir: ../.git/modules/content\n"),
        (
            "content/posts/one.md",
            "\n\n---\ntitle: One\ndate: 2024-05-01\n---\n",
        ),
        ("content/about.md", "---\ntitle: About\n---\n"),
    ]);
    let ran = scene.run(&["--at", "2024-06-01T00:00:00Z", "-v", "build"]);
    assert_eq!(
        ran.code, 0,
        "a page without a date is no error: {}",
        ran.talk
    );
    assert!(
        ran.talk.contains("dialect: hugo (by ")
            && ran.talk.contains("about.md:1: the post has no date"),
        "{}",
        ran.talk
    );
}
