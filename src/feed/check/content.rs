//! The text of an entry as HTML: addresses that lead nowhere in a reader, and what readers drop.

use lol_html::html_content::Element;
use lol_html::{RewriteStrSettings, element};

use crate::feed::check::report::{FeedReport, show};
use crate::finding::Rule;

/// Attributes that hold one address.
const ADDRESSES: [&str; 9] = [
    "href",
    "src",
    "poster",
    "cite",
    "longdesc",
    "background",
    "data",
    "action",
    "formaction",
];
/// Elements that readers drop, or that validators call a risk.
const UNSAFE: [&str; 7] = [
    "script", "object", "embed", "iframe", "form", "meta", "style",
];

/// Checks the HTML of an entry, which begins on this line.
pub(in crate::feed) fn check_html(line: usize, title: &str, html: &str, report: &mut FeedReport) {
    let mut relative = Vec::new();
    let mut dangers = Vec::new();
    let handler = element!("*", |element| {
        relative.extend(find_relative(element));
        dangers.extend(find_danger(element));
        Ok(())
    });
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(handler);
    if lol_html::rewrite_str(html, settings).is_err() {
        let message = format!("the text of “{}” cannot be read as HTML", show(title));
        report.refuse(line, Rule::FeedText, message);
    }
    for address in relative {
        let message = format!(
            "the address `{}` in the text of “{}” is relative: readers do not know of what",
            show(&address),
            show(title)
        );
        report.refuse(line, Rule::FeedRelativeAddress, message);
    }
    for danger in dangers {
        let message = format!(
            "the text of “{}” has {danger}, which readers drop",
            show(title)
        );
        report.warn(line, Rule::FeedText, message);
    }
}

fn find_relative(element: &Element<'_, '_>) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in element.attributes() {
        let (name, value) = (attribute.name(), attribute.value());
        let value = decode_address(&value);
        match name.as_str() {
            "srcset" | "imagesrcset" => {
                found.extend(split_set(&value).into_iter().filter(|one| !is_whole(one)));
            }
            name if ADDRESSES.contains(&name) && !is_whole(value.trim()) => found.push(value),
            _ => {}
        }
    }
    found
}

/// Decodes the few entities of an attribute that matter in an address.
fn decode_address(value: &str) -> String {
    value.replace("&amp;", "&").replace("&#x26;", "&")
}

/// Whether an address begins with a scheme (RFC 3986, 3.1).
fn is_whole(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once(':') else {
        return false;
    };
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let is_scheme =
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_scheme);
    let is_web = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https");
    is_scheme && (!is_web || rest.starts_with("//") && rest.len() > 2)
}

/// Splits a `srcset` into its addresses as the HTML standard does.
fn split_set(set: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = set;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            return found;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        found.push(address.trim_end_matches(',').to_owned());
        rest = match address.ends_with(',') {
            true => after,
            // Its descriptor ends with the next comma.
            false => after.split_once(',').map_or("", |(_, rest)| rest),
        };
    }
}

fn find_danger(element: &Element<'_, '_>) -> Option<String> {
    let name = element.tag_name();
    if UNSAFE.contains(&name.as_str()) {
        return Some(format!("`<{name}>`"));
    }
    let attributes = element.attributes();
    let handler = attributes.iter().find(|attribute| {
        let name = attribute.name();
        name.starts_with("on") && name.len() > 2
    });
    let script = attributes.iter().find(|attribute| {
        let value = attribute.value().trim_start().to_ascii_lowercase();
        value.starts_with("javascript:")
    });
    let found = handler.or(script)?;
    Some(format!("`{}` on `<{name}>`", found.name()))
}
