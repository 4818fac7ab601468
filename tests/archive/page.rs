//! The pages of issues, and what is around them.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use mail_parser::MessageParser;

use super::{NEXT_MONDAY, READERS, Site, both, pages};
use crate::http::Service;
use crate::parsers::{entries, strict_xml};
use crate::scene::{MONDAY, Scene};

#[test]
fn an_issue_is_a_page_to_which_its_mail_leads_and_nothing_of_a_reader_is_in_the_archive() {
    both("archive", |store| {
        let site = Site::new("", "[web]\nurl = \"https://news.hums.example/\"\n", store);
        site.at(MONDAY, &["run"]);
        let pages = site.pages();
        assert_eq!((pages.len(), site.relay.count()), (1, 2));
        let address = format!("https://hums.example/issues/{}", pages[0]);
        let (text, html) = site.mail("ada@x.example");
        assert!(
            text.contains(&format!("Read on the web: {address}")),
            "{text}"
        );
        let link = format!("<a href=\"{address}\"");
        assert!(
            html.contains(&link) && html.contains(">Read on the web</a>"),
            "{html}"
        );
        let page = site.scene.read(&format!("public/issues/{}", pages[0]));
        for words in [
            "One &amp; only",
            "Text of One",
            "24 June 2024",
            "href=\"https://hums.example/issues/\"",
            "rel=\"canonical\"",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        for words in ["Unsubscribe", "Hello", "Read on the web", "You get this"] {
            assert!(!page.contains(words), "{words}: {page}");
        }
        let index = site.scene.read("public/issues/index.html");
        assert!(
            index.contains(&address) && index.contains("All issues"),
            "{index}"
        );
        let tokens = site.tokens();
        assert!(tokens.len() >= 4, "{tokens:?}");
        for (name, text) in site.files() {
            for (address, person) in READERS {
                assert!(!text.contains(address) && !text.contains(person), "{name}");
            }
            assert!(
                !text.contains("unsubscribe/") && !text.contains("mailto:"),
                "{name}"
            );
            assert!(!tokens.iter().any(|token| text.contains(token)), "{name}");
            assert!(
                !text.contains(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)),
                "{name}"
            );
        }
        // Each format says the same, as another parser reads it.
        let feeds = ["atom.xml", "rss.xml", "feed.json"];
        let [atom, rss, json] = feeds.map(|name| {
            let feed = site.scene.read(&format!("public/issues/{name}"));
            if name.ends_with("xml") {
                strict_xml(&feed);
            }
            assert!(feed.contains("Text of One"), "{feed}");
            entries(&feed)
        });
        assert_eq!((&atom, &atom), (&rss, &json));
        assert_eq!(atom.len(), 1);
        assert_eq!(
            (&*atom[0].link, &*atom[0].title),
            (&*address, "Hums: One & only")
        );
        // Another run changes no byte; what is gone comes back, and pruning leaves it.
        let before = site.files();
        site.at(MONDAY, &["run"]);
        assert_eq!(site.files(), before);
        fs::remove_file(site.scene.path(&format!("public/issues/{}", pages[0]))).unwrap();
        fs::remove_file(site.scene.path("public/issues/index.html")).unwrap();
        site.at(MONDAY, &["build", "--prune"]);
        site.at(MONDAY, &["run"]);
        assert_eq!(site.files(), before);
        fs::remove_file(site.scene.path("tidings.manifest")).unwrap();
        site.at(MONDAY, &["build", "--prune"]);
        assert_eq!(site.files(), before);
        // A second issue stands before the first.
        fs::write(
            site.scene.path("post/two.md"),
            "---\ntitle: Two\ndate: 2024-06-26\n---\nt\n",
        )
        .unwrap();
        site.at(NEXT_MONDAY, &["run"]);
        let feed = entries(&site.scene.read("public/issues/atom.xml"));
        assert_eq!(feed.len(), 2);
        assert!(feed[0].title.ends_with("Two") && feed[1] == atom[0]);
    });
}

