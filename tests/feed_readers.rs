//! A folder of everything that has ever broken a feed, read by the programs that people read with.

use std::fs;

use crate::feed::{NOON, config};
use crate::parsers::{entries, strict_xml};
use crate::program::{missing, said};
use crate::scene::Scene;

pub(crate) fn nasty() -> Scene {
    let word = "w".repeat(5000);
    Scene::new()
        .file("config.toml", &config("description = \"A & B <c> ]]>\"\ncategories = [\"R&D\"]", "by = [\"tag\"]\narchive = \"year\"\nhub = \"https://hub.example/?a=1&b=2\""))
        .file("post/control.md", "---\ntitle: \"Bell \\u0007 and \\u000b tab\"\ndate: 2024-01-01\n---\nA \u{7}\u{b}\u{c}\u{1f} B &#7; &#xB; &#x0; \u{85}\u{9f}\u{fffd}\u{fffe} C\n")
        .file("post/cdata.md", "---\ntitle: \"a ]]> b\"\ndate: 2024-01-02\ndescription: \"]]> <![CDATA[ & <x>\"\n---\nA ]]> B <![CDATA[ C ]]>\n\n<script>//<![CDATA[\n1 ]]></script>\n")
        .file("post/raw.md", "---\ntitle: Raw\ndate: 2024-01-03\n---\n<script>alert(1)</script><style>p{}</style><iframe src=x></iframe><p onclick=\"x()\" style=\"position:fixed\">P</p><b>unclosed\n")
        .file("post/bidi.md", "---\ntitle: \"שלום \u{202e}abc\u{202c} עולם\"\ndate: 2024-01-04\nlang: he\n---\n\u{2067}עברית\u{2069} and \u{202e}evil\n")
        .file("post/crlf.md", "\u{feff}---\r\ntitle: CRLF and BOM\r\ndate: 2024-01-05\r\n---\r\nLine\r\n\r\nLine\r\n")
        .file("post/long.md", &format!("---\ntitle: {word}\ndate: 2024-01-06\ntags: [{word}]\n---\n{word}\n"))
        .file("post/amp.md", "---\ntitle: AT&T &amp; R&D <x>\ndate: 2024-01-07\ntags: [\"R&D <b>\", \"c++\"]\n---\n[a](/x?a=1&b=[2]|3) AT&T &amp;amp; &copy; &nbsp;\n")
        .file("post/empty.md", "---\ntitle: Empty\ndate: 2024-01-08\n---\n")
        .file("post/astral.md", "---\ntitle: \"🦀 𝔘𝔫𝔦 é e\\u0301\"\ndate: 2024-01-09\n---\n🦀\n")
        .file("post/front.md", "---\ntitle: Front\ndate: 2023-12-31\nid: \"tag:x,2020:a \\u0001\\n b\"\nlang: \"de_DE \\u0001\"\nimage: \"/a\\u0001\\nb c.png\"\nauthors: [\"Ada \\u0001\\n & <b>\"]\ntags: [\"a\\u0001\\nb\"]\ndescription: \"x\\u0001\\n]]>\"\nenclosure: {url: \"/a\\u0001 b.mp3\", type: \"audio/\\u0001\", length: 3}\n---\nx\n")
        .file("post/a [b] {c} |d|.md", "---\ntitle: Odd name\ndate: 2024-01-10\n---\n![x](a b.png)\n")
}

fn titles() -> Vec<&'static str> {
    vec!["Odd name", "🦀 𝔘𝔫𝔦 é é", "Empty", "AT&T &amp; R&D <x>"]
}

#[test]
fn every_document_passes_a_strict_parser_and_says_the_same() {
    let scene = nasty();
    let ran = scene.run(&["--at", NOON, "build"]);
    ran.succeeds();
    assert!(
        ran.talk.contains("is no absolute IRI") && ran.talk.contains("is no language tag"),
        "{}",
        ran.talk
    );
    let mut read = 0;
    for name in scene.names("public") {
        if matches!(name.rsplit_once('.'), Some((_, "xml" | "opml"))) {
            let text = scene.read(&format!("public/{name}"));
            strict_xml(&text);
            assert!(
                !text.contains(['\u{85}', '\u{9f}', '\u{fffd}', '\r']),
                "{name}"
            );
            read += 1;
        }
    }
    assert!(read >= 3);
    let atom = entries(&scene.read("public/atom.xml"));
    assert_eq!(atom.len(), 11);
    assert_eq!(entries(&scene.read("public/feed.json")), atom);
    for document in ["atom.xml", "rss.xml", "feed.json"] {
        let text = scene.read(&format!("public/{document}"));
        for evil in [
            "<script",
            "&lt;script",
            "<iframe",
            "&lt;iframe",
            "onclick",
            "position:fixed",
            "alert(1)",
        ] {
            assert!(!text.contains(evil), "{evil} in {document}");
        }
    }
}

#[test]
fn python_reads_the_feeds_without_a_complaint() {
    const READ: &str = "
import sys, json, feedparser
titles = []
for path in sys.argv[1:]:
    feed = feedparser.parse(open(path, 'rb').read())
    assert not feed.bozo, (path, feed.bozo_exception)
    assert feed.feed.title == 'Hums', feed.feed.title
    assert len(feed.entries) == 11, len(feed.entries)
    for entry in feed.entries:
        assert entry.id.startswith('tag:hums.example,'), entry.id
        assert entry.published_parsed and entry.link.startswith('https://hums.example/')
    titles.append([entry.title for entry in feed.entries])
sys.stdout.buffer.write(json.dumps(titles).encode())
";
    let scene = nasty();
    scene.run_at(NOON, &["build"]);
    let paths = ["public/atom.xml", "public/rss.xml"]
        .map(|path| scene.path(path).to_string_lossy().into_owned());
    let has = said("python3", &["-c", "import feedparser"], b"")
        .is_some_and(|output| output.status.success());
    if !has {
        missing("feedparser");
        return;
    }
    let output = said("python3", &["-c", READ, &paths[0], &paths[1]], b"").unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    // It gives back a title of HTML as HTML, and plain text as it is.
    assert_eq!(read[0][3], "AT&amp;T &amp;amp; R&amp;D &lt;x&gt;");
    assert_eq!(read[0][..3], titles()[..3]);
    assert_eq!(read[1][..3], titles()[..3]);
}

#[test]
fn newsboat_reads_every_entry() {
    let scene = nasty();
    scene.run_at(NOON, &["build"]);
    for name in ["atom.xml", "rss.xml"] {
        let (urls, cache) = (scene.path("urls"), scene.path(&format!("cache-{name}.db")));
        fs::write(
            &urls,
            format!(
                "file://{}\n",
                scene.path(&format!("public/{name}")).display()
            ),
        )
        .unwrap();
        let paths = [&urls, &cache, &scene.path("newsboat.log")]
            .map(|path| path.to_string_lossy().into_owned());
        let base = [
            "-u",
            paths[0].as_str(),
            "-c",
            paths[1].as_str(),
            "-d",
            paths[2].as_str(),
            "-l",
            "2",
        ];
        let Some(reloaded) = said("newsboat", &[&base[..], &["-x", "reload"]].concat(), b"") else {
            return;
        };
        assert!(
            reloaded.status.success(),
            "{}",
            String::from_utf8_lossy(&reloaded.stderr)
        );
        let unread = said(
            "newsboat",
            &[&base[..], &["-x", "print-unread"]].concat(),
            b"",
        )
        .unwrap();
        let unread = String::from_utf8_lossy(&unread.stdout).into_owned();
        assert!(unread.contains("11 unread"), "{name}: {unread}");
    }
}
