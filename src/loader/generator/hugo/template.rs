//! The template of a shortcode, as far as it says what becomes of the content: code, or something else.

use std::collections::HashSet;

use crate::html::list_tags;

/// The elements that show their text as it is written.
const ELEMENTS: [&str; 3] = ["pre", "code", "textarea"];
/// The names of the content in a template.
const CONTENT: [&str; 2] = ["Inner", "InnerDeindent"];
/// The functions whose value says something of a text and does not have it.
const JUDGES: [&str; 22] = [
    "anchorize",
    "contains",
    "containsany",
    "count",
    "countrunes",
    "countwords",
    "eq",
    "ge",
    "gt",
    "hasprefix",
    "hassuffix",
    "in",
    "le",
    "len",
    "lt",
    "md5",
    "ne",
    "not",
    "sha1",
    "sha256",
    "urlize",
    "xxhash",
];

/// Whether a template shows the content as code, and nowhere as Markdown.
pub(super) fn shows_code(template: &str) -> bool {
    let mut flow = ContentFlow::default();
    let mut rest = template;
    while let Some((html, action)) = rest.split_once("{{") {
        flow.place.move_over(html);
        let Some((tokens, behind)) = split_action(action) else {
            break;
        };
        flow.follow(&tokens);
        rest = behind;
    }
    flow.is_code && !flow.is_rendered
}

