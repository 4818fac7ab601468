//! Replaces a tag, and decides where the text goes on.

use std::ops::Range;

use crate::html::escape;
use crate::post::body::shortcode::Expander;
use crate::post::body::shortcode::call::Call;
use crate::post::body::shortcode::code::{Code, unescape};
use crate::post::body::shortcode::known::{Meaning, find_language, find_meaning};
use crate::post::body::shortcode::tag::{ShortcodeTag, TagSyntax};
use crate::post::dialect::CODE_SHORTCODE;

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

impl<'a> Expander<'a> {
    /// Replaces a tag. Returns where the text goes on.
    pub(super) fn take_tag(&mut self, at: usize, tag: ShortcodeTag<'a>) -> usize {
        let before = self.done.text.len();
        let after = self.expand_tag(at, tag);
        let grown = self.done.text.len().saturating_sub(before);
        if self.links.budget.take(grown) {
            return after;
        }
        self.over.get_or_insert(at);
        self.text.len()
    }

    fn expand_tag(&mut self, at: usize, tag: ShortcodeTag<'a>) -> usize {
        let after = at + tag.length;
        if tag.closes {
            return after;
        }
        match tag.kind {
            TagSyntax::Comment => after,
            TagSyntax::Escaped => {
                let shown = unescape(&self.tags, at..after, self.syntax);
                self.put_html(&escape(&shown));
                after
            }
            TagSyntax::Output => {
                if let Some(start) = self.show_captured(after, tag.inner) {
                    return start;
                }
                match self.variables.evaluate(tag.inner) {
                    // A literal is how a post shows braces: `{{ "{% raw %}" }}`.
                    Some(value) if value.contains(['{', '<']) => self.put_html(&escape(&value)),
                    Some(value) => self.done.text.push_str(&value),
                    None if self.syntax.doubt
                        && !tag.inner.starts_with("site.")
                        && !tag.inner.starts_with("page.") =>
                    {
                        return self.copy(at, tag.length);
                    }
                    None => self.drop_tag(at, &format!("{{{{ {} }}}}", tag.inner)),
                }
                after
            }
            TagSyntax::Hugo | TagSyntax::ZolaInline | TagSyntax::ZolaBlock | TagSyntax::Liquid => {
                self.take_call(at, tag)
            }
        }
    }

    fn take_call(&mut self, at: usize, tag: ShortcodeTag<'a>) -> usize {
        let after = at + tag.length;
        let mut call = Call::parse(tag.inner);
        let is_include = matches!(
            call.name.as_str(),
            "include" | "include_relative" | "include_cached" | "render"
        );
        if tag.kind == TagSyntax::Liquid {
            if is_include {
                call = call.into_included();
            } else if let Some(next) = self.run_statement(at, tag, &call) {
                return next;
            }
        }
        if let ("param", Some(key)) = (call.name.as_str(), call.at(0)) {
            let key = format!("param.{}", key.to_lowercase());
            if let Some(value) = self.variables.known.get(&key) {
                self.done.text.push_str(value);
                return after;
            }
        }
        // The content of a `.inner` call is a template of Hugo's.
        if tag.kind == TagSyntax::Hugo && call.name.ends_with(".inline") {
            self.drop_tag(at, &call.name);
            let end = self.find_closing(after, tag.kind, &call.name);
            return end.map_or(after, |end| end.end);
        }
        match self.find_code(tag, &call).or_else(|| find_meaning(&call)) {
            Some(meaning) => self.show_meaning(at, tag, &call, meaning),
            // Such an unknown call may be text, unless it includes a file.
            None if self.syntax.doubt && tag.kind == TagSyntax::Liquid && !is_include => {
                self.copy(at, tag.length)
            }
            None => {
                self.drop_tag(at, &call.name);
                let text = call.get_any(&["text"]);
                if let Some(text) = text.filter(|_| tag.kind != TagSyntax::Liquid) {
                    self.put_html(&escape(text));
                }
                after
            }
        }
    }

    /// The meaning of a shortcode that shows code by the site's own template.
    fn find_code(&self, tag: ShortcodeTag<'a>, call: &Call) -> Option<Meaning> {
        let key = format!("{CODE_SHORTCODE}{}", call.name.to_lowercase());
        let is_code = tag.kind == TagSyntax::Hugo && self.variables.known.contains_key(&key);
        is_code.then(|| Meaning::Code(find_language(call)))
    }

