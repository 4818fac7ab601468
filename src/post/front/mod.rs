//! Front matter: YAML, TOML, JSON or bare `Key: value` lines, all into one table of values; what follows is the body.

mod defaults;
mod head;
mod header;
mod node;
mod yaml;

pub(super) use defaults::data_of;
pub use defaults::with_defaults;

use serde_json::{Map, Value};

use crate::finding::Finding;
use crate::post::dialect::Rules;

/// What stands before the text of a post. Keys are in lower case.
#[derive(Debug, Default)]
pub struct Front<'a> {
    values: Keys,
    /// The text of it, and the line of the file on which that begins.
    matter: (&'a str, usize),
}

/// A post's file, split.
#[derive(Debug)]
pub struct Split<'a> {
    /// What stands before the text.
    pub front: Front<'a>,
    /// The text.
    pub body: &'a str,
    /// The line on which the text begins, from 1.
    pub body_line: usize,
    /// Whether there was a fence or a header at all.
    pub fenced: bool,
}

/// What a parser says of broken front matter: the words, and the line and column within it, from 1.
type Broken = (String, Option<(usize, usize)>);

impl Front<'_> {
    /// The value of the first of these keys that is there and not empty.
    pub fn get(&self, keys: &[&'static str]) -> Option<(&'static str, &Value)> {
        keys.iter().find_map(|key| {
            let value = self.value(key)?;
            (!value.is_null() && value.as_str() != Some("")).then_some((*key, value))
        })
    }

    /// The text of the first of these keys; a number or a switch is written out.
    pub fn text(&self, keys: &[&'static str]) -> Option<String> {
        self.get(keys).and_then(|(_, value)| text_of(value))
    }

    /// The keys that have a text, those of a table behind a dot.
    pub(super) fn texts(&self) -> impl Iterator<Item = (String, String)> {
        self.values
            .iter()
            .flat_map(|(key, value)| texts_of(key, value))
    }

    /// Takes these keys where the post has none; tags go before its own.
    pub(super) fn add_defaults(&mut self, defaults: &Map<String, Value>) {
        if !defaults.is_empty() {
            let own: Map<String, Value> = std::mem::take(&mut self.values).into_iter().collect();
            self.values = with_defaults(own, defaults).into_iter().collect();
        }
    }

    /// Takes what Eleventy would compute, where it is a template that may be read here, or a text.
    pub(super) fn compute(&mut self) {
        let Some(Value::Object(computed)) = self.value("eleventycomputed") else {
            return;
        };
        let known = |(key, value): (&String, &Value)| {
            let is_text = value
                .as_str()
                .is_some_and(|text| key == "permalink" || !text.contains("{{"));
            is_text.then(|| (key.to_lowercase(), value.clone()))
        };
        let computed: Keys = computed.iter().filter_map(known).collect();
        self.values
            .retain(|(key, _)| !computed.iter().any(|(known, _)| known == key));
        self.values.extend(computed);
    }

    /// Whether a switch is set so.
    pub fn is(&self, key: &str, wanted: bool) -> bool {
        match self.value(key) {
            Some(value) => switch_of(value) == Some(wanted),
            None => false,
        }
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.values
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The table under a key.
    pub fn table(&self, key: &str) -> Option<&Map<String, Value>> {
        self.value(key)?.as_object()
    }

    /// The line of a key in its file, from 1.
    pub fn line(&self, key: &str) -> usize {
        self.find(key).map_or(1, |(line, ..)| line)
    }

    /// Whether the key's value stands in quotation marks.
    pub fn is_quoted(&self, key: &str) -> bool {
        self.find(key)
            .is_some_and(|(_, value, _)| value.starts_with(['"', '\'']))
    }

    /// A key and its text as the file says them: `date: 2024-12-01` or `date = 2024-12-01`.
    pub fn shown(&self, key: &str, text: &str) -> String {
        match self.find(key) {
            Some((.., '=')) => format!("{key} = {text}"),
            _ => format!("{key}: {text}"),
        }
    }

    /// Where a key of the first level stands, what follows it on its line, and the sign between.
    fn find(&self, key: &str) -> Option<(usize, &str, char)> {
        self.matter
            .0
            .lines()
            .enumerate()
            .find_map(|(number, line)| {
                let end = line.find([':', '='])?;
                let name = line[..end].trim().trim_matches(['"', '\'']);
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

/// What is text under a key, by its name and, in a table, the names behind dots; in lower case.
pub fn texts_of(key: &str, value: &Value) -> Vec<(String, String)> {
    let key = key.to_lowercase();
    match value {
        Value::Object(table) => table
            .iter()
            .flat_map(|(below, value)| texts_of(below, value))
            .map(|(below, text)| (format!("{key}.{below}"), text))
            .collect(),
        one => text_of(one).map(|text| (key, text)).into_iter().collect(),
    }
}

/// A scalar as text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(switch) => Some(switch.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

/// What a value says as a switch: `true`, or a word that YAML 1.1 takes for it.
pub(super) fn switch_of(value: &Value) -> Option<bool> {
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

/// Splits a post's text at its front matter.
///
/// # Errors
/// A finding at the line where the front matter cannot be read.
pub fn split<'a>(text: &'a str, rules: &Rules) -> Result<Split<'a>, Finding> {
    // Empty lines may stand before the fence where TOML may stand in it.
    let start = text.len() - text.trim_start().len();
    let above = text[..start].matches('\n').count();
    if above == 0
        || !rules.toml
        || !text[start..].starts_with(['-', '+', '{'])
        || !text[..start].ends_with('\n')
    {
        return split_at_start(text, rules);
    }
    let mut split = split_at_start(&text[start..], rules).map_err(|finding| {
        let line = finding
            .place
            .as_ref()
            .and_then(|place| place.line)
            .unwrap_or(1);
        finding.at_line(line + above)
    })?;
    split.body_line += above;
    split.front.matter.1 += above;
    Ok(split)
}

fn split_at_start<'a>(text: &'a str, rules: &Rules) -> Result<Split<'a>, Finding> {
    let first = text.lines().next().unwrap_or_default().trim_end();
    match first {
        "---" if rules.header && !rules.plain => fenced(text, &["---", "..."], header::parse),
        "---" => fenced(text, &["---", "..."], yaml::parse),
        "---json" => fenced(text, &["---"], json),
        "---toml" => fenced(text, &["---"], toml),
        "---js" | "---javascript" => Err(Finding::error(
            "the front matter is JavaScript, which is not run",
        )
        .at_line(1)
        .way_out("write it as YAML or JSON")),
        "+++" if rules.toml => fenced(text, &["+++"], toml),
        _ if rules.json
            && first.starts_with('{')
            && !first.starts_with("{{")
            && !first.starts_with("{%") =>
        {
            json_object(text)
        }
        _ if rules.header && first.starts_with('<') => {
            let bare = Split {
                front: Front::default(),
                body: text,
                body_line: 1,
                fenced: false,
            };
            Ok(head::split(text).unwrap_or(bare))
        }
        _ if rules.header => Ok(header::split(text, rules.plain)),
        _ => Ok(Split {
            front: Front::default(),
            body: text,
            body_line: 1,
            fenced: false,
        }),
    }
}

/// Keys with their values, in order. A handful of them is searched faster than hashed.
type Keys = Vec<(String, Value)>;

type Parser = fn(&str) -> Result<Keys, Broken>;

fn fenced<'a>(text: &'a str, ends: &[&str], parse: Parser) -> Result<Split<'a>, Finding> {
    let start = text.find('\n').map_or(text.len(), |end| end + 1);
    let mut at = start;
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        if line.starts_with(['-', '.', '+']) && ends.contains(&line.trim_end()) {
            let matter = &text[start..at];
            let values = parse(matter).map_err(|broken| finding(broken, 1))?;
            let front = Front {
                values: lower(values),
                matter: (matter, 2),
            };
            return Ok(Split {
                front,
                body: &text[at + line.len()..],
                body_line: number + 3,
                fenced: true,
            });
        }
        at += line.len();
    }
    Err(Finding::error("the front matter is not closed")
        .at_line(1)
        .way_out(format!("expected a line `{}` below it", ends[0])))
}

