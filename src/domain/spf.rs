//! SPF (RFC 7208): whether a domain says who may send for it, in a way that receivers can follow.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::dns::{DnsError, Resolver};
use crate::finding::{Finding, Rule};

/// How many look-ups a receiver makes for one record and all that it includes (RFC 7208, 4.6.4).
const LOOKUPS: usize = 10;

/// A term of a record that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no term of SPF")]
pub(super) struct SpfError(String);

/// The instructions of a record for a receiver.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SpfRecord {
    /// The look-ups of its own terms.
    pub(super) lookups: usize,
    /// The domains whose records it takes in.
    pub(super) includes: Vec<String>,
    /// The qualifier of its `all`.
    pub(super) all: Option<char>,
    has_ptr: bool,
    redirects: bool,
}

impl SpfRecord {
    /// Reads the terms behind `v=spf1`.
    pub(super) fn parse(text: &str) -> Result<Self, SpfError> {
        let mut record = Self::default();
        for term in text.split(' ').filter(|term| !term.is_empty()).skip(1) {
            record.take(term).ok_or_else(|| SpfError(term.to_owned()))?;
        }
        Ok(record)
    }

    fn take(&mut self, term: &str) -> Option<()> {
        let modifier = term.split_once('=').filter(|(name, _)| is_name(name));
        if let Some((name, value)) = modifier {
            if name.eq_ignore_ascii_case("redirect") {
                self.redirects = true;
                self.lookups += 1;
                self.includes.push(domain(value)?);
            }
            return Some(());
        }
        let qualifier = term.chars().next().filter(|c| "+-~?".contains(*c));
        let mechanism = qualifier.map_or(term, |_| &term[1..]);
        let end = mechanism.find([':', '/']).unwrap_or(mechanism.len());
        let (name, rest) = mechanism.split_at(end);
        let value = rest.strip_prefix(':');
        match name.to_ascii_lowercase().as_str() {
            "all" if rest.is_empty() => self.all = Some(qualifier.unwrap_or('+')),
            "include" => {
                self.lookups += 1;
                self.includes.push(domain(value?)?);
            }
            "a" | "mx" => {
                self.lookups += 1;
                let own = value.unwrap_or(rest);
                if value.is_some() {
                    domain(own.split('/').next()?)?;
                }
                check_lengths(own.split_once('/').map(|(_, lengths)| lengths))?;
            }
            "ptr" => {
                self.lookups += 1;
                self.has_ptr = true;
            }
            "exists" => {
                self.lookups += 1;
                domain(value?)?;
            }
            "ip4" => check_network(value?, 32, |address| address.parse::<Ipv4Addr>().is_ok())?,
            "ip6" => check_network(value?, 128, |address| address.parse::<Ipv6Addr>().is_ok())?,
            _ => return None,
        }
        Some(())
    }
}

/// Whether a text names a modifier.
fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_part)
}

/// A domain, which may hold macros.
fn domain(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_graphic() && !c.is_ascii_control() && !"/@,;".contains(c);
    let has_macro = text.contains('%');
    let is_right =
        !text.is_empty() && (has_macro || text.contains('.') && text.chars().all(is_part));
    is_right.then(|| text.trim_end_matches('.').to_ascii_lowercase())
}

fn check_network(value: &str, most: u8, is_address: impl Fn(&str) -> bool) -> Option<()> {
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (value, None),
    };
    let is_length = length.is_none_or(|length| length.parse::<u8>().is_ok_and(|n| n <= most));
    (is_address(address) && is_length).then_some(())
}

/// The lengths of `a/24//64`.
fn check_lengths(lengths: Option<&str>) -> Option<()> {
    let Some(lengths) = lengths else {
        return Some(());
    };
    let mut parts = lengths.split("//");
    let v4 = parts.next().unwrap_or_default();
    let v4 = v4.trim_start_matches('/');
    let is_v4 = v4.is_empty() || v4.parse::<u8>().is_ok_and(|length| length <= 128);
    let is_v6 = parts.all(|part| part.parse::<u8>().is_ok_and(|length| length <= 128));
    (is_v4 && is_v6).then_some(())
}

