//! Posts → the mail of an issue: templates and bodies are read, the draft is written, checked and compiled.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Layout;
use crate::delivery::load_signer;
use crate::digest::{
    Content, Draft, Fault, IssuePage, Sizes, SourceFile, Templates, find_left_out,
    find_unsized_images, is_of_others, locate, preflight, refuse_long, refuse_many, render_draft,
    render_issue_page, shorten_syndicated, split_at_limit,
};
use crate::domain::find_unaligned;
use crate::file::read::read_beginning;
use crate::finding::{Finding, Place};
use crate::language::FixedWords;
use crate::ledger::IssueId;
use crate::message::{Compiled, Origin, check, compile};
use crate::post::{Address, Body, Post};
use crate::reader::Email;
use crate::schedule::archive::place_of;
use crate::schedule::letter::load_words;
use crate::schedule::turn::Turn;
use crate::talk::Talk;
use crate::template::{find_unused, read_own};
use crate::token::random_id;

/// Within how many bytes of a picture its size is looked for: some begin with long descriptions.
const PICTURE: u64 = 4 << 20;

/// The template of the HTML part, and that of the text part.
const HTML_TEMPLATE: &str = "digest.html";
const TEXT_TEMPLATE: &str = "digest.txt";

/// An issue before it is frozen.
pub(crate) struct Composed {
    pub(crate) draft: Draft,
    pub(crate) compiled: Compiled,
    /// The issue page; `None` if it has none.
    pub(crate) page: Option<IssuePage>,
    /// The faults of the draft.
    pub(crate) findings: Vec<Finding>,
}

impl Composed {
    /// Reports the faults; an error stops the issue.
    pub(crate) fn check(mut self, talk: &mut Talk<'_>) -> Result<Self, Finding> {
        let first_error = self
            .findings
            .iter()
            .position(Finding::is_error)
            .map(|at| self.findings.remove(at));
        talk.report(&self.findings);
        first_error.map_or(Ok(self), Err)
    }
}

