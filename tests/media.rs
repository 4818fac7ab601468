//! Tests what a post shows beside its words: films, sounds, pages that it embeds, pictures.

use mail_parser::MessageParser;

use crate::feed::{NOON, built, config, in_entries, in_items, site};
use crate::scene::{CONFIG, Scene};

/// The text of the entry of a post in a file of this name.
fn content(name: &str, body: &str) -> String {
    let scene = Scene::new().file(
        &format!("post/{name}"),
        &format!("---\ntitle: A\ndate: 2024-01-01\n---\n{body}\n"),
    );
    in_entries(&built(&scene).atom, "content").remove(0)
}

#[test]
fn an_element_of_mdx_that_ends_itself_swallows_nothing_of_the_post() {
    for element in [
        "<iframe\n  src=\"https://v.example/e\"\n  style={{\n    width: 1,\n  }}\n/>",
        "<audio src=\"a.mp3\" />",
    ] {
        let html = content(
            "a.mdx",
            &format!("Before.\n\n{element}\n\nBehind **it**.\n\n## Head"),
        );
        assert!(
            html.starts_with("<p>Before.</p>")
                && html.contains("<p>Behind <strong>it</strong>.</p>"),
            "{html}"
        );
    }
}

#[test]
fn an_embedded_page_is_a_link_where_it_is_one_of_the_web() {
    for (body, expected) in [
        (
            "<iframe src=\"https&#58;//v.example/?a=1&amp;region=b&copy;\"></iframe>",
            "<p><a href=\"https://v.example/?a=1&amp;region=b%C2%A9\">v.example</a></p>",
        ),
        (
            "<iframe data-src=\"//v.example/e\" src=\"about:blank\" title=\"A &amp; &lt;b&gt;\"></iframe>",
            "<p><a href=\"https://v.example/e\">A &amp; &lt;b&gt;</a></p>",
        ),
        (
            "<iframe src=\"/f\" title=\" \">old</iframe>",
            "<p><a href=\"https://hums.example/f\">hums.example</a></p>",
        ),
        (
            "a<iframe src=\"data:text/html,x\"></iframe><iframe src=\"javascript:x()\"></iframe><iframe src></iframe><iframe srcdoc=x></iframe>b",
            "ab",
        ),
        (
            "a<audio src=\"data:audio/mpeg;base64,AA==\"></audio>",
            "a<audio></audio>",
        ),
        (
            "<video data-src=\"/my%20film.mp4\"></video>",
            "<video src=\"https://hums.example/my%20film.mp4\"></video> <a href=\"https://hums.example/my%20film.mp4\">my film.mp4</a>",
        ),
        (
            "<audio title=Song><source src=\"https://c.example/\"></audio>",
            "<audio title=\"Song\"><source src=\"https://c.example/\"></audio> <a href=\"https://c.example/\">Song</a>",
        ),
        (
            "<noscript><iframe src=\"/a\"></iframe><math><mi>x</mi><annotation>y</annotation></math></noscript>",
            "<p><a href=\"https://hums.example/a\">hums.example</a></p><math><mi>x</mi></math>",
        ),
        // Two programs may read this in two ways; it is legal all the same.
        (
            "<select><xmp></xmp></select><iframe src=\"/a\"></iframe>",
            "<p><a href=\"https://hums.example/a\">hums.example</a></p>",
        ),
        (
            "<table><tr><td><noscript>a</noscript></td></tr></table>",
            "<table><tbody><tr><td>a</td></tr></tbody></table>",
        ),
    ] {
        assert_eq!(content("a.html", body), expected, "{body}");
    }
}

#[test]
fn a_picture_that_shows_nothing_is_left_out() {
    for (body, expected) in [
        (
            "a<img src=/p.gif width=1 height=1><img src=/p.gif width=\"0\" height=\"1px\">",
            "a",
        ),
        (
            "a<img src=/p.gif style=\"WIDTH: 1px; height:1px !important\"><IMG SRC=/p.gif STYLE='display:none'>",
            "a",
        ),
        (
            "a<noscript><img height=1 width=1 style=\"display:none\" src=\"https://t.example/tr?id=1\"></noscript>",
            "a",
        ),
        (
            "<img src=/r.png width=100 height=1>",
            "<img src=\"https://hums.example/r.png\" width=\"100\" height=\"1\">",
        ),
        (
            "<img src=/r.png style=\"width: 1%; height: 1%\">",
            "<img src=\"https://hums.example/r.png\">",
        ),
        (
            "<picture><source data-src=/q.png><img src=/r.png></picture>",
            "<picture><source><img src=\"https://hums.example/r.png\"></picture>",
        ),
        (
            "<img data-src=/r.png>",
            "<img src=\"https://hums.example/r.png\">",
        ),
        (
            "<img data-src=/r.png><noscript><img src=/r.png></noscript>",
            "<img src=\"https://hums.example/r.png\">",
        ),
    ] {
        assert_eq!(content("a.html", body), expected, "{body}");
    }
}

