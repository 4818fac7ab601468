//! Lines no wider than a letter's, broken between words and never within one.

use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthChar;

use crate::digest::text::marks::CODE;

/// Width of the text part, in columns.
pub(in crate::digest) const WIDTH: usize = 72;
/// Begins a signature; the trailing space belongs to it (RFC 3676 4.3).
const SIGNATURE: &str = "-- ";

/// Breaks one line of words to `width` columns. `first` precedes the first line, `next` each further line.
pub(super) fn wrap(words: &str, first: &str, next: &str, width: usize) -> Vec<String> {
    let options = Options::new(width)
        .break_words(false)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .word_separator(WordSeparator::Custom(split_breakable))
        .word_splitter(WordSplitter::NoHyphenation)
        .initial_indent(first)
        .subsequent_indent(next);
    let lines = textwrap::wrap(words, options);
    lines
        .into_iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Breaks a whole letter to [`WIDTH`] columns, except code and words that are longer. Keeps one of several empty lines.
pub(in crate::digest) fn wrap_text(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if let Some((before, code)) = line.split_once(CODE) {
            lines.push(format!("{before}{code}").trim_end().to_owned());
            continue;
        }
        if line == SIGNATURE {
            lines.push(line.to_owned());
            continue;
        }
        let line = line.trim_end();
        if line.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        let (first, words) = split_marks(line);
        // Each line of a quote has its mark; what follows a list's has its width.
        let next: String = first
            .chars()
            .map(|c| if c == '>' { '>' } else { ' ' })
            .collect();
        lines.extend(wrap(words, first, &next, WIDTH));
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// The spaces and the marks of quotes and a list that a line begins with, and its words.
fn split_marks(line: &str) -> (&str, &str) {
    let mut words = line.trim_start_matches(' ');
    while let Some(rest) = words.strip_prefix("> ") {
        words = rest.trim_start_matches(' ');
    }
    words = words.strip_prefix("- ").unwrap_or(words);
    line.split_at(line.len() - words.len())
}

/// Splits a line where it may break: after spaces, and between characters of a script without spaces. No line breaks
/// before an address, which stays beside its number.
fn split_breakable(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    const NEVER_FIRST: &str = "、。，．！？：；）］｝」』】〉》〕々ー…";
    const NEVER_LAST: &str = "（［｛「『【〈《〔";
    let is_wide = |c: char| c.width() == Some(2);
    let is_address = |rest: &str| {
        rest.split(' ')
            .next()
            .is_some_and(|word| word.contains("://"))
    };
    let mut words = Vec::new();
    let (mut start, mut before) = (0, None);
    for (at, c) in line.char_indices() {
        let breaks = match before {
            Some(' ') => c != ' ' && !is_address(&line[at..]),
            Some(one) => {
                is_wide(one) && is_wide(c) && !NEVER_LAST.contains(one) && !NEVER_FIRST.contains(c)
            }
            None => false,
        };
        if breaks {
            words.push(Word::from(&line[start..at]));
            start = at;
        }
        before = Some(c);
    }
    words.push(Word::from(&line[start..]));
    Box::new(words.into_iter())
}

#[cfg(test)]
mod tests {
    use super::wrap_text;
    use crate::digest::text::CODE;

    #[test]
    fn a_letter_is_72_wide_and_breaks_neither_code_nor_addresses() {
        let (words, long) = ("word ".repeat(20), "x".repeat(100));
        let (words, tea) = (words.trim(), "茶".repeat(50));
        let first = "word ".repeat(14);
        for (text, expected) in [
            (
                words,
                format!("{}\n{}", first.trim(), "word ".repeat(6).trim()),
            ),
            (
                &format!("{CODE}    {words} \n{CODE}\n{CODE}\n>{CODE}  {long}"),
                format!("    {words}\n\n\n>  {long}"),
            ),
            ("a\n\n \n\nb\n\n", "a\n\nb".to_owned()),
            (&tea, format!("{}\n{}", "茶".repeat(36), "茶".repeat(14))),
            (
                &format!("{}。」tea", "茶".repeat(36)),
                format!("{}\n茶。」tea", "茶".repeat(35)),
            ),
            (
                &format!("[1] https://x.example/{long}"),
                format!("[1] https://x.example/{long}"),
            ),
            (&format!("a {long} b"), format!("a\n{long}\nb")),
            (
                &format!("> > see {long} b\n- see {long} b\n-> {long}"),
                format!("> > see\n> > {long}\n> > b\n- see\n  {long}\n  b\n->\n{long}"),
            ),
            (
                &format!("> quote https://x.example/{long}"),
                format!("> quote https://x.example/{long}"),
            ),
            ("a\n-- \nb \n", "a\n-- \nb".to_owned()),
        ] {
            assert_eq!(wrap_text(text), expected + "\n", "{text}");
        }
    }
}
