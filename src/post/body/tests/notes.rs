//! Footnotes and the names of headings.

use crate::config::Dialect;

use super::render_body;

#[test]
fn footnotes_stand_at_the_end_in_the_order_of_their_references() {
    let text = "A[^b] c[^a] d[^b].\n\n[^a]: *One*.\n\n    Two.\n[^b]: Three[^c].\n[^c]: - four\n[^d]: Five.\n\nEnd.\n";
    let html = render_body(Dialect::Hugo, text).html;
    let page = "https://hums.example/blog/posts/cake/";
    let expected = format!(
        "<p>A<sup id=\"fnref:1\"><a href=\"{page}#fn:1\">1</a></sup> \
         c<sup id=\"fnref:2\"><a href=\"{page}#fn:2\">2</a></sup> \
         d<sup><a href=\"{page}#fn:1\">1</a></sup>.</p>\n<p>End.</p>\n<hr>\n<ol>\n\
         <li id=\"fn:1\">\n<p>Three<sup id=\"fnref:3\"><a href=\"{page}#fn:3\">3</a></sup>. \
         <a href=\"{page}#fnref:1\">↩</a></p>\n</li>\n\
         <li id=\"fn:2\">\n<p><em>One</em>.</p>\n<p>Two. <a href=\"{page}#fnref:2\">↩</a></p>\n</li>\n\
         <li id=\"fn:3\">\n<ul>\n<li>four</li>\n</ul>\n <a href=\"{page}#fnref:3\">↩</a></li>\n</ol>"
    );
    assert_eq!(html, expected);
}

#[test]
fn a_footnote_has_the_address_that_it_has_on_the_page() {
    let text = "A[^tea].\n\n[^tea]: Note.\n";
    for (dialect, note, back) in [
        (Dialect::Hugo, "fn:1", "fnref:1"),
        (Dialect::Jekyll, "fn:tea", "fnref:tea"),
        (Dialect::Pelican, "fn:tea", "fnref:tea"),
        (Dialect::Eleventy, "fn1", "fnref1"),
        (Dialect::Zola, "tea", "fr-tea-1"),
        (Dialect::Obsidian, "fn-1", "fnref-1"),
        (Dialect::Plain, "fn-1", "fnref-1"),
    ] {
        let html = render_body(dialect, text).html;
        for part in [
            format!("<sup id=\"{back}\">"),
            format!("#{note}\">1</a></sup>"),
            format!("<li id=\"{note}\">"),
            format!("#{back}\">↩</a>"),
        ] {
            assert!(html.contains(&part), "{dialect:?}: {part}: {html}");
        }
    }
}

#[test]
fn a_note_in_the_text_is_a_footnote_in_obsidian() {
    let shown = |dialect, text: &str| {
        let html = render_body(dialect, text).html;
        let html = html.replace("https://hums.example/posts/cake", "");
        let html = html.replace("https://hums.example/blog/posts/cake/", "");
        let (text, notes) = html.split_once("\n<hr>").unwrap_or((&html, ""));
        let notes: Vec<&str> = notes.split("<li id=").skip(1).collect();
        let notes = notes.iter().map(|note| {
            let words = note.split_once("<p>").map_or(*note, |(_, words)| words);
            let end = words.rfind(" <a href").unwrap_or(words.len());
            words[..end].to_owned()
        });
        (text.to_owned(), notes.collect::<Vec<String>>())
    };
    let sup = |number: usize| {
        format!("<sup id=\"fnref-{number}\"><a href=\"#fn-{number}\">{number}</a></sup>")
    };
    let (one, two, three) = (sup(1), sup(2), sup(3));
    for (text, expected, notes) in [
        ("A^[One.] b.", format!("<p>A{one} b.</p>"), vec!["One."]),
        (
            "A^[x] b[^t] c^[y].\n\n[^t]: T",
            format!("<p>A{one} b{two} c{three}.</p>"),
            vec!["x", "T", "y"],
        ),
        (
            "A^[see [b](https://b.example/) and *[c]*\nd].",
            format!("<p>A{one}.</p>"),
            vec!["see <a href=\"https://b.example/\">b</a> and <em>[c]</em>\nd"],
        ),
        (
            "A^[x ^[y] z].",
            format!("<p>A{one}.</p>"),
            vec![&*format!("x {two} z"), "y"],
        ),
        (
            "A^[x ^[y] z] b ^[w] c.",
            format!("<p>A{one} b {two} c.</p>"),
            vec![&*format!("x {three} z"), "w", "y"],
        ),
        ("A ^[x ^[y].", format!("<p>A ^[x {one}.</p>"), vec!["y"]),
        (
            "*a^[b*] c^[d]",
            format!("<p><em>a^[b</em>] c{one}</p>"),
            vec!["d"],
        ),
        (
            r"A\^[x] ^\[y\] \\^[z\] \[w] &#94;[v] *u*\^[t]",
            format!(r"<p>A^[x] ^[y] \{one} ^[v] <em>u</em>^[t]</p>"),
            vec!["z] [w"],
        ),
        (
            "![a ^[b] c](/d.png) [e ^[f] g](https://h.example/) i^[j [k ^[l]](https://m.example/)]",
            format!(
                "<p><img src=\"https://hums.example/d.png\" alt=\"a ^[b] c\"> \
                 <a href=\"https://h.example/\">e ^[f] g</a> i{one}</p>"
            ),
            vec!["j <a href=\"https://m.example/\">k ^[l]</a>"],
        ),
        (
            "a <a href=\"https://h.example/\">e ^[f] g</a> <a id=\"x\"></a>^[h] <!-- <a href> --> ^[i]",
            format!(
                "<p>a <a href=\"https://h.example/\">e ^[f] g</a> <a id=\"x\"></a>{one}  {two}</p>"
            ),
            vec!["h", "i"],
        ),
        (
            "[[Missing|x ^[y] z]] [[tea|v ^[w] u]]",
            format!(
                "<p>x {one} z <a href=\"https://hums.example/blog/posts/tea/\">v ^[w] u</a></p>"
            ),
            vec!["y"],
        ),
        ("A^[] b^[c", "<p>A^[] b^[c</p>".to_owned(), vec![]),
        ("A^[x\n\ny]", "<p>A^[x</p>\n<p>y]</p>".to_owned(), vec![]),
        (
            "`a^[b]` [c]",
            "<p><code>a^[b]</code> [c]</p>".to_owned(),
            vec![],
        ),
        (
            "```\na^[b]\n```",
            "<pre><code>a^[b]\n</code></pre>".to_owned(),
            vec![],
        ),
    ] {
        assert_eq!(
            shown(Dialect::Obsidian, text),
            (expected, notes.into_iter().map(str::to_owned).collect()),
            "{text}"
        );
    }
    let (text, _) = shown(Dialect::Hugo, "A^[One.] b.");
    assert_eq!(text, "<p>A^[One.] b.</p>");
}

