//! Default keys for posts that lack them.

use serde_json::{Map, Value};

use crate::post::dialect::Data;

/// Adds missing keys from the defaults; tags are joined, as Eleventy does.
pub(crate) fn add_defaults(
    mut keys: Map<String, Value>,
    defaults: &Map<String, Value>,
) -> Map<String, Value> {
    let list = |value: &Value| match value {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    for (key, value) in defaults {
        match keys.get_mut(key) {
            Some(own) if key == "tags" && !own.is_null() => {
                *own = [list(value), list(own)].concat().into();
            }
            Some(_) => {}
            None => _ = keys.insert(key.clone(), value.clone()),
        }
    }
    keys
}

/// The defaults of a post: those of the folders above it, then its own.
pub(in crate::post) fn find_data(path: &str, data: &Data) -> Map<String, Value> {
    if data.is_empty() {
        return Map::new();
    }
    let bare = path.rsplit_once('.').map_or(path, |(bare, _)| bare);
    let mut places = vec![""];
    places.extend(bare.match_indices('/').map(|(at, _)| &bare[..at]));
    places.push(bare);
    let mut known = Map::new();
    for place in places {
        if let Some(keys) = data.get(place) {
            known = add_defaults(keys.clone(), &known);
        }
    }
    known
}
