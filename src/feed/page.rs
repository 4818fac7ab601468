//! What people see: the page beside the feeds, and the stylesheet that a browser shows them with.

use std::path::Path;

use serde_json::{Value, json};
use tera::{Context, Tera};

use crate::config::{Feeds, Format, Site};
use crate::feed::address::{subscription, url};
use crate::feed::format::writer;
use crate::feed::model::day;
use crate::feed::topic::Named;
use crate::feed::{GENERATOR, opml, text};
use crate::finding::Finding;
use crate::post::{Post, html};
use crate::template::explain;

/// The page's file.
pub(super) const PAGE: &str = "feeds.html";
/// The stylesheet's file.
pub(super) const STYLE: &str = "feeds.css";

const TEMPLATE: &str = include_str!("../../templates/feeds.html");
const CSS: &str = include_str!("../../templates/feeds.css");

/// The lines for the head of the site's own pages, by which browsers and readers find the feeds.
pub fn links(site: &Site, config: &Feeds) -> String {
    let line = |format: &Format| {
        format!(
            "<link rel=\"alternate\" type=\"{}\" title=\"{} ({})\" href=\"{}\">\n",
            writer(*format).media_type(),
            html::escape(&text::line(&site.title)),
            writer(*format).label(),
            html::escape(&subscription(site, config, *format, "")),
        )
    };
    config.formats.iter().map(line).collect()
}

/// The stylesheet: it hides what a browser cannot show and names the page that can.
pub(super) fn style(site: &Site) -> String {
    let page = text::address(url(site, PAGE));
    // A string of CSS: quotes and backslashes are escaped, and an address holds no line break.
    CSS.replace("{page}", &page.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The page that says what a feed is, shows the newest posts and leads to every feed.
///
/// # Errors
/// A finding that names the template and its line.
pub(super) fn write(
    site: &Site,
    config: &Feeds,
    topics: &[Named],
    posts: &[&Post],
    template: Option<(&Path, &str)>,
) -> Result<String, Finding> {
    let formats = |folder: &str| -> Vec<Value> {
        let one = |format: &Format| json!({"name": writer(*format).label(), "url": subscription(site, config, *format, folder)});
        config.formats.iter().map(one).collect()
    };
    let feeds: Vec<Value> = topics
        .iter()
        .filter_map(|(topic, folder)| Some((topic.as_ref()?, folder)))
        .map(|(topic, folder)| json!({"name": text::line(topic), "formats": formats(folder)}))
        .collect();
    let entries: Vec<Value> = posts
        .iter()
        .map(|post| {
            let day = day(post, site);
            let about = post.description.as_deref().map(text::line);
            json!({
                "title": text::shown(&post.title).unwrap_or_else(|| day.clone()),
                "url": text::address(&post.url), "day": day, "about": about, "language": post.language,
            })
        })
        .collect();
    let mut values = Context::new();
    values.insert(
        "site",
        &json!({
            "title": text::line(&site.title), "url": text::address(&site.url),
            "description": text::line(&site.description), "language": site.language,
        }),
    );
    values.insert("formats", &formats(""));
    values.insert("feeds", &feeds);
    values.insert("entries", &entries);
    values.insert("sign_up", &config.sign_up.as_ref().map(text::address));
    values.insert(
        "list",
        &config.opml.then(|| text::address(url(site, opml::FILE))),
    );
    let mut tera = Tera::default();
    let (name, own) = match template {
        Some((file, text)) => (file.to_string_lossy(), text),
        None => (PAGE.into(), "{% extends \"default/feeds.html\" %}"),
    };
    tera.add_raw_templates([("default/feeds.html", TEMPLATE), (&*name, own)])
        .map_err(|error| explain(&error))?;
    let page = tera
        .render(&name, &values)
        .map_err(|error| explain(&error))?;
    // A template of the site's own may leave out who made it; by this the page is known again.
    let said = super::is_ours(page.as_bytes());
    Ok(if said {
        page
    } else {
        format!("{}\n<!-- {GENERATOR} -->\n", page.trim_end())
    })
}
