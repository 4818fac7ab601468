//! Obsidian, whose config does not say how a vault is published.

use std::path::Path;

use crate::config::Dialect;
use crate::loader::generator::interface::GeneratorReader;

/// The folder of its config.
pub(super) const FILES: &[&str] = &[".obsidian"];

/// Reads a vault of Obsidian. The notes that it excludes are hidden from its search, and published as any other.
pub(super) struct Obsidian;

impl GeneratorReader for Obsidian {
    fn dialect(&self) -> Dialect {
        Dialect::Obsidian
    }

    fn may_be_root(&self, _dir: &Path) -> bool {
        true
    }

    fn is_vault(&self) -> bool {
        true
    }
}
