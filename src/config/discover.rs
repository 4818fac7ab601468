//! Finds the config file if none is named.

use std::path::{Path, PathBuf};

use crate::file::read::{WRITTEN, read_text};
use crate::finding::{Finding, Rule};

/// Never anybody else's config.
pub(crate) const OWN: &str = "tidings.toml";
/// The config of the sample; Zola and Hugo call theirs so too.
pub(crate) const SHARED: &str = "config.toml";

/// The nearest config in the working folder or above: `tidings.toml`, else a `config.toml` that is not a generator's.
/// The path is relative to the working folder.
///
/// # Errors
/// A finding where there is none.
pub(crate) fn discover(working: &Path) -> Result<PathBuf, Finding> {
    let mut generator = None;
    let mut way = PathBuf::new();
    for folder in working.ancestors() {
        if folder.join(OWN).is_file() {
            return Ok(way.join(OWN));
        }
        if folder.join(SHARED).is_file() {
            match owner_of(&folder.join(SHARED)) {
                ConfigOwner::Tidings => return Ok(way.join(SHARED)),
                // Somebody who writes it now is told what is wrong with it.
                ConfigOwner::Unknown if folder == working => return Ok(way.join(SHARED)),
                ConfigOwner::Unknown => {}
                ConfigOwner::Generator => _ = generator.get_or_insert(way.join(SHARED)),
            }
        }
        way.push("..");
    }
    Err(match generator {
        Some(file) => Finding::error(
            Rule::GeneratorConfig,
            "this is the config of the site's generator, and there is no `tidings.toml`",
        )
        .in_file(file)
        .hint("`tidings init` writes one; or name another with `--config FILE`"),
        None => Finding::error(
            Rule::NoConfig,
            "there is neither a `tidings.toml` nor a `config.toml` here or above",
        )
        .hint("`tidings init` writes one; or name another with `--config FILE`"),
    })
}

/// The owner of a `config.toml`: this program or the generator of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConfigOwner {
    Tidings,
    Generator,
    Unknown,
}

/// Whether this `config.toml` is one of ours, right or wrong.
pub(crate) fn is_our_config(file: &Path) -> bool {
    owner_of(file) == ConfigOwner::Tidings
}

/// Sections of ours of which hardly any other config has two.
const OURS: [&str; 5] = ["site", "posts", "feeds", "digest", "source"];

fn owner_of(file: &Path) -> ConfigOwner {
    let text = read_text(file, WRITTEN).unwrap_or_default();
    let text = text.trim_start_matches('\u{feff}');
    let table = text.parse::<toml::Table>().ok();
    let sections = match &table {
        Some(table) => list_sections(table),
        None => text.lines().filter_map(read_head).collect(),
    };
    let names_site = table
        .as_ref()
        .is_some_and(|table| table.contains_key("site"));
    let is_ours = |name: &&&str| sections.contains(name) || **name == "site" && names_site;
    match &table {
        // No generator has this section, and a slip elsewhere in the file makes it no other one.
        _ if sections.contains(&"site") => ConfigOwner::Tidings,
        Some(table) if address_key(table).is_some() => ConfigOwner::Generator,
        _ if OURS.iter().filter(is_ours).count() > 1 => ConfigOwner::Tidings,
        _ => ConfigOwner::Unknown,
    }
}

fn list_sections(table: &toml::Table) -> Vec<&str> {
    let is_section = |value: &toml::Value| {
        let first = value.as_array().and_then(|all| all.first());
        first.unwrap_or(value).is_table()
    };
    let sections = table.iter().filter(|(_, value)| is_section(value));
    sections.map(|(name, _)| name.as_str()).collect()
}

/// The first name in the head of a section, however it is spaced and quoted, where a broken file has no more than lines.
fn read_head(line: &str) -> Option<&str> {
    let (head, _) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    let name = head.trim_start_matches('[').split('.').next()?;
    Some(name.trim().trim_matches(['"', '\'']))
}

/// The key by which Zola (`base_url`) and Hugo (`baseURL`) are told the site's address.
pub(super) fn address_key(table: &toml::Table) -> Option<&str> {
    let is_address = |key: &&String| key.replace('_', "").eq_ignore_ascii_case("baseurl");
    table.keys().find(is_address).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::discover;

    #[test]
    fn the_nearest_config_of_ours_is_taken() {
        const OURS: &str = "[site]\ntitle = \"T\"\n";
        const HUGO: &str = "baseURL = \"https://x.example/\"\n";
        const FOUND: Result<&str, &str> = Ok("../config.toml");
        for (files, expected) in [
            (&[("a/b/tidings.toml", "")][..], Ok("tidings.toml")),
            (&[("a/b/config.toml", OURS)], Ok("config.toml")),
            (
                &[("a/tidings.toml", ""), ("config.toml", OURS)],
                Ok("../tidings.toml"),
            ),
            (&[("config.toml", OURS)], Ok("../../config.toml")),
            (
                &[("a/b/config.toml", HUGO), ("a/b/tidings.toml", "")],
                Ok("tidings.toml"),
            ),
            // The site's own may lie above the folder in which someone writes.
            (
                &[("a/b/config.toml", HUGO), ("a/config.toml", OURS)],
                Ok("../config.toml"),
            ),
            // A broken file is reported if it is surely ours.
            (&[("a/b/config.toml", "[site")], Ok("config.toml")),
            (
                &[("a/config.toml", "[other]\nx = 1\n"), ("tidings.toml", "")],
                Ok("../../tidings.toml"),
            ),
            (
                &[("a/config.toml", HUGO)],
                Err("../config.toml: this is the config of the site's generator"),
            ),
            (&[("a/c/tidings.toml", "")], Err("there is neither")),
            // Ours with a slip is ours.
            (&[("a/config.toml", "[[site]]\ntitle = \"T\"\n")], FOUND),
            (&[("a/config.toml", "\u{feff}[site]\ntitle = \"T\n")], FOUND),
            (&[("a/config.toml", "[\"site\"]\ntitle = \"T\n")], FOUND),
            (
                &[("a/config.toml", "site = \"https://x.example/\"\n[posts]\n")],
                FOUND,
            ),
            (
                &[("a/config.toml", "[posts]\n[[digest]]\nname = \n")],
                FOUND,
            ),
            // That of another program may have a section of that name.
            (
                &[("a/config.toml", "site = \"x\"\n[mail]\n")],
                Err("there is neither"),
            ),
            (
                &[("a/config.toml", "[posts]\nfeeds = 1\n")],
                Err("there is neither"),
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let working = folder.path().join("a/b");
            fs::create_dir_all(&working).unwrap();
            for (file, text) in files {
                let file = folder.path().join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            match (discover(&working), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found.to_str().unwrap(), expected),
                (Err(finding), Err(words)) => {
                    let said = finding.to_string();
                    assert!(
                        said.contains(words) && said.contains("tidings init"),
                        "{said}"
                    );
                }
                (found, _) => panic!("{files:?}: {found:?}"),
            }
        }
    }
}
