//! Plain text and addresses as every reader and validator takes them.

use url::Url;

use crate::post::html;

/// How long a teaser is, in characters.
const TEASER: usize = 200;

/// Characters that XML allows and that are no text all the same: C1 controls, and the sign of a lost character.
fn is_noise(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffd}')
}

/// A text of one line without noise.
pub(super) fn line(text: &str) -> String {
    let text: String = html::legal(text).chars().filter(|c| !is_noise(*c)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// HTML without noise.
pub(super) fn clean(html: &str) -> String {
    if html.contains(is_noise) { html.chars().filter(|c| !is_noise(*c)).collect() } else { html.to_owned() }
}

/// The beginning of an HTML text in words, cut between them; none where there are no more of them than that.
pub(super) fn teaser(html: &str) -> Option<String> {
    // The whole of a long text is not looked at for its beginning.
    let text = match html.char_indices().nth(20 * TEASER) {
        Some((end, _)) => html::words(&html[..end]),
        None => html::words(html),
    };
    let (end, _) = text.char_indices().nth(TEASER)?;
    let cut = text[..end].rfind(' ').unwrap_or(end);
    Some(format!("{}…", text[..cut].trim_end_matches([',', ';', ':', ' ', '.'])))
}

/// An id as Atom wants it, an absolute IRI: a bare number or word that another generator gave is put into one.
pub(super) fn iri(id: &str, authority: &str) -> String {
    if Url::parse(id).is_ok() && !id.contains(char::is_whitespace) {
        return id.to_owned();
    }
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("tag:{authority},2000:id/{id}")
}

/// An address as RFC 3986 has it: `Url` leaves some characters alone that only browsers forgive.
pub(super) fn address(url: &Url) -> String {
    let mut address = String::with_capacity(url.as_str().len());
    let (host, rest) = url.as_str().split_at(url[..url::Position::BeforePath].len());
    address.push_str(host);
    for c in rest.chars() {
        match c {
            '[' | ']' | '|' | '^' | '\\' | '`' | '{' | '}' | '"' | '<' | '>' | ' ' => {
                address.push_str(&format!("%{:02X}", u32::from(c)));
            }
            c => address.push(c),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::{address, line, teaser};

    #[test]
    fn a_line_has_single_spaces_and_no_noise() {
        assert_eq!(line(" a\n b\u{85}\u{b}\tc\u{fffd} "), "a b c");
    }

    #[test]
    fn a_teaser_ends_between_words() {
        assert_eq!(teaser("short"), None);
        let cut = teaser(&"word, ".repeat(60)).unwrap();
        assert!(cut.ends_with("word…") && cut.chars().count() <= 201, "{cut}");
        assert!(teaser(&"x".repeat(5000)).is_some());
    }

    #[test]
    fn an_address_holds_no_character_that_only_browsers_forgive() {
        let url = url::Url::parse("https://[::1]/a[b]|c?d={e}").unwrap();
        assert_eq!(address(&url), "https://[::1]/a%5Bb%5D%7Cc?d=%7Be%7D");
    }
}
