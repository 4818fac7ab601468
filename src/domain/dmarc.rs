//! DMARC (RFC 9989): the policy of a domain, found by walking up its labels, and which domains belong together.

use crate::dns::{DnsError, Resolver};
use crate::domain::alignment::Alignment;
use crate::domain::tree::walk;
use crate::finding::{Finding, Rule};

/// A record of a policy, as far as a sender is concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DmarcRecord {
    pub(super) spf: Alignment,
    pub(super) dkim: Alignment,
    /// Whether the domain says that others register names below it, or that nobody does.
    psd: Option<bool>,
}

/// The result of a walk up the tree.
#[derive(Debug)]
pub(super) struct DomainPolicy {
    /// The record that counts for the domain.
    pub(super) record: Option<DmarcRecord>,
    /// The domain of the organisation.
    pub(super) organisation: String,
    /// The faults of the record that counts.
    pub(super) findings: Vec<Finding>,
}

/// Finds the policy of a domain and its organisation by a walk of at most eight questions.
pub(super) async fn find_policy(
    resolver: &Resolver,
    domain: &str,
) -> Result<DomainPolicy, DnsError> {
    let mut found: Vec<(String, DmarcRecord, Vec<Finding>)> = Vec::new();
    let mut findings = Vec::new();
    for name in walk(domain) {
        let texts = resolver.look_up_texts(&format!("_dmarc.{name}")).await?;
        let records: Vec<&String> = texts.iter().filter(|text| is_policy(text)).collect();
        let record = match records[..] {
            [] => continue,
            [record] => record,
            _ => {
                findings.push(twice(&name, records.len()));
                continue;
            }
        };
        let (record, faults) = read(&name, record);
        let stops = record.psd.is_some();
        found.push((name, record, faults));
        if stops {
            break;
        }
    }
    let organisation = organisation_of(domain, &found);
    // The domain's own record counts, else that of its organisation.
    let counts = [domain, &organisation]
        .into_iter()
        .find_map(|name| found.iter().position(|(known, ..)| known == name));
    let record = counts
        .map(|at| found.swap_remove(at))
        .map(|(_, record, faults)| {
            findings.extend(faults);
            record
        });
    Ok(DomainPolicy {
        record,
        organisation,
        findings,
    })
}

/// The domain of the organisation (RFC 9989, 4.10.2): that of a record which says so, else the shortest with a record.
fn organisation_of(domain: &str, found: &[(String, DmarcRecord, Vec<Finding>)]) -> String {
    let domain = domain.to_ascii_lowercase();
    for (name, record, _) in found {
        match record.psd {
            Some(false) => return name.clone(),
            Some(true) if *name != domain => return below(&domain, name),
            _ => {}
        }
    }
    let shortest = found
        .iter()
        .min_by_key(|(name, ..)| name.split('.').count());
    shortest.map_or(domain, |(name, ..)| name.clone())
}

/// The name one label below `parent` on the way to `domain`.
fn below(domain: &str, parent: &str) -> String {
    let above = parent.split('.').count();
    let labels: Vec<&str> = domain.split('.').collect();
    labels[labels.len().saturating_sub(above + 1)..].join(".")
}

fn is_policy(text: &str) -> bool {
    let version = text.split(';').next().unwrap_or_default();
    let mut parts = version.split('=').map(str::trim);
    parts.next() == Some("v") && parts.next() == Some("DMARC1")
}

fn twice(name: &str, count: usize) -> Finding {
    let message = format!("DNS has {count} DMARC records at `_dmarc.{name}`: receivers ignore all");
    Finding::error(Rule::Dmarc, message).hint("leave one")
}

/// Reads a record, and what is wrong with it.
pub(super) fn read(name: &str, text: &str) -> (DmarcRecord, Vec<Finding>) {
    let mut record = DmarcRecord::default();
    let mut findings = Vec::new();
    let mut has_policy = false;
    for pair in text
        .split(';')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
    {
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) => (key.trim(), value.trim()),
            None => (pair, ""),
        };
        let is_right = match key {
            "p" | "sp" | "np" => {
                has_policy |= key == "p";
                matches!(value, "none" | "quarantine" | "reject")
            }
            "adkim" | "aspf" => {
                let alignment = match value {
                    "s" => Alignment::Strict,
                    _ => Alignment::Relaxed,
                };
                match key {
                    "adkim" => record.dkim = alignment,
                    _ => record.spf = alignment,
                }
                matches!(value, "r" | "s")
            }
            "psd" => {
                record.psd = match value {
                    "y" => Some(true),
                    "n" => Some(false),
                    _ => None,
                };
                matches!(value, "y" | "n" | "u")
            }
            "t" => matches!(value, "y" | "n"),
            "rua" | "ruf" => value.split(',').all(|uri| {
                let uri = uri.trim();
                uri.strip_prefix("mailto:")
                    .is_some_and(|address| address.contains('@'))
            }),
            "pct" | "rf" | "ri" => {
                let message = format!(
                    "`{key}` in the DMARC record of {name} means nothing any more (RFC 9989)"
                );
                let finding = Finding::warning(Rule::Dmarc, message);
                findings.push(finding.hint(match key {
                    "pct" => "take it out; `t=y` says that you are trying",
                    _ => "take it out",
                }));
                true
            }
            _ => true,
        };
        if !is_right {
            let message =
                format!("`{key}={value}` in the DMARC record of {name} is no value of it");
            findings.push(Finding::error(Rule::Dmarc, message));
        }
    }
    if !has_policy {
        let message = format!("the DMARC record of {name} has no policy (`p=`)");
        findings.push(
            Finding::warning(Rule::Dmarc, message).hint("write p=none, p=quarantine or p=reject"),
        );
    }
    (record, findings)
}
