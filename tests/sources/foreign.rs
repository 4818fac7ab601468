//! A feed of others that lies: it reaches its own entries, and nothing else.

use std::fs;

use super::{
    BEFORE, Entry, MONDAY, NEXT, RAIN, TEA, atom, begun, config, count, set_sources, site,
};
use crate::feed_server::{FeedServer, Page};
use crate::scene::Scene;

#[test]
fn an_id_of_ours_stays_ours() {
    for id in [
        "tag:hums.example,2024-06-25:next.md",
        "TAG:hums.example,2024-06-25:next.md",
        "https://hums.example/next/",
    ] {
        let server = FeedServer::start();
        let feed = format!("{}/f", server.url);
        server.feed("/f", &atom(&[TEA]));
        let scene = site(std::slice::from_ref(&feed)).post("old.md", "Old", "2024-06-01");
        scene.run_at(BEFORE, &["run"]);
        let thief = Entry("Thief", id, "/thief/", "2024-06-18");
        server.feed("/f", &atom(&[thief, TEA]));
        scene.run_at(MONDAY, &["run"]);
        assert_eq!(count(&scene, "Thief"), 1, "{id}");
        let shown = scene.read("public/atom.xml");
        assert!(!shown.contains(&format!("<id>{id}</id>")), "{id}");
        // An entry that is known under another id says the same.
        let tea = Entry("Teapot", id, "/tea/", "2024-06-10");
        server.feed("/f", &atom(&[tea]));
        let own = "---\ntitle: Own\ndate: 2024-06-25\n---\nWords of ours.\n";
        let own = own.replace("---\nWords", &format!("id: {id}\n---\nWords"));
        fs::write(scene.path("post/next.md"), own).unwrap();
        scene.run_at(NEXT, &["run"]);
        assert_eq!(count(&scene, "Words of ours"), 1, "{id}");
    }
}

#[test]
fn long_entries_stop_no_issue() {
    let (scene, server, _) = begun();
    let word = "Long words of somebody else. ".repeat(244 * 1024 / 29);
    let ids: Vec<String> = (0..20)
        .map(|n| format!("https://friend.example/?l={n}"))
        .collect();
    let link = format!("/{}/", "l".repeat(3000));
    let mut entries = atom(&[]).replace("</feed>", "");
    for id in &ids {
        entries.push_str(&format!(
            "<entry><title>Long</title><id>{id}</id><link href=\"{id}\"/><updated>2024-06-18T06:00:00Z</updated>\
             <content type=\"html\">{word}</content></entry>"
        ));
    }
    entries.push_str(&format!(
        "<entry><title>Far away</title><id>https://friend.example/?far</id><link href=\"https://friend.example{link}\"/>\
         <updated>2024-06-18T06:00:00Z</updated></entry></feed>"
    ));
    server.feed("/f", &entries);
    let config = scene.read("config.toml");
    let config = config.replace("schedule =", "layout = \"full\"\nlimit = 50\nschedule =");
    fs::write(scene.path("config.toml"), config).unwrap();
    scene.run_at(MONDAY, &["run"]);
    assert_eq!(count(&scene, "Far away"), 1);
    assert_eq!(count(&scene, &"l".repeat(70)), 0);
}

#[test]
fn tags_of_others_take_the_feeds_of_no_tag_of_ours() {
    let server = FeedServer::start();
    let mut feed = atom(&[TEA, RAIN]).replace(
        "</entry>",
        "<category term=\"a\"/><category term=\"b\"/></entry>",
    );
    server.feed("/f", &feed);
    let text = config(&[format!("{}/f", server.url)]);
    let text = format!("{text}\n[feeds]\nby = [\"tag\"]\nmax_feeds = 1\n");
    let scene = Scene::bare().file("config.toml", &text).file(
        "post/one.md",
        "---\ntitle: One\ndate: 2024-06-01\ntags: [tea]\n---\nOne.\n",
    );
    // What is left out is of others, and no fault of ours.
    let ran = scene.run(&["--at", MONDAY, "build"]);
    ran.succeeds().says("`tag/a`");
    assert!(scene.path("public/tag/tea/atom.xml").exists());
    assert!(!scene.path("public/tag/a").exists());
    feed = feed.replace("\"a\"", "\"c\"");
    server.feed("/f", &feed);
    scene.run(&["--at", NEXT, "build", "--prune"]).succeeds();
    assert!(scene.path("public/tag/tea/atom.xml").exists());
}

