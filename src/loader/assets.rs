//! Finds the files of a site: beside a post, and in the folders that generators copy from.

use std::path::{Path, PathBuf};

use url::Url;

use crate::config::{Posts, Site};
use crate::file::asset::{Inside, path_below};
use crate::loader::spelling::Spelling;
use crate::post::Post;

/// The folders below a site's own that are published as its root.
const COPIED: [&str; 3] = ["static", "assets", "public"];
/// How far above the posts the site's folder lies at most.
const ABOVE: usize = 4;

/// The only folders in which files of the site are looked for.
#[derive(Debug, Default)]
pub(super) struct Assets {
    posts: PathBuf,
    /// The folder of posts and its ancestors up to the site's own, with the published folders in each.
    folders: Vec<PathBuf>,
    inside: Inside,
    /// How the file system writes the paths of posts.
    pub(super) spelling: Spelling,
}

impl Assets {
    /// The folders of a site with these posts, whose generator's config is in `generator`.
    pub(super) fn new(config: &Posts, generator: Option<&Path>) -> Self {
        let above = find_ancestors(config, generator);
        let mut folders = vec![config.dir.clone()];
        for folder in &above {
            folders.extend(COPIED.map(|copied| folder.join(copied)));
            // The root of the file system is no site.
            folders.extend(folder.parent().map(|_| folder.clone()));
        }
        folders.extend(COPIED.map(|copied| config.root.join(copied)));
        // A link that replaces one of these folders was made on purpose.
        let inside = Inside::new(folders.iter().map(PathBuf::as_path));
        Self {
            posts: config.dir.clone(),
            folders,
            inside,
            spelling: Spelling::default(),
        }
    }

    /// A post's file, as the file system writes its name.
    pub(super) fn file(&self, path: &str) -> PathBuf {
        self.posts.join(self.spelling.on_disk(path))
    }

    /// The files that an address in a post may name, the likeliest first: also below the folder of feeds.
    pub(super) fn find(
        &self,
        site: &Site,
        post: &Post,
        address: &str,
        feeds: Option<&Path>,
    ) -> Vec<PathBuf> {
        let Some(below) = path_below(&site.url, address) else {
            return Vec::new();
        };
        let name = below.rsplit('/').next().unwrap_or_default();
        let beside = self.file(&post.path).with_file_name(name);
        let page: Url = post.url.to_url();
        let is_own = page.join(name).is_ok_and(|own| {
            let own = path_below(&site.url, own.as_str());
            own.as_ref() == Some(&below)
        });
        let known = feeds
            .into_iter()
            .chain(self.folders.iter().map(PathBuf::as_path));
        let mut files: Vec<PathBuf> = known.map(|folder| folder.join(&below)).collect();
        files.insert(if is_own { 0 } else { files.len() }, beside);
        let published = Inside::new(feeds);
        let find = |file: &PathBuf| self.inside.find(file).or_else(|| published.find(file));
        files.iter().filter_map(find).collect()
    }
}

/// Finds the folders above the posts, up to the generator's or our own config, whichever is further; of a site that has
/// neither above its posts the folder that holds them.
fn find_ancestors(config: &Posts, generator: Option<&Path>) -> Vec<PathBuf> {
    let Ok(dir) = config.dir.canonicalize() else {
        return Vec::new();
    };
    let root = match config.root.as_os_str().is_empty() {
        true => Path::new("."),
        false => &config.root,
    };
    let roots = [
        root.canonicalize().ok(),
        generator.and_then(|root| root.canonicalize().ok()),
    ];
    let above: Vec<PathBuf> = dir
        .ancestors()
        .skip(1)
        .take(ABOVE)
        .map(Path::to_path_buf)
        .collect();
    let furthest = above
        .iter()
        .rposition(|folder| roots.iter().flatten().any(|root| root == folder));
    let is_root = roots.iter().flatten().any(|root| *root == dir);
    let count = match furthest {
        Some(at) => at + 1,
        None if is_root => 0,
        None => 1,
    };
    above.into_iter().take(count).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::find_ancestors;
    use crate::config::Posts;

    #[test]
    fn files_are_looked_for_up_to_the_sites_folder_and_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        fs::create_dir_all(home.join("blog/content/post")).unwrap();
        fs::create_dir_all(home.join("etc")).unwrap();
        for (root, dir, generator, expected) in [
            ("blog", "blog/content/post", None, "blog/content blog"),
            (
                "blog",
                "blog/content/post",
                Some("blog"),
                "blog/content blog",
            ),
            (
                "blog/content",
                "blog/content/post",
                Some("blog"),
                "blog/content blog",
            ),
            (
                "blog",
                "blog/content/post",
                Some("blog/content"),
                "blog/content blog",
            ),
            // The config lies elsewhere, and no generator marks the root of the site.
            ("etc", "blog/content/post", None, "blog/content"),
            (
                "etc",
                "blog/content/post",
                Some("blog"),
                "blog/content blog",
            ),
            ("blog", "blog", None, ""),
            ("blog/content/post", "blog/content/post", None, ""),
            ("blog", "blog/none", None, ""),
        ] {
            let config = Posts {
                root: home.join(root),
                dir: home.join(dir),
                ..Posts::default()
            };
            let generator = generator.map(|root: &str| home.join(root));
            let found = find_ancestors(&config, generator.as_deref());
            let expected: Vec<PathBuf> = expected
                .split_whitespace()
                .map(|folder| home.join(folder))
                .collect();
            assert_eq!(found, expected, "{root} {dir} {generator:?}");
        }
    }
}
