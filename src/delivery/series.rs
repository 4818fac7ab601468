//! Judges a series of replies: whether refusals are about us, so that the issue pauses. Pure.

use std::collections::{BTreeSet, VecDeque};

use crate::reader::ReaderId;
use crate::verdict::{Phase, Verdict};

/// The number of consecutive refusals that pauses, whatever their codes and domains.
const IN_A_ROW: usize = 5;
/// The number of different domains refusing in a row that pauses, unless each reply says that the address is bad.
const DOMAINS_IN_A_ROW: usize = 3;
/// The replies that are looked at for the share of refusals.
const WINDOW: usize = 100;
/// The number of refusals among them that pauses.
const IN_WINDOW: usize = WINDOW / 5;
/// The number of consecutive refusals of the message itself that pauses.
const MESSAGES_IN_A_ROW: usize = 3;
/// The number of refusals that pauses an issue which nobody has accepted.
const OF_NOBODY: usize = 3;

#[derive(Debug, Clone)]
struct RefusedDelivery {
    reader: ReaderId,
    domain: String,
    verdict: Verdict,
}

/// The origin of an issue's addresses: the owner or strangers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum AddressOrigin {
    /// The readers, or the owner.
    #[default]
    Readers,
    /// Addresses that anybody could type into a form.
    Anybody,
}

/// The replies of one run over one issue, and whether there were any before.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// The last replies that decided something, each with the refusal that it was, if it was one.
    window: VecDeque<Option<RefusedDelivery>>,
    refused_messages: usize,
    /// Whether any reply decided something before.
    seen: bool,
    /// Whether somebody has accepted this issue.
    accepted: bool,
    addresses: AddressOrigin,
    /// Whether the refusals were too many to be believed.
    doubts: bool,
}

/// The readers whose refusals are not to be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubted {
    /// The refusals of these readers.
    Readers(Vec<ReaderId>),
    /// All refusals of this issue, since nobody has accepted it.
    Everybody,
}

impl Series {
    /// A series that continues earlier ones, if replies were `seen` or the issue was `accepted` before.
    pub(super) fn after(seen: bool, accepted: bool) -> Self {
        Self {
            seen,
            accepted,
            ..Self::default()
        }
    }

    /// A series for addresses that anybody could type: refusals say nothing about us, and a stranger could cause any
    /// number of them.
    pub(super) fn for_strangers(accepted: bool) -> Self {
        Self {
            addresses: AddressOrigin::Anybody,
            ..Self::after(true, accepted)
        }
    }

    /// Whether somebody has accepted this issue.
    pub(super) fn is_accepted(&self) -> bool {
        self.accepted
    }

    /// Finds the readers whose refusals are doubted once the issue is paused: all recent ones if there were too many; else
    /// those in a row, since they begin the series that paused it, here or at another sender.
    pub(super) fn find_doubted(&self) -> Doubted {
        if !self.accepted {
            return Doubted::Everybody;
        }
        let last = if self.doubts {
            WINDOW
        } else {
            self.row().count()
        };
        let refused = self.window.iter().rev().take(last).flatten();
        Doubted::Readers(refused.map(|refusal| refusal.reader).collect())
    }

    /// Records a recipient's reply. Returns the reason if the issue must pause.
    pub(super) fn record(
        &mut self,
        phase: Phase,
        verdict: Verdict,
        reader: ReaderId,
        domain: &str,
    ) -> Option<String> {
        if verdict != Verdict::Sent && !verdict.is_refusal() {
            // It decides nothing about a recipient.
            return None;
        }
        let is_first = !std::mem::replace(&mut self.seen, true);
        self.accepted |= verdict == Verdict::Sent;
        if self.addresses == AddressOrigin::Anybody && !matches!(phase, Phase::Data | Phase::Dot) {
            return None;
        }
        self.window
            .push_back(verdict.is_refusal().then(|| RefusedDelivery {
                reader,
                domain: domain.to_owned(),
                verdict,
            }));
        if self.window.len() > WINDOW {
            self.window.pop_front();
        }
        // A refused recipient says nothing about the message.
        let is_about_message = matches!(phase, Phase::Data | Phase::Dot);
        if verdict == Verdict::GivenUp && is_about_message {
            self.refused_messages += 1;
        } else if phase == Phase::Dot {
            self.refused_messages = 0;
        }
        let why = self.find_pause(is_first && verdict == Verdict::Policy);
        self.doubts |= why.is_some();
        why
    }

