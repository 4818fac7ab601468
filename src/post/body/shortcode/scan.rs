//! From one sign that means something to the next: code, comments, lines and attributes; shortcodes are met elsewhere.

use crate::post::body::shortcode::Expander;
use crate::post::body::shortcode::code::{Block, measure_fence, unescape};
use crate::post::body::shortcode::element::Element;
use crate::post::body::shortcode::known::capitalise;
use crate::post::body::shortcode::tag::{ShortcodeTag, TagSyntax};

/// The most bytes of kramdown's attributes.
const LONGEST_ATTRIBUTES: usize = 500;

impl Expander<'_> {
    pub(super) fn run(&mut self) {
        let text = self.text;
        let mut at = 0;
        let mut block = Block::default();
        while at < text.len() {
            if let Some((_, after, html)) = self.open.pop_if(|(end, _, _)| at >= *end) {
                self.put_block(&html);
                at = after.max(at);
                continue;
            }
            let rest = &text[at..];
            if self.syntax.kramdown
                && rest.starts_with("{::comment}")
                && let Some(length) = self.seen.measure_up_to(rest, "{:/")
            {
                at += rest[length..]
                    .find('}')
                    .map_or(rest.len(), |end| length + end + 1);
                continue;
            }
            let is_line_start = at == 0 || text[..at].ends_with('\n');
            if is_line_start && !self.is_html {
                let line = &rest[..rest.find('\n').map_or(rest.len(), |end| end + 1)];
                if let Some(length) = measure_fence(rest) {
                    at = self.copy_code(at, length);
                    continue;
                }
                if block.is_code(line) {
                    let indent = line.len() - line.trim_start().len();
                    let is_tag = self.tags.at(at + indent, text.len(), self.syntax);
                    let is_tag = is_tag.is_some_and(|tag| self.is_everywhere(&tag));
                    at = if is_tag {
                        at + indent
                    } else {
                        self.copy_code(at, line.len())
                    };
                    continue;
                }
                if self.take_line(line) {
                    at += line.len();
                    continue;
                }
                if let Some(colon) = self.find_plain_colon(line) {
                    self.done.text.push_str(&line[..colon]);
                    self.done.text.push_str("&#58;");
                    at += colon + 1;
                    continue;
                }
            }
            if rest.starts_with('<')
                && let Some(inside) = self.enter_element(at)
            {
                at = inside;
                continue;
            }
            if let Some(after) = self.show_formula(at) {
                at = after;
                continue;
            }
            at = match rest.as_bytes()[0] {
                b'`' if !self.is_html => {
                    let run = rest.bytes().take_while(|byte| *byte == b'`').count();
                    let length = self.seen.measure_span(text, at, run).unwrap_or(run);
                    self.copy_code(at, length)
                }
                b'<' => match self.seen.measure_verbatim(rest) {
                    Some(length) if !self.is_marked && is_more(&rest[..length]) => {
                        self.is_marked = true;
                        self.done.text.push_str(&self.marks.more());
                        at + length
                    }
                    Some(length) => self.copy_code(at, length),
                    None => self.copy(at, 1),
                },
                b'{' => match self.tags.at(at, text.len(), self.syntax) {
                    Some(tag) => self.take_tag(at, tag),
                    None => self.skip_attributes(at),
                },
                b'%' if self.syntax.wiki && rest.starts_with("%%") => match rest[2..].find("%%") {
                    Some(length) => at + length + 4,
                    None => self.copy(at, 2),
                },
                b'$' if self.syntax.kramdown => self.copy_formula(at),
                b'\n' => self.copy(at, 1),
                _ => self.copy(at, self.measure_plain(at)),
            };
        }
        while let Some((_, _, html)) = self.open.pop() {
            self.put_block(&html);
        }
        while let Some(html) = self.containers.pop() {
            self.put_block(html);
        }
    }

    /// Copies bytes, never past the end of an open element.
    pub(super) fn copy(&mut self, at: usize, length: usize) -> usize {
        let mut end = at + length;
        if let Some((close, _, _)) = self.open.last() {
            end = end.min(*close).max(at);
        }
        self.done.text.push_str(&self.text[at..end]);
        end
    }

    /// Copies code: braces in it are text, but the marks that tell the generator so are left out.
    fn copy_code(&mut self, at: usize, length: usize) -> usize {
        let mut end = at + length;
        if let Some((close, _, _)) = self.open.last() {
            end = end.min(*close).max(at);
        }
        let (mut from, mut search) = (at, at);
        while let Some(found) = self.text.get(search..end).and_then(|code| code.find("{{")) {
            search += found;
            match self
                .tags
                .at(search, end, self.syntax)
                .filter(|tag| self.is_everywhere(tag))
            {
                Some(tag) => {
                    self.done
                        .text
                        .push_str(&unescape(&self.tags, from..search, self.syntax));
                    from = self.take_tag(search, tag);
                    search = from;
                }
                None => search += 1,
            }
        }
        if from < end {
            self.done
                .text
                .push_str(&unescape(&self.tags, from..end, self.syntax));
        }
        end.max(from)
    }

    /// Whether a tag means something in code too: Hugo reads its own before it reads any Markdown.
    fn is_everywhere(&self, tag: &ShortcodeTag<'_>) -> bool {
        tag.kind == TagSyntax::Hugo && !self.syntax.doubt
    }

    /// Replaces a line that means something as a whole. Returns whether it was one.
    fn take_line(&mut self, line: &str) -> bool {
        let trimmed = line.trim();
        let attributes = trimmed.starts_with("{:") && trimmed.ends_with('}');
        if self.syntax.kramdown
            && (attributes || trimmed.starts_with("{::") && trimmed.ends_with("/}"))
        {
            // `{:toc}` takes the place of the list above it.
            if trimmed[2..].trim_start().starts_with("toc") {
                let kept = self
                    .done
                    .text
                    .trim_end()
                    .rfind('\n')
                    .map_or(0, |end| end + 1);
                self.done.text.truncate(kept);
            }
            self.name_heading(trimmed);
            self.done.text.push('\n');
            return true;
        }
        if self.take_container(line) {
            return true;
        }
        // A separator between two lists.
        if self.syntax.kramdown && trimmed == "^" {
            self.put_block("");
            return true;
        }
        // An abbreviation, which readers would see on hover.
        if self.syntax.markdown_in_html && trimmed.starts_with("*[") && trimmed.contains("]:") {
            self.done.text.push('\n');
            return true;
        }
        // The attributes of the block above.
        if self.syntax.hugo
            && trimmed.ends_with('}')
            && (trimmed.starts_with("{.") || trimmed.starts_with("{#"))
        {
            self.done.text.push('\n');
            return true;
        }
        if matches!(trimmed, "[TOC]" | "[[toc]]" | "[[TOC]]" | "[toc]") {
            self.done.text.push('\n');
            return true;
        }
        // A callout: `> [!note] Title`. The title stays, in bold.
        let quote = line.len() - line.trim_start_matches([' ', '>']).len();
        if let Some((kind, title)) = line[quote..]
            .strip_prefix("[!")
            .and_then(|rest| rest.split_once(']'))
            && line[..quote].contains('>')
            && kind
                .split('|')
                .next()
                .is_some_and(|kind| kind.chars().all(|c| c.is_alphanumeric() || c == '-'))
        {
            let title = title.trim_start_matches(['+', '-']).trim();
            let kind = kind.split('|').next().unwrap_or_default().to_lowercase();
            let words = if title.is_empty() {
                capitalise(&kind)
            } else {
                title.to_owned()
            };
            self.done.text.push_str(&format!(
                "{}**{words}**\n{}\n",
                &line[..quote],
                line[..quote].trim_end()
            ));
            return true;
        }
        false
    }

    /// Takes kramdown's attributes of the heading that was written last as its name: `{: #tea}`.
    fn name_heading(&mut self, attributes: &str) {
        let Some(id) = attributes
            .split(|c: char| c.is_whitespace() || "{}:".contains(c))
            .find_map(|word| word.strip_prefix('#'))
            .filter(|id| !id.is_empty())
        else {
            return;
        };
        // No further back than to the second line break: each of many such lines would look through all before it.
        let above = self.done.text.trim_end_matches(' ');
        let written = above.strip_suffix('\n').unwrap_or(above);
        let written = written.trim_end_matches(' ');
        if written.ends_with('\n') {
            return;
        }
        let start = written.rfind('\n').map_or(0, |end| end + 1);
        let is_rule = |line: &str| {
            let line = line.trim();
            !line.is_empty()
                && ["=", "-"]
                    .iter()
                    .any(|rule| line.replace(rule, "").is_empty())
        };
        // The line of words if a rule below it makes the heading.
        let end = match is_rule(&written[start..]) {
            true => start.saturating_sub(1),
            false => written.len(),
        };
        let line = written[..end].rfind('\n').map_or(0, |before| before + 1);
        let words = &written[line..end];
        let is_heading = match end < written.len() {
            true => !words.trim().is_empty(),
            false => words.trim_start_matches('#').starts_with(' ') && words.starts_with('#'),
        };
        if !is_heading {
            return;
        }
        self.done.text.insert_str(end, &format!(" {{#{id}}}"));
    }

    /// Finds the colon at the beginning of a line, if it begins no definition (a space follows) and no alignment of a
    /// table (a dash follows).
    fn find_plain_colon(&self, line: &str) -> Option<usize> {
        let colon = line.len() - line.trim_start_matches([' ', '\t', '>']).len();
        let after = line[colon..]
            .strip_prefix(':')
            .filter(|_| self.syntax.definitions)?;
        (!after.starts_with(|c: char| c.is_whitespace() || c == '-')).then_some(colon)
    }

    /// Enters an element with Markdown content. Returns where the content begins.
    fn enter_element(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let element =
            Element::read(rest).filter(|_| self.syntax.markdown_in_html && !self.is_html)?;
        let end = element.end(rest, &mut self.search)?;
        if self
            .open
            .last()
            .is_some_and(|(close, _, _)| at + end.end > *close)
        {
            return None;
        }
        self.put_block(&element.opening);
        self.open
            .push((at + end.start, at + end.end, element.closing()));
        Some(at + element.length)
    }

    /// Skips kramdown's attributes; any other brace that begins no tag is text.
    fn skip_attributes(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        if self.syntax.kramdown
            && (rest.starts_with("{:") || rest.starts_with("{::") || rest.starts_with("{:/"))
        {
            let end = measure_attributes(&rest[..rest.floor_char_boundary(LONGEST_ATTRIBUTES)]);
            // Attributes follow `[a](b)`, `*a*` or a picture; a brace in a sentence is text.
            if let Some(end) = end.filter(|_| {
                self.done
                    .text
                    .ends_with([')', '*', '_', '`', ']', '>', ' ', '\n', '}'])
            }) {
                if rest[end..].trim_start_matches(' ').starts_with('\n') {
                    self.name_heading(&rest[..end]);
                }
                return at + end;
            }
        }
        self.copy(at, self.measure_plain(at))
    }

    /// Measures the bytes that may be copied at once: the first character, and the rest up to one that may begin
    /// something.
    fn measure_plain(&self, at: usize) -> usize {
        let text = &self.text[at..];
        let first = text.chars().next().map_or(0, char::len_utf8);
        let next = match self.tags.is_over(at) {
            true => text[first..].find(['\n', '`', '<', '%', '$']),
            false => text[first..].find(['\n', '`', '<', '{', '%', '$']),
        };
        let end = next.map_or(text.len(), |next| first + next);
        let before_formula = self.formulas.find_sign(&text[first..end]);
        before_formula.map_or(end, |next| first + next)
    }
}

/// Measures kramdown's attributes at the beginning of a text. A tag of Liquid in them has braces of its own.
fn measure_attributes(text: &str) -> Option<usize> {
    let mut at = "{:".len();
    loop {
        at += text[at..].find(['}', '\n', '{'])?;
        let rest = &text[at..];
        if rest.starts_with('}') {
            return Some(at + 1);
        }
        if !rest.starts_with("{{") {
            return None;
        }
        at += rest.find("}}")? + 2;
    }
}

/// Whether a comment is the mark that ends the summary, however it is spaced and cased.
fn is_more(comment: &str) -> bool {
    let inner = comment
        .strip_prefix("<!--")
        .and_then(|rest| rest.strip_suffix("-->"));
    let word = inner.map(|inner| inner.trim().trim_matches('-').trim());
    let known = [
        "more",
        "readmore",
        "read more",
        "excerpt",
        "truncate",
        "teaser_end",
    ];
    word.is_some_and(|word| known.iter().any(|known| word.eq_ignore_ascii_case(known)))
}
