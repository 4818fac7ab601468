//! Formulas in a text become MathML.

use crate::html::{escape, unescape};
use crate::post::body::shortcode::Expander;
use crate::post::body::tex::to_mathml;
use crate::post::dialect::math::FormulaPlace;

impl Expander<'_> {
    /// Shows the formula that begins here. Returns where the text goes on; `None` if there is no formula.
    pub(super) fn show_formula(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let rest = &text[at..];
        if !self.formulas.may_begin(rest) {
            return None;
        }
        let found = self.formulas.find(text, at);
        if let Some((pair, end)) = found.filter(|_| !self.formulas.is_in_tag(text, at)) {
            let tex = &text[at + pair.open.len()..end];
            let after = end + pair.close.len();
            let is_open = |(close, _, _): &(usize, usize, String)| after > *close;
            if !self.open.last().is_some_and(is_open) && !self.has_tag(tex) {
                let is_block = match pair.place {
                    FormulaPlace::Line => false,
                    FormulaPlace::Block => true,
                    FormulaPlace::ByLines => is_alone(&text[..at], &text[after..]),
                };
                self.show_tex(at, &strip_quote(text, at, tex), is_block);
                return Some(after);
            }
        }
        // A backslash hides the next character.
        let hides = rest.starts_with("\\\\") || rest.starts_with("\\$");
        hides.then(|| self.copy(at, 2))
    }

    fn show_tex(&mut self, at: usize, tex: &str, is_block: bool) {
        let tex = unescape(tex);
        let tex = tex.trim();
        match to_mathml(tex, is_block) {
            Ok(formula) => self.put_html(&formula),
            Err(why) => {
                let line = self.find_line(at);
                self.done
                    .unread
                    .push((line, tex.to_owned(), why.to_string()));
                self.put_html(&format!("<code>{}</code>", escape(tex)));
            }
        }
    }

    /// Whether apparent TeX contains a tag of the generator's, which is read before any formula.
    fn has_tag(&self, tex: &str) -> bool {
        let syntax = self.syntax;
        let is_template = syntax.outputs || syntax.tags || syntax.zola;
        let marks: &[&str] = match (syntax.doubt, is_template) {
            (false, true) => &["{{", "{%"],
            _ => &["{{<", "{{%"],
        };
        marks.iter().any(|mark| tex.contains(mark))
    }

    /// Copies what kramdown would read as a formula, `$$a_1$$`, so that nothing in it is Markdown.
    pub(super) fn copy_formula(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let inside = rest
            .strip_prefix("$$")
            .and_then(|rest| rest.find("$$").map(|length| &rest[..length]));
        let Some(inside) =
            inside.filter(|inside| !inside.contains("{{") && !inside.contains("\n\n"))
        else {
            return self.copy(at, 1);
        };
        let after = at + inside.len() + 4;
        if self.open.last().is_some_and(|(close, _, _)| after > *close) {
            return self.copy(at, 2);
        }
        let formula = escape(&self.text[at..after]);
        let is_alone = self.done.text.ends_with('\n')
            && self.text[after..]
                .trim_start_matches(' ')
                .starts_with(['\n']);
        self.put_html(&if is_alone {
            format!("<p>{formula}</p>")
        } else {
            formula
        });
        after
    }
}

/// Whether nothing else is on the lines between these, and empty lines are around them.
fn is_alone(before: &str, after: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '>']);
    let after = after.trim_start_matches([' ', '\t', '\r']);
    let is_first = before.is_empty() || before.ends_with("\n\n") || before.ends_with("\n\r\n");
    let is_last = after.is_empty() || {
        let below = after
            .strip_prefix('\n')
            .map(|rest| rest.trim_start_matches([' ', '\t', '\r', '>']));
        below.is_some_and(|below| below.is_empty() || below.starts_with('\n'))
    };
    is_first && is_last
}

/// TeX without the marks of its quote.
fn strip_quote(text: &str, at: usize, tex: &str) -> String {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    if !tex.contains('\n') || !text[line..at].trim_start().starts_with('>') {
        return tex.to_owned();
    }
    let lines = tex.lines().map(|line| line.trim_start_matches([' ', '>']));
    lines.collect::<Vec<_>>().join("\n")
}
