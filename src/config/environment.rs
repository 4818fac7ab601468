//! `TIDINGS_SECTION__KEY`: any key from the environment.

use serde::Deserialize;

use crate::config::Config;
use crate::config::explain::explain;
use crate::finding::{Finding, Rule};

/// The prefix of every variable that sets a key.
const PREFIX: &str = "TIDINGS_";

/// The keys whose values are not shown, nor those of what somebody takes for a key below them.
const SECRETS: [&str; 6] = [
    "mail.smtp",
    "mail.password",
    "mail.inbox",
    "mail.inbox_password",
    "mail.dkim.pem",
    "store.url",
];

/// A site in which any one key can be tried by itself, so that a value that does not fit is the fault of its variable.
const TRIAL: &str = r#"
site = { title = "T", url = "https://x.example/", author = { name = "N" } }
posts = {}
feeds = {}
mail = { from = "news@x.example" }
store = {}
web = {}
digest = [{ name = "d", schedule = "each" }]
"#;

/// Lets each variable set its key of the config's table. Returns how many did.
///
/// # Errors
/// A finding that names the variable whose value does not fit, or that sets no key.
pub(super) fn set_keys(
    table: &mut toml::Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<usize, Finding> {
    let mut variables: Vec<(String, String)> = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect();
    variables.sort();
    let mut set_by = 0;
    for (name, value) in &variables {
        let rest = &name[PREFIX.len()..];
        let keys: Vec<String> = rest.split("__").map(str::to_lowercase).collect();
        if keys.len() < 2 {
            refuse_single_underscore(name, rest)?;
            continue;
        }
        let value = fit(name, &keys, value)?;
        let hint =
            "name a digest as in TIDINGS_DIGEST__WEEKLY__SUBJECT, by its name or its number from 0";
        set(table, &keys, value).ok_or_else(|| {
            Finding::error(Rule::UnknownVariable, format!("`{name}` sets no key")).hint(hint)
        })?;
        set_by += 1;
    }
    Ok(set_by)
}

/// `TIDINGS_MAIL_SMTP` is surely meant to be `TIDINGS_MAIL__SMTP`; other names are none of ours.
fn refuse_single_underscore(name: &str, rest: &str) -> Result<(), Finding> {
    let Some((section, key)) = rest.split_once('_') else {
        return Ok(());
    };
    let is_section =
        ["SITE", "POSTS", "FEEDS", "DIGEST", "MAIL", "STORE", "WEB"].contains(&section);
    if !is_section {
        return Ok(());
    }
    Err(
        Finding::error(Rule::UnknownVariable, format!("`{name}` sets no key")).hint(format!(
            "did you mean `{PREFIX}{section}__{key}`? two underscores stand between section and key"
        )),
    )
}

/// The value as its key takes it: text first; a number, a list, a switch is then read as TOML writes it.
fn fit(name: &str, keys: &[String], value: &str) -> Result<toml::Value, Finding> {
    let text = toml::Value::String(value.to_owned());
    let literal = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut t| t.remove("value"));
    let mut keys = keys.to_vec();
    if keys[0] == "digest" && keys.len() > 2 {
        "0".clone_into(&mut keys[1]);
    }
    let mut reason = None;
    // The literal's reason is the better one where there is a literal, so it comes last.
    for candidate in [Some(text), literal].into_iter().flatten() {
        let mut trial: toml::Table = TRIAL.parse().expect("the trial is TOML");
        if set(&mut trial, &keys, candidate.clone()).is_none() {
            break;
        }
        match Config::deserialize(toml::Value::Table(trial)) {
            Ok(_) => return Ok(candidate),
            Err(error) => reason = Some(explain(error.message())),
        }
    }
    let Finding {
        message,
        hint,
        rule,
        ..
    } = reason.unwrap_or_else(|| Finding::error(Rule::UnknownVariable, "it sets no key"));
    // A value that may be a password is not shown; an unknown key may be a misspelt one.
    let path = keys.join(".");
    let is_secret = SECRETS.iter().any(|secret| {
        let below = path.strip_prefix(secret);
        below.is_some_and(|below| below.is_empty() || below.starts_with('.'))
    });
    let shown = match (is_secret, message.starts_with("unknown key")) {
        (true, _) => format!("`{name}` does not fit"),
        (_, true) => format!("`{name}`: {message}"),
        _ => format!("`{name}={value}`: {message}"),
    };
    Err(Finding {
        hint,
        ..Finding::error(rule, shown)
    })
}

/// Puts the value at its path; a digest is named by its name, in which `_` may stand for `-`, or its number from 0.
fn set(table: &mut toml::Table, keys: &[String], value: toml::Value) -> Option<()> {
    let (last, path) = keys.split_last()?;
    let mut here = table;
    let mut path = path.iter();
    while let Some(key) = path.next() {
        let next = here
            .entry(key)
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        here = match next {
            toml::Value::Array(entries) => {
                let name = path.next()?;
                let named = |entry: &toml::Value| {
                    entry
                        .get("name")
                        .and_then(toml::Value::as_str)
                        .is_some_and(|n| n.replace('-', "_") == *name)
                };
                let number = entries
                    .iter()
                    .position(named)
                    .or_else(|| name.parse().ok())?;
                entries.get_mut(number)?.as_table_mut()?
            }
            next => next.as_table_mut()?,
        };
    }
    here.insert(last.clone(), value);
    Some(())
}
