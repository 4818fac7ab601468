//! Formulas of MathML: what they say of themselves stands in `alttext`.

use std::borrow::Cow;

use crate::html::{attribute, tags};

/// The same HTML with each formula's own notation, which an annotation holds, as its `alttext`.
pub(super) fn with_source(html: &str) -> Cow<'_, str> {
    let is_annotated = |(name, _): (&str, &str)| name.eq_ignore_ascii_case("annotation");
    if !tags(html).any(is_annotated) {
        return html.into();
    }
    let mut done = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<math") {
        let Some(length) = rest[start..].find("</math>") else {
            break;
        };
        let (before, formula) = (&rest[..start], &rest[start..start + length]);
        done.push_str(before);
        match source(formula).filter(|_| attribute(formula, "alttext").is_none()) {
            Some(source) => {
                let source = source.replace('"', "&quot;");
                done.push_str(&format!("<math alttext=\"{source}\""));
                done.push_str(&formula["<math".len()..]);
            }
            None => done.push_str(formula),
        }
        rest = &rest[start + length..];
    }
    done.push_str(rest);
    done.into()
}

/// The TeX that a formula's annotation holds, escaped as it stands there.
fn source(formula: &str) -> Option<&str> {
    let start = formula.find("<annotation")?;
    let annotation = &formula[start..];
    let is_tex = attribute(annotation, "encoding").is_some_and(|kind| {
        kind.eq_ignore_ascii_case("application/x-tex") || kind.eq_ignore_ascii_case("tex")
    });
    let inside = annotation[annotation.find('>')? + 1..].split('<').next()?;
    Some(inside.trim()).filter(|source| is_tex && !source.is_empty())
}
