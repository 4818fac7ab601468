//! A source over weeks: with either database, and asked no more often than its server wants.

use std::fs;
use std::time::{Duration, Instant};

use roxmltree::Node;

use crate::database::Database;
use crate::feed::{all, parse};
use crate::feed_server::{FeedServer, Page};
use crate::http::Service;
use crate::sources::{
    BEFORE, Entry, HAIL, MONDAY, NEXT, RAIN, SNOW, TEA, THIRD, atom, begun, count, site,
};

#[test]
fn a_ledger_in_either_database_knows_a_post_by_all_its_names() {
    months_pass(None);
    if let Some(database) = Database::fresh("sources") {
        months_pass(Some(&database.url()));
    }
}

/// Four weeks with a feed that changes its entries, and whose copy is lost.
fn months_pass(store: Option<&str>) {
    let server = FeedServer::start();
    server.feed("/f", &atom(&[TEA]));
    let scene = site(&[format!("{}/f", server.url)]);
    let run = |at: &str, arguments: &[&str]| {
        let ran = scene.run_in_store(at, arguments, store, &[]);
        assert_eq!(ran.code, 0, "{at}: {}{}", ran.out, ran.talk);
    };
    run(BEFORE, &["run"]);
    server.feed("/f", &atom(&[RAIN, TEA]));
    run(MONDAY, &["run"]);
    // Another id, and the copy that knew the old one is gone.
    fs::remove_dir_all(scene.path("tidings.sources")).unwrap();
    let renamed = Entry(RAIN.0, "https://friend.example/new-2", RAIN.2, RAIN.3);
    server.feed("/f", &atom(&[SNOW, renamed, TEA]));
    run(NEXT, &["run"]);
    server.feed("/f", &atom(&[HAIL, SNOW, renamed]));
    run(THIRD, &["run"]);
    run("2024-07-15T08:00:05+02:00", &["run"]);
    for (word, expected) in [
        ("Teapot", 0),
        ("Raindrop", 1),
        ("Snowflake", 1),
        ("Hailstone", 1),
    ] {
        assert_eq!(count(&scene, word), expected, "{word} {store:?}");
    }
    // What was known from the beginning comes when a person asks for it, once.
    run(
        "2024-07-16T12:00:00Z",
        &["digest", "weekly", "--since", "2024-06-01"],
    );
    run(
        "2024-07-17T12:00:00Z",
        &["digest", "weekly", "--since", "2024-06-01"],
    );
    let counts = ["Teapot", "Raindrop"].map(|word| count(&scene, word));
    assert_eq!(counts, [1, 1], "{store:?}");
}

#[test]
fn a_run_does_not_ask_for_what_is_fresh_and_a_person_does() {
    let server = FeedServer::start();
    let fresh = |entries: &[Entry]| {
        let head = "Cache-Control: max-age=1800\r\n".to_owned();
        Page::Raw(200, head, atom(entries).into_bytes())
    };
    server.set("/f", fresh(&[TEA]));
    let scene = site(&[format!("{}/f", server.url)]);
    scene.run_at("2024-06-17T12:00:00Z", &["run"]);
    server.set("/f", fresh(&[RAIN, TEA]));
    let shows_rain = || scene.read("public/atom.xml").contains("Raindrop");
    for (at, arguments, asked) in [
        ("2024-06-17T12:29:59Z", &["run"][..], 1),
        ("2024-06-17T12:30:00Z", &["run"], 2),
        ("2024-06-17T12:31:00Z", &["run"], 2),
        ("2024-06-17T12:31:00Z", &["build"], 3),
        // The clock of the run before was ahead.
        ("2024-06-17T11:00:00Z", &["run"], 4),
    ] {
        scene.run_at(at, arguments);
        assert_eq!(server.statuses("/f").len(), asked, "{at}");
        assert_eq!(shows_rain(), asked > 1, "{at}");
    }
    // A copy that is lost is fetched at once.
    for name in scene.names("tidings.sources") {
        if name != "asked.json" {
            fs::remove_file(scene.path("tidings.sources").join(name)).unwrap();
        }
    }
    scene.run_at("2024-06-17T11:01:00Z", &["run"]);
    assert_eq!(server.statuses("/f").len(), 5);
}

#[test]
fn a_server_that_asks_for_rest_gets_it_from_everybody() {
    let (scene, server, _) = begun();
    let busy = |status| Page::Raw(status, "Retry-After: 3600\r\n".to_owned(), Vec::new());
    server.set("/f", busy(429));
    let words = ["it answers 429", "its last copy is used"];
    for (at, command, asked) in [
        ("2024-06-18T08:00:00Z", "run", 2),
        ("2024-06-18T08:10:00Z", "run", 2),
        ("2024-06-18T08:20:00Z", "build", 2),
        ("2024-06-18T08:30:00Z", "check", 2),
        ("2024-06-18T09:00:00Z", "run", 3),
    ] {
        let ran = scene.run(&["--at", at, command]);
        let said = format!("{}{}", ran.out, ran.talk);
        assert_eq!(ran.code, 1, "{at}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        let until = match asked {
            2 => "it is asked again after 2024-06-18T11:00:00+02:00",
            _ => "it is asked again after 2024-06-18T12:00:00+02:00",
        };
        assert!(said.contains(until), "{said}");
        assert_eq!(server.statuses("/f").len(), asked, "{at}");
    }
    server.feed("/f", &atom(&[RAIN, TEA]));
    scene.run_at("2024-06-18T10:00:00Z", &["run"]);
    assert!(scene.read("public/atom.xml").contains("Raindrop"));
    // It is believed for a day at most.
    let long = Page::Raw(503, "Retry-After: 9999999999\r\n".to_owned(), Vec::new());
    server.set("/f", long);
    let ran = scene.run(&["--at", "2024-06-19T10:00:00Z", "run"]);
    ran.fails_with(1).says("after 2024-06-20T12:00:00+02:00");
}

