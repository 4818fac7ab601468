//! YAML values with their positions, so that a scalar can be taken as it is written.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

/// A value of YAML; the scalars of lists and maps know their places.
#[derive(Debug)]
pub(super) enum Node {
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
    /// A scalar, as YAML 1.2 resolves it.
    Scalar(Value),
}

/// The text of some YAML, and the first key in it that is given twice in one map, with its line.
pub(super) struct YamlSource<'a> {
    text: &'a str,
    pub(super) twice: Option<(String, usize)>,
}

impl<'a> YamlSource<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, twice: None }
    }

    /// Notes the first key that is given twice in a map.
    fn look_for_twice(&mut self, pairs: &[(String, Spanned<Node>)]) {
        let mut seen = HashSet::new();
        let twice = pairs.iter().find(|(key, _)| !seen.insert(key));
        if let Some((key, value)) = twice
            && self.twice.is_none()
        {
            // A value that is a block begins below its key.
            let value = usize::try_from(value.defined.line()).unwrap_or(1);
            let above = self.text.lines().take(value).enumerate();
            let is_key = |line: &str| {
                let line = line.trim_start_matches([' ', '-', '{', '"', '\'', ',']);
                line.starts_with(key.as_str())
            };
            let line = above.filter(|(_, line)| is_key(line)).last();
            let line = line.map_or(value, |(number, _)| number + 1);
            self.twice = Some((key.clone(), line));
        }
    }
}

impl Node {
    /// The value, with each scalar that is no text and not written as it prints as the text of its source.
    pub(super) fn into_value(self, source: &mut YamlSource<'_>) -> Value {
        match self {
            Self::List(items) => items
                .into_iter()
                .map(|item| resolve(item, source))
                .collect(),
            Self::Map(pairs) => {
                source.look_for_twice(&pairs);
                let pairs = pairs.into_iter();
                Value::Object(
                    pairs
                        .map(|(key, node)| (key, resolve(node, source)))
                        .collect::<Map<_, _>>(),
                )
            }
            Self::Scalar(value) => value,
        }
    }
}

fn resolve(node: Spanned<Node>, source: &mut YamlSource<'_>) -> Value {
    let span = node.defined.span();
    let value = node.value.into_value(source);
    if !matches!(value, Value::Bool(_) | Value::Number(_)) {
        return value;
    }
    let written = || {
        let start = usize::try_from(span.byte_offset()?).ok()?;
        let end = start + usize::try_from(span.byte_len()?).ok()?;
        source.text.get(start..end).map(str::trim)
    };
    let printed = value.to_string();
    match written() {
        // A quoted or tagged scalar has the type that it shows.
        Some(text) if !text.is_empty() && !text.starts_with(['!', '&', '"', '\'']) => {
            match text == printed {
                true => value,
                false => Value::String(text.to_owned()),
            }
        }
        _ => value,
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string().into()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        Ok(Node::Scalar(value.to_string().into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        // JSON has no number for `.nan` and `.inf`; a switch makes `resolve` take the words.
        let number = Value::from(value);
        Ok(Node::Scalar(if number.is_null() {
            true.into()
        } else {
            number
        }))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Scalar(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Scalar(text.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Node::Map(pairs))
    }
}
