//! Sound documents, and each of their faults.

use super::check_document;
use crate::config::Format;
use crate::finding::Finding;

const ATOM: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0" xml:lang="en">
<title>Hums</title>
<id>tag:hums.example,2024:feed</id>
<updated>2024-05-02T10:00:00.5Z</updated>
<author><name>Ada</name><email>ada@hums.example</email><uri>https://hums.example/ada</uri></author>
<link rel="self" href="https://hums.example/atom.xml" type="application/atom+xml"/>
<link rel="alternate" href="https://hums.example/" type="text/html"/>
<link rel="prev-archive" href="https://hums.example/atom-2023.xml"/>
<icon>https://hums.example/icon.png</icon>
<entry>
<title>Tea</title>
<id>tag:hums.example,2024:tea</id>
<updated>2024-05-01T10:00:00+02:00</updated>
<published>2024-05-01T10:00:00+02:00</published>
<link rel="alternate" href="https://hums.example/tea/" type="text/html"/>
<link rel="enclosure" href="https://hums.example/tea.mp3" type="audio/mpeg" length="4096"/>
<category term="tea"/>
<summary>About tea.</summary>
<content type="html">&lt;p&gt;&lt;a href="https://x.example/"&gt;x&lt;/a&gt; &lt;img src="https://x.example/a.png" srcset="https://x.example/a.png 1x, https://x.example/b.png 2x" alt=""&gt;&lt;/p&gt;</content>
</entry>
<entry>
<title type="html">A &amp;lt;b&gt;</title>
<id>tag:hums.example,2024:b</id>
<updated>2024-05-02T10:00:00.5Z</updated>
<link href="https://hums.example/b/"/>
<content type="html"><![CDATA[<p>B</p>]]></content>
</entry>
</feed>
"#;

const RSS: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel>
<title>Hums</title>
<link>https://hums.example/</link>
<description>Notes</description>
<lastBuildDate>Thu, 02 May 2024 10:00:00 +0000</lastBuildDate>
<atom:link rel="self" href="https://hums.example/rss.xml" type="application/rss+xml"/>
<image><url>https://hums.example/i.png</url><title>Hums</title><link>https://hums.example/</link></image>
<item>
<title>Tea</title>
<link>https://hums.example/tea/</link>
<guid isPermaLink="false">tag:hums.example,2024:tea</guid>
<pubDate>Wed, 01 May 2024 08:00:00 GMT</pubDate>
<author>ada@hums.example (Ada)</author>
<description>About tea.</description>
<content:encoded><![CDATA[<p><a href="https://x.example/">x</a></p>]]></content:encoded>
<enclosure url="https://hums.example/tea.mp3" length="4096" type="audio/mpeg"/>
<category>tea</category>
</item>
<item>
<title>B</title>
<guid>https://hums.example/b/</guid>
<description>B</description>
</item>
</channel>
</rss>
"#;

