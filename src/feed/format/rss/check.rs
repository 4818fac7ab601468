//! RSS 2.0 with the best-practices profile of the RSS Advisory Board.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::feed::check::address::check_address;
use crate::feed::check::content::check_html;
use crate::feed::check::date::check_mail;
use crate::feed::check::enclosure::check_enclosure;
use crate::feed::check::person::is_mail;
use crate::feed::check::report::{FeedReport, show};
use crate::feed::check::xml::{ATOM, CONTENT, HISTORY, XmlElement};
use crate::finding::Rule;

/// The elements that RSS defines for a channel.
const CHANNEL: [&str; 20] = [
    "category",
    "cloud",
    "copyright",
    "description",
    "docs",
    "generator",
    "image",
    "item",
    "language",
    "lastBuildDate",
    "link",
    "managingEditor",
    "pubDate",
    "rating",
    "skipDays",
    "skipHours",
    "textInput",
    "title",
    "ttl",
    "webMaster",
];
/// The elements that RSS defines for an item.
const ITEM: [&str; 10] = [
    "author",
    "category",
    "comments",
    "description",
    "enclosure",
    "guid",
    "link",
    "pubDate",
    "source",
    "title",
];

pub(super) fn check(text: &str, report: &mut FeedReport) {
    if let Some(root) = report.read_root(text) {
        check_root(&root, report);
    }
}

fn check_root(root: &XmlElement, report: &mut FeedReport) {
    if !root.is("", "rss") {
        report.break_off(root.line, "its root is no `<rss>`");
        return;
    }
    if root.attribute("version") != Some("2.0") {
        let message = "`<rss>` has no `version=\"2.0\"`".to_owned();
        report.refuse(root.line, Rule::FeedElement, message);
    }
    let Some(channel) = root.first("", "channel") else {
        report.break_off(root.line, "it has no `<channel>`");
        return;
    };
    if let Some(second) = root.all("", "channel").nth(1) {
        let message = "there is a second `<channel>`".to_owned();
        report.refuse(second.line, Rule::FeedElement, message);
    }
    check_channel(channel, report);
    check_relations(channel, report);
    let mut ids = HashMap::new();
    for item in channel.all("", "item") {
        check_item(item, report);
        let title = find_text(item, "title");
        if let Some(id) = item.first("", "guid")
            && let Some(other) = ids.insert(id.text.as_str(), title)
        {
            let message = format!("“{}” and “{}” have one guid", show(other), show(title));
            report.refuse(id.line, Rule::FeedId, message);
        }
    }
}

fn find_text<'a>(parent: &'a XmlElement, name: &str) -> &'a str {
    let mut children = parent.children.iter();
    let found = children.find(|child| child.is("", name));
    found.map_or("", |child| child.text.trim())
}

fn check_channel(channel: &XmlElement, report: &mut FeedReport) {
    for name in ["title", "link", "description"] {
        if channel.first("", name).is_none() {
            let message = format!("the channel has no `<{name}>`");
            report.refuse(channel.line, Rule::FeedElement, message);
        }
    }
    check_names(channel, &CHANNEL, &["category", "item"], report);
    for child in channel.children.iter().filter(|one| one.is("", &one.name)) {
        match child.name.as_str() {
            "link" => check_address(child.line, "the link of the channel", &child.text, report),
            "pubDate" | "lastBuildDate" => {
                check_mail(
                    child.line,
                    &format!("`<{}>`", child.name),
                    &child.text,
                    report,
                );
            }
            "managingEditor" | "webMaster" => check_author(child, report),
            "ttl" if child.text.trim().parse::<u32>().is_err() => {
                let message = format!("`<ttl>` is no number: `{}`", show(&child.text));
                report.refuse(child.line, Rule::FeedElement, message);
            }
            "image" => check_image(child, report),
            _ => {}
        }
    }
}

fn check_image(image: &XmlElement, report: &mut FeedReport) {
    for name in ["url", "title", "link"] {
        match image.first("", name) {
            None => {
                let message = format!("the channel's `<image>` has no `<{name}>`");
                report.refuse(image.line, Rule::FeedElement, message);
            }
            Some(_) if name == "title" => {}
            Some(child) => check_address(child.line, "the channel's image", &child.text, report),
        }
    }
}

