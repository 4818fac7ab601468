//! The site of a store: a store that keeps the readers of another site is refused, even if both are on one host.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::config::Site;
use crate::finding::{Finding, Rule};

/// The name of a site for its store: the authority of its ids, which outlives a change of domain, then the port and the
/// path of its home page, as in `hums.example/blog/`.
#[derive(Debug, Clone)]
pub(crate) struct SiteName {
    authority: String,
    /// Port and path; `None` in a store whose last run knew only the authority.
    place: Option<String>,
}

impl SiteName {
    /// Names the site whose ids bear this authority.
    pub(crate) fn new(authority: &str, site: &Site) -> Self {
        let port = site.url.port().map(|port| format!(":{port}"));
        Self {
            authority: authority.to_owned(),
            place: Some(port.unwrap_or_default() + site.url.path()),
        }
    }

    /// Reads the name that a store has noted.
    pub(crate) fn parse(text: &str) -> Self {
        // The colons of an IPv6 address stand in brackets.
        let host = text.find(']').unwrap_or_default();
        let end = text[host..].find([':', '/']).map(|at| host + at);
        Self {
            authority: text[..end.unwrap_or(text.len())].to_owned(),
            place: end.map(|end| text[end..].to_owned()),
        }
    }

    /// Whether port and path are known.
    pub(crate) fn has_place(&self) -> bool {
        self.place.is_some()
    }

    /// Whether the ids of both sites bear one authority.
    pub(crate) fn has_authority_of(&self, other: &Self) -> bool {
        self.authority == other.authority
    }

    /// Whether both may name one site. Authorities must be equal; so must the places, unless one is not known, or the
    /// site is vouched for and may have moved.
    fn is_same(&self, other: &Self, is_vouched: bool) -> bool {
        let is_one_place = match (&self.place, &other.place) {
            (Some(one), Some(other)) => percent_decode_str(one).eq(percent_decode_str(other)),
            _ => true,
        };
        self.has_authority_of(other) && (is_vouched || is_one_place)
    }
}

impl fmt::Display for SiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.as_deref().unwrap_or_default();
        write!(f, "{}{place}", self.authority)
    }
}

/// The hint that each site needs a store.
const OWN_STORE: &str = "give this site a store of its own (`url` under [store]; on one server a database or a schema for each site)";

/// The error for a store that knows its host alone, and that neither lock nor manifest of the site `ours` names; `line` of
/// the lock would.
pub(crate) fn refuse_unplaced(theirs: &SiteName, ours: &SiteName, line: &str) -> Finding {
    let message = format!(
        "the store keeps the readers of a site of `{theirs}`, and nothing says that this is `{ours}`"
    );
    Finding::error(Rule::AnotherStore, message).hint(format!(
        "{OWN_STORE}; if it is the store of this site, bring its `tidings.lock` back, or add this line below the first of \
         that file (`tidings build` makes it), its fields parted by tabs\n{line}"
    ))
}

/// Refuses the store of the site `theirs` for the site `ours`, unless the lock or the manifest of `ours` names that store:
/// then the site has moved within its host.
///
/// # Errors
/// A finding that names both.
pub(crate) fn refuse_site(
    theirs: &SiteName,
    ours: &SiteName,
    is_vouched: bool,
) -> Result<(), Finding> {
    if theirs.is_same(ours, is_vouched) {
        return Ok(());
    }
    let (message, hint) = if theirs.authority == ours.authority {
        (
            format!("the store keeps the readers of the site `{theirs}`, and this site is `{ours}`"),
            "if it is the same site in another place, bring its `tidings.lock` back, whose line `#digest` names the store"
                .to_owned(),
        )
    } else {
        let (theirs, ours) = (&theirs.authority, &ours.authority);
        (
            format!(
                "the store keeps the readers of the site `{theirs}`, and the ids of this site are those of `{ours}`"
            ),
            format!(
                "if it is the same site under a new domain, bring its `tidings.lock` back, or begin that file with the \
                 line `{theirs}`"
            ),
        )
    };
    Err(Finding::error(Rule::AnotherSite, message).hint(format!("{OWN_STORE}; {hint}")))
}

#[cfg(test)]
mod tests {
    use super::{SiteName, refuse_site};
    use crate::config::Site;

    fn name(url: &str) -> SiteName {
        let text = format!("title = \"T\"\nurl = \"{url}\"");
        let site: Site = toml::from_str(&text).unwrap();
        SiteName::new(&site.authority(), &site)
    }

    #[test]
    fn sites_of_one_host_are_told_apart_by_port_and_path() {
        for (theirs, ours, is_one) in [
            ("https://h.example/a/", "https://h.example/a", true),
            ("https://h.example/a/", "https://H.Example/a/", true),
            ("https://h.example/a/", "http://h.example/a/", true),
            ("https://h.example/a/", "https://h.example:443/a/", true),
            ("https://h.example/~a/", "https://h.example/%7ea/", true),
            ("https://h.example", "https://h.example/", true),
            ("https://h_1.example/", "https://h_1.example/", true),
            ("http://[::1]:80/a/", "http://[::1]/a/", true),
            ("https://h.example/a/", "https://h.example/b/", false),
            ("https://h.example/a/", "https://h.example/A/", false),
            ("https://h.example/", "https://h.example/a/", false),
            ("https://h.example/a/", "https://h.example/", false),
            ("https://h.example/a/", "https://h.example/a/b/", false),
            ("https://h.example/", "https://h.example:8443/", false),
            ("http://[::1]:1313/", "http://[::1]:4000/", false),
        ] {
            let (theirs, ours) = (name(theirs), name(ours));
            for noted in [theirs.clone(), SiteName::parse(&theirs.to_string())] {
                let refused = refuse_site(&noted, &ours, false);
                assert_eq!(refused.is_ok(), is_one, "{noted} {ours}");
                assert!(refuse_site(&noted, &ours, true).is_ok(), "it has moved");
            }
            // A store of an earlier version knows the authority alone.
            let early = SiteName::parse(&theirs.authority);
            assert!(early.place.is_none() && refuse_site(&early, &ours, false).is_ok());
        }
    }

    #[test]
    fn another_authority_is_another_site_whoever_vouches() {
        let ours = name("https://h.example/a/");
        for theirs in ["x.example", "x.example/a/", "[::1]", "h.example.x/a/"] {
            let theirs = SiteName::parse(theirs);
            let said = refuse_site(&theirs, &ours, true).unwrap_err().to_string();
            assert!(said.contains("under a new domain"), "{said}");
        }
    }
}
