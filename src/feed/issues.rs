//! The archive of issues: its index, and a feed of the issues in each format.

use std::path::Path;

use serde_json::{Value, json};
use tera::{Context, Tera};
use url::Url;

use crate::config::{Feeds, Site};
use crate::feed::address::{path, url};
use crate::feed::format::look_up;
use crate::feed::mark::GENERATOR;
use crate::feed::model::{Entry, EntryText, Feed, write_day};
use crate::feed::ours::is_ours;
use crate::feed::{page, text};
use crate::finding::Finding;
use crate::language::{self, DigestWords};
use crate::ledger::IssueId;
use crate::post::{Address, Fingerprint, Post};
use crate::template::explain;

/// The folder of the archive below the folder that is published.
pub(crate) const ISSUES: &str = "issues/";

const TEMPLATE: &str = include_str!("../../templates/issues.html");

/// An issue in the archive.
#[derive(Debug, Clone)]
pub(crate) struct IssueEntry {
    /// Its number and the time of the freeze, as a post: the archive shows issues as a feed shows posts.
    post: Post,
    /// The title of its digest.
    digest: String,
    /// Its posts, as HTML.
    html: String,
}

impl IssueEntry {
    /// An issue with this subject, frozen at this time; `html` has its posts.
    pub(crate) fn new(
        setting: &IssueFeeds<'_>,
        (id, made_at): (IssueId, chrono::DateTime<chrono::Utc>),
        subject: &str,
        (digest, language): (&str, &str),
        html: String,
    ) -> Self {
        let post = Post {
            id: format!("tag:{},2000:issue/{id}", setting.authority).into(),
            path: "".into(),
            url: Address::from(page_of(setting.site, id)),
            title: subject.into(),
            published: made_at,
            updated: made_at,
            authors: [].into(),
            tags: [].into(),
            section: None,
            language: (language != setting.site.language).then(|| language.into()),
            description: None,
            image: None,
            enclosure: None,
            text_fingerprint: Fingerprint::from_text(""),
        };
        Self {
            post,
            digest: digest.to_owned(),
            html,
        }
    }
}

/// The address of an issue's page.
pub(crate) fn page_of(site: &Site, id: IssueId) -> Url {
    url(site, &format!("{ISSUES}{id}.html"))
}

/// The parts of the index and of the feeds of issues.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IssueFeeds<'a> {
    pub(crate) site: &'a Site,
    /// The keys under `[feeds]`.
    pub(crate) config: &'a Feeds,
    /// The authority that mints ids.
    pub(crate) authority: &'a str,
    /// The id of the feeds.
    pub(crate) feed_id: &'a str,
    /// The fixed words in the site's language.
    pub(crate) words: &'a DigestWords,
    /// The site's own template of the index, and its file.
    pub(crate) template: Option<(&'a Path, &'a str)>,
}

impl IssueFeeds<'_> {
    /// The documents beside the pages, by their paths below the folder: the index of all issues, and the feeds, which show
    /// the newest. `issues` are the newest first.
    ///
    /// # Errors
    /// A finding that names the template and its line.
    pub(crate) fn documents(
        &self,
        issues: &[IssueEntry],
    ) -> Result<Vec<(String, String)>, Finding> {
        let mut documents = vec![(format!("{ISSUES}index.html"), self.index(issues)?)];
        let newest = &issues[..issues.len().min(self.config.limit)];
        for format in &self.config.formats {
            let writer = look_up(*format);
            let entries: Vec<String> = newest
                .iter()
                .map(|issue| {
                    writer.write_entry(&Entry {
                        site: self.site,
                        authority: self.authority,
                        post: &issue.post,
                        title: text::clean_visible(&issue.post.title)
                            .unwrap_or_else(|| write_day(&issue.post, self.site)),
                        text: EntryText::Full {
                            html: text::clean(&issue.html),
                            about: None,
                        },
                        origin: None,
                    })
                })
                .collect();
            let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
            let place = path(self.config, *format, ISSUES, None);
            let address = url(self.site, &place);
            let feed = Feed {
                site: self.site,
                topic: Some(&self.words.all_issues),
                id: self.feed_id.to_owned(),
                posts: newest.iter().map(|issue| &issue.post).collect(),
                current: address.clone(),
                address,
                older: None,
                newer: None,
                is_archive: false,
                hub: None,
                style: self.config.page.then(|| format!("../{}", page::STYLE)),
            };
            documents.push((place, writer.write_document(&feed, &entries)));
        }
        Ok(documents)
    }

    fn index(&self, issues: &[IssueEntry]) -> Result<String, Finding> {
        let site = self.site;
        let several = issues
            .iter()
            .any(|issue| Some(&issue.digest) != issues.first().map(|first| &first.digest));
        let listed: Vec<Value> = issues
            .iter()
            .map(|issue| {
                let post = &issue.post;
                let local = post.published.with_timezone(&site.zone()).date_naive();
                json!({
                    "title": text::clean_visible(&post.title).unwrap_or_else(|| write_day(post, site)),
                    "url": text::escape_address(&post.url),
                    "day": write_day(post, site),
                    "date": language::write_day(local, &site.language),
                    "digest": several.then_some(&issue.digest),
                    "language": post.language,
                })
            })
            .collect();
        let formats: Vec<Value> = self
            .config
            .formats
            .iter()
            .map(|format| {
                let address = url(site, &path(self.config, *format, ISSUES, None));
                json!({
                    "name": look_up(*format).label(),
                    "media_type": look_up(*format).media_type(),
                    "url": text::escape_address(&address),
                })
            })
            .collect();
        let mut values = Context::new();
        values.insert(
            "site",
            &json!({
                "title": text::clean_line(&site.title),
                "url": text::escape_address(&site.url),
                "language": site.language,
                "direction": language::find_direction(&site.language),
                "archive": text::escape_address(url(site, ISSUES)),
            }),
        );
        values.insert("formats", &formats);
        values.insert("issues", &listed);
        let words = self.words;
        values.insert(
            "words",
            &json!({ "all_issues": words.all_issues, "no_issues": words.no_issues }),
        );
        let mut tera = Tera::default();
        let (name, own) = match self.template {
            Some((file, text)) => (file.to_string_lossy(), text),
            None => (
                "issues.html".into(),
                "{% extends \"default/issues.html\" %}",
            ),
        };
        tera.add_raw_templates([("default/issues.html", TEMPLATE), (&*name, own)])
            .map_err(|error| explain(&error))?;
        let index = tera
            .render(&name, &values)
            .map_err(|error| explain(&error))?;
        Ok(match is_ours(index.as_bytes()) {
            true => index,
            false => format!("<!-- {GENERATOR} -->\n{index}"),
        })
    }
}