/// The keys of a YAML file that is not a post; none where it cannot be read.
pub fn yaml(text: &str) -> Option<Map<String, Value>> {
    yaml::parse_config(text.trim_start_matches("---\n"))
        .ok()
        .map(|keys| keys.into_iter().collect())
}

/// What a parser says as a finding; `above` lines of the file stand before what it saw.
fn finding((message, place): Broken, above: usize) -> Finding {
    let finding = Finding::error(message).way_out("mend the front matter");
    match place {
        Some((line, column)) => finding.at_line(line + above).at_column(column.max(1)),
        None => finding.at_line(above.max(1)),
    }
}

fn toml(matter: &str) -> Result<Keys, Broken> {
    let table: toml::Table = matter.parse().map_err(|error: toml::de::Error| {
        let place = error.span().map(|span| {
            let before = &matter[..span.start.min(matter.len())];
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            (before.matches('\n').count() + 1, column)
        });
        (
            format!(
                "the front matter is no TOML: {}",
                error.message().lines().next().unwrap_or_default()
            ),
            place,
        )
    })?;
    Ok(table
        .into_iter()
        .map(|(key, value)| (key, plain(value)))
        .collect())
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
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, plain(value)))
            .collect(),
    }
}

fn json(matter: &str) -> Result<Keys, Broken> {
    serde_json::from_str::<Map<String, Value>>(matter)
        .map(|values| values.into_iter().collect())
        .map_err(|error| {
            (
                format!("the front matter is no JSON: {error}"),
                Some((error.line(), error.column())),
            )
        })
}

