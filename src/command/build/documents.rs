//! The documents of a build, rendered from its posts: written, or printed by a dry run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::app::App;
use crate::cli::Build;
use crate::feed::{Bodies, Outline, Setting, Sink, render};
use crate::finding::Finding;
use crate::loader::Loaded;
use crate::post::{Body, Post};
use crate::talk::Talk;

/// Renders these documents from the posts. Returns what is wrong with posts.
pub(super) fn render_posts(
    setting: &Setting<'_>,
    outlines: &[&Outline],
    loaded: &Loaded,
    sink: &dyn Sink,
) -> Result<Vec<Finding>, Finding> {
    let bodies = Rendered::new(loaded);
    let mut findings = render(setting, outlines, &bodies, sink)?;
    findings.extend(bodies.into_warnings());
    Ok(findings)
}

/// Prints the documents that are asked for. Returns what is wrong.
pub(super) fn print(
    app: &App,
    talk: &mut Talk<'_>,
    args: &Build,
    setting: &Setting<'_>,
    outlines: &[Outline],
    loaded: &Loaded,
) -> anyhow::Result<Vec<Finding>> {
    let wanted: Vec<&Outline> = outlines
        .iter()
        .filter(|outline| args.only.as_ref().is_none_or(|only| *only == outline.path))
        .collect();
    if let (Some(only), true) = (&args.only, wanted.is_empty()) {
        anyhow::bail!("there is no document `{only}`\n  `tidings build --dry-run` prints them all");
    }
    let documents = Documents::default();
    let findings = render_posts(setting, &wanted, loaded, &documents)?;
    let documents = documents.into_inner();
    for outline in wanted {
        if args.only.is_none() {
            writeln!(
                talk.out(),
                "==> {} <==",
                app.config.feeds.dir.join(&outline.path).display()
            )?;
        }
        talk.out()
            .write_all(documents.get(&outline.path).map_or(&[], Vec::as_slice))?;
    }
    Ok(findings)
}

/// The bodies of the posts, and what is wrong with those that were rendered.
struct Rendered<'a> {
    loaded: &'a Loaded,
    warnings: Mutex<Vec<Finding>>,
}

impl<'a> Rendered<'a> {
    fn new(loaded: &'a Loaded) -> Self {
        Self {
            loaded,
            warnings: Mutex::default(),
        }
    }

    fn into_warnings(self) -> Vec<Finding> {
        let warnings = self.warnings.into_inner();
        warnings.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bodies for Rendered<'_> {
    fn body(&self, post: &Post) -> Result<Body, Finding> {
        let body = self.loaded.body(post)?;
        let warnings = self.warnings.lock();
        let mut warnings = warnings.unwrap_or_else(PoisonError::into_inner);
        warnings.extend(body.warnings.iter().cloned());
        Ok(body)
    }
}

/// Documents that are printed, by path.
#[derive(Default)]
struct Documents(Mutex<BTreeMap<String, Vec<u8>>>);

impl Documents {
    fn into_inner(self) -> BTreeMap<String, Vec<u8>> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Documents {
    fn put(&self, outline: &Outline, bytes: &[u8], _complete: bool) -> Result<(), Finding> {
        let mut documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        documents.insert(outline.path.clone(), bytes.to_owned());
        Ok(())
    }
}
