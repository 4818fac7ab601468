//! Shortcodes and Liquid → Markdown and HTML: the common ones become plain HTML, no other is ever shown.

mod call;
mod known;
mod liquid;
mod tag;

use std::collections::HashMap;
use std::ops::Range;

use crate::post::dialect::Syntax;
use crate::post::html::{MORE, SLOT, escape};
use crate::post::links::Links;
use crate::post::shortcode::call::Call;
use crate::post::shortcode::known::{Meaning, meaning};
use crate::post::shortcode::liquid::Variables;
use crate::post::shortcode::tag::{Kind, Tag};

/// A text without shortcodes.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    /// Markdown, with a mark wherever HTML belongs that Markdown must not touch.
    pub(super) text: String,
    /// The HTML of each mark.
    pub(super) slots: Vec<String>,
    /// What was left out: the line, from 0, and what it was.
    pub(super) dropped: Vec<(usize, String)>,
}

/// Tags of Liquid that show nothing themselves.
const SILENT: [&str; 21] = [
    "if",
    "elsif",
    "else",
    "unless",
    "when",
    "assign",
    "set",
    "from",
    "import",
    "break",
    "continue",
    "cycle",
    "increment",
    "decrement",
    "liquid",
    "extends",
    "block",
    "macro",
    "endraw",
    "feed_meta",
    "seo",
];

/// Expands every shortcode of a text.
pub(super) fn expand(text: &str, syntax: Syntax, links: &Links<'_>, variables: &HashMap<String, String>) -> Expanded {
    let mut expander = Expander {
        text,
        syntax,
        links,
        variables: Variables { links, known: variables.clone() },
        done: Expanded { text: String::with_capacity(text.len()), ..Expanded::default() },
        open: Vec::new(),
        lines: (0, 0),
        lost: Vec::new(),
        search: text.len().saturating_mul(4).saturating_add(1 << 16),
    };
    expander.run();
    expander.done
}

struct Expander<'a> {
    text: &'a str,
    syntax: Syntax,
    links: &'a Links<'a>,
    variables: Variables<'a>,
    done: Expanded,
    /// Where what is open ends, where the text goes on after that, and the HTML that closes it.
    open: Vec<(usize, usize, String)>,
    /// A place, and the line on which it stands.
    lines: (usize, usize),
    /// What is opened and never closed.
    lost: Vec<(Kind, String)>,
    /// How many bytes may still be searched for closing tags: many that open and none that closes must not take all day.
    search: usize,
}

impl<'a> Expander<'a> {
    fn run(&mut self) {
        let text = self.text;
        let mut at = 0;
        let mut block = Block::default();
        while at < text.len() {
            if let Some((_, after, html)) = self.open.pop_if(|(end, _, _)| at >= *end) {
                self.block(&html);
                at = after.max(at);
                continue;
            }
            let rest = &text[at..];
            let is_line_start = at == 0 || text[..at].ends_with('\n');
            if is_line_start {
                let line = &rest[..rest.find('\n').map_or(rest.len(), |end| end + 1)];
                if let Some(length) = fence(rest) {
                    at = self.code(at, length);
                    continue;
                }
                if block.is_code(line) {
                    at = self.code(at, line.len());
                    continue;
                }
                if self.line(line) {
                    at += line.len();
                    continue;
                }
            }
            at = match rest.as_bytes()[0] {
                b'`' => {
                    let run = rest.bytes().take_while(|byte| *byte == b'`').count();
                    self.code(at, span(rest, run).unwrap_or(run))
                }
                b'<' => match verbatim(rest) {
                    Some(length) => self.code(at, length),
                    None => self.copy(at, 1),
                },
                b'{' => match Tag::at(rest, self.syntax) {
                    Some(tag) => self.tag(at, tag),
                    None => self.attributes(at),
                },
                b'%' if self.syntax.wiki && rest.starts_with("%%") => match rest[2..].find("%%") {
                    Some(length) => at + length + 4,
                    None => self.copy(at, 2),
                },
                b'\n' => self.copy(at, 1),
                _ => self.copy(at, plain_length(rest)),
            };
        }
        while let Some((_, _, html)) = self.open.pop() {
            self.block(&html);
        }
    }

    /// Copies so many bytes; never past the end of what is open.
    fn copy(&mut self, at: usize, length: usize) -> usize {
        let mut end = at + length;
        if let Some((close, _, _)) = self.open.last() {
            end = end.min(*close).max(at);
        }
        self.done.text.push_str(&self.text[at..end]);
        end
    }

    /// Copies code: braces in it are text, but what only tells the generator so is left out.
    fn code(&mut self, at: usize, length: usize) -> usize {
        let mut end = at + length;
        if let Some((close, _, _)) = self.open.last() {
            end = end.min(*close).max(at);
        }
        let code = &self.text[at..end];
        self.done.text.push_str(&unescaped(code, self.syntax));
        end
    }

