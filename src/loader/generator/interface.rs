//! The interface of a generator: how its config is recognised and read.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::config::Dialect;
use crate::finding::Finding;
use crate::loader::generator::keys::Generator;
use crate::loader::generator::survey::Survey;
use crate::loader::ignored::gathered::Gathered;
use crate::post::dialect::{Data, Habits};

/// Reads the sites of one generator. Settings that its config lacks stay as the dialect has them.
pub(super) trait GeneratorReader: Sync {
    fn dialect(&self) -> Dialect;

    /// Whether a file of such a name, with these keys, is its config for posts in the folder `dir`.
    fn is_config(&self, _file: &Path, _keys: &Map<String, Value>, _dir: &Path) -> bool {
        true
    }

    /// Adds the keys of other config files of the site.
    fn add_keys(&self, _keys: &mut Map<String, Value>, _root: &Path) {}

    /// The other config files of the site.
    fn list_more_files(&self, _root: &Path) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Whether the folder of posts may be the folder of a whole site, so that a config in it is the site's: most
    /// generators keep posts below it. A config that somebody puts beside posts decides nothing.
    fn may_be_root(&self, _dir: &Path) -> bool {
        false
    }

    /// Whether its config is a script: beside the posts it yields to a config above it even if its dialect is set.
    fn is_script(&self) -> bool {
        false
    }

    /// Whether its folder is only a vault of notes: any config above it counts first, and no folder is part of an
    /// address.
    fn is_vault(&self) -> bool {
        false
    }

    /// The folders of content, below the folder of the site: paths below them are part of every address.
    fn list_content(&self, _generator: &Generator) -> Vec<String> {
        Vec::new()
    }

    /// Reads the config into the habits of the site.
    fn read_into(&self, _generator: &Generator, _dir: &Path, _habits: &mut Habits) {}

    /// Reads the defaults that other files below the folder of posts hold, and reports those that cannot be read.
    fn read_data(&self, _dir: &Path, _prefix: &str, _paths: &[String]) -> (Data, Vec<Finding>) {
        (Data::new(), Vec::new())
    }

    /// Finds the address of a file of the site that is no post, below the home page.
    fn find_page(&self, _generator: &Generator, _file: &str) -> Option<String> {
        None
    }

    /// Gathers which files and folders are left out of the site.
    fn ignore(&self, _gathered: &mut Gathered<'_>, _dir: &Path) {}

    /// Reads the settings of the whole site, so that `init` can write a config for it.
    fn survey(&self, _generator: &Generator, _survey: &mut Survey) {}
}
