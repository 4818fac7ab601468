//! Next.js, whose sites have the plain dialect.

use std::path::Path;

use serde_json::{Map, Value};

use crate::config::Dialect;
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::Generator;
use crate::post::dialect::Habits;
use crate::post::dialect::slug::Slugs;

pub(super) const FILES: &[&str] = &["next.config.js", "next.config.mjs", "next.config.ts"];

/// The folders whose files have their paths as addresses.
const PAGES: [&str; 2] = ["pages", "src/pages"];

/// Reads a site of Next.js. Its config does not say where posts and output are.
pub(super) struct NextJs;

impl GeneratorReader for NextJs {
    fn dialect(&self) -> Dialect {
        Dialect::Plain
    }

    /// Without these folders a site of Next.js makes its addresses in code.
    fn is_config(&self, file: &Path, _keys: &Map<String, Value>, dir: &Path) -> bool {
        let root = file.parent().unwrap_or(file);
        PAGES.iter().any(|pages| dir.starts_with(root.join(pages)))
    }

    fn list_content(&self, _generator: &Generator) -> Vec<String> {
        PAGES.map(str::to_owned).to_vec()
    }

    fn read_into(&self, _generator: &Generator, _dir: &Path, habits: &mut Habits) {
        habits.slugs = Slugs::AsIs;
        habits.has_pages = true;
        habits.permalink = Some("/{sections}/{filename}".to_owned());
    }
}
