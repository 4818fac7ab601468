//! Reads a config that is a script, as far as it need not be run: what only a run would tell is not known.

mod token;

use std::path::Path;

use crate::file::read::{WRITTEN, read_text};

use token::{Token, TokenKind, read_tokens};

/// How many names and calls are followed from one to the next.
const STEPS: usize = 8;

/// How a module exports its config.
const EXPORT: &[TokenKind<'_>] = &[TokenKind::Name("export"), TokenKind::Name("default")];
/// How a script of CommonJS exports its config.
const MODULE: &[TokenKind<'_>] = &[
    TokenKind::Name("module"),
    TokenKind::Mark('.'),
    TokenKind::Name("exports"),
    TokenKind::Mark('='),
];

/// A script that is not run.
pub(super) struct ConfigScript<'a> {
    tokens: Vec<Token<'a>>,
}

/// An expression of a script, or what stands between two brackets of it.
#[derive(Clone, Copy)]
pub(super) struct Expression<'a> {
    script: &'a ConfigScript<'a>,
    start: usize,
    end: usize,
}

impl<'a> ConfigScript<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        Self {
            tokens: read_tokens(text),
        }
    }

    pub(super) fn whole(&'a self) -> Expression<'a> {
        self.part(0, self.tokens.len())
    }

    /// What stands in the object that the script exports; for a file of JSON, in its object.
    pub(super) fn find_exported(&'a self) -> Option<Expression<'a>> {
        let kinds: Vec<TokenKind<'_>> = self.tokens.iter().map(|token| token.kind).collect();
        let find_behind = |words: &[TokenKind<'_>]| {
            let at = kinds
                .windows(words.len())
                .position(|found| found == words)?;
            Some(self.part(at + words.len(), self.tokens.len()))
        };
        let exported = find_behind(EXPORT)
            .or_else(|| find_behind(MODULE))
            .or_else(|| Some(self.whole()).filter(|whole| whole.mark(0) == Some('{')))?;
        exported.object()
    }

    /// The value of a constant.
    pub(super) fn find_constant(&'a self, name: &str) -> Option<Expression<'a>> {
        let is_named = |at: &usize| {
            let part = self.part(*at, self.tokens.len());
            matches!(part.name(0), Some("const" | "let" | "var")) && part.name(1) == Some(name)
        };
        let at = (0..self.tokens.len()).find(is_named)?;
        // A type may stand before the value.
        let mut at = at + 2;
        loop {
            let part = self.part(at, self.tokens.len());
            match part.mark(0) {
                Some('=') if part.mark(1) != Some('>') => return Some(self.statement(at + 1)),
                Some(';' | ',' | ')' | ']' | '}') => return None,
                _ => at = self.find_behind(at)?,
            }
        }
    }

    /// Whether a function of this name stands in the script.
    pub(super) fn defines(&'a self, function: &str) -> bool {
        let mut pairs = self.tokens.windows(2);
        let is_function = pairs.any(|pair| {
            pair[0].kind == TokenKind::Name("function") && pair[1].kind == TokenKind::Name(function)
        });
        is_function || self.find_constant(function).is_some()
    }

    /// The calls of methods of this name, each as an expression.
    pub(super) fn list_calls(&'a self, method: &str) -> Vec<Expression<'a>> {
        let mut found = Vec::new();
        for at in 2..self.tokens.len() {
            let part = self.part(at - 1, self.tokens.len());
            if part.mark(0) != Some('.')
                || part.name(1) != Some(method)
                || part.mark(2) != Some('(')
            {
                continue;
            }
            let start = self.find_begin(at);
            let end = (self.tokens[at + 1].end + 1).min(self.tokens.len());
            found.push(self.part(start, end));
        }
        found
    }

    /// What stands in the brackets of the first `new` of this class.
    pub(super) fn find_new(&'a self, class: &str) -> Option<Expression<'a>> {
        let at = (0..self.tokens.len()).find(|at| {
            let part = self.part(*at, self.tokens.len());
            part.name(0) == Some("new") && part.name(1) == Some(class) && part.mark(2) == Some('(')
        })?;
        Some(self.inside(at + 2))
    }

    /// The uses of a name behind a place.
    pub(super) fn list_uses(&'a self, name: &str, behind: usize) -> Vec<Expression<'a>> {
        let tokens = self.tokens.iter().enumerate().skip(behind);
        let named = tokens.filter(|(_, token)| token.kind == TokenKind::Name(name));
        let uses = named.filter(|(at, _)| self.find_begin(*at) == *at);
        uses.map(|(at, _)| self.part(at, at + 1)).collect()
    }

    /// The begin of the path of names that ends here: `a.b.c`.
    fn find_begin(&self, mut at: usize) -> usize {
        while at >= 2
            && self.tokens[at - 1].kind == TokenKind::Mark('.')
            && matches!(self.tokens[at - 2].kind, TokenKind::Name(_))
        {
            at -= 2;
        }
        at
    }

    fn part(&'a self, start: usize, end: usize) -> Expression<'a> {
        Expression {
            script: self,
            start: start.min(end),
            end,
        }
    }

    /// What stands between this bracket and the one that closes it.
    fn inside(&'a self, bracket: usize) -> Expression<'a> {
        self.part(bracket + 1, self.tokens[bracket].end)
    }

    /// The place behind this token, or behind the bracket that it opens.
    fn find_behind(&self, at: usize) -> Option<usize> {
        let token = self.tokens.get(at)?;
        Some((token.end + usize::from(is_opening(token))).min(self.tokens.len()))
    }

    /// Whether an expression goes on behind this token.
    fn is_unfinished(&self, at: usize) -> bool {
        matches!(self.tokens[at].kind, TokenKind::Mark(mark) if !matches!(mark, ')' | ']' | '}'))
    }

    /// The expression from here to the end of its statement.
    fn statement(&'a self, start: usize) -> Expression<'a> {
        let mut at = start;
        while let Some(token) = self.tokens.get(at) {
            let is_end = match token.kind {
                TokenKind::Mark(mark) => matches!(mark, ';' | ',' | ')' | ']' | '}'),
                _ => at > start && token.begins_line && !self.is_unfinished(at - 1),
            };
            if is_end {
                break;
            }
            at = self.find_behind(at).unwrap_or(self.tokens.len());
        }
        self.part(start, at)
    }
}

/// Whether a token opens a bracket.
fn is_opening(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Mark('(' | '[' | '{'))
}

impl<'a> Expression<'a> {
    /// Its text, if it is the same in each run; names of constants are followed.
    pub(super) fn text(self) -> Option<String> {
        self.follow_to_text(STEPS)
    }

    /// What stands in its object: the one that it is, or that a call takes or a function returns.
    pub(super) fn object(self) -> Option<Self> {
        self.follow_to_object(STEPS)
    }

    /// The value of a key of this object.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.follow_to_key(key, STEPS)
    }

    /// The text of a key of this object.
    pub(super) fn text_of(self, key: &str) -> Option<String> {
        self.get(key)?.text().filter(|text| !text.trim().is_empty())
    }

    /// The parts between the commas.
    pub(super) fn list_items(self) -> Vec<Self> {
        let (mut items, mut start, mut at) = (Vec::new(), self.start, self.start);
        while at < self.end {
            if self.script.tokens[at].kind == TokenKind::Mark(',') {
                items.push(self.script.part(start, at));
                start = at + 1;
            }
            at = self.script.find_behind(at).unwrap_or(self.end);
        }
        items.push(self.script.part(start, self.end));
        items.retain(|item| item.start < item.end);
        items
    }

    /// The first text that is assigned to a name, of those that stand in fewest brackets: `title: "…"`, `TITLE = '…'`.
    pub(super) fn find_text(self, name: &str) -> Option<&'a str> {
        let mut found: Vec<(usize, &str)> = Vec::new();
        for (value, depth) in self.list_assigned(name) {
            if let Some(text) = value.literal().filter(|text| !text.trim().is_empty()) {
                found.push((depth, text));
            }
        }
        found
            .into_iter()
            .min_by_key(|(depth, _)| *depth)
            .map(|(_, text)| text)
    }

    /// The first object that is assigned to a name, of those that stand in fewest brackets.
    pub(super) fn find_object(self, name: &str) -> Option<Self> {
        let assigned = self.list_assigned(name).into_iter();
        let objects = assigned.filter(|(value, _)| value.mark(0) == Some('{'));
        let (value, _) = objects.min_by_key(|(_, depth)| *depth)?;
        Some(self.script.inside(value.start))
    }

    /// A switch that is set: `cleanUrls: true`.
    pub(super) fn find_switch(self, name: &str) -> Option<bool> {
        let mut assigned = self.list_assigned(name).into_iter();
        assigned.find_map(|(value, _)| match value.name(0) {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        })
    }

    /// What stands behind a name and the mark that assigns, with the number of brackets around it.
    fn list_assigned(self, name: &str) -> Vec<(Self, usize)> {
        let tokens = &self.script.tokens;
        let mut found = Vec::new();
        for at in self.start..self.end {
            let before = at.checked_sub(1).map(|before| tokens[before].kind);
            let after = self.script.part(at + 1, tokens.len().max(at + 1));
            let is_key = matches!(tokens[at].kind, TokenKind::Name(key) | TokenKind::Text(key) if key == name)
                && after.mark(0) == Some(':')
                && (at == self.start || matches!(before, Some(TokenKind::Mark('{' | ','))));
            let is_constant = tokens[at].kind == TokenKind::Name(name)
                && after.mark(0) == Some('=')
                && before != Some(TokenKind::Mark('.'));
            if is_key || is_constant {
                found.push((self.script.part(at + 2, self.end), tokens[at].depth));
            }
        }
        found
    }

    /// The call or the list that it is an item of, as the name of the function, and the other items.
    pub(super) fn find_list(self) -> Option<(Self, Vec<Self>)> {
        let within = self.script.tokens[self.start].within?;
        if self.script.tokens[within].kind == TokenKind::Mark('{') {
            return None;
        }
        let mut items = self.script.inside(within).list_items();
        items.retain(|item| !(item.start..item.end).contains(&self.start));
        let mut start = within;
        if self.script.tokens[within].kind == TokenKind::Mark('(')
            && within > 0
            && matches!(self.script.tokens[within - 1].kind, TokenKind::Name(_))
        {
            start = self.script.find_begin(within - 1);
        }
        Some((self.script.part(start, within), items))
    }

    /// The constant that it is the value of.
    pub(super) fn find_constant(self) -> Option<&'a str> {
        let tokens = &self.script.tokens;
        let mut at = self.start.checked_sub(1)?;
        if tokens[at].kind == TokenKind::Name("await") {
            at = at.checked_sub(1)?;
        }
        let mut before = at.checked_sub(1)?;
        // Its type may stand between.
        if before >= 2 && tokens[before - 1].kind == TokenKind::Mark(':') {
            before -= 2;
        }
        match (tokens[before].kind, tokens[at].kind) {
            (TokenKind::Name(name), TokenKind::Mark('=')) => Some(name),
            _ => None,
        }
    }

    /// The uses of a name behind this expression.
    pub(super) fn list_uses(self, name: &str) -> Vec<Self> {
        self.script.list_uses(name, self.end)
    }

    /// The value of the constant, if it is the name of one.
    pub(super) fn resolve(self) -> Self {
        match self.name(0) {
            Some(name) if self.len() == 1 => self.script.find_constant(name).unwrap_or(self),
            _ => self,
        }
    }

    /// The last name of the path that it is: `c.outDir`.
    pub(super) fn last_name(self) -> Option<&'a str> {
        let last = self.len().checked_sub(1)?;
        (self.script.find_begin(self.start + last) == self.start).then(|| self.name(last))?
    }

    /// The path of the function that it calls, and the arguments, if it is nothing but a call.
    pub(super) fn as_call(self) -> Option<(Self, Vec<Self>)> {
        let bracket = (self.start..self.end).find(|at| is_opening(&self.script.tokens[*at]))?;
        let function = self.script.part(self.start, bracket);
        let is_call = self.script.tokens[bracket].kind == TokenKind::Mark('(')
            && self.script.tokens[bracket].end + 1 == self.end;
        function.last_name().filter(|_| is_call)?;
        Some((function, self.script.inside(bracket).list_items()))
    }

    /// The text between the quotes, with names of values in it as they are written.
    pub(super) fn as_made(self) -> Option<&'a str> {
        match self.kind(0)? {
            TokenKind::Made(text) if self.len() == 1 => Some(text),
            _ => None,
        }
    }

    fn len(self) -> usize {
        self.end - self.start
    }

    fn kind(self, at: usize) -> Option<TokenKind<'a>> {
        let at = self.start + at;
        (at < self.end).then(|| self.script.tokens[at].kind)
    }

    fn name(self, at: usize) -> Option<&'a str> {
        match self.kind(at)? {
            TokenKind::Name(name) => Some(name),
            _ => None,
        }
    }

    fn mark(self, at: usize) -> Option<char> {
        match self.kind(at)? {
            TokenKind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    fn skip(self, count: usize) -> Self {
        self.script
            .part(self.start + count, self.end.max(self.start + count))
    }

    /// The text at its beginning, unless more is made of it.
    fn literal(self) -> Option<&'a str> {
        let TokenKind::Text(text) = self.kind(0)? else {
            return None;
        };
        let is_whole = match self.kind(1) {
            None | Some(TokenKind::Name(_)) => true,
            Some(TokenKind::Mark(mark)) => matches!(mark, ',' | ';' | ')' | ']' | '}' | '!'),
            Some(_) => false,
        };
        is_whole.then_some(text)
    }

    fn follow_to_text(self, steps: usize) -> Option<String> {
        let steps = steps.checked_sub(1)?;
        if let Some(text) = self.literal() {
            return Some(text.to_owned());
        }
        if let Some(made) = self.as_made() {
            // A constant may stand at the beginning.
            let (name, rest) = made.strip_prefix("${")?.split_once('}')?;
            let value = self.script.find_constant(name.trim())?;
            let is_plain = !rest.contains(['\\', '\n']) && !rest.contains("${");
            return Some(value.follow_to_text(steps)? + rest).filter(|_| is_plain);
        }
        self.last_name()?;
        let value = self.script.find_constant(self.name(0)?)?;
        match self.len() {
            1 => value.follow_to_text(steps),
            3 => {
                let object = value.follow_to_object(steps)?;
                object
                    .follow_to_key(self.name(2)?, steps)?
                    .follow_to_text(steps)
            }
            _ => None,
        }
    }

    fn follow_to_key(self, key: &str, steps: usize) -> Option<Self> {
        let steps = steps.checked_sub(1)?;
        let mut found = None;
        for item in self.list_items() {
            let is_key = matches!(item.kind(0), Some(TokenKind::Name(name) | TokenKind::Text(name)) if name == key);
            if is_key && item.mark(1) == Some(':') {
                found = Some(item.skip(2));
            } else if is_key && item.len() == 1 {
                found = Some(item);
            } else if item.mark(0) == Some('.') {
                let spread = item.skip(3).follow_to_object(steps);
                found = spread
                    .and_then(|spread| spread.follow_to_key(key, steps))
                    .or(found);
            }
        }
        found
    }

    fn follow_to_object(self, steps: usize) -> Option<Self> {
        let steps = steps.checked_sub(1)?;
        match self.kind(0)? {
            TokenKind::Mark('{') => Some(self.script.inside(self.start)),
            TokenKind::Mark('(') => {
                let behind = self
                    .script
                    .part(self.script.tokens[self.start].end + 1, self.end);
                match behind.find_arrow() {
                    Some(body) => body.follow_to_returned(steps),
                    None => self.script.inside(self.start).follow_to_object(steps),
                }
            }
            TokenKind::Name("async" | "await") => self.skip(1).follow_to_object(steps),
            TokenKind::Name("function") => {
                let bracket = self.find_mark('(')?;
                let behind = self
                    .script
                    .part(self.script.tokens[bracket].end + 1, self.end);
                let body = behind.find_mark('{')?;
                self.script.part(body, self.end).follow_to_returned(steps)
            }
            TokenKind::Name(name) => {
                if let Some(body) = self.skip(1).find_arrow() {
                    return body.follow_to_returned(steps);
                }
                let is_of_path = |kind: Option<TokenKind<'_>>| {
                    matches!(kind, Some(TokenKind::Name(_) | TokenKind::Mark('.')))
                };
                let length =
                    (1..self.len()).find(|at| !is_of_path(self.kind(*at)) || self.begins_line(*at));
                let behind = self.skip(length.unwrap_or(self.len()));
                let bracket = match behind.mark(0) {
                    Some('(') => Some(behind.start),
                    // The types that a call names.
                    Some('<') => behind.find_mark('('),
                    _ => None,
                };
                let Some(bracket) = bracket else {
                    return self.script.find_constant(name)?.follow_to_object(steps);
                };
                let arguments = self.script.inside(bracket).list_items();
                arguments
                    .into_iter()
                    .find_map(|argument| argument.follow_to_object(steps))
            }
            _ => None,
        }
    }

    /// What the body of a function returns, if it returns it in any case.
    fn follow_to_returned(self, steps: usize) -> Option<Self> {
        if self.mark(0) != Some('{') {
            return self.follow_to_object(steps);
        }
        let body = self.script.inside(self.start);
        let (mut at, mut last) = (body.start, None);
        while at < body.end {
            if self.script.tokens[at].kind == TokenKind::Name("return") {
                last = Some(self.script.statement(at + 1));
            }
            at = self.script.find_behind(at)?;
        }
        last?.follow_to_object(steps)
    }

    /// The body of the function whose parameters stand before this.
    fn find_arrow(self) -> Option<Self> {
        let mut rest = self;
        if rest.mark(0) == Some(':') {
            let is_arrow =
                |at: &usize| rest.mark(*at) == Some('=') && rest.mark(at + 1) == Some('>');
            rest = rest.skip((1..rest.len().min(STEPS)).find(is_arrow)?);
        }
        let is_arrow = rest.mark(0) == Some('=') && rest.mark(1) == Some('>');
        is_arrow.then(|| rest.skip(2))
    }

    /// The place of the first such mark.
    fn find_mark(self, mark: char) -> Option<usize> {
        (self.start..self.end).find(|at| self.script.tokens[*at].kind == TokenKind::Mark(mark))
    }

    fn begins_line(self, at: usize) -> bool {
        self.script.tokens[self.start + at].begins_line
    }
}

