//! Files of a Jekyll site that are no posts → their addresses, as its tag `link` looks them up.

use std::path::Path;

use serde_json::Value;

use crate::config::Dialect;
use crate::file::asset::Inside;
use crate::file::read::{WRITTEN, read_beginning, read_text};
use crate::loader::generator::keys::Generator;
use crate::loader::ignored::gathered::texts;
use crate::post::Markup;
use crate::post::dialect::slug::{Slugs, make_jekyll_slug};
use crate::post::dialect::{Rules, is_folder_of_posts};
use crate::post::front::{self, Front};

/// A file of the site with front matter.
struct JekyllPage<'a> {
    /// The collection that it belongs to.
    collection: Option<&'a str>,
    /// Its folders below the source, or below the folder of its collection.
    folder: String,
    /// The name of its file without the ending.
    stem: &'a str,
    /// The ending that it has on the site, with its dot.
    ending: String,
    front: Front<'a>,
}

/// Finds the address of a file below the source; `None` if it is not there, a post, or no part of the site.
pub(super) fn find_page(generator: &Generator, path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let leads_elsewhere = |part: &&str| matches!(*part, "" | "." | "..");
    if parts.iter().any(leads_elsewhere) || parts.iter().any(|part| is_folder_of_posts(part)) {
        return None;
    }
    let source = generator.text("source").unwrap_or_default();
    let source = generator.root.join(source);
    let collection = find_collection(generator, parts[0]);
    if collection.is_none() && is_hidden(generator, &parts) {
        return None;
    }
    let folder = match collection {
        Some(_) => source.join(generator.text("collections_dir").unwrap_or_default()),
        None => source.clone(),
    };
    let file = Inside::new([&*source]).find(&folder.join(path))?;
    if !file.is_file() {
        return None;
    }
    let (name, folders) = parts.split_last()?;
    let folder = folders[usize::from(collection.is_some())..].join("/");
    let Some(text) = read_page(&file) else {
        let first = collection.unwrap_or_default();
        return Some(join_parts(&escape_path(&format!(
            "{first}/{folder}/{name}"
        ))));
    };
    let split = front::split(&text, Rules::for_dialect(Dialect::Jekyll)).ok()?;
    if split.front.is("published", false) {
        return None;
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let page = JekyllPage {
        collection,
        folder,
        stem,
        ending: convert_ending(name, ending),
        front: split.front,
    };
    let pattern = page.front.text(&["permalink"]);
    let pattern = pattern.or_else(|| find_default(generator, collection, path));
    let pattern = pattern.unwrap_or_else(|| page.choose_pattern(generator));
    page.fill(&pattern)
}

/// The text of a file that Jekyll renders; all others it copies.
fn read_page(file: &Path) -> Option<String> {
    let begins = read_beginning(file, 3).ok()?;
    (begins == b"---").then(|| read_text(file, WRITTEN).ok())?
}

/// The name of the collection with this folder, if its pages are written.
fn find_collection<'a>(generator: &Generator, folder: &'a str) -> Option<&'a str> {
    let name = folder.strip_prefix('_')?;
    let is_written = generator.find(&["collections", name, "output"]) == Some(&Value::Bool(true));
    is_written.then_some(name)
}

/// Whether Jekyll leaves a path out by the first sign of a name, and the config does not include it.
fn is_hidden(generator: &Generator, parts: &[&str]) -> bool {
    let included = texts(generator.keys.get("include"));
    let is_included = |part: &str| included.iter().any(|name| name.trim_matches('/') == part);
    let is_left_out = |part: &&str| part.starts_with(['_', '.', '#', '~']) && !is_included(part);
    parts.iter().any(is_left_out)
}

/// The ending of a file's page.
fn convert_ending(name: &str, ending: &str) -> String {
    match ending {
        _ if Markup::from_path(name) == Some(Markup::Markdown) => ".html".to_owned(),
        "scss" | "sass" => ".css".to_owned(),
        "" => String::new(),
        other => format!(".{other}"),
    }
}

