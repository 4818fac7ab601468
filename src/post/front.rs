//! Front matter: YAML, TOML, JSON or a bare `Key: value` header, all into one table of values; what follows is the body.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::finding::Finding;

/// What stands before the text of a post.
#[derive(Debug, Default)]
pub struct Front {
    values: Map<String, Value>,
    lines: HashMap<String, (usize, bool)>,
}

/// A post's file, split.
#[derive(Debug)]
pub struct Split<'a> {
    /// What stands before the text.
    pub front: Front,
    /// The text.
    pub body: &'a str,
    /// The line on which the text begins, from 1.
    pub body_line: usize,
    /// Whether there was a fence or a header at all.
    pub fenced: bool,
}

impl Front {
    /// The value of the first of these keys (in lower case) that is there and not empty.
    pub fn get(&self, keys: &[&'static str]) -> Option<(&'static str, &Value)> {
        keys.iter().find_map(|key| {
            let value = self.values.get(*key)?;
            (!value.is_null() && value.as_str() != Some("")).then_some((*key, value))
        })
    }

    /// The text of the first of these keys; a number or a switch is written out.
    pub fn text(&self, keys: &[&'static str]) -> Option<String> {
        match self.get(keys)?.1 {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(switch) => Some(switch.to_string()),
            _ => None,
        }
        .filter(|text| !text.is_empty())
    }

    /// Whether a switch is set.
    pub fn is(&self, key: &'static str, wanted: bool) -> bool {
        match self.values.get(key) {
            Some(Value::Bool(value)) => *value == wanted,
            Some(Value::String(text)) => text.trim().eq_ignore_ascii_case(if wanted { "true" } else { "false" }),
            _ => false,
        }
    }

    /// The texts of a list, or of one text split at `separators`.
    pub fn list(&self, keys: &[&'static str], separators: &[char]) -> Vec<String> {
        let Some((_, value)) = self.get(keys) else { return Vec::new() };
        let texts: Vec<String> = match value {
            Value::Array(list) => list
                .iter()
                .filter_map(|item| match item {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                })
                .collect(),
            Value::String(text) => text.split(|c| separators.contains(&c)).map(str::to_owned).collect(),
            Value::Number(number) => vec![number.to_string()],
            _ => Vec::new(),
        };
        texts.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
    }

    /// The table under a key.
    pub fn table(&self, key: &str) -> Option<&Map<String, Value>> {
        self.values.get(key)?.as_object()
    }

    /// The line of a key, from 1.
    pub fn line(&self, key: &str) -> usize {
        self.lines.get(key).map_or(1, |(line, _)| *line)
    }

    /// Whether the key's value stands in quotation marks.
    pub fn is_quoted(&self, key: &str) -> bool {
        self.lines.get(key).is_some_and(|(_, quoted)| *quoted)
    }
}

/// Splits a post's text at its front matter.
///
/// # Errors
/// A finding at the line where the front matter cannot be read.
pub fn split(text: &str) -> Result<Split<'_>, Finding> {
    let first = text.lines().next().unwrap_or_default().trim_end();
    match first {
        "---" | "---json" => fenced(text, &["---", "..."], if first == "---" { yaml } else { json }),
        "+++" => fenced(text, &["+++"], toml),
        _ if first.starts_with('{') && !first.starts_with("{{") && !first.starts_with("{%") => json_object(text),
        _ => Ok(header(text)),
    }
}

type Parser = fn(&str) -> Result<Map<String, Value>, (String, Option<usize>)>;

fn fenced<'a>(text: &'a str, ends: &[&str], parse: Parser) -> Result<Split<'a>, Finding> {
    let start = text.find('\n').map_or(text.len(), |end| end + 1);
    let mut at = start;
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        if ends.contains(&line.trim_end()) {
            let matter = &text[start..at];
            let values = parse(matter).map_err(|(message, line)| {
                Finding::error(message).at_line(line.map_or(1, |line| line + 1)).way_out("mend the front matter")
            })?;
            let front = Front { lines: key_lines(matter), values: lower(values) };
            return Ok(Split { front, body: &text[at + line.len()..], body_line: number + 3, fenced: true });
        }
        at += line.len();
    }
    Err(Finding::error("the front matter is not closed")
        .at_line(1)
        .way_out(format!("expected a line `{}` below it", ends[0])))
}

fn yaml(matter: &str) -> Result<Map<String, Value>, (String, Option<usize>)> {
    if matter.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Map::new());
    }
    match serde_saphyr::from_str::<Value>(matter) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(("the front matter is no list of keys".to_owned(), None)),
        Err(error) => {
            let line = error.location().and_then(|place| usize::try_from(place.line()).ok());
            let words = error.to_string();
            let first = words.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Err((format!("the front matter is no YAML: {first}"), line))
        }
    }
}

fn toml(matter: &str) -> Result<Map<String, Value>, (String, Option<usize>)> {
    let table: toml::Table = matter.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| matter[..span.start].matches('\n').count() + 1);
        (format!("the front matter is no TOML: {}", error.message().lines().next().unwrap_or_default()), line)
    })?;
    Ok(table.into_iter().map(|(key, value)| (key, plain(value))).collect())
}

