//! Tests the HTML of MDX components.

use crate::config::Dialect;
use crate::post::Index;
use crate::post::body::render_body;
use crate::post::dialect::Habits;

use super::{post, site};

/// The HTML of an MDX text.
fn render_mdx(text: &str) -> String {
    let whole = format!("---\ntitle: T\ndate: 2024-05-01\n---\n{text}\n");
    let post = post("posts/cake.mdx", &whole, Dialect::Astro);
    let habits = Habits::new(Dialect::Astro, chrono_tz::UTC);
    let body = render_body(&post, &whole, &site(), &habits, &[], &Index::default());
    body.unwrap().html
}

#[test]
fn text_right_below_an_element_is_markdown_in_mdx() {
    for (text, expected) in [
        (
            "<math>\n  <mi>x</mi>\n</math>\n(a [link](https://x.example/))\n\nEnd *here*.",
            "<math>\n  <mi>x</mi></math>\n<p>(a <a href=\"https://x.example/\">link</a>)</p>\n<p>End <em>here</em>.</p>",
        ),
        (
            "1. <math>\n     <mi>x</mi>\n   </math>\n   a *b*\n2. c",
            "<ol>\n<li><math>\n  <mi>x</mi></math>\n<p>a <em>b</em></p>\n</li>\n<li>\n<p>c</p>\n</li>\n</ol>",
        ),
        (
            "<table>\n  <tbody>\n    <tr><td>*x*</td></tr>\n  </tbody>\n</table>\n# *y*",
            "<table>\n  <tbody>\n    <tr><td>*x*</td></tr>\n  </tbody></table>\n<h1 id=\"y\"><em>y</em></h1>",
        ),
        // A row deep within stays in its table, and what Markdown reads within an element stays as it is.
        (
            "<div>\n    <p>\n      <b>x</b>\n    </p>\n    y\n</div>",
            "<div>\n    <p>\n      <b>x</b>\n    </p>\n    y\n</div>",
        ),
        (
            "<div>\n\n*x*\n</div>\n\ny",
            "<div>\n<p><em>x</em></p>\n</div>\n<p>y</p>",
        ),
    ] {
        assert_eq!(render_mdx(text), expected, "{text}");
    }
}

#[test]
fn what_a_component_says_of_what_it_encloses_stands_above_it() {
    for (text, expected) in [
        (
            "<Tabs><TabItem label=\"Linux\">apt</TabItem><TabItem label=\"Mac\">brew</TabItem></Tabs>",
            "<div><div><p><strong>Linux</strong></p>apt</div><div><p><strong>Mac</strong></p>brew</div></div>",
        ),
        (
            "<Tabs>\n  <TabItem label=\"Linux\">\n\n  *apt*\n\n  </TabItem>\n</Tabs>\n\nEnd.",
            "<div><div><p><strong>Linux</strong></p><p><em>apt</em></p></div></div><p>End.</p>",
        ),
        (
            "<Card title=\"Important title\">body</Card>",
            "<div><p><strong>Important title</strong></p>body</div>",
        ),
        (
            "<Weird label=\"L\">\ninner\n</Weird>",
            "<div><p><strong>L</strong></p>inner</div>",
        ),
        (
            "<Steps><Step>one</Step><Step>two</Step></Steps>",
            "<div><div>one</div><div>two</div></div>",
        ),
        (
            "<Tabs><TabItem label={<b className=\"x\">Fast & loose</b>}>a</TabItem><TabItem label={<Icon/>}>b</TabItem></Tabs>",
            "<div><div><p><strong>Fast &amp; loose</strong></p>a</div><div>b</div></div>",
        ),
        ("<Red>one</Red><Blue>two</Blue>", "<p>one two</p>"),
        (
            "See <Tooltip title=\"T\">this</Tooltip>.",
            "<p>See this.</p>",
        ),
    ] {
        assert_eq!(render_mdx(text).replace('\n', ""), expected, "{text}");
    }
}
