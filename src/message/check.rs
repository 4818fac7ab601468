//! Checks an issue's headers for what relays break or refuse, before the first message is sent.

use std::collections::HashSet;

use crate::finding::{Finding, Rule};
use crate::message::{Compiled, Piece};

/// The longest line of a message (RFC 5322 2.1.1); a relay that breaks a longer one breaks its signature.
const LONGEST: usize = 998;

/// Checks the headers of an issue.
pub(crate) fn check(compiled: &Compiled) -> Vec<Finding> {
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
    findings
}

fn start(line: &str) -> String {
    line.chars().take(40).collect()
}
