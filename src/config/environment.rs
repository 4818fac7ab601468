//! `TIDINGS_SECTION__KEY`: any key from the environment.

use serde::Deserialize;

use crate::config::Config;
use crate::config::explain::{explain, explain_in};
use crate::finding::Finding;

/// The prefix of every variable that sets a key.
const PREFIX: &str = "TIDINGS_";

/// Lets each variable replace its key; the error of one that does not fit names it.
pub(super) fn override_keys(
    config: Config,
    text: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, Finding> {
    let mut variables: Vec<(String, String)> = environment
        .into_iter()
        .filter(|(name, _)| name.strip_prefix(PREFIX).is_some_and(|rest| rest.contains("__")))
        .collect();
    if variables.is_empty() {
        return Ok(config);
    }
    variables.sort();
    let mut table: toml::Table = toml::from_str(text).map_err(|error| explain_in(&error, text))?;
    let mut config = config;
    for (name, value) in &variables {
        config = override_key(&mut table, name, value)?;
    }
    Ok(config)
}

/// Sets one key and reads the whole again, so that an error is this variable's.
fn override_key(table: &mut toml::Table, name: &str, value: &str) -> Result<Config, Finding> {
    let keys: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
    // Text first; a number, a list, a switch is then read as TOML writes it.
    let text = toml::Value::String(value.to_owned());
    let literal = toml::from_str::<toml::Table>(&format!("value = {value}")).ok().and_then(|mut t| t.remove("value"));
    let mut reason = None;
    for candidate in [Some(text), literal].into_iter().flatten() {
        let mut trial = table.clone();
        set(&mut trial, &keys, candidate).ok_or_else(|| Finding::error(format!("`{name}` sets no key")))?;
        match Config::deserialize(toml::Value::Table(trial.clone())) {
            Ok(config) => {
                *table = trial;
                return Ok(config);
            }
            Err(error) => reason = Some(explain(error.message())),
        }
    }
    let Finding { message, way_out, .. } = reason.unwrap_or_else(|| Finding::error("it does not fit"));
    let shown = if keys.iter().any(|key| matches!(key.as_str(), "password" | "pem")) {
        format!("`{name}` does not fit")
    } else {
        format!("`{name}={value}`: {message}")
    };
    Err(Finding { way_out, ..Finding::error(shown) })
}

/// Puts the value at its path; a digest is named by its name or its number from 0.
fn set(table: &mut toml::Table, keys: &[String], value: toml::Value) -> Option<()> {
    let (last, path) = keys.split_last()?;
    let mut here = table;
    let mut path = path.iter();
    while let Some(key) = path.next() {
        let next = here.entry(key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        here = match next {
            toml::Value::Array(entries) => {
                let name = path.next()?;
                let named = |entry: &toml::Value| {
                    entry.get("name").and_then(toml::Value::as_str).is_some_and(|n| n.to_lowercase() == *name)
                };
                let number = entries.iter().position(named).or_else(|| name.parse().ok())?;
                entries.get_mut(number)?.as_table_mut()?
            }
            next => next.as_table_mut()?,
        };
    }
    here.insert(last.clone(), value);
    Some(())
}
