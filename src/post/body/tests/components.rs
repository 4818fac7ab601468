//! Tests the HTML of MDX components.

use crate::config::Dialect;
use crate::post::Index;
use crate::post::body::render_body;
use crate::post::dialect::Habits;

use super::{post, site};

#[test]
fn what_a_component_says_of_what_it_encloses_stands_above_it() {
    let front = "---\ntitle: T\ndate: 2024-05-01\n---\n";
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
        let whole = format!("{front}{text}\n");
        let post = post("posts/cake.mdx", &whole, Dialect::Astro);
        let habits = Habits::new(Dialect::Astro, chrono_tz::UTC);
        let body = render_body(&post, &whole, &site(), &habits, &[], &Index::default());
        let html = body.unwrap().html.replace('\n', "");
        assert_eq!(html, expected, "{text}");
    }
}
