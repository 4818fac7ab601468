//! How many bounces and complaints a receiver bears: above it, mail goes to the junk folder, then nowhere.

use chrono::TimeDelta;

use crate::finding::{Finding, Rule};
use crate::store::Domain;

/// The time over which rates are counted.
pub(crate) const RATED: TimeDelta = TimeDelta::days(30);

/// One complaint in a thousand is the limit that large receivers name.
const COMPLAINTS: (u64, &str) = (1000, "0.1 %");
/// One bounce in fifty.
const BOUNCES: (u64, &str) = (50, "2 %");

/// Warns of each domain and rate above its limit.
pub(crate) fn find_high_rates(domains: &[Domain]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for domain in domains {
        for (count, (in_all, bound), what, hint) in [
            (
                domain.complained,
                COMPLAINTS,
                "complained",
                "send only to whom has asked for it, and let them leave easily",
            ),
            (
                domain.bounced,
                BOUNCES,
                "bounced",
                "look at where these addresses came from; `tidings status ISSUE` lists them",
            ),
        ] {
            if count * in_all > domain.sent {
                let rate = format_percent(count, domain.sent);
                findings.push(
                    Finding::warning(
                        Rule::BounceRate,
                        format!(
                            "{}: {rate} {what} in 30 days ({count} of {}), above {bound}",
                            domain.name, domain.sent
                        ),
                    )
                    .hint(hint),
                );
            }
        }
    }
    findings
}

/// `2.5 %`, rounded up, so that a rate above a limit never looks equal to it.
fn format_percent(count: u64, all: u64) -> String {
    let hundredths = (count * 10_000).div_ceil(all.max(1));
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

#[cfg(test)]
mod tests {
    use super::find_high_rates;
    use crate::store::Domain;

    #[test]
    fn a_rate_above_its_bound_is_named() {
        for (sent, bounced, complained, expected) in [
            (1000, 0, 0, vec![]),
            (1000, 20, 1, vec![]),
            (1000, 21, 0, vec!["2.1 % bounced"]),
            (1000, 0, 2, vec!["0.2 % complained"]),
            (999, 0, 1, vec!["0.11 % complained"]),
            (2, 1, 1, vec!["50 % complained", "50 % bounced"]),
            (1_000_000, 20_001, 0, vec!["2.01 % bounced"]),
        ] {
            let domain = Domain {
                name: "x.example".to_owned(),
                sent,
                bounced,
                complained,
            };
            let found = find_high_rates(&[domain]);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for (finding, words) in found.iter().zip(expected) {
                assert!(finding.message.contains(words), "{finding:?}");
            }
        }
    }
}
