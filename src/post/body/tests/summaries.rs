//! Tests the summary of a post.

use crate::config::Dialect;

use super::render_body;

#[test]
fn the_summary_ends_at_the_mark_or_is_the_first_paragraph() {
    for (text, expected) in [
        (
            "A [b][1].\n\nC.\n\n<!-- More -->\n\nD.\n\n[1]: /x\n",
            "<p>A <a href=\"https://hums.example/x\">b</a>.</p>\n<p>C.</p>",
        ),
        ("A <!--more--> b.\n", "<p>A </p>"),
        (
            "A `<!-- more -->`.\n\n<!-- more -->\n\nB.\n",
            "<p>A <code>&lt;!-- more --&gt;</code>.</p>",
        ),
        ("```\n<!-- more -->\n```\n\nB.\n", "<p>B.</p>"),
        ("A.\n\nB.\n", "<p>A.</p>"),
        ("> Q\n\nB.\n", "<p>B.</p>"),
    ] {
        let body = render_body(Dialect::Hugo, text);
        assert_eq!(body.summary, expected, "{text}");
        assert!(
            !body.html.contains('\u{e001}') && !body.html.contains("<!--"),
            "{}",
            body.html
        );
    }
}

#[test]
fn the_first_paragraph_is_the_summary_also_where_it_says_its_language() {
    for (text, expected) in [
        ("<p lang=de>Eins</p>\n\nTwo", "<p lang=\"de\">Eins</p>"),
        ("<pre>x</pre>\n\nTwo\n\nThree", "<p>Two</p>"),
        ("> One\n\nTwo", "<p>Two</p>"),
        ("- One", ""),
    ] {
        assert_eq!(render_body(Dialect::Hugo, text).summary, expected, "{text}");
    }
}
