//! Checks the DNS of a sender's domain: whether receivers believe its mail, and whether answers arrive.

mod alignment;
mod dkim;
mod dmarc;
mod reverse;
mod spf;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use alignment::find_unaligned;

use crate::dns::{DnsError, Resolver};
use crate::domain::dkim::check_key;
use crate::domain::dmarc::{DomainPolicy, find_policy};
use crate::domain::reverse::check_names;
use crate::domain::spf::check_spf;
use crate::finding::{Finding, Rule};

/// The sender, as receivers see it.
#[derive(Debug, Clone)]
pub(crate) struct SenderIdentity {
    /// The domain of `From`.
    pub(crate) from: String,
    /// The domain of the envelope's sender, to which bounces go.
    pub(crate) return_path: String,
    /// The domain that signs, and the name and the value of each key's record.
    pub(crate) signature: Option<(String, Vec<(String, String)>)>,
}

/// Asks DNS about a sender's domain.
pub(crate) async fn check_domain(resolver: &Resolver, sender: &SenderIdentity) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut asked = AskedDomains::default();
    match check_spf(resolver, &sender.return_path).await {
        Ok(spf) => {
            findings.extend(spf.findings);
            if let Some((included, error)) = spf.unasked {
                asked.leave(&included, error);
            }
        }
        Err(error) => asked.leave(&sender.return_path, error),
    }
    for (name, value) in sender.signature.iter().flat_map(|(_, keys)| keys) {
        let key = check_key(resolver, name, value).await;
        findings.extend(asked.settle(name, key));
    }
    let mut domains = vec![&sender.from, &sender.return_path];
    domains.dedup();
    for domain in domains {
        let exchanges = check_exchanges(resolver, domain).await;
        findings.extend(asked.settle(domain, exchanges));
    }
    let policy = check_policy(resolver, sender).await;
    findings.extend(asked.settle(&format!("_dmarc.{}", sender.from), policy));
    findings.extend(asked.note());
    findings
}

/// Asks DNS about the names of a relay's addresses.
pub(crate) async fn check_relay(resolver: &Resolver, relay: &str) -> Vec<Finding> {
    let mut asked = AskedDomains::default();
    let names = check_names(resolver, relay).await;
    let mut findings = asked.settle(relay, names);
    findings.extend(asked.note());
    findings
}

/// The domains that could not be asked about: one note for all, since mostly one network is missing.
#[derive(Default)]
struct AskedDomains {
    unasked: Vec<String>,
    reason: Option<DnsError>,
}

impl AskedDomains {
    fn settle(&mut self, name: &str, found: Result<Vec<Finding>, DnsError>) -> Vec<Finding> {
        found.unwrap_or_else(|error| {
            self.leave(name, error);
            Vec::new()
        })
    }

    fn leave(&mut self, name: &str, error: DnsError) {
        let name = format!("`{name}`");
        if !self.unasked.contains(&name) {
            self.unasked.push(name);
        }
        self.reason = Some(error);
    }

    fn note(self) -> Option<Finding> {
        let reason = self.reason?;
        let names = self.unasked.join(", ");
        let message = format!("DNS could not be asked about {names}: {reason}");
        let hint = "`--dns 1.1.1.1` asks another server, `--offline` none";
        Some(Finding::note(Rule::DnsUnasked, message).hint(hint))
    }
}

/// Answers and bounces need a host that takes mail (RFC 5321, 5.1).
async fn check_exchanges(resolver: &Resolver, domain: &str) -> Result<Vec<Finding>, DnsError> {
    let exchanges = resolver.look_up_exchanges(domain).await?;
    let refuses = exchanges.iter().any(|one| one.host.is_empty());
    let message = if refuses {
        format!("{domain} says that it takes no mail (RFC 7505): answers and bounces are lost")
    } else if exchanges.is_empty() {
        if !resolver.look_up_addresses(domain).await?.is_empty() {
            return Ok(Vec::new());
        }
        format!(
            "{domain} has no MX: answers and bounces are lost, and many receivers refuse mail from it"
        )
    } else {
        let mut reached = false;
        for exchange in &exchanges {
            reached = reached || !resolver.look_up_addresses(&exchange.host).await?.is_empty();
        }
        if reached {
            return Ok(Vec::new());
        }
        let host = &exchanges[0].host;
        format!("the MX of {domain}, {host}, has no address: answers and bounces are lost")
    };
    let hint = "add an MX record, or send from a domain that takes mail";
    Ok(vec![Finding::error(Rule::Mx, message).hint(hint)])
}

/// Checks the policy of the sender's domain, and whether its mail can fulfil it.
async fn check_policy(
    resolver: &Resolver,
    sender: &SenderIdentity,
) -> Result<Vec<Finding>, DnsError> {
    let own = find_policy(resolver, &sender.from).await?;
    let mut findings = own.findings;
    let Some(record) = &own.record else {
        let message = format!(
            "{} has no DMARC policy: Gmail and Yahoo ask senders of lists for one",
            sender.from
        );
        let hint = format!(
            "add a TXT record `_dmarc.{}`: v=DMARC1; p=none; rua=mailto:…",
            own.organisation
        );
        findings.push(Finding::warning(Rule::Dmarc, message).hint(hint));
        return Ok(findings);
    };
    let bounces = organisation(resolver, sender, &own.organisation, &sender.return_path).await?;
    let is_spf = record.spf.is_aligned(
        (&sender.from, &own.organisation),
        (&sender.return_path, &bounces),
    );
    let is_dkim = match &sender.signature {
        None => false,
        Some((domain, _)) => {
            let signs = organisation(resolver, sender, &own.organisation, domain).await?;
            record
                .dkim
                .is_aligned((&sender.from, &own.organisation), (domain, &signs))
        }
    };
    // A relay may sign, which is not known here.
    let is_certain = sender.signature.is_some();
    if !is_spf && !is_dkim {
        let message = format!(
            "neither the return path ({}) nor a signature is of the domain of `from` ({}): DMARC refuses the mail",
            sender.return_path, sender.from
        );
        let hint =
            "sign for the domain of `from` (`dkim` under [mail]), or let `return_path` be of it";
        let finding = match is_certain {
            true => Finding::error(Rule::DmarcAlignment, message),
            false => Finding::warning(Rule::DmarcAlignment, message),
        };
        findings.push(finding.hint(hint));
    }
    Ok(findings)
}

/// The organisational domain of a domain; that of `from` is known.
async fn organisation(
    resolver: &Resolver,
    sender: &SenderIdentity,
    known: &str,
    domain: &str,
) -> Result<String, DnsError> {
    if domain.eq_ignore_ascii_case(&sender.from) {
        return Ok(known.to_owned());
    }
    let DomainPolicy { organisation, .. } = find_policy(resolver, domain).await?;
    Ok(organisation)
}
