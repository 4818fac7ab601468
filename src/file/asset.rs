//! Maps an address of the site to a path below the site's folder: the one check before a file is looked for.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use url::Url;

/// The path below the site's root that this address names. None where it is an address elsewhere, or where its path,
/// once decoded, would lead anywhere but down.
pub(crate) fn path_below(site: &Url, address: &str) -> Option<String> {
    let below = address.strip_prefix(site.as_str())?;
    let below = below.split(['?', '#']).next()?;
    let below = percent_decode_str(below).decode_utf8().ok()?.into_owned();
    let leads_down = |part: &str| !matches!(part, "" | "." | "..");
    let is_plain = !below.contains(|c: char| c == '\\' || c.is_control());
    (is_plain && below.split('/').all(leads_down)).then_some(below)
}

/// Folders that one look may reach into, wherever links lead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inside(Vec<PathBuf>);

impl Inside {
    /// Takes those of these folders that exist.
    pub(crate) fn new<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Self {
        let real = folders
            .into_iter()
            .filter_map(|folder| or_here(folder).canonicalize().ok());
        Self(real.collect())
    }

    /// The real path of a file; `None` if there is none, or a link leads out of all folders.
    pub(crate) fn find(&self, file: &Path) -> Option<PathBuf> {
        let real = file.canonicalize().ok()?;
        let is_inside = self.0.iter().any(|folder| real.starts_with(folder));
        is_inside.then_some(real)
    }
}

/// The folder of a path that says none is the one that we are in.
fn or_here(folder: &Path) -> &Path {
    match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use url::Url;

    use super::{Inside, path_below};

    #[test]
    fn an_address_of_the_site_names_a_path_that_leads_down_or_none() {
        for (site, address, expected) in [
            (
                "https://x.example/",
                "https://x.example/a.png",
                Some("a.png"),
            ),
            (
                "https://x.example/",
                "https://x.example/a/b%20c.png?v=/../2#/x",
                Some("a/b c.png"),
            ),
            (
                "https://x.example/blog/",
                "https://x.example/blog/a.png",
                Some("a.png"),
            ),
            (
                "https://x.example/",
                "https://x.example/%C3%A9.png",
                Some("é.png"),
            ),
            // An address is decoded only once.
            (
                "https://x.example/",
                "https://x.example/%252e%252e/a",
                Some("%2e%2e/a"),
            ),
            (
                "https://x.example/",
                "https://x.example/..a/b..",
                Some("..a/b.."),
            ),
            ("https://x.example/blog/", "https://x.example/a.png", None),
            ("https://x.example/", "https://y.example/a.png", None),
            ("https://x.example/", "https://x.example.evil/a.png", None),
            ("https://x.example/", "http://x.example/a.png", None),
            ("https://x.example/", "a.png", None),
            ("https://x.example/", "https://x.example/", None),
            ("https://x.example/", "https://x.example//tmp/x", None),
            ("https://x.example/", "https://x.example/%2Ftmp/x", None),
            ("https://x.example/", "https://x.example/%2f%2ftmp/x", None),
            ("https://x.example/", "https://x.example/a//b", None),
            (
                "https://x.example/",
                "https://x.example/a/%2Fetc/passwd",
                None,
            ),
            ("https://x.example/", "https://x.example/../x", None),
            ("https://x.example/", "https://x.example/a/../../x", None),
            ("https://x.example/", "https://x.example/..%2f..%2fx", None),
            ("https://x.example/", "https://x.example/%2e%2e/x", None),
            ("https://x.example/", "https://x.example/.%2e%2Fx", None),
            ("https://x.example/", "https://x.example/a/..", None),
            ("https://x.example/", "https://x.example/./x", None),
            ("https://x.example/", "https://x.example/..\\..\\x", None),
            ("https://x.example/", "https://x.example/..%5C..%5cx", None),
            ("https://x.example/", "https://x.example/C:%5Cx", None),
            ("https://x.example/", "https://x.example/a%00.png", None),
            ("https://x.example/", "https://x.example/a%0a.png", None),
            ("https://x.example/", "https://x.example/%ff.png", None),
            ("https://x.example/", "https://x.example/a/", None),
        ] {
            let site = Url::parse(site).unwrap();
            let found = path_below(&site, address);
            assert_eq!(found.as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn a_link_that_leads_out_of_the_folders_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["site", "site/static", "elsewhere"] {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("site/a.png"), "a").unwrap();
        fs::write(at("elsewhere/b.png"), "b").unwrap();
        symlink("../../elsewhere/b.png", at("site/static/file")).unwrap();
        symlink("../../elsewhere", at("site/static/folder")).unwrap();
        symlink("../a.png", at("site/static/inside")).unwrap();
        let inside = Inside::new([&*at("site"), Path::new("/no/such/folder")]);
        for (name, is_found) in [
            ("site/a.png", true),
            ("site/static/inside", true),
            ("site/static/file", false),
            ("site/static/folder/b.png", false),
            ("elsewhere/b.png", false),
            ("site/none", false),
        ] {
            assert_eq!(inside.find(&at(name)).is_some(), is_found, "{name}");
        }
        // A folder that was linked on purpose is one of those that are named.
        let linked = Inside::new([&*at("site/static/folder")]);
        assert!(linked.find(&at("site/static/folder/b.png")).is_some());
    }
}
