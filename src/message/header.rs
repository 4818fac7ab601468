//! Header fields (RFC 5322, RFC 2047): folded, and encoded where needed. Line ends in a value become spaces.
//!
//! lettre's encoder does not split long words, so its lines may be of any length; here every line is short.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Longest line of a field, in bytes (RFC 5322 2.1.1 asks for 78, RFC 2047 2 for 76 where a word is encoded).
const LINE: usize = 76;
/// Longest encoded word, in bytes (RFC 2047 2).
const WORD: usize = 75;
/// Length of the delimiters of an encoded word, `=?utf-8?B?` and `?=`.
const FRAME: usize = 12;

/// Formats a field of free text, with its line end.
pub(super) fn write_text(name: &str, value: &str) -> String {
    let value = join_lines(value);
    let words: Vec<&str> = value.split(' ').collect();
    let plain = value.bytes().all(|byte| (32..127).contains(&byte)) && !value.contains("=?");
    let mut field = format!("{name}:");
    if !plain || words.iter().any(|word| name.len() + 2 + word.len() > LINE) {
        field.push(' ');
        let column = field.len();
        field.push_str(&encode(&value, column));
        return field + "\r\n";
    }
    let mut column = field.len();
    for word in words {
        if column + 1 + word.len() > LINE && column > 1 {
            field.push_str("\r\n");
            column = 0;
        }
        field.push(' ');
        field.push_str(word);
        column += 1 + word.len();
    }
    field + "\r\n"
}

