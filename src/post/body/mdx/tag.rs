//! The tag of an element or a component of MDX, whose attributes may hold expressions.

use crate::post::body::mdx::known::KnownNames;
use crate::post::body::shortcode::HEADINGS;

/// The tag at the beginning of a text.
pub(super) struct MdxTag {
    /// The text before its `>`. Of `{…}` only a text is a value; otherwise the attribute is dropped.
    pub(super) written: String,
    /// How many lines were left out with it.
    pub(super) lines: usize,
    /// The position of its `>`.
    pub(super) end: usize,
    /// The attributes that were left out, each with its value.
    pub(super) lost: Vec<(String, String)>,
}

/// Attributes with something that readers see, in lower case, beside the headings.
const CONTENTS: [&str; 44] = [
    "alt",
    "answer",
    "attribution",
    "author",
    "authors",
    "body",
    "by",
    "cards",
    "cell",
    "cells",
    "children",
    "citation",
    "cite",
    "code",
    "content",
    "data",
    "definition",
    "description",
    "entries",
    "faqs",
    "features",
    "footer",
    "header",
    "headers",
    "href",
    "items",
    "labels",
    "lines",
    "links",
    "list",
    "message",
    "note",
    "question",
    "questions",
    "quote",
    "rows",
    "source",
    "src",
    "steps",
    "subtitle",
    "tabs",
    "term",
    "text",
    "to",
];

impl MdxTag {
    /// The attributes that were left out with something that readers would see.
    pub(super) fn lost_contents(&self) -> impl Iterator<Item = &(String, String)> {
        self.lost
            .iter()
            .filter(|(name, value)| has_content(name, value))
    }

    pub(super) fn read(text: &str, known: &KnownNames<'_>, search: &mut usize) -> Option<Self> {
        let mut tag = Self {
            written: "<".to_owned(),
            lines: 0,
            end: 1,
            lost: Vec::new(),
        };
        let is_whole = tag
            .go_to_end(&text[..text.floor_char_boundary(*search)], known, search)
            .is_some();
        *search = search.saturating_sub(tag.end);
        is_whole.then_some(tag)
    }

    fn go_to_end(&mut self, text: &str, known: &KnownNames<'_>, search: &mut usize) -> Option<()> {
        let mut quote = None;
        loop {
            let rest = text.get(self.end..)?;
            let c = rest.chars().next()?;
            match (quote, c) {
                (None, '>') => return Some(()),
                (None, '<') => return None,
                (None, '{') => {
                    let braced = &rest[..=find_balanced(rest, search, |c| c == '}')?];
                    self.end += braced.len();
                    self.lines += braced.matches('\n').count();
                    let inside = &braced[1..braced.len() - 1];
                    let value = parse_string(inside, true)
                        .or_else(|| known.find_value(inside))
                        .or_else(|| words_of(inside));
                    if let Some(value) = value.filter(|value| !value.contains(['\\', '\n'])) {
                        self.written
                            .push_str(&format!("\"{}\"", value.replace('"', "&quot;")));
                    } else {
                        let before = self
                            .written
                            .trim_end_matches('=')
                            .trim_end_matches(is_in_name)
                            .len();
                        let name = self.written[before..].trim_end_matches('=');
                        self.lost.push((name.to_owned(), braced.to_owned()));
                        self.written.truncate(before);
                    }
                    continue;
                }
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if c == open => quote = None,
                _ => {}
            }
            self.written.push(c);
            self.end += c.len_utf8();
        }
    }
}

/// The text of an expression, also within a call if permitted: `"a.png"`, `useUrl("/a.png")`.
pub(super) fn parse_string(expression: &str, may_call: bool) -> Option<&str> {
    let start = expression.find(['"', '\'', '`'])?;
    let before = expression[..start].trim();
    let (text, after) = expression[start + 1..].split_once(&expression[start..=start])?;
    let is_alone = before.is_empty() && after.trim().is_empty();
    let is_call = may_call && before.ends_with('(') && !before.starts_with(['{', '(']);
    ((is_alone || is_call) && !text.contains("${")).then_some(text)
}

/// The words that an element encloses which encloses nothing else: `<b>Fast</b>`.
fn words_of(expression: &str) -> Option<&str> {
    let (tag, rest) = expression.trim().strip_prefix('<')?.split_once('>')?;
    let (words, end) = rest.rsplit_once("</")?;
    let name = tag.split_ascii_whitespace().next().unwrap_or_default();
    let is_whole = end.strip_suffix('>') == Some(name) && !tag.contains(['<', '{']);
    let words = words.trim();
    (is_whole && !words.is_empty() && !words.contains(['<', '>', '{'])).then_some(words)
}

/// Whether an attribute whose value is an expression holds something that readers see: by its name, or by the sentences
/// or elements in it. Numbers, switches and functions hold nothing.
fn has_content(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let value = value.trim_start_matches('{').trim_end_matches('}').trim();
    let is_nothing = matches!(value, "" | "[]" | "true" | "false" | "null" | "undefined")
        || value.parse::<f64>().is_ok()
        || is_function(value);
    let is_about_looks = ["style", "class", "css", "sx", "srcset", "sizes"]
        .iter()
        .any(|part| name == *part || name.ends_with(part) || name.starts_with("class"));
    if is_nothing || is_about_looks {
        return false;
    }
    let is_content = HEADINGS.contains(&&*name) || CONTENTS.contains(&&*name);
    is_content || has_sentence(value)
}

/// Whether an expression is a function: `x => y`, `(x) => y`, `function () {}`.
fn is_function(expression: &str) -> bool {
    let head = expression.trim_start_matches("async ").trim_start();
    let parameters = head.split_once("=>").map(|(before, _)| before.trim());
    let is_arrow = parameters.is_some_and(|before| {
        before.starts_with('(') && before.ends_with(')')
            || before.chars().all(|c| c.is_alphanumeric() || c == '_')
    });
    is_arrow || head.starts_with("function")
}

/// Whether an expression quotes several words, or an element with words.
fn has_sentence(expression: &str) -> bool {
    let has_letter = |text: &str| text.contains(char::is_alphabetic);
    let quoted = expression.split(['"', '\'', '`']).skip(1).step_by(2);
    let words = |text: &str| {
        text.split_whitespace()
            .filter(|word| has_letter(word))
            .count()
    };
    let has_quote = quoted.into_iter().any(|text| words(text) > 1);
    let mut elements = expression.split('>').skip(1);
    has_quote
        || expression.contains("</")
            && elements.any(|after| has_letter(after.split('<').next().unwrap_or_default()))
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':')
}

/// Finds a character outside of all brackets.
pub(super) fn find_balanced(
    text: &str,
    search: &mut usize,
    is_end: impl Fn(char) -> bool,
) -> Option<usize> {
    let text = &text[..text.floor_char_boundary(*search)];
    let mut depth = 0_usize;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && is_end(c)).then_some(at)
    });
    *search -= end.unwrap_or(text.len());
    end
}
