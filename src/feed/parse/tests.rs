use super::{Item, OldFeed};

/// The only entry of a feed, as readers see it, whatever the format.
fn only(feed: &str) -> Item {
    let mut feed = OldFeed::parse(feed).unwrap();
    assert_eq!((feed.title.as_str(), feed.items.len()), ("Friends & co", 1));
    feed.items.remove(0)
}

#[test]
fn an_entry_says_the_same_in_every_format() {
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title type="html">Friends &amp;amp; co</title><id>urn:f</id>
        <updated>2024-05-02T00:00:00Z</updated><link href="https://f.example/"/>
        <entry><title>Tea</title><id>https://f.example/tea</id><link href="/tea"/><author><name>Ada</name></author>
        <published>2024-05-01T08:00:00Z</published><updated>2024-05-02T00:00:00Z</updated><category term="drinks"/>
        <summary>Short.</summary><content type="html">&lt;p&gt;Hot.&lt;/p&gt;</content></entry></feed>"#;
    let rss = r#"<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
        <channel><title>Friends &amp; co</title><link>https://f.example/</link><description>d</description>
        <item><title>Tea</title><link>https://f.example/tea</link><guid>https://f.example/tea</guid><dc:creator>Ada</dc:creator>
        <pubDate>Wed, 01 May 2024 08:00:00 GMT</pubDate><category>drinks</category><description>Short.</description>
        <content:encoded><![CDATA[<p>Hot.</p>]]></content:encoded></item></channel></rss>"#;
    let rdf = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
        <channel rdf:about="https://f.example/"><title>Friends &amp; co</title><link>https://f.example/</link><description>d</description></channel>
        <item rdf:about="https://f.example/tea"><title>Tea</title><link>https://f.example/tea</link><dc:creator>Ada</dc:creator>
        <dc:date>2024-05-01T10:00:00+02:00</dc:date><dc:subject>drinks</dc:subject><description>Short.</description>
        <content:encoded><![CDATA[<p>Hot.</p>]]></content:encoded></item></rdf:RDF>"#;
    let json = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "Friends & co", "home_page_url": "https://f.example/",
        "items": [{"id": "https://f.example/tea", "url": "/tea", "title": "Tea", "authors": [{"name": "Ada"}], "tags": ["drinks"],
        "date_published": "2024-05-01T08:00:00Z", "summary": "Short.", "content_html": "<p>Hot.</p>"}]}"#;
    for feed in [atom, rss, rdf, json] {
        let item = only(feed);
        let expected = Item {
            id: "https://f.example/tea".to_owned(),
            link: "https://f.example/tea".parse().ok(),
            title: "Tea".to_owned(),
            published: "2024-05-01T08:00:00Z".parse().ok(),
            updated: item.updated,
            authors: vec!["Ada".to_owned()],
            tags: vec!["drinks".to_owned()],
            html: "<p>Hot.</p>".to_owned(),
            base: "https://f.example/tea".parse().ok(),
            summary: Some("Short.".to_owned()),
            image: None,
            enclosure: None,
            source: None,
        };
        assert_eq!(item, expected, "{feed}");
    }
}

#[test]
fn an_entry_may_lack_nearly_everything() {
    let rss = |item: &str| {
        format!(
            "<rss version=\"2.0\"><channel><title>t</title><link>https://f.example/</link><description>d</description><item>{item}</item></channel></rss>"
        )
    };
    let json = |item: &str| format!("{{\"title\": \"t\", \"items\": [{item}]}}");
    for (feed, id, html, is_dated) in [
        (rss("<title>Tea</title>"), Some("Tea"), "", false),
        (rss("<description>x</description>"), None, "", false),
        (
            rss("<guid isPermaLink=\"false\">7</guid><pubDate>2024-05-01</pubDate>"),
            Some("7"),
            "",
            true,
        ),
        (
            rss(
                "<guid>7</guid><pubDate>some day</pubDate><description>&lt;b&gt;x&lt;/b&gt;</description>",
            ),
            Some("7"),
            "<b>x</b>",
            false,
        ),
        (
            json("{\"id\": 7, \"content_text\": \"a < b\\n\\nc\"}"),
            Some("7"),
            "<p>a &lt; b</p><p>c</p>",
            false,
        ),
        (
            json("{\"id\": \"x\", \"date_published\": 7, \"tags\": \"x\", \"authors\": 3}"),
            Some("x"),
            "",
            false,
        ),
        (json("7"), None, "", false),
    ] {
        let parsed = OldFeed::parse(&feed).unwrap();
        let item = parsed.items.first();
        assert_eq!(item.map(|item| &*item.id), id, "{feed}");
        if let Some(item) = item {
            assert_eq!(
                (&*item.html, item.published.is_some()),
                (html, is_dated),
                "{feed}"
            );
        }
    }
}

#[test]
fn a_film_is_shown_by_its_picture_and_its_words() {
    let feed = r#"<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">
        <link rel="self" href="http://www.youtube.com/feeds/videos.xml?channel_id=UC1"/><id>yt:channel:UC1</id><title>Friends &amp; co</title>
        <link rel="alternate" href="https://www.youtube.com/channel/UC1"/><author><name>Ada</name></author><published>2010-01-01T00:00:00+00:00</published>
        <entry><id>yt:video:v1</id><yt:videoId>v1</yt:videoId><title>Tea</title><link rel="alternate" href="https://www.youtube.com/watch?v=v1"/>
        <author><name>Ada</name></author><published>2024-05-01T08:00:00+00:00</published><updated>2024-05-02T00:00:00+00:00</updated>
        <media:group><media:title>Tea</media:title><media:thumbnail url="https://i1.ytimg.com/vi/v1/hqdefault.jpg" width="480" height="360"/>
        <media:description>Hot &amp; strong.</media:description></media:group></entry></feed>"#;
    let film = only(feed);
    assert_eq!(film.html, "<p>Hot &amp; strong.</p>");
    assert_eq!(
        film.image.unwrap().as_str(),
        "https://i1.ytimg.com/vi/v1/hqdefault.jpg"
    );
}