/// The pattern of the defaults for this file; those of the longest path count, and of a type before those of any.
fn find_default(generator: &Generator, collection: Option<&str>, path: &str) -> Option<String> {
    let kind = collection.unwrap_or("pages");
    let mut found: Option<((usize, bool), &str)> = None;
    for default in generator.list(&["defaults"]) {
        let key = |table: &str, key: &str| default.get(table)?.get(key)?.as_str();
        let below = key("scope", "path").unwrap_or_default().trim_matches('/');
        let of_kind = key("scope", "type");
        let is_below = path
            .strip_prefix(below)
            .is_some_and(|rest| below.is_empty() || rest.is_empty() || rest.starts_with('/'));
        let Some(pattern) = key("values", "permalink").filter(|_| is_below) else {
            continue;
        };
        let rank = (below.len(), of_kind.is_some());
        if of_kind.is_none_or(|of| of == kind) && found.is_none_or(|(best, _)| rank >= best) {
            found = Some((rank, pattern));
        }
    }
    found.map(|(_, pattern)| pattern.to_owned())
}

impl JekyllPage<'_> {
    /// The pattern of its collection, else of all pages, which end as the addresses of posts do.
    fn choose_pattern(&self, generator: &Generator) -> String {
        let end = match generator.text("permalink").unwrap_or("date") {
            "date" | "ordinal" | "weekdate" | "none" => ":output_ext",
            "pretty" => "/",
            own if own.ends_with('/') => "/",
            own if own.ends_with(":output_ext") => ":output_ext",
            _ => "",
        };
        if let Some(name) = self.collection {
            let own = generator.find(&["collections", name, "permalink"]);
            let own = own.and_then(Value::as_str).map(str::to_owned);
            return own.unwrap_or_else(|| format!("/:collection/:path{end}"));
        }
        match self.stem {
            _ if self.ending != ".html" => "/:path/:basename:output_ext".to_owned(),
            "index" => "/:path/".to_owned(),
            _ => format!("/:path/:basename{end}"),
        }
    }

    /// Fills a pattern; `None` if it asks for more than the file's name says.
    fn fill(&self, pattern: &str) -> Option<String> {
        let mut filled = String::from("/");
        let mut rest = pattern;
        while let Some(at) = rest.find(':') {
            filled.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '_'));
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            filled.push_str(&self.find_value(word)?);
            rest = after;
        }
        filled.push_str(rest);
        Some(join_parts(&filled))
    }

    /// The value of a word behind a colon.
    fn find_value(&self, word: &str) -> Option<String> {
        let path = match self.collection {
            Some(_) => format!("{}/{}", self.folder, self.stem),
            None => self.folder.clone(),
        };
        let slug = || self.front.text(&["slug"]);
        // The slug of a file that begins with a day lacks it.
        let is_dated = self.stem.starts_with(|c: char| c.is_ascii_digit());
        Some(match word {
            "path" => escape_path(&path),
            "basename" => escape_path(self.stem),
            "output_ext" => self.ending.clone(),
            "collection" => self.collection?.to_owned(),
            "name" => make_jekyll_slug(self.stem),
            "title" if slug().is_some() => Slugs::Jekyll.make_slug(&slug()?),
            "slug" if slug().is_some() => make_jekyll_slug(&slug()?),
            "title" if !is_dated => Slugs::Jekyll.make_slug(self.stem),
            "slug" if !is_dated => make_jekyll_slug(self.stem),
            _ => return None,
        })
    }
}

/// The path without empty parts.
fn join_parts(path: &str) -> String {
    let end = if path.ends_with('/') { "/" } else { "" };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!(
        "/{}{}",
        parts.join("/"),
        if parts.is_empty() { "" } else { end }
    )
}

/// Escapes the signs of a path that would end it in an address.
fn escape_path(path: &str) -> String {
    let path = path.replace('%', "%25");
    path.replace('?', "%3F").replace('#', "%23")
}
