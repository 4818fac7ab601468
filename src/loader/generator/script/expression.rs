//! Expressions of a script: objects, texts and calls, followed by name as far as nothing need be run.

use crate::loader::generator::script::token::TokenKind;
use crate::loader::generator::script::{ConfigScript, STEPS, is_opening};

/// An expression of a script, or what stands between two brackets of it.
#[derive(Clone, Copy)]
pub(in crate::loader::generator) struct Expression<'a> {
    pub(super) script: &'a ConfigScript<'a>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'a> Expression<'a> {
    /// Its text, if it is the same in each run; names of constants are followed.
    pub(in crate::loader::generator) fn text(self) -> Option<String> {
        self.follow_to_text(STEPS)
    }

    /// What stands in its object: the one that it is, or that a call takes or a function returns.
    pub(in crate::loader::generator) fn object(self) -> Option<Self> {
        self.follow_to_object(STEPS)
    }

    /// The value of a key of this object.
    pub(in crate::loader::generator) fn get(self, key: &str) -> Option<Self> {
        self.follow_to_key(key, STEPS)
    }

    /// The text of a key of this object.
    pub(in crate::loader::generator) fn text_of(self, key: &str) -> Option<String> {
        self.get(key)?.text().filter(|text| !text.trim().is_empty())
    }

    /// The parts between the commas.
    pub(in crate::loader::generator) fn list_items(self) -> Vec<Self> {
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
    pub(in crate::loader::generator) fn find_text(self, name: &str) -> Option<&'a str> {
        let mut found: Vec<(usize, &str)> = Vec::new();
        for (value, depth) in self.list_assigned(name) {
            let text = value.literal().or_else(|| value.find_default());
            if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
                found.push((depth, text));
            }
        }
        found
            .into_iter()
            .min_by_key(|(depth, _)| *depth)
            .map(|(_, text)| text)
    }

    /// The objects that are assigned to a name, those in fewest brackets first.
    pub(in crate::loader::generator) fn list_objects(self, name: &str) -> Vec<Self> {
        let mut objects = self.list_assigned(name);
        objects.retain(|(value, _)| value.mark(0) == Some('{'));
        objects.sort_by_key(|(_, depth)| *depth);
        let inside = |(value, _): &(Self, usize)| self.script.inside(value.start);
        objects.iter().map(inside).collect()
    }

    /// The text that stands in for a value that only a run knows: `process.env.URL || '…'`.
    fn find_default(self) -> Option<&'a str> {
        for at in 0..self.len() {
            match self.kind(at)? {
                TokenKind::Mark(',' | ';' | '(' | ')' | '[' | ']' | '{' | '}') => return None,
                TokenKind::Mark(mark @ ('|' | '?')) if self.mark(at + 1) == Some(mark) => {
                    return self.skip(at + 2).literal();
                }
                _ => {}
            }
        }
        None
    }

    /// A switch that is set: `cleanUrls: true`.
    pub(in crate::loader::generator) fn find_switch(self, name: &str) -> Option<bool> {
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
    pub(in crate::loader::generator) fn find_list(self) -> Option<(Self, Vec<Self>)> {
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
    pub(in crate::loader::generator) fn find_constant(self) -> Option<&'a str> {
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
    pub(in crate::loader::generator) fn list_uses(self, name: &str) -> Vec<Self> {
        self.script.list_uses(name, self.end)
    }

    /// The value of the constant, if it is the name of one.
    pub(in crate::loader::generator) fn resolve(self) -> Self {
        match self.name(0) {
            Some(name) if self.len() == 1 => self.script.find_constant(name).unwrap_or(self),
            _ => self,
        }
    }

    /// The last name of the path that it is: `c.outDir`.
    pub(in crate::loader::generator) fn last_name(self) -> Option<&'a str> {
        let last = self.len().checked_sub(1)?;
        (self.script.find_begin(self.start + last) == self.start).then(|| self.name(last))?
    }

    /// The path of the function that it calls, and the arguments, if it is nothing but a call.
    pub(in crate::loader::generator) fn as_call(self) -> Option<(Self, Vec<Self>)> {
        let bracket = (self.start..self.end).find(|at| is_opening(&self.script.tokens[*at]))?;
        let function = self.script.part(self.start, bracket);
        let is_call = self.script.tokens[bracket].kind == TokenKind::Mark('(')
            && self.script.tokens[bracket].end + 1 == self.end;
        function.last_name().filter(|_| is_call)?;
        Some((function, self.script.inside(bracket).list_items()))
    }

    /// The text between the quotes, with names of values in it as they are written.
    pub(in crate::loader::generator) fn as_made(self) -> Option<&'a str> {
        match self.kind(0)? {
            TokenKind::Made(text) if self.len() == 1 => Some(text),
            _ => None,
        }
    }

    /// The text at its end, as in `folder + '/feed.xml'`.
    pub(in crate::loader::generator) fn last_text(self) -> Option<&'a str> {
        match self.kind(self.len().checked_sub(1)?)? {
            TokenKind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn len(self) -> usize {
        self.end - self.start
    }

    pub(super) fn kind(self, at: usize) -> Option<TokenKind<'a>> {
        let at = self.start + at;
        (at < self.end).then(|| self.script.tokens[at].kind)
    }

    pub(super) fn name(self, at: usize) -> Option<&'a str> {
        match self.kind(at)? {
            TokenKind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn mark(self, at: usize) -> Option<char> {
        match self.kind(at)? {
            TokenKind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    pub(super) fn skip(self, count: usize) -> Self {
        self.script
            .part(self.start + count, self.end.max(self.start + count))
    }

    /// The text at its beginning, unless more is made of it.
    pub(super) fn literal(self) -> Option<&'a str> {
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
        let steps = self.script.take_step(steps)?;
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
        let steps = self.script.take_step(steps)?;
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
        let steps = self.script.take_step(steps)?;
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
            // A type that the value is said to have.
            TokenKind::Mark('<') => {
                let behind = self.find_mark('>')? + 1;
                self.script.part(behind, self.end).follow_to_object(steps)
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
                    Some('?') => return behind.skip(1).follow_to_object(steps),
                    Some('(') => Some(behind.start),
                    // The types that a call names.
                    Some('<') => behind.find_mark('('),
                    _ => None,
                };
                let Some(bracket) = bracket else {
                    return self.script.find_constant(name)?.follow_to_object(steps);
                };
                let arguments = self.script.inside(bracket).list_items();
                let mut objects = arguments
                    .into_iter()
                    .filter_map(|argument| argument.follow_to_object(steps));
                objects
                    .find(|object| object.len() > 0)
                    .or_else(|| self.script.find_constant(name)?.follow_to_object(steps))
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
