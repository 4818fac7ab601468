//! Plain text and addresses as every reader and validator takes them.

use url::Url;

use crate::config::Author;
use crate::html;
use crate::reader::Email;

/// How long a teaser is, in characters.
const TEASER: usize = 200;

/// Characters that XML allows although they are no text: C1 controls, the replacement character, and Unicode's
/// noncharacters.
fn is_noise(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffd}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// A text of one line without noise.
pub(super) fn clean_line(text: &str) -> String {
    let text: String = html::make_legal(text)
        .chars()
        .filter(|c| !is_noise(*c))
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text on one line; `None` if nothing of it would be visible.
pub(super) fn clean_visible(text: &str) -> Option<String> {
    Some(clean_line(text)).filter(|line| line.chars().any(|c| !is_unseen(c) && c != ' '))
}

/// Characters without a shape of their own (`Default_Ignorable_Code_Point`), and the two that are blank by their shape.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// HTML without noise.
pub(super) fn clean(html: &str) -> String {
    let is_plain = html.is_ascii() && !html.contains('\u{7f}');
    if !is_plain && html.contains(is_noise) {
        html.chars().filter(|c| !is_noise(*c)).collect()
    } else {
        html.to_owned()
    }
}

/// The beginning of an HTML text, cut between words; `None` if the text is no longer than that.
pub(super) fn make_teaser(html: &str) -> Option<String> {
    cut(&read_first_words(html), TEASER)
}

/// The beginning of a text that is longer than so many characters.
pub(super) fn cut(text: &str, longest: usize) -> Option<String> {
    let (end, _) = text.char_indices().nth(longest)?;
    let is_whole = text[end..].starts_with(' ');
    // A script without spaces is cut between characters.
    let space = text[..end]
        .rfind(' ')
        .filter(|space| !is_whole && space * 2 > end);
    Some(format!(
        "{}…",
        text[..space.unwrap_or(end)].trim_end_matches([',', ';', ':', ' ', '.'])
    ))
}

/// Words enough for a teaser, or all that there are: the whole of a long text is not looked at for its beginning.
fn read_first_words(html: &str) -> String {
    let mut length = 8 * TEASER;
    loop {
        let beginning = &html[..html.floor_char_boundary(length)];
        let words = html::read_words(beginning);
        // The last of them may be half a character, written by its name.
        if beginning.len() == html.len() || words.chars().nth(TEASER + 8).is_some() {
            return words;
        }
        length *= 4;
    }
}

/// The first words of an HTML text: a teaser, or all of it if it is short.
pub(super) fn cut_teaser(html: &str) -> String {
    make_teaser(html).unwrap_or_else(|| clean_line(&html::read_words(html)))
}

/// Finds the places where a reader that takes a text for HTML would see something else: a tag, a comment or a named
/// character, with or without a `;` at its end. `Q&A` is none, and a browser that shows a feed by its stylesheet alone
/// shows an escaped sign as it is written; `R&D2` counts, since validators take what is no word for a character's name.
fn find_markup(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter_map(|(at, c)| {
        let rest = &text[at + c.len_utf8()..];
        let is_markup = match c {
            '<' => {
                rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
            }
            '&' => {
                let number = rest.strip_prefix('#');
                let name = number.unwrap_or(rest);
                let end = name
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(name.len());
                let (name, after) = name.split_at(end);
                let is_word = name.chars().all(char::is_alphabetic);
                !name.is_empty()
                    && (number.is_some()
                        || !is_word
                        || after.starts_with(';')
                        || is_character(name))
            }
            _ => false,
        };
        is_markup.then_some(at)
    })
}

/// Whether HTML reads `&` and this word as a character, or as one with more behind it: `copy`, `copyright`.
fn is_character(word: &str) -> bool {
    ["", ";"]
        .iter()
        .any(|end| ammonia::clean(&format!("&{word}{end}")) != format!("&amp;{word}{end}"))
}

/// Whether a text would be another if it were taken for HTML.
pub(super) fn has_markup(text: &str) -> bool {
    find_markup(text).next().is_some()
}

/// A text for a place that has no way to say that it is plain: what would be markup is held apart by a space without
/// width, so that nobody takes it for HTML.
pub(super) fn make_inert(text: &str) -> String {
    let mut inert = text.to_owned();
    for at in find_markup(text).collect::<Vec<_>>().into_iter().rev() {
        inert.insert(at + 1, '\u{200b}');
    }
    inert
}

/// An author's e-mail address, if validators accept it: they refuse more than mail servers do.
pub(super) fn find_mail(author: &Author) -> Option<&Email> {
    author.email.as_ref().filter(|email| {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+.'".contains(&byte);
        email.local().bytes().all(is_known) && email.domain().contains('.')
    })
}

/// An id as Atom wants it, an absolute IRI: a bare number or word that another generator gave is put into one.
pub(super) fn make_iri(id: &str, authority: &str) -> String {
    if Url::parse(id).is_ok() && !id.contains(char::is_whitespace) {
        return id.to_owned();
    }
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("tag:{authority},2000:id/{id}")
}

/// An absolute address as RFC 3986 has it: `Url` leaves some characters alone that only browsers forgive.
pub(super) fn escape_address(url: impl AsRef<str>) -> String {
    let url = url.as_ref();
    let host = url.find("://").map_or(0, |at| at + "://".len());
    let path = url[host..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| host + at);
    let (host, rest) = url.split_at(path);
    let mut address = String::with_capacity(url.len());
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
    use super::{clean_line, clean_visible, escape_address, has_markup, make_inert, make_teaser};

    #[test]
    fn a_line_has_single_spaces_and_no_noise() {
        assert_eq!(
            clean_line(" a\n b\u{85}\u{b}\tc\u{fffd}\u{fdd0}\u{10ffff} "),
            "a b c"
        );
    }

    #[test]
    fn a_line_of_characters_without_a_shape_shows_nothing() {
        for text in [
            "",
            " \u{a0}",
            "\u{200b}\u{feff} \u{200d}",
            "\u{ad}",
            "\u{2800}\u{3164}",
        ] {
            assert_eq!(clean_visible(text), None, "{text:?}");
        }
        assert_eq!(
            clean_visible(" \u{200f}\u{5d0}").as_deref(),
            Some("\u{200f}\u{5d0}")
        );
        assert_eq!(
            clean_visible("👩\u{200d}💻").as_deref(),
            Some("👩\u{200d}💻")
        );
    }

    #[test]
    fn a_teaser_ends_between_words() {
        assert_eq!(make_teaser("short"), None);
        let cut = make_teaser(&"word, ".repeat(60)).unwrap();
        assert!(
            cut.ends_with("word…") && cut.chars().count() <= 201,
            "{cut}"
        );
        assert!(make_teaser(&"x".repeat(5000)).is_some());
        assert_eq!(
            make_teaser(&format!("{} abc", "abc ".repeat(50).trim()))
                .unwrap()
                .len(),
            "abc ".len() * 50 - 1 + "…".len()
        );
        assert_eq!(
            make_teaser(&format!("Tee {}", "茶".repeat(300)))
                .unwrap()
                .chars()
                .count(),
            201
        );
        // A picture that the text holds itself is long, and says nothing.
        let picture = format!("<img src=\"data:image/png;base64,{}\">", "A".repeat(50_000));
        let cut = make_teaser(&format!("<p>{picture} {}</p>", "word &amp; ".repeat(200))).unwrap();
        assert!(
            cut.starts_with("word & word") && cut.chars().count() <= 201,
            "{cut}"
        );
        assert_eq!(make_teaser(&format!("<p>{picture} short</p>")), None);
    }

    #[test]
    fn only_what_html_would_read_otherwise_looks_like_markup() {
        for (text, expected) in [
            ("Q&A with AT&T", false),
            ("1 < 2 & 3", false),
            ("a <3 b", false),
            ("AT&amp;T", true),
            ("&#x26; and", true),
            ("a </b> b", true),
            ("<b>bold</b>", true),
            ("<!-- more -->", true),
            ("R&D; twice", true),
            ("&copy 2024", true),
            ("the &copyright sign", true),
            ("&alpha and beta", true),
            ("&#38", true),
            ("R&D2", true),
            ("1&2", true),
            ("a &# b &_ c", true),
            ("a &# b & c &", false),
            ("Bär&Söhne", false),
        ] {
            assert_eq!(has_markup(text), expected, "{text}");
            assert!(
                !has_markup(&make_inert(text)) && make_inert(text).replace('\u{200b}', "") == text,
                "{text}"
            );
        }
    }

    #[test]
    fn an_address_holds_no_character_that_only_browsers_forgive() {
        for (url, expected) in [
            (
                "https://[::1]/a[b]|c?d={e}",
                "https://[::1]/a%5Bb%5D%7Cc?d=%7Be%7D",
            ),
            (
                "https://x.example/?a=[https://[::1]/]",
                "https://x.example/?a=%5Bhttps://%5B::1%5D/%5D",
            ),
        ] {
            assert_eq!(escape_address(url::Url::parse(url).unwrap()), expected);
        }
    }
}
