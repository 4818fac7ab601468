//! Clues about the reader of a message that came back: tokens in addresses and the subject, Message-IDs.

use data_encoding::BASE32_NOPAD_NOCASE;

use super::message::{Fields, ParsedMail};
use crate::token::{ADDRESS_TOKEN, Claim, Key, Purpose};

/// How many clues of a kind are kept: a stranger may list any number.
const MOST: usize = 40;
/// The fewest characters of a token.
const SHORTEST: usize = ADDRESS_TOKEN;
/// The most characters of a token.
const LONGEST: usize = 60;
/// The fields in which a receiving server notes the recipient's address.
const ENVELOPE: &[&str] = &[
    "x-original-to",
    "delivered-to",
    "x-delivered-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "to",
    "cc",
    "resent-to",
];
/// The fields of a returned message that show it to be ours.
const RETURNED: &[&str] = &["return-path", "list-unsubscribe", "reply-to", "sender"];

/// Clues about the mail that a message is about. They prove nothing before a key or the ledger confirms them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clues {
    /// Possible tokens, as written in addresses and the subject.
    pub tokens: Vec<String>,
    /// The Message-IDs of returned or answered mails, without brackets.
    pub message_ids: Vec<String>,
}

/// An address with a word behind a plus: `news+leave-TOKEN@…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tagged<'a> {
    /// The part before the plus.
    pub(super) base: &'a str,
    /// The part between the plus and the `@`.
    pub(super) tag: &'a str,
    pub(super) domain: &'a str,
}

impl Clues {
    /// The claim of the first token that one of these keys signed for one of these purposes.
    pub fn claim(&self, purposes: &[Purpose], keys: &[Key]) -> Option<Claim> {
        // Our Message-IDs have a token before the `@`.
        let ids = self.message_ids.iter();
        let ids = ids.filter_map(|id| Some(id.split_once('@')?.0));
        let tokens = self.tokens.iter().map(String::as_str).chain(ids);
        let mut claims = tokens.filter_map(|token| {
            let verify = |purpose: &Purpose| Claim::verify(token, *purpose, keys);
            purposes.iter().find_map(verify)
        });
        claims.next()
    }

    /// Takes the clues of the envelope and the subject.
    pub(super) fn from_mail(mail: &ParsedMail) -> Self {
        let mut clues = Self::default();
        for name in ENVELOPE {
            for value in mail.fields.all(name) {
                clues.take_addresses(value);
            }
        }
        for received in mail.fields.all("received").take(10) {
            // "… for <bounces+TOKEN@hums.example>; …" (RFC 5321 4.4).
            if let Some((_, address)) = received.split_once(" for ") {
                clues.take_addresses(address);
            }
        }
        clues.take_words(mail.subject());
        clues
    }

    /// Takes the clues of a returned head.
    pub(super) fn take_returned(&mut self, head: &Fields) {
        for name in RETURNED {
            for value in head.all(name) {
                self.take_addresses(value);
            }
        }
        self.take_ids(head.first("message-id").unwrap_or_default());
        // Some relays replace the Message-ID and keep the original in another field.
        for name in [
            "x-message-id",
            "x-original-message-id",
            "original-message-id",
        ] {
            self.take_ids(head.first(name).unwrap_or_default());
        }
    }

    /// The tokens of the addresses in a text.
    pub(super) fn take_addresses(&mut self, text: &str) {
        for tagged in find_tagged(text) {
            let token = tagged
                .tag
                .rsplit_once('-')
                .map_or(tagged.tag, |(_, token)| token);
            // The longer form has a `-` in its alphabet.
            for candidate in [tagged.tag, token] {
                self.take_token(candidate);
            }
            if let Some((_, token)) = tagged.tag.split_once('-') {
                self.take_token(token);
            }
        }
    }

    /// The Message-IDs in a text, between `<` and `>`.
    pub(super) fn take_ids(&mut self, text: &str) {
        for part in text.split('<').skip(1) {
            let Some((id, _)) = part.split_once('>') else {
                continue;
            };
            let is_new = !self.message_ids.iter().any(|known| known == id);
            if is_new && id.contains('@') && id.len() <= 250 && self.message_ids.len() < MOST {
                self.message_ids.push(id.to_owned());
            }
        }
    }

