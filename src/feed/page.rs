//! The page for people beside the feeds, and the stylesheet with which a browser shows a feed.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};
use tera::Context;

use crate::config::{Feeds, Format, Site};
use crate::feed::address::{make_url, write_address};
use crate::feed::format::look_up;
use crate::feed::mark::GENERATOR;
use crate::feed::model::{write_day, write_title};
use crate::feed::ours::is_ours;
use crate::feed::topic::NamedTopic;
use crate::feed::{opml, text};
use crate::finding::Finding;
use crate::html;
use crate::language;
use crate::post::Post;
use crate::template::render_over_default;

/// The page's file.
pub(super) const PAGE: &str = "feeds.html";
pub(super) const STYLE: &str = "feeds.css";

const TEMPLATE: &str = include_str!("../../templates/feeds.html");
const CSS: &str = include_str!("../../templates/feeds.css");

/// Writes the lines for the head of the site's own pages, by which browsers and readers find the feeds.
pub(crate) fn write_links(site: &Site, config: &Feeds) -> String {
    let line = |format: &Format| {
        format!(
            "<link rel=\"alternate\" type=\"{}\" title=\"{} ({})\" href=\"{}\">\n",
            look_up(*format).media_type(),
            html::escape(&text::clean_line(&site.title)),
            look_up(*format).label(),
            html::escape(&write_address(site, config, *format, "", None)),
        )
    };
    config.formats.iter().map(line).collect()
}

/// Makes the stylesheet: it hides what a browser cannot show and names the page that can.
pub(super) fn make_style(site: &Site) -> String {
    let page = text::escape_address(make_url(site, PAGE));
    // A string of CSS: quotes and backslashes are escaped, and an address holds no line break.
    CSS.replace("{page}", &page.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The feeds and the archive that the page links to.
#[derive(Debug, Clone, Hash)]
pub(super) struct FeedIndex {
    pub(super) topics: Vec<NamedTopic>,
    /// The periods of the main feed's archive, the oldest first.
    pub(super) periods: Vec<String>,
}

/// A document in one format, as the template sees it.
#[derive(Serialize)]
pub(super) struct FormatLink {
    name: &'static str,
    media_type: &'static str,
    url: String,
}

/// A feed, or a period of the archive, in all formats.
#[derive(Serialize)]
struct ArchivePart {
    name: String,
    formats: Vec<FormatLink>,
}

/// A year of the archive: one part that is the whole year, or a part for each month.
#[derive(Serialize)]
struct Year {
    name: String,
    is_whole: bool,
    parts: Vec<ArchivePart>,
}

/// A post, as the template sees it.
#[derive(Serialize)]
struct PageEntry<'a> {
    title: String,
    url: String,
    /// The day in digits, for programs.
    day: String,
    /// The day in the site's language.
    date: String,
    about: Option<String>,
    language: Option<&'a str>,
}

/// Writes the page that says what a feed is, shows the newest posts and leads to every feed.
///
/// # Errors
/// A finding that names the template and its line.
pub(super) fn write(
    site: &Site,
    config: &Feeds,
    index: &FeedIndex,
    posts: &[&Post],
    template: Option<(&Path, &str)>,
) -> Result<String, Finding> {
    let mut values = Context::new();
    values.insert("site", &describe(site));
    values.insert("formats", &link_formats(site, config, "", None));
    values.insert("feeds", &list_parts(site, config, &index.topics));
    values.insert("archive", &list_years(site, config, &index.periods));
    let entries: Vec<PageEntry<'_>> = posts.iter().map(|post| show(post, site)).collect();
    values.insert("entries", &entries);
    let sign_up = config.sign_up.as_ref().map(text::escape_address);
    values.insert("sign_up", &sign_up);
    let list = config
        .opml
        .then(|| text::escape_address(make_url(site, opml::FILE)));
    values.insert("list", &list);
    let page = render_over_default(PAGE, TEMPLATE, template, &values)?;
    // A template of the site's own may leave out who made it; by this the page is known again.
    let is_marked = is_ours(page.as_bytes());
    Ok(match is_marked {
        true => page,
        false => format!("{}\n<!-- {GENERATOR} -->\n", page.trim_end()),
    })
}

fn describe(site: &Site) -> Value {
    json!({
        "title": text::clean_line(&site.title),
        "url": text::escape_address(&site.url),
        "description": text::clean_line(&site.description),
        "language": site.language,
        "direction": language::find_direction(&site.language),
    })
}

/// Links the documents of a feed, or of a period of its archive, one for each format.
pub(super) fn link_formats(
    site: &Site,
    config: &Feeds,
    folder: &str,
    period: Option<&str>,
) -> Vec<FormatLink> {
    let mut links = Vec::new();
    for format in &config.formats {
        let kind = look_up(*format);
        links.push(FormatLink {
            name: kind.label(),
            media_type: kind.media_type(),
            url: write_address(site, config, *format, folder, period),
        });
    }
    links
}

fn list_parts(site: &Site, config: &Feeds, topics: &[NamedTopic]) -> Vec<ArchivePart> {
    let mut parts = Vec::new();
    for NamedTopic { name, folder } in topics {
        if let Some(name) = name {
            parts.push(ArchivePart {
                name: text::clean_line(name),
                formats: link_formats(site, config, folder, None),
            });
        }
    }
    parts
}

/// Lists the archive by years, the newest first.
fn list_years(site: &Site, config: &Feeds, periods: &[String]) -> Vec<Year> {
    let mut years: Vec<Year> = Vec::new();
    for period in periods {
        // A month is `2024-05`, and a year before the era begins with the dash.
        let (year, month) = match period.rsplit_once('-') {
            Some((year, month)) if !year.is_empty() => (year, month),
            _ => (period.as_str(), ""),
        };
        if years.last().is_none_or(|last| last.name != year) {
            years.push(Year {
                name: year.to_owned(),
                is_whole: month.is_empty(),
                parts: Vec::new(),
            });
        }
        if let Some(last) = years.last_mut() {
            last.parts.push(ArchivePart {
                name: month.to_owned(),
                formats: link_formats(site, config, "", Some(period)),
            });
        }
    }
    years.reverse();
    years
}

fn show<'a>(post: &'a Post, site: &Site) -> PageEntry<'a> {
    let day = write_day(post, site);
    let local = post.published.with_timezone(&site.zone()).date_naive();
    PageEntry {
        title: write_title(post, site),
        url: text::escape_address(&post.url),
        day,
        date: language::write_day(local, &site.language),
        about: post.description.as_deref().map(text::clean_line),
        language: post.language.as_deref(),
    }
}
