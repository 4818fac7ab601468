//! A secret of the config.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};

use crate::finding::{Finding, Rule};
use crate::token::Key;

/// A text that shows in no output, no log and no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)
            .map_err(|_| D::Error::custom("a secret is a text"))?;
        Ok(Self(text))
    }
}

/// The variable with the owner's own keys for links.
const TOKEN_KEY: &str = "TIDINGS_TOKEN_KEY";

/// The owner's own keys for links, which the environment has divided by commas.
///
/// # Errors
/// A finding where one of them is no key; it does not say which.
pub(super) fn read_token_keys(environment: &[(String, String)]) -> Result<Vec<Key>, Finding> {
    let set = environment.iter().find(|(name, _)| name == TOKEN_KEY);
    let Some((_, text)) = set else {
        return Ok(Vec::new());
    };
    let refused = || {
        let hint = "expected 32 random bytes in base64, as `openssl rand -base64 32` prints them; several are divided by commas";
        Finding::error(
            Rule::ConfigValue,
            format!("`{TOKEN_KEY}` has something that is no key"),
        )
        .hint(hint)
    };
    let keys = text.split(',').map(Key::of_owner);
    keys.map(|key| key.ok_or_else(refused)).collect()
}