#[test]
fn the_archive_speaks_the_language_of_its_digest_and_one_that_is_off_is_in_neither_mail_nor_folder()
{
    let digests = "language = \"de\"\nsince = \"2013-01-01\"\n[[digest]]\nname = \"quiet\"\ntitle = \"Quiet\"\n\
        schedule = \"0 8 * * MON\"\narchive = false\n";
    let site = Site::new(digests, "", None);
    let post = "---\ntitle: Zwei\ndate: 2024-06-02\nlanguage: de\n---\nText.\n";
    let site = Site {
        scene: site.scene.file("post/zwei.md", post),
        ..site
    };
    site.at(MONDAY, &["run"]);
    assert_eq!((site.pages().len(), site.relay.count()), (1, 4));
    let mut languages = Vec::new();
    for (_, message) in site.relay.taken() {
        let parsed = MessageParser::default().parse(&message).unwrap();
        let text = parsed.body_text(0).unwrap().into_owned();
        languages.push((
            text.contains("Im Web lesen: https://"),
            text.contains("/issues/"),
        ));
    }
    languages.sort_unstable();
    assert_eq!(
        languages,
        [(false, false), (false, false), (true, true), (true, true)]
    );
    let page = site
        .scene
        .read(&format!("public/issues/{}", site.pages()[0]));
    assert!(
        page.contains("Alle Ausgaben") && !page.contains("Abbestellen"),
        "{page}"
    );
    assert!(
        site.scene
            .read("public/issues/index.html")
            .contains("lang=\"de\"")
    );
    // Off for both: the pages go, what is not ours stays.
    let config = site.scene.read("config.toml");
    let config = config.replace("language = \"de\"", "language = \"de\"\narchive = false");
    let site = Site {
        scene: site
            .scene
            .file("config.toml", &config)
            .file("public/issues/mine.html", "mine"),
        ..site
    };
    site.at(MONDAY, &["run"]);
    assert_eq!(site.scene.names("public/issues"), ["mine.html"]);
}

#[test]
fn a_template_of_the_sites_own_works_without_the_link_and_leaves_no_reader_on_the_page() {
    let own = "<p>Dear {{ reader.name }} at {{ reader.email }}</p>{% for post in posts %}{{ post.html | safe }}{% endfor %}\
        <a href=\"{{ reader.unsubscribe }}\">Bye</a>";
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("templates/digest.html", own)
        .file(
            "templates/issues.html",
            "{% for issue in issues %}{{ issue.title }}{% endfor %}",
        )
        .file("public/issues/0000000000000001.html", "of another program");
    scene.run_at(MONDAY, &["run"]);
    let page = scene.read(&format!("public/issues/{}", pages(&scene)[1]));
    assert!(
        page.contains("Dear there at </p>") && !page.contains("Bye"),
        "{page}"
    );
    assert!(
        scene
            .read("public/issues/index.html")
            .ends_with("Hums: One")
    );
    // Without any page for people in their place, and with one that is not ours.
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("public/issues/index.html", "<h1>A section of the site</h1>");
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    ran.says("issues/index.html: another program or a person wrote this file");
    assert_eq!(scene.names("public/issues"), ["index.html"]);
    let mail = scene.read(&format!("outbox/{}", scene.names("outbox")[0]));
    assert!(!mail.contains("/issues/"), "{mail}");
}