    /// Finds the reason why the issue must pause after this reply.
    fn find_pause(&self, begins_with_policy: bool) -> Option<String> {
        let in_a_row = self.row().count();
        let of_policy = self.row().take_while(|one| one.verdict == Verdict::Policy);
        let policy_domains: BTreeSet<&str> = of_policy.map(|one| one.domain.as_str()).collect();
        let domains: BTreeSet<&str> = self.row().map(|one| one.domain.as_str()).collect();
        let bounced = self
            .row()
            .filter(|one| one.verdict == Verdict::Bounced)
            .count();
        let share = self.window.iter().flatten().count();
        let us = "more likely it is us than them";
        if begins_with_policy {
            Some("the first reply is a refusal by policy".to_owned())
        } else if policy_domains.len() >= DOMAINS_IN_A_ROW {
            Some(format!(
                "{} domains in a row refuse by policy",
                policy_domains.len()
            ))
        } else if self.refused_messages >= MESSAGES_IN_A_ROW {
            Some(format!("{MESSAGES_IN_A_ROW} messages in a row are refused"))
        } else if in_a_row >= IN_A_ROW && bounced == in_a_row {
            Some(format!("{in_a_row} addresses in a row are bad: {us}"))
        } else if in_a_row >= IN_A_ROW {
            Some(format!("{in_a_row} recipients in a row are refused: {us}"))
        } else if domains.len() >= DOMAINS_IN_A_ROW && bounced < in_a_row {
            Some(format!("{} domains in a row refuse: {us}", domains.len()))
        } else if share >= IN_WINDOW {
            Some(format!(
                "{share} of the last {WINDOW} recipients are refused: {us}"
            ))
        } else {
            None
        }
    }

    /// Finds the reason why a finished issue must pause: nobody has accepted it, and some have refused it. One or two refusals
    /// are enough if nothing waits (`is_over`), unless the relay says that their addresses are bad.
    pub(super) fn find_pause_at_end(&self, is_over: bool) -> Option<String> {
        let refused = self.window.iter().flatten().count();
        let mut refusals = self.window.iter().flatten();
        let is_doubtful = refusals.any(|one| one.verdict != Verdict::Bounced);
        let is_enough = refused >= OF_NOBODY || is_over && is_doubtful;
        if self.accepted || self.addresses == AddressOrigin::Anybody || !is_enough {
            return None;
        }
        Some(match refused {
            1 => "the only recipient is refused, and not because the address is bad: it may be us"
                .to_owned(),
            _ => format!("all {refused} recipients are refused: more likely it is us than them"),
        })
    }

