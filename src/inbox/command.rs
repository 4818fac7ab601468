//! Requests by mail: to unsubscribe, to join, to confirm; by the address, the subject or the first line.

use super::automatic::strip_answer;
use super::clues::{find_tagged, may_be_token};
use super::message::ParsedMail;
use super::quote::strip_quote;
use super::words::{FILLERS, JOIN, LEAVE, WordList, YES};
use crate::reader::Email;

/// The kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// To get no more mail.
    Leave,
    /// To get mail.
    Join,
    /// To confirm that they want it.
    Confirm,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailCommand {
    /// The kind of request.
    pub verb: Verb,
    /// The digest that it names: `news+join-weekly@…`.
    pub digest: Option<String>,
    /// Whether a token comes with it. It proves nothing before it is verified.
    pub has_token: bool,
}

/// The addresses at which readers write to us.
#[derive(Debug, Clone, Default)]
pub struct Ours {
    addresses: Vec<Email>,
}

impl Ours {
    /// Collects these addresses.
    pub fn new(addresses: impl IntoIterator<Item = Email>) -> Self {
        let addresses = addresses.into_iter().collect();
        Self { addresses }
    }

    /// Whether this is one of them, with a tag or without.
    pub(super) fn has(&self, address: &str) -> bool {
        let Ok(email) = address.parse::<Email>() else {
            return false;
        };
        let normal = email.normal();
        let bare = match normal.split_once('@') {
            Some((local, domain)) => match local.split_once('+') {
                Some((base, _)) => format!("{base}@{domain}"),
                None => normal.clone(),
            },
            None => normal.clone(),
        };
        self.addresses
            .iter()
            .any(|ours| ours.normal() == bare || ours.normal() == normal)
    }

    fn has_domain(&self, domain: &str) -> bool {
        self.addresses.iter().any(|ours| {
            ours.domain()
                .eq_ignore_ascii_case(domain.trim_end_matches('.'))
        })
    }
}

/// The longest line that may be a request, in words without fillers.
const MOST_WORDS: usize = 8;

/// Reads a request with a token from the address or the subject.
pub(super) fn read_signed(mail: &ParsedMail, ours: &Ours) -> Option<MailCommand> {
    if let Some(command) = read_address(mail, ours).filter(|command| command.has_token) {
        return Some(command);
    }
    // `unsubscribe TOKEN`, as the links of our mail have it; a title before it may have any words.
    let subject = mail.subject();
    let words: Vec<&str> = subject.split_whitespace().collect();
    let at = words.iter().rposition(|word| may_be_token(word))?;
    let before = words[..at].iter().rev().chain(&words[at + 1..]);
    let mut before = before.filter(|word| !may_be_token(word)).peekable();
    // A token alone is that of a link whose words were cut off.
    let is_alone = before.peek().is_none();
    let verb = before.find_map(|word| read_verb(word));
    let verb = verb.or_else(|| is_alone.then_some(Verb::Leave))?;
    Some(MailCommand {
        verb,
        digest: None,
        has_token: true,
    })
}

/// Reads a request without a token.
pub(super) fn read_plain(mail: &ParsedMail, ours: &Ours) -> Option<MailCommand> {
    if let Some(command) = read_address(mail, ours) {
        return Some(command);
    }
    let subject = strip_answer(mail.subject());
    let first = find_first_line(&strip_quote(mail.text()));
    let lines = [subject, first.as_str()];
    for (verb, words) in [(Verb::Leave, LEAVE), (Verb::Join, JOIN)] {
        // "Re: subscribe" is an answer to somebody; a wish to join is no answer.
        let is_answer = verb == Verb::Join && subject != mail.subject().trim();
        let digest = read_digest(subject, &words);
        let is_asked = digest.is_some() || lines.iter().any(|line| is_request(line, &words));
        if is_asked && !is_answer {
            return Some(MailCommand {
                verb,
                digest,
                has_token: false,
            });
        }
    }
    None
}

