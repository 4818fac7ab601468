//! Delivery reports (RFC 3464; addresses beyond ASCII by RFC 6533): the outcome for each recipient, and what it means
//! for the address.

use super::failure::{find_codes, find_enhanced, find_reply_code, judge_failure, rank_hardness};
use super::message::Fields;
use crate::reader::Email;
use crate::verdict::{Enhanced, Verdict, one_line};

/// How many recipients of one report are looked at.
const MOST: usize = 100;
/// The longest words that are kept, in characters.
const LONGEST: usize = 200;

/// The action of a report for a recipient (RFC 3464 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was not delivered, and nobody tries any more.
    Failed,
    /// It is not delivered yet.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It was passed on to a server that does not report.
    Relayed,
    /// It was passed on to several addresses.
    Expanded,
}

/// The outcome for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The addresses by which the report names the recipient: as we wrote it, and as it was rewritten.
    pub recipients: Vec<String>,
    /// The action that the report names.
    pub action: Action,
    /// The meaning for the address.
    pub verdict: Verdict,
    /// The words to keep, on one line.
    pub words: String,
}

impl Action {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
            Self::Expanded => "expanded",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [
            Self::Failed,
            Self::Delayed,
            Self::Delivered,
            Self::Relayed,
            Self::Expanded,
        ]
        .into_iter()
        .find(|action| action.word() == word)
    }

    /// Derives a missing action from the class of a status (RFC 3463 3.1).
    fn from_class(status: Option<Enhanced>) -> Option<Self> {
        match status?.0 {
            2 => Some(Self::Delivered),
            4 => Some(Self::Delayed),
            _ => Some(Self::Failed),
        }
    }
}

impl Report {
    /// A report of a failure by its words alone.
    pub(super) fn failed(recipients: Vec<String>, words: &str) -> Self {
        Self {
            recipients,
            action: Action::Failed,
            verdict: judge_failure(None, words),
            words: shorten_words(words),
        }
    }

    /// A report of a delay.
    pub(super) fn delayed(recipients: Vec<String>, words: &str) -> Self {
        Self {
            recipients,
            action: Action::Delayed,
            verdict: Verdict::Deferred,
            words: one_line(words, LONGEST),
        }
    }

    /// Whether it is about this address.
    fn is_about(&self, email: &Email) -> bool {
        let normal = email.normal();
        let is_it = |known: &String| {
            known
                .parse::<Email>()
                .is_ok_and(|known| known.normal() == normal)
        };
        self.recipients.iter().any(is_it)
    }
}

/// Chooses the report that counts for the message to this reader: the one that names them, else the mildest one, since each of
/// our messages has one recipient and the others are forwards. `None` if nothing failed.
pub fn choose_report<'r>(reports: &'r [Report], reader: Option<&Email>) -> Option<&'r Report> {
    let named = reports
        .iter()
        .filter(|report| reader.is_some_and(|reader| report.is_about(reader)));
    let hardness = |report: &&Report| rank_hardness(report.verdict);
    let report = named
        .min_by_key(hardness)
        .or_else(|| reports.iter().min_by_key(hardness))?;
    (report.action == Action::Failed).then_some(report)
}

/// Shortens the words to keep. Of a long text the end is kept if only that has a code, as in Exchange's reports.
fn shorten_words(words: &str) -> String {
    let length = words.chars().count();
    let begin: String = words.chars().take(LONGEST).collect();
    let has_code =
        |text: &str| find_codes(text).next().is_some() || find_reply_code(text).is_some();
    if length > LONGEST && !has_code(&begin) && has_code(words) {
        let end: String = words.chars().skip(length - LONGEST).collect();
        return one_line(&end, LONGEST);
    }
    one_line(&begin, LONGEST)
}

/// Reads the reports of a `message/delivery-status` body.
pub(super) fn read(body: &str) -> Vec<Report> {
    let mut reports = Vec::new();
    for group in split_groups(body) {
        let fields = Fields::parse(group.as_bytes());
        if reports.len() < MOST
            && let Some(report) = read_recipient(&fields)
        {
            reports.push(report);
        }
    }
    reports
}