#[test]
fn the_service_shows_the_archive_and_lets_nothing_run_in_it() {
    let site = Site::new("", "", None);
    site.at(MONDAY, &["run"]);
    let service = Service::start(&site.scene, &["--at", MONDAY]);
    let page = service.get(&format!("/issues/{}", site.pages()[0]));
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("script"),
        "{policy}"
    );
    assert_eq!(service.get("/issues").status, 308);
    let feed = service.get("/issues/atom.xml");
    // The lists have no style but that of their head.
    for path in ["/issues/", "/feeds.html"] {
        let page = service.get(path);
        let text = page.text();
        let style = &text[text.find("<style>").unwrap() + 7..text.find("</style>").unwrap()];
        let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
        let policy = page.header("content-security-policy").unwrap();
        let expected = format!("default-src 'none'; style-src 'sha256-{hash}'; img-src ");
        assert!(policy.starts_with(&expected), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
    fs::write(site.scene.path("public/feeds.html"), "<script>1</script>").unwrap();
    let page = service.get("/feeds.html");
    let policy = page.header("content-security-policy");
    assert_eq!(policy, Some("frame-ancestors 'none'"), "it is a person's");
    let kind = feed.header("content-type").unwrap();
    assert!(kind.starts_with("application/atom+xml"), "{kind}");
    assert!(Path::new(&site.scene.path("public/issues")).is_dir());
}

#[test]
fn pages_of_the_archive_have_twins_where_feeds_have_them() {
    let site = Site::new("", "[web]\nurl = \"https://news.hums.example/\"\n", None);
    site.at(MONDAY, &["run"]);
    let page = site.pages().remove(0);
    let path = site.scene.path(&format!("public/issues/{page}"));
    let twins = ["gz", "br"].map(|ending| path.with_extension(format!("html.{ending}")));
    assert!(!twins.iter().any(|twin| twin.exists()));
    // What was sent before gets them too.
    let config = site.scene.read("config.toml");
    let precompressed = format!("{config}[feeds]\nlimit = 1\nprecompress = true\n");
    fs::write(site.scene.path("config.toml"), precompressed).unwrap();
    site.at(NEXT_MONDAY, &["run"]);
    let whole = fs::read(&path).unwrap();
    let mut small = Vec::new();
    GzDecoder::new(&*fs::read(&twins[0]).unwrap())
        .read_to_end(&mut small)
        .unwrap();
    assert_eq!(small, whole);

    let service = Service::start(&site.scene, &["--at", NEXT_MONDAY]);
    let mut tags = Vec::new();
    for (taken, encoding, length) in [
        ("", None, whole.len()),
        (
            "Accept-Encoding: gzip\r\n",
            Some("gzip"),
            fs::read(&twins[0]).unwrap().len(),
        ),
        (
            "Accept-Encoding: br, gzip\r\n",
            Some("br"),
            fs::read(&twins[1]).unwrap().len(),
        ),
    ] {
        let answer = service.ask("GET", &format!("/issues/{page}"), taken);
        assert_eq!((answer.status, answer.body.len()), (200, length), "{taken}");
        assert_eq!(answer.header("content-encoding"), encoding);
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
        let tag = answer.header("etag").unwrap().to_owned();
        assert!(!tag.starts_with("W/") && !tags.contains(&tag), "{tag}");
        let known = service.ask(
            "GET",
            &format!("/issues/{page}"),
            &format!("{taken}If-None-Match: {tag}\r\n"),
        );
        assert_eq!(known.status, 304);
        tags.push(tag);
        let list = service.ask("GET", "/issues/", taken);
        assert_eq!(list.header("content-encoding"), encoding);
        let policy = list.header("content-security-policy").unwrap();
        assert!(policy.contains("style-src 'sha256-"), "{policy}");
    }
    drop(service);

    let number = page.trim_end_matches(".html");
    site.at(NEXT_MONDAY, &["issue", "unpublish", number]);
    assert!(!path.exists() && !twins.iter().any(|twin| twin.exists()));
    fs::write(site.scene.path("config.toml"), config).unwrap();
    site.at(NEXT_MONDAY, &["run"]);
    let left = site.scene.names("public/issues");
    assert!(!left.iter().any(|name| name.contains("html.")), "{left:?}");
}

#[test]
fn the_times_in_the_feeds_of_issues_are_whole_seconds() {
    let site = Site::new("", "", None);
    let monday = MONDAY.replace(":05+", ":05.123456789+");
    site.at(&monday, &["run"]);
    let json = site.scene.read("public/issues/feed.json");
    assert!(
        json.contains("\"date_published\": \"2024-06-24T06:00:05Z\""),
        "{json}"
    );
    let atom = site.scene.read("public/issues/atom.xml");
    assert!(
        atom.contains("<published>2024-06-24T08:00:05+02:00</published>"),
        "{atom}"
    );
}
