//! `dkim` under `[mail]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error};

use crate::config::Secret;

/// How mail is signed (RFC 6376).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dkim {
    /// The domain that signs; without it that of `from`, with which it must agree.
    #[serde(deserialize_with = "read_domain")]
    pub domain: Option<String>,
    /// The name under which DNS has the public key: `SELECTOR._domainkey.DOMAIN`.
    #[serde(deserialize_with = "read_selector")]
    pub selector: String,
    /// The file of the private key, RSA or Ed25519, with mode 0600.
    pub key: PathBuf,
    /// The private key itself; only from `TIDINGS_MAIL__DKIM__PEM`.
    pub pem: Option<Secret>,
    /// A second key, which adds a second signature.
    pub ed25519: Option<SecondKey>,
    /// Headers that are not signed, since the relay rewrites them.
    #[serde(deserialize_with = "read_headers")]
    pub skip: Vec<String>,
}

/// A key that signs beside the first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondKey {
    /// The name under which DNS has its public key.
    #[serde(deserialize_with = "read_selector")]
    pub selector: String,
    /// The file of the private key, with mode 0600.
    pub key: PathBuf,
}

impl Default for Dkim {
    fn default() -> Self {
        Self {
            domain: None,
            selector: "tidings".to_owned(),
            key: "dkim.pem".into(),
            pem: None,
            ed25519: None,
            skip: Vec::new(),
        }
    }
}

impl Dkim {
    pub(super) fn resolve_paths(&mut self, root: &Path) {
        self.key = root.join(&self.key);
        if let Some(second) = &mut self.ed25519 {
            second.key = root.join(&second.key);
        }
    }
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        let allowed = label
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        !label.is_empty() && label.len() <= 63 && allowed
    };
    text.len() <= 200 && text.split('.').all(is_label)
}

fn read_domain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_host(&text) && text.contains('.') {
        return Ok(Some(text.to_ascii_lowercase()));
    }
    let shown = text.escape_debug();
    Err(D::Error::custom(format!(
        "`{shown}` is no domain\nexpected something like hums.example"
    )))
}

fn read_selector<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_host(&text) {
        return Ok(text);
    }
    let shown = text.escape_debug();
    Err(D::Error::custom(format!(
        "`{shown}` is no selector\nexpected letters, digits and dashes, like t1"
    )))
}

fn read_headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    if names.iter().any(|name| name.eq_ignore_ascii_case("from")) {
        return Err(D::Error::custom(
            "`From` is always signed (RFC 6376 5.4)\nleave it out of `skip`",
        ));
    }
    Ok(names)
}
