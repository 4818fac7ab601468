//! Checks an issue's headers and sender for what makes relays distrust mail, before the first message is sent.

use std::collections::HashSet;

use crate::finding::{Finding, Rule};
use crate::message::{Compiled, Origin, Piece};

/// The longest line of a message (RFC 5322 2.1.1); a relay that breaks a longer one breaks its signature.
const LONGEST: usize = 998;

/// Checks the headers and the sender of an issue.
pub(crate) fn check(compiled: &Compiled, origin: &Origin<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = HashSet::new();
    for piece in &compiled.pieces {
        let Piece::Fixed(text) = piece else { continue };
        let (head, is_last) = text
            .split_once("\r\n\r\n")
            .map_or((text.as_str(), false), |(head, _)| (head, true));
        for line in head.split("\r\n").filter(|line| !line.is_empty()) {
            let field = line.split(':').next().filter(|_| !line.starts_with(' '));
            if line.len() > LONGEST {
                findings.push(Finding::error(
                    Rule::HeaderBroken,
                    format!(
                        "a line of the headers has {} octets: {}",
                        line.len(),
                        start(line)
                    ),
                ));
            }
            if field.is_some_and(|field| !seen.insert(field.to_lowercase())) {
                findings.push(Finding::error(
                    Rule::HeaderBroken,
                    format!("a header stands twice: {}", start(line)),
                ));
            }
            if !line.is_ascii() {
                let finding = Finding::warning(
                    Rule::Smtputf8,
                    format!(
                        "a header needs SMTPUTF8 at every relay on the way: {}",
                        start(line)
                    ),
                );
                findings.push(finding.hint("use an address of ASCII letters as the sender"));
            }
        }
        if is_last {
            break;
        }
    }
    let from = origin
        .digest
        .from
        .as_ref()
        .or(origin.mail.from.as_ref())
        .map(|from| from.email.domain());
    let bounces = origin
        .mail
        .return_path
        .as_ref()
        .map(crate::reader::Email::domain);
    if let (Some(from), Some(bounces)) = (from, bounces)
        && !are_aligned(from, bounces)
        && origin.mail.dkim.is_none()
    {
        let finding = Finding::warning(
            Rule::SpfAlignment,
            format!("`return_path` is at {bounces} and `from` at {from}: SPF does not align"),
        );
        findings.push(finding.hint(format!(
            "let both be of one domain, or let DKIM sign for {from}"
        )));
    }
    let signs = origin
        .mail
        .dkim
        .as_ref()
        .and_then(|dkim| dkim.domain.as_deref());
    if let (Some(from), Some(signs)) = (from, signs)
        && !are_aligned(from, signs)
    {
        let finding = Finding::warning(
            Rule::DkimAlignment,
            format!(
                "DKIM signs for {signs} and `from` is at {from}: receivers that ask for DMARC do not count the signature"
            ),
        );
        findings.push(finding.hint("let both be of one domain"));
    }
    findings
}

/// Whether two domains belong to one organisation, judged by their last two labels (RFC 7489 3.1, relaxed).
fn are_aligned(one: &str, other: &str) -> bool {
    let organisation = |domain: &str| {
        domain
            .rsplit('.')
            .take(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    organisation(one) == organisation(other)
}

fn start(line: &str) -> String {
    line.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::are_aligned;

    #[test]
    fn domains_of_one_organisation_are_aligned() {
        for (one, other, expected) in [
            ("hums.example", "hums.example", true),
            ("hums.example", "bounces.hums.example", true),
            ("news.hums.example", "bounces.hums.example", true),
            ("hums.example", "relay.example", false),
        ] {
            assert_eq!(are_aligned(one, other), expected, "{one} {other}");
        }
    }
}
