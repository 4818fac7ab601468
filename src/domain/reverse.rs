//! The name of a relay's address. Receivers refuse mail from an address without one, or with one that leads elsewhere.

use std::net::IpAddr;

use crate::dns::{DnsError, Resolver};
use crate::finding::{Finding, Rule};

/// Checks that each address of the relay has a name, and that the name has this address (RFC 1912, 2.1).
///
/// # Errors
/// If nobody could be asked.
pub(super) async fn check_names(
    resolver: &Resolver,
    relay: &str,
) -> Result<Vec<Finding>, DnsError> {
    let mut findings = Vec::new();
    for address in resolver.look_up_addresses(relay).await? {
        if let Some(fault) = find_fault(resolver, address).await? {
            let message = format!("the address {address} of the relay {relay} {fault}");
            let finding = Finding::warning(Rule::ReverseName, message);
            findings.push(finding.hint(
                "whoever runs it sets its PTR record; it does not matter if mail leaves from another address",
            ));
        }
    }
    Ok(findings)
}

async fn find_fault(resolver: &Resolver, address: IpAddr) -> Result<Option<String>, DnsError> {
    let names = resolver.look_up_names(address).await?;
    for name in &names {
        if resolver.look_up_addresses(name).await?.contains(&address) {
            return Ok(None);
        }
    }
    Ok(Some(match names.first() {
        None => "has no name (PTR)".to_owned(),
        Some(name) => format!("has the name {name}, which has another address"),
    }))
}