    /// A line that means something as a whole; whether it was one.
    fn line(&mut self, line: &str) -> bool {
        let trimmed = line.trim();
        let attributes = trimmed.starts_with("{:") && trimmed.ends_with('}');
        if self.syntax.kramdown && (attributes || trimmed.starts_with("{::") && trimmed.ends_with("/}")) {
            // `{:toc}` takes the place of the list above it.
            if trimmed[2..].trim_start().starts_with("toc") {
                let kept = self.done.text.trim_end().rfind('\n').map_or(0, |end| end + 1);
                self.done.text.truncate(kept);
            }
            self.done.text.push('\n');
            return true;
        }
        if matches!(trimmed, "[TOC]" | "[[toc]]" | "[[TOC]]" | "[toc]") {
            self.done.text.push('\n');
            return true;
        }
        // A callout: `> [!note] Title`. The title stays, in bold.
        let quote = line.len() - line.trim_start_matches([' ', '>']).len();
        if let Some((kind, title)) = line[quote..].strip_prefix("[!").and_then(|rest| rest.split_once(']'))
            && line[..quote].contains('>')
            && kind.split('|').next().is_some_and(|kind| kind.chars().all(|c| c.is_alphanumeric() || c == '-'))
        {
            let title = title.trim_start_matches(['+', '-']).trim();
            let kind = kind.split('|').next().unwrap_or_default().to_lowercase();
            let words = if title.is_empty() { capitalised(&kind) } else { title.to_owned() };
            self.done.text.push_str(&format!("{}**{words}**\n{}\n", &line[..quote], line[..quote].trim_end()));
            return true;
        }
        false
    }

    /// A brace that begins no tag: kramdown's attributes are left out, any other is text.
    fn attributes(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        if self.syntax.kramdown && (rest.starts_with("{:") || rest.starts_with("{::") || rest.starts_with("{:/")) {
            let line = rest.find('\n').unwrap_or(rest.len());
            let end = rest[..line].find('}').map(|end| end + 1);
            // After `[a](b)`, `*a*` or a picture; a brace in a sentence is none.
            if let Some(end) = end.filter(|_| self.done.text.ends_with([')', '*', '_', '`', ']', '>', ' ', '\n', '}']))
            {
                return at + end;
            }
        }
        self.copy(at, plain_length(rest))
    }

    fn tag(&mut self, at: usize, tag: Tag<'a>) -> usize {
        let after = at + tag.length;
        if tag.closes {
            return after;
        }
        match tag.kind {
            Kind::Comment => after,
            Kind::Escaped => {
                let whole = &self.text[at..after];
                let shown = unescaped(whole, self.syntax);
                self.slot(&escape(&shown));
                after
            }
            Kind::Output => {
                match self.variables.value(tag.inner) {
                    // A literal is how a post shows braces: `{{ "{% raw %}" }}`.
                    Some(value) if value.contains(['{', '<']) => self.slot(&escape(&value)),
                    Some(value) => self.done.text.push_str(&value),
                    None if self.syntax.doubt && !tag.inner.starts_with("site.") && !tag.inner.starts_with("page.") => {
                        return self.copy(at, tag.length);
                    }
                    None => self.drop_tag(at, &format!("{{{{ {} }}}}", tag.inner)),
                }
                after
            }
            Kind::Hugo | Kind::ZolaInline | Kind::ZolaBlock | Kind::Liquid => self.call(at, tag),
        }
    }

