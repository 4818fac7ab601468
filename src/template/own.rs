//! The site's own templates, and the files that are meant for one and are not read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::file::read::{WRITTEN, read_text_if_any};
use crate::finding::{Finding, Rule};

/// The folder of the site's templates, beside the config.
const FOLDER: &str = "templates";
/// The templates that a site can have in it.
const OURS: [&str; 7] = [
    "digest.html",
    "digest.txt",
    "feeds.html",
    "issues.html",
    "serve.html",
    "serve-join.html",
    "serve-preferences.html",
];
/// The templates that a generator keeps in the same folder: it needs one of these for its pages.
const OF_GENERATORS: [&str; 5] = [
    "base.html",
    "index.html",
    "page.html",
    "post.html",
    "section.html",
];
/// The endings of a template of ours, and their usual slips. Nikola's `book.tmpl` or a note of Obsidian is another's.
const ENDINGS: [&str; 4] = ["html", "htm", "txt", "text"];
/// The files beside our templates that are read only where the program is built.
const BUILT_IN: [&str; 3] = ["feeds.css", "preview.html", "status.html"];
/// How like a name of ours another one is that must be meant for it, as `strsim` measures.
const ALIKE: f64 = 0.93;

/// A template of the site's own, and its file; `None` if it has none of this name.
///
/// # Errors
/// A finding where the file cannot be read.
pub(crate) fn read_own(root: &Path, name: &str) -> Result<Option<(PathBuf, String)>, Finding> {
    let file = root.join(FOLDER).join(name);
    let text = read_text_if_any(&file, WRITTEN)?;
    Ok(text.map(|text| (file, text)))
}

/// Names the files that are probably meant for one of these templates of ours, and are not read.
pub(crate) fn find_unused(root: &Path, wanted: &[&str]) -> Vec<Finding> {
    let folder = root.join(FOLDER);
    let names = names_in(&folder);
    let is_shared = names
        .iter()
        .any(|name| OF_GENERATORS.contains(&name.to_lowercase().as_str()));
    let mut findings = Vec::new();
    for name in &names {
        let path = folder.join(name);
        if path.is_dir() {
            findings.extend(find_misplaced(&path, wanted));
            continue;
        }
        let ending = name.rsplit_once('.').map(|(_, ending)| ending);
        let is_other = ending.is_some_and(|ending| !ENDINGS.contains(&ending));
        let meant = match is_shared || is_other {
            true => nearest(name).filter(|(_, likeness)| *likeness > ALIKE),
            false => nearest(name),
        };
        // One of ours that is there leaves no doubt about its slips, but for another program's.
        let meant = meant.map(|(ours, _)| ours);
        let meant = meant.filter(|ours| !(is_shared && names.iter().any(|name| name == ours)));
        if let Some(ours) = meant.filter(|ours| wanted.contains(ours)) {
            findings.push(warn_of_unused(path, ours));
        }
    }
    for name in names_in(root) {
        let is_slip = name != FOLDER && compare_names(&name.to_lowercase(), FOLDER) > ALIKE;
        let path = root.join(&name);
        if is_slip && path.is_dir() {
            findings.extend(find_misplaced(&path, wanted));
            findings.extend(find_misnamed(&path, wanted));
        }
    }
    findings
}

/// The names in a folder, sorted, without those that editors and programs hide or keep as a copy.
fn names_in(folder: &Path) -> Vec<String> {
    // A config in the working folder has a folder without a name.
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is_copy = |name: &str| {
        let endings = ["~", ".bak", ".orig", ".swp"];
        name.starts_with('.') || endings.iter().any(|ending| name.ends_with(ending))
    };
    let mut names: Vec<String> = names.filter(|name| !is_copy(name)).collect();
    names.sort();
    names
}

/// The templates with a name of ours that stand in another folder.
fn find_misplaced(folder: &Path, wanted: &[&str]) -> Vec<Finding> {
    let names = names_in(folder);
    let ours = names.iter().filter(|name| wanted.contains(&name.as_str()));
    let finding = |name: &String| {
        Finding::warning(
            Rule::TemplateUnused,
            "this template is not used: it stands in another folder than ours do",
        )
        .in_file(folder.join(name))
        .hint(format!(
            "expected it at `{FOLDER}/{name}`, beside the config"
        ))
    };
    ours.map(finding).collect()
}

/// The files in a folder whose name is misspelt, too, that are surely meant for one of ours.
fn find_misnamed(folder: &Path, wanted: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in names_in(folder) {
        let meant = nearest(&name).filter(|(_, likeness)| *likeness > ALIKE);
        if let Some((ours, _)) = meant.filter(|(ours, _)| wanted.contains(ours)) {
            findings.push(warn_of_unused(folder.join(name), ours));
        }
    }
    findings
}

fn warn_of_unused(path: PathBuf, ours: &str) -> Finding {
    let expected = OURS.join("`, `");
    Finding::warning(
        Rule::TemplateUnused,
        "this template is not used: none of ours has this name",
    )
    .in_file(path)
    .hint(format!(
        "did you mean `{FOLDER}/{ours}`? expected one of `{expected}` in `{FOLDER}`"
    ))
}

