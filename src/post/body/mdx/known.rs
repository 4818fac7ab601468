//! The values that expressions of MDX may name: imported pictures and keys of the front matter.

use std::collections::{HashMap, HashSet};

use crate::post::body::budget::Budget;

/// The names under which generators give a text its own front matter, in lower case.
const ROOTS: [&str; 4] = ["frontmatter", "meta", "metadata", "matter"];

pub(super) struct KnownNames<'a> {
    images: HashMap<&'a str, String>,
    said: HashMap<String, String>,
    /// The names that the text's own module defines; they override the front matter.
    exported: HashSet<&'a str>,
    budget: &'a Budget,
}

impl<'a> KnownNames<'a> {
    /// Collects the imports of a text; `said` is its front matter under keys in lower case.
    pub(super) fn new(
        text: &'a str,
        said: impl Iterator<Item = (String, String)>,
        budget: &'a Budget,
    ) -> Self {
        let mut exported = HashSet::new();
        for line in text.lines() {
            if let Some(statement) = line.strip_prefix("export ") {
                exported.extend(statement.split_ascii_whitespace().nth(1));
            }
        }
        Self {
            images: find_images(text),
            said: said.collect(),
            exported,
            budget,
        }
    }

    /// Finds the value of an attribute that names a picture or a key of the front matter. It is charged to the budget,
    /// and `None` once that is spent: a short name may stand for a long value any number of times.
    pub(super) fn find_value(&self, expression: &str) -> Option<&str> {
        let name = expression.trim();
        let image = self.images.get(name.strip_suffix(".src").unwrap_or(name));
        let value = image.map(String::as_str).or_else(|| self.look_up(name))?;
        self.budget.take(value.len()).then_some(value)
    }

    /// Looks up the front matter's value for a key that an expression names: `frontmatter.title`, `props.meta.a`.
    pub(super) fn look_up(&self, expression: &str) -> Option<&str> {
        let path = expression.trim();
        let path = path.strip_prefix("props.").unwrap_or(path);
        let (root, key) = path.split_once('.')?;
        let root = root.trim_end_matches('?');
        let is_known = ROOTS.contains(&root.to_ascii_lowercase().as_str());
        let value = self.said.get(&key.replace('?', "").to_lowercase())?;
        (is_known && !self.exported.contains(root)).then_some(value)
    }
}

/// Finds the addresses of the pictures that a text imports, by their names.
fn find_images(text: &str) -> HashMap<&str, String> {
    const ENDINGS: [&str; 8] = [
        ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".apng",
    ];
    /// The prefixes of a path from the site's root.
    const PREFIXES: [&str; 6] = ["@site/static/", "@site/", "@/", "~/", "/public/", "src/"];
    let mut images = HashMap::new();
    for line in text.lines() {
        let import = line.strip_prefix("import ");
        let Some((names, path)) = import.and_then(|import| import.split_once(" from ")) else {
            continue;
        };
        let name = names.split(',').next().unwrap_or_default().trim();
        let path = path.trim().trim_end_matches(';').trim_matches(['"', '\'']);
        let path = path.split('?').next().unwrap_or_default();
        let lower = path.to_ascii_lowercase();
        if !ENDINGS.iter().any(|ending| lower.ends_with(ending)) {
            continue;
        }
        let address = match PREFIXES.iter().find_map(|root| path.strip_prefix(root)) {
            Some(below) => format!("/{below}"),
            None => path.to_owned(),
        };
        images.insert(name, address);
    }
    images
}
