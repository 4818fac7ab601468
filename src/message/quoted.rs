//! Quoted-printable (RFC 2045 6.7) around slots. No line begins with a dot, so none needs dot-stuffing.

/// Longest line without its soft break, in bytes.
const LONGEST: usize = 75;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends an encoded text, with CRLF line ends. It begins and ends inside a line, since a slot may be next to it.
pub(super) fn encode(text: &str, into: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let (mut at, mut column) = (0, 0);
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'\r' || byte == b'\n' {
            if byte == b'\n' {
                into.extend_from_slice(b"\r\n");
                column = 0;
            }
            at += 1;
            continue;
        }
        let ends_line = matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r'));
        let is_literal = match byte {
            b'.' => column > 0,
            b' ' | b'\t' => !ends_line,
            byte => is_plain(byte),
        };
        if column + if is_literal { 1 } else { 3 } > LONGEST {
            into.extend_from_slice(b"=\r\n");
            column = 0;
            continue;
        }
        if is_literal {
            // Copy bytes that need no encoding in one piece.
            let room = &bytes[at + 1..bytes.len().min(at + LONGEST - column)];
            let run = 1 + room
                .iter()
                .position(|byte| !is_plain(*byte))
                .unwrap_or(room.len());
            into.extend_from_slice(&bytes[at..at + run]);
            (at, column) = (at + run, column + run);
        } else {
            into.extend_from_slice(&[
                b'=',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]);
            (at, column) = (at + 1, column + 3);
        }
    }
}

/// Whether a byte never needs encoding. A dot does at the beginning of a line.
fn is_plain(byte: u8) -> bool {
    (33..=126).contains(&byte) && byte != b'='
}

/// Appends a reader's value, on lines of its own between soft breaks.
pub(super) fn encode_slot(text: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(b"=\r\n");
    encode(text, into);
    into.extend_from_slice(b"=\r\n");
}

#[cfg(test)]
mod tests {
    use super::{encode, encode_slot};

    fn encoded(text: &str) -> String {
        let mut bytes = Vec::new();
        encode(text, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_byte_is_written_as_it_must_be() {
        for (text, expected) in [
            ("Tea.\n", "Tea.\r\n"),
            ("a=b", "a=3Db"),
            (".hidden\n.\n", "=2Ehidden\r\n=2E\r\n"),
            ("a \nb\t\r\nc ", "a=20\r\nb=09\r\nc=20"),
            ("é", "=C3=A9"),
            (
                &format!("{}\n", "x".repeat(75)),
                &format!("{}\r\n", "x".repeat(75)),
            ),
            (&"x".repeat(76), &format!("{}=\r\nx", "x".repeat(75))),
            (
                &format!("{}.y", "x".repeat(75)),
                &format!("{}=\r\n=2Ey", "x".repeat(75)),
            ),
            (
                &format!("{}=", "x".repeat(73)),
                &format!("{}=\r\n=3D", "x".repeat(73)),
            ),
        ] {
            assert_eq!(encoded(text), expected);
        }
        let mut slot = b"Hello ".to_vec();
        encode_slot(".a=b", &mut slot);
        assert_eq!(slot, b"Hello =\r\n=2Ea=3Db=\r\n");
    }
}