/// Whether an answer to a question says yes: it has nothing but the quoted text, or a yes in its first line. Any other
/// text may come from a program that does not identify itself.
pub(super) fn is_confirmation(mail: &ParsedMail) -> bool {
    let text = strip_quote(mail.text());
    let first = find_first_line(&text);
    // A message that is encrypted, or that is a picture, has no text at all.
    let is_empty = first.is_empty() && mail.find_part(&["text/plain", "text/html"]).is_some();
    is_empty || is_signature(&first) || is_request(&first, &YES)
}

fn read_address(mail: &ParsedMail, ours: &Ours) -> Option<MailCommand> {
    const FIELDS: &[&str] = &["x-original-to", "delivered-to", "envelope-to", "to", "cc"];
    let values = FIELDS.iter().flat_map(|name| mail.fields.all(name));
    for one in values.flat_map(find_tagged) {
        if !ours.has_domain(one.domain) {
            continue;
        }
        let (word, rest) = one.tag.split_once('-').unwrap_or((one.tag, ""));
        let Some(verb) = read_verb(word) else {
            continue;
        };
        let has_token = may_be_token(rest);
        let digest = (!rest.is_empty() && !has_token).then(|| rest.to_owned());
        return Some(MailCommand {
            verb,
            digest,
            has_token,
        });
    }
    None
}

fn read_verb(word: &str) -> Option<Verb> {
    match word.to_ascii_lowercase().as_str() {
        "leave" | "unsubscribe" => Some(Verb::Leave),
        "join" | "subscribe" => Some(Verb::Join),
        "confirm" => Some(Verb::Confirm),
        _ => None,
    }
}

/// Whether a line is one of these requests, and nothing else of weight.
fn is_request(line: &str, requests: &WordList) -> bool {
    let line = line.to_lowercase();
    let is_mark =
        |c: char| c.is_ascii_punctuation() && !"'-".contains(c) || "。！？，、؟…“”„«»’".contains(c);
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || is_mark(c))
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() || words.len() > MOST_WORDS + 4 {
        return false;
    }
    let whole = words.join(" ");
    let heavy = strip_fillers(&whole);
    requests
        .iter()
        .any(|request| request == whole || (!heavy.is_empty() && strip_fillers(request) == heavy))
}

fn strip_fillers(line: &str) -> String {
    let words = line.split(' ').filter(|word| !FILLERS.has(word));
    words.collect::<Vec<_>>().join(" ")
}

/// `subscribe weekly`: the one word behind the request.
fn read_digest(subject: &str, requests: &WordList) -> Option<String> {
    let (word, rest) = subject.trim().split_once(char::is_whitespace)?;
    let is_name = !rest.trim().is_empty() && !rest.trim().contains(char::is_whitespace);
    let is_filler = FILLERS.has(&rest.trim().to_lowercase());
    (is_name && !is_filler && requests.has(&word.to_lowercase())).then(|| rest.trim().to_owned())
}

fn find_first_line(text: &str) -> String {
    let mut lines = text
        .lines()
        .map(|line| line.trim().trim_start_matches('\u{feff}'));
    lines
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .to_owned()
}