/// The records of SPF among the texts of a name.
pub(super) fn records(texts: &[String]) -> Vec<&String> {
    let is_spf = |text: &&String| {
        let version = text.split(' ').next().unwrap_or_default();
        version.eq_ignore_ascii_case("v=spf1")
    };
    texts.iter().filter(is_spf).collect()
}

/// The findings about a record, and the included domain that could not be asked about.
#[derive(Default)]
pub(super) struct CheckedSpf {
    pub(super) findings: Vec<Finding>,
    pub(super) unasked: Option<(String, DnsError)>,
}

impl From<Finding> for CheckedSpf {
    fn from(finding: Finding) -> Self {
        Self {
            findings: vec![finding],
            unasked: None,
        }
    }
}

/// Checks the record of a domain and of all that it includes, up to the first one that could not be asked about.
///
/// # Errors
/// If the domain itself could not be asked about.
pub(super) async fn check_spf(resolver: &Resolver, name: &str) -> Result<CheckedSpf, DnsError> {
    let error = |message: String| Finding::error(Rule::Spf, message);
    let texts = resolver.look_up_texts(name).await?;
    let own = records(&texts);
    let own = match own[..] {
        [own] => own,
        [] => {
            let message = format!("{name} has no SPF record: nobody can tell who may send for it");
            let hint = format!(
                "add a TXT record to {name}, as your relay's documentation says: v=spf1 include:… -all"
            );
            return Ok(Finding::warning(Rule::Spf, message).hint(hint).into());
        }
        _ => {
            let count = own.len();
            let message = format!("{name} has {count} SPF records: receivers refuse to choose");
            return Ok(error(message).hint("join them into one").into());
        }
    };
    let mut checked = CheckedSpf::default();
    let findings = &mut checked.findings;
    let mut lookups = 0;
    let mut waiting = VecDeque::from([(name.to_owned(), own.clone())]);
    'records: while let Some((domain, text)) = waiting.pop_front() {
        let record = match SpfRecord::parse(&text) {
            Ok(record) => record,
            Err(fault) => {
                findings.push(error(format!("the SPF record of {domain}: {fault}")));
                continue;
            }
        };
        if domain == name {
            findings.extend(judge(name, &record));
        }
        lookups += record.lookups;
        if lookups > LOOKUPS {
            break;
        }
        for included in record.includes {
            // The value of a macro depends on the mail.
            if included.contains('%') {
                continue;
            }
            let texts = match resolver.look_up_texts(&included).await {
                Ok(texts) => texts,
                Err(error) => {
                    checked.unasked = Some((included, error));
                    break 'records;
                }
            };
            match records(&texts)[..] {
                [text] => waiting.push_back((included, text.clone())),
                _ => findings.push(error(format!(
                    "the SPF record of {domain} includes {included}, which has {} of its own",
                    if texts.is_empty() {
                        "none"
                    } else {
                        "no single one"
                    }
                ))),
            }
        }
    }
    if lookups > LOOKUPS {
        let message = format!(
            "the SPF record of {name} needs more than {LOOKUPS} look-ups: receivers stop and count it as none"
        );
        let hint = "take out what you do not send with, or name networks by `ip4:`";
        findings.push(error(message).hint(hint));
    }
    Ok(checked)
}

/// Finds where a record of one's own allows too much.
fn judge(name: &str, record: &SpfRecord) -> Vec<Finding> {
    let mut findings = Vec::new();
    match record.all {
        Some('+') => {
            let message =
                format!("the SPF record of {name} ends with `+all`: anybody may send for it");
            findings.push(Finding::error(Rule::Spf, message).hint("end it with -all or ~all"));
        }
        None if !record.redirects => {
            let message =
                format!("the SPF record of {name} has no `all`: it says nothing of others");
            findings.push(Finding::warning(Rule::Spf, message).hint("end it with -all or ~all"));
        }
        _ => {}
    }
    if record.has_ptr {
        let message = format!("the SPF record of {name} uses `ptr`, which receivers do not follow");
        findings.push(
            Finding::warning(Rule::Spf, message).hint("name the networks by `ip4:` and `ip6:`"),
        );
    }
    findings
}
