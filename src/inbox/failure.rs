//! Judges the codes and words of a failure by the same rules as SMTP replies.

use crate::verdict::{Enhanced, Phase, Reply, Verdict, judge};

/// How many characters of a failure's words are judged; reports of real servers have some hundred.
const MOST_JUDGED: usize = 10_000;
/// How many different codes of them are judged, each of which is judged with all of the words.
const MOST_CODES: usize = 20;

/// How much a verdict holds against an address.
pub(super) fn rank_hardness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Sent => 0,
        Verdict::Deferred | Verdict::Throttled | Verdict::RelayTrouble | Verdict::Unexpected => 1,
        Verdict::AboutUs => 2,
        Verdict::Policy => 3,
        Verdict::GivenUp => 4,
        Verdict::Refused => 5,
        Verdict::Bounced => 6,
    }
}

/// The first enhanced code in a text: three numbers that nothing else touches.
pub(super) fn find_enhanced(text: &str) -> Option<Enhanced> {
    find_codes(text).next()
}

/// Every enhanced code in a text, `#5.1.1` and `(5.1.1)` too; an IP address has a fourth number and is none.
pub(super) fn find_codes(text: &str) -> impl Iterator<Item = Enhanced> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.';
    text.split(move |c: char| !is_part(c)).filter_map(|word| {
        let mut numbers = word
            .trim_end_matches('.')
            .split('.')
            .map(|number| match number.len() {
                1..=3 => number.parse::<u16>().ok(),
                _ => None,
            });
        let code = Enhanced(numbers.next()??, numbers.next()??, numbers.next()??);
        (numbers.next().is_none() && matches!(code.0, 2 | 4 | 5)).then_some(code)
    })
}

/// The code of an SMTP reply in a text: three digits that begin a word, before a space, a `-` or the end.
pub(super) fn find_reply_code(text: &str) -> Option<u16> {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let is_begun = !before.is_alphanumeric() && !".-".contains(before);
        before = c;
        if !is_begun || !matches!(c, '4' | '5') {
            continue;
        }
        let Some(code) = text.get(at..at + 3) else {
            continue;
        };
        let next = text[at + 3..].chars().next().unwrap_or(' ');
        if code.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(next, ' ' | '-' | '#' | ',' | ':')
        {
            return code.parse().ok();
        }
    }
    None
}

/// Words of a refusal that is about the sender or the message, whatever its code.
const POLICY: &[&str] = &[
    "spam",
    "blacklist",
    "blocklist",
    "block list",
    "blocked",
    "reputation",
    "policy",
    "dnsbl",
    "rbl ",
    "dmarc",
    "spf ",
    "dkim",
    "unauthenticated",
    "rate limit",
    "too many",
    "banned",
    "content rejected",
    "virus",
];

/// Words of a refusal that is about the address, whatever its code: some servers have no better one.
const ADDRESS: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "user not found",
    "user does not exist",
    "user doesn't exist",
    "user doesn't have a",
    "no such recipient",
    "unknown recipient",
    "recipient unknown",
    "recipient not found",
    "invalid recipient",
    "recipient address rejected",
    "no such mailbox",
    "unknown mailbox",
    "mailbox not found",
    "mailbox unavailable",
    "mailbox does not exist",
    "mailbox is disabled",
    "mailbox disabled",
    "no such account",
    "account does not exist",
    "account is disabled",
    "account has been disabled",
    "no longer exists",
    "unrouteable address",
    "unroutable address",
];

/// Judges the address by the mildest of all codes in a report. A message that a relay tried for days, or a mailbox that
/// is full, disabled or unroutable, counts as an unproven refusal: the third issue in a row suppresses.
pub(super) fn judge_failure(status: Option<Enhanced>, words: &str) -> Verdict {
    let words = words
        .char_indices()
        .nth(MOST_JUDGED)
        .map_or(words, |(end, _)| &words[..end]);
    let mut codes: Vec<Enhanced> = Vec::new();
    // `X.0.0` says nothing: Exim gives it for an address for which it knows no way.
    let telling = status.into_iter().chain(find_codes(words));
    for code in telling.filter(|code| !is_vague(*code)) {
        if codes.len() < MOST_CODES && !codes.contains(&code) {
            codes.push(code);
        }
    }
    let text = strip_addresses(words);
    let code = find_reply_code(words);
    let verdicts = codes
        .iter()
        .map(|enhanced| judge_code(code, Some(*enhanced), &text));
    let verdict = verdicts
        .min_by_key(|verdict| rank_hardness(*verdict))
        .unwrap_or_else(|| judge_code(code, None, &text));
    let lower = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|known| lower.contains(known));
    match verdict {
        Verdict::Bounced | Verdict::Refused if has(POLICY) => Verdict::Policy,
        Verdict::GivenUp if has(ADDRESS) && !has(POLICY) => Verdict::Refused,
        verdict => verdict,
    }
}

fn is_vague(code: Enhanced) -> bool {
    matches!(code, Enhanced(_, 0, 0) | Enhanced(2, ..))
}