/// A part of an action, `{{ … }}`.
#[derive(Clone, Copy, PartialEq)]
enum ActionToken<'a> {
    Open,
    Close,
    /// `:=` or `=`.
    Assign,
    /// What stands in quotation marks.
    Quoted(&'a str),
    /// A function, a variable or a field: `trim`, `$code`, `.Page.Title`.
    Word(&'a str),
}

/// Splits the action that a text begins with, behind its `{{`, from the rest; a comment has no tokens.
fn split_action(text: &str) -> Option<(Vec<ActionToken<'_>>, &str)> {
    let inside = text.strip_prefix('-').unwrap_or(text).trim_start();
    if let Some(comment) = inside.strip_prefix("/*") {
        let (_, end) = comment.split_once("*/")?;
        return Some((Vec::new(), end.split_once("}}")?.1));
    }
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '$' | '.' | '_');
    let mut tokens = Vec::new();
    let mut rest = inside;
    loop {
        let first = rest.chars().next()?;
        let length = match first {
            '}' if rest.starts_with("}}") => return Some((tokens, &rest[2..])),
            '"' | '\'' | '`' => measure_quoted(rest)?,
            first if is_word(first) => rest.find(|c| !is_word(c))?,
            first => first.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        match first {
            '(' => tokens.push(ActionToken::Open),
            ')' => tokens.push(ActionToken::Close),
            '=' => tokens.push(ActionToken::Assign),
            '"' | '\'' | '`' => tokens.push(ActionToken::Quoted(&token[1..length - 1])),
            first if is_word(first) => tokens.push(ActionToken::Word(token)),
            _ => {}
        }
        rest = behind;
    }
}

/// Measures the text in quotation marks that begins here, with its marks; `None` if nothing ends it.
fn measure_quoted(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if quote != '`' => is_escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Where in the HTML around it an action stands.
#[derive(Default)]
struct HtmlPlace {
    /// Which of `ELEMENTS` are open.
    open: [bool; ELEMENTS.len()],
    within: WithinHtml,
}

#[derive(Default)]
enum WithinHtml {
    #[default]
    Text,
    Comment,
    /// A tag of one of `ELEMENTS`.
    Tag {
        element: usize,
        opens: bool,
    },
}

impl HtmlPlace {
    fn move_over(&mut self, html: &str) {
        let mut rest = html;
        loop {
            let end = match self.within {
                WithinHtml::Text => "<",
                WithinHtml::Comment => "-->",
                WithinHtml::Tag { .. } => ">",
            };
            let Some((_, behind)) = rest.split_once(end) else {
                return;
            };
            rest = behind;
            self.within = match self.within {
                WithinHtml::Text if rest.starts_with("!--") => WithinHtml::Comment,
                WithinHtml::Text => read_tag(rest).unwrap_or_default(),
                WithinHtml::Comment => WithinHtml::Text,
                WithinHtml::Tag { element, opens } => {
                    self.open[element] = opens;
                    WithinHtml::Text
                }
            };
        }
    }

    fn is_code(&self) -> bool {
        matches!(self.within, WithinHtml::Text) && self.open.contains(&true)
    }
}

/// Reads a tag of one of `ELEMENTS`, behind its `<`.
fn read_tag(text: &str) -> Option<WithinHtml> {
    let bare = text.strip_prefix('/').unwrap_or(text);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let name = &bare[..bare.find(|c| !is_name(c)).unwrap_or(bare.len())];
    let element = find_element(name)?;
    let opens = bare.len() == text.len();
    Some(WithinHtml::Tag { element, opens })
}

fn find_element(name: &str) -> Option<usize> {
    let mut elements = ELEMENTS.iter();
    elements.position(|element| name.eq_ignore_ascii_case(element))
}

/// What a function makes of a text, where that matters.
#[derive(PartialEq)]
enum TextFunction {
    Highlights,
    Prints,
    /// Reads it as Markdown.
    Renders,
    /// Says something of it, and does not return it.
    Judges,
}

impl TextFunction {
    /// Finds what a function does, or a method: `markdownify`, `.Page.RenderString`.
    fn find(word: &str) -> Option<Self> {
        let name = word.rsplit('.').next()?.to_lowercase();
        let is_field = word.starts_with(['.', '$']);
        match name.as_str() {
            "markdownify" | "renderstring" => Some(Self::Renders),
            _ if is_field => None,
            "highlight" => Some(Self::Highlights),
            "print" | "printf" | "println" => Some(Self::Prints),
            name => JUDGES.contains(&name).then_some(Self::Judges),
        }
    }
}

/// What a call within an action, or between two brackets of it, is made of.
#[derive(Default)]
struct CallParts {
    functions: Vec<TextFunction>,
    has_content: bool,
    /// Whether one of its texts has a tag of `ELEMENTS`.
    has_tag: bool,
}

/// The way of the content through a template.
#[derive(Default)]
struct ContentFlow<'a> {
    place: HtmlPlace,
    /// The variables, and the keys of a store (`.Scratch`), that hold it.
    holders: HashSet<&'a str>,
    /// For each block that is open, whether `.` is made from it.
    dots: Vec<bool>,
    is_code: bool,
    is_rendered: bool,
}

impl<'a> ContentFlow<'a> {
    /// Follows the content through one action.
    fn follow(&mut self, tokens: &[ActionToken<'a>]) {
        let mut tokens = tokens;
        if let [ActionToken::Word("else"), rest @ ..] = tokens {
            self.dots.pop();
            if rest.is_empty() {
                return self.dots.push(self.is_dot());
            }
            tokens = rest;
        }
        match tokens {
            [ActionToken::Word("end"), ..] => _ = self.dots.pop(),
            [ActionToken::Word("block" | "define"), ..] => self.dots.push(false),
            [ActionToken::Word("if"), value @ ..] => {
                self.assign(value);
                self.dots.push(self.is_dot());
            }
            [ActionToken::Word("with" | "range"), value @ ..] => {
                let holds = self.assign(value);
                self.dots.push(holds);
            }
            [
                ActionToken::Word(store),
                ActionToken::Quoted(key),
                value @ ..,
            ] if [".Set", ".Add", ".SetInMap"]
                .iter()
                .any(|end| store.ends_with(end)) =>
            {
                if self.judge(value) {
                    self.holders.insert(key);
                }
            }
            value => {
                let shows = self.assign(value) && !value.contains(&ActionToken::Assign);
                self.is_code |= shows && self.place.is_code();
            }
        }
    }

    fn is_dot(&self) -> bool {
        self.dots.last() == Some(&true)
    }

    /// Whether a value is made from the content; a variable that it is assigned to holds it from here on.
    fn assign(&mut self, tokens: &[ActionToken<'a>]) -> bool {
        let mut parts = tokens.splitn(2, |token| *token == ActionToken::Assign);
        match (parts.next(), parts.next()) {
            (Some(names), Some(value)) => {
                let holds = self.judge(value);
                // Of the two of a `range`, the first is a number.
                if let (true, Some(ActionToken::Word(name))) = (holds, names.last()) {
                    self.holders.insert(name);
                }
                holds
            }
            _ => self.judge(tokens),
        }
    }

    /// Whether a value is made from the content.
    fn judge(&mut self, tokens: &[ActionToken<'a>]) -> bool {
        let mut calls = vec![CallParts::default()];
        let mut is_store = false;
        for token in tokens {
            let inner = match token {
                ActionToken::Close if calls.len() > 1 => calls.pop(),
                _ => None,
            };
            let has_content = inner.is_some_and(|inner| self.close_call(&inner));
            let Some(call) = calls.last_mut() else {
                break;
            };
            call.has_content |= has_content;
            match token {
                ActionToken::Open => calls.push(CallParts::default()),
                ActionToken::Quoted(text) => {
                    call.has_content |= is_store && self.holders.contains(text);
                    call.has_tag |= list_tags(text).any(|(name, _)| find_element(name).is_some());
                }
                ActionToken::Word(word) => {
                    call.functions.extend(TextFunction::find(word));
                    call.has_content |= self.holds(word);
                }
                ActionToken::Close | ActionToken::Assign => {}
            }
            // `.Get` alone is a parameter of the call.
            is_store = matches!(token, ActionToken::Word(word)
                if word.ends_with(".Get") && !matches!(*word, ".Get" | "$.Get"));
        }
        while let Some(call) = calls.pop() {
            let has_content = self.close_call(&call);
            match calls.last_mut() {
                Some(outer) => outer.has_content |= has_content,
                None => return has_content,
            }
        }
        false
    }

    /// Whether the value of a call is made from the content.
    fn close_call(&mut self, call: &CallParts) -> bool {
        let does = |function| call.has_content && call.functions.contains(&function);
        self.is_rendered |= does(TextFunction::Renders);
        self.is_code |= does(TextFunction::Highlights);
        self.is_code |= does(TextFunction::Prints) && call.has_tag;
        call.has_content && !does(TextFunction::Judges)
    }

    /// Whether a variable or a field is the content, or made from it.
    fn holds(&self, word: &str) -> bool {
        let mut fields = word.split('.');
        let variable = fields.next().unwrap_or_default();
        if !word.starts_with(['.', '$']) {
            return false;
        }
        self.holders.contains(variable)
            || fields.any(|field| CONTENT.contains(&field))
            || variable.is_empty() && self.is_dot()
    }
}

#[cfg(test)]
mod tests {
    use super::shows_code;

    #[test]
    fn the_content_is_code_where_it_is_shown_as_code() {
        for template in [
            "<pre>{{ .Inner }}</pre>",
            "<PRE>{{ $.InnerDeindent }}</PRE>",
            "<pre{{ with .Get 0 }} class=\"{{ . }}\"{{ end }}>{{ .Inner }}</pre>",
            "{{ $raw := .Inner }}{{ $code := strings.TrimSpace $raw }}<pre>{{ $code }}</pre>",
            "{{- $c := .Inner |\n  htmlEscape -}}\n<pre\n class=\"x\">{{ $c }}</pre>",
            "{{ $c := \"\" }}{{ if .Inner }}{{ $c = .Inner }}{{ end }}<pre>{{ $c }}</pre>",
            "{{ $ctx := . }}<pre>{{ $ctx.Inner }}</pre>",
            "{{ with .Inner }}<pre>{{ . }}</pre>{{ end }}",
            "{{ with .Get 0 }}{{ else with $.Inner }}<code>{{ . }}</code>{{ end }}",
            "{{ with $c := .Inner }}<textarea>{{ $c }}</textarea>{{ end }}",
            "{{ range split .Inner \"\\n\" }}<pre>{{ . }}</pre>{{ end }}",
            "{{ range $n, $line := split .Inner \"}}\" }}<pre>{{ $line }}</pre>{{ end }}",
            "{{ printf \"<pre>%s</pre>\" (.Inner | htmlEscape) | safeHTML }}",
            "{{ $html := print `<code class=\"x\">` .Inner `</code>` }}{{ $html | safeHTML }}",
            "{{ .Scratch.Set \"c\" .Inner }}<pre>{{ .Scratch.Get \"c\" }}</pre>",
            "{{ $s := newScratch }}{{ $s.Set \"c\" (trim .Inner \"\\n\") }}<pre>{{ $s.Get \"c\" }}</pre>",
            "{{ highlight .Inner \"go\" \"\" }}",
            "{{ highlight (trim .Inner \"\\n\") \"go\" \"\" }}",
            "{{ .Inner | transform.Highlight \"go\" }}",
            "{{ $c := trim .Inner \"\\n\" }}{{ $h := highlight $c (.Get 0) \"\" }}<div>{{ $h }}</div>",
            "<pre>{{ partial \"code\" (dict \"c\" .Inner) }}</pre>",
            "<pre>{{ .Inner }}</pre><p>{{ .Get \"caption\" | markdownify }}</p>",
            "{{ if .Get 0 }}<pre class=\"x\">{{ else }}<pre>{{ end }}{{ .Inner }}</pre>",
        ] {
            assert!(shows_code(template), "{template}");
        }
    }

    #[test]
    fn the_content_is_no_code_where_something_else_is() {
        for template in [
            "<div>{{ .Inner }}</div>",
            "{{ $c := .Inner }}{{ $class := .Get 0 }}<div>{{ $c }}</div><pre class=\"{{ $class }}\">x</pre>",
            "{{ $c := .Inner }}{{ $class := .Get 0 }}<div>{{ $c }}</div><pre>{{ $class }}</pre>",
            "<div>{{ .Inner }}</div>{{ highlight (.Get \"code\") \"go\" \"\" }}",
            "<div>{{ print .Inner (highlight (.Get \"code\") \"go\" \"\") }}</div>",
            "<div class=\"highlight note\">{{ .Inner }}</div>",
            "{{ if .Params.highlight }}<div>{{ .Inner }}</div>{{ end }}",
            "{{/* <pre>{{ .Inner }}</pre> */}}<div>{{ .Inner }}</div>",
            "{{- /* highlight .Inner */ -}}<div>{{ .Inner }}</div>",
            "<!-- <pre>{{ .Inner }}</pre> --><div>{{ .Inner }}</div>",
            "<div>{{ .Inner }}</div>{{ with .Get \"code\" }}<pre>{{ . }}</pre>{{ end }}",
            "{{ with .Inner }}<div>{{ . }}</div>{{ else }}<pre>{{ . }}</pre>{{ end }}<pre>{{ . }}</pre>",
            "{{ range $n, $line := split .Inner \"\\n\" }}<pre>{{ $n }}</pre>{{ $line }}{{ end }}",
            "<pre data-text=\"{{ .Inner }}\">x</pre>",
            "<pre>{{ if .Inner }}x{{ end }}{{ len .Inner }}{{ $c := .Inner }}</pre>{{ $c }}",
            "<pre>{{ .Inner | markdownify }}</pre>",
            "<pre>{{ .Inner }}</pre><div>{{ .Page.RenderString .Inner }}</div>",
            "{{ .Scratch.Set \"c\" .Inner }}<pre>{{ .Get \"c\" }}</pre>{{ .Scratch.Get \"c\" }}",
            "{{ .Inner | replaceRE \"<pre>\" \"\" }}",
            "<pre-x>{{ .Inner }}</pre-x>",
            "<pre>{{ .Inner",
            "<pre>{{ \"{{ .Inner }}</pre>",
        ] {
            assert!(!shows_code(template), "{template}");
        }
    }
}
