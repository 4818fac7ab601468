//! A sound document of RSS, and each of its faults.

use crate::config::Format;
use crate::feed::format::check_document;
use crate::feed::format::tests::{Fault, find_each};

const SOUND: &str = r#"<?xml version="1.0" encoding="utf-8"?>
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

#[test]
fn a_sound_document_is_left_alone() {
    let checked = check_document(Format::Rss, SOUND);
    assert_eq!(checked.findings, []);
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
    find_each(Format::Rss, SOUND, &faults[..faults.len() - 1]);
    let swapped = SOUND
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