    /// Executes a statement of Liquid's, which shows nothing itself. Returns where the text goes on; `None` if the call
    /// is no statement.
    fn run_statement(&mut self, at: usize, tag: ShortcodeTag<'a>, call: &Call) -> Option<usize> {
        let after = at + tag.length;
        match call.name.as_str() {
            "assign" | "set" => {
                self.assign(tag.inner);
                Some(after)
            }
            // The text after `else` is the branch that was not taken.
            "else" | "elsif" | "elif" | "elseif" => {
                let ends = ["if", "unless"].map(|name| self.find_closing(after, tag.kind, name));
                let first = ends.into_iter().flatten().map(|end| end.start).min();
                Some(first.unwrap_or(after))
            }
            "for" | "tablerow" | "case" | "capture" | "comment" => {
                let end = self.find_closing(after, tag.kind, &call.name);
                match (call.name.as_str(), &end) {
                    ("capture", Some(end)) => self.capture(call, after..end.start),
                    ("comment" | "capture", _) => {}
                    (name, _) => self.drop_tag(at, name),
                }
                Some(end.map_or(after, |end| end.end))
            }
            "raw" | "verbatim" => Some(self.show_raw(at, tag.length, &call.name)),
            name if SILENT.contains(&name) => Some(after),
            _ => None,
        }
    }

    /// Replaces a call by its meaning. Returns where the text goes on.
    fn show_meaning(
        &mut self,
        at: usize,
        tag: ShortcodeTag<'a>,
        call: &Call,
        meaning: Meaning,
    ) -> usize {
        let after = at + tag.length;
        match meaning {
            Meaning::Html(html) => {
                // A figure may be closed as well; its content is its caption and stays.
                self.put_html(&html);
                after
            }
            Meaning::Address(target) => {
                self.show_address(at, call, &target);
                after
            }
            Meaning::Code(language) => {
                let end = self.find_enclosed(after, tag, call);
                self.show_code(at, tag, call, &language, end)
            }
            Meaning::Around(open, close) => {
                let end = self.find_enclosed(after, tag, call);
                self.show_around(at, tag, call, (open, close), end)
            }
            Meaning::Raw => match self.find_enclosed(after, tag, call) {
                Some(end) => {
                    let raw = unescape(&self.tags, after..end.start, self.syntax);
                    self.put_html(&raw);
                    end.end
                }
                None => after,
            },
            Meaning::Nothing => {
                let end = self.find_enclosed(after, tag, call);
                end.map_or(after, |end| end.end)
            }
        }
    }

    /// Finds the tag that closes a call, if it can have one.
    fn find_enclosed(
        &mut self,
        after: usize,
        tag: ShortcodeTag<'_>,
        call: &Call,
    ) -> Option<Range<usize>> {
        if tag.is_alone || tag.kind == TagSyntax::ZolaInline {
            return None;
        }
        self.find_closing(after, tag.kind, &call.name)
    }

    /// Shows the address of the post that a call refers to.
    fn show_address(&mut self, at: usize, call: &Call, target: &str) {
        let page = self.links.pages.get(call.words().unwrap_or(target));
        let mut found = page.cloned().or_else(|| self.links.find_post(target));
        if found.is_none() && target.starts_with('#') {
            found = self.links.page.join(target).ok();
        }
        if let Some(url) = found {
            return self.put_address(&url);
        }
        self.drop_tag(at, &format!("{} {target}", call.name));
        if let Some(url) = self.links.guess(target) {
            self.put_address(&url);
        }
    }

    /// Shows a block of code in a language. Returns where the text goes on.
    fn show_code(
        &mut self,
        at: usize,
        tag: ShortcodeTag<'_>,
        call: &Call,
        language: &str,
        end: Option<Range<usize>>,
    ) -> usize {
        let after = at + tag.length;
        if let Some(end) = end {
            let code = unescape(&self.tags, after..end.start, self.syntax);
            let class = match language {
                "" => String::new(),
                language => format!(" class=\"language-{}\"", escape(language)),
            };
            let is_in_line = !code.contains('\n') && !self.is_line_of_its_own(end.end);
            let code = escape(code.trim_start_matches('\n').trim_end());
            match is_in_line {
                true => self.put_html(&format!("<code{class}>{code}</code>")),
                false => self.put_block(&format!("<pre><code{class}>{code}\n</code></pre>")),
            }
            return end.end;
        }
        // The code may be an argument.
        match call
            .at(0)
            .filter(|_| tag.is_alone || tag.kind == TagSyntax::ZolaInline)
        {
            Some(code) => self.put_html(&format!("<code>{}</code>", escape(code))),
            None => self.drop_tag(at, &call.name),
        }
        after
    }

