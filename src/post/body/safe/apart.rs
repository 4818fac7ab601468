//! Elements that readers do not support, and that stand apart from the words around them: their words must not run together.

use std::borrow::Cow;

use lol_html::html_content::ContentType;
use lol_html::{RewriteStrSettings, element};

use crate::html::list_tags;

/// Elements on lines of their own, and what stands there in their place.
const BLOCKS: [(&str, &str); 6] = [
    ("address", "div"),
    ("dialog", "div"),
    ("legend", "div"),
    ("search", "div"),
    ("dir", "ul"),
    ("menu", "ul"),
];
/// Elements in a line whose words stand in for what they show.
const SHOWN: [&str; 2] = ["meter", "progress"];

/// Replaces elements of blocks by others, and sets spaces around those in a line.
pub(super) fn keep_apart(html: &str) -> Cow<'_, str> {
    let is_meant = |name: &str| SHOWN.contains(&name) || block_for(name).is_some();
    if !list_tags(html).any(|(name, _)| is_meant(&name.to_ascii_lowercase())) {
        return html.into();
    }
    let names = BLOCKS.iter().map(|(name, _)| *name).chain(SHOWN);
    let names: Vec<&str> = names.collect();
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!(names.join(", "), |element| {
            if let Some(block) = block_for(&element.tag_name()) {
                return Ok(element.set_tag_name(block)?);
            }
            element.before(" ", ContentType::Text);
            element.after(" ", ContentType::Text);
            Ok(())
        }));
    let rewritten = lol_html::rewrite_str(html, settings);
    rewritten.map_or_else(|_| html.into(), Cow::from)
}

fn block_for(name: &str) -> Option<&'static str> {
    let known = BLOCKS.iter().find(|(block, _)| *block == name);
    known.map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::keep_apart;

    #[test]
    fn words_of_an_element_that_stands_apart_do_not_run_into_their_neighbours() {
        for (html, expected) in [
            (
                "a<progress value=\"7\" max=\"10\">70 %</progress>b",
                "a <progress value=\"7\" max=\"10\">70 %</progress> b",
            ),
            ("a<METER>60 %</METER>b", "a <METER>60 %</METER> b"),
            ("a<meter>60 %", "a <meter>60 %"),
            ("a<address>b</address>c", "a<div>b</div>c"),
            ("a<DIALOG open>b</DIALOG>c", "a<div open>b</div>c"),
            ("<search>a</search>b", "<div>a</div>b"),
            ("<legend>a</legend>b", "<div>a</div>b"),
            ("<menu><li>a</li></menu>b", "<ul><li>a</li></ul>b"),
            ("a<output>b</output>c", "a<output>b</output>c"),
        ] {
            assert_eq!(keep_apart(html), expected);
        }
    }
}
