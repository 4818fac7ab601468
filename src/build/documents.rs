//! The documents of a build, rendered from its posts: written, or printed by a dry run.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::bail;

use crate::feed::{Bodies, Outline, RenderedDocument, Setting, Sink, render};
use crate::finding::Finding;
use crate::loader::Loaded;
use crate::post::{Body, FeedOrigin, Post, Signature};

/// The facts about posts that only rendering their texts reveals.
#[derive(Default)]
pub(super) struct TextFacts {
    /// Findings about their texts.
    pub(super) findings: Vec<Finding>,
    /// The signatures of their texts, by path.
    pub(super) texts: HashMap<Box<str>, Signature>,
}

/// Renders these documents from the posts.
pub(super) fn render_posts(
    setting: &Setting<'_>,
    outlines: &[&Outline],
    loaded: &Loaded,
    sink: &dyn Sink,
) -> Result<TextFacts, Finding> {
    let bodies = PostBodies::new(loaded);
    let findings = render(setting, outlines, &bodies, sink)?;
    let mut facts = bodies.into_facts();
    facts.findings.extend(findings);
    Ok(facts)
}

/// Chooses all documents, or the one of this path.
///
/// # Errors
/// If there is no such document.
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

/// The bodies of the posts, and what rendering them revealed.
struct PostBodies<'a> {
    loaded: &'a Loaded,
    known: Mutex<TextFacts>,
}

impl<'a> PostBodies<'a> {
    fn new(loaded: &'a Loaded) -> Self {
        Self {
            loaded,
            known: Mutex::default(),
        }
    }

    fn into_facts(self) -> TextFacts {
        let known = self.known.into_inner();
        known.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bodies for PostBodies<'_> {
    fn render_body(&self, post: &Post) -> Result<Body, Finding> {
        let body = self.loaded.render_body(post)?;
        let known = self.known.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        known.findings.extend(body.warnings.iter().cloned());
        known.texts.insert(post.path.clone(), body.signature);
        Ok(body)
    }

    fn origin(&self, post: &Post) -> Option<&FeedOrigin> {
        let from = self.loaded.syndicated.get(&post.path)?;
        Some(&from.origin)
    }
}

/// Documents and drawings that are printed, by path.
#[derive(Default)]
pub(super) struct Documents {
    documents: Mutex<BTreeMap<String, Vec<u8>>>,
    drawings: Mutex<BTreeMap<String, String>>,
}

impl Documents {
    /// Prints these documents and their drawings, each below its path; a single one that was asked for has no heading.
    pub(super) fn print(
        self,
        wanted: &[&Outline],
        dir: &Path,
        is_alone: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let documents = self.documents.into_inner();
        let documents = documents.unwrap_or_else(PoisonError::into_inner);
        let drawings = self.drawings.into_inner();
        let drawings = drawings.unwrap_or_else(PoisonError::into_inner);
        for outline in wanted {
            if !is_alone {
                writeln!(out, "==> {} <==", dir.join(&outline.path).display())?;
            }
            out.write_all(documents.get(&outline.path).map_or(&[], Vec::as_slice))?;
        }
        for (path, svg) in drawings.iter().filter(|_| !is_alone) {
            writeln!(out, "==> {} <==", dir.join(path).display())?;
            out.write_all(svg.as_bytes())?;
        }
        Ok(())
    }
}

impl Sink for Documents {
    fn put(&self, outline: &Outline, document: &RenderedDocument<'_>) -> Result<(), Finding> {
        let documents = self.documents.lock();
        let mut documents = documents.unwrap_or_else(PoisonError::into_inner);
        documents.insert(outline.path.clone(), document.bytes.to_owned());
        let drawings = self.drawings.lock();
        let mut drawings = drawings.unwrap_or_else(PoisonError::into_inner);
        for drawing in &document.drawings {
            drawings.insert(drawing.path.clone(), drawing.svg.clone());
        }
        Ok(())
    }
}