/// Checks that each element without a namespace is one of RSS, and stands once unless it may stand often.
fn check_names(parent: &XmlElement, known: &[&str], often: &[&str], report: &mut FeedReport) {
    let mut seen = Vec::new();
    for child in parent.children.iter().filter(|one| one.is("", &one.name)) {
        let name = child.name.as_str();
        if !known.contains(&name) {
            let message = format!("RSS has no element `<{name}>` in `<{}>`", parent.name);
            report.refuse(child.line, Rule::FeedElement, message);
        } else if seen.contains(&name) && !often.contains(&name) {
            let message = format!("`<{}>` has a second `<{name}>`", parent.name);
            report.refuse(child.line, Rule::FeedElement, message);
        }
        seen.push(name);
    }
}

/// The links of Atom in RSS: the channel's own address, the archive, the hub.
fn check_relations(channel: &XmlElement, report: &mut FeedReport) {
    let mut selves = 0;
    for link in channel.all(ATOM, "link") {
        let relation = link.attribute("rel").unwrap_or("alternate");
        let address = link.attribute("href").unwrap_or_default();
        check_address(
            link.line,
            &format!("the link `{relation}`"),
            address,
            report,
        );
        match relation {
            "self" => selves += 1,
            "prev-archive" => report.set_previous(link.line, address),
            _ => {}
        }
    }
    if selves != 1 {
        let message = format!("the channel has {selves} links `self`: expected one");
        report.warn(channel.line, Rule::FeedElement, message);
    }
    if channel.first(HISTORY, "archive").is_some() {
        report.mark_archive();
    }
}

fn check_author(author: &XmlElement, report: &mut FeedReport) {
    if !is_mail(author.text.trim()) {
        let message = format!(
            "`<{}>` must begin with an address of mail: `{}`",
            author.name,
            show(&author.text)
        );
        report.refuse(author.line, Rule::FeedAuthor, message);
    }
}

fn check_item(item: &XmlElement, report: &mut FeedReport) {
    check_names(item, &ITEM, &["category"], report);
    let title = find_text(item, "title");
    if item.first("", "title").is_none() && item.first("", "description").is_none() {
        let message = "an item has neither title nor description".to_owned();
        report.refuse(item.line, Rule::FeedElement, message);
    }
    if item.first("", "guid").is_none() {
        let message = format!("“{}” has no `<guid>`", show(title));
        report.warn(item.line, Rule::FeedId, message);
    }
    for child in &item.children {
        check_part(child, title, report);
    }
    let place = |namespace, name| {
        let mut children = item.children.iter();
        children.position(|child| child.is(namespace, name))
    };
    if let (Some(content), Some(description)) =
        (place(CONTENT, "encoded"), place("", "description"))
        && content < description
    {
        let message = format!(
            "the description of “{}” stands behind its content",
            show(title)
        );
        report.warn(item.line, Rule::FeedElement, message);
    }
}

fn check_part(child: &XmlElement, title: &str, report: &mut FeedReport) {
    let line = child.line;
    if child.is(CONTENT, "encoded") {
        check_html(line, title, &child.text, report);
        return;
    }
    if !child.is("", &child.name) {
        return;
    }
    match child.name.as_str() {
        "title" if child.text.trim().is_empty() => {
            let message = "the title of an item is empty".to_owned();
            report.warn(line, Rule::FeedText, message);
        }
        "description" => check_html(line, title, &child.text, report),
        "link" | "comments" => {
            check_address(line, &format!("`<{}>`", child.name), &child.text, report);
        }
        "pubDate" => check_mail(line, "`<pubDate>`", &child.text, report),
        "author" => check_author(child, report),
        "guid" => check_guid(child, title, report),
        "category" if child.text.trim().is_empty() => {
            report.warn(
                line,
                Rule::FeedElement,
                "a `<category>` is empty".to_owned(),
            );
        }
        "enclosure" => {
            let address = child.attribute("url").unwrap_or_default();
            check_address(line, "the enclosure", address, report);
            let length = Some(child.attribute("length").unwrap_or_default());
            let media_type = child.attribute("type").unwrap_or_default();
            check_enclosure(line, length, media_type, report);
        }
        _ => {}
    }
}

fn check_guid(guid: &XmlElement, title: &str, report: &mut FeedReport) {
    let is_link = guid.attribute("isPermaLink") != Some("false");
    if guid.text.trim().is_empty() {
        let message = format!("the guid of “{}” is empty", show(title));
        report.refuse(guid.line, Rule::FeedId, message);
    } else if is_link && !guid.text.starts_with("http") {
        let message = format!(
            "the guid `{}` is no address, and does not say so by `isPermaLink=\"false\"`",
            show(&guid.text)
        );
        report.refuse(guid.line, Rule::FeedId, message);
    }
}
