//! Bounces of before RFC 3464, and of servers that never took to it: qmail, Exim, Exchange, sendmail, Domino and others, by
//! how their texts begin.

use super::dsn::Report;
use super::message::{Fields, ParsedMail, split_head};

/// How such a text begins, wherever in its first lines.
const FAILED: &[&str] = &[
    "hi. this is the",
    "i'm afraid i wasn't able to deliver your message",
    "this message was created automatically by mail delivery software",
    "could not be delivered to one or more of its recipients",
    "your message did not reach some or all of the intended recipients",
    "the following recipient(s) could not be reached",
    "delivery has failed to these recipients",
    "the following addresses had permanent fatal errors",
    "the following addresses had permanent delivery errors",
    "the original message was received at",
    "delivery to the following recipient failed permanently",
    "delivery to the following recipients failed",
    "your message wasn't delivered to",
    "your message could not be delivered",
    "your message was not delivered",
    "was not delivered to:",
    "i'm sorry to have to inform you that",
    "this is the mail system at host",
    "this is the postfix program at host",
    "sorry, we were unable to deliver your message to the following address",
    "unable to deliver message to the following recipient",
    "message delivery failed",
    "the following message to",
    "your mail to the following recipients could not be delivered",
    "the message that you sent was undeliverable",
    "undeliverable mail",
    "this is an automatically generated delivery status notification",
    "failed recipient:",
    "the attached message had permanent fatal delivery errors",
    "ihre nachricht konnte nicht zugestellt werden",
    "die folgende adresse ist fehlerhaft",
    "der folgende empfänger",
    "votre message n'a pas pu être remis",
    "no se pudo entregar el mensaje",
    "impossibile recapitare il messaggio",
];

/// Words of a notice that nothing is decided yet.
const DELAYED: &[&str] = &[
    "this is a warning message only",
    "you do not need to resend your message",
    "has not yet been delivered",
    "has been delayed",
    "delivery delayed",
    "had transient non-fatal errors",
    "will be retried",
    "no action is required on your part",
    "delivery attempts will continue",
    "still being retried",
    "will continue to attempt",
    "will keep trying",
];

/// The lines that introduce the copy of the message.
const COPY: &[&str] = &[
    "--- below this line is a copy of the message",
    "------ this is a copy of",
    "--- the header of the original",
    "----- original message",
    "-----original message",
    "--- original message",
    "----- message header follows",
    "----- unsent message follows",
    "----- message body suppressed",
    "message header follows",
    "--- here is a copy",
    "copy of the message, including",
    "----- returned message",
    "original message headers:",
    "--- enclosed is a copy",
];

/// The senders of such texts.
const DAEMONS: &[&str] = &[
    "mailer-daemon",
    "mailerdaemon",
    "mail-daemon",
    "maildaemon",
    "mdaemon",
    "postmaster",
    "mail delivery",
    "system administrator",
    "mail administrator",
];

/// The subjects of such texts.
const SUBJECTS: &[&str] = &[
    "failure notice",
    "undeliver",
    "returned mail",
    "mail delivery failed",
    "mail delivery failure",
    "delivery status notification",
    "delivery failure",
    "delivery failed",
    "delivery notification",
    "warning: message",
    "warning: could not send",
    "mail system error",
    "nondeliverable",
    "unzustellbar",
    "message could not be delivered",
];

/// How many recipients of one text are looked at.
const MOST: usize = 100;

