//! A sound document of Atom, and each of its faults.

use crate::config::Format;
use crate::feed::format::check_document;
use crate::feed::format::tests::{Fault, find_each};

const SOUND: &str = r#"<?xml version="1.0" encoding="utf-8"?>
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

#[test]
fn a_sound_document_is_left_alone() {
    let checked = check_document(Format::Atom, SOUND);
    assert_eq!(checked.findings, []);
    let (line, previous) = checked.previous.unwrap();
    assert_eq!(
        (line, previous.as_str()),
        (9, "https://hums.example/atom-2023.xml")
    );
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
    find_each(Format::Atom, SOUND, faults);
}
