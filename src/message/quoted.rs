//! Quoted-printable (RFC 2045 6.7), cut where slots stand: no line begins with a dot, so nothing needs stuffing.

/// The longest line without its soft break.
const LONGEST: usize = 75;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Adds a text, encoded; its line ends become CRLF. It begins and ends inside a line, since a slot may stand beside it.
pub(super) fn encode(text: &str, into: &mut Vec<u8>) {
    let mut column = 0;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' {
            into.extend_from_slice(b"\r\n");
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
            into.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if literal && (*byte != b'.' || column > 0) {
            into.push(*byte);
            column += 1;
        } else {
            into.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            column += 3;
        }
    }
}

/// Adds a reader's own, on lines of its own between soft breaks.
pub(super) fn encode_slot(text: &str, into: &mut Vec<u8>) {
    into.extend_from_slice(b"=\r\n");
    encode(text, into);
    into.extend_from_slice(b"=\r\n");
}
