//! What of a feed becomes posts, and what is news.

use std::fs;

use crate::feed::all;
use crate::feed_server::FeedServer;
use crate::parsers::strict_xml;
use crate::scene::Scene;
use crate::sources::{
    BEFORE, Entry, HAIL, MONDAY, NEXT, RAIN, SNOW, TEA, THIRD, atom, begun, count, set_sources,
    site,
};

#[test]
fn what_comes_later_is_news_once_and_what_was_there_is_not() {
    let (scene, server, _) = begun();
    server.feed("/f", &atom(&[RAIN, TEA]));
    scene.run_at(MONDAY, &["run"]);
    server.feed("/f", &atom(&[SNOW]));
    scene.run_at(NEXT, &["run"]);
    server.feed("/f", &atom(&[]));
    scene.run_at(THIRD, &["run"]);
    for (word, expected) in [("Teapot", 0), ("Raindrop", 1), ("Snowflake", 1)] {
        assert_eq!(count(&scene, word), expected, "{word}");
    }
    // A feed that was emptied takes nothing away.
    let feed = scene.read("public/atom.xml");
    strict_xml(&feed);
    let document = crate::feed::parse(&feed);
    assert_eq!(all(&document, "entry").len(), 3);
    assert!(
        feed.contains("<id>https://friend.example/?p=1</id>"),
        "{feed}"
    );
}

#[test]
fn a_source_that_is_added_to_a_digest_does_not_mail_its_history() {
    let (scene, server, feed) = begun();
    let old = [
        Entry("Oldest", "https://other.example/1", "/o1", "2024-05-01"),
        Entry("Older", "https://other.example/2", "/o2", "2024-06-19"),
    ];
    server.feed("/g", &atom(&old));
    server.feed("/f", &atom(&[RAIN, TEA]));
    set_sources(&scene, &[feed, format!("{}/g", server.url)]);
    scene.run_at(MONDAY, &["run"]);
    let later = Entry("Latest", "https://other.example/3", "/o3", "2024-06-27");
    server.feed("/g", &atom(&[later, old[1]]));
    scene.run_at(NEXT, &["run"]);
    scene.run_at(THIRD, &["run"]);
    for (word, expected) in [("Oldest", 0), ("Older", 0), ("Raindrop", 1), ("Latest", 1)] {
        assert_eq!(count(&scene, word), expected, "{word}");
    }
    // A person may ask for them all the same.
    scene.run_at(
        "2024-07-09T12:00:00Z",
        &["digest", "weekly", "--since", "2024-06-19"],
    );
    assert_eq!((count(&scene, "Oldest"), count(&scene, "Older")), (0, 1));
}

#[test]
fn the_since_of_a_first_run_counts_for_sources_too() {
    let server = FeedServer::start();
    server.feed("/f", &atom(&[RAIN, TEA]));
    let scene = site(&[format!("{}/f", server.url)]);
    let config = scene
        .read("config.toml")
        .replace("to = [", "since = \"2024-06-15\"\nto = [");
    fs::write(scene.path("config.toml"), config).unwrap();
    scene.run_at(MONDAY, &["run"]);
    assert_eq!((count(&scene, "Teapot"), count(&scene, "Raindrop")), (0, 1));
}

#[test]
fn a_lost_copy_mails_nothing_twice_and_loses_no_news() {
    let (scene, server, _) = begun();
    server.feed("/f", &atom(&[RAIN, TEA]));
    scene.run_at(MONDAY, &["run"]);
    fs::remove_dir_all(scene.path("tidings.sources")).unwrap();
    server.feed("/f", &atom(&[SNOW, RAIN]));
    scene.run_at(NEXT, &["run"]);
    // With the manifest and the feeds, as on a machine that keeps nothing but the lock and the store.
    fs::remove_dir_all(scene.path("tidings.sources")).unwrap();
    fs::remove_dir_all(scene.path("public")).unwrap();
    fs::remove_file(scene.path("tidings.manifest")).unwrap();
    server.feed("/f", &atom(&[HAIL, SNOW]));
    scene.run_at(THIRD, &["run"]);
    for (word, expected) in [
        ("Teapot", 0),
        ("Raindrop", 1),
        ("Snowflake", 1),
        ("Hailstone", 1),
    ] {
        assert_eq!(count(&scene, word), expected, "{word}");
    }
}

#[test]
fn a_broken_copy_is_a_lost_one() {
    let (scene, server, _) = begun();
    for text in ["", "{", "{\"feed\": 7}", "\u{0}"] {
        for name in scene.names("tidings.sources") {
            fs::write(scene.path("tidings.sources").join(name), text).unwrap();
        }
        scene.run_at(BEFORE, &["run"]);
    }
    server.feed("/f", &atom(&[RAIN, TEA]));
    scene.run_at(MONDAY, &["run"]);
    assert_eq!((count(&scene, "Teapot"), count(&scene, "Raindrop")), (0, 1));
}