    fn call(&mut self, at: usize, tag: Tag<'a>) -> usize {
        let after = at + tag.length;
        let mut call = Call::parse(tag.inner);
        if tag.kind == Kind::Liquid {
            match call.name.as_str() {
                "include" | "include_relative" | "include_cached" | "render" => call = call.of_include(),
                "assign" | "set" => {
                    self.assign(tag.inner);
                    return after;
                }
                // What stands after `else` is the case that was not taken.
                "else" | "elsif" => return self.closing(after, tag.kind, "if").map_or(after, |end| end.start),
                "for" | "tablerow" | "case" | "capture" | "comment" => {
                    let end = self.closing(after, tag.kind, &call.name);
                    if !matches!(call.name.as_str(), "capture" | "comment") {
                        self.drop_tag(at, &call.name);
                    }
                    return end.map_or(after, |end| end.end);
                }
                "raw" | "verbatim" => return self.raw(at, tag.length, &call.name),
                name if SILENT.contains(&name) => return after,
                _ => {}
            }
        }
        let found = meaning(&call);
        let pairs = !tag.is_alone && tag.kind != Kind::ZolaInline;
        let mut enclosed = || if pairs { self.closing(after, tag.kind, &call.name) } else { None };
        match found {
            Some(Meaning::Html(html)) => {
                // A figure may be closed as well; what it encloses is its caption and stays.
                self.slot(&html);
                after
            }
            Some(Meaning::Address(target)) => {
                if let Some(url) = self.links.post_at(&target) {
                    self.address(&url);
                } else {
                    self.drop_tag(at, &format!("{} {target}", call.name));
                    if let Some(url) = self.links.guess(&target) {
                        self.address(&url);
                    }
                }
                after
            }
            Some(Meaning::Code(language)) => {
                let end = enclosed();
                self.code_block(at, tag, &call, &language, end)
            }
            Some(Meaning::Around(open, close)) => {
                let end = enclosed();
                self.around(at, tag, &call, (open, close), end)
            }
            Some(Meaning::Raw) => match enclosed() {
                Some(end) => {
                    let raw = unescaped(&self.text[after..end.start], self.syntax);
                    self.slot(&raw);
                    end.end
                }
                None => after,
            },
            Some(Meaning::Nothing) => enclosed().map_or(after, |end| end.end),
            None if self.syntax.doubt && tag.kind == Kind::Liquid => self.copy(at, tag.length),
            None => {
                self.drop_tag(at, &call.name);
                after
            }
        }
    }

    /// Code, and the language that it is in.
    fn code_block(&mut self, at: usize, tag: Tag<'_>, call: &Call, language: &str, end: Option<Range<usize>>) -> usize {
        let after = at + tag.length;
        if let Some(end) = end {
            let code = unescaped(&self.text[after..end.start], self.syntax);
            let class = match language {
                "" => String::new(),
                language => format!(" class=\"language-{}\"", escape(language)),
            };
            self.block(&format!("<pre><code{class}>{}\n</code></pre>", escape(code.trim_matches('\n'))));
            return end.end;
        }
        // Its code may be an argument.
        match call.at(0).filter(|_| tag.is_alone || tag.kind == Kind::ZolaInline) {
            Some(code) => self.slot(&format!("<code>{}</code>", escape(code))),
            None => self.drop_tag(at, &call.name),
        }
        after
    }

    /// Markdown between two pieces of HTML.
    fn around(
        &mut self,
        at: usize,
        tag: Tag<'_>,
        call: &Call,
        (open, close): (String, String),
        end: Option<Range<usize>>,
    ) -> usize {
        match (end, call.named(&["content", "text", "body", "message"])) {
            (Some(end), _) => {
                self.block(&open);
                self.open.push((end.start, end.end, close));
            }
            (None, Some(text)) => self.slot(&format!("{open}<p>{}</p>{close}", escape(text))),
            (None, None) => self.drop_tag(at, &call.name),
        }
        at + tag.length
    }

    /// Everything up to `{% endraw %}` is text for Markdown, whatever braces it holds.
    fn raw(&mut self, at: usize, length: usize, name: &str) -> usize {
        let after = at + length;
        let Some(end) = self.closing(after, Kind::Liquid, name) else {
            return if self.syntax.doubt { self.copy(at, length) } else { after };
        };
        self.done.text.push_str(&self.text[after..end.start]);
        end.end
    }

    /// `assign name = "value"`.
    fn assign(&mut self, inner: &str) {
        let rest = inner.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
        if let Some((name, value)) = rest.split_once('=')
            && let Some(value) = self.variables.value(value.trim())
        {
            self.variables.known.insert(name.trim().to_owned(), value);
        }
    }

    /// Where the tag stands that closes what was opened before `from`.
    fn closing(&mut self, from: usize, kind: Kind, name: &str) -> Option<Range<usize>> {
        let verbatim =
            kind == Kind::Liquid && matches!(name, "raw" | "verbatim" | "highlight" | "comment" | "codeblock");
        // What is never closed is known after the first time: it has no end after a later place either.
        let lost = (kind, name.to_owned());
        if self.lost.contains(&lost) {
            return None;
        }
        let (mut depth, mut closed) = (0_usize, false);
        let mut at = from;
        while let Some(found) = self.text[at..].find('{') {
            self.search = self.search.checked_sub(found + 1)?;
            at += found;
            let Some(tag) = Tag::at(&self.text[at..], self.syntax).filter(|tag| tag.kind == kind) else {
                at += 1;
                continue;
            };
            let is_same = kind == Kind::ZolaBlock
                || tag.inner.split([' ', '\n', '(', '\t']).next().is_some_and(|word| word.eq_ignore_ascii_case(name));
            match (tag.closes, is_same) {
                (true, true) if depth == 0 => return Some(at..at + tag.length),
                (true, true) => depth -= 1,
                (false, true) if !verbatim && !tag.is_alone => depth += 1,
                _ => {}
            }
            self.search = self.search.checked_sub(tag.length)?;
            at += tag.length;
            closed |= tag.closes && is_same;
        }
        if !closed {
            self.lost.push(lost);
        }
        None
    }

