//! Names of mailboxes and other texts as commands have them.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;

/// The name of a mailbox: in modified UTF-7 (RFC 3501 5.1.3), and quoted.
pub(super) fn quote_mailbox(name: &str) -> String {
    quote(&to_utf7(name))
}

/// A quoted string (RFC 3501 4.3). The text is ASCII without control characters.
pub(super) fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// Whether a text can stand in a quoted string.
pub(super) fn can_be_quoted(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn to_utf7(name: &str) -> String {
    let mut text = String::new();
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars() {
        if !matches!(c, ' '..='~') {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                shifted.extend(unit.to_be_bytes());
            }
            continue;
        }
        end_shift(&mut text, &mut shifted);
        text.push(c);
        if c == '&' {
            text.push('-');
        }
    }
    end_shift(&mut text, &mut shifted);
    text
}

fn end_shift(text: &mut String, shifted: &mut Vec<u8>) {
    if !shifted.is_empty() {
        let encoded = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD).encode(&*shifted);
        text.push_str(&format!("&{encoded}-"));
        shifted.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::quote_mailbox;

    #[test]
    fn a_name_is_written_in_modified_utf_7() {
        for (name, expected) in [
            ("INBOX", "\"INBOX\""),
            ("a b", "\"a b\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("Tom & Jerry", "\"Tom &- Jerry\""),
            // The examples of RFC 3501 5.1.3.
            (
                "~peter/mail/台北/日本語",
                "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\"",
            ),
            ("Zurück", "\"Zur&APw-ck\""),
            ("😀!", "\"&2D3eAA-!\""),
        ] {
            assert_eq!(quote_mailbox(name), expected);
        }
    }
}
