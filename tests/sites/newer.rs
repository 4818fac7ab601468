//! Docusaurus, Nikola, VitePress and mdBook: each post as the generator itself shows it.

use super::{Files, site_beside};
use crate::program::missing;
use crate::scene::Scene;

const NOON: &str = "2024-06-01T12:00:00Z";

/// Builds, and expects that each post stands at its address.
fn expect(files: Files<'_>, addresses: &[(&str, &str)]) -> Scene {
    let scene = site_beside(files);
    let ran = scene.run(&["--at", NOON, "-v", "build"]);
    for (path, address) in addresses {
        let words = format!("https://x.example/{address} from ");
        let line = ran
            .talk
            .lines()
            .find(|line| line.starts_with(&format!("{path}: ")));
        assert!(
            line.is_some_and(|line| line.contains(&words)),
            "{path} {address}: {}",
            ran.talk
        );
    }
    scene
}

#[test]
fn docusaurus_has_the_date_of_the_name_as_folders() {
    let post = "---\ntitle: T\n---\nx\n";
    let dated = "---\ntitle: T\ndate: 2024-02-03\n---\nx\n";
    let config = "module.exports = { title: 'T', presets: [['classic', { docs: { path: 'd' }, \
                  blog: { path: './content', feedOptions: { type: 'all' } } }]] };\n";
    let names: Files<'_> = &[
        ("docusaurus.config.js", config),
        ("content/2024-05-01-tea.md", post),
        ("content/2024-05-02-Tea_Cup/index.mdx", post),
        ("content/2024/05/03/cake.md", post),
        ("content/2024/05-04-bun.md", post),
        ("content/talks/2024-05-05-jam.md", post),
        ("content/2024-05-06-late.md", dated),
        ("content/plain.md", dated),
        (
            "content/own.md",
            "---\ntitle: T\ndate: 2024-02-03\nslug: My Page\n---\nx\n",
        ),
        ("content/_part.md", dated),
        (
            "content/off.md",
            "---\ntitle: T\ndate: 2024-02-03\nunlisted: true\n---\nx\n",
        ),
    ];
    let addresses = [
        ("2024-05-01-tea.md", "blog/2024/05/01/tea"),
        ("2024-05-02-Tea_Cup/index.mdx", "blog/2024/05/02/Tea_Cup"),
        ("2024/05/03/cake.md", "blog/2024/05/03/cake"),
        ("2024/05-04-bun.md", "blog/2024/05/04/bun"),
        ("talks/2024-05-05-jam.md", "blog/2024/05/05/talks/jam"),
        // The name gives the address its day, and the key the post its date.
        ("2024-05-06-late.md", "blog/2024/05/06/late"),
        ("plain.md", "blog/plain"),
        ("own.md", "blog/My%20Page"),
    ];
    let scene = expect(names, &addresses);
    let feed = scene.read("public/feed.json");
    assert_eq!(
        feed.matches("\"url\": \"https://x.example/blog/").count(),
        8,
        "{feed}"
    );

    let routed = config.replace("path: './content',", "path: 'content', routeBasePath: '/',");
    let files = [
        (
            "docusaurus.config.ts",
            &*routed.replace("title: 'T',", "title: 'T', trailingSlash: true,"),
        ),
        ("content/2024-05-01-tea.md", post),
        (
            "content/own.md",
            "---\ntitle: T\ndate: 2024-02-03\nslug: /own\n---\nx\n",
        ),
    ];
    let addresses = [("2024-05-01-tea.md", "2024/05/01/tea/"), ("own.md", "own/")];
    expect(&files, &addresses);
}

#[test]
fn docusaurus_reads_its_authors_labels_and_notes_and_ends_the_summary_at_its_mark() {
    let text = "---\ntitle: Tea\nauthors: [ada, { name: Bob }]\ntags: [hot, { label: Drinks, permalink: /d }]\n---\n\
                import Cup from './cup';\n\nFirst.\n\n{/* truncate */}\n\n:::tip[Mind]\n\nIt is hot.\n\n:::\n";
    let scene = site_beside(&[
        (
            "docusaurus.config.js",
            "module.exports = { blog: { path: 'content' } };\n",
        ),
        (
            "content/authors.yml",
            "ada:\n  name: Ada Night\n  title: Cook\n  url: https://ada.example\n",
        ),
        ("content/2024-05-01-tea.md", text),
    ]);
    let build = |content: &str| {
        let set = [("TIDINGS_FEEDS__CONTENT", content)];
        scene.run_with(&["--at", NOON, "build"], &set).succeeds();
        let feed: serde_json::Value =
            serde_json::from_str(&scene.read("public/feed.json")).unwrap();
        feed["items"][0].clone()
    };
    let item = build("full");
    assert_eq!(item["authors"][0]["name"], "Ada Night", "{item}");
    assert_eq!(item["authors"][1]["name"], "Bob", "{item}");
    assert_eq!(item["tags"], serde_json::json!(["hot", "Drinks"]), "{item}");
    let html = item["content_html"].as_str().unwrap();
    assert!(
        html.contains("Mind") && html.contains("It is hot.") && !html.contains("import"),
        "{html}"
    );
    let short = build("summary").to_string();
    assert!(
        short.contains("First.") && !short.contains("hot."),
        "{short}"
    );
}