/// Formats a field with one mailbox, with its line end.
pub(super) fn write_mailbox(name: &str, person: Option<&str>, email: &str) -> String {
    let person = join_lines(person.unwrap_or_default());
    let room = LINE - name.len() - 2;
    let is_atom =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~ ".contains(&byte);
    let phrase = if person.is_empty() {
        return format!("{name}: {email}\r\n");
    } else if person.bytes().all(is_atom) && person.len() <= room && !person.contains("=?") {
        person
    } else if person.bytes().all(|byte| (32..127).contains(&byte))
        && person.len() * 2 < room
        && !person.contains("=?")
    {
        format!("\"{}\"", person.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        encode(&person, name.len() + 2)
    };
    let last = phrase.rsplit('\n').next().unwrap_or_default();
    let used = last.len()
        + if last.len() == phrase.len() {
            name.len() + 2
        } else {
            0
        };
    let gap = if used + 3 + email.len() > LINE {
        "\r\n "
    } else {
        " "
    };
    format!("{name}: {phrase}{gap}<{email}>\r\n")
}

/// Makes a text safe from header injection: no line ends, no control characters, single spaces.
pub(super) fn join_lines(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Encodes a text as encoded words, one a line, none of which splits a character. The first begins at `column`.
fn encode(text: &str, column: usize) -> String {
    let quoted = |c: char| {
        if c == ' ' || c.is_ascii_alphanumeric() {
            1
        } else {
            3 * c.len_utf8()
        }
    };
    // The shorter of the two: Q keeps Latin readable, B is a third of Q for other scripts.
    let is_quoted = text.chars().map(quoted).sum::<usize>() <= text.len() * 4 / 3;
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = if words.is_empty() { column } else { 1 };
        let room = WORD
            .min(LINE.saturating_sub(start))
            .saturating_sub(FRAME)
            .max(16);
        let (mut size, mut end) = (0, 0);
        for (at, c) in rest.char_indices() {
            size += if is_quoted { quoted(c) } else { c.len_utf8() };
            let width = if is_quoted {
                size
            } else {
                size.div_ceil(3) * 4
            };
            if width > room {
                break;
            }
            end = at + c.len_utf8();
        }
        let (word, after) = rest.split_at(end);
        words.push(if is_quoted {
            format!("=?utf-8?Q?{}?=", encode_q(word))
        } else {
            format!("=?utf-8?B?{}?=", STANDARD.encode(word))
        });
        rest = after;
    }
    words.join("\r\n ")
}

/// Encodes a word in Q (RFC 2047 4.2), limited to the characters that a phrase allows (RFC 2047 5).
fn encode_q(word: &str) -> String {
    let mut text = String::new();
    for byte in word.bytes() {
        match byte {
            b' ' => text.push('_'),
            byte if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            byte => text.push_str(&format!("={byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::{LINE, WORD, write_mailbox, write_text};

    /// Texts that break encoders.
    fn texts() -> Vec<String> {
        let mut texts: Vec<String> = [
            "Tea",
            "Tea at four, and a title that goes on for rather longer than one line of a header may be, I am afraid",
            "Grüße",
            "Grüße an alle, die nachts wach sind und lesen, was der Dämon zu sagen hat: äöü ÄÖÜ ß und noch mehr",
            "夜番の茶 と とても長い題名がここに続いていくのである、まだまだ終わらない、そういう題名である",
            "مرحبا بالعالم هذا عنوان طويل جدا لا ينتهي في سطر واحد من الترويسة أبدا",
            "🍵👩‍💻🏳️‍🌈 tea 🍵 tea",
            "=?utf-8?Q?not_an_encoded_word?=",
            "a  b\tc\r\nBcc: x@y.example",
            "x = 1; \"y\" <z@x.example>, (w)",
            "é",
        ]
        .map(str::to_owned)
        .to_vec();
        texts.extend([1, 40, 44, 45, 46, 60, 66, 67, 68, 1200].map(|n| "x".repeat(n)));
        texts.extend([1, 15, 16, 17, 45, 1200].map(|n| "夜".repeat(n)));
        texts.extend([20, 21, 22].map(|n| format!("{} é", "word ".repeat(n))));
        texts
    }

    fn expected(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn well_formed(field: &str) {
        assert!(field.ends_with("\r\n"), "{field}");
        let lines: Vec<&str> = field.trim_end_matches("\r\n").split("\r\n").collect();
        for (number, line) in lines.iter().enumerate() {
            assert!(line.len() <= LINE || !line.contains("=?"), "{line}");
            assert!(
                line.len() <= 300 && line.is_ascii() && !line.trim().is_empty(),
                "{line:?}"
            );
            assert_eq!(line.starts_with(' '), number > 0, "{field}");
            assert!(
                line.split(' ')
                    .filter(|word| word.starts_with("=?"))
                    .all(|word| word.len() <= WORD),
                "{line}"
            );
        }
    }

    #[test]
    fn a_text_is_read_back_as_it_was_in_short_lines() {
        for value in texts() {
            let field = write_text("Subject", &value);
            well_formed(&field);
            let message = format!("{field}\r\nbody\r\n");
            let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
            assert_eq!(parsed.subject(), Some(expected(&value).as_str()), "{field}");
        }
    }

    #[test]
    fn a_name_is_read_back_as_it_was_and_its_address_with_it() {
        for name in texts() {
            for email in [
                "ada@x.example",
                &format!("{}@{}.example", "a".repeat(60), "b".repeat(60)),
            ] {
                let field = write_mailbox("To", Some(&name), email);
                well_formed(&field);
                let message = format!("{field}\r\nbody\r\n");
                let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
                let to = parsed.to().unwrap().first().unwrap();
                assert_eq!(
                    (to.name(), to.address()),
                    (Some(expected(&name).as_str()), Some(email)),
                    "{field}"
                );
                assert!(parsed.bcc().is_none());
            }
        }
        assert_eq!(
            write_mailbox("To", None, "ada@x.example"),
            "To: ada@x.example\r\n"
        );
        assert_eq!(
            write_mailbox("To", Some("\r\n"), "ada@x.example"),
            "To: ada@x.example\r\n"
        );
        assert_eq!(
            write_mailbox("To", Some("Night, \"Ada\""), "a@x.example"),
            "To: \"Night, \\\"Ada\\\"\" <a@x.example>\r\n"
        );
    }
}
