//! Foreign words as they may be shown: no order to a terminal, and of bounded length.

use std::borrow::Cow;

/// Whether a terminal takes a character for something else than itself: a control, or one that turns or breaks the line.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\t') || is_turning(c)
}

/// Whether a character turns the direction of whatever follows, or breaks the line, and is no control.
pub(crate) fn is_turning(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Foreign words as they may go to a terminal: characters that it would take for orders are written as escapes; a line
/// break is one.
pub(crate) fn visible_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for c in text.chars() {
        match is_hidden(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Does the same for several lines, which stay lines.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let is_order = |c: char| c != '\n' && is_hidden(c);
    if !text.contains(is_order) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<_> = text.split('\n').map(visible_line).collect();
    Cow::Owned(lines.join("\n"))
}

/// JSON as it may go to a terminal: whatever would turn a line, or is no sign of its own, is written as an escape, so that
/// it reads the same for a program.
pub(crate) fn visible_json(json: &str) -> Cow<'_, str> {
    // No sign of its own is a control, but for the line breaks between.
    let is_escaped = |c: char| c != '\n' && (is_hidden(c) || is_mark(c));
    if !json.contains(is_escaped) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        match is_escaped(c) {
            // All of them are within the basic plane.
            true => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character is a direction mark: it turns no more than the signs beside it, and names in Arabic and Hebrew need
/// it.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

/// Foreign words as one line of at most so many characters: blanks and controls in a row become one blank.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let is_gap = |c: char| c.is_whitespace() || is_hidden(c);
    let words = text.split(is_gap).filter(|word| !word.is_empty());
    let mut length = 0;
    for word in words {
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for c in word.chars() {
            line.push(c);
            length += 1;
        }
        if length > most {
            return line
                .chars()
                .take(most.saturating_sub(1))
                .chain(['…'])
                .collect();
        }
    }
    line
}

/// Writes a number of things: `1 post`, `2 posts`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::{count, one_line, visible_json};

    #[test]
    fn json_is_the_same_data_and_no_order_to_a_terminal() {
        let hidden: String = ('\0'..='\u{9f}')
            .chain('\u{600}'..='\u{61f}')
            .chain('\u{2000}'..='\u{206f}')
            .chain(['😀', 'é', '"', '\\'])
            .collect();
        let value = serde_json::json!({ &hidden: [hidden] });
        let text = format!("{value:#}");
        let shown = visible_json(&text);
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read, value);
        let is_order = |c: char| {
            c.is_control() && c != '\n'
                || "\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}".contains(c)
        };
        assert!(!shown.contains(is_order), "{shown}");
        assert!(
            shown.contains("\\u202e") && shown.contains("\\u009b") && shown.contains('é'),
            "{shown}"
        );
    }

    #[test]
    fn a_reply_becomes_one_line_of_bounded_length() {
        for (text, most, line) in [
            ("550 no", 200, "550 no"),
            (
                "  550-no\r\n550 way \u{1b}[0m\t!",
                200,
                "550-no 550 way [0m !",
            ),
            ("", 10, ""),
            ("\n\r", 10, ""),
            ("abcdefghij", 10, "abcdefghij"),
            ("abcdefghijk", 10, "abcdefghi…"),
            ("ab cd ef gh ij", 10, "ab cd ef …"),
        ] {
            assert_eq!(one_line(text, most), line, "{text:?}");
        }
        let long = "ü".repeat(250_000);
        assert_eq!(one_line(&long, 200).chars().count(), 200);
    }

    #[test]
    fn one_is_not_many() {
        let counted = [0, 1, 2].map(|number| count(number, "post"));
        assert_eq!(counted, ["0 posts", "1 post", "2 posts"]);
    }
}
