//! Alignment (RFC 9989, 4.4): whether a domain that SPF or DKIM verifies counts for that of `From`.

use crate::domain::tree::walk;
use crate::finding::{Finding, Rule};

/// How closely the domain of a signature or of the return path must fit that of `From`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Alignment {
    /// Both belong to one organisation.
    #[default]
    Relaxed,
    /// Both are one.
    Strict,
}

impl Alignment {
    /// Whether a domain that was verified counts for that of `From`; each with its organisational domain.
    pub(super) fn is_aligned(self, from: (&str, &str), verified: (&str, &str)) -> bool {
        match self {
            Self::Strict => from.0.eq_ignore_ascii_case(verified.0),
            Self::Relaxed => from.1.eq_ignore_ascii_case(verified.1),
        }
    }
}

/// Finds the domains that cannot be aligned with that of `From`, whatever DNS says: those of the return path, unless DKIM
/// signs, and of the signature.
pub(crate) fn find_unaligned(
    from: &str,
    return_path: Option<&str>,
    signs: Option<&str>,
    is_signed: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_apart = |domain: &&str| !may_be_aligned(from, domain);
    if let Some(bounces) = return_path.filter(|_| !is_signed).filter(is_apart) {
        let message =
            format!("`return_path` is at {bounces} and `from` at {from}: SPF does not align");
        let hint = format!("let both be of one domain, or let DKIM sign for {from}");
        findings.push(Finding::warning(Rule::SpfAlignment, message).hint(hint));
    }
    if let Some(signs) = signs.filter(is_apart) {
        let message = format!(
            "DKIM signs for {signs} and `from` is at {from}: receivers that ask for DMARC do not count the signature"
        );
        let hint = "let both be of one domain";
        findings.push(Finding::warning(Rule::DkimAlignment, message).hint(hint));
    }
    findings
}

/// Whether two domains may belong to one organisation: the domain of the organisation is a name on the walks up from both
/// (RFC 9989, 4.10.2). DNS decides which name that is; a top-level domain is none.
fn may_be_aligned(one: &str, other: &str) -> bool {
    let (one, other) = (walk(one), walk(other));
    let shares = |name: &String| name.contains('.') && other.contains(name);
    one[0] == other[0] || one.iter().any(shares)
}

#[cfg(test)]
mod tests {
    use super::{find_unaligned, may_be_aligned};

    #[test]
    fn domains_that_share_a_name_below_the_top_may_be_of_one_organisation() {
        for (one, other, expected) in [
            ("hums.example", "hums.example", true),
            ("hums.example", "Hums.Example.", true),
            ("hums.example", "bounces.hums.example", true),
            ("news.hums.example", "bounces.hums.example", true),
            ("hums.example", "relay.example", false),
            ("hums.example", "hums.test", false),
            // Only a record says that `co.uk` is nobody's organisation.
            ("hums.co.uk", "relay.co.uk", true),
            ("localhost", "localhost", true),
            ("localhost", "hums.localhost", false),
            ("a.b.c.d.e.f.g.hums.example", "hums.example", true),
        ] {
            assert_eq!(may_be_aligned(one, other), expected, "{one} {other}");
            assert_eq!(may_be_aligned(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn a_return_path_elsewhere_needs_a_signature_of_the_senders_domain() {
        let (own, other) = (Some("news.hums.example"), Some("relay.example"));
        for (return_path, signs, is_signed, expected) in [
            (None, None, false, &[][..]),
            (own, None, false, &[]),
            (other, None, false, &["spf-alignment"]),
            // Without `domain` the signature is of the domain of `from`.
            (other, None, true, &[]),
            (other, own, true, &[]),
            (other, other, true, &["dkim-alignment"]),
        ] {
            let findings = find_unaligned("hums.example", return_path, signs, is_signed);
            let codes: Vec<_> = findings.iter().map(|one| one.rule.code()).collect();
            assert_eq!(codes, expected, "{return_path:?} {signs:?}");
        }
    }
}
