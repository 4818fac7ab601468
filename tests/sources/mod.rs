//! Feeds of others as posts: each once, whatever becomes of the feed.

mod foreign;
mod kept;
mod month;
mod refused;
mod taken;

use std::fs;

use crate::feed_server::FeedServer;
use crate::scene::{CONFIG, Scene};

/// A Monday before the ones on which these tests send.
const BEFORE: &str = "2024-06-17T12:00:00+02:00";
const MONDAY: &str = "2024-06-24T08:00:05+02:00";
const NEXT: &str = "2024-07-01T08:00:05+02:00";
const THIRD: &str = "2024-07-08T08:00:05+02:00";

/// An entry: a word that is its title and stands in its text, its id, its path, its day.
#[derive(Clone, Copy)]
struct Entry(&'static str, &'static str, &'static str, &'static str);

/// An Atom feed of these entries.
fn atom(entries: &[Entry]) -> String {
    let mut text = String::from(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Friend</title><id>urn:f</id><updated>2024-06-01T00:00:00Z</updated>\
         <link href=\"https://friend.example/\"/><author><name>Fay</name></author>",
    );
    for Entry(word, id, path, day) in entries {
        text.push_str(&format!(
            "<entry><title>{word}</title><id>{id}</id><link href=\"https://friend.example{path}\"/>\
             <updated>{day}T06:00:00Z</updated><content type=\"html\">&lt;p&gt;Text of {word}.&lt;/p&gt;</content></entry>"
        ));
    }
    text + "</feed>"
}

/// A config with these sources and a weekly digest, without posts of its own.
fn config(sources: &[String]) -> String {
    let mut text = CONFIG.replace("since = \"2013-01-01\"\n", "");
    for feed in sources {
        text.push_str(&format!(
            "\n[[source]]\nfeed = \"{feed}\"\nprivate = true\n"
        ));
    }
    text
}

/// A site whose posts are those of these sources.
fn site(sources: &[String]) -> Scene {
    Scene::bare().file("config.toml", &config(sources))
}

fn set_sources(scene: &Scene, sources: &[String]) {
    fs::write(scene.path("config.toml"), config(sources)).unwrap();
}

/// How many of the digests in the outbox show this word.
fn count(scene: &Scene, word: &str) -> usize {
    let mails = scene.names("outbox");
    let mails = mails.iter().filter(|name| name.starts_with("weekly"));
    mails
        .filter(|name| scene.read(&format!("outbox/{name}")).contains(word))
        .count()
}

const TEA: Entry = Entry(
    "Teapot",
    "https://friend.example/?p=1",
    "/tea/",
    "2024-06-10",
);
const RAIN: Entry = Entry(
    "Raindrop",
    "https://friend.example/?p=2",
    "/rain/",
    "2024-06-18",
);
const SNOW: Entry = Entry(
    "Snowflake",
    "https://friend.example/?p=3",
    "/snow/",
    "2024-06-26",
);
const HAIL: Entry = Entry(
    "Hailstone",
    "https://friend.example/?p=4",
    "/hail/",
    "2024-07-03",
);

/// A site with one source that has begun with [`TEA`], and its server.
fn begun() -> (Scene, FeedServer, String) {
    let server = FeedServer::start();
    server.feed("/f", &atom(&[TEA]));
    let feed = format!("{}/f", server.url);
    let scene = site(std::slice::from_ref(&feed));
    scene.run_at(BEFORE, &["run"]);
    assert_eq!(count(&scene, "Teapot"), 0);
    (scene, server, feed)
}