    /// HTML in the middle of a line.
    fn slot(&mut self, html: &str) {
        self.done.text.push_str(&format!("{SLOT}{}{SLOT}", self.done.slots.len()));
        self.done.slots.push(html.to_owned());
    }

    /// HTML that stands between paragraphs, as far in as the line that it is on.
    fn block(&mut self, html: &str) {
        let line = self.done.text.rfind('\n').map_or(0, |end| end + 1);
        let line = &self.done.text[line..];
        let indent: String = line.chars().take_while(|c| matches!(c, ' ' | '>')).collect();
        let gap = format!("\n{}\n{indent}", indent.trim_end());
        self.done.text.push_str(&gap);
        self.slot(html);
        self.done.text.push_str(&gap);
    }

    fn address(&mut self, url: &url::Url) {
        self.done.text.push_str(&url.as_str().replace('(', "%28").replace(')', "%29").replace(' ', "%20"));
    }

    fn drop_tag(&mut self, at: usize, what: &str) {
        let (place, line) = self.lines;
        let line = line + self.text[place..at].matches('\n').count();
        self.lines = (at, line);
        let what: String = what.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
        self.done.dropped.push((line, what));
    }
}

/// How many bytes may be copied at once: the first character, and what follows it up to one that may begin something.
fn plain_length(text: &str) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    text[first..].find(['\n', '`', '<', '{', '%']).map_or(text.len(), |next| first + next)
}

/// Whether lines are set in so far that they are code: after an empty line, and in no list.
#[derive(Default)]
struct Block {
    in_list: bool,
    in_text: bool,
}

impl Block {
    fn is_code(&mut self, line: &str) -> bool {
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

/// How many bytes the fenced code takes that a text begins with.
fn fence(text: &str) -> Option<usize> {
    let strip = |line: &str| -> usize {
        let mut rest = line.trim_start_matches([' ', '\t', '>']);
        for mark in ["- ", "* ", "+ "] {
            rest = rest.strip_prefix(mark).unwrap_or(rest).trim_start_matches(' ');
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

/// How many bytes the code takes that stands between runs of backticks, in one paragraph.
fn span(text: &str, run: usize) -> Option<usize> {
    let mut at = run;
    let paragraph = text.find("\n\n").unwrap_or(text.len()).min(text.len());
    while let Some(found) = text.get(at..paragraph)?.find('`') {
        let start = at + found;
        let closing = text[start..].bytes().take_while(|byte| *byte == b'`').count();
        at = start + closing;
        if closing == run {
            return Some(at);
        }
    }
    None
}

/// How many bytes the element takes that a text begins with and whose content is text: `<pre>`, `<code>`, a comment.
fn verbatim(text: &str) -> Option<usize> {
    for (open, close) in [("<pre", "</pre>"), ("<code", "</code>"), ("<script", "</script>"), ("<!--", "-->")] {
        if text.get(..open.len()).is_some_and(|start| start.eq_ignore_ascii_case(open)) {
            return text.find(close).map(|end| end + close.len());
        }
    }
    None
}

/// Code as its reader sees it: without `{% raw %}`, and with the escapes of shortcodes undone.
fn unescaped(code: &str, syntax: Syntax) -> String {
    let mut shown = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find('{') {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        let tag = Tag::at(rest, Syntax { outputs: true, ..syntax });
        match tag {
            Some(tag) if tag.kind == Kind::Escaped => {
                shown.push_str(&rest[..tag.length].replacen("/*", "", 1).replacen("*/", "", 1));
                rest = &rest[tag.length..];
            }
            Some(tag) if tag.kind == Kind::Liquid && matches!(tag.inner, "raw" | "verbatim") => {
                rest = &rest[tag.length..];
            }
            _ => {
                shown.push('{');
                rest = &rest[1..];
            }
        }
    }
    shown.push_str(rest);
    shown
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// Where `<!-- more -->` stands, however it is spaced and cased, gets a mark in a paragraph of its own.
pub(super) fn mark_more(text: &str, excerpt: Option<&str>) -> Option<String> {
    let own = excerpt.filter(|own| !own.trim().is_empty()).and_then(|own| Some((text.find(own)?, own.len())));
    let (at, length) = own.or_else(|| {
        text.match_indices("<!--").find_map(|(at, _)| {
            let end = text[at + 4..].find("-->")? + 7;
            let word = text[at + 4..at + end - 3].trim().trim_matches('-').trim();
            ["more", "readmore", "read more", "excerpt"]
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
                .then_some((at, end))
        })
    })?;
    Some(format!("{}{MORE}{}", &text[..at], &text[at + length..]))
}