impl Turn<'_> {
    /// Writes the mail of an issue about these posts, with a link to its page if it `has_page`.
    pub(crate) fn compose(
        &self,
        talk: &mut Talk<'_>,
        posts: &[&Post],
        issue: IssueId,
        has_page: bool,
    ) -> Result<Composed, Finding> {
        let config = &self.app.config;
        let words = self.load_words()?;
        let templates = self.read_templates(talk)?;
        let mut entries = Vec::new();
        let (shown, headlines) = split_at_limit(self.digest, posts);
        for post in shown {
            entries.push((*post, self.loaded.render_body(post)?));
        }
        shorten_syndicated(self.digest.layout, &mut entries);
        let sizes = self.measure_images(&entries);
        let footer = self.digest.footer.as_deref();
        let place = has_page.then(|| place_of(&config.site, issue));
        let content = Content {
            site: &config.site,
            digest: self.digest,
            footer: footer.or(config.mail.footer.as_deref()),
            entries: &entries,
            headlines,
            sizes: &sizes,
            sign_up: config.feeds.sign_up.as_ref(),
            words: &words,
            made_at: self.now,
            place: place.as_ref(),
            preferences: config.web.url.is_some(),
        };
        refuse_many(&content).map_err(|fault| self.place_limit(fault))?;
        let draft = render_draft(&content, &templates).map_err(|fault| self.place_fault(fault))?;
        refuse_long(&draft, &content).map_err(|fault| self.place_limit(fault))?;
        let page = match has_page {
            true => Some(
                render_issue_page(&content, &templates).map_err(|fault| self.place_fault(fault))?,
            ),
            false => None,
        };
        let compiled = self.compile(&draft, issue)?;
        let mut findings = self.find_faults(&draft, &templates, posts, &entries);
        if self.digest.layout != Layout::Headlines {
            let warnings = entries.iter().map(|(_, body)| &body.warnings);
            findings.extend(warnings.flatten().cloned());
        }
        for finding in find_left_out(&draft, posts) {
            findings.push(self.place_in_templates(finding));
        }
        findings.extend(check(&compiled));
        findings.extend(self.find_unaligned());
        Ok(Composed {
            draft,
            compiled,
            page,
            findings,
        })
    }

    /// Finds the domains of the envelope and the signature that do not count for that of `from`.
    fn find_unaligned(&self) -> Vec<Finding> {
        let mail = &self.app.config.mail;
        let Some(from) = self.digest.from.as_ref().or(mail.from.as_ref()) else {
            return Vec::new();
        };
        let return_path = mail.return_path.as_ref().map(Email::domain);
        let dkim = mail.dkim.as_ref();
        let signs = dkim.and_then(|dkim| dkim.domain.as_deref());
        find_unaligned(from.email.domain(), return_path, signs, dkim.is_some())
    }

    /// The draft marked as a test, as an issue of its own.
    pub(crate) fn compile_test(&self, draft: &Draft) -> Result<Compiled, Finding> {
        let test = Draft {
            subject: format!("[Test] {}", draft.subject),
            ..draft.clone()
        };
        self.compile(&test, random_id().into())
    }

    fn compile(&self, draft: &Draft, issue: IssueId) -> Result<Compiled, Finding> {
        let signer = load_signer(&self.app.config.mail)?.map(Arc::new);
        let words = self.load_words()?;
        Ok(compile(draft, &self.make_origin(&words), issue)?.signed_by(signer))
    }

    /// The fixed words in the digest's language.
    fn load_words(&self) -> Result<FixedWords, Finding> {
        load_words(self.app, self.digest)
    }

    fn make_origin<'w>(&'w self, words: &'w FixedWords) -> Origin<'w> {
        let anonymous = self.digest.anonymous.as_deref();
        Origin {
            site: &self.app.config.site,
            digest: self.digest,
            mail: &self.app.config.mail,
            web: self.app.config.web.url.as_ref(),
            authority: self.loaded.lock.authority(),
            anonymous: anonymous.unwrap_or(&words.digest.anonymous),
        }
    }

    fn find_templates(&self) -> PathBuf {
        self.app.config.root.join("templates")
    }

    fn read_templates(&self, talk: &mut Talk<'_>) -> Result<Templates, Finding> {
        let root = &self.app.config.root;
        let read = |name| read_own(root, name);
        let templates = Templates {
            html: read(HTML_TEMPLATE)?.map(|(_, text)| text),
            text: read(TEXT_TEMPLATE)?.map(|(_, text)| text),
        };
        talk.report(&find_unused(root, &[HTML_TEMPLATE, TEXT_TEMPLATE]));
        Ok(templates)
    }

    /// The sizes of those images of the site whose posts do not give them.
    fn measure_images(&self, entries: &[(&Post, Body)]) -> Sizes {
        let mut sizes = Sizes::default();
        for (post, body) in entries {
            let own = post.image.as_ref().map(|image| image.as_str().to_owned());
            for address in find_unsized_images(&body.html).into_iter().chain(own) {
                if let Some(size) = self.measure_image(post, &address) {
                    sizes.insert(address, size);
                }
            }
        }
        sizes
    }

    /// The size of an image of the site whose file is at hand.
    fn measure_image(&self, post: &Post, address: &str) -> Option<(usize, usize)> {
        let feeds = &self.app.config.feeds.dir;
        let files = self.loaded.files_of(post, address, feeds);
        let size = files.iter().find_map(|file| {
            let beginning = read_beginning(file, PICTURE).ok()?;
            imagesize::blob_size(&beginning).ok()
        })?;
        Some((size.width, size.height))
    }

    /// Adds the place of a draft's fault: a template, else the subject in the config.
    fn place_fault(&self, finding: Finding) -> Finding {
        if finding.place.is_some() {
            return self.place_in_templates(finding);
        }
        let name = &self.digest.name;
        let place = self.app.config.place_of_digest(name, "subject");
        Finding {
            message: format!("the digest `{name}`: {}", finding.message),
            place: Some(place),
            ..finding
        }
    }

    /// Adds the place of the key that limits the number and length of posts.
    fn place_limit(&self, finding: Finding) -> Finding {
        let place = self.app.config.place_of_digest(&self.digest.name, "limit");
        Finding {
            place: Some(place),
            ..finding
        }
    }

    /// The finding, with the folder of the templates before its file.
    fn place_in_templates(&self, finding: Finding) -> Finding {
        let Some(place) = &finding.place else {
            return finding;
        };
        let file = self.find_templates().join(&place.file);
        finding.in_file(file)
    }

    /// Finds what mail programs would break, with the file of each fault.
    fn find_faults(
        &self,
        draft: &Draft,
        templates: &Templates,
        posts: &[&Post],
        entries: &[(&Post, Body)],
    ) -> Vec<Finding> {
        // The sources are read only if there is something to find in them.
        let sources = OnceCell::new();
        let place = |piece: &str, fault: Fault| {
            locate(
                piece,
                fault,
                sources.get_or_init(|| self.read_sources(templates, entries)),
            )
        };
        let has_others = posts.iter().any(|post| post.is_syndicated());
        let is_of_others =
            |piece: &str| has_others && is_of_others(piece, posts, entries, templates);
        let mut findings = preflight(draft, &self.app.config.site, &place, &is_of_others);
        for finding in &mut findings {
            for (name, own) in [
                (HTML_TEMPLATE, templates.html.is_some()),
                (TEXT_TEMPLATE, templates.text.is_some()),
            ] {
                let is_of = |place: &Place| place.file == Path::new(name);
                if finding.place.as_ref().is_some_and(is_of) {
                    finding.place = own.then(|| self.find_templates().join(name).into());
                }
            }
        }
        findings
    }

    /// Reads the sources of a draft: the site's own templates and the posts.
    fn read_sources<'b>(
        &self,
        templates: &Templates,
        entries: &'b [(&Post, Body)],
    ) -> Vec<SourceFile<'b>> {
        let mut sources = Vec::new();
        for (name, text) in [
            (HTML_TEMPLATE, &templates.html),
            (TEXT_TEMPLATE, &templates.text),
        ] {
            if let Some(text) = text {
                sources.push(SourceFile {
                    file: self.find_templates().join(name),
                    text: text.clone(),
                    html: None,
                    image: None,
                });
            }
        }
        for (post, body) in entries {
            if let Ok(text) = self.loaded.source(post) {
                sources.push(SourceFile {
                    file: self.loaded.file(post),
                    text,
                    html: Some(&body.html),
                    image: post.image.as_ref().map(Address::as_str),
                });
            }
        }
        sources
    }
}