/// The addresses are those that Nikola 8.3 gave the same files.
#[test]
fn nikola_reads_comments_and_names_pages_after_files_or_slugs() {
    let conf = "BLOG_AUTHOR = \"Ada\"\nBLOG_TITLE = \"T\"\nTIMEZONE = \"Europe/Paris\"\nPOSTS = (\n    (\"content/*.md\", \"posts\", \"post.tmpl\"),\n)\n";
    let files: Files<'_> = &[
        ("conf.py", conf),
        (
            "content/2020/sub/A Kettle_of.Tea Übung.md",
            "<!--\n.. title: Übung & \"More\" x_y\n.. date: 2020-01-02 03:04:05 UTC\n.. tags: a, b\n-->\n\nText\n\n<!-- TEASER_END -->\n\nrest\n",
        ),
        (
            "content/three.md",
            "---\ntitle: Three\ndate: 2020-02-03 10:00:00+02:00\nslug: My_Slug.X\n---\nx\n",
        ),
        (
            "content/four.md",
            "<!--\n.. title: Four\n.. date: 2020-02-04 10:00\n.. status: draft\n-->\nx\n",
        ),
        (
            "content/five.md",
            "<!--\n.. title: Five\n.. date: 2020/02/05 10:00\n-->\nx\n",
        ),
    ];
    let addresses = [
        (
            "2020/sub/A Kettle_of.Tea Übung.md",
            "posts/2020/sub/a-kettle_oftea-ubung/",
        ),
        ("three.md", "posts/My_Slug.X/"),
        ("five.md", "posts/five/"),
    ];
    let scene = expect(files, &addresses);
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let items = feed["items"].as_array().unwrap();
    let told: Vec<(&str, &str)> = items
        .iter()
        .map(|item| {
            (
                item["title"].as_str().unwrap(),
                item["date_published"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.contains(&("Five", "2020-02-05T09:00:00Z")), "{told:?}");
    let first = items
        .iter()
        .find(|item| item["title"] == "Übung & \"More\" x_y")
        .unwrap();
    assert_eq!(first["tags"], serde_json::json!(["a", "b"]), "{first}");

    let ugly = format!("{conf}PRETTY_URLS = False\n");
    expect(
        &[("conf.py", &ugly), files[2]],
        &[("three.md", "posts/My_Slug.X.html")],
    );
    // The index of a folder is the folder, also that of the folder of posts.
    let dated = "---\ntitle: T\ndate: 2020-02-03\n---\nx\n";
    let indexes = [
        ("conf.py", conf),
        ("content/index.md", dated),
        ("content/2020/index.md", dated),
        (
            "content/home.md",
            "---\ntitle: T\ndate: 2020-02-03\nslug: index\n---\nx\n",
        ),
    ];
    let addresses = [("index.md", "posts/"), ("2020/index.md", "posts/2020/")];
    expect(&indexes[..3], &addresses);
    let plain = [("conf.py", &*ugly), indexes[1], indexes[2]];
    expect(&plain, &addresses);
    expect(&[indexes[0], indexes[3]], &[("home.md", "posts/")]);
    // A `conf.py` of Sphinx decides nothing.
    let sphinx = site_beside(&[("conf.py", "project = 'x'\n"), files[2]]);
    sphinx
        .run(&["--at", NOON, "-v", "build"])
        .says("dialect: plain");
}

#[test]
fn nikola_reads_keys_beside_a_post_and_knows_its_translations() {
    let conf = "BLOG_TITLE = \"T\"\nDEFAULT_LANG = \"en\"\nTRANSLATIONS_PATTERN = \"{path}.{lang}.{ext}\"\n\
                TRANSLATIONS = {\n    DEFAULT_LANG: \"\",\n    # \"es\": \"./es\",\n    \"de\": \"./de\",\n}\n\
                POSTS = ((\"content/*.md\", \"posts\", \"post.tmpl\"),)\n";
    let files: Files<'_> = &[
        ("conf.py", conf),
        (
            "content/tea.meta",
            ".. title: Tea: a talk\n.. slug: kettle\n.. date: 2020-01-02 03:04:05 UTC\n.. tags: hot, wet\n",
        ),
        ("content/tea.md", "Just text.\n"),
        ("content/tea.de.md", "Nur Text.\n"),
        ("content/tea.de.meta", ".. title: Tee\n"),
        (
            "content/rum.meta",
            "---\ntitle: Rum\ndate: 2020-01-03\n---\n",
        ),
        ("content/rum.md", "---\ntitle: Old rum\n---\nText.\n"),
        (
            "content/off.md",
            "<!--\n.. title: Off\n.. date: 2020-01-04\n.. status: draft\n-->\nx\n",
        ),
        ("content/off.de.md", "<!--\n.. title: Aus\n-->\nx\n"),
        (
            "content/v1.es.md",
            "---\ntitle: V\ndate: 2020-01-05\n---\nx\n",
        ),
    ];
    let addresses = [
        ("tea.md", "posts/kettle/"),
        ("tea.de.md", "de/posts/kettle/"),
        ("rum.md", "posts/rum/"),
        // No language of this site.
        ("v1.es.md", "posts/v1es/"),
    ];
    let scene = expect(files, &addresses);
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let items = feed["items"].as_array().unwrap();
    let mut titles: Vec<&str> = items
        .iter()
        .map(|item| item["title"].as_str().unwrap())
        .collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Old rum", "Tea: a talk", "Tee", "V"]);
    let find = |title: &str| items.iter().find(|item| item["title"] == title).unwrap();
    assert_eq!(
        find("Tea: a talk")["tags"],
        serde_json::json!(["hot", "wet"])
    );
    assert_eq!(find("Tee")["language"], "de");
    assert_eq!(find("Tee")["date_published"], "2020-01-02T03:04:05Z");
}

#[test]
fn pages_of_vitepress_have_the_paths_of_their_files() {
    let page = "---\ndate: 2024-05-01\n---\n# One page\n\nx\n";
    let config = "export default { title: 'T', srcDir: 'content' }\n";
    let files = [
        (".vitepress/config.ts", config),
        ("content/blog/One Page.md", page),
        ("content/blog/year/index.md", page),
        ("content/index.md", page),
        ("content/about.md", "# About\n"),
    ];
    let addresses = [
        ("blog/One Page.md", "blog/One%20Page.html"),
        ("blog/year/index.md", "blog/year/"),
        ("index.md", ""),
    ];
    let scene = expect(&files, &addresses);
    assert!(
        scene
            .read("public/atom.xml")
            .contains("<title>One page</title>")
    );
    let clean = config.replace("title: 'T',", "title: 'T', cleanUrls: true,");
    let files = [(".vitepress/config.mts", &*clean), files[1], files[2]];
    let addresses = [
        ("blog/One Page.md", "blog/One%20Page"),
        ("blog/year/index.md", "blog/year/"),
    ];
    expect(&files, &addresses);
}

#[test]
fn chapters_of_mdbook_have_the_dates_of_git() {
    let scene = site_beside(&[
        (
            "book.toml",
            "[book]\ntitle = \"T\"\nauthors = [\"Ada Night\"]\nsrc = \"content\"\n",
        ),
        ("content/SUMMARY.md", "# Summary\n\n- [One](part/one.md)\n"),
        ("content/part/one.md", "# Chapter one\n\nText.\n"),
        ("content/README.md", "# The book\n"),
    ]);
    let git = |arguments: &[&str]| {
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
            .env("GIT_AUTHOR_DATE", "2024-03-04T05:06:07Z")
            .env("GIT_COMMITTER_DATE", "2024-03-04T05:06:07Z")
            .output();
        done.is_ok_and(|done| done.status.success())
    };
    if !git(&["init", "-q"]) {
        missing("git");
        return;
    }
    assert!(git(&["add", "-A"]) && git(&["commit", "-qm", "x"]));
    let ran = scene.run_with(
        &["--at", NOON, "build"],
        &[("TIDINGS_POSTS__GIT_DATES", "true")],
    );
    ran.succeeds();
    let feed: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let items = feed["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{feed}");
    assert_eq!(items[0]["title"], "Chapter one");
    assert_eq!(items[0]["url"], "https://x.example/part/one.html");
    assert_eq!(items[0]["authors"][0]["name"], "Ada Night");
    assert!(
        items[0]["date_published"]
            .as_str()
            .unwrap()
            .starts_with("2024-03-04T")
    );
}
