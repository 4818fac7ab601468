//! DKIM (RFC 6376): whether the key that DNS shows is the one that signs.

use crate::dns::{DnsError, Resolver};
use crate::finding::{Finding, Rule};

/// Checks the record of a key against the one that it must be.
pub(super) async fn check_key(
    resolver: &Resolver,
    name: &str,
    value: &str,
) -> Result<Vec<Finding>, DnsError> {
    Ok(compare(name, value, &resolver.look_up_texts(name).await?))
}

/// Compares the records of a key with its value.
pub(super) fn compare(name: &str, value: &str, records: &[String]) -> Vec<Finding> {
    let error = |message: String| {
        let finding = Finding::error(Rule::DkimRecord, message);
        vec![
            finding
                .hint("`tidings dkim show` prints the line for DNS; it may take hours to be seen"),
        ]
    };
    let [record] = records else {
        return error(match records.len() {
            0 => format!("DNS has no key at `{name}`: receivers take each signature for a forgery"),
            n => format!("DNS has {n} records at `{name}`: receivers may take either"),
        });
    };
    let shown = |key: &str| tag(record, key);
    let own = |key: &str| tag(value, key).unwrap_or_default();
    match shown("p") {
        None => return error(format!("the record `{name}` has no key (`p=`)")),
        Some(key) if key.is_empty() => {
            return error(format!("the key `{name}` is revoked: its `p=` is empty"));
        }
        Some(key) if key != own("p") => {
            return error(format!(
                "the key that DNS has at `{name}` is not the one that signs here"
            ));
        }
        Some(_) => {}
    }
    if shown("v").is_some_and(|version| version != "DKIM1") {
        return error(format!("the record `{name}` does not begin with v=DKIM1"));
    }
    if shown("k").unwrap_or_else(|| "rsa".to_owned()) != own("k") {
        return error(format!(
            "the record `{name}` names another kind of key than k={}",
            own("k")
        ));
    }
    if shown("h").is_some_and(|hashes| !hashes.split(':').any(|hash| hash == "sha256")) {
        return error(format!("the record `{name}` does not permit sha256"));
    }
    if shown("t").is_some_and(|flags| flags.split(':').any(|flag| flag == "y")) {
        let message = format!("the key `{name}` says `t=y`: receivers may ignore its signatures");
        let finding = Finding::warning(Rule::DkimRecord, message);
        return vec![finding.hint("take `t=y` out when you have tried it")];
    }
    Vec::new()
}

/// The value of a tag (RFC 6376, 3.2) without white space.
fn tag(record: &str, key: &str) -> Option<String> {
    let found = record.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == key).then_some(value)
    })?;
    Some(found.split_whitespace().collect())
}
