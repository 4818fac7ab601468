//! The front matter of a post, as keys with values.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::post::dialect::math;
use crate::post::front::defaults::add_defaults;

/// Keys with their values, in order. A handful of them is searched faster than hashed.
pub(super) type Keys = Vec<(String, Value)>;

/// The result of a parser of front matter.
#[derive(Debug, Default)]
pub(super) struct ParsedMatter {
    pub(super) keys: Keys,
    /// The first key that is given twice, whose last value counts, and its line within the front matter, from 1.
    pub(super) twice: Option<(String, usize)>,
}

impl From<Keys> for ParsedMatter {
    fn from(keys: Keys) -> Self {
        Self { keys, twice: None }
    }
}

/// The front matter of a post. Keys are in lower case.
#[derive(Debug, Default)]
pub(crate) struct Front<'a> {
    pub(super) values: Keys,
    /// Its text, and the line of the file on which it begins.
    pub(super) matter: (&'a str, usize),
    /// As in [`ParsedMatter`].
    pub(super) twice: Option<(String, usize)>,
}

/// A post's file, split.
#[derive(Debug)]
pub(crate) struct Split<'a> {
    /// The front matter.
    pub front: Front<'a>,
    /// The text.
    pub body: &'a str,
    /// The line on which the text begins, from 1.
    pub body_line: usize,
    /// Whether there was a fence or a header at all.
    pub fenced: bool,
}

/// A parser's error about front matter: the words, and the line and column within it, from 1.
pub(super) type Broken = (String, Option<(usize, usize)>);

impl Front<'_> {
    /// The value of the first of these keys that is present and not empty.
    pub(crate) fn get(&self, keys: &[&'static str]) -> Option<(&'static str, &Value)> {
        keys.iter().find_map(|key| {
            let value = self.value(key)?;
            (!value.is_null() && value.as_str() != Some("")).then_some((*key, value))
        })
    }

    /// The text of the first of these keys; a number or a switch is written out.
    pub(crate) fn text(&self, keys: &[&'static str]) -> Option<String> {
        self.get(keys).and_then(|(_, value)| text_of(value))
    }

    /// The keys with a text, those of a table after a dot.
    pub(in crate::post) fn texts(&self) -> impl Iterator<Item = (String, String)> {
        self.values
            .iter()
            .flat_map(|(key, value)| texts_of(key, value))
    }

    /// All keys with their values.
    pub(crate) fn into_keys(self) -> Map<String, Value> {
        self.values.into_iter().collect()
    }

    /// Adds defaults for missing keys; default tags go before the post's own.
    pub(in crate::post) fn add_defaults(&mut self, defaults: &Map<String, Value>) {
        if !defaults.is_empty() {
            let own: Map<String, Value> = std::mem::take(&mut self.values).into_iter().collect();
            self.values = add_defaults(own, defaults).into_iter().collect();
        }
    }

    /// Evaluates Eleventy's computed keys that are text or a supported template.
    pub(in crate::post) fn compute(&mut self) {
        let Some(Value::Object(computed)) = self.value("eleventycomputed") else {
            return;
        };
        let mut known = Keys::new();
        for (key, value) in computed {
            if let Value::String(text) = value
                && (key == "permalink" || !text.contains("{{"))
            {
                known.push((key.to_lowercase(), value.clone()));
            }
        }
        let names: HashSet<&str> = known.iter().map(|(key, _)| &**key).collect();
        self.values.retain(|(key, _)| !names.contains(&**key));
        self.values.extend(known);
    }

    /// Whether a switch has this value.
    pub(crate) fn is(&self, key: &str, wanted: bool) -> bool {
        match self.value(key) {
            Some(value) => switch_of(value) == Some(wanted),
            None => false,
        }
    }

    /// Whether the post switches math on, itself or for the theme.
    pub(in crate::post) fn math(&self) -> Option<bool> {
        let own = math::switch(self.values.iter().map(|(key, value)| (key, value)));
        let mut tables = ["extra", "params"].into_iter();
        own.or_else(|| tables.find_map(|name| math::switch(self.table(name)?)))
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.values
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The table under a key.
    pub(crate) fn table(&self, key: &str) -> Option<&Map<String, Value>> {
        self.value(key)?.as_object()
    }

    /// The first key that is given twice, whose last value counts, and its line in the file, from 1.
    pub(crate) fn given_twice(&self) -> Option<(&str, usize)> {
        let (key, line) = self.twice.as_ref()?;
        Some((key, self.matter.1 + line - 1))
    }

    /// The line of a key in its file, from 1.
    pub(crate) fn line(&self, key: &str) -> usize {
        self.find(key).map_or(1, |(line, ..)| line)
    }

    /// Whether the key's value is quoted.
    pub(crate) fn is_quoted(&self, key: &str) -> bool {
        self.find(key)
            .is_some_and(|(_, value, _)| value.starts_with(['"', '\'']))
    }

    /// A key and its text as in the file: `date: 2024-12-01` or `date = 2024-12-01`.
    pub(crate) fn show_key(&self, key: &str, text: &str) -> String {
        match self.find(key) {
            Some((.., '=')) => format!("{key} = {text}"),
            _ => format!("{key}: {text}"),
        }
    }

    /// The position of a top-level key, the rest of its line, and the separator.
    fn find(&self, key: &str) -> Option<(usize, &str, char)> {
        self.matter
            .0
            .lines()
            .enumerate()
            .find_map(|(number, line)| {
                let end = line.find([':', '='])?;
                let name = line[..end]
                    .trim()
                    .trim_start_matches(".. ")
                    .trim_matches(['"', '\'']);
                let sign = if line[end..].starts_with('=') {
                    '='
                } else {
                    ':'
                };
                name.eq_ignore_ascii_case(key)
                    .then(|| (self.matter.1 + number, line[end + 1..].trim_start(), sign))
            })
    }
}

/// The longest name of a key with those of its tables, in bytes: every text below repeats it.
const LONGEST_NAME: usize = 200;

/// The texts under a key, by its name and the names in tables after dots; in lower case.
pub(crate) fn texts_of(key: &str, value: &Value) -> Vec<(String, String)> {
    let key = key.to_lowercase();
    let Value::Object(table) = value else {
        return text_of(value).map(|text| (key, text)).into_iter().collect();
    };
    let mut texts = Vec::new();
    for (below, value) in table {
        for (below, text) in texts_of(below, value) {
            if key.len() + below.len() < LONGEST_NAME {
                texts.push((format!("{key}.{below}"), text));
            }
        }
    }
    texts
}

/// A scalar as text.
pub(in crate::post) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(switch) => Some(switch.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

/// A value as a switch: `true`, or a word that YAML 1.1 takes for it.
pub(in crate::post) fn switch_of(value: &Value) -> Option<bool> {
    let text = match value {
        Value::Bool(switch) => return Some(*switch),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    let is_one_of = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is_one_of(&["true", "yes", "on", "y"]) => Some(true),
        () if is_one_of(&["false", "no", "off", "n"]) => Some(false),
        () => None,
    }
}
