//! Marked text → lines of a width: headings, code, quotes, lists and tables.

use unicode_width::UnicodeWidthStr;

use crate::digest::text::marks::{CELL, CODE, GAP, HEADING, NAME, ROW, TABLE, TABLE_END};
use crate::digest::text::{table, wrap};
use crate::html::unescape;

/// Breaks lines to `width` columns, underlines headings, indents code, lays out tables and removes the marks.
pub(super) fn lay_out(lines: &[&str], blocks: &[String], width: usize) -> Vec<String> {
    let mut laid = Vec::new();
    let mut is_after_gap = false;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let prefix = Prefix::parse(line);
        let words = &line[prefix.length..];
        let is_gap = words.strip_prefix(GAP).is_some_and(str::is_empty);
        // Keep one of the two empty lines around a gap.
        let is_doubled = is_after_gap && words.trim().is_empty();
        is_after_gap = is_gap;
        if is_gap || is_doubled {
            if is_gap && prefix.is_item {
                laid.push(prefix.first.clone());
            }
            continue;
        }
        let room = width.saturating_sub(prefix.next.width());
        if words.starts_with(TABLE) {
            let rest = &lines[at..];
            let length = rest.iter().position(|line| line.contains(TABLE_END));
            let inner: Vec<&str> = rest[..length.unwrap_or(rest.len())]
                .iter()
                .map(|line| prefix.strip(line))
                .collect();
            at += length.map_or(rest.len(), |length| length + 1);
            let table = lay_out_marked(&inner, blocks, room);
            laid.extend(prefix.prepend_to(table));
        } else if let Some(code) = find_code(words, blocks) {
            laid.extend(prefix.prepend_to(code));
        } else if let Some(heading) = words.strip_prefix(HEADING) {
            let mut heading = wrap::wrap(heading.trim(), "", "", room);
            let rule = heading.iter().map(|line| line.width()).max();
            heading.push("-".repeat(rule.unwrap_or_default()));
            laid.extend(prefix.prepend_to(heading));
        } else {
            laid.extend(wrap::wrap(words, &prefix.first, &prefix.next, width));
        }
    }
    laid
}

/// Lays out a marked table below its caption.
fn lay_out_marked(lines: &[&str], blocks: &[String], width: usize) -> Vec<String> {
    let mut rows: Vec<Vec<table::Cell<'_>>> = Vec::new();
    let mut caption = Vec::new();
    for line in lines {
        let words = line.trim();
        if words.starts_with(ROW) {
            rows.push(Vec::new());
        } else if words.starts_with([CELL, NAME]) {
            let cell = table::Cell {
                lines: Vec::new(),
                is_name: words.starts_with(NAME),
            };
            match rows.last_mut() {
                Some(row) => row.push(cell),
                None => rows.push(vec![cell]),
            }
        } else if let Some(cell) = rows.last_mut().and_then(|row| row.last_mut()) {
            if !words.is_empty() || !cell.lines.is_empty() {
                cell.lines.push(line);
            }
        } else if !words.is_empty() {
            caption.push(*line);
        }
    }
    for cell in rows.iter_mut().flatten() {
        while cell.lines.last().is_some_and(|line| line.trim().is_empty()) {
            cell.lines.pop();
        }
    }
    rows.retain(|row| row.iter().any(|cell| !cell.lines.is_empty()));
    let cell = |lines: &[&str], width: usize| {
        let laid = lay_out(lines, blocks, width);
        laid.iter()
            .map(|line| line.replace(CODE, "").trim_end().to_owned())
            .collect()
    };
    let mut laid = lay_out(&caption, blocks, width);
    if !laid.is_empty() {
        laid.push(String::new());
    }
    laid.extend(table::lay_out_table(&rows, width, &cell));
    laid
}

/// Returns the lines of a block of code if `words` are its number.
fn find_code(words: &str, blocks: &[String]) -> Option<Vec<String>> {
    let number = words.strip_prefix(CODE)?.trim_end().strip_suffix(CODE)?;
    let block = unescape(blocks.get(number.parse::<usize>().ok()?)?);
    let code = block.trim_end().trim_start_matches('\n');
    Some(
        code.lines()
            .map(|line| format!("{CODE}    {line}"))
            .collect(),
    )
}

/// The markers of quotes and list items before the words of a line.
#[derive(Debug, Default)]
struct Prefix {
    /// Precedes the first line.
    first: String,
    /// Precedes each further line.
    next: String,
    /// Its length in the marked line, in bytes.
    length: usize,
    /// Whether a list item begins here.
    is_item: bool,
}

impl Prefix {
    /// Words that happen to begin with such a marker are mistaken for a quote or an item; this only affects line breaks.
    fn parse(line: &str) -> Self {
        let mut prefix = Self::default();
        loop {
            let rest = &line[prefix.length..];
            let marker = rest.split(' ').next().unwrap_or_default();
            if rest.starts_with(' ') {
                prefix.push(" ", " ");
            } else if marker == ">" {
                prefix.push(&rest[..rest.len().min(2)], "> ");
            } else if is_item(marker) && rest.len() > marker.len() {
                prefix.push(&rest[..=marker.len()], &" ".repeat(marker.len() + 1));
                prefix.is_item = true;
            } else {
                return prefix;
            }
        }
    }

    fn push(&mut self, first: &str, next: &str) {
        self.first.push_str(first);
        self.next.push_str(next);
        self.length += first.len();
    }

    /// Removes the prefix from a further line of the same block.
    fn strip<'a>(&self, line: &'a str) -> &'a str {
        let mut rest = line;
        for _ in 0..self.next.chars().count() {
            let Some(shorter) = rest.strip_prefix(['>', ' ']) else {
                break;
            };
            rest = shorter;
        }
        rest
    }

    /// Puts the prefix before each line.
    fn prepend_to(&self, lines: Vec<String>) -> impl Iterator<Item = String> + '_ {
        lines.into_iter().enumerate().map(|(at, line)| {
            let prefix = if at == 0 { &self.first } else { &self.next };
            let whole = format!("{prefix}{line}");
            if line.contains(CODE) {
                whole
            } else {
                whole.trim_end().to_owned()
            }
        })
    }
}

/// Whether this is the marker of a list item: a dash, or a number and a dot.
fn is_item(text: &str) -> bool {
    let number = text.strip_suffix('.').unwrap_or_default();
    text == "-"
        || !number.is_empty()
            && number
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
}