/// The text of a script that is not run; empty if it cannot be read.
pub(super) fn read_script(file: &Path) -> String {
    read_text(file, WRITTEN).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::ConfigScript;

    #[test]
    fn an_object_and_a_switch_of_a_script_are_read() {
        let text = "x = { noblog: { a: 'x' }, blog: { path: 'news', o: { b: 'y' }, showTime: true }, cleanUrls: false }";
        let script = ConfigScript::parse(text);
        let blog = script.whole().find_object("blog").unwrap();
        assert_eq!(blog.find_text("path"), Some("news"));
        assert_eq!(blog.find_text("a"), None);
        assert_eq!(script.whole().find_switch("cleanUrls"), Some(false));
        assert_eq!(script.whole().find_switch("showTime"), Some(true));
        for text in ["blog: false", "blog", "'/blog': { a: 1 }", "// blog: {}"] {
            let script = ConfigScript::parse(text);
            assert!(script.whole().find_object("blog").is_none(), "{text}");
            assert_eq!(
                script.whole().find_switch("blog"),
                Some(false).filter(|_| text == "blog: false")
            );
        }
    }

    #[test]
    fn a_text_that_a_script_assigns_is_read() {
        for (text, name, expected) in [
            (
                "export const SITE_TITLE = 'Hums';",
                "SITE_TITLE",
                Some("Hums"),
            ),
            (
                "{ site: \"https://x.example\", }",
                "site",
                Some("https://x.example"),
            ),
            ("{ \"title\": `Hums` }", "title", Some("Hums")),
            ("{ subtitle: 'a', title: 'b' }", "title", Some("b")),
            ("{ page: { title: 'a' }, title: 'b' }", "title", Some("b")),
            ("{ // title: 'a'\n title: 'b' }", "title", Some("b")),
            ("{ text: \"title: 'a'\", title: 'b' }", "title", Some("b")),
            ("{ title: name, x: 'b' }", "title", None),
            ("{ title: `a ${b}` }", "title", None),
            ("{ title: 'it\\'s' }", "title", None),
            ("{ title: 'a' + b }", "title", None),
            ("{ title: '' }", "title", None),
            ("page.title = 'a'", "title", None),
            ("title", "title", None),
        ] {
            let script = ConfigScript::parse(text);
            assert_eq!(script.whole().find_text(name), expected, "{text}");
        }
    }

    #[test]
    fn only_a_key_of_the_exported_object_itself_is_read() {
        for (text, expected) in [
            ("export default { base: '/a' }", Some("/a")),
            (
                "export default defineConfig({ x: { base: '/b' }, base: '/a' })",
                Some("/a"),
            ),
            ("export default defineConfig({ x: { base: '/b' } })", None),
            (
                "export default defineConfig({ x: [[f, { base: '/b' }]] }); const y = { base: '/b' }",
                None,
            ),
            (
                "export default withX(defineConfig<T>({ 'base': '/a' }))",
                Some("/a"),
            ),
            (
                "export default defineConfig(({ mode }) => ({ base: '/a' }))",
                Some("/a"),
            ),
            (
                "export default defineConfig(async (): Config => { const y = { base: '/b' }; if (z) { return {} }\n return { base: '/a' } })",
                Some("/a"),
            ),
            (
                "export default async function (c) { f(c)\n return { base: '/a' } }",
                Some("/a"),
            ),
            (
                "module.exports = c => { return { base: '/a' } }",
                Some("/a"),
            ),
            (
                "const x: T = { base: '/a' } as const\nexport default x",
                Some("/a"),
            ),
            (
                "const x: { y: T } = { base: '/a' } satisfies T\nexport default x satisfies T",
                Some("/a"),
            ),
            (
                "const base = '/a'\nconst y = '/b'\nexport default { base }",
                Some("/a"),
            ),
            (
                "const BASE = '/a', y = 1; export default { base: BASE }",
                Some("/a"),
            ),
            (
                "const SITE = { base: '/a' }; export default { base: SITE.base }",
                Some("/a"),
            ),
            (
                "const root = '/a'; export default { base: `${root}/b` }",
                Some("/a/b"),
            ),
            (
                "const x = { base: '/a' }; export default { y: 1, ...x }",
                Some("/a"),
            ),
            (
                "const base = process.env.BASE; export default { base }",
                None,
            ),
            ("const base = base; export default { base }", None),
            ("const x = { ...x }; export default x", None),
            ("export default { base: a ? '/b' : '/c' }", None),
            ("export default { base: '/b'.trim() }", None),
            ("{ \"base\": \"/a\" }", Some("/a")),
            ("export default", None),
            ("export default {", None),
            ("export default f(", None),
            ("export default function", None),
            ("", None),
        ] {
            let script = ConfigScript::parse(text);
            let found = script
                .find_exported()
                .and_then(|config| config.text_of("base"));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