#[test]
fn what_is_no_footnote_stays_text() {
    for (text, expected) in [
        ("A[^1] b.", "<p>A[^1] b.</p>"),
        ("`[^1]`\n\n[^1]: x", "<p><code>[^1]</code></p>"),
        ("A\n\n[^1]: x[^2]\n[^2]: y", "<p>A</p>"),
    ] {
        assert_eq!(render_body(Dialect::Hugo, text).html, expected, "{text}");
    }
}

#[test]
fn the_name_that_kramdown_gives_a_heading_stays() {
    for (text, expected) in [
        (
            "## Cup\n{: #tea}\n\nA\n",
            "<h2 id=\"tea\">Cup</h2>\n<p>A</p>",
        ),
        ("## Cup\n{: #tea .big}\n", "<h2 id=\"tea\">Cup</h2>"),
        ("## Cup\n{:#tea}\n", "<h2 id=\"tea\">Cup</h2>"),
        (
            "## Cup\n{: .big #tea data-x=\"1\"}\n",
            "<h2 id=\"tea\">Cup</h2>",
        ),
        ("Cup\n---\n{: #tea}\n", "<h2 id=\"tea\">Cup</h2>"),
        ("## Cup {: #tea}\n", "<h2 id=\"tea\">Cup</h2>"),
        ("## Cup {#tea}\n", "<h2 id=\"tea\">Cup</h2>"),
        ("## Cup\n{: .big}\n", "<h2 id=\"cup\">Cup</h2>"),
        ("A\n\n---\n{: #tea}\n\nB\n", "<p>A</p>\n<hr>\n<p>B</p>"),
        ("A\n{: #tea}\n", "<p>A</p>"),
        ("#tag\n{: #tea}\n", "<p>#tag</p>"),
    ] {
        let html = render_body(Dialect::Jekyll, text).html;
        assert_eq!(html, expected, "{text}");
    }
}

#[test]
fn equal_headings_have_names_of_their_own() {
    let html = render_body(Dialect::Hugo, "## Tea\n\n## Tea\n\n## Tea 1\n\n## Tea\n").html;
    for name in ["tea", "tea-1", "tea-1-1", "tea-2"] {
        assert!(html.contains(&format!("<h2 id=\"{name}\">")), "{html}");
    }
    let html = render_body(Dialect::Hugo, "## H{{< sub 2 >}}O\n").html;
    assert_eq!(html, "<h2 id=\"ho\">H<sub>2</sub>O</h2>");
}

#[test]
fn a_text_may_use_every_private_character() {
    let numbers: Vec<String> = (57_344..=59_801).map(|number| number.to_string()).collect();
    let numbers = numbers.join(" ");
    let all: String = ('\u{e000}'..='\u{f8ff}').collect();
    for text in [numbers, all] {
        let html = render_body(Dialect::Hugo, &format!("{text}{{{{< kbd A >}}}}")).html;
        assert!(html.contains("<kbd>A</kbd>"), "{html}");
        assert!(html.contains(text.trim()));
    }
}
