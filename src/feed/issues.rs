//! The archive of issues: its index, and a feed of the issues in each format.

use std::path::Path;

use chrono::SubsecRound as _;
use serde_json::{Value, json};
use tera::Context;
use url::Url;

use crate::config::{Feeds, Site};
use crate::feed::address::{make_path, make_url};
use crate::feed::format::look_up;
use crate::feed::mark::GENERATOR;
use crate::feed::model::{Entry, EntryText, Feed, write_day, write_title};
use crate::feed::ours::is_ours;
use crate::feed::{page, text};
use crate::finding::Finding;
use crate::language::{self, DigestWords};
use crate::ledger::IssueId;
use crate::post::{Address, Fingerprint, Post};
use crate::template::render_over_default;

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
        // The clock counts finer than any reader shows.
        let made_at = made_at.trunc_subsecs(0);
        let post = Post {
            id: format!("tag:{},2000:issue/{id}", setting.authority).into(),
            path: "".into(),
            url: Address::from(make_page_url(setting.site, id)),
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

/// Makes the address of an issue's page.
pub(crate) fn make_page_url(site: &Site, id: IssueId) -> Url {
    make_url(site, &format!("{ISSUES}{id}.html"))
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
    /// Writes the documents beside the pages, by their paths below the folder: the index of all issues, and the feeds, which show
    /// the newest. `issues` are the newest first.
    ///
    /// # Errors
    /// A finding that names the template and its line.
    pub(crate) fn write_documents(
        &self,
        issues: &[IssueEntry],
    ) -> Result<Vec<(String, String)>, Finding> {
        let mut documents = vec![(format!("{ISSUES}index.html"), self.write_index(issues)?)];
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
                        title: write_title(&issue.post, self.site),
                        text: EntryText::Full {
                            html: text::clean(&issue.html),
                            about: None,
                        },
                        origin: None,
                    })
                })
                .collect();
            let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
            let path = make_path(self.config, *format, ISSUES, None);
            let address = make_url(self.site, &path);
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
            documents.push((path, writer.write_document(&feed, &entries)));
        }
        Ok(documents)
    }

    fn write_index(&self, issues: &[IssueEntry]) -> Result<String, Finding> {
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
                    "title": write_title(post, site),
                    "url": text::escape_address(&post.url),
                    "day": write_day(post, site),
                    "date": language::write_day(local, &site.language),
                    "digest": several.then_some(&issue.digest),
                    "language": post.language,
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
                "archive": text::escape_address(make_url(site, ISSUES)),
            }),
        );
        values.insert(
            "formats",
            &page::link_formats(site, self.config, ISSUES, None),
        );
        values.insert("issues", &listed);
        let words = self.words;
        values.insert(
            "words",
            &json!({ "all_issues": words.all_issues, "no_issues": words.no_issues }),
        );
        let index = render_over_default("issues.html", TEMPLATE, self.template, &values)?;
        Ok(match is_ours(index.as_bytes()) {
            true => index,
            false => format!("<!-- {GENERATOR} -->\n{index}"),
        })
    }
}
