//! Reads the config of a site's generator: one file for each generator, and the list of them in [`GENERATORS`].

mod astro;
mod docusaurus;
mod eleventy;
mod hugo;
mod interface;
mod jekyll;
pub(super) mod keys;
mod mdbook;
mod next;
mod nikola;
mod obsidian;
mod pelican;
mod python;
mod script;
mod survey;
mod vitepress;
mod zola;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Map;
use url::Url;

use crate::config::{Dialect, Site};
use crate::file::asset::Inside;
use crate::finding::Finding;
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::ignored::Ignored;
use crate::loader::ignored::gathered::Gathered;
use crate::loader::walk::list_files;
use crate::post::dialect::{Data, Habits};

pub(super) use keys::Generator;
use keys::{lower, read_author, read_keys};
pub(crate) use survey::Survey;
use survey::{find_plain_posts, find_text};

/// How many folders above the posts are searched for a generator's config.
const ABOVE: usize = 4;

/// The nearest config of a generator, of this one if it is set.
pub(super) fn find(dir: &Path, wanted: Dialect) -> Option<Generator> {
    let dir = dir.canonicalize().ok()?;
    let inside = Inside::new([&*dir]);
    let mut vault = None;
    for folder in dir.ancestors().take(ABOVE + 1) {
        let found = list_candidates()
            .filter(|(_, reader)| wanted == Dialect::Auto || wanted == reader.dialect())
            .filter(|(_, reader)| folder != dir || reader.may_be_root(&dir))
            .map(|(name, reader)| (folder.join(name), reader))
            // A config among the posts may be a link: it must not show files from elsewhere.
            .filter(|(file, _)| folder != dir || inside.find(file).is_some())
            .find_map(|(file, reader)| read_candidate(file, folder, reader, &dir));
        match found {
            // A vault, or a config among the posts, yields to another config above it.
            Some(found)
                if find_reader(found.dialect).is_vault() || is_guest(&found, &dir, wanted) =>
            {
                _ = vault.get_or_insert(found);
            }
            Some(found) => return Some(found),
            None => {}
        }
        // A file of this name marks a submodule: the site around it goes on above.
        if folder.join(".git").is_dir() {
            break;
        }
    }
    vault
}

/// Looks at the folder of a site.
pub(crate) fn survey(root: &Path) -> Survey {
    let Some(generator) = find_candidate(root) else {
        return Survey {
            posts: find_plain_posts(root),
            output: "public".into(),
            ..Survey::default()
        };
    };
    let mut survey = Survey {
        dialect: Some(generator.dialect),
        config: generator
            .file
            .strip_prefix(root)
            .unwrap_or(&generator.file)
            .to_path_buf(),
        title: find_text(&generator, &["title", "sitename"]),
        description: find_text(&generator, &["description", "sitesubtitle"]),
        zone: generator
            .text("timezone")
            .and_then(|zone| zone.parse().ok()),
        author: generator.keys.get("author").and_then(read_author),
        posts: ".".into(),
        output: "public".into(),
        ..Survey::default()
    };
    find_reader(generator.dialect).survey(&generator, &mut survey);
    if survey.url.is_none() {
        survey.take_domain(root);
    }
    survey.posts = survey
        .posts
        .strip_prefix(root)
        .unwrap_or(&survey.posts)
        .to_path_buf();
    if survey.posts.as_os_str().is_empty() {
        survey.posts = ".".into();
    }
    survey
}

/// The generator of a site in a folder below `root` that has the first of these posts, and its config.
pub(crate) fn find_site_below(root: &Path, posts: &Path) -> Option<(Dialect, PathBuf)> {
    // Loose files beside other folders belong to none of them.
    if posts == Path::new(".") {
        return None;
    }
    let first = list_files(&root.join(posts)).ok()?.into_iter().next()?;
    let post = root.join(posts).join(first);
    let folders = post.ancestors().skip(1);
    let found = folders
        .take_while(|folder| *folder != root)
        .find_map(find_candidate)?;
    let config = found.file.strip_prefix(root).ok()?;
    Some((found.dialect, config.to_path_buf()))
}

/// The config of a generator in the folder of a whole site.
fn find_candidate(root: &Path) -> Option<Generator> {
    list_candidates().find_map(|(name, reader)| read_candidate(root.join(name), root, reader, root))
}

/// A generator's config, if the file is one for posts in the folder `dir`.
fn read_candidate(
    file: PathBuf,
    root: &Path,
    reader: &dyn GeneratorReader,
    dir: &Path,
) -> Option<Generator> {
    let keys = read_keys(&file);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // No other program has a file of this name.
    let is_broken = keys.is_none() && file.exists() && !name.starts_with("config.");
    let mut keys = lower(if is_broken { Map::new() } else { keys? });
    // Hugo, Zola and this program all call their config `config.toml`.
    if !is_broken && !reader.is_config(&file, &keys, dir) {
        return None;
    }
    reader.add_keys(&mut keys, root);
    Some(Generator {
        dialect: reader.dialect(),
        file,
        root: root.to_path_buf(),
        keys,
        is_broken,
    })
}