#[test]
fn a_resident_asks_a_source_once_however_many_posts_are_saved() {
    let server = FeedServer::start();
    server.feed("/f", &atom(&[TEA]));
    let scene = site(&[format!("{}/f", server.url)]).post("p0.md", "Post0", "2024-06-01");
    let config = scene.read("config.toml") + "\n[web]\nrebuild = \"1s\"\n";
    let scene = scene.file("config.toml", &config);
    let _service = Service::start(&scene, &["--at", BEFORE]);
    for number in 1..4 {
        let title = format!("Post{number}");
        let text = format!("---\ntitle: {title}\ndate: 2024-06-01\n---\nText.\n");
        fs::write(scene.path(&format!("post/p{number}.md")), text).unwrap();
        let begun = Instant::now();
        let shows = || {
            let feed = fs::read_to_string(scene.path("public/atom.xml")).unwrap_or_default();
            feed.contains(&title)
        };
        while !shows() {
            assert!(begun.elapsed() < Duration::from_mins(1), "never: {title}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    assert!(scene.read("public/atom.xml").contains("Teapot"));
    assert_eq!(server.statuses("/f"), [200]);
}

#[test]
fn an_entry_says_which_feed_it_was_copied_from() {
    let server = FeedServer::start();
    server.feed("/f", &atom(&[TEA]));
    let planet = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Planet</title><id>urn:p</id><updated>2024-06-01T00:00:00Z</updated>\
        <author><name>Nobody</name></author>\
        <entry><title>Far</title><id>urn:uuid:1</id><link href=\"https://far.example/1\"/><updated>2024-06-11T06:00:00Z</updated>\
        <source><title>Far &amp; wide</title><id>urn:far</id><updated>2024-06-11T06:00:00Z</updated><rights>All of them</rights>\
        <author><name>Fern</name></author><link rel=\"self\" href=\"https://far.example/feed\"/></source></entry>\
        <entry><title>Near</title><id>urn:uuid:2</id><link href=\"https://planet.example/2\"/><updated>2024-06-12T06:00:00Z</updated></entry></feed>";
    server.feed("/planet", planet);
    let rss = "<rss version=\"2.0\"><channel><title>R &amp; co</title><link>https://r.example/</link><description>d</description>\
        <copyright>(c) R</copyright><item><title>Rss</title><link>https://r.example/1</link><pubDate>Thu, 13 Jun 2024 06:00:00 GMT</pubDate></item>\
        <item><title>Other</title><link>https://o.example/1</link><pubDate>Fri, 14 Jun 2024 06:00:00 GMT</pubDate>\
        <source url=\"https://o.example/feed\">Others</source></item></channel></rss>";
    let feeds = ["/f", "/planet"].map(|path| format!("{}{path}", server.url));
    let [first, second] = feeds.clone();
    let scene = site(&[first, second, "r.xml".to_owned()])
        .file("r.xml", rss)
        .post("own.md", "Own", "2024-06-01");
    scene.run_at(BEFORE, &["build"]);
    let feed = scene.read("public/atom.xml");
    let document = parse(&feed);
    let mut seen = 0;
    for entry in all(&document, "entry") {
        let title = child(entry, "title").and_then(|node| node.text()).unwrap();
        let source = child(entry, "source");
        let text = |name| child(source?, name)?.text();
        let (id, name, rights) = match title {
            "Own" => {
                assert!(source.is_none());
                continue;
            }
            "Teapot" => ("urn:f", "Friend", None),
            "Far" => ("urn:far", "Far & wide", Some("All of them")),
            "Near" => ("urn:p", "Planet", None),
            "Rss" => ("https://r.example/", "R & co", Some("(c) R")),
            _ => ("https://o.example/feed", "Others", None),
        };
        assert_eq!(text("id"), Some(id), "{title}");
        assert_eq!(text("title"), Some(name), "{title}");
        assert_eq!(text("rights"), rights, "{title}");
        assert!(text("updated").is_some(), "{title}");
        seen += 1;
    }
    assert_eq!(seen, 5, "{feed}");
    assert!(feed.contains("<name>Fern</name>"), "{feed}");
    let rss = scene.read("public/rss.xml");
    for shown in [
        format!("<source url=\"{}\">Friend</source>", feeds[0]),
        "<source url=\"https://far.example/feed\">Far &#x26; wide</source>".to_owned(),
        "<source url=\"https://o.example/feed\">Others</source>".to_owned(),
    ] {
        assert!(rss.contains(&shown), "no {shown} in {rss}");
    }
    let before = (feed, rss);
    // Another entry changes none of the others.
    server.feed("/f", &atom(&[RAIN, TEA]));
    scene.run_at(MONDAY, &["build"]);
    let (atom_after, rss_after) = (scene.read("public/atom.xml"), scene.read("public/rss.xml"));
    for entry in before.0.split("<entry>").skip(1) {
        let entry = entry.split("</entry>").next().unwrap();
        assert!(atom_after.contains(entry), "{entry}");
    }
    assert_eq!(rss_after.matches("<source").count(), 5);
    let checked = scene.run(&["--at", MONDAY, "check", "--offline"]);
    assert!(!checked.out.contains("atom.xml"), "{}", checked.out);
}

fn child<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.children().find(|child| child.has_tag_name(name))
}
