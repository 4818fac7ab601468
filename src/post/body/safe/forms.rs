//! Forms are left out with their content, since no feed can send them.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lol_html::html_content::Element;
use lol_html::{RewriteStrSettings, element, end_tag};

use crate::html::{find_attribute, list_tags};
use crate::post::body::safe::element::{before_end, is_balanced};
use crate::post::body::safe::left_out::LeftOut;
use crate::post::body::safe::tag::is_tag;

/// Forms and controls with an end tag.
const CONTROLS: [&str; 6] = ["form", "button", "select", "textarea", "label", "datalist"];
/// The element that groups controls, and sometimes decorates words.
const GROUP: &str = "fieldset";

/// Removes forms, controls and their labels. The checkbox of a task list and its words stay; so does a group without
/// controls.
pub(super) fn remove_forms<'a>(html: &'a str, left_out: &mut LeftOut) -> Cow<'a, str> {
    let is_meant = |name: &str| {
        let mut names = CONTROLS.iter().chain(&[GROUP, "input"]);
        names.any(|meant| name.eq_ignore_ascii_case(meant))
    };
    if !list_tags(html).any(|(name, _)| is_meant(name)) {
        return html.into();
    }
    let unclosed: Vec<&str> = CONTROLS
        .into_iter()
        .filter(|name| !is_balanced(html, name))
        .collect();
    let removed: RefCell<Vec<&'static str>> = RefCell::default();
    // The depth of nested controls.
    let depth: Rc<Cell<usize>> = Rc::default();
    let control = |element: &mut Element<'_, '_>| {
        let tag = element.tag_name();
        let name = CONTROLS
            .into_iter()
            .chain([GROUP])
            .find(|name| tag == *name);
        let Some(name) = name else { return Ok(()) };
        let start = element.source_location().bytes().start;
        let inside = || before_end(&html[start..], name);
        let is_kept = match name {
            // An unclosed element would take the rest of the text along.
            _ if unclosed.contains(&name) => true,
            "label" => depth.get() == 0 && inside().is_some_and(has_checkbox),
            GROUP => depth.get() == 0 && !inside().is_some_and(has_control),
            _ => false,
        };
        if is_kept && name == GROUP {
            return Ok(element.set_tag_name("div")?);
        }
        if is_kept {
            element.remove_and_keep_content();
            return Ok(());
        }
        if depth.get() == 0 {
            removed.borrow_mut().push(name);
        }
        if let Some(handlers) = element.end_tag_handlers() {
            depth.set(depth.get() + 1);
            let depth = Rc::clone(&depth);
            handlers.push(end_tag!(move |_| {
                depth.set(depth.get().saturating_sub(1));
                Ok(())
            }));
        }
        element.remove();
        Ok(())
    };
    let input = |input: &mut Element<'_, '_>| {
        let kind = input.get_attribute("type").unwrap_or_default();
        let is_hidden = kind.eq_ignore_ascii_case("hidden");
        if kind.eq_ignore_ascii_case("checkbox") {
            return Ok(());
        }
        if depth.get() == 0 && !is_hidden {
            removed.borrow_mut().push("input");
        }
        input.remove();
        Ok(())
    };
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!(
            "form, button, select, textarea, label, datalist, fieldset",
            control
        ))
        .append_element_content_handler(element!("input", input));
    let rewritten = lol_html::rewrite_str(html, settings);
    for name in removed.into_inner() {
        *left_out.entry(name.into()).or_default() += 1;
    }
    rewritten.map_or_else(|_| html.into(), Cow::from)
}

fn has_checkbox(html: &str) -> bool {
    let mut places = memchr::memchr_iter(b'<', html.as_bytes());
    places.any(|at| {
        let rest = &html[at..];
        let kind = is_tag(rest, "<input")
            .then(|| find_attribute(rest, "type"))
            .flatten();
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("checkbox"))
    })
}

fn has_control(html: &str) -> bool {
    list_tags(html).any(|(name, _)| {
        let mut names = CONTROLS.iter().chain(&["input"]);
        names.any(|control| name.eq_ignore_ascii_case(control))
    })
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, remove_forms};

    #[test]
    fn a_form_is_left_out_with_what_stands_in_it() {
        for (html, expected, counted) in [
            (
                "a <form action=\"/x\"><h3>Sign up</h3><label for=m>Mail</label><input type=email id=m><button>Go</button></form> b",
                "a  b",
                &[("form", 1)][..],
            ),
            ("<FORM><FORM></FORM></Form>b", "b", &[("form", 1)]),
            (
                "<button>Go</button> <BUTTON>Up</BUTTON>",
                " ",
                &[("button", 2)],
            ),
            (
                "<label for=x>⊕</label><input type=checkbox id=x><span>note</span>",
                "<input type=checkbox id=x><span>note</span>",
                &[("label", 1)],
            ),
            (
                "<li><label><input type=\"checkbox\" disabled> Buy tea</label></li>",
                "<li><input type=\"checkbox\" disabled> Buy tea</li>",
                &[],
            ),
            (
                "<li><input type=checkbox> tea</li>",
                "<li><input type=checkbox> tea</li>",
                &[],
            ),
            ("<input type=hidden><input name=q>", "", &[("input", 1)]),
            (
                "<fieldset><legend>Tea</legend>Black.</fieldset>",
                "<div><legend>Tea</legend>Black.</div>",
                &[],
            ),
            (
                "<fieldset><legend>Size</legend><input type=radio>Big</fieldset>b",
                "b",
                &[("fieldset", 1)],
            ),
            (
                "<select><option>x</option></select><textarea><b>y</b></textarea>",
                "",
                &[("select", 1), ("textarea", 1)],
            ),
            // They have no end tag.
            ("<form><p>Long text.</p>", "<p>Long text.</p>", &[]),
            ("a <button>b", "a b", &[]),
            (
                "<p>label</p> &lt;form&gt;",
                "<p>label</p> &lt;form&gt;",
                &[],
            ),
            ("<labelled>x</labelled>", "<labelled>x</labelled>", &[]),
        ] {
            let mut left_out = LeftOut::new();
            assert_eq!(remove_forms(html, &mut left_out), expected, "{html}");
            let counted = counted.iter();
            let expected: LeftOut = counted.map(|(name, n)| ((*name).into(), *n)).collect();
            assert_eq!(left_out, expected, "{html}");
        }
    }
}