    fn take_words(&mut self, text: &str) {
        for word in text.split_whitespace() {
            self.take_token(word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
            self.take_token(word);
        }
    }

    fn take_token(&mut self, word: &str) {
        if may_be_token(word)
            && self.tokens.len() < MOST
            && !self.tokens.iter().any(|known| known == word)
        {
            self.tokens.push(word.to_owned());
        }
    }
}

/// Whether a word has the form of a token.
pub(super) fn may_be_token(word: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        && (word.len() != ADDRESS_TOKEN || BASE32_NOPAD_NOCASE.decode(word.as_bytes()).is_ok())
}

/// Finds the addresses with a plus in a text.
pub(super) fn find_tagged(text: &str) -> impl Iterator<Item = Tagged<'_>> {
    let is_end = |c: char| c.is_whitespace() || "<>()[]{},;:'?&|".contains(c);
    let words = text.split(is_end).take(1000);
    words.filter_map(|word| {
        let (local, domain) = word.rsplit_once('@')?;
        // The local part may be quoted (RFC 5322 3.4.1), or the whole address.
        let (local, domain) = (local.trim_matches('"'), domain.trim_end_matches('"'));
        let (base, tag) = local.rsplit_once('+')?;
        let base = base.rsplit(['=', '"']).next().unwrap_or(base);
        (!base.is_empty() && !domain.is_empty()).then_some(Tagged { base, tag, domain })
    })
}

#[cfg(test)]
mod tests {
    use super::{Clues, find_tagged};

    const SHORT: &str = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklm";

    #[test]
    fn a_token_is_found_in_every_form_of_an_address() {
        for text in [
            format!("bounces+{SHORT}@hums.example"),
            format!("<news+leave-{SHORT}@hums.example>"),
            format!("\"Hums\" <NEWS+LEAVE-{SHORT}@hums.example>, x@y"),
            format!("\"Hums\"<news+leave-{SHORT}@hums.example>"),
            format!("\"news+leave-{SHORT}\"@hums.example"),
            format!("Hums <\"news+leave-{SHORT}\"@hums.example>"),
            format!("\"news+leave-{SHORT}@hums.example\""),
            format!("for=\"news+leave-{SHORT}@hums.example\""),
            format!("rfc822;bounces+{SHORT}@hums.example"),
            format!("prvs=12345=bounces+{SHORT}@hums.example"),
            format!("<mailto:news+leave-{SHORT}@hums.example?subject=unsubscribe>"),
        ] {
            let mut clues = Clues::default();
            clues.take_addresses(&text);
            assert!(clues.tokens.iter().any(|token| token == SHORT), "{text}");
            let one = find_tagged(&text).next().unwrap();
            let base = one.base.to_lowercase();
            assert!(["news", "bounces"].contains(&&*base), "{one:?}");
            assert_eq!(one.domain, "hums.example", "{text}");
        }
        let long = "A-_".repeat(18) + "A";
        let mut clues = Clues::default();
        clues.take_addresses(&format!("news+leave-{long}@x.example"));
        assert!(clues.tokens.contains(&long), "{clues:?}");
        clues.take_words(&format!("unsubscribe {long}"));
        assert_eq!(clues.tokens.len(), 1, "{clues:?}");
    }

    #[test]
    fn an_address_without_a_plus_or_a_domain_has_no_tag() {
        for text in ["news@x.example", "+x@y", "a+b", "@", "+@"] {
            assert_eq!(find_tagged(text).count(), 0, "{text}");
        }
        let one = find_tagged("SRS0=ab=cd=x.example=news+join@y.example")
            .next()
            .unwrap();
        assert_eq!(
            (one.base, one.tag, one.domain),
            ("news", "join", "y.example")
        );
    }

    #[test]
    fn strangers_do_not_fill_the_memory() {
        let mut clues = Clues::default();
        for number in 0..10_000 {
            clues.take_ids(&format!("<{number}@x.example>"));
        }
        assert_eq!(clues.message_ids.len(), super::MOST);
    }
}