#[test]
fn the_name_of_a_sound_says_nothing_of_the_post() {
    let words = "word ".repeat(60);
    for body in [
        format!("<p><audio controls src=\"/a.mp3\"></audio></p>\n\n{words}"),
        format!("<p><video><source src=\"/a.mp3\"></video> {words}</p>"),
        format!("<audio src=\"/a.mp3\"></audio>\n\n{words}\n\n<!-- more -->\n\nx"),
    ] {
        let scene = site(&[("a.md", "title: A\ndate: 2024-01-01", &body)]);
        let full = built(&scene);
        assert!(
            in_entries(&full.atom, "content")[0].contains("\">a.mp3</a>"),
            "{body}"
        );
        assert!(
            in_items(&full.rss, "description")[0].starts_with("word word"),
            "{body}"
        );
        let short = built(&scene.file("config.toml", &config("", "content = \"summary\"")));
        let summary = in_entries(&short.atom, "summary").remove(0);
        assert!(
            summary.contains("word word") && !summary.contains(">a.mp3<"),
            "{summary}"
        );
        assert!(
            short.json["items"][0]["content_text"]
                .as_str()
                .unwrap()
                .starts_with("word word"),
            "{body}"
        );
    }
    let only = site(&[(
        "a.md",
        "title: A\ndate: 2024-01-01",
        "<audio src=\"/a.mp3\"></audio>",
    )]);
    let short = built(&only.file("config.toml", &config("", "content = \"summary\"")));
    assert_eq!(
        (
            &in_entries(&short.atom, "summary")[0],
            &short.json["items"][0]["content_text"]
        ),
        (&"<p>A</p>".to_owned(), &"A".into())
    );
}

#[test]
fn players_stand_apart_in_feeds_and_mails() {
    let one = "<iframe src=\"https://a.example/1\" title=\"One\"></iframe>";
    let two = "<iframe src=\"https://a.example/2\" title=\"Two\"></iframe>";
    let films = "<video src=\"/a.mp4\"></video> <video src=\"/b.mp4\"></video>";
    for (text, feed, mail, lines) in [
        (
            format!("{one}{two}"),
            "<p><a>One</a></p><p><a>Two</a></p>",
            "<p><a>One</a></p><p><a>Two</a></p>",
            "One [1]\n\nTwo [2]\n",
        ),
        (
            format!("See {one} and {two} here"),
            "<p>See </p><p><a>One</a></p><p> and </p><p><a>Two</a></p><p> here</p>",
            "<p>See </p><p><a>One</a></p><p> and </p><p><a>Two</a></p><p> here</p>",
            "See\n\nOne [1]\n\nand\n\nTwo [2]\n\nhere\n",
        ),
        (
            format!("See <iframe></iframe> {one}"),
            "<p>See </p><p><a>One</a></p>",
            "<p>See </p><p><a>One</a></p>",
            "See\n\nOne [1]\n",
        ),
        (
            "Tea.\n\n<p><iframe></iframe></p>\n\nCake.".to_owned(),
            "<p>Tea.</p> <p>Cake.</p>",
            "<p>Tea.</p> <p>Cake.</p>",
            "Tea.\n\nCake.\n",
        ),
        (
            format!("{one}\n\n{films}"),
            "<p><a>One</a></p> <p><video></video> <a>a.mp4</a> <video></video> <a>b.mp4</a></p>",
            "<p><a>One</a></p> <p><a>▶ a.mp4</a><br> <a>▶ b.mp4</a><br></p>",
            "One [1]\n\n▶ a.mp4 [2]\n▶ b.mp4 [3]\n",
        ),
    ] {
        let full = CONFIG.replace("[[digest]]", "[[digest]]\nlayout = \"full\"");
        let scene =
            site(&[("tea.md", "title: Tea\ndate: 2024-05-01", &text)]).file("config.toml", &full);
        let content = in_entries(&built(&scene).atom, "content").remove(0);
        assert_eq!(bare(&content), feed, "{text}");
        let arguments = ["digest", "weekly", "--posts", "tea.md", "--dry-run"];
        let printed = scene.run_at(NOON, &arguments);
        let parsed = MessageParser::default().parse(&printed).unwrap();
        let html = bare(&parsed.body_html(0).unwrap());
        assert!(html.contains(mail), "{text}: {html}");
        let said = parsed.body_text(0).unwrap().replace('\r', "");
        assert!(said.contains(lines), "{text}: {said}");
    }
}

/// The HTML without the attributes of its elements, and with single spaces.
fn bare(html: &str) -> String {
    let mut bare = String::new();
    for part in html.split_inclusive(['<', '>']) {
        match part.strip_suffix('>') {
            Some(tag) => {
                bare.push_str(tag.split(' ').next().unwrap());
                bare.push('>');
            }
            None => bare.push_str(part),
        }
    }
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}