/// Whether a config in the folder of posts counts only if there is no other one: an author of posts may have put it
/// there, unless `wanted` names its generator.
fn is_guest(found: &Generator, dir: &Path, wanted: Dialect) -> bool {
    let is_script = find_reader(found.dialect).is_script();
    found.root == dir && (is_script || wanted == Dialect::Auto)
}

/// The generators, with the names of their config files. The first one whose config is there counts; Zola stands between
/// Hugo's own names and those that they share.
const GENERATORS: &[(&[&str], &dyn GeneratorReader)] = &[
    (hugo::FILES, &hugo::Hugo),
    (zola::FILES, &zola::Zola),
    (hugo::SHARED_FILES, &hugo::Hugo),
    (jekyll::FILES, &jekyll::Jekyll),
    (eleventy::FILES, &eleventy::Eleventy),
    (pelican::FILES, &pelican::Pelican),
    (astro::FILES, &astro::Astro),
    (docusaurus::FILES, &docusaurus::Docusaurus),
    (nikola::FILES, &nikola::Nikola),
    (vitepress::FILES, &vitepress::VitePress),
    (mdbook::FILES, &mdbook::MdBook),
    (next::FILES, &next::NextJs),
    (obsidian::FILES, &obsidian::Obsidian),
];

/// The names of all config files, the likeliest first.
fn list_candidates() -> impl Iterator<Item = (&'static str, &'static dyn GeneratorReader)> {
    let names =
        |(names, reader): &'static (&'static [&'static str], &'static dyn GeneratorReader)| {
            names.iter().map(|name| (*name, *reader))
        };
    GENERATORS.iter().flat_map(names)
}

/// Returns the reader of the generator of a dialect; that of the plain dialect for posts that are undecided.
fn find_reader(dialect: Dialect) -> &'static dyn GeneratorReader {
    let mut readers = GENERATORS.iter().map(|(_, reader)| *reader);
    readers
        .find(|reader| reader.dialect() == dialect)
        .unwrap_or(&next::NextJs)
}

/// The path of the folder of posts below the generator's own folder of content: a part of every address.
pub(super) fn find_prefix(generator: &Generator, dir: &Path) -> String {
    let reader = find_reader(generator.dialect);
    if reader.is_vault() {
        return String::new();
    }
    let content = reader.list_content(generator);
    let mut roots = content
        .iter()
        .map(|folder| generator.root.join(folder))
        .chain([generator.root.clone()]);
    let below = roots.find_map(|root| dir.strip_prefix(&root).ok().map(Path::to_path_buf));
    let parts = below.unwrap_or_default();
    let parts: Vec<_> = parts
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    parts.join("/")
}

/// Reads the config into the habits of the site.
pub(super) fn read_into(generator: &Generator, dir: &Path, habits: &mut Habits) {
    if let Some(zone) = generator
        .text("timezone")
        .and_then(|zone| zone.parse().ok())
    {
        habits.zone = zone;
    }
    habits.authors = generator
        .keys
        .get("author")
        .and_then(read_author)
        .into_iter()
        .collect();
    find_reader(generator.dialect).read_into(generator, dir, habits);
}

/// Reads the defaults that other files below the folder of posts hold, and reports those that cannot be read.
pub(super) fn read_data(dir: &Path, habits: &Habits, paths: &[String]) -> (Data, Vec<Finding>) {
    find_reader(habits.rules.dialect).read_data(dir, &habits.prefix, paths)
}

/// Finds the addresses of these files of the site, as far as they are pages of it and no posts.
pub(super) fn find_pages(
    generator: Option<&Generator>,
    files: &BTreeSet<String>,
    site: &Site,
) -> BTreeMap<String, Url> {
    let mut pages = BTreeMap::new();
    let Some(generator) = generator else {
        return pages;
    };
    let reader = find_reader(generator.dialect);
    for file in files {
        let path = reader.find_page(generator, file.trim_start_matches('/'));
        let below = path.map(|path| format!("./{}", path.trim_start_matches('/')));
        if let Some(url) = below.and_then(|below| site.url.join(&below).ok()) {
            pages.insert(file.clone(), url);
        }
    }
    pages
}

/// Reads what a generator ignores in this folder of posts, and reports the settings that cannot be read.
pub(super) fn read_ignored(generator: &Generator, dir: &Path) -> (Ignored, Vec<Finding>) {
    let reader = find_reader(generator.dialect);
    let mut gathered = Gathered::new(generator, reader.list_more_files(&generator.root));
    reader.ignore(&mut gathered, dir);
    gathered.together()
}

#[cfg(test)]
mod tests {
    use super::find_reader;
    use crate::config::Dialect;

    #[test]
    fn every_dialect_has_the_reader_of_its_generator() {
        for dialect in Dialect::ALL {
            let is_decided = dialect != Dialect::Auto;
            assert_eq!(
                find_reader(dialect).dialect() == dialect,
                is_decided,
                "{dialect:?}"
            );
        }
    }
}
