//! Posts → the mail of an issue: templates and bodies are read, the draft is written, checked and compiled.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::config::{Config, Digest, Layout};
use crate::delivery::load_signer;
use crate::digest::{
    Content, Draft, Sizes, Source, Templates, draft, find_left_out, place_of, preflight, shown,
    unsized_images,
};
use crate::file::read::read_beginning;
use crate::finding::{Finding, Place};
use crate::ledger::IssueId;
use crate::loader::Loaded;
use crate::message::{Compiled, Origin, check, compile};
use crate::post::Post;
use crate::talk::Talk;
use crate::template::read_own;
use crate::token::random_id;

/// Within how many bytes of a picture its size is looked for: some begin with long descriptions.
const PICTURE: u64 = 4 << 20;

/// The template of the text part.
const TEXT_TEMPLATE: &str = "digest.txt";

/// An issue before it is frozen.
pub(super) struct Composed {
    /// As it reads.
    pub(super) draft: Draft,
    /// As it is sent.
    pub(super) compiled: Compiled,
    /// What is wrong with it.
    pub(super) findings: Vec<Finding>,
}

impl Composed {
    /// Names what is wrong; an error stops the issue.
    pub(super) fn checked(mut self, talk: &mut Talk<'_>) -> Result<Self, Finding> {
        let first_error = self
            .findings
            .iter()
            .position(Finding::is_error)
            .map(|at| self.findings.remove(at));
        talk.report(&self.findings);
        first_error.map_or(Ok(self), Err)
    }
}

/// Writes the mail of an issue about these posts.
pub(super) fn compose(
    app: &App,
    talk: &mut Talk<'_>,
    digest: &Digest,
    posts: &[&Post],
    loaded: &Loaded,
    issue: IssueId,
    now: DateTime<Utc>,
) -> Result<Composed, Finding> {
    let config = &app.config;
    let folder = config.root.join("templates");
    let mut misnamed = Vec::new();
    let mut own = |name: &str| read_own(&config.root, name, &mut misnamed);
    let templates = Templates {
        html: own("digest.html")?.map(|(_, text)| text),
        text: own("digest.txt")?.map(|(_, text)| text),
    };
    talk.report(&misnamed);
    let mut entries = Vec::new();
    let (shown, headlines) = shown(digest, posts);
    for post in shown {
        entries.push((*post, loaded.body(post)?));
    }
    let images = entries.iter().flat_map(|(post, body)| {
        let own = post.image.as_ref().map(|image| image.as_str().to_owned());
        let images = unsized_images(&body.html).into_iter().chain(own);
        images.map(move |at| (*post, at))
    });
    let sizes: Sizes = images
        .filter_map(|(post, address)| {
            size_of(config, loaded, post, &address).map(|size| (address, size))
        })
        .collect();
    let content = Content {
        site: &config.site,
        digest,
        footer: digest.footer.as_deref().or(config.mail.footer.as_deref()),
        entries: &entries,
        headlines,
        sizes: &sizes,
        sign_up: config.feeds.sign_up.as_ref(),
        made_at: now,
    };
    let draft = draft(&content, &templates).map_err(|finding| match &finding.place {
        Some(place) => {
            let file = folder.join(&place.file);
            finding.in_file(file)
        }
        // The subject stands in the config.
        None => Finding {
            message: format!("the digest `{}`: {}", digest.name, finding.message),
            place: Some(config.place_of_digest(&digest.name, "subject")),
            ..finding
        },
    })?;
    let origin = Origin {
        site: &config.site,
        digest,
        mail: &config.mail,
        authority: loaded.lock.authority(),
    };
    let signer = load_signer(&config.mail)?.map(Arc::new);
    let compiled = compile(&draft, &origin, issue)?.signed_by(signer);
    // They are read only where there is something to find in them.
    let sources = OnceCell::new();
    let read = || {
        let own = [
            ("digest.html", &templates.html),
            ("digest.txt", &templates.text),
        ];
        let own = own.into_iter().filter_map(|(name, text)| {
            Some(Source {
                file: folder.join(name),
                text: text.clone()?,
                html: None,
            })
        });
        let posts = entries.iter().filter_map(|(post, body)| {
            Some(Source {
                file: loaded.file(post),
                text: loaded.source(post).ok()?,
                html: Some(&body.html),
            })
        });
        own.chain(posts).collect::<Vec<_>>()
    };
    let place = |piece: &str| place_of(piece, sources.get_or_init(read));
    let mut findings = preflight(&draft, &config.site, &place);
    for finding in &mut findings {
        let of_text = |place: &Place| place.file == Path::new(TEXT_TEMPLATE);
        if finding.place.as_ref().is_some_and(of_text) {
            let own = templates.text.is_some();
            finding.place = own.then(|| Place::from(folder.join(TEXT_TEMPLATE)));
        }
    }
    if digest.layout != Layout::Headlines {
        findings.extend(
            entries
                .iter()
                .flat_map(|(_, body)| body.warnings.iter().cloned()),
        );
    }
    let left_out = find_left_out(&draft, posts);
    findings.extend(left_out.into_iter().map(|finding| match &finding.place {
        Some(place) => {
            let file = folder.join(&place.file);
            finding.in_file(file)
        }
        None => finding,
    }));
    findings.extend(check(&compiled, &origin));
    Ok(Composed {
        draft,
        compiled,
        findings,
    })
}

/// The size of an image of the site whose file is at hand.
fn size_of(config: &Config, loaded: &Loaded, post: &Post, address: &str) -> Option<(usize, usize)> {
    let files = loaded.files_of(post, address, &config.feeds.dir);
    let size = files.iter().find_map(|file| {
        let beginning = read_beginning(file, PICTURE).ok()?;
        imagesize::blob_size(&beginning).ok()
    })?;
    Some((size.width, size.height))
}

/// The draft marked as a test, as an issue of its own.
pub(super) fn as_test(
    app: &App,
    digest: &Digest,
    draft: &Draft,
    authority: &str,
) -> Result<Compiled, Finding> {
    let Config { site, mail, .. } = &app.config;
    let test = Draft {
        subject: format!("[Test] {}", draft.subject),
        ..draft.clone()
    };
    let signer = load_signer(mail)?.map(Arc::new);
    let compiled = compile(
        &test,
        &Origin {
            site,
            digest,
            mail,
            authority,
        },
        random_id().into(),
    )?;
    Ok(compiled.signed_by(signer))
}