/// The same for a feed of this address, which a copy shows as that of another host.
fn atom_of(host: &str, entries: &[Entry]) -> String {
    atom(entries).replace("https://friend.example/", &format!("{host}/"))
}

#[test]
fn no_feed_speaks_for_another_one() {
    let (friend, foe) = (FeedServer::start(), FeedServer::start());
    let foe_host = foe.url.replace("127.0.0.1", "localhost");
    let feeds = [format!("{foe_host}/f"), format!("{}/f", friend.url)];
    foe.feed("/f", &atom_of(&foe_host, &[]));
    friend.feed("/f", &atom_of(&friend.url, &[TEA]));
    let scene = site(&feeds);
    scene.run_at(BEFORE, &["run"]);
    // The foe has the id of the friend's new entry, and leads to its own host.
    let id = "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a";
    let (stolen, rain) = (
        Entry("Stolen", id, "/x/", "2024-06-18"),
        Entry("Raindrop", id, "/rain/", "2024-06-18"),
    );
    foe.feed("/f", &atom_of(&foe_host, &[stolen]));
    friend.feed("/f", &atom_of(&friend.url, &[rain, TEA]));
    scene.run_at(MONDAY, &["run"]);
    assert_eq!((count(&scene, "Raindrop"), count(&scene, "Stolen")), (1, 1));
    // It says something else of the friend's page.
    let (lie, snow) = (
        Entry("Lie", "urn:uuid:2", "/snow/", "2024-06-26"),
        Entry("Snowflake", "urn:uuid:2", "/snow/", "2024-06-26"),
    );
    foe.feed("/f", &atom_of(&friend.url, &[lie]));
    friend.feed("/f", &atom_of(&friend.url, &[snow, rain, TEA]));
    scene.run_at(NEXT, &["run"]);
    assert_eq!((count(&scene, "Snowflake"), count(&scene, "Lie")), (1, 0));
    // What went out once does not come again.
    foe.feed("/f", &atom_of(&foe_host, &[]));
    scene.run_at("2024-07-08T08:00:05+02:00", &["run"]);
    assert_eq!(
        (count(&scene, "Raindrop"), count(&scene, "Snowflake")),
        (1, 1)
    );
}

#[test]
fn no_entry_has_a_name_of_ours() {
    let (scene, server, _) = begun();
    let forged = Entry(
        "Forged",
        "urn:tidings:feed:0123456789abcdef",
        "/forged/",
        "2024-06-18",
    );
    server.feed("/f", &atom(&[forged, TEA]));
    scene.run_at(MONDAY, &["run"]);
    assert_eq!(count(&scene, "Forged"), 1);
    let feed = scene.read("public/atom.xml");
    assert!(!feed.contains("0123456789abcdef"), "{feed}");
}

#[test]
fn no_title_turns_what_stands_after_it() {
    let (scene, server, _) = begun();
    let turned = Entry(
        "Turned \u{202e}gpj.exe\u{2066} \u{200f}",
        "https://friend.example/?t",
        "/t/",
        "2024-06-18",
    );
    server.feed("/f", &atom(&[turned, TEA]));
    scene.run_at(MONDAY, &["run"]);
    let feed = scene.read("public/atom.xml");
    assert!(feed.contains("Turned gpj.exe"), "{feed}");
    for mark in ['\u{202e}', '\u{2066}'] {
        for file in [
            "public/atom.xml",
            "public/rss.xml",
            "public/feed.json",
            "public/feeds.html",
        ] {
            let title = scene.read(file);
            let titles = title
                .lines()
                .filter(|line| line.contains("Turned") && line.contains("title"));
            assert!(titles.clone().all(|line| !line.contains(mark)), "{file}");
        }
    }
}

