//! The tokens of a script: its names, texts and marks, without comments.

/// A name, a text or a mark of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    /// A name, a keyword or a number.
    Name(&'a str),
    /// A text that is the same in each run.
    Text(&'a str),
    /// A text with values or escapes in it, as it is written between its quotes; or an expression for texts.
    Made(&'a str),
    Mark(char),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    /// Whether a line begins with it.
    pub(super) begins_line: bool,
    /// The place of the innermost bracket that it stands in.
    pub(super) within: Option<usize>,
    /// The number of brackets that it stands in.
    pub(super) depth: usize,
    /// The place behind it; for an opening bracket, that of the closing one.
    pub(super) end: usize,
}

/// Reads the tokens of a script. A bracket that is never closed reaches to the end.
pub(super) fn read_tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let (mut at, mut begins_line) = (0, true);
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            begins_line |= c == '\n';
            at += c.len_utf8();
            continue;
        }
        if let Some(length) = measure_comment(&text[at..]) {
            begins_line |= text[at..at + length].contains('\n');
            at += length;
            continue;
        }
        let may_be_pattern = tokens.last().is_none_or(|token| precedes_value(token.kind));
        let (kind, length) = read_token(&text[at..], c, may_be_pattern);
        at += length;
        if let (TokenKind::Mark(mark), Some(bracket)) = (kind, open.last().copied())
            && tokens[bracket].kind == TokenKind::Mark(find_opening(mark))
        {
            open.pop();
            tokens[bracket].end = tokens.len();
        }
        tokens.push(Token {
            kind,
            begins_line: std::mem::take(&mut begins_line),
            within: open.last().copied(),
            depth: open.len(),
            end: tokens.len() + 1,
        });
        if matches!(kind, TokenKind::Mark('(' | '[' | '{')) {
            open.push(tokens.len() - 1);
        }
    }
    for bracket in open {
        tokens[bracket].end = tokens.len();
    }
    tokens
}

/// The bracket that this one closes; a space for another mark.
fn find_opening(mark: char) -> char {
    match mark {
        ')' => '(',
        ']' => '[',
        '}' => '{',
        _ => ' ',
    }
}

/// The length of the comment at the beginning of this text.
fn measure_comment(text: &str) -> Option<usize> {
    if text.starts_with("//") || text.starts_with("#!") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let inside = text.strip_prefix("/*")?;
    Some(inside.find("*/").map_or(text.len(), |end| end + 4))
}

/// Whether a slash behind this token begins a regular expression, and does not divide.
fn precedes_value(kind: TokenKind<'_>) -> bool {
    match kind {
        TokenKind::Mark(mark) => !matches!(mark, ')' | ']' | '}'),
        TokenKind::Name(name) => matches!(name, "return" | "typeof" | "case" | "in" | "of"),
        TokenKind::Text(_) | TokenKind::Made(_) => false,
    }
}

/// Reads the token at the beginning of this text, which begins with `first`. Returns it with its length.
fn read_token(text: &str, first: char, may_be_pattern: bool) -> (TokenKind<'_>, usize) {
    match first {
        '"' | '\'' => read_text(text, first),
        '`' => read_template(text),
        '/' if may_be_pattern && let Some(length) = measure_pattern(text) => {
            (TokenKind::Made(&text[1..length - 1]), length)
        }
        _ if is_of_name(first) => {
            let length = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
            (TokenKind::Name(&text[..length]), length)
        }
        _ => (TokenKind::Mark(first), first.len_utf8()),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Reads a text in one line.
fn read_text(text: &str, quote: char) -> (TokenKind<'_>, usize) {
    let mut is_escaped = false;
    let ends = |c: char| {
        let ends = !is_escaped && (c == quote || c == '\n');
        is_escaped = !is_escaped && c == '\\';
        ends
    };
    let Some(length) = text[1..].find(ends) else {
        return (TokenKind::Made(&text[1..]), text.len());
    };
    let inside = &text[1..=length];
    let end = length + 1 + usize::from(text[length + 1..].starts_with(quote));
    let is_whole = end > length + 1 && !inside.contains('\\');
    let kind = match is_whole {
        true => TokenKind::Text(inside),
        false => TokenKind::Made(inside),
    };
    (kind, end)
}

/// Reads a text between backticks; values in it may hold such texts themselves.
fn read_template(text: &str) -> (TokenKind<'_>, usize) {
    // For each text that is open, how many braces are open in the value that is being read; none outside of values.
    let mut open: Vec<Option<usize>> = vec![None];
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let Some(current) = open.last_mut() else {
            break;
        };
        match (c, &mut *current) {
            ('\\', _) => _ = chars.next(),
            ('`', None) => {
                open.pop();
                if open.is_empty() {
                    let inside = &text[1..at];
                    let is_plain = !inside.contains(['\\', '\n']) && !inside.contains("${");
                    let kind = match is_plain {
                        true => TokenKind::Text(inside),
                        false => TokenKind::Made(inside),
                    };
                    return (kind, at + 1);
                }
            }
            ('`', Some(_)) => open.push(None),
            ('$', None) if chars.next_if(|(_, c)| *c == '{').is_some() => *current = Some(0),
            ('{', Some(braces)) => *braces += 1,
            ('}', Some(0)) => *current = None,
            ('}', Some(braces)) => *braces -= 1,
            _ => {}
        }
    }
    (TokenKind::Made(&text[1..]), text.len())
}

/// Longest regular expression in characters; a longer text between two slashes is none.
const LONGEST_PATTERN: usize = 500;

/// The length of the regular expression at the beginning of this text.
fn measure_pattern(text: &str) -> Option<usize> {
    let (mut is_escaped, mut is_in_class) = (false, false);
    for (at, c) in text.char_indices().skip(1).take(LONGEST_PATTERN) {
        match c {
            '\n' => return None,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => is_in_class = true,
            ']' => is_in_class = false,
            '/' if !is_in_class => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, read_tokens};

    #[test]
    fn brackets_in_texts_and_comments_are_none() {
        for text in [
            "f('a)')",
            "f(\"a)\\\")\")",
            "f(/* ) */ x)",
            "f(x, // :)\n y)",
            "f(`a ) ${g({ b: `)` })} )`)",
            "f(/[/)]\\/)/.test(x))",
            "f(1 / (2) / 3)",
        ] {
            let tokens = read_tokens(text);
            assert_eq!(tokens[1].kind, TokenKind::Mark('('), "{text}");
            assert_eq!(tokens[1].end, tokens.len() - 1, "{text}");
        }
    }

    #[test]
    fn a_script_that_breaks_off_is_read_to_its_end() {
        for text in [
            "f('a", "f(`a ${", "f(/* ", "f({[", "f(/a", "'", "`", "f)]}", "'\\", "`\\",
        ] {
            let tokens = read_tokens(text);
            assert!(
                tokens.iter().all(|token| token.end <= tokens.len()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_that_is_made_in_a_run_is_told_from_others() {
        for (text, kind) in [
            ("'a'", TokenKind::Text("a")),
            ("`a`", TokenKind::Text("a")),
            ("''", TokenKind::Text("")),
            ("`a${b}`", TokenKind::Made("a${b}")),
            ("'it\\'s'", TokenKind::Made("it\\'s")),
            ("'é\\\\'", TokenKind::Made("é\\\\")),
            ("'a\n", TokenKind::Made("a")),
        ] {
            assert_eq!(read_tokens(text)[0].kind, kind, "{text}");
        }
    }
}
