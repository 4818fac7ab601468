//! Tests the text in place of a drawing.

use super::replace_drawings;
use crate::post::body::safe::tests::with_links;

/// The HTML with `FILE` for the address of each drawing, and how many files there are.
fn replaced(html: &str) -> (String, usize) {
    with_links(html, |links| {
        let (html, drawings) = replace_drawings(html, links);
        let mut html = html.into_owned();
        for drawing in &drawings {
            assert!(drawing.path.starts_with("drawing/") && drawing.svg.contains("<svg xmlns="));
            html = html.replace(&drawing.address, "FILE");
        }
        (html, drawings.len())
    })
}

#[test]
fn a_drawing_is_an_image_or_a_link_unless_it_only_adorns() {
    let link = |words: &str| format!("<a href=\"https://base.example/a/b/\">Figure: {words}</a>");
    let image = |alt: &str| format!("<img src=\"FILE\" alt=\"{alt}\">");
    let path = "<path d='M0 0'/>";
    for (html, expected, files) in [
        (
            format!("a <svg>{path}</svg> b <svg>{path}</svg>"),
            format!("a {} b {}", image(""), image("")),
            1,
        ),
        (
            format!("<SVG viewBox='0'><title>Tea &amp; \"cake\"</title>{path}</SVG>"),
            image("Tea &amp; &quot;cake&quot;"),
            1,
        ),
        (
            format!(
                "<svg aria-label=\"Tea\">{path}</svg><svg width=16 height=16><title>Cup</title>{path}</svg>"
            ),
            format!("{}{}", image("Tea"), image("Cup")),
            2,
        ),
        (
            "<svg><svg></svg><g/></svg>b".to_owned(),
            format!("{}b", link("see the post")),
            0,
        ),
        (
            format!("<svg><title>Tea</title><foreignObject>x</foreignObject>{path}</svg>"),
            link("Tea"),
            0,
        ),
        ("<svg aria-label=\"Tea\"/>".to_owned(), link("Tea"), 0),
        (
            format!("<svg aria-hidden=\"true\">{path}</svg>"),
            String::new(),
            0,
        ),
        (format!("<svg role=none>{path}</svg>"), String::new(), 0),
        (
            format!("<svg width=16 height=\"1em\">{path}</svg>"),
            String::new(),
            0,
        ),
        (
            format!("<svg width=1rem height=3rem>{path}</svg>"),
            String::new(),
            0,
        ),
        (
            format!("<svg style='display: none'><symbol>{path}</symbol></svg>"),
            String::new(),
            0,
        ),
        (
            format!("<a href=x><svg>{path}</svg> b</a>"),
            "<a href=x> b</a>".to_owned(),
            0,
        ),
        (
            format!("<a href=x><svg><title>c</title>{path}</svg></a>"),
            "<a href=x>c</a>".to_owned(),
            0,
        ),
        (
            format!("<a href=x><svg width=300><title>c</title>{path}</svg></a>"),
            format!("<a href=x>{}</a>", image("c")),
            1,
        ),
        (
            "<a href=x><svg width=300></svg></a>".to_owned(),
            "<a href=x></a>".to_owned(),
            0,
        ),
        ("<svg>a".to_owned(), "<svg>a".to_owned(), 0),
        ("a < b".to_owned(), "a < b".to_owned(), 0),
    ] {
        assert_eq!(replaced(&html), (expected, files), "{html}");
    }
}

#[test]
fn a_post_has_so_many_files_of_drawings_and_no_more() {
    let drawing = |at: usize| format!("<svg><path d=\"M{at}\"/></svg>");
    let many: String = (0..150).map(drawing).collect();
    let (html, files) = replaced(&many);
    assert_eq!(files, 100);
    assert_eq!(html.matches("Figure: see the post").count(), 50);
}