#[test]
fn a_feed_of_very_many_entries_is_refused_and_a_copy_stays_small() {
    let (scene, server, feed) = begun();
    let many = "<entry/>".repeat(400_000);
    let json = "{\"id\":1},".repeat(400_000);
    for text in [
        atom(&[TEA]).replace("</feed>", &format!("{many}</feed>")),
        format!(
            "<rss version=\"2.0\"><channel><title>F</title>{}</channel></rss>",
            "<item/>".repeat(400_000)
        ),
        format!(
            "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"F\",\"items\":[{json}{{\"id\":2}}]}}"
        ),
    ] {
        server.feed("/f", &text);
        let ran = scene.run(&["--at", MONDAY, "build"]);
        ran.fails_with(1).says("its last copy is used");
    }
    let (id, media) = ("i".repeat(1 << 20), "m".repeat(1 << 20));
    let entry = format!(
        "<entry><title>Big</title><id>{id}</id><link href=\"https://friend.example/big\"/><updated>2024-06-18T06:00:00Z</updated>\
         <link rel=\"enclosure\" type=\"{media}\" href=\"https://friend.example/big.ogg\"/></entry></feed>"
    );
    server.feed("/f", &atom(&[TEA]).replace("</feed>", &entry));
    scene.run(&["--at", NEXT, "build"]).succeeds();
    set_sources(&scene, &[feed]);
    for name in scene.names("tidings.sources") {
        assert!(
            scene.read(&format!("tidings.sources/{name}")).len() < 20_000,
            "{name}"
        );
    }
}

#[test]
fn a_source_without_a_copy_that_says_nothing_changed_is_named() {
    let server = FeedServer::start();
    server.set("/f", Page::Raw(304, String::new(), Vec::new()));
    let scene = site(&[format!("{}/f", server.url)]);
    let ran = scene.run(&["--at", MONDAY, "build"]);
    ran.fails_with(1).says("nothing of it is known");
}

#[test]
fn the_address_of_the_site_is_private_for_its_sources() {
    let server = FeedServer::start();
    server.feed("/f", &atom(&[TEA]));
    let text = config(&[format!("{}/f", server.url)]).replace("private = true\n", "");
    let text = text.replace("https://hums.example/", &format!("{}/", server.url));
    let scene = Scene::bare().file("config.toml", &text);
    let ran = scene.run(&["--at", MONDAY, "build"]);
    ran.fails_with(1).says("127.0.0.1 is a private address");
    assert!(server.statuses("/f").is_empty());
}

#[test]
fn a_bare_word_names_a_post_of_ours_first() {
    let (scene, server, _) = begun();
    let same = Entry("Same", "https://friend.example/?s", "/same", "2024-06-18");
    server.feed("/f", &atom(&[same, TEA]));
    let own = "---\ntitle: Ours\ndate: 2024-06-18\n---\nWords of ours.\n";
    fs::create_dir_all(scene.path("post")).unwrap();
    fs::write(scene.path("post/same.md"), own).unwrap();
    let ran = scene.run(&[
        "--at",
        MONDAY,
        "digest",
        "weekly",
        "--posts",
        "same",
        "--dry-run",
    ]);
    ran.succeeds().prints("Words of ours");
    let ran = scene.run(&[
        "--at",
        MONDAY,
        "digest",
        "weekly",
        "--posts",
        "tea",
        "--dry-run",
    ]);
    ran.succeeds().prints("Text of Teapot");
}

#[test]
fn what_is_wrong_in_the_entries_of_others_is_nothing_to_mend_here() {
    let (scene, server, _) = begun();
    let theirs = "&lt;p&gt;&lt;a href=\"http://old.example/\"&gt;x&lt;/a&gt; \
                  &lt;a href=\"http://both.example/\"&gt;y&lt;/a&gt; \
                  &lt;img src=\"https://friend.example/a.webp\"&gt;&lt;/p&gt;";
    let feed = atom(&[RAIN, TEA]).replace("&lt;p&gt;Text of Raindrop.&lt;/p&gt;", theirs);
    let feed = feed.replace(
        "https://friend.example/rain/",
        "http://friend.example/rain/",
    );
    server.feed("/f", &feed);
    let text = scene.read("config.toml");
    let text = text.replace("schedule =", "layout = \"full\"\nschedule =");
    let own = "---\ntitle: Own\ndate: 2024-06-20\n---\n[y](http://both.example/) [z](http://own.example/)\n";
    let scene = scene.file("config.toml", &text).file("post/own.md", own);
    let ran = scene.run(&["--at", MONDAY, "-v", "run"]);
    for (address, is_named) in [
        ("http://old.example/", false),
        ("http://friend.example/rain/", false),
        ("a.webp", false),
        ("http://both.example/", true),
        ("http://own.example/", true),
    ] {
        assert_eq!(
            ran.talk.contains(address),
            is_named,
            "{address}: {}",
            ran.talk
        );
    }
    assert_eq!(count(&scene, "http://old.example/"), 1);
}
