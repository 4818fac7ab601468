//! What a series of replies says that no single one does: that it is about us, so that the issue pauses. Pure.

use std::collections::{BTreeSet, VecDeque};

use crate::reader::ReaderId;
use crate::smtp::{Phase, Verdict};

/// So many hard bounces in a row pause.
const BOUNCES_IN_A_ROW: usize = 5;
/// The replies that are looked at for the share of hard bounces.
const WINDOW: usize = 100;
/// So many hard bounces among them pause.
const BOUNCES_IN_WINDOW: usize = WINDOW / 5;
/// So many different domains that refuse by policy, in a row, pause.
const POLICY_DOMAINS: usize = 3;
/// So many refusals of the message itself, in a row, pause.
const REFUSED_MESSAGES: usize = 3;

/// The replies of one run over one issue, and whether there were any before.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// Whose each of the last replies was, where it was a hard bounce.
    window: VecDeque<Option<ReaderId>>,
    bounces_in_a_row: usize,
    /// The domains of the policy refusals in a row.
    policy: BTreeSet<String>,
    refused_messages: usize,
    /// Whether any reply decided something before.
    seen: bool,
    /// Whether the bounces were too many to be believed.
    doubts: bool,
}

impl Series {
    /// The series that goes on where others have decided something about this issue, or nobody has yet.
    pub(super) fn after(seen: bool) -> Self {
        Self {
            seen,
            ..Self::default()
        }
    }

    /// The readers whose hard bounces are not to be believed: all of the last where there were too many; where the issue
    /// was stopped from elsewhere, those in a row, since another sender may have met the rest of the series.
    pub(super) fn doubted(&self, was_stopped: bool) -> Vec<ReaderId> {
        let in_a_row = if was_stopped {
            self.bounces_in_a_row
        } else {
            0
        };
        let last = if self.doubts { WINDOW } else { in_a_row };
        self.window
            .iter()
            .rev()
            .take(last)
            .flatten()
            .copied()
            .collect()
    }

    /// Takes in what a recipient's reply meant. Words, where the issue is to pause.
    pub(super) fn record(
        &mut self,
        phase: Phase,
        verdict: Verdict,
        reader: ReaderId,
        domain: &str,
    ) -> Option<String> {
        let first = match verdict {
            // They decide nothing about a recipient.
            Verdict::Deferred | Verdict::RelayTrouble | Verdict::AboutUs | Verdict::Uncertain => {
                return None;
            }
            _ => !std::mem::replace(&mut self.seen, true),
        };
        let bounced = verdict == Verdict::Bounced;
        self.window.push_back(bounced.then_some(reader));
        if self.window.len() > WINDOW {
            self.window.pop_front();
        }
        self.bounces_in_a_row = if bounced {
            self.bounces_in_a_row + 1
        } else {
            0
        };
        if verdict == Verdict::Policy {
            self.policy.insert(domain.to_owned());
        } else {
            self.policy.clear();
        }
        let is_message_refused =
            verdict == Verdict::GivenUp && matches!(phase, Phase::Data | Phase::Dot);
        // Who refuses a recipient has said nothing about the message.
        if is_message_refused {
            self.refused_messages += 1;
        } else if phase == Phase::Dot {
            self.refused_messages = 0;
        }

        let share = self.window.iter().flatten().count();
        self.doubts |= self.bounces_in_a_row >= BOUNCES_IN_A_ROW || share >= BOUNCES_IN_WINDOW;
        if first && verdict == Verdict::Policy {
            Some("the first reply is a refusal by policy".to_owned())
        } else if self.policy.len() >= POLICY_DOMAINS {
            Some(format!(
                "{POLICY_DOMAINS} domains in a row refuse by policy"
            ))
        } else if self.bounces_in_a_row >= BOUNCES_IN_A_ROW {
            Some(format!(
                "{BOUNCES_IN_A_ROW} addresses in a row are bad: more likely it is us than them"
            ))
        } else if share >= BOUNCES_IN_WINDOW {
            Some(format!(
                "{share} of the last {WINDOW} addresses are bad: more likely it is us than them"
            ))
        } else if self.refused_messages >= REFUSED_MESSAGES {
            Some(format!("{REFUSED_MESSAGES} messages in a row are refused"))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Series;
    use crate::smtp::{Phase, Verdict};

    /// After which reply of a series the issue pauses, and why; each is (phase, verdict, domain).
    fn pause(replies: &[(Phase, Verdict, &str)]) -> Option<(usize, String)> {
        let mut series = Series::default();
        replies
            .iter()
            .enumerate()
            .find_map(|(number, (phase, verdict, domain))| {
                series
                    .record(*phase, *verdict, 1, domain)
                    .map(|why| (number + 1, why))
            })
    }

    #[test]
    fn bounces_are_doubted_where_they_are_many_or_the_issue_was_stopped_among_them() {
        for (bounced, was_stopped, doubted) in [
            ("x...xxxxx", false, 6),
            ("x...xxxx", false, 0),
            ("x...xxxx", true, 4),
            ("x...xxxx.", true, 0),
            ("", true, 0),
        ] {
            let mut series = Series::after(true);
            for (reader, one) in (1..).zip(bounced.chars()) {
                let verdict = if one == 'x' {
                    Verdict::Bounced
                } else {
                    Verdict::Sent
                };
                series.record(Phase::Rcpt, verdict, reader, "x.example");
            }
            assert_eq!(series.doubted(was_stopped).len(), doubted, "{bounced}");
        }
    }

    #[test]
    fn a_series_of_refusals_pauses_and_a_single_one_does_not() {
        let sent = (Phase::Dot, Verdict::Sent, "x.example");
        let policy = |domain| (Phase::Rcpt, Verdict::Policy, domain);
        let bad = (Phase::Rcpt, Verdict::Bounced, "x.example");
        let refused = (Phase::Dot, Verdict::GivenUp, "x.example");
        let later = (Phase::Rcpt, Verdict::Deferred, "x.example");
        let no_such = (Phase::Rcpt, Verdict::Refused, "x.example");
        for (replies, pauses, words) in [
            (vec![policy("a"), sent], Some(1), "first reply"),
            (vec![later, policy("a")], Some(2), "first reply"),
            (
                vec![sent, policy("a"), policy("a"), policy("a"), policy("a")],
                None,
                "",
            ),
            (
                vec![sent, policy("a"), policy("b"), policy("c")],
                Some(4),
                "by policy",
            ),
            (
                vec![sent, policy("a"), policy("b"), sent, policy("c")],
                None,
                "",
            ),
            (vec![bad; 5], Some(5), "in a row are bad"),
            (vec![bad, bad, bad, bad, sent, bad, bad, bad, bad], None, ""),
            (
                vec![bad, bad, later, bad, bad, later, bad],
                Some(7),
                "in a row are bad",
            ),
            (vec![sent, refused, refused, refused], Some(4), "refused"),
            (
                vec![sent, refused, refused, sent, refused, refused],
                None,
                "",
            ),
            (
                vec![refused, no_such, refused, no_such, refused],
                Some(5),
                "refused",
            ),
            (vec![no_such; 40], None, ""),
            (vec![later; 200], None, ""),
            (
                [sent, sent, sent, bad].repeat(40),
                Some(80),
                "of the last 100",
            ),
            ([sent, sent, sent, sent, sent, bad].repeat(40), None, ""),
        ] {
            let paused = pause(&replies);
            assert_eq!(
                paused.as_ref().map(|(number, _)| *number),
                pauses,
                "{replies:?}"
            );
            assert!(
                paused.is_none_or(|(_, why)| why.contains(words)),
                "{replies:?}"
            );
        }
    }
}
