//! Tests where a call of a shortcode begins and ends, and what it may show.

use crate::config::Dialect;

use super::render_body;

#[test]
fn no_character_of_a_post_is_taken_for_a_mark() {
    for (dialect, text, expected) in [
        (
            Dialect::Hugo,
            "a &#xE020;0&#57376; b\n\n&#xe021; c",
            "<p>a \u{e020}0\u{e020} b</p>\n<p>\u{e021} c</p>",
        ),
        (
            Dialect::Hugo,
            "`&#xe000;` \u{e000} <b>&#xe001;x</b>",
            "<p><code>&amp;#xe000;</code> \u{e000} <b>\u{e001}x</b></p>",
        ),
        (
            Dialect::Jekyll,
            "{% raw %}{{ a }}{% endraw %} &#xE000; b",
            "<p>{{ a }} \u{e000} b</p>",
        ),
    ] {
        let body = render_body(dialect, text);
        assert_eq!(body.html, expected, "{text}");
        assert!(
            body.html.starts_with(&body.summary),
            "{text}: {}",
            body.summary
        );
    }
}

#[test]
fn hugo_reads_its_shortcodes_in_code_as_well() {
    for (text, html, dropped) in [
        (
            "```\nA {{< chart 1 >}} b\n```\n",
            "<pre><code>A  b\n</code></pre>",
            1,
        ),
        ("a `x {{% chart %}}` b\n", "<p>a <code>x </code> b</p>", 1),
        (
            "a\n\n    {{< figure src=\"/a.png\" >}}\n\nb",
            "<p>a</p>\n<figure><img src=\"https://hums.example/a.png\"></figure>\n<p>b</p>",
            0,
        ),
        (
            "```\n{{</* chart */>}} {{%/* chart */%}}\n```\n",
            "<pre><code>{{&lt; chart &gt;}} {{% chart %}}\n</code></pre>",
            0,
        ),
    ] {
        let body = render_body(Dialect::Hugo, text);
        assert_eq!(body.html.replace(" alt=\"\"", ""), html, "{text}");
        assert_eq!(body.warnings.len(), dropped, "{text}");
    }
    assert!(
        render_body(Dialect::Plain, "`{{< chart >}}`\n")
            .html
            .contains("chart")
    );
}

#[test]
fn the_text_of_an_unknown_call_stays() {
    let body = render_body(
        Dialect::Hugo,
        "A {{< button href=\"/x\" text=\"blue & *b*\" >}} c\n",
    );
    assert_eq!(body.html, "<p>A blue &amp; *b* c</p>");
    assert_eq!(body.warnings.len(), 1);
    let zola = self::render_body(
        Dialect::Zola,
        "A {{ media_caption(url=\"x.example\" text=\"blue & *b*\") }} c\n",
    );
    assert_eq!(
        (zola.html.as_str(), zola.warnings.len()),
        ("<p>A blue &amp; *b* c</p>", 1)
    );
}

#[test]
fn a_shortcode_of_any_length_is_none_that_a_reader_sees() {
    let long = "word ".repeat(5_000);
    for (dialect, text, html, dropped) in [
        (
            Dialect::Hugo,
            format!("A {{{{< chart data=\"{long}\" >}}}} b"),
            "<p>A  b</p>".to_owned(),
            1,
        ),
        (
            Dialect::Hugo,
            format!("A {{{{% chart `{long}>}}}}` %}}}} b"),
            "<p>A  b</p>".to_owned(),
            1,
        ),
        (
            Dialect::Zola,
            format!("A {{{{ chart(data=\"{long}\") }}}} b"),
            "<p>A  b</p>".to_owned(),
            1,
        ),
        (
            Dialect::Jekyll,
            format!("A {{% include chart.html data=\"{long}\" %}} b"),
            "<p>A  b</p>".to_owned(),
            1,
        ),
        (
            Dialect::Jekyll,
            format!("A {{# {long} #}}b"),
            "<p>A b</p>".to_owned(),
            0,
        ),
        (
            Dialect::Jekyll,
            format!("A {{{{ \"{long}\" }}}}b"),
            format!("<p>A {long}b</p>"),
            0,
        ),
    ] {
        let body = render_body(dialect, &text);
        assert_eq!(body.html, html, "{dialect:?}");
        assert_eq!(body.warnings.len(), dropped, "{dialect:?}");
    }
}

#[test]
fn braces_without_an_end_are_text_however_many_there_are() {
    // Each would take hours if every beginning were searched for its end.
    for unit in [
        "{{",
        "{{ ",
        "{{ x(",
        "{{< ",
        "{% ",
        "{: ",
        "{{ \"a ",
        "{# ",
        "{{\"}}\"",
        "{% x(\"%}\" ",
        ":::a\n",
        "$$ ",
        "!!! x\n",
        "{% capture a %}",
        "{{ a }}",
        "<p markdown=1>",
        "==a ",
    ] {
        for dialect in [
            Dialect::Hugo,
            Dialect::Zola,
            Dialect::Jekyll,
            Dialect::Obsidian,
            Dialect::Plain,
        ] {
            let text = unit.repeat((1 << 17) / unit.len());
            let shown = render_body(dialect, &format!("A {text}")).html;
            assert!(shown.starts_with("<p>A"), "{dialect:?}: {unit}");
        }
    }
}

#[test]
fn what_was_captured_is_shown_within_bounds() {
    let shown = render_body(
        Dialect::Jekyll,
        "{% capture a %}\nx {{ a }}\n{% endcapture %}{{ a }} {{ a }} b",
    )
    .html;
    assert_eq!(shown.matches('x').count(), 2, "{shown}");
    let mut text = "{% capture c0 %}\nword\n{% endcapture %}".to_owned();
    for (from, to) in (0..40).zip(1..) {
        text.push_str(&format!(
            "{{% capture c{to} %}}\n{{{{ c{from} }}}}{{{{ c{from} }}}}\n{{% endcapture %}}"
        ));
    }
    let shown = render_body(Dialect::Jekyll, &format!("A {text}{{{{ c40 }}}}")).html;
    assert!(
        shown.starts_with("<p>A") && shown.len() < 1 << 20,
        "{}",
        shown.len()
    );
}