/// A TOML value as JSON; a date becomes its text.
fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(switch) => switch.into(),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(list) => list.into_iter().map(plain).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
    }
}

fn json(matter: &str) -> Result<Map<String, Value>, (String, Option<usize>)> {
    serde_json::from_str(matter).map_err(|error| (format!("the front matter is no JSON: {error}"), Some(error.line())))
}

/// Front matter that is a JSON object without fences.
fn json_object(text: &str) -> Result<Split<'_>, Finding> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    let parsed = match values.next() {
        Some(Ok(parsed)) => parsed,
        Some(Err(error)) => {
            return Err(Finding::error(format!("the front matter is no JSON: {error}")).at_line(error.line()));
        }
        None => Map::new(),
    };
    let end = values.byte_offset();
    let body = text[end..].strip_prefix('\n').unwrap_or(&text[end..]);
    let body_line = text[..text.len() - body.len()].matches('\n').count() + 1;
    let front = Front { lines: key_lines(&text[..end]), values: lower(parsed) };
    Ok(Split { front, body, body_line, fenced: true })
}

/// The keys that a bare header may begin with; any other first line is text.
const HEADER_STARTS: [&str; 9] =
    ["title", "date", "author", "authors", "category", "tags", "slug", "status", "modified"];

/// Pelican's bare `Key: value` lines up to the first empty one.
fn header(text: &str) -> Split<'_> {
    let none = || Split { front: Front::default(), body: text, body_line: 1, fenced: false };
    let pair = |line: &str| -> Option<(String, String)> {
        let (key, value) = line.split_once(':')?;
        let key = key.trim_end();
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        is_key.then(|| (key.to_lowercase(), value.trim().to_owned()))
    };
    let starts = text.lines().next().and_then(pair).is_some_and(|(key, _)| HEADER_STARTS.contains(&key.as_str()));
    if !starts {
        return none();
    }
    let mut front = Front::default();
    let (mut at, mut last) = (0, String::new());
    let mut lines = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            break;
        }
        lines += 1;
        if line.starts_with([' ', '\t']) {
            if let Some(Value::String(value)) = front.values.get_mut(&last) {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((key, value)) = pair(line) {
            front.lines.insert(key.clone(), (lines, true));
            front.values.insert(key.clone(), Value::String(value));
            last = key;
        } else {
            break;
        }
        at += line.len();
    }
    // One key alone is rather a sentence with a colon than a header.
    if front.values.len() < 2 {
        return none();
    }
    Split { front, body: &text[at..], body_line: lines + 1, fenced: true }
}

fn lower(values: Map<String, Value>) -> Map<String, Value> {
    values.into_iter().map(|(key, value)| (key.to_lowercase(), value)).collect()
}

/// Where each key of the first level stands, in lines of the file, and whether its value is quoted.
fn key_lines(matter: &str) -> HashMap<String, (usize, bool)> {
    let mut lines = HashMap::new();
    for (number, line) in matter.lines().enumerate() {
        let Some(end) = line.find([':', '=']) else { continue };
        let key = line[..end].trim().trim_matches(['"', '\'']).to_lowercase();
        let quoted = line[end + 1..].trim_start().starts_with(['"', '\'']);
        lines.entry(key).or_insert((number + 2, quoted));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn four_forms_give_one_table() {
        for text in [
            "---\ntitle: Tea\nTags: [a, b]\n---\nbody\n",
            "+++\ntitle = \"Tea\"\ntags = [\"a\", \"b\"]\n+++\nbody\n",
            "{\n  \"title\": \"Tea\",\n  \"tags\": [\"a\", \"b\"]\n}\nbody\n",
            "---json\n{\"title\": \"Tea\", \"tags\": [\"a\", \"b\"]}\n---\nbody\n",
            "Title: Tea\nTags: a, b\n\nbody\n",
        ] {
            let split = split(text).unwrap();
            assert_eq!(split.front.text(&["title"]).as_deref(), Some("Tea"), "{text}");
            assert_eq!(split.front.list(&["tags"], &[',']), ["a", "b"], "{text}");
            assert_eq!(split.body.trim(), "body", "{text}");
        }
    }

    #[test]
    fn a_text_without_front_matter_is_all_body() {
        for text in ["a / b / c\nTitle: x\n", "Note: this is a sentence.\n\nMore.\n", "", "{{< x >}}\n"] {
            assert_eq!(split(text).unwrap().body, text);
        }
    }

    #[test]
    fn broken_front_matter_is_named_with_its_line() {
        for (text, line, words) in [
            ("---\ntitle: x\n", 1, "is not closed"),
            ("---\ntitle: x\nbad: [1\n---\n", 3, "is no YAML"),
            ("+++\ntitle = x\n+++\n", 2, "is no TOML"),
            ("{\n\"title\": x}\n", 2, "is no JSON"),
        ] {
            let finding = split(text).unwrap_err();
            assert!(finding.message.contains(words), "{finding}");
            let found = finding.place.unwrap().line.unwrap();
            assert!(found.abs_diff(line) <= 1, "{text:?}: {found}");
        }
    }
}