#[test]
fn an_entry_that_changes_stays_one() {
    // Each time another thing changes; the feed keeps or loses its copy.
    let changed = [
        Entry(
            "Raindrop",
            "https://friend.example/new-2",
            "/rain/",
            "2024-06-18",
        ),
        Entry(
            "Raindrop",
            "https://friend.example/?p=2",
            "/moved/rain/",
            "2024-06-18",
        ),
        Entry(
            "Raindrops",
            "https://friend.example/?p=2",
            "/rain/",
            "2024-06-18",
        ),
        Entry(
            "Raindrops",
            "https://friend.example/new-2",
            "/rain/",
            "2024-06-18",
        ),
        Entry(
            "Raindrop",
            "https://friend.example/new-2",
            "/rain/",
            "2024-06-29",
        ),
        Entry(
            "Raindrop",
            "https://friend.example/?p=2",
            "/rain/",
            "2024-06-29",
        ),
        Entry("Raindrop", "2", "/rain?utm_source=rss", "2024-06-18"),
    ];
    for loses in [false, true] {
        for entry in changed {
            let (scene, server, _) = begun();
            server.feed("/f", &atom(&[RAIN, TEA]));
            scene.run_at(MONDAY, &["run"]);
            if loses {
                fs::remove_dir_all(scene.path("tidings.sources")).unwrap();
            }
            server.feed("/f", &atom(&[entry, TEA]));
            scene.run_at(NEXT, &["run"]);
            let seen = count(&scene, "Raindrop");
            assert_eq!(seen, 1, "{} {} {} {loses}", entry.0, entry.1, entry.2);
            let feed = scene.read("public/atom.xml");
            assert_eq!(feed.matches("<entry>").count(), 2, "{feed}");
            assert!(loses || feed.contains("<id>https://friend.example/?p=2</id>"));
        }
    }
}

#[test]
fn a_post_that_comes_by_two_feeds_is_one() {
    let (scene, server, feed) = begun();
    // A planet: another id, the title with the author's name, a link that counts its readers.
    let planet = Entry(
        "Fay: Raindrop",
        "planet-7",
        "/rain?utm_source=planet",
        "2024-06-18",
    );
    server.feed("/f", &atom(&[RAIN, TEA]));
    server.feed("/planet", &atom(&[]));
    let sources = [feed, format!("{}/planet", server.url)];
    set_sources(&scene, &sources);
    scene.run_at(BEFORE, &["run"]);
    server.feed("/planet", &atom(&[planet]));
    scene.run_at(MONDAY, &["run"]);
    assert_eq!(count(&scene, "Raindrop"), 1);
    assert_eq!(scene.read("public/atom.xml").matches("<entry>").count(), 2);
    // The one that it came by is gone.
    set_sources(&scene, &sources[1..]);
    scene.run_at(NEXT, &["run"]);
    // And each is lost and read anew.
    fs::remove_dir_all(scene.path("tidings.sources")).unwrap();
    set_sources(&scene, &[sources[1].clone(), sources[0].clone()]);
    scene.run_at(THIRD, &["run"]);
    assert_eq!(count(&scene, "Raindrop"), 1);
}

#[test]
fn a_post_of_our_own_does_not_come_back_by_a_planet() {
    let server = FeedServer::start();
    let ours = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Planet</title><id>urn:p</id><updated>2024-06-01T00:00:00Z</updated>\
        <entry><title>Hums: Own</title><id>urn:uuid:1</id><link href=\"http://hums.example/own\"/><updated>2024-06-18T06:00:00Z</updated></entry></feed>";
    server.feed("/p", ours);
    let scene = site(&[format!("{}/p", server.url)]).post("own.md", "Own", "2024-06-18");
    scene.run_at(MONDAY, &["build"]);
    let feed = scene.read("public/atom.xml");
    assert_eq!(feed.matches("<entry>").count(), 1, "{feed}");
    assert!(feed.contains("<title>Own</title>"), "{feed}");
}

#[test]
fn a_source_that_leaves_and_comes_back_mails_nothing_of_the_time_between() {
    let (scene, server, feed) = begun();
    server.feed("/f", &atom(&[RAIN, TEA]));
    scene.run_at(MONDAY, &["run"]);
    let other = format!("{}/other", server.url);
    server.feed("/other", &atom(&[]));
    set_sources(&scene, std::slice::from_ref(&other));
    scene.run_at("2024-06-25T12:00:00Z", &["run"]);
    server.feed("/f", &atom(&[SNOW, RAIN]));
    scene.run_at("2024-06-27T12:00:00Z", &["run"]);
    set_sources(&scene, &[other, feed]);
    scene.run_at("2024-06-28T12:00:00Z", &["run"]);
    server.feed("/f", &atom(&[HAIL, SNOW]));
    scene.run_at(THIRD, &["run"]);
    for (word, expected) in [
        ("Teapot", 0),
        ("Raindrop", 1),
        ("Snowflake", 0),
        ("Hailstone", 1),
    ] {
        assert_eq!(count(&scene, word), expected, "{word}");
    }
}

/// An RSS feed of these words, without times.
fn undated(words: &[&str]) -> String {
    let mut items = String::new();
    for word in words {
        let link = format!("https://friend.example/{word}");
        items.push_str(&format!(
            "<item><title>{word}</title><link>{link}</link></item>"
        ));
    }
    format!(
        "<rss version=\"2.0\"><channel><title>F</title><link>https://friend.example/</link><description>d</description>{items}</channel></rss>"
    )
}