const JSON: &str = r#"{
  "version": "https://jsonfeed.org/version/1.1",
  "title": "Hums",
  "home_page_url": "https://hums.example/",
  "feed_url": "https://hums.example/feed.json",
  "authors": [{"name": "Ada"}],
  "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
  "items": [
    {
      "id": "tag:hums.example,2024:tea",
      "url": "https://hums.example/tea/",
      "title": "Tea",
      "content_html": "<p>Tea</p>",
      "date_published": "2024-05-01T08:00:00Z",
      "tags": ["tea"],
      "attachments": [{"url": "https://hums.example/tea.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 4096}]
    },
    {
      "id": "b",
      "content_text": "B"
    }
  ]
}
"#;

#[test]
fn a_sound_document_is_left_alone() {
    for (format, text) in [
        (Format::Atom, ATOM),
        (Format::Rss, RSS),
        (Format::Json, JSON),
    ] {
        let checked = check_document(format, text);
        assert_eq!(checked.findings, [], "{format:?}");
    }
    let (line, previous) = check_document(Format::Atom, ATOM).previous.unwrap();
    assert_eq!(
        (line, previous.as_str()),
        (9, "https://hums.example/atom-2023.xml")
    );
}

/// A fault: what stands instead of what, and what is said of it: its line, code and words.
type Fault = (
    &'static str,
    &'static str,
    usize,
    &'static str,
    &'static str,
);

fn find_each(format: Format, sound: &str, faults: &[Fault]) {
    let mut missed = Vec::new();
    for (from, to, line, code, words) in faults {
        assert!(sound.contains(from), "{from}");
        let text = sound.replacen(from, to, 1);
        let findings = check_document(format, &text).findings;
        let is_it = |finding: &Finding| {
            let at = finding.place.as_ref().and_then(|place| place.line);
            at == Some(*line) && finding.rule.code() == *code && finding.message.contains(words)
        };
        if !findings.iter().any(is_it) {
            missed.push(format!("{from} → {to}: {findings:#?}"));
        } else if findings.len() > 3 {
            missed.push(format!("{from} → {to} is said too often: {findings:#?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn each_fault_of_atom_is_found() {
    let faults: &[Fault] = &[
        (
            "About tea",
            "About\u{b} tea",
            19,
            "feed-ill-formed",
            "U+000B",
        ),
        (
            "About tea",
            "About &#11; tea",
            19,
            "feed-ill-formed",
            "no character",
        ),
        (
            "About tea",
            "About &nbsp; tea",
            19,
            "feed-ill-formed",
            "no entity `&nbsp;`",
        ),
        ("About tea", "About & tea", 19, "feed-ill-formed", ""),
        ("</summary>", "</sumary>", 19, "feed-ill-formed", ""),
        (
            "</feed>",
            "",
            30,
            "feed-ill-formed",
            "`<feed>` is not closed",
        ),
        (
            "<category term",
            "<x:category term",
            18,
            "feed-ill-formed",
            "prefix `x`",
        ),
        (
            "rel=\"self\"",
            "rel=\"self\" rel=\"self\"",
            7,
            "feed-ill-formed",
            "",
        ),
        (
            "<title>Hums</title>\n",
            "",
            2,
            "feed-element",
            "the feed has no `<title>`",
        ),
        (
            "<title>Hums</title>",
            "<title>Hums</title><title>x</title>",
            3,
            "feed-element",
            "second `<title>`",
        ),
        (
            "<id>tag:hums.example,2024:tea</id>",
            "",
            11,
            "feed-element",
            "“Tea” has no `<id>`",
        ),
        (
            "<id>tag:hums.example,2024:tea</id>",
            "<id>tea</id>",
            13,
            "feed-id",
            "is relative",
        ),
        (
            "<id>tag:hums.example,2024:tea</id>",
            "<id> tag:hums.example,2024:tea</id>",
            13,
            "feed-id",
            "white space",
        ),
        (
            "<id>tag:hums.example,2024:tea</id>",
            "<id>tag:hums.example,2024:b</id>",
            24,
            "feed-id",
            "“Tea” and “A &lt;b>” have one id",
        ),
        (
            "<updated>2024-05-01T10:00:00+02:00",
            "<updated>2024-05-01T24:12:03+02:00",
            14,
            "feed-date",
            "an hour that no day has",
        ),
        (
            "<updated>2024-05-01T10:00:00+02:00",
            "<updated>0001-01-01T00:00:00Z",
            14,
            "feed-date",
            "of the year 1",
        ),
        (
            "<updated>2024-05-01T10:00:00+02:00",
            "<updated>2024-05-01T10:00:00",
            14,
            "feed-date",
            "",
        ),
        (
            "<updated>2024-05-01T10:00:00+02:00",
            "<updated>2024-05-01T10:00:00.25000",
            14,
            "feed-date",
            "no zone",
        ),
        (
            "<updated>2024-05-01T10:00:00+02:00",
            "<updated>2024-05-01",
            14,
            "feed-date",
            "no date",
        ),
        (
            "<updated>2024-05-01T10:00:00+02:00",
            "<updated>2024-05-01T10:00:00+02:00 ",
            14,
            "feed-date",
            "white space",
        ),
        (
            "<updated>2024-05-01T10:00:00+02:00",
            "<updated>2024-02-30T10:00:00Z",
            14,
            "feed-date",
            "no date",
        ),
        (
            "<updated>2024-05-01T10:00:00+02:00",
            "<updated>2024-05-02T10:00:00.5Z",
            25,
            "feed-date",
            "at one instant",
        ),
        (
            "<name>Ada</name>",
            "<name> </name>",
            6,
            "feed-author",
            "no name",
        ),
        (
            "ada@hums.example",
            "ada at hums",
            6,
            "feed-author",
            "no address of mail",
        ),
        (
            "https://hums.example/ada",
            "/ada",
            6,
            "feed-address",
            "is relative",
        ),
        (
            "<author><name>Ada</name><email>ada@hums.example</email><uri>https://hums.example/ada</uri></author>",
            "",
            11,
            "feed-author",
            "neither “Tea” nor the feed",
        ),
        (
            "href=\"https://hums.example/tea/\"",
            "href=\"/tea/\"",
            16,
            "feed-address",
            "is relative",
        ),
        (
            "href=\"https://hums.example/tea/\"",
            "",
            16,
            "feed-address",
            "no `href`",
        ),
        (
            "href=\"https://hums.example/tea/\"",
            "href=\"https://hums.example/a b/\"",
            16,
            "feed-address",
            "white space",
        ),
        (
            "rel=\"self\"",
            "rel=\"via\"",
            2,
            "feed-element",
            "0 links `self`",
        ),
        (
            "<category term",
            "<link href=\"https://x.example/\" type=\"text/html\"/><category term",
            18,
            "feed-element",
            "two links `alternate`",
        ),
        (
            "length=\"4096\"",
            "length=\"0\"",
            17,
            "feed-enclosure",
            "length 0",
        ),
        (
            "length=\"4096\"",
            "length=\"4 KB\"",
            17,
            "feed-enclosure",
            "is none",
        ),
        (
            "audio/mpeg",
            "audio/mp3",
            17,
            "feed-enclosure",
            "not registered",
        ),
        ("term=\"tea\"", "", 18, "feed-element", "no `term`"),
        (
            "<category term",
            "<tag term",
            18,
            "feed-element",
            "no element `<tag>`",
        ),
        (
            "href=\"https://x.example/\"",
            "href=\"/x\"",
            20,
            "feed-relative-address",
            "`/x`",
        ),
        (
            "href=\"https://x.example/\"",
            "href=\"#fn1\"",
            20,
            "feed-relative-address",
            "`#fn1`",
        ),
        (
            "https://x.example/b.png 2x",
            "b.png 2x",
            20,
            "feed-relative-address",
            "`b.png`",
        ),
        (
            "src=\"https://x.example/a.png\"",
            "src=\"//x.example/a.png\"",
            20,
            "feed-relative-address",
            "is relative",
        ),
        (
            "src=\"https://x.example/a.png\"",
            "src=\"https:a.png\"",
            20,
            "feed-relative-address",
            "is relative",
        ),
        (
            "&lt;p&gt;&lt;a",
            "&lt;script&gt;1&lt;/script&gt;&lt;a",
            20,
            "feed-text",
            "`<script>`",
        ),
        (
            "&lt;p&gt;&lt;a",
            "&lt;p onclick=\"x\"&gt;&lt;a",
            20,
            "feed-text",
            "`onclick` on `<p>`",
        ),
        (
            "content type=\"html\">&lt;p",
            "content type=\"htm\">&lt;p",
            20,
            "feed-text",
            "the type `htm`",
        ),
        (
            "<title>Tea</title>",
            "<title>&lt;b&gt;Tea&lt;/b&gt;</title>",
            12,
            "feed-text",
            "looks like HTML",
        ),
        (
            "<title>Tea</title>",
            "<title></title>",
            12,
            "feed-text",
            "is empty",
        ),
        (
            "<title>Tea</title>",
            "<title><b>Tea</b></title>",
            12,
            "feed-text",
            "holds an element",
        ),
        (
            "About tea.</summary>\n<content type=\"html\">",
            "x</summary><content src=\"x.html\">",
            19,
            "feed-address",
            "is relative",
        ),
        (
            "<icon>https://hums.example/icon.png",
            "<icon>icon.png",
            10,
            "feed-address",
            "the icon `icon.png` is relative",
        ),
        (
            "</feed>",
            "<rights>Ada</rights></feed>",
            29,
            "feed-element",
            "behind an entry",
        ),
        (
            "<icon>",
            "<fh:archive/><icon>",
            10,
            "feed-archive",
            "no link to the current feed",
        ),
        (
            "http://www.w3.org/2005/Atom",
            "http://purl.org/atom/ns#",
            2,
            "feed-ill-formed",
            "no `<feed>` of Atom",
        ),
    ];
    find_each(Format::Atom, ATOM, faults);
}

#[test]
fn each_fault_of_rss_is_found() {
    let faults: &[Fault] = &[
        (
            "version=\"2.0\"",
            "version=\"0.91\"",
            2,
            "feed-element",
            "version",
        ),
        ("<channel>", "<canal>", 26, "feed-ill-formed", ""),
        (
            "<description>Notes</description>\n",
            "",
            3,
            "feed-element",
            "no `<description>`",
        ),
        (
            "<title>Hums</title>",
            "<title>Hums</title><title>x</title>",
            4,
            "feed-element",
            "second `<title>`",
        ),
        (
            "<link>https://hums.example/</link>",
            "<link>/</link>",
            5,
            "feed-address",
            "is relative",
        ),
        (
            "Thu, 02 May 2024 10:00:00 +0000",
            "Thu, 02 May 2024 10:00:00 UTC",
            7,
            "feed-date",
            "a zone",
        ),
        (
            "Thu, 02 May 2024 10:00:00 +0000",
            "Thu, 02 May 2024 10:00:00 +00:00",
            7,
            "feed-date",
            "a zone",
        ),
        (
            "Wed, 01 May 2024 08:00:00 GMT",
            "Thu, 01 May 2024 08:00:00 GMT",
            14,
            "feed-date",
            "the wrong day",
        ),
        (
            "Wed, 01 May 2024 08:00:00 GMT",
            "Mi, 01 Mai 2024 08:00:00 GMT",
            14,
            "feed-date",
            "not English",
        ),
        (
            "Wed, 01 May 2024 08:00:00 GMT",
            "01 Mai 2024 08:00:00 GMT",
            14,
            "feed-date",
            "not English",
        ),
        (
            "Wed, 01 May 2024 08:00:00 GMT",
            "Wed, 01 May 24 08:00:00 GMT",
            14,
            "feed-date",
            "four digits",
        ),
        (
            "Wed, 01 May 2024 08:00:00 GMT",
            "Wed, 01 May 2024 24:00:00 GMT",
            14,
            "feed-date",
            "an hour",
        ),
        (
            "Wed, 01 May 2024 08:00:00 GMT",
            "Mon, 01 Jan 0001 00:00:00 GMT",
            14,
            "feed-date",
            "of the year 1",
        ),
        (
            "Wed, 01 May 2024 08:00:00 GMT",
            "2024-05-01T08:00:00Z",
            14,
            "feed-date",
            "no date",
        ),
        (
            "ada@hums.example (Ada)",
            "Ada",
            15,
            "feed-author",
            "begin with an address",
        ),
        ("isPermaLink=\"false\"", "", 13, "feed-id", "isPermaLink"),
        ("tag:hums.example,2024:tea", "", 13, "feed-id", "is empty"),
        (
            "<guid isPermaLink=\"false\">tag:hums.example,2024:tea",
            "<guid>https://hums.example/b/",
            23,
            "feed-id",
            "one guid",
        ),
        (
            "length=\"4096\"",
            "length=\"0\"",
            18,
            "feed-enclosure",
            "length 0",
        ),
        ("length=\"4096\"", "", 18, "feed-enclosure", "is none"),
        (
            "type=\"audio/mpeg\"",
            "",
            18,
            "feed-enclosure",
            "no media type",
        ),
        (
            "url=\"https://hums.example/tea.mp3\"",
            "url=\"/tea.mp3\"",
            18,
            "feed-address",
            "is relative",
        ),
        (
            "<category>tea</category>",
            "<category/>",
            19,
            "feed-element",
            "is empty",
        ),
        (
            "<category>tea</category>",
            "<tag>tea</tag>",
            19,
            "feed-element",
            "no element `<tag>`",
        ),
        (
            "<category>tea</category>",
            "<enclosure url=\"https://x.example/\" length=\"1\" type=\"a/b\"/>",
            19,
            "feed-element",
            "second `<enclosure>`",
        ),
        (
            "href=\"https://x.example/\"",
            "href=\"x.html\"",
            17,
            "feed-relative-address",
            "`x.html`",
        ),
        (
            "<url>https://hums.example/i.png</url>",
            "",
            9,
            "feed-element",
            "`<image>` has no `<url>`",
        ),
        (
            "rel=\"self\"",
            "rel=\"via\"",
            3,
            "feed-element",
            "0 links `self`",
        ),
        ("<description>About tea.</description>\n", "", 10, "", ""),
    ];
    find_each(Format::Rss, RSS, &faults[..faults.len() - 1]);
    let swapped = RSS
        .replacen("<description>About tea.</description>\n", "", 1)
        .replacen(
            "</content:encoded>",
            "</content:encoded><description>x</description>",
            1,
        );
    let findings = check_document(Format::Rss, &swapped).findings;
    assert!(
        findings[0].message.contains("stands behind its content"),
        "{findings:?}"
    );
}

#[test]
fn each_fault_of_json_feed_is_found() {
    let faults: &[Fault] = &[
        (
            "\"title\": \"Hums\",",
            "\"title\": \"Hums\"",
            4,
            "feed-ill-formed",
            "",
        ),
        ("\"items\"", "\"entries\"", 1, "feed-ill-formed", "`items`"),
        ("version/1.1", "version/2", 1, "feed-element", "the version"),
        (
            "\"title\": \"Hums\"",
            "\"name\": \"Hums\"",
            1,
            "feed-element",
            "no `title`",
        ),
        (
            "\"home_page_url\": \"https://hums.example/\"",
            "\"home_page_url\": \"/\"",
            1,
            "feed-address",
            "`home_page_url` `/` is relative",
        ),
        (
            "\"authors\": [{\"name\": \"Ada\"}]",
            "\"author\": {\"name\": \"Ada\"}",
            1,
            "feed-author",
            "version 1.0",
        ),
        (
            "[{\"name\": \"Ada\"}]",
            "[{}]",
            1,
            "feed-author",
            "neither `name`",
        ),
        ("\"type\": \"WebSub\", ", "", 1, "feed-element", "a hub"),
        (
            "\"id\": \"tag:hums.example,2024:tea\"",
            "\"id\": 7",
            8,
            "feed-id",
            "no `id`",
        ),
        (
            "\"id\": \"b\"",
            "\"id\": \"tag:hums.example,2024:tea\"",
            19,
            "feed-id",
            "two items",
        ),
        (
            "\"url\": \"https://hums.example/tea/\"",
            "\"url\": \"/tea/\"",
            10,
            "feed-address",
            "is relative",
        ),
        (
            "\"content_text\": \"B\"",
            "\"summary\": \"B\"",
            19,
            "feed-element",
            "neither `content_html`",
        ),
        (
            "<p>Tea</p>",
            "<img src='a.png'>",
            10,
            "feed-relative-address",
            "`a.png`",
        ),
        (
            "2024-05-01T08:00:00Z",
            "2024-05-01",
            10,
            "feed-date",
            "no date",
        ),
        (
            "2024-05-01T08:00:00Z",
            "0001-01-01T00:00:00Z",
            10,
            "feed-date",
            "year 1",
        ),
        (
            "[\"tea\"]",
            "\"tea\"",
            10,
            "feed-element",
            "no list of texts",
        ),
        (
            ", \"size_in_bytes\": 4096",
            ", \"size_in_bytes\": 0",
            10,
            "feed-enclosure",
            "length 0",
        ),
        (
            "\"mime_type\": \"audio/mpeg\", ",
            "",
            10,
            "feed-enclosure",
            "no `mime_type`",
        ),
        (
            "\"home_page_url\"",
            "\"next_url\": \"https://hums.example/feed.json\", \"home_page_url\"",
            1,
            "feed-archive",
            "for ever",
        ),
    ];
    find_each(Format::Json, JSON, faults);
}
