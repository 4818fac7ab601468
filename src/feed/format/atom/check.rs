//! Atom (RFC 4287) with the archives of RFC 5005.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::feed::check::address::{check_address, check_id};
use crate::feed::check::content::check_html;
use crate::feed::check::date::check_exact;
use crate::feed::check::enclosure::check_enclosure;
use crate::feed::check::person::is_mail;
use crate::feed::check::report::{FeedReport, show};
use crate::feed::check::xml::{ATOM, HISTORY, XmlElement};
use crate::feed::text::has_markup;
use crate::finding::Rule;

/// Elements that stand at most once in a feed or an entry.
const ONCE: [&str; 11] = [
    "content",
    "generator",
    "icon",
    "id",
    "logo",
    "published",
    "rights",
    "source",
    "subtitle",
    "summary",
    "title",
];

pub(super) fn check(text: &str, report: &mut FeedReport) {
    if let Some(root) = report.read_root(text) {
        check_root(&root, report);
    }
}

fn check_root(root: &XmlElement, report: &mut FeedReport) {
    if !root.is(ATOM, "feed") {
        report.break_off(root.line, "its root is no `<feed>` of Atom");
        return;
    }
    check_metadata(root, "the feed", report);
    check_feed_links(root, report);
    for name in ["icon", "logo"] {
        if let Some(picture) = root.first(ATOM, name) {
            check_address(picture.line, &format!("the {name}"), &picture.text, report);
        }
    }
    let entries = root.children.iter().position(|one| one.is(ATOM, "entry"));
    let behind = root.children.iter().skip(entries.unwrap_or(usize::MAX));
    if let Some(late) = { behind }.find(|one| !one.is(ATOM, "entry")) {
        let message = format!("`<{}>` of the feed stands behind an entry", late.name);
        report.warn(late.line, Rule::FeedElement, message);
    }
    let has_author = root.first(ATOM, "author").is_some();
    let (mut ids, mut instants) = (HashMap::new(), HashMap::new());
    for entry in root.all(ATOM, "entry") {
        check_entry(entry, has_author, report);
        let title = find_title(entry);
        if let Some(id) = entry.first(ATOM, "id")
            && let Some(other) = ids.insert(id.text.as_str(), title)
        {
            let message = format!("“{}” and “{}” have one id", show(other), show(title));
            report.refuse(id.line, Rule::FeedId, message);
        }
        if let Some(updated) = entry.first(ATOM, "updated")
            && let Some(other) = instants.insert(updated.text.as_str(), title)
        {
            let message = format!(
                "“{}” and “{}” were updated at one instant: readers cannot order them",
                show(other),
                show(title)
            );
            report.warn(updated.line, Rule::FeedDate, message);
        }
    }
    if let Some(mark) = root.first(HISTORY, "archive") {
        report.mark_archive();
        if find_links(root, "current").next().is_none() {
            let message = "a document of an archive has no link to the current feed".to_owned();
            report.warn(mark.line, Rule::FeedArchive, message);
        }
    }
    if let Some(previous) = find_links(root, "prev-archive").next() {
        let address = previous.attribute("href").unwrap_or_default();
        report.set_previous(previous.line, address);
    }
}

fn find_title(entry: &XmlElement) -> &str {
    entry
        .first(ATOM, "title")
        .map_or("", |title| title.text.trim())
}

fn find_links<'a>(
    parent: &'a XmlElement,
    relation: &'a str,
) -> impl Iterator<Item = &'a XmlElement> {
    let links = parent.all(ATOM, "link");
    links.filter(move |link| link.attribute("rel").unwrap_or("alternate") == relation)
}

/// Checks what feed and entry share.
fn check_metadata(parent: &XmlElement, whose: &str, report: &mut FeedReport) {
    for name in ["id", "title", "updated"] {
        if parent.first(ATOM, name).is_none() {
            let message = format!("{whose} has no `<{name}>`");
            report.refuse(parent.line, Rule::FeedElement, message);
        }
    }
    for name in ONCE.iter().chain(&["updated"]) {
        if let Some(second) = parent.all(ATOM, name).nth(1) {
            let message = format!("{whose} has a second `<{name}>`");
            report.refuse(second.line, Rule::FeedElement, message);
        }
    }
    for child in &parent.children {
        match child.name.as_str() {
            _ if !child.is(ATOM, &child.name) => {}
            "id" => check_id(child.line, &child.text, report),
            "updated" | "published" => {
                let what = format!("`<{}>` of {whose}", child.name);
                check_exact(child.line, &what, &child.text, report);
            }
            "title" | "subtitle" | "rights" | "summary" => check_text(child, whose, report),
            "author" | "contributor" => check_person(child, report),
            "link" => check_link(child, report),
            "category" if child.attribute("term").unwrap_or_default().is_empty() => {
                let message = "a `<category>` has no `term`".to_owned();
                report.refuse(child.line, Rule::FeedElement, message);
            }
            "content" | "category" | "generator" | "icon" | "logo" | "source" | "entry" => {}
            name => {
                let message = format!("Atom has no element `<{name}>`");
                report.refuse(child.line, Rule::FeedElement, message);
            }
        }
    }
}