#[test]
fn entries_without_times_are_news_when_they_come() {
    let (scene, server, _) = begun();
    server.feed("/f", &undated(&["Second", "Firstly"]));
    scene.run_at(MONDAY, &["run"]);
    let before = scene.read("public/atom.xml");
    scene.run_at(MONDAY, &["build"]);
    scene.run_at("2024-06-26T08:00:05+02:00", &["build"]);
    assert_eq!(scene.read("public/atom.xml"), before);
    server.feed("/f", &undated(&["Thirdly", "Second", "Firstly"]));
    scene.run_at(NEXT, &["run"]);
    for word in ["Firstly", "Second", "Thirdly"] {
        assert_eq!(count(&scene, word), 1, "{word}");
    }
    let feed = scene.read("public/atom.xml");
    let place = |word| feed.find(&format!("<title>{word}")).unwrap();
    assert!(place("Thirdly") < place("Second") && place("Second") < place("Firstly"));
}

#[test]
fn a_busy_week_is_no_lost_lock() {
    let (scene, server, _) = begun();
    let words: Vec<String> = (0..30).map(|number| format!("Busy{number:02}")).collect();
    let shown: Vec<&str> = words.iter().map(String::as_str).collect();
    server.feed("/f", &undated(&shown));
    scene.run_at(MONDAY, &["run"]);
    assert!(words.iter().all(|word| count(&scene, word) == 1));
}

#[test]
fn a_file_is_a_source_and_a_dry_run_keeps_nothing() {
    let scene = site(&["planet.xml".to_owned()]).file("planet.xml", &atom(&[TEA]));
    let out = scene.run_at(BEFORE, &["run", "--dry-run"]);
    assert!(out.contains("Teapot") && !scene.path("tidings.sources").exists());
    scene.run_at(BEFORE, &["run"]);
    fs::write(scene.path("planet.xml"), atom(&[RAIN])).unwrap();
    scene.run_at(MONDAY, &["run"]);
    assert_eq!((count(&scene, "Teapot"), count(&scene, "Raindrop")), (0, 1));
    fs::remove_file(scene.path("planet.xml")).unwrap();
    let ran = scene.run(&["--at", NEXT, "run"]);
    ran.fails_with(1).says("its last copy is used (2 posts)");
}

#[test]
fn the_text_of_a_stranger_is_made_safe() {
    let html = "<p onclick=x()>Hi <a href='/more'>more</a> <img src='pic.png' alt='p'> <a href='javascript:x()'>js</a></p>\
        <script>alert(1)</script><iframe src='https://evil.example/'></iframe><a href='@/post.md'>ours</a>{{ digest.title }}\
        <style>*{display:none}</style><form action='https://evil.example/'><input name=q></form>";
    let deep = "<div>".repeat(3000);
    let escape = |html: &str| html.replace('&', "&amp;").replace('<', "&lt;");
    let feed = format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>F</title><id>urn:f</id><updated>2024-06-01T00:00:00Z</updated>\
         <entry><title type=\"html\">&lt;b&gt;Evil&lt;/b&gt; &lt;script&gt;</title><id>urn:uuid:1</id><link href=\"https://friend.example/a/b\"/>\
         <updated>2024-06-18T06:00:00Z</updated><content type=\"html\">{}</content></entry>\
         <entry><title>Deep</title><id>urn:uuid:2</id><link href=\"javascript:x()\"/><link href=\"https://friend.example/deep\"/>\
         <updated>9999-12-31T23:59:59Z</updated><content type=\"html\">{}Down</content></entry></feed>",
        escape(html),
        escape(&deep)
    );
    let scene: Scene = site(&["f.xml".to_owned()]).file("f.xml", &feed);
    scene.run_at(MONDAY, &["run"]);
    let json: serde_json::Value = serde_json::from_str(&scene.read("public/feed.json")).unwrap();
    let items = json["items"].as_array().unwrap();
    let item = |title: &str| {
        let found = items
            .iter()
            .find(|item| item["title"].as_str().unwrap().contains(title));
        found.unwrap_or_else(|| panic!("{items:?}"))
    };
    let text = item("Evil")["content_html"].as_str().unwrap();
    for bad in [
        "onclick",
        "<script",
        "javascript:",
        "<iframe",
        "<form",
        "<style",
        "hums.example",
    ] {
        assert!(!text.contains(bad), "{bad}: {text}");
    }
    for good in [
        "https://friend.example/more",
        "https://friend.example/a/pic.png",
    ] {
        assert!(text.contains(good), "{good}: {text}");
    }
    let deep = item("Deep");
    assert!(
        deep["content_html"].as_str().unwrap().contains("Down"),
        "{deep}"
    );
    assert_eq!(deep["url"], "https://friend.example/deep");
    assert!(
        deep["date_published"].as_str().unwrap() < "2024-06-25",
        "{deep}"
    );
    strict_xml(&scene.read("public/atom.xml"));
}
