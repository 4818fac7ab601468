//! The documents of a build, rendered from its posts: written, or printed by a dry run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::bail;

use crate::feed::{Bodies, Outline, Setting, Sink, render};
use crate::finding::Finding;
use crate::loader::Loaded;
use crate::post::{Body, Post};

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

/// The documents that are asked for: all, or the one of this path.
///
/// # Errors
/// Where there is no such document.
pub(super) fn choose<'a>(
    outlines: &'a [Outline],
    only: Option<&str>,
) -> anyhow::Result<Vec<&'a Outline>> {
    let mut wanted: Vec<&Outline> = outlines.iter().collect();
    let Some(only) = only else { return Ok(wanted) };
    wanted.retain(|outline| outline.path == only);
    if wanted.is_empty() {
        bail!("there is no document `{only}`\n  `tidings build --dry-run` prints them all");
    }
    Ok(wanted)
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
pub(super) struct Documents(Mutex<BTreeMap<String, Vec<u8>>>);

impl Documents {
    /// Prints these, each under its path; one that is asked for alone stands bare.
    pub(super) fn print(
        self,
        wanted: &[&Outline],
        dir: &Path,
        is_alone: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let documents = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        for outline in wanted {
            if !is_alone {
                writeln!(out, "==> {} <==", dir.join(&outline.path).display())?;
            }
            out.write_all(documents.get(&outline.path).map_or(&[], Vec::as_slice))?;
        }
        Ok(())
    }
}

impl Sink for Documents {
    fn put(&self, outline: &Outline, bytes: &[u8], _complete: bool) -> Result<(), Finding> {
        let mut documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        documents.insert(outline.path.clone(), bytes.to_owned());
        Ok(())
    }
}