/// The template of ours that a name is the most like, and how much; `None` if it is one of them. Where it is like none it
/// is rather a mail than the page of the feeds.
fn nearest(given: &str) -> Option<(&'static str, f64)> {
    if OURS.contains(&given) || BUILT_IN.contains(&given) {
        return None;
    }
    let given = given.to_lowercase();
    let mut nearest = (OURS[0], compare_names(&given, OURS[0]));
    for ours in &OURS[1..] {
        let likeness = compare_names(&given, ours);
        if likeness > nearest.1 {
            nearest = (ours, likeness);
        }
    }
    let of_kind = match given.rsplit_once('.') {
        Some((_, "txt")) => OURS[1],
        _ => OURS[0],
    };
    let is_like = nearest.1 > ALIKE || given.starts_with("feed");
    Some(if is_like { nearest } else { (of_kind, 0.0) })
}

/// How like one of our names another one is in lower case: the same with another ending behind it is the same.
fn compare_names(given: &str, ours: &str) -> f64 {
    match given.strip_prefix(ours) {
        Some(rest) if rest.is_empty() || rest.starts_with('.') => 1.0,
        _ => strsim::jaro_winkler(given, ours),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{OURS, find_unused};

    /// Returns the findings about these files beside a config.
    fn said(files: &[&str], wanted: &[&str]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let mut said = Vec::new();
        for finding in find_unused(root.path(), wanted) {
            let text = finding.to_string();
            let text = text.replace(&format!("{}/", root.path().display()), "");
            let (place, rest) = text.split_once(": ").unwrap();
            let (_, hint) = rest.split_once('\n').unwrap();
            let hint = hint.trim().split(['?', ',']).next().unwrap();
            said.push(format!("{place}: {hint}"));
        }
        said
    }

    #[test]
    fn a_file_that_is_not_read_is_named_with_the_name_that_would_be() {
        for (given, expected) in [
            ("digests.html", "digest.html"),
            ("Digest.html", "digest.html"),
            ("digest.htm", "digest.html"),
            ("digst.html", "digest.html"),
            ("digest.html.tera", "digest.html"),
            ("digests.txt", "digest.txt"),
            ("digest.text", "digest.txt"),
            ("feed.html", "feeds.html"),
            ("FEEDS.HTML", "feeds.html"),
        ] {
            let file = format!("templates/{given}");
            let expected = format!("{file}: did you mean `templates/{expected}`");
            assert_eq!(said(&[&file], &OURS), [&*expected], "{given}");
            // Beside the pages of a generator that has the same folder, too.
            let shared = [&*file, "templates/base.html", "templates/feed.xml"];
            assert_eq!(said(&shared, &OURS), [&*expected], "{given}");
        }
        for given in ["mail.html", "newsletter.html", "letter.txt", "x"] {
            let file = format!("templates/{given}");
            let names = said(&[&file], &OURS);
            assert_eq!(names.len(), 1, "{given}: {names:?}");
            let shared = [&*file, "templates/index.html"];
            assert_eq!(said(&shared, &OURS), [""; 0], "{given}");
        }
    }

    #[test]
    fn a_template_in_another_folder_is_named_with_its_place() {
        for (file, name) in [
            ("templates/default/digest.html", "digest.html"),
            ("templates/mail/digest.txt", "digest.txt"),
            ("template/digest.html", "digest.html"),
            ("Templates/feeds.html", "feeds.html"),
            ("templats/feeds.html", "feeds.html"),
        ] {
            let expected = format!("{file}: expected it at `templates/{name}`");
            assert_eq!(said(&[file], &OURS), [&*expected]);
        }
    }

    #[test]
    fn a_folder_and_a_name_that_are_both_misspelt_are_named() {
        for (file, name) in [
            ("template/digests.html", "digest.html"),
            ("Templates/Digest.txt", "digest.txt"),
            ("tempaltes/Issues.html", "issues.html"),
            ("templats/feeds.html.tera", "feeds.html"),
            ("template/serve-joins.html", "serve-join.html"),
        ] {
            let expected = format!("{file}: did you mean `templates/{name}`");
            assert_eq!(said(&[file], &OURS), [&*expected]);
        }
        for file in [
            "template/mail.html",
            "template/page.html",
            "lib/digests.html",
        ] {
            assert_eq!(said(&[file], &OURS), [""; 0], "{file}");
        }
    }

    #[test]
    fn what_is_read_and_what_is_no_template_is_left_alone() {
        for files in [
            &["templates/digest.html", "templates/digest.txt"][..],
            &[
                "templates/feeds.html",
                "templates/feeds.html~",
                "templates/.feeds.html.swp",
            ],
            &["templates/digest.html", "templates/digest.html.bak"],
            &[
                "template/base.html",
                "layouts/digest.html",
                "post/digest.html",
            ],
            &["templates/partials/nav.html"],
            &[
                "templates/base.html",
                "templates/feeds.html",
                "templates/feed.html",
            ],
        ] {
            assert_eq!(said(files, &OURS), [""; 0], "{files:?}");
        }
        // The program's own folder is that of its sample site too.
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(super::find_unused(here, &OURS), []);
        // Each file is named by one reader.
        let files = ["templates/feed.html", "templates/digests.html"];
        assert_eq!(said(&files, &["feeds.html"]).len(), 1);
        assert_eq!(said(&files, &OURS[..2]).len(), 1);
    }
}
