//! Reads the config of a site's generator: one file for each generator, and the list of config files here.

mod astro;
mod docusaurus;
pub(super) mod eleventy;
pub(super) mod hugo;
mod jekyll;
mod keys;
mod mdbook;
mod nikola;
mod pelican;
mod python;
mod survey;
mod vitepress;
mod zola;

use std::path::{Path, PathBuf};

use serde_json::Map;

use crate::config::Dialect;
use crate::file::asset::Inside;
use crate::finding::Finding;
use crate::post::dialect::slug::Slugs;
use crate::post::dialect::{Data, Habits};

pub(super) use keys::{Generator, lower};
use keys::{author, keys_of};
pub(crate) use survey::Survey;
use survey::{plain_posts, text};

/// How many folders above the posts are searched for a generator's config.
const ABOVE: usize = 4;

/// The nearest config of a generator, of this one if it is set.
pub(super) fn find(dir: &Path, wanted: Dialect) -> Option<Generator> {
    let dir = dir.canonicalize().ok()?;
    let inside = Inside::new([&*dir]);
    let mut vault = None;
    for folder in dir.ancestors().take(ABOVE + 1) {
        let found = CANDIDATES
            .iter()
            .filter(|(_, dialect)| matches!(wanted, Dialect::Auto) || wanted == *dialect);
        let found = found
            .filter(|(_, dialect)| folder != dir || may_be_root(&dir, *dialect))
            .map(|(name, dialect)| (folder.join(name), *dialect))
            // A config among the posts may be a link: it must not show files from elsewhere.
            .filter(|(file, _)| folder != dir || inside.find(file).is_some())
            .find_map(|(file, dialect)| read_candidate(folder, file, dialect, &dir));
        match found {
            // A vault, or a config among the posts, yields to another config above it.
            Some(found) if found.dialect == Dialect::Obsidian || is_guest(&found, &dir, wanted) => {
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
    let Some(generator) = candidate_in(root) else {
        return Survey {
            posts: plain_posts(root),
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
        title: text(&generator, &["title", "sitename"]),
        description: text(&generator, &["description", "sitesubtitle"]),
        zone: generator
            .text("timezone")
            .and_then(|zone| zone.parse().ok()),
        author: generator.keys.get("author").and_then(author),
        posts: ".".into(),
        output: "public".into(),
        ..Survey::default()
    };
    match generator.dialect {
        Dialect::Hugo => hugo::survey(&generator, &mut survey),
        Dialect::Zola => zola::survey(&generator, &mut survey),
        Dialect::Jekyll => jekyll::survey(&generator, &mut survey),
        Dialect::Eleventy => eleventy::survey(&generator, &mut survey),
        Dialect::Pelican => pelican::survey(&generator, &mut survey),
        Dialect::Astro => astro::survey(&generator, &mut survey),
        Dialect::Docusaurus => docusaurus::survey(&generator, &mut survey),
        Dialect::Nikola => nikola::survey(&generator, &mut survey),
        Dialect::VitePress => vitepress::survey(&generator, &mut survey),
        Dialect::MdBook => mdbook::survey(&generator, &mut survey),
        // Neither a vault nor Next.js says in its config where posts and output are.
        Dialect::Obsidian | Dialect::Plain | Dialect::Auto => {}
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

/// The config of a generator in the folder of a whole site.
fn candidate_in(root: &Path) -> Option<Generator> {
    CANDIDATES
        .iter()
        .find_map(|(name, dialect)| read_candidate(root, root.join(name), *dialect, root))
}

/// A generator's config, if the file is one for posts in this folder.
fn read_candidate(folder: &Path, file: PathBuf, dialect: Dialect, dir: &Path) -> Option<Generator> {
    let keys = keys_of(&file);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // No other program has a file of this name.
    let is_broken = keys.is_none() && file.exists() && !name.starts_with("config.");
    let mut keys = lower(if is_broken { Map::new() } else { keys? });
    // Hugo, Zola and this program all call their config `config.toml`.
    let fits = match dialect {
        _ if is_broken => true,
        Dialect::Zola => keys.contains_key("base_url"),
        Dialect::Nikola => nikola::is_config(&keys),
        Dialect::Hugo if name.starts_with("config.") => [
            "baseurl",
            "languagecode",
            "theme",
            "module",
            "params",
            "contentdir",
        ]
        .iter()
        .any(|key| keys.contains_key(*key)),
        // Without these folders a site of Next.js makes its addresses in code.
        Dialect::Plain => PAGES
            .iter()
            .any(|pages| dir.starts_with(folder.join(pages))),
        _ => true,
    };
    if fits && dialect == Dialect::Hugo {
        hugo::add_folders(&mut keys, folder);
    }
    fits.then(|| Generator {
        dialect,
        file,
        root: folder.to_path_buf(),
        keys,
        is_broken,
    })
}

/// Whether a config in the folder of posts counts only if there is no other one: an author of posts may have put it
/// there, unless `dialect` names its generator.
fn is_guest(found: &Generator, dir: &Path, wanted: Dialect) -> bool {
    let is_script = matches!(found.dialect, Dialect::Eleventy | Dialect::VitePress);
    found.root == dir && (is_script || wanted == Dialect::Auto)
}

/// Whether the folder of posts may be the folder of a whole site, so that a config in it is the site's: the others keep
/// their posts below it. A config that somebody puts beside posts decides nothing.
fn may_be_root(dir: &Path, dialect: Dialect) -> bool {
    match dialect {
        Dialect::Eleventy | Dialect::VitePress | Dialect::Obsidian => true,
        Dialect::Jekyll => {
            let mut own = ["_posts", "_drafts", "_layouts", "_includes"].into_iter();
            !dir.ends_with("_posts") && own.any(|folder| dir.join(folder).is_dir())
        }
        Dialect::Hugo
        | Dialect::Zola
        | Dialect::Pelican
        | Dialect::Astro
        | Dialect::Docusaurus
        | Dialect::Nikola
        | Dialect::MdBook
        | Dialect::Plain
        | Dialect::Auto => false,
    }
}

const CANDIDATES: &[(&str, Dialect)] = &[
    ("hugo.toml", Dialect::Hugo),
    ("hugo.yaml", Dialect::Hugo),
    ("hugo.yml", Dialect::Hugo),
    ("hugo.json", Dialect::Hugo),
    ("zola.toml", Dialect::Zola),
    ("config.toml", Dialect::Zola),
    ("config.toml", Dialect::Hugo),
    ("config.yaml", Dialect::Hugo),
    ("config.yml", Dialect::Hugo),
    ("config.json", Dialect::Hugo),
    ("config/_default/hugo.toml", Dialect::Hugo),
    ("config/_default/config.toml", Dialect::Hugo),
    ("config/_default/hugo.yaml", Dialect::Hugo),
    ("config/_default/config.yaml", Dialect::Hugo),
    ("config/_default/hugo.yml", Dialect::Hugo),
    ("config/_default/config.yml", Dialect::Hugo),
    ("config/_default/hugo.json", Dialect::Hugo),
    ("config/_default/config.json", Dialect::Hugo),
    ("_config.yml", Dialect::Jekyll),
    ("_config.yaml", Dialect::Jekyll),
    ("_config.toml", Dialect::Jekyll),
    (".eleventy.js", Dialect::Eleventy),
    (".eleventy.cjs", Dialect::Eleventy),
    ("eleventy.config.js", Dialect::Eleventy),
    ("eleventy.config.mjs", Dialect::Eleventy),
    ("eleventy.config.cjs", Dialect::Eleventy),
    ("eleventy.config.ts", Dialect::Eleventy),
    ("pelicanconf.py", Dialect::Pelican),
    ("astro.config.mjs", Dialect::Astro),
    ("astro.config.ts", Dialect::Astro),
    ("astro.config.js", Dialect::Astro),
    ("docusaurus.config.js", Dialect::Docusaurus),
    ("docusaurus.config.ts", Dialect::Docusaurus),
    ("docusaurus.config.mjs", Dialect::Docusaurus),
    ("docusaurus.config.cjs", Dialect::Docusaurus),
    ("conf.py", Dialect::Nikola),
    (".vitepress/config.js", Dialect::VitePress),
    (".vitepress/config.ts", Dialect::VitePress),
    (".vitepress/config.mjs", Dialect::VitePress),
    (".vitepress/config.mts", Dialect::VitePress),
    ("book.toml", Dialect::MdBook),
    ("next.config.js", Dialect::Plain),
    ("next.config.mjs", Dialect::Plain),
    ("next.config.ts", Dialect::Plain),
    (".obsidian", Dialect::Obsidian),
];

/// The folders whose files have their paths as addresses in Next.js.
const PAGES: [&str; 2] = ["pages", "src/pages"];

/// The path of the folder of posts below the generator's own folder of content: a part of every address.
pub(super) fn prefix_of(generator: &Generator, dir: &Path) -> String {
    // A vault does not say how it is published.
    if generator.dialect == Dialect::Obsidian {
        return String::new();
    }
    let named = |key: &str| vec![generator.text(key).unwrap_or("content").to_owned()];
    let all = |folders: &[&str]| folders.iter().map(|folder| (*folder).to_owned()).collect();
    let content: Vec<String> = match generator.dialect {
        Dialect::Hugo => named("contentdir"),
        Dialect::Zola => all(&["content"]),
        Dialect::Pelican => named("path"),
        Dialect::Eleventy => all(&eleventy::CONTENT),
        Dialect::Astro => all(&astro::CONTENT),
        Dialect::Docusaurus => vec![docusaurus::content(generator)],
        Dialect::Nikola => nikola::content(generator),
        Dialect::VitePress => vec![vitepress::content(generator)],
        Dialect::MdBook => vec![mdbook::content(generator)],
        Dialect::Plain => all(&PAGES),
        Dialect::Jekyll | Dialect::Obsidian | Dialect::Auto => Vec::new(),
    };
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
        .and_then(author)
        .into_iter()
        .collect();
    match generator.dialect {
        Dialect::Hugo => hugo::read_into(generator, dir, habits),
        Dialect::Zola => zola::read_into(generator, habits),
        Dialect::Jekyll => jekyll::read_into(generator, habits),
        Dialect::Pelican => pelican::read_into(generator, habits),
        Dialect::Docusaurus => docusaurus::read_into(generator, dir, habits),
        Dialect::Nikola => nikola::read_into(generator, dir, habits),
        Dialect::VitePress => vitepress::read_into(generator, habits),
        Dialect::MdBook => mdbook::read_into(generator, habits),
        Dialect::Plain => {
            habits.slugs = Slugs::AsIs;
            habits.permalink = Some("/{sections}/{filename}".to_owned());
        }
        // The configs of Eleventy and Astro are scripts, and a vault's does not say how it is published.
        Dialect::Eleventy | Dialect::Astro | Dialect::Obsidian | Dialect::Auto => {}
    }
}

/// Reads the defaults that other files below the folder of posts hold, and reports those that cannot be read.
pub(super) fn read_data(dir: &Path, habits: &Habits, paths: &[String]) -> (Data, Vec<Finding>) {
    match habits.rules.dialect {
        Dialect::Eleventy => eleventy::read_data(dir, &habits.prefix, paths),
        Dialect::Hugo => {
            let data = hugo::read_cascades(dir, &habits.prefix, paths);
            (data, Vec::new())
        }
        Dialect::Zola
        | Dialect::Jekyll
        | Dialect::Pelican
        | Dialect::Astro
        | Dialect::Docusaurus
        | Dialect::Nikola
        | Dialect::VitePress
        | Dialect::MdBook
        | Dialect::Obsidian
        | Dialect::Plain
        | Dialect::Auto => (Data::new(), Vec::new()),
    }
}
