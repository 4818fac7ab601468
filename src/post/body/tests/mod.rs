//! Tests the HTML of texts of each dialect.

use crate::config::{Dialect, Site};
use crate::finding::Finding;
use crate::post::dialect::Habits;
use crate::post::{Body, Index, Post, Read, read};

mod calls;
mod components;
mod formulas;
mod growth;
mod notes;
mod shortcodes;
mod shown;
mod summaries;

fn site() -> Site {
    toml::from_str("title = \"Hums\"\nurl = \"https://hums.example/blog/\"").unwrap()
}

fn post(path: &str, text: &str, dialect: Dialect) -> Post {
    match read(
        path,
        text,
        &site(),
        &Habits::new(dialect, chrono_tz::UTC),
        None,
    )
    .unwrap()
    {
        Read::Post(draft) => draft.post,
        other => panic!("{path}: {other:?}"),
    }
}

/// The body of a text in a bundle, beside a post `tea`.
fn render_body(dialect: Dialect, text: &str) -> Body {
    try_render(dialect, text).unwrap()
}

fn try_render(dialect: Dialect, text: &str) -> Result<Body, Finding> {
    let front = match dialect {
        Dialect::Zola | Dialect::Hugo => "+++\ntitle = \"T\"\ndate = 2024-05-01\n+++\n",
        Dialect::Pelican => "Title: T\nDate: 2024-05-01\n\n",
        _ => "---\ntitle: T\ndate: 2024-05-01\n---\n",
    };
    let whole = format!("{front}{text}");
    let (one, two) = match dialect {
        Dialect::Jekyll => ("_posts/2024-05-01-cake.md", "_posts/2023-01-02-tea.md"),
        _ => ("posts/cake/index.md", "posts/tea.md"),
    };
    let posts = [post(one, &whole, dialect), post(two, front, dialect)];
    super::render_body(
        &posts[0],
        &whole,
        &site(),
        &Habits::new(dialect, chrono_tz::UTC),
        &posts,
        &Index::default(),
    )
}

#[test]
fn every_address_is_absolute_and_nothing_runs() {
    let text = "<a href=\"/x?a=1&amp;b=2\">a</a> <img src=\"a.png\" srcset=\"a.png 1x, b.png 2x\" onerror=\"x()\">\n\
                <video poster=\"p.jpg\" src=\"v.mp4\"></video> <blockquote cite=\"/c\">q</blockquote>\n\
                <iframe src=\"https://x.example\"></iframe><script>x()</script><a href=\"javascript:x()\">j</a>\n\n\
                ## Cup\n\n[up](#cup) note[^1]\n\n[^1]: Yes.\n";
    let html = render_body(Dialect::Hugo, text).html;
    for part in [
        "href=\"https://hums.example/x?a=1&amp;b=2\"",
        "src=\"https://hums.example/blog/posts/cake/a.png\"",
        "srcset=\"https://hums.example/blog/posts/cake/a.png 1x, https://hums.example/blog/posts/cake/b.png 2x\"",
        "poster=\"https://hums.example/blog/posts/cake/p.jpg\"",
        "src=\"https://hums.example/blog/posts/cake/v.mp4\"",
        "cite=\"https://hums.example/c\"",
        "href=\"https://hums.example/blog/posts/cake/#cup\"",
        "<h2 id=\"cup\">",
        "href=\"https://hums.example/blog/posts/cake/#fn:1\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for part in ["script", "iframe", "onerror", "javascript"] {
        assert!(!html.contains(part), "{part}: {html}");
    }
}

