//! Shortcodes and Liquid → Markdown and HTML: the common ones become plain HTML, no other is ever shown.

mod call;
mod code;
mod container;
mod element;
mod embed;
mod formula;
mod known;
mod liquid;
mod math;
mod meet;
mod scan;
mod tag;

use std::collections::HashMap;
use std::ops::Range;

use crate::post::body::links::Links;
use crate::post::body::marks::Marks;
use crate::post::body::shortcode::formula::Formulas;
use crate::post::body::shortcode::liquid::Variables;
use crate::post::body::shortcode::tag::{TagSyntax, Tags};
use crate::post::dialect::Syntax;
use crate::post::dialect::math::Delimiters;

pub(super) use crate::post::body::shortcode::call::Call;
pub(super) use crate::post::body::shortcode::code::{Code, measure_fence};
pub(super) use crate::post::body::shortcode::known::{HEADINGS, Meaning, find_meaning};
pub(super) use crate::post::body::shortcode::liquid::TIME;

#[derive(Debug, Clone, Copy)]
pub(super) struct ShortcodeText<'a> {
    pub(super) text: &'a str,
    pub(super) syntax: Syntax,
    /// The delimiters of TeX in it, the longest first.
    pub(super) math: &'a [Delimiters],
    /// Whether it is HTML, where no indent and no backtick makes code.
    pub(super) is_html: bool,
    /// Whether the end of the summary is marked already.
    pub(super) is_marked: bool,
    pub(super) marks: Marks,
}

/// A text without shortcodes.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    /// Markdown, with a mark wherever HTML belongs that Markdown must not touch.
    pub(super) text: String,
    /// The HTML of each mark.
    pub(super) slots: Vec<String>,
    /// Everything that was left out: its line, from 0, and its words.
    pub(super) dropped: Vec<(usize, String)>,
    /// The formulas that stay TeX: the line, from 0, the TeX, and why.
    pub(super) unread: Vec<(usize, String, String)>,
}

/// The line, from 0, at which a text has grown beyond its budget.
#[derive(Debug)]
pub(super) struct Grown(pub(super) usize);

/// Expands every shortcode of a text in which these slots are marked already.
///
/// # Errors
/// If the text grows beyond its budget.
pub(super) fn expand(
    source: ShortcodeText<'_>,
    links: &Links<'_>,
    variables: HashMap<String, String>,
    slots: Vec<String>,
) -> Result<Expanded, Grown> {
    let ShortcodeText {
        text,
        syntax,
        math,
        is_html,
        is_marked,
        marks,
    } = source;
    let mut expander = Expander {
        text,
        syntax,
        links,
        variables: Variables {
            links,
            known: variables,
        },
        done: Expanded {
            text: String::with_capacity(text.len()),
            slots,
            ..Expanded::default()
        },
        is_html,
        is_marked,
        marks,
        tags: Tags::new(text),
        formulas: Formulas::new(math),
        seen: Code::default(),
        open: Vec::new(),
        captured: HashMap::new(),
        containers: Vec::new(),
        lines: None,
        over: None,
        lost: Vec::new(),
        search: text.len().saturating_mul(4).saturating_add(1 << 16),
    };
    expander.run();
    match expander.over {
        Some(place) => Err(Grown(expander.find_line(place))),
        None => Ok(expander.done),
    }
}

struct Expander<'a> {
    text: &'a str,
    syntax: Syntax,
    links: &'a Links<'a>,
    variables: Variables<'a>,
    done: Expanded,
    is_html: bool,
    is_marked: bool,
    marks: Marks,
    tags: Tags<'a>,
    /// Facts about the formulas ahead.
    formulas: Formulas<'a>,
    /// Facts about the code ahead.
    seen: Code,
    /// The open elements: where each ends, where the text goes on after it, and the HTML that closes it.
    open: Vec<(usize, usize, String)>,
    /// The captured texts, by name.
    captured: HashMap<String, Range<usize>>,
    /// The HTML that closes each container that is open.
    containers: Vec<&'static str>,
    /// The ends of all lines, once a line was asked for.
    lines: Option<Vec<usize>>,
    /// The place where the text grew beyond its budget.
    over: Option<usize>,
    /// The tags that are opened and never closed.
    lost: Vec<(TagSyntax, String)>,
    /// How many bytes may still be searched for closing tags: many unclosed tags must not take quadratic time.
    search: usize,
}

impl Expander<'_> {
    /// Writes HTML in the middle of a line.
    fn put_html(&mut self, html: &str) {
        let mark = self.marks.slot(self.done.slots.len());
        self.done.text.push_str(&mark);
        self.links.budget.take(html.len());
        self.done.slots.push(html.to_owned());
    }

    /// Writes HTML between paragraphs, indented like its line.
    fn put_block(&mut self, html: &str) {
        let line = self.done.text.rfind('\n').map_or(0, |end| end + 1);
        let line = &self.done.text[line..];
        let indent: String = line
            .chars()
            .take_while(|c| matches!(c, ' ' | '>'))
            .collect();
        let gap = format!("\n{}\n{indent}", indent.trim_end());
        self.done.text.push_str(&gap);
        self.put_html(html);
        self.done.text.push_str(&gap);
    }

    /// Writes an absolute address; a home page before it is dropped: `{{ site.baseurl }}{% post_url … %}`.
    fn put_address(&mut self, url: &url::Url) {
        let home = self.links.home.as_str().trim_end_matches('/');
        let path = self.links.home.path().trim_end_matches('/');
        let origin = &home[..home.len() - path.len()];
        for said in [home, origin, path]
            .into_iter()
            .filter(|said| !said.is_empty())
        {
            let written = self.done.text.trim_end_matches('/');
            if let Some(before) = written.strip_suffix(said)
                && before.ends_with(['(', '"', '\'', '<', '=', ' ', '\n'])
            {
                self.done.text.truncate(before.len());
                break;
            }
        }
        self.done.text.push_str(
            &url.as_str()
                .replace('(', "%28")
                .replace(')', "%29")
                .replace(' ', "%20"),
        );
    }

    /// Finds the line of a position, from 0.
    fn find_line(&mut self, at: usize) -> usize {
        let text = self.text.as_bytes();
        let ends = || memchr::memchr_iter(b'\n', text).collect();
        let lines = self.lines.get_or_insert_with(ends);
        lines.partition_point(|end| *end < at)
    }

    fn drop_tag(&mut self, at: usize, what: &str) {
        let line = self.find_line(at);
        let what: String = what
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(60)
            .collect();
        self.done.dropped.push((line, what));
    }
}