/// One code by the rules of SMTP time.
fn judge_code(code: Option<u16>, enhanced: Option<Enhanced>, text: &str) -> Verdict {
    // A server that reports a failure has stopped trying: a class 4 counts as 5.
    let code = code.filter(|code| *code >= 500).unwrap_or(550);
    let words = match enhanced {
        Some(Enhanced(_, subject, detail)) => format!("{} {text}", Enhanced(5, subject, detail)),
        // A text may begin like a code although it is none.
        None => format!("- {text}"),
    };
    let verdict = judge(Phase::Rcpt, &Reply::new(code, &words));
    match (verdict, enhanced) {
        (Verdict::Policy | Verdict::AboutUs, _) => verdict,
        (_, Some(Enhanced(4, ..) | Enhanced(5, 2, 1 | 2) | Enhanced(5, 4, 4 | 7))) => {
            Verdict::Refused
        }
        // 500 and 503 are no trouble of the relay's any more, now that it has given up.
        (Verdict::RelayTrouble, _) => Verdict::GivenUp,
        _ => verdict,
    }
}

/// The text without brackets and words with an `@`: an address may contain any words.
fn strip_addresses(text: &str) -> String {
    let mut kept = String::new();
    for word in text.split_whitespace() {
        if !word.contains('@') && !word.starts_with('<') {
            kept.push_str(word);
            kept.push(' ');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{find_codes, find_reply_code, judge_failure};
    use crate::verdict::{Enhanced, Verdict};

    #[test]
    fn a_failure_is_judged_by_the_code_that_holds_least_against_the_address() {
        for (status, words, expected) in [
            ("5.1.1", "550 5.1.1 no such user", Verdict::Bounced),
            ("5.1.1", "", Verdict::Bounced),
            (
                "5.1.10",
                "550 5.1.10 RESOLVER.ADR.RecipientNotFound",
                Verdict::Bounced,
            ),
            ("5.0.0", "550 5.1.1 no such user", Verdict::Bounced),
            ("5.0.0", "550 no such user", Verdict::Refused),
            ("5.0.0", "", Verdict::Refused),
            (
                "5.4.1",
                "550 5.4.1 Recipient address rejected: Access denied",
                Verdict::Refused,
            ),
            (
                "5.0.0",
                "554 30 Sorry, this mailbox is disabled",
                Verdict::Refused,
            ),
            (
                "5.4.1",
                "550 5.4.1 no such user, blocked by policy",
                Verdict::GivenUp,
            ),
            ("", "550 no such user", Verdict::Refused),
            ("", "no such user", Verdict::Refused),
            ("5.1.1", "550 5.7.1 you are not welcome", Verdict::Policy),
            ("5.7.26", "550 5.7.26 unauthenticated", Verdict::Policy),
            ("5.7.515", "", Verdict::Policy),
            (
                "5.1.1",
                "550 5.1.1 sender address rejected",
                Verdict::AboutUs,
            ),
            ("5.1.8", "", Verdict::AboutUs),
            (
                "5.1.1",
                "550 5.1.1 blocked, see the blocklist",
                Verdict::Policy,
            ),
            (
                "5.1.1",
                "550 5.1.1 <spam@x.example> unknown",
                Verdict::Bounced,
            ),
            ("5.2.2", "552 5.2.2 full", Verdict::Refused),
            ("5.2.1", "550 5.2.1 disabled", Verdict::Refused),
            ("4.4.7", "", Verdict::Refused),
            (
                "4.4.1",
                "connect to mx.x.example[192.0.2.1]:25: timed out",
                Verdict::Refused,
            ),
            ("4.7.1", "451 4.7.1 greylisted", Verdict::Policy),
            ("5.4.4", "Host not found", Verdict::Refused),
            ("5.4.6", "routing loop", Verdict::GivenUp),
            ("5.3.4", "552 5.3.4 too big", Verdict::GivenUp),
            ("5.6.0", "554 5.6.0 no", Verdict::GivenUp),
            ("", "554 delivery error", Verdict::GivenUp),
            ("", "503 out of step", Verdict::GivenUp),
        ] {
            let status = find_codes(status).next();
            assert_eq!(judge_failure(status, words), expected, "{status:?} {words}");
        }
    }

    #[test]
    fn words_of_any_length_are_judged_at_once() {
        let same = "5.1.1 ".repeat(80_000);
        let mut different = String::new();
        for number in 0..80_000 {
            let _ = write!(different, "5.{}.{} ", number / 900 % 900, number % 900);
        }
        let begin = std::time::Instant::now();
        assert_eq!(judge_failure(None, &same), Verdict::Bounced);
        judge_failure(None, &different);
        let taken = begin.elapsed();
        assert!(taken < std::time::Duration::from_secs(3), "{taken:?}");
        let last = format!("{} 5.7.1 no", "5.1.1 ".repeat(1000));
        assert_eq!(judge_failure(None, &last), Verdict::Policy);
    }

    #[test]
    fn codes_are_found_and_addresses_of_machines_are_none() {
        for (text, codes) in [
            ("(#5.1.1)", vec![Enhanced(5, 1, 1)]),
            (
                "550-5.7.26 and 5.1.1.",
                vec![Enhanced(5, 7, 26), Enhanced(5, 1, 1)],
            ),
            ("192.0.2.5 5.1.1.1 1.2.3 v5.1.1 5.1", vec![]),
            ("5.1.1 (bad)", vec![Enhanced(5, 1, 1)]),
        ] {
            assert_eq!(find_codes(text).collect::<Vec<_>>(), codes, "{text}");
        }
        for (text, code) in [
            ("550 no", Some(550)),
            ("said: 550-5.1.1 no", Some(550)),
            ("at 10:550 x", Some(550)),
            ("5500 mails", None),
            ("mx1-550 x", None),
            ("é550", None),
            ("450", Some(450)),
            ("55", None),
        ] {
            assert_eq!(find_reply_code(text), code, "{text}");
        }
    }
}
