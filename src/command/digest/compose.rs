//! Posts → the mail of an issue: templates and bodies are read, the draft is written, checked and compiled.

use std::fs;
use std::io;

use chrono::{DateTime, Utc};

use crate::command::Session;
use crate::config::{Config, Digest};
use crate::digest::{Content, Draft, Templates, draft, shown};
use crate::finding::Finding;
use crate::ledger::IssueId;
use crate::loader;
use crate::message::{Compiled, Origin, compile};
use crate::post::Post;

/// An issue before it is frozen.
pub(super) struct Composed {
    /// As it reads.
    pub(super) draft: Draft,
    /// As it is sent.
    pub(super) compiled: Compiled,
}

/// Writes the mail of an issue about these posts.
pub(super) fn compose(
    session: &Session<'_>,
    digest: &Digest,
    posts: &[&Post],
    authority: &str,
    issue: IssueId,
    now: DateTime<Utc>,
) -> Result<Composed, Finding> {
    let config = &session.config;
    let folder = config.root.join("templates");
    let template = |name: &str| match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Finding::error(format!("cannot be read: {error}")).in_file(folder.join(name))),
    };
    let templates = Templates { html: template("digest.html")?, text: template("digest.txt")? };
    let mut entries = Vec::new();
    for post in shown(digest, posts) {
        entries.push((*post, loader::body(&config.posts, post)?));
    }
    let content = Content {
        site: &config.site,
        digest,
        footer: digest.footer.as_deref().or(config.mail.footer.as_deref()),
        more: posts.len() - entries.len(),
        entries: &entries,
        made_at: now,
    };
    let draft = draft(&content, &templates).map_err(|finding| match &finding.place {
        Some(place) => {
            let file = folder.join(&place.file);
            finding.in_file(file)
        }
        None => finding,
    })?;
    let compiled = compiled_as(session, digest, &draft, authority, issue)?;
    Ok(Composed { draft, compiled })
}

/// A draft as the issue of this number.
pub(super) fn compiled_as(
    session: &Session<'_>,
    digest: &Digest,
    draft: &Draft,
    authority: &str,
    issue: IssueId,
) -> Result<Compiled, Finding> {
    let Config { site, mail, .. } = &session.config;
    compile(draft, &Origin { site, digest, mail, authority }, issue)
}