fn check_text(text: &XmlElement, whose: &str, report: &mut FeedReport) {
    let name = &text.name;
    let is_empty = text.text.trim().is_empty() && text.children.is_empty();
    match text.attribute("type").unwrap_or("text") {
        _ if is_empty && name == "title" => {
            let message = format!("the title of {whose} is empty");
            report.warn(text.line, Rule::FeedText, message);
        }
        "text" if !text.children.is_empty() => {
            let message = format!("`<{name}>` is plain text and holds an element");
            report.refuse(text.line, Rule::FeedText, message);
        }
        "text" if has_markup(&text.text) => {
            let message = format!(
                "`<{name}>` is plain text and looks like HTML: `{}`",
                show(&text.text)
            );
            report.warn(text.line, Rule::FeedText, message);
        }
        "html" => check_html(text.line, whose, &text.text, report),
        "text" | "xhtml" => {}
        other => {
            let message = format!("`<{name}>` has the type `{}`, which is none", show(other));
            report.refuse(text.line, Rule::FeedText, message);
        }
    }
}

fn check_person(person: &XmlElement, report: &mut FeedReport) {
    let name = person.first(ATOM, "name").map_or("", |name| &name.text);
    if name.trim().is_empty() {
        let message = format!("an `<{}>` has no name", person.name);
        report.refuse(person.line, Rule::FeedAuthor, message);
    }
    for email in person.all(ATOM, "email") {
        if !is_mail(&email.text) || email.text.contains(' ') {
            let message = format!("`{}` is no address of mail", show(&email.text));
            report.refuse(email.line, Rule::FeedAuthor, message);
        }
    }
    for uri in person.all(ATOM, "uri") {
        check_address(uri.line, "the address of a person", &uri.text, report);
    }
}

fn check_link(link: &XmlElement, report: &mut FeedReport) {
    let relation = link.attribute("rel").unwrap_or("alternate");
    let Some(address) = link.attribute("href") else {
        let message = "a `<link>` has no `href`".to_owned();
        report.refuse(link.line, Rule::FeedAddress, message);
        return;
    };
    check_address(
        link.line,
        &format!("the link `{relation}`"),
        address,
        report,
    );
    let media_type = link.attribute("type");
    if relation == "enclosure" {
        check_enclosure(
            link.line,
            link.attribute("length"),
            media_type.unwrap_or_default(),
            report,
        );
    } else if media_type.is_some_and(|media_type| !media_type.contains('/')) {
        let message = format!("the link `{relation}` has a type that is none");
        report.refuse(link.line, Rule::FeedElement, message);
    }
}

fn check_feed_links(feed: &XmlElement, report: &mut FeedReport) {
    let selves = find_links(feed, "self").count();
    if selves != 1 {
        let message = format!("the feed has {selves} links `self`: expected one");
        report.warn(feed.line, Rule::FeedElement, message);
    }
    check_alternates(feed, "the feed", report);
}

/// There is one alternate for each type and language (RFC 4287, 4.1.1).
fn check_alternates(parent: &XmlElement, whose: &str, report: &mut FeedReport) {
    let mut known = Vec::new();
    for link in find_links(parent, "alternate") {
        let key = (link.attribute("type"), link.attribute("hreflang"));
        if known.contains(&key) {
            let message = format!("{whose} has two links `alternate` of one type and language");
            report.refuse(link.line, Rule::FeedElement, message);
        }
        known.push(key);
    }
}

fn check_entry(entry: &XmlElement, feed_has_author: bool, report: &mut FeedReport) {
    let title = find_title(entry);
    let whose = format!("“{}”", show(title));
    check_metadata(entry, &whose, report);
    check_alternates(entry, &whose, report);
    if !feed_has_author && entry.first(ATOM, "author").is_none() {
        let message = format!("neither {whose} nor the feed has an author");
        report.refuse(entry.line, Rule::FeedAuthor, message);
    }
    let content = entry.first(ATOM, "content");
    let summary = entry.first(ATOM, "summary");
    match content {
        None if find_links(entry, "alternate").next().is_none() => {
            let message = format!("{whose} has neither content nor a link to it");
            report.refuse(entry.line, Rule::FeedElement, message);
        }
        None => {}
        Some(content) => check_content(content, title, summary.is_some(), report),
    }
    if let (Some(content), Some(summary)) = (content, summary)
        && !summary.text.trim().is_empty()
        && content.text == summary.text
    {
        let message = format!("the summary of {whose} repeats the content");
        report.warn(summary.line, Rule::FeedText, message);
    }
}

fn check_content(content: &XmlElement, title: &str, has_summary: bool, report: &mut FeedReport) {
    let kind = content.attribute("type").unwrap_or("text");
    if let Some(source) = content.attribute("src") {
        check_address(content.line, "the content's `src`", source, report);
        if !has_summary {
            let message = format!("“{}” has content elsewhere and no summary", show(title));
            report.refuse(content.line, Rule::FeedElement, message);
        }
        return;
    }
    if content.text.trim().is_empty() && content.children.is_empty() {
        let message = format!("the content of “{}” is empty", show(title));
        report.warn(content.line, Rule::FeedText, message);
    }
    match kind {
        "html" => check_html(content.line, title, &content.text, report),
        "text" | "xhtml" => {}
        kind if kind.contains('/') => {}
        kind => {
            let message = format!("the content has the type `{}`, which is none", show(kind));
            report.refuse(content.line, Rule::FeedText, message);
        }
    }
}