#[test]
fn an_embedded_page_becomes_a_link_and_an_embedded_picture_stays() {
    for (text, expected) in [
        (
            "<iframe src=\"//v.example/e?a=1&amp;b\"></iframe>",
            "<a href=\"https://v.example/e?a=1&amp;b\">v.example</a>",
        ),
        (
            "<div><noscript>\n<img src='/a.png'>\n</noscript></div>",
            "<div>\n<img src=\"https://hums.example/a.png\">\n</div>",
        ),
        ("a <noscript>*b* &lt;c</noscript>", "a <em>b</em> &lt;c"),
        ("<noscript><script>x()</script>", ""),
        (
            "<math><mi>a</mi>\n<mo>=</mo> <mn>1</mn><annotation encoding='application/x-tex'>a = 1</annotation></math> b",
            "<math alttext=\"a = 1\"><mi>a</mi>\n<mo>=</mo> <mn>1</mn></math> b",
        ),
        (
            "<IFRAME title='Film' src='/f'>x</IFRAME>",
            "<a href=\"https://hums.example/f\">Film</a>",
        ),
        (
            "<img src=\"data:image/png;base64,AA==\">",
            "<img src=\"data:image/png;base64,AA==\">",
        ),
        ("<a href=\"data:image/png;base64,AA==\">x</a>", "<a>x</a>"),
        (
            "a<img src=\"data:text/html,x\"><img alt=b><img src=''>",
            "a",
        ),
        (
            "<img srcset=\"a.png 1x, b.png <plaintext>, c.png -1x, d.png 0w, e.png 10w 20h, f.png infx\">",
            "<img srcset=\"https://hums.example/blog/posts/cake/a.png 1x, https://hums.example/blog/posts/cake/e.png 10w 20h\" src=\"https://hums.example/blog/posts/cake/a.png\">",
        ),
        (
            "<img srcset=\"a.png 1x,\n/b.png 2x,c,d.png\">",
            "<img srcset=\"https://hums.example/blog/posts/cake/a.png 1x, https://hums.example/b.png 2x, https://hums.example/blog/posts/cake/c,d.png\" src=\"https://hums.example/blog/posts/cake/a.png\">",
        ),
        (
            "<img srcset=\"https://res.example/w_400,h_300/a.jpg 400w\">",
            "<img srcset=\"https://res.example/w_400,h_300/a.jpg 400w\" src=\"https://res.example/w_400,h_300/a.jpg\">",
        ),
        (
            "<img srcset=\"\n /a.png, \n /b.png\t2x\">",
            "<img srcset=\"https://hums.example/a.png, https://hums.example/b.png 2x\" src=\"https://hums.example/a.png\">",
        ),
        ("a<img srcset=\"/a b.png 1x\">", "a"),
        (
            "<img srcset=\"/a b.png 1x, data:image/gif;base64,AA 1x, b 2x\">",
            "<img srcset=\"https://hums.example/blog/posts/cake/b 2x\">",
        ),
        (
            "<img srcset=\"/a b.png 1x, data:image/gif;base64,AA 1x, /c.png 2x\">",
            "<img srcset=\"https://hums.example/c.png 2x\" src=\"https://hums.example/c.png\">",
        ),
        (
            "<img srcset=\"\n /a.png\n1x,\n /b.png 2x\">",
            "<img srcset=\"https://hums.example/a.png 1x, https://hums.example/b.png 2x\" src=\"https://hums.example/a.png\">",
        ),
    ] {
        let html = render_body(Dialect::Hugo, text).html;
        let html = html
            .strip_prefix("<p>")
            .and_then(|html| html.strip_suffix("</p>"))
            .unwrap_or(&html);
        assert_eq!(html, expected, "{text}");
    }
}

#[test]
fn a_comment_of_kramdown_is_left_out() {
    for text in [
        "A {::comment}x{:/comment}b",
        "A b\n\n{::comment}\nx\n\ny\n{:/comment}\n",
        "A b\n\n{::comment}\nx\n{:/}\n",
    ] {
        assert_eq!(
            render_body(Dialect::Jekyll, text).html,
            "<p>A b</p>",
            "{text}"
        );
    }
}

#[test]
fn an_element_may_say_that_it_holds_markdown() {
    for (dialect, text, expected) in [
        (
            Dialect::Jekyll,
            "<div markdown=\"1\">\nA *b*\n</div>\n\nc",
            "<div>\n<p>A <em>b</em></p>\n</div>\n<p>c</p>",
        ),
        (
            Dialect::Pelican,
            "<section id='x' markdown=1>\n- a\n</section>",
            "<section id=\"x\">\n<ul>\n<li>a</li>\n</ul>\n</section>",
        ),
        (
            Dialect::Jekyll,
            "<div markdown=\"block\">\nA\n<div markdown=\"1\">*b*</div>\n</div>",
            "<div>\n<p>A</p>\n<div>\n<p><em>b</em></p>\n</div>\n</div>",
        ),
        (
            Dialect::Jekyll,
            "<div markdown=\"0\">*a*</div>",
            "<div>*a*</div>",
        ),
        (
            Dialect::Jekyll,
            "<div markdown=\"1\">\n*a*\n",
            "<div>\n*a*\n</div>",
        ),
        (
            Dialect::Jekyll,
            "`<div markdown=\"1\">` *a*",
            "<p><code>&lt;div markdown=\"1\"&gt;</code> <em>a</em></p>",
        ),
        (
            Dialect::Hugo,
            "<div markdown=\"1\">*a*</div>",
            "<div>*a*</div>",
        ),
    ] {
        assert_eq!(
            render_body(dialect, text).html,
            expected,
            "{dialect:?}: {text}"
        );
    }
}

#[test]
fn what_nests_too_deep_is_an_error_and_no_overflow() {
    let front = "---\ntitle: T\ndate: 2024-05-01\n---\n";
    for text in [
        ">".repeat(100_000),
        "<div>".repeat(100_000),
        "- ".repeat(10_000),
        "<b>".repeat(100_000),
    ] {
        let whole = format!("{front}{text}x\n");
        let post = post("a.md", &whole, Dialect::Plain);
        let habits = Habits::new(Dialect::Plain, chrono_tz::UTC);
        let error = super::render_body(&post, &whole, &site(), &habits, &[], &Index::default())
            .unwrap_err();
        assert!(error.message.contains("nests more than"), "{error}");
    }
}
