//! Formulas of MathML: their source goes into `alttext`.

use std::borrow::Cow;

use crate::html::{find_attribute, list_tags};
use crate::post::body::safe::allowed::FORMULA;
use crate::post::body::safe::tag::is_tag;

/// Copies the annotation of each formula, its source, into `alttext`.
pub(super) fn show_sources(html: &str) -> Cow<'_, str> {
    let is_annotated = |(name, _): (&str, &str)| name.eq_ignore_ascii_case("annotation");
    if !list_tags(html).any(is_annotated) {
        return html.into();
    }
    let mut done = String::with_capacity(html.len());
    let mut from = 0;
    for (start, end) in find_formulas(html) {
        let formula = &html[start..end];
        let source = find_source(formula).filter(|_| find_attribute(formula, "alttext").is_none());
        if let Some(source) = source {
            let name = start + "<math".len();
            done.push_str(&html[from..name]);
            done.push_str(&format!(" alttext=\"{}\"", source.replace('"', "&quot;")));
            from = name;
        }
    }
    done.push_str(&html[from..]);
    done.into()
}

/// The ranges of the formulas; an unclosed one extends to the next, or to the end of the text.
fn find_formulas(html: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open = None;
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        let rest = &html[at..];
        let (opens, closes) = (is_tag(rest, "<math"), is_tag(rest, "</math"));
        if opens || closes {
            found.extend(open.take().map(|start| (start, at)));
        }
        if opens {
            open = Some(at);
        }
    }
    found.extend(open.map(|start| (start, html.len())));
    found
}

/// The deepest nesting of a formula's elements.
const DEEPEST: usize = 100;

/// Whether this is one formula, whole, of elements that stay.
pub(in crate::post::body) fn is_formula(html: &str) -> bool {
    let mut depth = 0_usize;
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        let tag = &html[at + 1..];
        let closes = tag.starts_with('/');
        let name = tag.trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric());
        if !FORMULA.contains(&&name[..end.unwrap_or(name.len())]) {
            return false;
        }
        let is_alone = tag.split('>').next().is_some_and(|tag| tag.ends_with('/'));
        depth = match (closes, is_alone) {
            (true, _) => depth.wrapping_sub(1),
            (false, true) => depth,
            (false, false) => depth + 1,
        };
        let is_within = depth > 0 || tag == "/math>";
        if depth > DEEPEST || !is_within {
            return false;
        }
    }
    depth == 0
}

/// The TeX in a formula's annotation, as escaped there.
fn find_source(formula: &str) -> Option<&str> {
    let places = memchr::memchr_iter(b'<', formula.as_bytes());
    let annotation = places
        .map(|at| &formula[at..])
        .find(|rest| is_tag(rest, "<annotation"))?;
    let is_tex = find_attribute(annotation, "encoding").is_some_and(|kind| {
        kind.eq_ignore_ascii_case("application/x-tex") || kind.eq_ignore_ascii_case("tex")
    });
    let inside = annotation[annotation.find('>')? + 1..].split('<').next()?;
    Some(inside.trim()).filter(|source| is_tex && !source.is_empty())
}

#[cfg(test)]
mod tests {
    use super::show_sources;

    #[test]
    fn a_formula_says_its_own_source_however_its_tags_are_written() {
        let annotation = "<annotation encoding=\"application/x-tex\">a &lt; \"b\"</annotation>";
        let capitals = "<ANNOTATION Encoding=TeX>\na &lt; \"b\"</ANNOTATION>";
        let said = " alttext=\"a &lt; &quot;b&quot;\"";
        for (before, after) in [
            ("<math", ">A</math>"),
            ("<MATH", " display=block>A</MATH>"),
            ("<mathx>b</mathx><math", ">A</math >"),
            ("<math>b</math><Math", "\n>A</math>"),
            ("<math", ">A"),
        ] {
            for annotation in [annotation, capitals] {
                let after = after.replace('A', annotation);
                let html = format!("x {before}{after} y");
                let expected = format!("x {before}{said}{after} y");
                assert_eq!(show_sources(&html), expected, "{html}");
            }
        }
        for html in [
            format!("<math alttext=\"b\">{annotation}</math>"),
            format!("<mathx>{annotation}</mathx>"),
            "<math><annotation-xml encoding=\"TeX\">a</annotation-xml></math>".to_owned(),
            "<math><annotation encoding=\"x\">a</annotation></math>".to_owned(),
        ] {
            assert_eq!(show_sources(&html), html, "{html}");
        }
    }
}
