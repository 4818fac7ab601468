//! Shortcodes and Liquid → Markdown and HTML: the common ones become plain HTML, no other is ever shown.

mod call;
mod code;
mod known;
mod liquid;
mod tag;

use std::collections::HashMap;
use std::ops::Range;

use crate::post::dialect::Syntax;
use crate::post::html::escape;
use crate::post::links::Links;
use crate::post::marks::Marks;
use crate::post::shortcode::call::Call;
use crate::post::shortcode::code::{Block, unescaped};
use crate::post::shortcode::known::{Meaning, meaning};
use crate::post::shortcode::liquid::Variables;
use crate::post::shortcode::tag::{Kind, Tag};

pub(super) use crate::post::shortcode::code::{Code, fence};

/// A text with shortcodes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) syntax: Syntax,
    /// Whether it is HTML, where no indent and no backtick makes code.
    pub(super) is_html: bool,
    /// Whether it is marked already where the summary ends.
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

/// The most bytes of kramdown's attributes.
const LONGEST_ATTRIBUTES: usize = 500;

/// Expands every shortcode of a text.
pub(super) fn expand(source: Source<'_>, links: &Links<'_>, variables: &HashMap<String, String>) -> Expanded {
    let Source { text, syntax, is_html, is_marked, marks } = source;
    let mut expander = Expander {
        text,
        syntax,
        links,
        variables: Variables { links, known: variables.clone() },
        done: Expanded { text: String::with_capacity(text.len()), ..Expanded::default() },
        is_html,
        is_marked,
        marks,
        seen: Code::default(),
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
    is_html: bool,
    is_marked: bool,
    marks: Marks,
    /// What is known of the code ahead.
    seen: Code,
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
            if self.syntax.kramdown
                && rest.starts_with("{::comment}")
                && let Some(length) = self.seen.up_to(rest, "{:/")
            {
                at += rest[length..].find('}').map_or(rest.len(), |end| length + end + 1);
                continue;
            }
            let is_line_start = at == 0 || text[..at].ends_with('\n');
            if is_line_start && !self.is_html {
                let line = &rest[..rest.find('\n').map_or(rest.len(), |end| end + 1)];
                if let Some(length) = fence(rest) {
                    at = self.code(at, length);
                    continue;
                }
                if block.is_code(line) {
                    let indent = line.len() - line.trim_start().len();
                    let is_tag = Tag::at(&rest[indent..], self.syntax).is_some_and(|tag| self.is_everywhere(&tag));
                    at = if is_tag { at + indent } else { self.code(at, line.len()) };
                    continue;
                }
                if self.line(line) {
                    at += line.len();
                    continue;
                }
            }
            at = match rest.as_bytes()[0] {
                b'`' if !self.is_html => {
                    let run = rest.bytes().take_while(|byte| *byte == b'`').count();
                    let length = self.seen.span(text, at, run).unwrap_or(run);
                    self.code(at, length)
                }
                b'<' => match self.seen.verbatim(rest) {
                    Some(length) if !self.is_marked && says_more(&rest[..length]) => {
                        self.is_marked = true;
                        self.done.text.push(self.marks.more);
                        at + length
                    }
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
        let (mut from, mut search) = (at, at);
        while let Some(found) = self.text.get(search..end).and_then(|code| code.find("{{")) {
            search += found;
            match Tag::at(&self.text[search..end], self.syntax).filter(|tag| self.is_everywhere(tag)) {
                Some(tag) => {
                    self.done.text.push_str(&unescaped(&self.text[from..search], self.syntax));
                    from = self.tag(search, tag);
                    search = from;
                }
                None => search += 1,
            }
        }
        if let Some(code) = self.text.get(from..end) {
            self.done.text.push_str(&unescaped(code, self.syntax));
        }
        end.max(from)
    }

    /// Whether a tag means something in code too: Hugo reads its own before it reads any Markdown.
    fn is_everywhere(&self, tag: &Tag<'_>) -> bool {
        tag.kind == Kind::Hugo && !self.syntax.doubt
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
            let line = &rest[..rest.floor_char_boundary(LONGEST_ATTRIBUTES)];
            let end = line.find(['}', '\n']).filter(|end| line[*end..].starts_with('}')).map(|end| end + 1);
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
                if let Some(text) = call.named(&["text"]).filter(|_| tag.kind == Kind::Hugo) {
                    self.slot(&escape(text));
                }
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
        let mark = self.marks.slot;
        self.done.text.push_str(&format!("{mark}{}{mark}", self.done.slots.len()));
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

    /// An absolute address. The home page's before it is said already: `{{ site.baseurl }}{% post_url … %}`.
    fn address(&mut self, url: &url::Url) {
        let home = self.links.home.as_str().trim_end_matches('/');
        let path = self.links.home.path().trim_end_matches('/');
        let origin = &home[..home.len() - path.len()];
        for said in [home, origin, path].into_iter().filter(|said| !said.is_empty()) {
            let written = self.done.text.trim_end_matches('/');
            if let Some(before) = written.strip_suffix(said)
                && before.ends_with(['(', '"', '\'', '<', '=', ' ', '\n'])
            {
                self.done.text.truncate(before.len());
                break;
            }
        }
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

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// Whether a comment is the mark that ends the summary, however it is spaced and cased.
fn says_more(comment: &str) -> bool {
    let inner = comment.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
    let word = inner.map(|inner| inner.trim().trim_matches('-').trim());
    let known = ["more", "readmore", "read more", "excerpt"];
    word.is_some_and(|word| known.iter().any(|known| word.eq_ignore_ascii_case(known)))
}
