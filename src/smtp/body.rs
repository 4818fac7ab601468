//! The message after DATA: CRLF line ends only, dots doubled, one final dot (RFC 5321 2.3.8, 4.5.2).

/// Returns the message with doubled dots and its final dot: no bare CR, no bare LF, no early end, whatever it contains.
pub(super) fn stuff_dots(mut message: Vec<u8>) -> Vec<u8> {
    if !is_transparent(&message) {
        message = stuff_each_dot(&message);
    }
    if !message.is_empty() && !message.ends_with(b"\r\n") {
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b".\r\n");
    message
}

/// Whether nothing needs to change, as for every message that this program composes. The loop has no early exit, so that
/// the compiler can vectorise it.
fn is_transparent(message: &[u8]) -> bool {
    let followed = message.iter().zip(message.get(1..).unwrap_or_default());
    let wrong = followed.fold(0, |wrong, (octet, next)| {
        let is_bare = (*octet == b'\r') != (*next == b'\n');
        wrong | u8::from(is_bare) | (u8::from(*octet == b'\n') & u8::from(*next == b'.'))
    });
    wrong == 0
        && !message.starts_with(b".")
        && !message.starts_with(b"\n")
        && !message.ends_with(b"\r")
}

fn stuff_each_dot(message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + 64);
    let mut rest = message.iter().copied().peekable();
    let mut line_starts = true;
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' {
                    rest.next_if_eq(&b'\n');
                }
                bytes.extend_from_slice(b"\r\n");
                line_starts = true;
                continue;
            }
            b'.' if line_starts => bytes.extend_from_slice(b".."),
            _ => bytes.push(byte),
        }
        line_starts = false;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::stuff_dots;

    #[test]
    fn dots_are_doubled_and_line_ends_mended() {
        for (message, sent) in [
            ("", ".\r\n"),
            ("a", "a\r\n.\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            (".", "..\r\n.\r\n"),
            ("a\r\n.\r\nMAIL", "a\r\n..\r\nMAIL\r\n.\r\n"),
            ("a\n.\nMAIL", "a\r\n..\r\nMAIL\r\n.\r\n"),
            ("a\r.\rMAIL", "a\r\n..\r\nMAIL\r\n.\r\n"),
            ("a\n.\r\nMAIL", "a\r\n..\r\nMAIL\r\n.\r\n"),
            ("a\r\r\nb", "a\r\n\r\nb\r\n.\r\n"),
            ("a\r\n..b", "a\r\n...b\r\n.\r\n"),
        ] {
            assert_eq!(
                String::from_utf8(stuff_dots(message.into())).unwrap(),
                sent,
                "{message:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_relay_reads_back_what_was_meant_and_one_end(message in "[a.\r\n]{0,40}") {
            let sent = stuff_dots(message.clone().into_bytes());
            let text = String::from_utf8(sent).unwrap();
            prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
            let (body, end) = text.split_at(text.len() - 3);
            prop_assert_eq!(end, ".\r\n");
            prop_assert!(body.is_empty() || body.ends_with("\r\n"));
            let mut read = String::new();
            for line in body.split_inclusive("\r\n") {
                prop_assert_ne!(line, ".\r\n");
                read.push_str(line.strip_prefix('.').unwrap_or(line));
            }
            let mut meant = message.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
            if !meant.is_empty() && !meant.ends_with("\r\n") {
                meant.push_str("\r\n");
            }
            prop_assert_eq!(read, meant);
        }
    }
}