    /// Whether nothing stands on the line before a call, nor behind its end.
    fn is_line_of_its_own(&self, end: usize) -> bool {
        let before = self.done.text.trim_end_matches([' ', '\t', '>']);
        let behind = self.tags.text[end..].trim_start_matches([' ', '\t', '\r']);
        (before.is_empty() || before.ends_with('\n'))
            && (behind.is_empty() || behind.starts_with('\n'))
    }

    /// Shows Markdown between two pieces of HTML. Returns where the text goes on.
    fn show_around(
        &mut self,
        at: usize,
        tag: ShortcodeTag<'_>,
        call: &Call,
        (open, close): (String, String),
        end: Option<Range<usize>>,
    ) -> usize {
        match (end, call.get_any(&["content", "text", "body", "message"])) {
            (Some(end), _) => {
                self.put_block(&open);
                self.open.push((end.start, end.end, close));
            }
            (None, Some(text)) => {
                self.put_block(&open);
                self.done.text.push_str(text);
                self.put_block(&close);
            }
            (None, None) => self.drop_tag(at, &call.name),
        }
        at + tag.length
    }

    /// Copies the text up to `{% endraw %}`, whatever braces it contains. Returns where the text goes on.
    fn show_raw(&mut self, at: usize, length: usize, name: &str) -> usize {
        let after = at + length;
        let Some(end) = self.find_closing(after, TagSyntax::Liquid, name) else {
            return if self.syntax.doubt {
                self.copy(at, length)
            } else {
                after
            };
        };
        self.done.text.push_str(&self.text[after..end.start]);
        end.end
    }

    /// `assign name = "value"`.
    fn assign(&mut self, inner: &str) {
        let rest = inner
            .split_once(char::is_whitespace)
            .map_or("", |(_, rest)| rest);
        if let Some((name, value)) = rest.split_once('=')
            && let Some(value) = self.variables.evaluate(value.trim())
        {
            self.variables.known.insert(name.trim().to_owned(), value);
        }
    }

    /// Keeps the text between `{% capture name %}` and its end: a few words as a value, more to be shown later.
    fn capture(&mut self, call: &Call, range: Range<usize>) {
        let Some(name) = call.at(0) else { return };
        let text = self.text[range.clone()].trim();
        self.captured.remove(name);
        if text.contains(['\n', '{']) {
            self.captured.insert(name.to_owned(), range);
        } else {
            self.variables
                .known
                .insert(name.to_owned(), text.to_owned());
        }
    }

    /// Goes back to a captured text to show it here. Returns where it begins.
    fn show_captured(&mut self, after: usize, expression: &str) -> Option<usize> {
        let (name, filters) = expression.split_once('|').unwrap_or((expression, ""));
        let range = self.captured.get(name.trim()).cloned()?;
        let is_plain = filters
            .split('|')
            .all(|filter| matches!(filter.trim(), "" | "markdownify" | "strip"));
        // Bounds self-inclusion and exponential expansion.
        self.search = self.search.checked_sub(range.len())?;
        if !is_plain || range.end > after || self.open.iter().any(|(end, _, _)| *end == range.end) {
            return None;
        }
        let line = self.done.text.trim_end_matches([' ', '\t']).len();
        self.done.text.truncate(line);
        self.done.text.push_str("\n\n");
        self.open.push((range.end, after, String::new()));
        // Facts about the text ahead hold only from where they were learned.
        self.seen = Code::default();
        self.lost.clear();
        Some(range.start)
    }

    /// Finds the tag that closes one opened before `from`.
    fn find_closing(&mut self, from: usize, kind: TagSyntax, name: &str) -> Option<Range<usize>> {
        let verbatim = kind == TagSyntax::Liquid
            && matches!(
                name,
                "raw" | "verbatim" | "highlight" | "comment" | "codeblock"
            );
        // A missing end is remembered: it is missing from every later place too.
        let lost = (kind, name.to_owned());
        if self.lost.contains(&lost) {
            return None;
        }
        let (mut depth, mut closed) = (0_usize, false);
        let mut at = from;
        while let Some(found) = self.text[at..].find('{') {
            self.search = self.search.checked_sub(found + 1)?;
            at += found;
            let Some(tag) = self
                .tags
                .at(at, self.text.len(), self.syntax)
                .filter(|tag| tag.kind == kind)
            else {
                at += 1;
                continue;
            };
            let is_same = kind == TagSyntax::ZolaBlock
                || tag
                    .inner
                    .split([' ', '\n', '(', '\t'])
                    .next()
                    .is_some_and(|word| word.eq_ignore_ascii_case(name));
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
}