fn is_signature(line: &str) -> bool {
    let line = line.to_lowercase();
    line == "--"
        || [
            "sent from my",
            "sent from",
            "get outlook for",
            "von meinem",
            "gesendet von",
            "gesendet mit",
            "envoyé de",
            "enviado desde",
            "inviato da",
        ]
        .iter()
        .any(|known| line.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::{Ours, Verb, is_confirmation, is_request, read_signed};
    use crate::inbox::message::ParsedMail;
    use crate::inbox::words::{JOIN, LEAVE};

    #[test]
    fn a_line_asks_to_leave_only_where_it_says_little_else() {
        for line in [
            "unsubscribe",
            "Unsubscribe.",
            "UNSUBSCRIBE ME PLEASE",
            "Please remove me from this list",
            "stop",
            "Opt out!",
            "abmelden",
            "Bitte abmelden",
            "Bitte mich vom Verteiler entfernen",
            "Désinscription",
            "darme de baja, por favor",
            "cancellami dalla lista",
            "graag uitschrijven",
            "wypisz mnie z listy",
            "отпишите меня от рассылки",
            "退订",
            "配信停止",
            "구독 취소",
            "I want to unsubscribe",
            "please unsubscribe",
            "odhlásit",
            "avprenumerera",
            "abonelikten çık",
        ] {
            assert!(is_request(line, &LEAVE), "{line}");
        }
        for line in [
            "How to unsubscribe from everything",
            "Leave the city while you can",
            "",
            "stop the press: news",
            "removed",
            "I do not want to stop reading",
            "unsubscribe me from this and tell me why you ever thought I would like it",
            "Hello",
            "subscribe",
            "Never delete old mail",
        ] {
            assert!(!is_request(line, &LEAVE), "{line}");
        }
        for line in ["subscribe", "Subscribe me, please", "Anmelden", "订阅"] {
            assert!(is_request(line, &JOIN), "{line}");
        }
        assert!(!is_request("unsubscribe", &JOIN));
    }

    #[test]
    fn an_answer_says_yes_by_a_word_or_by_nothing() {
        for (text, expected) in [
            ("", true),
            ("yes", true),
            ("Yes, please!\n\n> Do you", true),
            (
                "\n\nOn Mon, Hums <news@hums.example> wrote:\n> Do you",
                true,
            ),
            (
                "\n\nOn Mon, 1 Jan 2024 Hums <\nnews@hums.example> wrote:\n\n> Do you",
                true,
            ),
            ("ja\n\nAm 1.1. schrieb Hums:\n> Willst", true),
            ("Sent from my iPhone\n\n> Do you", true),
            ("-- \nAda", true),
            ("\n-----Original Message-----\nFrom: Hums", true),
            ("I am in the mountains until Monday.\n\n> Do you", false),
            ("Thank you for your mail. We will see.\n", false),
            ("no", false),
            ("No!\n> Do you", false),
            ("Please write to bob@new.example, I have left.", false),
            ("My address has changed:\nada@new.example", false),
            ("--------\nNobody reads this box.", false),
            ("> Do you\n\nyes", true),
            ("> Do you\n\nno", false),
            ("From: Hums <news@hums.example>\nSent: x\n\nDo you", true),
            ("who are you?\n\n> Do you", false),
        ] {
            let mail = ParsedMail::parse(format!("Subject: Re: x\n\n{text}").as_bytes());
            assert_eq!(is_confirmation(&mail), expected, "{text:?}");
        }
    }

    #[test]
    fn the_verb_of_a_subject_is_the_one_nearest_before_the_token() {
        let token = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklm";
        for (subject, verb) in [
            (format!("unsubscribe {token}"), Some(Verb::Leave)),
            (
                format!("Re: Leave no trace, weekly – confirm {token}"),
                Some(Verb::Confirm),
            ),
            (
                format!("Re: Please subscribe – confirm {token} (was: x)"),
                Some(Verb::Confirm),
            ),
            (format!("{token} confirm"), Some(Verb::Confirm)),
            (token.to_owned(), Some(Verb::Leave)),
            (format!("hello {token}"), None),
            ("confirm".to_owned(), None),
        ] {
            let mail = ParsedMail::parse(format!("Subject: {subject}\n\n").as_bytes());
            let found = read_signed(&mail, &Ours::default()).map(|command| command.verb);
            assert_eq!(found, verb, "{subject}");
        }
    }

    #[test]
    fn our_address_is_ours_with_a_tag_and_in_any_case() {
        let ours = Ours::new(["news@hums.example".parse().unwrap()]);
        for (address, expected) in [
            ("news@hums.example", true),
            ("News+leave-x@HUMS.example", true),
            ("newsx@hums.example", false),
            ("news@other.example", false),
            ("", false),
        ] {
            assert_eq!(ours.has(address), expected, "{address}");
        }
    }
}
