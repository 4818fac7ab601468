//! Finds code in Markdown: braces in it are text.

use std::collections::HashSet;
use std::ops::Range;

use crate::post::body::shortcode::element::is_named;
use crate::post::body::shortcode::tag::{TagSyntax, Tags};
use crate::post::dialect::Syntax;

/// Decides which lines are indented so far that they are code: after an empty line, and in no list.
#[derive(Default)]
pub(super) struct Block {
    in_list: bool,
    in_text: bool,
}

impl Block {
    pub(super) fn is_code(&mut self, line: &str) -> bool {
        let trimmed = line.trim_start();
        if trimmed.is_empty() {
            self.in_text = false;
            return false;
        }
        let indented = line.starts_with("    ") || line.starts_with('\t');
        let number = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_item = trimmed.starts_with(['-', '*', '+']) && trimmed[1..].starts_with([' ', '\t'])
            || number.len() < trimmed.len() && number.starts_with(['.', ')']);
        if indented && !self.in_list && !self.in_text {
            return true;
        }
        if is_item {
            self.in_list = true;
        } else if !line.starts_with([' ', '\t']) && !self.in_text {
            self.in_list = false;
        }
        self.in_text = true;
        false
    }
}

/// Measures the fenced code that a text begins with, in bytes.
pub(in crate::post) fn measure_fence(text: &str) -> Option<usize> {
    let strip = |line: &str| -> usize {
        let mut rest = line.trim_start_matches([' ', '\t', '>']);
        for mark in ["- ", "* ", "+ "] {
            rest = rest
                .strip_prefix(mark)
                .unwrap_or(rest)
                .trim_start_matches(' ');
        }
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if number.len() < rest.len() && number.starts_with(". ") {
            rest = number[2..].trim_start_matches(' ');
        }
        line.len() - rest.len()
    };
    let first = &text[..text.find('\n').map_or(text.len(), |end| end + 1)];
    let opening = &first[strip(first)..];
    let mark = opening.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let run = opening.chars().take_while(|c| *c == mark).count();
    if run < 3 || mark == '`' && opening[run..].contains('`') {
        return None;
    }
    let mut length = first.len();
    for line in text[first.len()..].split_inclusive('\n') {
        length += line.len();
        let closing = line.trim_start_matches([' ', '\t', '>']).trim_end();
        if closing.len() >= run && closing.chars().all(|c| c == mark) {
            return Some(length);
        }
    }
    Some(text.len())
}

/// Facts about the code ahead, so that no text is searched twice in vain.
#[derive(Default)]
pub(in crate::post) struct Code {
    /// The end of the paragraph that was examined last.
    paragraph: usize,
    /// The lengths of runs of backticks that nothing closes in it.
    open: HashSet<usize>,
    /// The closing tags that do not occur any more.
    lost: Vec<&'static str>,
}

impl Code {
    /// Measures the code span at this run of backticks, which ends in the same paragraph.
    pub(in crate::post) fn measure_span(
        &mut self,
        text: &str,
        at: usize,
        run: usize,
    ) -> Option<usize> {
        if at >= self.paragraph {
            self.paragraph = text[at..].find("\n\n").map_or(text.len(), |end| at + end);
            self.open.clear();
        }
        if self.open.contains(&run) {
            return None;
        }
        let mut from = at + run;
        while let Some(found) = text.get(from..self.paragraph)?.find('`') {
            let start = from + found;
            let closing = text[start..]
                .bytes()
                .take_while(|byte| *byte == b'`')
                .count();
            from = start + closing;
            if closing == run {
                return Some(from - at);
            }
        }
        self.open.insert(run);
        None
    }

    /// Measures the element at the beginning of a text whose content is text: `<pre>`, `<code>`, a comment.
    pub(super) fn measure_verbatim(&mut self, text: &str) -> Option<usize> {
        const ELEMENTS: [(&str, &str); 4] = [
            ("<pre", "</pre>"),
            ("<code", "</code>"),
            ("<script", "</script>"),
            ("<!--", "-->"),
        ];
        let (_, close) = ELEMENTS.into_iter().find(|(open, _)| match *open {
            "<!--" => text.starts_with(open),
            _ => text.starts_with('<') && is_named(&text[1..], &open[1..]),
        })?;
        self.measure_up_to(text, close)
    }

    /// Measures the text up to the end of a closing tag.
    pub(in crate::post) fn measure_up_to(
        &mut self,
        text: &str,
        close: &'static str,
    ) -> Option<usize> {
        if self.lost.contains(&close) {
            return None;
        }
        let end = find_ignoring_case(text, close);
        if end.is_none() {
            self.lost.push(close);
        }
        end.map(|end| end + close.len())
    }
}

fn find_ignoring_case(text: &str, tag: &str) -> Option<usize> {
    let first = tag.as_bytes()[0];
    memchr::memchr_iter(first, text.as_bytes()).find(|at| {
        text.as_bytes()[*at..]
            .get(..tag.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(tag.as_bytes()))
    })
}

/// Code as its reader sees it: without `{% raw %}`, and with the escapes of shortcodes undone.
pub(super) fn unescape(tags: &Tags<'_>, code: Range<usize>, syntax: Syntax) -> String {
    let Range { start: mut at, end } = code;
    let mut shown = String::with_capacity(code.len());
    while let Some(found) = tags.text[at..end].find('{') {
        shown.push_str(&tags.text[at..at + found]);
        at += found;
        match tags.at(
            at,
            end,
            Syntax {
                outputs: true,
                ..syntax
            },
        ) {
            Some(tag) if tag.kind == TagSyntax::Escaped => {
                shown.push_str(
                    &tags.text[at..at + tag.length]
                        .replacen("/*", "", 1)
                        .replacen("*/", "", 1),
                );
                at += tag.length;
            }
            Some(tag)
                if tag.kind == TagSyntax::Liquid && matches!(tag.inner, "raw" | "verbatim") =>
            {
                at += tag.length;
            }
            _ => {
                shown.push('{');
                at += 1;
            }
        }
    }
    shown.push_str(&tags.text[at..end]);
    shown
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn an_element_of_text_ends_with_its_own_closing_tag() {
        for (text, length) in [
            ("<pre>a</pre> b", Some(12)),
            ("<PRE class=x>a</Pre> b", Some(20)),
            ("<code>a</CODE>", Some(14)),
            ("<!-- a --> b", Some(10)),
            ("<preview>a</pre>", None),
            ("<codeblock>a</code>", None),
            ("<pre>a", None),
        ] {
            assert_eq!(Code::default().measure_verbatim(text), length, "{text}");
        }
    }

    #[test]
    fn code_between_backticks_ends_in_its_paragraph() {
        let mut code = Code::default();
        let text = "`a` ``b` ``\n\n`c\n\n`";
        assert_eq!(code.measure_span(text, 0, 1), Some(3));
        assert_eq!(code.measure_span(text, 4, 2), Some(7));
        assert_eq!(code.measure_span(text, 13, 1), None);
        assert_eq!(code.measure_span(text, 17, 1), None);
    }
}
