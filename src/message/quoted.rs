//! Quoted-printable (RFC 2045 6.7), cut where slots stand: no line begins with a dot, so nothing needs stuffing.

use std::fmt::Write;

/// The longest line without its soft break.
const LONGEST: usize = 75;

/// A text, encoded; its line ends become CRLF. It begins and ends inside a line, since a slot may stand beside it.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 5 / 4);
    let mut column = 0;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' {
            encoded.push_str("\r\n");
            column = 0;
            continue;
        }
        let ends_line = matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r'));
        let literal = match byte {
            b'\r' => continue,
            b'.' => column > 0,
            b' ' | b'\t' => !ends_line,
            byte => (33..=126).contains(byte) && *byte != b'=',
        };
        let width = if literal { 1 } else { 3 };
        if column + width > LONGEST {
            encoded.push_str("=\r\n");
            column = 0;
        }
        if literal && (*byte != b'.' || column > 0) {
            encoded.push(char::from(*byte));
            column += 1;
        } else {
            let _ = write!(encoded, "={byte:02X}");
            column += 3;
        }
    }
    encoded
}

/// A reader's own, on lines of its own between soft breaks.
pub(super) fn slot(text: &str) -> String {
    format!("=\r\n{}=\r\n", encode(text))
}