/// Splits a body into its groups of fields, parted by empty lines (RFC 3464 2.1).
fn split_groups(body: &str) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in body.lines() {
        if line.trim().is_empty() {
            is_open = false;
            continue;
        }
        if !is_open && groups.len() > MOST {
            break;
        }
        if !is_open {
            groups.push(String::new());
            is_open = true;
        }
        if let Some(group) = groups.last_mut() {
            group.push_str(line);
            group.push('\n');
        }
    }
    groups
}

fn read_recipient(fields: &Fields) -> Option<Report> {
    let named = [
        "original-recipient",
        "final-recipient",
        "x-actual-recipient",
    ]
    .iter()
    .filter_map(|name| fields.first(name).map(read_address));
    let recipients: Vec<String> = named.filter(|address| !address.is_empty()).collect();
    let status = fields.first("status").and_then(find_enhanced);
    let diagnostic = fields
        .first("diagnostic-code")
        .or_else(|| fields.first("x-display-name-diagnostic"))
        .map(|text| text.split_once(';').map_or(text, |(_, words)| words).trim());
    let action = fields
        .first("action")
        .and_then(|word| Action::parse(read_first_word(word).as_str()))
        .or_else(|| Action::from_class(status))?;
    if recipients.is_empty() && status.is_none() {
        return None;
    }
    let said = diagnostic.unwrap_or_default();
    let words = match status {
        Some(status) if !said.contains(&status.to_string()) => format!("{status} {said}"),
        _ => said.to_owned(),
    };
    let verdict = match action {
        Action::Failed => judge_failure(status, said),
        Action::Delayed => Verdict::Deferred,
        Action::Delivered | Action::Relayed | Action::Expanded => Verdict::Sent,
    };
    Some(Report {
        recipients,
        action,
        verdict,
        words: shorten_words(&words),
    })
}

fn read_first_word(text: &str) -> String {
    let end = text.find(|c: char| !c.is_ascii_alphabetic());
    text[..end.unwrap_or(text.len())].to_ascii_lowercase()
}

/// Reads `rfc822; ada@x.example`, and `utf-8; \x{444}@x.example` (RFC 6533 3), without the type.
fn read_address(field: &str) -> String {
    let address = field.split_once(';').map_or(field, |(_, address)| address);
    let address = address.trim().trim_matches(['<', '>', '"']);
    let mut text = String::new();
    let mut parts = address.split("\\x{");
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap_or((part, ""));
        let letter = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
        text.extend(letter);
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Action, choose_report, read, read_address};
    use crate::verdict::Verdict;

    #[test]
    fn an_address_beyond_ascii_is_read_in_both_forms() {
        for (field, address) in [
            ("rfc822;ada@x.example", "ada@x.example"),
            ("rfc822; <ada@x.example>", "ada@x.example"),
            ("utf-8; дарья@пример.рф", "дарья@пример.рф"),
            ("utf-8;\\x{434}\\x{430}@x.example", "да@x.example"),
            ("utf-8;\\x{110000}a@x.example", "a@x.example"),
            ("ada@x.example", "ada@x.example"),
        ] {
            assert_eq!(read_address(field), address, "{field}");
        }
    }

    #[test]
    fn of_several_recipients_the_readers_own_counts() {
        let body = "Reporting-MTA: dns; x\n\n\
            Final-Recipient: rfc822; ada@x.example\nAction: failed\nStatus: 5.1.1\n\n\n\
            Original-Recipient: rfc822; Bob@X.example\nFinal-Recipient: rfc822; b@y\nAction: delivered\nStatus: 2.0.0\n\n\
            Final-Recipient: rfc822; eve@x.example\nAction: delayed\nStatus: 4.4.1\n";
        let reports = read(body);
        let actions: Vec<Action> = reports.iter().map(|report| report.action).collect();
        assert_eq!(
            actions,
            [Action::Failed, Action::Delivered, Action::Delayed]
        );
        for (reader, expected) in [
            ("ada@x.example", Some(Verdict::Bounced)),
            ("bob@x.example", None),
            ("eve@x.example", None),
            ("list@x.example", None),
        ] {
            let found = choose_report(&reports, Some(&reader.parse().unwrap()));
            assert_eq!(found.map(|report| report.verdict), expected, "{reader}");
        }
        let one = &reports[..1];
        let other = "list@x.example".parse().unwrap();
        for reader in [None, Some(&other)] {
            let found = choose_report(one, reader).unwrap();
            assert_eq!(found.verdict, Verdict::Bounced);
        }
        assert!(choose_report(&[], None).is_none());
    }
}
