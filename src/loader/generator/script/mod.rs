//! Reads a config that is a script, as far as it need not be run: what only a run would tell is not known.

mod expression;
#[cfg(test)]
mod tests;
mod token;

use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;

use crate::file::read::{WRITTEN, read_text};

use token::{Token, TokenKind, read_tokens};

pub(super) use expression::Expression;

/// How many names and calls are followed from one to the next.
const STEPS: usize = 8;
/// How many names and calls are followed in a script; one that spreads each object twice would ask for ever more.
const ALL_STEPS: usize = 10_000;

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
    /// The place of each constant and of each function, by its name: the first of those in fewest brackets.
    named: HashMap<&'a str, usize>,
    /// The number of names and calls that may still be followed.
    steps: Cell<usize>,
}

impl<'a> ConfigScript<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let tokens = read_tokens(text);
        Self {
            named: index_names(&tokens),
            tokens,
            steps: Cell::new(ALL_STEPS),
        }
    }

    /// Takes one of these steps, and one of all; `None` if there is none left.
    fn take_step(&self, steps: usize) -> Option<usize> {
        self.steps.set(self.steps.get().checked_sub(1)?);
        steps.checked_sub(1)
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
        let find_renamed = || {
            let renamed = [TokenKind::Name("as"), TokenKind::Name("default")];
            let at = kinds.windows(2).position(|found| found == renamed)?;
            Some(self.part(at.checked_sub(1)?, at))
        };
        let exported = find_behind(EXPORT)
            .or_else(|| find_behind(MODULE))
            .or_else(find_renamed)
            .or_else(|| Some(self.whole()).filter(|whole| whole.mark(0) == Some('{')))?;
        exported.object()
    }

    /// The value of a constant.
    pub(super) fn find_constant(&'a self, name: &str) -> Option<Expression<'a>> {
        let at = *self.named.get(name)?;
        if self.tokens[at].kind == TokenKind::Name("function") {
            return Some(self.part(at, self.tokens.len()));
        }
        // A type may stand before the value, with types of its own between angle brackets.
        let (mut at, mut angles) = (at + 2, 0_usize);
        loop {
            let part = self.part(at, self.tokens.len());
            match part.mark(0) {
                Some('=') if part.mark(1) == Some('>') => at += 1,
                Some('=') if angles == 0 => return Some(self.statement(at + 1)),
                Some('<') => angles += 1,
                Some('>') => angles = angles.saturating_sub(1),
                Some(',') if angles == 0 => return None,
                Some(';' | ')' | ']' | '}') => return None,
                _ => {}
            }
            at = self.find_behind(at)?;
        }
    }

    /// The text of a key of the object that is exported; where that object is not known, the first text that is assigned
    /// to the name.
    pub(super) fn text_of(&'a self, key: &str) -> Option<String> {
        match self.find_exported() {
            Some(exported) => exported.text_of(key),
            None => self.whole().find_text(key).map(str::to_owned),
        }
    }

    /// Whether a function of this name stands in the script.
    pub(super) fn defines(&'a self, function: &str) -> bool {
        self.find_constant(function).is_some()
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

/// Finds each constant and each function; one within fewer brackets hides those of its name in more.
fn index_names<'a>(tokens: &[Token<'a>]) -> HashMap<&'a str, usize> {
    let mut named: HashMap<&str, usize> = HashMap::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let (TokenKind::Name(word), TokenKind::Name(name)) = (pair[0].kind, pair[1].kind) else {
            continue;
        };
        if !matches!(word, "const" | "let" | "var" | "function") {
            continue;
        }
        let known = named.entry(name).or_insert(at);
        if tokens[at].depth < tokens[*known].depth {
            *known = at;
        }
    }
    named
}

/// Whether a token opens a bracket.
fn is_opening(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Mark('(' | '[' | '{'))
}

/// The text of a script that is not run; empty if it cannot be read.
pub(super) fn read_script(file: &Path) -> String {
    read_text(file, WRITTEN).unwrap_or_default()
}