/// Reads the reports of such a text, and the head of the message that it returns.
pub(super) fn read(mail: &ParsedMail) -> Option<(Vec<Report>, Fields)> {
    let (report, copy) = split_copy(mail.text());
    // The copy may have any words.
    let begin: String = report.chars().take(2000).collect();
    let begin = join(&begin).to_lowercase();
    let has = |words: &[&str]| words.iter().any(|known| begin.contains(known));
    let is_failed = has(FAILED) || mail.fields.has("x-failed-recipients");
    let is_delayed = has(DELAYED);
    if !(is_failed || is_delayed) || !is_from_daemon(mail) {
        return None;
    }
    let returned = Fields::parse(split_head(copy.as_bytes()).0);
    let mut records = split_records(report);
    if let (true, Some(failed)) = (records.is_empty(), mail.fields.first("x-failed-recipients")) {
        let addresses = failed.split(',').map(|address| address.trim().to_owned());
        records.extend(addresses.take(MOST).map(|address| (address, String::new())));
    }
    let whole = join(report);
    if is_delayed {
        let recipients = records.into_iter().map(|(address, _)| address).collect();
        return Some((vec![Report::delayed(recipients, &whole)], returned));
    }
    let alone = records.len() <= 1;
    if alone && !records.iter().any(|(_, words)| has_code(words)) {
        // The reason stands elsewhere in the text, after its fixed phrases.
        let recipients = records.into_iter().map(|(address, _)| address).collect();
        return Some((
            vec![Report::failed(recipients, &find_reason(report))],
            returned,
        ));
    }
    let reports = records
        .into_iter()
        .map(|(address, words)| Report::failed(vec![address], &words))
        .collect();
    Some((reports, returned))
}

fn is_from_daemon(mail: &ParsedMail) -> bool {
    let from = mail.fields.first("from").unwrap_or_default().to_lowercase();
    let subject = mail.subject().trim().to_lowercase();
    let is_bounced = mail
        .fields
        .first("return-path")
        .is_some_and(|path| path.trim() == "<>");
    is_bounced
        || mail.fields.has("x-failed-recipients")
        || DAEMONS.iter().any(|known| from.contains(known))
        || SUBJECTS.iter().any(|known| subject.starts_with(known))
}

/// Splits a text into the report and the copy of the message behind it.
fn split_copy(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.trim().to_lowercase();
        if COPY.iter().any(|known| lower.contains(known)) {
            let rest = &text[at + line.len()..];
            return (&text[..at], rest.trim_start());
        }
        if lower.starts_with("return-path:") || lower.starts_with("received:") {
            return text.split_at(at);
        }
        at += line.len();
    }
    (text, "")
}

/// Splits a report at each address that begins a line: the address, with the words behind it up to the next one.
fn split_records(report: &str) -> Vec<(String, String)> {
    let mut records: Vec<(String, String)> = Vec::new();
    // The reason may follow one empty line, as in Google's reports, and ends at the second.
    let mut empty = 0;
    for line in report.lines().map(str::trim) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if let Some((address, rest)) = read_leading_address(line) {
            empty = 0;
            // Exchange names an address once for its owner and once for the administrators.
            if records.last().is_none_or(|(last, _)| last != address) {
                records.push((address.to_owned(), String::new()));
            }
            if let Some((_, words)) = records.last_mut() {
                words.push_str(rest);
            }
            if records.len() > MOST {
                break;
            }
        } else if let (Some((_, words)), true) = (records.last_mut(), empty <= 1) {
            words.push(' ');
            words.push_str(line);
        }
    }
    records
}

/// Splits `<ada@x.example>:` or `ada@x.example on 1/1/2024` from the rest of the line.
fn read_leading_address(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("To:").unwrap_or(line).trim_start();
    let line = line
        .strip_prefix("Failed Recipient:")
        .unwrap_or(line)
        .trim_start();
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    let word = line[..end].trim_matches(['<', '>', ':', ',', ';', '"', '\'', '(', ')']);
    let (local, domain) = word.rsplit_once('@')?;
    let is_address = !local.is_empty()
        && domain.contains('.')
        && !word.contains(['<', '>', '/'])
        && !local.starts_with("mailto:");
    is_address.then(|| (word, line[end..].trim()))
}

/// Finds the part of the report that tells why: from the first line with a code, else all of it.
fn find_reason(report: &str) -> String {
    let mut lines = report.lines().map(str::trim);
    match lines.find(|line| has_code(line)) {
        Some(line) => line.to_owned(),
        None => join(report),
    }
}

fn has_code(line: &str) -> bool {
    line.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .any(|word| {
            let is_reply = word.len() == 3 && word.starts_with(['4', '5']) && !word.contains('.');
            is_reply || (word.matches('.').count() == 2 && word.starts_with(['4', '5']))
        })
}

fn join(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