    /// The refusals since the last message that was taken, the newest first.
    fn row(&self) -> impl Iterator<Item = &RefusedDelivery> {
        self.window.iter().rev().map_while(Option::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::{Doubted, Series};
    use crate::reader::ReaderId;
    use crate::verdict::{Phase, Verdict};

    /// After which reply of a series the issue pauses, and why; each is (phase, verdict, domain).
    fn pause(replies: &[(Phase, Verdict, &str)]) -> Option<(usize, String)> {
        let mut series = Series::default();
        replies
            .iter()
            .enumerate()
            .find_map(|(number, (phase, verdict, domain))| {
                series
                    .record(*phase, *verdict, 1.into(), domain)
                    .map(|why| (number + 1, why))
            })
    }

    #[test]
    fn refusals_are_doubted_where_they_are_many_or_the_issue_is_paused_among_them() {
        for (replies, accepted, doubted) in [
            ("x...xxxxx", false, Some(6)),
            ("x...xxxx", false, Some(4)),
            ("x...xxxx.", false, Some(0)),
            ("", true, Some(0)),
            ("xx", true, Some(2)),
            ("xx", false, None),
            ("", false, None),
        ] {
            let mut series = Series::after(true, accepted);
            for (reader, one) in (1..).zip(replies.chars()) {
                let verdict = if one == 'x' {
                    Verdict::Bounced
                } else {
                    Verdict::Sent
                };
                series.record(Phase::Rcpt, verdict, ReaderId::from(reader), "x.example");
            }
            let found = match series.find_doubted() {
                Doubted::Readers(readers) => Some(readers.len()),
                Doubted::Everybody => None,
            };
            assert_eq!(found, doubted, "{replies} {accepted}");
        }
    }

    #[test]
    fn addresses_that_anybody_could_type_pause_nothing_by_being_bad() {
        let mut series = Series::for_strangers(false);
        for reader in 0..200 {
            let (verdict, domain) = match reader % 3 {
                0 => (Verdict::Bounced, "x.example"),
                1 => (Verdict::Refused, "y.example"),
                _ => (Verdict::Policy, "z.example"),
            };
            let replied = series.record(Phase::Rcpt, verdict, reader.into(), domain);
            assert_eq!(replied, None);
        }
        assert_eq!(series.find_pause_at_end(true), None);
        // A refusal of the message itself is about us.
        let mut refuse =
            |reader: i64| series.record(Phase::Dot, Verdict::GivenUp, reader.into(), "x.example");
        let refused = (0..5).find_map(&mut refuse);
        assert!(refused.is_some());
    }

    #[test]
    fn an_issue_that_nobody_has_accepted_pauses_at_its_end() {
        let (bad, refused) = (Verdict::Bounced, Verdict::Refused);
        for (verdicts, accepted, at_end, when_over) in [
            (&[bad, bad][..], false, false, false),
            (&[bad, bad, bad], false, true, true),
            (&[bad, bad, bad, bad], true, false, false),
            (&[refused], false, false, true),
            (&[Verdict::GivenUp], false, false, true),
            (&[bad, refused], false, false, true),
            (&[refused], true, false, false),
            (&[Verdict::Sent, refused], false, false, false),
            (&[], false, false, false),
        ] {
            let mut series = Series::after(true, accepted);
            for (reader, verdict) in (0..).zip(verdicts) {
                series.record(Phase::Rcpt, *verdict, ReaderId::from(reader), "x.example");
            }
            for (is_over, pauses) in [(false, at_end), (true, when_over)] {
                let why = series.find_pause_at_end(is_over);
                assert_eq!(why.is_some(), pauses, "{verdicts:?} {accepted}: {why:?}");
            }
        }
    }

    #[test]
    fn each_kind_of_refusal_at_each_phase_makes_a_series() {
        let refusals = [
            Verdict::Bounced,
            Verdict::Refused,
            Verdict::Policy,
            Verdict::GivenUp,
        ];
        let names: Vec<String> = (0..100).map(|n| format!("d{n}.example")).collect();
        for phase in [Phase::Rcpt, Phase::Data, Phase::Dot] {
            for verdict in refusals {
                let sent = (Phase::Dot, Verdict::Sent, "x.example");
                let of_many: Vec<_> = names
                    .iter()
                    .map(|name| (phase, verdict, name.as_str()))
                    .collect();
                let of_one = vec![(phase, verdict, "x.example"); 100];
                let mut now_and_then = Vec::new();
                for one in &of_many {
                    now_and_then.extend([sent, sent, sent, sent, *one]);
                }
                for (name, replies, most) in [
                    ("many domains", of_many, 5),
                    ("one domain", of_one, 5),
                    ("a fifth", now_and_then, 100),
                ] {
                    let replies = [vec![sent], replies].concat();
                    let paused = pause(&replies).map(|(number, _)| number - 1);
                    let is_in_time = paused.is_some_and(|number| (3..=most).contains(&number));
                    assert!(is_in_time, "{phase:?} {verdict:?} {name}: {paused:?}");
                }
            }
        }
    }

    #[test]
    fn a_series_of_refusals_pauses_and_a_single_one_does_not() {
        let sent = (Phase::Dot, Verdict::Sent, "x.example");
        let policy = |domain| (Phase::Rcpt, Verdict::Policy, domain);
        let bad = (Phase::Rcpt, Verdict::Bounced, "x.example");
        let refused = (Phase::Dot, Verdict::GivenUp, "x.example");
        let later = (Phase::Rcpt, Verdict::Deferred, "x.example");
        let no_such = (Phase::Rcpt, Verdict::Refused, "y.example");
        for (replies, pauses, words) in [
            (vec![policy("a"), sent], Some(1), "first reply"),
            (vec![later, policy("a")], Some(2), "first reply"),
            (
                vec![sent, policy("a"), policy("a"), policy("a"), policy("a")],
                None,
                "",
            ),
            (
                vec![sent, policy("a"), bad, no_such],
                Some(4),
                "3 domains in a row refuse",
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
            (vec![no_such; 40], Some(5), "5 recipients in a row"),
            (vec![no_such; 4], None, ""),
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