/// Front matter that is a JSON object without fences.
fn json_object(text: &str) -> Result<Split<'_>, Finding> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    let parsed = match values.next() {
        Some(Ok(parsed)) => parsed,
        Some(Err(error)) => {
            let place = Some((error.line(), error.column()));
            return Err(finding(
                (format!("the front matter is no JSON: {error}"), place),
                0,
            ));
        }
        None => Map::new(),
    };
    let end = values.byte_offset();
    let body = text[end..].strip_prefix('\n').unwrap_or(&text[end..]);
    let body_line = text[..text.len() - body.len()].matches('\n').count() + 1;
    let front = Front {
        values: lower(parsed.into_iter().collect()),
        matter: (&text[..end], 1),
    };
    Ok(Split {
        front,
        body,
        body_line,
        fenced: true,
    })
}

fn lower(mut values: Keys) -> Keys {
    for (key, _) in &mut values {
        if key.chars().any(char::is_uppercase) {
            *key = key.to_lowercase();
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::split;
    use crate::config::Dialect;
    use crate::post::dialect::Rules;

    #[test]
    fn four_forms_give_one_table() {
        for text in [
            "---\ntitle: Tea\nTags: [a, b]\n---\nbody\n",
            "---\ntitle: Tea\nTags:\n- a\n- b\n...\nbody\n",
            "+++\ntitle = \"Tea\"\ntags = [\"a\", \"b\"]\n+++\nbody\n",
            "{\n  \"title\": \"Tea\",\n  \"tags\": [\"a\", \"b\"]\n}\nbody\n",
            "---json\n{\"title\": \"Tea\", \"tags\": [\"a\", \"b\"]}\n---\nbody\n",
            "---toml\ntitle = \"Tea\"\ntags = [\"a\", \"b\"]\n---\nbody\n",
        ] {
            let split = split(text, Rules::of(Dialect::Plain)).unwrap();
            assert_eq!(
                split.front.text(&["title"]).as_deref(),
                Some("Tea"),
                "{text}"
            );
            assert_eq!(
                split.front.get(&["tags"]).unwrap().1,
                &serde_json::json!(["a", "b"]),
                "{text}"
            );
            assert_eq!(
                (split.body.trim(), split.body_line),
                ("body", text.lines().count()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_without_front_matter_is_all_body() {
        for text in [
            "a / b / c\nTitle: x\n",
            "Note: this is a sentence.\n\nMore.\n",
            "",
            "{{< x >}}\n",
        ] {
            assert_eq!(split(text, Rules::of(Dialect::Plain)).unwrap().body, text);
        }
        assert_eq!(
            split("{: .lead}\nText\n", Rules::of(Dialect::Jekyll))
                .unwrap()
                .body,
            "{: .lead}\nText\n"
        );
    }

    #[test]
    fn empty_lines_before_a_fence_are_passed_over() {
        let text = "\n  \n---\ntitle: Tea\n---\nbody\n";
        let split = split(text, Rules::of(Dialect::Hugo)).unwrap();
        assert_eq!(
            (
                split.front.text(&["title"]).as_deref(),
                split.front.line("title")
            ),
            (Some("Tea"), 4)
        );
        assert_eq!((split.body, split.body_line), ("body\n", 6));
        assert!(
            !super::split(text, Rules::of(Dialect::Jekyll))
                .unwrap()
                .fenced
        );
        let broken = super::split("\n\n+++\na = x\n+++\n", Rules::of(Dialect::Hugo)).unwrap_err();
        assert_eq!(broken.place.unwrap().line, Some(4));
    }

    #[test]
    fn broken_front_matter_is_named_with_its_line() {
        for (text, line, words) in [
            ("---\ntitle: x\n", 1, "is not closed"),
            ("---\ntitle: x\nbad: [1\n---\n", 3, "is no YAML"),
            ("---\ntitle: \"\\ud800\"\n---\n", 2, "is no YAML"),
            ("+++\ntitle = x\n+++\n", 2, "is no TOML"),
            ("{\n\"title\": x}\n", 2, "is no JSON"),
            ("{\n\"title\": \"\\ud800\"}\n", 2, "is no JSON"),
            ("---js\n{title: 'x'}\n---\n", 1, "is JavaScript"),
        ] {
            let finding = split(text, Rules::of(Dialect::Plain)).unwrap_err();
            assert!(finding.message.contains(words), "{finding}");
            let found = finding.place.unwrap().line.unwrap();
            assert!(found.abs_diff(line) <= 1, "{text:?}: {found}");
        }
    }
}
